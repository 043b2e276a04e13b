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
/// pco's level: above it columns of a day do not get smaller, only slower.
const LEVEL: usize = 6;
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

/// Whole numbers `0..2^32` or wider as bytes: all the same, plainly in as few bytes each, or by pco.
fn put_whole(out: &mut Vec<u8>, numbers: &[u64], effort: Effort, delta: bool) {
    let largest = numbers.iter().copied().max().unwrap_or(0);
    if largest <= u64::from(u32::MAX) {
        if effort == Effort::Small && numbers.len() >= PCO_FROM {
            let narrow: Vec<u32> = numbers.iter().map(|n| *n as u32).collect();
            if put_pco(out, PCO, &narrow, &whole_config(delta)) {
                return;
            }
        }
    } else if effort == Effort::Small
        && numbers.len() >= PCO_FROM
        && put_pco(out, WHOLE_PCO, numbers, &whole_config(delta))
    {
        return;
    }
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

fn take_whole(take: &mut Take<'_>, count: usize) -> Option<Vec<u64>> {
    match take.u8()? {
        PCO => {
            let mut narrow = vec![0_u32; count];
            take_pco(take, &mut narrow)?;
            Some(narrow.into_iter().map(u64::from).collect())
        }
        WHOLE_PCO => {
            let mut wide = vec![0_u64; count];
            take_pco(take, &mut wide)?;
            Some(wide)
        }
        PLAIN => {
            let width = usize::from(take.u8()?);
            let bytes = take.bytes(count.checked_mul(width)?)?;
            match width {
                1 => Some(bytes.iter().map(|b| u64::from(*b)).collect()),
                2..=8 => Some(
                    bytes
                        .chunks_exact(width)
                        .map(|chunk| {
                            let mut whole = [0; 8];
                            whole.iter_mut().zip(chunk).for_each(|(to, from)| *to = *from);
                            u64::from_le_bytes(whole)
                        })
                        .collect(),
                ),
                _ => None,
            }
        }
        _ => None,
    }
}

fn whole_config(delta: bool) -> ChunkConfig {
    let delta = if delta { DeltaSpec::TryConsecutive(1) } else { DeltaSpec::NoOp };
    ChunkConfig::default()
        .with_compression_level(LEVEL)
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

/// Values as whole numbers of `10^-decimals`, exact to the bit.
fn as_whole(values: &[f64]) -> Option<(usize, Vec<i64>)> {
    let exact = |v: f64, power: f64| {
        let scaled = (v * power).round();
        scaled.abs() < EXACT && (scaled as i64 as f64 / power).to_bits() == v.to_bits()
    };
    let mut decimals = 0;
    for v in values {
        while !exact(*v, *POWERS.get(decimals)?) {
            decimals += 1;
        }
    }
    let power = *POWERS.get(decimals)?;
    values
        .iter()
        .map(|v| exact(*v, power).then_some((v * power).round() as i64))
        .collect::<Option<_>>()
        .map(|w| (decimals, w))
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
            if take.0.first() == Some(&PCO) {
                // The usual case, without an array in between.
                take.u8()?;
                let mut narrow = vec![0_u32; count];
                take_pco(take, &mut narrow)?;
                return Some(narrow.into_iter().map(|n| (least + i64::from(n)) as f64 / power).collect());
            }
            let whole = take_whole(take, count)?;
            Some(whole.into_iter().map(|n| least.wrapping_add(n as i64) as f64 / power).collect())
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
