//! One packet as bytes in a log: `[length u32][crc32 u32][payload]`, and how a damaged log is read.

use super::bytes::{Put as _, Take};
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
pub(crate) const MAX_PAYLOAD: usize = Packet::MAX_RAW + Packet::MAX_READINGS * READING + 1_024;
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
    let payload = out.get(start + HEAD..).unwrap_or_default();
    let (length, crc) = (u32::try_from(payload.len()).unwrap_or(u32::MAX), crc32fast::hash(payload));
    if let Some(head) = out.get_mut(start..start + HEAD) {
        head.copy_from_slice(&(u64::from(length) | u64::from(crc) << 32).to_le_bytes());
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

/// The packet that starts at the front of `bytes`, and how many bytes it takes.
pub(crate) fn read(bytes: &[u8]) -> Option<(StoredPacket, usize)> {
    let mut take = Take(bytes);
    let length = usize::try_from(take.u32()?).ok().filter(|l| *l <= MAX_PAYLOAD)?;
    let crc = take.u32()?;
    let payload = take.bytes(length)?;
    // The version byte first: cheap, and it spares nearly every checksum while searching.
    if payload.first() != Some(&VERSION) || crc32fast::hash(payload) != crc {
        return None;
    }
    read_payload(payload).map(|packet| (packet, HEAD + length))
}

/// Where the next whole record after damage at `from` starts; `None` when there is none.
pub(crate) fn next_whole(bytes: &[u8], from: usize) -> Option<usize> {
    (from + 1..bytes.len().saturating_sub(HEAD)).find(|at| bytes.get(*at..).and_then(read).is_some())
}
