//! Frames as JSON: the lines of `zhizhen decode cjt188`, and the view of the frame-trace page.

use super::decoded::Decoded;
use super::{MAX_FRAME, NAME, decode};
use crate::Explained;
use crate::fault;
use crate::hex::{bytes_of, hex};
use crate::view::{LineView, explained, line, readings};

fn view(frame: &Decoded) -> LineView<'_> {
    LineView {
        protocol: NAME,
        direction: frame.control.map(|_| if frame.is_answer() { "up" } else { "down" }),
        station: frame.address.as_deref(),
        function: frame.control.map(|c| format!("{c:02X}")),
        di: frame.di.map(|di| format!("{di:04X}")),
        sent_on: None,
        sent_at: frame.clock,
        readings: readings(&frame.readings, frame.clock),
        problems: fault::lines(&frame.remarks.problems),
    }
}

/// One frame in hexadecimal → one JSON object in one line, whatever is wrong with the text.
#[must_use]
pub fn json_line(text: &str) -> String {
    let frame = bytes_of(text, MAX_FRAME)
        .map_or_else(|fault| Decoded { remarks: fault.into(), ..Decoded::default() }, |bytes| decode(&bytes));
    line(&view(&frame))
}

/// One frame's bytes → what was read, and which bytes mean what.
#[must_use]
pub fn explain(bytes: &[u8]) -> Explained {
    let frame = decode(bytes);
    let more = [
        ("meter_kind", frame.kind.map(super::kind).into()),
        ("serial", frame.serial.into()),
        ("valve", frame.status.and_then(super::Status::valve).map(super::Valve::code).into()),
        ("battery_low", frame.status.map(super::Status::battery_low).into()),
        ("unread", hex(&frame.unread).into()),
    ];
    explained(&view(&frame), more, &frame.remarks)
}
