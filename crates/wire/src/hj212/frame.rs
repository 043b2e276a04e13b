//! 通讯包: `##`, four digits of length, data segment, four hexadecimal digits of check value, CR LF.

use super::decoded::Decoded;
use super::{MAX_FRAME, MAX_SEGMENT, STANDARD_SEGMENT, crc16, segment};
use crate::cut::{Framing, Look};
use crate::fault::Fault;
use crate::hex::hex;

/// Bytes before the segment.
pub(crate) const HEADER: usize = 6;
/// Check value.
const CHECK: usize = 4;

/// How packets are found in a stream. CR LF behind a packet is passed over.
pub const FRAMING: Framing = Framing { look, idle, max_frame: MAX_FRAME };

const fn idle(byte: u8) -> bool {
    matches!(byte, b'\r' | b'\n')
}

/// The length of the segment that a header declares; `None` when it is no header.
fn declared(bytes: &[u8]) -> Option<usize> {
    let digits = bytes.get(2..HEADER)?;
    digits
        .iter()
        .try_fold(0_usize, |sum, digit| digit.is_ascii_digit().then(|| sum * 10 + usize::from(digit - b'0')))
}

fn stated_crc(text: &[u8]) -> Option<u16> {
    let text = std::str::from_utf8(text).ok()?;
    (text.len() == CHECK && text.bytes().all(|b| b.is_ascii_hexdigit()))
        .then(|| u16::from_str_radix(text, 16).ok())
        .flatten()
}

fn look(bytes: &[u8]) -> Look {
    let head = bytes.get(..HEADER.min(bytes.len())).unwrap_or_default();
    let plausible = head.iter().enumerate().all(|(n, b)| if n < 2 { *b == b'#' } else { b.is_ascii_digit() });
    if !plausible {
        return Look::No;
    }
    let Some(length) = declared(bytes) else { return Look::Unknown };
    if length == 0 || length > MAX_SEGMENT {
        return Look::No;
    }
    let (Some(data), Some(check)) =
        (bytes.get(HEADER..HEADER + length), bytes.get(HEADER + length..HEADER + length + CHECK))
    else {
        return Look::Unknown;
    };
    let total = HEADER + length + CHECK;
    if stated_crc(check) == Some(crc16(data)) { Look::Sound(total) } else { Look::Unsound(total) }
}

/// Reads one packet, with or without its CR LF. Never fails: what cannot be read is missing from the
/// value and named in its problems.
#[must_use]
pub fn decode(bytes: &[u8]) -> Decoded {
    let mut out = Decoded::default();
    if let Err(fault) = envelope(bytes, &mut out) {
        out.remarks.problems.push(fault);
    }
    if !out.remarks.is_trusted() {
        out.readings.clear();
    }
    out.remarks.fields.sort_by_key(|field| (field.start, std::cmp::Reverse(field.end)));
    out
}

fn envelope(bytes: &[u8], out: &mut Decoded) -> Result<(), Fault> {
    if bytes.is_empty() {
        return Err(Fault::fatal("empty", "the line holds no bytes"));
    }
    if !bytes.starts_with(b"##") {
        let found = hex(bytes.iter().take(2));
        return Err(Fault::fatal("no_start", format!("a packet starts with ## (2323), this with {found}")));
    }
    out.remarks.mark(0, 2, "start");
    let Some(length) = declared(bytes) else {
        let found: String = bytes.iter().skip(2).take(4).map(|b| char::from(*b)).collect();
        return Err(Fault::fatal(
            "bad_length_field",
            format!("`{}` are no four digits of length", found.escape_debug()),
        ));
    };
    out.remarks.mark(2, HEADER, "length");
    let trailing = bytes.iter().rev().take(2).take_while(|b| idle(**b)).count();
    let have = bytes.len() - HEADER - trailing;
    let (end, check_end) = (HEADER + length, HEADER + length + CHECK);
    // Read what stands there whatever its length, so that a person sees who sent it.
    let segment_end = if have == length + CHECK { end } else { bytes.len().saturating_sub(trailing + CHECK) };
    let data = bytes.get(HEADER..segment_end.max(HEADER)).unwrap_or_default();
    segment::read(data.get(..data.len().min(MAX_SEGMENT)).unwrap_or_default(), out);
    if length > MAX_SEGMENT {
        return Err(Fault::fatal(
            "too_long",
            format!("a segment of {length} bytes is longer than {MAX_SEGMENT}"),
        ));
    }
    if have != length + CHECK {
        let message = format!(
            "the packet declares a segment of {length} bytes, {} with its check value, and has {have}",
            length + CHECK
        );
        return Err(Fault::fatal("bad_length", message));
    }
    out.remarks.mark(end, check_end, "crc");
    out.remarks.mark(check_end, bytes.len(), "end");
    let check = bytes.get(end..check_end).unwrap_or_default();
    let computed = crc16(data);
    match stated_crc(check) {
        Some(stated) if stated == computed => {}
        Some(stated) => {
            let message = format!("the packet says {stated:04X}, its bytes give {computed:04X}");
            return Err(Fault::fatal("bad_crc", message));
        }
        None => {
            let found = String::from_utf8_lossy(check);
            let message = format!("`{}` are no four hexadecimal digits of check value", found.escape_debug());
            return Err(Fault::fatal("bad_crc", message));
        }
    }
    if length > STANDARD_SEGMENT {
        out.note("long_segment", format!("{length} bytes; the standard allows {STANDARD_SEGMENT}"));
    }
    Ok(())
}
