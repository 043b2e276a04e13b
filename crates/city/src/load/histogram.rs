//! 耗时分布: durations in buckets that grow with them, counted by many tasks at once.
//!
//! Each power of two of microseconds has 32 buckets, so a percentile is off by at most 3 %; the
//! largest value is kept exactly.

use serde::Serialize;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// Buckets a power of two, as bits.
const FINE_BITS: u32 = 5;
/// Buckets a power of two.
const FINE: usize = 1 << FINE_BITS;
/// Powers of two of microseconds that are told apart: up to 2^40 µs, twelve days.
const OCTAVES: usize = 40;

/// A distribution of durations.
#[derive(Debug)]
pub struct Histogram {
    buckets: Vec<AtomicU64>,
    count: AtomicU64,
    largest_us: AtomicU64,
}

impl Default for Histogram {
    fn default() -> Self {
        let buckets = (0..OCTAVES * FINE).map(|_| AtomicU64::new(0)).collect();
        Self { buckets, count: AtomicU64::new(0), largest_us: AtomicU64::new(0) }
    }
}

/// What a distribution comes to, milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Percentiles {
    /// How many were measured.
    pub count: u64,
    /// Half took at most this long, ms.
    pub p50: f64,
    /// 90 % took at most this long, ms.
    pub p90: f64,
    /// 99 % took at most this long, ms.
    pub p99: f64,
    /// 99.9 % took at most this long, ms.
    pub p999: f64,
    /// The longest, ms.
    pub max: f64,
}

impl Histogram {
    /// Counts one duration.
    pub fn record(&self, took: Duration) {
        let us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        if let Some(bucket) = self.buckets.get(index(us)).or(self.buckets.last()) {
            bucket.fetch_add(1, Relaxed);
        }
        self.count.fetch_add(1, Relaxed);
        self.largest_us.fetch_max(us, Relaxed);
    }

    /// The percentiles of what was counted so far; zeros of nothing.
    #[must_use]
    pub fn percentiles(&self) -> Percentiles {
        let count = self.count.load(Relaxed);
        let max = self.largest_us.load(Relaxed);
        let ms = |us: u64| us.min(max) as f64 / 1_000.0;
        Percentiles {
            count,
            p50: ms(self.at(count, 0.50)),
            p90: ms(self.at(count, 0.90)),
            p99: ms(self.at(count, 0.99)),
            p999: ms(self.at(count, 0.999)),
            max: ms(max),
        }
    }

    /// The upper edge of the bucket that holds the `part`th of all, µs.
    fn at(&self, count: u64, part: f64) -> u64 {
        let wanted = (count as f64 * part).ceil() as u64;
        let mut passed = 0;
        for (n, bucket) in self.buckets.iter().enumerate() {
            passed += bucket.load(Relaxed);
            if passed >= wanted.max(1) {
                return upper_edge(n);
            }
        }
        0
    }
}

/// Values below 32 µs have a bucket each; above, the five bits behind the leading one choose.
fn index(us: u64) -> usize {
    let octave = us.max(1).ilog2().saturating_sub(FINE_BITS);
    octave as usize * FINE + (us >> octave) as usize
}

fn upper_edge(index: usize) -> u64 {
    let octave = (index / FINE).saturating_sub(1);
    let fine = (index - octave * FINE) as u64;
    ((fine + 1) << octave) - 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_value_lies_in_its_bucket_and_the_bucket_is_narrow(us in 0_u64..1 << 39) {
            let edge = upper_edge(index(us));
            prop_assert!(us <= edge);
            prop_assert!(edge - us <= us / 32 + 1, "{us} in a bucket up to {edge}");
            prop_assert!(index(edge + 1) == index(us) + 1);
        }
    }

    #[test]
    fn percentiles_of_a_thousand_even_steps_are_where_they_should_be() {
        let histogram = Histogram::default();
        for ms in 1..=1_000 {
            histogram.record(Duration::from_millis(ms));
        }
        let p = histogram.percentiles();
        assert_eq!((p.count, p.max), (1_000, 1_000.0));
        assert!((p.p50 - 500.0).abs() < 16.0 && (p.p99 - 990.0).abs() < 31.0, "{p:?}");
        assert_eq!(Histogram::default().percentiles(), Percentiles::default());
    }
}
