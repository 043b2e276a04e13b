//! 近况: the recent samples of every point, in memory, filled from the log when first asked for.

use field::id::PointId;
use field::sample::Sample;
use field::time::{HOUR_MS, Time};
use std::collections::HashMap;
use store::{Samples, StoreError};

/// How far behind the newest sample a trail reaches: what the longest check looks at, and the rain
/// that belongs to it.
const KEEP_MS: i64 = 4 * HOUR_MS;
/// Most samples of one trail: four hours of one-minute values, and some twice.
const MAX_SAMPLES: usize = 300;

/// The trails of all points: at most 7 kB each.
#[derive(Debug, Default)]
pub(crate) struct Trails {
    of: HashMap<PointId, Vec<Sample>>,
}

impl Trails {
    /// Takes in a sample. One of the same moment replaces the former. Returns whether it is now the
    /// newest of its point.
    pub(crate) fn insert(&mut self, point: PointId, sample: Sample) -> bool {
        let trail = self.of.entry(point).or_default();
        let place = trail.partition_point(|s| s.at < sample.at);
        match trail.get_mut(place) {
            Some(same) if same.at == sample.at => *same = sample,
            _ => trail.insert(place, sample),
        }
        let newest = place + 1 == trail.len();
        let oldest = trail.last().map_or(sample.at, |s| s.at).plus_ms(-KEEP_MS);
        let gone = trail.partition_point(|s| s.at < oldest).max(trail.len().saturating_sub(MAX_SAMPLES));
        trail.drain(..gone);
        newest
    }

    /// The samples of a point, oldest first.
    pub(crate) fn of(&self, point: PointId) -> &[Sample] {
        self.of.get(&point).map_or(&[], Vec::as_slice)
    }

    /// Reads a point's samples before `upto` from the log, unless they are here.
    ///
    /// # Errors
    /// What the store says.
    pub(crate) async fn fill(
        &mut self,
        samples: &Samples,
        point: PointId,
        upto: Time,
    ) -> Result<(), StoreError> {
        if self.of.contains_key(&point) {
            return Ok(());
        }
        let read = samples.range(point, upto.plus_ms(-KEEP_MS), upto, MAX_SAMPLES).await?;
        self.of.insert(point, read.into_iter().map(|(s, _)| s).collect());
        Ok(())
    }
}
