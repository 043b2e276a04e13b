//! 供水引擎: reads EPANET's `.inp`, gives EPANET's answers, can be stepped, observed, corrected and cloned.
//! Knows nothing of the rest of the house; no IO, no clock, no global state.
//!
//! [`read`] turns text into a [`Project`] and a list of problems; [`Model::new`] judges and lays out a
//! project; [`Model::start`] makes a [`State`]; a [`Runner`] steps it; [`run_all`] runs many at once.

mod journal;
mod model;
mod out;
pub mod project;
mod quality;
mod read;
pub mod report;
mod run;
mod solve;
mod state;
mod units;
pub mod whatif;
mod write;

pub use model::Model;
pub use numerics::inp::Problem;
pub use out::BinaryResults;
pub use project::Project;
pub use quality::{MassBalance, QualityState, Reacted};
pub use read::read;
pub use run::{LinkView, NodeView, Runner, SetError, run_all};
pub use solve::{Arithmetic, Unsolved};
pub use state::{PumpEnergy, State, Status, Warning, WarningKind};
pub use units::Factors;
pub use write::write;
