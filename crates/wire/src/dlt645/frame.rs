//! A frame's envelope and its data.

use super::decoded::Decoded;
use super::items::{Item, members};
use super::{MAX_FRAME, OFFSET, OVERHEAD, SEAL};
use crate::cut::{Framing, Look};
use crate::fault::Fault;
use crate::hex::{bcd_le, hex, scaled};
use crate::report::FrameReading;
use crate::seal::{PREAMBLE, START, is_preamble};

/// Bytes before the data: 68 A(6) 68 C L.
const HEADER: usize = 10;
/// Why a meter refuses, by the bits of its error word (DL/T 645-2007 annex C.5).
const REFUSALS: [&str; 7] =
    ["其他错误", "无请求数据", "密码错/未授权", "通信速率不能更改", "年时区数超", "日时段数超", "费率数超"];

/// How frames are found in a stream. The preamble is passed over.
pub const FRAMING: Framing = Framing { look, idle: is_preamble, max_frame: MAX_FRAME };

fn look(bytes: &[u8]) -> Look {
    if bytes.first() != Some(&START) || bytes.get(7).is_some_and(|b| *b != START) {
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
        out.remarks.mark(lead + start, lead + end, name);
    }
    let counted = SEAL.open(frame, length, (lead, "sum"), &mut out.remarks)?;
    let data: Vec<u8> =
        counted.get(HEADER..).unwrap_or_default().iter().map(|b| b.wrapping_sub(OFFSET)).collect();
    read(&data, lead + HEADER, out);
    Ok(())
}

fn read(data: &[u8], at: usize, out: &mut Decoded) {
    if out.is_refusal() {
        out.remarks.mark(at, at + data.len(), "error");
        let bits = data.first().copied().unwrap_or_default();
        let why: Vec<&str> =
            REFUSALS.iter().enumerate().filter(|(n, _)| bits >> n & 1 == 1).map(|(_, why)| *why).collect();
        out.refusal = Some(why.join("、"));
        return;
    }
    let Some(&di) = data.first_chunk::<4>() else {
        out.remarks.mark(at, at + data.len(), "data");
        out.unread = data.to_vec();
        return;
    };
    let di = u32::from_le_bytes(di);
    out.di = Some(di);
    out.remarks.mark(at, at + 4, "di");
    let (mut rest, mut at) = (data.get(4..).unwrap_or_default(), at + 4);
    if out.is_answer() {
        for item in members(di) {
            let Some((value, left)) = rest.split_at_checked(usize::from(item.bytes)) else { break };
            out.remarks.mark(at, at + value.len(), format!("element:{:08X}", item.di));
            reading(item, value, at, out);
            at += value.len();
            rest = left;
        }
    }
    out.remarks.mark(at, at + rest.len(), "data");
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
                out.remarks.problems.push(Fault::minor("bad_digits", message));
                return;
            }
        }
    };
    out.readings.push(FrameReading { id, element: item.element, value, unit: item.unit, to_si: 1.0 });
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
