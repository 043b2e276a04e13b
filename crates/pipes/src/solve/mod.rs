//! The global gradient algorithm (全局梯度法; Todini and Pilati; EPANET 2.2 manual §12.1): heads and
//! flows of one moment, `N` scenarios abreast.
//!
//! Promises: a lane's result is the same to the bit whatever runs beside it; nothing is allocated
//! while solving. Statuses, checks and convergence follow EPANET's `hydsolve`.

#![expect(clippy::indexing_slicing, reason = "indices are the model's own node, link, tank and lane numbers")]

mod assemble;
mod balance;
mod devices;
mod losses;
mod power;
mod stages;
mod status;
mod trial;
mod warn;

use crate::model::Model;
use crate::state::State;

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
    /// What joins each row to fixed heads: the sums of the matrix's rows.
    ground: Vec<[f64; N]>,
    right: Vec<[f64; N]>,
    lower: Vec<[f64; N]>,
    resistance: Vec<[f64; N]>,
    minor: Vec<[f64; N]>,
    demand: Vec<[f64; N]>,
    /// Pipes closed in each lane.
    closed: [Vec<u32>; N],
    lanes: [Lane; N],
    /// The link whose flow the last trial changed most and by how much, where a full journal asks for it.
    moved: (u32, f64),
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
            ground: vec![[0.0; N]; nodes],
            right: vec![[0.0; N]; nodes],
            lower: vec![[0.0; N]; m.pattern.entries() + 1],
            resistance: spread(pipes),
            minor: spread(m.minor.get(..m.pipes).unwrap_or_default()),
            demand: vec![[0.0; N]; m.junctions],
            closed: [const { Vec::new() }; N],
            lanes: [Lane::IDLE; N],
            moved: (0, 0.0),
        }
    }

    /// Puts the moment this state stands at into a lane; the others go on as they are.
    pub(crate) fn begin(&mut self, m: &Model, l: usize, state: &State) {
        self.lanes[l] =
            Lane { running: true, trial: 1, next_check: m.settings.check_frequency, ..Lane::IDLE };
        self.load(l, state);
        self.list_closed(m, l, state);
    }

    /// As [`Self::begin`] for the state whose last moment this lane has just solved: of what the lane holds,
    /// only demands, fixed heads and the flows of pumps may have changed.
    pub(crate) fn resume(&mut self, m: &Model, l: usize, state: &State) {
        self.lanes[l] =
            Lane { running: true, trial: 1, next_check: m.settings.check_frequency, ..Lane::IDLE };
        for (to, from) in self.flow[m.pipes..].iter_mut().zip(&state.flow[m.pipes..]) {
            to[l] = *from;
        }
        for (to, from) in self.head[m.junctions..].iter_mut().zip(&state.head[m.junctions..]) {
            to[l] = *from;
        }
        for (to, from) in self.demand.iter_mut().zip(&state.demand_flow) {
            to[l] = *from;
        }
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
}
