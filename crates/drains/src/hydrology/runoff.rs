//! Runoff (产汇流): a nonlinear reservoir on each part of a subcatchment (Reference Manual I, ch. 3).
#![expect(clippy::indexing_slicing, reason = "three parts a subcatchment, one state each")]

use numerics::lanes::{Scalar, V};
use serde::{Deserialize, Serialize};

use super::infiltration::{Ground, SoilState};
use super::lid_run::LidVolumes;
use super::ode;
use crate::date::{month, seconds_between};
use crate::model::{Model, SubcatchmentData};
use crate::project::{InternalRouting, PatternKind, Routing};
use crate::quality::Produced;
use crate::state::{Numerics, State};
use crate::units::{ZERO, max, min};

const MANNING_EXPONENT: f64 = 1.6666667;
const ODE_TOLERANCE: f64 = 0.0001;

/// State of a subcatchment.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct SubState {
    pub(crate) rainfall: f64,
    pub(crate) old_runoff: f64,
    pub(crate) new_runoff: f64,
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

struct Volumes {
    inflow: f64,
    evaporation: f64,
    /// As SWMM counts it: of all parts up to the pervious one.
    pervious_evaporation: f64,
    infiltration: f64,
    outflow: f64,
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
        if let Some(file) = &model.interface.runoff {
            self.read_runoff(model, file);
            return;
        }
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
        for s in &mut self.subs {
            s.old_runoff = s.new_runoff;
            s.inflow = [0.0; 3];
        }
        self.age_surface_quality();
        self.age_lids();
        for s in self.snow.iter_mut().flatten() {
            s.old_depth = s.new_depth;
        }
        if old_step > 0.0 {
            self.outfall_runon(model, old_step);
        }
        for j in 0..model.subs.len() {
            if model.subs[j].area > 0.0 {
                self.runon(model, j);
                if !model.options.ignore_snowmelt {
                    self.plow(model, j, step);
                }
            }
        }
        self.has_runoff = false;
        self.wet_lids = false;
        for j in 0..model.subs.len() {
            if model.subs[j].area > 0.0 {
                let made = self.subcatchment(model, j, step);
                self.has_runoff |= made.runoff > 0.0;
                self.surface_quality(model, j, &made, date, step);
            }
        }
        let total = self.subs.iter().fold(0.0, |t, s| t + s.new_runoff);
        self.stats.max_runoff = max(self.stats.max_runoff, total);
        self.record_runoff(model, step);
        for s in &mut self.subs {
            s.runon = 0.0;
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
        let step = if raining || self.has_runoff || self.wet_lids || self.has_snow() {
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
        for i in 0..model.nodes.kind.len() {
            let Some(k) = model.nodes.outfall[i].as_ref().and_then(|o| o.route_to) else { continue };
            if model.subs[k].area == 0.0 {
                continue;
            }
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
            let q = self.subs[j].old_runoff;
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

    /// Runoff of one subcatchment.
    fn subcatchment(&mut self, model: &Model, j: usize, step: f64) -> Produced {
        let m = &model.subs[j];
        let (rain, snow) = self.precipitation(model, j);
        let other = m.area - m.lid_area;
        let v_runon = self.subs[j].runon * step * if other == 0.0 { m.area } else { other };
        let inflow = self.subs[j].runon * step * other + self.subs[j].depth_on(m) * other;
        let net = self.net_precipitation(model, j, rain, snow, step);
        let rain = rain + snow;
        self.subs[j].rainfall = rain;
        let evaporation =
            if model.project.evaporation.dry_only && rain > 0.0 { 0.0 } else { self.climate.evaporation };
        let mut v =
            Volumes { inflow, evaporation: 0.0, pervious_evaporation: 0.0, infiltration: 0.0, outflow: 0.0 };
        let (mut total, mut v_impervious, mut v_pervious) = (0.0, 0.0, 0.0);
        for (i, precipitation) in net.into_iter().enumerate() {
            let area = other * m.parts[i].fraction;
            if other <= 0.0 {
                continue;
            }
            let runoff = self.part(model, j, i, area, precipitation, evaporation, step, &mut v);
            self.subs[j].runoff[i] = runoff;
            if i == 2 {
                v_pervious = runoff * area * step;
            } else {
                v_impervious += runoff * area * step;
            }
            total += runoff * area;
        }
        let mut lid = LidVolumes {
            evaporation: v.evaporation,
            pervious_evaporation: v.pervious_evaporation,
            infiltration: v.infiltration,
            ..LidVolumes::default()
        };
        let mut made = Produced {
            runoff: total / m.area,
            inflow: v.inflow,
            infiltration: v.infiltration,
            outflow: v.outflow,
            drain: 0.0,
        };
        if m.lid_area > 0.0 {
            lid = self.run_lids(model, j, lid, evaporation, step);
            v.evaporation = lid.evaporation;
            v.pervious_evaporation = lid.pervious_evaporation;
            v.infiltration += lid.infiltration;
            v.outflow = v.outflow - lid.taken + lid.outflow;
        }
        if !model.options.ignore_groundwater {
            self.groundwater(model, j, v.pervious_evaporation, v.infiltration, step);
        }
        let s = &mut self.subs[j];
        s.evaporation = v.evaporation / step / m.area;
        s.infiltration = v.infiltration / step / m.area;
        s.new_runoff = v.outflow / step;
        let v_rain = rain * step * m.area;
        let t = &mut self.stats.subs[j];
        t.precipitation += v_rain;
        t.runon += v_runon;
        t.evaporation += v.evaporation;
        t.infiltration += v.infiltration;
        t.impervious += v_impervious;
        t.pervious += v_pervious;
        t.runoff += v.outflow + lid.drain;
        t.max_flow = max(t.max_flow, s.new_runoff + lid.drain / step);
        let b = &mut self.balance.runoff;
        b.rainfall += v_rain;
        b.evaporation += v.evaporation;
        b.infiltration += v.infiltration;
        if m.out_node.is_some() || m.out_sub == Some(j) {
            b.runoff += v.outflow;
        }
        made.drain = lid.drain;
        made
    }

    #[expect(clippy::too_many_arguments, reason = "what falls on one part in one step")]
    fn part(
        &mut self,
        model: &Model,
        j: usize,
        i: usize,
        area: f64,
        rain: f64,
        evaporation: f64,
        step: f64,
        v: &mut Volumes,
    ) -> f64 {
        if area == 0.0 {
            return 0.0;
        }
        let m = &model.subs[j];
        let p = &m.parts[i];
        let pervious = i == 2;
        let (mut storage, mut alpha) = (p.storage, p.alpha);
        let factor = self.infiltration_factor(model, j);
        if pervious && m.patterns.iter().any(Option::is_some) {
            let now = month(model.date_at(self.old_runoff_time)) - 1;
            let of = |k: usize| monthly(model, m.patterns[k], now);
            if let Some(f) = of(1).filter(|f| *f >= 0.0) {
                storage *= f;
            }
            if let Some(f) = of(0) {
                alpha = if f <= 0.0 { 0.0 } else { alpha / f };
            }
        }
        // The tree routings' own steps hang on the last digits.
        let exact = self.numerics == Numerics::Exact || model.options.routing != Routing::Dynamic;
        let recovery = self.climate.recovery;
        let room = self.ground[j].filter(|_| !model.options.ignore_groundwater).map(|g| g.room / step);
        let s = &mut self.subs[j];
        let mut moisture = s.depth[i] / step;
        let surface = min(moisture, evaporation);
        let mut infil = 0.0;
        if pervious && let Some((kind, soil)) = &m.infiltration {
            infil = soil.rate(
                *kind,
                &mut s.soil,
                Ground { step, factor, recovery },
                rain,
                s.inflow[2],
                s.depth[2],
            );
        }
        if pervious && let Some(room) = room {
            infil = min(infil, room);
        }
        s.inflow[i] += rain;
        moisture += s.inflow[i];
        v.inflow += rain * area * step;
        v.evaporation += surface * area * step;
        if pervious {
            v.pervious_evaporation += v.evaporation;
        }
        v.infiltration += infil * area * step;
        let mut time = step;
        if surface + infil >= moisture {
            s.depth[i] = 0.0;
        } else {
            s.inflow[i] -= surface + infil;
            let (depth, inflow) = (&mut s.depth[i], s.inflow[i]);
            time = if exact {
                pond(depth, inflow, storage, alpha, step, exact_manning)
            } else {
                pond(depth, inflow, storage, alpha, step, fast_manning)
            };
        }
        let excess = s.depth[i] - storage;
        let runoff = if excess > ZERO {
            if p.n > 0.0 {
                alpha * if exact { exact_manning(excess) } else { fast_manning(excess) }
            } else {
                s.depth[i] = storage;
                excess / time
            }
        } else {
            0.0
        };
        v.outflow += p.to_outlet * runoff * area * step;
        runoff
    }
}

/// A pattern's factor of a month, if it is one of months.
fn monthly(model: &Model, pattern: Option<usize>, month: usize) -> Option<f64> {
    let p = pattern.and_then(|p| model.patterns.get(p)).filter(|p| p.kind == PatternKind::Monthly)?;
    p.factors.get(month).copied()
}

/// Depth to Manning's power as SWMM takes it.
fn exact_manning(depth: f64) -> f64 {
    depth.powf(MANNING_EXPONENT)
}

/// The same without a library call, right to about 1e-7.
#[inline]
fn fast_manning(depth: f64) -> f64 {
    if depth <= 0.0 {
        return 0.0;
    }
    let [root, ..] = V::splat(Scalar::new(), depth).inverse_cbrt().array();
    depth * depth * root
}

/// New depth on a part; returns the time there was runoff.
fn pond(
    depth: &mut f64,
    inflow: f64,
    storage: f64,
    alpha: f64,
    step: f64,
    manning: impl Fn(f64) -> f64,
) -> f64 {
    let mut time = step;
    if *depth + inflow * time <= storage {
        *depth += inflow * time;
    } else {
        let missing = storage - *depth;
        if missing > 0.0 && inflow > 0.0 {
            time -= missing / inflow;
            *depth = storage;
        }
        if alpha > 0.0 && time > 0.0 {
            *depth = ode::integrate(*depth, time, ODE_TOLERANCE, |d| {
                let r = d - storage;
                inflow - if r < 0.0 { 0.0 } else { alpha * manning(r) }
            });
        } else {
            time = if time < 0.0 { 0.0 } else { time };
            *depth += inflow * time;
        }
    }
    if *depth < 0.0 {
        *depth = 0.0;
    }
    time
}
