//! 产流: rain gages, runoff from subcatchments, infiltration, evaporation (Reference Manual I).

mod climate;
mod gage;
mod groundwater;
mod infiltration;
mod lid;
mod lid_flux;
mod lid_run;
mod ode;
mod pond;
mod rdii;
mod runoff;
mod seepage;
mod snow;
mod summary;
mod surface;
mod weather;
mod wet;

pub(crate) use climate::Climate;
pub(crate) use gage::GageState;
pub(crate) use groundwater::{GroundData, GroundState};
pub(crate) use infiltration::{Ground, Soil, SoilState};
pub(crate) use lid::{LidGroup, LidState, lid_area};
pub(crate) use rdii::{RdiiData, RdiiState};
pub(crate) use runoff::SubState;
pub(crate) use seepage::{Seepage, SeepageState};
pub(crate) use snow::{SnowData, SnowState};
pub use summary::{GroundwaterSummary, HydrologySummary, LidSummary};
