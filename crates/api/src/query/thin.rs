//! Least and greatest of each stretch: no peak and no gap is lost.

use super::Columns;

/// At most `max` samples (at least 4): of each of `max / 4` equal stretches of time the first, the
/// lowest, the highest, and one without a value where there is one.
pub(crate) fn thin(all: &Columns, max: usize) -> Columns {
    let (Some(first), Some(last)) = (all.times.first(), all.times.last()) else { return Columns::default() };
    if all.len() <= max.max(4) {
        return all.clone();
    }
    let buckets = i128::try_from((max / 4).max(1)).unwrap_or(1);
    let span = i128::from((last - first).max(1)) + 1;
    let bucket_of = |at: i64| i128::from(at - first) * buckets / span;
    let mut kept = Columns::default();
    let mut stretch = Stretch::default();
    let mut current = 0;
    for (n, (at, value, _)) in all.rows().enumerate() {
        let bucket = bucket_of(at);
        if bucket != current {
            stretch.give(all, &mut kept);
            current = bucket;
        }
        stretch.take(n, value);
    }
    stretch.give(all, &mut kept);
    kept
}

/// What stays of one stretch.
#[derive(Default)]
struct Stretch {
    first: Option<usize>,
    low: Option<(usize, f64)>,
    high: Option<(usize, f64)>,
    missing: Option<usize>,
}

impl Stretch {
    fn take(&mut self, n: usize, value: f64) {
        self.first.get_or_insert(n);
        if value.is_nan() {
            self.missing.get_or_insert(n);
            return;
        }
        if self.low.is_none_or(|(_, low)| value < low) {
            self.low = Some((n, value));
        }
        if self.high.is_none_or(|(_, high)| value > high) {
            self.high = Some((n, value));
        }
    }

    fn give(&mut self, all: &Columns, kept: &mut Columns) {
        let of = std::mem::take(self);
        let mut places: Vec<usize> =
            [of.first, of.low.map(|l| l.0), of.high.map(|h| h.0), of.missing].into_iter().flatten().collect();
        places.sort_unstable();
        places.dedup();
        for n in places {
            if let (Some(at), Some(value), Some(quality)) =
                (all.times.get(n), all.values.get(n), all.qualities.get(n))
            {
                kept.push(*at, *value, *quality);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use field::sample::Quality;

    #[test]
    fn the_peak_the_trough_and_the_gap_stay() {
        let mut all = Columns::default();
        for n in 0..10_000 {
            let value = match n {
                5_003 => 99.0,
                7_777 => -99.0,
                3_000 => f64::NAN,
                n => f64::from(n % 10),
            };
            all.push(i64::from(n) * 1_000, value, Quality::Good);
        }
        let thin = thin(&all, 100);
        assert!(thin.len() <= 100);
        assert!(thin.values.contains(&99.0) && thin.values.contains(&-99.0));
        assert!(thin.values.iter().any(|v| v.is_nan()));
        assert!(thin.times.is_sorted());
    }
}
