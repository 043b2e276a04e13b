//! Packets to append.

use crate::town::{at, code};
use field::id::PointId;
use field::sample::{Packet, Quality, Reading, Sample};
use field::time::Time;

pub(crate) fn reading(point: i64, at: Time, value: Option<f64>) -> Reading {
    let quality = if value.is_some() { Quality::Good } else { Quality::Missing };
    Reading { point: PointId(point), sample: Sample { at, value, quality } }
}

/// A station's report number `n`, one every five minutes: a value for each of its points
/// (`station * 10`, `station * 10 + 1`, …), sent 0.7 s before it arrived.
pub(crate) fn packet(station: u32, n: i64, values: &[f64]) -> Packet {
    let readings = values.iter().zip(i64::from(station) * 10..);
    let readings = readings.map(|(value, point)| reading(point, at(n * 5), Some(*value))).collect();
    Packet {
        station: code(station),
        received_at: at(n * 5).plus_ms(700),
        sent_at: Some(at(n * 5)),
        protocol: "sl651".into(),
        raw: format!("~~ station {station} report {n} values {values:?}").into_bytes(),
        readings,
    }
}
