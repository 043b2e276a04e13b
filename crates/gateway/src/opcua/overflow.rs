//! 溢出: a server drops values of a node when more come between two publications than its queue holds, and
//! says so with the next one. What its history holds of them is read from there.

use super::history::Gaps;
use super::keep::time;
use ::opcua::types::{DataValue, NodeId};
use field::time::Time;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// What was published last of each node, and what was dropped since.
#[derive(Debug, Default)]
struct Seen {
    last: HashMap<NodeId, Time>,
    gaps: Gaps,
}

/// What one session's server had to drop.
#[derive(Debug, Default)]
pub(super) struct Overflows {
    seen: Mutex<Seen>,
    dropped: Notify,
}

impl Overflows {
    fn seen(&self) -> MutexGuard<'_, Seen> {
        // A panic elsewhere while holding this lock leaves whole entries.
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a published value: one with the overflow bits stands behind a gap that begins at the value before.
    pub(super) fn note(&self, node: &NodeId, data: &DataValue) {
        let Some(at) = time(data.source_timestamp).or_else(|| time(data.server_timestamp)) else { return };
        let overflowed = data.status.is_some_and(|status| wire::opcua::overflowed(status.bits()));
        let mut seen = self.seen();
        let before = seen.last.insert(node.clone(), at);
        if !overflowed {
            return;
        }
        metrics::counter!("gateway_opcua_dropped_by_server_total").increment(1);
        if let Some(before) = before {
            match seen.gaps.entry(node.clone()) {
                Entry::Occupied(mut since) => *since.get_mut() = before.min(*since.get()),
                Entry::Vacant(place) => drop(place.insert(before)),
            }
        }
        self.dropped.notify_one();
    }

    /// Waits until something was dropped; gives since when, of each node.
    pub(super) async fn gaps(&self) -> Gaps {
        self.dropped.notified().await;
        std::mem::take(&mut self.seen().gaps)
    }
}
