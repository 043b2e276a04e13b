//! 历史: what the SCADA remembers of each node, and how far its client is known to have kept it.

use super::nodes::NODES;
use crate::rtu::Page;
use field::time::Time;
use std::collections::{BTreeSet, VecDeque};

/// Values kept of a node: two weeks of minutes. The oldest give way.
const MEMORY: usize = 20_160;

/// One node's values, oldest first: only changes are kept, as they are published.
#[derive(Debug, Default)]
struct Past {
    values: VecDeque<(Time, f64)>,
    /// Up to here, they are in the ledger.
    proved: Option<Time>,
}

/// The whole history.
#[derive(Debug)]
pub(super) struct Archive {
    nodes: [Past; NODES.len()],
    /// Sessions that have asked for a node's history since the start.
    asked: BTreeSet<(u32, usize)>,
    page: Option<Page>,
}

impl Archive {
    pub(super) fn new(page: Option<Page>) -> Self {
        Self { nodes: std::array::from_fn(|_| Past::default()), asked: BTreeSet::new(), page }
    }

    /// A value was measured; whether it is another than the last.
    pub(super) fn note(&mut self, node: usize, at: Time, value: f64) -> bool {
        let Some(past) = self.nodes.get_mut(node) else { return false };
        if past.values.back().is_some_and(|(last, held)| *last >= at || *held == value) {
            return false;
        }
        if past.values.len() >= MEMORY {
            past.values.pop_front();
        }
        past.values.push_back((at, value));
        true
    }

    /// What a node holds now, and since when.
    pub(super) fn newest(&self, node: usize) -> Option<(Time, f64)> {
        self.nodes.get(node)?.values.back().copied()
    }

    /// Up to `most` values of a node from one moment to another, and whether there are more.
    pub(super) fn read(
        &self,
        node: usize,
        from: Time,
        to: Time,
        most: usize,
    ) -> (Vec<(Time, f64)>, Option<Time>) {
        let all = self.nodes.get(node).into_iter().flat_map(|past| &past.values);
        let mut within = all.filter(|(at, _)| (from..=to).contains(at)).copied();
        let read: Vec<_> = within.by_ref().take(most).collect();
        (read, within.next().map(|(at, _)| at))
    }

    /// A session asks for what a node held from `from` on. The first question of a session begins where its
    /// client's own store ends, so everything up to there is kept; later ones begin where it has read to.
    pub(super) fn asked_by(&mut self, session: u32, node: usize, from: Time) {
        if !self.asked.insert((session, node)) {
            return;
        }
        let (Some(past), Some(of), Some(page)) = (self.nodes.get_mut(node), NODES.get(node), &self.page)
        else {
            return;
        };
        let is_new = |at: Time| at <= from && past.proved.is_none_or(|proved| at > proved);
        for (at, value) in past.values.iter().filter(|(at, _)| is_new(*at)) {
            page.kept(*at, &[(of.element, value * of.scale)]);
        }
        past.proved = past.proved.max(Some(from));
    }

    /// The program was started anew: its sessions are others.
    pub(super) fn restarted(&mut self) {
        self.asked.clear();
    }

    /// The clock has leapt: what was before is gone.
    pub(super) fn forget(&mut self) {
        for past in &mut self.nodes {
            *past = Past::default();
        }
    }
}
