//! 产流: rain gages, runoff from subcatchments, infiltration, evaporation (Reference Manual I).

mod climate;
mod gage;
mod groundwater;
mod infiltration;
mod ode;
mod runoff;
mod seepage;
mod summary;
mod weather;

pub(crate) use climate::Climate;
pub(crate) use gage::GageState;
pub(crate) use groundwater::{GroundData, GroundState};
pub(crate) use infiltration::{Ground, Soil};
pub(crate) use runoff::SubState;
pub(crate) use seepage::{Seepage, SeepageState};
pub use summary::{GroundwaterSummary, HydrologySummary};
