//! The store as its callers see it.

mod samples;
mod send;
mod tables;
mod town;
