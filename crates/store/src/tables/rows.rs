//! The plain values that go in and out of the tables.

use field::alarm::Evidence;
use field::id::{AlarmId, BlockId, MessageId, OrderId, PersonId, PointId, RuleId, StationCode};
use field::message::DeliveryState;
use field::person::ChannelKind;
use field::place::Position;
use field::severity::Severity;
use field::time::Time;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// An alarm to be raised.
#[derive(Clone, Debug, PartialEq)]
pub struct NewAlarm {
    /// The rule that raises it.
    pub rule: RuleId,
    /// Its kind.
    pub kind: String,
    /// The point judged.
    pub point: PointId,
    /// Its station.
    pub station: StationCode,
    /// Its block.
    pub block: BlockId,
    /// How bad.
    pub severity: Severity,
    /// The proof.
    pub evidence: Evidence,
    /// Whether the station is under maintenance.
    pub suppressed: bool,
    /// When the rule judged it: `raised_at`. The journal line keeps the transaction's own time.
    pub at: Time,
}

/// An order to be sent.
#[derive(Clone, Debug, PartialEq)]
pub struct NewOrder {
    /// Its station.
    pub station: StationCode,
    /// Where to go.
    pub spot: Position,
    /// The block.
    pub block: BlockId,
    /// The alarms it answers.
    pub alarms: Vec<AlarmId>,
    /// The worst among them.
    pub severity: Severity,
    /// Who is asked.
    pub assignee: PersonId,
    /// At which step of the chain it starts.
    pub escalation: u8,
}

/// A message to be sent to one person.
#[derive(Clone, Debug, PartialEq)]
pub struct NewMessage {
    /// Idempotency key: a key that is there already is not asked for again.
    pub key: String,
    /// To whom.
    pub person: PersonId,
    /// How urgent.
    pub severity: Severity,
    /// The alarm it speaks of.
    pub alarm: Option<AlarmId>,
    /// The order it speaks of.
    pub order: Option<OrderId>,
    /// Which sentence.
    pub template: String,
    /// The sentence's parameters.
    pub params: Value,
    /// The channels it waits on, and from when each may be tried.
    pub deliver: Vec<(ChannelKind, Time)>,
}

/// What became of one try to hand a message to a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Handed over; the answer is not known yet.
    Handed,
    /// The channel's server took it.
    Sent,
    /// It reached the person's device.
    Delivered,
    /// It failed and will be tried again.
    Failed,
    /// It failed for good.
    GivenUp,
}

impl Outcome {
    /// The name in the journal and in stored records.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Handed => "handed",
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::GivenUp => "given_up",
        }
    }

    /// The outcome with that name.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Handed, Self::Sent, Self::Delivered, Self::Failed, Self::GivenUp]
            .into_iter()
            .find(|o| o.code() == code)
    }
}

/// 投递尝试: one try, as the ledger keeps it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Attempt {
    /// The message.
    pub message: MessageId,
    /// The channel.
    pub channel: ChannelKind,
    /// When.
    pub at: Time,
    /// What became of it.
    pub outcome: Outcome,
    /// The channel's own words: an id, or an error's code and text.
    pub detail: String,
}

/// Which alarms to list, newest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AlarmFilter {
    /// Only open (`true`) or only closed ones.
    pub open: Option<bool>,
    /// Only of this station.
    pub station: Option<StationCode>,
    /// Only of this rule.
    pub rule: Option<RuleId>,
    /// Only this severity.
    pub severity: Option<Severity>,
    /// Only raised at or after.
    pub since: Option<Time>,
    /// Only with an id below (cursor).
    pub before_id: Option<AlarmId>,
    /// At most this many; 0 means [`DEFAULT_LIMIT`].
    pub limit: usize,
}

/// Which orders to list, newest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OrderFilter {
    /// Only open (`true`) or only closed ones.
    pub open: Option<bool>,
    /// Only of this person.
    pub assignee: Option<PersonId>,
    /// Only of this station.
    pub station: Option<StationCode>,
    /// Only with an id below (cursor).
    pub before_id: Option<OrderId>,
    /// At most this many; 0 means [`DEFAULT_LIMIT`].
    pub limit: usize,
}

/// Which messages to list, newest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MessageFilter {
    /// Only to this person.
    pub person: Option<PersonId>,
    /// Only about this alarm.
    pub alarm: Option<AlarmId>,
    /// Only about this order.
    pub order: Option<OrderId>,
    /// Only with an id below (cursor).
    pub before_id: Option<MessageId>,
    /// At most this many; 0 means [`DEFAULT_LIMIT`].
    pub limit: usize,
}

/// Which quarantined frames to list, newest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct QuarantineFilter {
    /// Only not yet dismissed (`true`) or only dismissed ones.
    pub open: Option<bool>,
    /// Only with an id below (cursor).
    pub before_id: Option<i64>,
    /// At most this many; 0 means [`DEFAULT_LIMIT`].
    pub limit: usize,
}

/// Rows of a list when the caller does not say.
pub const DEFAULT_LIMIT: usize = 100;

/// 隔离: a frame that could not be taken, for a person to look at.
#[derive(Clone, Debug, PartialEq)]
pub struct NewQuarantined {
    /// When it arrived.
    pub at: Time,
    /// From where: an address, without the port.
    pub peer: String,
    /// The protocol it was taken for.
    pub protocol: String,
    /// The station it says it is from, when that could be read.
    pub station: Option<String>,
    /// Why, as a code such as `bad_crc`.
    pub reason: String,
    /// The particulars.
    pub detail: String,
    /// The bytes.
    pub raw: Vec<u8>,
}

/// A frame in quarantine.
#[derive(Clone, Debug, PartialEq)]
pub struct Quarantined {
    /// Its number.
    pub id: i64,
    /// When it last arrived.
    pub at: Time,
    /// From where.
    pub peer: String,
    /// The protocol it was taken for.
    pub protocol: String,
    /// The station it says it is from.
    pub station: Option<String>,
    /// Why, as a code.
    pub reason: String,
    /// The particulars.
    pub detail: String,
    /// The bytes.
    pub raw: Vec<u8>,
    /// How often the same bytes came from the same peer.
    pub times: i64,
    /// Who has looked at it.
    pub dismissed_by: Option<PersonId>,
}

/// How one person's messages fared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonCounts {
    /// Messages asked for.
    pub asked: i64,
    /// Messages that at least one channel took.
    pub sent: i64,
    /// Messages that reached a device on at least one channel.
    pub delivered: i64,
    /// Messages read.
    pub read: i64,
    /// Messages that every channel gave up.
    pub failed: i64,
}

/// How many deliveries of a channel are in a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeliveryCount {
    /// The channel.
    pub channel: ChannelKind,
    /// The state.
    pub state: DeliveryState,
    /// How many.
    pub count: i64,
}

/// A person's password, hashed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Whose.
    pub person: PersonId,
    /// PHC text of argon2.
    pub hash: String,
}

/// 会话: somebody is signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// SHA-256 of the cookie's token, hexadecimal: the token itself is not kept.
    pub token_hash: String,
    /// Who.
    pub person: PersonId,
    /// Since when.
    pub created_at: Time,
    /// Last seen.
    pub seen_at: Time,
    /// Until when.
    pub expires_at: Time,
}

/// A browser that may be pushed to (RFC 8030).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushSubscription {
    /// Whose.
    pub person: PersonId,
    /// Where to push to.
    pub endpoint: String,
    /// The browser's public key, base64url.
    pub p256dh: String,
    /// The browser's secret, base64url.
    pub auth: String,
    /// Since when.
    pub created_at: Time,
}

/// A thing drawn on the map under the stations.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MapFeature {
    /// `river`, `road`, `reservoir` or `service_area`.
    pub kind: String,
    /// 名称; unique within its kind.
    pub name: String,
    /// Name in English.
    pub name_en: String,
    /// Lines, or rings of an area.
    pub geometry: Vec<Vec<Position>>,
    /// How wide a line is, metres; 0 for an area.
    pub width_m: f64,
}
