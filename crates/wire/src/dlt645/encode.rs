//! Writing frames: of a centre (read, clock) and of a simulated meter (answers).

use super::items::item;
use super::{ANYONE, EVERYONE, OFFSET, SEAL, control};
use crate::hex::to_bcd_le;
use crate::seal::{PREAMBLE, START};
use field::time::Time;

/// The address of twelve digits as it goes over the line; fewer are filled with zeros in front.
#[must_use]
pub fn address(digits: &str) -> Option<[u8; 6]> {
    if digits.is_empty() || digits.len() > 12 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    to_bcd_le(digits.parse().ok()?, 6).try_into().ok()
}

fn frame(address: [u8; 6], control: u8, data: &[u8]) -> Vec<u8> {
    let mut bytes = vec![START];
    bytes.extend(address);
    bytes.extend([START, control, u8::try_from(data.len()).unwrap_or(u8::MAX)]);
    bytes.extend(data.iter().take(255).map(|b| b.wrapping_add(OFFSET)));
    SEAL.close(&mut bytes);
    bytes.splice(0..0, [PREAMBLE; 4]);
    bytes
}

/// 读数据.
#[must_use]
pub fn read(address: [u8; 6], di: u32) -> Vec<u8> {
    frame(address, control::READ, &di.to_le_bytes())
}

/// 读通信地址: only where one meter is on the line.
#[must_use]
pub fn read_address() -> Vec<u8> {
    frame(ANYONE, control::READ_ADDRESS, &[])
}

/// 广播校时: every meter sets its clock, none answers.
#[must_use]
pub fn set_clock(now: Time) -> Vec<u8> {
    let w = now.beijing();
    let year = i8::try_from(w.year().rem_euclid(100)).unwrap_or_default();
    let parts = [w.second(), w.minute(), w.hour(), w.day(), w.month(), year];
    let data: Vec<u8> = parts.iter().flat_map(|n| to_bcd_le(u64::from(n.unsigned_abs()), 1)).collect();
    frame(EVERYONE, control::SET_CLOCK, &data)
}

/// A meter's answer: `value` in the unit of the item. `None` for an identifier outside the table.
#[must_use]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "rounded, and no meter has more digits than its bytes hold"
)]
pub fn answer(address: [u8; 6], di: u32, value: f64) -> Option<Vec<u8>> {
    let item = item(di)?;
    let raw = (value.abs() * 10_f64.powi(i32::from(item.decimals))).round() as u64;
    let mut digits = to_bcd_le(raw, usize::from(item.bytes));
    if value < 0.0
        && item.signed
        && let Some(top) = digits.last_mut()
    {
        *top |= 0x80;
    }
    let mut data = di.to_le_bytes().to_vec();
    data.extend(digits);
    Some(frame(address, control::READ | control::ANSWER, &data))
}
