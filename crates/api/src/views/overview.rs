//! The city at a glance, and how each part of the program is.

use super::rain::RainSums;
use super::words::Stamp;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// Stations.
#[derive(Clone, Serialize, ToSchema)]
pub(crate) struct StationCounts {
    pub(crate) total: usize,
    pub(crate) online: usize,
    /// Codes of those not heard, at most 200.
    pub(crate) silent: Vec<String>,
}

/// Alarms.
#[derive(Clone, Serialize, ToSchema)]
pub(crate) struct AlarmCounts {
    pub(crate) unacknowledged: usize,
    pub(crate) active: usize,
    pub(crate) returned: usize,
    pub(crate) shelved: usize,
    /// Raised since 00:00.
    pub(crate) today: usize,
}

/// Orders.
#[derive(Clone, Serialize, ToSchema)]
pub(crate) struct OrderCounts {
    pub(crate) open: usize,
    /// Not accepted within three minutes.
    pub(crate) late: usize,
}

/// How many are on duty.
#[derive(Clone, Serialize, ToSchema)]
pub(crate) struct DutyCounts {
    pub(crate) blocks: usize,
    /// Blocks with somebody on duty.
    pub(crate) covered: usize,
    /// Different people on duty.
    pub(crate) people: usize,
}

/// The city at a glance.
#[derive(Clone, Serialize, ToSchema)]
pub(crate) struct Overview {
    pub(crate) at: Stamp,
    pub(crate) stations: StationCounts,
    pub(crate) alarms: AlarmCounts,
    pub(crate) orders: OrderCounts,
    /// Half of today's alarms were taken within so many seconds.
    pub(crate) acknowledge_p50_s: Option<f64>,
    pub(crate) rain: RainSums,
    pub(crate) duty: DutyCounts,
    /// Frames in quarantine that nobody has looked at.
    pub(crate) quarantine: i64,
    /// The newest alarm that is closed.
    pub(crate) last_closed_alarm_at: Option<Stamp>,
}

/// 部件状态: how one part of the program is.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct PartHealth {
    /// Which part: `store`, `disk`, `alarm`, `dispatch`, `gateway`, `city`.
    pub part: String,
    /// Whether it works.
    pub ok: bool,
    /// What is wrong, as a code; `ok` when nothing is.
    pub code: String,
    /// Figures.
    #[schema(value_type = Object)]
    pub facts: Value,
}

/// How the program is.
#[derive(Clone, Serialize, ToSchema)]
pub(crate) struct HealthView {
    pub(crate) ok: bool,
    pub(crate) parts: Vec<PartHealth>,
    pub(crate) version: String,
}
