//! 下行指令 by MQTT: `zhizhen/STATION/down` carries `{"id":…,"ask":{…}}`, the device answers on
//! `zhizhen/STATION/answer` with `{"id":…,"done":true,…}`. A Sparkplug device gets DCMD (NCMD for a
//! node), and its next data message is its answer.

use super::broker::Broker;
use crate::downlink::Errand;
use field::command::Ask;
use field::id::StationCode;
use field::time::Time;
use serde_json::{Value, json};
use std::collections::HashMap;
use wire::mqtt::{Publish, QoS};
use wire::sparkplug::{self, Kind, Topic, proto};

/// Commands of one connection that wait for an answer.
const MAX_WAITING: usize = 64;
/// Sparkplug stations whose topics are remembered for one connection.
const MAX_TOPICS: usize = 1_024;

/// Commands under way, and where stations are reached.
#[derive(Debug, Default)]
pub(crate) struct Orders {
    waiting: Vec<Errand>,
    topics: HashMap<StationCode, Topic>,
    now: Option<Time>,
}

impl Orders {
    /// Sends a command to whoever subscribed to it.
    pub(crate) fn carry(&mut self, broker: &Broker, errand: Errand) {
        self.waiting.retain(|errand| !errand.is_over());
        if self.waiting.len() >= MAX_WAITING {
            return errand
                .refuse("busy", format!("{MAX_WAITING} commands wait for answers on this connection"));
        }
        let message = match self.message(&errand) {
            Ok(message) => message,
            Err(why) => return errand.refuse("unsupported", why),
        };
        let topic = message.topic.clone();
        if broker.publish(message, None) == 0 {
            return errand.refuse("not_subscribed", format!("nobody subscribed to `{topic}`"));
        }
        self.waiting.push(errand);
    }

    fn message(&self, errand: &Errand) -> Result<Publish, &'static str> {
        let command = &errand.command;
        let Some(topic) = self.topics.get(&command.station) else {
            let payload = json!({ "id": command.id, "ask": command.ask }).to_string().into_bytes();
            let topic = format!("zhizhen/{}/down", command.station);
            return Ok(Publish { topic, payload, qos: QoS::AtLeastOnce, ..Publish::default() });
        };
        let at = self.now.unwrap_or(command.asked_at);
        let kind = if topic.device.is_some() { Kind::DeviceCommand } else { Kind::NodeCommand };
        let (topic, payload) = match &command.ask {
            Ask::Write { target, value } => {
                (topic.of_kind(kind), sparkplug::command(target, proto::Value::Double(*value), at))
            }
            Ask::QueryCurrent => (topic.of_kind(Kind::NodeCommand), sparkplug::rebirth(at)),
            _ => {
                return Err(
                    "a Sparkplug device takes values for its metrics, and the question for all of them",
                );
            }
        };
        Ok(Publish { topic: topic.to_string(), payload, ..Publish::default() })
    }

    /// A message came: it may be an answer.
    pub(crate) fn heard(&mut self, publish: &Publish, stations: &[StationCode], at: Time) {
        self.now = Some(at);
        if let Some(topic) = Topic::parse(&publish.topic) {
            for station in stations {
                if self.topics.len() < MAX_TOPICS || self.topics.contains_key(station) {
                    self.topics.insert(station.clone(), topic.clone());
                }
                self.settle(
                    |errand| errand.command.station == *station,
                    true,
                    &json!({ "topic": publish.topic }),
                );
            }
            return;
        }
        let mut levels = publish.topic.split('/');
        let (Some("zhizhen"), Some(station), Some("answer"), None) =
            (levels.next(), levels.next(), levels.next(), levels.next())
        else {
            return;
        };
        let Ok(answer) = serde_json::from_slice::<Value>(&publish.payload) else { return };
        let id = answer.get("id").and_then(Value::as_i64);
        let done = answer.get("done").and_then(Value::as_bool).unwrap_or_default();
        self.settle(
            |errand| errand.command.station.as_str() == station && Some(errand.command.id.0) == id,
            done,
            &answer,
        );
    }

    fn settle(&mut self, is_it: impl Fn(&Errand) -> bool, done: bool, answer: &Value) {
        while let Some(place) = self.waiting.iter().position(&is_it) {
            self.waiting.swap_remove(place).answer(done, answer.clone());
        }
    }
}
