//! `zhizhen` as its users run it: the real binary, real sockets, real files.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "in a test, stopping on the spot is the finding"
)]

mod backup;
mod bad_input;
mod commands;
mod forecast;
mod harness;
mod kills;
mod pusher;
mod storm;
mod town;
