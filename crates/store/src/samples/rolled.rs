//! 取统计: buckets of points over any stretch: kept ones wherever one file alone speaks of a bucket, the
//! others from the rows, so that late rows and corrections are in it at once.
//!
//! Many points are answered one after another: which files there are is looked for once, and what is
//! remembered of their roll-ups is taken for some hundred points at a time ([`AT_ONCE`]).

use super::chunk::{self, Chunk};
use super::rolls::{self, Minutes};
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
    /// Which of the segments near, and its id; none for rows that are in none yet.
    segment: Option<usize>,
    id: Option<u64>,
    /// Kept buckets, where some are kept.
    kept: Option<Arc<OfPoint>>,
}

impl Source {
    /// The kept buckets of a step; none where nothing is kept or it is damaged.
    fn level(&self, step: Step) -> Option<&[Bucket]> {
        level(self.kept.as_ref()?, step)
    }

    /// Adds the kept hours in a stretch to those of other sources; `false` where they cannot be added up.
    fn add_to(&self, hours: &mut Vec<Hour>, (from, to): (i64, i64)) -> bool {
        let Some(rolls) = self.kept.as_ref().and_then(|kept| kept.rolls.as_ref()) else { return false };
        let level = rolls.level(Step::Hour).unwrap_or_default();
        let within = level.iter().filter(|hour| (from..to).contains(&hour.at.ms()));
        let mut each = within.map(|hour| Some((*hour, rolls.minutes(hour.at.ms())?)));
        each.all(|hour| hour.is_some_and(|hour| add(hours, hour)))
    }
}

/// What an hour comes to, and its minutes that have values.
type Hour = (Bucket, Minutes);

/// Adds what another source has of an hour; `false` where both have rows in one minute.
fn add(hours: &mut Vec<Hour>, (hour, minutes): Hour) -> bool {
    let Some((there, known)) = hours.iter_mut().find(|(there, _)| there.at == hour.at) else {
        hours.push((hour, minutes));
        return true;
    };
    let Some(both) = known.with(minutes) else { return false };
    there.add(&hour);
    *known = both;
    true
}

/// Adds hours of rows that are in no merged segment; `false` where they cannot be added up.
fn add_rows(hours: &mut Vec<Hour>, rows: &Chunk, stretch: (i64, i64)) -> bool {
    let mut of_rows = vec![];
    within(rows, stretch, Step::Hour, &mut of_rows);
    let minutes = |hour: &Bucket| Minutes::among(&rows.times, &rows.values, hour.at.ms());
    of_rows.iter().all(|hour| add(hours, (*hour, minutes(hour))))
}

fn level(kept: &OfPoint, step: Step) -> Option<&[Bucket]> {
    kept.rolls.as_ref()?.level(step)
}

/// All segments and all files of roll-ups.
type Files = [Arc<Vec<Arc<Segment>>>; 2];

/// The files that have something of a stretch of time, looked for once for many points.
#[derive(Debug)]
struct Near {
    /// In whole hours: what is kept of an hour belongs to the segment that has its rows, also where none of
    /// those is asked for.
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
    fn new((from, to): (i64, i64)) -> Self {
        let stretch = (Step::Hour.start(from), Step::Hour.start(to - 1) + Step::Hour.length_ms());
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
        sources.extend(hot.spans.iter().map(|span| Source {
            span: *span,
            segment: None,
            id: None,
            kept: None,
        }));
        let (from, to) = near.stretch;
        for (n, opened) in near.segments.iter_mut().enumerate() {
            if opened.segment.may_hold(point, from, to)
                && let Some(place) = opened.place(&shared.shelf, point)?
            {
                let (span, id) = ((place.from, place.to), Some(opened.segment.meta.id));
                sources.push(Source { span, segment: Some(n), id, kept: None });
            }
        }
        for file in &mut near.rolls {
            let Some(kept) = file.found.get_mut(i).and_then(Option::take) else { continue };
            match sources.iter_mut().find(|s| s.segment.is_some_and(|n| file.of.contains(&n))) {
                Some(source) if !kept.lacks_rows => source.kept = Some(kept),
                Some(source) => {
                    without.extend(source.id);
                    fixed.push(kept);
                }
                None => fixed.push(kept),
            }
        }
        sources.retain(|s| s.id.is_none_or(|id| !without.contains(&id)));
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
            self.reckon(from.max(self.from), to.min(self.to), known, found)?;
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

    /// Where more than one source has rows; once, as long as nothing else comes.
    fn reckon(&self, from: i64, to: i64, known: &Sources, found: &mut Vec<Bucket>) -> Result<(), StoreError> {
        let stretch = (self.point, self.base.length_ms(), from, to);
        if let Some(known) = self.shared.shelf.reckoned(&stretch, self.edition) {
            found.extend_from_slice(&known);
            return Ok(());
        }
        let first = found.len();
        if let Some(hours) = self.added_up((from, to), known)? {
            found.extend(hours.into_iter().map(|(hour, _)| rolls::rounded(hour)));
        } else {
            let (edition, rows) = self.rows((from, to), &known.without)?;
            within(&rows, (from, to), self.base, found);
            // What came meanwhile may have changed which rows are to be left out.
            if edition != self.edition {
                return Ok(());
            }
        }
        self.shared.shelf.remember(stretch, self.edition, found.get(first..).unwrap_or_default());
        Ok(())
    }

    /// The rows of a stretch but for those of some segments. What is read beside the stretch is cut off
    /// before parts are put together.
    fn rows(&self, (from, to): (i64, i64), without: &[u64]) -> Result<(Edition, Chunk), StoreError> {
        let (edition, parts) = self.shared.parts_without(self.point, from, to, without)?;
        let parts = parts.iter().map(|part| part.cut(from, to)).collect();
        Ok((edition, chunk::assemble(parts)))
    }

    /// Whole hours out of what is kept of merged segments and out of the rows of the others, in any order;
    /// `None` where two have rows in one minute, which may replace each other, or where it is not known.
    fn added_up(&self, stretch: (i64, i64), known: &Sources) -> Result<Option<Vec<Hour>>, StoreError> {
        let (from, to) = stretch;
        if self.base != Step::Hour || self.start(from) != from || self.start(to) != to {
            return Ok(None);
        }
        let near = |source: &&Source| self.start(source.span.0) < to && self.end(source.span.1) > from;
        let (kept, others): (Vec<_>, Vec<_>) =
            known.sources.iter().filter(near).partition(|source| source.level(self.base).is_some());
        let mut hours: Vec<Hour> = vec![];
        if kept.is_empty() || !kept.iter().all(|source| source.add_to(&mut hours, stretch)) {
            return Ok(None);
        }
        if !others.is_empty() {
            let mut without = known.without.clone();
            without.extend(kept.iter().filter_map(|source| source.id));
            let (edition, rows) = self.rows(stretch, &without)?;
            if edition != self.edition || !add_rows(&mut hours, &rows, stretch) {
                return Ok(None);
            }
        }
        Ok(Some(hours))
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

#[cfg(test)]
mod tests {
    use super::super::{keeper, writer::Ask};
    use super::*;
    use crate::{Options, Rows, Store};
    use field::id::StationCode;
    use field::sample::Quality;
    use field::time::Time;
    use std::path::Path;
    use tokio::sync::oneshot;

    const POINT: PointId = PointId(1);
    const ALL: (i64, i64) = (i64::MIN / 2, i64::MAX / 2);

    fn minute(n: i64) -> Time {
        Time::from_beijing(2021, 6, 30, 8, 0, 0).unwrap().plus_ms(n * 60_000)
    }

    /// A value a minute.
    async fn push(store: &Store, minutes: std::ops::Range<i64>) {
        let mut rows = Rows::new(StationCode::new("water").unwrap(), "influx", minute(minutes.start));
        minutes.for_each(|n| rows.push(POINT, minute(n), (n % 70) as f64 / 10.0, Quality::Good));
        store.samples.append_rows(rows).await.unwrap();
    }

    /// Makes a merged file of what is in memory, beside those there are.
    async fn merge(store: &Store) {
        let (answer, answered) = oneshot::channel();
        store.samples.asks.as_ref().unwrap().send(Ask::Seal(answer)).await.unwrap();
        answered.await.unwrap().unwrap();
        keeper::look(&store.samples.shared, 1, usize::MAX).unwrap();
    }

    fn hours(store: &Store, stretch: (i64, i64)) -> Vec<Bucket> {
        let mut found = vec![];
        let keep = |_, hours: &[Bucket]| found.extend_from_slice(hours);
        rolled(&store.samples.shared, &[POINT], Step::Hour, stretch, keep).unwrap();
        found
    }

    fn of_rows(store: &Store, stretch: (i64, i64)) -> Vec<Bucket> {
        let rows = store.samples.shared.columns(POINT, stretch.0, stretch.1).unwrap();
        let mut found = vec![];
        within(&rows, stretch, Step::Hour, &mut found);
        found.into_iter().map(rolls::rounded).collect()
    }

    /// Three merged files of a day and the window, cut at 13:30, 18:50 and 22:10; ten minutes before each cut
    /// come late, so that they are in the next one.
    async fn cut_thrice(dir: &Path) -> Store {
        let store = Store::open(Options::new(dir)).await.unwrap();
        for (first, last) in [(0, 330), (330, 650), (650, 850)] {
            push(&store, first..last - 40).await;
            push(&store, last - 30..last).await;
            merge(&store).await;
            push(&store, last - 40..last - 30).await;
        }
        push(&store, 850..900).await;
        store
    }

    /// Makes every merged row unreadable.
    fn damage(dir: &Path) {
        for entry in std::fs::read_dir(dir.join("samples")).unwrap() {
            let path = entry.unwrap().path();
            if path.file_name().unwrap().to_string_lossy().starts_with("cols-") {
                let mut bytes = std::fs::read(&path).unwrap();
                bytes[20] ^= 1;
                std::fs::write(&path, bytes).unwrap();
            }
        }
    }

    #[tokio::test]
    async fn hours_that_go_on_in_another_file_or_in_memory_are_added_up_without_reading_merged_rows() {
        let dir = tempfile::tempdir().unwrap();
        let store = cut_thrice(dir.path()).await;
        assert_eq!(store.samples.storage().merged, 3);
        let whole = of_rows(&store, ALL);
        assert_eq!(whole.iter().map(|hour| hour.count).collect::<Vec<_>>(), [60; 15]);
        store.close().await;
        damage(dir.path());
        let store = Store::open(Options::new(dir.path())).await.unwrap();
        assert_eq!(of_rows(&store, ALL).iter().map(|hour| hour.count).sum::<u32>(), 60, "the window alone");
        for _ in 0..2 {
            assert_eq!(hours(&store, ALL), whole);
        }
        let some = (minute(3 * 60).ms(), minute(11 * 60).ms());
        assert_eq!(hours(&store, some), whole[3..11]);
        store.close().await;
    }

    #[tokio::test]
    async fn what_comes_for_an_hour_that_was_added_up_is_in_it_at_once() {
        let dir = tempfile::tempdir().unwrap();
        let store = cut_thrice(dir.path()).await;
        for n in 0..900 {
            // One in a new minute, one more in a minute of each file, and what corrects nothing.
            if [25, 290, 329, 645, 849, 899].contains(&n) {
                let mut rows = Rows::new(StationCode::new("water").unwrap(), "influx", minute(n));
                rows.push(POINT, minute(n).plus_ms(n % 2 * 500), 99.0, Quality::Good);
                rows.push(POINT, minute(n + 60), f64::NAN, Quality::Missing);
                store.samples.append_rows(rows).await.unwrap();
                assert_eq!(hours(&store, ALL), of_rows(&store, ALL), "minute {n}");
            }
        }
        merge(&store).await;
        assert_eq!(hours(&store, ALL), of_rows(&store, ALL));
        store.close().await;
        let store = Store::open(Options::new(dir.path())).await.unwrap();
        assert_eq!(hours(&store, ALL), of_rows(&store, ALL));
        store.close().await;
    }
}
