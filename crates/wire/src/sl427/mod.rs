//! SL/T 427-2021 水资源监测数据传输规约 (family of SZY 206-2016): water-intake and water-resource stations.
//!
//! ```text
//! 68 L 68 | C 1 | A 5 | AFN 1 | data … [alarm 2, state 2] [PW 2, down only] [Tp 5 or 7] | CS | 16
//! ```
//!
//! `L` counts from C to the byte before CS; CS is a CRC-8 ([`crc8`]). Numbers are binary-coded
//! decimals, words are binary, both least significant byte first. Nothing here fails or panics on bad bytes.
//!
//! What a self-report holds behind its values is not marked in the frame, so the length decides; the
//! rule is written at [`decode`].

mod decoded;
pub mod encode;
mod frame;
mod json;
mod kinds;
mod values;

use crate::seal::Seal;
pub use decoded::{Decoded, Direction};
pub use frame::{FRAMING, decode};
pub use json::{explain, json_line};
pub use kinds::{Edition, Form, KINDS, Kind, Part, kind};

/// The protocol's name in commands, stored packets and the API.
pub const NAME: &str = "sl427";
/// The port stations usually report to.
pub const DEFAULT_PORT: u16 = 5427;
/// Longest frame: the length is one byte.
pub const MAX_FRAME: usize = 255 + OVERHEAD;
/// Bytes around what the length counts: 68 L 68, CS 16.
pub(crate) const OVERHEAD: usize = 5;
/// How its frames end.
pub(crate) const SEAL: Seal = Seal { check: crc8, uncounted: 3, fault: "bad_crc", overhead: OVERHEAD };

/// 应用层功能码 (AFN): the ones this house names.
pub mod afn {
    /// 链路检测.
    pub const LINK: u8 = 0x02;
    /// 设置遥测终端时钟.
    pub const SET_CLOCK: u8 = 0x11;
    /// 随机自报报警数据.
    pub const ALARM: u8 = 0x81;
    /// 人工置数.
    pub const MANUAL: u8 = 0x82;
    /// 随机自报图像.
    pub const PICTURE: u8 = 0x83;
    /// 自报终端机输入电压.
    pub const VOLTAGE: u8 = 0x84;
    /// 查询遥测终端实时值.
    pub const QUERY: u8 = 0xB0;
    /// 自报实时数据.
    pub const REPORT: u8 = 0xC0;
}

/// The check value: CRC-8 with polynomial X⁷+X⁶+X⁵+X²+1 (E5), start 0, high bit first, over C to the
/// byte before CS.
#[must_use]
pub fn crc8(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |register, byte| {
        (0..8).fold(register ^ byte, |r: u8, _| if r & 0x80 == 0 { r << 1 } else { (r << 1) ^ 0xE5 })
    })
}
