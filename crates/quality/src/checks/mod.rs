//! 检查: one file a check, in one slice. A check is a pure function over what is around a reading.

mod physical;
mod range;
mod spatial;
mod step;
mod stuck;

use field::sample::{Quality, Sample};
use field::station::{Point, Quantity};
use field::time::Time;

/// What a check may look at.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// The point the newest reading belongs to.
    pub point: &'a Point,
    /// Its samples up to the newest, oldest first, whatever their quality.
    pub trail: &'a [Sample],
    /// The other points of the same station that some check looks at ([`Check::beside`]), with their
    /// samples.
    pub siblings: &'a [(Quantity, &'a [Sample])],
    /// Samples of five-minute rain of the nearest gauges (not its own), nearest first.
    pub rain_around: &'a [&'a [Sample]],
}

impl View<'_> {
    /// The newest sample.
    #[must_use]
    pub fn newest(&self) -> Option<Sample> {
        self.trail.last().copied()
    }
}

/// 存疑: a reading that is not believed, and why.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Doubt {
    /// When the doubtful value was observed.
    pub at: Time,
    /// The figure that was judged, in the point's unit unless the check says otherwise.
    pub found: f64,
    /// What it would have had to stay within.
    pub limit: f64,
}

/// A kind of check.
#[derive(Debug)]
pub struct Check {
    /// Its name in the findings.
    pub code: &'static str,
    /// The quantities it makes sense for; empty: every one.
    pub quantities: &'static [Quantity],
    /// The quantities beside it, at the same station, that it looks at.
    pub beside: &'static [Quantity],
    /// Judges the newest reading (or one shortly before it, when it takes a later one to see).
    pub judge: fn(&View<'_>) -> Option<Doubt>,
}

/// Every check, the surest first: the first doubt is the one that is written down.
pub const CHECKS: &[Check] = &[range::CHECK, step::CHECK, physical::CHECK, spatial::CHECK, stuck::CHECK];

impl Check {
    /// Whether it is for points that measure `quantity`.
    #[must_use]
    pub fn is_for(&self, quantity: Quantity) -> bool {
        self.quantities.is_empty() || self.quantities.contains(&quantity)
    }
}

/// The value of a sample that a station measured, believed or not.
fn measured(sample: &Sample) -> Option<f64> {
    match sample.quality {
        Quality::Good | Quality::Suspect => sample.value,
        Quality::Missing | Quality::Manual | Quality::Estimated => None,
    }
}

/// The sum of the usable values in `from..=to`, and how many there are.
fn sum(samples: &[Sample], from: Time, to: Time) -> (f64, usize) {
    let inside = samples.iter().rev().skip_while(|s| s.at > to).take_while(|s| s.at >= from);
    inside.filter_map(Sample::usable).fold((0.0, 0), |(sum, n), v| (sum + v, n + 1))
}
