//! The messages' rows, their deliveries, and the ledger of tries.

use super::alarms::{limit_or_default, rank};
use super::db::{Query, Select};
use super::{
    Attempt, DeliveryCount, Line, MessageFilter, NewMessage, Outcome, PersonCounts, Subject, Tables, Tx, doc,
};
use crate::StoreError;
use field::id::{MessageId, PersonId};
use field::message::{Delivery, DeliveryState, Message};
use field::person::ChannelKind;
use field::time::Time;
use serde_json::json;
use sqlx::any::AnyRow;

/// Ids asked for with one statement.
const TOGETHER: usize = 500;
/// Most tries of one message that are listed.
const MAX_ATTEMPTS: usize = 1_000;

/// A message's two columns: the document, and the one thing that changes later.
const MESSAGE: &str = "SELECT body, read_at FROM messages";
const BOTH: &str = "SELECT m.body, m.read_at, d.message, d.channel, d.state, d.attempts, d.next_at,
    d.changed_at, d.receipt, d.merged_into FROM deliveries d JOIN messages m ON m.id = d.message";

fn message_of(row: &AnyRow) -> Result<Message, StoreError> {
    let message: Message = doc::read(&doc::text(row, 0)?, "messages")?;
    Ok(Message { read_at: doc::int_maybe(row, 1)?.map(Time::from_ms), ..message })
}

/// A delivery in the columns from `first` on.
fn delivery_of(row: &AnyRow, first: usize) -> Result<Delivery, StoreError> {
    let message = MessageId(doc::int(row, first)?);
    let unknown = |what: &str, code: &str| {
        StoreError::corrupt(
            "table `deliveries`",
            format!("message {message}"),
            format!("{what} `{code}` is unknown"),
        )
    };
    let (channel, state) = (doc::text(row, first + 1)?, doc::text(row, first + 2)?);
    Ok(Delivery {
        message,
        channel: ChannelKind::from_code(&channel).ok_or_else(|| unknown("channel", &channel))?,
        state: state_from(&state).ok_or_else(|| unknown("state", &state))?,
        attempts: u32::try_from(doc::int(row, first + 3)?).unwrap_or(u32::MAX),
        next_at: Time::from_ms(doc::int(row, first + 4)?),
        changed_at: Time::from_ms(doc::int(row, first + 5)?),
        receipt: doc::text_maybe(row, first + 6)?,
        merged_into: doc::int_maybe(row, first + 7)?.map(MessageId),
    })
}

fn state_from(code: &str) -> Option<DeliveryState> {
    DeliveryState::ALL.into_iter().find(|s| s.code() == code)
}

impl Tables {
    /// One message.
    ///
    /// # Errors
    /// What the database says.
    pub async fn message(&self, id: MessageId) -> Result<Option<Message>, StoreError> {
        let query = sqlx::query("SELECT body, read_at FROM messages WHERE id = $1").bind(id.0);
        self.db().row(query, "reading a message").await?.map(|row| message_of(&row)).transpose()
    }

    /// Messages, newest first.
    ///
    /// # Errors
    /// What the database says.
    pub async fn messages(&self, filter: &MessageFilter) -> Result<Vec<Message>, StoreError> {
        let query = Select::new(MESSAGE)
            .and("person =", filter.person.map(|p| p.0))
            .and("alarm =", filter.alarm.map(|a| a.0))
            .and("order_id =", filter.order.map(|o| o.0))
            .and("id <", filter.before_id.map(|id| id.0))
            .then("ORDER BY id DESC", limit_or_default(filter.limit));
        self.db().rows(query, "reading messages").await?.iter().map(message_of).collect()
    }

    /// What became of these messages on each of their channels, by message and channel.
    ///
    /// # Errors
    /// What the database says.
    pub async fn deliveries_of(&self, messages: &[MessageId]) -> Result<Vec<Delivery>, StoreError> {
        let mut found = Vec::new();
        for some in messages.chunks(TOGETHER) {
            let query = Select::new(
                "SELECT message, channel, state, attempts, next_at, changed_at, receipt, merged_into
                FROM deliveries",
            )
            .and_in("message", some.iter().map(|m| m.0))
            .all("ORDER BY message, channel");
            for row in self.db().rows(query, "reading deliveries").await? {
                found.push(delivery_of(&row, 0)?);
            }
        }
        Ok(found)
    }

    /// Every try of a message, oldest first.
    ///
    /// # Errors
    /// What the database says.
    pub async fn attempts_of(&self, message: MessageId) -> Result<Vec<Attempt>, StoreError> {
        let query = Select::new("SELECT message, channel, at, outcome, detail FROM attempts")
            .and("message =", Some(message.0))
            .then("ORDER BY seq", MAX_ATTEMPTS);
        let rows = self.db().rows(query, "reading attempts").await?;
        rows.iter().map(attempt_of).collect()
    }

    /// Up to `limit` deliveries of one channel that may be tried now, the most urgent first, then the
    /// oldest.
    ///
    /// # Errors
    /// What the database says.
    pub async fn due_deliveries(
        &self,
        channel: ChannelKind,
        now: Time,
        limit: usize,
    ) -> Result<Vec<(Message, Delivery)>, StoreError> {
        let query = Select::new(BOTH)
            .and("d.state =", Some(DeliveryState::Waiting.code().to_owned()))
            .and("d.channel =", Some(channel.code().to_owned()))
            // The plus keeps both engines on the index in order of urgency: nearly all that wait are
            // due, and the first few are wanted.
            .and("+d.next_at <=", Some(now.ms()))
            .then("ORDER BY d.severity DESC, d.created_at, d.message", limit);
        self.both(query, "reading due deliveries").await
    }

    /// When the channel's next waiting delivery may be tried; `None` when none waits.
    ///
    /// # Errors
    /// What the database says.
    pub async fn next_due(&self, channel: ChannelKind) -> Result<Option<Time>, StoreError> {
        let query = sqlx::query("SELECT MIN(next_at) FROM deliveries WHERE channel = $1 AND state = $2")
            .bind(channel.code())
            .bind(DeliveryState::Waiting.code());
        let row = self.db().row(query, "reading the next delivery").await?;
        Ok(row.map(|row| doc::int_maybe(&row, 0)).transpose()?.flatten().map(Time::from_ms))
    }

    /// Deliveries handed over whose answer is not known: after a crash they are sent again.
    ///
    /// # Errors
    /// What the database says.
    pub async fn handing_deliveries(&self) -> Result<Vec<(Message, Delivery)>, StoreError> {
        // Every channel by name, so that the index that starts with the channel serves.
        let mut found = Vec::new();
        for channel in ChannelKind::ALL {
            let query = Select::new(BOTH)
                .and("d.channel =", Some(channel.code().to_owned()))
                .and("d.state =", Some(DeliveryState::Handing.code().to_owned()))
                .all("ORDER BY d.message");
            found.extend(self.both(query, "reading deliveries handed over").await?);
        }
        Ok(found)
    }

    async fn both(&self, query: Query, what: &'static str) -> Result<Vec<(Message, Delivery)>, StoreError> {
        let rows = self.db().rows(query, what).await?;
        rows.iter().map(|row| Ok((message_of(row)?, delivery_of(row, 2)?))).collect()
    }

    /// How many deliveries are in which state on which channel.
    ///
    /// # Errors
    /// What the database says.
    pub async fn delivery_counts(&self) -> Result<Vec<DeliveryCount>, StoreError> {
        let query = "SELECT channel, state, COUNT(*) FROM deliveries GROUP BY channel, state
            ORDER BY channel, state";
        let rows = self.db().rows(sqlx::query(query), "counting deliveries").await?;
        let count_of = |row: &AnyRow| {
            let channel = ChannelKind::from_code(&doc::text(row, 0)?);
            let state = state_from(&doc::text(row, 1)?);
            let count = doc::int(row, 2)?;
            Ok(channel.zip(state).map(|(channel, state)| DeliveryCount { channel, state, count }))
        };
        rows.iter().filter_map(|row| count_of(row).transpose()).collect()
    }

    /// How each person's messages fared, by person.
    ///
    /// # Errors
    /// What the database says.
    pub async fn message_counts_by_person(&self) -> Result<Vec<(PersonId, PersonCounts)>, StoreError> {
        let query = "SELECT m.person, COUNT(*), CAST(SUM(COALESCE(d.sent, 0)) AS BIGINT),
            CAST(SUM(COALESCE(d.delivered, 0)) AS BIGINT),
            CAST(SUM(CASE WHEN m.read_at IS NULL THEN 0 ELSE 1 END) AS BIGINT),
            CAST(SUM(COALESCE(d.failed, 0)) AS BIGINT)
            FROM messages m LEFT JOIN (
                SELECT message,
                MAX(CASE WHEN state IN ('sent', 'delivered') THEN 1 ELSE 0 END) AS sent,
                MAX(CASE WHEN state = 'delivered' THEN 1 ELSE 0 END) AS delivered,
                MIN(CASE WHEN state = 'given_up' THEN 1 ELSE 0 END) AS failed
                FROM deliveries GROUP BY message) d ON d.message = m.id
            GROUP BY m.person ORDER BY m.person";
        let rows = self.db().rows(sqlx::query(query), "counting messages").await?;
        let counts_of = |row: &AnyRow| {
            let counts = PersonCounts {
                asked: doc::int(row, 1)?,
                sent: doc::int(row, 2)?,
                delivered: doc::int(row, 3)?,
                read: doc::int(row, 4)?,
                failed: doc::int(row, 5)?,
            };
            Ok((PersonId(doc::int(row, 0)?), counts))
        };
        rows.iter().map(counts_of).collect()
    }
}

fn attempt_of(row: &AnyRow) -> Result<Attempt, StoreError> {
    let message = MessageId(doc::int(row, 0)?);
    let unknown = |what: &str| {
        StoreError::corrupt(
            "table `attempts`",
            format!("message {message}"),
            format!("its {what} is unknown"),
        )
    };
    Ok(Attempt {
        message,
        channel: ChannelKind::from_code(&doc::text(row, 1)?).ok_or_else(|| unknown("channel"))?,
        at: Time::from_ms(doc::int(row, 2)?),
        outcome: Outcome::from_code(&doc::text(row, 3)?).ok_or_else(|| unknown("outcome"))?,
        detail: doc::text(row, 4)?,
    })
}

impl Tx {
    /// One message, as this transaction sees it.
    ///
    /// # Errors
    /// What the database says.
    pub async fn message(&mut self, id: MessageId) -> Result<Option<Message>, StoreError> {
        let query = sqlx::query("SELECT body, read_at FROM messages WHERE id = $1").bind(id.0);
        self.row(query, "reading a message").await?.map(|row| message_of(&row)).transpose()
    }

    /// Asks for a message: its row, a waiting delivery for each of its channels, and the journal line
    /// `message` with `{"v":1,"message":…,"channels":[…]}`. `None`, and nothing written, when its key
    /// is there already.
    ///
    /// # Errors
    /// What the database says.
    pub async fn message_insert(&mut self, new: NewMessage) -> Result<Option<Message>, StoreError> {
        let there = sqlx::query("SELECT id FROM messages WHERE key = $1").bind(new.key.clone());
        if self.row(there, "looking for a message's key").await?.is_some() {
            return Ok(None);
        }
        let at = self.at();
        let message = Message {
            id: MessageId(self.next(|heads| &mut heads.message)),
            key: new.key,
            person: new.person,
            severity: new.severity,
            alarm: new.alarm,
            order: new.order,
            template: new.template,
            params: new.params,
            created_at: at,
            read_at: None,
        };
        let query = "INSERT INTO messages (id, key, person, alarm, order_id, severity, created_at, body)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
        let query = sqlx::query(query)
            .bind(message.id.0)
            .bind(message.key.clone())
            .bind(message.person.0)
            .bind(message.alarm.map(|a| a.0))
            .bind(message.order.map(|o| o.0))
            .bind(rank(message.severity))
            .bind(at.ms())
            .bind(doc::write(&message)?);
        self.run(query, "asking for a message").await?;
        for (channel, next_at) in &new.deliver {
            self.delivery_put(&waiting(message.id, *channel, *next_at, at)).await?;
        }
        let channels: Vec<_> = new.deliver.iter().map(|(channel, _)| *channel).collect();
        let body = json!({ "v": 1, "message": message, "channels": channels });
        self.line(&Subject::Message(message.id), "message", body)?;
        Ok(Some(message))
    }

    /// Marks a message as read at the transaction's time, with the journal line `read`; `false` when
    /// it was read already or there is none.
    ///
    /// # Errors
    /// What the database says.
    pub async fn message_read(&mut self, id: MessageId) -> Result<bool, StoreError> {
        let query = sqlx::query("UPDATE messages SET read_at = $2 WHERE id = $1 AND read_at IS NULL");
        let fresh = self.run(query.bind(id.0).bind(self.at().ms()), "marking a message as read").await? > 0;
        if fresh {
            self.line(&Subject::Message(id), "read", json!({ "v": 1 }))?;
        }
        Ok(fresh)
    }

    /// Keeps a delivery as it is now: the row only. What was tried is said with [`Tx::attempt_add`].
    ///
    /// # Errors
    /// [`StoreError::Missing`] when there is no such message, or what the database says.
    pub async fn delivery_put(&mut self, delivery: &Delivery) -> Result<(), StoreError> {
        let query = "INSERT INTO deliveries (message, channel, state, attempts, next_at, changed_at,
                receipt, merged_into, severity, created_at)
            SELECT id, $2, $3, $4, $5, $6, $7, $8, severity, created_at FROM messages WHERE id = $1
            ON CONFLICT (message, channel) DO UPDATE SET state = excluded.state,
                attempts = excluded.attempts, next_at = excluded.next_at,
                changed_at = excluded.changed_at, receipt = excluded.receipt,
                merged_into = excluded.merged_into";
        let query = sqlx::query(query)
            .bind(delivery.message.0)
            .bind(delivery.channel.code())
            .bind(delivery.state.code())
            .bind(i64::from(delivery.attempts))
            .bind(delivery.next_at.ms())
            .bind(delivery.changed_at.ms())
            .bind(delivery.receipt.as_deref().map(without_nul))
            .bind(delivery.merged_into.map(|m| m.0));
        match self.run(query, "keeping a delivery").await? {
            0 => Err(StoreError::missing("message", delivery.message)),
            _ => Ok(()),
        }
    }

    /// Adds a try to the ledger, with the journal line of the outcome's name and
    /// `{"v":1,"attempt":…}`.
    ///
    /// # Errors
    /// What the database says.
    pub async fn attempt_add(&mut self, attempt: &Attempt) -> Result<Line, StoreError> {
        let body = json!({ "v": 1, "attempt": attempt });
        let line = self.line(&Subject::Message(attempt.message), attempt.outcome.code(), body)?;
        let query = "INSERT INTO attempts (seq, message, channel, at, outcome, detail)
            VALUES ($1, $2, $3, $4, $5, $6)";
        let query = sqlx::query(query)
            .bind(line.seq.0)
            .bind(attempt.message.0)
            .bind(attempt.channel.code())
            .bind(attempt.at.ms())
            .bind(attempt.outcome.code())
            .bind(without_nul(&attempt.detail));
        self.run(query, "adding a try to the ledger").await?;
        Ok(line)
    }
}

const fn waiting(message: MessageId, channel: ChannelKind, next_at: Time, at: Time) -> Delivery {
    Delivery {
        message,
        channel,
        state: DeliveryState::Waiting,
        attempts: 0,
        next_at,
        changed_at: at,
        receipt: None,
        merged_into: None,
    }
}

/// Text from outside without the one character that PostgreSQL does not keep.
pub(crate) fn without_nul(text: &str) -> String {
    text.replace('\0', "\u{FFFD}")
}
