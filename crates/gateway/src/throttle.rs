//! A log line at most once in a while: a full disk must not fill the log as well.

use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Least time between two lines.
const PAUSE: Duration = Duration::from_secs(10);

/// Says when the next line may be written, and how many were held back.
#[derive(Debug, Default)]
pub(crate) struct Throttle(Mutex<(Option<Instant>, u64)>);

impl Throttle {
    /// `Some(count of lines held back)` when a line may be written now.
    pub(crate) fn pass(&self) -> Option<u64> {
        // A panic elsewhere while holding this lock leaves two plain values, both usable.
        let mut state = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let (last, held) = &mut *state;
        if last.is_some_and(|last| last.elapsed() < PAUSE) {
            *held += 1;
            return None;
        }
        *last = Some(Instant::now());
        Some(std::mem::take(held))
    }
}

#[cfg(test)]
mod tests {
    use super::Throttle;

    #[test]
    fn only_the_first_of_a_burst_passes() {
        let throttle = Throttle::default();
        assert_eq!(throttle.pass(), Some(0));
        assert_eq!(throttle.pass(), None);
        assert_eq!(throttle.pass(), None);
    }
}
