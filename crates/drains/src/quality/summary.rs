//! 水质汇总: the books of each pollutant in the model's units of mass.
#![expect(clippy::indexing_slicing, reason = "one entry a pollutant")]

use serde::{Deserialize, Serialize};

use super::LITRES_IN_FT3;
use super::books::{LoadingTotals, QualityTotals};
use crate::model::Model;
use crate::project::QualityUnits;
use crate::state::State;

/// Of a pollutant; masses in lb or kg, counts as the logarithm of their number as SWMM writes them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "SWMM's two tables")]
pub struct PollutantSummary {
    pub name: String,
    pub units: String,
    pub loading: LoadingTotals,
    pub loading_error_percent: f64,
    pub routing: QualityTotals,
    pub routing_error_percent: f64,
}

/// Of all pollutants.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[expect(missing_docs, reason = "one entry a pollutant")]
pub struct QualitySummary {
    pub pollutants: Vec<PollutantSummary>,
    /// The greatest of the routing errors.
    pub error_percent: f64,
}

fn log10(x: f64) -> f64 {
    if x > 0.0 { x.log10() } else { x }
}

impl State {
    /// Water quality so far.
    #[must_use]
    pub fn quality_summary(&self, model: &Model) -> QualitySummary {
        let mut s = QualitySummary::default();
        for (p, data) in model.quality.pollutants.iter().enumerate() {
            let (Some(loading), Some(routing)) =
                (self.loading_totals(model, p), self.quality_totals(model, p))
            else {
                continue;
            };
            let (loading_error_percent, routing_error_percent) = (loading.error(), routing.error());
            if routing_error_percent.abs() > s.error_percent.abs() {
                s.error_percent = routing_error_percent;
            }
            let counts = data.units == QualityUnits::Count;
            s.pollutants.push(PollutantSummary {
                name: data.name.clone(),
                units: data.units.word().to_owned(),
                loading: if counts { loading.map(log10) } else { loading },
                loading_error_percent,
                routing: routing.map(|w| model.shown_mass(p, w)),
                routing_error_percent,
            });
        }
        s
    }

    /// Washed off a subcatchment, lb or kg, or logarithms of counts; one a pollutant.
    pub(crate) fn washoff_loads_of(&self, model: &Model, sub: usize) -> Vec<f64> {
        let Some(s) = self.quality.subs.get(sub) else { return Vec::new() };
        let shown = |(w, p): (&f64, &super::data::PollutantData)| {
            if p.units == QualityUnits::Count { log10(*w) } else { *w }
        };
        s.total.iter().zip(&model.quality.pollutants).map(shown).collect()
    }

    /// Carried by a link, as [`Self::washoff_loads_of`] shows it.
    pub(crate) fn link_loads_of(&self, model: &Model, link: usize) -> Vec<f64> {
        let count = model.quality.count();
        (0..count).map(|p| model.shown_mass(p, self.quality.link_load[link * count + p])).collect()
    }

    /// Discharged by an outfall, as [`Self::washoff_loads_of`] shows it.
    pub(crate) fn outfall_loads_of(&self, model: &Model, node: usize) -> Vec<f64> {
        let count = model.quality.count();
        (0..count).map(|p| model.shown_mass(p, self.quality.outfall_load[node * count + p])).collect()
    }
}

impl Model {
    /// A mass (its unit a litre times ft³) in lb or kg, or as the logarithm of a count.
    fn shown_mass(&self, p: usize, w: f64) -> f64 {
        let data = &self.quality.pollutants[p];
        if data.units == QualityUnits::Count {
            log10(LITRES_IN_FT3 * w)
        } else {
            w * (LITRES_IN_FT3 * data.mass)
        }
    }

    /// Names of the pollutants computed, in order.
    pub fn pollutant_names(&self) -> impl Iterator<Item = &str> {
        self.quality.pollutants.iter().map(|p| p.name.as_str())
    }
}
