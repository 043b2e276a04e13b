//! Isolating a burst (关阀方案): the segment around a link, and what to close so that it stands alone.
//!
//! A segment is what hangs together without passing anything that can be shut (Walski 1993, segments
//! and valves). What can be shut: valves, pumps, and pipes whose tag says that they carry a valve.

use crate::model::Model;
use crate::project::{Link, LinkKind};
use crate::run::SetError;
use crate::state::State;
use serde::Serialize;

/// A segment and what shuts it off. All indices are the project's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Isolation {
    /// Links to close, in the file's order.
    pub close: Vec<usize>,
    /// Nodes of the segment, which stand dry.
    pub nodes: Vec<usize>,
    /// Links of the segment, which stand dry.
    pub links: Vec<usize>,
    /// Reservoirs and tanks in the segment: no valve stands between them and the burst.
    pub sources: Vec<usize>,
}

/// Whether a link can be shut by hand: a valve, a pump, or a pipe with the tag `valve` or `阀门`.
fn can_be_shut(link: &Link) -> bool {
    match link.kind {
        LinkKind::Valve(_) | LinkKind::Pump(_) => true,
        LinkKind::Pipe(_) => link.tag.eq_ignore_ascii_case("valve") || link.tag == "阀门",
    }
}

impl Model {
    /// What to close so that nothing flows to `link` any more. Links that are closed already bound the
    /// segment without being listed.
    ///
    /// # Errors
    /// [`SetError::Unknown`] when there is no such link.
    pub fn isolate(&self, state: &State, link: usize) -> Result<Isolation, SetError> {
        let links = &self.project.links;
        let burst = links.get(link).ok_or(SetError::Unknown { kind: "link", index: link })?;
        let mut inside = vec![false; self.node_at.len()];
        let mut of_links = vec![Place::Outside; links.len()];
        of_links[link] = Place::Inside;
        let mut open = vec![burst.from, burst.to];
        while let Some(node) = open.pop() {
            if std::mem::replace(&mut inside[node], true) {
                continue;
            }
            for near in self.near(self.node_at[node] as usize) {
                let at = self.link_of[*near as usize] as usize;
                if of_links[at] != Place::Outside || state.status[*near as usize].is_closed() {
                    continue;
                }
                if can_be_shut(&links[at]) {
                    of_links[at] = Place::Boundary;
                } else {
                    of_links[at] = Place::Inside;
                    open.extend([links[at].from, links[at].to]);
                }
            }
        }
        Ok(self.isolation(&inside, &of_links))
    }

    fn isolation(&self, inside: &[bool], of_links: &[Place]) -> Isolation {
        let of = |place| of_links.iter().enumerate().filter(move |(_, p)| **p == place).map(|(i, _)| i);
        let nodes = || inside.iter().enumerate().filter(|(_, inside)| **inside).map(|(i, _)| i);
        Isolation {
            close: of(Place::Boundary).collect(),
            nodes: nodes().collect(),
            links: of(Place::Inside).collect(),
            sources: nodes().filter(|n| self.node_at[*n] as usize >= self.junctions).collect(),
        }
    }
}

/// Where a link lies beside the segment.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Outside,
    Inside,
    Boundary,
}
