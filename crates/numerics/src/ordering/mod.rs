//! Sparse symmetric systems whose pattern is known once and solved many times (稀疏排序与分解):
//! a fill-reducing order per topology, then a flat numeric factorisation on slices of lanes.
//!
//! Promises: the same pattern gives the same order and the same operations in the same sequence, so
//! results are the same to the bit on every machine and in every lane. Never allocates while
//! factorising.

mod degree;
mod factor;

pub use factor::{Pattern, Singular};
