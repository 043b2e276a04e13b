//! 排水引擎: reads SWMM's `.inp`, gives SWMM's answers, can be stepped, observed, corrected and cloned.
//! Knows nothing of the rest of the house; no IO, no clock, no global state.

mod curve;
pub mod date;
mod expression;
pub mod project;
mod roots;
mod section;
mod units;

pub use curve::Curve;
pub use section::{Section, Shape};
pub use units::{FlowUnits, Units};
