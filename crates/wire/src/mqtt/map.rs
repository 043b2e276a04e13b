//! 主题映射: which station and which elements a JSON message is about, as data (a TOML file), not
//! code. What stands inside the JSON is read by [`json_push::Mapping`](crate::json_push::Mapping).
//!
//! ```toml
//! topic = "zhizhen/{station}/up"    # {name} catches one level, + any one, # the rest
//! payload = "flat"                  # every number of the object under its own name
//! ```
//! ```toml
//! topic = "application/+/device/{dev}/event/up"
//! payload = "mapped"
//! [body]                            # see wire::json_push
//! station_is = "{dev}"              # what the topic caught
//! time = { path = "time", format = "rfc3339" }
//! [[body.value]]
//! path = "object.level"
//! element = "level"
//! unit = "cm"
//! ```
//! ```toml
//! topic = "meters/{station}/{element}"
//! payload = "number"                # the payload is one number
//! ```

use super::topic;
use crate::fault::Fault;
use crate::json_push::{JsonReading, Mapping};
use field::time::Time;
use serde::Deserialize;
use serde_json::Value;
use std::sync::LazyLock;

/// Most values of one message.
const MAX_VALUES: usize = 4_096;
/// A number above this is milliseconds since 1970, below it seconds: the year 5138 in seconds, 1973
/// in milliseconds.
const MS_FROM: f64 = 1e11;

/// 主题映射.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(try_from = "Written")]
pub struct TopicMap {
    levels: Vec<Level>,
    filter: String,
    how: How,
}

// Factors and offsets of a mapping are numbers, never NaN.
impl Eq for TopicMap {}

#[derive(Clone, Debug, PartialEq)]
enum Level {
    Is(String),
    Caught(String),
    Any,
    Rest,
}

#[derive(Clone, Debug, PartialEq)]
enum How {
    Flat { station: String },
    Number { station: String, element: String },
    Mapped(Box<Mapping>),
}

/// Why a topic mapping cannot work.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadTopicMap {
    /// The topic is no pattern.
    #[error("topic `{topic}`: {why}")]
    Topic {
        /// As it was written.
        topic: String,
        /// What is wrong.
        why: String,
    },
    /// The payload's kind and what is told about it do not go together.
    #[error("payload = \"{payload}\": {why}")]
    Payload {
        /// The kind.
        payload: &'static str,
        /// What is missing.
        why: &'static str,
    },
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Payload {
    #[default]
    Flat,
    Number,
    Mapped,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    topic: String,
    #[serde(default)]
    payload: Payload,
    station: Option<String>,
    element: Option<String>,
    body: Option<Mapping>,
}

impl TryFrom<Written> for TopicMap {
    type Error = BadTopicMap;

    fn try_from(written: Written) -> Result<Self, BadTopicMap> {
        let levels: Vec<_> = written.topic.split('/').map(Level::of).collect();
        let plain = |level: &Level| match level {
            Level::Is(text) => text.clone(),
            Level::Caught(_) | Level::Any => "+".to_owned(),
            Level::Rest => "#".to_owned(),
        };
        let filter = levels.iter().map(plain).collect::<Vec<_>>().join("/");
        topic::check_filter(&filter)
            .map_err(|fault| BadTopicMap::Topic { topic: written.topic.clone(), why: fault.message })?;
        let caught = |name: &str| levels.contains(&Level::Caught(name.to_owned()));
        let station = written
            .station
            .unwrap_or_else(|| if caught("station") { "{station}".to_owned() } else { String::new() });
        let how = match (written.payload, written.body) {
            (Payload::Flat, None) => How::Flat { station },
            (Payload::Number, None) => {
                let element = written.element.unwrap_or_else(|| "{element}".to_owned());
                if station.is_empty() || (element == "{element}" && !caught("element")) {
                    let why =
                        "the topic must catch {station} and {element}, or `station` and `element` name them";
                    return Err(BadTopicMap::Payload { payload: "number", why });
                }
                How::Number { station, element }
            }
            (Payload::Mapped, Some(body)) => How::Mapped(Box::new(body)),
            (Payload::Mapped, None) => {
                return Err(BadTopicMap::Payload { payload: "mapped", why: "it needs a table [body]" });
            }
            (_, Some(_)) => {
                let why = "a table [body] goes with payload = \"mapped\"";
                return Err(BadTopicMap::Payload { payload: "flat", why });
            }
        };
        Ok(Self { levels, filter, how })
    }
}

impl Level {
    fn of(text: &str) -> Self {
        match (text, text.strip_prefix('{').and_then(|t| t.strip_suffix('}'))) {
            (_, Some(name)) => Self::Caught(name.to_owned()),
            ("+", None) => Self::Any,
            ("#", None) => Self::Rest,
            (text, None) => Self::Is(text.to_owned()),
        }
    }
}

/// What one message says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Told {
    /// Values; each names its station.
    pub readings: Vec<JsonReading>,
    /// What could not be read.
    pub faults: Vec<Fault>,
}

impl TopicMap {
    /// The mapping that is there without a file: the last level but one, or the `station` of the
    /// object, names the station; every number of the object is a value under its own name.
    #[must_use]
    pub fn plain() -> &'static Self {
        static PLAIN: LazyLock<TopicMap> = LazyLock::new(|| TopicMap {
            levels: vec![Level::Any, Level::Caught("station".to_owned()), Level::Rest],
            filter: "+/+/#".to_owned(),
            how: How::Flat { station: "{station}".to_owned() },
        });
        &PLAIN
    }

    /// The filter that meets every topic it reads.
    #[must_use]
    pub fn filter(&self) -> &str {
        &self.filter
    }

    /// Reads a message that arrived at `received_at`; `None` when the topic is another's.
    #[must_use]
    pub fn read(&self, topic: &str, payload: &[u8], received_at: Time) -> Option<Told> {
        let caught = self.catch(topic)?;
        let mut told = match &self.how {
            How::Number { station, element } => number_of(payload, station, element, received_at),
            How::Flat { station } => {
                json(payload).map_or_else(Told::of, |body| flat(&body, station, received_at))
            }
            How::Mapped(mapping) => json(payload).map_or_else(Told::of, |body| {
                let read = mapping.read(&body, received_at);
                let faults = read.problems.iter().map(|p| Fault::minor(p.code, p.to_string())).collect();
                Told { readings: read.readings, faults }
            }),
        };
        for reading in &mut told.readings {
            reading.station = filled(&reading.station, &caught);
            reading.element = filled(&reading.element, &caught);
        }
        if told.readings.len() > MAX_VALUES {
            told.readings.truncate(MAX_VALUES);
            told.faults.push(Fault::minor("too_many_values", format!("more than {MAX_VALUES} values")));
        }
        Some(told)
    }

    /// What the topic's levels are called; `None` when it is not met.
    fn catch<'a>(&'a self, topic: &'a str) -> Option<Vec<(&'a str, &'a str)>> {
        let mut caught = Vec::new();
        let mut names = topic.split('/');
        for level in &self.levels {
            match (level, names.next()) {
                (Level::Rest, _) => return Some(caught),
                (Level::Any, Some(_)) => {}
                (Level::Caught(name), Some(text)) if !text.is_empty() => caught.push((name.as_str(), text)),
                (Level::Is(text), Some(name)) if text == name => {}
                _ => return None,
            }
        }
        names.next().is_none().then_some(caught)
    }
}

impl Told {
    fn of(fault: Fault) -> Self {
        Self { readings: vec![], faults: vec![fault] }
    }
}

fn filled(text: &str, caught: &[(&str, &str)]) -> String {
    if !text.contains('{') {
        return text.to_owned();
    }
    caught.iter().fold(text.to_owned(), |text, (name, level)| text.replace(&format!("{{{name}}}"), level))
}

fn json(payload: &[u8]) -> Result<Value, Fault> {
    serde_json::from_slice(payload).map_err(|error| Fault::fatal("no_json", format!("the payload: {error}")))
}

fn number_of(payload: &[u8], station: &str, element: &str, at: Time) -> Told {
    let text = std::str::from_utf8(payload).unwrap_or_default().trim();
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() => {
            Told { readings: vec![reading(station, element, Some(value), at)], faults: vec![] }
        }
        _ => Told::of(Fault::fatal("no_number", "the payload is no number")),
    }
}

fn reading(station: &str, element: &str, value: Option<f64>, observed_at: Time) -> JsonReading {
    let (station, element) = (station.to_owned(), element.to_owned());
    JsonReading { station, element, value, unit: String::new(), observed_at }
}

/// Every number of an object, or of each object of a list; `values` or `readings` may hold them.
fn flat(body: &Value, station: &str, received_at: Time) -> Told {
    let mut told = Told::default();
    match body {
        Value::Array(items) => {
            for item in items.iter().take(MAX_VALUES) {
                flat_object(item, station, received_at, &mut told);
            }
        }
        other => flat_object(other, station, received_at, &mut told),
    }
    if told.readings.is_empty() && told.faults.is_empty() {
        told.faults.push(Fault::minor("no_values", "the payload holds no number"));
    }
    told
}

fn flat_object(body: &Value, station: &str, received_at: Time, told: &mut Told) {
    let Value::Object(members) = body else {
        told.faults.push(Fault::fatal("no_object", "the payload is no JSON object"));
        return;
    };
    let written = ["ts", "time", "timestamp"].iter().find_map(|name| members.get(*name));
    let observed_at = match written.map(moment) {
        None => received_at,
        Some(Some(at)) => at,
        Some(None) => {
            told.faults.push(Fault::fatal("bad_time", "`ts`, `time` or `timestamp` is no moment"));
            return;
        }
    };
    let named = members.get("station").and_then(Value::as_str);
    let station = if station.is_empty() { named.unwrap_or_default() } else { station };
    let inner = ["values", "readings"].iter().find_map(|name| members.get(*name)?.as_object());
    for (name, value) in inner.unwrap_or(members) {
        let value = match value {
            Value::Number(number) => number.as_f64(),
            Value::Bool(truth) => Some(f64::from(u8::from(*truth))),
            Value::Null => None,
            _ => continue,
        };
        if !matches!(name.as_str(), "ts" | "time" | "timestamp" | "station") {
            told.readings.push(reading(station, name, value.filter(|v| v.is_finite()), observed_at));
        }
    }
}

fn moment(value: &Value) -> Option<Time> {
    match value {
        Value::String(text) => text.parse().ok(),
        Value::Number(number) => {
            let number = number.as_f64()?;
            let ms = if number < MS_FROM { number * 1_000.0 } else { number };
            let inside = (Time::MIN.ms() as f64..=Time::MAX.ms() as f64).contains(&ms);
            inside.then(|| Time::from_ms(ms as i64))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(text: &str) -> TopicMap {
        toml::from_str(text).unwrap()
    }

    fn values(told: &Told) -> Vec<(&str, &str, Option<f64>)> {
        told.readings.iter().map(|r| (r.station.as_str(), r.element.as_str(), r.value)).collect()
    }

    #[test]
    fn a_flat_object_gives_every_number_under_its_name() {
        let map = map("topic = \"zhizhen/{station}/up\"");
        let told = map.read(
            "zhizhen/W-1/up",
            br#"{"ts":1717200000,"level":1.5,"on":true,"gone":null,"x":"y"}"#,
            Time::MIN,
        );
        let told = told.unwrap();
        assert_eq!(
            values(&told),
            [("W-1", "gone", None), ("W-1", "level", Some(1.5)), ("W-1", "on", Some(1.0))]
        );
        assert_eq!(told.readings[0].observed_at, Time::from_ms(1_717_200_000_000));
        assert_eq!(map.read("zhizhen/W-1/down", b"{}", Time::MIN), None);
        assert_eq!(map.filter(), "zhizhen/+/up");
        for (payload, code) in [
            (&b"{"[..], "no_json"),
            (b"7", "no_object"),
            (b"{\"ts\":\"x\"}", "bad_time"),
            (b"{}", "no_values"),
        ] {
            assert_eq!(map.read("zhizhen/W-1/up", payload, Time::MIN).unwrap().faults[0].code, code);
        }
    }

    #[test]
    fn a_mapped_body_gets_its_station_from_the_topic() {
        let map = map(
            "topic = \"application/+/device/{dev}/event/up\"\npayload = \"mapped\"\n[body]\nstation_is = \"{dev}\"\n[[body.value]]\npath = \"object.level\"\nelement = \"39\"\nunit = \"cm\"",
        );
        let told =
            map.read("application/7/device/a1/event/up", br#"{"object":{"level":42}}"#, Time::MIN).unwrap();
        assert_eq!(values(&told), [("a1", "39", Some(42.0))]);
        assert_eq!(told.readings[0].unit, "cm");
    }

    #[test]
    fn a_bare_number_is_named_by_its_topic() {
        let map = map("topic = \"meters/{station}/{element}\"\npayload = \"number\"");
        let told = map.read("meters/M1/volume", b" 12.5 ", Time::MIN).unwrap();
        assert_eq!(values(&told), [("M1", "volume", Some(12.5))]);
        assert_eq!(map.read("meters/M1/volume", b"NaN", Time::MIN).unwrap().faults[0].code, "no_number");
    }

    #[test]
    fn a_map_that_cannot_work_is_refused() {
        for bad in [
            "topic = \"a/#/b\"",
            "topic = \"a/b\"\npayload = \"number\"",
            "topic = \"a/b\"\npayload = \"mapped\"",
            "topic = \"a/b\"\npaylaod = \"flat\"",
        ] {
            assert!(toml::from_str::<TopicMap>(bad).is_err(), "{bad}");
        }
    }
}
