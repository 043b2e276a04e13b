//! Modbus TCP and RTU-over-TCP (Modbus Application Protocol V1.1b3, Modbus over Serial Line V1.02):
//! pump rooms and anything else with a PLC.
//!
//! ```text
//! TCP  transaction 2 | protocol 0000 | length 2 | unit 1 | function 1 | data       (at most 260 bytes)
//! RTU                                             unit 1 | function 1 | data | CRC 2, low byte first
//! ```
//!
//! [`Request`] and [`Answer`] are the public function codes that matter (1 to 6, 15, 16, 22, 23,
//! 43/14, exceptions; others are kept as bytes), [`Frame`] puts them into either envelope, [`Map`]
//! says as data what the registers mean, and [`decode`] reads what a poll left behind: requests and
//! answers in turn, headed by a [`note`] that names the map.
//!
//! Nothing here fails or panics on bad bytes. Modbus TCP has no check value: a flipped bit inside a
//! register is a different number, and nobody can tell. RTU has one, and nothing flipped passes it.

mod decode;
mod frame;
mod json;
mod map;
mod maps;
mod pdu;
mod plan;
mod value;

pub use decode::{Body, Decoded, Part, Read, decode};
pub use frame::{Frame, MBAP, RTU_ANSWERS, RTU_REQUESTS, Transport, note};
pub use json::{explain, json_line};
pub use map::{Element, Map, MapError, TimeStamp};
pub use maps::{BUNDLED, install, installed};
pub use pdu::{Answer, Exception, Request, Table};
pub use plan::{Block, Image, blocks};
pub use value::{Kind, WordOrder};

/// The protocol's name in commands, stored packets and the API.
pub const NAME: &str = "modbus";
/// The port devices listen on.
pub const DEFAULT_PORT: u16 = 502;
/// Longest PDU (V1.1b3 section 4.1).
pub const MAX_PDU: usize = 253;
/// Longest frame in TCP form.
pub const MAX_FRAME: usize = 260;
/// Most registers of one read (V1.1b3 section 6.3).
pub const MAX_REGISTERS: u16 = 125;
/// Most coils or inputs of one read (V1.1b3 section 6.1).
pub const MAX_BITS: u16 = 2_000;
/// Most registers of one write (V1.1b3 section 6.12).
pub const MAX_WRITE: usize = 123;
