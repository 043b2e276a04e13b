//! Frames as JSON: the lines of `zhizhen decode sl651`, and the view of the frame-trace page.

use super::decoded::Decoded;
use super::problem::Problem;
use super::{NAME, decode};
use crate::Explained;
use crate::view::PacketView;
use field::sample::Quality;
use field::time::Time;
use serde::Serialize;

/// Longest line that is read, in characters: a frame of the greatest length, spaced and prefixed.
const MAX_LINE: usize = 4 * super::MAX_FRAME;

#[derive(Serialize)]
struct LineView<'a> {
    protocol: &'static str,
    direction: Option<&'static str>,
    centre: Option<u8>,
    station: Option<&'a str>,
    function: Option<String>,
    serial: Option<u16>,
    /// Which part of a split report it is (M3); its values are read when all parts are together.
    #[serde(skip_serializing_if = "Option::is_none")]
    packet: Option<PacketView>,
    sent_at: Option<Time>,
    readings: Vec<ReadingView<'a>>,
    problems: Vec<String>,
}

#[derive(Serialize)]
struct ReadingView<'a> {
    id: &'a str,
    element: &'static str,
    value: Option<f64>,
    unit: &'static str,
    quality: Quality,
    observed_at: Time,
}

fn view(frame: &Decoded) -> LineView<'_> {
    LineView {
        protocol: NAME,
        direction: frame.direction.map(super::Direction::code),
        centre: frame.centre,
        station: frame.station.as_deref(),
        function: frame.function.map(|function| format!("{function:02X}")),
        serial: frame.serial,
        packet: frame.packet.map(|p| PacketView { total: p.total, number: p.number }),
        sent_at: frame.sent_at,
        readings: frame
            .readings
            .iter()
            .map(|reading| ReadingView {
                id: &reading.id,
                element: reading.element,
                value: reading.value,
                unit: reading.unit,
                quality: frame.quality(reading),
                observed_at: reading.observed_at,
            })
            .collect(),
        problems: frame.problems.iter().map(Problem::line).collect(),
    }
}

/// One frame in hexadecimal → one JSON object in one line, whatever is wrong with the text.
///
/// Spaces between digits and a leading `0x` are tolerated, lower case too.
#[must_use]
pub fn json_line(text: &str) -> String {
    let frame = match bytes_of_hex(text) {
        Ok(bytes) => decode(&bytes),
        Err(problem) => Decoded { problems: vec![problem], ..Decoded::default() },
    };
    // A struct of strings and numbers always serialises.
    serde_json::to_string(&view(&frame)).unwrap_or_default()
}

/// One frame, explained for a page: the same object as [`json_line`]'s with what only a person
/// looking at bytes wants to know.
#[must_use]
pub fn explain(bytes: &[u8]) -> Explained {
    let frame = decode(bytes);
    let view = view(&frame);
    let mut decoded = serde_json::to_value(&view).unwrap_or_default();
    if let Some(object) = decoded.as_object_mut() {
        let mut put = |key: &str, value: serde_json::Value| object.insert(key.to_owned(), value);
        put("password", frame.password.map(|p| format!("{p:04X}")).into());
        put("station_kind", frame.station_kind.map(|kind| char::from(kind).to_string()).into());
        put("packet", serde_json::to_value(view.packet).unwrap_or_default());
        put("manual", frame.manual.clone().into());
        put("version", frame.version.clone().into());
        put("form", if frame.form == super::Form::Ascii { "ascii" } else { "hex" }.into());
        put("parameters", serde_json::to_value(&frame.parameters).unwrap_or_default());
        put("switches", serde_json::to_value(&frame.switches).unwrap_or_default());
        put("quota", frame.quota.into());
        put("events", frame.events.clone().into());
        put("notes", serde_json::to_value(&frame.notes).unwrap_or_default());
        put("problem_details", serde_json::to_value(&frame.problems).unwrap_or_default());
    }
    let mut fields = frame.fields;
    fields.sort_by_key(|field| field.start);
    Explained { decoded, fields }
}

/// The bytes of hexadecimal text.
pub(crate) fn bytes_of_hex(text: &str) -> Result<Vec<u8>, Problem> {
    let text = text.trim();
    let text = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")).unwrap_or(text);
    let mut digits = Vec::with_capacity(text.len().min(MAX_LINE));
    for (n, c) in text.chars().enumerate() {
        if c.is_ascii_whitespace() {
            continue;
        }
        let digit = c.to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        digits.push(digit.ok_or_else(|| Problem::NotHex { found: c.to_string(), at: n + 1 })?);
        if digits.len() > MAX_LINE {
            let have = text.len() / 2;
            return Err(Problem::BadLength { declared: super::MAX_BODY, need: super::MAX_FRAME, have });
        }
    }
    if digits.is_empty() {
        return Err(Problem::Empty);
    }
    if !digits.len().is_multiple_of(2) {
        return Err(Problem::OddHex { digits: digits.len() });
    }
    Ok(digits.chunks(2).map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit)).collect())
}
