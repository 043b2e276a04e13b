//! The one way to ask what time it is. Desks take a `Clock`; nothing else reads the machine's time.

use crate::time::Time;

/// 时钟: tells the time. The real one follows the machine; the demo's runs faster and can pause;
/// a test's stands where the test put it.
pub trait Clock: Send + Sync + std::fmt::Debug {
    /// The time now. Never goes back within one process.
    fn now(&self) -> Time;

    /// How many seconds of this clock pass in one second of the machine's: 1 for the real clock,
    /// up to 600 in a playback, 0 while paused. Desks divide their waits by it.
    fn speed(&self) -> f64 {
        1.0
    }

    /// The last time it leapt ahead, if it ever did: nothing happened in between, so nobody's
    /// silence is counted over it. Seen no later than the first `now` after the leap.
    fn leapt(&self) -> Option<Leap> {
        None
    }
}

/// A clock's leap ahead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leap {
    /// What it showed before.
    pub from: Time,
    /// What it showed after.
    pub to: Time,
}

/// A clock that stands still until it is moved: for tests.
#[derive(Debug)]
pub struct TestClock(std::sync::atomic::AtomicI64);

impl TestClock {
    /// A clock that shows `now`.
    #[must_use]
    pub fn at(now: Time) -> Self {
        Self(std::sync::atomic::AtomicI64::new(now.ms()))
    }

    /// Moves the hands forward by `ms`.
    pub fn advance_ms(&self, ms: i64) {
        self.0.fetch_add(ms.max(0), std::sync::atomic::Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Time {
        Time::from_ms(self.0.load(std::sync::atomic::Ordering::SeqCst))
    }
}
