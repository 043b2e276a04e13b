//! Runoff (产汇流): a nonlinear reservoir on each part of a subcatchment (Reference Manual I, ch. 3).
#![expect(clippy::indexing_slicing, reason = "three parts a subcatchment, one state each")]

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::infiltration::SoilState;
use super::lid_run::LidVolumes;
use super::pond::GROUP;
use super::surface::{Conditions, Received, Shed, infiltration_factor};
use crate::crew::{Cuts, Hands, PARTS, cut};
use crate::date::seconds_between;
use crate::model::{Model, SubcatchmentData};
use crate::project::{InternalRouting, Routing};
use crate::quality::Produced;
use crate::state::{Numerics, State};
use crate::units::max;

/// State of a subcatchment.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct SubState {
    pub(crate) rainfall: f64,
    pub(crate) runon: f64,
    pub(crate) evaporation: f64,
    pub(crate) infiltration: f64,
    pub(crate) depth: [f64; 3],
    pub(crate) inflow: [f64; 3],
    pub(crate) runoff: [f64; 3],
    pub(crate) soil: SoilState,
}

impl SubState {
    pub(crate) fn new(s: &SubcatchmentData) -> Self {
        Self {
            soil: s.infiltration.map_or_else(SoilState::default, |(_, soil)| soil.initial()),
            ..Self::default()
        }
    }

    /// Mean depth on what is not under LIDs, ft.
    pub(crate) fn depth_on(&self, s: &SubcatchmentData) -> f64 {
        let wet = (0..3).filter(|i| s.parts[*i].fraction > 0.0);
        wet.fold(0.0, |d, i| d + self.depth[i] * s.parts[i].fraction)
    }

    /// Water standing on it, ft³.
    pub(crate) fn storage(&self, s: &SubcatchmentData) -> f64 {
        let v: f64 = (0..3).fold(0.0, |v, i| v + self.depth[i] * s.parts[i].fraction);
        v * (s.area - s.lid_area)
    }
}

impl State {
    /// The gage whose rain gage `j` has because of a common series: none where rain is set live, or a
    /// scenario's, at either.
    pub(crate) fn follows(&self, g: &crate::model::GageData, j: usize) -> Option<usize> {
        g.same_as.filter(|k| !self.gages[*k].is_set() && !self.gages[j].is_set())
    }

    /// One runoff step: climate, rain, runon, then every subcatchment.
    pub(crate) fn run_runoff(&mut self, model: &Model, hands: Hands) {
        let old_step = (self.new_runoff_time - self.old_runoff_time) / 1000.0;
        let date = model.date_at(self.new_runoff_time);
        self.climate.go(model, date);
        let raining = self.rain(model, date);
        if let Some(file) = &model.interface.runoff {
            self.read_runoff(model, file);
            return;
        }
        let step = self.begin_runoff_step(model, date, raining);
        self.age_surfaces(model);
        if old_step > 0.0 {
            self.outfall_runon(model, old_step);
        }
        for &j in &model.ways.runon {
            self.runon(model, j);
        }
        self.plow_all(model, step);
        self.has_runoff = false;
        self.wet_lids = false;
        for from in (0..model.subs.len()).step_by(PARTS * GROUP) {
            self.groups(model, from, date, step, hands);
        }
        let total = self.new_runoff.iter().fold(0.0, |t, q| t + q);
        self.stats.max_runoff = max(self.stats.max_runoff, total);
        self.record_runoff(model, step);
    }

    /// Brings every gage to a moment; true if there is rain at any.
    fn rain(&mut self, model: &Model, date: f64) -> bool {
        let mut raining = false;
        for (j, g) in model.gages.iter().enumerate() {
            if let Some(k) = self.follows(g, j) {
                self.gages[j].rainfall = self.gages[k].rainfall;
            } else if model.options.ignore_rainfall {
                self.gages[j].rainfall = 0.0;
            } else {
                self.gages[j].go(g, date, self.climate.rain_factor);
            }
            raining |= self.gages[j].rainfall > 0.0;
        }
        raining
    }

    /// Moves the clock of the runoff on; the step, s.
    fn begin_runoff_step(&mut self, model: &Model, date: f64, raining: bool) -> f64 {
        let mut step = self.runoff_step(model, date, raining);
        self.old_runoff_time = self.new_runoff_time;
        self.new_runoff_time += 1000.0 * step;
        if self.new_runoff_time > model.duration {
            step = (model.duration - self.old_runoff_time) / 1000.0;
            self.new_runoff_time = model.duration;
        }
        for g in &mut self.gages {
            g.remember(step as i64);
        }
        step
    }

    /// Before a step: what was new is old.
    fn age_surfaces(&mut self, model: &Model) {
        self.old_runoff.copy_from_slice(&self.new_runoff);
        self.age_surface_quality();
        if model.ways.any_lids {
            self.age_lids();
        }
        if model.ways.any_snow {
            for s in self.snow.iter_mut().flatten() {
                s.old_depth = s.new_depth;
            }
        }
    }

    fn runoff_step(&self, model: &Model, date: f64, raining: bool) -> f64 {
        let mut most = model.options.dry_step;
        let mut limit = |seconds: i64| {
            if seconds > 0 && seconds < most {
                most = seconds;
            }
        };
        limit(seconds_between(self.climate.next, date));
        for (j, g) in model.gages.iter().enumerate() {
            limit(seconds_between(self.gages[j].change(g, date), date));
        }
        let snow = model.ways.any_snow && self.has_snow();
        let step = if raining || self.has_runoff || self.wet_lids || snow {
            model.options.wet_step
        } else {
            model.options.dry_step
        };
        step.min(most) as f64
    }

    fn has_snow(&self) -> bool {
        self.new_runoff_time > 0.0 && self.snow.iter().flatten().any(|s| s.new_depth > 0.0)
    }

    /// Outfalls that discharge onto a subcatchment.
    fn outfall_runon(&mut self, model: &Model, step: f64) {
        for &(i, k) in &model.ways.returns {
            let v = self.routed[i];
            self.add_runon(model, k, v / step);
            self.balance.runoff.runon += v;
            self.routed[i] = 0.0;
            self.add_outfall_load(model, i, k, step);
        }
    }

    pub(super) fn add_runon(&mut self, model: &Model, k: usize, q: f64) {
        if model.subs[k].area <= 0.0 {
            return;
        }
        let other = model.subs[k].area - model.subs[k].lid_area;
        let q = q / if other > 0.0 { other } else { model.subs[k].area };
        self.subs[k].runon += q;
        for i in 0..3 {
            self.subs[k].inflow[i] += q;
        }
    }

    fn runon(&mut self, model: &Model, j: usize) {
        let m = &model.subs[j];
        if let Some(k) = m.out_sub
            && k != j
        {
            let q = self.old_runoff[j];
            self.add_runon(model, k, q);
            self.add_runon_load(j, k, q, None);
        }
        self.lid_runon(model, j);
        let s = &mut self.subs[j];
        let p = &m.parts;
        if m.impervious < 1.0 && m.routing == InternalRouting::Pervious {
            let q = s.runoff[0] * p[0].fraction + s.runoff[1] * p[1].fraction;
            s.inflow[2] += q * (1.0 - p[0].to_outlet) / p[2].fraction;
        }
        if m.impervious > 0.0 && m.routing == InternalRouting::Impervious && p[1].fraction > 0.0 {
            s.inflow[1] += s.runoff[2] * (1.0 - p[2].to_outlet) * p[2].fraction / p[1].fraction;
        }
        if m.lid_area > 0.0 && m.impervious < 1.0 {
            let pervious = p[2].fraction * (m.area - m.lid_area);
            if pervious > 0.0 {
                s.inflow[2] += self.lids[j].to_pervious / pervious;
            }
        }
    }

    /// A runoff step of some groups of neighbouring subcatchments, and their books. None of them asks for
    /// what another does in the same step.
    fn groups(&mut self, model: &Model, from: usize, date: f64, step: f64, hands: Hands) {
        let all = from..(from + PARTS * GROUP).min(model.subs.len());
        let shed = self.shed(model, all.clone(), step, hands);
        for (j, shed) in all.clone().zip(shed.into_iter().flatten()) {
            let Some(Shed { received, total }) = shed else { continue };
            let made = self.book_runoff(model, j, step, received, total);
            self.has_runoff |= made.runoff > 0.0;
            self.surface_quality(model, j, &made, date, step);
        }
        for s in &mut self.subs[all] {
            (s.runon, s.inflow) = (0.0, [0.0; 3]);
        }
    }

    /// What runs off some groups, a group a piece of work.
    fn shed(
        &mut self,
        model: &Model,
        all: Range<usize>,
        step: f64,
        hands: Hands,
    ) -> [Vec<Option<Shed>>; PARTS] {
        // The tree routings' own steps hang on the last digits.
        let exact = self.numerics == Numerics::Exact || model.options.routing != Routing::Dynamic;
        let conditions = &Conditions {
            model,
            gages: &self.gages,
            climate: &self.climate,
            ground: &self.ground,
            date: model.date_at(self.old_runoff_time),
            step,
            exact,
        };
        let cuts: Cuts = std::array::from_fn(|part| (part * GROUP).min(all.len()));
        let snow = cut(&mut self.snow[all.clone()], &cuts);
        let groups = (cut(&mut self.subs[all.clone()], &cuts), snow);
        hands.each(all.len().div_ceil(GROUP), groups, |part, (subs, snow)| {
            conditions.group(all.start + cuts[part], subs, snow)
        })
    }

    /// Factor of the conductivity of a subcatchment's soil this month.
    pub(super) fn infiltration_factor(&self, model: &Model, j: usize) -> f64 {
        infiltration_factor(model, &self.climate, model.date_at(self.old_runoff_time), j)
    }

    /// The LIDs, the ground below and the books of a subcatchment whose parts give `total` ft³/s.
    fn book_runoff(&mut self, model: &Model, j: usize, step: f64, got: Received, total: f64) -> Produced {
        let m = &model.subs[j];
        let mut v = got.volumes;
        let mut made = Produced {
            runoff: total / m.area,
            inflow: v.inflow,
            infiltration: v.infiltration,
            outflow: v.outflow,
            drain: 0.0,
        };
        if m.lid_area > 0.0 {
            let lid = LidVolumes {
                evaporation: v.evaporation,
                pervious_evaporation: v.pervious_evaporation,
                infiltration: v.infiltration,
                ..LidVolumes::default()
            };
            let lid = self.run_lids(model, j, lid, got.evaporation, step);
            v.evaporation = lid.evaporation;
            v.pervious_evaporation = lid.pervious_evaporation;
            v.infiltration += lid.infiltration;
            v.outflow = v.outflow - lid.taken + lid.outflow;
            made.drain = lid.drain;
        }
        if model.ways.any_ground && !model.options.ignore_groundwater {
            self.groundwater(model, j, v.pervious_evaporation, v.infiltration, step);
        }
        let s = &mut self.subs[j];
        s.evaporation = v.evaporation / step / m.area;
        s.infiltration = v.infiltration / step / m.area;
        let runoff = v.outflow / step;
        self.new_runoff[j] = runoff;
        let v_rain = got.rain * step * m.area;
        let t = &mut self.stats.subs[j];
        t.precipitation += v_rain;
        t.runon += got.runon;
        t.evaporation += v.evaporation;
        t.infiltration += v.infiltration;
        t.impervious += v.impervious;
        t.pervious += v.pervious;
        t.runoff += v.outflow + made.drain;
        t.max_flow = max(t.max_flow, runoff + made.drain / step);
        let b = &mut self.balance.runoff;
        b.rainfall += v_rain;
        b.evaporation += v.evaporation;
        b.infiltration += v.infiltration;
        if m.out_node.is_some() || m.out_sub == Some(j) {
            b.runoff += v.outflow;
        }
        made
    }
}
