//! 批: many rows of a push source at once, as columns; durable together under one number.

use crate::StoreError;
use field::id::{PacketSeq, PointId, StationCode};
use field::sample::{Packet, Quality, Reading, Sample, StoredPacket};
use field::time::Time;
use std::sync::Arc;

/// One batch. The columns are of equal length, at most [`Rows::MAX`]; rows of one point stand in any
/// order of time.
#[derive(Clone, Debug, PartialEq)]
pub struct Rows {
    /// Who pushed it: counted in `seen` like a station.
    pub source: StationCode,
    /// Protocol name, such as `influx`.
    pub protocol: String,
    /// When the last byte arrived (receiver's clock).
    pub received_at: Time,
    /// 测点, one a row.
    pub points: Vec<PointId>,
    /// 观测时间, one a row.
    pub times: Vec<Time>,
    /// Values in the point's unit; NaN where there is none.
    pub values: Vec<f64>,
    /// Qualities, one a row; empty when every value is good.
    pub qualities: Vec<Quality>,
}

impl Rows {
    /// Most rows of one batch: a trip to the disk stays short.
    pub const MAX: usize = 65_536;

    /// An empty batch.
    #[must_use]
    pub fn new(source: StationCode, protocol: impl Into<String>, received_at: Time) -> Self {
        let (points, times, values, qualities) = (vec![], vec![], vec![], vec![]);
        Self { source, protocol: protocol.into(), received_at, points, times, values, qualities }
    }

    /// Adds a row; `value` NaN where there is none.
    pub fn push(&mut self, point: PointId, at: Time, value: f64, quality: Quality) {
        if quality != Quality::Good && self.qualities.is_empty() {
            self.qualities.resize(self.points.len(), Quality::Good);
        }
        self.points.push(point);
        self.times.push(at);
        self.values.push(value);
        if quality != Quality::Good || !self.qualities.is_empty() {
            self.qualities.push(quality);
        }
    }

    /// Forgets the rows and keeps the memory.
    pub fn clear(&mut self) {
        self.points.clear();
        self.times.clear();
        self.values.clear();
        self.qualities.clear();
    }

    /// How many rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.points.len()
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.points.is_empty()
    }

    /// Each row: point, time, value (NaN: none), quality.
    pub fn iter(&self) -> impl Iterator<Item = (PointId, Time, f64, Quality)> + '_ {
        let rows = self.points.iter().zip(&self.times).zip(&self.values).enumerate();
        rows.map(|(i, ((point, at), value))| {
            let quality = match self.qualities.get(i) {
                Some(quality) => *quality,
                None if value.is_nan() => Quality::Missing,
                None => Quality::Good,
            };
            (*point, *at, *value, quality)
        })
    }

    /// As a packet without raw bytes, for those who follow packets.
    #[must_use]
    pub fn as_packet(&self, seq: PacketSeq) -> StoredPacket {
        let reading = |(point, at, value, quality): (PointId, Time, f64, Quality)| Reading {
            point,
            sample: Sample { at, value: (!value.is_nan()).then_some(value), quality },
        };
        let packet = Packet {
            station: self.source.clone(),
            received_at: self.received_at,
            sent_at: None,
            protocol: self.protocol.clone(),
            raw: vec![],
            readings: self.iter().map(reading).collect(),
        };
        StoredPacket { seq, packet }
    }

    pub(crate) fn check(&self) -> Result<(), StoreError> {
        let invalid = |why: String| Err(StoreError::invalid("appending rows", why));
        let rows = self.points.len();
        if rows > Self::MAX {
            return invalid(format!("{rows} rows in one batch; at most {} are kept: split it", Self::MAX));
        }
        if self.times.len() != rows || self.values.len() != rows {
            return invalid(format!(
                "{rows} points, {} times, {} values: the columns are not of one length",
                self.times.len(),
                self.values.len()
            ));
        }
        if !self.qualities.is_empty() && self.qualities.len() != rows {
            return invalid(format!("{} qualities for {rows} rows", self.qualities.len()));
        }
        match self.values.iter().position(|v| v.is_infinite()) {
            Some(i) => invalid(format!("the value of row {i} is infinite")),
            None => Ok(()),
        }
    }
}

/// What became of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowsAppended {
    /// Its number.
    pub seq: PacketSeq,
    /// Rows in it.
    pub rows: usize,
    /// Rows that the hot window had already with the same value. Those that only a sealed segment has
    /// are dropped later and not counted.
    pub duplicates: usize,
}

/// What became durable under one number.
#[derive(Clone, Debug)]
pub enum Batch {
    /// A frame of a device.
    Packet(Arc<StoredPacket>),
    /// A batch of a push source.
    Rows(PacketSeq, Arc<Rows>),
}

impl Batch {
    /// Its number.
    #[must_use]
    pub fn seq(&self) -> PacketSeq {
        match self {
            Self::Packet(packet) => packet.seq,
            Self::Rows(seq, _) => *seq,
        }
    }

    /// How many readings are in it.
    #[must_use]
    pub fn readings(&self) -> usize {
        match self {
            Self::Packet(packet) => packet.packet.readings.len(),
            Self::Rows(_, rows) => rows.len(),
        }
    }

    /// As a packet, for those who do not care.
    #[must_use]
    pub fn to_packet(&self) -> StoredPacket {
        match self {
            Self::Packet(packet) => StoredPacket::clone(packet),
            Self::Rows(seq, rows) => rows.as_packet(*seq),
        }
    }

    pub(crate) fn station(&self) -> &StationCode {
        match self {
            Self::Packet(packet) => &packet.packet.station,
            Self::Rows(_, rows) => &rows.source,
        }
    }

    /// Bytes in memory, roughly.
    pub(crate) fn weight(&self) -> usize {
        match self {
            Self::Packet(p) => p.packet.raw.len() + p.packet.readings.len() * 40 + 128,
            Self::Rows(_, rows) => rows.len() * 25 + 128,
        }
    }
}
