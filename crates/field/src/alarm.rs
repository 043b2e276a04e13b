//! 报警: one alarm's life, after ISA-18.2.
//!
//! ```text
//!            acknowledge                  return
//!  Raised ───────────────▶ Acknowledged ─────────▶ Returned ──close──▶ Closed
//!    │  ▲                       ▲ │ worsen            ▲ │
//!    │  └───────────────────────┼─┘                   │ └─ recur ─▶ Raised
//!    └─return─▶ ReturnedUnacknowledged ──acknowledge──┘
//! ```
//! Shelving and suppression lie across: they say whether the alarm may call people, never whether
//! the condition holds. Every change goes through [`Alarm::step`].

use crate::id::{AlarmId, BlockId, PersonId, PointId, RuleId, StationCode};
use crate::sample::Sample;
use crate::severity::Severity;
use crate::time::{HOUR_MS, Time};
use serde::{Deserialize, Serialize};

/// Where an alarm is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlarmState {
    /// 未确认: the condition holds, nobody has taken it.
    Raised,
    /// 已确认: the condition holds, somebody has taken it.
    Acknowledged,
    /// 已恢复未确认: the condition is gone before anybody took it.
    ReturnedUnacknowledged,
    /// 已恢复: the condition is gone and somebody has taken it.
    Returned,
    /// 已关闭: history.
    Closed,
}

impl AlarmState {
    /// Every state.
    pub const ALL: [Self; 5] =
        [Self::Raised, Self::Acknowledged, Self::ReturnedUnacknowledged, Self::Returned, Self::Closed];

    /// The name used in the API and in stored records.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Raised => "raised",
            Self::Acknowledged => "acknowledged",
            Self::ReturnedUnacknowledged => "returned_unacknowledged",
            Self::Returned => "returned",
            Self::Closed => "closed",
        }
    }

    /// Whether the condition still holds.
    #[must_use]
    pub const fn is_active(self) -> bool {
        matches!(self, Self::Raised | Self::Acknowledged)
    }

    /// Whether somebody has still to take it.
    #[must_use]
    pub const fn is_unacknowledged(self) -> bool {
        matches!(self, Self::Raised | Self::ReturnedUnacknowledged)
    }
}

/// What raised the alarm, or made it worse: shown as proof.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// The figure that was judged: a level, a rise, a sum.
    pub value: f64,
    /// The threshold it reached, in the same unit.
    pub threshold: f64,
    /// The samples it was judged on, at most [`Evidence::MAX_SAMPLES`].
    pub samples: Vec<Sample>,
}

impl Evidence {
    /// Most samples kept as proof: a day of five-minute values.
    pub const MAX_SAMPLES: usize = 288;
}

/// 搁置.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shelf {
    /// Who put it there.
    pub by: PersonId,
    /// Why.
    pub reason: String,
    /// When it comes back by itself.
    pub until: Time,
}

/// 报警.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Alarm {
    /// Given by the store.
    pub id: AlarmId,
    /// The rule that raised it. A rule has at most one alarm that is not closed.
    pub rule: RuleId,
    /// The rule's kind, such as `level_high`.
    pub kind: String,
    /// The point judged.
    pub point: PointId,
    /// Its station.
    pub station: StationCode,
    /// The block whose owner is called.
    pub block: BlockId,
    /// Where it is in its life.
    pub state: AlarmState,
    /// How bad it is now.
    pub severity: Severity,
    /// How bad it has been at worst.
    pub peak: Severity,
    /// The proof of the latest raising or worsening.
    pub evidence: Evidence,
    /// When it was raised.
    pub raised_at: Time,
    /// When it last changed.
    pub changed_at: Time,
    /// Who took it, and when.
    pub acknowledged: Option<(PersonId, Time)>,
    /// When the condition went.
    pub returned_at: Option<Time>,
    /// When it was closed.
    pub closed_at: Option<Time>,
    /// On the shelf, and until when.
    pub shelf: Option<Shelf>,
    /// 抑制: its station is under maintenance.
    pub suppressed: bool,
}

/// What can happen to an alarm.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case")]
pub enum AlarmAct {
    /// The condition is worse (or milder) than before, or holds again after it went.
    Judge {
        /// How bad it is now.
        severity: Severity,
        /// The proof.
        evidence: Evidence,
    },
    /// The condition went.
    Return,
    /// 确认.
    Acknowledge {
        /// Who.
        by: PersonId,
    },
    /// 搁置.
    Shelve(Shelf),
    /// Off the shelf: by a person, or by itself when the time is up.
    Unshelve,
    /// The station went into maintenance.
    Suppress,
    /// The station came back.
    Unsuppress,
    /// 关闭.
    Close,
}

impl AlarmAct {
    /// The name written in the journal.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Judge { .. } => "judge",
            Self::Return => "return",
            Self::Acknowledge { .. } => "acknowledge",
            Self::Shelve(_) => "shelve",
            Self::Unshelve => "unshelve",
            Self::Suppress => "suppress",
            Self::Unsuppress => "unsuppress",
            Self::Close => "close",
        }
    }
}

/// Why an act was refused; nothing changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlarmRefusal {
    /// It is closed.
    #[error("the alarm is closed")]
    Closed,
    /// Somebody has already taken it.
    #[error("the alarm is already acknowledged")]
    AlreadyAcknowledged,
    /// The condition has already gone.
    #[error("the condition has already returned to normal")]
    AlreadyReturned,
    /// The condition still holds.
    #[error("the condition still holds")]
    StillActive,
    /// Nobody has taken it yet.
    #[error("nobody has acknowledged it yet")]
    Unacknowledged,
    /// Nothing would change.
    #[error("nothing would change")]
    NoChange,
    /// The shelf time is in the past or more than [`MAX_SHELF_MS`] ahead, or the reason is empty.
    #[error("an alarm is shelved with a reason, for at most 24 hours")]
    BadShelf,
}

/// Longest time on the shelf.
pub const MAX_SHELF_MS: i64 = 24 * HOUR_MS;

impl Alarm {
    /// Whether it may call people now.
    #[must_use]
    pub const fn is_calling(&self) -> bool {
        self.shelf.is_none() && !self.suppressed && !matches!(self.state, AlarmState::Closed)
    }

    /// The one way an alarm changes.
    ///
    /// # Errors
    /// [`AlarmRefusal`] when the act does not fit the state; the alarm is as it was.
    pub fn step(&self, act: &AlarmAct, at: Time) -> Result<Self, AlarmRefusal> {
        if self.state == AlarmState::Closed {
            return Err(AlarmRefusal::Closed);
        }
        let mut next = self.clone();
        next.changed_at = at;
        match act {
            AlarmAct::Judge { severity, evidence } => next.judge(*severity, evidence)?,
            AlarmAct::Return => {
                next.state = match self.state {
                    AlarmState::Raised => AlarmState::ReturnedUnacknowledged,
                    AlarmState::Acknowledged => AlarmState::Returned,
                    _ => return Err(AlarmRefusal::AlreadyReturned),
                };
                next.returned_at = Some(at);
            }
            AlarmAct::Acknowledge { by } => {
                next.state = match self.state {
                    AlarmState::Raised => AlarmState::Acknowledged,
                    AlarmState::ReturnedUnacknowledged => AlarmState::Returned,
                    _ => return Err(AlarmRefusal::AlreadyAcknowledged),
                };
                next.acknowledged = Some((*by, at));
            }
            AlarmAct::Shelve(shelf) => {
                let ahead = shelf.until.since_ms(at);
                if shelf.reason.trim().is_empty() || !(1..=MAX_SHELF_MS).contains(&ahead) {
                    return Err(AlarmRefusal::BadShelf);
                }
                next.shelf = Some(shelf.clone());
            }
            AlarmAct::Unshelve if self.shelf.is_some() => next.shelf = None,
            AlarmAct::Suppress if !self.suppressed => next.suppressed = true,
            AlarmAct::Unsuppress if self.suppressed => next.suppressed = false,
            AlarmAct::Unshelve | AlarmAct::Suppress | AlarmAct::Unsuppress => {
                return Err(AlarmRefusal::NoChange);
            }
            AlarmAct::Close => {
                if self.state.is_active() {
                    return Err(AlarmRefusal::StillActive);
                }
                if self.state.is_unacknowledged() {
                    return Err(AlarmRefusal::Unacknowledged);
                }
                next.state = AlarmState::Closed;
                next.closed_at = Some(at);
            }
        }
        Ok(next)
    }

    fn judge(&mut self, severity: Severity, evidence: &Evidence) -> Result<(), AlarmRefusal> {
        let recurs = !self.state.is_active();
        if !recurs && severity == self.severity {
            return Err(AlarmRefusal::NoChange);
        }
        // Worse than what was taken, or back again: it has to be taken anew.
        if recurs || severity > self.severity {
            self.state = AlarmState::Raised;
            self.acknowledged = None;
            self.returned_at = None;
        }
        self.severity = severity;
        self.peak = self.peak.max(severity);
        self.evidence = evidence.clone();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn evidence(value: f64) -> Evidence {
        Evidence { value, threshold: 0.4, samples: vec![] }
    }

    fn raised() -> Alarm {
        Alarm {
            id: AlarmId(1),
            rule: RuleId(1),
            kind: "level_high".into(),
            point: PointId(1),
            station: StationCode::new("3307820001").unwrap(),
            block: BlockId(1),
            state: AlarmState::Raised,
            severity: Severity::Yellow,
            peak: Severity::Yellow,
            evidence: evidence(0.3),
            raised_at: at(0),
            changed_at: at(0),
            acknowledged: None,
            returned_at: None,
            closed_at: None,
            shelf: None,
            suppressed: false,
        }
    }

    fn at(minute: i64) -> Time {
        Time::from_ms(1_625_000_000_000 + minute * 60_000)
    }

    const BY: PersonId = PersonId(7);

    #[test]
    fn an_alarm_lives_from_raised_to_closed() {
        let a = raised().step(&AlarmAct::Acknowledge { by: BY }, at(1)).unwrap();
        assert_eq!((a.state, a.acknowledged), (AlarmState::Acknowledged, Some((BY, at(1)))));
        assert_eq!(a.step(&AlarmAct::Close, at(2)), Err(AlarmRefusal::StillActive));
        let a = a.step(&AlarmAct::Return, at(3)).unwrap();
        let a = a.step(&AlarmAct::Close, at(4)).unwrap();
        assert_eq!(a.state, AlarmState::Closed);
        assert_eq!(a.step(&AlarmAct::Return, at(5)), Err(AlarmRefusal::Closed));
    }

    #[test]
    fn an_alarm_that_returns_before_it_is_taken_still_wants_somebody() {
        let a = raised().step(&AlarmAct::Return, at(1)).unwrap();
        assert_eq!(a.state, AlarmState::ReturnedUnacknowledged);
        assert_eq!(a.step(&AlarmAct::Close, at(2)), Err(AlarmRefusal::Unacknowledged));
        let a = a.step(&AlarmAct::Acknowledge { by: BY }, at(2)).unwrap();
        assert_eq!(a.state, AlarmState::Returned);
    }

    #[test]
    fn worse_than_what_was_taken_calls_again_and_milder_does_not() {
        let a = raised().step(&AlarmAct::Acknowledge { by: BY }, at(1)).unwrap();
        let worse = AlarmAct::Judge { severity: Severity::Red, evidence: evidence(0.6) };
        let a = a.step(&worse, at(2)).unwrap();
        assert_eq!((a.state, a.acknowledged, a.peak), (AlarmState::Raised, None, Severity::Red));
        let a = a.step(&AlarmAct::Acknowledge { by: BY }, at(3)).unwrap();
        let milder = AlarmAct::Judge { severity: Severity::Blue, evidence: evidence(0.2) };
        let a = a.step(&milder, at(4)).unwrap();
        assert_eq!((a.state, a.severity, a.peak), (AlarmState::Acknowledged, Severity::Blue, Severity::Red));
    }

    #[test]
    fn a_shelf_needs_a_reason_and_an_end() {
        let shelf = |reason: &str, until| AlarmAct::Shelve(Shelf { by: BY, reason: reason.into(), until });
        assert_eq!(raised().step(&shelf(" ", at(60)), at(0)), Err(AlarmRefusal::BadShelf));
        assert_eq!(raised().step(&shelf("x", at(25 * 60)), at(0)), Err(AlarmRefusal::BadShelf));
        let a = raised().step(&shelf("probe being cleaned", at(60)), at(0)).unwrap();
        assert!(!a.is_calling());
        assert!(a.step(&AlarmAct::Unshelve, at(60)).unwrap().is_calling());
    }
}
