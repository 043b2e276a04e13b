//! 模型: a project made ready to compute. Immutable and shared: any number of states run over one.
//!
//! Promises: all lengths in feet, all checks of SWMM's validation made, every index in range.

mod build;
mod order;
mod storage;

use std::sync::Arc;

use thiserror::Error;

use crate::curve::Curve;
use crate::project::{
    Boundary, Controls, CurveKind, DividerRule, Index, Infiltration, Options, Pattern, Project, StorageShape,
    WeirKind,
};
use crate::section::Section;
use crate::units::Units;
use numerics::inp::Problem;

/// Why there is no model.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ModelError {
    /// The project has problems; each with its line and remedy.
    #[error("the model has {} problems, the first: {}", .0.len(), .0.first().map_or_else(String::new, ToString::to_string))]
    Problems(Vec<Problem>),
}

/// 节点类别 in the kernel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NodeType {
    Junction,
    Outfall,
    Storage,
    Divider,
}

/// 连接类别 in the kernel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LinkType {
    Conduit,
    Pump,
    Orifice,
    Weir,
    Outlet,
}

#[derive(Debug, Clone)]
pub(crate) struct OutfallData {
    pub(crate) boundary: Boundary,
    pub(crate) gated: bool,
    pub(crate) route_to: Option<Index>,
}

#[derive(Debug, Clone)]
pub(crate) struct StorageData {
    pub(crate) shape: StorageShape,
    pub(crate) evaporation: f64,
    /// Suction (ft), conductivity (ft/s), deficit.
    pub(crate) seepage: Option<crate::hydrology::Seepage>,
}

#[derive(Debug, Clone)]
pub(crate) struct DividerData {
    pub(crate) link: Option<Index>,
    pub(crate) rule: DividerRule,
    pub(crate) q_max: f64,
}

/// 节点, one entry a node in each list.
#[derive(Debug, Clone, Default)]
pub(crate) struct Nodes {
    pub(crate) name: Vec<String>,
    pub(crate) kind: Vec<NodeType>,
    pub(crate) invert: Vec<f64>,
    pub(crate) full_depth: Vec<f64>,
    pub(crate) init_depth: Vec<f64>,
    pub(crate) sur_depth: Vec<f64>,
    pub(crate) ponded_area: Vec<f64>,
    pub(crate) full_volume: Vec<f64>,
    pub(crate) crown: Vec<f64>,
    pub(crate) degree: Vec<i32>,
    pub(crate) outfall: Vec<Option<OutfallData>>,
    pub(crate) storage: Vec<Option<StorageData>>,
    pub(crate) divider: Vec<Option<DividerData>>,
}

#[derive(Debug, Clone)]
pub(crate) struct ConduitData {
    pub(crate) length: f64,
    pub(crate) mod_length: f64,
    pub(crate) roughness: f64,
    pub(crate) barrels: f64,
    pub(crate) slope: f64,
    pub(crate) beta: f64,
    pub(crate) q_max: f64,
    pub(crate) rough_factor: f64,
    pub(crate) losses: [f64; 3],
    pub(crate) seepage: f64,
    pub(crate) culvert: u32,
}

#[derive(Debug, Clone)]
pub(crate) struct PumpData {
    pub(crate) curve: Option<Index>,
    pub(crate) kind: Option<CurveKind>,
    pub(crate) on: bool,
    pub(crate) y_on: f64,
    pub(crate) y_off: f64,
    pub(crate) x_min: f64,
    pub(crate) x_max: f64,
}

#[derive(Debug, Clone)]
pub(crate) struct OrificeData {
    pub(crate) bottom: bool,
    pub(crate) coefficient: f64,
    /// Seconds from open to closed; 0 at once.
    pub(crate) close: f64,
    pub(crate) length: f64,
}

#[derive(Debug, Clone)]
pub(crate) struct WeirData {
    pub(crate) kind: WeirKind,
    pub(crate) coefficient: f64,
    pub(crate) contractions: f64,
    pub(crate) end_coefficient: f64,
    pub(crate) surcharge: bool,
    pub(crate) road_width: f64,
    pub(crate) road_surface: u8,
    pub(crate) curve: Option<Index>,
    pub(crate) slope: f64,
}

#[derive(Debug, Clone)]
pub(crate) struct OutletData {
    pub(crate) curve: Option<Index>,
    pub(crate) coefficient: f64,
    pub(crate) exponent: f64,
    pub(crate) by_head: bool,
}

#[derive(Debug, Clone)]
pub(crate) enum LinkData {
    Conduit(ConduitData),
    Pump(PumpData),
    Orifice(OrificeData),
    Weir(WeirData),
    Outlet(OutletData),
}

/// 连接, one entry a link in each list. A conduit of adverse slope is turned round (`direction` −1).
#[derive(Debug, Clone, Default)]
pub(crate) struct Links {
    pub(crate) name: Vec<String>,
    pub(crate) kind: Vec<LinkType>,
    pub(crate) node1: Vec<usize>,
    pub(crate) node2: Vec<usize>,
    pub(crate) offset1: Vec<f64>,
    pub(crate) offset2: Vec<f64>,
    pub(crate) direction: Vec<f64>,
    pub(crate) gated: Vec<bool>,
    pub(crate) q0: Vec<f64>,
    pub(crate) q_limit: Vec<f64>,
    pub(crate) q_full: Vec<f64>,
    pub(crate) section: Vec<Section>,
    pub(crate) data: Vec<LinkData>,
    /// Of transects, streets and custom shapes (by curve), as far as they have one.
    pub(crate) profiles: [Vec<Option<Arc<crate::section::Profile>>>; 3],
}

impl Links {
    pub(crate) fn conduit(&self, j: usize) -> Option<&ConduitData> {
        match self.data.get(j) {
            Some(LinkData::Conduit(c)) => Some(c),
            _ => None,
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct SubArea {
    pub(crate) n: f64,
    pub(crate) fraction: f64,
    pub(crate) storage: f64,
    pub(crate) alpha: f64,
    /// Share of its runoff that goes to the outlet.
    pub(crate) to_outlet: f64,
}

#[derive(Debug, Clone)]
pub(crate) struct SubcatchmentData {
    pub(crate) name: String,
    pub(crate) gage: Index,
    pub(crate) out_node: Option<Index>,
    pub(crate) out_sub: Option<Index>,
    pub(crate) area: f64,
    pub(crate) impervious: f64,
    /// Under LIDs, ft².
    pub(crate) lid_area: f64,
    pub(crate) parts: [SubArea; 3],
    pub(crate) routing: crate::project::InternalRouting,
    pub(crate) infiltration: Option<(Infiltration, crate::hydrology::Soil)>,
    pub(crate) patterns: [Option<Index>; 3],
}

#[derive(Debug, Clone)]
pub(crate) struct GageData {
    pub(crate) form: crate::project::RainForm,
    pub(crate) interval: f64,
    pub(crate) series: Arc<Curve>,
    pub(crate) units_factor: f64,
    pub(crate) same_as: Option<Index>,
    pub(crate) used: bool,
}

/// 模型.
#[derive(Debug, Clone)]
pub struct Model {
    pub(crate) options: Options,
    pub(crate) units: Units,
    pub(crate) nodes: Nodes,
    pub(crate) links: Links,
    pub(crate) subs: Vec<SubcatchmentData>,
    pub(crate) ground: Vec<Option<crate::hydrology::GroundData>>,
    pub(crate) snow: Vec<Option<crate::hydrology::SnowData>>,
    pub(crate) lids: Vec<crate::hydrology::LidGroup>,
    pub(crate) rdii: Option<crate::hydrology::RdiiData>,
    pub(crate) gages: Vec<GageData>,
    pub(crate) curves: Vec<Curve>,
    pub(crate) series: Vec<Arc<Curve>>,
    pub(crate) patterns: Vec<Pattern>,
    pub(crate) project: Arc<Project>,
    pub(crate) controls: Controls,
    /// Direct inflow of a node, if any.
    pub(crate) inflow: Vec<Option<crate::project::Inflow>>,
    /// Dry weather inflow of a node: average (ft³/s) and its pattern of each kind.
    pub(crate) dry_weather: Vec<Option<(f64, [Option<Index>; 4])>>,
    pub(crate) quality: crate::quality::QualityData,
    /// Links from upstream to downstream (steady and kinematic wave).
    pub(crate) order: Vec<usize>,
    /// Whole run, milliseconds.
    pub(crate) duration: f64,
    pub(crate) report_start: f64,
    pub(crate) warnings: Vec<String>,
    pub(crate) crown_cutoff: f64,
    pub(crate) blocks: crate::wave::Blocks,
    pub(crate) inlets: crate::inlets::Inlets,
    /// Interface files in use.
    pub(crate) interface: crate::files::Interface,
    pub(crate) ways: Ways,
}

/// Ways of water over the ground and into the network: what every step asks, kept apart from the rest.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ways {
    /// Subcatchments with an area that drain to a node, in order.
    pub(crate) runoff: Vec<(Index, Index)>,
    /// Subcatchments with an area whose runoff or drains run onto another or onto a part of their own.
    pub(crate) runon: Vec<Index>,
    /// Outfalls that discharge onto a subcatchment with an area, and onto which.
    pub(crate) returns: Vec<(Index, Index)>,
    /// Some subcatchment has groundwater, some has LID units, some has a snow pack.
    pub(crate) any_ground: bool,
    pub(crate) any_lids: bool,
    pub(crate) any_snow: bool,
}

impl Ways {
    fn of(model: &Model) -> Self {
        let drains = |(j, m): (usize, &SubcatchmentData)| Some((j, m.out_node.filter(|_| m.area > 0.0)?));
        let runs_on = |j: &usize| {
            model.subs.get(*j).is_some_and(|m| {
                let elsewhere = m.out_sub.is_some_and(|k| k != *j);
                let within = m.routing != crate::project::InternalRouting::Outlet || m.lid_area > 0.0;
                m.area > 0.0 && (elsewhere || within)
            })
        };
        let returns = |(i, outfall): (usize, &Option<OutfallData>)| {
            let to = outfall.as_ref()?.route_to?;
            model.subs.get(to).filter(|m| m.area != 0.0).map(|_| (i, to))
        };
        Self {
            runoff: model.subs.iter().enumerate().filter_map(drains).collect(),
            runon: (0..model.subs.len()).filter(runs_on).collect(),
            returns: model.nodes.outfall.iter().enumerate().filter_map(returns).collect(),
            any_ground: model.ground.iter().any(Option::is_some),
            any_lids: model.lids.iter().any(|g| !g.units.is_empty()),
            any_snow: model.snow.iter().any(Option::is_some),
        }
    }
}

/// A street and how many sides it has.
pub(crate) struct SidesOfStreet<'m> {
    pub(crate) street: &'m crate::project::Street,
    pub(crate) sides: f64,
}

/// What patterns follow of a date.
pub(crate) struct Moment {
    pub(crate) date: f64,
    month: usize,
    weekday: usize,
    hour: usize,
}

impl Moment {
    pub(crate) fn of(date: f64) -> Self {
        use crate::date;
        Self { date, month: date::month(date) - 1, weekday: date::weekday(date), hour: date::hour(date) }
    }
}

impl Model {
    /// Makes a model of a project.
    ///
    /// # Errors
    /// Everything that is wrong with it, at once.
    pub fn new(project: Project) -> Result<Self, ModelError> {
        build::build(project).map_err(ModelError::Problems)
    }

    /// Reads and makes a model; `files` gives the text of files that the project names.
    ///
    /// # Errors
    /// Every problem of the text, or of the model if the text is understood.
    pub fn read(text: &str, files: &dyn Fn(&str) -> Option<String>) -> Result<Self, ModelError> {
        Self::read_with(text, &|name| files(name).map(String::into_bytes))
    }

    /// As [`Model::read`], with files as bytes: interface and hot start files are binary.
    ///
    /// # Errors
    /// Every problem of the text, or of the model if the text is understood.
    pub fn read_with(text: &str, files: &dyn Fn(&str) -> Option<Vec<u8>>) -> Result<Self, ModelError> {
        let read = crate::project::read_with(text, files);
        if read.problems.is_empty() {
            Self::new(read.project)
        } else {
            Err(ModelError::Problems(read.problems))
        }
    }

    /// Names of the nodes, in order.
    #[must_use]
    pub fn node_names(&self) -> &[String] {
        &self.nodes.name
    }

    /// Names of the links, in order.
    #[must_use]
    pub fn link_names(&self) -> &[String] {
        &self.links.name
    }

    /// Names of the subcatchments, in order.
    pub fn subcatchment_names(&self) -> impl Iterator<Item = &str> {
        self.subs.iter().map(|s| s.name.as_str())
    }

    /// The project it was made of.
    #[must_use]
    pub fn project(&self) -> &Project {
        &self.project
    }

    /// Factors of its units.
    #[must_use]
    pub const fn units(&self) -> Units {
        self.units
    }

    /// What SWMM would warn of.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// First moment of the run, in days as [`crate::date`] counts them.
    #[must_use]
    pub const fn start(&self) -> f64 {
        self.options.start
    }

    /// 线程数: how many threads the model's options ask for, at least one.
    #[must_use]
    pub fn threads(&self) -> usize {
        self.options.threads.max(1)
    }

    /// Length of the run, seconds.
    #[must_use]
    pub fn duration_s(&self) -> f64 {
        self.duration / 1000.0
    }

    /// The date at a moment of the run (ms), on whole seconds as SWMM has it.
    pub(crate) fn date_at(&self, ms: f64) -> f64 {
        crate::date::add_seconds(self.options.start, (ms + 1.0) / 1000.0)
    }

    /// A pattern's factor at a moment.
    pub(crate) fn pattern_factor(&self, pattern: Index, at: &Moment) -> f64 {
        self.patterns.get(pattern).map_or(1.0, |p| p.factor(at.month, at.weekday, at.hour))
    }

    /// Product of the factors of a dry weather inflow's monthly, daily, hourly and weekend patterns.
    pub(crate) fn dry_weather_factor(&self, patterns: [Option<Index>; 4], at: &Moment) -> f64 {
        let [monthly, daily, hourly, weekend] = patterns;
        let mut f = 1.0;
        for p in [monthly, daily].into_iter().flatten() {
            f *= self.pattern_factor(p, at);
        }
        let rest = matches!(at.weekday, 0 | 6);
        let hours = if rest && weekend.is_some() { weekend } else { hourly };
        if let Some(p) = hours {
            f *= self.pattern_factor(p, at);
        }
        f
    }

    /// The street a link is, if it is one.
    pub(crate) fn street_of(&self, j: usize) -> Option<SidesOfStreet<'_>> {
        let section = self.project.links.get(j)?.section?;
        let street = self.project.streets.get(section.table?)?;
        let is = section.shape == crate::section::Shape::Street;
        is.then(|| SidesOfStreet { street, sides: f64::from(street.sides) })
    }

    /// The slot of a conduit of the dynamic wave.
    #[inline]
    pub(crate) fn slot_of(&self, j: usize) -> Option<usize> {
        let slot = self.blocks.slot.get(j).copied().filter(|k| *k != usize::MAX);
        slot.filter(|_| self.options.routing == crate::project::Routing::Dynamic)
    }

    /// Length of a conduit as the file gives it along the flood plain, ft; 0 for other links.
    pub(crate) fn length(&self, j: usize) -> f64 {
        let (Some(c), Some(x)) = (self.links.conduit(j), self.links.section.get(j)) else { return 0.0 };
        match (&x.profile, x.shape) {
            (Some(p), crate::section::Shape::Irregular) => c.length / p.length_factor,
            _ => c.length,
        }
    }
}
