//! `zhizhen` as its users run it: the real binary, real sockets, real files.

mod bad_input;
mod commands;
mod harness;
mod kills;
mod storm;
