//! 人工置数: text that a person keyed in (function 35): `Q 1.234`, `TT 2401091601 Z 12.34`.
//!
//! The standard asks for the text form of SL 330 and allows others (6.6.4.8). Read here are pairs
//! of a mnemonic of table C.1 and a number or `M`; the rest is kept as text only.

use super::decoded::Reading;
use super::elements::by_mnemonic;
use super::value::read_time;
use field::time::Time;

/// The pairs of the text; `at` is their time until a `TT` says another.
pub(crate) fn read(text: &str, mut at: Time) -> Vec<Reading> {
    let mut readings = Vec::new();
    let mut words = text.split_ascii_whitespace().peekable();
    while let Some(word) = words.next() {
        let Some(next) = words.peek() else { break };
        if word == "TT" {
            at = time_of(next).unwrap_or(at);
            words.next();
        } else if let Some(kind) = by_mnemonic(word)
            && let Some(value) = number_of(next)
        {
            words.next();
            readings.push(Reading {
                id: format!("{:02X}", kind.id),
                element: kind.mnemonic,
                value,
                unit: kind.unit,
                observed_at: at,
                doubtful: false,
            });
        }
    }
    readings
}

/// `Some(None)` is a missing value; the outer `None` says that the word is no number.
fn number_of(word: &str) -> Option<Option<f64>> {
    if word == "M" {
        return Some(None);
    }
    let plain = word.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'+'));
    word.parse().ok().filter(|number: &f64| plain && number.is_finite()).map(Some)
}

fn time_of(word: &str) -> Option<Time> {
    let digits: Option<Vec<u8>> =
        word.bytes().map(|b| char::from(b).to_digit(10).and_then(|d| u8::try_from(d).ok())).collect();
    let bytes: Vec<u8> =
        digits?.chunks(2).map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit)).collect();
    (word.len() == 10).then(|| read_time(&bytes)).flatten()
}
