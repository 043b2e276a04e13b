//! 数据质量控制: looks at every reading a second time, beside what came before and after it and what
//! its neighbours say, and marks the doubtful ones; where a gauge said nothing, it writes an estimate
//! that is marked as one. After the checks of WMO-No. 488 and No. 8 (range, step, persistence,
//! spatial and internal consistency).
//!
//! Promises:
//! - a finding is an ordinary packet of protocol [`field::sample::Packet::QUALITY`], so that it is
//!   durable, has a time and a reason, and everything that follows the log sees it;
//! - the measured value stays readable: a doubt is a new version of the reading with another quality,
//!   never with another value;
//! - an estimate never stands in the place of a measured value (the store refuses it);
//! - a crash at any moment neither loses nor doubles a finding.
//!
//! Never: raises an alarm, changes a value, asks a station.

mod checks;
mod desk;
mod estimate;
mod trails;

pub use checks::{CHECKS, Check, Doubt, View};
pub use desk::{Desk, run};
