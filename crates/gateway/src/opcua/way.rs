//! 入库之路: the way of one session's values to the keeper's queue, and what holds them back.
//!
//! The promise, where a server's history is read (`history`): of a node, values are kept in the order of
//! time, so that **the newest kept value proves everything before it**. A gap is known in memory only; if what
//! lies behind it were kept first and we were killed, nobody would ever look for it again. So whatever shows a
//! gap holds the way at once, before anything behind the gap passes; the gap is filled from the history, and
//! then the way is opened. A session that ends meanwhile takes what was held with it: the next one reads on
//! from the newest kept value, which lies before the gap.
//!
//! Without a history there is nothing to fill a gap with, and nothing is held.

use super::history::{self, Gaps};
use super::keep::{Change, QUEUE, time};
use super::maps::{Items, MAX_ITEMS};
use crate::hub::Hub;
use ::opcua::types::{DataValue, NodeId};
use field::time::Time;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{Notify, mpsc};

/// Values held at most: the first of every node, and as many changes as the queue takes.
const HELD: usize = QUEUE + MAX_ITEMS;

/// 发布值: what a server said of a node.
#[derive(Clone, Debug)]
pub(super) struct Published {
    /// The node.
    pub node: NodeId,
    /// Value, status and times.
    pub data: DataValue,
}

impl Published {
    /// When it was, by the source or the server.
    pub(super) fn at(&self) -> Option<Time> {
        stamped(&self.data)
    }
}

fn stamped(data: &DataValue) -> Option<Time> {
    time(data.source_timestamp).or_else(|| time(data.server_timestamp))
}

/// What has become known of gaps since it was asked last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Noted {
    /// Which gap of the session was the last.
    pub gap: u64,
    /// Publications that never came.
    pub missed: u64,
    /// Values before which the server dropped others.
    pub dropped: u64,
    /// What a node holds now may never have been said: it has to be read.
    pub is_stale: bool,
}

impl Noted {
    const fn is_news(&self) -> bool {
        self.missed > 0 || self.dropped > 0 || self.is_stale
    }
}

#[derive(Debug, Default)]
struct State {
    /// What waits, each with the gap it lies behind; `None` while the way is open.
    held: Option<VecDeque<(u64, Published)>>,
    noted: Noted,
    /// The last value passed of each node; to begin with, the last that was kept.
    passed: Gaps,
    is_full: bool,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Way {
    items: Arc<Items>,
    queue: mpsc::Sender<Change>,
    has_history: bool,
    /// Since when a node is looked for of which nothing was kept yet.
    new_since: Time,
    state: Mutex<State>,
    wake: Notify,
}

impl Way {
    /// The way of a session that begins: held, where there is a history.
    pub(super) fn new(
        items: Arc<Items>,
        queue: mpsc::Sender<Change>,
        has_history: bool,
        new_since: Time,
    ) -> Self {
        let state = State { held: has_history.then(VecDeque::new), ..State::default() };
        Self { items, queue, has_history, new_since, state: Mutex::new(state), wake: Notify::new() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic elsewhere while holding this lock leaves whole entries.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Something was published: it passes, or waits behind a gap. When neither has room, nothing of the session
    /// passes any more: what comes later must not be kept before what was lost here.
    pub(super) fn publish(&self, node: &NodeId, data: &DataValue) {
        let mut state = self.state();
        if state.is_full {
            return;
        }
        let gap = state.noted.gap;
        let is_taken = match &mut state.held {
            Some(held) if held.len() < HELD => {
                held.push_back((gap, Published { node: node.clone(), data: data.clone() }));
                true
            }
            Some(_) => false,
            None => self.changes(node, data, false).all(|change| self.queue.try_send(change).is_ok()),
        };
        state.is_full = !is_taken;
        if is_taken && state.held.is_none() {
            state.passed(node, data);
        }
    }

    /// Keeps a value that lies before every gap: one that was held, or one of the history. Waits for room.
    ///
    /// # Errors
    /// A sentence: the way to the store is closed.
    pub(super) async fn pass(&self, node: &NodeId, data: &DataValue, history: bool) -> Result<(), String> {
        for change in self.changes(node, data, history) {
            self.queue.send(change).await.map_err(|_| "the way to the store is closed".to_owned())?;
        }
        self.state().passed(node, data);
        Ok(())
    }

    fn changes<'a>(
        &'a self,
        node: &NodeId,
        data: &'a DataValue,
        history: bool,
    ) -> impl Iterator<Item = Change> + 'a {
        let items = self.items.by_node.get(node).into_iter().flatten();
        items.map(move |item| Change { item: *item, data: data.clone(), history })
    }

    /// Publications are missing before what comes next.
    pub(super) fn missed(&self, publications: u32) {
        metrics::counter!("gateway_opcua_missed_publications_total").increment(u64::from(publications));
        self.note(|noted| {
            noted.missed += u64::from(publications);
            noted.is_stale = true;
        });
        self.wake.notify_one();
    }

    /// The server dropped values before so many of those that come next.
    pub(super) fn dropped(&self, values: u64) {
        metrics::counter!("gateway_opcua_dropped_by_server_total").increment(values);
        self.note(|noted| noted.dropped += values);
        self.wake.notify_one();
    }

    /// The line is broken: publications that were on their way may never come. Nothing can be filled yet.
    pub(super) fn broken(&self) {
        self.note(|noted| noted.is_stale = true);
    }

    /// The line stands again.
    pub(super) fn joined(&self) {
        self.note(|noted| noted.is_stale = true);
        self.wake.notify_one();
    }

    fn note(&self, what: impl FnOnce(&mut Noted)) {
        let mut state = self.state();
        state.noted.gap += 1;
        what(&mut state.noted);
        if self.has_history && state.held.is_none() {
            state.held = Some(VecDeque::new());
        }
    }

    /// Waits until there is a gap that can be filled.
    pub(super) async fn gap(&self) {
        loop {
            self.wake.notified().await;
            // It may have been filled together with the one before.
            if self.state().noted.is_news() {
                return;
            }
        }
    }

    /// What has become known; all but the gap's number is told once.
    pub(super) fn noted(&self) -> Noted {
        let mut state = self.state();
        let fresh = Noted { gap: state.noted.gap, ..Noted::default() };
        std::mem::replace(&mut state.noted, fresh)
    }

    /// Something could not be taken: the session has to be given up.
    pub(super) fn is_full(&self) -> bool {
        self.state().is_full
    }

    /// Since when each node is not known as the session begins: since its newest kept value.
    pub(super) fn begin(&self, hub: &Hub) -> Gaps {
        let gaps = self.kept(hub);
        self.state().passed.clone_from(&gaps);
        gaps
    }

    /// Since when each node may not be known now: since the last value that passed.
    pub(super) fn gaps(&self, hub: &Hub) -> Gaps {
        let mut gaps = self.kept(hub);
        let far = history::far(hub);
        gaps.extend(self.state().passed.iter().map(|(node, passed)| (node.clone(), far.max(*passed))));
        gaps
    }

    fn kept(&self, hub: &Hub) -> Gaps {
        if self.has_history { history::gaps(&self.items, hub, self.new_since) } else { Gaps::new() }
    }

    /// The gaps up to number `gap` are filled: lets pass what was read besides and what lies before the next
    /// gap, each node's in the order of time, and opens the way. `false` when there is a next gap.
    ///
    /// # Errors
    /// As [`Self::pass`].
    pub(super) async fn open(&self, gap: u64, mut ready: Vec<Published>) -> Result<bool, String> {
        loop {
            let is_open = self.take(gap, &mut ready);
            if ready.is_empty() {
                return Ok(is_open);
            }
            ready.sort_by_key(Published::at);
            for one in ready.drain(..) {
                self.pass(&one.node, &one.data, false).await?;
            }
        }
    }

    /// Takes what was held and lies before the gap after `gap`; the way is open when there was none of it and
    /// there is no such gap.
    fn take(&self, gap: u64, ready: &mut Vec<Published>) -> bool {
        let mut state = self.state();
        let is_last = state.noted.gap == gap;
        let Some(held) = &mut state.held else { return true };
        let before = held.partition_point(|(behind, _)| *behind <= gap);
        ready.extend(held.drain(..before).map(|(_, one)| one));
        let opens = ready.is_empty() && is_last;
        if opens {
            state.held = None;
        }
        opens
    }
}

impl State {
    fn passed(&mut self, node: &NodeId, data: &DataValue) {
        if let (Some(at), Some(passed)) = (stamped(data), self.passed.get_mut(node)) {
            *passed = at.max(*passed);
        }
    }
}

#[cfg(test)]
mod tests;
