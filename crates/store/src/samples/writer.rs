//! The one thread that writes: it takes whatever waits, writes it with one trip to the disk, and only
//! then lets anybody see it (group commit).

use super::index::{Entry, Verdict};
use super::log::Log;
use super::record;
use super::shared::{Part, Shared};
use super::state::{FrameHash, State, frame_hash};
use super::{Appended, files, segment};
use crate::lock::Lock;
use crate::{FaultPlan, StoreError};
use field::id::{PacketSeq, PointId, StationCode};
use field::sample::{Packet, Reading, StoredPacket};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, oneshot, watch};

/// Packets that may wait; more callers wait themselves (back-pressure).
pub(crate) const QUEUE: usize = 4_096;
/// Most packets in one trip to the disk.
const GROUP: usize = 2_048;
/// Most raw bytes in one trip to the disk.
const GROUP_BYTES: usize = 4 * 1024 * 1024;
/// Most readings of one log: bounds the index in memory (about 45 bytes each, twice).
const LOG_READINGS: usize = 500_000;
/// How long to wait before a failed sealing is tried again.
const SEAL_AGAIN: Duration = Duration::from_secs(10);

/// Where an answer goes.
pub(crate) type Answer = oneshot::Sender<Result<Appended, StoreError>>;

/// What the writer is asked.
pub(crate) enum Ask {
    Append(Packet, Answer),
    Close(oneshot::Sender<()>),
}

/// The thread's belongings.
pub(crate) struct Writer {
    pub(crate) dir: PathBuf,
    pub(crate) log: Log,
    pub(crate) shared: Arc<Shared>,
    pub(crate) head: watch::Sender<PacketSeq>,
    pub(crate) fault: FaultPlan,
    pub(crate) sealing: Option<Sealing>,
    /// The data directory stays ours while this thread may write.
    pub(crate) _lock: Option<Arc<Lock>>,
}

/// A full log on its way to be sealed.
pub(crate) struct Sealing {
    part: Arc<Part>,
    state: Arc<State>,
    thread: Option<JoinHandle<()>>,
    begun: Instant,
}

/// A packet of the group that is to be written.
struct Fresh {
    stored: StoredPacket,
    hash: FrameHash,
    corrections: u64,
    /// Where it starts, from the group's start.
    offset: usize,
}

/// The group so far: what is not durable yet, but counts for the packets behind it.
#[derive(Default)]
struct Group {
    bytes: Vec<u8>,
    fresh: Vec<Fresh>,
    entries: HashMap<(PointId, i64), Entry>,
    frames: HashMap<StationCode, Vec<(FrameHash, i64)>>,
    duplicates: u64,
    /// Stations heard without anything new.
    heard: Vec<(StationCode, field::time::Time, Option<field::time::Time>)>,
    answers: Vec<(Answer, Result<Appended, StoreError>)>,
}

impl Writer {
    /// Runs until it is closed or nobody is left to ask.
    pub(crate) fn run(mut self, mut asks: mpsc::Receiver<Ask>) {
        let mut closing = None;
        while let Some(ask) = asks.blocking_recv() {
            let mut group = Group::default();
            let mut next = Some(ask);
            while let Some(ask) = next.take() {
                match ask {
                    Ask::Append(packet, answer) => {
                        let result = self.prepare(&mut group, packet);
                        group.answers.push((answer, result));
                    }
                    Ask::Close(done) => closing = Some(done),
                }
                let full = group.answers.len() >= GROUP || group.bytes.len() >= GROUP_BYTES;
                if !full && closing.is_none() {
                    next = asks.try_recv().ok();
                }
            }
            self.write(group);
            if closing.is_some() {
                break;
            }
            self.rotate_when_full();
        }
        if let Some(thread) = self.sealing.take().and_then(|s| s.thread) {
            drop(thread.join());
        }
        drop((asks, self));
        if let Some(done) = closing {
            // Whoever asked may have gone.
            let _ = done.send(());
        }
    }

    /// Looks what is new in a packet and puts that into the group.
    fn prepare(&self, group: &mut Group, packet: Packet) -> Result<Appended, StoreError> {
        let hash = frame_hash(&packet.raw);
        let next = self.head.borrow().0 + 1 + group.fresh.len() as i64;
        let (mut kept, mut corrections) = (Vec::new(), 0);
        let mut judged: HashMap<(PointId, i64), Entry> = HashMap::new();
        for reading in &packet.readings {
            let key = (reading.point, reading.sample.at.ms());
            let waiting = judged.get(&key).or_else(|| group.entries.get(&key)).copied();
            let there = match waiting {
                Some(entry) => Some(entry),
                None => self.shared.entry(key.0, key.1)?,
            };
            match Entry::judge(there.as_ref(), reading) {
                Verdict::Duplicate => continue,
                Verdict::Correction => corrections += 1,
                Verdict::New => {}
            }
            judged.insert(key, Entry::of(reading, PacketSeq(next)));
            kept.push(*reading);
        }
        let duplicates = packet.readings.len() - kept.len();
        group.duplicates += duplicates as u64;
        let earlier = if kept.is_empty() { self.earlier(group, &packet.station, &hash) } else { None };
        if let Some(seq) = earlier {
            group.heard.push((packet.station, packet.received_at, packet.sent_at));
            let seq = PacketSeq(seq);
            return Ok(Appended { seq, fresh: false, new: 0, duplicates, corrections: 0 });
        }
        let new = kept.len() - corrections;
        group.entries.extend(judged);
        group.frames.entry(packet.station.clone()).or_default().push((hash, next));
        group.add(PacketSeq(next), packet, kept, hash, corrections as u64);
        Ok(Appended { seq: PacketSeq(next), fresh: true, new, duplicates, corrections })
    }

    fn earlier(&self, group: &Group, station: &StationCode, hash: &FrameHash) -> Option<i64> {
        let waiting =
            group.frames.get(station).and_then(|frames| frames.iter().rev().find(|(h, _)| h == hash));
        waiting.map(|(_, seq)| *seq).or_else(|| self.shared.read().state.frame(station, hash))
    }

    /// Writes the group, publishes it, answers.
    fn write(&mut self, group: Group) {
        if !group.bytes.is_empty()
            && let Err(error) = self.log.write(&group.bytes)
        {
            tracing::error!(%error, packets = group.fresh.len(), "packets could not be written and are refused");
            for (answer, result) in group.answers {
                drop(answer.send(result.and_then(|_| Err(error.again()))));
            }
            return;
        }
        let start = self.log.good - group.bytes.len() as u64;
        let mut inner = self.shared.write();
        for fresh in group.fresh {
            inner.take(fresh.stored, fresh.hash, fresh.corrections, start + fresh.offset as u64);
        }
        for (station, received_at, sent_at) in group.heard {
            inner.state.heard(&station, received_at, sent_at);
        }
        inner.state.stats.duplicates += group.duplicates;
        inner.active.bytes = self.log.good;
        let head = PacketSeq(inner.state.head);
        drop(inner);
        if *self.head.borrow() != head {
            self.head.send_replace(head);
        }
        for (answer, result) in group.answers {
            // Whoever asked may have gone; the packet is kept all the same.
            drop(answer.send(result));
        }
    }

    /// Starts a new log when this one is full, and lets the old one be sealed.
    fn rotate_when_full(&mut self) {
        let full =
            self.log.good >= self.fault.log_bytes() || self.shared.read().active.hot.readings >= LOG_READINGS;
        if !full || self.still_sealing() {
            return;
        }
        if self.shared.read().sealing.is_some() {
            self.seal_again();
            return;
        }
        let (number, first) = (self.log.number + 1, self.head.borrow().0 + 1);
        match Log::create(&self.dir, number, first, self.fault.clone()) {
            Ok(log) => self.log = log,
            Err(error) => {
                // The old log goes on; it is tried again after the next group.
                tracing::error!(%error, "a new log could not be begun");
                return;
            }
        }
        let mut inner = self.shared.write();
        let full = std::mem::replace(&mut inner.active, Part::empty(number, first));
        let part = Arc::new(full);
        inner.sealing = Some(Arc::clone(&part));
        let state = Arc::new(inner.state.clone());
        drop(inner);
        self.seal(part, state);
    }

    fn still_sealing(&self) -> bool {
        let thread = self.sealing.as_ref().and_then(|s| s.thread.as_ref());
        thread.is_some_and(|thread| !thread.is_finished())
    }

    fn seal_again(&mut self) {
        if let Some(failed) = self.sealing.take_if(|s| s.begun.elapsed() >= SEAL_AGAIN) {
            self.seal(failed.part, failed.state);
        }
    }

    fn seal(&mut self, part: Arc<Part>, state: Arc<State>) {
        let (dir, shared, fault) = (self.dir.clone(), Arc::clone(&self.shared), self.fault.clone());
        let (its_part, its_state) = (Arc::clone(&part), Arc::clone(&state));
        let thread = spawn(move || publish(&shared, seal_part(&dir, &its_part, Some(&its_state), &fault)));
        self.sealing = Some(Sealing { part, state, thread, begun: Instant::now() });
    }
}

fn spawn(work: impl FnOnce() + Send + 'static) -> Option<JoinHandle<()>> {
    let thread = std::thread::Builder::new().name("seal".into()).spawn(work);
    thread.inspect_err(|error| tracing::error!(%error, "the thread that seals a log did not start")).ok()
}

fn publish(shared: &Shared, sealed: Result<Option<segment::Segment>, StoreError>) {
    match sealed {
        Ok(Some(segment)) => {
            let mut inner = shared.write();
            let mut segments = inner.segments.to_vec();
            segments.push(segment);
            inner.segments = Arc::new(segments);
            inner.sealing = None;
        }
        Ok(None) => {}
        Err(error) => {
            tracing::error!(%error, "a full log could not be sealed yet; its readings stay in memory");
        }
    }
}

/// Makes a log's segment and the state beside it. `None` where the fault plan lets the process "die"
/// on the way.
pub(crate) fn seal_part(
    dir: &std::path::Path,
    part: &Part,
    state: Option<&State>,
    fault: &FaultPlan,
) -> Result<Option<segment::Segment>, StoreError> {
    // The state first: where there is a segment, its state was there before it.
    if let Some(state) = state {
        let path = files::state(dir, part.number);
        if !files::write_whole(&path, &files::state_bytes(state), fault)? {
            return Ok(None);
        }
    }
    let (bytes, segment) = segment::write(part.number, part.first, &part.offsets, part.bytes, &part.hot);
    if !files::write_whole(&files::segment(dir, part.number), &bytes, fault)? {
        return Ok(None);
    }
    if state.is_some() {
        forget_older_states(dir, part.number)?;
    }
    tracing::info!(log = part.number, readings = part.hot.readings, "a full log was sealed");
    Ok(Some(segment))
}

fn forget_older_states(dir: &std::path::Path, number: u64) -> Result<(), StoreError> {
    for old in files::look(dir)?.states.into_iter().filter(|n| *n < number) {
        let path = files::state(dir, old);
        std::fs::remove_file(&path).map_err(|e| StoreError::io("removing", &path, e))?;
    }
    Ok(())
}

impl Group {
    fn add(&mut self, seq: PacketSeq, packet: Packet, kept: Vec<Reading>, hash: FrameHash, corrections: u64) {
        let offset = self.bytes.len();
        record::write(&mut self.bytes, seq, &packet, &kept);
        let stored = StoredPacket { seq, packet: Packet { readings: kept, ..packet } };
        self.fresh.push(Fresh { stored, hash, corrections, offset });
    }
}
