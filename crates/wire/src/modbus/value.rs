//! 数值: 16-bit words to numbers and back, in every word order met in the field.

use serde::{Deserialize, Serialize};

/// 数据类型 of an element.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// One bit: of a coil or input, or of a register with `bit`.
    Bit,
    /// Unsigned, one word.
    #[default]
    U16,
    /// Signed, one word.
    I16,
    /// Unsigned, two words.
    U32,
    /// Signed, two words.
    I32,
    /// Unsigned, four words; beyond 2^53 the last digits are lost in a float.
    U64,
    /// Signed, four words.
    I64,
    /// IEEE 754, two words.
    F32,
    /// IEEE 754, four words.
    F64,
}

/// 字序: where the bytes of a longer value stand; A is the most significant. For four words the same
/// rule goes on: `CDAB` swaps the words' order, `BADC` the bytes of each word, `DCBA` both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum WordOrder {
    /// Big-endian.
    #[default]
    #[serde(rename = "ABCD")]
    Abcd,
    /// Least significant word first.
    #[serde(rename = "CDAB")]
    Cdab,
    /// Big-endian words of swapped bytes.
    #[serde(rename = "BADC")]
    Badc,
    /// Little-endian.
    #[serde(rename = "DCBA")]
    Dcba,
}

impl Kind {
    /// Words it takes.
    #[must_use]
    pub const fn words(self) -> u16 {
        match self {
            Self::Bit | Self::U16 | Self::I16 => 1,
            Self::U32 | Self::I32 | Self::F32 => 2,
            Self::U64 | Self::I64 | Self::F64 => 4,
        }
    }
}

impl WordOrder {
    /// Most significant first, whatever order they come in; its own inverse.
    fn sorted(self, words: &[u16]) -> Vec<u16> {
        let mut out: Vec<u16> = match self {
            Self::Abcd | Self::Badc => words.to_vec(),
            Self::Cdab | Self::Dcba => words.iter().rev().copied().collect(),
        };
        if matches!(self, Self::Badc | Self::Dcba) {
            out.iter_mut().for_each(|word| *word = word.swap_bytes());
        }
        out
    }
}

/// The number these words spell, before scale and offset. `None` where words are missing or the float
/// is none.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_wrap,
    reason = "two's complement is meant; 64-bit counters lose digits below 1e-16 of them"
)]
pub(crate) fn number(kind: Kind, order: WordOrder, words: &[u16]) -> Option<f64> {
    if words.len() != usize::from(kind.words()) {
        return None;
    }
    let raw = order.sorted(words).iter().fold(0_u64, |sum, word| sum << 16 | u64::from(*word));
    let low = (raw & 0xFFFF_FFFF) as u32;
    let value = match kind {
        Kind::Bit => f64::from(low & 1),
        Kind::U16 | Kind::U32 => f64::from(low),
        Kind::I16 => f64::from(low as u16 as i16),
        Kind::I32 => f64::from(low as i32),
        Kind::U64 => raw as f64,
        Kind::I64 => raw as i64 as f64,
        // The shortest decimal that is this float: 1.2, not 1.2000000476837158.
        Kind::F32 => f32::from_bits(low).to_string().parse().unwrap_or(f64::NAN),
        Kind::F64 => f64::from_bits(raw),
    };
    value.is_finite().then_some(value)
}

/// The words that spell a number; `None` where the type cannot hold it. Integers are rounded.
#[must_use]
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "ranges are checked first")]
pub(crate) fn words(kind: Kind, order: WordOrder, value: f64) -> Option<Vec<u16>> {
    let whole = value.round();
    let within = |low: f64, high: f64| (low..=high).contains(&whole);
    let raw: u64 = match kind {
        Kind::Bit if within(0.0, 1.0) => whole as u64,
        Kind::U16 if within(0.0, f64::from(u16::MAX)) => whole as u64,
        Kind::I16 if within(f64::from(i16::MIN), f64::from(i16::MAX)) => u64::from(whole as i16 as u16),
        Kind::U32 if within(0.0, f64::from(u32::MAX)) => whole as u64,
        Kind::I32 if within(f64::from(i32::MIN), f64::from(i32::MAX)) => u64::from(whole as i32 as u32),
        Kind::U64 if within(0.0, 9_007_199_254_740_992.0) => whole as u64,
        Kind::I64 if within(-9_007_199_254_740_992.0, 9_007_199_254_740_992.0) => whole as i64 as u64,
        Kind::F32 if value.is_finite() => u64::from((value as f32).to_bits()),
        Kind::F64 if value.is_finite() => value.to_bits(),
        _ => return None,
    };
    let count = u32::from(kind.words());
    let sorted: Vec<u16> = (0..count).rev().map(|n| (raw >> (16 * n)) as u16).collect();
    Some(order.sorted(&sorted))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_float_is_read_in_each_of_the_four_orders() {
        // 123456.0 is 47 F1 20 00.
        for (order, words) in [
            (WordOrder::Abcd, [0x47F1, 0x2000]),
            (WordOrder::Cdab, [0x2000, 0x47F1]),
            (WordOrder::Badc, [0xF147, 0x0020]),
            (WordOrder::Dcba, [0x0020, 0xF147]),
        ] {
            assert_eq!(number(Kind::F32, order, &words), Some(123_456.0), "{order:?}");
            assert_eq!(super::words(Kind::F32, order, 123_456.0).unwrap(), words, "{order:?}");
        }
    }

    #[test]
    fn every_kind_goes_out_and_comes_back_and_what_does_not_fit_is_refused() {
        let kinds = [Kind::U16, Kind::I16, Kind::U32, Kind::I32, Kind::U64, Kind::I64, Kind::F32, Kind::F64];
        for order in [WordOrder::Abcd, WordOrder::Cdab, WordOrder::Badc, WordOrder::Dcba] {
            for kind in kinds {
                let value =
                    if matches!(kind, Kind::I16 | Kind::I32 | Kind::I64) { -12_345.0 } else { 12_345.0 };
                let words = words(kind, order, value).unwrap();
                assert_eq!(number(kind, order, &words), Some(value), "{kind:?} {order:?}");
            }
        }
        assert_eq!(words(Kind::U16, WordOrder::Abcd, -1.0), None);
        assert_eq!(words(Kind::I16, WordOrder::Abcd, 40_000.0), None);
        assert_eq!(words(Kind::F32, WordOrder::Abcd, f64::NAN), None);
        assert_eq!(number(Kind::F32, WordOrder::Abcd, &[0x7FC0, 0]), None);
        assert_eq!(number(Kind::U32, WordOrder::Abcd, &[1]), None);
    }
}
