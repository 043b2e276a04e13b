//! 醒来: what the outbox finds when the process starts: what waits, what was handed over with the
//! answer unknown, and how much of each budget its earlier life has used.

use super::lane::Item;
use super::{MAX_HELD, Outbox};
use crate::channels::{Mailbox, Parcel};
use crate::error::DispatchError;
use field::id::{JournalSeq, MessageId};
use field::message::{Delivery, Message};
use field::person::ChannelKind;
use field::time::{MINUTE_MS, Time};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use store::tables::{Attempt, Outcome as Tried};
use store::{Line, StoreError};

/// Lines read at a time when looking back.
const PAGE: usize = 1_000;
/// Lines looked back at most: a minute in which everybody was written to.
const MAX_LOOK_BACK: usize = 50_000;
/// How far back a request may still count: a minute, and the clocks' difference at 600×.
const LOOK_BACK_MS: i64 = 2 * MINUTE_MS;

/// What the ledger says of a parcel handed over: where to, and its key.
pub(super) fn handed_detail(parcel: &Parcel) -> String {
    format!("{} {}", parcel.mailbox, parcel.key)
}

impl Outbox {
    /// Takes up where the last life ended.
    pub(crate) async fn wake(&mut self) -> Result<(), DispatchError> {
        self.remember_budgets().await?;
        let handing = self.store.tables.handing_deliveries().await?;
        let found = handing.len();
        let again = self.part_unrepeatable(handing).await?;
        self.put_groups(again);
        self.load_waiting().await?;
        let waiting: usize = self.lanes.iter().map(super::Lane::waiting).sum();
        if waiting > 0 {
            tracing::info!(waiting, handed_over_before = found, "messages wait in the outbox");
        }
        Ok(())
    }

    /// Loads what waits in the store, as far as it may be held.
    pub(super) async fn load_waiting(&mut self) -> Result<(), DispatchError> {
        self.spilled = false;
        let kinds: Vec<ChannelKind> = ChannelKind::ALL.to_vec();
        for kind in kinds {
            let rows = self.store.tables.due_deliveries(kind, Time::MAX, MAX_HELD).await?;
            self.spilled |= rows.len() >= MAX_HELD;
            let (groups, single): (Vec<_>, Vec<_>) =
                rows.into_iter().partition(|(_, d)| d.merged_into.is_some());
            self.put_groups(groups);
            for (message, delivery) in single {
                self.put(&Arc::new(message), delivery);
            }
        }
        Ok(())
    }

    /// A group robot cannot tell a repetition from a second message, so what it was told before the
    /// crash is not told again where the message has another channel that lives: that delivery is
    /// given up as unknown, and the next channel takes over. Returns what does go again.
    async fn part_unrepeatable(
        &mut self,
        rows: Vec<(Message, Delivery)>,
    ) -> Result<Vec<(Message, Delivery)>, StoreError> {
        let (mut again, unrepeatable): (Vec<_>, Vec<_>) =
            rows.into_iter().partition(|(_, d)| self.knows_keys(d.channel));
        let ids: Vec<MessageId> = unrepeatable.iter().map(|(message, _)| message.id).collect();
        let others = self.store.tables.deliveries_of(&ids).await?;
        for (message, delivery) in unrepeatable {
            if self.lives_besides(message.id, delivery.channel, others.iter()) {
                let kind = delivery.channel;
                let item = Item { message: Arc::new(message), delivery };
                self.refuse(kind, vec![item], "the process ended before the answer came; not repeated");
            } else {
                again.push((message, delivery));
            }
        }
        Ok(again)
    }

    /// What went as one goes again as one.
    fn put_groups(&mut self, rows: Vec<(Message, Delivery)>) {
        let mut groups: BTreeMap<(ChannelKind, MessageId), Vec<Item>> = BTreeMap::new();
        for (message, delivery) in rows {
            let group = delivery.merged_into.unwrap_or(message.id);
            let item = Item { message: Arc::new(message), delivery };
            groups.entry((item.delivery.channel, group)).or_default().push(item);
        }
        for ((kind, _), items) in groups {
            let Some(first) = items.first() else { continue };
            let at = items.iter().map(|i| i.delivery.next_at).max().unwrap_or(first.delivery.next_at);
            match self.where_to(kind, &first.message) {
                Ok(mailbox) => {
                    if let Some(lane) = self.lane(kind) {
                        lane.put_again(mailbox, at, items);
                    }
                }
                Err(reason) => self.refuse(kind, items, reason),
            }
        }
    }

    /// A request of the last minute counts still, although the process that made it is gone.
    async fn remember_budgets(&mut self) -> Result<(), StoreError> {
        let now = self.clock.now();
        let mut answered: HashMap<(MessageId, ChannelKind), Time> = HashMap::new();
        let mut counted: HashSet<(Time, String)> = HashSet::new();
        let mut requests: Vec<(ChannelKind, Mailbox, Time)> = Vec::new();
        let mut before: Option<JournalSeq> = None;
        for _ in 0..MAX_LOOK_BACK / PAGE {
            let lines = self.store.tables.journal_before(before, None, PAGE).await?;
            let last = lines.last().map(|line| (line.seq, line.at));
            for attempt in lines.iter().filter_map(attempt) {
                let pair = (attempt.message, attempt.channel);
                if attempt.outcome != Tried::Handed {
                    answered.insert(pair, attempt.at);
                    continue;
                }
                // Without an answer it may have arrived as late as now.
                let at = answered.get(&pair).copied().unwrap_or(now);
                let mailbox = attempt.detail.split(' ').next().and_then(|m| m.parse().ok());
                if let Some(mailbox) = mailbox
                    && counted.insert((attempt.at, attempt.detail))
                {
                    requests.push((attempt.channel, mailbox, at));
                }
            }
            match last {
                Some((seq, at)) if now.since_ms(at) <= LOOK_BACK_MS => before = Some(seq),
                _ => break,
            }
        }
        requests.sort_by_key(|(_, _, at)| *at);
        for (kind, mailbox, at) in requests {
            if let Some(lane) = self.lane(kind) {
                lane.remember(mailbox, at);
            }
        }
        Ok(())
    }
}

fn attempt(line: &Line) -> Option<Attempt> {
    let known = [Tried::Handed, Tried::Sent, Tried::Failed, Tried::GivenUp].map(Tried::code);
    if !known.contains(&line.act.as_str()) {
        return None;
    }
    serde_json::from_value(line.body.get("attempt")?.clone()).ok()
}
