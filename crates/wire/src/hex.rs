//! Hexadecimal text and binary-coded decimals, as the younger protocols share them.

use crate::fault::Fault;

/// The bytes of hexadecimal text of at most `most` bytes; spaces between digits are for the reader.
pub(crate) fn bytes_of(text: &str, most: usize) -> Result<Vec<u8>, Fault> {
    let text = text.trim();
    let text = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")).unwrap_or(text);
    let mut digits = Vec::with_capacity(text.len().min(2 * most));
    for (n, c) in text.chars().enumerate() {
        if c.is_ascii_whitespace() {
            continue;
        }
        let Some(digit) = c.to_digit(16).and_then(|digit| u8::try_from(digit).ok()) else {
            let at = n + 1;
            let message =
                format!("not hexadecimal: `{c}` at character {at}; write two digits 0-9 A-F for each byte");
            return Err(Fault::fatal("not_hex", message));
        };
        digits.push(digit);
        if digits.len() > 2 * most {
            return Err(Fault::fatal("bad_length", format!("the line holds more than {most} bytes")));
        }
    }
    if digits.is_empty() {
        return Err(Fault::fatal("empty", "the line holds no bytes"));
    }
    if !digits.len().is_multiple_of(2) {
        let have = digits.len();
        return Err(Fault::fatal(
            "odd_hex",
            format!("{have} hexadecimal digits make no whole bytes: one is missing"),
        ));
    }
    Ok(digits.chunks(2).map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit)).collect())
}

/// Two digits a byte, upper case.
pub(crate) fn hex<'a>(bytes: impl IntoIterator<Item = &'a u8>) -> String {
    bytes.into_iter().map(|byte| format!("{byte:02X}")).collect()
}

/// The number binary-coded decimals spell, least significant byte first; `None` where a nibble is no
/// digit. At most nine bytes, so that it fits.
pub(crate) fn bcd_le(bytes: &[u8]) -> Option<u64> {
    if bytes.len() > 9 {
        return None;
    }
    bytes.iter().rev().try_fold(0_u64, |sum, byte| {
        let (high, low) = (byte >> 4, byte & 0x0F);
        (high < 10 && low < 10).then(|| sum * 100 + u64::from(high) * 10 + u64::from(low))
    })
}

/// `value` as `count` bytes of binary-coded decimals, least significant first; higher digits are lost.
pub(crate) fn to_bcd_le(mut value: u64, count: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(count);
    for _ in 0..count {
        let two = u8::try_from(value % 100).unwrap_or_default();
        bytes.push(((two / 10) << 4) | (two % 10));
        value /= 100;
    }
    bytes
}

/// `raw` with `decimals` digits behind the point.
#[expect(
    clippy::cast_precision_loss,
    reason = "at most 18 decimal digits; what is lost lies below the meter's last digit"
)]
pub(crate) fn scaled(raw: u64, decimals: u32) -> f64 {
    raw as f64 / 10_f64.powi(i32::try_from(decimals).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_go_out_and_come_back_least_significant_first() {
        assert_eq!(bcd_le(&[0x47, 0x70, 0x01, 0x00]), Some(17_047));
        assert_eq!(to_bcd_le(17_047, 4), [0x47, 0x70, 0x01, 0x00]);
        assert_eq!(bcd_le(&[0x4A]), None);
        assert!((scaled(17_047, 2) - 170.47).abs() < 1e-9);
    }

    #[test]
    fn text_that_is_no_hexadecimal_says_where() {
        assert!(bytes_of("68 0G", 9).unwrap_err().message.contains("`G` at character 5"));
        assert_eq!(bytes_of("", 9).unwrap_err().code, "empty");
        assert_eq!(bytes_of("680", 9).unwrap_err().code, "odd_hex");
        assert_eq!(bytes_of("0102", 1).unwrap_err().code, "bad_length");
        assert_eq!(bytes_of("0x68 16", 9).unwrap(), [0x68, 0x16]);
    }
}
