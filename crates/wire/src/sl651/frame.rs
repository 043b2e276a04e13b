//! A frame's envelope: header, end character, check value.

use super::decoded::{Decoded, Direction, Packet};
use super::problem::{Note, Problem};
use super::value::hex;
use super::{HEADER, OVERHEAD, TRAILER, ascii, body, control, crc16};

/// Reads one frame.
///
/// Never fails: what cannot be read is missing from the value and named in its problems. A single
/// byte 7E behind the check value is tolerated ([`Note::StrayByte`]).
///
/// Decision on series. SL 651-2014 table 36 and 6.6.2.8 d: the observe time before the twelve
/// five-minute values (F4 to FC) and before a uniform series is the time of the *first* value, and
/// a period value carries the end of its period. So value *i* (from 0) is labelled
/// `observe time + i × step`: an hourly report for 10:00–11:00 says 10:05 and its last value is
/// labelled 11:00. Some stations write the hour's end instead; labels are not guessed: where the
/// last label present would lie more than one step after the send time, the values are marked
/// [`doubtful`](super::Reading::doubtful).
#[must_use]
pub fn decode(bytes: &[u8]) -> Decoded {
    let mut out = Decoded::default();
    if let Err(problem) = envelope(bytes, &mut out) {
        out.problems.push(problem);
    }
    if !out.is_trusted() {
        out.readings.clear();
    }
    out
}

/// Reads the parts of a multi-packet report (M3), which an [`Assembler`](super::Assembler) has put in
/// order, as one frame. Offsets in problems and fields are those of the first frame as far as it goes.
#[must_use]
pub fn decode_parts(parts: &[Vec<u8>]) -> Decoded {
    let Some(first) = parts.first() else { return decode(&[]) };
    let mut out = decode(first);
    if !out.is_trusted() {
        return out;
    }
    let total = out.packet.map_or(1, |packet| packet.total);
    let is_ascii = out.form == super::Form::Ascii;
    // Header, start character and packet numbers before the body; end character and check value behind.
    let (before, behind) = if is_ascii { (24 + 6, 5) } else { (HEADER + 3, TRAILER) };
    let mut whole = first.get(..before).unwrap_or_default().to_vec();
    for part in parts {
        let stray = usize::from(!is_ascii && decode(part).notes.contains(&Note::StrayByte));
        let end = part.len().saturating_sub(behind + stray);
        whole.extend(part.get(before..end).unwrap_or_default());
    }
    out = Decoded {
        end: parts.last().and_then(|last| decode(last).end),
        packet: Some(Packet { total: 1, number: 1 }),
        unread: Vec::new(),
        readings: Vec::new(),
        notes: Vec::new(),
        fields: Vec::new(),
        ..out
    };
    let read =
        if is_ascii { ascii::body(&whole, before, &mut out) } else { body::read(&whole, before, &mut out) };
    if let Err(problem) = read {
        out.problems.push(problem);
        out.readings.clear();
    }
    out.packet = Some(Packet { total, number: total });
    out
}

fn envelope(bytes: &[u8], out: &mut Decoded) -> Result<(), Problem> {
    match bytes {
        [] => return Err(Problem::Empty),
        [0x7E, 0x7E, ..] => {}
        [control::SOH, ..] => return ascii::envelope(bytes, out),
        _ => return Err(Problem::NoStart { found: hex(bytes.get(..2).unwrap_or(bytes)) }),
    }
    let too_short = Problem::TooShort { have: bytes.len(), need: OVERHEAD + 1 };
    let Some(header) = bytes.first_chunk::<HEADER>() else { return Err(too_short) };
    let &[_, _, ref inner @ .., start] = header;
    let &[.., l0, l1] = inner;
    let direction = header_fields(*inner, out)?;
    mark_header(out, direction);
    let declared = usize::from(u16::from_be_bytes([l0 & 0x0F, l1]));
    let need = declared + OVERHEAD;
    let have = bytes.len();
    if have == need + 1 && bytes.last() == Some(&0x7E) {
        out.note(Note::StrayByte);
        out.mark(need, have, "stray");
    } else if have != need || declared == 0 {
        return Err(Problem::BadLength { declared, need, have });
    }
    if !matches!(start, control::STX | control::SYN) {
        return Err(Problem::BadStartCharacter { byte: start });
    }
    trailer(bytes, declared, out)?;
    let body = bytes.get(..HEADER + declared).unwrap_or_default();
    read_body(body, start, out)
}

/// Addresses, password, function and direction.
pub(crate) fn header_fields(bytes: [u8; 11], out: &mut Decoded) -> Result<Direction, Problem> {
    let [a0, a1, a2, a3, a4, a5, p0, p1, function, l0, _] = bytes;
    let direction = match l0 >> 4 {
        0 => Direction::Up,
        8 => Direction::Down,
        nibble => return Err(Problem::BadDirection { nibble }),
    };
    let (centre, address) = match direction {
        Direction::Up => (a0, [a1, a2, a3, a4, a5]),
        Direction::Down => (a5, [a0, a1, a2, a3, a4]),
    };
    out.direction = Some(direction);
    out.centre = Some(centre);
    out.address = Some(address);
    out.station = Some(hex(&address));
    out.password = Some(u16::from_be_bytes([p0, p1]));
    out.function = Some(function);
    Ok(direction)
}

fn mark_header(out: &mut Decoded, direction: Direction) {
    out.mark(0, 2, "start");
    match direction {
        Direction::Up => {
            out.mark(2, 3, "centre");
            out.mark(3, 8, "station");
        }
        Direction::Down => {
            out.mark(2, 7, "station");
            out.mark(7, 8, "centre");
        }
    }
    out.mark(8, 10, "password");
    out.mark(10, 11, "function");
    out.mark(11, 13, "length");
    out.mark(13, 14, "start_character");
}

/// Checks the end character and the check value.
fn trailer(bytes: &[u8], declared: usize, out: &mut Decoded) -> Result<(), Problem> {
    let at = HEADER + declared;
    let Some(&[end, c0, c1]) = bytes.get(at..).and_then(<[u8]>::first_chunk::<TRAILER>) else {
        return Ok(());
    };
    out.end = Some(end);
    out.mark(at, at + 1, "end_character");
    out.mark(at + 1, at + TRAILER, "crc");
    let stated = u16::from_be_bytes([c0, c1]);
    let computed = crc16(bytes.get(..=at).unwrap_or_default());
    if !control::ends_a_frame(end) {
        out.problems.push(Problem::BadEndCharacter { byte: end });
    }
    if stated != computed {
        out.problems.push(Problem::BadCrc { stated, computed });
    }
    Ok(())
}

/// Reads the body; `frame` ends where the body does, so that offsets are the frame's.
fn read_body(frame: &[u8], start: u8, out: &mut Decoded) -> Result<(), Problem> {
    let mut at = HEADER;
    if start == control::SYN {
        let Some(&[b0, b1, b2]) = frame.get(at..).and_then(<[u8]>::first_chunk::<3>) else {
            let have = frame.len() - at;
            return Err(Problem::BodyCut { field: "packet".to_owned(), at, need: 3, have });
        };
        let total = u16::from(b0) << 4 | u16::from(b1 >> 4);
        let number = u16::from(b1 & 0x0F) << 8 | u16::from(b2);
        out.packet = Some(Packet { total, number });
        out.mark(at, at + 3, "packet");
        at += 3;
        // Only a station's first packet carries serial and time (6.5.3).
        if number != 1 && out.direction == Some(Direction::Up) {
            out.note(Note::MultiPacket);
            out.unread = frame.get(at..).unwrap_or_default().to_vec();
            out.mark(at, frame.len(), "body");
            return Ok(());
        }
    }
    body::read(frame, at, out)
}
