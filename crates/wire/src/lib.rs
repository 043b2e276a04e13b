//! Protocols: bytes to frames and back.
//!
//! Pure: no socket, no clock, no file. Bad input is a value with a list of problems, never an
//! error and never a panic. One protocol is one folder, and one line in [`PROTOCOLS`].

pub mod cjt188;
pub mod cut;
pub mod dlt645;
pub mod fault;
pub(crate) mod hex;
pub mod hj212;
pub mod influx;
pub mod interval;
pub mod json_push;
pub mod modbus;
pub mod mqtt;
pub mod opcua;
pub mod protocol;
pub mod report;
pub(crate) mod seal;
pub mod sensorthings;
pub mod sl427;
pub mod sl651;
pub mod sparkplug;
pub(crate) mod view;

pub use protocol::{Explained, Field, PROTOCOLS, Protocol, meant, protocol};
pub use report::{Report, ReportFile, ReportReading};
