//! 行: one value of one point in memory, 24 bytes, and the rule by which versions of it replace each other.

use field::id::PacketSeq;
use field::sample::{Quality, Reading, Sample};
use field::time::Time;

/// Set in a row's mark when it came in a batch of a push source.
const BULK: u64 = 0x80;

/// A sample with the packet it came in. Rows of one point stand in the order in which they arrived.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    /// Milliseconds since 1970.
    pub(crate) at: i64,
    /// NaN where there is no value.
    pub(crate) value: f64,
    /// Packet's number, whether it came in a batch, and the quality: 56 + 1 + 7 bits.
    mark: u64,
}

/// What a further value for the same point and time is to the one that is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Nothing was there.
    New,
    /// The same value was there (or a value, where now none comes).
    Duplicate,
    /// Another value was there.
    Correction,
}

impl Row {
    pub(crate) const fn new(at: i64, value: f64, quality: Quality, seq: i64) -> Self {
        Self { at, value, mark: ((seq as u64) << 8) | quality as u64 }
    }

    /// A row of a batch.
    pub(crate) const fn bulk(at: i64, value: f64, quality: Quality, seq: i64) -> Self {
        Self { at, value, mark: ((seq as u64) << 8) | BULK | quality as u64 }
    }

    pub(crate) fn of(reading: &Reading, seq: PacketSeq) -> Self {
        let sample = reading.sample;
        Self::new(sample.at.ms(), sample.value.unwrap_or(f64::NAN), sample.quality, seq.0)
    }

    /// From the columns of a chunk; `origin` as [`Row::origin`] gave it.
    pub(crate) const fn stored(at: i64, value: f64, quality: Quality, origin: i64) -> Self {
        if origin < 0 {
            Self::bulk(at, value, quality, -origin)
        } else {
            Self::new(at, value, quality, origin)
        }
    }

    pub(crate) const fn seq(&self) -> i64 {
        (self.mark >> 8) as i64
    }

    pub(crate) const fn is_bulk(&self) -> bool {
        self.mark & BULK != 0
    }

    /// The packet's number, negative for a batch's.
    pub(crate) const fn origin(&self) -> i64 {
        if self.is_bulk() { -self.seq() } else { self.seq() }
    }

    pub(crate) const fn quality(&self) -> Quality {
        Quality::from_code((self.mark & 0x7f) as u8)
    }

    pub(crate) fn value(&self) -> Option<f64> {
        (!self.value.is_nan()).then_some(self.value)
    }

    pub(crate) fn sample(&self) -> (Sample, PacketSeq) {
        let sample = Sample { at: Time::from_ms(self.at), value: self.value(), quality: self.quality() };
        (sample, PacketSeq(self.seq()))
    }

    const fn doubts(&self, old: &Self) -> bool {
        matches!((old.quality(), self.quality()), (Quality::Good | Quality::Manual, Quality::Suspect))
    }

    /// What a further value at the same time is. A missing value never replaces a value: the station
    /// had it when it was asked first. An estimated one never replaces a measured one.
    pub(crate) fn judge(there: Option<&Self>, next: &Self) -> Verdict {
        let Some(old) = there else { return Verdict::New };
        if next.value.is_nan() {
            return Verdict::Duplicate;
        }
        let estimated = |row: &Self| row.quality() == Quality::Estimated && !row.value.is_nan();
        match (estimated(old), estimated(next)) {
            (false, true) if !old.value.is_nan() => Verdict::Duplicate,
            (true, false) => Verdict::Correction,
            // A doubt about a value is news; that somebody else believes it is not.
            _ if old.value == next.value && !next.doubts(old) => Verdict::Duplicate,
            _ => Verdict::Correction,
        }
    }

    /// [`Row::judge`] for a value whose time is doubted only because of when its message came: that is no
    /// news about a value that was believed when it came first.
    pub(crate) fn judge_untimely(there: Option<&Self>, next: &Self) -> Verdict {
        match there {
            Some(old) if old.value == next.value && next.doubts(old) => Verdict::Duplicate,
            _ => Self::judge(there, next),
        }
    }
}

/// Sorts rows by time, keeps what counts of each moment and puts what was replaced into `old`. Takes
/// rows in the order they arrived; folding parts first and then the whole gives the same.
pub(crate) fn fold(rows: &mut Vec<Row>, old: &mut Vec<Row>) {
    if rows.is_sorted_by(|a, b| a.at < b.at) {
        return;
    }
    // Stable: what arrived later stays behind.
    rows.sort_by_key(|row| row.at);
    let before = old.len();
    rows.dedup_by(|next, there| {
        if next.at != there.at {
            return false;
        }
        if Row::judge(Some(there), next) == Verdict::Correction {
            old.push(*there);
            *there = *next;
        }
        true
    });
    debug_assert!(old.len() >= before);
}
