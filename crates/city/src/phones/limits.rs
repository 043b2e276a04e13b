//! Limits over a sliding minute of the town's time.

use field::time::{MINUTE_MS, Time};
use std::collections::{BTreeMap, VecDeque};

/// Most senders or receivers counted apart.
const MOST_KEYS: usize = 10_000;

/// How often things happened lately, each under its own name.
#[derive(Debug, Default)]
pub(crate) struct Minutes(BTreeMap<String, VecDeque<Time>>);

/// A sliding minute, shortened at high speeds: the town's clock follows the server's by some 50 ms of
/// real time, which at 600× is half a minute.
pub(crate) fn minute_ms(speed: f64) -> i64 {
    MINUTE_MS - ((speed * 50.0) as i64).clamp(0, MINUTE_MS / 2)
}

impl Minutes {
    /// Counts one more under `key` if that makes at most `most` within `window_ms`.
    pub(crate) fn take(&mut self, key: &str, most: usize, window_ms: i64, now: Time) -> bool {
        if self.0.len() >= MOST_KEYS {
            self.0.clear();
        }
        let times = self.0.entry(key.to_owned()).or_default();
        while times.front().is_some_and(|t| now.since_ms(*t) >= window_ms) {
            times.pop_front();
        }
        let room = times.len() < most;
        if room {
            times.push_back(now);
        }
        room
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_twenty_first_in_a_minute_is_over_the_limit_and_the_next_minute_is_free() {
        let mut minutes = Minutes::default();
        let now = Time::from_ms(1_000_000);
        assert!((0..20).all(|n| minutes.take("robot", 20, MINUTE_MS, now.plus_ms(n))));
        assert!(!minutes.take("robot", 20, MINUTE_MS, now.plus_ms(59_999)));
        assert!(minutes.take("other", 20, MINUTE_MS, now));
        assert!(minutes.take("robot", 20, MINUTE_MS, now.plus_ms(60_001)));
    }
}
