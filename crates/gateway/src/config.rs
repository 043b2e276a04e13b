//! What the gateway is told: one optional table a protocol, and limits all share.

use crate::budget::Budget;
use crate::{hj212, meters, modbus, mqtt, opcua, sl427, sl651};
use std::time::Duration;

/// What the gateway is told. A protocol without a table listens nowhere.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Config {
    /// SL 651-2014.
    pub sl651: Option<sl651::Config>,
    /// HJ 212.
    pub hj212: Option<hj212::Config>,
    /// SL/T 427.
    pub sl427: Option<sl427::Config>,
    /// Meters behind concentrators: CJ/T 188, DL/T 645.
    pub meters: Option<meters::Config>,
    /// MQTT: our broker, and brokers outside.
    pub mqtt: Option<mqtt::Config>,
    /// Modbus devices that are asked.
    pub modbus: Option<modbus::Config>,
    /// OPC UA servers that are subscribed to.
    pub opcua: Option<opcua::Config>,
    /// How much of everything.
    pub limits: Limits,
}

impl Config {
    /// SL 651 on the loopback interface, ports chosen by the system: for tests and the demo.
    #[must_use]
    pub fn loopback() -> Self {
        Self { sl651: Some(sl651::Config::loopback()), ..Self::default() }
    }
}

/// Limits; durations are the machine's, not the demo clock's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most connections at once, of all protocols. 20,000: twice the stations one machine shall
    /// carry, about 60 MB.
    pub connections: usize,
    /// A connection that says nothing for so long is closed. Ten minutes: a station told to stay on
    /// line stays as long, and sends keep-alives every 40 s (SL 651-2014 6.6.4.2).
    pub idle: Duration,
    /// A frame once begun must be whole within this time. 30 s: 4 kB at 1200 baud.
    pub frame: Duration,
    /// An answer must be taken within this time.
    pub answer: Duration,
    /// A station must answer a command within this time.
    pub command: Duration,
    /// A connection that sent so many pieces that are no frame of a known station is closed.
    pub bad_pieces: u32,
    /// What one station may send before it is slowed down.
    pub budget: Budget,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 20_000,
            idle: Duration::from_secs(600),
            frame: Duration::from_secs(30),
            answer: Duration::from_secs(10),
            // SL 651 asks for 10 to 20 s on GPRS; a gate needs a while to begin.
            command: Duration::from_secs(30),
            bad_pieces: 64,
            budget: Budget::default(),
        }
    }
}
