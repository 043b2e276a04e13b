//! 涨速.
//!
//! **What it watches.** How fast a level rises: the difference between the newest value and the
//! oldest one within `window_min`, scaled to ten minutes, against thresholds 蓝黄橙红.
//!
//! **Why.** A road that goes under at 0.10 m in ten minutes has to be closed before it is deep;
//! the rise is seen before the level alarm.
//!
//! **Example.** `{"thresholds":{"yellow":0.10,"orange":0.20},"window_min":10,"hysteresis":0.02}`:
//! 0.02 m at 14:00 and 0.13 m at 14:10 is 0.11 m in ten minutes: yellow.
//!
//! A lone value after a gap says nothing about a rise: the verdict is then unknown.

use super::level::Grades;
use super::{Finding, Rule, RuleKind, Trigger, Verdict};
use crate::form::{Field, FieldKind};
use crate::window::Window;
use field::severity::Severity;
use field::station::Quantity;
use field::time::{MINUTE_MS, Time};
use std::sync::Arc;

const FIELDS: &[Field] = &[
    Field {
        name: "thresholds",
        unit: "point/10min",
        kind: FieldKind::Thresholds { min: 0.001, max: 100.0, rising: true },
    },
    Field {
        name: "window_min",
        unit: "min",
        kind: FieldKind::Number { min: 5.0, max: 180.0, default: 10.0 },
    },
    Field {
        name: "hysteresis",
        unit: "point/10min",
        kind: FieldKind::Number { min: 0.0, max: 100.0, default: 0.02 },
    },
];

/// Shorter than this, two values do not make a rise: a wave would be taken for a flood.
const LEAST_SPAN_MS: i64 = 4 * MINUTE_MS;

pub(super) const KIND: RuleKind = RuleKind {
    code: "rate_of_rise",
    quantities: &[Quantity::Level, Quantity::Depth],
    fields: FIELDS,
    trigger: Trigger::Sample,
    build: |form| {
        Arc::new(RateOfRise {
            grades: Grades {
                thresholds: form.thresholds("thresholds"),
                hysteresis: form.number("hysteresis"),
                rising: true,
            },
            window_ms: form.span_ms("window_min", MINUTE_MS),
        })
    },
};

#[derive(Debug)]
struct RateOfRise {
    grades: Grades,
    window_ms: i64,
}

impl Rule for RateOfRise {
    fn looks_back_ms(&self) -> i64 {
        self.window_ms
    }

    fn judge(&self, window: &Window<'_>, at: Time, current: Option<Severity>) -> Verdict {
        let Some((time, value)) = window.usable(at) else { return Verdict::Unknown };
        let within = window.values().take_while(|&(t, _)| time.since_ms(t) <= self.window_ms);
        let Some((since, before)) = within.last() else { return Verdict::Unknown };
        let span_ms = time.since_ms(since);
        if span_ms < LEAST_SPAN_MS {
            return Verdict::Unknown;
        }
        let rise = (value - before) * (10 * MINUTE_MS) as f64 / span_ms as f64;
        match self.grades.grade(rise, current, |_| true) {
            Some((severity, threshold)) => {
                Verdict::Abnormal(Finding { severity, value: rise, threshold, since })
            }
            None => Verdict::Normal(Some(rise)),
        }
    }
}
