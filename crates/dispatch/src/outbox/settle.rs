//! 结算: what became of the requests is written into the ledger, and what follows from it: another
//! try, another channel, or the news that somebody cannot be reached at all.

use super::health::News;
use super::lane::Item;
use super::{Flight, Landing, Outbox, note};
use crate::channels::{Mailbox, Outcome};
use crate::error::DispatchError;
use crate::facts::Facts;
use field::id::MessageId;
use field::message::{Delivery, DeliveryState, Message};
use field::person::ChannelKind;
use field::time::{HOUR_MS, MINUTE_MS, SECOND_MS, Time};
use rand::RngExt as _;
use serde_json::json;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;
use store::tables::Outcome as Tried;
use store::{Actor, StoreError, Subject};

/// First wait between two tries; doubles with each.
const FIRST_WAIT_MS: i64 = 2 * SECOND_MS;
/// Longest wait between two tries.
const LONGEST_WAIT_MS: i64 = 5 * MINUTE_MS;
/// A message this old is given up even on its last way: nobody drives to yesterday's flood.
const MAX_AGE_MS: i64 = 24 * HOUR_MS;
/// How long a message waits for a server that is down before it takes another channel.
const STRANDED_MS: i64 = 30 * SECOND_MS;
/// Messages that look elsewhere after one failed question.
const MAX_STRANDED: usize = 4_000;
/// Messages settled in one transaction, or one request's.
const MAX_PER_PASS: usize = 256;

/// What is written, and what is done once it is.
#[derive(Default)]
struct Plan {
    /// Rows with the try that led to them.
    rows: Vec<(Delivery, Tried, String)>,
    /// Further channels for a message.
    takeovers: Vec<(Arc<Message>, Delivery)>,
    /// Nobody can be reached with these.
    unreachable: Vec<Arc<Message>>,
    forget: Vec<(ChannelKind, MessageId)>,
    retry: Vec<(ChannelKind, Mailbox, Vec<Item>)>,
    repeat: Vec<(ChannelKind, Mailbox, Time, Vec<Item>)>,
}

/// The deliveries of the messages in question, with the changes planned so far.
type Known = HashMap<MessageId, Vec<Delivery>>;

impl Outbox {
    /// Settles what has landed. `true`: there was something.
    pub(crate) async fn settle(&mut self) -> Result<bool, DispatchError> {
        if self.landed.is_empty() {
            return Ok(false);
        }
        let mut messages = 0;
        let fitting = self.landed.iter().take_while(|landing| {
            let fits = messages < MAX_PER_PASS;
            messages += landing.flight.bundle.items.len();
            fits
        });
        let fitting = fitting.count();
        let rest = self.landed.split_off(fitting);
        let landings = std::mem::replace(&mut self.landed, rest);
        match self.settle_all(&landings).await {
            Ok(()) => Ok(true),
            Err(error) => {
                self.landed.extend(landings);
                Err(error.into())
            }
        }
    }

    async fn settle_all(&mut self, landings: &[Landing]) -> Result<(), StoreError> {
        let now = self.clock.now();
        let mut known = self.known(landings).await?;
        let mut plan = Plan::default();
        for landing in landings {
            self.judge(landing, now, &mut known, &mut plan).await?;
        }
        let mut tx = self.store.tables.begin(Actor::Desk(crate::DESK), now).await?;
        for (delivery, tried, detail) in &plan.rows {
            tx.delivery_put(delivery).await?;
            note(&mut tx, delivery, *tried, detail).await?;
        }
        for (_, delivery) in &plan.takeovers {
            tx.delivery_put(delivery).await?;
        }
        for message in &plan.unreachable {
            let body =
                json!({ "v": 1, "person": message.person, "order": message.order, "alarm": message.alarm });
            tx.journal(Subject::Message(message.id), crate::UNREACHABLE, body).await?;
        }
        tx.commit().await?;
        self.follow(landings, plan, now);
        Ok(())
    }

    /// Other deliveries matter only where a channel may give up.
    async fn known(&self, landings: &[Landing]) -> Result<Known, StoreError> {
        let mut ids: Vec<MessageId> = Vec::new();
        for landing in landings {
            let items = &landing.flight.bundle.items;
            match landing.outcome {
                Outcome::Sent { .. } | Outcome::Busy { .. } => {}
                Outcome::Refused { .. } | Outcome::Down => ids.extend(items.iter().map(|i| i.message.id)),
                Outcome::Retry { unknown, .. } => {
                    let unrepeatable = unknown && !self.knows_keys(landing.flight.kind);
                    let asked = |i: &&Item| unrepeatable || i.delivery.attempts >= self.max_attempts;
                    ids.extend(items.iter().filter(asked).map(|i| i.message.id));
                }
            }
        }
        let mut known = Known::new();
        if !ids.is_empty() {
            for delivery in self.store.tables.deliveries_of(&ids).await? {
                known.entry(delivery.message).or_default().push(delivery);
            }
        }
        Ok(known)
    }

    async fn judge(
        &mut self,
        landing: &Landing,
        now: Time,
        known: &mut Known,
        plan: &mut Plan,
    ) -> Result<(), StoreError> {
        let (kind, bundle) = (landing.flight.kind, &landing.flight.bundle);
        match &landing.outcome {
            Outcome::Sent { receipt } => {
                for item in &bundle.items {
                    let next = Delivery {
                        receipt: Some(receipt.clone()),
                        ..becomes(item, DeliveryState::Sent, now)
                    };
                    plan.rows.push((next, Tried::Sent, receipt.clone()));
                    plan.forget.push((kind, item.message.id));
                }
            }
            Outcome::Busy { reason, .. } => {
                let mut items = Vec::new();
                for item in &bundle.items {
                    // Not its fault: the try does not count.
                    let attempts = item.delivery.attempts.saturating_sub(1);
                    let next = Delivery {
                        attempts,
                        next_at: now,
                        merged_into: None,
                        receipt: Some(reason.clone()),
                        ..becomes(item, DeliveryState::Waiting, now)
                    };
                    plan.rows.push((next.clone(), Tried::Failed, reason.clone()));
                    items.push(Item { message: Arc::clone(&item.message), delivery: next });
                }
                plan.retry.push((kind, bundle.mailbox, items));
            }
            Outcome::Retry { reason, unknown } => {
                let worst = bundle.items.iter().map(|i| i.delivery.attempts).max().unwrap_or(1);
                let next_at = now.plus_ms(self.wait_ms(worst));
                let mut items = Vec::new();
                let unrepeatable = *unknown && !self.knows_keys(kind);
                for item in &bundle.items {
                    let deliveries = known.get(&item.message.id).into_iter().flatten();
                    if unrepeatable && self.lives_besides(item.message.id, kind, deliveries) {
                        let reason = format!("{reason}; it may have arrived and is not repeated");
                        self.give_up(item, &reason, now, known, plan).await?;
                        continue;
                    }
                    if item.delivery.attempts >= self.max_attempts
                        && self.may_give_up(item, now, known).await?
                    {
                        self.give_up(item, reason, now, known, plan).await?;
                        continue;
                    }
                    let merged_into = item.delivery.merged_into.filter(|_| *unknown);
                    let next = Delivery {
                        next_at,
                        merged_into,
                        receipt: Some(reason.clone()),
                        ..becomes(item, DeliveryState::Waiting, now)
                    };
                    plan.rows.push((next.clone(), Tried::Failed, reason.clone()));
                    items.push(Item { message: Arc::clone(&item.message), delivery: next });
                }
                // As it was only if it is still whole: another text needs another key.
                if *unknown && items.len() == bundle.items.len() {
                    plan.repeat.push((kind, bundle.mailbox, next_at, items));
                } else {
                    plan.retry.push((kind, bundle.mailbox, items));
                }
            }
            Outcome::Down => {
                let mut items = Vec::new();
                for item in &bundle.items {
                    if self.may_give_up(item, now, known).await? {
                        self.give_up(item, "the channel's server does not answer", now, known, plan).await?;
                    } else {
                        items.push(item.clone());
                    }
                }
                plan.retry.push((kind, bundle.mailbox, items));
            }
            Outcome::Refused { reason } => {
                for item in &bundle.items {
                    self.give_up(item, reason, now, known, plan).await?;
                }
            }
        }
        Ok(())
    }

    /// After the last try: only when the message has another way, or is too old to matter.
    async fn may_give_up(&self, item: &Item, now: Time, known: &Known) -> Result<bool, StoreError> {
        let mut others = known.get(&item.message.id).into_iter().flatten();
        let other_lives = others.any(|d| {
            d.channel != item.delivery.channel
                && match d.state {
                    DeliveryState::Sent | DeliveryState::Delivered => true,
                    DeliveryState::Waiting | DeliveryState::Handing => d.attempts < self.max_attempts,
                    DeliveryState::GivenUp => false,
                }
        });
        Ok(other_lives
            || now.since_ms(item.message.created_at) > MAX_AGE_MS
            || self.further_way(&item.message, known).await?.is_some())
    }

    async fn give_up(
        &self,
        item: &Item,
        reason: &str,
        now: Time,
        known: &mut Known,
        plan: &mut Plan,
    ) -> Result<(), StoreError> {
        let message = &item.message;
        let next = Delivery {
            receipt: Some(reason.to_owned()),
            merged_into: None,
            ..becomes(item, DeliveryState::GivenUp, now)
        };
        plan.rows.push((next.clone(), Tried::GivenUp, reason.to_owned()));
        plan.forget.push((next.channel, message.id));
        let deliveries = known.entry(message.id).or_default();
        deliveries.retain(|d| d.channel != next.channel);
        deliveries.push(next);
        if message.template == crate::TEST {
            return Ok(());
        }
        if let Some(channel) = self.further_way(message, known).await? {
            let takeover = fresh(message.id, channel, now);
            known.entry(message.id).or_default().push(takeover.clone());
            plan.takeovers.push((Arc::clone(message), takeover));
        } else if known.get(&message.id).into_iter().flatten().all(|d| d.state == DeliveryState::GivenUp) {
            plan.unreachable.push(Arc::clone(message));
        }
        Ok(())
    }

    /// The person's next channel that the message has not taken yet.
    async fn further_way(&self, message: &Message, known: &Known) -> Result<Option<ChannelKind>, StoreError> {
        let taken = known.get(&message.id).map_or(&[][..], Vec::as_slice);
        self.way_besides(message, taken).await
    }

    /// The best channel to the message's person that is not among `taken`.
    pub(crate) async fn way_besides(
        &self,
        message: &Message,
        taken: &[Delivery],
    ) -> Result<Option<ChannelKind>, StoreError> {
        let registry = self.store.tables.registry();
        let Some(person) = registry.person(message.person) else { return Ok(None) };
        let town = Facts::read(&message.params).town_code;
        for kind in self.ways(person, town.as_deref()) {
            if taken.iter().any(|d| d.channel == kind) {
                continue;
            }
            let subscribed = kind != ChannelKind::WebPush
                || !self.store.tables.push_subscriptions(person.id).await?.is_empty();
            if subscribed {
                return Ok(Some(kind));
            }
        }
        Ok(None)
    }

    /// What follows once the ledger says it.
    fn follow(&mut self, landings: &[Landing], plan: Plan, now: Time) {
        for landing in landings {
            self.learn(landing, now);
        }
        for (kind, message) in plan.forget {
            if let Some(lane) = self.lane(kind) {
                lane.forget(message);
            }
        }
        for (kind, mailbox, items) in plan.retry {
            if let Some(lane) = self.lane(kind) {
                lane.retry(mailbox, items);
            }
        }
        for (kind, mailbox, at, items) in plan.repeat {
            if let Some(lane) = self.lane(kind) {
                lane.repeat(mailbox, at, items);
            }
        }
        for (message, delivery) in plan.takeovers {
            self.put(&message, delivery);
        }
        let mut failed: Vec<ChannelKind> = landings
            .iter()
            .filter(|landing| matches!(landing.outcome, Outcome::Retry { .. }))
            .map(|landing| landing.flight.kind)
            .collect();
        failed.sort_unstable();
        failed.dedup();
        for kind in failed {
            self.look_elsewhere(kind, now);
        }
        for message in plan.unreachable {
            metrics::counter!("zhizhen_dispatch_unreachable_total").increment(1);
            if let Some(unsaid) = self.unreachable.pass() {
                tracing::warn!(message = %message.id, person = %message.person, unsaid, "no channel reaches this person");
            }
        }
    }

    /// What an answer says about the channel itself.
    fn learn(&mut self, landing: &Landing, now: Time) {
        let kind = landing.flight.kind;
        let (channel, mailbox) = (kind.code(), landing.flight.bundle.mailbox);
        let Some(lane) = self.lane(kind) else { return };
        let one_server = lane.limits.one_server;
        let (outcome, reason, news) = match &landing.outcome {
            Outcome::Down => return,
            Outcome::Sent { .. } => ("sent", None, lane.health.took()),
            Outcome::Retry { reason, .. } => ("failed", Some(reason), lane.health.failed(now, one_server)),
            Outcome::Busy { for_ms, whole_channel, reason } => {
                lane.close_until(mailbox, now.plus_ms(*for_ms), *whole_channel);
                ("busy", Some(reason), lane.health.failed(now, false))
            }
            Outcome::Refused { reason } => {
                let unsaid = lane.health.refused();
                ("refused", Some(reason), unsaid.map_or(News::Same, |unsaid| News::Failing { unsaid }))
            }
        };
        metrics::counter!("zhizhen_dispatch_requests_total", "channel" => channel, "outcome" => outcome)
            .increment(1);
        if let Some(reason) = reason {
            lane.last_error = Some((now, reason.clone()));
        }
        match (news, reason) {
            (News::Failing { unsaid }, Some(reason)) => {
                tracing::warn!(channel, outcome, reason, unsaid, "a channel did not take a message");
            }
            (News::Works { failures }, _) => tracing::info!(channel, failures, "a channel works again"),
            _ => {}
        }
    }

    /// The server is down: what has waited for a while may take another channel.
    fn look_elsewhere(&mut self, kind: ChannelKind, now: Time) {
        let Some(lane) = self.lane(kind).filter(|lane| lane.health.is_down()) else { return };
        let stranded = lane.stranded(now.plus_ms(-STRANDED_MS), MAX_STRANDED);
        self.landed.extend(stranded.into_iter().map(|bundle| Landing {
            flight: Flight { kind, bundle, since: Instant::now() },
            outcome: Outcome::Down,
        }));
    }

    /// How long to wait after so many tries: doubling, with a fifth of jitter either way.
    fn wait_ms(&mut self, attempts: u32) -> i64 {
        let doublings = attempts.saturating_sub(1).min(16);
        let wait = (FIRST_WAIT_MS << doublings).min(LONGEST_WAIT_MS);
        wait + self.dice.random_range(-wait / 5..=wait / 5)
    }
}

fn becomes(item: &Item, state: DeliveryState, now: Time) -> Delivery {
    Delivery { state, changed_at: now, ..item.delivery.clone() }
}

/// A delivery that waits for its first try.
pub(crate) fn fresh(message: MessageId, channel: ChannelKind, now: Time) -> Delivery {
    Delivery {
        message,
        channel,
        state: DeliveryState::Waiting,
        attempts: 0,
        next_at: now,
        changed_at: now,
        receipt: None,
        merged_into: None,
    }
}
