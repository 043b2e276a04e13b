//! 空间一致性检查: a rain gauge beside its neighbours.
//!
//! **What it watches.** The last hour of a gauge against the same hour of its three nearest: nothing
//! where every neighbour has at least [`WET_MM`], or far more than any of them.
//!
//! **Why.** A funnel stopped by leaves reads nothing; a gauge that is rinsed, or whose contact
//! bounces, reads a cloudburst.
//!
//! **Example.** 0 mm while the three around have 14, 19 and 22 mm.

use super::{Check, Doubt, View, sum};
use field::sample::Quality;
use field::station::Quantity;
use field::time::HOUR_MS;

/// An hour that no cell between gauges some kilometres apart leaves out: 大雨 by the hour.
const WET_MM: f64 = 8.0;
/// How far one gauge may exceed the wettest neighbour: convective cells do so by a factor of some.
const FACTOR: f64 = 5.0;
/// … and by this much besides.
const MARGIN_MM: f64 = 30.0;
/// Fewer neighbours prove nothing.
const NEIGHBOURS: usize = 3;
/// Fewer values of a neighbour's hour are no hour.
const LEAST_VALUES: usize = 10;

pub(super) const CHECK: Check = Check { code: "spatial", quantities: &[Quantity::Rain], beside: &[], judge };

fn judge(view: &View<'_>) -> Option<Doubt> {
    let newest = view.newest().filter(|s| s.quality == Quality::Good)?;
    let from = newest.at.plus_ms(-HOUR_MS + 1);
    let (own, values) = sum(view.trail, from, newest.at);
    let around: Vec<f64> = view
        .rain_around
        .iter()
        .map(|gauge| sum(gauge, from, newest.at))
        .filter(|(_, n)| *n >= LEAST_VALUES)
        .map(|(mm, _)| mm)
        .take(NEIGHBOURS)
        .collect();
    if around.len() < NEIGHBOURS || values < LEAST_VALUES {
        return None;
    }
    let least = around.iter().copied().fold(f64::INFINITY, f64::min);
    let most = around.iter().copied().fold(0.0, f64::max);
    if own <= 0.0 && least >= WET_MM {
        return Some(Doubt { at: newest.at, found: own, limit: least });
    }
    let limit = FACTOR * most + MARGIN_MM;
    // Only the value that carries the excess is doubted, not the zeros that follow it within the hour.
    let heavy = newest.value.is_some_and(|v| v > most);
    (own > limit && heavy).then_some(Doubt { at: newest.at, found: own, limit })
}
