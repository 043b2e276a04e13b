//! A line for a person: the lines of `zhizhen decode opcua`, and the view of the frame-trace page.

use super::{Line, NAME};
use crate::fault::Fault;
use crate::{Explained, Field};
use serde_json::{Value, json};

/// Values of one packet that are shown.
const SHOWN: usize = 2_000;

/// One line (its text; hexadecimal is understood too) → one JSON object, whatever is wrong with it.
#[must_use]
pub fn json_line(text: &str) -> String {
    let bytes = crate::hex::bytes_of(text, super::LINE_MAX).unwrap_or_else(|_| text.as_bytes().to_vec());
    explain(&bytes).decoded.to_string()
}

/// A packet's bytes, one value a line → explained.
#[must_use]
pub fn explain(bytes: &[u8]) -> Explained {
    let (mut readings, mut faults, mut fields) = (Vec::new(), Vec::new(), Vec::new());
    let (mut station, mut history) = (None, false);
    let mut start = 0;
    for raw in bytes.split_inclusive(|byte| *byte == b'\n').take(SHOWN) {
        let read = std::str::from_utf8(raw)
            .map_err(|_| Fault::fatal("not_utf8", "the line is no UTF-8 text"))
            .and_then(|text| if text.trim().is_empty() { Ok(None) } else { Line::read(text).map(Some) });
        match read {
            Ok(Some(line)) => {
                faults.extend(line.problems());
                fields.extend(marks(&line, raw, start));
                readings.push(view(&line));
                history |= line.history;
                station.get_or_insert(line.station);
            }
            Ok(None) => {}
            Err(fault) => faults.push(fault),
        }
        start += raw.len();
    }
    if readings.is_empty() && faults.is_empty() {
        faults.push(Fault::fatal("empty", "there is no line"));
    }
    let function = if history { "history" } else { "data_change" };
    let decoded = json!({ "protocol": NAME, "station": station, "function": function, "sent_at": null,
        "readings": readings, "problems": crate::fault::lines(&faults) });
    Explained { decoded, fields }
}

fn view(line: &Line) -> Value {
    let reading = line.reading();
    json!({ "id": line.element, "element": line.element, "node": line.node, "value": reading.value,
        "unit": "", "quality": reading.quality, "observed_at": reading.observed_at,
        "raw": line.value, "status": format!("{:08X}", line.status) })
}

/// Where value, status and time stand; a line by another hand, with other spaces, is marked as a whole.
fn marks(line: &Line, raw: &[u8], start: usize) -> Vec<Field> {
    let text = String::from_utf8_lossy(raw);
    let mark = |key: &str, value: String, name: String| {
        let (head, tail) = (format!("\"{key}\":"), value);
        let at = text.find(&format!("{head}{tail}"))? + head.len();
        Some(Field { start: start + at, end: start + at + tail.len(), name })
    };
    let time = |at: Option<field::time::Time>| at.map(|at| format!("\"{at}\""));
    let found: Vec<Field> = [
        mark("node", Value::from(line.node.as_str()).to_string(), format!("node:{}", line.element)),
        mark("value", line.value.to_string(), format!("element:{}", line.element)),
        mark("status", line.status.to_string(), "status".to_owned()),
        time(line.source).and_then(|at| mark("source", at, "observed_at".to_owned())),
        time(line.server).and_then(|at| mark("server", at, "server_time".to_owned())),
    ]
    .into_iter()
    .flatten()
    .collect();
    if found.iter().any(|field| field.name.starts_with("element:")) {
        return found;
    }
    let end = start + raw.trim_ascii_end().len();
    vec![Field { start, end, name: format!("element:{}", line.element) }]
}
