//! 时段统计: what columns come to over minutes, hours and days; time-weighted means; counters.
//!
//! Computed from the columns when asked: late rows and corrections are in it at once, and nothing has
//! to be kept in step. Pure functions of columns.

use super::Columns;
use field::sample::Quality;
use field::time::{BEIJING_MS, DAY_MS, HOUR_MS, MINUTE_MS, Time};

/// Over which stretches of time. Each begins at `at` and ends before the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// So many minutes (1, 5, 15, …), counted from the civil day's start; at least one.
    Minutes(u32),
    /// An hour.
    Hour,
    /// 自然日: 00:00 to 00:00 Beijing time.
    CivilDay,
    /// 水文日: 08:00 to 08:00 Beijing time.
    HydrologicalDay,
}

impl Step {
    /// How long one is, ms.
    #[must_use]
    pub fn length_ms(self) -> i64 {
        match self {
            Self::Minutes(n) => i64::from(n.max(1)) * MINUTE_MS,
            Self::Hour => HOUR_MS,
            Self::CivilDay | Self::HydrologicalDay => DAY_MS,
        }
    }

    /// The start of the stretch that holds the moment `at_ms`.
    #[must_use]
    pub fn start(self, at_ms: i64) -> i64 {
        let offset = match self {
            Self::HydrologicalDay => 0,
            _ => BEIJING_MS,
        };
        let length = self.length_ms();
        (at_ms + offset).div_euclid(length) * length - offset
    }
}

/// What one stretch comes to. Only good and manual values count in `min` to `last`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bucket {
    /// Where it begins.
    pub at: Time,
    /// All samples in it, missing ones too.
    pub count: u32,
    /// Those whose value may be used: good or set by hand.
    pub good: u32,
    /// Least usable value; NaN when there is none (so for the others).
    pub min: f64,
    /// Greatest usable value.
    pub max: f64,
    /// Sum of the usable values.
    pub sum: f64,
    /// Earliest usable value.
    pub first: f64,
    /// Latest usable value.
    pub last: f64,
}

impl Bucket {
    const fn empty(at: Time) -> Self {
        let none = f64::NAN;
        Self { at, count: 0, good: 0, min: none, max: none, sum: 0.0, first: none, last: none }
    }

    /// The mean of the usable values.
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        (self.good > 0).then(|| self.sum / f64::from(self.good))
    }

    fn take(&mut self, value: f64) {
        if self.good == 0 {
            (self.min, self.max, self.first) = (value, value, value);
        } else {
            // Plain comparisons: neither side is NaN here.
            self.min = if value < self.min { value } else { self.min };
            self.max = if value > self.max { value } else { self.max };
        }
        self.last = value;
        self.sum += value;
        self.good += 1;
    }
}

/// Where a value may be used: as `Sample::usable`.
fn usable(columns: &Columns, i: usize) -> Option<f64> {
    let value = *columns.values.get(i)?;
    let quality = columns.qualities.get(i).copied().unwrap_or_default();
    (matches!(quality, Quality::Good | Quality::Manual) && !value.is_nan()).then_some(value)
}

/// What the columns come to, stretch by stretch; stretches without a sample are left out.
#[must_use]
pub fn buckets(columns: &Columns, step: Step) -> Vec<Bucket> {
    let mut found: Vec<Bucket> = vec![];
    let mut end = i64::MIN;
    for (i, at) in columns.times.iter().enumerate() {
        if *at >= end || found.is_empty() {
            let start = step.start(*at);
            end = start + step.length_ms();
            found.push(Bucket::empty(Time::from_ms(start)));
        }
        let Some(bucket) = found.last_mut() else { continue };
        bucket.count += 1;
        if let Some(value) = usable(columns, i) {
            bucket.take(value);
        }
    }
    found
}

/// 时间加权平均: the mean over `from..to` of a value that holds from each sample to the next, at most
/// for `hold_ms` (a silent sensor's last value does not count for ever). `None` without any.
#[must_use]
pub fn time_weighted_mean(columns: &Columns, from: Time, to: Time, hold_ms: i64) -> Option<f64> {
    let (mut sum, mut weight) = (0.0, 0.0);
    for (i, at) in columns.times.iter().enumerate() {
        let Some(value) = usable(columns, i) else { continue };
        let next = columns.times.get(i + 1).copied().unwrap_or(i64::MAX);
        let end = next.min(at.saturating_add(hold_ms)).min(to.ms());
        let held = (end - (*at).max(from.ms())).max(0) as f64;
        sum += value * held;
        weight += held;
    }
    (weight > 0.0).then(|| sum / weight)
}

/// 累计量: by how much a counter grew over the columns. A fall is a rollover when the counter is one
/// that turns over at `turns_at` and was in its last tenth before; else it was set back to zero.
#[must_use]
pub fn counter_growth(columns: &Columns, turns_at: Option<f64>) -> f64 {
    let mut values = (0..columns.times.len()).filter_map(|i| usable(columns, i));
    let Some(mut last) = values.next() else { return 0.0 };
    let mut growth = 0.0;
    for value in values {
        growth += match turns_at {
            _ if value >= last => value - last,
            Some(turn) if last >= turn * 0.9 && last <= turn => turn - last + value,
            _ => value,
        };
        last = value;
    }
    growth
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(of: &[(i64, f64)]) -> Columns {
        let (times, values) = of.iter().map(|(minute, value)| (minute * MINUTE_MS, *value)).unzip();
        Columns { times, values, qualities: vec![] }
    }

    #[test]
    fn hours_and_both_kinds_of_day_begin_where_they_shall() {
        let eight = Time::from_beijing(2021, 6, 30, 8, 0, 0).unwrap().ms();
        let midnight = Time::from_beijing(2021, 6, 30, 0, 0, 0).unwrap().ms();
        assert_eq!(Step::HydrologicalDay.start(eight), eight);
        assert_eq!(Step::HydrologicalDay.start(eight - 1), eight - DAY_MS);
        assert_eq!(Step::CivilDay.start(eight), midnight);
        assert_eq!(Step::Hour.start(eight + 59 * MINUTE_MS), eight);
        assert_eq!(Step::Minutes(5).start(eight + 4 * MINUTE_MS), eight);
    }

    #[test]
    fn a_bucket_counts_all_and_reckons_with_the_usable_only() {
        let mut day = columns(&[(0, 2.0), (1, 4.0), (2, f64::NAN), (3, 900.0), (61, 7.0)]);
        day.qualities =
            vec![Quality::Good, Quality::Manual, Quality::Missing, Quality::Suspect, Quality::Good];
        let hours = buckets(&day, Step::Hour);
        assert_eq!(hours.len(), 2);
        let first = hours[0];
        assert_eq!(
            (first.count, first.good, first.min, first.max, first.mean()),
            (4, 2, 2.0, 4.0, Some(3.0))
        );
        assert_eq!((first.first, first.last, hours[1].last), (2.0, 4.0, 7.0));
    }

    #[test]
    fn a_value_weighs_as_long_as_it_holds() {
        let level = columns(&[(0, 1.0), (30, 3.0)]);
        let mean =
            |to, hold| time_weighted_mean(&level, Time::MIN, Time::from_ms(to * MINUTE_MS), hold * MINUTE_MS);
        assert_eq!(mean(60, 60), Some(2.0));
        assert_eq!(mean(40, 60), Some(1.5));
        // The first value holds for ten minutes only.
        assert_eq!(mean(40, 10), Some(2.0));
        assert_eq!(mean(0, 60), None);
    }

    #[test]
    fn a_counter_that_is_set_back_or_turns_over_goes_on_growing() {
        assert_eq!(counter_growth(&columns(&[(0, 10.0), (1, 15.0), (2, 2.0), (3, 4.0)]), None), 9.0);
        assert_eq!(counter_growth(&columns(&[(0, 9_990.0), (1, 5.0)]), Some(10_000.0)), 15.0);
        assert_eq!(counter_growth(&columns(&[(0, 500.0), (1, 5.0)]), Some(10_000.0)), 5.0);
        assert_eq!(counter_growth(&columns(&[]), None), 0.0);
    }
}
