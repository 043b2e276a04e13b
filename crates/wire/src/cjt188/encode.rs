//! Writing frames: of a centre (read, valve, clock) and of a simulated meter (answers).

use super::{SEAL, control, di};
use crate::hex::{bcd_le, to_bcd_le};
use crate::seal::{PREAMBLE, START};
use field::time::Time;

/// 表地址 as it goes over the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Address {
    /// 表类型 T.
    pub kind: u8,
    /// A0…A6, least significant first.
    pub bytes: [u8; 7],
}

impl Address {
    /// The address of fourteen digits; fewer are filled with zeros in front. `None` for other characters.
    #[must_use]
    pub fn of(kind: u8, digits: &str) -> Option<Self> {
        if digits.is_empty() || digits.len() > 14 || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let bytes = to_bcd_le(digits.parse().ok()?, 7);
        Some(Self { kind, bytes: bytes.try_into().ok()? })
    }
}

fn frame(address: Address, control: u8, data: &[u8]) -> Vec<u8> {
    let mut bytes = vec![START, address.kind];
    bytes.extend(address.bytes);
    bytes.push(control);
    bytes.push(u8::try_from(data.len()).unwrap_or(u8::MAX));
    bytes.extend(data.iter().take(255));
    SEAL.close(&mut bytes);
    bytes
}

fn with_preamble(mut frame: Vec<u8>) -> Vec<u8> {
    frame.splice(0..0, [PREAMBLE; 3]);
    frame
}

fn prefix(di: u16, serial: u8) -> Vec<u8> {
    let [high, low] = di.to_be_bytes();
    vec![high, low, serial]
}

/// 读数据. `turned`: DI in the order of vendors (`1F90`).
#[must_use]
pub fn read(address: Address, di: u16, serial: u8, turned: bool) -> Vec<u8> {
    let di = if turned { di.swap_bytes() } else { di };
    with_preamble(frame(address, control::READ, &prefix(di, serial)))
}

/// 写阀门控制: 55 opens, 99 closes.
#[must_use]
pub fn valve(address: Address, open: bool, serial: u8) -> Vec<u8> {
    let mut data = prefix(di::VALVE, serial);
    data.push(if open { 0x55 } else { 0x99 });
    with_preamble(frame(address, control::WRITE, &data))
}

/// 写标准时间.
#[must_use]
pub fn set_clock(address: Address, now: Time, serial: u8) -> Vec<u8> {
    let mut data = prefix(di::SET_CLOCK, serial);
    data.extend(clock(now));
    with_preamble(frame(address, control::WRITE, &data))
}

fn clock(now: Time) -> Vec<u8> {
    let w = now.beijing();
    let two = |n: i8| to_bcd_le(u64::from(n.unsigned_abs()), 1);
    let mut bytes = Vec::with_capacity(7);
    for part in [w.second(), w.minute(), w.hour(), w.day(), w.month()] {
        bytes.extend(two(part));
    }
    bytes.extend(to_bcd_le(u64::from(w.year().unsigned_abs()), 2));
    bytes
}

/// A meter's totals, in hundredths of a cubic metre.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Totals {
    /// 当前累积流量.
    pub current: u32,
    /// 结算日累积流量.
    pub settled: u32,
    /// The meter's clock.
    pub clock: Time,
    /// 状态.
    pub status: [u8; 2],
}

/// A meter's answer to a question for its totals.
#[must_use]
pub fn totals(address: Address, serial: u8, totals: &Totals) -> Vec<u8> {
    let mut data = prefix(di::TOTALS, serial);
    for value in [totals.current, totals.settled] {
        data.extend(to_bcd_le(u64::from(value), 4));
        data.push(0x2C);
    }
    data.extend(clock(totals.clock));
    data.extend(totals.status);
    with_preamble(frame(address, control::READ | control::ANSWER, &data))
}

/// A meter's answer to a written value.
#[must_use]
pub fn written(address: Address, di: u16, serial: u8, status: [u8; 2]) -> Vec<u8> {
    let mut data = prefix(di, serial);
    data.extend(status);
    with_preamble(frame(address, control::WRITE | control::ANSWER, &data))
}

/// The digits of an address on the line.
#[must_use]
pub fn digits(bytes: &[u8; 7]) -> Option<String> {
    bcd_le(bytes).map(|number| format!("{number:014}"))
}
