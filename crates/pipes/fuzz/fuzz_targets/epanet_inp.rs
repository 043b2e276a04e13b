//! Any text: the reader gives a project and problems with line and remedy; what it takes whole it writes so
//! that it reads as the same again; a model is made or refused.
#![no_main]

#[path = "../checks/epanet_inp.rs"]
mod checks;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| checks::check(bytes));
