//! Dice: every chance in the simulated town comes from one seed and a name, never from the machine.
//!
//! Two dice with the same seed and label throw the same numbers, on every run and in any order of
//! construction: that is what makes a town, a storm and a day's faults repeatable.

use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64Mcg;

/// A seeded source of chance.
#[derive(Clone, Debug)]
pub(crate) struct Dice(Pcg64Mcg);

/// FNV-1a over a label's bytes, so that each use has its own stream of numbers.
fn hash(seed: u64, label: &[u8]) -> u64 {
    let start = 0xcbf2_9ce4_8422_2325_u64 ^ seed.rotate_left(17);
    label.iter().fold(start, |h, b| (h ^ u64::from(*b)).wrapping_mul(0x0000_0100_0000_01b3))
}

/// The finaliser of SplitMix64: spreads neighbouring numbers over the whole range.
fn spread(mut z: u64) -> u64 {
    z = z.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

impl Dice {
    /// Dice for one purpose.
    #[must_use]
    pub(crate) fn new(seed: u64, label: &str) -> Self {
        Self(Pcg64Mcg::seed_from_u64(spread(hash(seed, label.as_bytes()))))
    }

    /// Dice for one purpose and one thing of many: a station, a day, an order.
    #[must_use]
    pub(crate) fn of(seed: u64, label: &str, which: i64) -> Self {
        Self(Pcg64Mcg::seed_from_u64(spread(hash(seed, label.as_bytes()) ^ spread(which.cast_unsigned()))))
    }

    /// A number in `0.0..1.0`.
    pub(crate) fn unit(&mut self) -> f64 {
        // 53 bits: every value is exactly representable.
        (self.0.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A number in `low..high`.
    pub(crate) fn between(&mut self, low: f64, high: f64) -> f64 {
        low + self.unit() * (high - low)
    }

    /// A whole number in `0..n`; 0 when `n` is 0.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        if n == 0 { 0 } else { (self.unit() * n as f64) as usize }
    }

    /// Whether something of probability `p` happens.
    pub(crate) fn chance(&mut self, p: f64) -> bool {
        self.unit() < p
    }

    /// An exponentially distributed waiting time with the given mean.
    pub(crate) fn waiting(&mut self, mean: f64) -> f64 {
        -mean * (1.0 - self.unit()).ln()
    }

    /// One of the given things; `None` of nothing.
    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        from.get(self.below(from.len()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_and_label_throw_the_same_numbers_and_another_label_does_not() {
        let (mut a, mut b, mut c) = (Dice::new(7, "storm"), Dice::new(7, "storm"), Dice::new(7, "town"));
        let first: Vec<f64> = (0..8).map(|_| a.unit()).collect();
        assert_eq!(first, (0..8).map(|_| b.unit()).collect::<Vec<_>>());
        assert_ne!(first, (0..8).map(|_| c.unit()).collect::<Vec<_>>());
        assert!(first.iter().all(|x| (0.0..1.0).contains(x)));
    }

    #[test]
    fn neighbouring_things_have_unrelated_dice() {
        let mean = (0..1_000).map(|n| Dice::of(1, "x", n).unit()).sum::<f64>() / 1_000.0;
        assert!((mean - 0.5).abs() < 0.05, "{mean}");
    }
}
