//! 孪生台: the town's models, run beside it every minute of its clock on what its stations report.
//!
//! Model files stand in `<data-dir>/models`: `storm.inp` (SWMM), `supply.inp` (EPANET) and
//! `bindings.json`, which says what object of a model is which station ([`Bindings`]).
//!
//! Promises:
//! - what a model says is an ordinary series of the station it is about ([`field::station::Computed`]),
//!   written as packets of protocol [`field::sample::Packet::TWIN`] that name the run;
//! - a forecast is never mixed with what was measured, and is scored against persistence after each event;
//! - bad data, silent stations and an ill model are said on a board, and the desk goes on;
//! - killed at any moment it goes on from what it remembered: the same minutes give the same values.
//!
//! Never: acts on a pump or valve, raises an alarm (a rule judges its residuals), speaks HTTP.

mod bindings;
pub mod board;
mod desk;
mod engines;
mod series;
mod sight;
mod skill;
mod trouble;

pub use bindings::{
    Bindings, GageBinding, HeadBinding, LevelBinding, PressureBinding, PumpBinding, StageBinding,
    StormBindings, SupplyBindings, ZoneBinding, ZoneInflow,
};
pub use desk::{Desk, run};
pub use engines::supply::{Isolated, LowTap, Trial, TrialAct, TrialError, TrialResult, Trials};
pub use engines::{ENGINES, EngineKind};
pub use skill::{LeadScore, Score};
pub use trouble::Trouble;
