//! The readings of a log that is not sealed yet, by point and time, in memory.

use field::id::{PacketSeq, PointId};
use field::sample::{Quality, Reading, Sample};
use field::time::Time;
use std::collections::{BTreeMap, HashMap};

/// A sample without its time, small.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Entry {
    /// NaN where the station reported a missing value.
    value: f64,
    pub(crate) seq: i64,
    pub(crate) quality: Quality,
}

/// What a reading is to the one that is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Nothing was there.
    New,
    /// The same value was there (or a value, where now none comes).
    Duplicate,
    /// Another value was there.
    Correction,
}

impl Entry {
    pub(crate) fn new(value: Option<f64>, quality: Quality, seq: i64) -> Self {
        Self { value: value.unwrap_or(f64::NAN), seq, quality }
    }

    pub(crate) fn of(reading: &Reading, seq: PacketSeq) -> Self {
        Self::new(reading.sample.value, reading.sample.quality, seq.0)
    }

    pub(crate) fn value(&self) -> Option<f64> {
        (!self.value.is_nan()).then_some(self.value)
    }

    pub(crate) fn sample(&self, at_ms: i64) -> (Sample, PacketSeq) {
        let sample = Sample { at: Time::from_ms(at_ms), value: self.value(), quality: self.quality };
        (sample, PacketSeq(self.seq))
    }

    /// What a further reading of the same point and time is. A missing value never replaces a value:
    /// the station had it when it was asked first.
    pub(crate) fn judge(there: Option<&Self>, next: &Reading) -> Verdict {
        match (there.map(Self::value), next.sample.value) {
            (None, _) => Verdict::New,
            (Some(Some(old)), Some(new)) if old == new => Verdict::Duplicate,
            (Some(_), None) => Verdict::Duplicate,
            (Some(_), Some(_)) => Verdict::Correction,
        }
    }
}

/// Readings by point and time (ms).
#[derive(Debug, Default)]
pub(crate) struct Hot {
    points: HashMap<PointId, BTreeMap<i64, Entry>>,
    /// How many there are.
    pub(crate) readings: usize,
}

impl Hot {
    pub(crate) fn put(&mut self, point: PointId, at_ms: i64, entry: Entry) {
        let old = self.points.entry(point).or_default().insert(at_ms, entry);
        self.readings += usize::from(old.is_none());
    }

    pub(crate) fn get(&self, point: PointId, at_ms: i64) -> Option<&Entry> {
        self.points.get(&point)?.get(&at_ms)
    }

    /// The first `limit` of a point in `from..to`.
    pub(crate) fn range(&self, point: PointId, from: i64, to: i64, limit: usize) -> Vec<(i64, Entry)> {
        let Some(series) = self.points.get(&point).filter(|_| from < to) else { return vec![] };
        series.range(from..to).take(limit).map(|(at, entry)| (*at, *entry)).collect()
    }

    /// Every point with its series, by id.
    pub(crate) fn sorted(&self) -> Vec<(PointId, &BTreeMap<i64, Entry>)> {
        let mut points: Vec<_> = self.points.iter().map(|(id, series)| (*id, series)).collect();
        points.sort_by_key(|(id, _)| *id);
        points
    }
}
