//! 保留: how long each class of point keeps its rows, its roll-ups, and the raw frames, which are a class
//! of their own. Whole chunks go, one point's day each, and whole files where nothing else is in them;
//! never a row that is younger than asked.

use super::keeper::replace;
use super::segment::{Place, Segment, SegmentWriter};
use super::shared::Shared;
use crate::StoreError;
use field::id::PointId;
use field::time::{DAY_MS, Time};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// From when on a point's data are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Rows; `None`: all.
    pub rows_from: Option<Time>,
    /// Roll-ups; `None`: all. Where rows are kept, they are reckoned from those.
    pub rollups_from: Option<Time>,
}

/// What shall be kept from when on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keep {
    /// Packets that arrived before are let go; `None`: all are kept.
    pub frames_from: Option<Time>,
    /// Of points that have no limits of their own.
    pub others: Limits,
    /// Of these points.
    pub points: HashMap<PointId, Limits>,
}

impl Keep {
    fn from(&self, point: PointId, of: fn(&Limits) -> Option<Time>) -> i64 {
        of(self.points.get(&point).unwrap_or(&self.others)).map_or(i64::MIN, Time::ms)
    }

    /// The latest moment before which anything at all may have to go.
    fn latest(&self, of: fn(&Limits) -> Option<Time>) -> i64 {
        let limits = self.points.values().chain([&self.others]);
        limits.filter_map(of).map(Time::ms).max().unwrap_or(i64::MIN)
    }
}

/// Whether rows that must go are not merged yet: then they have to be first. A day's rows go at once, so they
/// are due when their day is over.
pub(crate) fn waits_for_merging(shared: &Shared, keep: &Keep) -> bool {
    let due = |at: i64, limit: i64| at.div_euclid(DAY_MS).saturating_add(1).saturating_mul(DAY_MS) <= limit;
    let rows = |limits: &Limits| limits.rows_from;
    let inner = shared.read();
    inner.live.firsts().any(|(point, at)| due(at, keep.from(point, rows)))
        || inner.segments.iter().any(|s| s.meta.level == 0 && due(s.meta.from, keep.latest(rows)))
}

/// Lets go what is older than it shall be kept. Returns the bytes that were given back.
pub(crate) fn apply(shared: &Shared, keep: &Keep) -> Result<u64, StoreError> {
    let mut freed = frames(shared, keep)?;
    let (segments, rolls) = {
        let inner = shared.read();
        (Arc::clone(&inner.segments), Arc::clone(&inner.rolls))
    };
    let merged: Vec<_> = segments.iter().filter(|s| s.meta.level > 0).cloned().collect();
    freed += let_go(shared, keep, &merged, |limits| limits.rows_from)?;
    freed += let_go(shared, keep, &rolls, |limits| limits.rollups_from)?;
    Ok(freed)
}

fn let_go(
    shared: &Shared,
    keep: &Keep,
    all: &[Arc<Segment>],
    limit: fn(&Limits) -> Option<Time>,
) -> Result<u64, StoreError> {
    let latest = keep.latest(limit);
    let mut freed = 0;
    for segment in all.iter().filter(|s| s.meta.from < latest) {
        let places = shared.shelf.places(segment)?;
        let stays = |place: &&Place| place.to >= keep.from(PointId(place.point), limit);
        let staying: Vec<Place> = places.iter().filter(stays).copied().collect();
        if staying.len() == places.len() {
            continue;
        }
        let Some(made) = copied(shared, segment, &staying)? else { return Ok(freed) };
        let after: u64 = made.iter().map(|s| s.meta.bytes).sum();
        replace(shared, &[Arc::clone(segment)], &made)?;
        tracing::info!(
            path = %segment.path().display(), points = places.len() - staying.len(), of = places.len(),
            "what was kept long enough is let go"
        );
        freed += segment.meta.bytes.saturating_sub(after);
    }
    Ok(freed)
}

/// A segment with only these chunks of another one, as they stand; none where there are none. `None`
/// where the fault plan lets the process "die".
fn copied(
    shared: &Shared,
    segment: &Segment,
    staying: &[Place],
) -> Result<Option<Vec<Arc<Segment>>>, StoreError> {
    if staying.is_empty() {
        return Ok(Some(vec![]));
    }
    let meta = &segment.meta;
    let mut to = SegmentWriter::create(&shared.dir, shared.next_id(), meta.level, meta.logs, &shared.fault)?;
    for place in staying {
        to.add_as_it_is(*place, &shared.shelf.bytes(segment, place)?)?;
    }
    Ok(to.finish()?.map(|made| vec![Arc::new(made)]))
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
