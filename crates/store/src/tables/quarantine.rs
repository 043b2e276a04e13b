//! 隔离区: frames that could not be taken, kept for a person to look at; bounded.

use super::alarms::limit_or_default;
use super::db::Select;
use super::messages::without_nul;
use super::{Actor, NewQuarantined, QuarantineFilter, Quarantined, Subject, Tables, Tx, doc, hex};
use crate::StoreError;
use field::id::PersonId;
use field::time::Time;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use sqlx::any::AnyRow;

/// Most frames kept: at 64 KiB each, hexadecimal, about 1.3 GB at the very worst, 10 MB as a rule.
pub const MAX_QUARANTINED: i64 = 10_000;
/// Most bytes kept of one frame; the rest is cut off, and `detail` says so.
const MAX_RAW: usize = 64 * 1024;
/// Longest text kept from outside, characters.
const MAX_TEXT: usize = 500;
/// Where frames are counted that found no room.
const OVERFLOW: &str = "quarantine_overflow";

const READ: &str = "SELECT id, at, peer, protocol, station, reason, detail, raw, times, dismissed_by
    FROM quarantine";

impl Tables {
    /// Frames in quarantine, newest first.
    ///
    /// # Errors
    /// What the database says.
    pub async fn quarantine(&self, filter: &QuarantineFilter) -> Result<Vec<Quarantined>, StoreError> {
        let query = Select::new(READ)
            .and("open =", filter.open.map(i64::from))
            .and("id <", filter.before_id)
            .then("ORDER BY id DESC", limit_or_default(filter.limit));
        self.db().rows(query, "reading the quarantine").await?.iter().map(frame_of).collect()
    }

    /// One frame in quarantine.
    ///
    /// # Errors
    /// What the database says.
    pub async fn quarantined(&self, id: i64) -> Result<Option<Quarantined>, StoreError> {
        let query = Select::new(READ).and("id =", Some(id)).then("", 1);
        let row = self.db().row(query, "reading the quarantine").await?;
        row.map(|row| frame_of(&row)).transpose()
    }

    /// How many frames nobody has dismissed.
    ///
    /// # Errors
    /// What the database says.
    pub async fn quarantine_count_open(&self) -> Result<i64, StoreError> {
        let query = sqlx::query("SELECT COUNT(*) FROM quarantine WHERE open = 1");
        let row = self.db().row(query, "counting the quarantine").await?;
        row.map_or(Ok(0), |row| doc::int(&row, 0))
    }

    /// How many frames found no room and were only counted.
    ///
    /// # Errors
    /// What the database says.
    pub async fn quarantine_overflow(&self) -> Result<i64, StoreError> {
        self.cursor(OVERFLOW).await
    }

    /// Puts a frame into quarantine; durable when it returns. The same bytes from the same peer again
    /// only raise the counter of the frame that is there. When [`MAX_QUARANTINED`] are there, the
    /// oldest dismissed one goes; when none is dismissed the new one is counted, logged and not kept,
    /// and the answer is 0.
    ///
    /// # Errors
    /// What the database says.
    pub async fn quarantine_add(&self, new: NewQuarantined) -> Result<i64, StoreError> {
        let mut tx = self.begin(Actor::Desk("gateway"), new.at).await?;
        let id = tx.quarantine_in(&new).await?;
        tx.commit().await?;
        Ok(id)
    }
}

impl Tx {
    async fn quarantine_in(&mut self, new: &NewQuarantined) -> Result<i64, StoreError> {
        let sum = hex(&Sha256::digest(&new.raw));
        if let Some(id) = self.quarantined_again(new, &sum).await? {
            return Ok(id);
        }
        if !self.room_in_quarantine().await? {
            let count = "INSERT INTO cursors (desk, value) VALUES ($1, 1)
                ON CONFLICT (desk) DO UPDATE SET value = cursors.value + 1";
            self.run(sqlx::query(count).bind(OVERFLOW), "counting a frame without room").await?;
            tracing::error!(
                peer = new.peer,
                reason = new.reason,
                bytes = new.raw.len(),
                "the quarantine is full and nothing in it is dismissed: a frame was not kept"
            );
            return Ok(0);
        }
        let id = self.next(|heads| &mut heads.quarantine);
        let kept = new.raw.get(..MAX_RAW).unwrap_or(&new.raw);
        let cut = new.raw.len() - kept.len();
        let note = if cut > 0 { format!(" ({cut} further bytes were not kept)") } else { String::new() };
        let query = "INSERT INTO quarantine
            (id, at, peer, protocol, station, reason, detail, raw, sum, times, open)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 1, 1)";
        let query = sqlx::query(query)
            .bind(id)
            .bind(new.at.ms())
            .bind(short(&new.peer))
            .bind(short(&new.protocol))
            .bind(new.station.as_deref().map(short))
            .bind(short(&new.reason))
            .bind(short(&new.detail) + &note)
            .bind(hex(kept))
            .bind(sum);
        self.run(query, "putting a frame into quarantine").await?;
        Ok(id)
    }

    async fn quarantined_again(
        &mut self,
        new: &NewQuarantined,
        sum: &str,
    ) -> Result<Option<i64>, StoreError> {
        let query = "UPDATE quarantine SET times = times + 1, at = $3
            WHERE peer = $1 AND sum = $2 AND open = 1 RETURNING id";
        let query = sqlx::query(query).bind(short(&new.peer)).bind(sum.to_owned()).bind(new.at.ms());
        let rows = self.rows(query, "counting a frame in quarantine again").await?;
        rows.first().map(|row| doc::int(row, 0)).transpose()
    }

    async fn room_in_quarantine(&mut self) -> Result<bool, StoreError> {
        let count =
            self.row(sqlx::query("SELECT COUNT(*) FROM quarantine"), "counting the quarantine").await?;
        if count.map_or(Ok(0), |row| doc::int(&row, 0))? < MAX_QUARANTINED {
            return Ok(true);
        }
        let query = "DELETE FROM quarantine WHERE id = (SELECT MIN(id) FROM quarantine WHERE open = 0)";
        Ok(self.run(sqlx::query(query), "making room in quarantine").await? > 0)
    }

    /// Notes that a person has looked at a frame, with the journal line `quarantine_dismiss`; `false`
    /// when it was dismissed already.
    ///
    /// # Errors
    /// [`StoreError::Missing`], or what the database says.
    pub async fn quarantine_dismiss(&mut self, id: i64, by: PersonId) -> Result<bool, StoreError> {
        let there = sqlx::query("SELECT open FROM quarantine WHERE id = $1").bind(id);
        let row = self.row(there, "reading the quarantine").await?;
        let open = row.map(|row| doc::int(&row, 0)).transpose()?;
        if open.ok_or_else(|| StoreError::missing("quarantined frame", id))? == 0 {
            return Ok(false);
        }
        let query = sqlx::query("UPDATE quarantine SET open = 0, dismissed_by = $2 WHERE id = $1");
        self.run(query.bind(id).bind(by.0), "dismissing a frame").await?;
        self.line(&Subject::System, "quarantine_dismiss", json!({ "v": 1, "frame": id }))?;
        Ok(true)
    }
}

fn short(text: &str) -> String {
    without_nul(&text.chars().take(MAX_TEXT).collect::<String>())
}

fn frame_of(row: &AnyRow) -> Result<Quarantined, StoreError> {
    let id = doc::int(row, 0)?;
    let raw = unhex(&doc::text(row, 7)?).ok_or_else(|| {
        StoreError::corrupt("table `quarantine`", format!("row {id}"), "its bytes are not hexadecimal")
    })?;
    Ok(Quarantined {
        id,
        at: Time::from_ms(doc::int(row, 1)?),
        peer: doc::text(row, 2)?,
        protocol: doc::text(row, 3)?,
        station: doc::text_maybe(row, 4)?,
        reason: doc::text(row, 5)?,
        detail: doc::text(row, 6)?,
        raw,
        times: doc::int(row, 8)?,
        dismissed_by: doc::int_maybe(row, 9)?.map(PersonId),
    })
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |c: u8| char::from(c).to_digit(16).and_then(|d| u8::try_from(d).ok());
    text.as_bytes()
        .chunks(2)
        .map(|pair| match pair {
            [high, low] => Some(digit(*high)? * 16 + digit(*low)?),
            _ => None,
        })
        .collect()
}
