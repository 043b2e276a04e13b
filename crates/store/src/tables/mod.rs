//! 表: what is true now, changed only together with its journal line.

use crate::{Options, Registry, StoreError};
use field::alarm::Alarm;
use field::block::{Block, Town};
use field::duty::Roster;
use field::id::{AlarmId, JournalSeq, MessageId, OrderId, PersonId, PointId, RuleId, StationCode};
use field::message::{Delivery, Message};
use field::order::Order;
use field::person::{ChannelKind, Person};
use field::rule::RuleSetting;
use field::station::{Point, Station};
use field::time::Time;
use serde_json::Value;
use std::sync::Arc;
use tokio::sync::watch;

pub mod journal;
pub mod rows;

pub use journal::{Actor, Line, Subject};
pub use rows::*;

use crate::lives::Acted;

/// The tables port. Cheap to clone; every clone is the same database.
#[derive(Clone, Debug)]
pub struct Tables {
    registry: watch::Sender<Arc<Registry>>,
    head: watch::Sender<JournalSeq>,
}

fn unfinished<T>() -> Result<T, StoreError> {
    Err(StoreError::Closed { what: "tables" })
}

#[allow(missing_docs, unused_variables, clippy::missing_errors_doc, clippy::unused_async)]
impl Tables {
    pub(crate) async fn open(options: &Options) -> Result<Self, StoreError> {
        Ok(Self { registry: watch::Sender::new(Arc::default()), head: watch::Sender::new(JournalSeq(0)) })
    }
    pub(crate) async fn close(&self) {}

    pub fn registry(&self) -> Arc<Registry> {
        Arc::clone(&self.registry.borrow())
    }
    pub fn registry_watch(&self) -> watch::Receiver<Arc<Registry>> {
        self.registry.subscribe()
    }
    pub async fn begin(&self, actor: Actor, at: Time) -> Result<Tx, StoreError> {
        unfinished()
    }
    pub fn journal_head(&self) -> JournalSeq {
        *self.head.borrow()
    }
    pub fn journal_watch(&self) -> watch::Receiver<JournalSeq> {
        self.head.subscribe()
    }
    pub async fn journal_after(&self, after: JournalSeq, limit: usize) -> Result<Vec<Line>, StoreError> {
        unfinished()
    }
    /// Newest first; `before` is the cursor.
    pub async fn journal_before(
        &self,
        before: Option<JournalSeq>,
        subject: Option<&Subject>,
        limit: usize,
    ) -> Result<Vec<Line>, StoreError> {
        unfinished()
    }
    /// Oldest first.
    pub async fn journal_of(&self, subject: &Subject, limit: usize) -> Result<Vec<Line>, StoreError> {
        unfinished()
    }
    pub async fn journal_verify(&self) -> Result<JournalSeq, StoreError> {
        unfinished()
    }
    pub async fn cursor(&self, desk: &str) -> Result<i64, StoreError> {
        unfinished()
    }

    pub async fn alarm(&self, id: AlarmId) -> Result<Option<Alarm>, StoreError> {
        unfinished()
    }
    pub async fn alarms(&self, filter: &AlarmFilter) -> Result<Vec<Alarm>, StoreError> {
        unfinished()
    }
    pub async fn alarms_by_id(&self, ids: &[AlarmId]) -> Result<Vec<Alarm>, StoreError> {
        unfinished()
    }
    pub async fn open_alarms(&self) -> Result<Vec<Alarm>, StoreError> {
        unfinished()
    }
    pub async fn order(&self, id: OrderId) -> Result<Option<Order>, StoreError> {
        unfinished()
    }
    pub async fn orders(&self, filter: &OrderFilter) -> Result<Vec<Order>, StoreError> {
        unfinished()
    }
    pub async fn open_orders(&self) -> Result<Vec<Order>, StoreError> {
        unfinished()
    }
    /// The newest order that answers an alarm.
    pub async fn order_of_alarm(&self, alarm: AlarmId) -> Result<Option<Order>, StoreError> {
        unfinished()
    }

    pub async fn message(&self, id: MessageId) -> Result<Option<Message>, StoreError> {
        unfinished()
    }
    pub async fn messages(&self, filter: &MessageFilter) -> Result<Vec<Message>, StoreError> {
        unfinished()
    }
    pub async fn deliveries_of(&self, messages: &[MessageId]) -> Result<Vec<Delivery>, StoreError> {
        unfinished()
    }
    pub async fn attempts_of(&self, message: MessageId) -> Result<Vec<Attempt>, StoreError> {
        unfinished()
    }
    pub async fn due_deliveries(
        &self,
        channel: ChannelKind,
        now: Time,
        limit: usize,
    ) -> Result<Vec<(Message, Delivery)>, StoreError> {
        unfinished()
    }
    /// When the next waiting delivery of the channel becomes due.
    pub async fn next_due(&self, channel: ChannelKind) -> Result<Option<Time>, StoreError> {
        unfinished()
    }
    /// Handed over before a crash, answer unknown.
    pub async fn handing_deliveries(&self) -> Result<Vec<(Message, Delivery)>, StoreError> {
        unfinished()
    }
    pub async fn delivery_counts(&self) -> Result<Vec<DeliveryCount>, StoreError> {
        unfinished()
    }
    pub async fn message_counts_by_person(&self) -> Result<Vec<(PersonId, PersonCounts)>, StoreError> {
        unfinished()
    }

    pub async fn quarantine(&self, filter: &QuarantineFilter) -> Result<Vec<Quarantined>, StoreError> {
        unfinished()
    }
    pub async fn quarantined(&self, id: i64) -> Result<Option<Quarantined>, StoreError> {
        unfinished()
    }
    pub async fn quarantine_count_open(&self) -> Result<i64, StoreError> {
        unfinished()
    }
    pub async fn quarantine_add(&self, new: NewQuarantined) -> Result<i64, StoreError> {
        unfinished()
    }

    pub async fn account(&self, login: &str) -> Result<Option<Account>, StoreError> {
        unfinished()
    }
    pub async fn account_set(&self, person: PersonId, hash: &str) -> Result<(), StoreError> {
        unfinished()
    }
    pub async fn session_put(&self, session: &Session) -> Result<(), StoreError> {
        unfinished()
    }
    pub async fn session_get(&self, token_hash: &str) -> Result<Option<Session>, StoreError> {
        unfinished()
    }
    pub async fn session_touch(
        &self,
        token_hash: &str,
        seen_at: Time,
        expires_at: Time,
    ) -> Result<(), StoreError> {
        unfinished()
    }
    pub async fn session_delete(&self, token_hash: &str) -> Result<(), StoreError> {
        unfinished()
    }
    pub async fn push_subscriptions(&self, person: PersonId) -> Result<Vec<PushSubscription>, StoreError> {
        unfinished()
    }
    pub async fn push_put(&self, subscription: &PushSubscription) -> Result<(), StoreError> {
        unfinished()
    }
    pub async fn push_delete(&self, endpoint: &str) -> Result<(), StoreError> {
        unfinished()
    }
    pub async fn map_features(&self) -> Result<Vec<MapFeature>, StoreError> {
        unfinished()
    }
    pub async fn setting(&self, key: &str) -> Result<Option<Value>, StoreError> {
        unfinished()
    }
    /// Without a journal line: for things the program remembers by itself.
    pub async fn setting_keep(&self, key: &str, value: &Value) -> Result<(), StoreError> {
        unfinished()
    }
    pub async fn idempotent(&self, key: &str, person: PersonId) -> Result<Option<Value>, StoreError> {
        unfinished()
    }
}

/// A transaction: everything in it becomes true together at [`Tx::commit`], or not at all.
#[derive(Debug)]
pub struct Tx {
    at: Time,
    actor: Actor,
}

#[allow(missing_docs, unused_variables, clippy::missing_errors_doc, clippy::unused_async)]
impl Tx {
    pub const fn at(&self) -> Time {
        self.at
    }
    pub const fn actor(&self) -> Actor {
        self.actor
    }
    /// The committed registry (changes of this transaction not included).
    pub fn registry(&self) -> Arc<Registry> {
        Arc::default()
    }
    pub async fn journal(&mut self, subject: Subject, act: &str, body: Value) -> Result<Line, StoreError> {
        unfinished()
    }
    pub async fn alarm(&mut self, id: AlarmId) -> Result<Option<Alarm>, StoreError> {
        unfinished()
    }
    /// The rule's alarm that is not closed.
    pub async fn open_alarm_of(&mut self, rule: RuleId) -> Result<Option<Alarm>, StoreError> {
        unfinished()
    }
    /// Row and journal line `raise`, body `{"v":1,"alarm":…}`.
    pub async fn alarm_insert(&mut self, new: NewAlarm) -> Result<Acted<Alarm>, StoreError> {
        unfinished()
    }
    /// Row and journal line of the act's code, body `{"v":1,"alarm":…,"act":…}`.
    pub async fn alarm_put(
        &mut self,
        alarm: &Alarm,
        act: &field::alarm::AlarmAct,
    ) -> Result<Line, StoreError> {
        unfinished()
    }
    pub async fn order(&mut self, id: OrderId) -> Result<Option<Order>, StoreError> {
        unfinished()
    }
    /// The station's order that is not closed.
    pub async fn open_order_at(&mut self, station: &StationCode) -> Result<Option<Order>, StoreError> {
        unfinished()
    }
    /// Row and journal line `send`, body `{"v":1,"order":…}`.
    pub async fn order_insert(&mut self, new: NewOrder) -> Result<Acted<Order>, StoreError> {
        unfinished()
    }
    /// Row and journal line of the act's code, body `{"v":1,"order":…,"act":…}`.
    pub async fn order_put(
        &mut self,
        order: &Order,
        act: &field::order::OrderAct,
    ) -> Result<Line, StoreError> {
        unfinished()
    }
    /// Message, its waiting deliveries, and journal line `message`; `None` when the key is there.
    pub async fn message_insert(&mut self, new: NewMessage) -> Result<Option<Message>, StoreError> {
        unfinished()
    }
    /// Marks it read at the transaction's time; `false` when it was (or there is none). Journal `read`.
    pub async fn message_read(&mut self, id: MessageId) -> Result<bool, StoreError> {
        unfinished()
    }
    /// The row only; say what was tried with `attempt_add`.
    pub async fn delivery_put(&mut self, delivery: &Delivery) -> Result<(), StoreError> {
        unfinished()
    }
    /// Ledger row and journal line of the outcome's code, body `{"v":1,"attempt":…}`.
    pub async fn attempt_add(&mut self, attempt: &Attempt) -> Result<(), StoreError> {
        unfinished()
    }
    pub async fn cursor_put(&mut self, desk: &str, value: i64) -> Result<(), StoreError> {
        unfinished()
    }
    pub async fn idempotent(&mut self, key: &str, person: PersonId) -> Result<Option<Value>, StoreError> {
        unfinished()
    }
    pub async fn idempotent_put(
        &mut self,
        key: &str,
        person: PersonId,
        answer: &Value,
    ) -> Result<(), StoreError> {
        unfinished()
    }
    /// With a journal line `set`.
    pub async fn setting_put(&mut self, key: &str, value: &Value) -> Result<(), StoreError> {
        unfinished()
    }
    pub async fn quarantine_dismiss(&mut self, id: i64, by: PersonId) -> Result<bool, StoreError> {
        unfinished()
    }

    pub async fn station_put(&mut self, station: &Station) -> Result<(), StoreError> {
        unfinished()
    }
    /// With its points and rules; its samples stay.
    pub async fn station_delete(&mut self, code: &StationCode) -> Result<(), StoreError> {
        unfinished()
    }
    /// `id` 0 asks for a new one.
    pub async fn point_put(&mut self, point: &Point) -> Result<PointId, StoreError> {
        unfinished()
    }
    pub async fn point_delete(&mut self, id: PointId) -> Result<(), StoreError> {
        unfinished()
    }
    pub async fn block_put(&mut self, block: &Block) -> Result<(), StoreError> {
        unfinished()
    }
    pub async fn town_put(&mut self, town: &Town) -> Result<(), StoreError> {
        unfinished()
    }
    pub async fn person_put(&mut self, person: &Person) -> Result<(), StoreError> {
        unfinished()
    }
    pub async fn roster_put(&mut self, roster: &Roster) -> Result<(), StoreError> {
        unfinished()
    }
    /// `id` 0 asks for a new one.
    pub async fn rule_put(&mut self, rule: &RuleSetting) -> Result<RuleId, StoreError> {
        unfinished()
    }
    pub async fn rule_delete(&mut self, id: RuleId) -> Result<(), StoreError> {
        unfinished()
    }
    pub async fn map_feature_put(&mut self, feature: &MapFeature) -> Result<(), StoreError> {
        unfinished()
    }

    /// Makes everything true. When it returns, it is on disk; watchers are woken, the registry is
    /// swapped when it was touched. Dropped without commit: nothing happened.
    pub async fn commit(self) -> Result<JournalSeq, StoreError> {
        unfinished()
    }
}
