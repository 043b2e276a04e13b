//! 指标: which figures of a window are asked for, and whether the kept roll-ups know them.

use super::window::{Bucket, Step};
use crate::problem::Problem;

/// 指标: a figure of a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Figure {
    Count,
    Good,
    Min,
    Max,
    Mean,
    Sum,
    Weighted,
    Increase,
}

/// In the order of the answer's columns: what each is asked for by, and what its column is called.
pub(crate) const FIGURES: [(&str, &str, Figure); 8] = [
    ("count", "counts", Figure::Count),
    ("good", "good", Figure::Good),
    ("min", "min", Figure::Min),
    ("max", "max", Figure::Max),
    ("mean", "mean", Figure::Mean),
    ("sum", "sum", Figure::Sum),
    ("weighted", "weighted", Figure::Weighted),
    ("increase", "increase", Figure::Increase),
];

/// Which figures are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Figures(u8);

impl Figures {
    /// As the query writes them; all where nothing is written.
    pub(crate) fn of(asked: Option<&str>) -> Result<Self, Problem> {
        let Some(asked) = asked else { return Ok(Self(u8::MAX)) };
        let mut figures = 0;
        for asked in asked.split(',').map(str::trim) {
            let Some((.., figure)) = FIGURES.iter().find(|(name, ..)| *name == asked) else {
                return Err(Problem::invalid("figures", FIGURES.map(|(name, ..)| name).join(", ")));
            };
            figures |= 1 << (*figure as u8);
        }
        Ok(Self(figures))
    }

    /// Whether a figure is asked for.
    pub(crate) const fn has(self, figure: Figure) -> bool {
        self.0 & (1 << (figure as u8)) != 0
    }

    /// Whether kept roll-ups can answer: time-weighted means and counters only the rows themselves know.
    pub(crate) const fn are_kept(self) -> bool {
        !self.has(Figure::Weighted) && !self.has(Figure::Increase)
    }
}

/// The step as the store counts it.
pub(crate) const fn kept_step(step: Step) -> store::Step {
    match step {
        Step::Minutes(60) => store::Step::Hour,
        Step::Minutes(n) => store::Step::Minutes(n),
        Step::CivilDay => store::Step::CivilDay,
        Step::HydrologicalDay => store::Step::HydrologicalDay,
    }
}

/// A kept window in the shape of a reckoned one.
pub(crate) fn from_kept(kept: &store::Bucket) -> Bucket {
    let store::Bucket { at, count, good, min, max, sum } = *kept;
    let mut bucket = Bucket::new(at.ms());
    (bucket.count, bucket.good) = (count, good);
    (bucket.min, bucket.max, bucket.sum) = (min, max, sum);
    bucket
}
