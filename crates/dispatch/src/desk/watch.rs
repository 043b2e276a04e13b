//! 催办: the orders nobody has accepted yet, and when something is due for each. Pure.

use super::ms;
use super::round::LAST_LEVEL;
use crate::config::Config;
use field::clock::Leap;
use field::id::OrderId;
use field::order::{Order, OrderState};
use field::time::Time;
use std::collections::BTreeMap;

/// What is due for an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pending {
    sent_at: Time,
    escalation: u8,
    /// How long after it was sent it goes one step up, milliseconds; `None` at the top.
    escalate_after: Option<i64>,
    /// From when on unread messages are given time before they take a further channel; `None` when
    /// there is no channel left.
    widen_from: Option<Time>,
    widen_after: i64,
}

/// The orders that wait for somebody. As many as there are stations, at most.
#[derive(Debug, Default)]
pub(super) struct Watch(BTreeMap<OrderId, Pending>);

/// A moment before the clock leapt, moved over the leap: nobody had that time to answer.
pub(super) fn carried(at: Time, leap: Option<Leap>) -> Time {
    leap.filter(|leap| at <= leap.from).map_or(at, |leap| at.plus_ms(leap.to.since_ms(leap.from)))
}

impl Watch {
    /// Takes note of an order as it is now.
    pub(super) fn see(&mut self, order: &Order, config: &Config) {
        if order.state != OrderState::Sent {
            self.0.remove(&order.id);
            return;
        }
        let same = self.0.get(&order.id).filter(|p| p.sent_at == order.sent_at);
        // A line read late says less than what is known.
        let escalation = same.map_or(order.escalation, |p| p.escalation.max(order.escalation));
        let next = escalation + 1;
        // Whoever was called last gets the same time to read.
        let last_called = if escalation == 0 { order.sent_at } else { order.changed_at };
        let widen_from = match same {
            Some(known) if known.escalation == escalation => known.widen_from,
            _ => Some(last_called),
        };
        let pending = Pending {
            sent_at: order.sent_at,
            escalation,
            escalate_after: config.escalate_after_ms(next).filter(|_| next <= LAST_LEVEL),
            widen_from,
            widen_after: ms(config.widen_after_s),
        };
        self.0.insert(order.id, pending);
    }

    /// The orders for which something is due, at most `most`.
    pub(super) fn due(&self, now: Time, leap: Option<Leap>, most: usize) -> Vec<(OrderId, Pending)> {
        let is_due = |p: &Pending| p.next_at(leap).is_some_and(|at| at <= now);
        self.0.iter().filter(|(_, p)| is_due(p)).map(|(id, p)| (*id, *p)).take(most).collect()
    }

    pub(super) fn next_at(&self, leap: Option<Leap>) -> Option<Time> {
        self.0.values().filter_map(|p| p.next_at(leap)).min()
    }

    /// Unread messages were looked at; those asked for from `from` on are looked at next.
    pub(super) fn widen_next(&mut self, id: OrderId, from: Option<Time>) {
        if let Some(pending) = self.0.get_mut(&id) {
            pending.widen_from = from;
        }
    }

    pub(super) fn forget(&mut self, id: OrderId) {
        self.0.remove(&id);
    }
}

impl Pending {
    fn escalate_at(&self, leap: Option<Leap>) -> Option<Time> {
        self.escalate_after.map(|after| carried(self.sent_at, leap).plus_ms(after))
    }

    fn next_at(&self, leap: Option<Leap>) -> Option<Time> {
        let widen = self.widen_from.map(|from| carried(from, leap).plus_ms(self.widen_after));
        self.escalate_at(leap).into_iter().chain(widen).min()
    }

    /// The step that is due now, if any.
    pub(super) fn step_due(&self, now: Time, leap: Option<Leap>) -> Option<u8> {
        self.escalate_at(leap).filter(|at| *at <= now).map(|_| self.escalation + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use field::id::{AlarmId, BlockId, PersonId, StationCode};
    use field::place::Position;
    use field::severity::Severity;
    use field::time::MINUTE_MS;

    const START: Time = Time::from_ms(1_625_000_000_000);

    fn at(minute: i64) -> Time {
        START.plus_ms(minute * MINUTE_MS)
    }

    fn sent() -> Order {
        Order {
            id: OrderId(1),
            station: StationCode::new("3307820001").unwrap(),
            spot: Position { lon: 120.0, lat: 29.0 },
            block: BlockId(1),
            alarms: vec![AlarmId(1)],
            severity: Severity::Red,
            state: OrderState::Sent,
            assignee: PersonId(1),
            escalation: 0,
            sent_at: START,
            accepted_at: None,
            departed_at: None,
            arrived_at: None,
            arrival: None,
            handled_at: None,
            handling: None,
            closed_at: None,
            closed_by: None,
            changed_at: START,
        }
    }

    fn step(watch: &Watch, minute: i64, leap: Option<Leap>) -> Option<u8> {
        let due = watch.due(at(minute), leap, 10);
        due.first().and_then(|(_, p)| p.step_due(at(minute), leap))
    }

    #[test]
    fn steps_are_due_after_three_five_and_ten_minutes_and_then_never() {
        let (mut watch, config) = (Watch::default(), Config::default());
        for (level, minute) in [(0, 3), (1, 5), (2, 10)] {
            watch.see(&Order { escalation: level, ..sent() }, &config);
            assert_eq!(step(&watch, minute - 1, None), None);
            assert_eq!(step(&watch, minute, None), Some(level + 1));
        }
        watch.see(&Order { escalation: 3, ..sent() }, &config);
        assert_eq!(step(&watch, 600, None), None);
        watch.see(&Order { state: OrderState::Accepted, ..sent() }, &config);
        assert_eq!(watch.next_at(None), None);
    }

    #[test]
    fn the_hours_a_clock_leaps_over_are_not_counted_as_silence() {
        let (mut watch, config) = (Watch::default(), Config::default());
        watch.see(&sent(), &config);
        let leap = Some(Leap { from: at(1), to: at(601) });
        assert_eq!(step(&watch, 602, leap), None);
        assert_eq!(step(&watch, 603, leap), Some(1));
        watch.see(&Order { sent_at: at(601), ..sent() }, &config);
        assert_eq!(step(&watch, 603, leap), None, "sent after the leap");
        assert_eq!(step(&watch, 604, leap), Some(1));
    }
}
