//! What the writer publishes and everybody reads: only what is durable.

use super::index::{Entry, Hot};
use super::record;
use super::segment::{DAMAGED, Segment, Shelf};
use super::state::{FrameHash, State};
use crate::StoreError;
use field::id::{PacketSeq, PointId, StationCode};
use field::sample::{Sample, StoredPacket};
use std::collections::{BTreeMap, VecDeque};
use std::fs::File;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// Newest packets kept in memory, for desks and screens that follow: at most this many,
const RECENT_PACKETS: usize = 10_000;
/// and at most this many raw bytes.
const RECENT_BYTES: usize = 16 * 1024 * 1024;
/// Most packets answered at once.
pub(crate) const MAX_PACKETS: usize = 10_000;

/// A log that is not sealed yet.
#[derive(Debug)]
pub(crate) struct Part {
    pub(crate) number: u64,
    pub(crate) first: i64,
    pub(crate) offsets: Vec<u32>,
    pub(crate) hot: Hot,
    /// Bytes in the log.
    pub(crate) bytes: u64,
}

impl Part {
    pub(crate) fn empty(number: u64, first: i64) -> Self {
        Self { number, first, offsets: vec![], hot: Hot::default(), bytes: super::log::START as u64 }
    }

    fn end(&self) -> i64 {
        self.first + self.offsets.len() as i64
    }
}

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) state: State,
    /// The log that is written.
    pub(crate) active: Part,
    /// The log before it, while its segment is being made.
    pub(crate) sealing: Option<Arc<Part>>,
    pub(crate) segments: Arc<Vec<Segment>>,
    recent: VecDeque<Arc<StoredPacket>>,
    recent_bytes: usize,
}

impl Inner {
    pub(crate) fn new(state: State, active: Part, segments: Vec<Segment>) -> Self {
        let recent = VecDeque::new();
        Self { state, active, sealing: None, segments: Arc::new(segments), recent, recent_bytes: 0 }
    }

    /// Takes a durable packet in that starts at `offset` of the active log.
    pub(crate) fn take(&mut self, stored: StoredPacket, hash: FrameHash, corrections: u64, offset: u64) {
        self.state.take(&stored, hash, corrections);
        for reading in &stored.packet.readings {
            let entry = Entry::of(reading, stored.seq);
            self.active.hot.put(reading.point, reading.sample.at.ms(), entry);
        }
        let missing = usize::try_from(stored.seq.0 - self.active.first).unwrap_or(0);
        self.active.offsets.resize(missing, DAMAGED);
        self.active.offsets.push(u32::try_from(offset).unwrap_or(DAMAGED));
        self.remember(stored);
    }

    fn remember(&mut self, stored: StoredPacket) {
        self.recent_bytes += weight(&stored);
        self.recent.push_back(Arc::new(stored));
        while self.recent.len() > RECENT_PACKETS || self.recent_bytes > RECENT_BYTES {
            let Some(old) = self.recent.pop_front() else { break };
            self.recent_bytes -= weight(&old);
        }
    }
}

fn weight(stored: &StoredPacket) -> usize {
    stored.packet.raw.len() + stored.packet.readings.len() * 40 + 128
}

#[derive(Debug)]
pub(crate) struct Shared {
    dir: PathBuf,
    pub(crate) shelf: Shelf,
    inner: RwLock<Inner>,
}

/// Where a stretch of packets is.
enum Place {
    Recent(Vec<Arc<StoredPacket>>),
    /// In a log that is not sealed: its number, the first packet, the packets' offsets.
    Log(u64, i64, Vec<u32>),
    /// In a sealed log, from that packet on.
    Sealed(Segment, i64),
    Nowhere,
}

impl Shared {
    pub(crate) fn new(dir: PathBuf, inner: Inner) -> Self {
        Self { shelf: Shelf::new(dir.clone()), dir, inner: RwLock::new(inner) }
    }

    pub(crate) fn read(&self) -> RwLockReadGuard<'_, Inner> {
        self.inner.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn write(&self) -> RwLockWriteGuard<'_, Inner> {
        self.inner.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is durable of a point at that very time.
    pub(crate) fn entry(&self, point: PointId, at: i64) -> Result<Option<Entry>, StoreError> {
        let inner = self.read();
        match inner.state.latest_at(point) {
            // Nothing of the point is as late: nothing needs to be looked for.
            None => return Ok(None),
            Some(latest) if at > latest => return Ok(None),
            Some(_) => {}
        }
        let sealing = inner.sealing.as_ref().and_then(|part| part.hot.get(point, at));
        if let Some(entry) = inner.active.hot.get(point, at).or(sealing) {
            return Ok(Some(*entry));
        }
        let segments = Arc::clone(&inner.segments);
        drop(inner);
        for segment in segments.iter().rev() {
            if let Some(entry) = self.shelf.get(segment, point, at)? {
                return Ok(Some(entry));
            }
        }
        Ok(None)
    }

    /// The first `limit` samples of a point in `from..to`.
    pub(crate) fn range(
        &self,
        point: PointId,
        from: i64,
        to: i64,
        limit: usize,
    ) -> Result<Vec<(Sample, PacketSeq)>, StoreError> {
        let inner = self.read();
        let segments = Arc::clone(&inner.segments);
        let sealing = inner.sealing.as_ref().map(|part| part.hot.range(point, from, to, limit));
        let active = inner.active.hot.range(point, from, to, limit);
        drop(inner);
        // Oldest first, so that a later log's correction comes over an earlier value.
        let mut found = BTreeMap::new();
        for segment in segments.iter().filter(|s| s.may_hold(from, to)) {
            if let Some(chunk) = self.shelf.chunk(segment, point)? {
                found.extend(chunk.range(from, to, limit));
                while found.len() > limit {
                    found.pop_last();
                }
            }
        }
        found.extend(sealing.unwrap_or_default());
        found.extend(active);
        Ok(found.into_iter().take(limit).map(|(at, entry)| entry.sample(at)).collect())
    }

    /// Up to `limit` packets with a number above `after`.
    pub(crate) fn packets_after(&self, after: i64, limit: usize) -> Result<Vec<StoredPacket>, StoreError> {
        let limit = limit.min(MAX_PACKETS);
        let mut found: Vec<StoredPacket> = Vec::new();
        let mut next = after.max(0) + 1;
        while found.len() < limit {
            let want = limit - found.len();
            match self.place(next, want) {
                Place::Nowhere => break,
                Place::Recent(packets) => {
                    found.extend(packets.iter().map(|p| StoredPacket::clone(p)));
                    break;
                }
                Place::Log(number, start, offsets) => {
                    next = start + offsets.len() as i64;
                    self.read_log(number, &offsets, &mut found)?;
                }
                Place::Sealed(segment, start) => {
                    let skip = u32::try_from(start - segment.first).unwrap_or(0);
                    let count = u32::try_from(want).unwrap_or(u32::MAX);
                    let offsets = self.shelf.offsets(&segment, skip, count)?;
                    next = start + offsets.len().max(1) as i64;
                    self.read_log(segment.number, &offsets, &mut found)?;
                }
            }
        }
        Ok(found)
    }

    /// Where the packets from `next` on are.
    fn place(&self, next: i64, want: usize) -> Place {
        let inner = self.read();
        if next > inner.state.head {
            return Place::Nowhere;
        }
        if inner.recent.front().is_some_and(|oldest| oldest.seq.0 <= next) {
            let start = inner.recent.partition_point(|p| p.seq.0 < next);
            return Place::Recent(inner.recent.iter().skip(start).take(want).cloned().collect());
        }
        // Numbers may be missing where packets were damaged: then the next log goes on.
        if let Some(segment) = inner.segments.iter().find(|s| next < s.end()) {
            return Place::Sealed(segment.clone(), next.max(segment.first));
        }
        let mut parts = inner.sealing.as_deref().into_iter().chain([&inner.active]);
        let Some(part) = parts.find(|p| next < p.end()) else { return Place::Nowhere };
        let start = next.max(part.first);
        let skip = usize::try_from(start - part.first).unwrap_or(0);
        let offsets = part.offsets.iter().skip(skip).take(want).copied().collect();
        Place::Log(part.number, start, offsets)
    }

    /// Reads packets of a log; those damaged on disk are named in the program's log and left out.
    fn read_log(
        &self,
        number: u64,
        offsets: &[u32],
        found: &mut Vec<StoredPacket>,
    ) -> Result<(), StoreError> {
        let path = super::files::log(&self.dir, number);
        let reading = |e| StoreError::io("reading the log", &path, e);
        let file = File::open(&path).map_err(|e| StoreError::io("opening the log", &path, e))?;
        let length = file.metadata().map_err(reading)?.len();
        let mut window = Window::default();
        for offset in offsets.iter().copied().filter(|o| *o != DAMAGED) {
            match window.packet(&file, u64::from(offset), length).map_err(reading)? {
                Some(packet) => found.push(packet),
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

    /// Up to `limit` of a station's newest packets that are still in memory, and its last few from
    /// the logs; newest first.
    pub(crate) fn packets_of(
        &self,
        station: &StationCode,
        limit: usize,
    ) -> Result<Vec<StoredPacket>, StoreError> {
        let inner = self.read();
        let of_station = inner.recent.iter().rev().filter(|p| p.packet.station == *station);
        let mut found: Vec<StoredPacket> = of_station.take(limit).map(|p| StoredPacket::clone(p)).collect();
        let last = inner.state.last_packets(station);
        drop(inner);
        let oldest = found.last().map_or(i64::MAX, |p| p.seq.0);
        for seq in last.into_iter().rev().filter(|seq| *seq < oldest).take(limit - found.len()) {
            found.extend(self.packet(seq)?);
        }
        Ok(found)
    }
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

    fn packet(&mut self, file: &File, offset: u64, length: u64) -> std::io::Result<Option<StoredPacket>> {
        let most = (record::HEAD + record::MAX_PAYLOAD) as u64;
        let have = self.start + self.bytes.len() as u64;
        if offset < self.start || have < length.min(offset + most) {
            self.start = offset;
            let size = Self::SIZE.min(length.saturating_sub(offset));
            self.bytes.resize(usize::try_from(size).unwrap_or(0), 0);
            super::bytes::read_at(file, &mut self.bytes, offset)?;
        }
        let skip = usize::try_from(offset - self.start).unwrap_or(usize::MAX);
        Ok(self.bytes.get(skip..).and_then(record::read).map(|(packet, _)| packet))
    }
}
