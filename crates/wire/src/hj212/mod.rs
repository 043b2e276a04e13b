//! HJ 212 污染物在线监控系统数据传输标准, editions 2005, 2017 and 2025: plants and water quality stations.
//!
//! ```text
//! ##LLLL QN=…;ST=…;CN=…;PW=…;MN=…;Flag=…;[PNUM=…;PNO=…;]CP=&&DataTime=…;w01018-Rtd=31.2,w01018-Flag=N&& CRC CR LF
//! ```
//!
//! The check value is the standard's own ([`crc16`]), not Modbus'. Minute, hour and day values are
//! labelled at their period's start ([`crate::interval`]). Nothing here fails or panics on bad bytes.

pub mod command;
mod crc;
mod decoded;
pub mod encode;
mod factors;
mod flag;
mod frame;
mod json;
mod segment;
mod split;

pub use command::{Kind, cn};
pub use crc::crc16;
pub use decoded::{Decoded, Item, Packet, Reading};
pub use factors::{Factor, factor, factors, standard_code};
pub use flag::{DataFlag, FLAGS, quality};
pub use frame::{FRAMING, decode};
pub use json::{explain, json_line};
pub use split::{Joined, Joiner, MAX_PARTS, Unfinished};

/// The protocol's name in commands, stored packets and the API.
pub const NAME: &str = "hj212";
/// The port plants usually report to.
pub const DEFAULT_PORT: u16 = 5212;
/// Longest segment of the standard (2017 6.3.1), bytes.
pub const STANDARD_SEGMENT: usize = 1_024;
/// Longest data area (2017 6.3.3), bytes.
pub const MAX_CP: usize = 950;
/// Longest segment that is read: loggers in the field exceed the standard's, four times is plenty.
pub const MAX_SEGMENT: usize = 4_096;
/// Longest packet with its CR LF.
pub const MAX_FRAME: usize = MAX_SEGMENT + 12;
/// Most items of a data area, put together or not.
pub(crate) const MAX_ITEMS: usize = 4_096;
