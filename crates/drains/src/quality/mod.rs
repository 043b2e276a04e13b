//! 水质: what builds up on the land, is washed off, travels through the sewers, decays and is treated
//! (Reference Manual III, ch. 3–5). Concentrations in the pollutants' own units, masses in those times
//! a litre unless said.

mod books;
mod data;
mod land;
mod route;
mod state;
mod summary;
mod surface;
mod treatment;

pub use books::{LoadingTotals, QualityTotals};
pub(crate) use data::QualityData;
pub(crate) use route::Source;
pub(crate) use state::QualityState;
pub use summary::{PollutantSummary, QualitySummary};
pub(crate) use surface::Produced;

/// Litres in a ft³, as SWMM rounds it.
pub(crate) const LITRES_IN_FT3: f64 = 28.317;
