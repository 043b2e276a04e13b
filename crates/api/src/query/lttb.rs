//! 最大三角形三桶: the shape of a line in few points (S. Steinarsson, "Downsampling Time Series for
//! Visual Representation", 2013, section 4.2), with the lowest and highest of all always kept.

use super::Columns;

/// At most `max` samples (at least 4). Missing values take no part.
pub(crate) fn lttb(all: &Columns, max: usize) -> Columns {
    if all.len() <= max.max(4) {
        return all.clone();
    }
    let measured: Vec<usize> =
        (0..all.len()).filter(|n| all.values.get(*n).is_some_and(|v| !v.is_nan())).collect();
    let mut places = chosen(all, &measured, max.max(4) - 2);
    let value = |n: &&usize| all.values.get(**n).copied().unwrap_or_default();
    places.extend(measured.iter().min_by(|a, b| value(a).total_cmp(&value(b))));
    places.extend(measured.iter().max_by(|a, b| value(a).total_cmp(&value(b))));
    places.sort_unstable();
    places.dedup();
    let mut kept = Columns::default();
    for n in places {
        if let (Some(at), Some(value), Some(quality)) =
            (all.times.get(n), all.values.get(n), all.qualities.get(n))
        {
            kept.push(*at, *value, *quality);
        }
    }
    kept
}

fn chosen(all: &Columns, measured: &[usize], max: usize) -> Vec<usize> {
    let (Some(first), Some(last)) = (measured.first(), measured.last()) else { return vec![] };
    if measured.len() <= max || max < 3 {
        return measured.iter().take(max).copied().collect();
    }
    let spot = |n: usize| {
        let at = all.times.get(n).copied().unwrap_or_default();
        (at as f64, all.values.get(n).copied().unwrap_or_default())
    };
    let inner = measured.get(1..measured.len() - 1).unwrap_or_default();
    let buckets = max - 2;
    let bucket = |n: usize| {
        let (from, to) = (n * inner.len() / buckets, (n + 1) * inner.len() / buckets);
        inner.get(from..to).unwrap_or_default()
    };
    let mut places = vec![*first];
    let mut before = spot(*first);
    for n in 0..buckets {
        let next = if n + 1 < buckets { mean(bucket(n + 1), spot) } else { spot(*last) };
        let area = |place: &usize| {
            let (x, y) = spot(*place);
            ((before.0 - next.0) * (y - before.1) - (before.0 - x) * (next.1 - before.1)).abs()
        };
        if let Some(best) = bucket(n).iter().copied().max_by(|a, b| area(a).total_cmp(&area(b))) {
            places.push(best);
            before = spot(best);
        }
    }
    places.push(*last);
    places
}

fn mean(bucket: &[usize], spot: impl Fn(usize) -> (f64, f64)) -> (f64, f64) {
    let sum = bucket.iter().map(|n| spot(*n)).fold((0.0, 0.0), |sum, at| (sum.0 + at.0, sum.1 + at.1));
    let count = bucket.len().max(1) as f64;
    (sum.0 / count, sum.1 / count)
}

#[cfg(test)]
mod tests {
    use super::*;
    use field::sample::Quality;

    #[test]
    fn few_points_keep_ends_and_extremes() {
        let mut all = Columns::default();
        for n in 0..5_000_i32 {
            let value = if n == 1_234 { 50.0 } else { (f64::from(n) / 300.0).sin() };
            all.push(i64::from(n) * 60_000, value, Quality::Good);
        }
        let few = lttb(&all, 60);
        assert!(few.len() <= 60, "{}", few.len());
        assert!(few.values.contains(&50.0) && few.times.is_sorted());
        assert_eq!((few.times.first(), few.times.last()), (all.times.first(), all.times.last()));
        assert_eq!(lttb(&few, 60), few);
    }
}
