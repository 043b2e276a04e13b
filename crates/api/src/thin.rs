//! 抽稀: fewer samples for a chart, with every bucket's lowest and highest kept: a peak never
//! disappears, and neither does a gap. Pure.

use field::id::PacketSeq;
use field::sample::Sample;

type Kept = (Sample, PacketSeq);

/// At most `max` samples (at least 4) of a series in time order, in time order.
///
/// The time between first and last is cut into `max / 4` equal buckets; of each stay the first
/// sample, the lowest, the highest, and one without a value where there is one.
pub(crate) fn thinned(samples: Vec<Kept>, max: usize) -> Vec<Kept> {
    let (Some(first), Some(last)) = (samples.first(), samples.last()) else { return samples };
    if samples.len() <= max.max(4) {
        return samples;
    }
    let buckets = (max / 4).max(1) as i64;
    let (start, span) = (first.0.at, last.0.at.since_ms(first.0.at).max(1) + 1);
    let bucket_of = |s: &Kept| s.0.at.since_ms(start) * buckets / span;
    samples.chunk_by(|a, b| bucket_of(a) == bucket_of(b)).flat_map(representatives).collect()
}

fn representatives(bucket: &[Kept]) -> Vec<Kept> {
    let by_value = |a: &&Kept, b: &&Kept| {
        let value = |k: &Kept| k.0.value.unwrap_or_default();
        value(a).total_cmp(&value(b))
    };
    let measured = || bucket.iter().filter(|k| k.0.value.is_some());
    let missing = bucket.iter().find(|k| k.0.value.is_none());
    let mut kept: Vec<Kept> =
        [bucket.first(), measured().min_by(by_value), measured().max_by(by_value), missing]
            .into_iter()
            .flatten()
            .copied()
            .collect();
    kept.sort_by_key(|k| k.0.at);
    kept.dedup_by_key(|k| k.0.at);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use field::sample::Quality;
    use field::time::Time;

    fn series(values: impl IntoIterator<Item = Option<f64>>) -> Vec<Kept> {
        let at = |n: usize| Time::from_ms(1_625_000_000_000 + n as i64 * 60_000);
        let sample = |(n, value)| (Sample { at: at(n), value, quality: Quality::Good }, PacketSeq(1));
        values.into_iter().enumerate().map(sample).collect()
    }

    #[test]
    fn a_peak_of_one_sample_and_a_gap_of_one_survive_any_thinning() {
        let all = series((0..10_000).map(|n| match n {
            7_333 => Some(9.5),
            2_111 => Some(-3.0),
            5_000 => None,
            n => Some(f64::from(n % 7) / 100.0),
        }));
        for max in [4, 40, 999, 2_000] {
            let few = thinned(all.clone(), max);
            assert!(few.len() <= max, "{} of {max}", few.len());
            let values: Vec<_> = few.iter().map(|k| k.0.value).collect();
            assert!(values.contains(&Some(9.5)) && values.contains(&Some(-3.0)) && values.contains(&None));
            assert!(few.is_sorted_by_key(|k| k.0.at));
        }
    }

    #[test]
    fn a_short_series_stays_whole() {
        let all = series((0..100).map(|n| Some(f64::from(n))));
        assert_eq!(thinned(all.clone(), 100), all);
        assert!(thinned(vec![], 100).is_empty());
    }
}
