//! Sparkplug B 3.0 (ISO/IEC 20237): births, deaths, sequence numbers and aliases over MQTT, from the
//! side of the host application.
//!
//! [`Host`] follows the edge nodes: it knows which metric an alias stands for, whether a message is
//! missing (then it asks for a rebirth), and what became stale. Pure: the caller publishes what it
//! asks for.

mod host;
pub mod proto;
mod topic;
mod view;

pub use host::{Host, Names, Taken};
pub use topic::{Kind, NAMESPACE, Topic, state_payload, state_topic};
pub use view::{explain, json_line, view};

use field::time::Time;
use prost::Message as _;
use proto::{Metric, Payload, Value, datatype};

/// The protocol's name in commands, stored packets and the API.
pub const NAME: &str = "sparkplug";
/// What a node is told to be born again by.
pub const REBIRTH: &str = "Node Control/Rebirth";
/// The number of a node's session, in births and deaths.
pub const BD_SEQ: &str = "bdSeq";

/// A command: one metric with a value, timestamped, without a sequence number.
#[must_use]
pub fn command(name: &str, value: Value, at: Time) -> Vec<u8> {
    let kind = match &value {
        Value::Boolean(_) => datatype::BOOLEAN,
        Value::Double(_) => datatype::DOUBLE,
        Value::Float(_) => datatype::FLOAT,
        Value::Text(_) => datatype::STRING,
        Value::Long(_) => datatype::INT64,
        Value::Int(_) | Value::Bytes(_) => datatype::INT32,
    };
    let timestamp = u64::try_from(at.ms()).ok();
    let metric = Metric {
        name: Some(name.to_owned()),
        timestamp,
        datatype: Some(kind),
        value: Some(value),
        ..Metric::default()
    };
    Payload { timestamp, metrics: vec![metric], ..Payload::default() }.encode_to_vec()
}

/// NCMD that asks a node for all its births anew.
#[must_use]
pub fn rebirth(at: Time) -> Vec<u8> {
    command(REBIRTH, Value::Boolean(true), at)
}

/// The number a value is; `None` for texts and bytes, or where the type is none of a number.
pub(crate) fn number(value: &Value, kind: u32) -> Option<f64> {
    match (value, kind) {
        (Value::Int(n), datatype::INT8) => Some(f64::from(*n as u8 as i8)),
        (Value::Int(n), datatype::INT16) => Some(f64::from(*n as u16 as i16)),
        (Value::Int(n), datatype::INT32) => Some(f64::from(n.cast_signed())),
        (Value::Int(n), _) => Some(f64::from(*n)),
        (Value::Long(n), datatype::INT64) => Some(n.cast_signed() as f64),
        (Value::Long(n), _) => Some(*n as f64),
        (Value::Float(x), _) => Some(f64::from(*x)),
        (Value::Double(x), _) => Some(*x),
        (Value::Boolean(truth), _) => Some(f64::from(u8::from(*truth))),
        (Value::Text(_) | Value::Bytes(_), _) => None,
    }
}

#[cfg(test)]
mod tests;
