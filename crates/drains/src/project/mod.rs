//! A SWMM project as it stands in its file (工程): plain types, the model's own units, names resolved
//! to positions. What it means is [`crate::Model`]'s business.
//!
//! Promises: every section and keyword of 5.2 is known; one that is known and not computed is a
//! problem with its line, never ignored; all problems come at once.

pub(crate) mod climate;
pub(crate) mod climate_file;
mod controls;
mod files;
mod ground;
mod hydrology;
mod inflow;
mod inlets;
mod lid;
mod network;
mod options;
mod quality;
mod rain_file;
mod rain_layout;
mod rdii;
mod read;
mod scan;
mod snow;
mod tables;

use serde::{Deserialize, Serialize};

pub use climate::{Climatology, TemperatureSource, WindSource};
pub use climate_file::{ClimateFile, FileUnits};
pub(crate) use controls::PAST_RAIN;
pub use controls::{
    Action, Clause, Controls, ObjectVariable, Operand, Premise, Quantity, Relation, Rule, Setting,
};
pub use files::{FileKind, InterfaceFiles};
pub use ground::{Aquifer, GroundFlow, Groundwater};
pub use inflow::{PollutantDryWeather, PollutantInflow};
pub use inlets::{Grate, InletDesign, InletKind, InletUsage, Placement, Throat};
pub use lid::{LidControl, LidKind, LidUsage};
pub(crate) use quality::PROCESS;
pub use quality::{
    BuildUp, BuildUpLine, LandUse, Normalizer, Pollutant, QualityProject, QualityUnits, Treatment, WashOff,
    WashOffLine,
};
pub use rdii::{RdiiInflow, Response, UnitHydrograph};
pub use read::{ReadProject, read, read_with};
pub use snow::{SnowPack, SnowSurface};

use crate::curve::Curve;
use crate::section::Shape;
use crate::units::FlowUnits;

/// A named object's position among its kind.
pub type Index = usize;

/// 工程: everything the file says.
#[derive(Debug, Clone, PartialEq, Default)]
#[expect(missing_docs, reason = "fields are SWMM's sections")]
pub struct Project {
    pub title: Vec<String>,
    pub options: Options,
    pub gages: Vec<Gage>,
    pub climate: Climatology,
    pub evaporation: Evaporation,
    pub adjustments: Adjustments,
    pub subcatchments: Vec<Subcatchment>,
    pub aquifers: Vec<Aquifer>,
    pub groundwater: Vec<Groundwater>,
    pub ground_flows: Vec<GroundFlow>,
    pub hydrographs: Vec<UnitHydrograph>,
    pub rdii: Vec<RdiiInflow>,
    pub snow_packs: Vec<SnowPack>,
    pub lid_controls: Vec<LidControl>,
    pub lid_usages: Vec<LidUsage>,
    pub nodes: Vec<Node>,
    pub links: Vec<Link>,
    pub transects: Vec<Transect>,
    pub streets: Vec<Street>,
    pub inlets: Vec<InletDesign>,
    pub inlet_usages: Vec<InletUsage>,
    pub curves: Vec<NamedCurve>,
    pub series: Vec<Series>,
    pub patterns: Vec<Pattern>,
    pub inflows: Vec<Inflow>,
    pub dry_weather: Vec<DryWeather>,
    pub quality: QualityProject,
    pub controls: Controls,
    pub report: Report,
    pub events: Vec<(f64, f64)>,
    pub files: InterfaceFiles,
    pub(crate) rain_requests: Vec<rain_file::RainRequest>,
    pub(crate) rain: Vec<rain_file::StationRain>,
    /// Rain read from files; a gage names them from [`FILE_SERIES`] up.
    pub(crate) file_series: Vec<Series>,
    pub(crate) last_dates: Vec<f64>,
    pub(crate) manning: [f64; 3],
}

impl Project {
    /// Gives the `k`-th gage that has a file its rain.
    fn set_file_rain(&mut self, k: Index, rain: &rain_file::StationRain) {
        if let Some(s) = self.file_series.get_mut(k) {
            s.curve.points = rain.records.iter().map(|(date, inches)| (*date, f64::from(*inches))).collect();
        }
        if let Some(g) = self.gages.iter_mut().find(|g| g.series == FILE_SERIES + k) {
            g.form = RainForm::Volume;
            g.interval = rain.interval as f64;
        }
    }
}

/// Positions from here up mean rain files.
pub(crate) const FILE_SERIES: Index = usize::MAX / 2;

macro_rules! word_enum {
    ($(#[$m:meta])* $name:ident { $($v:ident = $w:literal),* $(,)? }) => {
        $(#[$m])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
        #[expect(missing_docs, reason = "the names are SWMM's keywords")]
        pub enum $name { $($v),* }
        impl $name {
            pub(crate) const WORDS: &'static [(&'static str, Self)] = &[$(($w, Self::$v)),*];
        }
    };
}

word_enum!(
    /// 演算方法.
    Routing { None = "NONE", Steady = "STEADY", Kinematic = "KINWAVE", Extended = "XKINWAVE", Dynamic = "DYNWAVE" }
);
word_enum!(
    /// 下渗模型.
    Infiltration {
        Horton = "HORTON",
        ModifiedHorton = "MODIFIED_HORTON",
        GreenAmpt = "GREEN_AMPT",
        ModifiedGreenAmpt = "MODIFIED_GREEN_AMPT",
        CurveNumber = "CURVE_NUMBER",
    }
);
word_enum!(
    /// 惯性项阻尼.
    Damping { None = "NONE", Partial = "PARTIAL", Full = "FULL" }
);
word_enum!(
    /// 正常流限制.
    NormalFlow { Slope = "SLOPE", Froude = "FROUDE", Both = "BOTH", None = "NONE" }
);
word_enum!(
    /// 超载算法.
    Surcharge { Extran = "EXTRAN", Slot = "SLOT" }
);
word_enum!(
    /// Rain is written as …
    RainForm { Intensity = "INTENSITY", Volume = "VOLUME", Cumulative = "CUMULATIVE" }
);
word_enum!(
    /// 内部汇流: where one part's runoff goes.
    InternalRouting { Outlet = "OUTLET", Impervious = "IMPERV", Pervious = "PERV" }
);
word_enum!(
    /// 模式: what a pattern's factors follow.
    PatternKind { Monthly = "MONTHLY", Daily = "DAILY", Hourly = "HOURLY", Weekend = "WEEKEND" }
);
word_enum!(
    /// 曲线类别.
    CurveKind {
        Storage = "STORAGE",
        Diversion = "DIVERSION",
        Tidal = "TIDAL",
        Rating = "RATING",
        Control = "CONTROL",
        Shape = "SHAPE",
        Weir = "WEIR",
        Pump1 = "PUMP1",
        Pump2 = "PUMP2",
        Pump3 = "PUMP3",
        Pump4 = "PUMP4",
        Pump5 = "PUMP5",
    }
);
word_enum!(
    /// 堰型.
    WeirKind {
        Transverse = "TRANSVERSE",
        SideFlow = "SIDEFLOW",
        VNotch = "V-NOTCH",
        Trapezoidal = "TRAPEZOIDAL",
        Roadway = "ROADWAY",
    }
);

/// 选项 as `[OPTIONS]` gives them (times in seconds, dates in days).
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "fields are SWMM's option keywords")]
pub struct Options {
    pub flow_units: FlowUnits,
    pub infiltration: Infiltration,
    pub routing: Routing,
    pub start: f64,
    pub end: f64,
    /// Of the whole run, s.
    pub duration: f64,
    pub report_start: Option<f64>,
    pub sweep: (i64, i64),
    pub dry_days: f64,
    pub wet_step: i64,
    pub dry_step: i64,
    pub routing_step: f64,
    pub rule_step: i64,
    pub report_step: i64,
    pub allow_ponding: bool,
    pub damping: Damping,
    pub normal_flow: NormalFlow,
    pub surcharge: Surcharge,
    pub darcy_weisbach: bool,
    pub elevation_offsets: bool,
    pub variable_step: f64,
    pub minimum_step: f64,
    pub lengthening_step: f64,
    pub min_surface_area: f64,
    /// A ratio (the file says percent).
    pub min_slope: f64,
    pub max_trials: usize,
    pub head_tolerance: f64,
    /// A ratio (the file says percent).
    pub system_flow_tolerance: f64,
    /// A ratio (the file says percent).
    pub lateral_flow_tolerance: f64,
    pub skip_steady_state: bool,
    pub ignore_rainfall: bool,
    pub ignore_snowmelt: bool,
    pub ignore_groundwater: bool,
    pub ignore_rdii: bool,
    pub ignore_routing: bool,
    pub ignore_quality: bool,
    pub threads: usize,
}

/// 雨量计.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "fields are SWMM's columns")]
pub struct Gage {
    pub name: String,
    pub form: RainForm,
    /// Seconds.
    pub interval: f64,
    pub snow_factor: f64,
    pub series: Index,
    /// Rain from a file: its values are inches or millimetres. Once read they are inches an interval.
    pub in_inches: Option<bool>,
}

/// 蒸发.
#[derive(Debug, Clone, PartialEq)]
pub enum EvaporationSource {
    /// One rate, in/day or mm/day.
    Constant(f64),
    /// One a month.
    Monthly([f64; 12]),
    /// A series.
    Series(Index),
    /// The climate file's, times a pan coefficient a month.
    File([f64; 12]),
    /// What the climate file's temperatures bring (Hargreaves).
    Temperature,
}

/// `[EVAPORATION]`.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "fields are SWMM's keywords")]
pub struct Evaporation {
    pub source: EvaporationSource,
    pub dry_only: bool,
    pub recovery: Option<Index>,
}

impl Default for Evaporation {
    fn default() -> Self {
        Self { source: EvaporationSource::Constant(0.0), dry_only: false, recovery: None }
    }
}

/// 月度调整, in the model's units.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "fields are SWMM's keywords")]
pub struct Adjustments {
    pub evaporation: [f64; 12],
    pub rain: [f64; 12],
    pub conductivity: [f64; 12],
    pub temperature: [f64; 12],
}

impl Default for Adjustments {
    fn default() -> Self {
        Self { evaporation: [0.0; 12], rain: [1.0; 12], conductivity: [1.0; 12], temperature: [0.0; 12] }
    }
}

/// 子汇水区的去向.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outlet {
    /// A node.
    Node(Index),
    /// Another subcatchment (or itself: nowhere).
    Subcatchment(Index),
}

/// 子汇水区.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "fields are SWMM's columns")]
pub struct Subcatchment {
    pub name: String,
    pub gage: Index,
    pub outlet: Outlet,
    pub area: f64,
    pub impervious: f64,
    pub width: f64,
    pub slope: f64,
    pub curb: f64,
    pub n_impervious: f64,
    pub n_pervious: f64,
    pub storage_impervious: f64,
    pub storage_pervious: f64,
    /// Percent of the impervious part without storage.
    pub zero_storage: f64,
    pub routing: InternalRouting,
    pub routed: f64,
    pub infiltration: Option<(Infiltration, [f64; 5])>,
    pub n_pervious_pattern: Option<Index>,
    pub storage_pattern: Option<Index>,
    pub infiltration_pattern: Option<Index>,
    pub snow_pack: Option<Index>,
}

/// 出流口边界.
#[derive(Debug, Clone, Copy, PartialEq)]
#[expect(missing_docs, reason = "the names are SWMM's keywords")]
pub enum Boundary {
    Free,
    Normal,
    Fixed(f64),
    Tidal(Index),
    Series(Index),
}

/// 调蓄形状: area by depth.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum StorageShape {
    /// A curve.
    Tabular(Index),
    /// a0 + a1·d^a2.
    Functional {
        /// Constant.
        a0: f64,
        /// Coefficient.
        a1: f64,
        /// Exponent.
        a2: f64,
    },
    /// a0 + a1·d + a2·d², of a cylinder (exactly a0), cone, paraboloid (exactly a1·d) or pyramid.
    Solid {
        /// Constant.
        a0: f64,
        /// Linear.
        a1: f64,
        /// Square.
        a2: f64,
    },
}

/// 分流规则.
#[derive(Debug, Clone, Copy, PartialEq)]
#[expect(missing_docs, reason = "the names are SWMM's keywords")]
pub enum DividerRule {
    Cutoff(f64),
    Overflow,
    Tabular(Index),
    Weir { q_min: f64, height: f64, coefficient: f64 },
}

/// 节点类别.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "fields are SWMM's columns")]
pub enum NodeKind {
    Junction,
    Outfall { boundary: Boundary, gated: bool, route_to: Option<Index> },
    Storage { shape: StorageShape, evaporation: f64, seepage: Option<[f64; 3]> },
    Divider { link: Option<Index>, rule: DividerRule },
}

/// 节点.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "fields are SWMM's columns")]
pub struct Node {
    pub name: String,
    pub line: usize,
    pub invert: f64,
    pub max_depth: f64,
    pub initial_depth: f64,
    pub surcharge_depth: f64,
    pub ponded_area: f64,
    pub kind: NodeKind,
    pub position: Option<(f64, f64)>,
}

/// 连接类别.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "fields are SWMM's columns")]
pub enum LinkKind {
    Conduit {
        length: f64,
        roughness: f64,
        initial_flow: f64,
        max_flow: f64,
        barrels: u32,
        culvert: u32,
        losses: [f64; 3],
        seepage: f64,
    },
    Pump {
        curve: Option<Index>,
        on: bool,
        startup: f64,
        shutoff: f64,
    },
    Orifice {
        bottom: bool,
        coefficient: f64,
        close_hours: f64,
    },
    Weir {
        kind: WeirKind,
        coefficient: f64,
        contractions: f64,
        end_coefficient: f64,
        surcharge: bool,
        road_width: f64,
        /// 0 unknown, 1 paved, 2 gravel.
        road_surface: u8,
        curve: Option<Index>,
    },
    Outlet {
        curve: Option<Index>,
        coefficient: f64,
        exponent: f64,
        by_head: bool,
    },
}

/// 断面 as `[XSECTIONS]` gives it.
#[derive(Debug, Clone, Copy, PartialEq)]
#[expect(missing_docs, reason = "fields are SWMM's columns")]
pub struct CrossSection {
    pub shape: Shape,
    pub dimensions: [f64; 4],
    pub table: Option<Index>,
}

/// 连接.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "fields are SWMM's columns")]
pub struct Link {
    pub name: String,
    pub line: usize,
    pub from: Index,
    pub to: Index,
    /// Offsets (or elevations) at the ends; `None` for `*`.
    pub offsets: [Option<f64>; 2],
    pub section: Option<CrossSection>,
    pub gated: bool,
    pub kind: LinkKind,
}

/// 不规则断面.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "fields are SWMM's columns")]
pub struct Transect {
    pub name: String,
    pub line: usize,
    pub n_left: f64,
    pub n_right: f64,
    pub n_channel: f64,
    pub left_bank: f64,
    pub right_bank: f64,
    pub length_factor: f64,
    pub width_factor: f64,
    pub height_offset: f64,
    pub stations: Vec<(f64, f64)>,
}

/// 道路断面.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "fields are SWMM's columns")]
pub struct Street {
    pub name: String,
    pub width: f64,
    pub curb_height: f64,
    pub slope: f64,
    pub roughness: f64,
    pub gutter_depression: f64,
    pub gutter_width: f64,
    pub sides: u8,
    pub back_width: f64,
    pub back_slope: f64,
    pub back_roughness: f64,
}

/// A curve with its kind.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "fields are SWMM's columns")]
pub struct NamedCurve {
    pub name: String,
    pub line: usize,
    pub kind: CurveKind,
    pub curve: Curve,
}

/// 时间序列: dates before 1 (no date given) count from the start of the run.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "fields are SWMM's columns")]
pub struct Series {
    pub name: String,
    pub line: usize,
    pub curve: Curve,
}

/// 时间模式.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "fields are SWMM's columns")]
pub struct Pattern {
    pub name: String,
    pub kind: PatternKind,
    pub factors: Vec<f64>,
}

impl Pattern {
    /// The factor at a month (0–11), weekday (0 Sunday) and hour.
    #[must_use]
    pub fn factor(&self, month: usize, weekday: usize, hour: usize) -> f64 {
        let i = match self.kind {
            PatternKind::Monthly => month,
            PatternKind::Daily => weekday,
            PatternKind::Hourly => hour,
            PatternKind::Weekend if weekday == 0 || weekday == 6 => hour,
            PatternKind::Weekend => return 1.0,
        };
        self.factors.get(i).copied().unwrap_or(1.0)
    }
}

/// 直接入流 (flow).
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "fields are SWMM's columns")]
pub struct Inflow {
    pub node: Index,
    pub series: Option<Index>,
    pub scale: f64,
    pub baseline: f64,
    pub pattern: Option<Index>,
}

/// 旱季流量 (flow).
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "fields are SWMM's columns")]
pub struct DryWeather {
    pub node: Index,
    pub average: f64,
    pub patterns: Vec<Index>,
}

/// Which objects are reported.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "the names are SWMM's keywords")]
pub enum Selection {
    #[default]
    None,
    All,
    Some(Vec<Index>),
}

impl Selection {
    /// True when the object at this position is reported.
    #[must_use]
    pub fn has(&self, index: Index) -> bool {
        match self {
            Self::None => false,
            Self::All => true,
            Self::Some(list) => list.contains(&index),
        }
    }
}

/// `[REPORT]`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "fields are SWMM's keywords")]
#[expect(clippy::struct_excessive_bools, reason = "SWMM's switches")]
pub struct Report {
    pub subcatchments: Selection,
    pub nodes: Selection,
    pub links: Selection,
    pub averages: bool,
    pub controls: bool,
    pub disabled: bool,
    pub input: bool,
    pub continuity: bool,
    pub flow_stats: bool,
}

impl Default for Report {
    fn default() -> Self {
        Self {
            subcatchments: Selection::None,
            nodes: Selection::None,
            links: Selection::None,
            averages: false,
            controls: false,
            disabled: false,
            input: false,
            continuity: true,
            flow_stats: true,
        }
    }
}
