//! 积雪与融雪: a pack on three surfaces of a subcatchment, plowed, melted by rain or by degrees,
//! holding free water (Reference Manual I, ch. 6).
#![expect(clippy::indexing_slicing, reason = "three surfaces a pack, ten points a depletion curve")]

use serde::{Deserialize, Serialize};

use super::weather::Weather;
use super::{Climate, GageState};
use crate::model::{Model, SubcatchmentData};
use crate::project::{Climatology, Index, Project};
use crate::state::State;
use crate::units::{Units, max, min};

/// Depth (ft) below which a pack melts away at once.
const LEAST_DEPTH: f64 = 0.001 / 12.0;
/// ft/s to in/h.
const INCHES_AN_HOUR: f64 = 43200.0;
/// Rain (in/h) above which it melts the snow, and snow above which the pack is as cold as the air.
const LEAST_RAIN: f64 = 0.02;
/// °C to °F.
const DEGREES: f64 = 1.8;

/// Parameters of the pack of a subcatchment in ft, s and °F.
#[derive(Debug, Clone)]
pub(crate) struct SnowData {
    /// Share of the subcatchment: plowable, other impervious, pervious.
    area: [f64; 3],
    melt: [[f64; 2]; 3],
    base: [f64; 3],
    free_fraction: [f64; 3],
    depth: [f64; 3],
    free_water: [f64; 3],
    whole_cover: [f64; 3],
    plow_depth: f64,
    plowed: [f64; 5],
    to: Option<Index>,
}

impl SnowData {
    /// Of every subcatchment.
    pub(crate) fn of(project: &Project, subs: &[SubcatchmentData], u: &Units) -> Vec<Option<Self>> {
        let si = u.flow_units.is_si();
        let per_degree = if si { DEGREES } else { 1.0 };
        let pack = |(s, m): (&crate::project::Subcatchment, &SubcatchmentData)| {
            let p = project.snow_packs.get(s.snow_pack?)?;
            let [plowable, bare, pervious] = p.surfaces;
            let each = p.surfaces;
            let share = plowable.last;
            Some(Self {
                area: [share * m.impervious, (1.0 - share) * m.impervious, 1.0 - m.impervious],
                melt: each.map(|x| x.melt.map(|v| v * per_degree / u.rainfall)),
                base: each.map(|x| if si { (9.0 / 5.0) * x.base + 32.0 } else { x.base }),
                free_fraction: each.map(|x| x.free_fraction),
                depth: each.map(|x| x.depth / u.rain_depth),
                free_water: each.map(|x| min(x.free_water, x.free_fraction * x.depth) / u.rain_depth),
                whole_cover: [0.0, bare.last / u.rain_depth, pervious.last / u.rain_depth],
                plow_depth: p.plow_depth.map_or(1.0e6, |d| d / u.rain_depth),
                plowed: p.plowed,
                to: p.to,
            })
        };
        project.subcatchments.iter().zip(subs).map(pack).collect()
    }

    fn coefficient(&self, i: usize, season: Option<f64>) -> f64 {
        let [least, greatest] = self.melt[i];
        season.map_or(0.0, |s| 0.5 * (greatest * (1.0 + s) + least * (1.0 - s)))
    }
}

/// State of the pack of a subcatchment.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct SnowState {
    surfaces: [Surface; 3],
    /// Mean depth over the subcatchment, ft of water.
    pub(crate) old_depth: f64,
    pub(crate) new_depth: f64,
}

/// A surface: depths in ft of water.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
struct Surface {
    depth: f64,
    free_water: f64,
    cold: f64,
    /// Antecedent temperature, °F.
    antecedent: f64,
    /// Of the depletion curve of new snow: where it begins, its cover there, where it ends.
    curve: [f64; 3],
    /// Melted at once, ft/s.
    at_once: f64,
}

/// The air over a pack in a step.
struct Air<'a> {
    weather: &'a Weather,
    climate: &'a Climatology,
    rain: f64,
    snow: f64,
    rain_melt: f64,
    dt: f64,
}

impl SnowState {
    /// Depth, free water, cold content, antecedent temperature and cover of each surface.
    pub(crate) fn hot_start(&self) -> [[f64; 5]; 3] {
        self.surfaces.map(|s| [s.depth, s.free_water, s.cold, s.antecedent, s.curve[0]])
    }

    pub(crate) fn set_hot_start(&mut self, x: &[[f64; 5]; 3]) {
        for (s, x) in self.surfaces.iter_mut().zip(x) {
            (s.depth, s.free_water, s.cold, s.antecedent, s.curve[0]) = (x[0], x[1], x[2], x[3], x[4]);
        }
    }

    pub(crate) fn new(p: &SnowData) -> Self {
        let mut depth = 0.0;
        let surfaces = [0, 1, 2].map(|i| {
            let covered = p.area[i] > 0.0;
            let s = Surface {
                depth: if covered { p.depth[i] } else { 0.0 },
                free_water: if covered { p.free_water[i] } else { 0.0 },
                antecedent: p.base[i],
                curve: [1.0, 0.0, 0.0],
                ..Surface::default()
            };
            depth += s.depth * p.area[i];
            s
        });
        Self { surfaces, old_depth: 0.0, new_depth: depth }
    }

    /// Snow on the plowable part, ft of water.
    pub(crate) const fn plowable_depth(&self) -> f64 {
        self.surfaces[0].depth
    }

    /// Water in the pack, ft over the subcatchment.
    pub(crate) fn cover(&self, p: &SnowData) -> f64 {
        (0..3).fold(0.0, |t, i| t + (self.surfaces[i].depth + self.surfaces[i].free_water) * p.area[i])
    }

    /// Melts; gives the water (ft/s) on the three parts of the subcatchment.
    fn melt(&mut self, p: &SnowData, air: &Air<'_>, impervious: f64) -> [f64; 3] {
        let mut net = [0.0; 3];
        let mut depth = 0.0;
        for (i, (s, net)) in self.surfaces.iter_mut().zip(&mut net).enumerate() {
            let (mut cover, mut melt) = (0.0, 0.0);
            if s.depth <= LEAST_DEPTH {
                s.at_once += (s.depth + s.free_water) / air.dt;
                (s.depth, s.free_water, s.cold) = (0.0, 0.0, 0.0);
            } else {
                cover = s.cover(p, air, i);
                melt = s.melt_rate(p, air, i, cover);
                melt = s.drain(p, air, i, melt, cover);
            }
            *net = melt + s.at_once + air.rain * (1.0 - cover);
            depth += s.depth * p.area[i];
        }
        self.new_depth = depth;
        if impervious > 0.0 {
            let mean = (net[0] * p.area[0] + net[1] * p.area[1]) / impervious;
            (net[0], net[1]) = (mean, mean);
        }
        net
    }
}

impl Surface {
    /// Share of the surface under snow (ch. 6.2.4).
    fn cover(&mut self, p: &SnowData, air: &Air<'_>, i: usize) -> f64 {
        let whole = p.whole_cover[i];
        if i == 0 {
            return 1.0;
        }
        if whole == 0.0 || self.depth >= whole {
            self.curve[0] = 1.0;
            return 1.0;
        }
        if air.snow > 0.0 {
            let from = max((self.depth - air.snow * air.dt) / whole, 0.0);
            let end = min(from + (0.75 * air.snow * air.dt) / whole, 1.0);
            self.curve = [from, air.depletion(i, from), end];
            return 1.0;
        }
        let [from, least, end] = self.curve;
        let now = self.depth / whole;
        if now < from {
            self.curve[0] = 1.0;
            air.depletion(i, now)
        } else if now >= end {
            1.0
        } else {
            least + (1.0 - least) / (end - from) * (now - from)
        }
    }

    fn melt_rate(&mut self, p: &SnowData, air: &Air<'_>, i: usize, cover: f64) -> f64 {
        let t = air.weather.temperature;
        let mut melt = if air.rain_melt > 0.0 {
            air.rain_melt
        } else if t >= p.base[i] {
            p.coefficient(i, air.weather.season) * (t - p.base[i])
        } else {
            self.cool(p, air, i, cover);
            return 0.0;
        };
        melt *= cover;
        let factor = air.dt * air.climate.negative_melt * cover;
        if melt * factor > self.cold {
            melt -= self.cold / factor;
            self.cold = 0.0;
        } else {
            self.cold -= melt * factor;
            melt = 0.0;
        }
        self.antecedent = p.base[i];
        melt
    }

    /// The pack gets colder (ch. 6.2.6).
    fn cool(&mut self, p: &SnowData, air: &Air<'_>, i: usize, cover: f64) {
        let t = air.weather.temperature;
        let mut antecedent = self.antecedent;
        if air.snow * INCHES_AN_HOUR > LEAST_RAIN {
            antecedent = t;
        } else {
            let weight = 1.0 - (1.0 - air.climate.antecedent_weight).powf(air.dt / (6.0 * 3600.0));
            antecedent += weight * (t - antecedent);
        }
        antecedent = min(antecedent, p.base[i]);
        let rate = p.coefficient(i, air.weather.season);
        let mut cold = self.cold;
        cold += air.climate.negative_melt * rate * (antecedent - t) * air.dt * cover;
        cold = max(cold, 0.0);
        self.cold = min(cold, self.depth * 0.007 / 12.0 * (p.base[i] - antecedent));
        self.antecedent = antecedent;
    }

    /// Melt and rain go through the pack; what it cannot hold leaves it.
    fn drain(&mut self, p: &SnowData, air: &Air<'_>, i: usize, melt: f64, cover: f64) -> f64 {
        let melted = min(melt * air.dt, self.depth);
        self.depth -= melted;
        self.free_water += melted + air.rain * air.dt * cover;
        let out = max(self.free_water - p.free_fraction[i] * self.depth, 0.0);
        self.free_water -= out;
        out / air.dt
    }
}

impl Air<'_> {
    /// Cover at a relative depth.
    fn depletion(&self, i: usize, depth: f64) -> f64 {
        if depth <= 0.0 {
            return 0.0;
        }
        if depth >= 0.9999 {
            return 1.0;
        }
        let curve = &self.climate.depletion[i - 1];
        let m = (depth * 10.0 + 0.00001) as usize;
        let a = curve[m.min(9)];
        let b = curve.get(m + 1).copied().unwrap_or(1.0);
        a + (b - a) / 0.1 * (depth - 0.1 * m as f64)
    }
}

/// Melt (ft/s) while it rains (eq. 6-2).
fn rain_melt(rain: f64, w: &Weather, c: &Climatology, units: &Units) -> f64 {
    let rain = rain * INCHES_AN_HOUR;
    if rain <= LEAST_RAIN {
        return 0.0;
    }
    let z = c.elevation / units.length / 1000.0;
    let pressure = if z <= 0.0 { 29.9 } else { 29.9 - 1.02 * z + 0.0032 * z.powf(2.4) };
    let gamma = 0.000359 * pressure;
    let wind = 0.006 * w.wind;
    let t1 = w.temperature - 32.0;
    let t2 = 7.5 * gamma * wind;
    let t3 = 8.5 * wind * (w.vapour - 0.18);
    (t1 * (0.001167 + t2 + 0.007 * rain) + t3) / INCHES_AN_HOUR
}

/// Rain and snow (ft/s) on a subcatchment.
pub(super) fn precipitation(model: &Model, gages: &[GageState], climate: &Climate, j: usize) -> (f64, f64) {
    let gage = model.subs[j].gage;
    let rate = gages[gage].rainfall;
    let snow_below_f = model.project.climate.snow_below_f;
    if !model.options.ignore_snowmelt && climate.weather.temperature <= snow_below_f {
        (0.0, rate * model.project.gages[gage].snow_factor / model.units.rainfall)
    } else {
        (rate / model.units.rainfall, 0.0)
    }
}

/// Water (ft/s) on the three parts of a subcatchment in `dt` s of rain and snow (ft/s): the rain, or what
/// leaves its snow.
pub(super) fn net_precipitation(
    model: &Model,
    now: &Climate,
    j: usize,
    pack: &mut Option<SnowState>,
    (rain, snow): (f64, f64),
    dt: f64,
) -> [f64; 3] {
    let (Some(p), Some(s)) = (&model.snow[j], pack) else { return [rain + snow; 3] };
    if model.options.ignore_snowmelt {
        return [rain + snow; 3];
    }
    let (weather, climate) = (&now.weather, &model.project.climate);
    let rain_melt = rain_melt(rain, weather, climate, &model.units);
    let air = Air { weather, climate, rain, snow, rain_melt, dt };
    s.melt(p, &air, model.subs[j].impervious)
}

impl State {
    /// Snow falls on every pack and is plowed.
    pub(crate) fn plow_all(&mut self, model: &Model, dt: f64) {
        if model.options.ignore_snowmelt || !model.ways.any_snow {
            return;
        }
        for j in (0..model.subs.len()).filter(|j| model.subs[*j].area > 0.0) {
            self.plow(model, j, dt);
        }
    }

    /// Snow falls on the pack of a subcatchment and is plowed.
    fn plow(&mut self, model: &Model, j: usize, dt: f64) {
        let (Some(p), Some(mut s)) = (&model.snow[j], self.snow[j]) else { return };
        let (_, fall) = precipitation(model, &self.gages, &self.climate, j);
        for (x, area) in s.surfaces.iter_mut().zip(p.area) {
            if area > 0.0 {
                x.depth += fall * dt;
                x.at_once = 0.0;
            }
        }
        let deep = s.surfaces[0].depth;
        if p.area[0] > 0.0 && deep >= p.plow_depth {
            let [out, bare, pervious, melted, other] = p.plowed;
            self.snow_removed += out * deep * (p.area[0] * (model.subs[j].area - model.subs[j].lid_area));
            let mut moved = out;
            for (i, part) in [(1, bare), (2, pervious)] {
                if p.area[i] > 0.0 {
                    s.surfaces[i].depth += part * deep * (p.area[0] / p.area[i]);
                    moved += part;
                }
            }
            s.surfaces[0].at_once = melted * deep / dt;
            moved += melted;
            if other > 0.0
                && let Some(k) = p.to
                && let Some(q) = &model.snow[k]
                && q.area[2] > 0.0
            {
                let gained = other * deep * (p.area[0] / q.area[2]);
                if k == j {
                    s.surfaces[2].depth += gained;
                } else if let Some(to) = &mut self.snow[k] {
                    to.surfaces[2].depth += gained;
                }
                moved += other;
            }
            s.surfaces[0].depth = deep * (1.0 - min(moved, 1.0));
        }
        self.snow[j] = Some(s);
    }

    /// Water in all snow, ft³.
    pub(crate) fn snow_storage(&self, model: &Model) -> f64 {
        let each = self.snow.iter().zip(&model.snow).zip(&model.subs);
        each.fold(0.0, |t, ((s, p), m)| match (s, p) {
            (Some(s), Some(p)) => t + s.cover(p) * (m.area - m.lid_area),
            _ => t,
        })
    }
}
