//! Any bytes as a SWMM model: it is read or its problems are named, and what is read can be begun.
#![no_main]

#[path = "../checks/swmm.rs"]
mod checks;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| checks::check(bytes));
