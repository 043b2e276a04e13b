//! Any bytes: the decoder gives a value, the cutter loses nothing and holds little.
#![no_main]

#[path = "../checks/cjt188.rs"]
mod checks;
#[path = "../checks/cutting.rs"]
mod cutting;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| checks::check(bytes));
