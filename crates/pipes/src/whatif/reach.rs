//! Who has a way to water (通水): a walk from the sources over everything that is open.

use crate::model::Model;
use crate::state::State;

impl Model {
    /// Whether an open way leads from a reservoir or tank to each inner node. Pumps, check valves and
    /// pressure, sustaining and flow valves are passed from start to end only.
    pub(super) fn reached(&self, state: &State) -> Vec<bool> {
        let nodes = self.node_of.len();
        let mut reached = vec![false; nodes];
        let mut open: Vec<usize> = (self.junctions..nodes).collect();
        for source in &open {
            reached[*source] = true;
        }
        while let Some(node) = open.pop() {
            for link in self.near(node) {
                let link = *link as usize;
                let [from, to] = self.ends[link].map(|n| n as usize);
                let blocked = state.status[link].is_closed() || (self.is_one_way(link) && node != from);
                let next = if node == from { to } else { from };
                if !blocked && !reached[next] {
                    reached[next] = true;
                    open.push(next);
                }
            }
        }
        reached
    }
}
