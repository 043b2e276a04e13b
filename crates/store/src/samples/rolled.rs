//! 取统计: buckets of points over any stretch: kept ones wherever one file alone speaks of a bucket, the
//! others from the rows, so that late rows and corrections are in it at once.
//!
//! Many points are answered one after another: which files there are is looked for once, and what is
//! remembered of their roll-ups is taken for some hundred points at a time ([`AT_ONCE`]).

use super::chunk::{self, Chunk};
use super::rolls;
use super::rollup::{Bucket, Step, fold, gather, sorted};
use super::segment::Segment;
use super::shared::{Edition, Inner, Shared};
use super::shelf::{OfPoint, Opened};
use crate::StoreError;
use field::id::PointId;
use std::sync::Arc;

/// Points looked for under one hold of the locks: writers wait no longer than for one batch of rows.
const AT_ONCE: usize = 512;

/// Where rows of a point are, and what they come to.
struct Source {
    /// The first and the last row's time.
    span: (i64, i64),
    /// Which of the segments near; none for rows that are in none yet.
    segment: Option<usize>,
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

/// All segments and all files of roll-ups.
type Files = [Arc<Vec<Arc<Segment>>>; 2];

/// The files that have something of a stretch of time, looked for once for many points.
#[derive(Debug)]
struct Near {
    stretch: (i64, i64),
    /// Of all there are, to see whether they are still the same.
    all: Option<Files>,
    segments: Vec<Opened>,
    rolls: Vec<RollsFile>,
}

/// A file of roll-ups.
#[derive(Debug)]
struct RollsFile {
    opened: Opened,
    /// Which of the segments near it is of.
    of: Vec<usize>,
    /// What it has of the points that are looked for now.
    found: Vec<Option<Arc<OfPoint>>>,
}

impl Near {
    const fn new(stretch: (i64, i64)) -> Self {
        Self { stretch, all: None, segments: vec![], rolls: vec![] }
    }

    /// Looks again where files came or went.
    fn follow(&mut self, inner: &Inner) {
        let same = |[segments, rolls]: &Files| {
            Arc::ptr_eq(segments, &inner.segments) && Arc::ptr_eq(rolls, &inner.rolls)
        };
        if self.all.as_ref().is_some_and(same) {
            return;
        }
        let (from, to) = self.stretch;
        let near = |s: &&Arc<Segment>| s.meta.from < to && from <= s.meta.to;
        self.segments = inner.segments.iter().filter(near).cloned().map(Opened::new).collect();
        let file = |rolls: &Arc<Segment>| {
            let all = self.segments.iter().enumerate();
            let of = all.filter(|(_, s)| rolls.meta.is_of(&s.segment.meta)).map(|(n, _)| n).collect();
            RollsFile { opened: Opened::new(Arc::clone(rolls)), of, found: vec![] }
        };
        self.rolls = inner.rolls.iter().filter(near).map(file).collect();
        self.all = Some([Arc::clone(&inner.segments), Arc::clone(&inner.rolls)]);
    }

    /// Looks which files there are, between which times rows of the points are that are in none of them
    /// yet, all of one moment; and takes what is kept of the points.
    fn look(&mut self, shared: &Shared, points: &[PointId]) -> Result<Vec<Hot>, StoreError> {
        let hot = {
            let inner = shared.read();
            self.follow(&inner);
            let of = |point: &PointId| Hot { edition: inner.edition(*point), spans: inner.hot_spans(*point) };
            points.iter().map(of).collect()
        };
        for file in &mut self.rolls {
            shared.shelf.rolls(&mut file.opened, points, &mut file.found)?;
        }
        Ok(hot)
    }
}

/// What there is of a point, and between which times it has rows that are in no file yet.
struct Hot {
    edition: Edition,
    spans: Vec<(i64, i64)>,
}

/// What is known of a point; its memory is used again for the next one.
#[derive(Default)]
struct Sources {
    /// By time.
    sources: Vec<Source>,
    /// Kept buckets that say more than the rows there still are.
    fixed: Vec<Arc<OfPoint>>,
    /// The segments whose rows those have in them.
    without: Vec<u64>,
}

impl Sources {
    /// Where rows of a point are with what is kept of them (taken out of `near`, where it is the `i`th), and
    /// kept buckets that say more than the rows there still are: those rows are left out.
    fn fill(
        &mut self,
        shared: &Shared,
        near: &mut Near,
        (i, point): (usize, PointId),
        hot: &Hot,
    ) -> Result<(), StoreError> {
        let Self { sources, fixed, without } = self;
        sources.clear();
        fixed.clear();
        without.clear();
        sources.extend(hot.spans.iter().map(|span| Source { span: *span, segment: None, kept: None }));
        let (from, to) = near.stretch;
        for (n, opened) in near.segments.iter_mut().enumerate() {
            if opened.segment.may_hold(point, from, to)
                && let Some(place) = opened.place(&shared.shelf, point)?
            {
                sources.push(Source { span: (place.from, place.to), segment: Some(n), kept: None });
            }
        }
        for file in &mut near.rolls {
            let Some(kept) = file.found.get_mut(i).and_then(Option::take) else { continue };
            match sources.iter_mut().find(|s| s.segment.is_some_and(|n| file.of.contains(&n))) {
                Some(source) if !kept.lacks_rows => source.kept = Some(kept),
                Some(source) => {
                    let segment = source.segment.and_then(|n| near.segments.get(n));
                    without.extend(segment.map(|opened| opened.segment.meta.id));
                    fixed.push(kept);
                }
                None => fixed.push(kept),
            }
        }
        let id = |n: usize| near.segments.get(n).map(|opened| opened.segment.meta.id);
        sources.retain(|s| s.segment.and_then(id).is_none_or(|id| !without.contains(&id)));
        sources.sort_unstable_by_key(|source| source.span);
        Ok(())
    }
}

/// What a point comes to over `from..to`, in the kept step `base`.
struct Question<'a> {
    shared: &'a Shared,
    point: PointId,
    edition: Edition,
    from: i64,
    to: i64,
    base: Step,
}

/// What each of `points` comes to over each step of `stretch`: handed to `each` in the points' order.
pub(crate) fn rolled(
    shared: &Shared,
    points: &[PointId],
    step: Step,
    stretch: (i64, i64),
    mut each: impl FnMut(PointId, &[Bucket]),
) -> Result<(), StoreError> {
    let (from, to) = stretch;
    if from >= to {
        points.iter().for_each(|point| each(*point, &[]));
        return Ok(());
    }
    let mut found = vec![];
    let Some(base) = rolls::base_of(step) else {
        for point in points {
            let rows = shared.columns(*point, from, to)?;
            found.clear();
            within(&rows, stretch, step, &mut found);
            each(*point, &found);
        }
        return Ok(());
    };
    let (mut near, mut sources) = (Near::new(stretch), Sources::default());
    for some in points.chunks(AT_ONCE) {
        let hot = near.look(shared, some)?;
        for (i, (point, hot)) in some.iter().zip(&hot).enumerate() {
            sources.fill(shared, &mut near, (i, *point), hot)?;
            found.clear();
            let question = Question { shared, point: *point, edition: hot.edition, from, to, base };
            question.answer(&sources, &mut found)?;
            if base == step {
                each(*point, &found);
            } else {
                each(*point, &fold(found.iter().copied(), step));
            }
        }
    }
    Ok(())
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
    fn answer(&self, known: &Sources, found: &mut Vec<Bucket>) -> Result<(), StoreError> {
        let mut from_rows: Vec<(i64, i64)> = vec![];
        if self.is_plain(&known.sources) {
            for source in &known.sources {
                let start = self.start(source.span.0).max(self.start(self.from));
                let end = self.end(source.span.1).min(self.end(self.to - 1));
                let level = source.level(self.base).unwrap_or_default();
                self.whole(level, start, end, found, &mut from_rows);
            }
        } else {
            self.by_stretches(&known.sources, found, &mut from_rows);
        }
        for (from, to) in joined(from_rows) {
            self.reckon(from.max(self.from), to.min(self.to), &known.without, found)?;
        }
        for bucket in known.fixed.iter().filter_map(|kept| level(kept, self.base)).flatten() {
            // Of what is let go nothing finer is known: a bucket counts where it begins.
            if (self.from..self.to).contains(&bucket.at.ms()) {
                found.push(*bucket);
            }
        }
        *found = sorted(std::mem::take(found));
        Ok(())
    }

    /// Out of the rows; once, as long as nothing else comes. What is read beside the stretch is cut off before
    /// parts are put together.
    fn reckon(&self, from: i64, to: i64, without: &[u64], found: &mut Vec<Bucket>) -> Result<(), StoreError> {
        let stretch = (self.point, self.base.length_ms(), from, to);
        if let Some(known) = self.shared.shelf.reckoned(&stretch, self.edition) {
            found.extend_from_slice(&known);
            return Ok(());
        }
        let (edition, parts) = self.shared.parts_without(self.point, from, to, without)?;
        let parts = parts.iter().map(|part| part.cut(from, to)).collect();
        let first = found.len();
        within(&chunk::assemble(parts), (from, to), self.base, found);
        // What came meanwhile may have changed which rows are to be left out.
        if edition == self.edition {
            self.shared.shelf.remember(stretch, edition, found.get(first..).unwrap_or_default());
        }
        Ok(())
    }

    /// The border of a bucket at or before a moment,
    fn start(&self, at: i64) -> i64 {
        self.base.start(at)
    }

    /// and the one after it.
    fn end(&self, at: i64) -> i64 {
        self.base.start(at) + self.base.length_ms()
    }

    /// Whether each source has its kept buckets, and no two have rows in the same bucket.
    fn is_plain(&self, sources: &[Source]) -> bool {
        let apart = |pair: &[Source]| match pair {
            [a, b] => self.end(a.span.1) <= self.start(b.span.0),
            _ => true,
        };
        sources.iter().all(|s| s.level(self.base).is_some()) && sources.windows(2).all(apart)
    }

    /// Takes kept buckets where one source alone has rows; the rest goes to the rows.
    fn by_stretches(&self, sources: &[Source], found: &mut Vec<Bucket>, from_rows: &mut Vec<(i64, i64)>) {
        for (start, end, sources) in self.stretches(sources) {
            let kept = match sources.as_slice() {
                [one] => one.level(self.base),
                _ => None,
            };
            match kept {
                Some(level) => self.whole(level, start, end, found, from_rows),
                None => from_rows.push((start, end)),
            }
        }
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

    /// The question cut where sources begin and end, at the borders of buckets; with the sources that
    /// have rows in each stretch.
    fn stretches<'s>(&self, sources: &'s [Source]) -> Vec<(i64, i64, Vec<&'s Source>)> {
        let (start, end) = (|at| self.start(at), |at| self.end(at));
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
