//! 通道健康: whether a channel's server is there, how often a dead one is asked, and how often the log
//! hears of it. The ledger keeps every try; the log keeps the news.

use field::time::{MINUTE_MS, SECOND_MS, Time};
use std::time::{Duration, Instant};

/// Failures in a row that make a channel down.
const DOWN_AFTER: u32 = 3;
/// First wait before a channel that is down is asked again; doubles.
const FIRST_PROBE_MS: i64 = 2 * SECOND_MS;
/// Longest wait between two questions.
const LONGEST_PROBE_MS: i64 = MINUTE_MS;
/// The log hears of the same trouble once in so long, on the machine's clock.
const QUIET: Duration = Duration::from_secs(60);

/// Says when the log may hear of something again, and how often it happened in between.
#[derive(Debug, Default)]
pub(crate) struct Throttle {
    last: Option<Instant>,
    held: u64,
}

impl Throttle {
    /// One more. `Some`: say it, with how often it was not said since the last time.
    pub(crate) fn pass(&mut self) -> Option<u64> {
        if self.last.is_some_and(|at| at.elapsed() < QUIET) {
            self.held += 1;
            return None;
        }
        self.last = Some(Instant::now());
        Some(std::mem::take(&mut self.held))
    }
}

/// 通道健康 of one channel.
#[derive(Debug, Default)]
pub(crate) struct Health {
    failures: u32,
    /// Down: when it may be asked again.
    probe_at: Option<Time>,
    told: Throttle,
    refusals: Throttle,
}

/// What one answer changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum News {
    /// Nothing.
    Same,
    /// It failed, for the first time in a row: `unsaid` like it were not told before.
    Failing { unsaid: u64 },
    /// It works again, after so many failures.
    Works { failures: u32 },
}

impl Health {
    /// The server took something.
    pub(crate) fn took(&mut self) -> News {
        let failures = std::mem::take(&mut self.failures);
        self.probe_at = None;
        if failures == 0 {
            return News::Same;
        }
        self.told.last = None;
        News::Works { failures }
    }

    /// The server failed, or said that it is busy (`down` false: it is there).
    pub(crate) fn failed(&mut self, now: Time, down: bool) -> News {
        self.failures = self.failures.saturating_add(1);
        if down && self.failures >= DOWN_AFTER {
            let doublings = (self.failures - DOWN_AFTER).min(16);
            self.probe_at = Some(now.plus_ms((FIRST_PROBE_MS << doublings).min(LONGEST_PROBE_MS)));
        }
        self.told.pass().map_or(News::Same, |unsaid| News::Failing { unsaid })
    }

    /// One message was refused for good. `Some`: the log may hear of it.
    pub(crate) fn refused(&mut self) -> Option<u64> {
        self.refusals.pass()
    }

    /// Whether the server does not answer.
    pub(crate) const fn is_down(&self) -> bool {
        self.probe_at.is_some()
    }

    /// When a server that is down may be asked; `None` for one that is there.
    pub(crate) const fn probe_at(&self) -> Option<Time> {
        self.probe_at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Time = Time::from_ms(1_625_000_000_000);

    #[test]
    fn a_dead_server_is_asked_less_and_less_and_the_log_hears_of_it_once() {
        let mut health = Health::default();
        assert_eq!(health.failed(START, true), News::Failing { unsaid: 0 });
        assert_eq!(health.failed(START, true), News::Same);
        assert!(!health.is_down());
        let waits: Vec<i64> = (0..7)
            .map(|_| {
                health.failed(START, true);
                health.probe_at().unwrap().since_ms(START) / SECOND_MS
            })
            .collect();
        assert_eq!(waits, [2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(health.took(), News::Works { failures: 9 });
        assert!(!health.is_down());
        assert_eq!(health.took(), News::Same);
    }

    #[test]
    fn a_busy_server_is_not_a_dead_one() {
        let mut health = Health::default();
        for _ in 0..10 {
            health.failed(START, false);
        }
        assert!(!health.is_down());
    }
}
