//! The credentials' rows. They are also in the registry's snapshot, so that a check costs no query.

use super::{Subject, Tx, doc};
use crate::StoreError;
use crate::credential::{Credential, MAX_CREDENTIALS, MAX_SECRET, MAX_USER, Secret};
use crate::registry::Change;
use field::id::StationCode;
use serde_json::json;

impl Tx {
    /// Sets a station's credential of a protocol and user, in place of the one it had. Journal line
    /// `credential_put` of the station with protocol, user and kind; the secret is not in it.
    ///
    /// # Errors
    /// [`StoreError::Missing`] for a station that is not registered, [`StoreError::Invalid`] for an
    /// empty or too long secret or user, or one credential too many; or what the database says.
    pub async fn credential_put(&mut self, credential: &Credential) -> Result<(), StoreError> {
        check(credential)?;
        let code = credential.station.to_string();
        let station = sqlx::query("SELECT code FROM stations WHERE code = $1").bind(code.clone());
        if self.row(station, "reading a station").await?.is_none() {
            return Err(StoreError::missing("station", &credential.station));
        }
        let others = "SELECT COUNT(*) FROM credentials
            WHERE station = $1 AND NOT (protocol = $2 AND login = $3)";
        let others = sqlx::query(others)
            .bind(code.clone())
            .bind(credential.protocol.clone())
            .bind(credential.user.clone());
        let others = self.row(others, "counting credentials").await?;
        let others = others.map_or(Ok(0), |row| doc::int(&row, 0))?;
        if others >= MAX_CREDENTIALS as i64 {
            return Err(invalid(format!("a station has at most {MAX_CREDENTIALS}: remove one first")));
        }
        let query = "INSERT INTO credentials (station, protocol, login, body) VALUES ($1, $2, $3, $4)
            ON CONFLICT (station, protocol, login) DO UPDATE SET body = excluded.body";
        let query = sqlx::query(query)
            .bind(code)
            .bind(credential.protocol.clone())
            .bind(credential.user.clone())
            .bind(doc::write(credential)?);
        self.run(query, "setting a credential").await?;
        self.change(Change::Credential(credential.clone()));
        let body = json!({
            "v": 1, "protocol": credential.protocol, "user": credential.user,
            "kind": credential.secret.kind(),
        });
        self.line(&Subject::Station(credential.station.clone()), "credential_put", body).map(drop)
    }

    /// Removes a credential. Journal line `credential_delete` of the station.
    ///
    /// # Errors
    /// [`StoreError::Missing`], or what the database says.
    pub async fn credential_delete(
        &mut self,
        station: &StationCode,
        protocol: &str,
        user: &str,
    ) -> Result<(), StoreError> {
        let query = "DELETE FROM credentials WHERE station = $1 AND protocol = $2 AND login = $3";
        let query =
            sqlx::query(query).bind(station.to_string()).bind(protocol.to_owned()).bind(user.to_owned());
        if self.run(query, "removing a credential").await? == 0 {
            return Err(StoreError::missing("credential", format!("{station} {protocol} {user}")));
        }
        self.change(Change::CredentialGone(station.clone(), protocol.to_owned(), user.to_owned()));
        let body = json!({ "v": 1, "protocol": protocol, "user": user });
        self.line(&Subject::Station(station.clone()), "credential_delete", body).map(drop)
    }

    /// Removes every credential of a station that goes.
    pub(crate) async fn credentials_delete_of(&mut self, station: &StationCode) -> Result<(), StoreError> {
        let query = "SELECT protocol, login FROM credentials WHERE station = $1 ORDER BY protocol, login";
        let query = sqlx::query(query).bind(station.to_string());
        for row in self.rows(query, "reading a station's credentials").await? {
            self.credential_delete(station, &doc::text(&row, 0)?, &doc::text(&row, 1)?).await?;
        }
        Ok(())
    }
}

fn check(credential: &Credential) -> Result<(), StoreError> {
    let length = match &credential.secret {
        Secret::Plain { text } => text.len(),
        Secret::Salted { hash, .. } => hash.len(),
        Secret::Certificate { fingerprint } => fingerprint.len(),
    };
    if !(1..=MAX_SECRET).contains(&length) {
        return Err(invalid(format!("a secret has 1 to {MAX_SECRET} bytes")));
    }
    if credential.user.len() > MAX_USER || credential.user.contains(['\0', '/', '+', '#']) {
        return Err(invalid(format!("a user has at most {MAX_USER} bytes and none of `/`, `+`, `#`")));
    }
    if credential.protocol.is_empty() || credential.protocol.len() > MAX_USER {
        return Err(invalid("it belongs to a protocol, such as `mqtt`".to_owned()));
    }
    Ok(())
}

fn invalid(why: String) -> StoreError {
    StoreError::invalid("setting a credential", why)
}
