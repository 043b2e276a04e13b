//! The store as its callers see it.

mod tables;
mod town;
