//! A frame's envelope: `68 L 68`, control, address, function, data, CRC-8, `16`.

use super::decoded::{Decoded, Direction};
use super::{MAX_FRAME, SEAL, values};
use crate::cut::{Framing, Look};
use crate::fault::Fault;
use crate::hex::hex;
use crate::seal::START;

/// Bytes before what the length counts.
const HEADER: usize = 3;
/// Least that the length counts: C, A, AFN.
const LEAST: usize = 7;
/// Bit 7 of C: from a station.
pub(crate) const UP: u8 = 0x80;
/// Bit 6 of C: a part, with its count behind C.
const SPLIT: u8 = 0x40;

/// How frames are found in a stream.
pub const FRAMING: Framing = Framing { look, idle, max_frame: MAX_FRAME };

const fn idle(_: u8) -> bool {
    false
}

fn look(bytes: &[u8]) -> Look {
    if bytes.first() != Some(&START) || bytes.get(2).is_some_and(|b| *b != START) {
        return Look::No;
    }
    let Some(&length) = bytes.get(1) else { return Look::Unknown };
    if usize::from(length) < LEAST {
        return Look::No;
    }
    SEAL.look(bytes, length)
}

/// Reads one frame. Never fails: what cannot be read is missing from the value and named in its problems.
///
/// Decision on what follows the values of a report (functions C0, 81, 82, 84): alarm word, state word and
/// time stamp, whose length differs – seven bytes with year and month (SL/T 427-2021), five without
/// (SZY 206-2016). The seven-byte form is taken when its digits are a moment and whole values remain,
/// else the five-byte one. An alarm (81) has its alarm word before its values (7.5.2). Kind 03 carries pairs
/// of flow and amount when an even number of values stands there, else flows alone. An answer (B0) ends in
/// both words, without a stamp (7.3.22).
#[must_use]
pub fn decode(bytes: &[u8]) -> Decoded {
    let mut out = Decoded::default();
    if let Err(fault) = envelope(bytes, &mut out) {
        out.remarks.problems.push(fault);
    }
    if !out.remarks.is_trusted() {
        out.readings.clear();
    }
    out
}

fn envelope(bytes: &[u8], out: &mut Decoded) -> Result<(), Fault> {
    if bytes.is_empty() {
        return Err(Fault::fatal("empty", "the line holds no bytes"));
    }
    let Some(&[first, length, second]) = bytes.first_chunk::<HEADER>() else {
        return Err(Fault::fatal("too_short", format!("{} bytes are no frame", bytes.len())));
    };
    if first != START || second != START {
        let found = hex(bytes.iter().take(3));
        return Err(Fault::fatal(
            "no_start",
            format!("a frame starts with 68, its length and 68, this with {found}"),
        ));
    }
    out.remarks.mark(0, 1, "start");
    out.remarks.mark(1, 2, "length");
    out.remarks.mark(2, 3, "start");
    let declared = usize::from(length);
    // Read what stands there whatever its length, so that a person sees who sent it.
    let said = bytes.get(HEADER..(HEADER + declared).min(bytes.len())).unwrap_or_default();
    let at = header(said, out);
    if declared < LEAST {
        let message = format!("the frame declares {declared} bytes; the shortest has {LEAST}");
        return Err(Fault::fatal("bad_length", message));
    }
    let counted = SEAL.open(bytes, length, (0, "crc"), &mut out.remarks)?;
    let Some(at) = at else {
        return Err(Fault::fatal("too_short", "the frame ends inside its header"));
    };
    values::read(counted.get(at..).unwrap_or_default(), HEADER + at, out);
    Ok(())
}

/// Control, address and function; gives where the data begin.
fn header(counted: &[u8], out: &mut Decoded) -> Option<usize> {
    let (&control, mut rest) = counted.split_first()?;
    out.control = Some(control);
    out.direction = Some(if control & UP == 0 { Direction::Down } else { Direction::Up });
    out.remarks.mark(HEADER, HEADER + 1, "control");
    let mut at = 1;
    if control & SPLIT != 0 {
        let (&part, left) = rest.split_first()?;
        out.part = Some(part);
        out.remarks.mark(HEADER + at, HEADER + at + 1, "part");
        rest = left;
        at += 1;
    }
    let (&address, left) = rest.split_first_chunk::<5>()?;
    out.address = Some(address);
    out.station = Some(hex(&address));
    out.remarks.mark(HEADER + at, HEADER + at + 5, "station");
    at += 5;
    out.afn = Some(*left.first()?);
    out.remarks.mark(HEADER + at, HEADER + at + 1, "function");
    Some(at + 1)
}
