//! 时段统计: what columns come to over minutes, hours and days. Pure functions of columns; [`super::rolls`]
//! keeps the answers.

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

/// What one stretch comes to. Only good and manual values count in `min` to `sum`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bucket {
    /// Where it begins.
    pub at: Time,
    /// Samples with a value.
    pub count: u32,
    /// Those whose value may be used: good or set by hand.
    pub good: u32,
    /// Least usable value; NaN when there is none (so for `max`).
    pub min: f64,
    /// Greatest usable value.
    pub max: f64,
    /// Sum of the usable values.
    pub sum: f64,
}

impl Bucket {
    pub(crate) const fn empty(at: Time) -> Self {
        Self { at, count: 0, good: 0, min: f64::NAN, max: f64::NAN, sum: 0.0 }
    }

    /// The mean of the usable values.
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        (self.good > 0).then(|| self.sum / f64::from(self.good))
    }

    fn take(&mut self, value: f64) {
        // The other side of a comparison with NaN wins: the first value is both.
        self.min = self.min.min(value);
        self.max = self.max.max(value);
        self.sum += value;
        self.good += 1;
    }

    /// Adds what another stretch comes to.
    pub(crate) fn add(&mut self, other: &Self) {
        self.count += other.count;
        self.good += other.good;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
        self.sum += other.sum;
    }
}

/// Where a value may be used: as `Sample::usable`.
fn usable(qualities: &[Quality], i: usize, value: f64) -> bool {
    let quality = qualities.get(i).copied().unwrap_or_default();
    matches!(quality, Quality::Good | Quality::Manual) && !value.is_nan()
}

/// What the columns come to, stretch by stretch; stretches without a value are left out.
#[must_use]
pub fn buckets(columns: &Columns, step: Step) -> Vec<Bucket> {
    let mut found = vec![];
    gather((&columns.times, &columns.values, &columns.qualities), step, &mut found);
    found
}

/// As [`buckets`], where there are at most so many; of a point that reports every minute nobody has to reckon
/// 1,440 of them only to see that they are too many.
pub(crate) fn few_buckets(columns: &Columns, step: Step, most: usize) -> Option<Vec<Bucket>> {
    let (mut end, mut count) = (i64::MIN, 0);
    for (at, _) in columns.times.iter().zip(&columns.values).filter(|(_, value)| !value.is_nan()) {
        if *at >= end {
            end = step.start(*at) + step.length_ms();
            count += 1;
        }
        if count > most {
            return None;
        }
    }
    let mut found = Vec::with_capacity(count);
    gather((&columns.times, &columns.values, &columns.qualities), step, &mut found);
    Some(found)
}

/// As [`buckets`], of times, values and qualities, put behind what is found already.
pub(crate) fn gather(
    (times, values, qualities): (&[i64], &[f64], &[Quality]),
    step: Step,
    found: &mut Vec<Bucket>,
) {
    let mut rows = times.iter().zip(values).enumerate().peekable();
    while let Some((_, (at, _))) = rows.peek() {
        let start = step.start(**at);
        let end = start + step.length_ms();
        // Of its own until it is whole: what is in a list is read and written for every row.
        let mut bucket = Bucket::empty(Time::from_ms(start));
        while let Some((i, (_, value))) = rows.next_if(|(_, (at, _))| **at < end) {
            if value.is_nan() {
                continue;
            }
            bucket.count += 1;
            if usable(qualities, i, *value) {
                bucket.take(*value);
            }
        }
        if bucket.count > 0 {
            found.push(bucket);
        }
    }
}

/// Puts what comes to the same stretch together; in order of time.
pub(crate) fn sorted(mut parts: Vec<Bucket>) -> Vec<Bucket> {
    // Stable: what was found first stays first, so that sums come out the same.
    if !parts.is_sorted_by_key(|bucket| bucket.at) {
        parts.sort_by_key(|bucket| bucket.at);
    }
    parts.dedup_by(|next, there| {
        let same = next.at == there.at;
        if same {
            there.add(next);
        }
        same
    });
    parts
}

/// Shorter stretches, in order of time, put into those of `step`.
pub(crate) fn fold(parts: impl IntoIterator<Item = Bucket>, step: Step) -> Vec<Bucket> {
    let mut found: Vec<Bucket> = vec![];
    for part in parts {
        let start = Time::from_ms(step.start(part.at.ms()));
        match found.last_mut().filter(|last| last.at == start) {
            Some(last) => last.add(&part),
            None => found.push(Bucket { at: start, ..part }),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(of: &[(i64, f64)]) -> Columns {
        let (times, values) = of.iter().map(|(minute, value)| (minute * MINUTE_MS, *value)).unzip();
        Columns { times, values, ..Columns::default() }
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
    fn few_buckets_are_all_or_none() {
        let mut day =
            columns(&[(0, 2.0), (1, 4.0), (59, 1.0), (61, 7.0), (62, f64::NAN), (125, 3.0), (300, f64::NAN)]);
        day.qualities = vec![Quality::Good; 7];
        let hours = buckets(&day, Step::Hour);
        assert_eq!(hours.len(), 3);
        assert_eq!(few_buckets(&day, Step::Hour, 3), Some(hours));
        assert_eq!(few_buckets(&day, Step::Hour, 2), None);
        assert_eq!(few_buckets(&Columns::default(), Step::Hour, 0), Some(vec![]));
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
            (3, 2, 2.0, 4.0, Some(3.0))
        );
        let minutes = buckets(&day, Step::Minutes(1));
        assert_eq!(fold(minutes, Step::Hour), hours);
    }
}
