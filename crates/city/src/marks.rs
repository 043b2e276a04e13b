//! 时刻: the moments at which a device measures: every so often, from the last full one before it began to look,
//! and anew after each leap of the town's clock, whose memories are of no use then.

use crate::hands::TownClock;
use field::clock::Clock;
use field::time::Time;
use std::collections::VecDeque;

/// The marks of one device.
#[derive(Debug)]
pub(crate) struct Marks {
    every_ms: i64,
    leaps: Option<u64>,
    next: Time,
}

impl Marks {
    /// A mark at every multiple of so many milliseconds.
    pub(crate) const fn every(every_ms: i64) -> Self {
        Self { every_ms, leaps: None, next: Time::MIN }
    }

    /// Whether the clock leapt since this was last asked: the first time too.
    pub(crate) fn leapt(&mut self, clock: &TownClock) -> bool {
        let leaps = Some(clock.hands().leaps);
        let leapt = leaps != self.leaps;
        if leapt {
            self.leaps = leaps;
            self.next = Time::from_ms(clock.now().ms().div_euclid(self.every_ms) * self.every_ms);
        }
        leapt
    }

    /// The next mark, if it is over by `now`; then the one behind it is next.
    pub(crate) fn due(&mut self, now: Time) -> Option<Time> {
        let at = self.next;
        (at <= now).then(|| {
            self.next = at.plus_ms(self.every_ms);
            at
        })
    }

    /// The mark to wait for.
    pub(crate) const fn next(&self) -> Time {
        self.next
    }
}

/// Remembers one more; beyond `most` the oldest gives way.
pub(crate) fn remember<T>(memory: &mut VecDeque<T>, most: usize, one: T) {
    if memory.len() >= most {
        memory.pop_front();
    }
    memory.push_back(one);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hands::{Shown, clock};
    use field::time::MINUTE_MS;

    #[test]
    fn marks_are_told_once_each_from_the_last_full_one_and_anew_after_a_leap() {
        let (mut setter, clock) = clock();
        let shown = |minute: i64, leapt_at: Option<Time>| Shown {
            now: Time::from_ms(minute * MINUTE_MS + 1_000),
            speed: 0.0,
            playing: None,
            leapt_at,
            people: false,
            dispatcher: false,
        };
        let mut marks = Marks::every(5 * MINUTE_MS);
        let due = |marks: &mut Marks| -> Vec<i64> {
            std::iter::from_fn(|| marks.due(clock.now())).map(|at| at.ms() / MINUTE_MS).collect()
        };
        setter.follow(&shown(102, None));
        assert!(marks.leapt(&clock), "at first there is no memory either");
        assert_eq!(due(&mut marks), [100]);
        setter.follow(&shown(111, None));
        assert!(!marks.leapt(&clock));
        assert_eq!((due(&mut marks), marks.next().ms() / MINUTE_MS), (vec![105, 110], 115));
        let leapt_at = shown(999, None).now;
        setter.follow(&shown(999, Some(leapt_at)));
        assert!(marks.leapt(&clock) && !marks.leapt(&clock));
        assert_eq!(due(&mut marks), [995]);
    }

    #[test]
    fn the_oldest_gives_way() {
        let mut memory = VecDeque::new();
        (1..=4).for_each(|n| remember(&mut memory, 3, n));
        assert_eq!(memory, [2, 3, 4]);
    }
}
