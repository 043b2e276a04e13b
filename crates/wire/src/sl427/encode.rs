//! Writing frames: of a centre (confirmations, link answers, questions, clock) and of a simulated
//! station (reports).

use super::decoded::Decoded;
use super::frame::UP;
use super::kinds::{Edition, Form, Part, kind};
use super::{SEAL, afn};
use crate::hex::to_bcd_le;
use crate::seal::START;
use field::time::Time;

/// The bytes of a frame.
#[must_use]
pub fn frame(control: u8, address: [u8; 5], function: u8, data: &[u8]) -> Vec<u8> {
    let mut counted = vec![control];
    counted.extend(address);
    counted.push(function);
    counted.extend(data.iter().take(255 - 7));
    let mut bytes = vec![START, u8::try_from(counted.len()).unwrap_or(u8::MAX), START];
    bytes.extend(counted);
    SEAL.close(&mut bytes);
    bytes
}

/// The address of ten hexadecimal digits.
#[must_use]
pub fn address(digits: &str) -> Option<[u8; 5]> {
    crate::hex::bytes_of(digits, 5).ok()?.try_into().ok()
}

/// 确认: the report is durable. A link check is answered with what it said. Stations of SL/T 427 set their
/// clocks by the time stamp (7.5.1, table 52); SZY 206 has none here. `None` for a frame that is no report of
/// a station.
#[must_use]
pub fn confirmation(to: &Decoded, now: Time) -> Option<Vec<u8>> {
    let (control, address, function) = (to.control? & !UP, to.address?, to.afn?);
    if to.control? & UP == 0 {
        return None;
    }
    let mut data = vec![if function == afn::LINK { to.link? } else { 0 }];
    if to.stamp.is_some_and(|stamp| stamp.year_month.is_some()) {
        data.extend(stamp(now, 0));
    }
    Some(frame(control, address, function, &data))
}

/// 密码 PW: one digit of key number and three of password.
#[must_use]
pub fn password(key: u8, password: u16) -> [u8; 2] {
    let [low, high, ..] = *to_bcd_le(u64::from(password % 1_000) + u64::from(key % 10) * 1_000, 2).as_slice()
    else {
        return [0, 0];
    };
    [high, low]
}

/// 时间标签, seven bytes.
#[must_use]
pub fn stamp(at: Time, delay_min: u8) -> Vec<u8> {
    let w = at.beijing();
    let year = i8::try_from(w.year().rem_euclid(100)).unwrap_or_default();
    let parts = [w.second(), w.minute(), w.hour(), w.day(), w.month(), year];
    let mut bytes: Vec<u8> = parts.iter().flat_map(|n| to_bcd_le(u64::from(n.unsigned_abs()), 1)).collect();
    bytes.push(delay_min);
    bytes
}

/// 设置遥测终端时钟: second, minute, hour, day, weekday and month in one byte, year.
#[must_use]
pub fn set_clock(address: [u8; 5], now: Time, pw: [u8; 2]) -> Vec<u8> {
    let tp = stamp(now, 0);
    let mut data = tp.get(..6).unwrap_or_default().to_vec();
    // Bits 7 to 5: 1 is Monday, 7 Sunday.
    let weekday = now.beijing().weekday().to_monday_one_offset().unsigned_abs();
    if let Some(month) = data.get_mut(4) {
        *month |= weekday << 5;
    }
    data.extend(pw);
    data.extend(tp);
    frame(0, address, afn::SET_CLOCK, &data)
}

/// 查询实时值 of a kind.
#[must_use]
pub fn query(address: [u8; 5], kind: u8) -> Vec<u8> {
    frame(kind & 0x0F, address, afn::QUERY, &[])
}

/// 链路检测 of a station: F0 login, F1 logout, F2 keep alive.
#[must_use]
pub fn link(address: [u8; 5], what: u8) -> Vec<u8> {
    frame(UP, address, afn::LINK, &[what])
}

/// 自报实时数据 of a station: values of one kind, in its unit, in the order of [`super::Kind::parts`] for each
/// instrument (an odd number of flows: flows alone); `None` for a kind without values.
#[must_use]
pub fn report(address: [u8; 5], code: u8, values: &[f64], words: (u16, u16), at: Time) -> Option<Vec<u8>> {
    let kind = kind(code, Edition::Slt427).filter(|kind| kind.parts.iter().all(|part| part.bytes > 0))?;
    let parts = match kind.parts.len() {
        n if values.len().is_multiple_of(n) => kind.parts,
        _ => kind.parts.get(..1)?,
    };
    let mut data: Vec<u8> =
        values.iter().zip(parts.iter().cycle()).flat_map(|(value, part)| digits(part, *value)).collect();
    data.extend(words.0.to_le_bytes());
    data.extend(words.1.to_le_bytes());
    data.extend(stamp(at, 0));
    Some(frame(UP | 0x30 | code, address, afn::REPORT, &data))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "rounded, and no value has more digits than its bytes hold"
)]
fn digits(part: &Part, value: f64) -> Vec<u8> {
    let raw = (value.abs() * 10_f64.powi(i32::from(part.decimals))).round() as u64;
    let mut digits = to_bcd_le(raw, usize::from(part.bytes));
    let minus = match part.form {
        Form::Signed => 0xF0,
        Form::Flow => 0xC0,
        Form::Plain | Form::LowDigits | Form::HighDigit => 0,
    };
    if value < 0.0
        && let Some(top) = digits.last_mut()
    {
        *top |= minus;
    }
    digits
}
