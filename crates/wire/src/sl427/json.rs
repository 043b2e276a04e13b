//! Frames as JSON: the lines of `zhizhen decode sl427`, and the view of the frame-trace page.

use super::decoded::{Decoded, Direction};
use super::{MAX_FRAME, NAME, decode};
use crate::Explained;
use crate::fault;
use crate::hex::{bytes_of, hex};
use crate::view::{LineView, explained, line, readings};

fn view(frame: &Decoded) -> LineView<'_> {
    LineView {
        protocol: NAME,
        direction: frame.direction.map(|d| match d {
            Direction::Up => "up",
            Direction::Down => "down",
        }),
        station: frame.station.as_deref(),
        function: frame.afn.map(|afn| format!("{afn:02X}")),
        di: None,
        sent_on: frame.stamp.filter(|stamp| stamp.year_month.is_none()).map(|stamp| {
            let (day, hour, minute, second) = stamp.day_time;
            format!("day {day:02} {hour:02}:{minute:02}:{second:02}")
        }),
        sent_at: frame.observed_at(),
        readings: readings(&frame.readings, frame.observed_at())
            .into_iter()
            .zip(&frame.readings)
            .map(|(view, reading)| view.with_quality(frame.quality(reading)))
            .collect(),
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
        (
            "kind",
            frame.control.and_then(|c| super::kind(c & 0x0F, frame.edition())).map(|kind| kind.zh).into(),
        ),
        ("part", frame.part.into()),
        ("alarm", frame.alarm.into()),
        ("state", frame.state.into()),
        ("link", frame.link.map(|link| format!("{link:02X}")).into()),
        ("unread", hex(&frame.unread).into()),
    ];
    explained(&view(&frame), more, &frame.remarks)
}
