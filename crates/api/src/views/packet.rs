//! Raw frames, explained: of the log and of the quarantine.

use super::person::{self, PersonBrief};
use super::words::{self, Stamp};
use crate::session::hex;
use field::sample::{Quality, StoredPacket};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::Registry;
use store::tables::Quarantined;
use utoipa::{IntoParams, ToSchema};

/// A reading.
#[derive(Serialize, ToSchema)]
pub(crate) struct ReadingView {
    pub(crate) point: i64,
    pub(crate) at: Stamp,
    pub(crate) value: Option<f64>,
    #[schema(value_type = words::Quality)]
    pub(crate) quality: Quality,
}

/// Bytes `start..end` of a frame mean this.
#[derive(Serialize, ToSchema)]
pub(crate) struct FieldMark {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) name: String,
}

/// A packet of the log.
#[derive(Serialize, ToSchema)]
pub(crate) struct PacketView {
    pub(crate) seq: i64,
    pub(crate) station: String,
    pub(crate) received_at: Stamp,
    pub(crate) sent_at: Option<Stamp>,
    pub(crate) protocol: String,
    pub(crate) hex: String,
    /// What was new in it.
    pub(crate) readings: Vec<ReadingView>,
    /// As `zhizhen decode` prints it.
    #[schema(value_type = Object)]
    pub(crate) decoded: Value,
    pub(crate) fields: Vec<FieldMark>,
}

/// A frame in quarantine.
#[derive(Serialize, ToSchema)]
pub(crate) struct QuarantineView {
    pub(crate) id: i64,
    pub(crate) at: Stamp,
    pub(crate) peer: String,
    pub(crate) protocol: String,
    pub(crate) station: Option<String>,
    /// Why, as a code.
    pub(crate) reason: String,
    pub(crate) detail: String,
    pub(crate) hex: String,
    /// How often the same bytes came from the same peer.
    pub(crate) times: i64,
    #[schema(value_type = Object)]
    pub(crate) decoded: Value,
    pub(crate) fields: Vec<FieldMark>,
    pub(crate) dismissed_by: Option<PersonBrief>,
}

/// Which packets.
#[derive(Deserialize, IntoParams)]
pub(crate) struct PacketAsk {
    /// A station's code.
    pub(crate) station: String,
    /// 1 to 200, default 20.
    pub(crate) limit: Option<usize>,
}

/// Which frames.
#[derive(Deserialize, IntoParams)]
pub(crate) struct QuarantineAsk {
    /// Only those nobody has looked at (`true`, the default) or only the others.
    pub(crate) open: Option<bool>,
    pub(crate) cursor: Option<i64>,
    /// 1 to 500, default 100.
    pub(crate) limit: Option<usize>,
}

fn explained(protocol: &str, raw: &[u8]) -> (Value, Vec<FieldMark>) {
    let Some(protocol) = wire::protocol(protocol) else {
        // What the house computed says why in JSON.
        return (serde_json::from_slice(raw).unwrap_or(Value::Null), vec![]);
    };
    let explained = (protocol.explain)(raw);
    let marks = explained.fields.into_iter().map(|f| FieldMark { start: f.start, end: f.end, name: f.name });
    (explained.decoded, marks.collect())
}

/// The readings of a packet.
pub(crate) fn readings(packet: &StoredPacket) -> Vec<ReadingView> {
    let view = |r: &field::sample::Reading| ReadingView {
        point: r.point.0,
        at: r.sample.at.into(),
        value: r.sample.value,
        quality: r.sample.quality,
    };
    packet.packet.readings.iter().map(view).collect()
}

impl From<StoredPacket> for PacketView {
    fn from(stored: StoredPacket) -> Self {
        let readings = readings(&stored);
        let p = stored.packet;
        let (decoded, fields) = explained(&p.protocol, &p.raw);
        Self {
            seq: stored.seq.0,
            station: p.station.to_string(),
            received_at: p.received_at.into(),
            sent_at: p.sent_at.map(Stamp),
            protocol: p.protocol,
            hex: hex(&p.raw),
            readings,
            decoded,
            fields,
        }
    }
}

impl QuarantineView {
    pub(crate) fn of(registry: &Registry, q: Quarantined) -> Self {
        let (decoded, fields) = explained(&q.protocol, &q.raw);
        Self {
            id: q.id,
            at: q.at.into(),
            peer: q.peer,
            protocol: q.protocol,
            station: q.station,
            reason: q.reason,
            detail: q.detail,
            hex: hex(&q.raw),
            times: q.times,
            decoded,
            fields,
            dismissed_by: q.dismissed_by.map(|by| person::brief(registry, by)),
        }
    }
}
