//! 数据不变: a stuck value.
//!
//! **What it watches.** That every value of the last `hours` is within `tolerance` of the newest,
//! while the newest is above `above` (a dry road reads zero for weeks, and rightly so).
//!
//! **Why.** A probe full of mud goes on reporting; its last level looks like calm water.
//!
//! **Example.** `{"hours":3,"tolerance":0,"above":0.05}`: 0.12 m reported without change from 14:00
//! to 17:00 raises blue; the first other value ends it.

use super::{EPSILON, Finding, Rule, RuleKind, Trigger, Verdict};
use crate::form::{Field, FieldKind};
use crate::window::Window;
use field::severity::Severity;
use field::station::Quantity;
use field::time::{HOUR_MS, Time};
use std::sync::Arc;

const FIELDS: &[Field] = &[
    // A day is the longest window kept in memory.
    Field { name: "hours", unit: "h", kind: FieldKind::Number { min: 0.5, max: 24.0, default: 3.0 } },
    Field {
        name: "tolerance",
        unit: "point",
        kind: FieldKind::Number { min: 0.0, max: 100.0, default: 0.0 },
    },
    Field {
        name: "above",
        unit: "point",
        kind: FieldKind::Number { min: -1_000.0, max: 9_000.0, default: 0.0 },
    },
    Field { name: "severity", unit: "", kind: FieldKind::Severity { default: Severity::Blue } },
];

/// Fewer equal values than this prove nothing, however far apart.
const LEAST_VALUES: usize = 4;

pub(super) const KIND: RuleKind = RuleKind {
    code: "stuck",
    quantities: &[Quantity::Level, Quantity::Depth, Quantity::Flow],
    fields: FIELDS,
    trigger: Trigger::Sample,
    build: |form| {
        Arc::new(Stuck {
            span_ms: form.span_ms("hours", HOUR_MS),
            tolerance: form.number("tolerance"),
            above: form.number("above"),
            severity: form.severity("severity"),
        })
    },
};

#[derive(Debug)]
struct Stuck {
    span_ms: i64,
    tolerance: f64,
    above: f64,
    severity: Severity,
}

impl Rule for Stuck {
    fn looks_back_ms(&self) -> i64 {
        self.span_ms
    }

    fn judge(&self, window: &Window<'_>, at: Time, current: Option<Severity>) -> Verdict {
        let Some((time, value)) = window.usable(at) else { return Verdict::Unknown };
        if value <= self.above {
            return Verdict::Normal(None);
        }
        let (mut since, mut equal, mut changed) = (time, 0, false);
        for (t, v) in window.values() {
            if (v - value).abs() > self.tolerance + EPSILON {
                changed = true;
                break;
            }
            (since, equal) = (t, equal + 1);
            if time.since_ms(since) >= self.span_ms && equal >= LEAST_VALUES {
                break;
            }
        }
        let held_ms = time.since_ms(since);
        let hours = |ms: i64| ms as f64 / HOUR_MS as f64;
        if held_ms >= self.span_ms && equal >= LEAST_VALUES {
            let (value, threshold) = (hours(held_ms), hours(self.span_ms));
            Verdict::Abnormal(Finding { severity: self.severity, value, threshold, since })
        } else if changed || current.is_none() {
            Verdict::Normal(Some(hours(held_ms)))
        } else {
            // Unchanged as far as the window reaches: it may be as stuck as it was.
            Verdict::Unknown
        }
    }
}
