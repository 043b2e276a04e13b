//! What the rain rules share: sums that are exact, in hundredths of a millimetre.

use crate::window::Window;
use field::time::Time;

/// A fall in hundredths of a millimetre; nothing for a negative or absurd figure.
pub(super) fn hundredths(mm: f64) -> i64 {
    // A gauge's step is 0.1, 0.2 or 0.5 mm; a metre in one period is no rain.
    if (0.0..1_000.0).contains(&mm) {
        #[expect(clippy::cast_possible_truncation, reason = "below 100,000 by the range above")]
        let hundredths = (mm * 100.0).round() as i64;
        hundredths
    } else {
        0
    }
}

/// The fall of each period that ended after `since`, newest first.
pub(super) fn falls<'a>(window: &'a Window<'_>, since: Time) -> impl Iterator<Item = (Time, i64)> + 'a {
    window.values().take_while(move |&(at, _)| at > since).map(|(at, mm)| (at, hundredths(mm)))
}

/// Hundredths as millimetres.
pub(super) fn mm(hundredths: i64) -> f64 {
    hundredths as f64 / 100.0
}
