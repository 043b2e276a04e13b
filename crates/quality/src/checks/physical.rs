//! 内部一致性检查: a flow beside the state of the pumps that make it.
//!
//! **What it watches.** At a pump station: water flows while no pump has run for half an hour, or
//! nothing flows though pumps have run for half an hour.
//!
//! **Why.** A flow meter that drifted off zero, an empty meter pipe, a contact that sticks: one of the
//! two is wrong, and until somebody has looked the flow is not to be added up.
//!
//! **Example.** 0.000 m³/s for 30 min with two pumps reported running.

use super::{Check, Doubt, View, measured};
use field::sample::{Quality, Sample};
use field::station::Quantity;
use field::time::MINUTE_MS;

const SPAN_MS: i64 = 30 * MINUTE_MS;
/// A flow below this is none, m³/s: a hundredth of a small drainage pump.
const STILL: f64 = 0.005;

pub(super) const CHECK: Check =
    Check { code: "physical", quantities: &[Quantity::Flow], beside: &[Quantity::PumpsRunning], judge };

fn judge(view: &View<'_>) -> Option<Doubt> {
    let newest = view.newest().filter(|s| s.quality == Quality::Good)?;
    let flow = measured(&newest)?;
    let (_, pumps) = view.siblings.iter().find(|(quantity, _)| *quantity == Quantity::PumpsRunning)?;
    let from = newest.at.plus_ms(-SPAN_MS);
    // The state that held when the span began counts too: pumps report when something changes.
    let begun = pumps.iter().rposition(|s| s.at <= from)?;
    let states: Vec<f64> =
        pumps.iter().skip(begun).filter(|s| s.at <= newest.at).filter_map(Sample::usable).collect();
    let still = |s: &Sample| s.at < from || measured(s).is_none_or(|v| v.abs() < STILL);
    if !states.is_empty() && states.iter().all(|n| *n >= 1.0) && view.trail.iter().all(still) {
        return Some(Doubt { at: newest.at, found: flow, limit: STILL });
    }
    let flows = |s: &Sample| s.at < from || measured(s).is_none_or(|v| v.abs() >= STILL);
    let silent = !states.is_empty() && states.iter().all(|n| *n < 1.0);
    (silent && view.trail.iter().all(flows)).then_some(Doubt { at: newest.at, found: flow, limit: STILL })
}
