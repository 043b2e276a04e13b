//! The thread behind the writer: it merges sealed segments into one a day, lets go what retention says,
//! and never stands in the writer's way.

use super::chunk::{self, Chunk};
use super::codec::Effort;
use super::files;
use super::frames;
use super::retention::Keep;
use super::row::fold;
use super::segment::{Place, Segment, SegmentWriter};
use super::shared::{Frozen, Shared};
use crate::StoreError;
use field::id::PointId;
use field::time::DAY_MS;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread::JoinHandle;
use tokio::sync::oneshot;

/// Sealed logs are merged into days when there are so many,
const RUNS: usize = 24;
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
    while let Ok(job) = jobs.recv() {
        match job {
            Job::Look => {
                if let Err(error) = look(shared, RUNS, DAYS) {
                    tracing::error!(%error, "segments could not be merged yet; nothing is lost, they stay as they are");
                }
            }
            Job::Settle(done) => drop(done.send(look(shared, 1, 2))),
            Job::Retain(keep, done) => drop(done.send(super::retention::apply(shared, &keep))),
            Job::Close => break,
        }
    }
}

/// Makes the segment and the frames of a full log, and lets go the log. `false` where the fault plan
/// lets the process "die" on the way.
pub(crate) fn seal(shared: &Shared, frozen: &Frozen, state: &[u8]) -> Result<bool, StoreError> {
    let (dir, fault, number) = (&shared.dir, &shared.fault, frozen.part.number);
    // The state first: where the manifest names a log as sealed, its state was there before.
    if !files::write_whole(&files::state(dir, number), state, fault)? {
        return Ok(false);
    }
    let Some(frames) = frames::write(dir, number, fault)? else { return Ok(false) };
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
    shared.write().sealing = None;
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

/// Merges segments, older ones first, into one a day, and puts those in their place. `false` where the
/// fault plan lets the process "die".
fn merge(shared: &Shared, sources: &[Arc<Segment>]) -> Result<bool, StoreError> {
    let Some(made) = rewrite(shared, sources, |_, chunk| chunk)? else { return Ok(false) };
    replace(shared, sources, &made)
}

/// Puts segments in the place of others.
pub(crate) fn replace(
    shared: &Shared,
    sources: &[Arc<Segment>],
    made: &[Arc<Segment>],
) -> Result<bool, StoreError> {
    let gone: BTreeSet<u64> = sources.iter().map(|s| s.meta.id).collect();
    let changed = shared.change(made, &[], |m| m.segments.retain(|s| !gone.contains(&s.id)));
    if changed.is_err() {
        made.iter().for_each(|segment| segment.doom());
    }
    let changed = changed?;
    tracing::info!(
        from = sources.len(),
        to = made.len(),
        rows = made.iter().map(|s| s.meta.rows).sum::<u64>(),
        "segments were merged"
    );
    Ok(changed)
}

/// Writes the rows of segments anew, one segment a day; `edit` may leave some out. What was written is
/// removed again when it cannot be finished.
pub(crate) fn rewrite(
    shared: &Shared,
    sources: &[Arc<Segment>],
    edit: impl Fn(PointId, Chunk) -> Chunk,
) -> Result<Option<Vec<Arc<Segment>>>, StoreError> {
    let logs = sources.iter().fold((u64::MAX, 0), |(a, b), s| (a.min(s.meta.logs.0), b.max(s.meta.logs.1)));
    let mut scans = sources.iter().map(|s| Scan::new(shared, s)).collect::<Result<Vec<_>, _>>()?;
    let mut days: BTreeMap<i64, SegmentWriter> = BTreeMap::new();
    while let Some(point) = scans.iter().filter_map(Scan::point).min() {
        let mut parts = vec![];
        for scan in scans.iter_mut().filter(|scan| scan.point() == Some(point)) {
            parts.extend(scan.take()?);
        }
        let mut chunk = edit(PointId(point), chunk::assemble(parts));
        chunk.forget_batches();
        for (day, part) in by_day(chunk) {
            let writer = match days.entry(day) {
                std::collections::btree_map::Entry::Occupied(there) => there.into_mut(),
                std::collections::btree_map::Entry::Vacant(place) => place.insert(SegmentWriter::create(
                    &shared.dir,
                    shared.next_id(),
                    1,
                    logs,
                    &shared.fault,
                )?),
            };
            writer.add(PointId(point), &part, Effort::Small)?;
        }
    }
    let mut made: Vec<Arc<Segment>> = vec![];
    for writer in days.into_values() {
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

/// Goes through a segment point by point.
struct Scan<'a> {
    shared: &'a Shared,
    segment: &'a Segment,
    places: Vec<Place>,
    next: usize,
    /// Bytes read ahead, and where they start.
    ahead: Vec<u8>,
    start: u64,
}

/// Bytes read at once.
const AHEAD: u64 = 512 * 1024;

impl<'a> Scan<'a> {
    fn new(shared: &'a Shared, segment: &'a Segment) -> Result<Self, StoreError> {
        let places = shared.shelf.places(segment)?;
        Ok(Self { shared, segment, places, next: 0, ahead: vec![], start: 0 })
    }

    fn point(&self) -> Option<i64> {
        self.places.get(self.next).map(|place| place.point)
    }

    fn take(&mut self) -> Result<Option<Chunk>, StoreError> {
        let Some(place) = self.places.get(self.next).copied() else { return Ok(None) };
        self.next += 1;
        let inside = |scan: &Self| {
            let skip = usize::try_from(place.at.checked_sub(scan.start)?).ok()?;
            scan.ahead.get(skip..skip + place.length as usize).map(<[u8]>::to_vec)
        };
        let bytes = match inside(self) {
            Some(bytes) => bytes,
            None => {
                let wanted = u64::from(place.length).max(AHEAD);
                let whole = self.segment.meta.bytes.saturating_sub(place.at).min(wanted);
                let piece = Place { length: whole as u32, ..place };
                self.ahead = self.shared.shelf.bytes(self.segment, &piece)?;
                self.start = place.at;
                inside(self).unwrap_or_default()
            }
        };
        let chunk = super::shelf::whole(self.segment, &place, &bytes);
        if chunk.is_none() {
            self.put_aside(&place, &bytes);
        }
        Ok(chunk)
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
