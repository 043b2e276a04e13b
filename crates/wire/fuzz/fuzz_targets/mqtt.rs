//! Any bytes: the packet reader gives a packet or a fault; what it read is written and read again.
#![no_main]

#[path = "../checks/mqtt.rs"]
mod checks;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| checks::check(bytes));
