//! The one thread that writes: it takes whatever waits, writes it with one trip to the disk, and only
//! then lets anybody see it (group commit).

use super::Appended;
use super::keeper::{self, Job};
use super::log::Log;
use super::record;
use super::row::{Row, Verdict};
use super::rows::{Rows, RowsAppended};
use super::shared::{Frozen, Shared};
use super::state::{FrameHash, frame_hash};
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
/// While several callers write, so long is waited for the others before a trip to the disk, again as long
/// as it brings somebody, at most [`PAUSES`] times: a trip costs more processor time than a small batch.
const PAUSE: Duration = Duration::from_micros(40);
/// See [`PAUSE`].
const PAUSES: u32 = 8;
/// So many callers are worth a trip to the disk: nobody more is waited for, so that the others are
/// prepared while the disk works.
const ENOUGH: u32 = 8;
/// Most rows of one log: bounds the hot window in memory (about 30 bytes each, twice while sealing).
const LOG_ROWS: usize = 700_000;
/// More rows than this do not come into memory while the log before is still being sealed.
const MOST_ROWS: usize = LOG_ROWS + LOG_ROWS / 4;
/// How long to wait before a failed sealing is tried again.
const SEAL_AGAIN: Duration = Duration::from_secs(10);

/// Where an answer goes.
pub(crate) type Answer = oneshot::Sender<Result<Appended, StoreError>>;

/// Where a batch's answer goes.
pub(crate) type RowsAnswer = oneshot::Sender<Result<RowsAppended, StoreError>>;

/// Whether the times of a packet's readings are believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Timing {
    Believed,
    /// Readings of it are in doubt because of when it came.
    Doubted,
}

/// What the writer is asked.
pub(crate) enum Ask {
    Append(Packet, Timing, Answer),
    Rows(Arc<Rows>, RowsAnswer),
    /// Ends the log that is written, so that everything is sealed.
    Seal(oneshot::Sender<Result<(), StoreError>>),
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
    /// Who merges what is sealed.
    pub(crate) keeper: keeper::Handle,
    /// The runtime whose tasks wait for answers, where it has threads of its own.
    pub(crate) runtime: Option<tokio::runtime::Handle>,
    /// The data directory stays ours while this thread may write.
    pub(crate) _lock: Option<Arc<Lock>>,
}

/// A full log on its way to be sealed.
pub(crate) struct Sealing {
    frozen: Arc<Frozen>,
    state: Arc<Vec<u8>>,
    thread: Option<JoinHandle<()>>,
    begun: Instant,
}

/// What of the group is to be written.
enum Fresh {
    /// A packet: its hash, corrections in it, where it starts from the group's start.
    Packet(StoredPacket, FrameHash, u64, usize),
    /// A batch: its number, who waits for it, where it starts.
    Rows(PacketSeq, Arc<Rows>, RowsAnswer, usize),
}

/// The group so far: what is not durable yet, but counts for the packets behind it.
#[derive(Default)]
struct Group {
    bytes: Vec<u8>,
    fresh: Vec<Fresh>,
    entries: HashMap<(PointId, i64), Row>,
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
        let mut seal = None;
        // Its memory is used again, group after group.
        let mut bytes = Vec::new();
        // Whether the group before had more than one caller: then the others come again.
        let mut in_company = false;
        while let Some(ask) = asks.blocking_recv() {
            let mut group = Group { bytes: std::mem::take(&mut bytes), ..Group::default() };
            let (mut next, mut asked, mut pauses) = (Some(ask), 0_u32, 0);
            while let Some(ask) = next.take() {
                asked += 1;
                match ask {
                    Ask::Append(packet, timing, answer) => {
                        let result = self.prepare(&mut group, packet, timing);
                        group.answers.push((answer, result));
                    }
                    Ask::Rows(rows, answer) => {
                        let seq = PacketSeq(self.head.borrow().0 + 1 + group.fresh.len() as i64);
                        let offset = group.bytes.len();
                        record::write_rows(&mut group.bytes, seq, &rows);
                        group.fresh.push(Fresh::Rows(seq, rows, answer, offset));
                    }
                    Ask::Seal(done) => seal = Some(done),
                    Ask::Close(done) => closing = Some(done),
                }
                let waiting = group.answers.len() + group.fresh.len();
                let full = waiting >= 2 * GROUP || group.bytes.len() >= GROUP_BYTES;
                if full || closing.is_some() || seal.is_some() {
                    break;
                }
                next = asks.try_recv().ok();
                let few = asked < ENOUGH && pauses < PAUSES;
                if next.is_none() && (in_company || asked > 1) && few {
                    pauses += 1;
                    std::thread::park_timeout(PAUSE);
                    next = asks.try_recv().ok();
                }
            }
            in_company = asked > 1;
            bytes = self.write(group);
            if closing.is_some() {
                break;
            }
            match seal.take() {
                Some(done) => drop(done.send(self.seal_now())),
                None => self.rotate_when_full(),
            }
        }
        self.wait_for_sealing();
        self.keeper.close();
        drop((asks, self));
        if let Some(done) = closing {
            // Whoever asked may have gone.
            let _ = done.send(());
        }
    }

    /// Looks what is new in a packet and puts that into the group.
    fn prepare(&self, group: &mut Group, packet: Packet, timing: Timing) -> Result<Appended, StoreError> {
        let judge = match timing {
            Timing::Believed => Row::judge,
            Timing::Doubted => Row::judge_untimely,
        };
        let hash = frame_hash(&packet.raw);
        let next = self.head.borrow().0 + 1 + group.fresh.len() as i64;
        let (mut kept, mut corrections) = (Vec::new(), 0);
        let mut judged: HashMap<(PointId, i64), Row> = HashMap::new();
        for reading in &packet.readings {
            let key = (reading.point, reading.sample.at.ms());
            let waiting = judged.get(&key).or_else(|| group.entries.get(&key)).copied();
            let there = match waiting {
                Some(entry) => Some(entry),
                None => self.shared.entry(key.0, key.1)?,
            };
            let row = Row::of(reading, PacketSeq(next));
            match judge(there.as_ref(), &row) {
                Verdict::Duplicate => continue,
                Verdict::Correction => corrections += 1,
                Verdict::New => {}
            }
            judged.insert(key, row);
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

    /// Writes the group, publishes it, answers; gives the bytes' memory back.
    fn write(&mut self, mut group: Group) -> Vec<u8> {
        let mut bytes = std::mem::take(&mut group.bytes);
        if !bytes.is_empty()
            && let Err(error) = self.log.write(&bytes)
        {
            tracing::error!(%error, packets = group.fresh.len(), "packets could not be written and are refused");
            refuse(group, &error);
            bytes.clear();
            return bytes;
        }
        let start = self.log.good - bytes.len() as u64;
        let mut kept = Vec::new();
        let mut inner = self.shared.write();
        for fresh in group.fresh {
            match fresh {
                Fresh::Packet(stored, hash, corrections, offset) => {
                    inner.take(stored, hash, corrections, start + offset as u64);
                }
                Fresh::Rows(seq, rows, answer, offset) => {
                    let count = rows.len();
                    let duplicates = inner.take_rows(seq, rows, start + offset as u64);
                    kept.push((answer, RowsAppended { seq, rows: count, duplicates }));
                }
            }
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
        self.tell(group.answers, kept);
        bytes.clear();
        bytes
    }

    /// Answers. Several answers go as one task: each would wake a thread of the runtime by itself.
    fn tell(
        &self,
        answers: Vec<(Answer, Result<Appended, StoreError>)>,
        kept: Vec<(RowsAnswer, RowsAppended)>,
    ) {
        let several = answers.len() + kept.len() > 1;
        // Whoever asked may have gone; what it asked to keep is kept all the same.
        let tell = move || {
            for (answer, result) in answers {
                drop(answer.send(result));
            }
            for (answer, appended) in kept {
                drop(answer.send(Ok(appended)));
            }
        };
        match self.runtime.as_ref().filter(|_| several) {
            Some(runtime) => drop(runtime.spawn(async move { tell() })),
            None => tell(),
        }
    }

    /// Starts a new log when this one is full, and lets the old one be sealed.
    fn rotate_when_full(&mut self) {
        let rows = self.shared.read().live.rows;
        let full = self.log.good >= self.fault.log_bytes() || rows >= LOG_ROWS;
        if !full {
            return;
        }
        if self.still_sealing() {
            if rows < MOST_ROWS {
                return;
            }
            // The disk is slower than the sources: they wait.
            self.wait_for_sealing();
        }
        if self.shared.read().sealing.is_some() {
            self.seal_again(SEAL_AGAIN);
            return;
        }
        if let Err(error) = self.rotate() {
            // The old log goes on; it is tried again after the next group.
            tracing::error!(%error, "a new log could not be begun");
        }
    }

    /// Ends the log and lets it be sealed.
    fn rotate(&mut self) -> Result<(), StoreError> {
        let (number, first) = (self.log.number + 1, self.head.borrow().0 + 1);
        self.log = Log::create(&self.dir, number, first, self.fault.clone())?;
        let mut inner = self.shared.write();
        let state = Arc::new(super::files::state_bytes(&inner.state, &inner.live.all_latest()));
        let frozen = inner.freeze(number, first);
        drop(inner);
        self.seal(frozen, state);
        Ok(())
    }

    /// Seals everything there is, and waits for it.
    fn seal_now(&mut self) -> Result<(), StoreError> {
        self.wait_for_sealing();
        if self.shared.read().sealing.is_some() {
            self.seal_again(Duration::ZERO);
            self.wait_for_sealing();
        }
        if self.shared.read().sealing.is_none() && self.log.good > super::log::START as u64 {
            self.rotate()?;
            self.wait_for_sealing();
        }
        if self.shared.read().sealing.is_some() {
            return Err(StoreError::invalid(
                "sealing the log",
                "it failed: the reason is in the program's log",
            ));
        }
        Ok(())
    }

    fn wait_for_sealing(&mut self) {
        if let Some(thread) = self.sealing.as_mut().and_then(|s| s.thread.take()) {
            drop(thread.join());
        }
    }

    fn still_sealing(&self) -> bool {
        let thread = self.sealing.as_ref().and_then(|s| s.thread.as_ref());
        thread.is_some_and(|thread| !thread.is_finished())
    }

    fn seal_again(&mut self, after: Duration) {
        if let Some(failed) = self.sealing.take_if(|s| s.begun.elapsed() >= after) {
            self.seal(failed.frozen, failed.state);
        }
    }

    fn seal(&mut self, frozen: Arc<Frozen>, state: Arc<Vec<u8>>) {
        let (shared, keeper) = (Arc::clone(&self.shared), self.keeper.clone());
        let (its_frozen, its_state) = (Arc::clone(&frozen), Arc::clone(&state));
        let thread = spawn(move || match keeper::seal(&shared, &its_frozen, &its_state) {
            Ok(true) => keeper.ask(Job::Look),
            Ok(false) => {}
            Err(error) => {
                tracing::error!(%error, "a full log could not be sealed yet; its readings stay in memory");
            }
        });
        self.sealing = Some(Sealing { frozen, state, thread, begun: Instant::now() });
    }
}

fn refuse(group: Group, error: &StoreError) {
    for (answer, result) in group.answers {
        drop(answer.send(result.and_then(|_| Err(error.again()))));
    }
    for fresh in group.fresh {
        if let Fresh::Rows(_, _, answer, _) = fresh {
            drop(answer.send(Err(error.again())));
        }
    }
}

fn spawn(work: impl FnOnce() + Send + 'static) -> Option<JoinHandle<()>> {
    let thread = std::thread::Builder::new().name("seal".into()).spawn(work);
    thread.inspect_err(|error| tracing::error!(%error, "the thread that seals a log did not start")).ok()
}

impl Group {
    fn add(&mut self, seq: PacketSeq, packet: Packet, kept: Vec<Reading>, hash: FrameHash, corrections: u64) {
        let offset = self.bytes.len();
        record::write(&mut self.bytes, seq, &packet, &kept);
        let stored = StoredPacket { seq, packet: Packet { readings: kept, ..packet } };
        self.fresh.push(Fresh::Packet(stored, hash, corrections, offset));
    }
}
