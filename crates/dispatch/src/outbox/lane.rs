//! 通道队列: what waits for one channel, in the order of urgency, and what may go now.
//!
//! Pure: knows budgets and ranks, no store and no socket.
//! - The most urgent goes first; among equals the oldest.
//! - One request at a time to one mailbox, so that urgency holds there too.
//! - While budgets are at ease a message goes alone; otherwise all that waits for a mailbox goes as
//!   one text. Nothing is ever dropped.
//! - A parcel whose outcome is unknown goes again exactly as it was, with the same key.

use super::health::Health;
use crate::budget::Budget;
use crate::channels::{Channel, Limits, Mailbox};
use field::id::{MessageId, PersonId};
use field::message::{Delivery, Message};
use field::person::ChannelKind;
use field::severity::Severity;
use field::time::Time;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Most messages in one parcel: keeps a transaction short.
const MAX_MERGED: usize = 400;

/// One message on one channel.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    pub(crate) message: Arc<Message>,
    pub(crate) delivery: Delivery,
}

/// Smaller goes first.
type Rank = (Reverse<Severity>, Time, MessageId);

impl Item {
    fn rank(&self) -> Rank {
        (Reverse(self.message.severity), self.message.created_at, self.message.id)
    }
}

/// What goes to one mailbox in one request.
#[derive(Clone, Debug)]
pub(crate) struct Bundle {
    pub(crate) mailbox: Mailbox,
    /// Most urgent first; never empty.
    pub(crate) items: Vec<Item>,
}

#[derive(Debug)]
struct Pigeonhole {
    budget: Budget,
    ready: BTreeMap<Rank, Item>,
    /// To be tried again, by when.
    later: BTreeMap<(Time, MessageId), Item>,
    /// To go again as they were, by when.
    again: Vec<(Time, Vec<Item>)>,
    /// A request is under way.
    busy: bool,
}

impl Pigeonhole {
    fn waiting(&self) -> usize {
        self.ready.len() + self.later.len() + self.again.iter().map(|(_, items)| items.len()).sum::<usize>()
    }

    fn wake_later(&mut self, now: Time) {
        while let Some(entry) = self.later.first_entry() {
            if entry.key().0 > now {
                break;
            }
            let item = entry.remove();
            self.ready.insert(item.rank(), item);
        }
    }

    /// The rank of what would go next.
    fn head(&self, now: Time) -> Option<Rank> {
        let again = self.again.iter().filter(|(at, _)| *at <= now).filter_map(|(_, items)| items.first());
        again.map(Item::rank).chain(self.ready.keys().next().copied()).min()
    }

    fn next_at(&self) -> Option<Time> {
        let later = self.later.keys().next().map(|(at, _)| *at);
        self.again.iter().map(|(at, _)| *at).chain(later).min()
    }

    fn take_again(&mut self, now: Time) -> Option<Vec<Item>> {
        let due = self.again.iter().position(|(at, _)| *at <= now)?;
        Some(self.again.swap_remove(due).1)
    }

    /// The most urgent alone, or everything in one.
    fn take(&mut self, merge: bool, persons: usize) -> Vec<Item> {
        let most = if merge { MAX_MERGED } else { 1 };
        let mut called: BTreeSet<PersonId> = BTreeSet::new();
        let mut items = Vec::new();
        while items.len() < most {
            let Some(entry) = self.ready.first_entry() else { break };
            called.insert(entry.get().message.person);
            if called.len() > persons {
                break;
            }
            items.push(entry.remove());
        }
        items
    }
}

/// 通道队列 of one channel.
pub(crate) struct Lane {
    pub(crate) channel: Arc<dyn Channel>,
    pub(crate) kind: ChannelKind,
    pub(crate) limits: Limits,
    pub(crate) last_error: Option<(Time, String)>,
    pub(crate) health: Health,
    budget: Budget,
    holes: BTreeMap<Mailbox, Pigeonhole>,
    in_flight: usize,
    /// Everything in here or under way, so that nothing is queued twice.
    known: BTreeSet<MessageId>,
}

impl Lane {
    pub(crate) fn new(channel: Arc<dyn Channel>) -> Self {
        let limits = channel.limits();
        Self {
            kind: channel.kind(),
            budget: Budget::new(limits.channel_per_minute),
            limits,
            channel,
            last_error: None,
            health: Health::default(),
            holes: BTreeMap::new(),
            in_flight: 0,
            known: BTreeSet::new(),
        }
    }

    fn hole(&mut self, mailbox: Mailbox) -> &mut Pigeonhole {
        let per_minute = self.limits.mailbox_per_minute;
        self.holes.entry(mailbox).or_insert_with(|| Pigeonhole {
            budget: Budget::new(per_minute),
            ready: BTreeMap::new(),
            later: BTreeMap::new(),
            again: Vec::new(),
            busy: false,
        })
    }

    /// Lets a message wait; `false` when it waits already or is under way.
    pub(crate) fn put(&mut self, mailbox: Mailbox, item: Item) -> bool {
        if !self.known.insert(item.message.id) {
            return false;
        }
        self.put_back(mailbox, item);
        true
    }

    /// As [`Lane::put`], for messages that went as one and go again as one at `at`.
    pub(crate) fn put_again(&mut self, mailbox: Mailbox, at: Time, mut items: Vec<Item>) {
        items.retain(|item| self.known.insert(item.message.id));
        self.again(mailbox, at, items);
    }

    fn put_back(&mut self, mailbox: Mailbox, item: Item) {
        let hole = self.hole(mailbox);
        hole.later.insert((item.delivery.next_at, item.message.id), item);
    }

    fn again(&mut self, mailbox: Mailbox, at: Time, mut items: Vec<Item>) {
        items.sort_by_key(Item::rank);
        if !items.is_empty() {
            self.hole(mailbox).again.push((at, items));
        }
    }

    /// What may go now, most urgent mailbox first, at most `most` messages. Budgets are taken; each
    /// bundle comes back by [`Lane::undo`] or [`Lane::answered`].
    pub(crate) fn take(&mut self, now: Time, speed: f64, most: usize) -> Vec<Bundle> {
        self.holes.retain(|_, h| h.busy || h.waiting() > 0 || !h.budget.is_idle(now, speed));
        let mut heads: Vec<(Rank, Mailbox)> = Vec::new();
        let mut ready = 0;
        for (mailbox, hole) in &mut self.holes {
            hole.wake_later(now);
            ready += hole.ready.len();
            if !hole.busy
                && let Some(rank) = hole.head(now)
            {
                heads.push((rank, *mailbox));
            }
        }
        heads.sort_unstable();
        // One question at a time to a server that does not answer.
        let concurrency = if self.health.is_down() { 1 } else { self.limits.concurrency };
        if self.health.probe_at().is_some_and(|at| now < at) {
            return vec![];
        }
        let mut bundles = Vec::new();
        let mut taken = 0;
        for ((Reverse(severity), ..), mailbox) in heads {
            if self.in_flight >= concurrency || taken >= most {
                break;
            }
            let urgent = severity == Severity::Red;
            if self.budget.opens_at(now, speed, urgent).is_some() {
                break;
            }
            let at_ease = ready <= self.budget.left(now, speed) / 2;
            let persons = self.limits.persons;
            let Some(hole) = self.holes.get_mut(&mailbox) else { continue };
            if hole.budget.opens_at(now, speed, urgent).is_some() {
                continue;
            }
            let crowded = !at_ease || hole.ready.len() > hole.budget.left(now, speed).div_ceil(2);
            // A question to a dead server is put with one message.
            let merge = crowded && !self.health.is_down();
            let items = hole.take_again(now).unwrap_or_else(|| hole.take(merge, persons));
            hole.busy = true;
            hole.budget.take(now);
            self.budget.take(now);
            self.in_flight += 1;
            taken += items.len();
            bundles.push(Bundle { mailbox, items });
        }
        bundles
    }

    /// A bundle that was never handed over: as if it had not been taken, but for its budget.
    pub(crate) fn undo(&mut self, now: Time, bundle: Bundle) {
        self.answered(now, bundle.mailbox);
        if bundle.items.len() > 1 {
            return self.again(bundle.mailbox, now, bundle.items);
        }
        for item in bundle.items {
            self.put_back(bundle.mailbox, item);
        }
    }

    /// The request to `mailbox` ended.
    pub(crate) fn answered(&mut self, now: Time, mailbox: Mailbox) {
        self.in_flight = self.in_flight.saturating_sub(1);
        self.budget.answered(now);
        let hole = self.hole(mailbox);
        hole.busy = false;
        hole.budget.answered(now);
    }

    /// The other side takes no more until then.
    pub(crate) fn close_until(&mut self, mailbox: Mailbox, until: Time, whole_channel: bool) {
        if whole_channel {
            self.budget.close_until(until);
        } else {
            self.hole(mailbox).budget.close_until(until);
        }
    }

    /// A request of an earlier life of this process.
    pub(crate) fn remember(&mut self, mailbox: Mailbox, at: Time) {
        self.budget.remember(at);
        self.hole(mailbox).budget.remember(at);
    }

    /// What has waited since `before` or longer for a server that is down, at most `most` messages:
    /// they may look for another way. They come back by [`Lane::retry`], or are forgotten.
    pub(crate) fn stranded(&mut self, before: Time, most: usize) -> Vec<Bundle> {
        let mut bundles = Vec::new();
        let mut left = most;
        for (mailbox, hole) in &mut self.holes {
            let old = |item: &Item| item.message.created_at <= before;
            let ready: Vec<Rank> =
                hole.ready.values().filter(|i| old(i)).map(Item::rank).take(left).collect();
            left -= ready.len();
            let mut items: Vec<Item> = ready.iter().filter_map(|rank| hole.ready.remove(rank)).collect();
            let later: Vec<_> =
                hole.later.iter().filter(|(_, i)| old(i)).map(|(k, _)| *k).take(left).collect();
            left -= later.len();
            items.extend(later.iter().filter_map(|key| hole.later.remove(key)));
            if !items.is_empty() {
                bundles.push(Bundle { mailbox: *mailbox, items });
            }
        }
        bundles
    }

    /// These go again, alone or merged anew, each at its `next_at`.
    pub(crate) fn retry(&mut self, mailbox: Mailbox, items: Vec<Item>) {
        for item in items {
            self.put_back(mailbox, item);
        }
    }

    /// These go again as they were, at `at`.
    pub(crate) fn repeat(&mut self, mailbox: Mailbox, at: Time, items: Vec<Item>) {
        self.again(mailbox, at, items);
    }

    /// These are done with, here.
    pub(crate) fn forget(&mut self, message: MessageId) {
        self.known.remove(&message);
    }

    /// Messages that wait (those under way not counted).
    pub(crate) fn waiting(&self) -> usize {
        self.holes.values().map(Pigeonhole::waiting).sum()
    }

    /// Messages that wait or are under way.
    pub(crate) fn held(&self) -> usize {
        self.known.len()
    }

    /// Requests that may go within the minute: of the channel, and of its mailbox with the least.
    pub(crate) fn left(&self, now: Time, speed: f64) -> usize {
        let whole = self.budget.left(now, speed);
        let groups = self.holes.iter().filter(|(mailbox, _)| mailbox.is_group());
        groups.map(|(_, hole)| hole.budget.left(now, speed)).min().map_or(whole, |least| whole.min(least))
    }

    /// When something may go that may not go now; `None` when nothing waits (or only for answers).
    pub(crate) fn next_at(&self, now: Time, speed: f64) -> Option<Time> {
        let holes = self.holes.values().filter(|h| !h.busy);
        let next = holes.filter_map(|hole| {
            let ready = hole.head(now).map(|(Reverse(severity), ..)| {
                let urgent = severity == Severity::Red;
                let whole = self.budget.opens_at(now, speed, urgent);
                hole.budget.opens_at(now, speed, urgent).max(whole).unwrap_or(now)
            });
            ready.into_iter().chain(hole.next_at()).min()
        });
        let concurrency = if self.health.is_down() { 1 } else { self.limits.concurrency };
        let next = next.min().max(self.health.probe_at().filter(|_| self.waiting() > 0));
        if self.in_flight >= concurrency { None } else { next }
    }
}

#[cfg(test)]
mod tests;
