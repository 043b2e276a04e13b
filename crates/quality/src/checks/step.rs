//! 时间一致性检查: a spike, a value that leaps away from both its neighbours in time.
//!
//! **What it watches.** Three values in a row: the middle one is doubted when it differs from the one
//! before and from the one after by more than water can move, to the same side, while those two agree.
//!
//! **Why.** A drop on an ultrasonic head, a fish, a flipped bit. A real flood wave does not come back
//! within one report; so the check waits for the next value before it speaks.
//!
//! **Example.** 0.12 m, 2.47 m, 0.12 m at five minutes: the 2.47 m is doubted.

use super::{Check, Doubt, View, measured};
use field::sample::Quality;
use field::station::Quantity;
use field::time::{HOUR_MS, MINUTE_MS};

pub(super) const CHECK: Check = Check {
    code: "step",
    quantities: &[Quantity::Level, Quantity::Depth, Quantity::Voltage],
    beside: &[],
    judge,
};

/// What a value may move, per minute and at least, in the quantity's unit. A street fills by some
/// centimetres a minute; a battery under charge moves by volts at once.
const fn allowance(quantity: Quantity) -> (f64, f64) {
    match quantity {
        Quantity::Voltage => (2.0, 4.0),
        _ => (0.1, 0.5),
    }
}

fn judge(view: &View<'_>) -> Option<Doubt> {
    let [.., before, middle, after] = view.trail else { return None };
    // Values an hour apart say nothing about each other.
    if middle.quality != Quality::Good || after.at.since_ms(before.at) > HOUR_MS {
        return None;
    }
    let (a, b, c) = (measured(before)?, measured(middle)?, measured(after)?);
    let (per_minute, least) = allowance(view.point.quantity);
    let limit = |ms: i64| (per_minute * ms as f64 / MINUTE_MS as f64).max(least);
    let (up, down) = (b - a, b - c);
    let leaps =
        up.abs() > limit(middle.at.since_ms(before.at)) && down.abs() > limit(after.at.since_ms(middle.at));
    let agree = (c - a).abs() <= limit(after.at.since_ms(before.at));
    (leaps && agree && up.signum() == down.signum()).then(|| Doubt {
        at: middle.at,
        found: up.abs().min(down.abs()),
        limit: limit(middle.at.since_ms(before.at)),
    })
}
