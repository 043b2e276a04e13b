//! 坡面: what falls on subcatchments, evaporates and seeps, and what runs off their parts; group by group,
//! each by itself, for as many hands as there are.
#![expect(clippy::indexing_slicing, reason = "three parts a subcatchment, as many places as a group has")]

use super::infiltration::Ground;
use super::pond::{self, GROUP, Ponds};
use super::runoff::SubState;
use super::{Climate, GageState, GroundState, SnowState};
use crate::date::month;
use crate::model::Model;
use crate::project::PatternKind;
use crate::units::{ZERO, min};

/// Impervious without and with depression storage, pervious.
const PARTS: [usize; 3] = [0, 1, 2];

/// Volumes of a subcatchment in a step, ft³.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Volumes {
    pub(super) inflow: f64,
    pub(super) evaporation: f64,
    /// As SWMM counts it: of all parts up to the pervious one.
    pub(super) pervious_evaporation: f64,
    pub(super) infiltration: f64,
    /// To the outlet, and runoff of the parts.
    pub(super) outflow: f64,
    pub(super) impervious: f64,
    pub(super) pervious: f64,
}

/// What a subcatchment gets in a step before anything runs off it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Received {
    /// Rain and snow, and what may evaporate, ft/s.
    pub(super) rain: f64,
    pub(super) evaporation: f64,
    /// From elsewhere, ft³.
    pub(super) runon: f64,
    pub(super) volumes: Volumes,
}

/// What ran off a subcatchment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shed {
    pub(super) received: Received,
    /// Of all its parts, ft³/s.
    pub(super) total: f64,
}

/// What a runoff step finds everywhere.
#[derive(Clone, Copy)]
pub(super) struct Conditions<'a> {
    pub(super) model: &'a Model,
    pub(super) gages: &'a [GageState],
    pub(super) climate: &'a Climate,
    pub(super) ground: &'a [Option<GroundState>],
    /// When the step begins.
    pub(super) date: f64,
    /// How long it is, s.
    pub(super) step: f64,
    /// In SWMM's operations.
    pub(super) exact: bool,
}

impl Conditions<'_> {
    /// What falls on a group of neighbouring subcatchments from `first` on, then what runs off all their
    /// parts; nothing for those without an area.
    pub(super) fn group(
        &self,
        first: usize,
        subs: &mut [SubState],
        snow: &mut [Option<SnowState>],
    ) -> Vec<Option<Shed>> {
        let mut ponds = PARTS.map(|_| Ponds::dry(self.step));
        let mut shed: Vec<Option<Shed>> = Vec::with_capacity(subs.len().min(GROUP));
        for (k, (s, snow)) in subs.iter_mut().zip(snow).enumerate() {
            let has_area = self.model.subs[first + k].area > 0.0;
            shed.push(has_area.then(|| {
                let received = self.receive(first + k, s, snow, k, &mut ponds);
                Shed { received, total: 0.0 }
            }));
        }
        pond::drain(&mut ponds, subs.len(), self.step, self.exact);
        for (k, (s, shed)) in subs.iter_mut().zip(&mut shed).enumerate() {
            if let Some(shed) = shed {
                shed.total = self.run_off(first + k, s, &mut shed.received.volumes, k, &ponds);
            }
        }
        shed
    }

    /// What falls on a subcatchment, evaporates and seeps; what stands on its parts is put in place `k` of
    /// the lists.
    fn receive(
        &self,
        j: usize,
        s: &mut SubState,
        snow: &mut Option<SnowState>,
        k: usize,
        ponds: &mut [Ponds; 3],
    ) -> Received {
        let (m, step) = (&self.model.subs[j], self.step);
        let (rain, flakes) = super::snow::precipitation(self.model, self.gages, self.climate, j);
        let other = m.area - m.lid_area;
        let net = super::snow::net_precipitation(self.model, self.climate, j, snow, (rain, flakes), step);
        let rain = rain + flakes;
        s.rainfall = rain;
        let runon = s.runon * step * if other == 0.0 { m.area } else { other };
        let inflow = s.runon * step * other + s.depth_on(m) * other;
        let dry_only = self.model.project.evaporation.dry_only;
        let evaporation = if dry_only && rain > 0.0 { 0.0 } else { self.climate.evaporation };
        let mut volumes = Volumes { inflow, ..Volumes::default() };
        for i in PARTS {
            let area = other * m.parts[i].fraction;
            if other > 0.0 && area != 0.0 {
                let infil = if i == 2 { self.infiltrate(j, s, net[i]) } else { 0.0 };
                let falls = Falls { rain: net[i], evaporation, infil, area, step };
                let stands = wet_part(s, i, falls, &mut volumes);
                let (storage, alpha) = self.surface(j, i);
                ponds[i].put(k, stands, s.inflow[i], storage, alpha);
            }
        }
        Received { rain, evaporation, runon, volumes }
    }

    /// What seeps into pervious ground, ft/s.
    fn infiltrate(&self, j: usize, s: &mut SubState, rain: f64) -> f64 {
        let (model, step) = (self.model, self.step);
        let mut infil = 0.0;
        if let Some((kind, soil)) = &model.subs[j].infiltration {
            let factor = infiltration_factor(model, self.climate, self.date, j);
            let ground = Ground { step, factor, recovery: self.climate.recovery };
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

    /// Depth (ft) that a part keeps, and runoff (ft/s) of a foot above it.
    fn surface(&self, j: usize, i: usize) -> (f64, f64) {
        let m = &self.model.subs[j];
        let (mut storage, mut alpha) = (m.parts[i].storage, m.parts[i].alpha);
        if i == 2 && m.patterns.iter().any(Option::is_some) {
            let of = |k: usize| monthly(self.model, m.patterns[k], self.date);
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
    fn run_off(&self, j: usize, s: &mut SubState, v: &mut Volumes, k: usize, ponds: &[Ponds; 3]) -> f64 {
        let (m, step) = (&self.model.subs[j], self.step);
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
}

/// What falls on a part (ft/s) of so many ft² in `step` s, and what leaves it upwards and downwards.
struct Falls {
    rain: f64,
    evaporation: f64,
    infil: f64,
    area: f64,
    step: f64,
}

/// Rain on a part less what evaporates and seeps becomes its inflow; the depth that stands on it, if any
/// does.
fn wet_part(s: &mut SubState, i: usize, falls: Falls, v: &mut Volumes) -> Option<f64> {
    let Falls { rain, evaporation, infil, area, step } = falls;
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

/// Factor of the conductivity of a subcatchment's soil in the month of a date.
pub(super) fn infiltration_factor(model: &Model, climate: &Climate, date: f64, j: usize) -> f64 {
    monthly(model, model.subs[j].patterns[2], date).unwrap_or(climate.conductivity)
}

/// A pattern's factor of the month of a date, if it is one of months.
fn monthly(model: &Model, pattern: Option<usize>, date: f64) -> Option<f64> {
    let p = pattern.and_then(|p| model.patterns.get(p)).filter(|p| p.kind == PatternKind::Monthly)?;
    p.factors.get(month(date) - 1).copied()
}
