//! 保留: how long each class of point is kept, and the raw frames, which are a class of their own.

use super::chunk::Chunk;
use super::keeper::{replace, rewrite};
use super::shared::Shared;
use crate::StoreError;
use field::id::PointId;
use field::time::Time;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// What shall be kept from when on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keep {
    /// Packets that arrived before are let go; `None`: all are kept.
    pub frames_from: Option<Time>,
    /// Rows of points that have no class of their own; `None`: all are kept.
    pub others_from: Option<Time>,
    /// Rows of these points are kept from then on; `None`: all are kept.
    pub points_from: HashMap<PointId, Option<Time>>,
}

impl Keep {
    fn from(&self, point: PointId) -> i64 {
        let from = self.points_from.get(&point).copied().unwrap_or(self.others_from);
        from.map_or(i64::MIN, Time::ms)
    }

    /// The latest moment before which anything at all may have to go.
    fn latest(&self) -> i64 {
        let points = self.points_from.values().flatten().chain(&self.others_from);
        points.map(|at| at.ms()).max().unwrap_or(i64::MIN)
    }
}

/// Lets go what is older than it shall be kept; whole files where nothing in them is kept. Returns the
/// bytes that were given back.
pub(crate) fn apply(shared: &Shared, keep: &Keep) -> Result<u64, StoreError> {
    let mut freed = frames(shared, keep)?;
    let latest = keep.latest();
    let segments = Arc::clone(&shared.read().segments);
    for segment in segments.iter().filter(|s| s.meta.from < latest && s.meta.level > 0) {
        let places = shared.shelf.places(segment)?;
        let expired = places.iter().any(|p| p.from < keep.from(PointId(p.point)));
        if !expired {
            continue;
        }
        let source = [Arc::clone(segment)];
        let whole = places.iter().all(|p| p.to < keep.from(PointId(p.point)));
        let made = if whole {
            vec![]
        } else {
            let cut = |point: PointId, chunk: Chunk| chunk.cut(keep.from(point), i64::MAX);
            match rewrite(shared, &source, cut)? {
                Some(made) => made,
                None => return Ok(freed),
            }
        };
        let after: u64 = made.iter().map(|s| s.meta.bytes).sum();
        replace(shared, &source, &made)?;
        freed += segment.meta.bytes.saturating_sub(after);
    }
    Ok(freed)
}

fn frames(shared: &Shared, keep: &Keep) -> Result<u64, StoreError> {
    let Some(from) = keep.frames_from else { return Ok(0) };
    let frames = Arc::clone(&shared.read().frames);
    let gone = frames.iter().filter(|f| f.meta.received_to < from.ms());
    let (logs, freed): (BTreeSet<u64>, Vec<u64>) = gone.map(|f| (f.meta.log, f.meta.bytes)).unzip();
    if !logs.is_empty() {
        shared.change(&[], &[], |m| m.frames.retain(|f| !logs.contains(&f.log)))?;
    }
    Ok(freed.iter().sum())
}
