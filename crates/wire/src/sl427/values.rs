//! The data of a frame: values, alarm and state words, time stamp.

use super::afn;
use super::decoded::{Decoded, Direction, Stamp};
use super::kinds::{Edition, Form, Kind, OLDER_WEATHER, Part, QUALITY, SELECTED, SELECTION, STATE, kind};
use crate::fault::Fault;
use crate::hex::{bcd_le, hex, scaled};
use crate::report::FrameReading;
use field::time::Time;

/// Alarm word and state word.
const WORDS: usize = 4;
/// One of them.
const WORD: usize = 2;
/// 流量: flows may come without amounts.
const FLOW: u8 = 0x03;
/// 类型 and 雨量 of a statistic of rain.
const STATISTIC: usize = 4;

/// Reads the data, which stand at byte `at` of the frame.
pub(crate) fn read(data: &[u8], at: usize, out: &mut Decoded) {
    if out.part.is_some() {
        out.remarks
            .notes
            .push(Fault::minor("multi_packet", "a part of a split frame: its data are not read"));
        return unread(data, at, out);
    }
    match (out.direction, out.afn) {
        (_, Some(afn::LINK)) => {
            out.link = data.first().copied();
            out.remarks.mark(at, at + data.len(), "link");
        }
        // A voltage stands alone (table B.98).
        (Some(Direction::Up), Some(afn::VOLTAGE)) if data.len() == 2 => {
            values(STATE, Edition::Slt427, data, at, out);
        }
        (Some(Direction::Up), Some(afn::REPORT | afn::ALARM | afn::MANUAL | afn::VOLTAGE)) => {
            if !report(data, at, out) {
                out.remarks
                    .problems
                    .push(Fault::minor("no_time", "the data end in no time stamp: its values are left out"));
                unread(data, at, out);
            }
        }
        (Some(Direction::Up), Some(afn::QUERY)) => answer(data, at, out),
        _ => unread(data, at, out),
    }
}

fn unread(data: &[u8], at: usize, out: &mut Decoded) {
    out.remarks.mark(at, at + data.len(), "data");
    out.unread = data.to_vec();
}

fn code(out: &Decoded) -> u8 {
    match out.afn {
        Some(afn::VOLTAGE) => STATE,
        _ => out.control.unwrap_or_default() & 0x0F,
    }
}

/// Whether so many bytes are whole values of a kind.
fn whole(code: u8, edition: Edition, bytes: usize) -> bool {
    match (code, kind(code, edition)) {
        (0 | STATE, _) if bytes == 0 => true,
        (_, _) if bytes == 0 => false,
        (FLOW, Some(kind)) => {
            kind.parts.first().is_some_and(|flow| bytes.is_multiple_of(usize::from(flow.bytes)))
        }
        (_, Some(kind)) => bytes.is_multiple_of(kind.bytes()),
        (SELECTION, None) => bytes > 1,
        (QUALITY, None) => bytes > 5,
        (_, None) => false,
    }
}

/// A report; `false` where no time stamp ends the data.
///
/// An alarm (81H) has its alarm word in front of the values (7.5.2), all others have both words behind them.
fn report(data: &[u8], at: usize, out: &mut Decoded) -> bool {
    let stamp = |length: usize| {
        let values = data.len().checked_sub(WORDS + length)?;
        stamp(data.get(values + WORDS..)?).map(|stamp| (values, stamp))
    };
    let seven = stamp(7).filter(|(values, _)| whole(code(out), Edition::Slt427, *values));
    let newer = seven.map(|found| (Edition::Slt427, found));
    let Some((edition, (length, stamp))) = newer.or_else(|| stamp(5).map(|found| (Edition::Szy206, found)))
    else {
        return false;
    };
    out.stamp = Some(stamp);
    let first = if out.afn == Some(afn::ALARM) { WORD } else { 0 };
    let behind = first + length;
    values(code(out), edition, data.get(first..behind).unwrap_or_default(), at + first, out);
    let alarm_at = if first == 0 { behind } else { 0 };
    let state_at = length + WORD;
    words(data, (alarm_at, state_at), at, out);
    out.remarks.mark(at + length + WORDS, at + data.len(), "sent_at");
    true
}

/// The words of the terminal, low byte first (6.2: 低字节在前).
fn words(data: &[u8], (alarm_at, state_at): (usize, usize), at: usize, out: &mut Decoded) {
    let word =
        |from: usize| data.get(from..).and_then(<[u8]>::first_chunk).map(|two| u16::from_le_bytes(*two));
    out.alarm = word(alarm_at);
    out.state = word(state_at);
    for (id, word, from) in [("alarm", out.alarm, alarm_at), ("state", out.state, state_at)] {
        let value = word.map(f64::from);
        out.readings.push(FrameReading { id: id.to_owned(), element: id, value, unit: "", to_si: 1.0 });
        out.remarks.mark(at + from, at + from + WORD, format!("element:{id}"));
    }
}

/// An answer to a question: values and words (7.3.22), with a stamp as a report has it, or values alone.
fn answer(data: &[u8], at: usize, out: &mut Decoded) {
    let code = code(out);
    let of = |length: usize| {
        [Edition::Slt427, Edition::Szy206].into_iter().find(|edition| whole(code, *edition, length))
    };
    if let Some(length) = data.len().checked_sub(WORDS)
        && let Some(edition) = of(length)
    {
        values(code, edition, data.get(..length).unwrap_or_default(), at, out);
        return words(data, (length, length + WORD), at, out);
    }
    if report(data, at, out) {
        return;
    }
    match of(data.len()) {
        Some(edition) => values(code, edition, data, at, out),
        None => {
            let message = format!("byte {at}: the data are no whole values of kind {code:02X}");
            out.remarks.problems.push(Fault::minor("bad_data", message));
            unread(data, at, out);
        }
    }
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

fn values(code: u8, edition: Edition, data: &[u8], at: usize, out: &mut Decoded) {
    match (code, kind(code, edition)) {
        (SELECTION, _) => several_kinds(edition, data, at, out),
        (QUALITY, _) if !data.is_empty() => {
            let message = format!("byte {at}: substances of kind 0A: no frame tells their decimals");
            out.remarks.notes.push(Fault::minor("quality_not_read", message));
            unread(data, at, out);
        }
        (_, Some(kind)) => several(kind, data, at, out),
        (code, None) => {
            if !data.is_empty() {
                let message = format!("byte {at}: kind {code:02X} has no values this house reads");
                out.remarks.notes.push(Fault::minor("unknown_kind", message));
                unread(data, at, out);
            }
        }
    }
}

/// Statistics of rain in a report of SL/T 427 (7.5.6 c), a selection of kinds in an answer and in SZY 206.
fn several_kinds(edition: Edition, data: &[u8], at: usize, out: &mut Decoded) {
    let is_answer = out.afn == Some(afn::QUERY);
    let statistics = data.len().is_multiple_of(STATISTIC);
    let selected =
        if is_answer || edition == Edition::Szy206 || !statistics { selection(data) } else { None };
    match selected {
        Some(kinds) => {
            out.remarks.mark(at, at + 1, "selection");
            let mut from = 1;
            for kind in kinds {
                let end = from + kind.bytes();
                block(&kind, data.get(from..end).unwrap_or_default(), at + from, "", out);
                from = end;
            }
        }
        None if statistics && !is_answer => {
            for (n, block) in data.chunks(STATISTIC).enumerate() {
                statistic(block, at + n * STATISTIC, out);
            }
        }
        None => leftover(data, at, out),
    }
}

/// The kinds of a selection that fill the data exactly: of SL/T 427 or SZY 206, with amounts or without.
fn selection(data: &[u8]) -> Option<Vec<Kind>> {
    let (&bits, rest) = data.split_first()?;
    let layout = |edition: Edition, amounts: bool| -> Vec<Kind> {
        let chosen = (0..8_u8).filter(|bit| bits >> bit & 1 == 1);
        let kind_of = |bit: u8| match (bit, edition) {
            (3, Edition::Szy206) => kind(OLDER_WEATHER, edition),
            _ => kind(*SELECTED.get(usize::from(bit))?, edition),
        };
        let without = |of: &Kind| if amounts { *of } else { alone(of) };
        chosen.filter_map(kind_of).map(without).collect()
    };
    [(Edition::Slt427, true), (Edition::Slt427, false), (Edition::Szy206, true), (Edition::Szy206, false)]
        .into_iter()
        .map(|(edition, amounts)| layout(edition, amounts))
        .find(|kinds| kinds.iter().map(Kind::bytes).sum::<usize>() == rest.len() && !kinds.is_empty())
}

/// 统计雨量: a byte of type and length, and rain as kind 01 has it.
fn statistic(block: &[u8], at: usize, out: &mut Decoded) {
    let (Some((&of, rain)), Some(part)) =
        (block.split_first(), kind(0x01, Edition::Slt427).and_then(|kind| kind.parts.first()))
    else {
        return;
    };
    let length = of & 0x3F;
    let id = match of >> 6 {
        0 => format!("0E-{}min", u16::from(length) * 5),
        1 => format!("0E-{length}h"),
        2 => format!("0E-{length}d"),
        _ => "0E-test".to_owned(),
    };
    out.remarks.mark(at, at + 1, "statistic");
    one(part, rain, at + 1, id, out);
}

/// What each of several instruments reports, one after another.
fn several(kind: &Kind, data: &[u8], at: usize, out: &mut Decoded) {
    // Flows come with an amount each, or alone.
    let kind = if data.len().is_multiple_of(kind.bytes()) { *kind } else { alone(kind) };
    let blocks = data.chunks_exact(kind.bytes().max(1));
    let rest = blocks.remainder();
    for (n, bytes) in blocks.enumerate() {
        let number = if n == 0 { String::new() } else { format!(".{}", n + 1) };
        block(&kind, bytes, at + n * kind.bytes(), &number, out);
    }
    leftover(rest, at + data.len() - rest.len(), out);
}

/// Flow without its amount; any other kind as it is.
fn alone(kind: &Kind) -> Kind {
    match kind.parts {
        [flow, ..] if kind.code == FLOW => Kind { parts: std::slice::from_ref(flow), ..*kind },
        _ => *kind,
    }
}

/// What one instrument reports.
fn block(kind: &Kind, bytes: &[u8], at: usize, number: &str, out: &mut Decoded) {
    let (mut from, mut end) = (0, 0);
    for part in kind.parts {
        // A part without bytes of its own shares those of the part before it.
        if part.bytes > 0 {
            (from, end) = (end, end + usize::from(part.bytes));
        }
        let digits = bytes.get(from..end).unwrap_or_default();
        one(part, digits, at + from, format!("{:02X}{}{number}", kind.code, part.suffix), out);
    }
}

fn leftover(rest: &[u8], at: usize, out: &mut Decoded) {
    if !rest.is_empty() {
        let message = format!("byte {at}: `{}` behind the last whole value", hex(rest));
        out.remarks.notes.push(Fault::minor("leftover", message));
        unread(rest, at, out);
    }
}

fn one(part: &Part, bytes: &[u8], at: usize, id: String, out: &mut Decoded) {
    out.remarks.mark(at, at + bytes.len(), format!("element:{id}"));
    // AA and FF throughout: the terminal has no value.
    let none = bytes.iter().all(|b| *b == 0xAA) || bytes.iter().all(|b| *b == 0xFF);
    let read = if none { None } else { number(part, bytes) };
    if read.is_none() && !none {
        let message =
            format!("byte {at}: {id}: `{}` are no decimal digits; its value is left out", hex(bytes));
        out.remarks.problems.push(Fault::minor("bad_digits", message));
        return;
    }
    let (value, unit, to_si) = match read {
        Some((value, unit, to_si)) => (Some(value), unit, to_si),
        None => (None, part.unit, part.to_si),
    };
    out.readings.push(FrameReading { id, element: part.element, value, unit, to_si });
}

/// The number, its unit, and what makes it the house's unit.
fn number(part: &Part, bytes: &[u8]) -> Option<(f64, &'static str, f64)> {
    let (top, low) = bytes.split_last()?;
    let high = top >> 4;
    let (sign, unit, to_si) = match (part.form, high) {
        (Form::HighDigit, 0..=9) => return Some((f64::from(high), part.unit, part.to_si)),
        (Form::HighDigit, _) => return None,
        (Form::Plain, _) => {
            let raw = bcd_le(bytes)?;
            return Some((scaled(raw, u32::from(part.decimals)), part.unit, part.to_si));
        }
        (Form::Signed, 0xF) => (-1.0, part.unit, part.to_si),
        (Form::Signed, 0) | (Form::LowDigits, _) => (1.0, part.unit, part.to_si),
        (Form::Flow, _) => {
            let sign = match high >> 2 {
                0 => 1.0,
                3 => -1.0,
                _ => return None,
            };
            match high & 3 {
                0 => (sign, part.unit, part.to_si),
                3 => (sign, "m3/h", 1.0 / 3_600.0),
                _ => return None,
            }
        }
        (Form::Signed, _) => return None,
    };
    let mut digits = low.to_vec();
    digits.push(top & 0x0F);
    let raw = bcd_le(&digits)?;
    Some((if raw == 0 { 0.0 } else { sign * scaled(raw, u32::from(part.decimals)) }, unit, to_si))
}
