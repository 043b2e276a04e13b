//! 偏离模型.
//!
//! **What it watches.** A residual series (measured less simulated, written by the twin desk): how far it
//! lies from zero, to either side, by up to four tolerances 蓝黄橙红. A severity begins when the gap has
//! held for `delay_s`, and ends when it is more than `hysteresis` inside its tolerance.
//!
//! **Why.** A pressure that leaves the model's says that something happened that the model does not know:
//! a burst, a valve somebody closed, a wrong gauge. The model is judged like any sensor.
//!
//! **Example.** `{"tolerance":{"yellow":0.05,"orange":0.10},"hysteresis":0.01,"delay_s":600}` on pressure:
//! 0.06 MPa below the model for ten minutes raises yellow, 0.06 MPa above it as well.

use super::level::Grades;
use super::{Finding, Rule, RuleKind, Trigger, Verdict};
use crate::form::{Field, FieldKind};
use crate::window::Window;
use field::severity::Severity;
use field::time::{HOUR_MS, SECOND_MS, Time};
use std::sync::Arc;

const FIELDS: &[Field] = &[
    Field {
        name: "tolerance",
        unit: "point",
        kind: FieldKind::Thresholds { min: 0.0, max: 9_000.0, rising: true },
    },
    Field {
        name: "hysteresis",
        unit: "point",
        kind: FieldKind::Number { min: 0.0, max: 100.0, default: 0.0 },
    },
    Field { name: "delay_s", unit: "s", kind: FieldKind::Number { min: 0.0, max: 7_200.0, default: 600.0 } },
];

pub(super) const KIND: RuleKind = RuleKind {
    code: "model_gap",
    quantities: &[],
    fields: FIELDS,
    trigger: Trigger::Sample,
    build: |form| {
        Arc::new(ModelGap {
            grades: Grades {
                thresholds: form.thresholds("tolerance"),
                hysteresis: form.number("hysteresis"),
                rising: true,
            },
            delay_ms: form.span_ms("delay_s", SECOND_MS),
        })
    },
};

#[derive(Debug)]
struct ModelGap {
    grades: Grades,
    delay_ms: i64,
}

impl Rule for ModelGap {
    fn looks_back_ms(&self) -> i64 {
        self.delay_ms.max(HOUR_MS)
    }

    fn judge(&self, window: &Window<'_>, at: Time, current: Option<Severity>) -> Verdict {
        let Some((time, gap)) = window.usable(at) else { return Verdict::Unknown };
        // A gap that jumps from one side to the other is not one gap that holds.
        let held_ms = |severity: Severity| {
            let side = window.values().take_while(|&(_, v)| v.signum() == gap.signum());
            let run = side.take_while(|&(_, v)| self.grades.reaches(severity, v.abs(), 0.0));
            run.last().map_or(0, |(first, _)| time.since_ms(first))
        };
        let confirmed = |severity| self.delay_ms == 0 || held_ms(severity) >= self.delay_ms;
        match self.grades.grade(gap.abs(), current, confirmed) {
            Some((severity, threshold)) => Verdict::Abnormal(Finding {
                severity,
                value: gap,
                threshold,
                since: time.plus_ms(-self.looks_back_ms()),
            }),
            None => Verdict::Normal(Some(gap)),
        }
    }
}
