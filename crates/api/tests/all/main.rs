//! The interface over real HTTP, on a real store in a fresh directory, with a clock that stands.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a failed expectation in a test's helper is the finding itself"
)]

mod access;
mod alarms;
mod commands;
mod credentials;
mod demo;
mod history;
mod house;
mod import;
mod limits;
mod openapi;
mod operation;
mod orders;
mod push;
mod query;
mod samples;
#[cfg(test)]
mod schemathesis;
#[cfg(test)]
mod sensorthings;
mod sign_in;
mod stations;
mod stream;
mod twin;
