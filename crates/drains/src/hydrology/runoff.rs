//! Runoff (产汇流): a nonlinear reservoir on each part of a subcatchment (Reference Manual I, ch. 3).
#![expect(clippy::indexing_slicing, reason = "three parts a subcatchment, one state each")]

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::infiltration::{Ground, SoilState};
use super::lid_run::LidVolumes;
use super::pond::{self, GROUP, Ponds};
use crate::date::{month, seconds_between};
use crate::model::{Model, SubcatchmentData};
use crate::project::{InternalRouting, PatternKind, Routing};
use crate::quality::Produced;
use crate::state::{Numerics, State};
use crate::units::{ZERO, max, min};

/// Impervious without and with depression storage, pervious.
const PARTS: [usize; 3] = [0, 1, 2];

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

/// Volumes of a subcatchment in a step, ft³.
#[derive(Debug, Clone, Copy, Default)]
struct Volumes {
    inflow: f64,
    evaporation: f64,
    /// As SWMM counts it: of all parts up to the pervious one.
    pervious_evaporation: f64,
    infiltration: f64,
    /// To the outlet, and runoff of the parts.
    outflow: f64,
    impervious: f64,
    pervious: f64,
}

/// What a subcatchment gets in a step before anything runs off it.
#[derive(Debug, Clone, Copy, Default)]
struct Received {
    /// Rain and snow, and what may evaporate, ft/s.
    rain: f64,
    evaporation: f64,
    /// From elsewhere, ft³.
    runon: f64,
    volumes: Volumes,
}

impl State {
    /// The gage whose rain gage `j` has because of a common series: none where rain is set live, or a
    /// scenario's, at either.
    pub(crate) fn follows(&self, g: &crate::model::GageData, j: usize) -> Option<usize> {
        g.same_as.filter(|k| !self.gages[*k].is_set() && !self.gages[j].is_set())
    }

    /// One runoff step: climate, rain, runon, then every subcatchment.
    pub(crate) fn run_runoff(&mut self, model: &Model) {
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
        for from in (0..model.subs.len()).step_by(GROUP) {
            let subs = from..(from + GROUP).min(model.subs.len());
            self.group(model, subs.clone(), date, step);
            for s in &mut self.subs[subs] {
                (s.runon, s.inflow) = (0.0, [0.0; 3]);
            }
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

    /// Factor of the conductivity of a subcatchment's soil this month.
    pub(super) fn infiltration_factor(&self, model: &Model, j: usize) -> f64 {
        if model.subs[j].patterns[2].is_none() {
            return self.climate.conductivity;
        }
        let now = month(model.date_at(self.old_runoff_time)) - 1;
        monthly(model, model.subs[j].patterns[2], now).unwrap_or(self.climate.conductivity)
    }

    /// A runoff step of some neighbouring subcatchments: what falls on all of them, then what runs off all
    /// their parts, then their books. None of them asks for what another does in the same step.
    fn group(&mut self, model: &Model, subs: Range<usize>, date: f64, step: f64) {
        let mut ponds = PARTS.map(|_| Ponds::dry(step));
        let mut received = [Received::default(); GROUP];
        let (first, count) = (subs.start, subs.len());
        let has_area = |j: &usize| model.subs[*j].area > 0.0;
        for j in subs.clone().filter(has_area) {
            received[j - first] = self.receive(model, j, step, j - first, &mut ponds);
        }
        // The tree routings' own steps hang on the last digits.
        let exact = self.numerics == Numerics::Exact || model.options.routing != Routing::Dynamic;
        pond::drain(&mut ponds, count, step, exact);
        for j in subs.filter(has_area) {
            let mut got = received[j - first];
            let total = self.run_off(model, j, step, &mut got.volumes, j - first, &ponds);
            let made = self.book_runoff(model, j, step, got, total);
            self.has_runoff |= made.runoff > 0.0;
            self.surface_quality(model, j, &made, date, step);
        }
    }

    /// What falls on a subcatchment, evaporates and seeps; what stands on its parts is put in place `k` of
    /// the lists.
    fn receive(&mut self, model: &Model, j: usize, step: f64, k: usize, ponds: &mut [Ponds; 3]) -> Received {
        let m = &model.subs[j];
        let (rain, snow) = self.precipitation(model, j);
        let other = m.area - m.lid_area;
        let net = self.net_precipitation(model, j, rain, snow, step);
        let rain = rain + snow;
        let s = &mut self.subs[j];
        s.rainfall = rain;
        let runon = s.runon * step * if other == 0.0 { m.area } else { other };
        let inflow = s.runon * step * other + s.depth_on(m) * other;
        let evaporation =
            if model.project.evaporation.dry_only && rain > 0.0 { 0.0 } else { self.climate.evaporation };
        let mut volumes = Volumes { inflow, ..Volumes::default() };
        for i in PARTS {
            let area = other * m.parts[i].fraction;
            if other > 0.0 && area != 0.0 {
                let infil = if i == 2 { self.infiltrate(model, j, net[i], step) } else { 0.0 };
                let stands = self.wet_part(j, i, net[i], evaporation, infil, area, step, &mut volumes);
                let (storage, alpha) = self.surface(model, j, i);
                ponds[i].put(k, stands, self.subs[j].inflow[i], storage, alpha);
            }
        }
        Received { rain, evaporation, runon, volumes }
    }

    /// What seeps into pervious ground, ft/s.
    fn infiltrate(&mut self, model: &Model, j: usize, rain: f64, step: f64) -> f64 {
        let mut infil = 0.0;
        if let Some((kind, soil)) = &model.subs[j].infiltration {
            let factor = self.infiltration_factor(model, j);
            let ground = Ground { step, factor, recovery: self.climate.recovery };
            let s = &mut self.subs[j];
            infil = soil.rate(*kind, &mut s.soil, ground, rain, s.inflow[2], s.depth[2]);
        }
        if model.ways.any_ground
            && !model.options.ignore_groundwater
            && let Some(g) = &self.ground[j]
        {
            infil = min(infil, g.room / step);
        }
        infil
    }

    /// Rain on a part less what evaporates and seeps becomes its inflow; the depth that stands on it, if
    /// any does.
    #[expect(clippy::too_many_arguments, reason = "what falls on one part in one step")]
    fn wet_part(
        &mut self,
        j: usize,
        i: usize,
        rain: f64,
        evaporation: f64,
        infil: f64,
        area: f64,
        step: f64,
        v: &mut Volumes,
    ) -> Option<f64> {
        let s = &mut self.subs[j];
        let mut moisture = s.depth[i] / step;
        let surface = min(moisture, evaporation);
        s.inflow[i] += rain;
        moisture += s.inflow[i];
        v.inflow += rain * area * step;
        v.evaporation += surface * area * step;
        if i == 2 {
            v.pervious_evaporation += v.evaporation;
        }
        v.infiltration += infil * area * step;
        if surface + infil >= moisture {
            return None;
        }
        s.inflow[i] -= surface + infil;
        Some(s.depth[i])
    }

    /// Depth (ft) that a part keeps, and runoff (ft/s) of a foot above it.
    fn surface(&self, model: &Model, j: usize, i: usize) -> (f64, f64) {
        let m = &model.subs[j];
        let (mut storage, mut alpha) = (m.parts[i].storage, m.parts[i].alpha);
        if i == 2 && m.patterns.iter().any(Option::is_some) {
            let now = month(model.date_at(self.old_runoff_time)) - 1;
            let of = |k: usize| monthly(model, m.patterns[k], now);
            if let Some(f) = of(1).filter(|f| *f >= 0.0) {
                storage *= f;
            }
            if let Some(f) = of(0) {
                alpha = if f <= 0.0 { 0.0 } else { alpha / f };
            }
        }
        (storage, alpha)
    }

    /// Depth and runoff of the parts of a subcatchment out of place `k` of the lists; what runs off it all,
    /// ft³/s.
    fn run_off(
        &mut self,
        model: &Model,
        j: usize,
        step: f64,
        v: &mut Volumes,
        k: usize,
        ponds: &[Ponds; 3],
    ) -> f64 {
        let (m, s) = (&model.subs[j], &mut self.subs[j]);
        let other = m.area - m.lid_area;
        if other <= 0.0 {
            return 0.0;
        }
        let mut total = 0.0;
        for (i, (p, pond)) in m.parts.iter().zip(ponds).enumerate() {
            let area = other * p.fraction;
            let mut runoff = 0.0;
            if area != 0.0 {
                s.depth[i] = pond.depth[k];
                let excess = s.depth[i] - pond.storage[k];
                if excess > ZERO && p.n > 0.0 {
                    runoff = pond.alpha[k] * pond.power[k];
                } else if excess > ZERO {
                    s.depth[i] = pond.storage[k];
                    runoff = excess / pond.time[k];
                }
                v.outflow += p.to_outlet * runoff * area * step;
            }
            s.runoff[i] = runoff;
            if i == 2 {
                v.pervious = runoff * area * step;
            } else {
                v.impervious += runoff * area * step;
            }
            total += runoff * area;
        }
        total
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

/// A pattern's factor of a month, if it is one of months.
fn monthly(model: &Model, pattern: Option<usize>, month: usize) -> Option<f64> {
    let p = pattern.and_then(|p| model.patterns.get(p)).filter(|p| p.kind == PatternKind::Monthly)?;
    p.factors.get(month).copied()
}
