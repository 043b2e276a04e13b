//! 累计雨量.
//!
//! **What it watches.** The rain fallen in the last 1, 3, 6, 12 or 24 hours, or since 08:00 (水文日,
//! the hydrological day), against thresholds 蓝黄橙红.
//!
//! **Why.** Local rules speak of other sums than the national signals: an underpass closes at 30 mm
//! in an hour, a flood report is due at 50 mm in the hydrological day.
//!
//! **Example.** `{"window":"1h","thresholds":{"yellow":20,"orange":30,"red":50}}`: 31.5 mm within
//! an hour raises orange.
//!
//! Sums are of whole periods by their end label (the one that ends at 08:00 belongs to the day
//! before), late values included, and exact to 0.01 mm.

use super::rain::{falls, mm};
use super::{Finding, Rule, RuleKind, Trigger, Verdict};
use crate::form::{Field, FieldKind};
use crate::window::Window;
use field::severity::Severity;
use field::station::Quantity;
use field::time::{DAY_MS, HOUR_MS, Time};
use std::sync::Arc;

const FIELDS: &[Field] = &[
    Field {
        name: "window",
        unit: "",
        kind: FieldKind::Choice { of: &["1h", "3h", "6h", "12h", "24h", "day"], default: "1h" },
    },
    Field {
        name: "thresholds",
        unit: "mm",
        kind: FieldKind::Thresholds { min: 0.1, max: 2_000.0, rising: true },
    },
    Field {
        name: "hysteresis_mm",
        unit: "mm",
        kind: FieldKind::Number { min: 0.0, max: 50.0, default: 2.0 },
    },
];

pub(super) const KIND: RuleKind = RuleKind {
    code: "rain_sum",
    quantities: &[Quantity::Rain],
    fields: FIELDS,
    trigger: Trigger::Sample,
    build: |form| {
        Arc::new(RainSum {
            span: match form.choice("window") {
                "3h" => Span::Hours(3),
                "6h" => Span::Hours(6),
                "12h" => Span::Hours(12),
                "24h" => Span::Hours(24),
                "day" => Span::HydrologicalDay,
                _ => Span::Hours(1),
            },
            grades: super::level::Grades {
                thresholds: form.thresholds("thresholds"),
                hysteresis: form.number("hysteresis_mm"),
                rising: true,
            },
        })
    },
};

#[derive(Debug, Clone, Copy)]
enum Span {
    Hours(i64),
    HydrologicalDay,
}

#[derive(Debug)]
struct RainSum {
    span: Span,
    grades: super::level::Grades,
}

impl RainSum {
    /// Periods that ended after this belong to the sum at `time`.
    fn begin(&self, time: Time) -> Time {
        match self.span {
            Span::Hours(hours) => time.plus_ms(-hours * HOUR_MS),
            Span::HydrologicalDay => time.hydrological_day_of_period_end(),
        }
    }
}

impl Rule for RainSum {
    fn looks_back_ms(&self) -> i64 {
        match self.span {
            Span::Hours(hours) => hours * HOUR_MS,
            Span::HydrologicalDay => DAY_MS,
        }
    }

    fn judge(&self, window: &Window<'_>, at: Time, current: Option<Severity>) -> Verdict {
        let Some((time, _)) = window.usable(at) else { return Verdict::Unknown };
        let begin = self.begin(time);
        let sum = mm(falls(window, begin).map(|(_, fall)| fall).sum());
        match self.grades.grade(sum, current, |_| true) {
            Some((severity, threshold)) if sum > 0.0 => {
                Verdict::Abnormal(Finding { severity, value: sum, threshold, since: begin.plus_ms(1) })
            }
            _ => Verdict::Normal(Some(sum)),
        }
    }
}
