//! What if (假如): close a pipe, trip a pump, open a hydrant, burst a main, and see who loses water.
//!
//! A trial is made on a copy of a state at the moment it stands at; the state itself is never touched.
//! Where demand is fixed (demand-driven analysis) a tap without pressure still "draws" its demand in
//! the figures: who is cut off is therefore decided by the ways that are open, not by flows.

#![expect(clippy::indexing_slicing, reason = "indices are the model's own node and link numbers")]

mod isolate;
mod reach;

pub use isolate::Isolation;

use crate::model::{LinkType, Model};
use crate::project::LinkKind;
use crate::run::{Runner, SetError};
use crate::solve::Unsolved;
use crate::state::State;
use crate::units::{METRES_PER_FOOT, PSI_PER_FOOT};
use serde::Serialize;

/// Least service pressure at a tap (最低服务水压), MPa; a trial may ask for another.
pub const TAP_PRESSURE_MIN_MPA: f64 = 0.14;

/// Acts of one trial; isolating the largest segment takes a few dozen valves.
pub const ACTS_MAX: usize = 256;

/// Discharge coefficient of a sharp-edged opening (流量系数).
const DISCHARGE: f64 = 0.6;

/// Standard gravity, m/s².
const GRAVITY_MS2: f64 = 9.806_65;

/// Pressure at which an opening's coefficient is matched when the emitter exponent is not 0.5, m.
const MATCHED_AT_M: f64 = 20.0;

/// Cubic metres in a cubic foot.
const CUBIC_METRES: f64 = METRES_PER_FOOT * METRES_PER_FOOT * METRES_PER_FOOT;

/// One thing that is done to the network (动作). Nodes and links are indices of the project.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(tag = "act", rename_all = "snake_case")]
pub enum Act {
    /// Close a pipe or valve (关管、关阀).
    Close {
        /// Link.
        link: usize,
    },
    /// A pump trips and stays off (停泵).
    TripPump {
        /// Link, which must be a pump.
        link: usize,
    },
    /// Open a hydrant (开消火栓), in place of the node's own emitter.
    OpenHydrant {
        /// Junction.
        node: usize,
        /// Area of the opening, m².
        area_m2: f64,
    },
    /// Burst a main (爆管): half of the opening at each end that is a junction, in place of the nodes'
    /// own emitters.
    BurstMain {
        /// Link, which must be a pipe.
        link: usize,
        /// Area of the opening, m².
        area_m2: f64,
    },
}

/// Why a trial could not be made.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum WhatIfError {
    /// No such element, or a figure out of range.
    #[error(transparent)]
    Set(#[from] SetError),
    /// The network could not be solved.
    #[error(transparent)]
    Unsolved(#[from] Unsolved),
    /// The link is of another kind than the act needs.
    #[error("link `{link}` is not a {wanted}; choose a {wanted} for this act")]
    Kind {
        /// Its name.
        link: String,
        /// What the act needs.
        wanted: &'static str,
    },
    /// Too many acts at once.
    #[error("{count} acts are more than {ACTS_MAX}; try them in several trials")]
    TooMany {
        /// How many.
        count: usize,
    },
}

/// A tap (用户接水点: a junction with demand) whose pressure is too low.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct LowTap {
    /// Node.
    pub node: usize,
    /// Pressure before, MPa.
    pub before_mpa: f64,
    /// Pressure after, MPa.
    pub after_mpa: f64,
}

/// What the acts do (后果).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Effect {
    /// Taps that had a way to a source before and have none after.
    pub cut_off: Vec<usize>,
    /// Demand of the taps cut off, flow units.
    pub demand_lost: f64,
    /// Taps that still have a way to a source but less than the least pressure.
    pub low: Vec<LowTap>,
    /// How many taps were below it, or had no way to a source, already before.
    pub low_before: usize,
    /// Taps in all.
    pub taps: usize,
    /// What flows out of opened hydrants and bursts, flow units.
    pub released: f64,
}

impl Effect {
    /// Taps that were well supplied before and are not after: cut off, or below `least_mpa` now only.
    #[must_use]
    pub fn newly_failed(&self, least_mpa: f64) -> usize {
        self.cut_off.len() + self.low.iter().filter(|t| t.before_mpa >= least_mpa).count()
    }
}

impl Model {
    /// Tries acts on a copy of a state: who loses water, and whose pressure falls below `least_mpa`.
    ///
    /// # Errors
    /// [`WhatIfError`] when an act does not fit the network or the network cannot be solved.
    pub fn what_if(&self, state: &State, acts: &[Act], least_mpa: f64) -> Result<Effect, WhatIfError> {
        if acts.len() > ACTS_MAX {
            return Err(WhatIfError::TooMany { count: acts.len() });
        }
        let mut runner = Runner::new(self);
        let mut before = state.clone();
        runner.solve(&mut before)?;
        let mut after = before.clone();
        let mut opened = Vec::new();
        for act in acts {
            self.apply(&mut after, *act, &mut opened)?;
        }
        runner.solve(&mut after)?;
        Ok(self.compare(&before, &after, &opened, least_mpa))
    }

    fn apply(&self, state: &mut State, act: Act, opened: &mut Vec<usize>) -> Result<(), WhatIfError> {
        match act {
            Act::Close { link } => self.set_status(state, link, false)?,
            Act::TripPump { link } => {
                self.wants(link, "pump", |kind| matches!(kind, LinkKind::Pump(_)))?;
                self.set_status(state, link, false)?;
            }
            Act::OpenHydrant { node, area_m2 } => self.open(state, node, area_m2, opened)?,
            Act::BurstMain { link, area_m2 } => {
                self.wants(link, "pipe", |kind| matches!(kind, LinkKind::Pipe(_)))?;
                let ends = self.project.links.get(link).map_or([0, 0], |l| [l.from, l.to]);
                let junction = |n: &usize| (self.node_at[*n] as usize) < self.junctions;
                let ends: Vec<usize> = ends.into_iter().filter(junction).collect();
                for end in &ends {
                    self.open(state, *end, area_m2 / ends.len() as f64, opened)?;
                }
            }
        }
        Ok(())
    }

    fn wants(&self, link: usize, wanted: &'static str, is: fn(&LinkKind) -> bool) -> Result<(), WhatIfError> {
        let found = self.project.links.get(link).ok_or(SetError::Unknown { kind: "link", index: link })?;
        if is(&found.kind) { Ok(()) } else { Err(WhatIfError::Kind { link: found.name.clone(), wanted }) }
    }

    fn open(
        &self,
        state: &mut State,
        node: usize,
        area_m2: f64,
        opened: &mut Vec<usize>,
    ) -> Result<(), WhatIfError> {
        self.set_emitter(state, node, self.orifice(area_m2))?;
        opened.push(node);
        Ok(())
    }

    /// Emitter coefficient (file units) of an opening: Q = 0.6·A·√(2·g·p) (Torricelli), matched at
    /// 20 m where the file's emitter exponent is not 0.5.
    #[must_use]
    pub fn orifice(&self, area_m2: f64) -> f64 {
        let flow_m3s = DISCHARGE * area_m2 * (2.0 * GRAVITY_MS2 * MATCHED_AT_M).sqrt();
        let pressure = if self.factors.metric {
            MATCHED_AT_M
        } else {
            MATCHED_AT_M / METRES_PER_FOOT * PSI_PER_FOOT * self.project.options.specific_gravity
        };
        flow_m3s / CUBIC_METRES * self.factors.flow / pressure.powf(self.project.options.emitter_exponent)
    }

    /// Pressure at an inner node, MPa.
    fn pressure_mpa(&self, state: &State, at: usize) -> f64 {
        let metres = (state.head[at] - self.elevation[at]) * METRES_PER_FOOT;
        metres * GRAVITY_MS2 / 1000.0 * self.project.options.specific_gravity
    }

    fn compare(&self, before: &State, after: &State, opened: &[usize], least_mpa: f64) -> Effect {
        let (had, has) = (self.reached(before), self.reached(after));
        let taps = self.taps();
        let mut effect = Effect {
            cut_off: Vec::new(),
            demand_lost: 0.0,
            low: Vec::new(),
            low_before: 0,
            taps: 0,
            released: 0.0,
        };
        for (node, at) in self.node_at.iter().enumerate() {
            let at = *at as usize;
            if !taps.get(at).is_some_and(|tap| *tap) {
                continue;
            }
            effect.taps += 1;
            let (before_mpa, after_mpa) = (self.pressure_mpa(before, at), self.pressure_mpa(after, at));
            effect.low_before += usize::from(!had[at] || before_mpa < least_mpa);
            if had[at] && !has[at] {
                effect.cut_off.push(node);
                effect.demand_lost += before.full_demand[at] * self.factors.flow;
            } else if has[at] && after_mpa < least_mpa {
                effect.low.push(LowTap { node, before_mpa, after_mpa });
            }
        }
        effect.released = self.released(after, opened);
        effect
    }

    /// Whether somebody draws water at each inner junction, now or at another hour.
    fn taps(&self) -> Vec<bool> {
        let mut taps = vec![false; self.junctions];
        for (node, base) in self.demands.bases() {
            taps[node] |= base > 0.0;
        }
        taps
    }

    fn released(&self, state: &State, opened: &[usize]) -> f64 {
        let at_work = |e: &&crate::state::Emitter| {
            opened.iter().any(|node| self.node_at.get(*node).is_some_and(|at| *at == e.node))
        };
        state.emitters.iter().filter(at_work).map(|e| e.flow).sum::<f64>() * self.factors.flow
    }

    /// True for pumps and for valves that pass water one way only.
    fn is_one_way(&self, link: usize) -> bool {
        use crate::project::ValveKind::{Fcv, Prv, Psv};
        matches!(
            self.types[link],
            LinkType::CheckValve | LinkType::Pump(_) | LinkType::Valve(Prv | Psv | Fcv)
        )
    }
}
