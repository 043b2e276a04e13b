//! 列的编码: times, values, qualities and origins of one point as few bytes.
//!
//! Two ways to write the same columns: [`Effort::Quick`] for what is rewritten soon (whole numbers of
//! few bytes), [`Effort::Small`] for what stays (pco). Reading never panics and never trusts a length.

use super::bytes::{Put as _, Take, put_signed, put_varint};
use field::sample::Quality;
use pco::data_types::Number;
use pco::wrapped::{FileCompressor, FileDecompressor};
use pco::{ChunkConfig, DeltaSpec, ModeSpec};

/// How hard to try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effort {
    /// For the run that is merged soon.
    Quick,
    /// For the segment that stays.
    Small,
}

/// Columns shorter than this are not worth pco's head.
const PCO_FROM: usize = 24;
/// pco's level for floats: above it columns of a day do not get smaller, only slower.
const LEVEL: usize = 6;
/// And for whole numbers.
const WHOLE_LEVEL: usize = 4;
/// Decimals that sensors report at most; beyond it values are kept as floats.
const DECIMALS: usize = 9;
const POWERS: [f64; DECIMALS + 1] = [1.0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9];
/// Whole numbers up to here are exact as floats.
const EXACT: f64 = 9_007_199_254_740_992.0;

const CONSTANT: u8 = 0;
const PLAIN: u8 = 1;
const PCO: u8 = 2;
const WHOLE: u8 = 3;
const WHOLE_PCO: u8 = 4;
/// As [`PCO`], in numbers of 8 and 16 bits: what pco notes of each bin is as wide as they are.
const PCO_8: u8 = 5;
const PCO_16: u8 = 6;
/// The first number, then the steps to the next ones, in any of the ways before.
const STEPS: u8 = 7;

/// Whole numbers: by pco in the narrowest type, or plainly in as few bytes each. `steps`: neighbours are
/// near each other.
fn put_whole(out: &mut Vec<u8>, numbers: &[u64], effort: Effort, steps: bool) {
    if effort == Effort::Small && numbers.len() > PCO_FROM {
        let start = out.len();
        let written = match numbers.split_first() {
            Some((first, _)) if steps => {
                out.push(STEPS);
                put_varint(out, *first);
                put_narrowest(out, &steps_of(numbers))
            }
            _ => put_narrowest(out, numbers),
        };
        if written {
            return;
        }
        out.truncate(start);
    }
    let largest = numbers.iter().copied().max().unwrap_or(0);
    let width = (8 - largest.leading_zeros() as usize / 8).max(1);
    out.push(PLAIN);
    out.push(width as u8);
    match width {
        1 => out.extend(numbers.iter().map(|n| *n as u8)),
        2 => numbers.iter().for_each(|n| out.extend_from_slice(&(*n as u16).to_le_bytes())),
        _ => {
            for n in numbers {
                out.extend_from_slice(n.to_le_bytes().get(..width).unwrap_or_default());
            }
        }
    }
}

fn steps_of(numbers: &[u64]) -> Vec<u64> {
    let pairs = numbers.iter().zip(numbers.iter().skip(1));
    pairs.map(|(a, b)| zigzag(b.wrapping_sub(*a) as i64)).collect()
}

/// By pco; `false`, with nothing written, when it refuses.
fn put_narrowest(out: &mut Vec<u8>, numbers: &[u64]) -> bool {
    let config = whole_config(false).with_enable_8_bit(true);
    let largest = numbers.iter().copied().max().unwrap_or(0);
    if largest <= u64::from(u8::MAX) {
        let narrow: Vec<u8> = numbers.iter().map(|n| *n as u8).collect();
        put_pco(out, PCO_8, &narrow, &config)
    } else if largest <= u64::from(u16::MAX) {
        let narrow: Vec<u16> = numbers.iter().map(|n| *n as u16).collect();
        put_pco(out, PCO_16, &narrow, &config)
    } else if largest <= u64::from(u32::MAX) {
        let narrow: Vec<u32> = numbers.iter().map(|n| *n as u32).collect();
        put_pco(out, PCO, &narrow, &config)
    } else {
        put_pco(out, WHOLE_PCO, numbers, &config)
    }
}

fn take_whole(take: &mut Take<'_>, count: usize) -> Option<Vec<u64>> {
    let mut numbers = Vec::with_capacity(count);
    each_whole(take, count, |n| numbers.push(n))?;
    Some(numbers)
}

/// Gives what [`put_whole`] wrote to `sink`, number by number.
fn each_whole(take: &mut Take<'_>, count: usize, mut sink: impl FnMut(u64)) -> Option<()> {
    match take.u8()? {
        STEPS => {
            let mut at = take.varint()?;
            let steps = count.checked_sub(1)?;
            sink(at);
            let kind = take.u8()?;
            each_of(kind, take, steps, |step| {
                at = at.wrapping_add(unzigzag(step) as u64);
                sink(at);
            })
        }
        kind => each_of(kind, take, count, sink),
    }
}

fn each_of(kind: u8, take: &mut Take<'_>, count: usize, mut sink: impl FnMut(u64)) -> Option<()> {
    match kind {
        PCO_8 => each_narrow::<u8>(take, count, sink),
        PCO_16 => each_narrow::<u16>(take, count, sink),
        PCO => each_narrow::<u32>(take, count, sink),
        WHOLE_PCO => each_narrow::<u64>(take, count, sink),
        PLAIN => {
            let width = usize::from(take.u8()?);
            let bytes = take.bytes(count.checked_mul(width)?)?;
            match width {
                1 => bytes.iter().for_each(|b| sink(u64::from(*b))),
                2..=8 => bytes.chunks_exact(width).for_each(|chunk| {
                    let mut whole = [0; 8];
                    whole.iter_mut().zip(chunk).for_each(|(to, from)| *to = *from);
                    sink(u64::from_le_bytes(whole));
                }),
                _ => return None,
            }
            Some(())
        }
        _ => None,
    }
}

fn each_narrow<T>(take: &mut Take<'_>, count: usize, mut sink: impl FnMut(u64)) -> Option<()>
where
    T: Number + Default + Into<u64>,
{
    let mut narrow = vec![T::default(); count];
    take_pco(take, &mut narrow)?;
    narrow.into_iter().for_each(|n| sink(n.into()));
    Some(())
}

fn whole_config(delta: bool) -> ChunkConfig {
    let delta = if delta { DeltaSpec::TryConsecutive(1) } else { DeltaSpec::NoOp };
    ChunkConfig::default()
        .with_compression_level(WHOLE_LEVEL)
        .with_mode_spec(ModeSpec::Classic)
        .with_delta_spec(delta)
        .with_paging_spec(pco::PagingSpec::EqualPagesUpTo(usize::MAX >> 1))
}

/// Writes `kind`, a length, and the numbers as one pco chunk of one page; nothing when pco refuses.
fn put_pco<T: Number>(out: &mut Vec<u8>, kind: u8, numbers: &[T], config: &ChunkConfig) -> bool {
    let mut body = Vec::with_capacity(numbers.len() + 32);
    let file = FileCompressor::default();
    let written = file.write_header(&mut body).and_then(|body| {
        let mut chunk = file.chunk_compressor(numbers, config)?;
        chunk.write_meta(&mut *body)?;
        chunk.write_page(0, &mut *body)?;
        Ok(())
    });
    if written.is_err() {
        return false;
    }
    out.push(kind);
    put_varint(out, body.len() as u64);
    out.extend_from_slice(&body);
    true
}

fn take_pco<T: Number>(take: &mut Take<'_>, into: &mut [T]) -> Option<()> {
    let length = take.count(usize::MAX)?;
    let body = take.bytes(length)?;
    let (file, body) = FileDecompressor::new(body).ok()?;
    let (mut chunk, body) = file.chunk_decompressor::<T, _>(body).ok()?;
    let mut page = chunk.page_decompressor(body, into.len()).ok()?;
    let progress = page.read(into).ok()?;
    (progress.n_processed == into.len()).then_some(())
}

/// Times in ascending order, ms.
pub(crate) fn put_times(out: &mut Vec<u8>, times: &[i64], effort: Effort) {
    let Some(first) = times.first() else { return };
    put_signed(out, *first);
    if times.len() == 1 {
        return;
    }
    let mut deltas: Vec<u64> =
        times.iter().zip(times.iter().skip(1)).map(|(a, b)| b.wrapping_sub(*a) as u64).collect();
    let unit = deltas.iter().fold(0, |unit, delta| if unit == 1 { 1 } else { gcd(*delta, unit) }).max(1);
    put_varint(out, unit);
    if unit > 1 {
        deltas.iter_mut().for_each(|delta| *delta /= unit);
    }
    if let Some(step) = deltas.first().filter(|step| deltas.iter().all(|delta| delta == *step)) {
        out.push(CONSTANT);
        put_varint(out, *step);
        return;
    }
    put_whole(out, &deltas, effort, false);
}

fn gcd(mut a: u64, mut b: u64) -> u64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

pub(crate) fn take_times(take: &mut Take<'_>, count: usize) -> Option<Vec<i64>> {
    if count == 0 {
        return Some(vec![]);
    }
    let first = take.signed()?;
    if count == 1 {
        return Some(vec![first]);
    }
    let unit = take.varint()?;
    let mut times = Vec::with_capacity(count);
    times.push(first);
    let mut at = first;
    if take.0.first() == Some(&CONSTANT) {
        take.u8()?;
        let step = (take.varint()?.wrapping_mul(unit)) as i64;
        for _ in 1..count {
            at = at.wrapping_add(step);
            times.push(at);
        }
        return Some(times);
    }
    for delta in take_whole(take, count - 1)? {
        at = at.wrapping_add(delta.wrapping_mul(unit) as i64);
        times.push(at);
    }
    Some(times)
}

/// The step between times that are all as far from each other, if it is no more than a day.
pub(crate) fn even_step(times: &[i64]) -> Option<u32> {
    let (first, second) = (times.first()?, times.get(1)?);
    let step = u32::try_from(second.checked_sub(*first)?).ok().filter(|step| (1..=DAY_MS).contains(step))?;
    let even = times.iter().zip(times.iter().skip(1)).all(|(a, b)| b.wrapping_sub(*a) == i64::from(step));
    even.then_some(step)
}

const DAY_MS: u32 = 86_400_000;

/// Times in even steps: the step, doubled and one more where it counts seconds; then the first in steps, and
/// what is over.
pub(crate) fn put_even(out: &mut Vec<u8>, first: i64, step: u32) {
    let code =
        if step.is_multiple_of(1_000) { u64::from(step / 1_000) << 1 | 1 } else { u64::from(step) << 1 };
    put_varint(out, code);
    put_signed(out, first.div_euclid(i64::from(step)));
    put_varint(out, first.rem_euclid(i64::from(step)) as u64);
}

/// Reads what [`put_even`] wrote.
pub(crate) fn take_even(take: &mut Take<'_>, count: usize) -> Option<Vec<i64>> {
    let code = take.varint()?;
    let step = i64::try_from((code >> 1).checked_mul(if code & 1 == 1 { 1_000 } else { 1 })?).ok()?;
    let (first, over) = (take.signed()?, i64::try_from(take.varint()?).ok()?);
    let first = first.checked_mul(step)?.checked_add(over)?;
    Some((0..count as i64).map(|n| first.wrapping_add(n.wrapping_mul(step))).collect())
}

/// Values without NaN.
pub(crate) fn put_values(out: &mut Vec<u8>, values: &[f64], effort: Effort) {
    let Some(first) = values.first() else { return };
    if values.iter().all(|v| v.to_bits() == first.to_bits()) {
        out.push(CONSTANT);
        out.put_f64(*first);
        return;
    }
    if let Some((decimals, whole)) = as_whole(values) {
        let least = whole.iter().copied().min().unwrap_or(0);
        let numbers: Vec<u64> = whole.iter().map(|n| n.wrapping_sub(least) as u64).collect();
        out.push(WHOLE);
        out.push(decimals as u8);
        put_signed(out, least);
        put_whole(out, &numbers, effort, effort == Effort::Small && wanders(&numbers));
        return;
    }
    if effort == Effort::Small && values.len() >= PCO_FROM {
        let config = ChunkConfig::default().with_compression_level(LEVEL);
        if put_pco(out, PCO, values, &config) {
            return;
        }
    }
    out.push(PLAIN);
    values.iter().for_each(|v| out.put_f64(*v));
}

/// A power of ten that whole numbers are of.
pub(crate) fn power(decimals: u8) -> Option<f64> {
    POWERS.get(usize::from(decimals)).copied()
}

/// A value as a whole number of `1 / power`, where that is exact to the bit.
pub(crate) fn whole_of(value: f64, power: f64) -> Option<i64> {
    let scaled = (value * power).round();
    let whole = scaled.abs() < EXACT && (scaled as i64 as f64 / power).to_bits() == value.to_bits();
    whole.then_some(scaled as i64)
}

/// Values as whole numbers of `10^-decimals`, exact to the bit.
pub(crate) fn as_whole(values: &[f64]) -> Option<(usize, Vec<i64>)> {
    let mut decimals = 0;
    for v in values {
        while whole_of(*v, *POWERS.get(decimals)?).is_none() {
            decimals += 1;
        }
    }
    let power = *POWERS.get(decimals)?;
    values.iter().map(|v| whole_of(*v, power)).collect::<Option<_>>().map(|whole| (decimals, whole))
}

/// Whether neighbours are nearer to each other than to the mean: then differences are smaller.
fn wanders(numbers: &[u64]) -> bool {
    let mean = numbers.iter().map(|n| *n as f64).sum::<f64>() / numbers.len().max(1) as f64;
    let from_mean: f64 = numbers.iter().map(|n| (*n as f64 - mean).abs()).sum();
    let steps: f64 = numbers.iter().zip(numbers.iter().skip(1)).map(|(a, b)| a.abs_diff(*b) as f64).sum();
    steps < from_mean
}

pub(crate) fn take_values(take: &mut Take<'_>, count: usize) -> Option<Vec<f64>> {
    if count == 0 {
        return Some(vec![]);
    }
    match take.u8()? {
        CONSTANT => Some(vec![take.f64()?; count]),
        PLAIN => {
            let bytes = take.bytes(count.checked_mul(8)?)?;
            Some(bytes.as_chunks::<8>().0.iter().map(|b| f64::from_le_bytes(*b)).collect())
        }
        PCO => {
            let mut values = vec![0.0; count];
            take_pco(take, &mut values)?;
            Some(values)
        }
        WHOLE => {
            let power = *POWERS.get(usize::from(take.u8()?))?;
            let least = take.signed()?;
            let mut values = Vec::with_capacity(count);
            each_whole(take, count, |n| values.push(least.wrapping_add(n as i64) as f64 / power))?;
            Some(values)
        }
        _ => None,
    }
}

/// Equal neighbours as runs `(length, code)`.
pub(crate) fn put_runs(out: &mut Vec<u8>, codes: impl Iterator<Item = u8>) {
    let mut run: Option<(u8, u64)> = None;
    for code in codes {
        match &mut run {
            Some((running, length)) if *running == code => *length += 1,
            _ => {
                if let Some((code, length)) = run.replace((code, 1)) {
                    put_varint(out, length);
                    out.push(code);
                }
            }
        }
    }
    if let Some((code, length)) = run {
        put_varint(out, length);
        out.push(code);
    }
}

/// Reads runs until there are `count`.
pub(crate) fn take_runs(take: &mut Take<'_>, count: usize) -> Option<Vec<u8>> {
    let mut codes = Vec::with_capacity(count);
    while codes.len() < count {
        let length = take.count(count - codes.len())?;
        if length == 0 {
            return None;
        }
        let code = take.u8()?;
        codes.resize(codes.len() + length, code);
    }
    Some(codes)
}

/// Equal neighbours as runs `(length, number)`.
pub(crate) fn put_number_runs(out: &mut Vec<u8>, numbers: impl Iterator<Item = u32>) {
    let mut run: Option<(u32, u64)> = None;
    let mut put = |(number, length): (u32, u64)| {
        put_varint(out, length);
        put_varint(out, u64::from(number));
    };
    for number in numbers {
        match &mut run {
            Some((running, length)) if *running == number => *length += 1,
            _ => run.replace((number, 1)).into_iter().for_each(&mut put),
        }
    }
    run.into_iter().for_each(put);
}

/// Reads runs of numbers until there are `count`.
pub(crate) fn take_number_runs(take: &mut Take<'_>, count: usize) -> Option<Vec<u32>> {
    let mut numbers = Vec::with_capacity(count);
    while numbers.len() < count {
        let length = take.count(count - numbers.len())?;
        if length == 0 {
            return None;
        }
        let number = u32::try_from(take.varint()?).ok()?;
        numbers.resize(numbers.len() + length, number);
    }
    Some(numbers)
}

/// Whole numbers of one width in bits: from the least, or as differences, whichever is narrower. For
/// columns that are too short for pco.
pub(crate) fn put_packed(out: &mut Vec<u8>, numbers: &[i64]) {
    let (Some(first), Some(least)) = (numbers.first(), numbers.iter().min()) else { return };
    let above: Vec<u64> = numbers.iter().map(|n| n.wrapping_sub(*least) as u64).collect();
    let pairs = numbers.iter().zip(numbers.iter().skip(1));
    let steps: Vec<u64> = pairs.map(|(a, b)| zigzag(b.wrapping_sub(*a))).collect();
    let (plain, delta) = (bits(&above), bits(&steps));
    if delta < plain {
        out.push(delta | DELTA);
        put_signed(out, *first);
        put_bits(out, &steps, delta);
    } else {
        out.push(plain);
        put_signed(out, *least);
        put_bits(out, &above, plain);
    }
}

/// Reads what [`put_packed`] wrote.
pub(crate) fn take_packed(take: &mut Take<'_>, count: usize) -> Option<Vec<i64>> {
    if count == 0 {
        return Some(vec![]);
    }
    let head = take.u8()?;
    let (width, base) = (head & !DELTA, take.signed()?);
    if head & DELTA == 0 {
        let above = take_bits(take, count, width)?;
        return Some(above.into_iter().map(|n| base.wrapping_add(n as i64)).collect());
    }
    let mut numbers = Vec::with_capacity(count);
    numbers.push(base);
    let mut at = base;
    for step in take_bits(take, count - 1, width)? {
        at = at.wrapping_add(unzigzag(step));
        numbers.push(at);
    }
    Some(numbers)
}

/// Set in the width of packed differences.
const DELTA: u8 = 0x80;

const fn zigzag(n: i64) -> u64 {
    ((n << 1) ^ (n >> 63)) as u64
}

const fn unzigzag(n: u64) -> i64 {
    (n >> 1) as i64 ^ -((n & 1) as i64)
}

/// Bits of the widest number.
fn bits(numbers: &[u64]) -> u8 {
    64 - numbers.iter().fold(0, |all, n| all | n).leading_zeros() as u8
}

/// Numbers one behind another, `width` bits each, the least bits first.
fn put_bits(out: &mut Vec<u8>, numbers: &[u64], width: u8) {
    let (mut held, mut full) = (0_u128, 0_u32);
    for number in numbers {
        held |= u128::from(*number) << full;
        full += u32::from(width);
        while full >= 8 {
            out.push(held as u8);
            held >>= 8;
            full -= 8;
        }
    }
    if full > 0 {
        out.push(held as u8);
    }
}

fn take_bits(take: &mut Take<'_>, count: usize, width: u8) -> Option<Vec<u64>> {
    if width > 64 {
        return None;
    }
    let mut bytes = take.bytes(count.checked_mul(usize::from(width))?.div_ceil(8))?.iter();
    let (mut held, mut full) = (0_u128, 0_u32);
    let mask = (1_u128 << width) - 1;
    let next = |_| {
        while full < u32::from(width) {
            held |= u128::from(*bytes.next()?) << full;
            full += 8;
        }
        let number = (held & mask) as u64;
        held >>= width;
        full -= u32::from(width);
        Some(number)
    };
    (0..count).map(next).collect()
}

/// Where rows came from (negative: a batch's number).
pub(crate) fn put_origins(out: &mut Vec<u8>, origins: &[i64], effort: Effort) {
    let Some(first) = origins.first() else { return };
    if origins.iter().all(|o| o == first) {
        out.push(CONSTANT);
        put_signed(out, *first);
        return;
    }
    if effort == Effort::Small && origins.len() >= PCO_FROM && put_pco(out, PCO, origins, &whole_config(true))
    {
        return;
    }
    out.push(PLAIN);
    let mut last = 0_i64;
    for origin in origins {
        put_signed(out, origin.wrapping_sub(last));
        last = *origin;
    }
}

pub(crate) fn take_origins(take: &mut Take<'_>, count: usize) -> Option<Vec<i64>> {
    if count == 0 {
        return Some(vec![]);
    }
    match take.u8()? {
        CONSTANT => Some(vec![take.signed()?; count]),
        PCO => {
            let mut origins = vec![0; count];
            take_pco(take, &mut origins)?;
            Some(origins)
        }
        PLAIN => {
            let mut last = 0_i64;
            let next = |_| {
                last = last.wrapping_add(take.signed()?);
                Some(last)
            };
            (0..count).map(next).collect()
        }
        _ => None,
    }
}

/// Qualities as their codes.
pub(crate) fn quality_codes(qualities: &[Quality]) -> impl Iterator<Item = u8> + '_ {
    qualities.iter().map(|q| *q as u8)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn arbitrary_value() -> impl Strategy<Value = f64> {
        let odd = [
            0.0,
            -0.0,
            f64::INFINITY,
            f64::NEG_INFINITY,
            f64::NAN,
            f64::MAX,
            f64::MIN_POSITIVE,
            5e-324,
            9e15,
        ];
        prop_oneof![
            6 => (-50_000_i32..50_000).prop_map(|n| f64::from(n) / 100.0),
            1 => any::<f64>(),
            1 => proptest::sample::select(odd.to_vec()),
        ]
    }

    /// A walk of small steps from anywhere: what sensors send.
    fn walk() -> impl Strategy<Value = Vec<u64>> {
        let step = prop_oneof![3 => Just(3_i64), 2 => Just(300), 1 => Just(40_000), 1 => Just(i64::MAX)];
        (any::<u64>(), any::<bool>(), step, proptest::collection::vec(any::<i64>(), 1..300)).prop_map(
            |(first, small, most, steps)| {
                let mut at = if small { first % 200 } else { first };
                let mut next = |step: i64| {
                    at = at.wrapping_add((step % most) as u64);
                    at
                };
                steps.into_iter().map(&mut next).collect()
            },
        )
    }

    const EFFORTS: [Effort; 2] = [Effort::Quick, Effort::Small];

    proptest! {
        #[test]
        fn values_come_back_to_the_bit(
            values in prop_oneof![
                3 => proptest::collection::vec((-500_i32..500).prop_map(|n| f64::from(n) / 10.0), 1..400),
                1 => proptest::collection::vec(arbitrary_value(), 1..400),
            ],
        ) {
            for effort in EFFORTS {
                let mut out = vec![];
                put_values(&mut out, &values, effort);
                let mut take = Take(&out);
                let read = take_values(&mut take, values.len()).unwrap();
                prop_assert!(take.0.is_empty());
                prop_assert!(read.iter().zip(&values).all(|(a, b)| a.to_bits() == b.to_bits()));
                prop_assert_eq!(read.len(), values.len());
            }
        }

        #[test]
        fn whole_numbers_come_back_in_every_width(numbers in walk(), steps: bool) {
            for effort in EFFORTS {
                let mut out = vec![];
                put_whole(&mut out, &numbers, effort, steps);
                let mut take = Take(&out);
                prop_assert_eq!(take_whole(&mut take, numbers.len()).unwrap(), numbers.clone());
                prop_assert!(take.0.is_empty());
            }
        }

        #[test]
        fn packed_numbers_come_back(numbers in walk()) {
            let numbers: Vec<i64> = numbers.into_iter().map(|n| n as i64).collect();
            let mut out = vec![];
            put_packed(&mut out, &numbers);
            prop_assert_eq!(take_packed(&mut Take(&out), numbers.len()).unwrap(), numbers);
        }

        #[test]
        fn even_times_come_back(first in -4_000_000_000_000_i64..8_000_000_000_000, step in 1_u32..=DAY_MS, count in 2_usize..50) {
            let times: Vec<i64> = (0..count as i64).map(|n| first + n * i64::from(step)).collect();
            prop_assert_eq!(even_step(&times), Some(step));
            let mut out = vec![];
            put_even(&mut out, first, step);
            prop_assert_eq!(take_even(&mut Take(&out), count).unwrap(), times);
        }
    }

    #[test]
    fn numbers_of_an_earlier_program_are_read() {
        let numbers: Vec<u32> = (0..500).map(|n| 1_000 + n * 7 % 40).collect();
        for delta in [DeltaSpec::NoOp, DeltaSpec::TryConsecutive(1)] {
            let config = ChunkConfig::default()
                .with_compression_level(6)
                .with_mode_spec(ModeSpec::Classic)
                .with_delta_spec(delta);
            let mut out = vec![];
            assert!(put_pco(&mut out, PCO, &numbers, &config));
            let read = take_whole(&mut Take(&out), numbers.len()).unwrap();
            assert!(read.iter().zip(&numbers).all(|(a, b)| *a == u64::from(*b)));
        }
    }

    #[test]
    fn nonsense_is_refused() {
        for bytes in
            [&[STEPS][..], &[STEPS, 5], &[STEPS, 5, STEPS, 1], &[PCO_8, 200, 1], &[PLAIN, 9, 0], &[99]]
        {
            assert_eq!(take_whole(&mut Take(bytes), 30), None);
        }
        assert_eq!(take_whole(&mut Take(&[STEPS, 5, PLAIN, 1]), 0), None);
        assert_eq!(take_packed(&mut Take(&[65, 0]), 3), None);
    }
}
