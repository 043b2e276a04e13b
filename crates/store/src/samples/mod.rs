//! 读数库: the append-only log of packets and the readings in them.
//!
//! Layout and reasons: `docs/decisions/0005-telemetry-store.md`.

use crate::lock::Lock;
use crate::{Options, StoreError};
use field::id::{PacketSeq, PointId, StationCode};
use field::sample::{Packet, Sample, StoredPacket};
use field::time::{DAY_MS, MINUTE_MS, Time};
use shared::Shared;
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot, watch};
use writer::{Ask, Timing};

pub(crate) mod backup;
mod bytes;
mod chunk;
mod classes;
mod codec;
mod files;
mod frames;
mod keeper;
mod live;
mod log;
mod manifest;
mod open;
mod record;
mod retention;
mod rolled;
mod rolls;
pub mod rollup;
mod row;
mod rows;
mod seen;
mod segment;
mod shared;
mod shelf;
mod spread;
mod state;
mod verify;
mod writer;

pub use classes::{ClassStorage, Classes};
pub use retention::{Keep, Limits};
pub use rollup::{Bucket, Step};
pub use rows::{Batch, Rows, RowsAppended};
pub use seen::Seen;
pub use spread::HISTORY_MS;
pub use verify::{Damage, Damaged, Verified};

/// A sample may be dated so far ahead of now and still be the latest, as with the rules' windows.
const AHEAD_MS: i64 = 10 * MINUTE_MS;

/// What became of an appended packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appended {
    /// Its number; of an identical frame re-sent, the number it got the first time.
    pub seq: PacketSeq,
    /// `false` when the identical frame was there already and nothing was written.
    pub fresh: bool,
    /// Readings that were new.
    pub new: usize,
    /// Readings that were there already with the same value.
    pub duplicates: usize,
    /// Readings that replace another value of the same point and time.
    pub corrections: usize,
}

/// Figures since the store was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct SampleStats {
    /// Packets kept.
    pub packets: u64,
    /// Readings kept, corrections included.
    pub readings: u64,
    /// Readings that were there already.
    pub duplicates: u64,
    /// Readings that replaced another value.
    pub corrections: u64,
    /// Bytes on disk.
    pub bytes: u64,
    /// Sealed segments.
    pub segments: u64,
}

/// The samples port. Cheap to clone; every clone is the same log.
#[derive(Clone, Debug)]
pub struct Samples {
    shared: Arc<Shared>,
    head: watch::Sender<PacketSeq>,
    /// `None` when only reading.
    asks: Option<mpsc::Sender<Ask>>,
    keeper: Option<keeper::Handle>,
}

/// The samples of one point as columns, strictly ascending in time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Columns {
    /// Milliseconds since 1970.
    pub times: Vec<i64>,
    /// In the point's unit; NaN where there is no value.
    pub values: Vec<f64>,
    /// One a row; empty when all are good.
    pub qualities: Vec<field::sample::Quality>,
    /// The number of the packet or batch each row came in, 0 where it is not kept any more (rows of
    /// merged batches); empty when none is known.
    pub packets: Vec<i64>,
}

const ROWS_CLOSED: StoreError = StoreError::Closed { what: "appending rows" };

/// What the samples take on disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Storage {
    /// Bytes of sealed columns, and rows in them (a row not merged yet may count twice).
    pub columns_bytes: u64,
    /// Rows in sealed columns.
    pub rows: u64,
    /// Bytes of raw frames, compressed.
    pub frames_bytes: u64,
    /// Bytes they were before.
    pub frames_plain: u64,
    /// Bytes of roll-ups.
    pub rollups_bytes: u64,
    /// Bytes of logs that are not sealed yet.
    pub log_bytes: u64,
    /// Segments, of which this many are merged.
    pub segments: u64,
    /// Merged segments.
    pub merged: u64,
}

/// See [`Samples::batches_after`].
const MANY: usize = 32;

/// What the store answers when a blocking read was broken off with the runtime.
const STOPPED: StoreError = StoreError::Closed { what: "reading samples" };

impl Samples {
    pub(crate) async fn open(options: &Options, lock: Option<Arc<Lock>>) -> Result<Self, StoreError> {
        let options = options.clone();
        tokio::task::spawn_blocking(move || open::open(&options, lock)).await.unwrap_or(Err(STOPPED))
    }

    const fn new(
        shared: Arc<Shared>,
        head: watch::Sender<PacketSeq>,
        asks: Option<mpsc::Sender<Ask>>,
        keeper: Option<keeper::Handle>,
    ) -> Self {
        Self { shared, head, asks, keeper }
    }

    pub(crate) async fn close(&self) {
        let Some(asks) = &self.asks else { return };
        let (done, closed) = oneshot::channel();
        if asks.send(Ask::Close(done)).await.is_ok() {
            drop(closed.await);
        }
    }

    /// Keeps a packet. When it returns, the packet's raw bytes and readings are on disk, or were
    /// already. A reading that is there with the same value is not doubled; another value for the
    /// same point and time is a correction: the latest wins in [`Samples::range`], both stay in the
    /// log; a missing value never replaces a value. Waits while the queue is full (back-pressure).
    ///
    /// # Errors
    /// [`StoreError::Full`] when the disk is full, [`StoreError::Io`], [`StoreError::Invalid`] for a
    /// packet beyond [`Packet::MAX_RAW`] or [`Packet::MAX_READINGS`] or with a value that is no
    /// number, [`StoreError::Closed`]. On error nothing was kept.
    pub async fn append(&self, packet: Packet) -> Result<Appended, StoreError> {
        self.append_as(packet, Timing::Believed).await
    }

    /// [`Samples::append`] for a packet some of whose readings are suspect because of when it came (late or
    /// early by hours): where the same value is there already, that is no doubt about it. A frame that is
    /// sent again when its station's clock has been found wrong says nothing new.
    ///
    /// # Errors
    /// As [`Samples::append`].
    pub async fn append_untimely(&self, packet: Packet) -> Result<Appended, StoreError> {
        self.append_as(packet, Timing::Doubted).await
    }

    async fn append_as(&self, packet: Packet, timing: Timing) -> Result<Appended, StoreError> {
        const CLOSED: StoreError = StoreError::Closed { what: "appending a packet" };
        check(&packet)?;
        let asks = self.asks.as_ref().ok_or(CLOSED)?;
        let (answer, answered) = oneshot::channel();
        asks.send(Ask::Append(packet, timing, answer)).await.map_err(|_| CLOSED)?;
        answered.await.unwrap_or(Err(CLOSED))
    }

    /// Keeps a batch of a push source: all of its rows or none. When it returns, they are on disk; all
    /// that wait share one trip there. Rows the hot window has already are not doubled; what only a
    /// sealed segment has is put together when it is read and merged: the same value once, of two
    /// values the later one counts. Waits while the queue is full (back-pressure).
    ///
    /// # Errors
    /// As [`Samples::append`]; [`StoreError::Invalid`] for more than [`Rows::MAX`] rows, columns of
    /// different lengths or an infinite value.
    pub async fn append_rows(&self, rows: Rows) -> Result<RowsAppended, StoreError> {
        rows.check()?;
        let asks = self.asks.as_ref().ok_or(ROWS_CLOSED)?;
        let (answer, answered) = oneshot::channel();
        asks.send(Ask::Rows(Arc::new(rows), answer)).await.map_err(|_| ROWS_CLOSED)?;
        answered.await.unwrap_or(Err(ROWS_CLOSED))
    }

    /// [`Samples::append_rows`] from a thread that may block; never from inside a runtime.
    ///
    /// # Errors
    /// As [`Samples::append_rows`].
    pub fn append_rows_blocking(&self, rows: Rows) -> Result<RowsAppended, StoreError> {
        rows.check()?;
        let asks = self.asks.as_ref().ok_or(ROWS_CLOSED)?;
        let (answer, answered) = oneshot::channel();
        asks.blocking_send(Ask::Rows(Arc::new(rows), answer)).map_err(|_| ROWS_CLOSED)?;
        answered.blocking_recv().unwrap_or(Err(ROWS_CLOSED))
    }

    /// Whether packets can be kept: `false` on a store opened to read only, closed, or whose writing
    /// thread has died.
    #[must_use]
    pub fn is_writing(&self) -> bool {
        self.asks.as_ref().is_some_and(|asks| !asks.is_closed())
    }

    /// Notes that a station was heard without data (a keep-alive): [`Samples::seen`] moves, in memory
    /// only; nothing is written.
    pub fn heard(&self, station: &StationCode, received_at: Time, sent_at: Option<Time>) {
        self.shared.write().state.heard(station, received_at, sent_at);
    }

    /// The point with the greatest number of which there is a sample.
    #[must_use]
    pub fn greatest_point(&self) -> Option<PointId> {
        self.shared.read().live.all_latest().into_iter().map(|(point, _)| point).max()
    }

    /// The newest durable packet; `PacketSeq(0)` when there is none.
    #[must_use]
    pub fn head(&self) -> PacketSeq {
        *self.head.borrow()
    }

    /// Wakes whenever [`Samples::head`] moves.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<PacketSeq> {
        self.head.subscribe()
    }

    /// Up to `limit` packets (at most 10,000) with a number above `after`, in order. Packets that
    /// are damaged on disk are left out.
    ///
    /// # Errors
    /// [`StoreError::Io`] or [`StoreError::Corrupt`].
    pub async fn packets_after(
        &self,
        after: PacketSeq,
        limit: usize,
    ) -> Result<Vec<StoredPacket>, StoreError> {
        if after >= self.head() || limit == 0 {
            return Ok(vec![]);
        }
        self.blocking(move |shared| shared.packets_after(after.0, limit)).await
    }

    /// Up to `limit` of the newest packets of one station, newest first: those still in memory (the
    /// newest 10,000 of all stations), and at least its last eight.
    ///
    /// # Errors
    /// [`StoreError::Io`] or [`StoreError::Corrupt`].
    pub async fn packets_of(
        &self,
        station: &StationCode,
        limit: usize,
    ) -> Result<Vec<StoredPacket>, StoreError> {
        let station = station.clone();
        self.blocking(move |shared| shared.packets_of(&station, limit)).await
    }

    /// One packet; `None` when there is none of that number, or when it is damaged on disk.
    ///
    /// # Errors
    /// [`StoreError::Io`] or [`StoreError::Corrupt`].
    pub async fn packet(&self, seq: PacketSeq) -> Result<Option<StoredPacket>, StoreError> {
        self.blocking(move |shared| shared.packet(seq.0)).await
    }

    /// When a packet or batch arrived; `None` when there is none of that number. A batch's rows are not
    /// read for it.
    ///
    /// # Errors
    /// [`StoreError::Io`] or [`StoreError::Corrupt`].
    pub async fn received_at(&self, seq: PacketSeq) -> Result<Option<Time>, StoreError> {
        self.blocking(move |shared| shared.received_at(seq.0)).await
    }

    /// The samples of `point` in `from..to`, by time, at most `limit` (the first ones), each with the
    /// packet it came in; of corrected values the latest.
    ///
    /// # Errors
    /// [`StoreError::Io`] or [`StoreError::Corrupt`].
    pub async fn range(
        &self,
        point: PointId,
        from: Time,
        to: Time,
        limit: usize,
    ) -> Result<Vec<(Sample, PacketSeq)>, StoreError> {
        self.blocking(move |shared| shared.range(point, from.ms(), to.ms(), limit)).await
    }

    /// The sample of `point` with the latest time.
    #[must_use]
    pub fn latest(&self, point: PointId) -> Option<(Sample, PacketSeq)> {
        self.shared.read().live.latest(point).map(|row| row.sample())
    }

    /// The sample that stands for now: the one with the latest time, unless that is ahead of `now` by
    /// more than ten minutes and one of the month before `now` came in after it. So a single reading
    /// dated wrongly does not hide what comes after it, and a station whose clock is always ahead has
    /// its newest value all the same.
    #[must_use]
    pub fn latest_by(&self, point: PointId, now: Time) -> Option<(Sample, PacketSeq)> {
        let latest = self.latest(point)?;
        if latest.0.at <= now.plus_ms(AHEAD_MS) {
            return Some(latest);
        }
        Some(self.shared.overtaking(point, now.ms() + AHEAD_MS, latest.1).unwrap_or(latest))
    }

    /// [`Samples::latest_by`] of each of these points, in their order.
    pub async fn latest_of_by(&self, points: &[PointId], now: Time) -> Vec<Option<(Sample, PacketSeq)>> {
        let latest = self.latest_of(points);
        if latest.iter().flatten().all(|(sample, _)| sample.at <= now.plus_ms(AHEAD_MS)) {
            return latest;
        }
        // What is ahead may have to be looked for in files.
        let (samples, points) = (self.clone(), points.to_vec());
        let look = move || points.into_iter().map(|point| samples.latest_by(point, now)).collect();
        tokio::task::spawn_blocking(look).await.unwrap_or(latest)
    }

    /// The latest sample of each of these points, in their order, all of one moment.
    #[must_use]
    pub fn latest_of(&self, points: &[PointId]) -> Vec<Option<(Sample, PacketSeq)>> {
        let inner = self.shared.read();
        points.iter().map(|point| inner.live.latest(*point).map(|row| row.sample())).collect()
    }

    /// Up to `limit` packets and batches with a number above `after`, without copying those still in
    /// memory; fewer when they are large.
    ///
    /// # Errors
    /// [`StoreError::Io`] or [`StoreError::Corrupt`].
    pub async fn batches_after(&self, after: PacketSeq, limit: usize) -> Result<Vec<Batch>, StoreError> {
        if after >= self.head() || limit == 0 {
            return Ok(vec![]);
        }
        // Whoever follows closely is answered from memory, without another thread.
        if let Some(recent) = self.shared.recent_after(after.0, limit) {
            if recent.len() >= MANY {
                // Whoever has much to do with them lets others have the thread in between.
                tokio::task::yield_now().await;
            }
            return Ok(recent);
        }
        self.blocking(move |shared| shared.batches_after(after.0, limit)).await
    }

    /// The samples of each of these points in `from..to` as columns, in the points' order.
    ///
    /// # Errors
    /// [`StoreError::Io`] or [`StoreError::Corrupt`].
    pub async fn columns(
        &self,
        points: &[PointId],
        from: Time,
        to: Time,
    ) -> Result<Vec<Columns>, StoreError> {
        let points = points.to_vec();
        self.blocking(move |shared| columns_of(shared, &points, from, to)).await
    }

    /// [`Samples::columns`] from a thread that may block.
    ///
    /// # Errors
    /// As [`Samples::columns`].
    pub fn columns_blocking(
        &self,
        points: &[PointId],
        from: Time,
        to: Time,
    ) -> Result<Vec<Columns>, StoreError> {
        columns_of(&self.shared, points, from, to)
    }

    /// Every value that was ever kept for a moment, oldest first; the last one counts.
    ///
    /// # Errors
    /// [`StoreError::Io`] or [`StoreError::Corrupt`].
    pub async fn versions(&self, point: PointId, at: Time) -> Result<Vec<(Sample, PacketSeq)>, StoreError> {
        self.blocking(move |shared| shared.versions(point, at.ms())).await
    }

    /// Seals what is in memory and merges everything into one segment a day. For backups, exports and
    /// measurements; the store does it by itself in time.
    ///
    /// # Errors
    /// What the file system says; nothing is lost then.
    pub async fn settle(&self) -> Result<(), StoreError> {
        const CLOSED: StoreError = StoreError::Closed { what: "merging samples" };
        let (asks, keeper) = self.asks.as_ref().zip(self.keeper.as_ref()).ok_or(CLOSED)?;
        let (answer, answered) = oneshot::channel();
        asks.send(Ask::Seal(answer)).await.map_err(|_| CLOSED)?;
        answered.await.unwrap_or(Err(CLOSED))?;
        let (answer, answered) = oneshot::channel();
        keeper.ask(keeper::Job::Settle(answer));
        answered.await.unwrap_or(Err(CLOSED))
    }

    /// What each of these points comes to over each stretch of `from..to`; late rows and corrections are in
    /// it at once. Kept roll-ups are used wherever they say what the rows say, and where only they are
    /// left: an hour of those counts where it begins.
    ///
    /// # Errors
    /// [`StoreError::Io`] or [`StoreError::Corrupt`].
    pub async fn rollups(
        &self,
        points: &[PointId],
        from: Time,
        to: Time,
        step: Step,
    ) -> Result<Vec<Vec<Bucket>>, StoreError> {
        let all = Vec::with_capacity(points.len());
        self.rollups_each(points, (from, to), step, all, |all, _, buckets| all.push(buckets.to_vec())).await
    }

    /// [`Samples::rollups`] for whoever makes something else of them: `each` is handed point by point, in
    /// their order, on a thread that may block, and what it made of them is returned.
    ///
    /// # Errors
    /// [`StoreError::Io`] or [`StoreError::Corrupt`].
    pub async fn rollups_each<T: Send + 'static>(
        &self,
        points: &[PointId],
        (from, to): (Time, Time),
        step: Step,
        mut made: T,
        mut each: impl FnMut(&mut T, PointId, &[Bucket]) + Send + 'static,
    ) -> Result<T, StoreError> {
        let points = points.to_vec();
        let stretch = (from.ms(), to.ms());
        self.blocking(move |shared| {
            rolled::rolled(shared, &points, step, stretch, |point, buckets| each(&mut made, point, buckets))?;
            Ok(made)
        })
        .await
    }

    /// What each class of points takes in sealed files, by its place. The first time every index is read;
    /// afterwards only those of new files, as long as the classes stay.
    ///
    /// # Errors
    /// [`StoreError::Io`] or [`StoreError::Corrupt`].
    pub async fn storage_of(&self, classes: Classes) -> Result<Vec<ClassStorage>, StoreError> {
        self.blocking(move |shared| classes::storage(shared, &classes)).await
    }

    /// What there is on disk.
    #[must_use]
    pub fn storage(&self) -> Storage {
        let inner = self.shared.read();
        let sealing = inner.sealing.as_ref().map_or(0, |frozen| frozen.part.bytes);
        Storage {
            columns_bytes: inner.segments.iter().map(|s| s.meta.bytes).sum(),
            rows: inner.segments.iter().map(|s| s.meta.rows).sum(),
            frames_bytes: inner.frames.iter().map(|f| f.meta.bytes).sum(),
            frames_plain: inner.frames.iter().map(|f| f.meta.plain).sum(),
            rollups_bytes: inner.rolls.iter().map(|r| r.meta.bytes).sum(),
            log_bytes: inner.active.bytes + sealing,
            segments: inner.segments.len() as u64,
            merged: inner.segments.iter().filter(|s| s.meta.level > 0).count() as u64,
        }
    }

    /// Looks at every checksum of the sealed files. What is damaged is in the answer, by name.
    ///
    /// # Errors
    /// [`StoreError::Io`] when the file system refuses to be read at all.
    pub async fn verify(&self) -> Result<Verified, StoreError> {
        self.blocking(verify::verify).await
    }

    /// Lets go what is older than it shall be kept; what is not merged yet is merged first. Returns the
    /// bytes given back.
    ///
    /// # Errors
    /// What the file system says; nothing else is lost then.
    pub async fn retain(&self, keep: Keep) -> Result<u64, StoreError> {
        const CLOSED: StoreError = StoreError::Closed { what: "letting go old samples" };
        if retention::waits_for_merging(&self.shared, &keep) || self.holds_frames_of_yesterday(&keep).await? {
            self.settle().await?;
        }
        let keeper = self.keeper.as_ref().ok_or(CLOSED)?;
        let (answer, answered) = oneshot::channel();
        keeper.ask(keeper::Job::Retain(keep, answer));
        answered.await.unwrap_or(Err(CLOSED))
    }

    /// Whether frames go some day and the log that is written began more than a day ago. A log's frames go
    /// together, when its last one is over its time: so a quiet house ends a log a day.
    async fn holds_frames_of_yesterday(&self, keep: &Keep) -> Result<bool, StoreError> {
        if keep.frames_from.is_none() {
            return Ok(false);
        }
        let before = self.shared.read().active.first - 1;
        let first = self.packets_after(PacketSeq(before), 1).await?.pop();
        let begun = first.map(|packet| packet.packet.received_at).zip(self.latest_received_at());
        Ok(begun.is_some_and(|(first, newest)| newest.since_ms(first) >= DAY_MS))
    }

    /// When and how often a station was heard.
    #[must_use]
    pub fn seen(&self, station: &StationCode) -> Option<Seen> {
        self.shared.read().state.seen(station)
    }

    /// When the newest packet arrived.
    #[must_use]
    pub fn latest_received_at(&self) -> Option<Time> {
        self.shared.read().state.received_at()
    }

    /// Figures since the store was made. Duplicates are counted in memory and written with each
    /// sealed log: a kill forgets those since the last one; the others are exact.
    #[must_use]
    pub fn stats(&self) -> SampleStats {
        let inner = self.shared.read();
        let unsealed = inner.active.bytes + inner.sealing.as_ref().map_or(0, |frozen| frozen.part.bytes);
        let columns: u64 = inner.segments.iter().map(|s| s.meta.bytes).sum();
        let frames: u64 = inner.frames.iter().map(|f| f.meta.bytes).sum();
        let rollups: u64 = inner.rolls.iter().map(|r| r.meta.bytes).sum();
        SampleStats {
            bytes: columns + frames + rollups + unsealed,
            segments: inner.segments.len() as u64,
            ..inner.state.stats
        }
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Shared) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let shared = Arc::clone(&self.shared);
        tokio::task::spawn_blocking(move || work(&shared)).await.unwrap_or(Err(STOPPED))
    }
}

fn columns_of(shared: &Shared, points: &[PointId], from: Time, to: Time) -> Result<Vec<Columns>, StoreError> {
    let columns = |point: &PointId| {
        let chunk = shared.columns(*point, from.ms(), to.ms())?;
        let (first, last) = (chunk.times.first().copied(), chunk.times.last().copied());
        let inside = first.is_none_or(|at| at >= from.ms()) && last.is_none_or(|at| at < to.ms());
        let chunk = if inside { chunk } else { chunk.cut(from.ms(), to.ms()) };
        let packets = chunk.origins.into_iter().map(i64::abs).collect();
        Ok(Columns { times: chunk.times, values: chunk.values, qualities: chunk.qualities, packets })
    };
    points.iter().map(columns).collect()
}

fn check(packet: &Packet) -> Result<(), StoreError> {
    let invalid = |why: String| Err(StoreError::invalid("appending a packet", why));
    if packet.raw.len() > Packet::MAX_RAW {
        return invalid(format!("{} raw bytes; at most {} are kept", packet.raw.len(), Packet::MAX_RAW));
    }
    if packet.readings.len() > Packet::MAX_READINGS {
        let most = Packet::MAX_READINGS;
        return invalid(format!("{} readings; at most {most} are kept", packet.readings.len()));
    }
    match packet.readings.iter().find(|r| r.sample.value.is_some_and(|v| !v.is_finite())) {
        Some(bad) => invalid(format!("the value of point {} at {} is no number", bad.point, bad.sample.at)),
        None => Ok(()),
    }
}
