//! Any sequence of payloads: the host takes or refuses each, and keeps its limits.
#![no_main]

#[path = "../checks/sparkplug.rs"]
mod checks;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| checks::check(bytes));
