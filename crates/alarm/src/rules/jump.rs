//! 突变: an implausible jump.
//!
//! **What it watches.** The step between consecutive values: more than `max_step` in five minutes
//! (in proportion over longer gaps, not compared over more than an hour), or a value outside the
//! point's own range. Raised by the `times`-th such value among the newest `among`; ends after `good`
//! plausible values in a row.
//!
//! **Why.** A spike is a sick probe or a real wall of water; either way a person has to look, and
//! the value should not quietly enter a report. One spike alone is marked in the data and calls nobody
//! where `times` is more than 1 (so the default rules): every probe spikes now and then.
//!
//! **Example.** `{"max_step":0.5,"good":3}`: 0.10, 0.12, 2.90 m five minutes apart raises blue at
//! 2.90; 0.13 steps back (a jump too); the third value after that ends it.

use super::{EPSILON, Finding, Rule, RuleKind, Trigger, Verdict};
use crate::form::{Field, FieldKind};
use crate::window::Window;
use field::sample::{Quality, Sample};
use field::severity::Severity;
use field::station::Quantity;
use field::time::{HOUR_MS, MINUTE_MS, Time};
use std::sync::Arc;

const FIELDS: &[Field] = &[
    Field {
        name: "max_step",
        unit: "point/5min",
        kind: FieldKind::Number { min: 0.001, max: 1_000.0, default: 0.5 },
    },
    Field { name: "times", unit: "", kind: FieldKind::Number { min: 1.0, max: 20.0, default: 1.0 } },
    Field { name: "among", unit: "", kind: FieldKind::Number { min: 1.0, max: 48.0, default: 12.0 } },
    Field { name: "good", unit: "", kind: FieldKind::Number { min: 1.0, max: 20.0, default: 3.0 } },
    Field { name: "severity", unit: "", kind: FieldKind::Severity { default: Severity::Blue } },
];

/// Values further apart than this are not compared.
const LONGEST_GAP_MS: i64 = HOUR_MS;

pub(super) const KIND: RuleKind = RuleKind {
    code: "jump",
    quantities: &[Quantity::Level, Quantity::Depth, Quantity::Flow],
    fields: FIELDS,
    trigger: Trigger::Sample,
    build: |form| {
        Arc::new(Jump {
            max_step: form.number("max_step"),
            times: form.count("times").max(1),
            among: form.count("among").max(1),
            good: form.count("good").max(1),
            severity: form.severity("severity"),
        })
    },
};

#[derive(Debug)]
struct Jump {
    max_step: f64,
    times: usize,
    among: usize,
    good: usize,
    severity: Severity,
}

impl Jump {
    /// How many values are looked at.
    fn reach(&self) -> usize {
        self.good.max(self.among)
    }
}

/// A value that does not fit: its figure and the limit it broke.
type Misfit = (f64, f64);

impl Jump {
    /// What is wrong with `sample`, given the older samples, newest first.
    fn misfit<'a>(
        &self,
        window: &Window<'_>,
        sample: &Sample,
        mut older: impl Iterator<Item = &'a Sample>,
    ) -> Option<Misfit> {
        let value = sample.value?;
        if sample.quality == Quality::Suspect {
            return Some((value, if value < window.min { window.min } else { window.max }));
        }
        let (then, before) = older.find_map(|s| s.usable().map(|v| (s.at, v)))?;
        let gap_ms = sample.at.since_ms(then);
        if gap_ms > LONGEST_GAP_MS {
            return None;
        }
        let allowed = self.max_step * (gap_ms as f64 / (5 * MINUTE_MS) as f64).max(1.0);
        let step = (value - before).abs();
        (step > allowed + EPSILON).then_some((step, allowed))
    }
}

impl Rule for Jump {
    fn looks_back_ms(&self) -> i64 {
        i64::try_from(self.reach() + 1).unwrap_or(i64::MAX / LONGEST_GAP_MS) * LONGEST_GAP_MS
    }

    fn judge(&self, window: &Window<'_>, at: Time, current: Option<Severity>) -> Verdict {
        let valued = window.samples().filter(|s| s.value.is_some_and(f64::is_finite));
        // Some more than needed, so that suspect values in between still leave one to compare with.
        let newest: Vec<Sample> = valued.take(self.reach() + 8).collect();
        let Some(first) = newest.first().filter(|s| at.since_ms(s.at) <= window.fresh_ms) else {
            return Verdict::Unknown;
        };
        let judged = if current.is_some() { self.good } else { 1 };
        let misfits: Vec<(usize, &Sample, Misfit)> = newest
            .iter()
            .enumerate()
            .take(self.reach())
            .filter_map(|(i, s)| Some((i, s, self.misfit(window, s, newest.iter().skip(i + 1))?)))
            .collect();
        let recent = misfits.first().filter(|(i, ..)| *i < judged);
        let enough =
            current.is_some() || misfits.iter().filter(|(i, ..)| *i < self.among).count() >= self.times;
        if let Some((_, sample, (value, threshold))) = recent.filter(|_| enough) {
            return Verdict::Abnormal(Finding {
                severity: self.severity,
                value: *value,
                threshold: *threshold,
                since: sample.at.plus_ms(-HOUR_MS),
            });
        }
        if newest.len() < judged { Verdict::Unknown } else { Verdict::Normal(first.value) }
    }
}
