//! Who may come in: passwords (hashed), sessions, and browsers that may be pushed to.

use super::db::Select;
use super::{Account, PushSubscription, Session, Tables, doc};
use crate::StoreError;
use field::id::PersonId;
use field::time::Time;
use sqlx::any::AnyRow;

/// Browsers of one person: more are old ones; the oldest goes.
const MAX_PUSH: usize = 10;
/// Sessions of one person: more are forgotten ones; the oldest goes.
const MAX_SESSIONS: usize = 50;

impl Tables {
    /// The account of the person who signs in with that name.
    ///
    /// # Errors
    /// What the database says.
    pub async fn account(&self, login: &str) -> Result<Option<Account>, StoreError> {
        let query = "SELECT a.person, a.hash FROM accounts a JOIN persons p ON p.id = a.person
            WHERE p.login = $1";
        let row = self.db().row(sqlx::query(query).bind(login.to_owned()), "reading an account").await?;
        row.map(|row| Ok(Account { person: PersonId(doc::int(&row, 0)?), hash: doc::text(&row, 1)? }))
            .transpose()
    }

    /// Sets a person's password, given as its argon2 hash.
    ///
    /// # Errors
    /// What the database says.
    pub async fn account_set(&self, person: PersonId, hash: &str) -> Result<(), StoreError> {
        self.may_write("setting a password")?;
        let query = "INSERT INTO accounts (person, hash) VALUES ($1, $2)
            ON CONFLICT (person) DO UPDATE SET hash = excluded.hash";
        let query = sqlx::query(query).bind(person.0).bind(hash.to_owned());
        self.db().write(query, "setting a password").await.map(drop)
    }

    /// Keeps a session. Expired ones of everybody, and a person's oldest over 50, go.
    ///
    /// # Errors
    /// What the database says.
    pub async fn session_put(&self, session: &Session) -> Result<(), StoreError> {
        self.may_write("keeping a session")?;
        let sweep = sqlx::query("DELETE FROM sessions WHERE expires_at < $1").bind(session.seen_at.ms());
        self.db().write(sweep, "clearing expired sessions").await?;
        let query = "INSERT INTO sessions (token_hash, person, created_at, seen_at, expires_at)
            VALUES ($1, $2, $3, $4, $5)";
        let query = sqlx::query(query)
            .bind(session.token_hash.clone())
            .bind(session.person.0)
            .bind(session.created_at.ms())
            .bind(session.seen_at.ms())
            .bind(session.expires_at.ms());
        self.db().write(query, "keeping a session").await?;
        let oldest = "DELETE FROM sessions WHERE person = $1 AND token_hash NOT IN
            (SELECT token_hash FROM sessions WHERE person = $1 ORDER BY seen_at DESC LIMIT $2)";
        let oldest = sqlx::query(oldest).bind(session.person.0).bind(MAX_SESSIONS as i64);
        self.db().write(oldest, "clearing forgotten sessions").await.map(drop)
    }

    /// The session of a token; expired ones too: compare `expires_at`.
    ///
    /// # Errors
    /// What the database says.
    pub async fn session_get(&self, token_hash: &str) -> Result<Option<Session>, StoreError> {
        let query = "SELECT token_hash, person, created_at, seen_at, expires_at FROM sessions
            WHERE token_hash = $1";
        let row = self.db().row(sqlx::query(query).bind(token_hash.to_owned()), "reading a session").await?;
        row.map(|row| session_of(&row)).transpose()
    }

    /// Notes that a session was used. One durable write: call it seldom, not at every request.
    ///
    /// # Errors
    /// What the database says.
    pub async fn session_touch(
        &self,
        token_hash: &str,
        seen_at: Time,
        expires_at: Time,
    ) -> Result<(), StoreError> {
        self.may_write("keeping a session")?;
        let query = "UPDATE sessions SET seen_at = $2, expires_at = $3 WHERE token_hash = $1";
        let query = sqlx::query(query).bind(token_hash.to_owned()).bind(seen_at.ms()).bind(expires_at.ms());
        self.db().write(query, "keeping a session").await.map(drop)
    }

    /// Ends a session.
    ///
    /// # Errors
    /// What the database says.
    pub async fn session_delete(&self, token_hash: &str) -> Result<(), StoreError> {
        self.may_write("ending a session")?;
        let query = sqlx::query("DELETE FROM sessions WHERE token_hash = $1").bind(token_hash.to_owned());
        self.db().write(query, "ending a session").await.map(drop)
    }

    /// The browsers of a person that may be pushed to, oldest first.
    ///
    /// # Errors
    /// What the database says.
    pub async fn push_subscriptions(&self, person: PersonId) -> Result<Vec<PushSubscription>, StoreError> {
        let query = Select::new("SELECT person, endpoint, p256dh, auth, created_at FROM push_subscriptions")
            .and("person =", Some(person.0))
            .then("ORDER BY created_at, endpoint", MAX_PUSH);
        let rows = self.db().rows(query, "reading push subscriptions").await?;
        rows.iter().map(subscription_of).collect()
    }

    /// Keeps a browser that may be pushed to; a person's oldest over ten go.
    ///
    /// # Errors
    /// What the database says.
    pub async fn push_put(&self, subscription: &PushSubscription) -> Result<(), StoreError> {
        self.may_write("keeping a push subscription")?;
        let query = "INSERT INTO push_subscriptions (endpoint, person, p256dh, auth, created_at)
            VALUES ($1, $2, $3, $4, $5) ON CONFLICT (endpoint) DO UPDATE SET person = excluded.person,
            p256dh = excluded.p256dh, auth = excluded.auth, created_at = excluded.created_at";
        let query = sqlx::query(query)
            .bind(subscription.endpoint.clone())
            .bind(subscription.person.0)
            .bind(subscription.p256dh.clone())
            .bind(subscription.auth.clone())
            .bind(subscription.created_at.ms());
        self.db().write(query, "keeping a push subscription").await?;
        let oldest = "DELETE FROM push_subscriptions WHERE person = $1 AND endpoint NOT IN
            (SELECT endpoint FROM push_subscriptions WHERE person = $1
             ORDER BY created_at DESC, endpoint LIMIT $2)";
        let oldest = sqlx::query(oldest).bind(subscription.person.0).bind(MAX_PUSH as i64);
        self.db().write(oldest, "clearing old push subscriptions").await.map(drop)
    }

    /// Forgets a browser.
    ///
    /// # Errors
    /// What the database says.
    pub async fn push_delete(&self, endpoint: &str) -> Result<(), StoreError> {
        self.may_write("forgetting a push subscription")?;
        let query = sqlx::query("DELETE FROM push_subscriptions WHERE endpoint = $1");
        self.db().write(query.bind(endpoint.to_owned()), "forgetting a push subscription").await.map(drop)
    }
}

fn session_of(row: &AnyRow) -> Result<Session, StoreError> {
    Ok(Session {
        token_hash: doc::text(row, 0)?,
        person: PersonId(doc::int(row, 1)?),
        created_at: Time::from_ms(doc::int(row, 2)?),
        seen_at: Time::from_ms(doc::int(row, 3)?),
        expires_at: Time::from_ms(doc::int(row, 4)?),
    })
}

fn subscription_of(row: &AnyRow) -> Result<PushSubscription, StoreError> {
    Ok(PushSubscription {
        person: PersonId(doc::int(row, 0)?),
        endpoint: doc::text(row, 1)?,
        p256dh: doc::text(row, 2)?,
        auth: doc::text(row, 3)?,
        created_at: Time::from_ms(doc::int(row, 4)?),
    })
}
