//! Messages and the channels they travel on.

use super::person::{self, PersonBrief};
use super::words::{self, Stamp};
use field::message::{Delivery, DeliveryState, Message};
use field::person::ChannelKind;
use field::severity::Severity;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::Registry;
use utoipa::ToSchema;

/// What became of a message on one channel.
#[derive(Serialize, ToSchema)]
pub(crate) struct DeliveryView {
    #[schema(value_type = words::ChannelKind)]
    pub(crate) channel: ChannelKind,
    #[schema(value_type = words::DeliveryState)]
    pub(crate) state: DeliveryState,
    pub(crate) attempts: u32,
    pub(crate) changed_at: Stamp,
    /// The channel's own id, or the last error.
    pub(crate) receipt: Option<String>,
    /// The message it went together with.
    pub(crate) merged_into: Option<i64>,
}

/// A message to one person.
#[derive(Serialize, ToSchema)]
pub(crate) struct MessageView {
    pub(crate) id: i64,
    pub(crate) person: PersonBrief,
    #[schema(value_type = words::Severity)]
    pub(crate) severity: Severity,
    pub(crate) alarm: Option<i64>,
    pub(crate) order: Option<i64>,
    /// Which sentence.
    pub(crate) template: String,
    #[schema(value_type = Object)]
    pub(crate) params: Value,
    pub(crate) created_at: Stamp,
    pub(crate) read_at: Option<Stamp>,
    pub(crate) deliveries: Vec<DeliveryView>,
}

/// How one person's messages fared.
#[derive(Serialize, ToSchema)]
pub(crate) struct PersonLedger {
    pub(crate) person: PersonBrief,
    pub(crate) asked: i64,
    pub(crate) sent: i64,
    pub(crate) delivered: i64,
    pub(crate) read: i64,
    pub(crate) failed: i64,
}

/// 配额: what a channel may still send.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct ChannelBudget {
    /// Messages per minute.
    pub per_minute: u32,
    /// Left in this minute.
    pub left: u32,
}

/// 通道: one channel's state.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ChannelView {
    /// Which.
    #[schema(value_type = words::ChannelKind)]
    pub channel: ChannelKind,
    /// Whether it has what it needs to send.
    pub configured: bool,
    /// What it may still send; `null` when it is not limited.
    pub budget: Option<ChannelBudget>,
    /// Deliveries waiting.
    pub waiting: i64,
    /// The last error's code and text.
    pub last_error: Option<String>,
}

/// To whom a test message goes.
#[derive(Deserialize, ToSchema)]
pub(crate) struct ChannelTest {
    /// The person; the caller when left out.
    pub(crate) person: Option<i64>,
}

/// What a browser gives to be pushed to.
#[derive(Deserialize, ToSchema)]
pub(crate) struct PushAsk {
    pub(crate) endpoint: String,
    pub(crate) keys: PushKeys,
}

/// The browser's keys, base64url.
#[derive(Deserialize, ToSchema)]
pub(crate) struct PushKeys {
    pub(crate) p256dh: String,
    pub(crate) auth: String,
}

/// Which subscription to end.
#[derive(Deserialize, ToSchema)]
pub(crate) struct PushGone {
    pub(crate) endpoint: String,
}

/// The server's VAPID key.
#[derive(Serialize, ToSchema)]
pub(crate) struct PushKey {
    /// base64url; `null` when push is not configured.
    pub(crate) key: Option<String>,
}

impl From<Delivery> for DeliveryView {
    fn from(d: Delivery) -> Self {
        Self {
            channel: d.channel,
            state: d.state,
            attempts: d.attempts,
            changed_at: d.changed_at.into(),
            receipt: d.receipt,
            merged_into: d.merged_into.map(|m| m.0),
        }
    }
}

impl MessageView {
    /// With its deliveries.
    pub(crate) fn of(registry: &Registry, m: Message, deliveries: Vec<Delivery>) -> Self {
        Self {
            id: m.id.0,
            person: person::brief(registry, m.person),
            severity: m.severity,
            alarm: m.alarm.map(|a| a.0),
            order: m.order.map(|o| o.0),
            template: m.template,
            params: m.params,
            created_at: m.created_at.into(),
            read_at: m.read_at.map(Stamp),
            deliveries: deliveries.into_iter().map(DeliveryView::from).collect(),
        }
    }
}
