//! An observation explained: its properties with the bytes they stand in, and the one reading it is.

use super::{NAME, Observation};
use crate::view::plain_quality;
use crate::{Explained, json_push};
use field::sample::Quality;
use field::time::Time;
use serde_json::{Value, json};

/// One body as text → one JSON object in one line, whatever is wrong with it.
#[must_use]
pub fn json_line(text: &str) -> String {
    explain(text.trim().as_bytes()).decoded.to_string()
}

/// A body's bytes, explained. Behind the body may stand the line that tells when one without a time of its own
/// arrived.
#[must_use]
pub fn explain(bytes: &[u8]) -> Explained {
    let (fields, mut problems) = json_push::marked(bytes);
    let mut readings = vec![];
    if problems.is_empty() {
        let (body, arrived) = json_push::parts(bytes);
        match Observation::read(body) {
            Ok(observation) => readings.push(reading(&observation, arrived)),
            Err(why) => problems.push(format!("bad_observation: {why}")),
        }
    }
    let decoded = json!({ "protocol": NAME, "station": null, "function": "Observation", "sent_at": null,
        "readings": readings, "problems": problems });
    Explained { decoded, fields }
}

fn reading(observation: &Observation, arrived: Option<Time>) -> Value {
    let id = observation.datastream.map(|id| id.to_string()).unwrap_or_default();
    let quality = match observation.quality {
        Quality::Good => plain_quality(observation.value.is_some()),
        said => said,
    };
    json!({ "id": id, "element": "", "value": observation.value, "unit": "", "quality": quality,
        "observed_at": observation.at.or(arrived) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_observation_is_one_reading_in_the_shape_of_all_protocols() {
        let body = r#"{"phenomenonTime":"2021-06-30T04:00:00Z","result":0.25,"Datastream":{"@iot.id":17}}"#;
        let line: Value = serde_json::from_str(&json_line(body)).unwrap();
        let expected = json!({ "protocol": "sensorthings", "station": null, "function": "Observation",
            "sent_at": null, "readings": [{ "id": "17", "element": "", "value": 0.25, "unit": "",
            "quality": "good", "observed_at": "2021-06-30T12:00:00+08:00" }], "problems": [] });
        assert_eq!(line, expected);
        let marked = explain(body.as_bytes()).fields;
        assert_eq!(marked[1].name, "result");
        assert_eq!(&body[marked[1].start..marked[1].end], "0.25");
    }

    #[test]
    fn the_line_of_arrival_is_the_time_of_one_without_its_own() {
        let kept = b"{\"result\":null}\n{\"received_at\":\"2021-06-30T12:00:00+08:00\"}";
        let reading = &explain(kept).decoded["readings"][0];
        assert_eq!(reading["observed_at"], "2021-06-30T12:00:00+08:00");
        assert_eq!((&reading["value"], &reading["quality"]), (&Value::Null, &json!("missing")));
    }

    #[test]
    fn what_is_no_observation_is_one_problem() {
        for body in ["", "{", "[]", "{}", r#"{"result":"wet"}"#, "1 2 3"] {
            let decoded = explain(body.as_bytes()).decoded;
            assert_eq!(decoded["problems"].as_array().unwrap().len(), 1, "{body}: {decoded}");
            assert_eq!(decoded["readings"], json!([]), "{body}");
        }
    }
}
