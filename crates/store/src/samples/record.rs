//! One packet or batch as bytes in a log: `[length u32][crc32 u32][payload]`, and how a damaged log is
//! read.

use super::bytes::{Put as _, Take};
use super::rows::{Batch, Rows};
use field::id::{PacketSeq, PointId, StationCode};
use field::sample::{Packet, Quality, Reading, Sample, StoredPacket};
use field::time::Time;

/// Bytes before the payload.
pub(crate) const HEAD: usize = 8;
/// The version written in the first byte of each payload.
const VERSION: u8 = 1;
/// Bytes of one reading.
const READING: usize = 25;
/// Most bytes of a payload: raw, readings, and the small things before them.
const MAX_PACKET: usize = Packet::MAX_RAW + Packet::MAX_READINGS * READING + 1_024;
/// Most bytes of any payload.
pub(crate) const MAX_PAYLOAD: usize = {
    let rows = Rows::MAX * READING + 1_024;
    if rows > MAX_PACKET { rows } else { MAX_PACKET }
};
/// First byte of a batch's payload.
const ROWS: u8 = 2;
/// First byte of a batch whose rows are only in columns any more.
const EMPTIED: u8 = 3;
/// Set when all rows of a batch are of one time,
const ONE_TIME: u8 = 1;
/// when points fit 32 bits,
const NARROW: u8 = 2;
/// and when there are qualities.
const QUALITIES: u8 = 4;
/// Set in a reading's flags when it has a value.
const HAS_VALUE: u8 = 0x80;
/// Stands for "the station did not say when it sent it".
const NO_TIME: i64 = i64::MIN;

/// Writes a packet at the end of `out`.
pub(crate) fn write(out: &mut Vec<u8>, seq: PacketSeq, packet: &Packet, readings: &[Reading]) {
    let start = out.len();
    out.extend_from_slice(&[0; HEAD]);
    out.put_u8(VERSION);
    out.put_i64(seq.0);
    out.put_i64(packet.received_at.ms());
    out.put_i64(packet.sent_at.map_or(NO_TIME, Time::ms));
    out.put_text(packet.station.as_str());
    out.put_text(&packet.protocol);
    out.put_u32(u32::try_from(packet.raw.len()).unwrap_or(u32::MAX));
    out.extend_from_slice(&packet.raw);
    out.put_u16(u16::try_from(readings.len()).unwrap_or(u16::MAX));
    for reading in readings {
        out.put_i64(reading.point.0);
        out.put_i64(reading.sample.at.ms());
        out.put_f64(reading.sample.value.unwrap_or(0.0));
        out.put_u8(reading.sample.quality as u8 | if reading.sample.value.is_some() { HAS_VALUE } else { 0 });
    }
    seal(out, start);
}

/// Writes length and checksum before a payload that starts behind them.
fn seal(out: &mut [u8], start: usize) {
    let payload = out.get(start + HEAD..).unwrap_or_default();
    let (length, crc) = (u32::try_from(payload.len()).unwrap_or(u32::MAX), crc32fast::hash(payload));
    if let Some(head) = out.get_mut(start..start + HEAD) {
        head.copy_from_slice(&(u64::from(length) | u64::from(crc) << 32).to_le_bytes());
    }
}

fn write_rows_head(out: &mut Vec<u8>, kind: u8, seq: PacketSeq, rows: &Rows, count: u32) {
    out.put_u8(kind);
    out.put_i64(seq.0);
    out.put_i64(rows.received_at.ms());
    out.put_text(rows.source.as_str());
    out.put_text(&rows.protocol);
    out.put_u32(count);
}

/// Writes a batch at the end of `out`.
pub(crate) fn write_rows(out: &mut Vec<u8>, seq: PacketSeq, rows: &Rows) {
    let start = out.len();
    out.reserve(rows.len() * READING + 256);
    out.extend_from_slice(&[0; HEAD]);
    write_rows_head(out, ROWS, seq, rows, rows.len() as u32);
    let first = rows.times.first().copied().unwrap_or(Time::MIN);
    let one_time = rows.times.iter().all(|at| *at == first);
    let narrow = rows.points.iter().all(|p| u32::try_from(p.0).is_ok());
    let flag = |on: bool, flag: u8| if on { flag } else { 0 };
    out.put_u8(flag(one_time, ONE_TIME) | flag(narrow, NARROW) | flag(!rows.qualities.is_empty(), QUALITIES));
    if narrow {
        rows.points.iter().for_each(|p| out.put_u32(p.0 as u32));
    } else {
        rows.points.iter().for_each(|p| out.put_i64(p.0));
    }
    if one_time {
        out.put_i64(first.ms());
    } else {
        rows.times.iter().for_each(|at| out.put_i64(at.ms()));
    }
    rows.values.iter().for_each(|v| out.put_f64(*v));
    out.extend(rows.qualities.iter().map(|q| *q as u8));
    seal(out, start);
}

/// Writes a batch without its rows: only that it came, and how many they were.
pub(crate) fn write_emptied(out: &mut Vec<u8>, seq: PacketSeq, rows: &Rows, count: u32) {
    let start = out.len();
    out.extend_from_slice(&[0; HEAD]);
    write_rows_head(out, EMPTIED, seq, rows, count);
    seal(out, start);
}

/// The head of a batch, without rows, and how many rows it says it had.
fn read_rows_head(take: &mut Take<'_>) -> Option<(u8, PacketSeq, Rows, u32)> {
    let kind = take.u8()?;
    let seq = PacketSeq(take.i64()?);
    let received_at = Time::from_ms(take.i64()?);
    let source = StationCode::new(take.text()?).ok()?;
    let rows = Rows::new(source, take.text()?, received_at);
    Some((kind, seq, rows, take.u32()?))
}

/// A batch of a payload, and how many rows it says it had.
fn read_rows(payload: &[u8]) -> Option<(PacketSeq, Rows, u32)> {
    let mut take = Take(payload);
    let (kind, seq, mut rows, count) = read_rows_head(&mut take)?;
    if kind == EMPTIED {
        return take.0.is_empty().then_some((seq, rows, count));
    }
    let n = usize::try_from(count).ok().filter(|n| *n <= Rows::MAX)?;
    let flags = take.u8()?;
    if flags & NARROW != 0 {
        let bytes = take.bytes(n * 4)?.as_chunks::<4>().0;
        rows.points = bytes.iter().map(|b| PointId(i64::from(u32::from_le_bytes(*b)))).collect();
    } else {
        let bytes = take.bytes(n * 8)?.as_chunks::<8>().0;
        rows.points = bytes.iter().map(|b| PointId(i64::from_le_bytes(*b))).collect();
    }
    if flags & ONE_TIME != 0 {
        rows.times = vec![Time::from_ms(take.i64()?); n];
    } else {
        let bytes = take.bytes(n * 8)?.as_chunks::<8>().0;
        rows.times = bytes.iter().map(|b| Time::from_ms(i64::from_le_bytes(*b))).collect();
    }
    let bytes = take.bytes(n * 8)?.as_chunks::<8>().0;
    rows.values = bytes.iter().map(|b| f64::from_le_bytes(*b)).collect();
    if flags & QUALITIES != 0 {
        rows.qualities = take.bytes(n)?.iter().map(|q| Quality::from_code(*q)).collect();
    }
    take.0.is_empty().then_some((seq, rows, count))
}

/// What a log says.
#[derive(Clone, Debug)]
pub(crate) enum Record {
    Packet(StoredPacket),
    Rows(PacketSeq, Rows),
    /// A batch whose rows are only in columns: how many they were.
    Emptied(PacketSeq, Rows, u32),
}

impl Record {
    pub(crate) const fn seq(&self) -> PacketSeq {
        match self {
            Self::Packet(packet) => packet.seq,
            Self::Rows(seq, _) | Self::Emptied(seq, _, _) => *seq,
        }
    }

    pub(crate) fn into_batch(self) -> Batch {
        match self {
            Self::Packet(packet) => Batch::Packet(packet.into()),
            Self::Rows(seq, rows) | Self::Emptied(seq, rows, _) => Batch::Rows(seq, rows.into()),
        }
    }
}

/// The packet of a payload; `None` when it is none of ours.
fn read_payload(payload: &[u8]) -> Option<StoredPacket> {
    let mut take = Take(payload);
    if take.u8()? != VERSION {
        return None;
    }
    let seq = PacketSeq(take.i64()?);
    let received_at = Time::from_ms(take.i64()?);
    let sent_at = Some(take.i64()?).filter(|ms| *ms != NO_TIME).map(Time::from_ms);
    let station = StationCode::new(take.text()?).ok()?;
    let protocol = take.text()?.to_owned();
    let length = usize::try_from(take.u32()?).ok()?;
    let raw = take.bytes(length)?.to_vec();
    let count = usize::from(take.u16()?);
    let readings = (0..count).map(|_| read_reading(&mut take)).collect::<Option<Vec<_>>>()?;
    let packet = Packet { station, received_at, sent_at, protocol, raw, readings };
    take.0.is_empty().then_some(StoredPacket { seq, packet })
}

fn read_reading(take: &mut Take<'_>) -> Option<Reading> {
    let point = PointId(take.i64()?);
    let at = Time::from_ms(take.i64()?);
    let value = take.f64()?;
    let flags = take.u8()?;
    let value = (flags & HAS_VALUE != 0).then_some(value);
    Some(Reading { point, sample: Sample { at, value, quality: Quality::from_code(flags & !HAS_VALUE) } })
}

/// The payload of the record at the front of `bytes`; `None` when it is damaged or none of ours.
fn payload(bytes: &[u8]) -> Option<&[u8]> {
    let mut take = Take(bytes);
    let length = usize::try_from(take.u32()?).ok().filter(|l| *l <= MAX_PAYLOAD)?;
    let crc = take.u32()?;
    let payload = take.bytes(length)?;
    // The kind first: cheap, and it spares nearly every checksum while searching.
    let kind = *payload.first()?;
    ((VERSION..=EMPTIED).contains(&kind) && crc32fast::hash(payload) == crc).then_some(payload)
}

/// The record that starts at the front of `bytes`, and how many bytes it takes.
pub(crate) fn read(bytes: &[u8]) -> Option<(Record, usize)> {
    let payload = payload(bytes)?;
    let record = match *payload.first()? {
        VERSION => Record::Packet(read_payload(payload)?),
        ROWS => read_rows(payload).map(|(seq, rows, _)| Record::Rows(seq, rows))?,
        _ => read_rows(payload).map(|(seq, rows, count)| Record::Emptied(seq, rows, count))?,
    };
    Some((record, HEAD + payload.len()))
}

/// As [`read`], of a batch only the head.
pub(crate) fn read_outline(bytes: &[u8]) -> Option<Record> {
    let payload = payload(bytes)?;
    if *payload.first()? == VERSION {
        return read_payload(payload).map(Record::Packet);
    }
    read_rows_head(&mut Take(payload)).map(|(_, seq, rows, count)| Record::Emptied(seq, rows, count))
}

/// How long the record at the front of `bytes` says it is, head included.
pub(crate) fn length(bytes: &[u8]) -> Option<usize> {
    let length = usize::try_from(Take(bytes).u32()?).ok().filter(|l| *l <= MAX_PAYLOAD)?;
    Some(HEAD + length)
}

/// Where the next whole record after damage at `from` starts; `None` when there is none.
pub(crate) fn next_whole(bytes: &[u8], from: usize) -> Option<usize> {
    (from + 1..bytes.len().saturating_sub(HEAD)).find(|at| bytes.get(*at..).and_then(read).is_some())
}
