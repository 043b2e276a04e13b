//! The global gradient algorithm (全局梯度法; Todini and Pilati; EPANET 2.2 manual §12.1): heads and
//! flows of one moment, `N` scenarios abreast.
//!
//! Promises: a lane's result is the same to the bit whatever runs beside it; nothing is allocated
//! while solving. Statuses, checks and convergence follow EPANET's `hydsolve`.

#![expect(clippy::indexing_slicing, reason = "indices are the model's own node, link, tank and lane numbers")]

mod devices;
mod losses;
mod power;
mod stages;
mod status;
mod warn;

use crate::model::{LinkType, Model};
use crate::project::ValveKind;
use crate::state::{State, Status};
use losses::PipeLoss;
use numerics::ordering::Singular;
use status::View;

pub(crate) use warn::{reach, warnings};

/// Flow taken as none, ft³/s.
pub(crate) const ZERO_FLOW: f64 = 1e-6;
/// PDA and leak flows have converged within this, ft³/s.
const DEMAND_TOLERANCE: f64 = 1e-4;

/// Why a moment has no solution (无解).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unsolved {
    /// The equations are singular at a node.
    #[error(
        "at {time} s the equations cannot be solved at node `{node}`: it is cut off or its valves contradict each other; open a link to it or change the settings of the valves beside it"
    )]
    Singular {
        /// Name of the node.
        node: String,
        /// Seconds since the start.
        time: i64,
    },
}

/// Which arithmetic is used for powers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Arithmetic {
    /// Polynomials, in vectors; within 1e-13 of the library's power.
    #[default]
    Fast,
    /// The library's power.
    Exact,
}

/// The work arrays of `N` lanes (工作区).
#[derive(Debug, Clone)]
pub(crate) struct Workspace<const N: usize> {
    arithmetic: Arithmetic,
    flow: Vec<[f64; N]>,
    p: Vec<[f64; N]>,
    y: Vec<[f64; N]>,
    head: Vec<[f64; N]>,
    diagonal: Vec<[f64; N]>,
    right: Vec<[f64; N]>,
    lower: Vec<[f64; N]>,
    resistance: Vec<[f64; N]>,
    minor: Vec<[f64; N]>,
    demand: Vec<[f64; N]>,
    /// Pipes closed in each lane.
    closed: [Vec<u32>; N],
    lanes: [Lane; N],
}

/// How one lane stands.
#[derive(Debug, Clone, Copy)]
struct Lane {
    running: bool,
    trial: u32,
    next_check: u32,
    relax: f64,
    largest: f64,
    error: f64,
    failed: Option<u32>,
}

impl Lane {
    const IDLE: Self =
        Self { running: false, trial: 0, next_check: 0, relax: 1.0, largest: 0.0, error: 0.0, failed: None };
}

/// Sums of one update of flows; four partial sums, so that lanes and vectors add in one order.
struct Sums<const N: usize> {
    flow: [[f64; N]; 4],
    change: [[f64; N]; 4],
    largest: [f64; N],
}

fn spread<const N: usize>(values: &[f64]) -> Vec<[f64; N]> {
    values.iter().map(|&v| [v; N]).collect()
}

impl Workspace<1> {
    /// Solves the moment the state stands at.
    pub(crate) fn solve(&mut self, m: &Model, state: &mut State) -> Result<(), Unsolved> {
        self.begin(m, 0, state);
        while self.is_running(0) {
            self.trial(m, &mut [state]);
        }
        self.outcome(m, 0, state)
    }
}

impl<const N: usize> Workspace<N> {
    pub(crate) fn new(m: &Model, arithmetic: Arithmetic) -> Self {
        let (links, nodes) = (m.types.len(), m.node_of.len());
        let pipes = m.resistance.get(..m.pipes).unwrap_or_default();
        Self {
            arithmetic,
            flow: vec![[0.0; N]; links],
            p: vec![[0.0; N]; links],
            y: vec![[0.0; N]; links],
            head: vec![[0.0; N]; nodes],
            diagonal: vec![[0.0; N]; nodes],
            right: vec![[0.0; N]; nodes],
            lower: vec![[0.0; N]; m.pattern.entries() + 1],
            resistance: spread(pipes),
            minor: spread(m.minor.get(..m.pipes).unwrap_or_default()),
            demand: vec![[0.0; N]; m.junctions],
            closed: [const { Vec::new() }; N],
            lanes: [Lane::IDLE; N],
        }
    }

    /// Puts the moment this state stands at into a lane; the others go on as they are.
    pub(crate) fn begin(&mut self, m: &Model, l: usize, state: &State) {
        self.lanes[l] =
            Lane { running: true, trial: 1, next_check: m.settings.check_frequency, ..Lane::IDLE };
        self.load(l, state);
        self.list_closed(m, l, state);
    }

    /// Whether a lane is still being solved.
    pub(crate) const fn is_running(&self, l: usize) -> bool {
        self.lanes[l].running
    }

    /// How the lane that has just ended came out.
    pub(crate) fn outcome(&self, m: &Model, l: usize, state: &State) -> Result<(), Unsolved> {
        let Some(row) = self.lanes[l].failed else { return Ok(()) };
        let node = m.node_of.get(row as usize).and_then(|&n| m.project.nodes.get(n as usize));
        Err(Unsolved::Singular { node: node.map(|n| n.name.clone()).unwrap_or_default(), time: state.time })
    }

    fn load(&mut self, l: usize, state: &State) {
        for (to, from) in self.flow.iter_mut().zip(&state.flow) {
            to[l] = *from;
        }
        for (to, from) in self.head.iter_mut().zip(&state.head) {
            to[l] = *from;
        }
        for (to, from) in self.demand.iter_mut().zip(&state.demand_flow) {
            to[l] = *from;
        }
    }

    fn store(&self, m: &Model, l: usize, state: &mut State) {
        let lane = &self.lanes[l];
        for (to, from) in state.flow.iter_mut().zip(&self.flow) {
            *to = from[l];
        }
        for (to, from) in state.head.iter_mut().zip(&self.head) {
            *to = from[l];
        }
        if m.settings.pressure_driven {
            for (to, from) in state.demand_flow.iter_mut().zip(&self.demand) {
                *to = from[l];
            }
        }
        state.outflow[..m.junctions].copy_from_slice(&state.demand_flow);
        state.relative_error = lane.error;
        state.iterations = lane.trial;
        for e in &state.emitters {
            state.outflow[e.node as usize] += e.flow;
        }
        for (leak, q) in m.leaks.iter().zip(&state.leak_flow) {
            state.outflow[leak.node as usize] += q[0] + q[1];
        }
        for tank in &m.tanks {
            state.outflow[tank.node as usize] = 0.0;
        }
        for &k in &m.fixed_links {
            let k = k as usize;
            if state.status[k].is_closed() {
                continue;
            }
            let [n1, n2] = m.ends[k];
            if n1 as usize >= m.junctions {
                state.outflow[n1 as usize] -= state.flow[k];
            }
            if n2 as usize >= m.junctions {
                state.outflow[n2 as usize] += state.flow[k];
            }
        }
    }

    fn list_closed(&mut self, m: &Model, l: usize, state: &State) {
        const TOGETHER: usize = 64; // few pipes are closed: most groups are passed over at once
        self.closed[l].clear();
        for (group, statuses) in state.status[..m.pipes].chunks(TOGETHER).enumerate() {
            if statuses.iter().fold(false, |any, status| any | status.is_closed()) {
                let first = group * TOGETHER;
                let closed = statuses.iter().enumerate().filter(|(_, status)| status.is_closed());
                self.closed[l].extend(closed.filter_map(|(i, _)| u32::try_from(first + i).ok()));
            }
        }
    }

    /// One trial of every lane; those that end are stored in their states.
    pub(crate) fn trial(&mut self, m: &Model, states: &mut [&mut State; N]) {
        let mut control_flows: [Vec<(u32, f64)>; N] = [const { Vec::new() }; N];
        self.assemble(m, states, &mut control_flows);
        let singular = self.linear(m);
        let mut again = [false; N];
        if let Err(Singular(rows)) = singular {
            for l in 0..N {
                let (Some(row), true) = (rows[l], self.lanes[l].running) else { continue };
                if release_valve(m, states[l], row) {
                    again[l] = true;
                } else {
                    self.lanes[l].failed = Some(row);
                    self.lanes[l].running = false;
                    self.store(m, l, states[l]);
                }
            }
        }
        // A lane whose valve was released keeps its flows for another try.
        let kept: Vec<(usize, Vec<f64>)> =
            (0..N).filter(|&l| again[l]).map(|l| (l, self.flow.iter().map(|q| q[l]).collect())).collect();
        let relax = self.lanes.map(|l| l.relax);
        let mut sums = self.update_flows(m, &relax);
        for (l, flows) in kept {
            for (to, from) in self.flow.iter_mut().zip(flows) {
                to[l] = from;
            }
        }
        for l in 0..N {
            let mut changed = again[l];
            if self.lanes[l].running && !again[l] {
                self.update_others(m, l, relax[l], states[l], &mut sums);
                changed = self.judge(m, l, states[l], &sums);
            }
            if changed && self.lanes[l].running {
                self.list_closed(m, l, states[l]);
            }
        }
    }

    fn view(&self, lane: usize) -> View<'_, N> {
        View { flow: &self.flow, head: &self.head, lane }
    }

    /// Convergence, statuses and the end of a lane; true when a status may have changed.
    fn judge(&mut self, m: &Model, l: usize, state: &mut State, sums: &Sums<N>) -> bool {
        let s = &m.settings;
        let sum = |parts: &[[f64; N]; 4]| (parts[0][l] + parts[1][l]) + (parts[2][l] + parts[3][l]);
        let (total, change) = (sum(&sums.flow), sum(&sums.change));
        let mut lane = self.lanes[l];
        lane.error = if total > s.accuracy { change / total } else { change };
        lane.largest = sums.largest[l];
        lane.relax = 1.0;
        let mut valve_changed = false;
        let mut touched = false;
        if s.damp_limit > 0.0 {
            if lane.error <= s.damp_limit {
                lane.relax = 0.6;
                valve_changed = status::valves(m, state, &self.view(l));
            }
        } else {
            valve_changed = status::valves(m, state, &self.view(l));
        }
        let mut done = false;
        if self.converged(m, l, &lane, state) {
            if lane.trial > s.trials {
                done = true;
            } else {
                let mut changed = valve_changed;
                changed |= status::links(m, state, &self.view(l));
                changed |= status::pressure_switches(m, state, &self.view(l));
                done = !changed;
                touched = true;
                lane.next_check = lane.trial + s.check_frequency;
            }
        } else if lane.trial <= s.maximum_check && lane.trial == lane.next_check {
            touched = true;
            status::links(m, state, &self.view(l));
            lane.next_check += s.check_frequency;
        }
        if !done {
            lane.trial += 1;
            done = lane.trial > s.trials + s.extra.unwrap_or(0);
        }
        lane.running = !done;
        self.lanes[l] = lane;
        if done {
            self.store(m, l, state);
        }
        touched
    }

    fn converged(&self, m: &Model, l: usize, lane: &Lane, state: &State) -> bool {
        let s = &m.settings;
        if lane.error.is_nan() || lane.error > s.accuracy {
            return false;
        }
        if s.head_error > 0.0 && self.head_error(m, l, state) > s.head_error {
            return false;
        }
        if s.flow_change > 0.0 && lane.largest > s.flow_change {
            return false;
        }
        self.leaks_converged(m, l, state) && (!s.pressure_driven || self.demands_converged(m, l, state))
    }

    /// Largest difference between a link's head loss and its ends' heads (`checkhydbalance`).
    fn head_error(&self, m: &Model, l: usize, state: &State) -> f64 {
        let mut worst: f64 = 0.0;
        let flow: Vec<f64> = self.flow.iter().map(|q| q[l]).collect();
        let mut p = vec![0.0; flow.len()];
        let mut y = vec![0.0; flow.len()];
        self.pipe_loss(m, &m.resistance, &m.minor).fill(
            1,
            &flow[..m.pipes],
            &mut p[..m.pipes],
            &mut y[..m.pipes],
        );
        for k in 0..flow.len() {
            if k >= m.pipes {
                (p[k], y[k]) = device_line(m, k, state, flow[k]);
            }
            if state.status[k].is_closed() || p[k] == 0.0 {
                continue;
            }
            let [n1, n2] = m.ends[k];
            let dh = self.head[n1 as usize][l] - self.head[n2 as usize][l];
            worst = worst.max((dh - y[k] / p[k]).abs());
        }
        worst
    }

    fn leaks_converged(&self, m: &Model, l: usize, state: &State) -> bool {
        m.leaks.iter().zip(&state.leak_flow).all(|(leak, q)| {
            let h = self.head[leak.node as usize][l] - m.elevation[leak.node as usize];
            let mut wanted = 0.0;
            if h > 0.0 {
                if leak.fixed > 0.0 {
                    wanted = (h / leak.fixed).sqrt();
                }
                if leak.expanding > 0.0 {
                    wanted += (h / leak.expanding).powf(1.5);
                }
            }
            (wanted - q[0] - q[1]).abs() <= DEMAND_TOLERANCE
        })
    }

    fn demands_converged(&self, m: &Model, l: usize, state: &State) -> bool {
        let s = &m.settings;
        let range = s.pressure_required - s.pressure_min;
        state.full_demand.iter().enumerate().filter(|(_, full)| **full > 0.0).all(|(i, &full)| {
            let p = self.head[i][l] - m.elevation[i];
            let q = if p <= s.pressure_min {
                0.0
            } else if p >= s.pressure_required {
                full
            } else {
                full * ((p - s.pressure_min) / range).powf(s.pressure_exponent)
            };
            (q - self.demand[i][l]).abs() <= DEMAND_TOLERANCE
        })
    }

    fn pipe_loss<'a>(&self, m: &'a Model, resistance: &'a [f64], minor: &'a [f64]) -> PipeLoss<'a> {
        PipeLoss {
            formula: m.settings.formula,
            tolerance: m.settings.resistance_tolerance,
            exact: self.arithmetic == Arithmetic::Exact,
            viscosity: m.settings.viscosity,
            resistance,
            minor,
            roughness: &m.setting,
            diameter: &m.diameter,
        }
    }

    /// Coefficients of every link and the matrix with its right-hand side.
    fn assemble(&mut self, m: &Model, states: &[&mut State; N], extra: &mut [Vec<(u32, f64)>; N]) {
        self.pipe_coefficients(m);
        for (l, closed) in self.closed.iter().enumerate() {
            for &k in closed {
                let k = k as usize;
                (self.p[k][l], self.y[k][l]) = devices::closed(self.flow[k][l]);
            }
        }
        for k in m.pipes..m.types.len() {
            for (l, state) in states.iter().enumerate() {
                (self.p[k][l], self.y[k][l]) = device_line(m, k, state, self.flow[k][l]);
            }
        }
        self.scatter(m);
        for &k in &m.fixed_links {
            let k = k as usize;
            let [a, b] = m.ends[k].map(|n| n as usize);
            for l in 0..N {
                if a >= m.junctions {
                    self.right[b][l] += self.p[k][l] * self.head[a][l];
                }
                if b >= m.junctions {
                    self.right[a][l] += self.p[k][l] * self.head[b][l];
                }
            }
        }
        for l in 0..N {
            self.add_outflows(m, l, states[l]);
            self.add_control_valves(m, l, states[l], &mut extra[l]);
        }
    }

    fn add_outflows(&mut self, m: &Model, l: usize, state: &State) {
        let s = &m.settings;
        let mut add = |i: usize, loss: f64, gradient: f64, base: f64| {
            self.diagonal[i][l] += 1.0 / gradient;
            self.right[i][l] += (loss + base) / gradient;
        };
        for e in &state.emitters {
            let i = e.node as usize;
            let (loss, gradient) = devices::emitter(m, e.coefficient, e.flow);
            add(i, loss, gradient, m.elevation[i]);
        }
        if s.pressure_driven {
            let (range, n) = (s.pressure_required - s.pressure_min, 1.0 / s.pressure_exponent);
            for (i, &full) in state.full_demand.iter().enumerate() {
                if full > 0.0 {
                    let (loss, gradient) = devices::demand(full, self.demand[i][l], range, n);
                    if gradient > 0.0 {
                        add(i, loss, gradient, m.elevation[i] + s.pressure_min);
                    }
                }
            }
        }
        for (leak, q) in m.leaks.iter().zip(&state.leak_flow) {
            let i = leak.node as usize;
            for (c, n, q) in [(leak.fixed, 0.5, q[0]), (leak.expanding, 1.5, q[1])] {
                if let Some((loss, gradient)) = devices::leak(c, n, q) {
                    add(i, loss, gradient, m.elevation[i]);
                }
            }
        }
        for e in &state.emitters {
            self.right[e.node as usize][l] -= e.flow;
        }
        for (leak, q) in m.leaks.iter().zip(&state.leak_flow) {
            self.right[leak.node as usize][l] -= q[0] + q[1];
        }
    }

    /// Net inflow of a node without its control valves at work (`Xflow`).
    fn excess(&self, m: &Model, l: usize, state: &State, node: usize, extra: &[(u32, f64)]) -> f64 {
        let mut sum = -self.demand[node][l];
        for &k in m.near(node) {
            let k = k as usize;
            if is_control(m.types[k]) && state.setting[k].is_some() {
                continue;
            }
            sum += if m.ends[k][1] as usize == node { self.flow[k][l] } else { -self.flow[k][l] };
        }
        for e in state.emitters.iter().filter(|e| e.node as usize == node) {
            sum -= e.flow;
        }
        for (_, q) in m.leaks.iter().zip(&state.leak_flow).filter(|(leak, _)| leak.node as usize == node) {
            sum -= q[0] + q[1];
        }
        sum + extra.iter().filter(|(n, _)| *n as usize == node).map(|(_, q)| q).sum::<f64>()
    }

    /// PRVs, PSVs and FCVs whose status is not fixed (`prvcoeff`, `psvcoeff`, `fcvcoeff`).
    fn add_control_valves(&mut self, m: &Model, l: usize, state: &State, extra: &mut Vec<(u32, f64)>) {
        for &link in &m.valves {
            let k = link as usize;
            let (LinkType::Valve(kind), Some(setting)) = (m.types[k], state.setting[k]) else { continue };
            if !is_control(m.types[k]) {
                continue;
            }
            let ([n1, n2], slot) = (m.ends[k], m.slots[k] as usize);
            let (i, j) = (n1 as usize, n2 as usize);
            let q = self.flow[k][l];
            if state.status[k] != Status::Active {
                let (p, y) = devices::open_valve(m, state.status[k], q, m.minor[k]);
                (self.p[k][l], self.y[k][l]) = (p, y);
                self.lower[slot][l] -= p;
                self.diagonal[i][l] += p;
                self.diagonal[j][l] += p;
                self.right[i][l] += y - q;
                self.right[j][l] -= y - q;
                continue;
            }
            match kind {
                ValveKind::Prv => {
                    let x = self.excess(m, l, state, j, extra);
                    (self.p[k][l], self.y[k][l]) = (0.0, q + x);
                    self.right[j][l] += (m.elevation[j] + setting) * devices::BIG;
                    self.diagonal[j][l] += devices::BIG;
                    if x < 0.0 {
                        self.right[i][l] += x;
                    }
                }
                ValveKind::Psv => {
                    let x = self.excess(m, l, state, i, extra);
                    (self.p[k][l], self.y[k][l]) = (0.0, q - x);
                    self.right[i][l] += (m.elevation[i] + setting) * devices::BIG;
                    self.diagonal[i][l] += devices::BIG;
                    if x > 0.0 {
                        self.right[j][l] += x;
                    }
                    self.lower[slot][l] -= 1.0 / devices::BIG;
                    self.diagonal[j][l] += 1.0 / devices::BIG;
                }
                _ => {
                    extra.push((n1, -setting));
                    extra.push((n2, setting));
                    let p = 1.0 / devices::BIG;
                    (self.p[k][l], self.y[k][l]) = (p, q - setting);
                    self.right[i][l] -= setting;
                    self.right[j][l] += setting;
                    self.lower[slot][l] -= p;
                    self.diagonal[i][l] += p;
                    self.diagonal[j][l] += p;
                }
            }
        }
    }

    /// New flows of emitters, demands and leaks (`newemitterflows` and its like).
    fn update_others(&mut self, m: &Model, l: usize, relax: f64, state: &mut State, sums: &mut Sums<N>) {
        let s = &m.settings;
        let mut note = |q: f64, dq: f64| {
            sums.flow[0][l] += q.abs();
            sums.change[0][l] += dq.abs();
            sums.largest[l] = sums.largest[l].max(dq.abs());
        };
        for e in &mut state.emitters {
            let i = e.node as usize;
            let (loss, gradient) = devices::emitter(m, e.coefficient, e.flow);
            let dq = (loss - (self.head[i][l] - m.elevation[i])) / gradient * relax;
            e.flow -= dq;
            note(e.flow, dq);
        }
        if s.pressure_driven {
            let range = (s.pressure_required - s.pressure_min).max(0.1);
            let n = 1.0 / s.pressure_exponent;
            for (i, &full) in state.full_demand.iter().enumerate() {
                if full <= 0.0 {
                    continue;
                }
                let (loss, gradient) = devices::demand(full, self.demand[i][l], range, n);
                let dh = self.head[i][l] - m.elevation[i] - s.pressure_min;
                let dq = ((loss - dh) / gradient * relax).clamp(-0.4 * full, 0.4 * full);
                self.demand[i][l] -= dq;
                note(self.demand[i][l], dq);
            }
        }
        for (leak, flow) in m.leaks.iter().zip(&mut state.leak_flow) {
            let h = self.head[leak.node as usize][l] - m.elevation[leak.node as usize];
            let mut total = 0.0;
            for ((c, n), q) in [(leak.fixed, 0.5), (leak.expanding, 1.5)].into_iter().zip(flow.iter_mut()) {
                if let Some((loss, gradient)) = devices::leak(c, n, *q) {
                    let dq = (loss - h) / gradient * relax;
                    *q -= dq;
                    total += dq;
                }
            }
            note(flow[0] + flow[1], total);
        }
    }

    fn pipe_coefficients(&mut self, m: &Model) {
        let loss = PipeLoss {
            formula: m.settings.formula,
            tolerance: m.settings.resistance_tolerance,
            exact: self.arithmetic == Arithmetic::Exact,
            viscosity: m.settings.viscosity,
            resistance: self.resistance.as_flattened(),
            minor: self.minor.as_flattened(),
            roughness: &m.setting,
            diameter: &m.diameter,
        };
        stages::run(stages::Losses {
            loss,
            lanes: N,
            flow: self.flow[..m.pipes].as_flattened(),
            p: self.p[..m.pipes].as_flattened_mut(),
            y: self.y[..m.pipes].as_flattened_mut(),
        });
    }

    fn scatter(&mut self, m: &Model) {
        stages::run(stages::Scatter {
            m,
            flow: &self.flow,
            p: &self.p,
            y: &self.y,
            demand: &self.demand,
            diagonal: &mut self.diagonal,
            right: &mut self.right,
            lower: &mut self.lower,
        });
    }

    fn linear(&mut self, m: &Model) -> Result<(), Singular<N>> {
        let result = stages::run(stages::Linear {
            pattern: &m.pattern,
            diagonal: &mut self.diagonal,
            lower: &mut self.lower,
            x: &mut self.right,
        });
        let n = m.junctions;
        self.head[..n].copy_from_slice(&self.right[..n]);
        result
    }

    fn update_flows(&mut self, m: &Model, relax: &[f64; N]) -> Sums<N> {
        let mut sums = stages::run(stages::Update {
            ends: &m.ends[..m.pipes],
            relax,
            head: &self.head,
            p: &self.p[..m.pipes],
            y: &self.y[..m.pipes],
            flow: &mut self.flow[..m.pipes],
        });
        for k in m.pipes..m.types.len() {
            let [a, b] = m.ends[k].map(|n| n as usize);
            let constant = match m.types[k] {
                LinkType::Pump(p) => m.pumps[p as usize].is_constant(),
                _ => false,
            };
            for (l, relax) in relax.iter().enumerate() {
                let q = self.flow[k][l];
                let mut dq = (self.y[k][l] - self.p[k][l] * (self.head[a][l] - self.head[b][l])) * relax;
                if constant && dq > q {
                    dq = q / 2.0; // a pump of constant power never runs backwards
                }
                self.flow[k][l] = q - dq;
                sums.flow[k & 3][l] += (q - dq).abs();
                sums.change[k & 3][l] += dq.abs();
                sums.largest[l] = sums.largest[l].max(dq.abs());
            }
        }
        sums
    }
}

const fn is_control(kind: LinkType) -> bool {
    matches!(kind, LinkType::Valve(ValveKind::Prv | ValveKind::Psv | ValveKind::Fcv))
}

/// The line of a pump or valve; (0, 0) for a control valve whose setting is in force.
fn device_line(m: &Model, k: usize, state: &State, flow: f64) -> devices::Line {
    let (status, setting) = (state.status[k], state.setting[k]);
    match m.types[k] {
        LinkType::Pump(p) => devices::pump(m, &m.pumps[p as usize], status, setting.unwrap_or(0.0), flow),
        LinkType::Valve(_) if is_control(m.types[k]) && setting.is_some() => (0.0, 0.0),
        LinkType::Valve(kind) => devices::valve(m, kind, k, status, setting, flow),
        LinkType::CheckValve | LinkType::Pipe => devices::closed(flow),
    }
}

/// A control valve whose setting makes the equations singular is fixed open (`badvalve`).
fn release_valve(m: &Model, state: &mut State, row: u32) -> bool {
    for &link in &m.valves {
        let k = link as usize;
        if !m.ends[k].contains(&row) {
            continue;
        }
        if is_control(m.types[k]) && state.status[k] == Status::Active {
            state.status[k] = if m.types[k] == LinkType::Valve(ValveKind::Fcv) {
                Status::CannotDeliverFlow
            } else {
                Status::CannotDeliverPressure
            };
            return true;
        }
        return false;
    }
    false
}
