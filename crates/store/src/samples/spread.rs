//! 分站: what of a batch speaks of now, station by station, for the desks that follow the log.

use super::rows::{Batch, Rows};
use crate::Registry;
use field::id::{PacketSeq, PointId, StationCode};
use field::sample::{Packet, Quality, Reading, Sample, StoredPacket};
use field::time::{DAY_MS, Time};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Rows of a batch observed so long before they arrived are history: stored like all others, but
/// nothing that is to be judged now. Twice the longest look back of any rule, and more than what a
/// gateway keeps while its line is down over night.
pub const HISTORY_MS: i64 = 2 * DAY_MS;

impl Batch {
    /// As packets of the stations its readings belong to, in the order of their codes, without
    /// history ([`HISTORY_MS`]) and without points that are not registered. A frame of a device, and what
    /// models say, is itself; a push that was kept with its bytes stands under its source's name.
    #[must_use]
    pub fn by_station(&self, registry: &Registry) -> Vec<Arc<StoredPacket>> {
        match self {
            Self::Packet(stored) => {
                let packet = &stored.packet;
                if packet.is_computed() || registry.station(&packet.station).is_some() {
                    return vec![Arc::clone(stored)];
                }
                let readings = packet.readings.iter().copied();
                spread(stored.seq, packet.received_at, &packet.protocol, readings, registry)
            }
            Self::Rows(seq, rows) => rows.by_station(*seq, registry),
        }
    }

    /// When its last byte arrived.
    #[must_use]
    pub fn received_at(&self) -> Time {
        match self {
            Self::Packet(packet) => packet.packet.received_at,
            Self::Rows(_, rows) => rows.received_at,
        }
    }
}

impl Rows {
    fn by_station(&self, seq: PacketSeq, registry: &Registry) -> Vec<Arc<StoredPacket>> {
        let oldest = self.received_at.plus_ms(-HISTORY_MS);
        // A backfill of years has nothing for now: seen at once, without a look at each point.
        if self.times.iter().all(|at| *at < oldest) {
            return vec![];
        }
        let reading = |(point, at, value, quality): (PointId, Time, f64, Quality)| Reading {
            point,
            sample: Sample { at, value: (!value.is_nan()).then_some(value), quality },
        };
        spread(seq, self.received_at, &self.protocol, self.iter().map(reading), registry)
    }
}

/// A push as packets of the stations whose points it feeds.
fn spread(
    seq: PacketSeq,
    received_at: Time,
    protocol: &str,
    readings: impl Iterator<Item = Reading>,
    registry: &Registry,
) -> Vec<Arc<StoredPacket>> {
    let oldest = received_at.plus_ms(-HISTORY_MS);
    let mut stations: BTreeMap<&StationCode, Vec<Reading>> = BTreeMap::new();
    for reading in readings.filter(|reading| reading.sample.at >= oldest) {
        let Some(registered) = registry.point(reading.point) else { continue };
        stations.entry(&registered.station).or_default().push(reading);
    }
    let packet = |(station, readings): (&StationCode, Vec<Reading>)| {
        let packet = Packet {
            station: station.clone(),
            received_at,
            sent_at: None,
            protocol: protocol.to_owned(),
            raw: vec![],
            readings,
        };
        Arc::new(StoredPacket { seq, packet })
    };
    stations.into_iter().map(packet).collect()
}
