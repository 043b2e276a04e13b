//! Any bytes: the decoder gives a value, its marks lie inside, the cutters lose nothing.
#![no_main]

#[path = "../checks/modbus.rs"]
mod checks;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| checks::check(bytes));
