//! 低影响开发设施: controls and their units in ft and s (Reference Manual III, ch. 6).
#![expect(clippy::indexing_slicing, reason = "one list of units a subcatchment")]

use serde::{Deserialize, Serialize};

use super::infiltration::{Soil, SoilState};
use crate::model::SubcatchmentData;
use crate::project::{Index, Infiltration, LidControl, LidKind, LidUsage, Project};
use crate::units::{Units, min};

/// Layers: surface, soil, storage, pavement.
pub(super) const LAYERS: usize = 4;
pub(super) const SURFACE: usize = 0;
pub(super) const SOIL: usize = 1;
pub(super) const STORAGE: usize = 2;
pub(super) const PAVEMENT: usize = 3;

#[derive(Debug, Clone, Copy, Default)]
pub(super) struct SurfaceLayer {
    pub(super) thickness: f64,
    pub(super) void: f64,
    pub(super) side_slope: f64,
    pub(super) alpha: f64,
    pub(super) overflows: bool,
}

#[derive(Debug, Clone, Copy, Default)]
pub(super) struct SoilLayer {
    pub(super) thickness: f64,
    pub(super) porosity: f64,
    pub(super) field_capacity: f64,
    pub(super) wilting_point: f64,
    pub(super) ksat: f64,
    pub(super) slope: f64,
    suction: f64,
}

#[derive(Debug, Clone, Copy, Default)]
pub(super) struct StorageLayer {
    pub(super) thickness: f64,
    pub(super) void: f64,
    pub(super) ksat: f64,
    pub(super) clog: f64,
    pub(super) covered: bool,
}

#[derive(Debug, Clone, Copy, Default)]
pub(super) struct PavementLayer {
    pub(super) thickness: f64,
    pub(super) void: f64,
    pub(super) impervious: f64,
    pub(super) ksat: f64,
    pub(super) clog: f64,
    pub(super) regain_days: f64,
    pub(super) regain: f64,
}

#[derive(Debug, Clone, Copy, Default)]
pub(super) struct DrainLayer {
    pub(super) coefficient: f64,
    pub(super) exponent: f64,
    pub(super) offset: f64,
    pub(super) delay: f64,
    pub(super) opens: f64,
    pub(super) closes: f64,
    pub(super) curve: Option<Index>,
}

#[derive(Debug, Clone, Copy, Default)]
pub(super) struct MatLayer {
    pub(super) thickness: f64,
    pub(super) void: f64,
    pub(super) alpha: f64,
}

/// A control.
#[derive(Debug, Clone)]
pub(super) struct Process {
    pub(super) name: String,
    pub(super) kind: LidKind,
    pub(super) surface: SurfaceLayer,
    pub(super) soil: SoilLayer,
    pub(super) storage: StorageLayer,
    pub(super) pavement: PavementLayer,
    pub(super) drain: DrainLayer,
    pub(super) mat: MatLayer,
}

impl Process {
    fn new(c: &LidControl, u: &Units) -> Self {
        let kind = c.kind.unwrap_or(LidKind::RoofDisconnection);
        let d = u.rain_depth;
        let [deep, plants, rough, slope, side_slope] = c.surface.unwrap_or_default();
        let slope = slope / 100.0;
        let alpha = if rough <= 0.0 {
            0.0
        } else if kind == LidKind::Swale {
            1.49 * slope.sqrt() / rough
        } else {
            1.49 / rough * slope.sqrt()
        };
        let overflows = match kind {
            LidKind::RoofDisconnection => false,
            LidKind::RainBarrel | LidKind::Swale => true,
            _ => alpha <= 0.0,
        };
        let surface = SurfaceLayer { thickness: deep / d, void: 1.0 - plants, side_slope, alpha, overflows };
        let [deep, porosity, field_capacity, wilting_point, k, k_slope, suction] = c.soil.unwrap_or_default();
        let soil = SoilLayer {
            thickness: deep / d,
            porosity,
            field_capacity,
            wilting_point,
            ksat: k / u.rainfall,
            slope: k_slope,
            suction: suction / d,
        };
        let mut p = Self {
            name: c.name.clone(),
            kind,
            surface,
            soil,
            storage: StorageLayer::default(),
            pavement: PavementLayer::default(),
            drain: DrainLayer::default(),
            mat: MatLayer::default(),
        };
        p.lower_layers(c, u, slope);
        p
    }

    fn lower_layers(&mut self, c: &LidControl, u: &Units, slope: f64) {
        let d = u.rain_depth;
        let [deep, void, impervious, k, clog, regain_days, regain] = c.pavement.unwrap_or_default();
        self.pavement = PavementLayer {
            thickness: deep / d,
            void: void / (void + 1.0),
            impervious,
            ksat: k / u.rainfall,
            clog,
            regain_days,
            regain,
        };
        let q = &mut self.pavement;
        if q.thickness > 0.0 {
            q.clog *= q.thickness * q.void * (1.0 - q.impervious);
        }
        let [coefficient, exponent, offset, delay, opens, closes] = c.drain.unwrap_or_default();
        self.drain = DrainLayer {
            coefficient,
            exponent,
            offset: offset / d,
            delay: delay * 3600.0,
            opens: opens / d,
            closes: closes / d,
            curve: c.drain_curve,
        };
        let [deep, void, k, clog] = c.storage.unwrap_or_default();
        let covered = c.covered;
        let mut s = StorageLayer {
            thickness: deep / d,
            void: void / (void + 1.0),
            ksat: k / u.rainfall,
            clog,
            covered,
        };
        if s.thickness > 0.0 {
            s.clog *= s.thickness * s.void;
        } else {
            (s.void, s.clog) = (1.0, 0.0);
            self.drain.offset = 0.0;
        }
        if self.kind == LidKind::RainBarrel {
            (s.void, s.ksat) = (1.0, 0.0);
        }
        if self.kind == LidKind::GreenRoof {
            let [deep, void, rough] = c.drain_mat.unwrap_or_default();
            let alpha = if rough > 0.0 { 1.49 / rough * slope.sqrt() } else { 0.0 };
            self.mat = MatLayer { thickness: deep / d, void, alpha };
            (s.thickness, s.void, s.clog, s.ksat) = (self.mat.thickness, void, 0.0, 0.0);
        }
        self.storage = s;
    }

    fn is_pervious(&self) -> bool {
        self.storage.thickness == 0.0 || self.storage.ksat > 0.0
    }
}

/// Units of one control in a subcatchment.
#[derive(Debug, Clone)]
pub(crate) struct Unit {
    pub(super) process: Process,
    pub(super) pervious: bool,
    /// Of one unit, ft².
    pub(super) area: f64,
    pub(super) number: f64,
    pub(super) width: f64,
    pub(super) saturation: f64,
    pub(super) from_impervious: f64,
    pub(super) from_pervious: f64,
    pub(crate) to_pervious: bool,
    pub(crate) drain_subcatchment: Option<Index>,
    pub(crate) drain_node: Option<Index>,
    /// Share of each pollutant that its drain removes.
    pub(crate) removal: Vec<f64>,
    pub(super) infiltration: Option<Soil>,
    /// File of its detailed report.
    pub(crate) report: Option<String>,
}

impl Unit {
    pub(super) fn whole_area(&self) -> f64 {
        self.area * self.number
    }

    /// Name of its control.
    pub(crate) fn control(&self) -> &str {
        &self.process.name
    }
}

/// The LIDs of a subcatchment.
#[derive(Debug, Clone, Default)]
pub(crate) struct LidGroup {
    /// The last of the file first, as SWMM keeps them.
    pub(crate) units: Vec<Unit>,
    /// ft².
    pub(crate) pervious_area: f64,
}

/// ft² under LIDs of a subcatchment of `total` ft².
pub(crate) fn lid_area(project: &Project, sub: Index, total: f64, u: &Units) -> f64 {
    let own = project.lid_usages.iter().rev().filter(|x| x.subcatchment == sub);
    let area = own.fold(0.0, |t, x| t + x.area / (u.length * u.length) * x.number);
    if area > 0.0 && area > 0.999 * total { total } else { area }
}

impl LidGroup {
    /// Of every subcatchment.
    pub(crate) fn of(project: &Project, subs: &[SubcatchmentData], u: &Units) -> Vec<Self> {
        let mut groups = vec![Self::default(); subs.len()];
        for x in project.lid_usages.iter().rev() {
            let Some(c) = project.lid_controls.get(x.control) else { continue };
            let mut unit = unit(x, Process::new(c, u), &subs[x.subcatchment], u);
            unit.removal = vec![0.0; project.quality.pollutants.len()];
            for (_, p, percent) in project.quality.removals.iter().filter(|(c, _, _)| *c == x.control) {
                unit.removal[*p] = percent / 100.0;
            }
            let group = &mut groups[x.subcatchment];
            if unit.pervious {
                group.pervious_area += unit.whole_area();
            }
            group.units.push(unit);
        }
        groups
    }
}

fn unit(x: &LidUsage, process: Process, m: &SubcatchmentData, u: &Units) -> Unit {
    let s = &process.soil;
    let mut infiltration = None;
    // Figures go to the model's units and back, as in SWMM: so does their rounding.
    if s.thickness > 0.0 {
        let suction = s.suction * u.rain_depth / u.rain_depth;
        let ks = s.ksat * u.rainfall / u.rainfall;
        let deficit = (s.porosity - s.wilting_point) * (1.0 - x.saturation / 100.0);
        infiltration = Some(Soil::green_ampt(suction, ks, deficit));
    }
    if process.kind == LidKind::Swale
        && let Some((
            Infiltration::GreenAmpt | Infiltration::ModifiedGreenAmpt,
            Soil::GreenAmpt { suction, ks, deficit, .. },
        )) = m.infiltration
    {
        let (suction, ks) = (suction * u.rain_depth / u.rain_depth, ks * u.rainfall / u.rainfall);
        infiltration = Some(Soil::green_ampt(suction, ks, deficit));
    }
    let own = x.drain_node.is_some() || x.drain_subcatchment.is_some();
    Unit {
        pervious: process.is_pervious(),
        process,
        area: x.area / (u.length * u.length),
        number: x.number,
        width: x.width / u.length,
        saturation: x.saturation / 100.0,
        from_impervious: x.from_impervious / 100.0,
        from_pervious: x.from_pervious / 100.0,
        to_pervious: x.to_pervious && m.impervious < 0.999,
        drain_subcatchment: if own { x.drain_subcatchment } else { m.out_sub },
        drain_node: if own { x.drain_node } else { m.out_node },
        removal: Vec::new(),
        infiltration,
        report: x.report.clone(),
    }
}

/// State of the units of one control.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct UnitState {
    /// Depths (ft) of surface, storage and pavement, moisture of the soil.
    pub(super) level: [f64; LAYERS],
    pub(super) flux: [f64; LAYERS],
    pub(super) soil: SoilState,
    pub(super) dry_time: f64,
    /// ft³/s.
    pub(crate) old_drain: f64,
    pub(crate) new_drain: f64,
    /// ft of water since the pavement was last cleaned.
    pub(super) treated: f64,
    pub(super) next_regain: f64,
    pub(crate) water: LidWater,
}

/// Books of a unit, ft.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct LidWater {
    pub(crate) inflow: f64,
    pub(crate) evaporation: f64,
    pub(crate) infiltration: f64,
    pub(crate) surface: f64,
    pub(crate) drain: f64,
    pub(crate) initial: f64,
    pub(crate) last: f64,
}

impl LidWater {
    pub(super) fn summary(&self, subcatchment: &str, unit: &Unit, k: f64) -> super::LidSummary {
        let inflow = self.initial + self.inflow;
        let outflow = self.last + self.evaporation + self.infiltration + self.surface + self.drain;
        super::LidSummary {
            subcatchment: subcatchment.to_owned(),
            control: unit.process.name.clone(),
            units: unit.number,
            inflow: self.inflow * k,
            evaporation: self.evaporation * k,
            infiltration: self.infiltration * k,
            surface_outflow: self.surface * k,
            drain_outflow: self.drain * k,
            initial_storage: self.initial * k,
            final_storage: self.last * k,
            error_percent: if inflow > 0.0 { 100.0 * (inflow - outflow) / inflow } else { 100.0 },
        }
    }
}

/// State of the LIDs of a subcatchment; flows in ft³/s.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct LidState {
    pub(crate) units: Vec<UnitState>,
    pub(crate) to_pervious: f64,
    pub(crate) old_drain: f64,
    pub(crate) new_drain: f64,
}

impl LidState {
    pub(crate) fn new(g: &LidGroup, dry_days: f64) -> Self {
        let state = |u: &Unit| {
            let p = &u.process;
            let mut level = [0.0; LAYERS];
            let mut initial = 0.0;
            if p.soil.thickness > 0.0 {
                level[SOIL] = p.soil.wilting_point + u.saturation * (p.soil.porosity - p.soil.wilting_point);
                initial += level[SOIL] * p.soil.thickness;
            }
            if p.storage.thickness > 0.0 {
                level[STORAGE] = u.saturation * p.storage.thickness;
                initial += level[STORAGE] * p.storage.void;
            }
            UnitState {
                level,
                flux: [0.0; LAYERS],
                soil: u.infiltration.map_or_else(SoilState::default, |s| s.initial()),
                dry_time: dry_days * 86400.0,
                old_drain: 0.0,
                new_drain: 0.0,
                treated: 0.0,
                next_regain: p.pavement.regain_days,
                water: LidWater { initial, last: initial, ..LidWater::default() },
            }
        };
        Self { units: g.units.iter().map(state).collect(), ..Self::default() }
    }

    /// Water in them, ft³.
    pub(crate) fn storage(&self, g: &LidGroup) -> f64 {
        self.units.iter().zip(&g.units).fold(0.0, |t, (s, u)| t + s.water.last * u.area * u.number)
    }

    /// Mean depth of water on them, ft.
    pub(super) fn surface_depth(&self, g: &LidGroup, lid_area: f64) -> f64 {
        let each = self.units.iter().zip(&g.units);
        each.fold(0.0, |t, (s, u)| t + s.level[SURFACE] * u.process.surface.void * u.area * u.number)
            / lid_area
    }
}

impl LidGroup {
    /// Some unit holds water from the start.
    pub(crate) fn starts_wet(&self) -> bool {
        self.units.iter().any(|u| u.saturation > 0.0)
    }

    /// Pervious share of a subcatchment, its LIDs included.
    pub(crate) fn pervious(&self, m: &SubcatchmentData) -> f64 {
        let own = 1.0 - m.impervious;
        if m.lid_area > 0.0 {
            min((own * (m.area - m.lid_area) + self.pervious_area) / m.area, 1.0)
        } else {
            own
        }
    }
}
