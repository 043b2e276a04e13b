//! Small things kept by name: settings, the desks' cursors, answers to idempotency keys.

use super::{Subject, Tables, Tx, doc};
use crate::StoreError;
use field::id::PersonId;
use field::time::DAY_MS;
use serde_json::{Value, json};

/// How long an answer to an idempotency key is kept: a phone that was offline for a week.
const KEEP_ANSWERS_MS: i64 = 7 * DAY_MS;
/// Longest idempotency key, characters.
const MAX_KEY: usize = 200;

const SETTING_PUT: &str = "INSERT INTO settings (key, value) VALUES ($1, $2)
    ON CONFLICT (key) DO UPDATE SET value = excluded.value";
const ANSWER: &str = "SELECT answer FROM idempotent WHERE key = $1 AND person = $2";

impl Tables {
    /// How far a desk has come; 0 for a new one.
    ///
    /// # Errors
    /// What the database says.
    pub async fn cursor(&self, desk: &str) -> Result<i64, StoreError> {
        let query = sqlx::query("SELECT value FROM cursors WHERE desk = $1").bind(desk.to_owned());
        let row = self.db().row(query, "reading a cursor").await?;
        row.map_or(Ok(0), |row| doc::int(&row, 0))
    }

    /// A setting.
    ///
    /// # Errors
    /// What the database says.
    pub async fn setting(&self, key: &str) -> Result<Option<Value>, StoreError> {
        let query = sqlx::query("SELECT value FROM settings WHERE key = $1").bind(key.to_owned());
        let row = self.db().row(query, "reading a setting").await?;
        row.map(|row| doc::read(&doc::text(&row, 0)?, "settings")).transpose()
    }

    /// Keeps a setting without a journal line: for what the program remembers by itself, such as the
    /// demo's clock. What a person sets goes through [`Tx::setting_put`].
    ///
    /// # Errors
    /// What the database says.
    pub async fn setting_keep(&self, key: &str, value: &Value) -> Result<(), StoreError> {
        self.may_write("keeping a setting")?;
        let query = sqlx::query(SETTING_PUT).bind(key.to_owned()).bind(doc::write(value)?);
        self.db().write(query, "keeping a setting").await.map(drop)
    }

    /// What was answered to an idempotency key of a person.
    ///
    /// # Errors
    /// What the database says.
    pub async fn idempotent(&self, key: &str, person: PersonId) -> Result<Option<Value>, StoreError> {
        let query = sqlx::query(ANSWER).bind(key.to_owned()).bind(person.0);
        let row = self.db().row(query, "reading an answer").await?;
        row.map(|row| doc::read(&doc::text(&row, 0)?, "idempotent")).transpose()
    }
}

impl Tx {
    /// Keeps how far a desk has come.
    ///
    /// # Errors
    /// What the database says.
    pub async fn cursor_put(&mut self, desk: &str, value: i64) -> Result<(), StoreError> {
        let query = "INSERT INTO cursors (desk, value) VALUES ($1, $2)
            ON CONFLICT (desk) DO UPDATE SET value = excluded.value";
        self.run(sqlx::query(query).bind(desk.to_owned()).bind(value), "keeping a cursor").await.map(drop)
    }

    /// Sets a setting, with the journal line `set` and `{"v":1,"key":…,"value":…}`.
    ///
    /// # Errors
    /// What the database says.
    pub async fn setting_put(&mut self, key: &str, value: &Value) -> Result<(), StoreError> {
        let query = sqlx::query(SETTING_PUT).bind(key.to_owned()).bind(doc::write(value)?);
        self.run(query, "keeping a setting").await?;
        self.line(&Subject::System, "set", json!({ "v": 1, "key": key, "value": value })).map(drop)
    }

    /// What was answered to an idempotency key of a person.
    ///
    /// # Errors
    /// What the database says.
    pub async fn idempotent(&mut self, key: &str, person: PersonId) -> Result<Option<Value>, StoreError> {
        let query = sqlx::query(ANSWER).bind(key.to_owned()).bind(person.0);
        let row = self.row(query, "reading an answer").await?;
        row.map(|row| doc::read(&doc::text(&row, 0)?, "idempotent")).transpose()
    }

    /// Keeps the answer to an idempotency key of a person, for seven days.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] for a key over 200 characters, or what the database says.
    pub async fn idempotent_put(
        &mut self,
        key: &str,
        person: PersonId,
        answer: &Value,
    ) -> Result<(), StoreError> {
        if key.is_empty() || key.chars().count() > MAX_KEY || key.contains('\0') {
            let why = format!("an idempotency key has 1 to {MAX_KEY} characters");
            return Err(StoreError::invalid("keeping an answer", why));
        }
        let old = sqlx::query("DELETE FROM idempotent WHERE at < $1");
        self.run(old.bind(self.at().ms() - KEEP_ANSWERS_MS), "forgetting old answers").await?;
        let query = "INSERT INTO idempotent (key, person, at, answer) VALUES ($1, $2, $3, $4)";
        let query = sqlx::query(query)
            .bind(key.to_owned())
            .bind(person.0)
            .bind(self.at().ms())
            .bind(doc::write(answer)?);
        self.run(query, "keeping an answer").await.map(drop)
    }
}
