//! Alarms as the list and the card show them.

use super::line::LineView;
use super::message::MessageView;
use super::person::{self, BlockBrief, OnDuty, PersonBrief};
use super::station::{self, StationBrief};
use super::words::{self, Stamp};
use crate::risk;
use crate::trend::Trends;
use field::alarm::{Alarm, AlarmState};
use field::order::{Order, OrderState};
use field::sample::{Quality, Sample};
use field::severity::Severity;
use field::station::Quantity;
use field::time::Time;
use serde::{Deserialize, Serialize};
use store::{Registry, Samples};
use utoipa::{IntoParams, ToSchema};

/// A measured value.
#[derive(Serialize, ToSchema)]
pub(crate) struct SampleView {
    pub(crate) at: Stamp,
    pub(crate) value: Option<f64>,
    #[schema(value_type = words::Quality)]
    pub(crate) quality: Quality,
}

/// What raised it.
#[derive(Serialize, ToSchema)]
pub(crate) struct EvidenceView {
    pub(crate) value: f64,
    pub(crate) threshold: f64,
    pub(crate) samples: Vec<SampleView>,
}

/// The point it watches.
#[derive(Serialize, ToSchema)]
pub(crate) struct PointBrief {
    pub(crate) id: i64,
    /// `null` when the point is no longer registered.
    #[schema(value_type = Option<words::Quantity>)]
    pub(crate) quantity: Option<Quantity>,
    pub(crate) unit: String,
}

/// Who took it.
#[derive(Serialize, ToSchema)]
pub(crate) struct TakenView {
    pub(crate) by: PersonBrief,
    pub(crate) at: Stamp,
}

/// 搁置.
#[derive(Serialize, ToSchema)]
pub(crate) struct ShelfView {
    pub(crate) by: PersonBrief,
    pub(crate) reason: String,
    pub(crate) until: Stamp,
}

/// The value now.
#[derive(Serialize, ToSchema)]
pub(crate) struct NowView {
    pub(crate) at: Stamp,
    pub(crate) value: Option<f64>,
}

/// The order that answers an alarm.
#[derive(Serialize, ToSchema)]
pub(crate) struct OrderBrief {
    pub(crate) id: i64,
    #[schema(value_type = words::OrderState)]
    pub(crate) state: OrderState,
    pub(crate) assignee: PersonBrief,
}

/// An alarm.
#[derive(Serialize, ToSchema)]
pub(crate) struct AlarmView {
    pub(crate) id: i64,
    pub(crate) rule: i64,
    /// The rule's kind, such as `level_high`.
    pub(crate) kind: String,
    pub(crate) station: StationBrief,
    pub(crate) block: BlockBrief,
    pub(crate) point: PointBrief,
    #[schema(value_type = words::AlarmState)]
    pub(crate) state: AlarmState,
    #[schema(value_type = words::Severity)]
    pub(crate) severity: Severity,
    #[schema(value_type = words::Severity)]
    pub(crate) peak: Severity,
    pub(crate) evidence: EvidenceView,
    pub(crate) raised_at: Stamp,
    pub(crate) changed_at: Stamp,
    pub(crate) acknowledged: Option<TakenView>,
    pub(crate) returned_at: Option<Stamp>,
    pub(crate) closed_at: Option<Stamp>,
    pub(crate) shelf: Option<ShelfView>,
    /// Its station is under maintenance.
    pub(crate) suppressed: bool,
    /// Higher first.
    pub(crate) risk: i64,
    pub(crate) now: Option<NowView>,
    pub(crate) trend_per_10min: Option<f64>,
    pub(crate) order: Option<OrderBrief>,
}

/// Rain nearby.
#[derive(Serialize, ToSchema)]
pub(crate) struct RainNear {
    pub(crate) station: String,
    pub(crate) name: String,
    pub(crate) name_en: String,
    /// `null` when the gauge has reported nothing in the last hour.
    pub(crate) mm_1h: Option<f64>,
    pub(crate) distance_m: f64,
}

/// A pump nearby.
#[derive(Serialize, ToSchema)]
pub(crate) struct PumpNear {
    pub(crate) station: String,
    pub(crate) name: String,
    pub(crate) name_en: String,
    /// Pumps running.
    pub(crate) running: Option<f64>,
    /// Level in its sump, m.
    pub(crate) level: Option<f64>,
    pub(crate) distance_m: f64,
}

/// What a person needs to know about the spot.
#[derive(Serialize, ToSchema)]
pub(crate) struct SpotView {
    pub(crate) rain_near: Vec<RainNear>,
    pub(crate) pump_near: Vec<PumpNear>,
    /// On duty now.
    pub(crate) owner: Option<OnDuty>,
    /// B 岗.
    pub(crate) neighbour: Option<PersonBrief>,
    /// 片区负责人.
    pub(crate) supervisor: Option<PersonBrief>,
}

/// An alarm with all that a decision needs.
#[derive(Serialize, ToSchema)]
pub(crate) struct AlarmCard {
    #[serde(flatten)]
    #[schema(inline)]
    pub(crate) alarm: AlarmView,
    #[serde(flatten)]
    #[schema(inline)]
    pub(crate) spot: SpotView,
    pub(crate) timeline: Vec<LineView>,
    pub(crate) messages: Vec<MessageView>,
}

/// What an act on an alarm did.
#[derive(Serialize, ToSchema)]
pub(crate) struct AlarmActed {
    /// The journal line it wrote.
    pub(crate) line: LineView,
    pub(crate) alarm: AlarmView,
}

/// Why and for how long an alarm is shelved.
#[derive(Deserialize, ToSchema)]
pub(crate) struct ShelveAsk {
    pub(crate) reason: String,
    /// 1 to 1440.
    pub(crate) minutes: i64,
}

/// Which alarms.
#[derive(Deserialize, IntoParams)]
pub(crate) struct AlarmAsk {
    /// Only open or only closed ones; open ones when left out.
    pub(crate) open: Option<bool>,
    /// `blue`, `yellow`, `orange`, `red`.
    pub(crate) severity: Option<String>,
    /// A station's code.
    pub(crate) station: Option<String>,
    pub(crate) cursor: Option<i64>,
    /// 1 to 500, default 100. Open alarms come all at once, highest risk first.
    pub(crate) limit: Option<usize>,
}

impl From<Sample> for SampleView {
    fn from(s: Sample) -> Self {
        Self { at: s.at.into(), value: s.value, quality: s.quality }
    }
}

/// What [`AlarmView::of`] looks at besides the alarm.
pub(crate) struct AlarmSight<'a> {
    pub(crate) registry: &'a Registry,
    pub(crate) samples: &'a Samples,
    pub(crate) trends: &'a Trends,
    pub(crate) now: Time,
}

impl AlarmView {
    /// With the present value, the risk and the order that answers it.
    pub(crate) fn of(sight: &AlarmSight<'_>, a: Alarm, order: Option<&Order>) -> Self {
        let registry = sight.registry;
        let trend = sight.trends.per_10min(a.point, sight.now);
        let kind = registry.station(&a.station).map(|s| s.kind);
        let risk = risk::risk(&a, kind, trend, sight.now);
        let latest = sight.samples.latest_by(a.point, sight.now);
        let quantity = registry.point(a.point).map(|p| p.quantity);
        let evidence = EvidenceView {
            value: a.evidence.value,
            threshold: a.evidence.threshold,
            samples: a.evidence.samples.into_iter().map(SampleView::from).collect(),
        };
        Self {
            id: a.id.0,
            rule: a.rule.0,
            kind: a.kind,
            station: station::brief(registry, &a.station),
            block: person::block_brief(registry, a.block),
            point: PointBrief {
                id: a.point.0,
                quantity,
                unit: quantity.map_or("", Quantity::unit).to_owned(),
            },
            state: a.state,
            severity: a.severity,
            peak: a.peak,
            evidence,
            raised_at: a.raised_at.into(),
            changed_at: a.changed_at.into(),
            acknowledged: a
                .acknowledged
                .map(|(by, at)| TakenView { by: person::brief(registry, by), at: at.into() }),
            returned_at: a.returned_at.map(Stamp),
            closed_at: a.closed_at.map(Stamp),
            shelf: a.shelf.map(|s| ShelfView {
                by: person::brief(registry, s.by),
                reason: s.reason,
                until: s.until.into(),
            }),
            suppressed: a.suppressed,
            risk,
            now: latest.map(|(s, _)| NowView { at: s.at.into(), value: s.value }),
            trend_per_10min: trend,
            order: order.map(|o| OrderBrief {
                id: o.id.0,
                state: o.state,
                assignee: person::brief(registry, o.assignee),
            }),
        }
    }
}
