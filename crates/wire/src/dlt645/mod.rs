//! DL/T 645-2007 多功能电能表通信协议: electricity meters of pump stations.
//!
//! ```text
//! FE… 68 | A0…A5 | 68 | C | L | data + 33H … | CS | 16
//! ```
//!
//! Address and data identifier go least significant byte first; 33H is added to every byte of data. CS is
//! the sum of all bytes from the first 68, modulo 256. Nothing here fails or panics on bad bytes.

mod decoded;
pub mod encode;
mod frame;
mod items;
mod json;

use crate::seal::{Seal, sum};
pub use decoded::Decoded;
pub use frame::{FRAMING, decode};
pub use items::{ITEMS, Item, item};
pub use json::{explain, json_line};

/// The protocol's name in commands, stored packets and the API.
pub const NAME: &str = "dlt645";
/// The port concentrators usually report to.
pub const DEFAULT_PORT: u16 = 5188;
/// Longest frame with four bytes of preamble.
pub const MAX_FRAME: usize = 255 + OVERHEAD + 4;
/// Bytes around the data: 68 A(6) 68 C L, CS 16.
pub(crate) const OVERHEAD: usize = 12;
/// How its frames end.
pub(crate) const SEAL: Seal = Seal { check: sum, uncounted: 0, fault: "bad_sum", overhead: OVERHEAD };
/// Added to every byte of data.
pub(crate) const OFFSET: u8 = 0x33;

/// 控制码 C.
pub mod control {
    /// 广播校时.
    pub const SET_CLOCK: u8 = 0x08;
    /// 读数据.
    pub const READ: u8 = 0x11;
    /// 读通信地址.
    pub const READ_ADDRESS: u8 = 0x13;
    /// Set in every answer.
    pub const ANSWER: u8 = 0x80;
    /// Set in an answer that says no.
    pub const FAILED: u8 = 0x40;
}

/// The address that every meter answers to.
pub const ANYONE: [u8; 6] = [0xAA; 6];
/// The address of a broadcast that nobody answers.
pub const EVERYONE: [u8; 6] = [0x99; 6];
