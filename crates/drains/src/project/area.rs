//! 雨量计、蒸发、子汇水区: rain and land as the file gives them.

use super::{Index, Infiltration, InternalRouting, RainForm};

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
    /// `[SUBAREAS]` has a line of it; without one no part of it yields runoff.
    pub divided: bool,
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
