//! A frame's envelope and its data.

use super::decoded::{Decoded, Status};
use super::{MAX_FRAME, OVERHEAD, SEAL, control, di, unit};
use crate::cut::{Framing, Look};
use crate::fault::Fault;
use crate::hex::{bcd_le, hex, scaled};
use crate::report::FrameReading;
use crate::seal::{PREAMBLE, START, is_preamble};
use field::time::Time;

/// Bytes before the data: 68 T A(7) C L.
const HEADER: usize = 11;
/// Bytes of DI and SER.
const PREFIX: usize = 3;

/// How frames are found in a stream. The preamble is passed over.
pub const FRAMING: Framing = Framing { look, idle: is_preamble, max_frame: MAX_FRAME };

fn look(bytes: &[u8]) -> Look {
    if bytes.first() != Some(&START) {
        return Look::No;
    }
    bytes.get(HEADER - 1).map_or(Look::Unknown, |length| SEAL.look(bytes, *length))
}

/// Reads one frame, with or without preamble. Never fails: what cannot be read is missing from the value
/// and named in its problems.
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
    let lead = bytes.iter().take_while(|b| **b == PREAMBLE).count();
    let frame = bytes.get(lead..).unwrap_or_default();
    out.remarks.mark(0, lead, "preamble");
    if frame.is_empty() {
        return Err(Fault::fatal("empty", "the line holds no frame"));
    }
    if frame.first() != Some(&START) {
        let found = hex(frame.iter().take(1));
        return Err(Fault::fatal("no_start", format!("a frame starts with 68, this with {found}")));
    }
    let Some(&[_, kind, a0, a1, a2, a3, a4, a5, a6, c, length]) = frame.first_chunk::<HEADER>() else {
        let message = format!("{} bytes are fewer than the {OVERHEAD} of the shortest frame", frame.len());
        return Err(Fault::fatal("too_short", message));
    };
    out.kind = Some(kind);
    out.address = Some(hex([a6, a5, a4, a3, a2, a1, a0].iter()));
    out.control = Some(c);
    for (start, end, name) in
        [(0, 1, "start"), (1, 2, "kind"), (2, 9, "address"), (9, 10, "control"), (10, 11, "length")]
    {
        out.remarks.mark(lead + start, lead + end, name);
    }
    let counted = SEAL.open(frame, length, (lead, "sum"), &mut out.remarks)?;
    data(counted.get(HEADER..).unwrap_or_default(), lead + HEADER, out);
    Ok(())
}

fn data(data: &[u8], at: usize, out: &mut Decoded) {
    let Some(&[d0, d1, serial]) = data.first_chunk::<PREFIX>() else {
        out.unread = data.to_vec();
        return;
    };
    out.remarks.mark(at, at + 2, "di");
    out.remarks.mark(at + 2, at + 3, "serial");
    out.di = Some(identifier(d0, d1, out));
    out.serial = Some(serial);
    let (rest, at) = (data.get(PREFIX..).unwrap_or_default(), at + PREFIX);
    if !out.is_answer() || out.is_refusal() {
        out.remarks.mark(at, at + rest.len(), if out.is_refusal() { "error" } else { "data" });
        out.unread = rest.to_vec();
        return;
    }
    // 0xA1 and its like are reports of vendors in an order of their own: kept as bytes.
    if out.control.is_some_and(|c| c & 0x3F > control::WRITE + 2) {
        out.remarks.notes.push(Fault::minor("vendor_report", "a vendor's own report: its data is not read"));
        out.remarks.mark(at, at + rest.len(), "data");
        out.unread = rest.to_vec();
        return;
    }
    match (out.di, rest.len()) {
        (Some(di::TOTALS), 19) => totals(rest, at, out),
        (Some(di::TOTALS), 6) => short_total(rest, at, out),
        (Some(month), 5) if (di::FIRST_MONTH..di::FIRST_MONTH + 12).contains(&month) => {
            measured(rest, at, format!("{month:04X}"), "settled_total", out);
        }
        (_, 2) => status(rest, at, out),
        _ => {
            out.remarks.mark(at, at + rest.len(), "data");
            out.unread = rest.to_vec();
        }
    }
}

/// DI in the standard's order. Meters of some vendors turn it round (`1F90`).
fn identifier(d0: u8, d1: u8, out: &mut Decoded) -> u16 {
    let (as_sent, turned) = (u16::from_be_bytes([d0, d1]), u16::from_be_bytes([d1, d0]));
    let known = |di: u16| matches!(di >> 8, 0x90 | 0x81 | 0xA0 | 0xD1);
    if !known(as_sent) && known(turned) {
        out.remarks
            .notes
            .push(Fault::minor("turned_di", format!("the data identifier is sent as {as_sent:04X}")));
        return turned;
    }
    as_sent
}

fn totals(rest: &[u8], at: usize, out: &mut Decoded) {
    measured(rest.get(..5).unwrap_or_default(), at, "901F".to_owned(), "total", out);
    measured(rest.get(5..10).unwrap_or_default(), at + 5, "901F-settled".to_owned(), "settled_total", out);
    let digits = rest.get(10..17).unwrap_or_default();
    out.remarks.mark(at + 10, at + 17, "clock");
    out.clock = clock(digits);
    status(rest.get(17..).unwrap_or_default(), at + 17, out);
}

/// A total without its unit, as short answers have it: hundredths of a cubic metre.
fn short_total(rest: &[u8], at: usize, out: &mut Decoded) {
    let value = number(rest.get(..4).unwrap_or_default(), at, "901F", out);
    out.remarks.mark(at, at + 4, "element:901F");
    out.readings.push(FrameReading {
        id: "901F".to_owned(),
        element: "total",
        value,
        unit: "m3",
        to_si: 1.0,
    });
    status(rest.get(4..).unwrap_or_default(), at + 4, out);
}

/// Four bytes of digits with two behind the point, and a unit.
fn measured(bytes: &[u8], at: usize, id: String, element: &'static str, out: &mut Decoded) {
    let [digits @ .., unit_byte] = bytes else { return };
    out.remarks.mark(at, at + bytes.len(), format!("element:{id}"));
    let value = number(digits, at, &id, out);
    let Some((unit, to_si)) = unit(*unit_byte) else {
        let message = format!(
            "byte {}: {id}: unit {unit_byte:02X} is unknown; its value is left out",
            at + digits.len()
        );
        out.remarks.problems.push(Fault::minor("bad_unit", message));
        return;
    };
    out.readings.push(FrameReading { id, element, value, unit, to_si });
}

fn number(digits: &[u8], at: usize, id: &str, out: &mut Decoded) -> Option<f64> {
    // A meter without a value fills it with one digit that is none.
    if digits.iter().all(|b| matches!(b, 0xFF | 0xEE | 0xAA)) {
        return None;
    }
    let value = bcd_le(digits).map(|raw| scaled(raw, 2));
    if value.is_none() {
        let message =
            format!("byte {at}: {id}: `{}` are no decimal digits; its value is left out", hex(digits));
        out.remarks.problems.push(Fault::minor("bad_digits", message));
    }
    value
}

fn status(bytes: &[u8], at: usize, out: &mut Decoded) {
    let Some(&both) = bytes.first_chunk::<2>() else { return };
    out.remarks.mark(at, at + 2, "status");
    out.status = Some(Status(both));
    let value = Some(f64::from(u16::from_be_bytes([both[1], both[0]])));
    out.readings.push(FrameReading {
        id: "901F-status".to_owned(),
        element: "status",
        value,
        unit: "",
        to_si: 1.0,
    });
}

/// Seconds first as the standard has it, or, where that is no moment, the year first as some vendors do.
fn clock(bytes: &[u8]) -> Option<Time> {
    let &[s, mi, h, d, mo, y0, y1] = bytes.first_chunk::<7>()?;
    moment(y1, y0, mo, d, h, mi, s).or_else(|| moment(s, mi, h, d, mo, y0, y1))
}

fn moment(y1: u8, y0: u8, mo: u8, d: u8, h: u8, mi: u8, s: u8) -> Option<Time> {
    let two = |b: u8| bcd_le(&[b]).and_then(|n| i8::try_from(n).ok());
    let year = i16::from(two(y1)?) * 100 + i16::from(two(y0)?);
    Time::from_beijing(year, two(mo)?, two(d)?, two(h)?, two(mi)?, two(s)?).filter(|_| year >= 2000)
}
