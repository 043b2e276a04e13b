//! 工单: what a person is asked to do on the spot, from sent to closed.
//!
//! `Sent → Accepted → Departed → Arrived → Handled → Closed`; a step may not be skipped except that
//! the dispatcher may close from anywhere with a reason. Whoever of the chain accepts, owns it.

use crate::id::{AlarmId, BlockId, OrderId, PersonId, StationCode};
use crate::place::Position;
use crate::severity::Severity;
use crate::time::Time;
use serde::{Deserialize, Serialize};

/// Where an order is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderState {
    /// 已派单.
    Sent,
    /// 已接单.
    Accepted,
    /// 已出发.
    Departed,
    /// 已到达.
    Arrived,
    /// 已处置.
    Handled,
    /// 已关闭.
    Closed,
}

impl OrderState {
    /// Every state, in order.
    pub const ALL: [Self; 6] =
        [Self::Sent, Self::Accepted, Self::Departed, Self::Arrived, Self::Handled, Self::Closed];

    /// The name used in the API and in stored records.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Accepted => "accepted",
            Self::Departed => "departed",
            Self::Arrived => "arrived",
            Self::Handled => "handled",
            Self::Closed => "closed",
        }
    }
}

/// Within how many metres of the spot an arrival counts as proven.
pub const ARRIVAL_RADIUS_M: f64 = 150.0;

/// How an arrival is known.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Arrival {
    /// 已到达(定位确认): the phone was within [`ARRIVAL_RADIUS_M`] of the spot.
    Proven {
        /// How far from the spot, metres.
        distance_m: f64,
    },
    /// 已到达(无定位): no position, or one too far away.
    WithoutPosition {
        /// How far from the spot, metres, when a position was given.
        distance_m: Option<f64>,
    },
}

/// What was done on the spot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Handling {
    /// In the person's words, at most [`Handling::MAX_TEXT`] characters.
    pub text: String,
    /// Photos, by their store key, at most [`Handling::MAX_PHOTOS`].
    pub photos: Vec<String>,
}

impl Handling {
    /// Longest text, characters.
    pub const MAX_TEXT: usize = 2_000;
    /// Most photos.
    pub const MAX_PHOTOS: usize = 9;
}

/// 工单.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Order {
    /// Given by the store.
    pub id: OrderId,
    /// Its station: one open order a station; further alarms there join it.
    pub station: StationCode,
    /// Where to go.
    pub spot: Position,
    /// The block.
    pub block: BlockId,
    /// The alarms it answers.
    pub alarms: Vec<AlarmId>,
    /// Worst severity among them so far.
    pub severity: Severity,
    /// Where it is in its life.
    pub state: OrderState,
    /// Who is asked, or after accepting, who does it.
    pub assignee: PersonId,
    /// How far it has been escalated: 0 owner on duty, 1 neighbour (B), 2 supervisor, 3 dispatcher.
    pub escalation: u8,
    /// When it was sent.
    pub sent_at: Time,
    /// When it was accepted.
    pub accepted_at: Option<Time>,
    /// When they set off.
    pub departed_at: Option<Time>,
    /// When they arrived.
    pub arrived_at: Option<Time>,
    /// How the arrival is known.
    pub arrival: Option<Arrival>,
    /// When it was handled.
    pub handled_at: Option<Time>,
    /// What was done.
    pub handling: Option<Handling>,
    /// When it was closed.
    pub closed_at: Option<Time>,
    /// Who closed it, and the reason where one was needed.
    pub closed_by: Option<(PersonId, Option<String>)>,
    /// When it last changed.
    pub changed_at: Time,
}

/// What can happen to an order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case")]
pub enum OrderAct {
    /// 接单.
    Accept {
        /// Who takes it: anyone of the chain.
        by: PersonId,
    },
    /// 出发.
    Depart {
        /// Who.
        by: PersonId,
    },
    /// 到达.
    Arrive {
        /// Who.
        by: PersonId,
        /// Where the phone was.
        position: Option<Position>,
    },
    /// 处置.
    Handle {
        /// Who.
        by: PersonId,
        /// What was done.
        handling: Handling,
    },
    /// 退单 / 改派: back to `Sent`, for somebody else.
    Reassign {
        /// Who decided.
        by: PersonId,
        /// Who is asked now.
        to: PersonId,
        /// Why.
        reason: String,
    },
    /// A further alarm at the same station joins.
    Join {
        /// The alarm.
        alarm: AlarmId,
        /// Its severity.
        severity: Severity,
    },
    /// 升级: nobody accepted in time.
    Escalate {
        /// The new level.
        to: u8,
    },
    /// 关闭, by the dispatcher.
    Close {
        /// Who.
        by: PersonId,
        /// Whether one of its alarms still holds.
        alarm_active: bool,
        /// Needed while an alarm still holds, or before the order is handled.
        reason: Option<String>,
    },
}

impl OrderAct {
    /// The name written in the journal.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Accept { .. } => "accept",
            Self::Depart { .. } => "depart",
            Self::Arrive { .. } => "arrive",
            Self::Handle { .. } => "handle",
            Self::Reassign { .. } => "reassign",
            Self::Join { .. } => "join",
            Self::Escalate { .. } => "escalate",
            Self::Close { .. } => "close",
        }
    }
}

/// Why an act was refused; nothing changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderRefusal {
    /// It is closed.
    #[error("the order is closed")]
    Closed,
    /// Another step comes first.
    #[error("another step comes first")]
    OutOfTurn,
    /// Somebody else has accepted it.
    #[error("somebody else has accepted the order")]
    NotYours,
    /// The alarm still holds, or the order is not handled: closing needs a reason.
    #[error("closing needs a reason while the alarm holds or the order is not handled")]
    ReasonNeeded,
    /// Text too long, too many photos, or nothing said.
    #[error("a handling needs 1 to 2000 characters of text and at most 9 photos")]
    BadHandling,
    /// Nothing would change.
    #[error("nothing would change")]
    NoChange,
}

impl Order {
    /// 工单号 as people say it: month and day it was sent (Beijing time), and its number in at least
    /// three digits, such as `0630-014`.
    #[must_use]
    pub fn number(&self) -> String {
        let day = self.sent_at.beijing();
        format!("{:02}{:02}-{:03}", day.month(), day.day(), self.id.0)
    }

    /// The one way an order changes.
    ///
    /// # Errors
    /// [`OrderRefusal`] when the act does not fit; the order is as it was.
    pub fn step(&self, act: &OrderAct, at: Time) -> Result<Self, OrderRefusal> {
        if self.state == OrderState::Closed {
            return Err(OrderRefusal::Closed);
        }
        let mut next = self.clone();
        next.changed_at = at;
        match act {
            OrderAct::Accept { by } => {
                self.must_be(OrderState::Sent)?;
                next.state = OrderState::Accepted;
                next.assignee = *by;
                next.accepted_at = Some(at);
            }
            OrderAct::Depart { by } => {
                self.must_be_at_work(*by, OrderState::Accepted)?;
                next.state = OrderState::Departed;
                next.departed_at = Some(at);
            }
            OrderAct::Arrive { by, position } => {
                self.must_be_at_work(*by, OrderState::Departed)?;
                next.state = OrderState::Arrived;
                next.arrived_at = Some(at);
                next.arrival = Some(self.arrival_at(*position));
            }
            OrderAct::Handle { by, handling } => {
                self.must_be_at_work(*by, OrderState::Arrived)?;
                let length = handling.text.trim().chars().count();
                if length == 0 || length > Handling::MAX_TEXT || handling.photos.len() > Handling::MAX_PHOTOS
                {
                    return Err(OrderRefusal::BadHandling);
                }
                next.state = OrderState::Handled;
                next.handled_at = Some(at);
                next.handling = Some(handling.clone());
            }
            OrderAct::Reassign { to, reason, .. } => {
                if reason.trim().is_empty() {
                    return Err(OrderRefusal::ReasonNeeded);
                }
                next = Self { state: OrderState::Sent, assignee: *to, escalation: 0, sent_at: at, ..next };
                (next.accepted_at, next.departed_at, next.arrived_at) = (None, None, None);
                (next.arrival, next.handled_at, next.handling) = (None, None, None);
            }
            OrderAct::Join { alarm, severity } => {
                if self.alarms.contains(alarm) && *severity <= self.severity {
                    return Err(OrderRefusal::NoChange);
                }
                if !self.alarms.contains(alarm) {
                    next.alarms.push(*alarm);
                }
                next.severity = self.severity.max(*severity);
            }
            OrderAct::Escalate { to } => {
                self.must_be(OrderState::Sent)?;
                if *to <= self.escalation {
                    return Err(OrderRefusal::NoChange);
                }
                next.escalation = *to;
            }
            OrderAct::Close { by, alarm_active, reason } => {
                let reason = reason.as_deref().map(str::trim).filter(|r| !r.is_empty());
                if reason.is_none() && (*alarm_active || self.state != OrderState::Handled) {
                    return Err(OrderRefusal::ReasonNeeded);
                }
                next.state = OrderState::Closed;
                next.closed_at = Some(at);
                next.closed_by = Some((*by, reason.map(str::to_owned)));
            }
        }
        Ok(next)
    }

    fn must_be(&self, state: OrderState) -> Result<(), OrderRefusal> {
        if self.state == state { Ok(()) } else { Err(OrderRefusal::OutOfTurn) }
    }

    fn must_be_at_work(&self, by: PersonId, state: OrderState) -> Result<(), OrderRefusal> {
        self.must_be(state)?;
        if self.assignee == by { Ok(()) } else { Err(OrderRefusal::NotYours) }
    }

    fn arrival_at(&self, position: Option<Position>) -> Arrival {
        match position.filter(|p| p.is_on_earth()).map(|p| p.distance_m(self.spot)) {
            Some(distance_m) if distance_m <= ARRIVAL_RADIUS_M => Arrival::Proven { distance_m },
            distance_m => Arrival::WithoutPosition { distance_m },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWNER: PersonId = PersonId(1);
    const OTHER: PersonId = PersonId(2);
    const SPOT: Position = Position { lon: 120.07, lat: 29.30 };

    fn at(minute: i64) -> Time {
        Time::from_ms(1_625_000_000_000 + minute * 60_000)
    }

    fn sent() -> Order {
        Order {
            id: OrderId(1),
            station: StationCode::new("3307820001").unwrap(),
            spot: SPOT,
            block: BlockId(1),
            alarms: vec![AlarmId(1)],
            severity: Severity::Orange,
            state: OrderState::Sent,
            assignee: OWNER,
            escalation: 0,
            sent_at: at(0),
            accepted_at: None,
            departed_at: None,
            arrived_at: None,
            arrival: None,
            handled_at: None,
            handling: None,
            closed_at: None,
            closed_by: None,
            changed_at: at(0),
        }
    }

    fn handled() -> Order {
        let handling = Handling { text: "grate cleared".into(), photos: vec![] };
        [
            OrderAct::Accept { by: OWNER },
            OrderAct::Depart { by: OWNER },
            OrderAct::Arrive { by: OWNER, position: Some(SPOT) },
            OrderAct::Handle { by: OWNER, handling },
        ]
        .iter()
        .fold(sent(), |order, act| order.step(act, at(1)).unwrap())
    }

    #[test]
    fn a_step_cannot_be_skipped_nor_taken_by_somebody_else() {
        assert_eq!(sent().step(&OrderAct::Depart { by: OWNER }, at(1)), Err(OrderRefusal::OutOfTurn));
        let accepted = sent().step(&OrderAct::Accept { by: OTHER }, at(1)).unwrap();
        assert_eq!(accepted.assignee, OTHER);
        assert_eq!(accepted.step(&OrderAct::Depart { by: OWNER }, at(2)), Err(OrderRefusal::NotYours));
    }

    #[test]
    fn an_arrival_far_from_the_spot_counts_as_without_position() {
        let departed = [OrderAct::Accept { by: OWNER }, OrderAct::Depart { by: OWNER }]
            .iter()
            .fold(sent(), |o, act| o.step(act, at(1)).unwrap());
        let far = Position { lon: SPOT.lon + 0.1, lat: SPOT.lat };
        let order = departed.step(&OrderAct::Arrive { by: OWNER, position: Some(far) }, at(2)).unwrap();
        assert!(
            matches!(order.arrival, Some(Arrival::WithoutPosition { distance_m: Some(d) }) if d > 9_000.0)
        );
    }

    #[test]
    fn closing_while_the_water_stands_needs_a_reason() {
        let close = |alarm_active, reason: Option<&str>| OrderAct::Close {
            by: OTHER,
            alarm_active,
            reason: reason.map(str::to_owned),
        };
        assert_eq!(handled().step(&close(true, Some(" ")), at(2)), Err(OrderRefusal::ReasonNeeded));
        assert_eq!(sent().step(&close(false, None), at(2)), Err(OrderRefusal::ReasonNeeded));
        assert!(handled().step(&close(false, None), at(2)).is_ok());
        let closed = handled().step(&close(true, Some("probe broken")), at(2)).unwrap();
        assert_eq!(closed.closed_by, Some((OTHER, Some("probe broken".into()))));
    }

    #[test]
    fn an_order_is_called_by_its_day_and_number() {
        let at = Time::from_beijing(2021, 6, 30, 0, 5, 0).unwrap();
        assert_eq!(Order { id: OrderId(14), sent_at: at, ..sent() }.number(), "0630-014");
        assert_eq!(Order { id: OrderId(10_234), sent_at: at, ..sent() }.number(), "0630-10234");
    }

    #[test]
    fn a_second_alarm_at_the_spot_joins_the_order() {
        let act = OrderAct::Join { alarm: AlarmId(2), severity: Severity::Red };
        let order = sent().step(&act, at(1)).unwrap();
        assert_eq!((order.alarms.len(), order.severity), (2, Severity::Red));
        assert_eq!(order.step(&act, at(2)), Err(OrderRefusal::NoChange));
    }
}
