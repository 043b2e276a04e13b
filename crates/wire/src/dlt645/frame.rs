//! A frame's envelope and its data.

use super::decoded::{Decoded, Reading};
use super::items::{Item, members};
use super::{MAX_FRAME, OFFSET, OVERHEAD};
use crate::cut::{Framing, Look};
use crate::fault::Fault;
use crate::hex::{bcd_le, hex, scaled};

const PREAMBLE: u8 = 0xFE;
const START: u8 = 0x68;
const END: u8 = 0x16;
/// Bytes before the data: 68 A(6) 68 C L.
const HEADER: usize = 10;
/// Why a meter refuses, by the bits of its error word (DL/T 645-2007 annex C.5).
const REFUSALS: [&str; 7] =
    ["其他错误", "无请求数据", "密码错/未授权", "通信速率不能更改", "年时区数超", "日时段数超", "费率数超"];

/// How frames are found in a stream. The preamble is passed over.
pub const FRAMING: Framing = Framing { look, idle, max_frame: MAX_FRAME };

const fn idle(byte: u8) -> bool {
    byte == PREAMBLE
}

fn sum(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |sum: u8, byte| sum.wrapping_add(*byte))
}

fn look(bytes: &[u8]) -> Look {
    if bytes.first() != Some(&START) || bytes.get(7).is_some_and(|b| *b != START) {
        return Look::No;
    }
    let Some(length) = bytes.get(HEADER - 1) else { return Look::Unknown };
    let total = OVERHEAD + usize::from(*length);
    let Some(frame) = bytes.get(..total) else { return Look::Unknown };
    match frame {
        [counted @ .., cs, END] if sum(counted) == *cs => Look::Sound(total),
        _ => Look::Unsound(total),
    }
}

/// Reads one frame, with or without preamble. Never fails: what cannot be read is missing from the value
/// and named in its problems.
#[must_use]
pub fn decode(bytes: &[u8]) -> Decoded {
    let mut out = Decoded::default();
    if let Err(fault) = envelope(bytes, &mut out) {
        out.problems.push(fault);
    }
    if !out.is_trusted() {
        out.readings.clear();
    }
    out
}

fn envelope(bytes: &[u8], out: &mut Decoded) -> Result<(), Fault> {
    let lead = bytes.iter().take_while(|b| **b == PREAMBLE).count();
    let frame = bytes.get(lead..).unwrap_or_default();
    out.mark(0, lead, "preamble");
    if frame.is_empty() {
        return Err(Fault::fatal("empty", "the line holds no frame"));
    }
    let Some(&[first, a0, a1, a2, a3, a4, a5, second, c, length]) = frame.first_chunk::<HEADER>() else {
        let message = format!("{} bytes are fewer than the {OVERHEAD} of the shortest frame", frame.len());
        return Err(Fault::fatal("too_short", message));
    };
    if first != START || second != START {
        let message = format!(
            "a frame starts with 68, six bytes of address and 68, this with {}",
            hex(frame.iter().take(8))
        );
        return Err(Fault::fatal("no_start", message));
    }
    out.address = Some(hex([a5, a4, a3, a2, a1, a0].iter()));
    out.control = Some(c);
    for (start, end, name) in
        [(0, 1, "start"), (1, 7, "address"), (7, 8, "start"), (8, 9, "control"), (9, 10, "length")]
    {
        out.mark(lead + start, lead + end, name);
    }
    let (declared, have) = (usize::from(length), frame.len());
    let need = OVERHEAD + declared;
    if have != need {
        let message = format!("the frame declares {declared} bytes of data, {need} in all, and has {have}");
        return Err(Fault::fatal("bad_length", message));
    }
    let [counted @ .., cs, end] = frame else { return Ok(()) };
    out.mark(lead + need - 2, lead + need - 1, "sum");
    out.mark(lead + need - 1, lead + need, "end");
    if *end != END {
        return Err(Fault::fatal("bad_end", format!("the frame ends in {end:02X} instead of 16")));
    }
    let computed = sum(counted);
    if computed != *cs {
        return Err(Fault::fatal(
            "bad_sum",
            format!("the frame says {cs:02X}, its bytes give {computed:02X}"),
        ));
    }
    let data: Vec<u8> =
        counted.get(HEADER..).unwrap_or_default().iter().map(|b| b.wrapping_sub(OFFSET)).collect();
    read(&data, lead + HEADER, out);
    Ok(())
}

fn read(data: &[u8], at: usize, out: &mut Decoded) {
    if out.is_refusal() {
        out.mark(at, at + data.len(), "error");
        let bits = data.first().copied().unwrap_or_default();
        let why: Vec<&str> =
            REFUSALS.iter().enumerate().filter(|(n, _)| bits >> n & 1 == 1).map(|(_, why)| *why).collect();
        out.refusal = Some(why.join("、"));
        return;
    }
    let Some(&di) = data.first_chunk::<4>() else {
        out.mark(at, at + data.len(), "data");
        out.unread = data.to_vec();
        return;
    };
    let di = u32::from_le_bytes(di);
    out.di = Some(di);
    out.mark(at, at + 4, "di");
    let (mut rest, mut at) = (data.get(4..).unwrap_or_default(), at + 4);
    if out.is_answer() {
        for item in members(di) {
            let Some((value, left)) = rest.split_at_checked(usize::from(item.bytes)) else { break };
            out.mark(at, at + value.len(), format!("element:{:08X}", item.di));
            reading(item, value, at, out);
            at += value.len();
            rest = left;
        }
    }
    out.mark(at, at + rest.len(), "data");
    out.unread = rest.to_vec();
}

fn reading(item: &Item, bytes: &[u8], at: usize, out: &mut Decoded) {
    let id = format!("{:08X}", item.di);
    // FF throughout: the meter has no such value.
    let value = if bytes.iter().all(|b| *b == 0xFF) {
        None
    } else {
        match number(item, bytes) {
            Some(value) => Some(value),
            None => {
                let message =
                    format!("byte {at}: {id}: `{}` are no decimal digits; its value is left out", hex(bytes));
                out.problems.push(Fault::minor("bad_digits", message));
                return;
            }
        }
    };
    out.readings.push(Reading { id, element: item.element, value, unit: item.unit });
}

fn number(item: &Item, bytes: &[u8]) -> Option<f64> {
    let mut digits = bytes.to_vec();
    let mut sign = 1.0;
    if item.signed
        && let Some(top) = digits.last_mut()
        && *top & 0x80 != 0
    {
        *top &= 0x7F;
        sign = -1.0;
    }
    bcd_le(&digits).map(|raw| sign * scaled(raw, u32::from(item.decimals)))
}
