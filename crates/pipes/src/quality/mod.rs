//! Water quality (水质; EPANET 2.2 manual §12.2): volumes of water move through pipes as segments,
//! mix at nodes in the order of flow, react in pipes and tanks.
//!
//! Promises: mass in = mass out + stored + reacted, to rounding; a state's copy carries its segments.

#![expect(clippy::indexing_slicing, reason = "indices are the model's own node, link, tank and lane numbers")]

mod react;
mod tank;

use crate::model::{LinkType, Model};
use crate::project::{QualityKind, SourceKind};
use crate::state::State;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// Flow below which water stands still, ft³/s (0.005 gpm).
const STAGNANT: f64 = 0.005 / crate::units::GPM_PER_CFS;

/// A volume of water of one quality (水段).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Segment {
    pub volume: f64,
    pub c: f64,
}

/// Where the mass went (质量平衡), inner units.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct MassBalance {
    /// In pipes and tanks at the start.
    pub initial: f64,
    /// Brought in.
    pub inflow: f64,
    /// Taken out.
    pub outflow: f64,
    /// Reacted (positive: lost).
    pub reacted: f64,
    /// In pipes and tanks now.
    pub stored: f64,
}

/// Mass reacted in bulk water, at walls and in tanks, and mass from sources.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Reacted {
    /// In bulk water of pipes.
    pub bulk: f64,
    /// At pipe walls.
    pub wall: f64,
    /// In tanks.
    pub tank: f64,
    /// Added by sources.
    pub source: f64,
}

/// Quality of one scenario.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct QualityState {
    node: Vec<f64>,
    /// Front: downstream end.
    pipes: Vec<VecDeque<Segment>>,
    /// Front: first to leave (FIFO), bottom (LIFO) or stagnant zone.
    tanks: Vec<VecDeque<Segment>>,
    tank_c: Vec<f64>,
    direction: Vec<i8>,
    order: Vec<u32>,
    /// Apparent wall coefficient of each pipe, 1/s (or mass transfer for order zero).
    wall: Vec<f64>,
    rate: Vec<f64>,
    balance: MassBalance,
    reacted: Reacted,
}

/// What is constant over a run.
pub(crate) struct Kind {
    pub age: bool,
    pub trace: Option<usize>,
    pub reacts: bool,
    pub tolerance: f64,
}

pub(crate) fn kind(m: &Model) -> Kind {
    let o = &m.project.options;
    let (age, trace) = match o.quality {
        QualityKind::Age => (true, None),
        QualityKind::Trace { node } => (false, m.node_at.get(node).map(|&n| n as usize)),
        _ => (false, None),
    };
    let chemical = matches!(o.quality, QualityKind::Chemical { .. });
    let pipes = |v: &Vec<f64>| v.iter().take(m.pipes).any(|&k| k != 0.0);
    let reacts =
        age || (chemical && (pipes(&m.bulk) || pipes(&m.wall) || m.tanks.iter().any(|t| t.bulk != 0.0)));
    Kind { age, trace, reacts, tolerance: o.quality_tolerance.unwrap_or(0.01) / m.factors.quality }
}

impl QualityState {
    /// The quality at the start; `None` when the project asks for none.
    pub(crate) fn new(m: &Model) -> Option<Self> {
        if m.project.options.quality == QualityKind::None {
            return None;
        }
        let kind = kind(m);
        let mut node: Vec<f64> = m
            .node_of
            .iter()
            .map(|&i| m.project.nodes[i as usize].initial_quality / m.factors.quality)
            .map(|c| if kind.trace.is_some() { 0.0 } else { c })
            .collect();
        let tank_start: Vec<f64> = m.tanks.iter().map(|t| node[t.node as usize]).collect();
        if let Some(n) = kind.trace {
            node[n] = 100.0;
        }
        let pipes = (0..m.types.len())
            .map(|k| {
                let mut segments = VecDeque::new();
                if m.types[k] == LinkType::Pipe {
                    let volume = std::f64::consts::FRAC_PI_4 * m.length[k] * m.diameter[k] * m.diameter[k];
                    segments.push_back(Segment { volume, c: node[m.ends[k][1] as usize] });
                }
                segments
            })
            .collect();
        let tanks = m.tanks.iter().zip(&tank_start).map(|(t, &c)| tank::start(t, c)).collect();
        let mut made = Self {
            node,
            pipes,
            tanks,
            tank_c: tank_start,
            direction: vec![0; m.types.len()],
            order: Vec::new(),
            wall: vec![0.0; m.types.len()],
            rate: vec![0.0; m.types.len()],
            balance: MassBalance::default(),
            reacted: Reacted::default(),
        };
        made.balance.initial = made.stored();
        Some(made)
    }

    pub(crate) fn node(&self, at: usize) -> f64 {
        self.node.get(at).copied().unwrap_or(0.0)
    }

    pub(crate) fn rate(&self, link: usize) -> f64 {
        self.rate.get(link).copied().unwrap_or(0.0)
    }

    /// Mean quality of a link (`avgqual`).
    pub(crate) fn link(&self, m: &Model, k: usize) -> f64 {
        let (mut v, mut mass) = (0.0, 0.0);
        for s in &self.pipes[k] {
            v += s.volume;
            mass += s.volume * s.c;
        }
        if v > 0.0 { mass / v } else { m.ends[k].iter().map(|&n| self.node(n as usize)).sum::<f64>() / 2.0 }
    }

    fn stored(&self) -> f64 {
        self.pipes.iter().chain(&self.tanks).flatten().map(|s| s.volume * s.c).sum()
    }

    /// Volumes of water that are followed now.
    #[must_use]
    pub fn segments(&self) -> usize {
        self.pipes.iter().chain(&self.tanks).map(VecDeque::len).sum()
    }

    /// The books of mass; `stored` is counted now.
    #[must_use]
    pub fn balance(&self) -> MassBalance {
        MassBalance { stored: self.stored(), ..self.balance }
    }

    /// Mass reacted so far.
    #[must_use]
    pub const fn reacted(&self) -> Reacted {
        self.reacted
    }

    /// Takes note of a new solution: wall coefficients, directions, order of nodes.
    pub(crate) fn new_hydraulics(&mut self, m: &Model, state: &State) {
        let kind = kind(m);
        if kind.reacts && !kind.age {
            for k in 0..m.pipes {
                self.wall[k] = if m.wall[k] == 0.0 { 0.0 } else { react::wall_coefficient(m, state, k) };
            }
        }
        let mut changed = self.order.is_empty();
        for k in 0..m.types.len() {
            let q = flow(state, k);
            let now = if q.abs() < STAGNANT {
                0
            } else if q < 0.0 {
                -1
            } else {
                1
            };
            let was = self.direction[k];
            if now * was < 0 {
                self.pipes[k].make_contiguous().reverse();
            }
            changed |= now != was;
            self.direction[k] = now;
        }
        if changed {
            self.sort(m);
        }
    }

    fn downstream(&self, m: &Model, k: usize) -> u32 {
        m.ends[k][usize::from(self.direction[k] >= 0)]
    }

    /// Nodes in the order of flow; cycles are entered beside what is sorted already (`sortnodes`).
    fn sort(&mut self, m: &Model) {
        let nodes = m.node_of.len();
        let mut inflows = vec![0u32; nodes];
        for k in 0..m.types.len() {
            if self.direction[k] != 0 {
                inflows[self.downstream(m, k) as usize] += 1;
            }
        }
        let mut stack: Vec<u32> = (0u32..).zip(&inflows).filter(|(_, n)| **n == 0).map(|(i, _)| i).collect();
        self.order.clear();
        let mut entry = 0;
        while self.order.len() < nodes {
            let Some(n) = stack.pop() else {
                let next = self.entry_to_cycle(m, &inflows, &mut entry);
                let Some(next) = next else { break };
                inflows[next as usize] = 0;
                stack.push(next);
                continue;
            };
            self.order.push(n);
            for &k in m.near(n as usize) {
                let k = k as usize;
                if self.direction[k] == 0 {
                    continue;
                }
                let other = self.downstream(m, k);
                let left = &mut inflows[other as usize];
                if other != n && *left > 0 {
                    *left -= 1;
                    if *left == 0 {
                        stack.push(other);
                    }
                }
            }
        }
    }

    fn entry_to_cycle(&self, m: &Model, inflows: &[u32], first: &mut usize) -> Option<u32> {
        let waiting = |n: u32| inflows[n as usize] > 0;
        for &sorted in self.order.iter().rev() {
            for &k in m.near(sorted as usize) {
                let [a, b] = m.ends[k as usize];
                let other = if a == sorted { b } else { a };
                if waiting(other) {
                    return Some(other);
                }
            }
        }
        while *first < inflows.len() {
            if inflows[*first] > 0 {
                return u32::try_from(*first).ok();
            }
            *first += 1;
        }
        None
    }

    /// Moves, mixes and reacts the water for `dt` seconds of the present flows.
    pub(crate) fn route(&mut self, m: &Model, state: &State, dt: i64) {
        let kind = kind(m);
        let mut left = dt;
        while left > 0 {
            let part = left.min(m.clocks.quality);
            #[expect(clippy::cast_precision_loss, reason = "a step is far below 2^52 s")]
            self.transport(m, state, &kind, part as f64, state.time + dt - left);
            left -= part;
        }
    }

    fn transport(&mut self, m: &Model, state: &State, kind: &Kind, dt: f64, now: i64) {
        if kind.reacts {
            self.react(m, kind, dt, state.time >= m.clocks.report_start);
        }
        for i in 0..self.order.len() {
            let n = self.order[i];
            let (mut volume_in, mut mass_in, mut volume_out) = (0.0, 0.0, 0.0);
            for &k in m.near(n as usize) {
                let k = k as usize;
                if self.downstream(m, k) == n {
                    self.leave(k, flow(state, k).abs() * dt, &mut volume_in, &mut mass_in);
                } else {
                    volume_out += flow(state, k).abs();
                }
            }
            let at = n as usize;
            let junction = at < m.junctions;
            let demand = state.outflow[at];
            if junction {
                volume_out += demand.max(0.0);
            }
            volume_out *= dt;
            self.mix(m, state, kind, at, [volume_in, mass_in, volume_out], dt);
            let (c, source) = self.add_source(m, state, kind, at, volume_out, dt, now);
            for &k in m.near(at) {
                let k = k as usize;
                if self.downstream(m, k) != n {
                    self.enter(kind, k, flow(state, k).abs() * dt, c);
                }
            }
            self.book(m, at, demand, [mass_in, volume_out, source], dt);
        }
    }

    fn leave(&mut self, k: usize, volume: f64, total: &mut f64, mass: &mut f64) {
        let mut left = volume;
        while left > 0.0 {
            let Some(first) = self.pipes[k].front_mut() else { break };
            let part = first.volume.min(left);
            *total += part;
            *mass += part * first.c;
            left -= part;
            if part >= first.volume {
                self.pipes[k].pop_front();
            } else {
                first.volume -= part;
            }
        }
    }

    fn enter(&mut self, kind: &Kind, k: usize, volume: f64, c: f64) {
        if volume == 0.0 {
            return;
        }
        match self.pipes[k].back_mut() {
            Some(last) if (last.c - c).abs() < kind.tolerance => {
                last.c = (last.c * last.volume + c * volume) / (last.volume + volume);
                last.volume += volume;
            }
            _ => self.pipes[k].push_back(Segment { volume, c }),
        }
    }

    fn mix(
        &mut self,
        m: &Model,
        state: &State,
        kind: &Kind,
        at: usize,
        [volume_in, mass_in, volume_out]: [f64; 3],
        dt: f64,
    ) {
        if at < m.junctions {
            let total = volume_in - state.outflow[at].min(0.0) * dt;
            if total > 0.0 {
                self.node[at] = mass_in / total;
            } else if kind.reacts {
                self.node[at] = self.standing(m, at);
            }
            return;
        }
        let i = at - m.junctions;
        let tank = &m.tanks[i];
        if tank.area > 0.0 {
            let full = state.volume[i] >= tank.volume_max;
            let inflow = tank::Inflow { volume: volume_in, mass: mass_in, net: volume_in - volume_out, full };
            let lost = tank::mix(tank, &mut self.tanks[i], &mut self.tank_c[i], kind.tolerance, &inflow);
            self.balance.outflow += lost;
            self.node[at] = self.tank_c[i];
        }
    }

    /// A junction without inflow takes the mean of the water that stands beside it.
    fn standing(&self, m: &Model, at: usize) -> f64 {
        let (mut sum, mut count) = (0.0, 0.0);
        for &k in m.near(at) {
            let k = k as usize;
            let nearest = if self.downstream(m, k) as usize == at {
                self.pipes[k].front()
            } else {
                self.pipes[k].back()
            };
            if let Some(s) = nearest {
                sum += s.c;
                count += 1.0;
            }
        }
        if count > 0.0 { sum / count } else { 0.0 }
    }

    /// Quality that leaves a node and what a source added to it (`findnodequal`).
    #[expect(clippy::too_many_arguments, reason = "one step of transport, kept in one place")]
    fn add_source(
        &mut self,
        m: &Model,
        state: &State,
        kind: &Kind,
        at: usize,
        volume_out: f64,
        dt: f64,
        now: i64,
    ) -> (f64, f64) {
        let reservoir = at >= m.junctions && m.tanks[at - m.junctions].area == 0.0;
        if let Some(traced) = kind.trace {
            let mut added = 0.0;
            if traced == at {
                added = if reservoir { 100.0 } else { (100.0 - self.node[at]).max(0.0) };
                self.node[at] = 100.0;
            }
            return (self.node[at], added);
        }
        let added = self.source(m, state, at, volume_out, dt, now);
        if added == 0.0 {
            return (self.node[at], 0.0);
        }
        if state.time >= m.clocks.report_start {
            self.reacted.source += added * volume_out;
        }
        if reservoir {
            self.node[at] = added;
        } else if at < m.junctions {
            self.node[at] += added;
        } else {
            return (self.node[at] + added, added);
        }
        (self.node[at], added)
    }

    fn source(&self, m: &Model, state: &State, at: usize, volume_out: f64, dt: f64, now: i64) -> f64 {
        if !matches!(m.project.options.quality, QualityKind::Chemical { .. }) {
            return 0.0;
        }
        let node = &m.project.nodes[m.node_of[at] as usize];
        let Some(source) = node.source.as_ref().filter(|s| s.strength != 0.0) else { return 0.0 };
        if volume_out / dt <= STAGNANT {
            return 0.0;
        }
        let scale = if source.kind == SourceKind::Mass { 60.0 } else { m.factors.quality };
        let mut c = source.strength / scale;
        if source.pattern.is_some() {
            c *= m.factor_at(source.pattern, (now + m.clocks.pattern_start) / m.clocks.pattern);
        }
        match source.kind {
            SourceKind::Concentration if at < m.junctions => {
                let demand = state.outflow[at];
                if demand < 0.0 { -c * demand * dt / volume_out } else { 0.0 }
            }
            SourceKind::Mass => c * dt / volume_out,
            SourceKind::Setpoint => (c - self.node[at]).max(0.0),
            SourceKind::Concentration | SourceKind::FlowPaced => c,
        }
    }

    fn book(&mut self, m: &Model, at: usize, demand: f64, [mass_in, volume_out, source]: [f64; 3], dt: f64) {
        if at < m.junctions {
            self.balance.outflow += demand.max(0.0) * dt * self.node[at];
            self.balance.inflow += source * volume_out;
        } else if m.tanks[at - m.junctions].area == 0.0 {
            self.balance.outflow += mass_in;
            self.balance.inflow += if source > 0.0 { source } else { self.node[at] } * volume_out;
        } else {
            self.balance.inflow += source * volume_out;
        }
    }
}

/// Flow of a link, nothing when it is closed.
fn flow(state: &State, k: usize) -> f64 {
    if state.status[k].is_closed() { 0.0 } else { state.flow[k] }
}
