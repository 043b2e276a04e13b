//! 指标: which figures of a window are asked for, and whether the kept roll-ups know them.

use super::window::{Bucket, Step};
use crate::problem::Problem;

/// Which figures are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Figures(Vec<String>);

/// Their names, in the order of the answer's columns.
const NAMES: [&str; 8] = ["count", "good", "min", "max", "mean", "sum", "weighted", "increase"];
/// Those that only the rows themselves know.
const OF_ROWS: [&str; 2] = ["weighted", "increase"];

impl Figures {
    /// As the query writes them; all where nothing is written.
    pub(crate) fn of(asked: Option<&str>) -> Result<Self, Problem> {
        let Some(asked) = asked else { return Ok(Self(NAMES.map(str::to_owned).to_vec())) };
        let names: Vec<String> = asked.split(',').map(|name| name.trim().to_owned()).collect();
        match names.iter().find(|name| !NAMES.contains(&name.as_str())) {
            Some(_) => Err(Problem::invalid("figures", NAMES.join(", "))),
            None => Ok(Self(names)),
        }
    }

    /// Whether a figure is asked for.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|asked| asked == name)
    }

    /// Whether kept roll-ups can answer.
    pub(crate) fn are_kept(&self) -> bool {
        !OF_ROWS.into_iter().any(|name| self.has(name))
    }

    /// A column of the answer: empty where it was not asked for.
    pub(crate) fn column<T>(&self, name: &str, all: &[Bucket], of: impl Fn(&Bucket) -> T) -> Vec<T> {
        if self.has(name) { all.iter().map(of).collect() } else { vec![] }
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
