//! 消息: what is sent to people, and what became of it.

use crate::id::{AlarmId, MessageId, OrderId, PersonId};
use crate::person::ChannelKind;
use crate::severity::Severity;
use crate::time::Time;
use serde::{Deserialize, Serialize};

/// A notification to one person. Its words are made per channel and language when it is sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// Given by the store.
    pub id: MessageId,
    /// Idempotency key: two messages with one key are one message.
    pub key: String,
    /// To whom.
    pub person: PersonId,
    /// How urgent; the most urgent goes first.
    pub severity: Severity,
    /// The alarm it speaks of.
    pub alarm: Option<AlarmId>,
    /// The order it speaks of.
    pub order: Option<OrderId>,
    /// Which sentence, such as `alarm_raised`; one template in `dispatch/src/words/`.
    pub template: String,
    /// The sentence's parameters.
    pub params: serde_json::Value,
    /// When it was asked for.
    pub created_at: Time,
    /// When the person was first seen to have read it.
    pub read_at: Option<Time>,
}

/// What became of a message on one channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// Waiting for its turn (`next_at`).
    Waiting,
    /// Handed to the channel; the answer is not known yet. After a crash it is sent again.
    Handing,
    /// The channel's server took it.
    Sent,
    /// The channel reported that it reached the person's device.
    Delivered,
    /// This channel cannot reach this person (no address, gone subscription, refused for good).
    GivenUp,
}

impl DeliveryState {
    /// Every state.
    pub const ALL: [Self; 5] = [Self::Waiting, Self::Handing, Self::Sent, Self::Delivered, Self::GivenUp];

    /// The name used in the API and in stored records.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Handing => "handing",
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::GivenUp => "given_up",
        }
    }
}

/// 投递: one message on one channel.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Delivery {
    /// The message.
    pub message: MessageId,
    /// The channel.
    pub channel: ChannelKind,
    /// What became of it.
    pub state: DeliveryState,
    /// How often it was tried.
    pub attempts: u32,
    /// When it may be tried (again).
    pub next_at: Time,
    /// When the state changed.
    pub changed_at: Time,
    /// The channel's own id of it, or the last error's code and text.
    pub receipt: Option<String>,
    /// Set when several messages went as one: the id they share (the first message's).
    pub merged_into: Option<MessageId>,
}
