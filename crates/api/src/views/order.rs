//! Orders as the board and the phone show them.

use super::alarm::SpotView;
use super::line::LineView;
use super::message::MessageView;
use super::person::{self, BlockBrief, PersonBrief};
use super::station::{self, PositionView, StationBrief};
use super::words::{self, Stamp};
use crate::access::Caller;
use field::alarm::{Alarm, AlarmState};
use field::order::{Arrival, Order, OrderState};
use field::person::Role;
use field::severity::Severity;
use field::station::Quantity;
use serde::{Deserialize, Serialize};
use store::Registry;
use utoipa::{IntoParams, ToSchema};

/// An alarm within an order.
#[derive(Serialize, ToSchema)]
pub(crate) struct OrderAlarm {
    pub(crate) id: i64,
    pub(crate) kind: String,
    #[schema(value_type = words::Severity)]
    pub(crate) severity: Severity,
    #[schema(value_type = words::AlarmState)]
    pub(crate) state: AlarmState,
    pub(crate) value: f64,
    pub(crate) threshold: f64,
    pub(crate) unit: String,
}

/// How an arrival is known.
#[derive(Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum ArrivalView {
    /// The phone was at the spot.
    Proven {
        /// Metres from the spot.
        distance_m: f64,
    },
    /// No position, or one too far away.
    WithoutPosition {
        /// Metres from the spot, when a position was given.
        #[schema(required)]
        distance_m: Option<f64>,
    },
}

/// What was done on the spot.
#[derive(Serialize, ToSchema)]
pub(crate) struct HandlingView {
    pub(crate) text: String,
    /// Keys of photos.
    pub(crate) photos: Vec<String>,
}

/// What may be done with an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum OrderActName {
    /// 接单.
    Accept,
    /// 出发.
    Depart,
    /// 到达.
    Arrive,
    /// 处置.
    Handle,
    /// 改派.
    Reassign,
    /// 关闭.
    Close,
}

/// An order.
#[derive(Serialize, ToSchema)]
pub(crate) struct OrderView {
    pub(crate) id: i64,
    /// What people call it, such as `0630-014`.
    pub(crate) number: String,
    pub(crate) station: StationBrief,
    pub(crate) spot: PositionView,
    pub(crate) block: BlockBrief,
    pub(crate) alarms: Vec<OrderAlarm>,
    #[schema(value_type = words::Severity)]
    pub(crate) severity: Severity,
    #[schema(value_type = words::OrderState)]
    pub(crate) state: OrderState,
    pub(crate) assignee: PersonBrief,
    /// 0 owner on duty, 1 neighbour (B), 2 supervisor, 3 dispatcher.
    pub(crate) escalation: u8,
    pub(crate) sent_at: Stamp,
    pub(crate) accepted_at: Option<Stamp>,
    pub(crate) departed_at: Option<Stamp>,
    pub(crate) arrived_at: Option<Stamp>,
    pub(crate) arrival: Option<ArrivalView>,
    pub(crate) handled_at: Option<Stamp>,
    pub(crate) handling: Option<HandlingView>,
    pub(crate) closed_at: Option<Stamp>,
    pub(crate) closed_by: Option<PersonBrief>,
    pub(crate) closed_reason: Option<String>,
    pub(crate) changed_at: Stamp,
    /// Whether the caller is the one asked.
    pub(crate) mine: bool,
    /// What the caller may do with it now.
    pub(crate) can: Vec<OrderActName>,
}

/// The level at the spot.
#[derive(Serialize, ToSchema)]
pub(crate) struct SpotLevel {
    pub(crate) at: Stamp,
    pub(crate) value: Option<f64>,
    pub(crate) unit: String,
    pub(crate) trend_per_10min: Option<f64>,
    /// The highest threshold reached, or the lowest one there is.
    pub(crate) threshold: Option<f64>,
}

/// What a person on the way needs.
#[derive(Serialize, ToSchema)]
pub(crate) struct OrderContext {
    #[serde(flatten)]
    #[schema(inline)]
    pub(crate) spot: SpotView,
    pub(crate) level: Option<SpotLevel>,
    /// A dispatcher to call.
    pub(crate) dispatcher: Option<PersonBrief>,
    /// What to bring, as codes.
    pub(crate) bring: Vec<String>,
    pub(crate) timeline: Vec<LineView>,
    pub(crate) messages: Vec<MessageView>,
}

/// An order with all that a person on the way needs.
#[derive(Serialize, ToSchema)]
pub(crate) struct OrderCard {
    #[serde(flatten)]
    #[schema(inline)]
    pub(crate) order: OrderView,
    pub(crate) card: OrderContext,
}

/// What an act on an order did.
#[derive(Serialize, ToSchema)]
pub(crate) struct OrderActed {
    /// The journal line it wrote.
    pub(crate) line: LineView,
    pub(crate) order: OrderView,
}

/// Where the phone is.
#[derive(Deserialize, ToSchema)]
pub(crate) struct PhonePosition {
    pub(crate) lon: f64,
    pub(crate) lat: f64,
    /// What the phone says of its own error, metres.
    pub(crate) accuracy_m: Option<f64>,
}

/// 到达.
#[derive(Deserialize, ToSchema)]
pub(crate) struct ArriveAsk {
    /// `null` without a position.
    pub(crate) position: Option<PhonePosition>,
}

/// 处置.
#[derive(Deserialize, ToSchema)]
pub(crate) struct HandleAsk {
    pub(crate) text: String,
    /// Keys that `POST /photos` answered.
    #[serde(default)]
    pub(crate) photos: Vec<String>,
}

/// 改派.
#[derive(Deserialize, ToSchema)]
pub(crate) struct ReassignAsk {
    /// A person's number; left out: the next of the block's chain.
    pub(crate) to: Option<i64>,
    pub(crate) reason: String,
}

/// 关闭.
#[derive(Deserialize, ToSchema)]
pub(crate) struct CloseAsk {
    /// Needed while an alarm holds, or before it is handled.
    pub(crate) reason: Option<String>,
}

/// Which orders.
#[derive(Deserialize, IntoParams)]
pub(crate) struct OrderAsk {
    /// Only open or only closed ones; open ones when left out.
    pub(crate) open: Option<bool>,
    /// Only those the caller is asked to do.
    pub(crate) mine: Option<bool>,
    /// A station's code.
    pub(crate) station: Option<String>,
    pub(crate) cursor: Option<i64>,
    /// 1 to 500, default 100.
    pub(crate) limit: Option<usize>,
}

impl From<Arrival> for ArrivalView {
    fn from(a: Arrival) -> Self {
        match a {
            Arrival::Proven { distance_m } => Self::Proven { distance_m },
            Arrival::WithoutPosition { distance_m } => Self::WithoutPosition { distance_m },
        }
    }
}

/// What `caller` may do with an order now.
pub(crate) fn can(registry: &Registry, caller: &Caller, order: &Order) -> Vec<OrderActName> {
    use OrderActName::{Accept, Arrive, Close, Depart, Handle, Reassign};
    let mine = order.assignee == caller.person;
    let own = mine || caller.answers_for(registry, order.block);
    let works = matches!(caller.role, Role::Dispatcher | Role::BlockOwner);
    let step = match order.state {
        OrderState::Sent if own && works => Some(Accept),
        OrderState::Accepted if mine => Some(Depart),
        OrderState::Departed if mine => Some(Arrive),
        OrderState::Arrived if mine => Some(Handle),
        _ => None,
    };
    let open = order.state != OrderState::Closed;
    let decisions: &[OrderActName] = match caller.role {
        Role::Dispatcher if open => &[Reassign, Close],
        // 退单: hand it on to the next of the chain.
        Role::BlockOwner if open && mine => &[Reassign],
        _ => &[],
    };
    step.into_iter().chain(decisions.iter().copied()).collect()
}

/// 携带物品: what to take along, as codes whose words are the interface's.
pub(crate) fn bring(kind: Option<field::station::StationKind>, severity: Severity) -> Vec<String> {
    use field::station::StationKind::{Manhole, Meter, Plant, Ponding, Pump, Rain, Reservoir, River, Supply};
    let mut things = vec!["reflective_vest", "torch", "phone_power"];
    things.extend_from_slice(match kind {
        Some(Ponding) => &["grate_hook", "rake", "barrier_tape", "warning_cones"],
        Some(Manhole) => &["manhole_hook", "gas_detector", "barrier_tape"],
        Some(River | Reservoir) => &["life_jacket", "throw_line", "staff_gauge"],
        Some(Pump) => &["pump_key", "insulated_gloves", "multimeter"],
        Some(Rain) => &["gauge_tools"],
        Some(Plant | Supply) => &["insulated_gloves", "multimeter"],
        Some(Meter) => &["manhole_hook"],
        None => &[],
    });
    if severity >= Severity::Orange && matches!(kind, Some(Ponding | Manhole)) {
        things.push("mobile_pump");
    }
    if severity == Severity::Red {
        things.push("sandbags");
    }
    things.into_iter().map(str::to_owned).collect()
}

impl OrderView {
    /// As `caller` sees it, with its alarms.
    pub(crate) fn of(registry: &Registry, caller: &Caller, o: Order, alarms: &[Alarm]) -> Self {
        let can = can(registry, caller, &o);
        let number = o.number();
        let (closed_by, closed_reason) = o.closed_by.map_or((None, None), |(by, why)| (Some(by), why));
        Self {
            id: o.id.0,
            number,
            station: station::brief(registry, &o.station),
            spot: o.spot.into(),
            block: person::block_brief(registry, o.block),
            alarms: alarms.iter().map(|a| OrderAlarm::of(registry, a)).collect(),
            severity: o.severity,
            state: o.state,
            assignee: person::brief(registry, o.assignee),
            escalation: o.escalation,
            sent_at: o.sent_at.into(),
            accepted_at: o.accepted_at.map(Stamp),
            departed_at: o.departed_at.map(Stamp),
            arrived_at: o.arrived_at.map(Stamp),
            arrival: o.arrival.map(ArrivalView::from),
            handled_at: o.handled_at.map(Stamp),
            handling: o.handling.map(|h| HandlingView { text: h.text, photos: h.photos }),
            closed_at: o.closed_at.map(Stamp),
            closed_by: closed_by.map(|by| person::brief(registry, by)),
            closed_reason,
            changed_at: o.changed_at.into(),
            mine: o.assignee == caller.person,
            can,
        }
    }
}

impl OrderAlarm {
    fn of(registry: &Registry, a: &Alarm) -> Self {
        Self {
            id: a.id.0,
            kind: a.kind.clone(),
            severity: a.severity,
            state: a.state,
            value: a.evidence.value,
            threshold: a.evidence.threshold,
            unit: registry.point(a.point).map_or("", |p| Quantity::unit(p.quantity)).to_owned(),
        }
    }
}
