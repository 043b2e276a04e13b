//! Any bytes: every line is read or named once, the quick way says what the full one says.
#![no_main]

#[path = "../checks/influx.rs"]
mod checks;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| checks::check(bytes));
