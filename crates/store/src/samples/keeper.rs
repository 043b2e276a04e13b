//! The thread behind the writer: it merges sealed segments into one a day with its roll-ups, lets go what retention says,
//! and never stands in the writer's way.

use super::chunk::{self, Chunk};
use super::codec::Effort;
use super::files;
use super::frames;
use super::retention::Keep;
use super::rolls::Rolls;
use super::row::fold;
use super::segment::{Place, ROLLS, Segment, SegmentWriter};
use super::shared::{Frozen, Shared};
use crate::StoreError;
use field::id::PointId;
use field::time::DAY_MS;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::oneshot;

/// Sealed logs are merged into days when there are so many,
const RUNS: usize = 24;
/// or any when nothing was sealed for so long;
const IDLE: Duration = Duration::from_secs(60);
/// and segments of one day when there are so many.
const DAYS: usize = 4;

/// What the keeper is asked.
pub(crate) enum Job {
    /// Something was sealed: look whether there is anything to merge.
    Look,
    /// Merge everything that can be merged.
    Settle(oneshot::Sender<Result<(), StoreError>>),
    /// Let go what is older than it shall be kept.
    Retain(Keep, oneshot::Sender<Result<u64, StoreError>>),
    Close,
}

/// How to ask the keeper.
#[derive(Clone, Debug)]
pub(crate) struct Handle {
    jobs: mpsc::Sender<Job>,
    thread: Arc<Mutex<Option<JoinHandle<()>>>>,
}

impl std::fmt::Debug for Job {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Job")
    }
}

impl Handle {
    /// Starts the keeper.
    pub(crate) fn start(shared: Arc<Shared>) -> Result<Self, StoreError> {
        let (jobs, queue) = mpsc::channel();
        let dir = shared.dir.clone();
        let thread = std::thread::Builder::new().name("keeper".into()).spawn(move || run(&shared, &queue));
        let thread = thread.map_err(|e| StoreError::io("starting the keeper's thread for", &dir, e))?;
        Ok(Self { jobs, thread: Arc::new(Mutex::new(Some(thread))) })
    }

    pub(crate) fn ask(&self, job: Job) {
        // Only after closing is there nobody to ask.
        let _ = self.jobs.send(job);
    }

    /// Lets it finish what it is at, and waits.
    pub(crate) fn close(&self) {
        self.ask(Job::Close);
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            drop(thread.join());
        }
    }
}

fn run(shared: &Shared, jobs: &mpsc::Receiver<Job>) {
    loop {
        let goes_on = match jobs.recv_timeout(IDLE) {
            Ok(job) => done(shared, job),
            Err(mpsc::RecvTimeoutError::Disconnected) => false,
            Err(mpsc::RecvTimeoutError::Timeout) => {
                try_look(shared, 1);
                true
            }
        };
        if !goes_on {
            break;
        }
    }
}

fn try_look(shared: &Shared, runs: usize) {
    if let Err(error) = look(shared, runs, DAYS) {
        tracing::error!(%error, "segments could not be merged yet; nothing is lost, they stay as they are");
    }
}

/// Does what somebody waits for; `false` when it was told to end.
fn done(shared: &Shared, job: Job) -> bool {
    match job {
        Job::Look => try_look(shared, RUNS),
        Job::Settle(done) => drop(done.send(look(shared, 1, 2))),
        Job::Retain(keep, done) => drop(done.send(super::retention::apply(shared, &keep))),
        Job::Close => return false,
    }
    true
}

/// Makes the segment and the frames of a full log, and lets go the log. `false` where the fault plan
/// lets the process "die" on the way.
pub(crate) fn seal(shared: &Shared, frozen: &Frozen, state: &[u8]) -> Result<bool, StoreError> {
    let (dir, fault, number) = (&shared.dir, &shared.fault, frozen.part.number);
    // The state first: where the manifest names a log as sealed, its state was there before.
    if !files::write_whole(&files::state(dir, number), state, fault)? {
        return Ok(false);
    }
    let Some(frames) = frames::write(dir, number, &frozen.part.offsets, fault)? else { return Ok(false) };
    let Some(segment) = run_of(shared, frozen)? else { return Ok(false) };
    let fresh: Vec<_> = segment.into_iter().map(Arc::new).collect();
    let frames = [Arc::new(frames)];
    match shared.change(&fresh, &frames, |manifest| manifest.sealed = number) {
        Ok(true) => {}
        Ok(false) => return Ok(false),
        Err(error) => {
            fresh.iter().for_each(|segment| segment.doom());
            frames.iter().for_each(|frames| frames.doom());
            return Err(error);
        }
    }
    forget(dir, number)?;
    tracing::info!(log = number, rows = frozen.rows, "a full log was sealed");
    Ok(true)
}

/// The segment of a log; `Some(None)` when it has no rows, `None` where the fault plan stops.
#[expect(clippy::option_option, reason = "no rows and no more process are two things")]
fn run_of(shared: &Shared, frozen: &Frozen) -> Result<Option<Option<Segment>>, StoreError> {
    if frozen.rows == 0 {
        return Ok(Some(None));
    }
    let logs = (frozen.part.number, frozen.part.number);
    let mut writer = SegmentWriter::create(&shared.dir, shared.next_id(), 0, logs, &shared.fault)?;
    let (mut rows, mut old) = (vec![], vec![]);
    for (point, series) in &frozen.points {
        rows.clear();
        rows.extend_from_slice(&series.rows);
        fold(&mut rows, &mut old);
        writer.add(*point, &Chunk::of(&rows, std::mem::take(&mut old)), Effort::Quick)?;
    }
    Ok(writer.finish()?.map(Some))
}

/// Removes logs and states that are not needed any more.
pub(crate) fn forget(dir: &std::path::Path, sealed: u64) -> Result<(), StoreError> {
    let found = files::look(dir)?;
    let logs = found.logs.range(..=sealed).map(|n| files::log(dir, *n));
    let states = found.states.range(..sealed).map(|n| files::state(dir, *n));
    for path in logs.chain(states) {
        std::fs::remove_file(&path).map_err(|e| StoreError::io("removing", &path, e))?;
    }
    Ok(())
}

/// Merges what is due.
pub(crate) fn look(shared: &Shared, runs: usize, days: usize) -> Result<(), StoreError> {
    let segments = Arc::clone(&shared.read().segments);
    let fresh: Vec<_> = segments.iter().filter(|s| s.meta.level == 0).cloned().collect();
    if fresh.len() >= runs && !merge(shared, &fresh)? {
        return Ok(());
    }
    let segments = Arc::clone(&shared.read().segments);
    let mut by_day: BTreeMap<i64, Vec<Arc<Segment>>> = BTreeMap::new();
    for segment in segments.iter().filter(|s| s.meta.level > 0) {
        by_day.entry(segment.meta.from.div_euclid(DAY_MS)).or_default().push(Arc::clone(segment));
    }
    for (_, day) in by_day.into_iter().filter(|(_, day)| day.len() >= days) {
        if !merge(shared, &day)? {
            return Ok(());
        }
    }
    Ok(())
}

/// Merges segments, older ones first, into one a day with its roll-ups, and puts those in their place.
/// `false` where the fault plan lets the process "die".
fn merge(shared: &Shared, sources: &[Arc<Segment>]) -> Result<bool, StoreError> {
    let rolls = rolls_of(shared, sources);
    let Some(made) = rewrite(shared, sources, &rolls)? else { return Ok(false) };
    let from = sources.len();
    let (days, rows) = (made.len() / 2, made.iter().map(|s| s.meta.rows).sum::<u64>());
    let gone: Vec<_> = sources.iter().chain(&rolls).cloned().collect();
    let changed = replace(shared, &gone, &made)?;
    tracing::info!(from, days, rows, "segments were merged");
    Ok(changed)
}

/// The roll-ups of these segments.
fn rolls_of(shared: &Shared, sources: &[Arc<Segment>]) -> Vec<Arc<Segment>> {
    let all = Arc::clone(&shared.read().rolls);
    let of = all.iter().filter(|rolls| sources.iter().any(|s| rolls.meta.is_of(&s.meta)));
    of.cloned().collect()
}

/// Puts segments in the place of others.
pub(crate) fn replace(
    shared: &Shared,
    sources: &[Arc<Segment>],
    made: &[Arc<Segment>],
) -> Result<bool, StoreError> {
    let gone: BTreeSet<u64> = sources.iter().map(|s| s.meta.id).collect();
    let changed = shared.change(made, &[], |m| {
        m.segments.retain(|s| !gone.contains(&s.id));
        m.rolls.retain(|s| !gone.contains(&s.id));
    });
    if changed.is_err() {
        made.iter().for_each(|segment| segment.doom());
    }
    changed
}

/// A day being written: its rows and what they come to.
struct Day {
    rows: SegmentWriter,
    rolls: SegmentWriter,
}

/// The days being written.
struct Days<'a> {
    shared: &'a Shared,
    logs: (u64, u64),
    of: BTreeMap<i64, Day>,
}

impl Days<'_> {
    fn of(&mut self, day: i64) -> Result<&mut Day, StoreError> {
        Ok(match self.of.entry(day) {
            Entry::Occupied(there) => there.into_mut(),
            Entry::Vacant(place) => {
                let Shared { dir, fault, .. } = self.shared;
                let create =
                    |level| SegmentWriter::create(dir, self.shared.next_id(), level, self.logs, fault);
                place.insert(Day { rows: create(1)?, rolls: create(ROLLS)? })
            }
        })
    }
}

/// Writes the rows of segments anew, one segment a day, each with its roll-ups; those of rows that were
/// let go are taken over from `rolls`. What was written is removed again when it cannot be finished.
fn rewrite(
    shared: &Shared,
    sources: &[Arc<Segment>],
    rolls: &[Arc<Segment>],
) -> Result<Option<Vec<Arc<Segment>>>, StoreError> {
    let logs = sources.iter().fold((u64::MAX, 0), |(a, b), s| (a.min(s.meta.logs.0), b.max(s.meta.logs.1)));
    let mut scans = sources.iter().map(|s| Scan::new(shared, s)).collect::<Result<Vec<_>, _>>()?;
    let mut kept = Kept::new(shared, sources, rolls)?;
    let mut days = Days { shared, logs, of: BTreeMap::new() };
    while let Some(point) = scans.iter().filter_map(Scan::point).chain(kept.point()).min() {
        let id = PointId(point);
        let (mut parts, mut fixed) = (vec![], vec![]);
        for (scan, source) in scans.iter_mut().zip(sources).filter(|(scan, _)| scan.point() == Some(point)) {
            // Rows that came after others of their day were let go are in that day's roll-ups already.
            let of_fixed = kept.has(source, id);
            parts.extend(scan.take()?.map(|chunk| (chunk, of_fixed)));
        }
        let mut of_days = kept.take(shared, id)?;
        if !of_days.is_empty() {
            fixed = parts.iter().filter(|(_, of_fixed)| !of_fixed).map(|(chunk, _)| chunk.clone()).collect();
        }
        let mut chunk = chunk::assemble(parts.into_iter().map(|(chunk, _)| chunk).collect());
        chunk.forget_batches();
        for (day, part) in by_day(chunk::assemble(fixed)) {
            if let Some(of_day) = of_days.get_mut(&day) {
                of_day.add(&Rolls::of(&part.columns()));
            }
        }
        for (day, part) in by_day(chunk) {
            let (of_day, lacks_rows) = match of_days.remove(&day) {
                Some(of_day) => (of_day, true),
                None => (Rolls::of(&part.columns()), false),
            };
            let to = days.of(day)?;
            to.rows.add(id, &part, Effort::Small)?;
            to.rolls.add_rolls(id, &of_day, lacks_rows)?;
        }
        for (day, of_day) in of_days {
            days.of(day)?.rolls.add_rolls(id, &of_day, true)?;
        }
    }
    let mut made: Vec<Arc<Segment>> = vec![];
    let writers = days.of.into_values().flat_map(|day| [day.rows, day.rolls]);
    for writer in writers.filter(|writer| !writer.is_empty()) {
        match writer.finish() {
            Ok(Some(segment)) => made.push(Arc::new(segment)),
            Ok(None) => return Ok(None),
            Err(error) => {
                made.iter().for_each(|segment| segment.doom());
                return Err(error);
            }
        }
    }
    Ok(Some(made))
}

/// Roll-ups that say more than the rows there still are, by point; and of which sources they are.
struct Kept {
    of: BTreeMap<i64, Vec<(Arc<Segment>, Place)>>,
    sources: BTreeSet<(u64, i64)>,
}

impl Kept {
    fn new(shared: &Shared, sources: &[Arc<Segment>], rolls: &[Arc<Segment>]) -> Result<Self, StoreError> {
        let mut kept = Self { of: BTreeMap::new(), sources: BTreeSet::new() };
        for roll in rolls {
            let Some(source) = sources.iter().find(|s| roll.meta.is_of(&s.meta)) else { continue };
            let with_rows: BTreeSet<i64> = shared.shelf.places(source)?.iter().map(|p| p.point).collect();
            for place in shared.shelf.places(roll)? {
                if place.lacks_rows() || !with_rows.contains(&place.point) {
                    kept.of.entry(place.point).or_default().push((Arc::clone(roll), place));
                    kept.sources.insert((source.meta.id, place.point));
                }
            }
        }
        Ok(kept)
    }

    fn point(&self) -> Option<i64> {
        self.of.keys().next().copied()
    }

    fn has(&self, source: &Segment, point: PointId) -> bool {
        self.sources.contains(&(source.meta.id, point.0))
    }

    fn take(&mut self, shared: &Shared, point: PointId) -> Result<BTreeMap<i64, Rolls>, StoreError> {
        let mut days: BTreeMap<i64, Rolls> = BTreeMap::new();
        for (roll, place) in self.of.remove(&point.0).unwrap_or_default() {
            if let Some((_, rolls)) = Rolls::read(&shared.shelf.bytes(&roll, &place)?) {
                days.entry(place.from.div_euclid(DAY_MS)).or_default().add(&rolls);
            }
        }
        Ok(days)
    }
}

/// Cuts a chunk at the days' ends (UTC days, which are hydrological days).
fn by_day(chunk: Chunk) -> Vec<(i64, Chunk)> {
    let (Some(first), Some(last)) = (chunk.times.first(), chunk.times.last()) else { return vec![] };
    let (first, last) = (first.div_euclid(DAY_MS), last.div_euclid(DAY_MS));
    if first == last {
        return vec![(first, chunk)];
    }
    let mut parts = vec![];
    let mut from = *chunk.times.first().unwrap_or(&0);
    while let Some(start) = chunk.times.get(chunk.times.partition_point(|at| *at < from)) {
        let day = start.div_euclid(DAY_MS);
        let end = (day + 1) * DAY_MS;
        parts.push((day, chunk.cut(day * DAY_MS, end)));
        from = end;
    }
    parts
}

/// Goes through a segment point by point, with a block of its places in memory: a merge reads two dozen
/// segments at once, of fifty thousand points each.
struct Scan<'a> {
    shared: &'a Shared,
    segment: &'a Segment,
    places: Vec<Place>,
    next: usize,
    /// The block behind those places, where there is one.
    block: Option<usize>,
    /// Bytes read ahead, and where they start.
    ahead: Vec<u8>,
    start: u64,
}

/// Bytes read at once.
const AHEAD: u64 = 128 * 1024;

impl<'a> Scan<'a> {
    fn new(shared: &'a Shared, segment: &'a Segment) -> Result<Self, StoreError> {
        let (places, ahead) = (vec![], vec![]);
        let mut scan = Self { shared, segment, places, next: 0, block: Some(0), ahead, start: 0 };
        scan.more()?;
        Ok(scan)
    }

    /// Reads the next block of places when the one before is used up.
    fn more(&mut self) -> Result<(), StoreError> {
        while let Some(block) = self.block.filter(|_| self.next >= self.places.len()) {
            let after = self.places.last().map(|place| place.point);
            let (places, is_more) = self.shared.shelf.places_of_block(self.segment, block, after)?;
            (self.places, self.next) = (places, 0);
            self.block = is_more.then_some(block + 1);
        }
        Ok(())
    }

    fn point(&self) -> Option<i64> {
        self.places.get(self.next).map(|place| place.point)
    }

    fn take(&mut self) -> Result<Option<Chunk>, StoreError> {
        let Some(place) = self.places.get(self.next).copied() else { return Ok(None) };
        let chunk = self.chunk(place)?;
        self.next += 1;
        self.more()?;
        Ok(chunk)
    }

    fn chunk(&mut self, place: Place) -> Result<Option<Chunk>, StoreError> {
        if self.inside(&place).is_none() {
            let wanted = u64::from(place.length).max(AHEAD);
            let whole = self.segment.meta.bytes.saturating_sub(place.at).min(wanted);
            let piece = Place { length: whole as u32, ..place };
            self.ahead = self.shared.shelf.bytes(self.segment, &piece)?;
            self.start = place.at;
        }
        let bytes = self.inside(&place).unwrap_or_default();
        let chunk = super::shelf::whole(self.segment, &place, bytes);
        if chunk.is_none() {
            self.put_aside(&place, bytes);
        }
        Ok(chunk)
    }

    /// A chunk's bytes, where they were read ahead.
    fn inside(&self, place: &Place) -> Option<&[u8]> {
        let skip = usize::try_from(place.at.checked_sub(self.start)?).ok()?;
        self.ahead.get(skip..skip + place.length as usize)
    }

    /// A damaged chunk is not thrown away with its segment: somebody may still read something out of it.
    fn put_aside(&self, place: &Place, bytes: &[u8]) {
        let name = format!("damaged-{:010}-{}-{}", self.segment.meta.id, place.point, place.at);
        let path = self.shared.dir.join(name);
        match std::fs::write(&path, bytes) {
            Ok(()) => tracing::error!(path = %path.display(), "a damaged chunk was put aside"),
            Err(error) => {
                tracing::error!(%error, path = %path.display(), "a damaged chunk could not be put aside")
            }
        }
    }
}
