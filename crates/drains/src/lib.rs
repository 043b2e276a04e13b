//! 排水引擎: reads SWMM's `.inp`, gives SWMM's answers, can be stepped, observed, corrected and cloned.
//! Knows nothing of the rest of the house; no IO, no clock, no global state.

mod balance;
mod control;
mod crew;
mod curve;
pub mod date;
mod ensemble;
mod expression;
mod files;
mod forcemain;
mod hydrology;
mod inlets;
mod live;
mod model;
mod out;
pub mod overland;
pub mod project;
mod quality;
mod report;
mod roots;
mod run;
mod section;
mod state;
mod stats;
mod structures;
mod summary;
mod tree;
mod units;
mod wave;

pub use balance::{FlowTotals, GroundTotals, RunoffTotals};
pub use crew::{Crew, CrewError};
pub use curve::Curve;
pub use ensemble::{Lanes, run_ensemble, run_ensemble_with};
pub use files::{FileError, HotStart, Saved};
pub use hydrology::{GroundwaterSummary, HydrologySummary, LidSummary};
pub use inlets::{InletSummary, StreetSummary};
pub use live::{LinkView, NodeView};
pub use model::{Model, ModelError};
pub use out::Results;
pub use quality::{LoadingTotals, PollutantSummary, QualitySummary, QualityTotals};
pub use report::RunClock;
pub use section::{Section, Shape};
pub use state::{Numerics, State};
pub use summary::{LinkSummary, NodeSummary, OutfallSummary, SubcatchmentSummary, Summary};
pub use units::{FlowUnits, Units};
