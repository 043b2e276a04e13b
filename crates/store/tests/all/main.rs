//! The store as its callers see it.

mod samples;
mod tables;
mod town;
