//! Statistics of a run (统计): what SWMM's summary tables are made of.
#![expect(clippy::indexing_slicing, reason = "one entry a node, link or subcatchment")]

use numerics::lanes::{Arch, WIDEST};
use serde::{Deserialize, Serialize};

use crate::crew::{Hands, cut};
use crate::model::{LinkData, LinkType, Model};
use crate::project::Routing;
use crate::state::State;
use crate::units::{FUDGE, max, min};
use crate::wave::{AtNodes, Book, ConduitTally, CountConduits, CountNodes, NodeTally};

/// Flow (ft³/s) below which nothing is counted.
pub(crate) const MIN_FLOW: f64 = 0.001;
/// Levels of the time step histogram.
pub(crate) const LEVELS: usize = 6;

/// Of a subcatchment, ft³ and ft³/s.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct SubStats {
    pub(crate) precipitation: f64,
    pub(crate) runon: f64,
    pub(crate) evaporation: f64,
    pub(crate) infiltration: f64,
    pub(crate) impervious: f64,
    pub(crate) pervious: f64,
    pub(crate) runoff: f64,
    pub(crate) max_flow: f64,
}

/// Of a node.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct NodeStats {
    pub(crate) sum_depth: f64,
    pub(crate) max_depth: f64,
    pub(crate) max_depth_at: f64,
    pub(crate) max_reported: f64,
    pub(crate) flooded_volume: f64,
    pub(crate) flooded_time: f64,
    pub(crate) surcharged_time: f64,
    pub(crate) lateral_volume: f64,
    pub(crate) max_lateral: f64,
    pub(crate) max_inflow: f64,
    pub(crate) max_inflow_at: f64,
    pub(crate) max_overflow: f64,
    pub(crate) max_overflow_at: f64,
    pub(crate) max_ponded: f64,
    pub(crate) not_converged: u64,
    pub(crate) critical: u64,
    /// Storage: sum of volumes, greatest, when, greatest outflow, evaporation, seepage, initial volume.
    pub(crate) storage: [f64; 7],
    /// Outfall: sum of flows, greatest, periods with flow.
    pub(crate) outfall: [f64; 3],
}

/// Of a link.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct LinkStats {
    pub(crate) max_flow: f64,
    pub(crate) max_flow_at: f64,
    pub(crate) max_velocity: f64,
    pub(crate) max_depth: f64,
    pub(crate) time_in_class: [f64; 7],
    pub(crate) normal_limited: f64,
    /// Time under the control of a culvert's inlet, s.
    pub(crate) inlet_controlled: f64,
    pub(crate) full_both: f64,
    pub(crate) full_up: f64,
    pub(crate) full_down: f64,
    pub(crate) full_flow: f64,
    pub(crate) capacity: f64,
    pub(crate) critical: u64,
    pub(crate) turns: u64,
    turn_sign: f64,
    /// Pump: time on, least, sum, greatest flow, volume, energy (kWh), starts, below, above its curve.
    pub(crate) pump: [f64; 9],
    pub(crate) pump_periods: f64,
}

/// Of a run.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct Stats {
    pub(crate) subs: Vec<SubStats>,
    pub(crate) nodes: Vec<NodeStats>,
    pub(crate) links: Vec<LinkStats>,
    /// What the lanes count; [`State::node_stats`] and [`State::link_stats`] put it together.
    pub(crate) node_tally: Vec<NodeTally>,
    pub(crate) conduits: Vec<ConduitTally>,
    pub(crate) max_runoff: f64,
    pub(crate) max_outfall: f64,
    pub(crate) not_converged: u64,
    pub(crate) steps: u64,
    pub(crate) reported_steps: u64,
    pub(crate) time_span: f64,
    pub(crate) trials: f64,
    pub(crate) steady_time: f64,
    pub(crate) routing_time: f64,
    pub(crate) min_step: f64,
    pub(crate) max_step: f64,
    pub(crate) levels: [f64; LEVELS],
    pub(crate) counts: [u64; LEVELS],
    /// What control rules did, where the report is to tell it.
    pub(crate) actions: Vec<ControlAction>,
}

/// A setting that a control rule changed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct ControlAction {
    pub(crate) date: f64,
    pub(crate) link: usize,
    pub(crate) rule: usize,
    pub(crate) setting: f64,
}

/// Actions kept for the report.
pub(crate) const ACTIONS_MAX: usize = 1_000_000;

impl Stats {
    pub(crate) fn new(model: &Model) -> Self {
        let o = &model.options;
        let start = o.start;
        let node = NodeStats {
            max_depth_at: start,
            max_inflow_at: start,
            max_overflow_at: start,
            ..NodeStats::default()
        };
        let mut s = Self {
            subs: vec![SubStats::default(); model.subs.len()],
            nodes: vec![node; model.nodes.kind.len()],
            links: vec![LinkStats::default(); model.links.kind.len()],
            node_tally: NodeTally::of_nodes(model.nodes.kind.len(), start),
            conduits: vec![ConduitTally::default(); model.blocks.fixed.len()],
            min_step: o.routing_step,
            ..Self::default()
        };
        let (most, least) = (o.routing_step.log10(), o.minimum_step.log10());
        let delta = (most - least) / (LEVELS as f64 - 1.0);
        for (j, level) in s.levels.iter_mut().enumerate() {
            *level = 10.0_f64.powf(most - j as f64 * delta);
        }
        s.levels[0] = o.routing_step;
        s.levels[LEVELS - 1] = o.minimum_step;
        s
    }
}

impl State {
    /// The statistics of a step; `counted` is its date, from the start of the report on.
    pub(crate) fn update_stats(
        &mut self,
        model: &Model,
        dt: f64,
        trials: usize,
        steady: bool,
        counted: Option<f64>,
    ) {
        if let Some(date) = counted {
            self.count_storage(model, date);
            let outfall = self.count_outfalls(model);
            for &j in &model.blocks.nodes.outfalls {
                self.count_outfall_loads(model, j, dt);
            }
            let dynamic = model.options.routing == Routing::Dynamic;
            let others = if dynamic { &model.blocks.others[..] } else { &[] };
            let all = if dynamic { 0 } else { model.links.kind.len() };
            others.iter().copied().chain(0..all).for_each(|j| self.count_link(model, j, dt, date));
            self.stats.reported_steps += 1;
            self.stats.time_span += dt;
            self.stats.max_outfall = max(self.stats.max_outfall, outfall);
        }
        let first = self.old_routing_time <= 0.0;
        let s = &mut self.stats;
        if steady {
            s.steady_time += dt;
            return;
        }
        if !first {
            s.min_step = min(s.min_step, dt);
            if let Some(j) = (1..LEVELS).find(|j| dt >= s.levels[*j]) {
                s.counts[j] += 1;
            }
        }
        s.max_step = max(s.max_step, dt);
        s.routing_time += dt;
        s.steps += 1;
        s.trials += trials as f64;
    }

    /// Statistics of a node so far.
    pub(crate) fn node_stats(&self, i: usize) -> NodeStats {
        self.stats.node_tally[i / WIDEST].of(i % WIDEST, &self.stats.nodes[i])
    }

    /// Statistics of a link so far.
    pub(crate) fn link_stats(&self, model: &Model, j: usize) -> LinkStats {
        let stored = &self.stats.links[j];
        let k = model.blocks.slot[j];
        if k == usize::MAX || model.options.routing != Routing::Dynamic {
            return *stored;
        }
        match self.stats.conduits.get(k / WIDEST) {
            Some(t) => t.of(k % WIDEST, stored, self.stats.time_span),
            None => *stored,
        }
    }

    /// One walk over nodes and conduits after a step: what counts at `counted` (its date), and so many
    /// seconds of its flows into the books of the nodes.
    pub(crate) fn count(&mut self, model: &Model, dt: f64, counted: Option<f64>, seconds: f64, hands: Hands) {
        let (n, b) = (&model.nodes, &model.blocks);
        let layout = &b.nodes;
        let at = &AtNodes {
            layout,
            invert: &n.invert,
            crown: &n.crown,
            full_volume: &n.full_volume,
            depth: &self.depth,
            volume: &self.volume,
            overflow: &self.overflow,
            inflow: &self.inflow,
            outflow: &self.outflow,
            lateral: &self.lateral,
            old_lateral: &self.old_lateral,
            dt,
        };
        let (numerics, now, slots) = (self.numerics, self.stats.time_span, &self.slots.blocks[..]);
        let dynamic = model.options.routing == Routing::Dynamic;
        let (nodes, blocks) = (&b.parts.nodes, &b.parts.blocks);
        let rows = &b.parts.rows;
        let tally = (cut(&mut self.stats.node_tally, rows), cut(&mut self.stats.conduits, blocks));
        let [inflow, outflow] = [&mut self.balance.node_inflow, &mut self.balance.node_outflow];
        let books = (cut(inflow, nodes), cut(outflow, nodes));
        let lists = (cut(&mut self.stats.nodes, nodes), tally, books);
        let changes = hands.each(b.parts.count(), lists, |part, (nodes, (tally, conduits), books)| {
            let from = b.parts.nodes[part];
            Arch::new().dispatch(Book { at, from, books, seconds });
            let Some(date) = counted else { return vec![] };
            Arch::new().dispatch(CountNodes { at, date, from, tally, nodes });
            let from = blocks[part];
            let of = CountConduits { model, slots, from, tally: conduits, depth: at.depth, date, now, dt };
            if dynamic { of.go(numerics) } else { vec![] }
        });
        for change in changes.into_iter().flatten() {
            change.settle(&mut self.stats.links);
        }
    }

    fn count_storage(&mut self, model: &Model, date: f64) {
        for &j in &model.blocks.nodes.storage {
            let s = &mut self.stats.nodes[j];
            let volume = self.volume[j];
            let v = min(volume, model.nodes.full_volume[j]);
            s.storage[0] += volume;
            if v > s.storage[1] {
                (s.storage[1], s.storage[2]) = (v, date);
            }
            s.storage[3] = max(s.storage[3], self.outflow[j]);
            s.storage[4] += self.storage_loss[j][0];
            s.storage[5] += self.storage_loss[j][1];
        }
    }

    /// What flows into outfalls, ft³/s.
    fn count_outfalls(&mut self, model: &Model) -> f64 {
        let mut all = 0.0;
        for &j in &model.blocks.nodes.outfalls {
            let s = &mut self.stats.nodes[j];
            if self.inflow[j] >= MIN_FLOW {
                s.outfall[0] += self.inflow[j];
                s.outfall[1] = max(s.outfall[1], self.inflow[j]);
                s.outfall[2] += 1.0;
            }
            all += self.inflow[j];
        }
        all
    }

    fn count_link(&mut self, model: &Model, j: usize, dt: f64, date: f64) {
        let l = &model.links;
        let dq = self.link_flow[j] - self.link_old_flow[j];
        let q = self.link_flow[j].abs();
        let v = self.velocity(model, j, q, self.link_depth[j]);
        let power = self.power(model, j);
        let s = &mut self.stats.links[j];
        if q > s.max_flow {
            (s.max_flow, s.max_flow_at) = (q, date);
        }
        s.max_velocity = if v > s.max_velocity { v } else { s.max_velocity };
        s.max_depth = if self.link_depth[j] > s.max_depth { self.link_depth[j] } else { s.max_depth };
        match &l.data[j] {
            LinkData::Pump(_) => {
                if q >= l.q_full[j] {
                    s.full_flow += dt;
                }
                if q > MIN_FLOW {
                    let p = &mut s.pump;
                    p[0] += dt;
                    p[1] = min(p[1], q);
                    p[2] += q;
                    p[3] = s.max_flow;
                    p[4] += q * dt;
                    p[5] += power * dt / 3600.0;
                    let started = self.link_old_flow[j] < MIN_FLOW;
                    p[6] += f64::from(u8::from(started));
                    let class = self.link_class[j];
                    p[7] += if class == crate::wave::Class::DN_DRY { dt } else { 0.0 };
                    p[8] += if class == crate::wave::Class::UP_DRY { dt } else { 0.0 };
                    s.pump_periods += 1.0;
                    s.full_both += dt;
                    s.full_up += dt;
                    s.full_down += dt;
                }
            }
            LinkData::Conduit(c) => {
                // A dummy conduit, or one of the tree routings: those of the dynamic wave have their tally.
                let dynamic = model.options.routing == Routing::Dynamic;
                let full = !dynamic && self.ends[j][2] >= l.section[j].a_full;
                s.time_in_class[0] += dt;
                if q >= l.q_full[j] * c.barrels {
                    s.full_flow += dt;
                }
                if self.capacity_limited[j] {
                    s.capacity += dt;
                }
                if full {
                    s.full_both += dt;
                    s.full_up += dt;
                    s.full_down += dt;
                }
            }
            _ => {}
        }
        let before = s.turn_sign;
        s.turn_sign = crate::units::sgn(dq);
        if dq.abs() > 0.001 && before * s.turn_sign < 0.0 {
            s.turns += 1;
        }
    }

    /// Velocity at a flow and depth, ft/s; 0 for links that are no conduits.
    pub(crate) fn velocity(&self, model: &Model, j: usize, flow: f64, depth: f64) -> f64 {
        if depth <= 0.01 {
            return 0.0;
        }
        let Some(c) = model.links.conduit(j) else { return 0.0 };
        let area = model.links.section[j].area(depth);
        if area > FUDGE { flow / c.barrels / area } else { 0.0 }
    }

    /// Power of the head difference, kW.
    fn power(&self, model: &Model, j: usize) -> f64 {
        if model.links.kind[j] != LinkType::Pump {
            return 0.0;
        }
        let n = &model.nodes;
        let (a, b) = (model.links.node1[j], model.links.node2[j]);
        let dh = (n.invert[a] + self.depth[a]) - (n.invert[b] + self.depth[b]);
        dh.abs() * self.link_flow[j].abs() / 8.814 * 0.7457
    }
}
