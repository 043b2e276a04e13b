//! OPC UA (IEC 62541): what a server publishes, as lines of JSON.
//!
//! The wire itself is binary, cut into chunks and may be encrypted, so its bytes say nothing afterwards.
//! What is kept instead as the raw bytes of a packet is one [`Line`] a published value: everything the
//! server said of it, before any reckoning, and what the node map made of it.
//!
//! Promises: a stored reading is what [`Line::reading`] makes of its line, nothing else.
//! Never: guesses a number out of a text.

mod view;

pub use view::{explain, json_line};

use crate::fault::Fault;
use crate::report::ReportReading;
use field::sample::Quality;
use field::time::Time;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The protocol's name in commands, stored packets and the API.
pub const NAME: &str = "opcua";
/// The port of servers where their address names none (IANA).
pub const DEFAULT_PORT: u16 = 4840;
/// Longest line that is read: what is kept of a text is far shorter.
pub const LINE_MAX: usize = 65_536;

/// The data value overflow bits of a status (OPC 10000-4, 7.39.1): type "data value" and overflow.
const OVERFLOW: u32 = 0x0480;

/// Whether a status says that values before this one were dropped.
#[must_use]
pub const fn overflowed(status: u32) -> bool {
    status & OVERFLOW == OVERFLOW
}

/// 数据值: one value of one node, with its status and times.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// 测站: the station the node belongs to.
    pub station: String,
    /// The element it is by the node map.
    pub element: String,
    /// The node's id, such as `ns=2;s=P1.Level`.
    pub node: String,
    /// The value as the server gave it; numbers that JSON cannot hold and other types as text.
    pub value: Value,
    /// Element = value × scale + offset.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub scale: f64,
    /// See `scale`.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub offset: f64,
    /// 状态码: all 32 bits; 0 is good.
    #[serde(default)]
    pub status: u32,
    /// When the source says the value was so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Time>,
    /// When the server had it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<Time>,
    /// When it came here.
    pub received: Time,
    /// It was read from the server's history, not published.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub history: bool,
}

const fn one() -> f64 {
    1.0
}
#[expect(clippy::float_cmp, reason = "the very value that is meant when nothing is written")]
fn is_one(x: &f64) -> bool {
    *x == 1.0
}
fn is_zero(x: &f64) -> bool {
    *x == 0.0
}

impl Line {
    /// Reads one line.
    ///
    /// # Errors
    /// A fatal [`Fault`] that says what is no line.
    pub fn read(text: &str) -> Result<Self, Fault> {
        if text.len() > LINE_MAX {
            let message = format!("the line has {} bytes; at most {LINE_MAX} are read", text.len());
            return Err(Fault::fatal("bad_length", message));
        }
        serde_json::from_str(text.trim()).map_err(|error| {
            Fault::fatal("not_a_value", format!("no published value: {error}; a line is a JSON object with station, element, node, value, status, received"))
        })
    }

    /// When the value was so: by its source, else by the server, else when it came.
    #[must_use]
    pub fn observed_at(&self) -> Time {
        self.source.or(self.server).unwrap_or(self.received)
    }

    /// The value in the element's unit, whatever its status.
    #[must_use]
    pub fn number(&self) -> Option<f64> {
        let raw = match &self.value {
            Value::Bool(on) => f64::from(u8::from(*on)),
            value => value.as_f64()?,
        };
        Some(raw.mul_add(self.scale, self.offset)).filter(|value| value.is_finite())
    }

    /// What it says: good, uncertain 存疑, bad 缺测.
    #[must_use]
    pub fn reading(&self) -> ReportReading {
        let (value, quality) = match (self.number(), self.status >> 30) {
            (Some(value), 0) => (Some(value), Quality::Good),
            (Some(value), 1) => (Some(value), Quality::Suspect),
            _ => (None, Quality::Missing),
        };
        ReportReading { element: self.element.clone(), value, observed_at: self.observed_at(), quality }
    }

    /// What is wrong with it or odd about it.
    #[must_use]
    pub fn problems(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        if self.status >> 30 != 0 {
            let what = if self.status >> 30 == 1 { "uncertain" } else { "bad" };
            faults.push(Fault::minor(
                "bad_status",
                format!("the server calls it {what}: status {:08X}", self.status),
            ));
        }
        if overflowed(self.status) {
            let message = "the server's queue was full: values before this one are lost; raise `queue` or lengthen the sampling";
            faults.push(Fault::minor("overflow", message));
        }
        if self.number().is_none() && self.status >> 30 != 2 {
            faults.push(Fault::minor("not_a_number", format!("`{}` is no finite number", self.value)));
        }
        faults
    }
}
