//! 合成管网: water supply networks as EPANET's `.inp` and storm sewer networks as SWMM's, made from a
//! seed: the demo town's models, and towns of any size for benchmarks. Every file says that it is
//! synthetic and from which seed.
//!
//! ```
//! let supply = networks::supply::generate(&networks::supply::Ask::town(2021, 3_000));
//! assert!(supply.inp.contains("[PIPES]"));
//! let sewers = networks::sewers::generate(&networks::sewers::Ask::town(2021, 1_000));
//! assert!(sewers.inp.contains("[CONDUITS]"));
//! ```
//!
//! Promises: the same request makes the same text, on every machine; a network's size is within a few
//! percent of the one asked for; EPANET and SWMM read the files without a message. Never: IO, a clock,
//! dice that are not seeded. Knows nothing of the rest of the house.

mod dice;
mod ground;
pub mod sewers;
mod streets;
pub mod supply;
mod text;

pub use ground::{At, Origin};
