//! Any bytes: every line is read or named, no mark stands outside the bytes.
#![no_main]

#[path = "../checks/opcua.rs"]
mod checks;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| checks::check(bytes));
