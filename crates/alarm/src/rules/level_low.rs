//! 超限 (低).
//!
//! **What it watches.** A value at or below up to four thresholds; otherwise as `level_high`.
//!
//! **Why.** A forebay that runs dry breaks a pump; a battery below 11 V is the last that is heard
//! of a station.
//!
//! **Example.** Supply voltage, `{"thresholds":{"blue":11.0,"yellow":10.5},"hysteresis":0.3}`:
//! 10.9 V raises blue; 11.2 V keeps it; 11.4 V ends it.

use super::level::{Grades, LevelRule};
use super::{RuleKind, Trigger};
use crate::form::{Field, FieldKind};
use field::station::Quantity;
use field::time::SECOND_MS;
use std::sync::Arc;

const FIELDS: &[Field] = &[
    Field {
        name: "thresholds",
        unit: "point",
        kind: FieldKind::Thresholds { min: -500.0, max: 9_000.0, rising: false },
    },
    Field {
        name: "hysteresis",
        unit: "point",
        kind: FieldKind::Number { min: 0.0, max: 100.0, default: 0.03 },
    },
    Field { name: "delay_s", unit: "s", kind: FieldKind::Number { min: 0.0, max: 7_200.0, default: 0.0 } },
];

pub(super) const KIND: RuleKind = RuleKind {
    code: "level_low",
    quantities: &[Quantity::Level, Quantity::Depth, Quantity::Flow, Quantity::Voltage],
    fields: FIELDS,
    trigger: Trigger::Sample,
    build: |form| {
        Arc::new(LevelRule {
            grades: Grades {
                thresholds: form.thresholds("thresholds"),
                hysteresis: form.number("hysteresis"),
                rising: false,
            },
            delay_ms: form.span_ms("delay_s", SECOND_MS),
        })
    },
};
