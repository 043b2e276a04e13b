//! 设施内的水流: what flows between the layers of a LID unit in a step (Reference Manual III, ch. 6).
#![expect(clippy::indexing_slicing, reason = "four layers a unit")]

use super::lid::{LAYERS, PAVEMENT, Process, SOIL, STORAGE, SURFACE, Unit, UnitState};
use crate::curve::Curve;
use crate::project::LidKind;
use crate::units::{Units, ZERO, max, min};

/// Levels (ft) nearer than this are the same.
const TOLERANCE: f64 = 0.00328;
const TRIALS: usize = 20;
const MOST: f64 = 1.0e10;

/// One step of one unit; rates in ft/s, volumes in ft.
pub(super) struct Flux<'a> {
    pub(super) p: &'a Process,
    pub(super) unit: &'a Unit,
    pub(super) units: &'a Units,
    pub(super) curves: &'a [Curve],
    pub(super) dt: f64,
    /// Potential evaporation.
    pub(super) potential: f64,
    /// What the native soil can take.
    pub(super) native: f64,
    /// Days of the run.
    pub(super) day: f64,
    pub(super) inflow: f64,
    pub(super) infil: f64,
    pub(super) evap: [f64; LAYERS],
    pub(super) volume: [f64; LAYERS],
    pub(super) outflow: f64,
    pub(super) pave_perc: f64,
    pub(super) soil_perc: f64,
    pub(super) exfil: f64,
    pub(super) drain: f64,
}

impl Flux<'_> {
    /// Goes through the step; the unit's levels become the new ones.
    pub(super) fn solve(&mut self, s: &mut UnitState) {
        let p = self.p;
        let (mut least, mut most) = ([0.0; LAYERS], [MOST; LAYERS]);
        if p.soil.thickness > 0.0 {
            (least[SOIL], most[SOIL]) = (p.soil.wilting_point, p.soil.porosity);
        }
        if p.pavement.thickness > 0.0 {
            most[PAVEMENT] = p.pavement.thickness;
        }
        if p.storage.thickness > 0.0 {
            most[STORAGE] = p.storage.thickness;
        }
        if p.kind == LidKind::GreenRoof {
            most[STORAGE] = p.mat.thickness;
        }
        let omega = if p.kind == LidKind::Swale { 0.5 } else { 0.0 };
        let old = s.level;
        let (mut x, mut last) = (old, old);
        let mut q = [0.0; LAYERS];
        for _ in 1..TRIALS {
            let mut done = true;
            self.rates(&x, &mut q, s);
            for i in 0..LAYERS {
                x[i] = old[i] + (omega * s.flux[i] + (1.0 - omega) * q[i]) * self.dt;
                x[i] = max(min(x[i], most[i]), least[i]);
                if omega > 0.0 && (x[i] - last[i]).abs() > TOLERANCE {
                    done = false;
                }
                last[i] = x[i];
            }
            if done {
                break;
            }
        }
        if p.surface.overflows || self.unit.width == 0.0 {
            let over = x[SURFACE] - p.surface.thickness;
            if over > 0.0 {
                x[SURFACE] = p.surface.thickness;
                self.outflow += over * p.surface.void / self.dt;
            }
        }
        s.level = x;
        s.flux = q;
    }

    fn rates(&mut self, x: &[f64; LAYERS], f: &mut [f64; LAYERS], s: &mut UnitState) {
        match self.p.kind {
            LidKind::BioRetention | LidKind::RainGarden => self.cell(x, f, s),
            LidKind::GreenRoof => self.green_roof(x, f),
            LidKind::InfiltrationTrench => self.trench(x, f, s),
            LidKind::PermeablePavement => self.pavement(x, f, s),
            LidKind::RainBarrel => self.barrel(x, f, s),
            LidKind::RoofDisconnection => self.roof(x, f),
            LidKind::Swale => self.swale(x, f),
        }
    }

    fn roof(&mut self, x: &[f64; LAYERS], f: &mut [f64; LAYERS]) {
        let depth = x[SURFACE];
        self.evaporate(depth, 0.0, 0.0, 0.0, 1.0);
        self.volume[SURFACE] = depth;
        self.infil = 0.0;
        if self.p.surface.alpha > 0.0 {
            self.outflow = self.surface_outflow(depth);
        }
        self.drain = min(self.p.drain.coefficient / self.units.rainfall, self.outflow);
        self.outflow -= self.drain;
        f[SURFACE] = self.inflow - self.evap[SURFACE] - self.drain - self.outflow;
    }

    /// Percolation through the soil, no more than it has above field capacity.
    fn percolate(&mut self, theta: f64) {
        let s = &self.p.soil;
        let rate =
            if theta <= s.field_capacity { 0.0 } else { s.ksat * (-(s.porosity - theta) * s.slope).exp() };
        let most = max((theta - s.field_capacity) * s.thickness, 0.0) / self.dt - self.evap[SOIL];
        self.soil_perc = max(min(rate, most), 0.0);
    }

    fn green_roof(&mut self, x: &[f64; LAYERS], f: &mut [f64; LAYERS]) {
        let (p, dt) = (self.p, self.dt);
        let (s, t) = (&p.soil, &p.storage);
        let (depth, theta, stored) = (x[SURFACE], x[SOIL], x[STORAGE]);
        self.volume = [depth * p.surface.void, theta * s.thickness, stored * t.void, 0.0];
        let available = self.volume[SOIL] - s.wilting_point * s.thickness;
        self.evaporate(self.volume[SURFACE], 0.0, available, self.volume[STORAGE], 1.0);
        if theta >= s.porosity {
            self.evap[STORAGE] = 0.0;
        }
        self.percolate(theta);
        self.exfil = 0.0;
        self.drain = self.soil_perc;
        if p.mat.alpha > 0.0 {
            self.drain = p.mat.alpha * stored.powf(5.0 / 3.0) * self.unit.width / self.unit.area * p.mat.void;
        }
        if theta >= s.porosity && stored >= t.thickness {
            let most = min(self.soil_perc, self.drain);
            (self.soil_perc, self.drain) = (most, most);
            self.infil = min(self.infil, most);
        } else {
            let mut most = stored * t.void / dt - self.evap[STORAGE];
            if stored >= t.thickness {
                most += self.soil_perc;
            }
            self.drain = min(self.drain, max(most, 0.0));
            let most = (t.thickness - stored) * t.void / dt + self.drain + self.evap[STORAGE];
            self.soil_perc = min(self.soil_perc, most);
            let most = (s.porosity - theta) * s.thickness / dt + self.soil_perc + self.evap[SOIL];
            self.infil = min(self.infil, most);
        }
        self.outflow = self.surface_outflow(depth);
        f[SURFACE] = (self.inflow - self.evap[SURFACE] - self.infil - self.outflow) / p.surface.void;
        f[SOIL] = (self.infil - self.evap[SOIL] - self.soil_perc) / s.thickness;
        f[STORAGE] = (self.soil_perc - self.evap[STORAGE] - self.drain) / t.void;
    }

    fn cell(&mut self, x: &[f64; LAYERS], f: &mut [f64; LAYERS], state: &UnitState) {
        let (p, dt) = (self.p, self.dt);
        let (s, t) = (&p.soil, &p.storage);
        let (depth, theta, stored) = (x[SURFACE], x[SOIL], x[STORAGE]);
        self.volume = [depth * p.surface.void, theta * s.thickness, stored * t.void, 0.0];
        let available = self.volume[SOIL] - s.wilting_point * s.thickness;
        self.evaporate(self.volume[SURFACE], 0.0, available, self.volume[STORAGE], 1.0);
        if theta >= s.porosity {
            self.evap[STORAGE] = 0.0;
        }
        self.percolate(theta);
        self.exfil = self.exfiltration(state);
        self.drain = 0.0;
        if p.drain.coefficient > 0.0 {
            self.drain = self.underdrain(state, stored, theta, 0.0, depth);
        }
        let unused = (s.porosity - theta) * s.thickness / dt;
        if t.thickness == 0.0 {
            self.evap[STORAGE] = 0.0;
            let most = min(self.soil_perc, self.exfil);
            (self.soil_perc, self.exfil) = (most, most);
            self.infil = min(self.infil, unused + self.soil_perc + self.evap[SOIL]);
        } else if theta >= s.porosity && stored >= t.thickness {
            let mut most = self.exfil + self.drain;
            if self.soil_perc < most {
                most = self.soil_perc;
                if most > self.exfil {
                    self.drain = most - self.exfil;
                } else {
                    (self.exfil, self.drain) = (most, 0.0);
                }
            } else {
                self.soil_perc = most;
            }
            self.infil = min(self.infil, most);
        } else {
            let most = self.soil_perc - self.evap[STORAGE] + stored * t.void / dt;
            self.exfil = max(min(self.exfil, most), 0.0);
            self.limit_drain(stored, self.soil_perc);
            let most = self.exfil + self.drain + self.evap[STORAGE] + (t.thickness - stored) * t.void / dt;
            self.soil_perc = min(self.soil_perc, most);
            self.infil = min(self.infil, unused + self.soil_perc + self.evap[SOIL]);
        }
        self.outflow = self.surface_outflow(depth);
        f[SURFACE] = (self.inflow - self.evap[SURFACE] - self.infil - self.outflow) / p.surface.void;
        f[SOIL] = (self.infil - self.evap[SOIL] - self.soil_perc) / s.thickness;
        f[STORAGE] = if t.thickness == 0.0 {
            0.0
        } else {
            (self.soil_perc - self.evap[STORAGE] - self.exfil - self.drain) / t.void
        };
    }

    /// A drain takes no more than what stands above it, and what comes in when the layer is full.
    fn limit_drain(&mut self, stored: f64, coming: f64) {
        if self.drain <= 0.0 {
            return;
        }
        let (t, offset) = (&self.p.storage, self.p.drain.offset);
        let mut most = -self.exfil - self.evap[STORAGE];
        if stored >= t.thickness {
            most += coming;
        }
        if offset <= stored {
            most += (stored - offset) * t.void / self.dt;
        }
        self.drain = min(self.drain, max(most, 0.0));
    }

    fn trench(&mut self, x: &[f64; LAYERS], f: &mut [f64; LAYERS], state: &UnitState) {
        let (p, dt) = (self.p, self.dt);
        let t = &p.storage;
        let (depth, stored) = (x[SURFACE], x[STORAGE]);
        self.volume = [depth * p.surface.void, 0.0, stored * t.void, 0.0];
        self.evaporate(self.volume[SURFACE], 0.0, 0.0, self.volume[STORAGE], 1.0);
        if depth > 0.0 {
            self.evap[STORAGE] = 0.0;
        }
        let mut coming = self.inflow + self.volume[SURFACE] / dt;
        self.exfil = self.exfiltration(state);
        self.drain = 0.0;
        if p.drain.coefficient > 0.0 {
            self.drain = self.underdrain(state, stored, 0.0, 0.0, depth);
        }
        let most = coming - self.evap[STORAGE] + stored * t.void / dt;
        self.exfil = max(min(self.exfil, most), 0.0);
        self.limit_drain(stored, coming);
        let most = (t.thickness - stored) * t.void / dt + self.exfil + self.evap[STORAGE] + self.drain;
        coming = min(coming, most);
        self.infil = coming;
        self.outflow = self.surface_outflow(depth);
        f[SURFACE] = (self.inflow - self.evap[SURFACE] - coming - self.outflow) / p.surface.void;
        f[STORAGE] = (coming - self.evap[STORAGE] - self.exfil - self.drain) / t.void;
        f[SOIL] = 0.0;
    }

    fn pavement(&mut self, x: &[f64; LAYERS], f: &mut [f64; LAYERS], state: &mut UnitState) {
        let (p, dt) = (self.p, self.dt);
        let (s, t, v) = (&p.soil, &p.storage, &p.pavement);
        let pervious = 1.0 - v.impervious;
        let void = v.void * pervious;
        let (depth, paved, theta, stored) = (x[SURFACE], x[PAVEMENT], x[SOIL], x[STORAGE]);
        self.volume = [depth * p.surface.void, theta * s.thickness, stored * t.void, paved * void];
        let available = self.volume[SOIL] - s.wilting_point * s.thickness;
        self.evaporate(
            self.volume[SURFACE],
            self.volume[PAVEMENT],
            available,
            self.volume[STORAGE],
            pervious,
        );
        if paved >= v.thickness || (s.thickness > 0.0 && theta >= s.porosity) {
            self.evap[STORAGE] = 0.0;
        }
        self.infil = self.inflow + (self.volume[SURFACE] / dt);
        self.pave_perc = self.permeability(state) * pervious;
        self.infil = min(self.infil, self.pave_perc);
        let most = self.volume[PAVEMENT] / dt + self.infil - self.evap[PAVEMENT];
        self.pave_perc = min(self.pave_perc, max(most, 0.0));
        if s.thickness > 0.0 {
            self.percolate(theta);
        } else {
            self.soil_perc = self.pave_perc;
        }
        self.exfil = self.exfiltration(state);
        self.drain = 0.0;
        if p.drain.coefficient > 0.0 {
            self.drain = self.underdrain(state, stored, theta, paved, depth);
        }
        self.limit_pavement(theta, stored, paved, void);
        self.outflow = self.surface_outflow(depth);
        f[SURFACE] = self.inflow - self.evap[SURFACE] - self.infil - self.outflow;
        f[PAVEMENT] = (self.infil - self.evap[PAVEMENT] - self.pave_perc) / void;
        let coming = if s.thickness > 0.0 {
            f[SOIL] = (self.pave_perc - self.evap[SOIL] - self.soil_perc) / s.thickness;
            self.soil_perc
        } else {
            f[SOIL] = 0.0;
            self.soil_perc = 0.0;
            self.pave_perc
        };
        f[STORAGE] = (coming - self.evap[STORAGE] - self.exfil - self.drain) / t.void;
    }

    /// Flows between adjoining layers of a pavement where some are full.
    fn limit_pavement(&mut self, theta: f64, stored: f64, paved: f64, void: f64) {
        let (p, dt) = (self.p, self.dt);
        let (s, t, v) = (&p.soil, &p.storage, &p.pavement);
        let full_storage = stored >= t.thickness;
        let full_pavement = paved >= v.thickness;
        let has_soil = s.thickness > 0.0;
        let full_soil = has_soil && theta >= s.porosity;
        let unused = (v.thickness - paved) * void / dt;
        if !has_soil && full_storage && full_pavement {
            let most = self.evap[STORAGE] + self.drain + self.exfil;
            if self.pave_perc > most {
                self.pave_perc = most;
            } else {
                self.exfil = min(self.exfil, self.pave_perc);
                self.drain = self.pave_perc - self.exfil;
            }
            self.soil_perc = self.pave_perc;
            self.infil = min(self.infil, self.pave_perc);
        } else if full_storage && full_soil && full_pavement {
            let mut most = self.exfil + self.drain;
            most = if self.soil_perc < most { self.soil_perc } else { min(most, self.pave_perc) };
            if most > self.exfil {
                self.drain = most - self.exfil;
            } else {
                (self.exfil, self.drain) = (most, 0.0);
            }
            (self.soil_perc, self.pave_perc) = (most, most);
            self.infil = min(self.infil, self.pave_perc);
        } else if full_storage && full_soil {
            let most = self.drain + self.exfil;
            if self.soil_perc > most {
                self.soil_perc = most;
            } else {
                self.exfil = min(self.exfil, self.soil_perc);
                self.drain = self.soil_perc - self.exfil;
            }
            self.pave_perc = min(self.pave_perc, self.soil_perc);
            self.infil = min(self.infil, unused + self.pave_perc + self.evap[PAVEMENT]);
        } else if full_pavement && full_soil {
            self.pave_perc = min(self.pave_perc, self.soil_perc);
            self.soil_perc = self.pave_perc;
            self.infil = min(self.infil, self.pave_perc);
            let most = max(self.volume[STORAGE] / dt + self.soil_perc - self.evap[STORAGE], 0.0);
            self.exfil = min(self.exfil, most);
        } else {
            let most = self.soil_perc - self.evap[STORAGE] + self.volume[STORAGE] / dt;
            self.exfil = min(self.exfil, max(0.0, most));
            self.limit_drain(stored, self.soil_perc);
            let room = (t.thickness - stored) * t.void;
            let mut most = max(room / dt + self.evap[STORAGE] + self.drain + self.exfil, 0.0);
            if has_soil {
                self.soil_perc = min(self.soil_perc, most);
                most = (s.porosity - theta) * s.thickness / dt + self.soil_perc;
            }
            self.pave_perc = min(self.pave_perc, most);
            self.infil = min(self.infil, unused + self.pave_perc + self.evap[PAVEMENT]);
        }
    }

    fn swale(&mut self, x: &[f64; LAYERS], f: &mut [f64; LAYERS]) {
        let p = &self.p.surface;
        let depth = min(x[SURFACE], p.thickness);
        let mut slope = p.side_slope;
        let top = max(self.unit.width, 0.5);
        let mut bottom = top - 2.0 * slope * p.thickness;
        if bottom < 0.5 {
            bottom = 0.5;
            slope = 0.5 * (top - 0.5) / p.thickness;
        }
        let area = self.unit.area;
        let length = area / top;
        let surface = length * (bottom + 2.0 * slope * depth);
        let mut flow_area = (depth * (bottom + slope * depth)) * p.void;
        let volume = length * flow_area;
        let inflow = self.inflow * area;
        let mut evap = min(self.potential * surface, volume / self.dt);
        self.exfil = self.infil * surface;
        self.outflow = 0.0;
        if depth > ZERO {
            // SWMM leaves room here for depression storage, which is nothing.
            flow_area -= 0.0 * p.void;
            if flow_area >= ZERO {
                let wet = bottom + 2.0 * depth * (1.0 + slope * slope).sqrt();
                self.outflow = p.alpha * flow_area * (flow_area / wet).powf(2.0 / 3.0);
            }
        }
        let mut change = inflow - evap - self.exfil - self.outflow;
        if depth == p.thickness && change > 0.0 {
            self.outflow += change;
            change = 0.0;
        }
        evap /= area;
        self.evap[SURFACE] = evap;
        self.exfil /= area;
        self.outflow /= area;
        *f = [change / surface, 0.0, 0.0, f[PAVEMENT]];
        self.volume = [volume / area, 0.0, 0.0, self.volume[PAVEMENT]];
    }

    fn barrel(&mut self, x: &[f64; LAYERS], f: &mut [f64; LAYERS], state: &UnitState) {
        let p = self.p;
        let stored = x[STORAGE];
        self.volume = [0.0, 0.0, stored, self.volume[PAVEMENT]];
        (self.infil, self.outflow, self.drain) = (0.0, 0.0, 0.0);
        if p.drain.delay == 0.0 || state.dry_time >= p.drain.delay {
            let head = stored - p.drain.offset;
            if head > 0.0 {
                self.drain = min(self.underdrain(state, stored, 0.0, 0.0, 0.0), head / self.dt);
            }
        }
        let most = (p.storage.thickness - stored) / self.dt + self.drain;
        let coming = min(self.inflow, most);
        self.infil = coming;
        f[SURFACE] = self.inflow - coming;
        f[STORAGE] = coming - self.drain;
        f[SOIL] = 0.0;
    }

    /// Overland flow off the surface (Manning).
    fn surface_outflow(&self, depth: f64) -> f64 {
        let p = &self.p.surface;
        let delta = depth - p.thickness;
        if delta < 0.0 {
            return 0.0;
        }
        min(p.alpha * delta.powf(5.0 / 3.0) * self.unit.width / self.unit.area, delta / self.dt)
    }

    /// Permeability of the pavement as far as it has clogged.
    fn permeability(&self, state: &mut UnitState) -> f64 {
        let v = &self.p.pavement;
        let mut lost = 0.0;
        if v.clog > 0.0 {
            if v.regain_days > 0.0 && self.day >= state.next_regain {
                state.treated *= 1.0 - v.regain;
                state.next_regain += v.regain_days;
            }
            lost = min(state.treated / v.clog, 1.0);
        }
        v.ksat * (1.0 - lost)
    }

    fn exfiltration(&self, state: &UnitState) -> f64 {
        let t = &self.p.storage;
        if t.ksat == 0.0 || self.native == 0.0 {
            return 0.0;
        }
        let clogged = if t.clog > 0.0 { min(state.water.inflow / t.clog, 1.0) } else { t.clog };
        min(t.ksat * (1.0 - clogged), self.native)
    }

    /// Flow through the underdrain (eq. 6-8) with its opening and closing levels and its curve.
    fn underdrain(&self, state: &UnitState, stored: f64, theta: f64, paved: f64, depth: f64) -> f64 {
        let (p, s) = (self.p, &self.p.soil);
        let pavement = p.pavement.thickness;
        let mut head = stored;
        if stored >= p.storage.thickness {
            if s.thickness > 0.0 {
                if theta > s.field_capacity {
                    head += (theta - s.field_capacity) / (s.porosity - s.field_capacity) * s.thickness;
                    if theta >= s.porosity {
                        if pavement > 0.0 {
                            head += paved;
                            if paved >= pavement {
                                head += depth;
                            }
                        } else {
                            head += depth;
                        }
                    }
                }
            } else if pavement > 0.0 {
                head += paved;
                if paved >= pavement {
                    head += depth;
                }
            }
        }
        let d = &p.drain;
        if (state.old_drain == 0.0 && head <= d.opens) || (state.old_drain > 0.0 && head <= d.closes) {
            return 0.0;
        }
        head -= d.offset;
        if head <= ZERO {
            return 0.0;
        }
        head *= self.units.rain_depth;
        let mut flow = d.coefficient * head.powf(d.exponent);
        if let Some(curve) = d.curve.and_then(|k| self.curves.get(k)) {
            flow *= curve.at(head);
        }
        flow / self.units.rainfall
    }

    /// What evaporates from each layer, from the top.
    fn evaporate(&mut self, surface: f64, pavement: f64, soil: f64, storage: f64, pervious: f64) {
        let dt = self.dt;
        let mut left = self.potential;
        let mut e = [0.0; LAYERS];
        e[SURFACE] = max(0.0, min(left, surface / dt));
        left = max(0.0, left - e[SURFACE]);
        left *= pervious;
        if self.infil <= 0.0 {
            e[PAVEMENT] = min(left, pavement / dt);
            left = max(0.0, left - e[PAVEMENT]);
            e[SOIL] = min(left, soil / dt);
            left = max(0.0, left - e[SOIL]);
            e[STORAGE] = min(left, storage / dt);
        }
        self.evap = e;
    }
}
