//! 值班: exactly one person on duty for every block at every minute.

use crate::id::{BlockId, PersonId};
use crate::time::{BEIJING_MS, DAY_MS, MINUTE_MS, Time};
use serde::{Deserialize, Serialize};

/// Minutes in a day.
pub const DAY_MINUTES: u32 = 1_440;

/// 班次: one stretch of a repeating cycle, `from..to` in minutes since the cycle's first midnight
/// (Beijing time). It does not wrap: a night shift over the cycle's end is written as two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shift {
    /// First minute on duty.
    pub from: u32,
    /// First minute off duty again.
    pub to: u32,
    /// Who.
    pub person: PersonId,
}

/// 替班: someone else for a stretch of time; goes before the cycle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Substitution {
    /// From when.
    pub from: Time,
    /// Until when (not included).
    pub to: Time,
    /// Who.
    pub person: PersonId,
}

/// 值班表 of one block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Roster {
    /// The block.
    pub block: BlockId,
    /// Length of the cycle in days, from Monday 1970-01-05 on.
    pub cycle_days: u32,
    /// The cycle's shifts.
    pub shifts: Vec<Shift>,
    /// Exceptions.
    pub substitutions: Vec<Substitution>,
}

/// What is wrong with a roster, each with the stretch it concerns.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum RosterFault {
    /// Minutes of the cycle with nobody on duty.
    #[error("block {block}: nobody on duty from minute {from} to {to} of the cycle")]
    Hole {
        /// Which block.
        block: BlockId,
        /// First uncovered minute.
        from: u32,
        /// First covered minute after it.
        to: u32,
    },
    /// Minutes of the cycle with two on duty.
    #[error("block {block}: two people on duty from minute {from} to {to} of the cycle")]
    Overlap {
        /// Which block.
        block: BlockId,
        /// First minute covered twice.
        from: u32,
        /// First minute after that.
        to: u32,
    },
    /// Two substitutions at the same time.
    #[error("block {block}: two substitutions at {at}")]
    DoubleSubstitution {
        /// Which block.
        block: BlockId,
        /// When the second begins.
        at: Time,
    },
    /// A cycle of no days, or longer than a year.
    #[error("block {block}: a cycle of {days} days; 1 to 366 are allowed")]
    BadCycle {
        /// Which block.
        block: BlockId,
        /// Its days.
        days: u32,
    },
}

/// Monday 1970-01-05 00:00 Beijing time: where every cycle starts.
const CYCLE_ORIGIN_MS: i64 = 4 * DAY_MS - BEIJING_MS;

impl Roster {
    /// Who is on duty at `at`. `None` only where [`Roster::faults`] names a hole.
    #[must_use]
    pub fn on_duty(&self, at: Time) -> Option<PersonId> {
        let stand_in = self.substitutions.iter().find(|s| s.from <= at && at < s.to);
        stand_in.map(|s| s.person).or_else(|| {
            let minute = self.cycle_minute(at)?;
            self.shifts.iter().find(|s| (s.from..s.to).contains(&minute)).map(|s| s.person)
        })
    }

    /// Until when the answer of [`Roster::on_duty`] at `at` holds, at most one cycle ahead.
    #[must_use]
    pub fn until(&self, at: Time) -> Time {
        let cycle_end = self.cycle_minute(at).map(|minute| {
            let end =
                self.shifts.iter().find(|s| (s.from..s.to).contains(&minute)).map_or(minute + 1, |s| s.to);
            let start_of_minute = at.ms().div_euclid(MINUTE_MS) * MINUTE_MS;
            Time::from_ms(start_of_minute + i64::from(end - minute) * MINUTE_MS)
        });
        let inside = self.substitutions.iter().find(|s| s.from <= at && at < s.to).map(|s| s.to);
        let next = self.substitutions.iter().filter(|s| s.from > at).map(|s| s.from).min();
        match (inside, cycle_end, next) {
            (Some(end), _, _) => end,
            (None, Some(end), Some(next)) => end.min(next),
            (None, Some(end), None) => end,
            (None, None, next) => next.unwrap_or(at.plus_ms(MINUTE_MS)),
        }
    }

    /// Everything that keeps "exactly one person at every minute" from being true.
    #[must_use]
    pub fn faults(&self) -> Vec<RosterFault> {
        let block = self.block;
        if !(1..=366).contains(&self.cycle_days) {
            return vec![RosterFault::BadCycle { block, days: self.cycle_days }];
        }
        let mut faults = Vec::new();
        let mut shifts = self.shifts.clone();
        shifts.sort_by_key(|s| (s.from, s.to));
        let mut covered = 0;
        for shift in &shifts {
            if shift.from > covered {
                faults.push(RosterFault::Hole { block, from: covered, to: shift.from });
            } else if shift.from < covered {
                faults.push(RosterFault::Overlap { block, from: shift.from, to: covered.min(shift.to) });
            }
            covered = covered.max(shift.to);
        }
        let end = self.cycle_days * DAY_MINUTES;
        if covered < end {
            faults.push(RosterFault::Hole { block, from: covered, to: end });
        }
        let mut substitutions = self.substitutions.clone();
        substitutions.sort_by_key(|s| s.from);
        for pair in substitutions.windows(2) {
            if let [first, second] = pair
                && second.from < first.to
            {
                faults.push(RosterFault::DoubleSubstitution { block, at: second.from });
            }
        }
        faults
    }

    fn cycle_minute(&self, at: Time) -> Option<u32> {
        let cycle = i64::from(self.cycle_days) * i64::from(DAY_MINUTES);
        let minute = (at.ms() - CYCLE_ORIGIN_MS).div_euclid(MINUTE_MS).checked_rem_euclid(cycle)?;
        u32::try_from(minute).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn day_and_night() -> Roster {
        let (a, b) = (PersonId(1), PersonId(2));
        Roster {
            block: BlockId(1),
            cycle_days: 1,
            shifts: vec![
                Shift { from: 0, to: 480, person: b },
                Shift { from: 480, to: 1200, person: a },
                Shift { from: 1200, to: 1440, person: b },
            ],
            substitutions: vec![],
        }
    }

    #[test]
    fn the_night_shift_ends_at_eight() {
        let roster = day_and_night();
        let eight = Time::from_beijing(2021, 6, 30, 8, 0, 0).unwrap();
        assert_eq!(roster.on_duty(eight.plus_ms(-1)), Some(PersonId(2)));
        assert_eq!(roster.on_duty(eight), Some(PersonId(1)));
        assert_eq!(roster.until(eight), eight.plus_ms(12 * 60 * MINUTE_MS));
    }

    #[test]
    fn a_hole_and_an_overlap_are_named_with_their_minutes() {
        let mut roster = day_and_night();
        roster.shifts = vec![
            Shift { from: 0, to: 500, person: PersonId(2) },
            Shift { from: 480, to: 1200, person: PersonId(1) },
        ];
        let block = BlockId(1);
        assert_eq!(
            roster.faults(),
            vec![
                RosterFault::Overlap { block, from: 480, to: 500 },
                RosterFault::Hole { block, from: 1200, to: 1440 },
            ]
        );
    }

    proptest! {
        #[test]
        fn a_roster_without_faults_names_one_person_at_any_minute(
            cuts in proptest::collection::btree_set(1u32..4 * DAY_MINUTES, 0..12),
            at in 0i64..4_000_000_000_000,
        ) {
            let end = 4 * DAY_MINUTES;
            let mut edges: Vec<u32> = cuts.into_iter().collect();
            edges.insert(0, 0);
            edges.push(end);
            let shifts = edges.windows(2).zip(1..)
                .map(|(w, n)| Shift { from: w[0], to: w[1], person: PersonId(n) }).collect();
            let roster = Roster { block: BlockId(1), cycle_days: 4, shifts, substitutions: vec![] };
            prop_assert!(roster.faults().is_empty());
            let at = Time::from_ms(at);
            prop_assert!(roster.on_duty(at).is_some());
            prop_assert!(roster.until(at) > at);
            prop_assert_eq!(roster.on_duty(at), roster.on_duty(roster.until(at).plus_ms(-1)));
        }
    }
}
