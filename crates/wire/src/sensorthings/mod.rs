//! OGC SensorThings API 1.1 (OGC 18-088), what others send: an Observation of a Datastream.
//!
//! Promises: an observation that cannot be taken says which property is wrong and what is expected of it. Never
//! knows points: a Datastream is a number here.

mod explain;

pub use explain::{explain, json_line};

use field::sample::Quality;
use field::time::Time;
use serde::Deserialize;
use serde_json::Value;

/// The name used in stored packets and in the API.
pub const NAME: &str = "sensorthings";
/// Signs of a wrong value that its message shows.
const SHOWN_MAX: usize = 80;

/// 观测.
#[derive(Clone, Debug, PartialEq)]
pub struct Observation {
    /// `@iot.id` of the Datastream that the body names.
    pub datastream: Option<i64>,
    /// When, of an interval its end, as periods are labelled here; `None`: when it arrives.
    pub at: Option<Time>,
    /// In the Datastream's unit; `None` for `null`: there is none.
    pub value: Option<f64>,
    /// How good the sender says it is.
    pub quality: Quality,
}

/// Why an observation cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadObservation {
    /// No JSON, or a property that is something else than it must be.
    #[error("{0}")]
    Body(String),
    /// Several Datastreams at once.
    #[error("there are no MultiDatastreams: send one observation of a Datastream each")]
    Many,
    /// No time.
    #[error("phenomenonTime `{0}` is no ISO 8601 time or interval")]
    Time(String),
    /// No value.
    #[error("result `{0}` is neither a number, true, false nor null")]
    Result(String),
    /// No word of a quality.
    #[error("resultQuality is good, suspect, missing, manual or estimated")]
    Quality,
}

/// What is read of it; whatever else it says is kept with its bytes.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Written {
    phenomenon_time: Option<String>,
    result: Value,
    #[serde(default)]
    result_quality: Value,
    #[serde(rename = "Datastream")]
    datastream: Option<Link>,
    #[serde(rename = "MultiDatastream")]
    many: Option<Value>,
}

#[derive(Debug, Deserialize)]
struct Link {
    #[serde(rename = "@iot.id")]
    id: i64,
}

impl Observation {
    /// Reads a body.
    ///
    /// # Errors
    /// What is wrong with it, for the sender.
    pub fn read(body: &[u8]) -> Result<Self, BadObservation> {
        let written: Written =
            serde_json::from_slice(body).map_err(|e| BadObservation::Body(e.to_string()))?;
        if written.many.is_some() {
            return Err(BadObservation::Many);
        }
        Ok(Self {
            datastream: written.datastream.map(|link| link.id),
            at: written.phenomenon_time.as_deref().map(moment).transpose()?,
            value: value(&written.result)?,
            quality: quality(written.result_quality)?,
        })
    }
}

/// A moment, or the end of an interval.
fn moment(text: &str) -> Result<Time, BadObservation> {
    let end = text.rsplit_once('/').map_or(text, |(_, end)| end);
    end.parse().map_err(|_| BadObservation::Time(shown(text)))
}

fn value(result: &Value) -> Result<Option<f64>, BadObservation> {
    match result {
        Value::Null => Ok(None),
        Value::Bool(on) => Ok(Some(f64::from(u8::from(*on)))),
        Value::Number(number) => Ok(number.as_f64()),
        other => Err(BadObservation::Result(shown(&other.to_string()))),
    }
}

fn quality(said: Value) -> Result<Quality, BadObservation> {
    match said {
        Value::Null => Ok(Quality::Good),
        said => serde_json::from_value(said).map_err(|_| BadObservation::Quality),
    }
}

/// The beginning of a wrong value.
fn shown(text: &str) -> String {
    text.chars().take(SHOWN_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &str = r#"{"phenomenonTime":"2021-06-30T04:00:00Z/2021-06-30T04:05:00Z","result":0.25,
        "resultQuality":"suspect","Datastream":{"@iot.id":17},"parameters":{"by":"hand"}}"#;

    #[test]
    fn an_interval_is_labelled_at_its_end() {
        let read = Observation::read(BODY.as_bytes()).unwrap();
        let at = Some("2021-06-30T12:05:00+08:00".parse().unwrap());
        assert_eq!(
            read,
            Observation { datastream: Some(17), at, value: Some(0.25), quality: Quality::Suspect }
        );
    }

    #[test]
    fn what_is_left_out_is_nothing_and_what_is_wrong_is_named() {
        let least = Observation::read(br#"{"result":true}"#).unwrap();
        assert_eq!((least.datastream, least.at, least.value), (None, None, Some(1.0)));
        assert_eq!(Observation::read(br#"{"result":null}"#).unwrap().value, None);
        for (body, expected) in [
            (r#"{"result":"wet"}"#, r#"result `"wet"`"#),
            (r#"{"result":1,"phenomenonTime":"noon"}"#, "phenomenonTime `noon`"),
            (r#"{"result":1,"resultQuality":"fine"}"#, "resultQuality is good"),
            (r#"{"result":[1],"MultiDatastream":{}}"#, "MultiDatastreams"),
            (r#"{"phenomenonTime":"2021-06-30T04:00:00Z"}"#, "result"),
            ("{", "EOF"),
        ] {
            let why = Observation::read(body.as_bytes()).unwrap_err().to_string();
            assert!(why.contains(expected), "{body}: {why}");
        }
        let long = format!(r#"{{"result":"{}"}}"#, "w".repeat(100_000));
        assert!(Observation::read(long.as_bytes()).unwrap_err().to_string().len() < 200);
    }
}
