//! Numbers out of bytes. A decimal of up to 19 digits whose digits fit 2⁵³ and whose power of ten is
//! exact in a double is one division (W. D. Clinger, "How to read floating point numbers
//! accurately", 1990, the fast path); everything else goes the standard library's way, so every
//! result is the nearest double.

/// 10⁰ … 10²²: the powers of ten a double holds exactly.
const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
    1e19, 1e20, 1e21, 1e22,
];

/// A decimal number at the start of `bytes`: its value and how many bytes it takes. `None` where
/// there is none, or where it needs the slow way (an exponent, many digits).
#[inline]
pub(crate) fn quick(bytes: &[u8]) -> Option<(f64, usize)> {
    let (negative, mut at) = match bytes.first()? {
        b'-' => (true, 1),
        _ => (false, 0),
    };
    let begun = at;
    let mut mantissa: u64 = 0;
    while let Some(digit) = digit(bytes, at) {
        mantissa = mantissa.wrapping_mul(10).wrapping_add(digit);
        at += 1;
    }
    let mut digits = at - begun;
    let mut places = 0;
    if bytes.get(at) == Some(&b'.') {
        at += 1;
        let point = at;
        while let Some(digit) = digit(bytes, at) {
            mantissa = mantissa.wrapping_mul(10).wrapping_add(digit);
            at += 1;
        }
        places = at - point;
        digits += places;
    }
    if digits == 0 || digits > 19 || mantissa > 1 << 53 || matches!(bytes.get(at), Some(b'e' | b'E')) {
        return None;
    }
    let value = mantissa as f64 / POWERS.get(places)?;
    Some((if negative { -value } else { value }, at))
}

#[inline]
fn digit(bytes: &[u8], at: usize) -> Option<u64> {
    let digit = bytes.get(at)?.wrapping_sub(b'0');
    (digit < 10).then_some(u64::from(digit))
}

/// A whole number that is all of `bytes`; `None` when it is none or does not fit.
#[inline]
pub(crate) fn whole(bytes: &[u8]) -> Option<i64> {
    let (negative, digits) = match bytes.split_first()? {
        (b'-', rest) => (true, rest),
        (b'+', rest) => (false, rest),
        _ => (false, bytes),
    };
    if digits.is_empty() || digits.len() > 19 {
        return None;
    }
    let mut value: u64 = 0;
    for byte in digits {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value = value.wrapping_mul(10).wrapping_add(u64::from(digit));
    }
    // Nineteen digits are at most 9,999,999,999,999,999,999, which a u64 holds.
    let value = i64::try_from(value).ok()?;
    Some(if negative { -value } else { value })
}

#[cfg(test)]
mod tests {
    use super::{quick, whole};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_quick_way_gives_the_nearest_double(text in "-?[0-9]{1,12}(\\.[0-9]{1,8})?") {
            if let Some((value, length)) = quick(text.as_bytes()) {
                prop_assert_eq!(length, text.len());
                prop_assert_eq!(value.to_bits(), text.parse::<f64>().unwrap().to_bits());
            }
        }

        #[test]
        fn a_whole_number_is_read_as_the_standard_library_does(value: i64) {
            let text = value.to_string();
            let expected = (value != i64::MIN).then_some(value);
            prop_assert_eq!(whole(text.as_bytes()), expected.filter(|_| text.len() <= 20));
        }
    }
}
