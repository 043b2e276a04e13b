//! 子汇水区的设施: how the LIDs of a subcatchment take its runoff, one step at a time (Reference
//! Manual III, ch. 6.4).
#![expect(clippy::indexing_slicing, reason = "one group a subcatchment, one state a unit")]

use super::infiltration::Ground;
use super::lid::{LAYERS, PAVEMENT, SOIL, STORAGE, SURFACE, Unit, UnitState};
use super::lid_flux::Flux;
use crate::model::Model;
use crate::project::{InternalRouting, LidKind};
use crate::quality::Source;
use crate::state::State;

/// Rate (ft/s) below which a unit is dry.
const DRY: f64 = 2.3e-8;
/// Rain (ft/s) below which it is not raining.
const LEAST_RAIN: f64 = 2.31481e-8;
const MOST: f64 = 1.0e10;

/// What the LIDs of a subcatchment did in a step, ft³.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct LidVolumes {
    pub(super) taken: f64,
    pub(super) infiltration: f64,
    pub(super) outflow: f64,
    pub(super) drain: f64,
    pub(super) evaporation: f64,
    pub(super) pervious_evaporation: f64,
}

/// Rates of a step that are the same for all units, ft/s.
struct Site {
    rain: f64,
    potential: f64,
    infil: f64,
    most_infil: f64,
    factor: f64,
    step: f64,
}

impl State {
    /// Runs the LIDs of a subcatchment; `v` comes with the evaporation and the infiltration of the rest of
    /// it and goes with those of all, and of the LIDs alone.
    pub(super) fn run_lids(
        &mut self,
        model: &Model,
        j: usize,
        mut v: LidVolumes,
        potential: f64,
        step: f64,
    ) -> LidVolumes {
        let factor = self.infiltration_factor(model, j);
        let infiltration = std::mem::take(&mut v.infiltration);
        let (m, group) = (&model.subs[j], &model.lids[j]);
        let other = m.area - m.lid_area;
        let infil = if other > 0.0 && m.impervious < 1.0 {
            infiltration / other / step
        } else {
            self.native_infiltration(model, j, factor, step)
        };
        let room = self.ground[j].filter(|_| !model.options.ignore_groundwater);
        let site = Site {
            rain: self.subs[j].rainfall,
            potential,
            infil,
            most_infil: room.map_or(MOST, |g| g.room / step),
            factor,
            step,
        };
        let (mut q_impervious, mut q_pervious) = (0.0, 0.0);
        if m.area > m.lid_area {
            let (p, r) = (&m.parts, &self.subs[j].runoff);
            q_impervious = r[0] * p[0].fraction + r[1] * p[1].fraction;
            if m.routing == InternalRouting::Pervious && m.impervious < 1.0 {
                q_impervious *= p[0].to_outlet;
            }
            q_pervious = r[2] * p[2].fraction;
            if m.routing == InternalRouting::Impervious && m.impervious > 0.0 {
                q_pervious *= p[2].to_outlet;
            }
            q_impervious *= other;
            q_pervious *= other;
        }
        let (mut runoff, mut drain, mut back) = (0.0, 0.0, 0.0);
        for (k, unit) in group.units.iter().enumerate() {
            let area = unit.whole_area();
            if area <= 0.0 {
                continue;
            }
            let mut inflow = (q_impervious * unit.from_impervious + q_pervious * unit.from_pervious) / area;
            v.taken += inflow * area * step;
            let dry_lid = unit.process.kind == LidKind::RainBarrel && unit.process.storage.covered;
            inflow += if dry_lid { 0.0 } else { site.rain };
            if m.area == m.lid_area {
                inflow += self.subs[j].runon;
            }
            let (mut out, mut drained) = self.run_unit(model, (j, k), unit, inflow, &site, &mut v);
            if unit.to_pervious && m.area > m.lid_area {
                back += out;
                out = 0.0;
                if unit.drain_node == m.out_node && unit.drain_subcatchment == m.out_sub {
                    back += drained;
                    drained = 0.0;
                }
            }
            if unit.drain_node.is_some() {
                self.balance.runoff.drains += drained * step;
            }
            let s = &mut self.lids[j].units[k];
            s.new_drain = drained;
            if site.rain > LEAST_RAIN {
                s.dry_time = 0.0;
            } else {
                s.dry_time += step;
            }
            runoff += out;
            drain += drained;
        }
        let s = &mut self.lids[j];
        (s.new_drain, s.to_pervious) = (drain, back);
        (v.outflow, v.drain) = (runoff * step, drain * step);
        v
    }

    fn native_infiltration(&mut self, model: &Model, j: usize, factor: f64, step: f64) -> f64 {
        let m = &model.subs[j];
        let depth = self.lids[j].surface_depth(&model.lids[j], m.lid_area);
        let ground = Ground { step, factor, recovery: self.climate.recovery };
        let s = &mut self.subs[j];
        let Some((kind, soil)) = &m.infiltration else { return 0.0 };
        soil.rate(*kind, &mut s.soil, ground, s.rainfall, s.runon, depth)
    }

    /// One unit: surface outflow and drain flow, ft³/s.
    fn run_unit(
        &mut self,
        model: &Model,
        (j, k): (usize, usize),
        unit: &Unit,
        inflow: f64,
        site: &Site,
        v: &mut LidVolumes,
    ) -> (f64, f64) {
        let area = unit.whole_area();
        let ground = Ground { step: site.step, factor: site.factor, recovery: self.climate.recovery };
        let s = &mut self.lids[j].units[k];
        let infil = match &unit.infiltration {
            _ if unit.process.kind == LidKind::PermeablePavement => 0.0,
            Some(soil) => soil.green_ampt_rate(false, &mut s.soil, ground, inflow, s.level[SURFACE]),
            None => site.infil,
        };
        let mut flux = Flux {
            p: &unit.process,
            unit,
            units: &model.units,
            curves: &model.curves,
            dt: site.step,
            potential: site.potential,
            native: site.most_infil,
            day: self.old_runoff_time / 1000.0 / 86400.0,
            inflow,
            infil,
            evap: [0.0; LAYERS],
            volume: [0.0; LAYERS],
            outflow: 0.0,
            pave_perc: 0.0,
            soil_perc: 0.0,
            exfil: 0.0,
            drain: 0.0,
        };
        flux.solve(s);
        let evap = flux.evap[SURFACE] + flux.evap[PAVEMENT] + flux.evap[SOIL] + flux.evap[STORAGE];
        v.evaporation += evap * site.step * area;
        v.infiltration += flux.exfil * site.step * area;
        if unit.pervious {
            v.pervious_evaporation += evap * site.step * area;
        }
        book(s, &flux, evap, site.step);
        let dry = [inflow, flux.outflow, flux.drain, flux.exfil, evap].iter().all(|x| *x < DRY);
        self.wet_lids |= !dry;
        if let (Some(record), Some(_)) = (&mut self.files.lid_record, &unit.report) {
            let (u, l) = (&model.units, &s.level);
            let rates = [
                inflow,
                evap,
                flux.infil,
                flux.pave_perc,
                flux.soil_perc,
                flux.exfil,
                flux.outflow,
                flux.drain,
            ];
            let depths = [SURFACE, PAVEMENT, STORAGE].map(|i| l[i] * u.rain_depth);
            record.push(crate::files::LidRow {
                unit: (j, k),
                time: self.new_runoff_time,
                dry,
                rates: rates.map(|v| v * u.rainfall),
                depths,
                moisture: l[SOIL],
            });
        }
        (flux.outflow * area, flux.drain * area)
    }

    /// Runon from drains to other subcatchments, and from units to the pervious part.
    pub(super) fn lid_runon(&mut self, model: &Model, j: usize) {
        for (k, unit) in model.lids[j].units.iter().enumerate() {
            if let Some(to) = unit.drain_subcatchment
                && to != j
            {
                let q = self.lids[j].units[k].old_drain;
                self.add_runon(model, to, q);
                self.add_runon_load(j, to, q, Some(&unit.removal));
            }
        }
    }

    /// Before a step: what was new is old.
    pub(crate) fn age_lids(&mut self) {
        for s in &mut self.lids {
            (s.old_drain, s.new_drain) = (s.new_drain, 0.0);
            for u in &mut s.units {
                (u.old_drain, u.new_drain) = (u.new_drain, 0.0);
            }
        }
    }

    /// Adds what drains give to nodes, between the last two runoff steps.
    pub(crate) fn add_lid_drains(&mut self, model: &Model, f: f64) {
        for (j, (g, m)) in model.lids.iter().zip(&model.subs).enumerate() {
            if m.area <= 0.0 || m.lid_area <= 0.0 {
                continue;
            }
            for (k, unit) in g.units.iter().enumerate() {
                if let Some(node) = unit.drain_node {
                    let s = &self.lids[j].units[k];
                    let (old, new) = (s.old_drain, s.new_drain);
                    let q = (1.0 - f) * old + f * new;
                    self.lateral[node] += q;
                    self.balance.step.wet_weather += q;
                    for (p, removal) in unit.removal.iter().enumerate().take(model.quality.count()) {
                        let c = &self.quality.subs[j];
                        let w = (1.0 - f) * (old * c.old[p]) + f * (new * c.new[p]);
                        self.add_load(node, p, w * (1.0 - removal), Source::WetWeather);
                    }
                }
            }
        }
    }
}

fn book(s: &mut UnitState, flux: &Flux<'_>, evap: f64, step: f64) {
    s.treated += flux.inflow * step;
    let w = &mut s.water;
    w.inflow += flux.inflow * step;
    w.evaporation += evap * step;
    w.infiltration += flux.exfil * step;
    w.surface += flux.outflow * step;
    w.drain += flux.drain * step;
    w.last = flux.volume[SURFACE] + flux.volume[PAVEMENT] + flux.volume[SOIL] + flux.volume[STORAGE];
}
