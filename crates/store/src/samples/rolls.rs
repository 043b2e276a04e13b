//! 滚动统计: what the rows of one point in one merged segment come to, kept beside the segment so that
//! nobody has to read the rows for it, and kept on when the rows are let go.
//!
//! ```text
//! length u32     of everything behind it, the checksum included
//! point, levels  varints
//! level*         step, buckets as varints; starts, counts and goods as runs; min, max, sum [codec]
//! crc32 u32
//! ```
//! Hours always; five minutes and minutes only of points that report so often that they are much fewer
//! than the rows ([`DENSE`]). Days are put together from hours.

use super::Columns;
use super::bytes::{Put as _, Take, put_signed, put_varint};
use super::codec::{self, Effort};
use super::rollup::{Bucket, Step, buckets};
use field::id::PointId;
use field::time::{DAY_MS, MINUTE_MS, Time};

/// The steps that are kept, longest first.
pub(crate) const STEPS: [Step; 3] = [Step::Hour, Step::Minutes(5), Step::Minutes(1)];
/// A shorter step than the hour is kept where it has so many rows a bucket: with fewer it would take
/// as much room as the rows.
const DENSE: usize = 12;
/// Most buckets of one level: minutes of two days (a segment has one).
const MAX_BUCKETS: usize = 2 * 1_440;
/// Buckets from which the slow, small way of writing pays.
const MANY: usize = 200;

/// The buckets of one point, by step.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Rolls {
    levels: Vec<(i64, Vec<Bucket>)>,
}

/// The longest kept step of which a step is made.
pub(crate) fn base_of(step: Step) -> Option<Step> {
    STEPS.into_iter().find(|base| step.length_ms() % base.length_ms() == 0)
}

impl Rolls {
    /// Of a point's rows.
    pub(crate) fn of(columns: &Columns) -> Self {
        let mut levels: Vec<(i64, Vec<Bucket>)> = vec![];
        for step in STEPS {
            let found = buckets(columns, step);
            let dense = step == Step::Hour || columns.times.len() >= found.len().saturating_mul(DENSE);
            if !found.is_empty() && dense {
                levels.push((step.length_ms(), found.into_iter().map(rounded).collect()));
            }
        }
        Self { levels }
    }

    /// The first bucket's start, and the last one's end less a millisecond.
    pub(crate) fn span(&self) -> Option<(i64, i64)> {
        let (step, hours) = self.levels.first()?;
        Some((hours.first()?.at.ms(), hours.last()?.at.ms() + step - 1))
    }

    /// The buckets of a step that is kept for this point.
    pub(crate) fn level(&self, step: Step) -> Option<&[Bucket]> {
        let length = step.length_ms();
        self.levels.iter().find(|(of, _)| *of == length).map(|(_, buckets)| buckets.as_slice())
    }

    /// Adds the buckets of another part of the same point.
    pub(crate) fn add(&mut self, other: &Self) {
        for (step, buckets) in &other.levels {
            let Some((_, own)) = self.levels.iter_mut().find(|(of, _)| of == step) else {
                self.levels.push((*step, buckets.clone()));
                continue;
            };
            for bucket in buckets {
                match own.binary_search_by_key(&bucket.at, |b| b.at) {
                    Ok(i) => own.get_mut(i).into_iter().for_each(|b| b.add(bucket)),
                    Err(i) => own.insert(i, *bucket),
                }
            }
        }
        self.levels.sort_by_key(|(step, _)| -step);
    }

    /// Writes it at the end of `out`.
    pub(crate) fn write(&self, out: &mut Vec<u8>, point: PointId) {
        let start = out.len();
        out.put_u32(0);
        put_signed(out, point.0);
        put_varint(out, self.levels.len() as u64);
        for (step, buckets) in &self.levels {
            put_varint(out, *step as u64);
            put_varint(out, buckets.len() as u64);
            let effort = if buckets.len() >= MANY { Effort::Small } else { Effort::Quick };
            let starts: Vec<i64> = buckets.iter().map(|b| b.at.ms()).collect();
            codec::put_times(out, &starts, effort);
            codec::put_number_runs(out, buckets.iter().map(|b| b.count));
            codec::put_number_runs(out, buckets.iter().map(|b| b.good));
            let columns: [fn(&Bucket) -> f64; 3] = [|b| b.min, |b| b.max, |b| b.sum];
            for of in columns {
                let known = buckets.iter().filter(|b| b.good > 0).map(of).collect::<Vec<_>>();
                codec::put_values(out, &known, effort);
            }
        }
        let length = u32::try_from(out.len() - start).unwrap_or(u32::MAX);
        if let Some(place) = out.get_mut(start..start + 4) {
            place.copy_from_slice(&length.to_le_bytes());
        }
        let crc = crc32fast::hash(out.get(start..).unwrap_or_default());
        out.put_u32(crc);
    }

    /// Reads it; `None` when it is damaged.
    pub(crate) fn read(bytes: &[u8]) -> Option<(PointId, Self)> {
        let (body, crc) = bytes.split_at_checked(bytes.len().checked_sub(4)?)?;
        if crc32fast::hash(body) != Take(crc).u32()? {
            return None;
        }
        let mut take = Take(body);
        if take.u32()? as usize != body.len() {
            return None;
        }
        let point = PointId(take.signed()?);
        let levels = take.count(STEPS.len())?;
        let levels = (0..levels).map(|_| read_level(&mut take)).collect::<Option<Vec<_>>>()?;
        take.0.is_empty().then_some((point, Self { levels }))
    }
}

fn read_level(take: &mut Take<'_>) -> Option<(i64, Vec<Bucket>)> {
    let step = i64::try_from(take.varint()?).ok().filter(|step| (MINUTE_MS..=DAY_MS).contains(step))?;
    let count = take.count(MAX_BUCKETS)?;
    let starts = codec::take_times(take, count)?;
    let counts = codec::take_number_runs(take, count)?;
    let goods = codec::take_number_runs(take, count)?;
    let known = goods.iter().filter(|good| **good > 0).count();
    let columns: [Vec<f64>; 3] = [
        codec::take_values(take, known)?,
        codec::take_values(take, known)?,
        codec::take_values(take, known)?,
    ];
    let [min, max, sum] = columns;
    let mut figures = min.into_iter().zip(max).zip(sum);
    let bucket = |((start, count), good): ((i64, u32), u32)| {
        let mut bucket = Bucket { count, good, ..Bucket::empty(Time::from_ms(start)) };
        if good > 0 {
            ((bucket.min, bucket.max), bucket.sum) = figures.next()?;
        }
        Some(bucket)
    };
    Some((step, starts.into_iter().zip(counts).zip(goods).map(bucket).collect::<Option<_>>()?))
}

/// A sum of values with few decimals has few decimals: what adding floats has left behind them is taken
/// off, so that sums are as small as the values.
fn rounded(mut bucket: Bucket) -> Bucket {
    for power in [1e0, 1e1, 1e2, 1e3, 1e4] {
        let exact = (bucket.sum * power).round() / power;
        if (exact - bucket.sum).abs() <= 1e-12 * bucket.sum.abs().max(1.0) {
            bucket.sum = exact;
            break;
        }
    }
    bucket
}

#[cfg(test)]
mod tests {
    use super::*;
    use field::sample::Quality;
    use proptest::prelude::*;

    fn day(rows: usize, step_ms: i64) -> Columns {
        let times: Vec<i64> = (0..rows as i64).map(|n| 1_625_000_400_000 + n * step_ms).collect();
        let values = (0..rows).map(|n| ((n % 97) as f64 + 300.0) / 100.0).collect();
        Columns { times, values, ..Columns::default() }
    }

    fn written(rolls: &Rolls) -> Vec<u8> {
        let mut out = vec![];
        rolls.write(&mut out, PointId(9));
        out
    }

    #[test]
    fn shorter_steps_are_kept_only_where_rows_are_dense() {
        let minutes = Rolls::of(&day(1_000, 60_000));
        assert!(minutes.level(Step::Hour).is_some() && minutes.level(Step::Minutes(5)).is_none());
        let seconds = Rolls::of(&day(80_000, 1_000));
        assert!(seconds.level(Step::Minutes(5)).is_some() && seconds.level(Step::Minutes(1)).is_some());
    }

    #[test]
    fn a_day_of_minutes_takes_little_room_and_no_flipped_bit_is_believed() {
        let rolls = Rolls::of(&day(1_440, 60_000));
        let bytes = written(&rolls);
        assert!(bytes.len() < 160, "{} bytes", bytes.len());
        assert_eq!(Rolls::read(&bytes), Some((PointId(9), rolls)));
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(Rolls::read(&flipped).is_none(), "bit {bit}");
        }
    }

    proptest! {
        #[test]
        fn rolls_are_read_as_they_were_written(
            rows in proptest::collection::btree_map(0_i64..86_400, (-900_i32..900, 0_u8..5), 1..300),
        ) {
            let mut columns = Columns::default();
            for (second, (tenths, quality)) in rows {
                let quality = Quality::from_code(quality);
                columns.times.push(1_625_000_400_000 + second * 1_000);
                columns.values.push(if quality == Quality::Missing { f64::NAN } else { f64::from(tenths) / 10.0 });
                columns.qualities.push(quality);
            }
            let rolls = Rolls::of(&columns);
            let bytes = written(&rolls);
            let (_, read) = Rolls::read(&bytes).unwrap();
            // NaN is not itself: compared as text.
            prop_assert_eq!(format!("{read:?}"), format!("{rolls:?}"));
        }
    }
}
