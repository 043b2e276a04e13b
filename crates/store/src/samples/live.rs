//! 热窗: what came since the last sealed log, and the latest sample of each point, in memory.

use super::row::{Row, Verdict};
use field::id::PointId;
use std::collections::HashMap;

/// Points with ids below this are found by place, others by hash: ids are given one after another.
const DIRECT: usize = 1 << 22;
/// Stands for "no such point" in the table.
const NONE: u32 = u32::MAX;
/// Rows that came late stand behind the sorted ones; sorted in when they are more than this.
const LATE: usize = 256;

/// Rows of one point: sorted ones, then late ones in the order they came.
#[derive(Clone, Debug, Default)]
pub(crate) struct Series {
    pub(crate) rows: Vec<Row>,
    sorted: usize,
    /// How many rows the window before held, until memory for as many was asked for.
    before: usize,
}

impl Series {
    /// Whether [`Series::push`] would keep it at the end, without looking for others of its time.
    fn follows(&self, at: i64) -> bool {
        self.sorted == self.rows.len() && self.rows.last().is_none_or(|last| last.at < at)
    }

    pub(crate) fn push(&mut self, row: Row) {
        if self.follows(row.at) {
            // Grows by half: doubling would leave a third of the memory empty on the average. The first
            // time, by what the window before held.
            if self.rows.len() == self.rows.capacity() {
                self.rows.reserve_exact((self.rows.len() / 2).max(self.before).max(6));
                self.before = 0;
            }
            self.rows.push(row);
            self.sorted += 1;
            return;
        }
        self.rows.push(row);
        if self.rows.len() - self.sorted > LATE.max(self.sorted / 64) {
            self.rows.sort_by_key(|row| row.at);
            self.sorted = self.rows.len();
        }
    }

    /// Takes the rows out, for a window that will hold about as many.
    fn renew(&mut self) -> Self {
        let next = Self { before: self.rows.len(), ..Self::default() };
        std::mem::replace(self, next)
    }

    /// What counts at that very time.
    pub(crate) fn get(&self, at: i64) -> Option<Row> {
        let (sorted, late) = self.rows.split_at_checked(self.sorted)?;
        let found = late.iter().rev().filter(|row| row.at == at);
        let end = sorted.partition_point(|row| row.at <= at);
        let start = sorted.partition_point(|row| row.at < at);
        let found = found.chain(sorted.get(start..end).unwrap_or_default().iter().rev());
        // What came last counts, a missing value only when there is none else.
        let mut missing = None;
        for row in found {
            if !row.value.is_nan() {
                return Some(*row);
            }
            missing = missing.or(Some(*row));
        }
        missing
    }

    /// The earliest and the latest time.
    pub(crate) fn span(&self) -> Option<(i64, i64)> {
        let (sorted, late) = self.rows.split_at_checked(self.sorted)?;
        let ends = [sorted.first(), sorted.last()].into_iter().flatten().chain(late);
        ends.fold(None, |span, row| {
            let (first, last) = span.unwrap_or((row.at, row.at));
            Some((row.at.min(first), row.at.max(last)))
        })
    }

    /// The rows in `from..to`, those of one moment in the order they came.
    pub(crate) fn within(&self, from: i64, to: i64, into: &mut Vec<Row>) {
        let Some((sorted, late)) = self.rows.split_at_checked(self.sorted) else { return };
        let start = sorted.partition_point(|row| row.at < from);
        let end = sorted.partition_point(|row| row.at < to);
        into.extend_from_slice(sorted.get(start..end).unwrap_or_default());
        into.extend(late.iter().filter(|row| (from..to).contains(&row.at)));
    }
}

/// One point.
#[derive(Clone, Debug)]
struct Point {
    id: PointId,
    /// Its sample with the latest time; `at` is `i64::MIN` when there is none.
    latest: Row,
    series: Series,
}

/// All points.
#[derive(Debug, Default)]
pub(crate) struct Live {
    direct: Vec<u32>,
    others: HashMap<PointId, u32>,
    points: Vec<Point>,
    /// Rows since the last sealed log.
    pub(crate) rows: usize,
}

impl Live {
    /// Points that have rows, each with the earliest one's time.
    pub(crate) fn firsts(&self) -> impl Iterator<Item = (PointId, i64)> + '_ {
        self.points.iter().filter_map(|point| Some((point.id, point.series.span()?.0)))
    }

    fn place(&self, point: PointId) -> Option<usize> {
        let found = match usize::try_from(point.0) {
            Ok(id) if id < DIRECT => *self.direct.get(id)?,
            _ => *self.others.get(&point)?,
        };
        (found != NONE).then_some(found as usize)
    }

    fn place_or_new(&mut self, point: PointId) -> usize {
        if let Some(place) = self.place(point) {
            return place;
        }
        let place = self.points.len();
        let latest = Row::new(i64::MIN, f64::NAN, field::sample::Quality::Missing, 0);
        self.points.push(Point { id: point, latest, series: Series::default() });
        match usize::try_from(point.0) {
            Ok(id) if id < DIRECT => {
                if self.direct.len() <= id {
                    self.direct.resize(id + 1, NONE);
                }
                if let Some(slot) = self.direct.get_mut(id) {
                    *slot = place as u32;
                }
            }
            _ => drop(self.others.insert(point, place as u32)),
        }
        place
    }

    /// Keeps a row that was judged already.
    pub(crate) fn put(&mut self, point: PointId, row: Row) {
        let place = self.place_or_new(point);
        let Some(point) = self.points.get_mut(place) else { return };
        point.series.push(row);
        self.rows += 1;
        if row.at >= point.latest.at {
            point.latest = row;
        }
    }

    /// Keeps a row of a batch unless the window has the same already. Returns `false` for a duplicate.
    pub(crate) fn put_bulk(&mut self, point: PointId, row: Row) -> bool {
        let place = self.place_or_new(point);
        let Some(point) = self.points.get_mut(place) else { return false };
        if row.at > point.latest.at {
            point.latest = row;
        } else {
            let there = if row.at == point.latest.at { Some(point.latest) } else { point.series.get(row.at) };
            if Row::judge(there.as_ref(), &row) == Verdict::Duplicate {
                return false;
            }
            if row.at == point.latest.at {
                point.latest = row;
            }
        }
        point.series.push(row);
        self.rows += 1;
        true
    }

    pub(crate) fn series(&self, point: PointId) -> Option<&Series> {
        self.points.get(self.place(point)?).map(|p| &p.series)
    }

    /// A point's sample with the latest time.
    pub(crate) fn latest(&self, point: PointId) -> Option<Row> {
        let latest = self.points.get(self.place(point)?)?.latest;
        (latest.at != i64::MIN).then_some(latest)
    }

    /// Every point's latest sample.
    pub(crate) fn all_latest(&self) -> Vec<(PointId, Row)> {
        let known = self.points.iter().filter(|p| p.latest.at != i64::MIN);
        known.map(|p| (p.id, p.latest)).collect()
    }

    /// Notes a latest sample that was saved.
    pub(crate) fn restore_latest(&mut self, point: PointId, row: Row) {
        let place = self.place_or_new(point);
        if let Some(point) = self.points.get_mut(place).filter(|p| row.at >= p.latest.at) {
            point.latest = row;
        }
    }

    /// Takes all rows out, by point; latest samples stay.
    pub(crate) fn freeze(&mut self) -> Vec<(PointId, Series)> {
        let with_rows = self.points.iter_mut().filter(|p| !p.series.rows.is_empty());
        let mut frozen: Vec<_> = with_rows.map(|p| (p.id, p.series.renew())).collect();
        frozen.sort_unstable_by_key(|(id, _)| *id);
        self.rows = 0;
        frozen
    }
}
