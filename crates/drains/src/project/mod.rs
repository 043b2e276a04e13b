//! A SWMM project as it stands in its file (工程): plain types, the model's own units, names resolved
//! to positions. What it means is [`crate::Model`]'s business.
//!
//! Promises: every section and keyword of 5.2 is known; one that is known and not computed is a
//! problem with its line, never ignored; all problems come at once.

mod area;
pub(crate) mod climate;
pub(crate) mod climate_file;
mod controls;
mod curves;
mod files;
mod ground;
mod hydrology;
mod inflow;
mod inlets;
mod lid;
mod link;
mod network;
mod node;
mod options;
mod quality;
mod rain_file;
mod rain_layout;
mod rdii;
mod read;
mod report;
mod scan;
mod snow;
mod tables;
mod words;

pub use area::{Adjustments, Evaporation, EvaporationSource, Gage, Outlet, Subcatchment};
pub use climate::{Climatology, TemperatureSource, WindSource};
pub use climate_file::{ClimateFile, FileUnits};
pub(crate) use controls::PAST_RAIN;
pub use controls::{
    Action, Clause, Controls, ObjectVariable, Operand, Premise, Quantity, Relation, Rule, Setting,
};
pub use curves::{NamedCurve, Pattern, Series};
pub use files::{FileKind, InterfaceFiles};
pub use ground::{Aquifer, GroundFlow, Groundwater};
pub use inflow::{PollutantDryWeather, PollutantInflow};
pub use inlets::{Grate, InletDesign, InletKind, InletUsage, Placement, Throat};
pub use lid::{LidControl, LidKind, LidUsage};
pub use link::{CrossSection, Link, LinkKind, Street, Transect};
pub use node::{Boundary, DividerRule, DryWeather, Inflow, Node, NodeKind, StorageShape};
pub use options::Options;
pub(crate) use quality::PROCESS;
pub use quality::{
    BuildUp, BuildUpLine, LandUse, Normalizer, Pollutant, QualityProject, QualityUnits, Treatment, WashOff,
    WashOffLine,
};
pub use rdii::{RdiiInflow, Response, UnitHydrograph};
pub use read::{ReadProject, read, read_with};
pub use report::{Report, Selection};
pub use snow::{SnowPack, SnowSurface};
pub use words::{
    CurveKind, Damping, Infiltration, InternalRouting, NormalFlow, PatternKind, RainForm, Routing, Surcharge,
    WeirKind,
};

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
