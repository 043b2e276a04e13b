//! The model (模型): a project judged, converted to inner units and laid out for the kernel. Immutable;
//! any number of [`crate::State`]s run on one model at once.
//!
//! Nodes are renumbered: junctions in the order of elimination, then reservoirs and tanks. Links are
//! renumbered: pipes sorted by their first node, then pumps, then valves in the file's order.

mod build;
mod control;
mod demand;
mod pump;
mod rings;

pub(crate) use control::{Act, ControlRule, RuleSet, Wake};
pub(crate) use demand::{Demand, DemandModel};
pub(crate) use pump::{PumpCurve, PumpModel};

use crate::project::{Formula, Mixing, Project, ValveKind};
use crate::units::Factors;
use numerics::inp::Problem;
use numerics::ordering::Pattern;
use std::collections::HashMap;

/// What a link is, inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LinkType {
    CheckValve,
    Pipe,
    /// Index among the pumps.
    Pump(u32),
    Valve(ValveKind),
}

/// A reservoir or tank, inside (ft, ft³).
#[derive(Debug, Clone)]
pub(crate) struct TankModel {
    pub node: u32,
    /// Area, ft²; 0 for a reservoir.
    pub area: f64,
    pub head_start: f64,
    pub head_min: f64,
    pub head_max: f64,
    pub volume_start: f64,
    pub volume_min: f64,
    pub volume_max: f64,
    pub curve: Option<usize>,
    pub overflow: bool,
    pub pattern: Option<usize>,
    pub mixing: Mixing,
    pub bulk: f64,
}

/// A junction's leaks gathered from its pipes (FAVAD; EPANET 2.3 `leakage.c`).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Leak {
    pub node: u32,
    /// Head loss coefficient of the fixed area; 0 is none.
    pub fixed: f64,
    /// Head loss coefficient of the expanding area; 0 is none.
    pub expanding: f64,
}

/// Solver figures in inner units.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub formula: Formula,
    pub trials: u32,
    /// Extra trials; `None` stops at imbalance.
    pub extra: Option<u32>,
    pub accuracy: f64,
    pub head_error: f64,
    pub flow_change: f64,
    pub check_frequency: u32,
    pub maximum_check: u32,
    pub damp_limit: f64,
    pub head_tolerance: f64,
    pub flow_tolerance: f64,
    pub resistance_tolerance: f64,
    pub viscosity: f64,
    pub diffusivity: f64,
    /// Exponent of the emitter's head loss (1 / file's exponent).
    pub emitter_exponent: f64,
    pub backflow: bool,
    pub pressure_driven: bool,
    pub pressure_min: f64,
    pub pressure_required: f64,
    pub pressure_exponent: f64,
    pub demand_multiplier: f64,
}

/// Times with every default resolved, s.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clocks {
    pub duration: i64,
    pub hydraulic: i64,
    pub quality: i64,
    pub rule: i64,
    pub pattern: i64,
    pub pattern_start: i64,
    pub report: i64,
    pub report_start: i64,
    pub start_clock: i64,
}

/// A project ready to run.
#[derive(Debug, Clone)]
pub struct Model {
    pub(crate) project: Project,
    pub(crate) factors: Factors,
    pub(crate) settings: Settings,
    pub(crate) clocks: Clocks,
    pub(crate) pattern: Pattern,
    /// Inner number of each project node, and back.
    pub(crate) node_at: Vec<u32>,
    pub(crate) node_of: Vec<u32>,
    /// Inner number of each project link, and back.
    pub(crate) link_at: Vec<u32>,
    pub(crate) link_of: Vec<u32>,
    pub(crate) node_names: HashMap<String, usize>,
    pub(crate) link_names: HashMap<String, usize>,
    pub(crate) junctions: usize,
    pub(crate) pipes: usize,
    pub(crate) ends: Vec<[u32; 2]>,
    /// Entry of the matrix of each link; the last, unused one where an end is fixed.
    pub(crate) slots: Vec<u32>,
    pub(crate) types: Vec<LinkType>,
    pub(crate) resistance: Vec<f64>,
    pub(crate) minor: Vec<f64>,
    pub(crate) diameter: Vec<f64>,
    pub(crate) length: Vec<f64>,
    /// A pipe's roughness (D-W: ft), a pump's speed, a valve's setting.
    pub(crate) setting: Vec<f64>,
    pub(crate) status: Vec<crate::state::Status>,
    pub(crate) valve_curve: Vec<Option<usize>>,
    pub(crate) bulk: Vec<f64>,
    pub(crate) wall: Vec<f64>,
    pub(crate) elevation: Vec<f64>,
    /// Links with an end of fixed head.
    pub(crate) fixed_links: Vec<u32>,
    /// Links whose status follows from heads and flows: all but pipes between junctions.
    pub(crate) switching: Vec<u32>,
    /// Links at each node: `near[near_starts[n]..near_starts[n+1]]`.
    pub(crate) near_starts: Vec<u32>,
    pub(crate) near: Vec<u32>,
    pub(crate) pumps: Vec<PumpModel>,
    pub(crate) valves: Vec<u32>,
    pub(crate) tanks: Vec<TankModel>,
    pub(crate) demands: DemandModel,
    /// Node and head loss coefficient.
    pub(crate) emitters: Vec<(u32, f64)>,
    pub(crate) leaks: Vec<Leak>,
    /// Links of each ring of check valves, in the order of flow.
    pub(crate) rings: Vec<Vec<u32>>,
    pub(crate) controls: Vec<ControlRule>,
    pub(crate) rules: Vec<RuleSet>,
}

impl Model {
    /// Judges a project and lays it out.
    ///
    /// # Errors
    /// Everything that keeps it from being computed, each with its element and what to do.
    pub fn new(project: Project) -> Result<Self, Vec<Problem>> {
        build::build(project)
    }

    /// The project this was made of.
    #[must_use]
    pub const fn project(&self) -> &Project {
        &self.project
    }

    /// Conversion between file and inner units.
    #[must_use]
    pub const fn factors(&self) -> &Factors {
        &self.factors
    }

    /// Length of the run, s.
    #[must_use]
    pub const fn duration(&self) -> i64 {
        self.clocks.duration
    }

    /// Time between reported periods, s.
    #[must_use]
    pub const fn report_step(&self) -> i64 {
        self.clocks.report
    }

    /// Units of pressure in results.
    #[must_use]
    pub const fn pressure_units(&self) -> crate::project::PressureUnits {
        self.factors.pressure_units
    }

    /// Index of the node of this name.
    #[must_use]
    pub fn node(&self, name: &str) -> Option<usize> {
        self.node_names.get(name).copied()
    }

    /// Index of the link of this name.
    #[must_use]
    pub fn link(&self, name: &str) -> Option<usize> {
        self.link_names.get(name).copied()
    }

    /// Entries of the factorised matrix below its diagonal (a measure of fill).
    #[must_use]
    pub fn matrix_entries(&self) -> usize {
        self.pattern.entries()
    }

    pub(crate) fn factor_at(&self, pattern: Option<usize>, period: i64) -> f64 {
        let Some(pattern) = pattern.and_then(|p| self.project.patterns.get(p)) else { return 1.0 };
        let length = i64::try_from(pattern.factors.len()).unwrap_or(i64::MAX).max(1);
        usize::try_from(period.rem_euclid(length))
            .ok()
            .and_then(|i| pattern.factors.get(i))
            .copied()
            .unwrap_or(1.0)
    }

    /// Links at a node.
    #[expect(clippy::indexing_slicing, reason = "node is below the number of nodes")]
    pub(crate) fn near(&self, node: usize) -> &[u32] {
        &self.near[self.near_starts[node] as usize..self.near_starts[node + 1] as usize]
    }
}

/// Linear interpolation on a curve, held at its ends (`interp` in project.c).
pub(crate) fn interpolate(points: impl Iterator<Item = (f64, f64)>, x: f64) -> f64 {
    let mut before: Option<(f64, f64)> = None;
    for (px, py) in points {
        match before {
            None if x <= px => return py,
            Some((bx, by)) if px >= x => {
                let dx = px - bx;
                return if dx.abs() < 1e-6 { py } else { py - (px - x) * (py - by) / dx };
            }
            _ => before = Some((px, py)),
        }
    }
    before.map_or(0.0, |(_, y)| y)
}
