//! 时段统计: what happened in each window of time.

use super::Columns;
use field::sample::{Quality, Sample};
use field::time::{BEIJING_MS, DAY_MS, HOUR_MS, MINUTE_MS, Time};

/// 时段: how long a window is and where it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// So many minutes, from the full hour on; a divisor or a multiple of 60.
    Minutes(u32),
    /// 日 (00:00 Beijing).
    CivilDay,
    /// 水文日 (08:00 Beijing).
    HydrologicalDay,
}

impl Step {
    /// `1m`, `5m`, `15m`, `1h`, `day`, `hydrological_day`: also any `Nm` or `Nh` that divides the day.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        let minutes = |text: &str, each: u32| {
            let minutes = text.parse::<u32>().ok()?.checked_mul(each)?;
            (minutes > 0 && 24 * 60 % minutes == 0).then_some(Self::Minutes(minutes))
        };
        match code {
            "day" | "1d" => Some(Self::CivilDay),
            "hydrological_day" => Some(Self::HydrologicalDay),
            code => match (code.strip_suffix('m'), code.strip_suffix('h')) {
                (Some(count), _) => minutes(count, 1),
                (_, Some(count)) => minutes(count, 60),
                _ => None,
            },
        }
    }

    /// Length, ms.
    #[must_use]
    pub const fn length_ms(self) -> i64 {
        match self {
            Self::Minutes(count) => count as i64 * MINUTE_MS,
            Self::CivilDay | Self::HydrologicalDay => DAY_MS,
        }
    }

    /// The start of the window that holds a moment; `at_end`: a moment on the border belongs to the
    /// window before it.
    #[must_use]
    pub const fn start_of(self, at: i64, at_end: bool) -> i64 {
        let at = if at_end { at - 1 } else { at };
        let (length, shift) = match self {
            // Windows of hours begin at midnight in Beijing.
            Self::Minutes(_) | Self::CivilDay => (self.length_ms(), BEIJING_MS),
            Self::HydrologicalDay => (DAY_MS, 0),
        };
        (at + shift).div_euclid(length) * length - shift
    }
}

/// One window's figures; those of values count good ones only (measured or set by hand).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bucket {
    /// Its start, ms since 1970.
    pub start: i64,
    /// Samples with a value.
    pub count: u32,
    /// Good ones among them.
    pub good: u32,
    /// Lowest.
    pub min: f64,
    /// Highest.
    pub max: f64,
    /// Sum.
    pub sum: f64,
    /// First.
    pub first: f64,
    /// Last.
    pub last: f64,
    /// 时间加权平均: each value holds until the next sample, at most [`HOLD_MS`]; NaN where nothing held.
    pub weighted: f64,
    /// 计数器增量: how much a counter grew, across resets and rollovers.
    pub increase: f64,
    held: f64,
    held_ms: i64,
}

/// A value holds so long at most: after an hour without a sample nobody knows.
pub const HOLD_MS: i64 = HOUR_MS;

impl Bucket {
    pub(super) const fn new(start: i64) -> Self {
        let nan = f64::NAN;
        Self {
            start,
            count: 0,
            good: 0,
            min: nan,
            max: nan,
            sum: 0.0,
            first: nan,
            last: nan,
            weighted: nan,
            increase: 0.0,
            held: 0.0,
            held_ms: 0,
        }
    }

    /// Arithmetic mean; NaN of nothing.
    #[must_use]
    pub fn mean(&self) -> f64 {
        self.sum / f64::from(self.good)
    }

    fn take(&mut self, value: f64) {
        self.good += 1;
        self.sum += value;
        self.min = self.min.min(value);
        self.max = self.max.max(value);
        if self.first.is_nan() {
            self.first = value;
        }
        self.last = value;
    }
}

/// Windows of one point's samples that have any, in order. `all` may begin before `from`: what comes
/// earlier counts only as what held, and what a counter stood at. `at_end`: period values.
#[must_use]
pub fn windows(
    all: &Columns,
    step: Step,
    (from, to): (i64, i64),
    at_end: bool,
    rollover: Option<f64>,
) -> Vec<Bucket> {
    let mut found: Vec<Bucket> = vec![];
    let mut before: Option<(i64, f64)> = None;
    for (at, value, quality) in all.rows() {
        let usable = usable(at, value, quality);
        if let Some((since, held)) = before {
            let until = at.min(since + HOLD_MS).min(to);
            hold(&mut found, step, since.max(from), until, held, at_end);
        }
        if (from..to).contains(&at) || (at_end && at == to) {
            let bucket = bucket(&mut found, step.start_of(at, at_end));
            bucket.count += u32::from(!value.is_nan());
            if let Some(value) = usable {
                bucket.take(value);
                if let Some((_, old)) = before {
                    bucket.increase += growth(old, value, rollover);
                }
            }
        }
        match usable {
            Some(value) => before = Some((at, value)),
            // A missing value ends what held; a suspect one says nothing.
            None if value.is_nan() => before = before.map(|(since, old)| (since - HOLD_MS, old)),
            None => {}
        }
    }
    if let Some((since, held)) = before {
        hold(&mut found, step, since.max(from), (since + HOLD_MS).min(to), held, at_end);
    }
    for bucket in &mut found {
        bucket.weighted = bucket.held / bucket.held_ms as f64;
    }
    found.retain(|bucket| bucket.count > 0 || bucket.held_ms > 0);
    found
}

fn usable(at: i64, value: f64, quality: Quality) -> Option<f64> {
    if value.is_nan() { None } else { Sample { at: Time::from_ms(at), value: Some(value), quality }.usable() }
}

/// How much a counter grew from one reading to the next: a smaller reading is a reset to zero, or,
/// near the top of a counter that is known to roll over, a rollover.
fn growth(old: f64, new: f64, rollover: Option<f64>) -> f64 {
    if new >= old {
        return new - old;
    }
    match rollover {
        Some(top) if old >= 0.9 * top && old < top && new <= 0.1 * top => new + top - old,
        _ => new,
    }
}

/// Spreads a held value over the windows it held in.
fn hold(found: &mut Vec<Bucket>, step: Step, mut from: i64, to: i64, value: f64, at_end: bool) {
    while from < to {
        let start = step.start_of(from, false);
        let until = to.min(start + step.length_ms());
        // Period values do not hold: their sum counts.
        if !at_end {
            let bucket = bucket(found, start);
            bucket.held += value * (until - from) as f64;
            bucket.held_ms += until - from;
        }
        from = until;
    }
}

/// The window of that start; samples come in order, so it is among the last.
fn bucket(found: &mut Vec<Bucket>, start: i64) -> &mut Bucket {
    let place = found.partition_point(|b| b.start < start);
    if found.get(place).is_none_or(|b| b.start != start) {
        found.insert(place, Bucket::new(start));
    }
    #[expect(clippy::indexing_slicing, reason = "it was put there one line above")]
    &mut found[place]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(rows: &[(i64, f64)]) -> Columns {
        let mut all = Columns::default();
        for (minute, value) in rows {
            let quality = if value.is_nan() { Quality::Missing } else { Quality::Good };
            all.push(minute * MINUTE_MS, *value, quality);
        }
        all
    }

    const DAY: (i64, i64) = (0, DAY_MS);

    #[test]
    fn an_hour_has_its_mean_least_greatest_and_count() {
        let found = windows(&series(&[(0, 1.0), (30, 3.0), (60, 5.0)]), Step::Minutes(60), DAY, false, None);
        assert_eq!(found.len(), 2);
        let hour = found[0];
        assert_eq!((hour.count, hour.min, hour.max, hour.mean()), (2, 1.0, 3.0, 2.0));
    }

    #[test]
    fn the_time_weighted_mean_knows_how_long_a_value_held() {
        let found = windows(&series(&[(0, 0.0), (45, 4.0), (60, 9.0)]), Step::Minutes(60), DAY, false, None);
        assert!((found[0].weighted - 1.0).abs() < 1e-12);
        let gone =
            windows(&series(&[(0, 2.0), (15, f64::NAN), (30, 4.0)]), Step::Minutes(60), DAY, false, None);
        assert!((gone[0].weighted - (2.0 * 15.0 + 4.0 * 30.0) / 45.0).abs() < 1e-12, "{}", gone[0].weighted);
    }

    #[test]
    fn rain_on_the_border_belongs_to_the_hour_before() {
        let found = windows(&series(&[(55, 1.0), (60, 2.0), (65, 4.0)]), Step::Minutes(60), DAY, true, None);
        assert_eq!(found.iter().map(|b| b.sum).collect::<Vec<_>>(), [3.0, 4.0]);
    }

    #[test]
    fn a_counter_grows_across_a_reset_and_a_rollover() {
        let rows = [(0, 9_990.0), (10, 9_998.0), (20, 3.0), (30, 10.0)];
        let day = windows(&series(&rows), Step::HydrologicalDay, DAY, false, Some(10_000.0));
        assert!((day[0].increase - 20.0).abs() < 1e-9);
        let reset =
            windows(&series(&[(0, 50.0), (10, 60.0), (20, 4.0)]), Step::HydrologicalDay, DAY, false, None);
        assert!((reset[0].increase - 14.0).abs() < 1e-9);
    }

    #[test]
    fn civil_and_hydrological_days_begin_at_their_hours() {
        let at = Time::from_beijing(2021, 6, 30, 7, 59, 0).unwrap().ms();
        let civil = Time::from_beijing(2021, 6, 30, 0, 0, 0).unwrap().ms();
        let hydrological = Time::from_beijing(2021, 6, 29, 8, 0, 0).unwrap().ms();
        assert_eq!(Step::CivilDay.start_of(at, false), civil);
        assert_eq!(Step::HydrologicalDay.start_of(at, false), hydrological);
        assert_eq!(Step::from_code("7m"), None);
        assert_eq!(Step::from_code("1h"), Some(Step::Minutes(60)));
    }
}
