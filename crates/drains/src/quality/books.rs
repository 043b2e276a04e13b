//! 负荷与水质平衡: what of each pollutant came, went and is left, on the land and in the sewers.
#![expect(clippy::indexing_slicing, reason = "one entry a pollutant")]

use serde::{Deserialize, Serialize};

use crate::balance::continuity_error;
use crate::model::Model;
use crate::project::Routing;
use crate::state::State;

/// Of a pollutant on the land, lb or kg (counts: number over the run).
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the lines of SWMM's table")]
pub struct LoadingTotals {
    pub initial: f64,
    pub build_up: f64,
    pub deposition: f64,
    pub sweeping: f64,
    pub infiltration: f64,
    pub practice: f64,
    pub runoff: f64,
    pub remaining: f64,
}

/// Of a pollutant in the sewers: rates in a step, or over the run.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the lines of SWMM's table")]
pub struct QualityTotals {
    pub dry_weather: f64,
    pub wet_weather: f64,
    pub groundwater: f64,
    pub rdii: f64,
    pub external: f64,
    pub flooding: f64,
    pub outflow: f64,
    pub seepage: f64,
    pub reacted: f64,
    pub initial_storage: f64,
    pub final_storage: f64,
}

/// Of pollutants: a thousandth of their unit is negligible.
fn error(inflow: f64, outflow: f64) -> f64 {
    continuity_error(inflow, outflow, 0.001)
}

impl LoadingTotals {
    /// Continuity error, percent.
    #[must_use]
    pub fn error(&self) -> f64 {
        error(
            self.initial + self.build_up + self.deposition,
            self.sweeping + self.infiltration + self.practice + self.runoff + self.remaining,
        )
    }

    /// Every line changed alike.
    #[must_use]
    pub fn map(self, f: impl Fn(f64) -> f64) -> Self {
        Self {
            initial: f(self.initial),
            build_up: f(self.build_up),
            deposition: f(self.deposition),
            sweeping: f(self.sweeping),
            infiltration: f(self.infiltration),
            practice: f(self.practice),
            runoff: f(self.runoff),
            remaining: f(self.remaining),
        }
    }
}

impl QualityTotals {
    /// Continuity error, percent.
    #[must_use]
    pub fn error(&self) -> f64 {
        error(
            self.dry_weather
                + self.wet_weather
                + self.groundwater
                + self.rdii
                + self.external
                + self.initial_storage,
            self.flooding + self.outflow + self.reacted + self.seepage + self.final_storage,
        )
    }

    /// Every line changed alike.
    #[must_use]
    pub fn map(self, f: impl Fn(f64) -> f64) -> Self {
        Self {
            dry_weather: f(self.dry_weather),
            wet_weather: f(self.wet_weather),
            groundwater: f(self.groundwater),
            rdii: f(self.rdii),
            external: f(self.external),
            flooding: f(self.flooding),
            outflow: f(self.outflow),
            seepage: f(self.seepage),
            reacted: f(self.reacted),
            initial_storage: f(self.initial_storage),
            final_storage: f(self.final_storage),
        }
    }

    /// Mass that leaves the system (a rate); what comes back through an outfall is an inflow.
    pub(super) fn leave(&mut self, w: f64, flooded: bool) {
        if w < 0.0 {
            self.external -= w;
        } else if flooded {
            self.flooding += w;
        } else {
            self.outflow += w;
        }
    }

    fn add(&mut self, s: &Self, half: f64) {
        self.dry_weather += s.dry_weather * half;
        self.wet_weather += s.wet_weather * half;
        self.groundwater += s.groundwater * half;
        self.rdii += s.rdii * half;
        self.external += s.external * half;
        self.flooding += s.flooding * half;
        self.outflow += s.outflow * half;
        self.reacted += s.reacted * half;
        self.seepage += s.seepage * half;
        // A mass, not a rate; SWMM adds it at both halves.
        self.final_storage += s.final_storage;
    }
}

impl State {
    /// Half a step's rates into the totals.
    pub(crate) fn update_quality_totals(&mut self, half: f64) {
        let q = &mut self.quality;
        for (t, s) in q.totals.iter_mut().zip(&q.step) {
            t.add(s, half);
        }
    }

    /// The books before the first step.
    pub(crate) fn open_quality_books(&mut self, model: &Model) {
        for p in 0..model.quality.count() {
            self.quality.loading[p].initial = self.mass_on_land(model, p);
            self.quality.totals[p].initial_storage = self.mass_in_network(model, p);
        }
    }

    /// Mass of a pollutant on all subcatchments now, lb or kg.
    fn mass_on_land(&self, model: &Model, p: usize) -> f64 {
        let count = model.quality.count();
        let mut mass = 0.0;
        for s in &self.quality.subs {
            for b in s.build_up.iter().skip(p).step_by(count) {
                mass += b;
            }
            mass += s.ponded[p] * model.quality.pollutants[p].mass;
        }
        mass
    }

    /// Mass of a pollutant in nodes and links now, in its own unit times ft³ a litre.
    fn mass_in_network(&self, model: &Model, p: usize) -> f64 {
        let (q, count) = (&self.quality, model.quality.count());
        let nodes = self.volume.iter().zip(q.node.iter().skip(p).step_by(count));
        let mut mass = nodes.fold(0.0, |t, (v, c)| t + v * c);
        if model.options.routing != Routing::Steady {
            let links = q.link.iter().skip(p).step_by(count).enumerate();
            mass = links.fold(mass, |t, (j, c)| t + self.water(model, j).volume * c);
        }
        mass
    }

    /// Books of a pollutant on the land, what lies there now included; lb or kg.
    #[must_use]
    pub fn loading_totals(&self, model: &Model, pollutant: usize) -> Option<LoadingTotals> {
        let t = self.quality.loading.get(pollutant)?;
        Some(LoadingTotals { remaining: t.remaining + self.mass_on_land(model, pollutant), ..*t })
    }

    /// Books of a pollutant in the sewers, what is there now included; its unit of mass times ft³ a
    /// litre.
    #[must_use]
    pub fn quality_totals(&self, model: &Model, pollutant: usize) -> Option<QualityTotals> {
        let t = self.quality.totals.get(pollutant)?;
        let stored = self.mass_in_network(model, pollutant);
        Some(QualityTotals { final_storage: t.final_storage + stored, ..*t })
    }
}
