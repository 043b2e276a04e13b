//! Running (运行): steps through time as EPANET does, one scenario or many abreast.
//!
//! A state always stands at a moment; [`Runner::step`] solves the first moment or moves on to the
//! next one and solves it, so that after every step the state can be observed.

#![expect(clippy::indexing_slicing, reason = "indices are the model's own node, link, tank and lane numbers")]

mod clock;
mod demands;
mod ensemble;
mod observe;
mod rules;
mod set;

pub use ensemble::run_all;
pub use observe::{LinkView, NodeView};
pub use set::SetError;

use crate::model::LinkType;
use crate::model::Model;
use crate::project::ValveKind;
use crate::quality::QualityState;
use crate::solve::{Arithmetic, Unsolved, Workspace, ZERO_FLOW};
use crate::state::{Emitter, PumpEnergy, State, Status};
use std::f64::consts::PI;

impl Model {
    /// The state at the start of the run (`inithyd`).
    #[must_use]
    pub fn start(&self) -> State {
        let links = self.types.len();
        let mut state = State {
            time: 0,
            report_time: self.clocks.report,
            solved: false,
            halted: false,
            flow: vec![ZERO_FLOW; links],
            head: vec![0.0; self.node_of.len()],
            status: self.status.clone(),
            setting: self.setting.iter().map(|&s| Some(s)).collect(),
            full_demand: vec![0.0; self.junctions],
            demand_flow: vec![0.0; self.junctions],
            demand_period: None,
            outflow: vec![0.0; self.node_of.len()],
            emitters: self
                .emitters
                .iter()
                .map(|&(node, coefficient)| Emitter { node, coefficient, flow: 1.0 })
                .collect(),
            leak_flow: self
                .leaks
                .iter()
                .map(|l| [l.fixed, l.expanding].map(|c| if c > 0.0 { 0.001 } else { 0.0 }))
                .collect(),
            volume: self.tanks.iter().map(|t| t.volume_start).collect(),
            energy: vec![PumpEnergy::default(); self.pumps.len()],
            power_peak: 0.0,
            system_demand: 0.0,
            relative_error: 0.0,
            iterations: 0,
            warnings: Vec::new(),
            set_demand: std::collections::BTreeMap::new(),
            scale: Vec::new(),
            held: std::collections::BTreeMap::new(),
            set_head: std::collections::BTreeMap::new(),
            quality: None,
            journal: None,
        };
        for tank in &self.tanks {
            state.head[tank.node as usize] = tank.head_start;
        }
        for k in 0..links {
            if let LinkType::Valve(kind) = self.types[k]
                && kind != ValveKind::Gpv
                && state.status[k] != Status::Active
            {
                state.setting[k] = None;
            }
            if !state.status[k].is_closed() {
                state.flow[k] = self.first_flow(k, state.setting[k]);
            }
        }
        state.quality = QualityState::new(self);
        state
    }

    /// A first guess: a pump's design flow, elsewhere 1 ft/s (`initlinkflow`).
    fn first_flow(&self, k: usize, setting: Option<f64>) -> f64 {
        match self.types[k] {
            LinkType::Pump(p) => setting.unwrap_or(1.0) * self.pumps[p as usize].flow_start,
            _ => PI * self.diameter[k] * self.diameter[k] / 4.0,
        }
    }
}

/// Steps states of one model (运行器): the work arrays of one lane.
#[derive(Debug, Clone)]
pub struct Runner<'m> {
    model: &'m Model,
    work: Workspace<1>,
}

impl<'m> Runner<'m> {
    /// A runner for this model.
    #[must_use]
    pub fn new(model: &'m Model) -> Self {
        Self::with(model, Arithmetic::Fast)
    }

    /// A runner that uses this arithmetic.
    #[must_use]
    pub fn with(model: &'m Model, arithmetic: Arithmetic) -> Self {
        Self { model, work: Workspace::new(model, arithmetic) }
    }

    /// Solves the moment the state stands at again, after something was set.
    ///
    /// # Errors
    /// [`Unsolved`] with the place and the time.
    pub fn solve(&mut self, state: &mut State) -> Result<(), Unsolved> {
        clock::prepare(self.model, state);
        self.work.solve(self.model, state)?;
        clock::conclude(self.model, state);
        Ok(())
    }

    /// Solves the first moment, or moves on to the next and solves it. `false` when the run is over.
    ///
    /// # Errors
    /// [`Unsolved`] with the place and the time.
    pub fn step(&mut self, state: &mut State) -> Result<bool, Unsolved> {
        self.step_before(state, i64::MAX)
    }

    /// As [`Self::step`], but never past `limit` seconds.
    fn step_before(&mut self, state: &mut State, limit: i64) -> Result<bool, Unsolved> {
        if state.solved && !clock::advance(self.model, state, limit) {
            return Ok(false);
        }
        self.solve(state)?;
        Ok(true)
    }

    /// Steps until the state stands, solved, at `time` seconds (or at the end of the run).
    ///
    /// # Errors
    /// [`Unsolved`] with the place and the time.
    pub fn run_until(&mut self, state: &mut State, time: i64) -> Result<(), Unsolved> {
        while !state.solved || state.time < time {
            if !self.step_before(state, time)? {
                break;
            }
        }
        Ok(())
    }
}
