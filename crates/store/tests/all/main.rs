//! The store as its callers see it.
//!
//! `tables/` holds the cases that run on every engine (see `engines.rs`); the rest has no database in
//! it, or only the bundled one.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed expectation in a test's helper is the finding itself"
)]

mod backup;
mod directory;
mod engines;
mod measured;
mod photos;
mod playback;
mod postgres;
mod rolls;
mod rows;
mod samples;
mod send;
mod tables;
mod town;
mod wreck;
