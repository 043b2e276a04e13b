//! The data of a frame: values, alarm and state words, time stamp.

use super::afn;
use super::decoded::{Decoded, Direction, Stamp};
use super::kinds::{Kind, SELECTED, SELECTION, kind};
use crate::fault::Fault;
use crate::hex::{bcd_le, hex, scaled};
use crate::report::FrameReading;
use field::time::Time;

/// Alarm word and state word.
const WORDS: usize = 4;

/// Reads the data, which stand at byte `at` of the frame.
pub(crate) fn read(data: &[u8], at: usize, out: &mut Decoded) {
    let unread = |out: &mut Decoded| {
        out.remarks.mark(at, at + data.len(), "data");
        out.unread = data.to_vec();
    };
    if out.part.is_some() {
        out.remarks
            .notes
            .push(Fault::minor("multi_packet", "a part of a split frame: its data are not read"));
        return unread(out);
    }
    match (out.direction, out.afn) {
        (_, Some(afn::LINK)) => {
            out.link = data.first().copied();
            out.remarks.mark(at, at + data.len(), "link");
        }
        (Some(Direction::Up), Some(afn::REPORT | afn::ALARM | afn::MANUAL)) => report(data, at, out),
        (Some(Direction::Up), Some(afn::QUERY)) => answer(data, at, out),
        _ => unread(out),
    }
}

fn code(out: &Decoded) -> u8 {
    out.control.unwrap_or_default() & 0x0F
}

/// Whether so many bytes are whole values of the frame's kind.
fn whole(code: u8, bytes: usize) -> bool {
    match kind(code) {
        Some(kind) => bytes.is_multiple_of(usize::from(kind.bytes)),
        None => code == SELECTION && bytes > 0,
    }
}

fn report(data: &[u8], at: usize, out: &mut Decoded) {
    // Data of one byte confirm something.
    let stamp = |length: usize| {
        let values = data.len().checked_sub(WORDS + length)?;
        stamp(data.get(values + WORDS..)?).map(|stamp| (values, stamp))
    };
    let seven = stamp(7).filter(|(values, _)| whole(code(out), *values));
    let Some((values, stamp)) = seven.or_else(|| stamp(5)) else {
        out.remarks
            .problems
            .push(Fault::minor("no_time", "the data end in no time stamp: its values are left out"));
        out.remarks.mark(at, at + data.len(), "data");
        out.unread = data.to_vec();
        return;
    };
    out.stamp = Some(stamp);
    self::values(data.get(..values).unwrap_or_default(), at, out);
    let words = at + values;
    if let Some(&[a0, a1, s0, s1]) = data.get(values..).and_then(<[u8]>::first_chunk::<WORDS>) {
        out.alarm = Some(u16::from_be_bytes([a0, a1]));
        out.state = Some(u16::from_be_bytes([s0, s1]));
        for (id, word) in [("alarm", out.alarm), ("state", out.state)] {
            let value = word.map(f64::from);
            out.readings.push(FrameReading { id: id.to_owned(), element: id, value, unit: "", to_si: 1.0 });
        }
    }
    out.remarks.mark(words, words + 2, "element:alarm");
    out.remarks.mark(words + 2, words + 4, "element:state");
    out.remarks.mark(words + WORDS, at + data.len(), "sent_at");
}

/// An answer to a question: values alone, or with words and stamp as a report has them.
fn answer(data: &[u8], at: usize, out: &mut Decoded) {
    if whole(code(out), data.len()) { values(data, at, out) } else { report(data, at, out) }
}

fn stamp(bytes: &[u8]) -> Option<Stamp> {
    let two = |b: &u8| bcd_le(&[*b]).and_then(|n| i8::try_from(n).ok());
    let (second, minute, hour, day) =
        (two(bytes.first()?)?, two(bytes.get(1)?)?, two(bytes.get(2)?)?, two(bytes.get(3)?)?);
    // Any year with a 31st will do to see whether the digits are a day and a time.
    Time::from_beijing(2000, 1, day, hour, minute, second)?;
    match bytes.get(4..)? {
        [delay] => Some(Stamp { year_month: None, day_time: (day, hour, minute, second), delay_min: *delay }),
        [month, year, delay] => {
            let (month, year) = (two(month)?, two(year)?);
            Time::from_beijing(2000 + i16::from(year), month, day, hour, minute, second)?;
            let year_month = Some((year, month));
            Some(Stamp { year_month, day_time: (day, hour, minute, second), delay_min: *delay })
        }
        _ => None,
    }
}

fn values(data: &[u8], at: usize, out: &mut Decoded) {
    match (code(out), kind(code(out))) {
        (SELECTION, _) => selection(data, at, out),
        (_, Some(kind)) => several(kind, data, at, out),
        (code, None) => {
            if !data.is_empty() {
                let message = format!("byte {at}: kind {code:02X} has no values this house reads");
                out.remarks.notes.push(Fault::minor("unknown_kind", message));
                out.remarks.mark(at, at + data.len(), "data");
                out.unread = data.to_vec();
            }
        }
    }
}

fn selection(data: &[u8], at: usize, out: &mut Decoded) {
    let Some((&bits, mut rest)) = data.split_first() else { return };
    out.remarks.mark(at, at + 1, "selection");
    let mut at = at + 1;
    for (bit, code) in SELECTED {
        let Some(kind) = kind(code).filter(|_| bits >> bit & 1 == 1) else { continue };
        let Some((bytes, left)) = rest.split_at_checked(usize::from(kind.bytes)) else { break };
        one(kind, bytes, at, format!("{code:02X}"), out);
        at += bytes.len();
        rest = left;
    }
    leftover(rest, at, out);
}

fn several(kind: &Kind, data: &[u8], at: usize, out: &mut Decoded) {
    let size = usize::from(kind.bytes);
    let chunks = data.chunks_exact(size);
    let rest = chunks.remainder();
    let pairs = kind.code == 0x03 && chunks.len().is_multiple_of(2);
    let code = kind.code;
    for (n, bytes) in chunks.enumerate() {
        let at = at + n * size;
        let nth = if pairs { n / 2 + 1 } else { n + 1 };
        let number = if nth == 1 { String::new() } else { format!(".{nth}") };
        if pairs && n % 2 == 1 {
            let amount = Kind { element: "amount", decimals: 0, unit: "m3", ..*kind };
            one(&amount, bytes, at, format!("{code:02X}T{number}"), out);
        } else {
            one(kind, bytes, at, format!("{code:02X}{number}"), out);
        }
    }
    leftover(rest, at + data.len() - rest.len(), out);
}

fn leftover(rest: &[u8], at: usize, out: &mut Decoded) {
    if !rest.is_empty() {
        let message = format!("byte {at}: `{}` behind the last whole value", hex(rest));
        out.remarks.notes.push(Fault::minor("leftover", message));
        out.remarks.mark(at, at + rest.len(), "data");
        out.unread = rest.to_vec();
    }
}

fn one(kind: &Kind, bytes: &[u8], at: usize, id: String, out: &mut Decoded) {
    out.remarks.mark(at, at + bytes.len(), format!("element:{id}"));
    // AA and FF throughout: the terminal has no value.
    let none = bytes.iter().all(|b| *b == 0xAA) || bytes.iter().all(|b| *b == 0xFF);
    let value = if none { None } else { number(kind, bytes) };
    if value.is_none() && !none {
        let message =
            format!("byte {at}: {id}: `{}` are no decimal digits; its value is left out", hex(bytes));
        out.remarks.problems.push(Fault::minor("bad_digits", message));
        return;
    }
    out.readings.push(FrameReading { id, element: kind.element, value, unit: kind.unit, to_si: 1.0 });
}

fn number(kind: &Kind, bytes: &[u8]) -> Option<f64> {
    let mut digits = bytes.to_vec();
    let mut sign = 1.0;
    if kind.signed
        && let Some(top) = digits.last_mut()
        && *top & 0xF0 == 0xF0
    {
        *top &= 0x0F;
        sign = -1.0;
    }
    bcd_le(&digits).map(|raw| sign * scaled(raw, u32::from(kind.decimals)))
}
