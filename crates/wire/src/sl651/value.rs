//! BCD numbers of SL 651-2014 (6.6.3.3): digits without a point, `FF` in front of a negative one,
//! all `F` for a missing one; and BCD times.

use field::time::Time;

/// What some BCD bytes say.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Bcd {
    /// A number.
    Number(f64),
    /// 缺测: every nibble is F.
    Missing,
    /// Some nibble is no digit.
    Bad,
}

/// Reads BCD digits with `decimals` of them after the point.
///
/// A first byte `FF` before digits is the minus sign (6.6.3.3 a); an odd count of digits carries
/// one more `0` nibble, which changes nothing in the number.
pub(crate) fn read_bcd(bytes: &[u8], decimals: u8) -> Bcd {
    if bytes.is_empty() {
        return Bcd::Bad;
    }
    if bytes.iter().all(|b| *b == 0xFF) {
        return Bcd::Missing;
    }
    let (negative, digits) = match bytes {
        [0xFF, rest @ ..] => (true, rest),
        all => (false, all),
    };
    match magnitude(digits, decimals) {
        // A minus zero would be a second way to write zero.
        Some(value) if negative && value != 0.0 => Bcd::Number(-value),
        Some(value) => Bcd::Number(value),
        None => Bcd::Bad,
    }
}

/// The exact decimal nearest to the digits: they are read as text, so no rounding creeps in.
fn magnitude(digits: &[u8], decimals: u8) -> Option<f64> {
    let mut text = String::with_capacity(digits.len() * 2 + 4);
    for byte in digits {
        let (high, low) = (byte >> 4, byte & 0x0F);
        if high > 9 || low > 9 {
            return None;
        }
        text.push(char::from(b'0' + high));
        text.push(char::from(b'0' + low));
    }
    text.push_str("e-");
    text.push(char::from(b'0' + decimals.min(9)));
    text.parse().ok()
}

/// Writes a number as `bytes` BCD bytes, one byte `FF` more when it is negative; `None` when the
/// digits do not fit or the value is no finite number.
pub(crate) fn write_bcd(value: f64, bytes: usize, decimals: u8) -> Option<Vec<u8>> {
    if !value.is_finite() {
        return None;
    }
    let places = usize::from(decimals);
    // Rounds half away from the representation, as printing does; the field's resolution is coarser.
    let digits: Vec<u8> = format!("{:.places$}", value.abs()).bytes().filter(u8::is_ascii_digit).collect();
    let significant = digits.iter().skip_while(|d| **d == b'0').count();
    if significant > bytes * 2 {
        return None;
    }
    let mut nibbles = vec![0_u8; (bytes * 2).saturating_sub(digits.len())];
    let skip = digits.len().saturating_sub(bytes * 2);
    nibbles.extend(digits.iter().skip(skip).map(|d| d - b'0'));
    let negative = value < 0.0 && significant > 0;
    let mut out = if negative { vec![0xFF] } else { Vec::new() };
    out.extend(nibbles.chunks(2).map(|pair| pair.iter().fold(0, |byte, nibble| byte << 4 | nibble)));
    Some(out)
}

/// Two BCD digits as a number.
pub(crate) fn two_digits(byte: u8) -> Option<i8> {
    let (high, low) = (byte >> 4, byte & 0x0F);
    (high <= 9 && low <= 9).then(|| i8::try_from(high * 10 + low).unwrap_or(i8::MAX))
}

/// `YYMMDDHHmm` or `YYMMDDHHmmSS` in BCD, Beijing time; two-digit years are 2000 to 2099.
pub(crate) fn read_time(bytes: &[u8]) -> Option<Time> {
    let mut parts = [0_i8; 6];
    if !matches!(bytes.len(), 5 | 6) {
        return None;
    }
    for (part, byte) in parts.iter_mut().zip(bytes) {
        *part = two_digits(*byte)?;
    }
    let [year, month, day, hour, minute, second] = parts;
    Time::from_beijing(2000 + i16::from(year), month, day, hour, minute, second)
}

fn bcd_byte(number: i64) -> u8 {
    let number = u8::try_from(number.rem_euclid(100)).unwrap_or_default();
    ((number / 10) << 4) | (number % 10)
}

/// `YYMMDDHHmmSS` in BCD, Beijing time; milliseconds are cut off.
pub(crate) fn write_seconds(at: Time) -> [u8; 6] {
    let wall = at.beijing();
    [
        bcd_byte(wall.year().into()),
        bcd_byte(wall.month().into()),
        bcd_byte(wall.day().into()),
        bcd_byte(wall.hour().into()),
        bcd_byte(wall.minute().into()),
        bcd_byte(wall.second().into()),
    ]
}

/// `YYMMDDHHmm` in BCD, Beijing time; seconds are cut off.
pub(crate) fn write_minutes(at: Time) -> [u8; 5] {
    let [year, month, day, hour, minute, _] = write_seconds(at);
    [year, month, day, hour, minute]
}

/// Hexadecimal digits of `bytes`, upper case.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing into a String does not fail.
        let _ = write!(text, "{byte:02X}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_become_the_decimal_a_person_would_write() {
        assert_eq!(read_bcd(&[0x01, 0x22, 0x22], 1), Bcd::Number(1222.2));
        assert_eq!(read_bcd(&[0x00, 0x00, 0x01, 0x27], 3), Bcd::Number(0.127));
        assert_eq!(read_bcd(&[0x20], 0), Bcd::Number(20.0));
        assert_eq!(read_bcd(&[0x1A], 0), Bcd::Bad);
        assert_eq!(read_bcd(&[], 0), Bcd::Bad);
    }

    #[test]
    fn a_leading_ff_is_a_minus_for_even_and_for_odd_counts_of_digits() {
        assert_eq!(read_bcd(&[0xFF, 0x12, 0x34], 2), Bcd::Number(-12.34));
        assert_eq!(read_bcd(&[0xFF, 0x01, 0x23], 1), Bcd::Number(-12.3));
        assert_eq!(read_bcd(&[0xFF, 0x00], 1), Bcd::Number(0.0));
    }

    #[test]
    fn nothing_but_f_is_a_missing_value() {
        assert_eq!(read_bcd(&[0xFF, 0xFF], 2), Bcd::Missing);
    }

    #[test]
    fn what_is_written_is_read_back() {
        for (value, bytes, decimals) in
            [(0.0, 2, 2), (12.34, 2, 2), (-1.72, 4, 2), (9999.999, 4, 3), (-0.04, 3, 1)]
        {
            let written = write_bcd(value, bytes, decimals).unwrap();
            let Bcd::Number(read) = read_bcd(&written, decimals) else { panic!("{value}") };
            assert!((read - value).abs() < 0.05, "{value} came back as {read}");
        }
        assert_eq!(write_bcd(100.0, 2, 2), None);
        assert_eq!(write_bcd(f64::NAN, 2, 2), None);
    }

    #[test]
    fn a_date_that_no_calendar_has_is_no_time() {
        assert!(read_time(&[0x26, 0x02, 0x29, 0x08, 0x00]).is_none());
        assert!(read_time(&[0x24, 0x02, 0x29, 0x08, 0x00]).is_some());
        assert!(read_time(&[0x24, 0x02, 0x29, 0x24, 0x00]).is_none());
        assert!(read_time(&[0x24, 0x02, 0x29]).is_none());
    }
}
