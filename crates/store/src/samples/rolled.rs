//! 取统计: buckets of a point over any stretch: kept ones wherever one file alone speaks of a bucket, the
//! others from the rows, so that late rows and corrections are in it at once.

use super::chunk::{self, Chunk};
use super::rolls;
use super::rollup::{Bucket, Step, fold, gather, sorted};
use super::segment::Segment;
use super::shared::{Inner, Shared};
use super::shelf::OfPoint;
use crate::StoreError;
use field::id::PointId;
use std::sync::Arc;

/// Where rows of a point are, and what they come to.
struct Source {
    /// The first and the last row's time.
    span: (i64, i64),
    /// Kept buckets, where some are kept.
    kept: Option<Arc<OfPoint>>,
}

impl Source {
    /// The kept buckets of a step; none where nothing is kept or it is damaged.
    fn level(&self, step: Step) -> Option<&[Bucket]> {
        level(self.kept.as_ref()?, step)
    }
}

fn level(kept: &OfPoint, step: Step) -> Option<&[Bucket]> {
    kept.rolls.as_ref()?.level(step)
}

/// The files that have something of a stretch of time, looked for once for many points.
#[derive(Debug, Default)]
pub(crate) struct Near {
    stretch: (i64, i64),
    /// Of all there are, to see whether they are still the same.
    all: Option<[Arc<Vec<Arc<Segment>>>; 2]>,
    segments: Vec<Arc<Segment>>,
    rolls: Vec<Arc<Segment>>,
}

impl Near {
    pub(crate) fn new(stretch: (i64, i64)) -> Self {
        Self { stretch, ..Self::default() }
    }

    /// Looks again where files came or went.
    fn follow(&mut self, inner: &Inner) {
        let same = |[segments, rolls]: &[Arc<Vec<Arc<Segment>>>; 2]| {
            Arc::ptr_eq(segments, &inner.segments) && Arc::ptr_eq(rolls, &inner.rolls)
        };
        if self.all.as_ref().is_some_and(same) {
            return;
        }
        let (from, to) = self.stretch;
        let of = |all: &[Arc<Segment>]| {
            all.iter().filter(|s| s.meta.from < to && from <= s.meta.to).cloned().collect()
        };
        (self.segments, self.rolls) = (of(&inner.segments), of(&inner.rolls));
        self.all = Some([Arc::clone(&inner.segments), Arc::clone(&inner.rolls)]);
    }
}

/// What is known of a point.
struct Sources {
    sources: Vec<Source>,
    /// Kept buckets that say more than the rows there still are.
    fixed: Vec<Arc<OfPoint>>,
    /// The segments whose rows those have in them.
    without: Vec<u64>,
}

/// What a point comes to over `from..to`, in the kept step `base`.
struct Question<'a> {
    shared: &'a Shared,
    point: PointId,
    from: i64,
    to: i64,
    base: Step,
}

/// What `point` comes to over each step of the stretch of `near`.
pub(crate) fn rolled(
    shared: &Shared,
    point: PointId,
    step: Step,
    near: &mut Near,
) -> Result<Vec<Bucket>, StoreError> {
    let (from, to) = near.stretch;
    if from >= to {
        return Ok(vec![]);
    }
    match rolls::base_of(step) {
        Some(base) => {
            let parts = Question { shared, point, from, to, base }.answer(near)?;
            Ok(fold(parts, step))
        }
        None => {
            let mut found = vec![];
            let rows = chunk::assemble(shared.parts_without(point, from, to, &[])?);
            within(&rows, (from, to), step, &mut found);
            Ok(found)
        }
    }
}

/// What the rows of a chunk in `from..to` come to.
fn within(rows: &Chunk, (from, to): (i64, i64), step: Step, found: &mut Vec<Bucket>) {
    let range = rows.within(from, to);
    let times = rows.times.get(range.clone()).unwrap_or_default();
    let values = rows.values.get(range.clone()).unwrap_or_default();
    // Empty where all are good.
    let qualities = rows.qualities.get(range).unwrap_or_default();
    gather((times, values, qualities), step, found);
}

impl Question<'_> {
    fn answer(&self, near: &mut Near) -> Result<Vec<Bucket>, StoreError> {
        let Sources { sources, fixed, without } = self.sources(near)?;
        let mut found: Vec<Bucket> = vec![];
        let mut from_rows: Vec<(i64, i64)> = vec![];
        for (start, end, sources) in self.stretches(&sources) {
            let kept = match sources.as_slice() {
                [one] => one.level(self.base),
                _ => None,
            };
            match kept {
                Some(level) => self.whole(level, start, end, &mut found, &mut from_rows),
                None => from_rows.push((start, end)),
            }
        }
        for (from, to) in joined(from_rows) {
            let (from, to) = (from.max(self.from), to.min(self.to));
            let parts = self.shared.parts_without(self.point, from, to, &without)?;
            within(&chunk::assemble(parts), (from, to), self.base, &mut found);
        }
        for bucket in fixed.iter().filter_map(|kept| level(kept, self.base)).flatten() {
            // Of what is let go nothing finer is known: a bucket counts where it begins.
            if (self.from..self.to).contains(&bucket.at.ms()) {
                found.push(*bucket);
            }
        }
        Ok(sorted(found))
    }

    /// Takes the kept buckets in `start..end` that lie wholly in the question; the others go to the rows.
    fn whole(
        &self,
        level: &[Bucket],
        start: i64,
        end: i64,
        found: &mut Vec<Bucket>,
        from_rows: &mut Vec<(i64, i64)>,
    ) {
        let length = self.base.length_ms();
        let first = level.partition_point(|b| b.at.ms() < start);
        let last = level.partition_point(|b| b.at.ms() < end);
        for bucket in level.get(first..last).unwrap_or_default() {
            let at = bucket.at.ms();
            if at >= self.from && at + length <= self.to {
                found.push(*bucket);
            } else {
                from_rows.push((at, at + length));
            }
        }
    }

    /// Where rows are with what is kept of them, and kept buckets that say more than the rows there still
    /// are: those rows are left out.
    fn sources(&self, near: &mut Near) -> Result<Sources, StoreError> {
        let hot = {
            let inner = self.shared.read();
            near.follow(&inner);
            inner.hot_spans(self.point)
        };
        let shelf = &self.shared.shelf;
        let mut places = vec![];
        for segment in near.segments.iter().filter(|s| s.may_hold(self.point, self.from, self.to)) {
            places.extend(shelf.place_of(segment, self.point)?.map(|place| (segment, place)));
        }
        let (mut fixed, mut without) = (vec![], vec![]);
        let mut of: Vec<(u64, Arc<OfPoint>)> = vec![];
        for roll in near.rolls.iter().filter(|r| r.may_hold(self.point, self.from, self.to)) {
            let Some(kept) = shelf.rolls(roll, self.point)? else { continue };
            match places.iter().find(|(segment, _)| roll.meta.is_of(&segment.meta)) {
                Some((segment, _)) if !kept.lacks_rows => of.push((segment.meta.id, kept)),
                Some((segment, _)) => {
                    fixed.push(kept);
                    without.push(segment.meta.id);
                }
                None => fixed.push(kept),
            }
        }
        let mut sources: Vec<Source> = hot.into_iter().map(|span| Source { span, kept: None }).collect();
        for (segment, place) in places.iter().filter(|(s, _)| !without.contains(&s.meta.id)) {
            let kept =
                of.iter().rev().find(|(id, _)| *id == segment.meta.id).map(|(_, kept)| Arc::clone(kept));
            sources.push(Source { span: (place.from, place.to), kept });
        }
        Ok(Sources { sources, fixed, without })
    }

    /// The question cut where sources begin and end, at the borders of buckets; with the sources that
    /// have rows in each stretch.
    fn stretches<'s>(&self, sources: &'s [Source]) -> Vec<(i64, i64, Vec<&'s Source>)> {
        let start = |at: i64| self.base.start(at);
        let end = |at: i64| self.base.start(at) + self.base.length_ms();
        let mut cuts: Vec<i64> = vec![start(self.from), end(self.to - 1)];
        for source in sources {
            cuts.extend([start(source.span.0), end(source.span.0), start(source.span.1), end(source.span.1)]);
        }
        cuts.sort_unstable();
        cuts.dedup();
        let (first, last) = (start(self.from), end(self.to - 1));
        let inside = cuts.windows(2).filter_map(|pair| match pair {
            [a, b] if *a >= first && *b <= last => Some((*a, *b)),
            _ => None,
        });
        let with = |(a, b): (i64, i64)| {
            let of = sources.iter().filter(|s| start(s.span.0) < b && end(s.span.1) > a).collect::<Vec<_>>();
            (a, b, of)
        };
        inside.map(with).filter(|(_, _, sources)| !sources.is_empty()).collect()
    }
}

/// Stretches that touch, as one.
fn joined(mut stretches: Vec<(i64, i64)>) -> Vec<(i64, i64)> {
    stretches.sort_unstable();
    let mut whole: Vec<(i64, i64)> = vec![];
    for (from, to) in stretches {
        match whole.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(to),
            _ => whole.push((from, to)),
        }
    }
    whole
}
