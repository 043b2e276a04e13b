//! What the writer publishes and everybody reads: only what is durable.

use super::chunk::{self, Chunk};
use super::classes;
use super::frames::Frames;
use super::live::{Live, Series};
use super::log::DAMAGED;
use super::manifest::Manifest;
use super::record::{self, Record};
use super::row::{Row, fold};
use super::rows::{Batch, Rows};
use super::segment::{ROLLS, Segment};
use super::shelf::Shelf;
use super::state::{FrameHash, State};
use crate::{FaultPlan, StoreError};
use field::id::{PacketSeq, PointId, StationCode};
use field::sample::{Sample, StoredPacket};
use field::time::{DAY_MS, HOUR_MS, Time};
use std::collections::{HashMap, VecDeque};
use std::fs::File;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// Newest packets kept in memory, for desks and screens that follow: at most this many,
const RECENT_PACKETS: usize = 10_000;
/// and at most this many bytes.
const RECENT_BYTES: usize = 16 * 1024 * 1024;
/// Most packets answered at once.
pub(crate) const MAX_PACKETS: usize = 10_000;
/// Most readings answered at once with packets (at least one packet is answered): about 16 MB.
const MAX_READINGS: usize = 400_000;

/// A log that is not sealed yet: where its packets are.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    pub(crate) number: u64,
    pub(crate) first: i64,
    pub(crate) offsets: Vec<u32>,
    /// Bytes in the log.
    pub(crate) bytes: u64,
}

impl Part {
    pub(crate) fn empty(number: u64, first: i64) -> Self {
        Self { number, first, offsets: vec![], bytes: super::log::START as u64 }
    }

    fn end(&self) -> i64 {
        self.first + self.offsets.len() as i64
    }

    /// Notes where a packet is.
    pub(crate) fn note(&mut self, seq: i64, offset: u64) {
        let missing = usize::try_from(seq - self.first).unwrap_or(0);
        self.offsets.resize(missing, DAMAGED);
        self.offsets.push(u32::try_from(offset).unwrap_or(DAMAGED));
    }
}

/// A full log and its rows, while its segment is being made.
#[derive(Debug)]
pub(crate) struct Frozen {
    pub(crate) part: Part,
    /// By point.
    pub(crate) points: Vec<(PointId, Series)>,
    pub(crate) rows: usize,
}

impl Frozen {
    fn series(&self, point: PointId) -> Option<&Series> {
        let i = self.points.binary_search_by_key(&point, |(id, _)| *id).ok()?;
        self.points.get(i).map(|(_, series)| series)
    }
}

/// What there was of a point when somebody looked. As long as it is the same, so is what its rows say: files
/// never change, a log that is being sealed neither, and the log that is written only grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Edition {
    /// Counts the changes of which files there are.
    files: u64,
    /// The log that is being sealed, or 0, and the one that is written.
    logs: (u64, u64),
    /// Rows of the point in the log that is written.
    rows: usize,
}

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) state: State,
    /// Rows of the log that is written, and each point's latest.
    pub(crate) live: Live,
    pub(crate) active: Part,
    /// The log before it, while its segment is being made.
    pub(crate) sealing: Option<Arc<Frozen>>,
    /// Oldest first.
    pub(crate) segments: Arc<Vec<Arc<Segment>>>,
    pub(crate) frames: Arc<Vec<Arc<Frames>>>,
    /// Roll-ups, oldest first.
    pub(crate) rolls: Arc<Vec<Arc<Segment>>>,
    /// Counts the changes of those three.
    files: u64,
    recent: VecDeque<Batch>,
    recent_bytes: usize,
}

impl Inner {
    pub(crate) fn new(state: State, live: Live, active: Part) -> Self {
        Self {
            state,
            live,
            active,
            sealing: None,
            segments: Arc::default(),
            frames: Arc::default(),
            rolls: Arc::default(),
            files: 0,
            recent: VecDeque::new(),
            recent_bytes: 0,
        }
    }

    /// Takes a durable packet in that starts at `offset` of the active log.
    pub(crate) fn take(&mut self, stored: StoredPacket, hash: FrameHash, corrections: u64, offset: u64) {
        self.state.take(&stored, hash, corrections);
        for reading in &stored.packet.readings {
            self.live.put(reading.point, Row::of(reading, stored.seq));
        }
        self.active.note(stored.seq.0, offset);
        self.remember(Batch::Packet(Arc::new(stored)));
    }

    /// Takes a durable batch in; returns how many of its rows were there already.
    pub(crate) fn take_rows(&mut self, seq: PacketSeq, rows: Arc<Rows>, offset: u64) -> usize {
        let mut duplicates = 0;
        for (point, at, value, quality) in rows.iter() {
            let row = Row::bulk(at.ms(), value, quality, seq.0);
            duplicates += usize::from(!self.live.put_bulk(point, row));
        }
        let kept = (rows.len() - duplicates) as u64;
        self.state.take_rows(seq.0, &rows.source, rows.received_at, kept);
        self.state.stats.duplicates += duplicates as u64;
        self.active.note(seq.0, offset);
        self.remember(Batch::Rows(seq, rows));
        duplicates
    }

    /// The times between which rows of a point are that are not in a segment yet.
    pub(crate) fn hot_spans(&self, point: PointId) -> Vec<(i64, i64)> {
        let sealing = self.sealing.as_ref().and_then(|frozen| frozen.series(point));
        sealing.into_iter().chain(self.live.series(point)).filter_map(Series::span).collect()
    }

    /// What there is of a point now.
    pub(crate) fn edition(&self, point: PointId) -> Edition {
        let sealing = self.sealing.as_ref().map_or(0, |frozen| frozen.part.number);
        let rows = self.live.series(point).map_or(0, |series| series.rows.len());
        Edition { files: self.files, logs: (sealing, self.active.number), rows }
    }

    fn remember(&mut self, batch: Batch) {
        self.recent_bytes += batch.weight();
        self.recent.push_back(batch);
        while self.recent.len() > RECENT_PACKETS || self.recent_bytes > RECENT_BYTES {
            let Some(old) = self.recent.pop_front() else { break };
            self.recent_bytes -= old.weight();
        }
    }

    /// The packets and batches from `next` on, where all of them are in memory.
    fn recent_from(&self, next: i64, want: usize) -> Option<Vec<Batch>> {
        self.recent.front().filter(|oldest| oldest.seq().0 <= next)?;
        let start = self.recent.partition_point(|p| p.seq().0 < next);
        Some(self.recent.iter().skip(start).take(want).cloned().collect())
    }

    /// Ends the active log: its rows are sealed by somebody else from now on.
    pub(crate) fn freeze(&mut self, number: u64, first: i64) -> Arc<Frozen> {
        let rows = self.live.rows;
        let part = std::mem::replace(&mut self.active, Part::empty(number, first));
        let frozen = Arc::new(Frozen { part, points: self.live.freeze(), rows });
        self.sealing = Some(Arc::clone(&frozen));
        frozen
    }
}

/// The files as the manifest names them.
#[derive(Debug)]
pub(crate) struct Book {
    pub(crate) manifest: Manifest,
}

/// Rows of sealed batches by the batches' numbers.
type RowsOfBatches = HashMap<i64, Vec<(PointId, Row)>>;

#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) dir: PathBuf,
    pub(crate) shelf: Shelf,
    pub(crate) fault: FaultPlan,
    inner: RwLock<Inner>,
    book: Mutex<Book>,
    /// What classes of points take in each file, as it was last asked.
    pub(crate) classes: Mutex<classes::Known>,
    /// Rows of sealed batches lately put together again: the log and its batches.
    batches: Mutex<Option<(u64, Arc<RowsOfBatches>)>>,
}

/// Where a stretch of packets is.
enum Where {
    Recent(Vec<Batch>),
    /// In a log that is not sealed: its number, the first packet, the packets' offsets.
    Log(u64, i64, Vec<u32>),
    /// In a sealed log, from that packet on.
    Sealed(Arc<Frames>, i64),
    Nowhere,
}

impl Shared {
    pub(crate) fn new(dir: PathBuf, inner: Inner, manifest: Manifest, fault: FaultPlan) -> Self {
        let shared = Self {
            shelf: Shelf::new(),
            dir,
            fault,
            inner: RwLock::new(inner),
            book: Mutex::new(Book { manifest: Manifest::default() }),
            classes: Mutex::default(),
            batches: Mutex::new(None),
        };
        shared.show(&manifest, &[], &[]);
        shared.book().manifest = manifest;
        shared
    }

    pub(crate) fn read(&self) -> RwLockReadGuard<'_, Inner> {
        self.inner.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn write(&self) -> RwLockWriteGuard<'_, Inner> {
        self.inner.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A number for a new segment.
    pub(crate) fn next_id(&self) -> u64 {
        let mut book = self.book();
        book.manifest.next_id = book.manifest.next_id.max(1) + 1;
        book.manifest.next_id - 1
    }

    /// Changes which files there are: first on disk, then for everybody. Files that are named no more
    /// go when nobody reads them. `false` where the fault plan lets the process "die".
    pub(crate) fn change(
        &self,
        fresh: &[Arc<Segment>],
        frames: &[Arc<Frames>],
        edit: impl FnOnce(&mut Manifest),
    ) -> Result<bool, StoreError> {
        let mut book = self.book();
        let mut manifest = book.manifest.clone();
        let (rolls, rows): (Vec<_>, Vec<_>) = fresh.iter().partition(|s| s.meta.level == ROLLS);
        manifest.segments.extend(rows.iter().map(|s| s.meta.clone()));
        manifest.rolls.extend(rolls.iter().map(|s| s.meta.clone()));
        manifest.frames.extend(frames.iter().map(|f| f.meta.clone()));
        edit(&mut manifest);
        manifest.sort();
        if !manifest.save(&self.dir, &self.fault)? {
            return Ok(false);
        }
        self.show(&manifest, fresh, frames);
        book.manifest = manifest;
        Ok(true)
    }

    fn show(&self, manifest: &Manifest, fresh: &[Arc<Segment>], frames: &[Arc<Frames>]) {
        let (segments, rolls, known_frames) = {
            let inner = self.read();
            (Arc::clone(&inner.segments), Arc::clone(&inner.rolls), Arc::clone(&inner.frames))
        };
        let segment = |meta: &super::segment::Meta| {
            let known = segments.iter().chain(rolls.iter()).chain(fresh).find(|s| s.meta.id == meta.id);
            known.cloned().unwrap_or_else(|| Arc::new(Segment::new(&self.dir, meta.clone())))
        };
        let frame = |meta: &super::frames::Meta| {
            let known = known_frames.iter().chain(frames).find(|f| f.meta.log == meta.log);
            known.cloned().unwrap_or_else(|| Arc::new(Frames::new(&self.dir, meta.clone())))
        };
        let now: Vec<_> = manifest.segments.iter().map(segment).collect();
        let now_rolls: Vec<_> = manifest.rolls.iter().map(segment).collect();
        let now_frames: Vec<_> = manifest.frames.iter().map(frame).collect();
        let gone = segments.iter().chain(rolls.iter());
        let gone = gone.filter(|old| !now.iter().chain(&now_rolls).any(|s| s.meta.id == old.meta.id));
        gone.for_each(|old| old.doom());
        let gone = known_frames.iter().filter(|old| !now_frames.iter().any(|f| f.meta.log == old.meta.log));
        gone.for_each(|old| old.doom());
        let mut inner = self.write();
        // In the same moment: a reader that found the log's rows in both places would tell them twice.
        inner.sealing = inner.sealing.take().filter(|frozen| frozen.part.number > manifest.sealed);
        inner.segments = Arc::new(now);
        inner.rolls = Arc::new(now_rolls);
        inner.frames = Arc::new(now_frames);
        inner.files += 1;
    }

    /// What is durable of a point at that very time.
    pub(crate) fn entry(&self, point: PointId, at: i64) -> Result<Option<Row>, StoreError> {
        let inner = self.read();
        match inner.live.latest(point) {
            // Nothing of the point is as late: nothing needs to be looked for.
            None => return Ok(None),
            Some(latest) if at > latest.at => return Ok(None),
            Some(_) => {}
        }
        let mut missing = None;
        let sealing = inner.sealing.as_ref().and_then(|frozen| frozen.series(point)?.get(at));
        for row in inner.live.series(point).and_then(|s| s.get(at)).into_iter().chain(sealing) {
            if !row.value.is_nan() {
                return Ok(Some(row));
            }
            missing = missing.or(Some(row));
        }
        let segments = Arc::clone(&inner.segments);
        drop(inner);
        for segment in segments.iter().rev().filter(|s| s.may_hold(point, at, at + 1)) {
            if let Some(row) = self.shelf.remembered(segment, point)?.and_then(|chunk| chunk.get(at)) {
                if !row.value.is_nan() {
                    return Ok(Some(row));
                }
                missing = missing.or(Some(row));
            }
        }
        Ok(missing)
    }

    /// What there is of a point in `from..to`: every part of it, oldest first.
    fn parts(&self, point: PointId, from: i64, to: i64) -> Result<Vec<Chunk>, StoreError> {
        self.parts_without(point, from, to, &[]).map(|(_, parts)| parts)
    }

    /// [`Shared::parts`] without those of some segments, by their ids; and what there was of the point when
    /// they were taken.
    pub(crate) fn parts_without(
        &self,
        point: PointId,
        from: i64,
        to: i64,
        without: &[u64],
    ) -> Result<(Edition, Vec<Chunk>), StoreError> {
        let inner = self.read();
        let edition = inner.edition(point);
        if from >= to {
            return Ok((edition, vec![]));
        }
        let segments = Arc::clone(&inner.segments);
        let mut hot = vec![];
        if let Some(series) = inner.sealing.as_ref().and_then(|frozen| frozen.series(point)) {
            series.within(from, to, &mut hot);
        }
        if let Some(series) = inner.live.series(point) {
            series.within(from, to, &mut hot);
        }
        drop(inner);
        let mut parts = vec![];
        let wanted = |s: &&Arc<Segment>| s.may_hold(point, from, to) && !without.contains(&s.meta.id);
        for segment in segments.iter().filter(wanted) {
            parts.extend(self.shelf.chunk(segment, point, from, to)?);
        }
        if !hot.is_empty() {
            let mut old = vec![];
            fold(&mut hot, &mut old);
            parts.push(Chunk::of(&hot, old));
        }
        Ok((edition, parts))
    }

    /// The rows of a point in `from..to` as columns (and perhaps some beside them).
    pub(crate) fn columns(&self, point: PointId, from: i64, to: i64) -> Result<Chunk, StoreError> {
        Ok(chunk::assemble(self.parts(point, from, to)?))
    }

    /// Every value that was ever kept for a moment, oldest first; the last one counts.
    pub(crate) fn versions(&self, point: PointId, at: i64) -> Result<Vec<(Sample, PacketSeq)>, StoreError> {
        let mut rows = vec![];
        for part in self.parts(point, at, at + 1)? {
            chunk::push_all(&part, at, at + 1, &mut rows);
        }
        let mut old = vec![];
        fold(&mut rows, &mut old);
        Ok(old.iter().chain(&rows).map(Row::sample).collect())
    }

    /// The first `limit` samples of a point in `from..to`.
    pub(crate) fn range(
        &self,
        point: PointId,
        from: i64,
        to: i64,
        limit: usize,
    ) -> Result<Vec<(Sample, PacketSeq)>, StoreError> {
        if limit == 0 {
            return Ok(vec![]);
        }
        let columns = self.columns(point, from, to)?;
        let rows = columns.within(from, to).take(limit).filter_map(|i| columns.row(i));
        Ok(rows.map(|row| row.sample()).collect())
    }

    /// The last sample of a point up to `until`, in the month before it, if it came in after the packet
    /// `seq`.
    pub(crate) fn overtaking(
        &self,
        point: PointId,
        until: i64,
        seq: PacketSeq,
    ) -> Option<(Sample, PacketSeq)> {
        let mut to = until.saturating_add(1);
        for width in [HOUR_MS, DAY_MS, 31 * DAY_MS] {
            let from = until.saturating_sub(width);
            match self.range(point, from, to, usize::MAX) {
                Ok(rows) => {
                    if let Some(last) = rows.last() {
                        return Some(*last).filter(|(_, came)| *came > seq);
                    }
                }
                Err(error) => {
                    tracing::error!(%error, point = point.0, "what a point had before could not be read");
                    return None;
                }
            }
            to = from;
        }
        None
    }

    /// Up to `limit` packets with a number above `after`.
    pub(crate) fn packets_after(&self, after: i64, limit: usize) -> Result<Vec<StoredPacket>, StoreError> {
        Ok(self.batches_after(after, limit)?.iter().map(Batch::to_packet).collect())
    }

    /// [`Shared::batches_after`] where all of them are in memory.
    pub(crate) fn recent_after(&self, after: i64, limit: usize) -> Option<Vec<Batch>> {
        let mut found = self.read().recent_from(after.max(0) + 1, limit.min(MAX_PACKETS))?;
        cut(&mut found);
        Some(found)
    }

    /// Up to `limit` packets and batches with a number above `after`; fewer when they are large.
    pub(crate) fn batches_after(&self, after: i64, limit: usize) -> Result<Vec<Batch>, StoreError> {
        let limit = limit.min(MAX_PACKETS);
        let mut found: Vec<Batch> = Vec::new();
        let mut next = after.max(0) + 1;
        let mut missed = 0;
        while found.len() < limit && found.iter().map(Batch::readings).sum::<usize>() < MAX_READINGS {
            let want = limit - found.len();
            let before = found.len();
            let read = match self.place(next, want) {
                Where::Nowhere => break,
                Where::Recent(packets) => {
                    found.extend(packets);
                    break;
                }
                Where::Log(number, start, offsets) => {
                    let read = self.read_log(number, &offsets, &mut found);
                    read.map(|()| start + offsets.len() as i64)
                }
                Where::Sealed(frames, start) => self.read_frames(&frames, start, want, &mut found),
            };
            match read {
                Ok(end) => next = end,
                // Sealed between the look and the reading: looked for once more.
                Err(StoreError::Io { source, .. }) if source.kind() == ErrorKind::NotFound && missed < 3 => {
                    missed += 1;
                    found.truncate(before);
                }
                Err(error) => return Err(error),
            }
        }
        cut(&mut found);
        Ok(found)
    }

    /// Where the packets from `next` on are.
    fn place(&self, next: i64, want: usize) -> Where {
        let inner = self.read();
        if next > inner.state.head {
            return Where::Nowhere;
        }
        if let Some(recent) = inner.recent_from(next, want) {
            return Where::Recent(recent);
        }
        // Numbers may be missing where packets were damaged: then the next log goes on.
        if let Some(frames) = inner.frames.iter().find(|f| next < f.meta.end) {
            return Where::Sealed(Arc::clone(frames), next.max(frames.meta.first));
        }
        let mut parts = inner.sealing.iter().map(|frozen| &frozen.part).chain([&inner.active]);
        let Some(part) = parts.find(|p| next < p.end()) else { return Where::Nowhere };
        let start = next.max(part.first);
        let skip = usize::try_from(start - part.first).unwrap_or(0);
        let offsets = part.offsets.iter().skip(skip).take(want).copied().collect();
        Where::Log(part.number, start, offsets)
    }

    /// Reads packets of a sealed log; returns the number to go on with.
    fn read_frames(
        &self,
        frames: &Frames,
        start: i64,
        want: usize,
        found: &mut Vec<Batch>,
    ) -> Result<i64, StoreError> {
        let records = frames.read(start, want)?;
        let all = records.len() < want;
        let end = records.last().map_or(start, |r| r.seq().0) + 1;
        for record in records {
            match record {
                Record::Emptied(seq, mut rows, count) => {
                    let batches = self.batches_of(frames.meta.log)?;
                    for (point, row) in batches.get(&seq.0).into_iter().flatten() {
                        rows.push(*point, Time::from_ms(row.at), row.value, row.quality());
                    }
                    if rows.is_empty() && count > 0 {
                        tracing::warn!(
                            seq = seq.0,
                            rows = count,
                            "the rows of an old batch are only in columns any more"
                        );
                    }
                    found.push(Batch::Rows(seq, Arc::new(rows)));
                }
                record => found.push(record.into_batch()),
            }
        }
        Ok(if all { frames.meta.end.max(end) } else { end })
    }

    /// The rows of a sealed log's batches, by their numbers: read out of its segment while it is not
    /// merged yet.
    fn batches_of(&self, log: u64) -> Result<Arc<RowsOfBatches>, StoreError> {
        let mut kept = self.batches.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, batches)) = kept.as_ref().filter(|(of, _)| *of == log) {
            return Ok(Arc::clone(batches));
        }
        let segments = Arc::clone(&self.read().segments);
        let mut batches = RowsOfBatches::new();
        for segment in segments.iter().filter(|s| s.meta.level == 0 && s.meta.logs.0 == log) {
            for place in self.shelf.places(segment)? {
                let bytes = self.shelf.bytes(segment, &place)?;
                let Some(chunk) = super::shelf::whole(segment, &place, &bytes) else { continue };
                let all = chunk.old.iter().copied().chain((0..chunk.len()).filter_map(|i| chunk.row(i)));
                for row in all.filter(Row::is_bulk) {
                    batches.entry(row.seq()).or_default().push((PointId(place.point), row));
                }
            }
        }
        let batches = Arc::new(batches);
        *kept = Some((log, Arc::clone(&batches)));
        Ok(batches)
    }

    /// Reads packets of a log; those damaged on disk are named in the program's log and left out.
    fn read_log(&self, number: u64, offsets: &[u32], found: &mut Vec<Batch>) -> Result<(), StoreError> {
        let path = super::files::log(&self.dir, number);
        let reading = |e| StoreError::io("reading the log", &path, e);
        let file = File::open(&path).map_err(|e| StoreError::io("opening the log", &path, e))?;
        let length = file.metadata().map_err(reading)?.len();
        let mut window = Window::default();
        for offset in offsets.iter().copied().filter(|o| *o != DAMAGED) {
            match window.record(&file, u64::from(offset), length).map_err(reading)? {
                Some(record) => found.push(record.into_batch()),
                None => tracing::error!(
                    path = %path.display(), byte = offset,
                    "a packet in the log is damaged and left out; the packets behind it are whole"
                ),
            }
        }
        Ok(())
    }

    /// One packet; `None` when there is none of that number, or when it is damaged on disk.
    pub(crate) fn packet(&self, seq: i64) -> Result<Option<StoredPacket>, StoreError> {
        if seq < 1 {
            return Ok(None);
        }
        Ok(self.packets_after(seq - 1, 1)?.pop().filter(|p| p.seq.0 == seq))
    }

    /// When a packet or batch arrived. Unlike [`Shared::packet`] it never puts a batch's rows together.
    pub(crate) fn received_at(&self, seq: i64) -> Result<Option<Time>, StoreError> {
        if seq < 1 {
            return Ok(None);
        }
        if let Where::Sealed(frames, start) = self.place(seq, 1) {
            let found = frames.read(start, 1)?;
            return Ok(found
                .into_iter()
                .find(|record| record.seq().0 == seq)
                .map(|r| r.into_batch().received_at()));
        }
        let found = self.batches_after(seq - 1, 1)?;
        Ok(found.first().filter(|batch| batch.seq().0 == seq).map(Batch::received_at))
    }

    /// Up to `limit` of a station's newest packets that are still in memory, and its last few from
    /// the logs; newest first.
    pub(crate) fn packets_of(
        &self,
        station: &StationCode,
        limit: usize,
    ) -> Result<Vec<StoredPacket>, StoreError> {
        let inner = self.read();
        let of_station = inner.recent.iter().rev().filter(|p| p.station() == station);
        let mut found: Vec<StoredPacket> = of_station.take(limit).map(Batch::to_packet).collect();
        let last = inner.state.last_packets(station);
        drop(inner);
        let oldest = found.last().map_or(i64::MAX, |p| p.seq.0);
        for seq in last.into_iter().rev().filter(|seq| *seq < oldest).take(limit - found.len()) {
            found.extend(self.packet(seq)?);
        }
        Ok(found)
    }
}

/// Leaves as many as [`MAX_READINGS`] allow, the first in any case.
fn cut(found: &mut Vec<Batch>) {
    let mut readings = 0;
    let fits = found.iter().take_while(|batch| {
        let first = readings == 0;
        readings += batch.readings();
        first || readings <= MAX_READINGS
    });
    let fits = fits.count();
    found.truncate(fits);
}

/// A stretch of a log in memory, so that packets in a row cost one read.
#[derive(Default)]
struct Window {
    start: u64,
    bytes: Vec<u8>,
}

impl Window {
    /// Bytes read at once.
    const SIZE: u64 = 1024 * 1024;

    fn record(&mut self, file: &File, offset: u64, length: u64) -> std::io::Result<Option<Record>> {
        let wanted = match self.at(offset).and_then(record::length) {
            Some(wanted) => wanted as u64,
            None => {
                self.load(file, offset, length, Self::SIZE)?;
                let Some(wanted) = self.at(offset).and_then(record::length) else { return Ok(None) };
                wanted as u64
            }
        };
        if self.at(offset).is_none_or(|bytes| (bytes.len() as u64) < wanted) {
            self.load(file, offset, length, wanted.max(Self::SIZE))?;
        }
        Ok(self.at(offset).and_then(record::read).map(|(record, _)| record))
    }

    fn at(&self, offset: u64) -> Option<&[u8]> {
        let skip = usize::try_from(offset.checked_sub(self.start)?).ok()?;
        self.bytes.get(skip..)
    }

    fn load(&mut self, file: &File, offset: u64, length: u64, size: u64) -> std::io::Result<()> {
        self.start = offset;
        let size = size.min(length.saturating_sub(offset));
        self.bytes.resize(usize::try_from(size).unwrap_or(0), 0);
        super::bytes::read_at(file, &mut self.bytes, offset)
    }
}
