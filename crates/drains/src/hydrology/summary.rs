//! What the ground and the snow came to (地下水、入渗入流、积雪汇总): SWMM's tables of them.

use serde::{Deserialize, Serialize};

use crate::balance::GroundTotals;
use crate::model::Model;
use crate::state::State;

/// Of the groundwater under a subcatchment: depths over it, flows over it, means and ends.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "columns of SWMM's table")]
pub struct GroundwaterSummary {
    pub name: String,
    pub infiltration: f64,
    pub evaporation: f64,
    pub lateral: f64,
    pub max_lateral: f64,
    pub deep: f64,
    pub mean_moisture: f64,
    pub mean_water_table: f64,
    pub final_moisture: f64,
    pub final_water_table: f64,
}

/// Of the units of one LID control in a subcatchment: depths of water over their area.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "columns of SWMM's table")]
pub struct LidSummary {
    pub subcatchment: String,
    pub control: String,
    pub units: f64,
    pub inflow: f64,
    pub evaporation: f64,
    pub infiltration: f64,
    pub surface_outflow: f64,
    pub drain_outflow: f64,
    pub initial_storage: f64,
    pub final_storage: f64,
    pub error_percent: f64,
}

/// What hydrology below and beside the surface came to; volumes in ft³ or m³.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the tables")]
pub struct HydrologySummary {
    /// Nothing where no subcatchment has groundwater.
    pub ground: Option<GroundTotals>,
    pub ground_error_percent: f64,
    pub groundwater: Vec<GroundwaterSummary>,
    /// How LIDs performed.
    pub lids: Vec<LidSummary>,
    /// Rain on the sewered areas and what of it reached the sewers (RDII).
    pub rdii: Option<[f64; 2]>,
}

impl State {
    /// Groundwater so far.
    pub(crate) fn hydrology_summary(&self, model: &Model) -> HydrologySummary {
        let totals = self.ground_totals(model);
        let any = model.ground.iter().any(Option::is_some) && !model.options.ignore_groundwater;
        HydrologySummary {
            ground: any.then(|| totals.scaled(model.units.volume)),
            ground_error_percent: if any { totals.error() } else { 0.0 },
            groundwater: self.groundwater_summaries(model),
            lids: self.lid_summaries(model),
            rdii: self.rdii.as_ref().map(|r| [r.rain * model.units.volume, r.produced * model.units.volume]),
        }
    }

    fn lid_summaries(&self, model: &Model) -> Vec<LidSummary> {
        let mut list = Vec::new();
        for ((state, group), m) in self.lids.iter().zip(&model.lids).zip(&model.subs) {
            for (s, unit) in state.units.iter().zip(&group.units) {
                list.push(s.water.summary(&m.name, unit, model.units.rain_depth));
            }
        }
        list
    }

    fn groundwater_summaries(&self, model: &Model) -> Vec<GroundwaterSummary> {
        let u = &model.units;
        let seconds = self.new_runoff_time / 1000.0;
        let mean = |sum: f64| if seconds > 0.0 { sum / seconds } else { 0.0 };
        let of = |((s, g), m): (
            (&Option<super::GroundState>, &Option<super::GroundData>),
            &crate::model::SubcatchmentData,
        )| {
            let (s, g) = (s.as_ref()?, g.as_ref()?);
            let t = &s.stats;
            // Where no land is pervious SWMM leaves the ground alone and counts nothing of it.
            let counted = t.moisture > 0.0 || t.water_table > 0.0;
            Some(GroundwaterSummary {
                name: m.name.clone(),
                infiltration: t.infiltration * u.rain_depth,
                evaporation: t.evaporation * u.rain_depth,
                lateral: t.lateral * u.rain_depth,
                max_lateral: t.max_flow * u.flow * m.area,
                deep: t.deep * u.rain_depth,
                mean_moisture: mean(t.moisture),
                mean_water_table: mean(t.water_table) * u.length,
                final_moisture: if counted { s.theta } else { 0.0 },
                final_water_table: if counted { (g.bottom + s.lower) * u.length } else { 0.0 },
            })
        };
        self.ground.iter().zip(&model.ground).zip(&model.subs).filter_map(of).collect()
    }
}

impl GroundTotals {
    fn scaled(self, k: f64) -> Self {
        Self {
            infiltration: self.infiltration * k,
            upper_evaporation: self.upper_evaporation * k,
            lower_evaporation: self.lower_evaporation * k,
            deep: self.deep * k,
            lateral: self.lateral * k,
            initial_storage: self.initial_storage * k,
            final_storage: self.final_storage * k,
        }
    }
}
