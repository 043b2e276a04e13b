//! SWMM's table of streets and their inlets (街道汇总).
#![expect(clippy::indexing_slicing, reason = "one entry a link of the model")]

use serde::{Deserialize, Serialize};

use crate::model::{Model, SidesOfStreet};
use crate::project::Placement;
use crate::state::State;
use crate::units::min;

/// Of a street: flows and lengths in the model's units, shares in percent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "columns of SWMM's table")]
pub struct StreetSummary {
    pub name: String,
    pub peak_flow: f64,
    pub max_spread: f64,
    pub max_depth: f64,
    pub inlet: Option<InletSummary>,
}

/// Of a street's inlets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "columns of SWMM's table")]
pub struct InletSummary {
    pub design: String,
    pub on_sag: bool,
    pub count: u32,
    /// Some water came to it.
    pub had_flow: bool,
    pub peak_capture: f64,
    pub mean_capture: f64,
    pub bypass_frequency: f64,
    pub backflow_frequency: f64,
    pub peak_capture_per_inlet: f64,
    pub peak_bypass: f64,
}

impl State {
    /// 街道汇总 of the run so far: every street, in the links' order.
    #[must_use]
    pub fn streets(&self, model: &Model) -> Vec<StreetSummary> {
        (0..model.links.kind.len()).filter_map(|j| self.street(model, j)).collect()
    }

    fn street(&self, model: &Model, j: usize) -> Option<StreetSummary> {
        let SidesOfStreet { street, sides } = model.street_of(j)?;
        let (u, t) = (&model.units, self.link_stats(model, j));
        let width = street.width / u.length;
        let spread = min(model.links.section[j].width(t.max_depth) / sides, width);
        let k = model.inlets.of_link(j);
        Some(StreetSummary {
            name: model.links.name[j].clone(),
            peak_flow: t.max_flow * u.flow,
            max_spread: spread * u.length,
            max_depth: t.max_depth * u.length,
            inlet: k.map(|k| self.inlet_summary(model, k, t.max_flow, sides)),
        })
    }

    fn inlet_summary(&self, model: &Model, k: usize, max_flow: f64, sides: f64) -> InletSummary {
        let (i, s, u) = (&model.inlets.list[k], &self.inlets.flow[k].stats, &model.units);
        let percent = |a: f64, of: f64| if of > 0.0 { a / (of / 100.0) } else { 0.0 };
        InletSummary {
            design: i.design_name.clone(),
            on_sag: i.placement == Placement::OnSag,
            count: i.count,
            had_flow: s.flow_periods > 0.0,
            peak_capture: s.peak_capture,
            mean_capture: percent(s.sum_capture, s.capture_periods),
            bypass_frequency: percent(s.bypass_periods, s.capture_periods),
            backflow_frequency: percent(s.backflow_periods, s.flow_periods),
            peak_capture_per_inlet: (max_flow / sides) * u.flow * 0.01 * s.peak_capture / f64::from(i.count),
            peak_bypass: max_flow * u.flow * 0.01 * (100.0 - s.peak_capture),
        }
    }
}
