//! A line for a person: the lines of `zhizhen decode influx`, and the view of the frame-trace page.

use super::{Line, NAME, Precision, lines, unescape};
use crate::{Explained, Field};
use field::time::Time;
use serde_json::{Value, json};

/// The tag that names a station where nothing else is configured.
pub(crate) const STATION: &str = "station";

/// One line (its text; hexadecimal is understood too) → one JSON object, whatever is wrong with it.
/// Timestamps are nanoseconds, the protocol's default.
#[must_use]
pub fn json_line(text: &str) -> String {
    let bytes = crate::hex::bytes_of(text, super::LINE_MAX).unwrap_or_else(|_| text.as_bytes().to_vec());
    explain(&bytes).decoded.to_string()
}

/// One line's bytes → explained. Of several lines the first.
#[must_use]
pub fn explain(bytes: &[u8]) -> Explained {
    match lines(bytes).next() {
        Some(Ok(line)) => Explained { decoded: view(&line), fields: marks(&line, bytes) },
        Some(Err((problem, _))) => {
            Explained { decoded: bad(problem.kind.code(), &problem.to_string()), fields: vec![] }
        }
        None => Explained { decoded: bad("no_measurement", "there is no line"), fields: vec![] },
    }
}

fn bad(code: &str, message: &str) -> Value {
    json!({ "protocol": NAME, "station": null, "function": null, "readings": [],
        "problems": [{ "code": code, "message": message }] })
}

fn view(line: &Line<'_>) -> Value {
    let text = |raw| unescape(raw).unwrap_or_else(|| String::from_utf8_lossy(raw));
    let at = line.stamp.map(|stamp| Time::from_ms(Precision::Nanosecond.to_ms(stamp)));
    let tags: serde_json::Map<String, Value> =
        line.tags().map(|(name, value)| (text(name).into_owned(), Value::from(text(value)))).collect();
    let readings: Vec<Value> = line
        .fields()
        .map(|field| match field.value.number() {
            Some(value) => json!({ "id": text(field.name), "element": text(field.name), "value": value,
                "unit": "", "quality": "good", "observed_at": at }),
            None => json!({ "id": text(field.name), "element": text(field.name), "value": null,
                "unit": "", "quality": "missing", "observed_at": at }),
        })
        .collect();
    json!({ "protocol": NAME, "station": tags.get(STATION), "function": text(line.measurement()),
        "tags": tags, "sent_at": null, "readings": readings, "problems": [] })
}

fn marks(line: &Line<'_>, whole: &[u8]) -> Vec<Field> {
    let base = whole.as_ptr() as usize;
    let mark = |part: &[u8], name: String| {
        let start = (part.as_ptr() as usize).saturating_sub(base);
        Field { start, end: start + part.len(), name }
    };
    let text = |raw| unescape(raw).unwrap_or_else(|| String::from_utf8_lossy(raw)).into_owned();
    let mut fields = vec![mark(line.measurement(), "measurement".to_owned())];
    fields.extend(line.tags().map(|(name, value)| mark(value, format!("tag:{}", text(name)))));
    fields.extend(line.fields().map(|field| mark(field.name, format!("element:{}", text(field.name)))));
    fields
}
