//! A line for a person: the lines of `zhizhen decode influx`, and the view of the frame-trace page.

use super::{Line, NAME, Precision, lines, unescape};
use crate::view::plain_quality;
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

/// Lines of one packet that are shown: a body is cut into packets of 4,096 fields at most.
const SHOWN: usize = 4_096;

/// The bytes of one line, or of a kept piece of a body → explained. Comments behind such a piece say what its
/// lines do not: `# precision=s`.
#[must_use]
pub fn explain(bytes: &[u8]) -> Explained {
    let said = comment(bytes, "# precision=").and_then(Precision::from_code);
    let precision = said.unwrap_or_default();
    let (mut shown, mut fields, mut problems) = (None, vec![], vec![]);
    let several = lines(bytes).nth(1).is_some();
    for line in lines(bytes).take(SHOWN) {
        match line {
            Ok(line) => {
                fields.extend(marks(&line, bytes));
                let readings = readings(&line, precision, several);
                let (_, all) = shown.get_or_insert_with(|| (line, vec![]));
                all.extend(readings);
            }
            Err((problem, _)) => problems.push(format!("{}: {problem}", problem.kind.code())),
        }
    }
    if shown.is_none() && problems.is_empty() {
        problems.push("no_measurement: there is no line".to_owned());
    }
    let decoded = match shown {
        Some((first, readings)) => view(&first, readings, problems),
        None => json!({ "protocol": NAME, "station": null, "function": null, "sent_at": null, "readings": [],
            "problems": problems }),
    };
    Explained { decoded, fields }
}

/// What a comment line says behind its name.
fn comment<'a>(bytes: &'a [u8], name: &str) -> Option<&'a str> {
    let text = std::str::from_utf8(bytes).ok()?;
    text.lines().rev().take_while(|line| line.starts_with('#')).find_map(|line| line.strip_prefix(name))
}

fn view(line: &Line<'_>, readings: Vec<Value>, problems: Vec<String>) -> Value {
    let tags: serde_json::Map<String, Value> =
        line.tags().map(|(name, value)| (text(name).into_owned(), Value::from(text(value)))).collect();
    json!({ "protocol": NAME, "station": tags.get(STATION), "function": text(line.measurement()),
        "tags": tags, "sent_at": null, "readings": readings, "problems": problems })
}

/// A line's fields; each with its series where the bytes have several lines.
fn readings(line: &Line<'_>, precision: Precision, several: bool) -> Vec<Value> {
    let at = line.stamp.map(|stamp| Time::from_ms(precision.to_ms(stamp)));
    let one = |field: super::Field<'_>| {
        let value = field.value.number();
        let quality = plain_quality(value.is_some());
        let name = text(field.name);
        let mut reading = json!({ "id": name, "element": name, "value": value, "unit": "", "quality": quality,
            "observed_at": at });
        if let Some(object) = reading.as_object_mut().filter(|_| several) {
            object.insert("series".to_owned(), text(line.series()).into());
        }
        reading
    };
    line.fields().map(one).collect()
}

fn text(raw: &[u8]) -> std::borrow::Cow<'_, str> {
    unescape(raw).unwrap_or_else(|| String::from_utf8_lossy(raw))
}

fn marks(line: &Line<'_>, whole: &[u8]) -> Vec<Field> {
    let base = whole.as_ptr() as usize;
    let mark = |part: &[u8], name: String| {
        let start = (part.as_ptr() as usize).saturating_sub(base);
        Field { start, end: start + part.len(), name }
    };
    let mut fields = vec![mark(line.measurement(), "measurement".to_owned())];
    fields.extend(line.tags().map(|(name, value)| mark(value, format!("tag:{}", text(name)))));
    fields.extend(line.fields().map(|field| mark(field.name, format!("element:{}", text(field.name)))));
    fields
}
