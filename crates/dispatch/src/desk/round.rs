//! One transaction of the desk: what it does to orders and alarms, and whom it tells.

use super::call::{AlarmCall, Effect, told};
use super::watch::carried;
use crate::facts::Facts;
use crate::outbox::{Outbox, fresh};
use field::alarm::{Alarm, AlarmAct, AlarmState};
use field::clock::Leap;
use field::id::{AlarmId, JournalSeq, MessageId, OrderId, PersonId};
use field::message::{Delivery, Message};
use field::order::{Order, OrderAct, OrderState};
use field::person::{ChannelKind, Person, Role};
use field::severity::Severity;
use field::time::MINUTE_MS;
use serde_json::json;
use std::collections::HashMap;
use std::sync::Arc;
use store::tables::{NewMessage, NewOrder};
use store::{Registry, Store, StoreError, Subject, Tx, lives};

/// The last step of the chain: the dispatchers.
pub(super) const LAST_LEVEL: u8 = 3;

/// What a committed round leaves behind.
#[derive(Default)]
pub(super) struct Done {
    /// Messages with the deliveries that wait now.
    pub(super) asked: Vec<(Arc<Message>, Vec<Delivery>)>,
    /// Orders as they are now.
    pub(super) orders: Vec<Order>,
    /// Somebody was told on fewer channels than an alarm should start on: who, and on how many.
    pub(super) too_few: Option<(PersonId, usize)>,
}

/// A transaction under way.
pub(super) struct Round<'a> {
    pub(super) tx: Tx,
    pub(super) done: Done,
    pub(super) store: Store,
    pub(super) outbox: &'a Outbox,
    registry: Arc<Registry>,
    first_channels: usize,
    /// The clock's last leap: time nobody had.
    pub(super) leap: Option<Leap>,
    subscribed: HashMap<PersonId, bool>,
}

/// Whom to tell what.
struct Telling<'a> {
    key: String,
    person: PersonId,
    severity: Severity,
    alarm: Option<AlarmId>,
    order: &'a Order,
    template: &'static str,
    facts: Facts,
}

impl<'a> Round<'a> {
    pub(super) fn new(
        tx: Tx,
        store: Store,
        outbox: &'a Outbox,
        first_channels: usize,
        leap: Option<Leap>,
    ) -> Self {
        let registry = store.tables.registry();
        Self {
            tx,
            done: Done::default(),
            store,
            outbox,
            registry,
            first_channels,
            leap,
            subscribed: HashMap::new(),
        }
    }

    pub(super) async fn commit(self) -> Result<Done, StoreError> {
        self.tx.commit().await?;
        Ok(self.done)
    }

    pub(super) async fn apply(&mut self, effect: Effect) -> Result<(), StoreError> {
        match effect {
            Effect::Alarm { id, then, act, seq } => self.call(id, &then, act, seq).await,
            Effect::Close { id } => self.close_alarm(id).await,
            Effect::Reassigned { order, reason, seq } => self.reassigned(&order, &reason, seq).await,
            Effect::Asked { message } => self.asked(*message).await,
            Effect::Unreachable { message } => self.unreachable(message).await,
        }
    }

    /// An alarm calls: an order for its station, and a word to whoever has it.
    async fn call(
        &mut self,
        id: AlarmId,
        then: &Alarm,
        call: AlarmCall,
        seq: JournalSeq,
    ) -> Result<(), StoreError> {
        // Closed, shelved or under maintenance since: it calls nobody now.
        let Some(alarm) = self.tx.alarm(id).await?.filter(Alarm::is_calling) else { return Ok(()) };
        let before = match call {
            AlarmCall::Judge => self.before(id, seq).await?,
            AlarmCall::Raise | AlarmCall::Back => None,
        };
        let Some(told) = told(call, then, before.as_ref()) else { return Ok(()) };
        let order = match self.tx.open_order_at(&alarm.station).await? {
            Some(order) => self.join(order, then).await?,
            None => match self.send_order(&alarm).await? {
                Some(order) => order,
                None => return Ok(()),
            },
        };
        let facts = Facts { number: order.number(), ..Facts::of_alarm(then, &self.registry) };
        let telling = Telling {
            key: format!("order:{}:alarm:{id}:{}:{seq}", order.id, then.severity.code()),
            person: order.assignee,
            severity: then.severity,
            alarm: Some(id),
            order: &order,
            template: told.template(),
            facts,
        };
        self.tell(telling).await
    }

    /// The alarm as the line before `seq` left it; `None` where that cannot be read.
    async fn before(&mut self, id: AlarmId, seq: JournalSeq) -> Result<Option<Alarm>, StoreError> {
        let subject = Subject::Alarm(id);
        let lines = self.store.tables.journal_before(Some(seq), Some(&subject), 1).await?;
        Ok(lines.first().and_then(|line| super::call::part(line, "alarm").ok()))
    }

    async fn join(&mut self, order: Order, alarm: &Alarm) -> Result<Order, StoreError> {
        let act = OrderAct::Join { alarm: alarm.id, severity: alarm.severity };
        match order.step(&act, self.tx.at()) {
            Ok(next) => {
                self.tx.order_put(&next, &act).await?;
                self.done.orders.push(next.clone());
                Ok(next)
            }
            // It is in already, and not worse than the order knew.
            Err(_) => Ok(order),
        }
    }

    async fn send_order(&mut self, alarm: &Alarm) -> Result<Option<Order>, StoreError> {
        let station = self.registry.station(&alarm.station).cloned();
        let (Some(station), Some(assignee)) = (station, self.who(alarm)) else {
            tracing::error!(alarm = %alarm.id, station = %alarm.station, "an alarm has no station or no person to go to");
            return Ok(None);
        };
        let new = NewOrder {
            station: alarm.station.clone(),
            spot: station.position,
            block: alarm.block,
            alarms: vec![alarm.id],
            severity: alarm.severity,
            assignee,
            escalation: 0,
        };
        let order = self.tx.order_insert(new).await?.now;
        self.done.orders.push(order.clone());
        Ok(Some(order))
    }

    /// The person on duty; where the roster has a hole, the chain; where there is no chain, the desk.
    fn who(&self, alarm: &Alarm) -> Option<PersonId> {
        let known = |id: PersonId| self.registry.person(id).map(|p| p.id);
        let chain = self.registry.block(alarm.block).map(|b| b.chain);
        let on_duty = self.registry.on_duty(alarm.block, self.tx.at()).map(|p| p.id);
        on_duty
            .or_else(|| chain.and_then(|c| [c.a, c.b, c.supervisor].into_iter().find_map(known)))
            .or_else(|| self.dispatchers().first().map(|p| p.id))
    }

    fn dispatchers(&self) -> Vec<Arc<Person>> {
        self.registry.persons().values().filter(|p| p.role == Role::Dispatcher).cloned().collect()
    }

    /// Closes an alarm that has returned and was taken, unless an open order holds it still.
    async fn close_alarm(&mut self, id: AlarmId) -> Result<(), StoreError> {
        let Some(alarm) = self.tx.alarm(id).await?.filter(|a| a.state == AlarmState::Returned) else {
            return Ok(());
        };
        let order = self.tx.open_order_at(&alarm.station).await?;
        if order.is_some_and(|o| o.alarms.contains(&id)) {
            return Ok(());
        }
        lives::alarm_act_in(&mut self.tx, id, &AlarmAct::Close).await.map(drop)
    }

    async fn reassigned(&mut self, order: &Order, reason: &str, seq: JournalSeq) -> Result<(), StoreError> {
        let alarm = self.worst_alarm(order).await?;
        let facts = Facts { reason: reason.to_owned(), ..self.facts_of(order, alarm.as_ref()) };
        let telling = Telling {
            key: format!("order:{}:reassign:{seq}", order.id),
            person: order.assignee,
            severity: order.severity,
            alarm: alarm.map(|a| a.id),
            order,
            template: "order_reassigned",
            facts,
        };
        self.tell(telling).await
    }

    /// A message that somebody else asked for: waits with ours. Without a channel it gets ours.
    async fn asked(&mut self, message: Message) -> Result<(), StoreError> {
        let mut deliveries = self.store.tables.deliveries_of(&[message.id]).await?;
        if deliveries.is_empty()
            && let Some(person) = self.registry.person(message.person).cloned()
        {
            let town = Facts::read(&message.params).town_code;
            for kind in self.first_ways(&person, town.as_deref()).await? {
                let delivery = fresh(message.id, kind, self.tx.at());
                self.tx.delivery_put(&delivery).await?;
                deliveries.push(delivery);
            }
        }
        self.done.asked.push((Arc::new(message), deliveries));
        Ok(())
    }

    /// Nobody hears: do not wait for the timer.
    async fn unreachable(&mut self, id: MessageId) -> Result<(), StoreError> {
        let Some(order) = self.tx.message(id).await?.and_then(|m| m.order) else { return Ok(()) };
        let Some(order) = self.tx.order(order).await?.filter(|o| o.state == OrderState::Sent) else {
            return Ok(());
        };
        if order.escalation >= LAST_LEVEL {
            tracing::error!(order = %order.id, "nobody of the chain can be reached; call them by voice");
            return Ok(());
        }
        self.escalate(order.id, order.escalation + 1).await.map(drop)
    }

    /// 升级. `None` when the order is not waiting for anybody any more.
    pub(super) async fn escalate(&mut self, id: OrderId, to: u8) -> Result<Option<Order>, StoreError> {
        let order = match lives::order_act_in(&mut self.tx, id, OrderAct::Escalate { to }).await {
            Ok(acted) => acted.now,
            Err(StoreError::Refused(_) | StoreError::Missing { .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        self.done.orders.push(order.clone());
        let alarm = self.worst_alarm(&order).await?;
        let asked = self.registry.person(order.assignee).cloned();
        let facts = Facts {
            waited_min: Some(self.tx.at().since_ms(carried(order.sent_at, self.leap)) / MINUTE_MS),
            asked: asked.as_ref().map(|p| p.name.clone()).unwrap_or_default(),
            asked_en: asked.as_ref().map(|p| p.name_en.clone()).unwrap_or_default(),
            ..self.facts_of(&order, alarm.as_ref())
        };
        for person in self.level(&order, to) {
            let telling = Telling {
                key: format!("order:{id}:escalate:{to}:{}:{person}", order.sent_at.ms()),
                person,
                severity: order.severity,
                alarm: alarm.as_ref().map(|a| a.id),
                order: &order,
                template: "order_escalated",
                facts: facts.clone(),
            };
            self.tell(telling).await?;
        }
        Ok(Some(order))
    }

    /// Who is called at a step of the chain, besides the one who was asked.
    fn level(&self, order: &Order, to: u8) -> Vec<PersonId> {
        let chain = self.registry.block(order.block).map(|b| b.chain);
        let mut persons = match (to, chain) {
            (1, Some(chain)) => vec![if order.assignee == chain.a { chain.b } else { chain.a }],
            (2, Some(chain)) => vec![chain.supervisor],
            (LAST_LEVEL, _) => self.dispatchers().iter().map(|p| p.id).collect(),
            _ => vec![],
        };
        persons.retain(|p| *p != order.assignee && self.registry.person(*p).is_some());
        persons
    }

    async fn worst_alarm(&mut self, order: &Order) -> Result<Option<Alarm>, StoreError> {
        let mut worst: Option<Alarm> = None;
        for id in &order.alarms {
            if let Some(alarm) = self.tx.alarm(*id).await?
                && worst.as_ref().is_none_or(|w| {
                    (alarm.state.is_active(), alarm.severity) > (w.state.is_active(), w.severity)
                })
            {
                worst = Some(alarm);
            }
        }
        Ok(worst)
    }

    fn facts_of(&self, order: &Order, alarm: Option<&Alarm>) -> Facts {
        let facts = alarm.map(|a| Facts::of_alarm(a, &self.registry)).unwrap_or_default();
        Facts { number: order.number(), ..facts }
    }

    async fn tell(&mut self, telling: Telling<'_>) -> Result<(), StoreError> {
        let Some(person) = self.registry.person(telling.person).cloned() else { return Ok(()) };
        let ways = self.first_ways(&person, telling.facts.town_code.as_deref()).await?;
        let at = self.tx.at();
        let params = serde_json::to_value(&telling.facts)
            .map_err(|e| StoreError::Invalid { what: "writing a message", why: e.to_string() })?;
        let new = NewMessage {
            key: telling.key,
            person: telling.person,
            severity: telling.severity,
            alarm: telling.alarm,
            order: Some(telling.order.id),
            template: telling.template.to_owned(),
            params,
            deliver: ways.iter().map(|kind| (*kind, at)).collect(),
        };
        let Some(message) = self.tx.message_insert(new).await? else { return Ok(()) };
        if ways.len() < self.first_channels {
            self.done.too_few = Some((person.id, ways.len()));
        }
        if ways.is_empty() {
            let body =
                json!({ "v": 1, "person": message.person, "order": message.order, "alarm": message.alarm });
            self.tx.journal(Subject::Message(message.id), crate::UNREACHABLE, body).await?;
        }
        let deliveries = ways.into_iter().map(|kind| fresh(message.id, kind, at)).collect();
        self.done.asked.push((Arc::new(message), deliveries));
        Ok(())
    }

    /// The channels a message starts on.
    async fn first_ways(
        &mut self,
        person: &Person,
        town: Option<&str>,
    ) -> Result<Vec<ChannelKind>, StoreError> {
        let mut ways = Vec::new();
        for kind in self.outbox.ways(person, town) {
            if kind != ChannelKind::WebPush || self.is_subscribed(person.id).await? {
                ways.push(kind);
            }
            if ways.len() == self.first_channels {
                break;
            }
        }
        Ok(ways)
    }

    async fn is_subscribed(&mut self, person: PersonId) -> Result<bool, StoreError> {
        if let Some(known) = self.subscribed.get(&person) {
            return Ok(*known);
        }
        let subscribed = !self.store.tables.push_subscriptions(person).await?.is_empty();
        self.subscribed.insert(person, subscribed);
        Ok(subscribed)
    }
}
