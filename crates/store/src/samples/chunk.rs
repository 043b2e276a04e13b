//! 块: the rows of one point in one segment, as columns.
//!
//! ```text
//! length u32     of everything behind it, the checksum included
//! point, count   varints; then flags u8
//! times          the first and the step (when even), else [codec]
//! values         [codec]
//! holes          where there is no value, as runs (when flagged)
//! qualities      as runs (when not all good)
//! origins        the packets' numbers (when there are any)
//! old            corrected values: count, then time, value, mark each (when there are any)
//! crc32 u32
//! ```
//! A chunk says whose it is, so a damaged index costs nothing but time.

use super::Columns;
use super::bytes::{Put as _, Take, put_signed, put_varint};
use super::codec::{self, Effort};
use super::row::{Row, fold};
use field::id::PointId;
use field::sample::Quality;

const HOLES: u8 = 1;
const QUALITIES: u8 = 2;
const ORIGINS: u8 = 4;
const OLD: u8 = 8;
/// Times are in even steps. Since version 3 of the manifest.
const EVEN: u8 = 16;

/// Most rows of one chunk: bounds what a damaged length can make us ask for.
pub(crate) const MAX_ROWS: usize = 1 << 22;

/// One point's rows, strictly ascending in time, and what they replaced.
#[derive(Clone, Debug, Default)]
pub(crate) struct Chunk {
    pub(crate) times: Vec<i64>,
    /// NaN where there is no value.
    pub(crate) values: Vec<f64>,
    /// Empty when all are good.
    pub(crate) qualities: Vec<Quality>,
    /// The packets' numbers, negative for batches; empty when there are none.
    pub(crate) origins: Vec<i64>,
    /// Corrected values, by time, older ones first.
    pub(crate) old: Vec<Row>,
}

impl Chunk {
    /// From folded rows.
    pub(crate) fn of(rows: &[Row], mut old: Vec<Row>) -> Self {
        old.sort_by_key(|row| row.at);
        let good = rows.iter().all(|r| r.quality() == Quality::Good);
        let plain = rows.iter().all(|r| r.origin() == 0);
        Self {
            times: rows.iter().map(|r| r.at).collect(),
            values: rows.iter().map(|r| r.value).collect(),
            qualities: if good { vec![] } else { rows.iter().map(Row::quality).collect() },
            origins: if plain { vec![] } else { rows.iter().map(Row::origin).collect() },
            old,
        }
    }

    /// Times, values and qualities for those who do not ask for more.
    pub(crate) fn columns(&self) -> Columns {
        let Self { times, values, qualities, .. } = self;
        let (times, values, qualities) = (times.clone(), values.clone(), qualities.clone());
        Columns { times, values, qualities, packets: vec![] }
    }

    pub(crate) fn len(&self) -> usize {
        self.times.len()
    }

    pub(crate) fn row(&self, i: usize) -> Option<Row> {
        let quality = self.qualities.get(i).copied().unwrap_or_default();
        let origin = self.origins.get(i).copied().unwrap_or(0);
        Some(Row::stored(*self.times.get(i)?, *self.values.get(i)?, quality, origin))
    }

    pub(crate) fn get(&self, at: i64) -> Option<Row> {
        self.times.binary_search(&at).ok().and_then(|i| self.row(i))
    }

    /// The places of the rows in `from..to`.
    pub(crate) fn within(&self, from: i64, to: i64) -> std::ops::Range<usize> {
        let start = self.times.partition_point(|at| *at < from);
        let end = self.times.partition_point(|at| *at < to);
        start..end.max(start)
    }

    /// Corrected values in `from..to`, older ones of the same moment first.
    pub(crate) fn old_within(&self, from: i64, to: i64) -> impl Iterator<Item = &Row> {
        self.old.iter().filter(move |row| (from..to).contains(&row.at))
    }

    /// The part of it in `from..to`.
    pub(crate) fn cut(&self, from: i64, to: i64) -> Self {
        let within = self.within(from, to);
        let part = |empty: bool| if empty { 0..0 } else { within.clone() };
        Self {
            times: self.times.get(within.clone()).unwrap_or_default().to_vec(),
            values: self.values.get(within.clone()).unwrap_or_default().to_vec(),
            qualities: self.qualities.get(part(self.qualities.is_empty())).unwrap_or_default().to_vec(),
            origins: self.origins.get(part(self.origins.is_empty())).unwrap_or_default().to_vec(),
            old: self.old_within(from, to).copied().collect(),
        }
    }

    /// Forgets which batch rows came in: only packets' numbers stay.
    pub(crate) fn forget_batches(&mut self) {
        self.origins.iter_mut().for_each(|o| *o = (*o).max(0));
        if self.origins.iter().all(|o| *o == 0) {
            self.origins.clear();
        }
    }

    /// Writes the chunk at the end of `out`.
    pub(crate) fn write(&self, out: &mut Vec<u8>, point: PointId, effort: Effort) {
        let start = out.len();
        out.put_u32(0);
        put_signed(out, point.0);
        put_varint(out, self.len() as u64);
        let holes = self.values.iter().any(|v| v.is_nan());
        let even = codec::even_step(&self.times).zip(self.times.first());
        let flag = |on: bool, flag: u8| if on { flag } else { 0 };
        out.push(
            flag(even.is_some(), EVEN)
                | flag(holes, HOLES)
                | flag(!self.qualities.is_empty(), QUALITIES)
                | flag(!self.origins.is_empty(), ORIGINS)
                | flag(!self.old.is_empty(), OLD),
        );
        match even {
            Some((step, first)) => codec::put_even(out, *first, step),
            None => codec::put_times(out, &self.times, effort),
        }
        if holes {
            codec::put_values(out, &filled(&self.values), effort);
            codec::put_runs(out, self.values.iter().map(|v| u8::from(v.is_nan())));
        } else {
            codec::put_values(out, &self.values, effort);
        }
        if !self.qualities.is_empty() {
            codec::put_runs(out, codec::quality_codes(&self.qualities));
        }
        if !self.origins.is_empty() {
            codec::put_origins(out, &self.origins, effort);
        }
        if !self.old.is_empty() {
            put_varint(out, self.old.len() as u64);
            for row in &self.old {
                out.put_i64(row.at);
                out.put_f64(row.value);
                out.put_i64(row.origin());
                out.put_u8(row.quality() as u8);
            }
        }
        let length = u32::try_from(out.len() - start).unwrap_or(u32::MAX);
        if let Some(place) = out.get_mut(start..start + 4) {
            place.copy_from_slice(&length.to_le_bytes());
        }
        let crc = crc32fast::hash(out.get(start..).unwrap_or_default());
        out.put_u32(crc);
    }

    /// Reads a whole chunk; `None` when it is damaged.
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
        let count = take.count(MAX_ROWS)?;
        let flags = take.u8()?;
        let even = flags & EVEN != 0;
        let times =
            if even { codec::take_even(&mut take, count)? } else { codec::take_times(&mut take, count)? };
        let mut values = codec::take_values(&mut take, count)?;
        if flags & HOLES != 0 {
            for (value, hole) in values.iter_mut().zip(codec::take_runs(&mut take, count)?) {
                if hole != 0 {
                    *value = f64::NAN;
                }
            }
        }
        let mut chunk = Self { times, values, ..Self::default() };
        if flags & QUALITIES != 0 {
            chunk.qualities =
                codec::take_runs(&mut take, count)?.into_iter().map(Quality::from_code).collect();
        }
        if flags & ORIGINS != 0 {
            chunk.origins = codec::take_origins(&mut take, count)?;
        }
        if flags & OLD != 0 {
            for _ in 0..take.count(MAX_ROWS)? {
                let (at, value, origin) = (take.i64()?, take.f64()?, take.i64()?);
                chunk.old.push(Row::stored(at, value, Quality::from_code(take.u8()?), origin));
            }
        }
        take.0.is_empty().then_some((point, chunk))
    }
}

/// Values with the one before in place of each hole, so that holes cost nothing.
fn filled(values: &[f64]) -> Vec<f64> {
    let mut last = values.iter().copied().find(|v| !v.is_nan()).unwrap_or(0.0);
    let fill = |v: &f64| {
        if !v.is_nan() {
            last = *v;
        }
        last
    };
    values.iter().map(fill).collect()
}

/// Puts chunks of one point, older ones first, into one.
pub(crate) fn join(chunks: Vec<Chunk>) -> Chunk {
    let apart = chunks.windows(2).all(|pair| match pair {
        [a, b] => a.times.last() < b.times.first(),
        _ => true,
    });
    if chunks.len() == 1 || apart {
        return chain(chunks);
    }
    let mut rows = Vec::with_capacity(chunks.iter().map(|c| c.len() + c.old.len()).sum());
    for chunk in &chunks {
        push_all(chunk, i64::MIN, i64::MAX, &mut rows);
    }
    let mut old = vec![];
    fold(&mut rows, &mut old);
    Chunk::of(&rows, old)
}

/// Puts chunks of one point, older ones first, into one; only those that overlap in time are looked
/// through row by row.
pub(crate) fn assemble(mut chunks: Vec<Chunk>) -> Chunk {
    chunks.retain(|chunk| chunk.len() > 0);
    let mut order: Vec<(i64, i64, usize)> = Vec::with_capacity(chunks.len());
    for (age, chunk) in chunks.iter().enumerate() {
        if let (Some(first), Some(last)) = (chunk.times.first(), chunk.times.last()) {
            order.push((*first, *last, age));
        }
    }
    order.sort_unstable();
    let mut groups: Vec<(i64, Vec<usize>)> = vec![];
    for (first, last, age) in order {
        match groups.last_mut() {
            Some((end, group)) if first <= *end => {
                *end = last.max(*end);
                group.push(age);
            }
            _ => groups.push((last, vec![age])),
        }
    }
    let mut chunks: Vec<Option<Chunk>> = chunks.into_iter().map(Some).collect();
    let mut joined = Vec::with_capacity(groups.len());
    for (_, mut group) in groups {
        group.sort_unstable();
        joined.push(join(group.iter().filter_map(|age| chunks.get_mut(*age)?.take()).collect()));
    }
    chain(joined)
}

/// All versions of a chunk's rows in `from..to`, in the order in which they came, moment by moment.
pub(crate) fn push_all(chunk: &Chunk, from: i64, to: i64, rows: &mut Vec<Row>) {
    // Folding sorts by time and keeps the order at each moment: old ones first is enough.
    rows.extend(chunk.old_within(from, to));
    rows.extend(chunk.within(from, to).filter_map(|i| chunk.row(i)));
}

/// Chunks that follow each other in time, put one behind the other column by column.
fn chain(chunks: Vec<Chunk>) -> Chunk {
    let (mut good, mut plain) = (true, true);
    let rows: usize = chunks.iter().map(Chunk::len).sum();
    for chunk in &chunks {
        good &= chunk.qualities.is_empty();
        plain &= chunk.origins.is_empty();
    }
    let mut chunks = chunks.into_iter();
    let Some(mut whole) = chunks.next() else { return Chunk::default() };
    if whole.len() == rows && whole.len() != 0 && chunks.len() == 0 {
        return whole;
    }
    whole.times.reserve(rows - whole.len());
    whole.values.reserve(rows - whole.values.len());
    fill_up(&mut whole, good, plain);
    for mut chunk in chunks {
        fill_up(&mut chunk, good, plain);
        whole.times.append(&mut chunk.times);
        whole.values.append(&mut chunk.values);
        whole.qualities.append(&mut chunk.qualities);
        whole.origins.append(&mut chunk.origins);
        whole.old.append(&mut chunk.old);
    }
    whole
}

fn fill_up(chunk: &mut Chunk, good: bool, plain: bool) {
    if !good {
        chunk.qualities.resize(chunk.len(), Quality::Good);
    }
    if !plain {
        chunk.origins.resize(chunk.len(), 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn arbitrary_row() -> impl Strategy<Value = Row> {
        let value = prop_oneof![
            4 => (-50_000_i32..50_000).prop_map(|n| f64::from(n) / 100.0),
            1 => any::<f64>().prop_filter("finite", |v| v.is_finite()),
            1 => Just(f64::NAN),
            1 => Just(-0.0),
        ];
        let quality = (0_u8..4).prop_map(Quality::from_code);
        let at =
            prop_oneof![3 => (0_i64..200).prop_map(|n| n * 60_000), 1 => any::<u32>().prop_map(i64::from)];
        (at, value, quality, -1_000_i64..1_000).prop_map(|(at, value, q, seq)| Row::stored(at, value, q, seq))
    }

    fn same(a: &Row, b: &Row) -> bool {
        a.at == b.at
            && (a.value.to_bits() == b.value.to_bits() || a.value.is_nan() && b.value.is_nan())
            && (a.origin(), a.quality()) == (b.origin(), b.quality())
    }

    proptest! {
        #[test]
        fn a_chunk_is_read_as_it_was_written_with_either_effort(
            rows in proptest::collection::vec(arbitrary_row(), 1..200), small: bool,
        ) {
            let (mut rows, mut old) = (rows, vec![]);
            fold(&mut rows, &mut old);
            let chunk = Chunk::of(&rows, old.clone());
            let mut bytes = vec![];
            chunk.write(&mut bytes, PointId(-7), if small { Effort::Small } else { Effort::Quick });
            let (point, read) = Chunk::read(&bytes).unwrap();
            prop_assert_eq!(point, PointId(-7));
            prop_assert_eq!(read.len(), rows.len());
            for (i, row) in rows.iter().enumerate() {
                prop_assert!(same(&read.row(i).unwrap(), row), "{:?} {:?}", read.row(i), row);
            }
            old.sort_by_key(|r| r.at);
            prop_assert!(read.old.iter().zip(&old).all(|(a, b)| same(a, b)) && read.old.len() == old.len());
        }

        #[test]
        fn folding_parts_first_gives_what_folding_at_once_gives(
            rows in proptest::collection::vec(arbitrary_row(), 1..80), cut in 0_usize..80,
        ) {
            let whole = join(vec![folded(&rows)]);
            let cut = cut.min(rows.len());
            let (a, b) = rows.split_at(cut);
            let joined = join(vec![folded(a), folded(b)]);
            prop_assert_eq!(joined.len(), whole.len());
            for i in 0..whole.len() {
                prop_assert!(same(&joined.row(i).unwrap(), &whole.row(i).unwrap()));
            }
            prop_assert_eq!(joined.old.len(), whole.old.len());
        }
    }

    fn folded(rows: &[Row]) -> Chunk {
        let (mut rows, mut old) = (rows.to_vec(), vec![]);
        fold(&mut rows, &mut old);
        Chunk::of(&rows, old)
    }

    #[test]
    fn a_chunk_of_an_earlier_program_is_read() {
        let times: Vec<i64> = (0..60).map(|n| 1_625_000_000_000 + n * 60_000).collect();
        let values: Vec<f64> = (0..60).map(|n| f64::from(n % 7) / 10.0).collect();
        let (mut body, mut out) = (vec![], vec![]);
        put_signed(&mut body, 3);
        put_varint(&mut body, 60);
        body.push(0);
        codec::put_times(&mut body, &times, Effort::Small);
        codec::put_values(&mut body, &values, Effort::Small);
        out.put_u32(body.len() as u32 + 4);
        out.extend_from_slice(&body);
        let crc = crc32fast::hash(&out);
        out.put_u32(crc);
        let (point, chunk) = Chunk::read(&out).unwrap();
        assert_eq!((point, chunk.times, chunk.values), (PointId(3), times, values));
    }

    #[test]
    fn no_flipped_bit_of_a_chunk_is_read_as_sound() {
        let rows: Vec<Row> =
            (0..60).map(|n| Row::new(n * 60_000, n as f64 / 10.0, Quality::Good, n)).collect();
        let mut bytes = vec![];
        Chunk::of(&rows, vec![]).write(&mut bytes, PointId(3), Effort::Small);
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(Chunk::read(&flipped).is_none(), "bit {bit}");
        }
    }
}
