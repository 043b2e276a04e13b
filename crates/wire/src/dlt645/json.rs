//! Frames as JSON: the lines of `zhizhen decode dlt645`, and the view of the frame-trace page.

use super::decoded::Decoded;
use super::{MAX_FRAME, NAME, decode};
use crate::Explained;
use crate::fault::Fault;
use crate::hex::{bytes_of, hex};
use crate::view::ReadingView;
use field::time::Time;
use serde::Serialize;

#[derive(Serialize)]
struct LineView<'a> {
    protocol: &'static str,
    direction: &'static str,
    station: Option<&'a str>,
    function: Option<String>,
    di: Option<String>,
    sent_at: Option<Time>,
    readings: Vec<ReadingView<'a>>,
    problems: Vec<String>,
}

fn view(frame: &Decoded) -> LineView<'_> {
    LineView {
        protocol: NAME,
        direction: if frame.is_answer() { "up" } else { "down" },
        station: frame.address.as_deref(),
        function: frame.control.map(|c| format!("{c:02X}")),
        di: frame.di.map(|di| format!("{di:08X}")),
        sent_at: None,
        readings: frame
            .readings
            .iter()
            .map(|r| ReadingView::of(&r.id, r.element, r.value, r.unit, None))
            .collect(),
        problems: frame.problems.iter().map(Fault::line).collect(),
    }
}

/// One frame in hexadecimal → one JSON object in one line, whatever is wrong with the text.
#[must_use]
pub fn json_line(text: &str) -> String {
    let frame = match bytes_of(text, MAX_FRAME) {
        Ok(bytes) => decode(&bytes),
        Err(fault) => Decoded { problems: vec![fault], ..Decoded::default() },
    };
    serde_json::to_string(&view(&frame)).unwrap_or_default()
}

/// One frame's bytes → what was read, and which bytes mean what.
#[must_use]
pub fn explain(bytes: &[u8]) -> Explained {
    let frame = decode(bytes);
    let mut decoded = serde_json::to_value(view(&frame)).unwrap_or_default();
    if let Some(object) = decoded.as_object_mut() {
        let mut put = |key: &str, value: serde_json::Value| object.insert(key.to_owned(), value);
        put("refused", frame.refusal.clone().into());
        put("unread", hex(&frame.unread).into());
        put("notes", serde_json::to_value(&frame.notes).unwrap_or_default());
        put("problem_details", serde_json::to_value(&frame.problems).unwrap_or_default());
    }
    let mut fields = frame.fields;
    fields.sort_by_key(|field| field.start);
    Explained { decoded, fields }
}
