//! What the rules on levels share: grading a figure by thresholds with hysteresis.

use super::EPSILON;
use field::severity::{Severity, Thresholds};

/// Thresholds with hysteresis, rising (worse is higher) or falling (worse is lower).
#[derive(Clone, Copy, Debug)]
pub(super) struct Grades {
    pub(super) thresholds: Thresholds,
    /// How far a figure must come back behind a threshold before its severity ends.
    pub(super) hysteresis: f64,
    pub(super) rising: bool,
}

impl Grades {
    /// Whether `value` reaches the threshold of `severity`, with `slack` towards the good side.
    pub(super) fn reaches(&self, severity: Severity, value: f64, slack: f64) -> bool {
        self.thresholds.get(severity).is_some_and(|threshold| {
            let beyond = if self.rising { value - threshold } else { threshold - value };
            beyond >= -slack - EPSILON
        })
    }

    /// The worst severity that holds, with its threshold. A severity not worse than `current` is
    /// kept until the figure is `hysteresis` behind its threshold; a worse one must be reached
    /// outright and also pass `confirmed`.
    pub(super) fn grade(
        &self,
        value: f64,
        current: Option<Severity>,
        confirmed: impl Fn(Severity) -> bool,
    ) -> Option<(Severity, f64)> {
        Severity::ALL.into_iter().rev().find_map(|severity| {
            let holds = if current.is_some_and(|current| severity <= current) {
                self.reaches(severity, value, self.hysteresis)
            } else {
                self.reaches(severity, value, 0.0) && confirmed(severity)
            };
            if holds { self.thresholds.get(severity).map(|threshold| (severity, threshold)) } else { None }
        })
    }
}

/// Level rules, high and low: a figure that must hold for a while.
#[derive(Clone, Copy, Debug)]
pub(super) struct LevelRule {
    pub(super) grades: Grades,
    pub(super) delay_ms: i64,
}

/// The stretch of samples before a level alarm that is kept as its proof.
const PROOF_MS: i64 = field::time::HOUR_MS;

impl super::Rule for LevelRule {
    fn looks_back_ms(&self) -> i64 {
        self.delay_ms.max(PROOF_MS)
    }

    fn judge(
        &self,
        window: &super::Window<'_>,
        at: field::time::Time,
        current: Option<Severity>,
    ) -> super::Verdict {
        let Some((time, value)) = window.usable(at) else { return super::Verdict::Unknown };
        let held_ms = |severity: Severity| {
            let run = window.values().take_while(|&(_, v)| self.grades.reaches(severity, v, 0.0));
            run.last().map_or(0, |(first, _)| time.since_ms(first))
        };
        let confirmed = |severity| self.delay_ms == 0 || held_ms(severity) >= self.delay_ms;
        match self.grades.grade(value, current, confirmed) {
            Some((severity, threshold)) => super::Verdict::Abnormal(super::Finding {
                severity,
                value,
                threshold,
                since: time.plus_ms(-self.looks_back_ms()),
            }),
            None => super::Verdict::Normal(Some(value)),
        }
    }
}
