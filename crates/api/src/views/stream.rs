//! What the event stream carries.

use super::packet::ReadingView;
use super::words::Stamp;
use serde::Serialize;
use utoipa::ToSchema;

/// The new readings of one packet.
#[derive(Serialize, ToSchema)]
pub(crate) struct PacketReadings {
    pub(crate) packet: i64,
    pub(crate) station: String,
    pub(crate) received_at: Stamp,
    pub(crate) readings: Vec<ReadingView>,
}

/// Event `readings`.
#[derive(Serialize, ToSchema)]
pub(crate) struct ReadingsEvent {
    pub(crate) items: Vec<PacketReadings>,
}

/// Event `station`: load this station again.
#[derive(Serialize, ToSchema)]
pub(crate) struct StationEvent {
    pub(crate) code: String,
}

/// Event `quarantine`: frames that nobody has looked at.
#[derive(Serialize, ToSchema)]
pub(crate) struct QuarantineEvent {
    pub(crate) open: i64,
}
