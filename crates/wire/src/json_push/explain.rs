//! JSON bodies explained: every value under its path, with the bytes it stands in. Without a mapping
//! nobody knows stations and units, so none are told; with one, what it reads.

use super::{JsonReading, Mapping, NAME};
use crate::view::plain_quality;
use crate::{Explained, Field};
use field::time::Time;
use serde_json::{Value, json};

/// How deep a body may go.
const DEPTH_MAX: usize = 32;
/// Most values marked; the others stay unmarked.
const FIELDS_MAX: usize = 10_000;

/// One JSON body as text → one JSON object in one line, whatever is wrong with it.
#[must_use]
pub fn json_line(text: &str) -> String {
    explain(text.trim().as_bytes()).decoded.to_string()
}

/// A body's bytes, explained. Behind the body may stand a second document: the line that tells when
/// one without a time of its own arrived.
#[must_use]
pub fn explain(bytes: &[u8]) -> Explained {
    let (scan, problems) = scanned(bytes);
    let readings: Vec<Value> = if problems.is_empty() { scan.numbers() } else { vec![] };
    let decoded = json!({ "protocol": NAME, "station": null, "function": null, "sent_at": null, "readings": readings,
        "problems": problems });
    Explained { decoded, fields: scan.fields }
}

/// Where every value stands, and why it is no JSON.
pub(crate) fn marked(bytes: &[u8]) -> (Vec<Field>, Vec<String>) {
    let (scan, problems) = scanned(bytes);
    (scan.fields, problems)
}

fn scanned(bytes: &[u8]) -> (Scan<'_>, Vec<String>) {
    let mut scan = Scan { bytes, at: 0, fields: vec![] };
    let mut problems: Vec<String> = scan.value("", 0).err().into_iter().collect();
    scan.blanks();
    if problems.is_empty() && scan.at < bytes.len() {
        problems.extend(scan.value("arrival", 0).err());
        scan.blanks();
        if problems.is_empty() && scan.at < bytes.len() {
            problems.push(format!("leftover: byte {}: something behind the body", scan.at));
        }
    }
    (scan, problems)
}

/// A body's bytes, explained by a mapping. Each reading says its station; above them stands the one that all
/// share. A reading without a time of its own has the time of arrival, where that is known.
#[must_use]
pub fn mapped(mapping: &Mapping, bytes: &[u8]) -> Explained {
    let (fields, mut problems) = marked(bytes);
    let mut readings = vec![];
    if problems.is_empty() {
        let (body, arrived) = parts(bytes);
        let body = serde_json::from_slice(body).unwrap_or_default();
        let read = mapping.read(&body, arrived.unwrap_or(UNTOLD));
        problems.extend(read.problems.iter().map(|p| format!("{}: {p}", p.code)));
        readings = read.readings;
    }
    let first = readings.first().map(|r| &r.station);
    let station = first.filter(|first| readings.iter().all(|r| r.station == **first));
    let readings: Vec<Value> = readings.iter().map(reading).collect();
    let decoded = json!({ "protocol": NAME, "station": station, "function": null, "sent_at": null,
        "readings": readings, "problems": problems });
    Explained { decoded, fields }
}

/// Stands for the time of arrival where nobody tells it.
const UNTOLD: Time = Time::MIN;

fn reading(r: &JsonReading) -> Value {
    let at = Some(r.observed_at).filter(|at| *at != UNTOLD);
    json!({ "station": r.station, "id": r.element, "element": r.element, "value": r.value, "unit": r.unit,
        "quality": plain_quality(r.value.is_some()), "observed_at": at })
}

/// The body, and when the line behind it says that it arrived.
pub(crate) fn parts(bytes: &[u8]) -> (&[u8], Option<Time>) {
    let mut documents = serde_json::Deserializer::from_slice(bytes).into_iter::<Value>();
    drop(documents.next());
    let (body, rest) = bytes.split_at(documents.byte_offset().min(bytes.len()));
    let arrival: Option<Value> = serde_json::from_slice(rest).ok();
    let arrived = arrival.as_ref().and_then(|line| line.get("received_at")?.as_str()?.parse().ok());
    (body, arrived)
}

struct Scan<'a> {
    bytes: &'a [u8],
    at: usize,
    fields: Vec<Field>,
}

impl Scan<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn blanks(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_whitespace()) {
            self.at += 1;
        }
    }

    fn wrong(&self, what: &str) -> String {
        format!("no_json: byte {}: {what}", self.at)
    }

    fn took(&mut self, byte: u8) -> bool {
        self.blanks();
        let is_next = self.peek() == Some(byte);
        self.at += usize::from(is_next);
        is_next
    }

    fn value(&mut self, path: &str, depth: usize) -> Result<(), String> {
        if depth > DEPTH_MAX {
            return Err(self.wrong("too deep"));
        }
        self.blanks();
        match self.peek() {
            Some(b'{') => self.object(path, depth),
            Some(b'[') => self.list(path, depth),
            Some(b'"') => {
                let start = self.at;
                self.text()?;
                self.mark(start, path);
                Ok(())
            }
            Some(_) => self.scalar(path),
            None => Err(self.wrong("it ends too early")),
        }
    }

    fn object(&mut self, path: &str, depth: usize) -> Result<(), String> {
        self.at += 1;
        if self.took(b'}') {
            return Ok(());
        }
        loop {
            self.blanks();
            let start = self.at;
            self.text()?;
            let name = self.bytes.get(start + 1..self.at.saturating_sub(1)).unwrap_or_default();
            let name = String::from_utf8_lossy(name);
            let inner = if path.is_empty() { name.into_owned() } else { format!("{path}.{name}") };
            if !self.took(b':') {
                return Err(self.wrong("`:` is expected"));
            }
            self.value(&inner, depth + 1)?;
            if self.took(b'}') {
                return Ok(());
            }
            if !self.took(b',') {
                return Err(self.wrong("`,` or `}` is expected"));
            }
        }
    }

    fn list(&mut self, path: &str, depth: usize) -> Result<(), String> {
        self.at += 1;
        if self.took(b']') {
            return Ok(());
        }
        for n in 0.. {
            self.value(&format!("{path}[{n}]"), depth + 1)?;
            if self.took(b']') {
                return Ok(());
            }
            if !self.took(b',') {
                return Err(self.wrong("`,` or `]` is expected"));
            }
        }
        Ok(())
    }

    /// A text in quotation marks.
    fn text(&mut self) -> Result<(), String> {
        if self.peek() != Some(b'"') {
            return Err(self.wrong("a text in quotation marks is expected"));
        }
        self.at += 1;
        while let Some(byte) = self.peek() {
            self.at += 1 + usize::from(byte == b'\\');
            if byte == b'"' {
                return Ok(());
            }
        }
        Err(self.wrong("a quotation mark is open"))
    }

    /// A number, a truth or nothing.
    fn scalar(&mut self, path: &str) -> Result<(), String> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte)) {
            self.at += 1;
        }
        let word = self.bytes.get(start..self.at).unwrap_or_default();
        if serde_json::from_slice::<Value>(word).is_err() {
            self.at = start;
            return Err(self.wrong("neither a number nor a text"));
        }
        self.mark(start, path);
        Ok(())
    }

    fn mark(&mut self, start: usize, path: &str) {
        if self.fields.len() < FIELDS_MAX {
            let name = if path.is_empty() { "value".to_owned() } else { path.to_owned() };
            self.fields.push(Field { start, end: self.at, name });
        }
    }

    /// Every number under its path.
    fn numbers(&self) -> Vec<Value> {
        let number = |field: &Field| {
            let value: f64 = serde_json::from_slice(self.bytes.get(field.start..field.end)?).ok()?;
            Some(json!({ "id": field.name, "element": field.name, "value": value, "unit": "",
                "quality": plain_quality(true), "observed_at": null }))
        };
        self.fields.iter().filter_map(number).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_is_marked_under_its_path() {
        let body = br#"{"data":[{"id":"A1","cm":25.5,"ok":true},{"cm":null}],"n":-1e2}"#;
        let explained = explain(body);
        let marked: Vec<(&str, &str)> = explained
            .fields
            .iter()
            .map(|f| (f.name.as_str(), std::str::from_utf8(&body[f.start..f.end]).unwrap()))
            .collect();
        let expected = [
            ("data[0].id", "\"A1\""),
            ("data[0].cm", "25.5"),
            ("data[0].ok", "true"),
            ("data[1].cm", "null"),
            ("n", "-1e2"),
        ];
        assert_eq!(marked, expected);
        let readings = explained.decoded["readings"].as_array().unwrap();
        let told: Vec<_> = readings.iter().map(|r| json!([r["id"], r["value"], r["quality"]])).collect();
        assert_eq!(told, [json!(["data[0].cm", 25.5, "good"]), json!(["n", -100.0, "good"])]);
    }

    #[test]
    fn the_line_of_arrival_stands_behind_a_body_and_nothing_else_may() {
        let arrived = explain(b"{\"cm\":1}\n{\"received_at\":\"2021-06-30T12:00:00+08:00\"}");
        assert_eq!(arrived.decoded["problems"], json!([]));
        assert_eq!(arrived.fields[1].name, "arrival.received_at");
        for bad in ["", "{", "{\"a\"}", "[1,]", "{\"a\":nul}", "1 2 3", "\"open", "{\"a\":1,}", "\\"] {
            let explained = explain(bad.as_bytes());
            assert_eq!(explained.decoded["problems"].as_array().unwrap().len(), 1, "{bad}");
        }
        let deep = "[".repeat(100_000);
        assert_eq!(explain(deep.as_bytes()).decoded["problems"].as_array().unwrap().len(), 1);
    }

    #[test]
    fn a_mapping_tells_stations_units_and_times() {
        let mapping = json!({ "items": "data", "station": "id", "time": { "path": "t", "format": "s" },
            "value": [{ "path": "cm", "element": "depth", "unit": "cm" }] });
        let mapping: Mapping = serde_json::from_value(mapping).unwrap();
        let body = br#"{"data":[{"id":"A1","cm":25.5,"t":1625025600},{"id":"A1","cm":null,"t":1625025660}]}"#;
        let decoded = mapped(&mapping, body).decoded;
        assert_eq!((&decoded["station"], &decoded["problems"]), (&json!("A1"), &json!([])));
        let first = json!({ "station": "A1", "id": "depth", "element": "depth", "value": 25.5, "unit": "cm",
            "quality": "good", "observed_at": "2021-06-30T12:00:00+08:00" });
        assert_eq!(decoded["readings"][0], first);
        assert_eq!(decoded["readings"][1]["quality"], "missing");
        let other =
            mapped(&mapping, br#"{"data":[{"id":"A1","cm":1,"t":1625025600},{"id":"B2","t":"x"}]}"#).decoded;
        assert_eq!(other["problems"][0], "bad_time: record 2, `t`: this is no time in the mapping's format");
        assert_eq!(mapped(&mapping, b"{").decoded["readings"], json!([]));
    }

    #[test]
    fn nobody_knows_when_a_body_without_a_time_was_observed_but_by_the_line_of_its_arrival() {
        let mapping = json!({ "station_is": "A1", "value": [{ "path": "cm", "element": "depth" }] });
        let mapping: Mapping = serde_json::from_value(mapping).unwrap();
        let at = |bytes: &[u8]| mapped(&mapping, bytes).decoded["readings"][0]["observed_at"].clone();
        assert_eq!(at(b"{\"cm\":1}"), Value::Null);
        let arrived = b"{\"cm\":1}\n{\"received_at\":\"2021-06-30T12:00:00+08:00\"}";
        assert_eq!(at(arrived), "2021-06-30T12:00:00+08:00");
    }

    #[test]
    fn every_flipped_bit_of_a_body_is_survived() {
        let body = br#"{"data":[{"id":"A1","cm":25.5,"t":"2021-06-30T12:00:00"}]}"#;
        for bit in 0..body.len() * 8 {
            let mut broken = body.to_vec();
            broken[bit / 8] ^= 1 << (bit % 8);
            let explained = explain(&broken);
            assert!(explained.fields.iter().all(|f| f.start < f.end && f.end <= broken.len()), "bit {bit}");
        }
    }
}
