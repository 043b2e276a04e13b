//! 读数库: the append-only log of packets and the readings in them.
//!
//! Layout and reasons: `docs/decisions/0003-samples-layout.md`.

use crate::{Options, StoreError};
use field::id::{PacketSeq, PointId, StationCode};
use field::sample::{Packet, Sample, StoredPacket};
use field::time::Time;
use tokio::sync::watch;

mod seen;
pub use seen::Seen;

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
    head: watch::Sender<PacketSeq>,
}

impl Samples {
    pub(crate) async fn open(options: &Options) -> Result<Self, StoreError> {
        let _ = options;
        Ok(Self { head: watch::Sender::new(PacketSeq(0)) })
    }

    pub(crate) async fn close(&self) {}

    /// Keeps a packet. When it returns, the packet's raw bytes and readings are on disk, or were
    /// already. A reading that is there with the same value is not doubled; another value for the
    /// same point and time is a correction: the latest wins in [`Samples::range`], both stay in the
    /// log. Waits while the queue is full (back-pressure).
    ///
    /// # Errors
    /// [`StoreError::Full`] when the disk is full, [`StoreError::Io`], [`StoreError::Invalid`] for a
    /// packet beyond [`Packet::MAX_RAW`] or [`Packet::MAX_READINGS`]. On error nothing was kept.
    pub async fn append(&self, packet: Packet) -> Result<Appended, StoreError> {
        let _ = packet;
        Err(StoreError::Closed { what: "append" })
    }

    /// Notes that a station was heard without data (a keep-alive): [`Samples::seen`] moves, in memory
    /// only; nothing is written.
    pub fn heard(&self, station: &StationCode, received_at: Time, sent_at: Option<Time>) {
        let _ = (station, received_at, sent_at);
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

    /// Up to `limit` packets with a number above `after`, in order.
    ///
    /// # Errors
    /// [`StoreError::Io`] or [`StoreError::Corrupt`].
    pub async fn packets_after(
        &self,
        after: PacketSeq,
        limit: usize,
    ) -> Result<Vec<StoredPacket>, StoreError> {
        let _ = (after, limit);
        Ok(vec![])
    }

    /// Up to `limit` of the newest packets of one station, newest first.
    ///
    /// # Errors
    /// [`StoreError::Io`] or [`StoreError::Corrupt`].
    pub async fn packets_of(
        &self,
        station: &StationCode,
        limit: usize,
    ) -> Result<Vec<StoredPacket>, StoreError> {
        let _ = (station, limit);
        Ok(vec![])
    }

    /// One packet.
    ///
    /// # Errors
    /// [`StoreError::Io`] or [`StoreError::Corrupt`].
    pub async fn packet(&self, seq: PacketSeq) -> Result<Option<StoredPacket>, StoreError> {
        let _ = seq;
        Ok(None)
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
        let _ = (point, from, to, limit);
        Ok(vec![])
    }

    /// The sample of `point` with the latest time.
    #[must_use]
    pub fn latest(&self, point: PointId) -> Option<(Sample, PacketSeq)> {
        let _ = point;
        None
    }

    /// When and how often a station was heard.
    #[must_use]
    pub fn seen(&self, station: &StationCode) -> Option<Seen> {
        let _ = station;
        None
    }

    /// When the newest packet arrived.
    #[must_use]
    pub fn latest_received_at(&self) -> Option<Time> {
        None
    }

    /// Figures since the store was made.
    #[must_use]
    pub fn stats(&self) -> SampleStats {
        SampleStats::default()
    }
}
