//! The storm's boards: what it sees now and in two hours, and where it lies.

use super::Storm;
use super::forecast::{Branch, HORIZON_MIN, STEP_MIN};
use super::levels::{FRESH_MS, metres};
use super::rain::{self, DECAY_MIN, Future};
use crate::board::{self, Flooded, Heard, Lead, MapBoard, Measured, Outlook, StormBoard, StreetsBoard};
use crate::sight::Sight;
use drains::State;
use drains::project::{LinkKind, NodeKind};
use field::time::Time;

/// Water on the ground shallower than this is not told, m.
const LEAST_FLOODED_M: f64 = 0.01;

/// The three branches of one forecast.
pub(super) struct Branches {
    low: Branch,
    mid: Branch,
    high: Branch,
}

impl Branches {
    /// The forecast of a level at a lead time.
    pub(super) fn at(&self, level: usize, lead_min: u16) -> Option<f64> {
        let step = (usize::from(lead_min) / STEP_MIN).checked_sub(1)?;
        self.mid.levels.get(level)?.get(step).copied()
    }
}

impl Storm {
    pub(super) fn reads(&self, level: usize, state: &State) -> f64 {
        self.levels.get(level).map_or(f64::NAN, |l| l.reading_m(l.raw_m(&self.model, state)))
    }

    /// Runs the three branches; where no rain falls they are one.
    pub(super) fn outlook(&self, live: &State, minute: Time) -> Branches {
        let rates = self.now_rates();
        let mid = self.branch(live, minute, &rates, Future::Decays);
        if rates.iter().all(|r| *r <= 0.0) {
            let same = |b: &Branch| Branch {
                levels: b.levels.clone(),
                links: b.links.clone(),
                streets: b.streets.clone(),
                flooded_m: b.flooded_m.clone(),
            };
            return Branches { low: same(&mid), high: same(&mid), mid };
        }
        let low = self.branch(live, minute, &rates, Future::Stops);
        let high = self.branch(live, minute, &rates, Future::Persists);
        Branches { low, mid, high }
    }

    /// Fullness of each link, percent.
    pub(super) fn fullness(&self, state: &State) -> Vec<u8> {
        let of = |link: usize| {
            let share = state.link(&self.model, link).map_or(0.0, |view| view.capacity);
            (share.clamp(0.0, 1.0) * 100.0).round() as u8
        };
        (0..self.project.links.len()).map(of).collect()
    }

    /// Depth of water above the ground of each node, m.
    pub(super) fn flooded_m(&self, state: &State) -> Vec<f64> {
        let m = metres(&self.model);
        let nodes = self.project.nodes.iter().enumerate();
        nodes
            .map(|(i, node)| {
                let is_covered = matches!(node.kind, NodeKind::Junction | NodeKind::Divider { .. });
                let depth = state.node(&self.model, i).map_or(0.0, |view| view.depth);
                if is_covered { ((depth - node.max_depth) * m).max(0.0) } else { 0.0 }
            })
            .collect()
    }

    pub(super) fn boards(
        &mut self,
        live: &State,
        minute: Time,
        sight: &Sight,
        branches: &Branches,
    ) -> Vec<(&'static str, Vec<u8>)> {
        let stations = self.levels.iter().enumerate().map(|(i, level)| Outlook {
            station: level.station.clone(),
            point: level.point,
            node: level.node,
            simulated: level.simulated,
            leads: level
                .leads
                .iter()
                .map(|(lead_min, point)| Lead { lead_min: *lead_min, point: *point })
                .collect(),
            measured: sight.newest(level.point, minute, FRESH_MS).map(|(at, value)| Measured { at, value }),
            now: tidy(self.reads(i, live)),
            low: curve(&branches.low, i),
            mid: curve(&branches.mid, i),
            high: curve(&branches.high, i),
        });
        let rates = &self.memory.rates[0];
        let board = StormBoard {
            run: self.run_id(),
            minute,
            gages: Heard { bound: self.gages.len(), silent: rain::silent(&self.gages, sight, minute) },
            levels: Heard { bound: self.levels.len(), silent: self.silent(sight, minute) },
            rain_mm_h: tidy(rates.iter().sum::<f64>() / rates.len().max(1) as f64),
            horizon_min: HORIZON_MIN,
            step_min: STEP_MIN,
            decay_min: DECAY_MIN,
            event_since: self.memory.event.map(|(since, _)| since),
            stations: stations.collect(),
            now: self.fullness(live),
            hour: branches.mid.links[0].clone(),
            two_hours: branches.mid.links[1].clone(),
            flooded: self.flooded(live, branches),
        };
        let mut boards = vec![];
        boards.extend(serde_json::to_vec(&board).ok().map(|bytes| (board::STORM, bytes)));
        let streets = StreetsBoard {
            minute,
            horizon_min: HORIZON_MIN,
            computed: self.streets.all.len(),
            streets: self.streets.outlook(&branches.mid.streets, STEP_MIN as f64 * 60.0),
        };
        boards.extend(serde_json::to_vec(&streets).ok().map(|bytes| (board::STREETS, bytes)));
        if !std::mem::replace(&mut self.is_mapped, true) {
            boards.extend(serde_json::to_vec(&self.map()).ok().map(|bytes| (board::STORM_MAP, bytes)));
        }
        boards
    }

    fn flooded(&self, live: &State, branches: &Branches) -> Vec<Flooded> {
        let now = self.flooded_m(live);
        let both = now.iter().zip(&branches.mid.flooded_m).enumerate();
        both.map(|(node, (now_m, most_m))| Flooded {
            node,
            now_m: tidy(*now_m),
            most_m: tidy(now_m.max(*most_m)),
        })
        .filter(|f| f.most_m >= LEAST_FLOODED_M)
        .collect()
    }

    fn map(&self) -> MapBoard {
        let m = metres(&self.model);
        let (nodes, links) = (&self.project.nodes, &self.project.links);
        MapBoard {
            node_names: nodes.iter().map(|n| n.name.clone()).collect(),
            node_kinds: nodes.iter().map(|n| node_kind(&n.kind)).collect(),
            places: nodes.iter().map(|n| n.position).collect(),
            link_names: links.iter().map(|l| l.name.clone()).collect(),
            link_kinds: links.iter().map(|l| link_kind(&l.kind)).collect(),
            ends: links.iter().map(|l| (l.from, l.to)).collect(),
            size_m: links.iter().map(|l| tidy(l.section.map_or(0.0, |x| x.dimensions[0]) * m)).collect(),
            zones: vec![],
        }
    }
}

fn curve(branch: &Branch, level: usize) -> Vec<f64> {
    branch.levels.get(level).map_or_else(Vec::new, |values| values.iter().copied().map(tidy).collect())
}

/// To the millimetre: more digits would only be longer.
pub(super) fn tidy(value: f64) -> f64 {
    if value.is_finite() { (value * 1e3).round() / 1e3 } else { 0.0 }
}

const fn node_kind(kind: &NodeKind) -> &'static str {
    match kind {
        NodeKind::Junction => "junction",
        NodeKind::Outfall { .. } => "outfall",
        NodeKind::Storage { .. } => "storage",
        NodeKind::Divider { .. } => "divider",
    }
}

const fn link_kind(kind: &LinkKind) -> &'static str {
    match kind {
        LinkKind::Conduit { .. } => "conduit",
        LinkKind::Pump { .. } => "pump",
        LinkKind::Orifice { .. } => "orifice",
        LinkKind::Weir { .. } => "weir",
        LinkKind::Outlet { .. } => "outlet",
    }
}
