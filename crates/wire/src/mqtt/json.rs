//! Messages as JSON: the lines of `zhizhen decode mqtt`, and the view of the frame-trace page.
//!
//! A stored message is its PUBLISH packet, so that its topic is not lost.

use super::map::TopicMap;
use super::{NAME, Packet, Publish, Version, decode};
use crate::fault::Fault;
use crate::view::{plain_quality, unread};
use crate::{Explained, Field, hex, sparkplug};
use field::time::Time;
use serde_json::{Value, json};

/// One PUBLISH packet in hexadecimal, or `topic payload` → one JSON object in one line.
///
/// Times that the payload does not tell are left out: a line has no moment of arrival.
#[must_use]
pub fn json_line(text: &str) -> String {
    let publish = match text.trim().split_once(char::is_whitespace) {
        Some((topic, payload)) if !is_hex(text) => {
            let payload = payload.trim_start();
            let payload = match topic.starts_with("spBv1.0/") && is_hex(payload) {
                true => hex::bytes_of(payload, super::MAX_PACKET).unwrap_or_default(),
                false => payload.as_bytes().to_vec(),
            };
            Ok(Publish { topic: topic.to_owned(), payload, ..Publish::default() })
        }
        _ => hex::bytes_of(text, super::MAX_PACKET).and_then(|bytes| read(&bytes)),
    };
    match publish {
        Ok(publish) => plainly(&publish).to_string(),
        Err(fault) => unread(NAME, None, None, &[fault]).to_string(),
    }
}

/// One PUBLISH packet, explained for a page.
#[must_use]
pub fn explain(bytes: &[u8]) -> Explained {
    match read(bytes) {
        Ok(publish) => Explained { decoded: view(&publish), fields: fields(bytes, &publish) },
        Err(fault) => Explained { decoded: unread(NAME, None, None, &[fault]), fields: vec![] },
    }
}

fn is_hex(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_hexdigit() || b.is_ascii_whitespace())
}

/// A PUBLISH of either edition. What is kept is written as 5.0; a 3.1.1 packet has no properties
/// there, and its payload seldom reads as some.
fn read(bytes: &[u8]) -> Result<Publish, Fault> {
    match decode(bytes, Version::V5).or_else(|_| decode(bytes, Version::V311))? {
        Packet::Publish(publish) => Ok(publish),
        _ => Err(Fault::fatal("no_publish", "the packet is no PUBLISH: only those carry readings")),
    }
}

/// What the command line says, which knows no mapping of a site: that it needs one is said.
fn plainly(publish: &Publish) -> Value {
    let mut object = view(publish);
    let is_plain = sparkplug::Topic::parse(&publish.topic).is_none();
    if is_plain && TopicMap::plain().read(&publish.topic, &publish.payload, Time::MIN).is_none() {
        let why = "the topic names no station in its second level; a mapping of the site may read it";
        if let Some(problems) = object.get_mut("problems") {
            *problems = json!([Fault::minor("unmapped", why).line()]);
        }
    }
    object
}

fn view(publish: &Publish) -> Value {
    if let Some(topic) = sparkplug::Topic::parse(&publish.topic) {
        return sparkplug::view(&topic, &publish.payload);
    }
    // Where neither the payload nor what was kept with it tells a time, none is shown.
    let received_at = publish.properties.user("received_at").and_then(|text| text.parse().ok());
    let received_at = received_at.unwrap_or(Time::MIN);
    let told = TopicMap::plain().read(&publish.topic, &publish.payload, received_at).unwrap_or_default();
    let readings: Vec<_> = told
        .readings
        .iter()
        .map(|r| {
            let at = (r.observed_at != Time::MIN).then_some(r.observed_at);
            json!({ "id": r.element, "element": r.element, "value": r.value, "unit": r.unit, "quality": plain_quality(r.value.is_some()),
                "observed_at": at })
        })
        .collect();
    json!({
        "protocol": NAME, "station": told.readings.first().map(|r| &r.station), "function": "publish",
        "topic": publish.topic, "sent_at": null, "readings": readings, "problems": crate::fault::lines(&told.faults),
    })
}

fn fields(bytes: &[u8], publish: &Publish) -> Vec<Field> {
    let payload = bytes.len() - publish.payload.len();
    let number = if publish.qos.number() > 0 { 2 } else { 0 };
    let topic = payload.saturating_sub(number + publish.topic.len());
    let field = |start: usize, end: usize, name: &str| Field { start, end, name: name.to_owned() };
    let mut fields =
        vec![field(0, topic.saturating_sub(2), "header"), field(topic, topic + publish.topic.len(), "topic")];
    if number > 0 {
        fields.push(field(payload - number, payload, "packet_id"));
    }
    fields.push(field(payload, bytes.len(), "payload"));
    fields
}
