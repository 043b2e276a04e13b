//! The little of the server's views that people read.

use field::alarm::AlarmState;
use field::order::OrderState;
use field::place::Position;
use field::severity::Severity;
use field::time::Time;
use serde::Deserialize;

/// A list's page.
#[derive(Debug, Deserialize)]
pub(super) struct Page<T> {
    pub(super) items: Vec<T>,
}

/// A person, briefly.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(super) struct Brief {
    pub(super) id: i64,
}

/// An order.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct OrderSeen {
    pub(super) id: i64,
    pub(super) spot: Position,
    pub(super) state: OrderState,
    pub(super) severity: Severity,
    pub(super) assignee: Brief,
    pub(super) escalation: u8,
    pub(super) sent_at: Time,
    pub(super) handled_at: Option<Time>,
    pub(super) alarms: Vec<OrderAlarm>,
    pub(super) can: Vec<String>,
}

/// An alarm of an order.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct OrderAlarm {
    pub(super) state: AlarmState,
}

/// An alarm.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct AlarmSeen {
    pub(super) id: i64,
    pub(super) state: AlarmState,
    pub(super) changed_at: Time,
    pub(super) order: Option<AlarmOrder>,
}

/// The order of an alarm.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(super) struct AlarmOrder {
    pub(super) state: OrderState,
}

/// The answer to a step.
#[derive(Debug, Deserialize)]
pub(super) struct Acted {
    pub(super) line: LineSeen,
}

/// A journal line.
#[derive(Debug, Deserialize)]
pub(super) struct LineSeen {
    pub(super) seq: i64,
    pub(super) subject: String,
    pub(super) act: String,
}

/// A photo's key.
#[derive(Debug, Deserialize)]
pub(super) struct PhotoKept {
    pub(super) key: String,
}

impl OrderSeen {
    /// Whether the caller may do it now.
    pub(super) fn can(&self, act: &str) -> bool {
        self.can.iter().any(|c| c == act)
    }

    /// Whether one of its alarms still holds.
    pub(super) fn is_active(&self) -> bool {
        self.alarms.iter().any(|a| a.state.is_active())
    }
}
