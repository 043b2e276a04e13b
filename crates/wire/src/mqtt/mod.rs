//! MQTT 3.1.1 (ISO/IEC 20922) and 5.0 (OASIS): control packets, read and written.
//!
//! [`length`] says how long the packet at the front of a buffer is, [`decode`] reads one,
//! [`Packet::write`] writes one. What the packets mean for a session is the gateway's business; what
//! a payload means is a [`TopicMap`]'s or `sparkplug`'s.
//!
//! Pure, as all of `wire`: bad bytes are a [`Fault`], never a panic.

mod json;
mod map;
mod property;
mod read;
pub mod topic;
mod write;

pub use json::{explain, json_line};
pub use map::{BadTopicMap, Told, TopicMap};
pub use property::{Properties, Property, Value};
pub use read::{decode, length};

use crate::fault::Fault;

/// The protocol's name in commands, stored packets and the API.
pub const NAME: &str = "mqtt";
/// The port without TLS (IANA); with TLS 8883.
pub const DEFAULT_PORT: u16 = 1883;
/// Longest packet that is read. Four times what a packet of the store holds raw: a file in pieces
/// fits, a made-up length does not take the memory of a thousand clients.
pub const MAX_PACKET: usize = 256 * 1024;

/// Which edition a connection speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Version {
    /// 3.1.1, protocol level 4.
    #[default]
    V311,
    /// 5.0, protocol level 5.
    V5,
}

/// 服务质量: how sure a delivery is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum QoS {
    /// At most once.
    #[default]
    AtMostOnce,
    /// At least once.
    AtLeastOnce,
    /// Exactly once.
    ExactlyOnce,
}

impl QoS {
    /// 0, 1 or 2.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::AtMostOnce => 0,
            Self::AtLeastOnce => 1,
            Self::ExactlyOnce => 2,
        }
    }

    pub(crate) fn of(number: u8) -> Result<Self, Fault> {
        match number {
            0 => Ok(Self::AtMostOnce),
            1 => Ok(Self::AtLeastOnce),
            2 => Ok(Self::ExactlyOnce),
            n => Err(Fault::fatal("bad_qos", format!("quality of service {n}; 0, 1 and 2 exist"))),
        }
    }
}

/// 遗嘱: what is to be published when the client is lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Will {
    /// Where.
    pub topic: String,
    /// What.
    pub payload: Vec<u8>,
    /// How sure.
    pub qos: QoS,
    /// Whether it stays for later subscribers.
    pub retain: bool,
    /// 5.0: will delay and the rest.
    pub properties: Properties,
}

/// A client introduces itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connect {
    /// The edition.
    pub version: Version,
    /// Who; empty: give me a name.
    pub client: String,
    /// Forget what was before (3.1.1: and what will be).
    pub clean: bool,
    /// Longest silence, seconds; 0: any.
    pub keep_alive_s: u16,
    /// Its will.
    pub will: Option<Will>,
    /// User name.
    pub user: Option<String>,
    /// Password.
    pub password: Option<Vec<u8>>,
    /// 5.0.
    pub properties: Properties,
}

/// A message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Publish {
    /// Where; empty in 5.0 when an alias stands for it.
    pub topic: String,
    /// What.
    pub payload: Vec<u8>,
    /// How sure.
    pub qos: QoS,
    /// It may have been sent before.
    pub dup: bool,
    /// Keep it for later subscribers; to a subscriber: it was kept.
    pub retain: bool,
    /// Its number; 0 where quality is 0.
    pub id: u16,
    /// 5.0.
    pub properties: Properties,
}

/// One subscription asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    /// Topic filter.
    pub filter: String,
    /// Greatest quality of service.
    pub qos: QoS,
    /// 5.0: not what I sent myself.
    pub no_local: bool,
    /// 5.0: keep the retain flag as it was published.
    pub retain_as_published: bool,
    /// 5.0: 0 send retained messages, 1 only for a new subscription, 2 never.
    pub retain_handling: u8,
}

impl Filter {
    /// A plain subscription.
    #[must_use]
    pub fn new(filter: impl Into<String>, qos: QoS) -> Self {
        let filter = filter.into();
        Self { filter, qos, no_local: false, retain_as_published: false, retain_handling: 0 }
    }
}

/// Which step of a delivery is acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// QoS 1: taken.
    Puback,
    /// QoS 2: taken, once.
    Pubrec,
    /// QoS 2: its number may be forgotten.
    Pubrel,
    /// QoS 2: forgotten.
    Pubcomp,
}

/// A control packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Packet {
    /// A client introduces itself.
    Connect(Box<Connect>),
    /// The answer.
    Connack {
        /// The server knows the client from before.
        session_present: bool,
        /// Return code (3.1.1) or reason (5.0); 0 is welcome.
        code: u8,
        /// 5.0.
        properties: Properties,
    },
    /// A message.
    Publish(Publish),
    /// A step of a message's delivery.
    Ack {
        /// Which.
        step: Step,
        /// The message's number.
        id: u16,
        /// 5.0 reason; 0 otherwise.
        code: u8,
    },
    /// Subscriptions asked for.
    Subscribe {
        /// The packet's number.
        id: u16,
        /// What.
        filters: Vec<Filter>,
    },
    /// The answer, one code a filter.
    Suback {
        /// The number of the packet it answers.
        id: u16,
        /// Granted quality, or 0x80 and above: refused.
        codes: Vec<u8>,
    },
    /// Subscriptions taken back.
    Unsubscribe {
        /// The packet's number.
        id: u16,
        /// Which.
        filters: Vec<String>,
    },
    /// The answer.
    Unsuback {
        /// The number of the packet it answers.
        id: u16,
        /// 5.0: one reason a filter.
        codes: Vec<u8>,
    },
    /// Still there?
    Pingreq,
    /// Still there.
    Pingresp,
    /// Good-bye.
    Disconnect {
        /// 5.0 reason; 0 otherwise.
        code: u8,
        /// 5.0.
        properties: Properties,
    },
    /// 5.0: extended authentication. Read and refused.
    Auth,
}

/// 返回码: the 5.0 reasons used here.
pub mod reason {
    /// Fine.
    pub const SUCCESS: u8 = 0x00;
    /// Taken, nobody listens.
    pub const NO_SUBSCRIBERS: u8 = 0x10;
    /// Good-bye, and publish my will.
    pub const DISCONNECT_WITH_WILL: u8 = 0x04;
    /// There was no such subscription.
    pub const NO_SUBSCRIPTION: u8 = 0x11;
    /// Something went wrong.
    pub const UNSPECIFIED: u8 = 0x80;
    /// Bytes that are no packet.
    pub const MALFORMED: u8 = 0x81;
    /// A packet where it may not be.
    pub const PROTOCOL_ERROR: u8 = 0x82;
    /// An edition not spoken.
    pub const BAD_VERSION: u8 = 0x84;
    /// A client id that cannot be.
    pub const BAD_CLIENT_ID: u8 = 0x85;
    /// User or password wrong.
    pub const BAD_LOGIN: u8 = 0x86;
    /// May not.
    pub const NOT_AUTHORISED: u8 = 0x87;
    /// Too many, come back later.
    pub const BUSY: u8 = 0x89;
    /// The house closes.
    pub const SHUTTING_DOWN: u8 = 0x8B;
    /// Silent too long.
    pub const KEEP_ALIVE: u8 = 0x8D;
    /// Another connection has the same client id.
    pub const TAKEN_OVER: u8 = 0x8E;
    /// A filter that cannot be.
    pub const BAD_FILTER: u8 = 0x8F;
    /// A topic that cannot be.
    pub const BAD_TOPIC: u8 = 0x90;
    /// A number that is not under way.
    pub const UNKNOWN_ID: u8 = 0x92;
    /// More than the receive maximum at once.
    pub const TOO_MANY_AT_ONCE: u8 = 0x93;
    /// An alias that is not known.
    pub const BAD_ALIAS: u8 = 0x94;
    /// More than is allowed.
    pub const QUOTA: u8 = 0x97;
}

#[cfg(test)]
mod tests;
