//! Sparkplug messages as JSON: the lines of `zhizhen decode sparkplug`, and the frame-trace page.

use super::host::is_good;
use super::proto::{Metric, Payload, Value};
use super::{NAME, Topic, number};
use crate::fault::Fault;
use crate::view::{plain_quality, unread};
use crate::{Explained, hex, mqtt};
use field::sample::Quality;
use field::time::Time;
use prost::Message as _;
use serde_json::json;

/// `topic hex-of-payload`, or a payload alone in hexadecimal → one JSON object in one line.
#[must_use]
pub fn json_line(text: &str) -> String {
    if text.trim().starts_with(super::NAMESPACE) {
        return mqtt::json_line(text);
    }
    match hex::bytes_of(text, mqtt::MAX_PACKET) {
        Ok(bytes) => shown(None, &bytes).to_string(),
        Err(fault) => unread(NAME, None, None, &[fault]).to_string(),
    }
}

/// A message by itself, as a page shows it: names where the message tells them, else aliases.
#[must_use]
pub fn view(topic: &Topic, payload: &[u8]) -> serde_json::Value {
    shown(Some(topic), payload)
}

/// A payload or a PUBLISH packet, explained.
#[must_use]
pub fn explain(bytes: &[u8]) -> Explained {
    match mqtt::decode(bytes, mqtt::Version::V311) {
        Ok(mqtt::Packet::Publish(_)) => mqtt::explain(bytes),
        _ => Explained { decoded: shown(None, bytes), fields: vec![] },
    }
}

fn shown(topic: Option<&Topic>, payload: &[u8]) -> serde_json::Value {
    let station = topic.map(|topic| topic.device.clone().unwrap_or_else(|| topic.node.clone()));
    let function = topic.map(|topic| topic.kind.code());
    let payload = match Payload::decode(payload) {
        Ok(payload) => payload,
        Err(error) => {
            let fault = Fault::fatal("no_sparkplug", format!("the payload is no Sparkplug B: {error}"));
            return unread(NAME, station.as_deref(), function, &[fault]);
        }
    };
    let sent_at = payload.timestamp.and_then(time);
    let readings: Vec<_> = payload.metrics.iter().map(|metric| reading(metric, sent_at)).collect();
    json!({
        "protocol": NAME, "station": station, "function": function, "group": topic.map(|t| &t.group),
        "node": topic.map(|t| &t.node), "sent_at": sent_at, "seq": payload.seq, "readings": readings,
        "problems": [],
    })
}

fn reading(metric: &Metric, sent_at: Option<Time>) -> serde_json::Value {
    let kind = metric.datatype.unwrap_or_default();
    let value = match &metric.value {
        Some(Value::Text(text)) => json!(text),
        Some(Value::Bytes(bytes)) => json!(hex::hex(bytes)),
        Some(value) if metric.is_null != Some(true) => json!(number(value, kind)),
        _ => json!(null),
    };
    let alias = metric.alias.map(|alias| format!("alias:{alias}"));
    let id = metric.name.clone().or(alias);
    let quality = match plain_quality(!value.is_null()) {
        Quality::Good if !is_good(metric) => Quality::Suspect,
        plain => plain,
    };
    json!({
        "id": id, "element": id, "value": value, "unit": "",
        "quality": quality, "alias": metric.alias,
        "datatype": metric.datatype, "observed_at": metric.timestamp.and_then(time).or(sent_at),
    })
}

fn time(ms: u64) -> Option<Time> {
    let ms = i64::try_from(ms).ok()?;
    (Time::MIN.ms()..=Time::MAX.ms()).contains(&ms).then(|| Time::from_ms(ms))
}
