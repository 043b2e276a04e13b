//! The engine beside SWMM's figures.
#![cfg_attr(
    test,
    expect(
        clippy::unwrap_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::print_stdout,
        reason = "a test stops where it is wrong and says what it skips"
    )
)]

mod corpus;
mod files;
mod hydrology;
mod inlets;
mod live;
mod numerics;
mod overland;
mod physics;
mod problems;
mod quality;
mod random;
mod reference;
mod together;
