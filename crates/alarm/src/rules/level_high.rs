//! 超限 (高).
//!
//! **What it watches.** A level or depth at or above up to four thresholds 蓝黄橙红. A severity
//! begins when the value has held at or above its threshold for `delay_s`, and ends when the value
//! is more than `hysteresis` below it.
//!
//! **Why.** Water on a road or at the bank is the reason the whole platform exists; the hysteresis
//! keeps waves and pump strokes from calling people again and again.
//!
//! **Example.** Depth on a road, `{"thresholds":{"blue":0.15,"yellow":0.27,"orange":0.40,"red":0.50},
//! "hysteresis":0.03,"delay_s":0}`: 0.28 m raises yellow; 0.25 m keeps it; 0.23 m leaves blue.
//!
//! Suspect and missing values are never judged. Judged at the newest observed time: a late old
//! sample does not raise on old water.

use super::level::{Grades, LevelRule};
use super::{RuleKind, Trigger};
use crate::form::{Field, FieldKind};
use field::station::Quantity;
use field::time::SECOND_MS;
use std::sync::Arc;

const FIELDS: &[Field] = &[
    // Elevations of Yiwu reach 925 m; 9,000 m is above any ground in the country.
    Field {
        name: "thresholds",
        unit: "point",
        kind: FieldKind::Thresholds { min: -500.0, max: 9_000.0, rising: true },
    },
    Field {
        name: "hysteresis",
        unit: "point",
        kind: FieldKind::Number { min: 0.0, max: 100.0, default: 0.03 },
    },
    Field { name: "delay_s", unit: "s", kind: FieldKind::Number { min: 0.0, max: 7_200.0, default: 0.0 } },
];

pub(super) const KIND: RuleKind = RuleKind {
    code: "level_high",
    quantities: &[Quantity::Level, Quantity::Depth, Quantity::Flow, Quantity::Voltage],
    fields: FIELDS,
    trigger: Trigger::Sample,
    build: |form| {
        Arc::new(LevelRule {
            grades: Grades {
                thresholds: form.thresholds("thresholds"),
                hysteresis: form.number("hysteresis"),
                rising: true,
            },
            delay_ms: form.span_ms("delay_s", SECOND_MS),
        })
    },
};
