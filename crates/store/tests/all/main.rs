//! The store as its callers see it.
//!
//! `tables/` holds the cases that run on every engine (see `engines.rs`); the rest has no database in
//! it, or only the bundled one.

mod directory;
mod engines;
mod measured;
mod photos;
mod playback;
mod postgres;
mod samples;
mod send;
mod tables;
mod town;
mod wreck;
