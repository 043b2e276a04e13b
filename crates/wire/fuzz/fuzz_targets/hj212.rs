//! Any bytes: the decoder gives a value, the cutter loses nothing and holds little, parts join or wait.
#![no_main]

#[path = "../checks/hj212.rs"]
mod checks;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| checks::check(bytes));
