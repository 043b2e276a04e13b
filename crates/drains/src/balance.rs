//! Water balance (水量平衡): what came, what went, what is left; SWMM's continuity errors.

use serde::{Deserialize, Serialize};

use crate::model::Model;
use crate::project::Routing;
use crate::state::State;
use crate::units::TINY;

/// Volumes over the run (ft³) or rates in a step (ft³/s).
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the lines of SWMM's table")]
pub struct FlowTotals {
    pub dry_weather: f64,
    pub wet_weather: f64,
    pub groundwater: f64,
    pub rdii: f64,
    pub external: f64,
    pub flooding: f64,
    pub outflow: f64,
    pub evaporation: f64,
    pub seepage: f64,
    pub initial_storage: f64,
    pub final_storage: f64,
}

/// Volumes of the ground's surface, ft³.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the lines of SWMM's table")]
pub struct RunoffTotals {
    pub rainfall: f64,
    pub runon: f64,
    pub evaporation: f64,
    pub infiltration: f64,
    pub runoff: f64,
    pub drains: f64,
    pub snow_removed: f64,
    pub initial_snow: f64,
    pub final_snow: f64,
    pub initial_storage: f64,
    pub final_storage: f64,
}

/// Volumes of the ground below, ft³.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the lines of SWMM's table")]
pub struct GroundTotals {
    pub infiltration: f64,
    pub upper_evaporation: f64,
    pub lower_evaporation: f64,
    pub deep: f64,
    pub lateral: f64,
    pub initial_storage: f64,
    pub final_storage: f64,
}

impl GroundTotals {
    /// Continuity error, percent.
    #[must_use]
    pub fn error(&self) -> f64 {
        error(
            self.infiltration + self.initial_storage,
            self.upper_evaporation + self.lower_evaporation + self.deep + self.lateral + self.final_storage,
        )
    }
}

/// The books of a run.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct Balance {
    pub(crate) runoff: RunoffTotals,
    pub(crate) ground: GroundTotals,
    pub(crate) flow: FlowTotals,
    pub(crate) step: FlowTotals,
    pub(crate) node_inflow: Vec<f64>,
    pub(crate) node_outflow: Vec<f64>,
}

/// Continuity error, percent; sums that differ by less than `negligible` count as equal.
pub(crate) fn continuity_error(inflow: f64, outflow: f64, negligible: f64) -> f64 {
    if (inflow - outflow).abs() < negligible {
        TINY
    } else if inflow > 0.0 {
        100.0 * (1.0 - outflow / inflow)
    } else if outflow > 0.0 {
        100.0 * (inflow / outflow - 1.0)
    } else {
        0.0
    }
}

/// Of water: a cubic foot is negligible.
fn error(inflow: f64, outflow: f64) -> f64 {
    continuity_error(inflow, outflow, 1.0)
}

impl RunoffTotals {
    /// Continuity error, percent.
    #[must_use]
    pub fn error(&self) -> f64 {
        error(
            self.rainfall + self.runon + self.initial_storage + self.initial_snow,
            self.evaporation
                + self.infiltration
                + self.runoff
                + self.drains
                + self.snow_removed
                + self.final_storage
                + self.final_snow,
        )
    }
}

impl FlowTotals {
    /// Continuity error, percent.
    #[must_use]
    pub fn error(&self) -> f64 {
        let mut inflow = self.initial_storage + self.wet_weather + self.rdii;
        let mut outflow = self.final_storage + self.flooding + self.evaporation + self.seepage;
        for v in [self.dry_weather, self.groundwater, self.external] {
            if v >= 0.0 { inflow += v } else { outflow -= v }
        }
        if self.outflow >= 0.0 {
            outflow += self.outflow
        } else {
            inflow -= self.outflow
        }
        error(inflow, outflow)
    }

    /// 1 − outflow / inflow of one step, for the steady state test.
    pub(crate) fn step_error(&self) -> f64 {
        let inflow = self.dry_weather + self.wet_weather + self.groundwater + self.rdii + self.external;
        let outflow = self.flooding + self.outflow + self.evaporation + self.seepage;
        if inflow.abs() > 0.0 {
            1.0 - outflow / inflow
        } else if outflow.abs() > 0.0 {
            inflow / outflow - 1.0
        } else {
            0.0
        }
    }
}

impl State {
    pub(crate) fn open_balance(&mut self, model: &Model) {
        self.balance.flow.initial_storage =
            self.volume.iter().fold(0.0, |t, v| t + v) + self.links_volume(model, 0.0);
        self.balance.step.initial_storage = self.balance.flow.initial_storage;
        self.balance.node_inflow = self.volume.clone();
        self.balance.node_outflow = vec![0.0; model.nodes.kind.len()];
        self.balance.runoff.initial_snow = self.snow_storage(model);
        self.balance.ground.initial_storage = self.ground_storage(model);
        self.balance.runoff.initial_storage = self.surface_storage(model);
    }

    /// Water on all subcatchments and in their LIDs, ft³.
    fn surface_storage(&self, model: &Model) -> f64 {
        let lids = self.lids.iter().zip(&model.lids);
        let each = self.subs.iter().zip(&model.subs).zip(lids);
        each.fold(0.0, |t, ((s, m), (l, g))| t + (s.storage(m) + l.storage(g)))
    }

    /// Half a step's rates into the totals: SWMM counts them before and after the step.
    pub(crate) fn update_totals(&mut self, half: f64) {
        let (t, s) = (&mut self.balance.flow, &self.balance.step);
        t.dry_weather += s.dry_weather * half;
        t.wet_weather += s.wet_weather * half;
        t.groundwater += s.groundwater * half;
        t.rdii += s.rdii * half;
        t.external += s.external * half;
        t.flooding += s.flooding * half;
        t.outflow += s.outflow * half;
        t.evaporation += s.evaporation * half;
        t.seepage += s.seepage * half;
        self.update_quality_totals(half);
    }

    /// The flow totals with the storage of this moment as the final one.
    #[must_use]
    pub fn flow_totals(&self, model: &Model) -> FlowTotals {
        let mut t = self.balance.flow;
        t.final_storage = self.volume.iter().fold(0.0, |t, v| t + v);
        if model.options.routing != Routing::Steady {
            t.final_storage = self.links_volume(model, t.final_storage);
        }
        t
    }

    /// The groundwater totals with the storage of this moment as the final one.
    #[must_use]
    pub fn ground_totals(&self, model: &Model) -> GroundTotals {
        GroundTotals { final_storage: self.ground_storage(model), ..self.balance.ground }
    }

    /// The runoff totals with the storage of this moment as the final one.
    #[must_use]
    pub fn runoff_totals(&self, model: &Model) -> RunoffTotals {
        let mut t = self.balance.runoff;
        t.final_snow = self.snow_storage(model);
        t.snow_removed = self.snow_removed;
        t.final_storage = self.surface_storage(model);
        t
    }
}
