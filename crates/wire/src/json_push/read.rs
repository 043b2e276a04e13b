//! A body read by a mapping.

use super::mapping::{Mapping, Place, TimeFormat, ValueAt};
use super::{PROBLEMS_MAX, RECORDS_MAX};
use field::time::Time;
use serde_json::Value;

/// One value.
#[derive(Clone, Debug, PartialEq)]
pub struct JsonReading {
    /// The station's code as the body writes it.
    pub station: String,
    /// The name that `Point::elements` lists.
    pub element: String,
    /// The value after factor and offset; `None` where the body says `null`.
    pub value: Option<f64>,
    /// What unit the sender says it is in; empty: the point's.
    pub unit: String,
    /// When; the time of arrival where the body does not say.
    pub observed_at: Time,
}

/// What was read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Read {
    /// Every value, in the order of the body.
    pub readings: Vec<JsonReading>,
    /// What could not be read, at most [`PROBLEMS_MAX`].
    pub problems: Vec<ReadProblem>,
    /// How many problems there were in all.
    pub problem_count: usize,
}

/// One thing that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadProblem {
    /// Which record, from 1.
    pub record: usize,
    /// Which path of the mapping.
    pub path: String,
    /// Stable code: `not_there`, `no_station`, `bad_time`, `no_number`, `no_element`, `no_list`,
    /// `too_many_records`.
    pub code: &'static str,
}

impl std::fmt::Display for ReadProblem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { record, path, code } = self;
        let what = match *code {
            "not_there" => "what the mapping needs is not there",
            "no_station" => "there is no name of a station",
            "bad_time" => "this is no time in the mapping's format",
            "no_number" => "this is no number",
            "no_element" => "there is no name of an element",
            "no_list" => "this is neither a list of records nor a record",
            "too_many_records" => "there are more records than are read of one body; send the rest apart",
            code => code,
        };
        match path.as_str() {
            "" => write!(f, "record {record}: {what}"),
            path => write!(f, "record {record}, `{path}`: {what}"),
        }
    }
}

impl std::error::Error for ReadProblem {}

impl Mapping {
    /// Reads a body that arrived at `received_at`. Never fails: problems are part of the result.
    #[must_use]
    pub fn read(&self, body: &Value, received_at: Time) -> Read {
        let mut read = Read::default();
        let found = match &self.items {
            Some(path) => path.find(body, body),
            None => Some(body),
        };
        match found {
            Some(Value::Array(records)) => {
                for (n, record) in records.iter().take(RECORDS_MAX).enumerate() {
                    self.record(n + 1, record, body, received_at, &mut read);
                }
                if records.len() > RECORDS_MAX {
                    read.problem(RECORDS_MAX + 1, "", "too_many_records");
                }
            }
            Some(record @ Value::Object(_)) => self.record(1, record, body, received_at, &mut read),
            _ => {
                let path = self.items.as_ref().map_or("", |path| path.text());
                read.problem(1, path, "no_list");
            }
        }
        read
    }

    fn record(&self, n: usize, record: &Value, body: &Value, received_at: Time, read: &mut Read) {
        let station = match name(&self.station, record, body) {
            Ok(station) => station,
            Err(path) => return read.problem(n, path, "no_station"),
        };
        let observed_at = match &self.time {
            None => received_at,
            Some((path, format)) => match path.find(record, body).map(|value| time(value, *format)) {
                Some(Some(at)) => at,
                Some(None) => return read.problem(n, path.text(), "bad_time"),
                None => return read.problem(n, path.text(), "not_there"),
            },
        };
        for at in &self.values {
            at.read(n, record, body, read, (&station, observed_at));
        }
    }
}

impl ValueAt {
    fn read(&self, n: usize, record: &Value, body: &Value, read: &mut Read, of: (&str, Time)) {
        let path = self.path.text();
        let value = match self.path.find(record, body) {
            None if self.required => return read.problem(n, path, "not_there"),
            None => return,
            Some(Value::Null) => None,
            Some(value) => match number(value) {
                Some(value) => Some(value.mul_add(self.factor, self.offset)),
                None => return read.problem(n, path, "no_number"),
            },
        };
        let element = match name(&self.element, record, body) {
            Ok(element) => element,
            Err(path) => return read.problem(n, path, "no_element"),
        };
        let unit = self.unit.as_ref().and_then(|unit| name(unit, record, body).ok()).unwrap_or_default();
        let (station, observed_at) = (of.0.to_owned(), of.1);
        read.readings.push(JsonReading { station, element, value, unit, observed_at });
    }
}

impl Read {
    fn problem(&mut self, record: usize, path: &str, code: &'static str) {
        self.problem_count += 1;
        if self.problems.len() < PROBLEMS_MAX {
            self.problems.push(ReadProblem { record, path: path.to_owned(), code });
        }
    }
}

fn name<'a>(place: &'a Place, record: &'a Value, body: &'a Value) -> Result<String, &'a str> {
    match place {
        Place::Always(name) => Ok(name.clone()),
        Place::At(path) => match path.find(record, body) {
            Some(Value::String(name)) if !name.is_empty() => Ok(name.clone()),
            Some(Value::Number(number)) => Ok(number.to_string()),
            _ => Err(path.text()),
        },
    }
}

fn number(value: &Value) -> Option<f64> {
    let number = match value {
        Value::Number(number) => number.as_f64(),
        Value::Bool(truth) => Some(f64::from(u8::from(*truth))),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    number.filter(|value| value.is_finite())
}

fn time(value: &Value, format: TimeFormat) -> Option<Time> {
    let units_a_ms = match format {
        TimeFormat::Rfc3339 => return value.as_str()?.parse().ok(),
        TimeFormat::Beijing => return beijing(&name_of(value)?),
        TimeFormat::S => 0.001,
        TimeFormat::Ms => 1.0,
        TimeFormat::Us => 1_000.0,
        TimeFormat::Ns => 1_000_000.0,
    };
    let ms = number(value)? / units_a_ms;
    let inside = (Time::MIN.ms() as f64..=Time::MAX.ms() as f64).contains(&ms);
    inside.then(|| Time::from_ms(ms.round() as i64))
}

fn name_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// `2021-06-30 14:30:00`, `2021/6/30 14:30`, `20210630143000`: the Beijing wall clock.
fn beijing(text: &str) -> Option<Time> {
    let text = text.trim();
    let whole = |part: &str| part.parse::<i16>().ok();
    if text.len() == 14 && text.bytes().all(|b| b.is_ascii_digit()) {
        let part = |from: usize, to: usize| text.get(from..to).and_then(whole);
        return moment([part(0, 4)?, part(4, 6)?, part(6, 8)?, part(8, 10)?, part(10, 12)?, part(12, 14)?]);
    }
    let mut parts = text.split(['-', '/', ' ', ':', 'T', '.']).map(whole);
    let mut next = || parts.next().flatten();
    let (year, month, day) = (next()?, next()?, next()?);
    moment([year, month, day, next().unwrap_or(0), next().unwrap_or(0), next().unwrap_or(0)])
}

fn moment([year, month, day, hour, minute, second]: [i16; 6]) -> Option<Time> {
    let small = |part: i16| i8::try_from(part).ok();
    Time::from_beijing(year, small(month)?, small(day)?, small(hour)?, small(minute)?, small(second)?)
}
