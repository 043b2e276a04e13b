//! 轮抄: whose turn it is. Pure but for the machine's stop-watch it is handed.

use std::collections::VecDeque;

/// A meter that failed so often in a row is asked only in every 16th round.
const MAX_SKIP: u32 = 16;

/// One question of one meter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Turn {
    /// Which meter of the line.
    pub meter: usize,
    /// Which of its questions.
    pub question: usize,
}

#[derive(Clone, Copy, Debug, Default)]
struct Health {
    /// Failures in a row.
    failed: u32,
    /// Rounds it still sits out.
    skip: u32,
}

/// The turns of a line.
#[derive(Debug, Default)]
pub(super) struct Rounds {
    health: Vec<Health>,
    turns: VecDeque<Turn>,
}

impl Rounds {
    /// Begins a round over meters with so many questions each.
    pub(super) fn begin(&mut self, questions: impl Iterator<Item = usize>) {
        for (meter, questions) in questions.enumerate() {
            if self.health.len() <= meter {
                self.health.push(Health::default());
            }
            let Some(health) = self.health.get_mut(meter) else { continue };
            if health.skip > 0 {
                health.skip -= 1;
                continue;
            }
            self.turns.extend((0..questions).map(|question| Turn { meter, question }));
        }
    }

    /// The next turn.
    pub(super) fn next(&mut self) -> Option<Turn> {
        self.turns.pop_front()
    }

    /// Whether the round goes on.
    pub(super) fn is_on(&self) -> bool {
        !self.turns.is_empty()
    }

    /// The meter answered.
    pub(super) fn answered(&mut self, meter: usize) {
        if let Some(health) = self.health.get_mut(meter) {
            *health = Health::default();
        }
    }

    /// The meter did not answer: its other questions of this round are let go, and it sits out the more
    /// rounds the oftener it failed. Gives how often in a row.
    pub(super) fn failed(&mut self, meter: usize) -> u32 {
        self.turns.retain(|turn| turn.meter != meter);
        let Some(health) = self.health.get_mut(meter) else { return 0 };
        health.failed += 1;
        health.skip =
            1_u32.checked_shl(health.failed.saturating_sub(1)).unwrap_or(MAX_SKIP).min(MAX_SKIP) - 1;
        health.failed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round(rounds: &mut Rounds) -> Vec<usize> {
        rounds.begin([1, 2, 1].into_iter());
        std::iter::from_fn(|| rounds.next()).map(|turn| turn.meter).collect()
    }

    #[test]
    fn a_broken_meter_is_asked_ever_less_often_and_the_others_every_round() {
        let mut rounds = Rounds::default();
        assert_eq!(round(&mut rounds), [0, 1, 1, 2]);
        let mut asked = 0;
        for _ in 0..64 {
            let turns = round(&mut rounds);
            assert!(turns.contains(&0) && turns.contains(&2));
            if turns.contains(&1) {
                asked += 1;
                rounds.failed(1);
            }
        }
        assert!((4..12).contains(&asked), "{asked}");
        rounds.answered(1);
        assert_eq!(round(&mut rounds), [0, 1, 1, 2]);
    }

    #[test]
    fn a_meter_that_is_silent_once_loses_its_other_questions_of_the_round() {
        let mut rounds = Rounds::default();
        rounds.begin([1, 3].into_iter());
        assert_eq!(rounds.next().map(|t| t.meter), Some(0));
        assert_eq!(rounds.next().map(|t| t.meter), Some(1));
        rounds.failed(1);
        assert!(!rounds.is_on());
    }
}
