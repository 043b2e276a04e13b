//! 催办: the orders nobody has accepted yet, and when something is due for each. Pure.

use super::ms;
use super::round::LAST_LEVEL;
use crate::config::Config;
use field::id::OrderId;
use field::order::{Order, OrderState};
use field::time::Time;
use std::collections::BTreeMap;

/// What is due for an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pending {
    sent_at: Time,
    escalation: u8,
    /// When it goes one step up; `None` at the top.
    pub(super) escalate_at: Option<Time>,
    /// When unread messages take a further channel; `None` when there is none left.
    pub(super) widen_at: Option<Time>,
}

/// The orders that wait for somebody. As many as there are stations, at most.
#[derive(Debug, Default)]
pub(super) struct Watch(BTreeMap<OrderId, Pending>);

impl Watch {
    /// Takes note of an order as it is now.
    pub(super) fn see(&mut self, order: &Order, config: &Config) {
        if order.state != OrderState::Sent {
            self.0.remove(&order.id);
            return;
        }
        let known = self.0.get(&order.id);
        let same = known.filter(|p| p.sent_at == order.sent_at);
        // A line read late says less than what is known.
        let escalation = same.map_or(order.escalation, |p| p.escalation.max(order.escalation));
        let next = escalation + 1;
        let after = config.escalate_after_ms(next).filter(|_| next <= LAST_LEVEL);
        // Whoever was called last gets the same time to read.
        let stepped = same.is_none_or(|p| p.escalation != escalation);
        let widen_from = if escalation == 0 { order.sent_at } else { order.changed_at };
        let widen_at = match same {
            Some(known) if !stepped => known.widen_at,
            _ => Some(widen_from.plus_ms(ms(config.widen_after_s))),
        };
        let escalate_at = after.map(|span| order.sent_at.plus_ms(span));
        self.0.insert(order.id, Pending { sent_at: order.sent_at, escalation, escalate_at, widen_at });
    }

    /// The orders for which something is due, at most `most`.
    pub(super) fn due(&self, now: Time, most: usize) -> Vec<(OrderId, Pending)> {
        let due = |at: Option<Time>| at.is_some_and(|at| at <= now);
        self.0
            .iter()
            .filter(|(_, p)| due(p.escalate_at) || due(p.widen_at))
            .map(|(id, p)| (*id, *p))
            .take(most)
            .collect()
    }

    pub(super) fn next_at(&self) -> Option<Time> {
        self.0.values().flat_map(|p| [p.escalate_at, p.widen_at]).flatten().min()
    }

    pub(super) fn widen_next(&mut self, id: OrderId, at: Option<Time>) {
        if let Some(pending) = self.0.get_mut(&id) {
            pending.widen_at = at;
        }
    }

    pub(super) fn forget(&mut self, id: OrderId) {
        self.0.remove(&id);
    }
}

impl Pending {
    /// The step that is due now, if any.
    pub(super) fn step_due(&self, now: Time) -> Option<u8> {
        self.escalate_at.filter(|at| *at <= now).map(|_| self.escalation + 1)
    }
}
