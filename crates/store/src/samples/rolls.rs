//! 滚动统计: what the rows of one point in one merged segment come to, kept beside the segment so that
//! nobody has to read the rows for it, and kept on when the rows are let go.
//!
//! ```text
//! length u32     of everything behind it, the checksum included
//! point, levels  varints
//! level*         close: 1; decimals and two flags; step and first start in minutes, buckets as varints;
//!                gaps (flagged), counts and goods (flagged) as runs; min, max - min, sum less the
//!                middle's, each in as few bits as the widest of it needs [codec]
//!                or loose, where that is not exact or the level long: step, buckets as varints; starts;
//!                counts and goods as runs; min, max, sum [codec]
//! minutes        (since version 4, unless all are alike) of how many hours, then runs of equal ones as
//!                varints: how many, and bits of the minutes without a value, the hour's first one lowest
//! crc32 u32
//! ```
//! Before version 3 of the manifest every level was loose.
//!
//! Minutes are noted of the hours at both ends ([`ENDS`]), which often go on in another file or in memory:
//! where no minute has rows in both, what the hour comes to in each is added up without reading rows.
//!
//! Hours always; five minutes and minutes only of points that report so often that they are much fewer
//! than the rows ([`DENSE`]). Days are put together from hours.

use super::Columns;
use super::bytes::{Put as _, Take, put_signed, put_varint};
use super::codec::{self, Effort};
use super::rollup::{Bucket, Step, few_buckets};
use field::id::PointId;
use field::time::{DAY_MS, HOUR_MS, MINUTE_MS, Time};

/// The steps that are kept, longest first.
pub(crate) const STEPS: [Step; 3] = [Step::Hour, Step::Minutes(5), Step::Minutes(1)];
/// A shorter step than the hour is kept where it has so many rows a bucket: with fewer it would take
/// as much room as the rows.
const DENSE: usize = 12;
/// Most buckets of one level: minutes of two days (a segment has one).
const MAX_BUCKETS: usize = 2 * 1_440;
/// Buckets from which the slow, small way of writing pays.
const MANY: usize = 200;
/// Before a level that is written close, where a loose one has its step, which is a minute at least.
const CLOSE: u64 = 1;
/// Set beside the decimals of a close level where hours are missing in between,
const GAPS: u8 = 0x40;
/// and where not every value is good.
const DOUBTS: u8 = 0x80;

/// Hours at either end whose minutes are noted: the one that was cut, and those before it, of which rows
/// came late.
const ENDS: usize = 3;

/// The buckets of one point, by step.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Rolls {
    levels: Vec<(i64, Vec<Bucket>)>,
    /// Starts of the hours at both ends, ms, each with its minutes; empty where they are all alike or not
    /// known.
    minutes: Vec<(i64, Minutes)>,
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
            let most = if step == Step::Hour { usize::MAX } else { columns.times.len() / DENSE };
            let found = few_buckets(columns, step, most).unwrap_or_default();
            if !found.is_empty() {
                levels.push((step.length_ms(), found.into_iter().map(rounded).collect()));
            }
        }
        let hours = levels.first().map_or(&[][..], |(_, hours)| hours.as_slice());
        let of = |hour: &Bucket| (hour.at.ms(), Minutes::of(columns, hour.at.ms()));
        let mut minutes: Vec<_> = ends(hours).map(of).collect();
        if hours.len() > ENDS && minutes.iter().zip(minutes.iter().skip(1)).all(|((_, a), (_, b))| a == b) {
            // No hour was cut: what comes for them now is for a minute that has its value.
            minutes.clear();
        }
        Self { levels, minutes }
    }

    /// Which minutes of an hour have values; `None` where that is not noted.
    pub(crate) fn minutes(&self, hour_ms: i64) -> Option<Minutes> {
        self.minutes.iter().find(|(at, _)| *at == hour_ms).map(|(_, minutes)| *minutes)
    }

    /// The first bucket's start, and the last one's end less a millisecond.
    pub(crate) fn span(&self) -> Option<(i64, i64)> {
        let (step, hours) = self.levels.first()?;
        Some((hours.first()?.at.ms(), hours.last()?.at.ms() + step - 1))
    }

    /// How many buckets there are of all steps.
    pub(crate) fn buckets(&self) -> usize {
        self.levels.iter().map(|(_, buckets)| buckets.len()).sum()
    }

    /// The buckets of a step that is kept for this point.
    pub(crate) fn level(&self, step: Step) -> Option<&[Bucket]> {
        let length = step.length_ms();
        self.levels.iter().find(|(of, _)| *of == length).map(|(_, buckets)| buckets.as_slice())
    }

    /// Adds the buckets of another part of the same point. Minutes are known no more.
    pub(crate) fn add(&mut self, other: &Self) {
        self.minutes.clear();
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
            let close = if buckets.len() < MANY { Close::of(*step, buckets) } else { None };
            match close {
                Some(close) => close.write(out),
                None => write_loose(out, *step, buckets),
            }
        }
        write_minutes(out, &self.minutes);
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
        let hours = levels.first().map_or(&[][..], |(_, hours)| hours.as_slice());
        let minutes = read_minutes(&mut take, hours)?;
        take.0.is_empty().then_some((point, Self { levels, minutes }))
    }
}

/// 分钟位: the minutes of an hour that have values, a bit each, the first one lowest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Minutes(u64);

impl Minutes {
    /// All sixty.
    const WHOLE: u64 = (1 << 60) - 1;

    /// Of the hour's rows among these.
    pub(crate) fn of(columns: &Columns, hour_ms: i64) -> Self {
        Self::among(&columns.times, &columns.values, hour_ms)
    }

    /// As [`Minutes::of`]; times ascend.
    pub(crate) fn among(times: &[i64], values: &[f64], hour_ms: i64) -> Self {
        let first = times.partition_point(|at| *at < hour_ms);
        let rows = times.iter().zip(values).skip(first).take_while(|(at, _)| **at < hour_ms + HOUR_MS);
        let with_value = rows.filter(|(_, value)| !value.is_nan());
        Self(with_value.fold(0, |all, (at, _)| all | 1 << ((at - hour_ms) / MINUTE_MS)))
    }

    /// Those of both; `None` where both have rows in one minute, which may be of one moment.
    pub(crate) const fn with(self, other: Self) -> Option<Self> {
        if self.0 & other.0 == 0 { Some(Self(self.0 | other.0)) } else { None }
    }
}

/// The buckets at both ends.
fn ends(hours: &[Bucket]) -> impl Iterator<Item = &Bucket> {
    let last = hours.len().saturating_sub(ENDS).max(ENDS);
    hours.iter().take(ENDS).chain(hours.iter().skip(last))
}

fn write_minutes(out: &mut Vec<u8>, minutes: &[(i64, Minutes)]) {
    if minutes.is_empty() {
        return;
    }
    put_varint(out, minutes.len() as u64);
    for run in minutes.chunk_by(|(_, a), (_, b)| a == b) {
        let missing = run.first().map_or(0, |(_, minutes)| !minutes.0 & Minutes::WHOLE);
        put_varint(out, run.len() as u64);
        put_varint(out, missing);
    }
}

fn read_minutes(take: &mut Take<'_>, hours: &[Bucket]) -> Option<Vec<(i64, Minutes)>> {
    let mut of = ends(hours).map(|hour| hour.at.ms());
    if take.0.is_empty() {
        return Some(vec![]);
    }
    let count = take.count(2 * ENDS)?;
    let mut minutes = Vec::with_capacity(count);
    while minutes.len() < count {
        let (length, missing) = (take.count(count - minutes.len())?, take.varint()?);
        if length == 0 || missing > Minutes::WHOLE {
            return None;
        }
        for _ in 0..length {
            minutes.push((of.next()?, Minutes(!missing & Minutes::WHOLE)));
        }
    }
    of.next().is_none().then_some(minutes)
}

fn write_loose(out: &mut Vec<u8>, step: i64, buckets: &[Bucket]) {
    put_varint(out, step as u64);
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

/// A level whose figures are whole numbers of one decimal unit, as sensors' are.
struct Close<'a> {
    step: i64,
    buckets: &'a [Bucket],
    first_min: i64,
    /// From each start to the next, in steps.
    gaps: Vec<u32>,
    decimals: u8,
    least: Vec<i64>,
    ranges: Vec<i64>,
    /// The sum less what it would be with every value in the middle, rounded down.
    sums: Vec<i64>,
}

impl<'a> Close<'a> {
    /// `None` where a figure would not come out to the bit.
    fn of(step: i64, buckets: &'a [Bucket]) -> Option<Self> {
        let first = buckets.first()?.at.ms();
        let gap = |(a, b): (&Bucket, &Bucket)| {
            let gap_ms = b.at.ms() - a.at.ms();
            (gap_ms % step == 0).then(|| u32::try_from(gap_ms / step).ok()).flatten()
        };
        let gaps = buckets.iter().zip(buckets.iter().skip(1)).map(gap).collect::<Option<_>>()?;
        let known = || buckets.iter().filter(|b| b.good > 0);
        let ends: Vec<f64> = known().flat_map(|b| [b.min, b.max]).collect();
        let (decimals, ends) = codec::as_whole(&ends)?;
        let decimals = u8::try_from(decimals).ok()?;
        let power = codec::power(decimals)?;
        let (mut least, mut ranges, mut sums) = (vec![], vec![], vec![]);
        for (bucket, [low, high]) in known().zip(ends.as_chunks::<2>().0) {
            let sum = codec::whole_of(bucket.sum, power)?;
            least.push(*low);
            ranges.push(high - low);
            // Twice the middle is whole; whether it is odd, the reader knows.
            sums.push(sum.checked_mul(2)?.checked_sub(middle(bucket.good, *low, high - low)?)? >> 1);
        }
        (first % MINUTE_MS == 0 && step % MINUTE_MS == 0).then_some(Self {
            step,
            buckets,
            first_min: first / MINUTE_MS,
            gaps,
            decimals,
            least,
            ranges,
            sums,
        })
    }

    fn write(&self, out: &mut Vec<u8>) {
        let whole = self.gaps.iter().all(|gap| *gap == 1);
        let good = self.buckets.iter().all(|b| b.good == b.count);
        put_varint(out, CLOSE);
        out.put_u8(self.decimals | if whole { 0 } else { GAPS } | if good { 0 } else { DOUBTS });
        put_varint(out, (self.step / MINUTE_MS) as u64);
        put_varint(out, self.buckets.len() as u64);
        put_signed(out, self.first_min);
        if !whole {
            codec::put_number_runs(out, self.gaps.iter().copied());
        }
        codec::put_number_runs(out, self.buckets.iter().map(|b| b.count));
        if !good {
            codec::put_number_runs(out, self.buckets.iter().map(|b| b.good));
        }
        [&self.least, &self.ranges, &self.sums].into_iter().for_each(|column| codec::put_packed(out, column));
    }
}

/// Twice the sum of so many values in the middle between the least and the greatest; `None` beyond what
/// 64 bits hold.
fn middle(good: u32, least: i64, range: i64) -> Option<i64> {
    least.checked_mul(2)?.checked_add(range)?.checked_mul(i64::from(good))
}

fn read_close(take: &mut Take<'_>) -> Option<(i64, Vec<Bucket>)> {
    let head = take.u8()?;
    let power = codec::power(head & !(GAPS | DOUBTS))?;
    let step = step_of(take.varint()?.checked_mul(MINUTE_MS as u64)?)?;
    let count = take.count(MAX_BUCKETS)?;
    let mut at = take.signed()?.checked_mul(MINUTE_MS)?;
    let mut starts = Vec::with_capacity(count);
    starts.extend((count > 0).then_some(at));
    let gaps = count.saturating_sub(1);
    let gaps = if head & GAPS == 0 { vec![1; gaps] } else { codec::take_number_runs(take, gaps)? };
    for gap in gaps {
        at = at.checked_add(step.checked_mul(i64::from(gap))?)?;
        starts.push(at);
    }
    let counts = codec::take_number_runs(take, count)?;
    let goods = if head & DOUBTS == 0 { counts.clone() } else { codec::take_number_runs(take, count)? };
    let known = goods.iter().filter(|good| **good > 0).count();
    let least = codec::take_packed(take, known)?;
    let ranges = codec::take_packed(take, known)?;
    let sums = codec::take_packed(take, known)?;
    let mut figures = least.into_iter().zip(ranges).zip(sums);
    let bucket = |((start, count), good): ((i64, u32), u32)| {
        let mut bucket = Bucket { count, good, ..Bucket::empty(Time::from_ms(start)) };
        if good > 0 {
            let ((least, range), sum) = figures.next()?;
            bucket.min = least as f64 / power;
            bucket.max = least.checked_add(range)? as f64 / power;
            let middle = middle(good, least, range)?;
            bucket.sum =
                (sum.checked_mul(2)?.checked_add(middle & 1)?.checked_add(middle)? >> 1) as f64 / power;
        }
        Some(bucket)
    };
    Some((step, starts.into_iter().zip(counts).zip(goods).map(bucket).collect::<Option<_>>()?))
}

fn step_of(number: u64) -> Option<i64> {
    i64::try_from(number).ok().filter(|step| (MINUTE_MS..=DAY_MS).contains(step))
}

fn read_level(take: &mut Take<'_>) -> Option<(i64, Vec<Bucket>)> {
    let step = match take.varint()? {
        CLOSE => return read_close(take),
        step => step_of(step)?,
    };
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
pub(crate) fn rounded(mut bucket: Bucket) -> Bucket {
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

    fn bits(rolls: &Rolls) -> Vec<(i64, u32, u32, u64, u64, u64)> {
        let figures =
            |b: &Bucket| (b.at.ms(), b.count, b.good, b.min.to_bits(), b.max.to_bits(), b.sum.to_bits());
        rolls.levels.iter().flat_map(|(_, buckets)| buckets.iter().map(figures)).collect()
    }

    /// Figures of one sign and no relation, of few decimals, and of no number a sensor sends.
    fn arbitrary_bucket() -> impl Strategy<Value = (u32, Bucket)> {
        let figure = prop_oneof![
            8 => (-9_000_000_i64..9_000_000).prop_map(|n| n as f64 / 100.0),
            1 => any::<f64>(),
            1 => Just(-0.0),
            1 => prop_oneof![Just(1e300), Just(f64::INFINITY), Just(f64::NAN), Just(9.1e15), Just(-9e15)],
        ];
        let one = (1_u32..50, any::<u32>(), prop_oneof![3 => 1_u32..100, 1 => any::<u32>()]);
        (one, figure.clone(), figure.clone(), figure).prop_map(|((gap, count, good), min, max, sum)| {
            let bucket = Bucket { count, good, ..Bucket::empty(Time::from_ms(0)) };
            (gap, if good > 0 { Bucket { min, max, sum, ..bucket } } else { bucket })
        })
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
        assert!(bytes.len() < 100, "{} bytes", bytes.len());
        assert_eq!(Rolls::read(&bytes), Some((PointId(9), rolls)));
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(Rolls::read(&flipped).is_none(), "bit {bit}");
        }
    }

    #[test]
    fn a_file_of_an_earlier_program_is_read() {
        let rolls = Rolls::of(&day(1_440, 60_000));
        let (mut body, mut out) = (vec![], vec![]);
        put_signed(&mut body, 9);
        put_varint(&mut body, rolls.levels.len() as u64);
        rolls.levels.iter().for_each(|(step, buckets)| write_loose(&mut body, *step, buckets));
        out.put_u32(body.len() as u32 + 4);
        out.extend_from_slice(&body);
        let crc = crc32fast::hash(&out);
        out.put_u32(crc);
        let known = Rolls { minutes: vec![], ..rolls };
        assert_eq!(Rolls::read(&out), Some((PointId(9), known)));
    }

    #[test]
    fn minutes_are_known_of_the_hours_at_both_ends() {
        // From the 30th minute of the first hour to the 29th of the last one; a quarter past has no value.
        let mut columns = day(10 * 60, 60_000);
        columns.times.iter_mut().for_each(|at| *at += 30 * MINUTE_MS);
        columns.values[45] = f64::NAN;
        let rolls = Rolls::of(&columns);
        let hour = |n: i64| 1_625_000_400_000 + n * HOUR_MS;
        let known: Vec<_> = (0..11).map(|n| rolls.minutes(hour(n)).map(|minutes| minutes.0)).collect();
        let whole = Some(Minutes::WHOLE);
        let (first, second, last) =
            (Some(Minutes::WHOLE >> 30 << 30), Some(Minutes::WHOLE & !(1 << 15)), (1 << 30) - 1);
        let none = [None; 5];
        assert_eq!(known, [&[first, second, whole][..], &none, &[whole, whole, Some(last)]].concat());
        assert_eq!(Rolls::read(&written(&rolls)), Some((PointId(9), rolls)));
    }

    #[test]
    fn hours_are_added_up_only_where_no_minute_has_rows_in_both() {
        let (early, late) = (Minutes(0b0101), Minutes(0b1010));
        assert_eq!(early.with(late), Some(Minutes(0b1111)));
        assert_eq!(early.with(Minutes(0b0100)), None);
    }

    #[test]
    fn minutes_that_cannot_be_are_refused() {
        let rolls = Rolls::of(&day(120, 60_000));
        let hours = &rolls.levels[0].1;
        // Two hours: of both or nothing at all, runs that end with them, no minute beyond the sixtieth.
        for (bytes, sound) in [
            (&[][..], true),
            (&[2, 2, 0], true),
            (&[2, 1, 0, 1, 3], true),
            (&[0], false),
            (&[1, 1, 0], false),
            (&[2, 1, 0], false),
            (&[3, 3, 0], false),
            (&[2, 0, 0], false),
            (&[2, 2, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f], false),
        ] {
            assert_eq!(read_minutes(&mut Take(bytes), hours).is_some(), sound, "{bytes:?}");
        }
    }

    proptest! {
        #[test]
        fn every_figure_comes_back_to_the_bit(
            buckets in proptest::collection::vec(arbitrary_bucket(), 1..40),
            first in -3_000_000_000_i64..3_000_000_000,
        ) {
            let mut at = first * MINUTE_MS;
            let level: Vec<Bucket> = buckets.into_iter().map(|(gap, bucket)| {
                at += i64::from(gap) * 3_600_000;
                Bucket { at: Time::from_ms(at), ..bucket }
            }).collect();
            let rolls = Rolls { levels: vec![(3_600_000, level)], minutes: vec![] };
            let (_, read) = Rolls::read(&written(&rolls)).unwrap();
            prop_assert_eq!(bits(&read), bits(&rolls));
        }

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
