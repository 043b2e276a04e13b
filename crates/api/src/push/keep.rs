//! Rows into the samples log.

use super::source::Target;
use field::id::{PointId, StationCode};
use field::sample::{Packet, Quality, Reading, Sample};
use field::time::{DAY_MS, Time};
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
    let all: Vec<Reading> = (batch.points.iter().zip(&batch.times))
        .zip(batch.values.iter().zip(&batch.qualities))
        .map(|((point, at), (value, quality))| {
            let value = (!value.is_nan()).then_some(*value);
            Reading { point: *point, sample: Sample { at: *at, value, quality: *quality } }
        })
        .collect();
    let mut kept = 0;
    for readings in all.chunks(Packet::MAX_READINGS) {
        let packet = Packet {
            station: source.clone(),
            received_at,
            sent_at: None,
            protocol: protocol.to_owned(),
            raw: rand::random::<u128>().to_le_bytes().to_vec(),
            readings: readings.to_vec(),
        };
        store.samples.append(packet).await.map_err(|error| (kept, error))?;
        kept += readings.len();
    }
    Ok(kept)
}
