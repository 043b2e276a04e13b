//! 持续性检查: water that does not move though it rains on it.
//!
//! **What it watches.** That a level or flow repeats the same figure for three hours while the gauges
//! around measured at least [`RAIN_MM`].
//!
//! **Why.** A probe full of mud goes on reporting. In dry weather a level may stand still for days and
//! rightly so; the rain is what tells them apart. (The alarm rule `stuck` calls somebody; this check
//! marks the values.)
//!
//! **Example.** 0.12 m from 14:00 to 17:00 while three gauges around have 18, 22 and 25 mm.

use super::{Check, Doubt, View, measured, sum};
use field::sample::Quality;
use field::station::Quantity;
use field::time::HOUR_MS;

/// Rain that must move a level: the weakest rain that fills a gutter for hours (中雨 begins at 10 mm in
/// a day; here within three hours).
const RAIN_MM: f64 = 10.0;
const SPAN_MS: i64 = 3 * HOUR_MS;
/// Fewer equal values than this prove nothing.
const LEAST_VALUES: usize = 12;

pub(super) const CHECK: Check = Check {
    code: "stuck",
    quantities: &[Quantity::Level, Quantity::Depth, Quantity::Flow],
    beside: &[],
    judge,
};

fn judge(view: &View<'_>) -> Option<Doubt> {
    let newest = view.newest().filter(|s| s.quality == Quality::Good)?;
    let value = measured(&newest)?;
    // A dry street reads zero through any drizzle.
    if value <= view.point.min {
        return None;
    }
    let from = newest.at.plus_ms(-SPAN_MS);
    let begun = view.trail.first().is_some_and(|s| s.at <= from);
    let held = view.trail.iter().rev().take_while(|s| s.at >= from);
    let (mut equal, mut other) = (0, false);
    for sample in held {
        match measured(sample) {
            Some(v) if v.to_bits() == value.to_bits() => equal += 1,
            Some(_) => other = true,
            None => {}
        }
    }
    if !begun || other || equal < LEAST_VALUES {
        return None;
    }
    // The first hour of rain may still be on its way.
    let rains = view.rain_around.iter().map(|gauge| sum(gauge, from, newest.at.plus_ms(-HOUR_MS)).0);
    let least = rains.reduce(f64::min)?;
    (least >= RAIN_MM).then_some(Doubt { at: newest.at, found: least, limit: RAIN_MM })
}
