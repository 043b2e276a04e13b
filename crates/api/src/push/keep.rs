//! Rows into the samples log.

use super::source::Target;
use field::id::{PointId, StationCode};
use field::sample::{Packet, Quality, Reading, Sample};
use field::time::{DAY_MS, Time};
use store::samples::Rows;
use store::{Store, StoreError};

/// A row observed so long after the receiver's clock comes from a wrong clock.
const AHEAD_MS: i64 = DAY_MS;

/// Rows of one source, column by column.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    pub(crate) points: Vec<PointId>,
    pub(crate) times: Vec<Time>,
    pub(crate) values: Vec<f64>,
    pub(crate) qualities: Vec<Quality>,
}

impl Batch {
    pub(crate) fn with_room(rows: usize) -> Self {
        Self {
            points: Vec::with_capacity(rows),
            times: Vec::with_capacity(rows),
            values: Vec::with_capacity(rows),
            qualities: Vec::with_capacity(rows),
        }
    }

    /// A measured value; outside the point's range, or a day ahead of `now`, it is suspect.
    #[inline]
    pub(crate) fn measured(&mut self, target: Target, at: Time, value: f64, now: Time) {
        let inside = value >= target.min && value <= target.max && at.since_ms(now) <= AHEAD_MS;
        self.push(target.point, at, value, if inside { Quality::Good } else { Quality::Suspect });
    }

    /// Any row; NaN is a missing value.
    #[inline]
    pub(crate) fn push(&mut self, point: PointId, at: Time, value: f64, quality: Quality) {
        self.points.push(point);
        self.times.push(at);
        self.values.push(value);
        self.qualities.push(quality);
    }

    pub(crate) fn len(&self) -> usize {
        self.points.len()
    }
}

/// Keeps the rows. When it returns, all of them are durable; on error the number says how many are.
pub(crate) async fn keep(
    store: &Store,
    source: &StationCode,
    protocol: &str,
    received_at: Time,
    batch: Batch,
) -> Result<usize, (usize, StoreError)> {
    let all_good = batch.qualities.iter().all(|q| *q == Quality::Good);
    let whole = Rows {
        points: batch.points,
        times: batch.times,
        values: batch.values,
        qualities: if all_good { vec![] } else { batch.qualities },
        ..Rows::new(source.clone(), protocol, received_at)
    };
    let all = whole.len();
    if all <= Rows::MAX {
        return store.samples.append_rows(whole).await.map(|_| all).map_err(|error| (0, error));
    }
    let mut kept = 0;
    let mut rows = whole.iter().peekable();
    while rows.peek().is_some() {
        let mut some = Rows::new(source.clone(), protocol, received_at);
        for (point, at, value, quality) in rows.by_ref().take(Rows::MAX) {
            some.push(point, at, value, quality);
        }
        let count = some.len();
        store.samples.append_rows(some).await.map_err(|error| (kept, error))?;
        kept += count;
    }
    Ok(kept)
}

/// Keeps a small body with its raw bytes, so that its readings lead back to them: all of it or nothing.
/// The same body sent again changes nothing.
pub(crate) async fn keep_packet(
    store: &Store,
    source: &StationCode,
    protocol: &str,
    received_at: Time,
    raw: Vec<u8>,
    batch: Batch,
) -> Result<usize, StoreError> {
    let count = batch.len();
    if count == 0 {
        return Ok(0);
    }
    let rows = batch.points.into_iter().zip(batch.times).zip(batch.values).zip(batch.qualities);
    let reading = |(((point, at), value), quality): (((PointId, Time), f64), Quality)| Reading {
        point,
        sample: Sample { at, value: (!value.is_nan()).then_some(value), quality },
    };
    let packet = Packet {
        station: source.clone(),
        received_at,
        sent_at: None,
        protocol: protocol.to_owned(),
        raw,
        readings: rows.map(reading).collect(),
    };
    store.samples.append(packet).await.map(|_| count)
}
