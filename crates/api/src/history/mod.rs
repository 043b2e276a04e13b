//! 历史导入: years of samples from CSV and Parquet; the same for the command line and the interface.
//!
//! Promises: [`plan`] writes nothing and says what would be done and *everything* that is wrong, with
//! line, column and value; [`apply`] writes a plan, and when it is broken off says how many rows are
//! durable. Running the same file twice changes nothing the second time.
//!
//! Layouts, by the heading line (English or Chinese names, any order):
//! - long: `point`, or `station` and `element`; `time`; `value`; `unit` and `quality` may be left out;
//! - wide: `time`, then a column a point: `3307820001.39`, `3307820001.39 (cm)`, or a point's number.

mod cells;
mod layout;
mod moment;
mod plan;
mod sheet;

pub use cells::Sheet;
pub use plan::{Import, Outcome, Plan, Problem, apply, plan};

/// Most rows of one file: ten years of minutes.
pub const ROWS_MAX: usize = 5_300_000;
/// Largest file, bytes.
pub const FILE_MAX: usize = 512 * 1024 * 1024;
/// Problems named; the others are counted.
pub const PROBLEMS_MAX: usize = 1_000;
