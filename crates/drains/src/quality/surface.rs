//! 径流水质: build-up, street cleaning, wash-off and the mixing of what stands on a subcatchment
//! (Reference Manual III, ch. 3–4, 6.6).
#![expect(clippy::indexing_slicing, reason = "one entry a subcatchment, land use and pollutant")]

use super::LITRES_IN_FT3;
use super::data::LandUseData;
use crate::date::day_of_year;
use crate::model::Model;
use crate::state::State;
use crate::units::{max, min};

/// Runoff and rain (ft/s) below which there is none.
const LEAST_RUNOFF: f64 = 2.31481e-8;
/// Snow (ft) on the plowable part that keeps sweepers away.
const SNOW: f64 = 0.004167;
/// Snow (ft) below which nothing builds up of a pollutant that only comes with snow.
const LEAST_SNOW: f64 = 0.001 / 12.0;

/// What a subcatchment did in a runoff step: ft/s and ft³.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Produced {
    /// Of all its parts before anything is routed within it, ft/s.
    pub(crate) runoff: f64,
    pub(crate) inflow: f64,
    pub(crate) infiltration: f64,
    /// What its parts send to the outlet, before LIDs.
    pub(crate) outflow: f64,
    pub(crate) drain: f64,
}

impl State {
    /// Before a runoff step: what was new is old.
    pub(crate) fn age_surface_quality(&mut self) {
        for s in &mut self.quality.subs {
            s.old.copy_from_slice(&s.new);
            s.new.fill(0.0);
        }
    }

    /// What an outfall sent onto a subcatchment in the last runoff step.
    pub(crate) fn add_outfall_load(&mut self, model: &Model, node: usize, sub: usize, step: f64) {
        let q = &mut self.quality;
        for (p, data) in model.quality.pollutants.iter().enumerate() {
            let routed = &mut q.routed[node * model.quality.count() + p];
            let w = *routed * LITRES_IN_FT3;
            q.loading[p].deposition += w * data.mass;
            q.subs[sub].new[p] += w / step;
            *routed = 0.0;
        }
    }

    /// What a subcatchment's runoff (ft³/s) brings onto another; `kept` is the share of each pollutant
    /// that a drain lets pass.
    pub(crate) fn add_runon_load(&mut self, from: usize, to: usize, q: f64, removal: Option<&[f64]>) {
        for p in 0..self.quality.loading.len() {
            let mut w = q * self.quality.subs[from].old[p] * LITRES_IN_FT3;
            if let Some(removal) = removal {
                w *= 1.0 - removal[p];
            }
            self.quality.subs[to].new[p] += w;
        }
    }

    /// Build-up, sweeping and wash-off of a subcatchment in a runoff step that began at `date`.
    pub(crate) fn surface_quality(&mut self, model: &Model, j: usize, made: &Produced, date: f64, step: f64) {
        if model.quality.count() == 0 {
            return;
        }
        if made.runoff < LEAST_RUNOFF {
            self.build_up(model, j, step);
        }
        let (first, last) = model.options.sweep;
        let day = day_of_year(date);
        let season = if first <= last { (first..=last).contains(&day) } else { day <= last || day >= first };
        if season && self.subs[j].rainfall <= LEAST_RUNOFF {
            self.sweep(model, j, date);
        }
        self.wash_off(model, j, made, step);
    }

    fn build_up(&mut self, model: &Model, j: usize, step: f64) {
        let (q, m) = (&model.quality, &model.subs[j]);
        let now = model.date_at(self.new_runoff_time);
        let rate = |series: usize| Some(model.series[series].series(now, false));
        let snow = self.snow[j].map_or(0.0, |s| s.new_depth);
        let s = &mut self.quality.subs[j];
        for (i, land) in q.land_uses.iter().enumerate() {
            let share = q.cover[j][i];
            if share == 0.0 {
                continue;
            }
            let size = (share * m.area * model.units.land_area, share * q.curb[j]);
            for (p, data) in q.pollutants.iter().enumerate() {
                if data.snow_only && snow < LEAST_SNOW {
                    continue;
                }
                let mass = &mut s.build_up[i * q.count() + p];
                let old = *mass;
                *mass = max(land.build_up[p].after(old, size, step, &rate), old);
                self.quality.loading[p].build_up += *mass - old;
            }
        }
    }

    fn sweep(&mut self, model: &Model, j: usize, date: f64) {
        let q = &model.quality;
        if self.snow[j].is_some_and(|s| s.plowable_depth() > SNOW) {
            return;
        }
        let s = &mut self.quality.subs[j];
        for (i, land) in q.land_uses.iter().enumerate() {
            let due = date - s.swept[i] >= land.sweep_interval;
            if q.cover[j][i] == 0.0 || land.sweep_interval == 0.0 || !due {
                continue;
            }
            s.swept[i] = date;
            for (p, w) in land.wash_off.iter().enumerate() {
                let mass = &mut s.build_up[i * q.count() + p];
                let old = *mass;
                *mass = max(0.0, min(old, old * (1.0 - land.sweep_removal * w.sweeping)));
                self.quality.loading[p].sweeping += old - *mass;
            }
        }
    }

    fn wash_off(&mut self, model: &Model, j: usize, made: &Produced, step: f64) {
        let m = &model.subs[j];
        let mut loads = vec![0.0; model.quality.count()];
        self.washoff_loads(model, j, made, &mut loads);
        self.ponded_loads(model, j, made, step, &mut loads);
        self.lid_loads(model, j, step, &mut loads);
        let s = &self.subs[j];
        let lid_rain = s.rainfall * m.lid_area * step;
        let lid_runon = if m.area == m.lid_area { s.runon * m.area * step } else { 0.0 };
        let before = made.outflow + lid_rain + lid_runon;
        let surface = self.new_runoff[j] * step;
        let after = surface + made.drain;
        let flows = after > LEAST_RUNOFF * m.area * step;
        for (p, data) in model.quality.pollutants.iter().enumerate() {
            let c = if before > 0.0 && flows { loads[p] / before } else { 0.0 };
            let (q, books) = (&mut self.quality.subs[j], &mut self.quality.loading[p]);
            if m.lid_area > 0.0 {
                let kept = c * (before - after) * data.mass;
                if kept > 0.0 {
                    books.practice += kept;
                }
            }
            q.total[p] += c * after * data.mass;
            if m.out_node.is_some() || m.out_sub == Some(j) {
                books.runoff += c * surface * data.mass;
            }
            q.new[p] = c / LITRES_IN_FT3;
        }
        if m.lid_area > 0.0 {
            self.drain_loads(model, j, step);
        }
    }

    fn washoff_loads(&mut self, model: &Model, j: usize, made: &Produced, loads: &mut [f64]) {
        if made.runoff < LEAST_RUNOFF {
            return;
        }
        let q = &model.quality;
        for (i, land) in q.land_uses.iter().enumerate().filter(|(i, _)| q.cover[j][*i] > 0.0) {
            for (p, load) in loads.iter_mut().enumerate() {
                *load += self.land_use_load(model, (j, i, p), land, made);
            }
        }
        for (p, data) in q.pollutants.iter().enumerate() {
            if let Some((other, share)) = data.co_pollutant {
                let w = share * loads[other];
                self.quality.loading[p].build_up += w * data.mass;
                loads[p] += w;
            }
        }
    }

    /// Load of a pollutant from a land use, in its own unit.
    fn land_use_load(
        &mut self,
        model: &Model,
        (j, i, p): (usize, usize, usize),
        land: &LandUseData,
        made: &Produced,
    ) -> f64 {
        let (q, area) = (&model.quality, model.subs[j].area);
        let (build_up, wash_off, data) = (&land.build_up[p], &land.wash_off[p], &q.pollutants[p]);
        let mass = &mut self.quality.subs[j].build_up[i * q.count() + p];
        let books = &mut self.quality.loading[p];
        let own = q.cover[j][i] * area;
        let c = wash_off.concentration(build_up, data, &model.units, *mass, made.runoff, own);
        let mut load = c * made.outflow * own / area * data.mass;
        if build_up.function.is_some() || *mass > load {
            load = min(load, *mass);
            *mass -= load;
        } else {
            books.build_up += load;
            *mass = 0.0;
        }
        let kept = wash_off.practice * load;
        if kept > 0.0 {
            books.practice += kept;
            load -= kept;
        }
        load / data.mass
    }

    /// Rain and runon mixed with the water that stands there.
    fn ponded_loads(&mut self, model: &Model, j: usize, made: &Produced, step: f64, loads: &mut [f64]) {
        let (q, m) = (&model.quality, &model.subs[j]);
        if m.area == m.lid_area {
            return;
        }
        let other = m.area - m.lid_area;
        let rain = self.subs[j].rainfall * other * step;
        let depth = self.subs[j].depth_on(m);
        let s = &mut self.quality.subs[j];
        for (p, data) in q.pollutants.iter().enumerate() {
            let books = &mut self.quality.loading[p];
            let w_rain = data.rain * LITRES_IN_FT3 * rain;
            books.deposition += w_rain * data.mass;
            if made.inflow == 0.0 {
                books.remaining += s.ponded[p] * data.mass;
                s.ponded[p] = 0.0;
                continue;
            }
            let mut w = s.ponded[p] + w_rain + s.new[p] * step;
            let c = w / made.inflow;
            let infiltrated = min(c * made.infiltration, w);
            books.infiltration += infiltrated * data.mass;
            w -= infiltrated;
            let mut out = min(c * made.outflow, w);
            let kept = q
                .land_uses
                .iter()
                .zip(&q.cover[j])
                .fold(0.0, |r, (land, share)| r + share * land.wash_off[p].practice)
                * out;
            books.practice += kept * data.mass;
            out -= kept;
            s.ponded[p] = c * depth * other;
            loads[p] += out;
        }
    }

    /// Rain (and runon, where they cover it all) on LIDs.
    fn lid_loads(&mut self, model: &Model, j: usize, step: f64, loads: &mut [f64]) {
        let m = &model.subs[j];
        if m.lid_area == 0.0 {
            return;
        }
        let rain = self.subs[j].rainfall * m.lid_area * step;
        for (p, data) in model.quality.pollutants.iter().enumerate() {
            let w = data.rain * rain * LITRES_IN_FT3;
            self.quality.loading[p].deposition += w * data.mass;
            let runon = if m.lid_area == m.area { self.quality.subs[j].new[p] * step } else { 0.0 };
            loads[p] += w + runon;
        }
    }

    /// What drains of LIDs carry out of a subcatchment, and what they hold back.
    fn drain_loads(&mut self, model: &Model, j: usize, step: f64) {
        for (s, unit) in self.lids[j].units.iter().zip(&model.lids[j].units) {
            if unit.to_pervious {
                continue;
            }
            let leaves = unit.drain_node.is_some() || unit.drain_subcatchment == Some(j);
            for (p, data) in model.quality.pollutants.iter().enumerate() {
                let c = self.quality.subs[j].new[p];
                let w = s.new_drain * c * step * LITRES_IN_FT3 * data.mass;
                let removal = unit.removal[p];
                let books = &mut self.quality.loading[p];
                books.practice += removal * w;
                if leaves {
                    books.runoff += w * (1.0 - removal);
                }
            }
        }
    }
}
