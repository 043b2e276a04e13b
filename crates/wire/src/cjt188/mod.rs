//! CJ/T 188-2004 and 2018 户用计量仪表数据传输技术条件: water meters behind a concentrator.
//!
//! ```text
//! FE… 68 | T | A0…A6 | C | L | DI0 DI1 SER | data … | CS | 16
//! ```
//!
//! The address is binary-coded decimals, least significant byte first; `AA…AA` is whoever listens. CS is
//! the sum of all bytes from 68, modulo 256. Nothing here fails or panics on bad bytes.

mod decoded;
pub mod encode;
mod frame;
mod json;

use crate::seal::{Seal, sum};
pub use decoded::{Decoded, Status, Valve};
pub use frame::{FRAMING, decode};
pub use json::{explain, json_line};

/// The protocol's name in commands, stored packets and the API.
pub const NAME: &str = "cjt188";
/// The port concentrators usually report to.
pub const DEFAULT_PORT: u16 = 5188;
/// Longest frame with four bytes of preamble: the length is one byte.
pub const MAX_FRAME: usize = 255 + OVERHEAD + 4;
/// Bytes around the data: 68 T A(7) C L, CS 16.
pub(crate) const OVERHEAD: usize = 13;
/// How its frames end.
pub(crate) const SEAL: Seal = Seal { check: sum, uncounted: 0, fault: "bad_sum", overhead: OVERHEAD };

/// 控制码 C.
pub mod control {
    /// 读数据.
    pub const READ: u8 = 0x01;
    /// 读地址.
    pub const READ_ADDRESS: u8 = 0x03;
    /// 写数据.
    pub const WRITE: u8 = 0x04;
    /// Set in every answer.
    pub const ANSWER: u8 = 0x80;
    /// Set in an answer that says no.
    pub const FAILED: u8 = 0x40;
}

/// 数据标识 DI.
pub mod di {
    /// 计量数据: current total, settled total, clock, status.
    pub const TOTALS: u16 = 0x901F;
    /// 读地址.
    pub const ADDRESS: u16 = 0x810A;
    /// 写阀门控制.
    pub const VALVE: u16 = 0xA017;
    /// 写标准时间.
    pub const SET_CLOCK: u16 = 0xA015;
    /// 上 1 月结算日累积流量; eleven more follow.
    pub const FIRST_MONTH: u16 = 0xD120;
}

/// The address that every meter answers to.
pub const ANYONE: [u8; 7] = [0xAA; 7];

/// The unit of a unit byte (CJ/T 188-2004 table 18) and what makes it SI (m³, J, W, m³/s: the factor).
#[must_use]
pub const fn unit(code: u8) -> Option<(&'static str, f64)> {
    Some(match code {
        0x02 => ("Wh", 3.6e3),
        0x05 => ("kWh", 3.6e6),
        0x08 => ("MWh", 3.6e9),
        0x0A => ("MWh*100", 3.6e11),
        0x01 => ("J", 1.0),
        0x0B => ("kJ", 1.0e3),
        0x0E => ("MJ", 1.0e6),
        0x11 => ("GJ", 1.0e9),
        0x13 => ("GJ*100", 1.0e11),
        0x14 => ("W", 1.0),
        0x17 => ("kW", 1.0e3),
        0x1A => ("MW", 1.0e6),
        0x29 => ("L", 1.0e-3),
        0x2C => ("m3", 1.0),
        0x32 => ("L/h", 1.0e-3 / 3_600.0),
        0x35 => ("m3/h", 1.0 / 3_600.0),
        _ => return None,
    })
}

/// 表类型 T in words.
#[must_use]
pub const fn kind(code: u8) -> &'static str {
    match code {
        0x10 => "冷水水表",
        0x11 => "生活热水水表",
        0x12 => "直饮水水表",
        0x13 => "中水水表",
        0x20 => "热量表(计热量)",
        0x21 => "热量表(计冷量)",
        0x30 => "燃气表",
        0x40 => "电度表",
        _ => "",
    }
}
