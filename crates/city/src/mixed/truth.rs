//! What these devices measure at any moment.

use crate::dice::Dice;
use field::time::{DAY_MS, MINUTE_MS, Time};
use std::f64::consts::TAU;

/// 1970 to the devices' first day: 2019-01-01 in Beijing.
const INSTALLED_MS: i64 = 1_546_272_000_000;

/// What has run through since the first day, at `a_day` on the mean: little at night, most in the
/// morning and the evening; it only grows.
pub(crate) fn total(a_day: f64, at: Time) -> f64 {
    let since = at.ms() - INSTALLED_MS;
    let (days, part) = (since.div_euclid(DAY_MS) as f64, share(at));
    (days + part - 0.12 * (TAU * part).sin()).max(0.0) * a_day
}

/// How fast [`total`] grows, a second.
pub(crate) fn rate(a_day: f64, at: Time) -> f64 {
    let part = share(at);
    a_day * (1.0 - 0.12 * TAU * (TAU * part).cos()) / 86_400.0
}

fn share(at: Time) -> f64 {
    (at.ms() - INSTALLED_MS).rem_euclid(DAY_MS) as f64 / DAY_MS as f64
}

/// A value around `mean` that sways by `sway` over `days` and trembles by `tremble` every minute.
pub(crate) fn swaying(
    seed: u64,
    name: &str,
    at: Time,
    (mean, sway, days): (f64, f64, f64),
    tremble: f64,
) -> f64 {
    let turn = at.ms() as f64 / DAY_MS as f64 / days;
    let mut dice = Dice::of(seed, name, at.ms().div_euclid(MINUTE_MS));
    mean + sway * (TAU * turn).sin() + dice.between(-tremble, tremble)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_total_only_grows_as_fast_as_its_rate_says() {
        let start: Time = "2021-06-29T00:00".parse().unwrap();
        for minute in 0..2_880 {
            let (a, b) = (start.plus_ms(minute * MINUTE_MS), start.plus_ms((minute + 1) * MINUTE_MS));
            let grown = total(100.0, b) - total(100.0, a);
            assert!(grown > 0.0, "minute {minute}");
            assert!((grown / 60.0 - rate(100.0, a)).abs() < 1e-5, "minute {minute}: {grown}");
        }
    }
}
