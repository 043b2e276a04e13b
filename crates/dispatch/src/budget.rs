//! 配额: how many requests a channel's server takes a minute, kept on the desk's clock.
//!
//! Two rules in one:
//! - the wall: never more than `per_minute` requests in any window of a minute. A request counts
//!   from the moment it leaves until a minute after its answer came, because the other side may
//!   have counted it anywhere between. Nothing passes the wall;
//! - the pace: half of the wall may go at once; the other half is spread over the minute, so that a
//!   second burst finds slots to go through, merged, every few seconds instead of once a minute.
//!   A red message (`urgent`) passes the pace.

use field::time::{MINUTE_MS, Time};
use std::collections::VecDeque;

/// How much longer than a minute a request counts, in milliseconds of the *machine's* clock: two
/// machines' clocks and the way between them differ by less.
const SKEW_MS: f64 = 100.0;

/// 配额 of one robot, one person or one channel.
#[derive(Clone, Debug)]
pub(crate) struct Budget {
    per_minute: usize,
    /// When the answers of the latest requests came, oldest first; at most `per_minute`.
    answered: VecDeque<Time>,
    in_flight: usize,
    last_taken: Option<Time>,
    /// 静默: the other side said "too many"; nothing goes before this.
    closed_until: Option<Time>,
}

impl Budget {
    pub(crate) fn new(per_minute: u32) -> Self {
        Self {
            per_minute: usize::try_from(per_minute).unwrap_or(usize::MAX).max(1),
            answered: VecDeque::new(),
            in_flight: 0,
            last_taken: None,
            closed_until: None,
        }
    }

    /// Requests that may still go now, by the wall alone.
    pub(crate) fn left(&self, now: Time, speed: f64) -> usize {
        if self.closed_until.is_some_and(|until| now < until) {
            return 0;
        }
        let used = self.answered.iter().filter(|at| now < counts_until(**at, speed)).count();
        self.per_minute.saturating_sub(used + self.in_flight)
    }

    /// When a request may go: `None` means now.
    pub(crate) fn opens_at(&self, now: Time, speed: f64, urgent: bool) -> Option<Time> {
        if let Some(until) = self.closed_until.filter(|until| now < *until) {
            return Some(until);
        }
        let left = self.left(now, speed);
        if left == 0 {
            let first = self.answered.iter().map(|at| counts_until(*at, speed)).find(|until| now < *until);
            return Some(first.unwrap_or_else(|| now.plus_ms(1)));
        }
        if urgent || left > self.per_minute / 2 {
            return None;
        }
        let pace =
            counts_until(now, speed).since_ms(now) * 2 / i64::try_from(self.per_minute).unwrap_or(i64::MAX);
        let next = self.last_taken.map(|at| at.plus_ms(pace));
        next.filter(|next| now < *next)
    }

    /// Takes one slot; only when [`Budget::opens_at`] is `None`.
    pub(crate) fn take(&mut self, now: Time) {
        self.in_flight += 1;
        self.last_taken = Some(now);
    }

    /// The answer (or the silence) to one request came.
    pub(crate) fn answered(&mut self, now: Time) {
        self.in_flight = self.in_flight.saturating_sub(1);
        self.remember(now);
    }

    /// A request of an earlier life of this process, known from the ledger.
    pub(crate) fn remember(&mut self, at: Time) {
        self.answered.push_back(at);
        while self.answered.len() > self.per_minute {
            self.answered.pop_front();
        }
        self.last_taken = self.last_taken.max(Some(at));
    }

    /// The other side said "too many".
    pub(crate) fn close_until(&mut self, until: Time) {
        self.closed_until = self.closed_until.max(Some(until));
    }

    /// Whether nothing of it matters any more, so that it may be forgotten.
    pub(crate) fn is_idle(&self, now: Time, speed: f64) -> bool {
        self.in_flight == 0
            && self.closed_until.is_none_or(|until| until <= now)
            && self.answered.back().is_none_or(|at| counts_until(*at, speed) <= now)
    }
}

/// Until when a request answered at `at` counts.
fn counts_until(at: Time, speed: f64) -> Time {
    #[expect(clippy::cast_possible_truncation, reason = "at most 60,000: speed is 600 at most")]
    let skew = (SKEW_MS * speed.clamp(1.0, 600.0)) as i64;
    at.plus_ms(MINUTE_MS + skew)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const START: Time = Time::from_ms(1_625_000_000_000);

    #[test]
    fn half_the_wall_goes_at_once_and_the_rest_is_paced() {
        let mut budget = Budget::new(20);
        let mut burst = 0;
        while budget.opens_at(START, 1.0, false).is_none() {
            budget.take(START);
            budget.answered(START);
            burst += 1;
        }
        assert_eq!(burst, 10);
        let next = budget.opens_at(START, 1.0, false).unwrap();
        assert_eq!(next.since_ms(START), 6_010);
        assert_eq!(budget.opens_at(START, 1.0, true), None, "a red message passes the pace");
    }

    #[test]
    fn silence_asked_for_by_the_other_side_is_kept() {
        let mut budget = Budget::new(20);
        budget.close_until(START.plus_ms(600_000));
        assert_eq!(budget.opens_at(START, 1.0, true), Some(START.plus_ms(600_000)));
        assert_eq!(budget.opens_at(START.plus_ms(600_000), 1.0, true), None);
    }

    proptest! {
        #[test]
        fn no_window_of_a_minute_ever_holds_more_than_the_wall(
            steps in proptest::collection::vec((0i64..4_000, 0i64..900, any::<bool>()), 1..300),
        ) {
            let mut budget = Budget::new(20);
            let mut now = START;
            let mut arrivals: Vec<Time> = vec![];
            for (wait, way, urgent) in steps {
                now = now.plus_ms(wait);
                if budget.opens_at(now, 1.0, urgent).is_none() {
                    budget.take(now);
                    arrivals.push(now.plus_ms(way / 2));
                    now = now.plus_ms(way);
                    budget.answered(now);
                }
            }
            for first in &arrivals {
                let within = arrivals.iter().filter(|a| (0..MINUTE_MS).contains(&a.since_ms(*first))).count();
                prop_assert!(within <= 20);
            }
        }
    }
}
