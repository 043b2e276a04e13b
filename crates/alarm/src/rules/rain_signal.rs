//! 暴雨预警信号 at one gauge.
//!
//! **What it watches.** The country's four rainstorm signals (CMA 《气象灾害预警信号发布与传播办法》;
//! handbook §3.5): 蓝 12 h ≥ 50 mm · 黄 6 h ≥ 50 mm · 橙 3 h ≥ 50 mm · 红 3 h ≥ 100 mm, by what has
//! fallen already. One rule, so that a gauge has one alarm that worsens.
//!
//! **Why.** The city's flood response (防汛响应 Ⅳ–Ⅰ) follows these colours; the dispatcher sees
//! which gauge carries the signal.
//!
//! **Example.** 上溪, 2021-06-30: 51.1 mm within three hours raises orange. When the rain stops the
//! three-hour sum falls away first: orange becomes yellow, then blue, then ends.
//!
//! Sums are of whole periods by their end label, late values included, and exact to 0.01 mm. A
//! severity ends when its sum is more than `hysteresis_mm` below its threshold.

use super::rain::{hundredths, mm};
use super::{Finding, Rule, RuleKind, Trigger, Verdict};
use crate::form::{Field, FieldKind};
use crate::window::Window;
use field::severity::Severity;
use field::station::Quantity;
use field::time::{HOUR_MS, Time};
use std::sync::Arc;

const fn threshold(name: &'static str, default: f64) -> Field {
    Field { name, unit: "mm", kind: FieldKind::Number { min: 1.0, max: 1_000.0, default } }
}

const FIELDS: &[Field] = &[
    threshold("blue_12h_mm", 50.0),
    threshold("yellow_6h_mm", 50.0),
    threshold("orange_3h_mm", 50.0),
    threshold("red_3h_mm", 100.0),
    Field {
        name: "hysteresis_mm",
        unit: "mm",
        kind: FieldKind::Number { min: 0.0, max: 50.0, default: 2.0 },
    },
];

pub(super) const KIND: RuleKind = RuleKind {
    code: "rain_signal",
    quantities: &[Quantity::Rain],
    fields: FIELDS,
    trigger: Trigger::Sample,
    build: |form| {
        let signal = |severity, hours: i64, name| Signal {
            severity,
            window_ms: hours * HOUR_MS,
            threshold: hundredths(form.number(name)),
        };
        Arc::new(RainSignal {
            worst_first: [
                signal(Severity::Red, 3, "red_3h_mm"),
                signal(Severity::Orange, 3, "orange_3h_mm"),
                signal(Severity::Yellow, 6, "yellow_6h_mm"),
                signal(Severity::Blue, 12, "blue_12h_mm"),
            ],
            hysteresis: hundredths(form.number("hysteresis_mm")),
        })
    },
};

#[derive(Debug)]
struct Signal {
    severity: Severity,
    window_ms: i64,
    /// Hundredths of a millimetre.
    threshold: i64,
}

#[derive(Debug)]
struct RainSignal {
    worst_first: [Signal; 4],
    /// Hundredths of a millimetre.
    hysteresis: i64,
}

impl Rule for RainSignal {
    fn looks_back_ms(&self) -> i64 {
        self.worst_first.iter().map(|s| s.window_ms).max().unwrap_or_default()
    }

    fn judge(&self, window: &Window<'_>, at: Time, current: Option<Severity>) -> Verdict {
        let Some((time, _)) = window.usable(at) else { return Verdict::Unknown };
        let mut sums = [0_i64; 4];
        for (end, fall) in super::rain::falls(window, time.plus_ms(-self.looks_back_ms())) {
            for (sum, signal) in sums.iter_mut().zip(&self.worst_first) {
                if time.since_ms(end) < signal.window_ms {
                    *sum += fall;
                }
            }
        }
        let holding = self.worst_first.iter().zip(sums).find(|(signal, sum)| {
            let kept = current.is_some_and(|current| signal.severity <= current);
            *sum > 0 && *sum >= signal.threshold - if kept { self.hysteresis } else { 0 }
        });
        match holding {
            Some((signal, sum)) => Verdict::Abnormal(Finding {
                severity: signal.severity,
                value: mm(sum),
                threshold: mm(signal.threshold),
                since: time.plus_ms(1 - signal.window_ms),
            }),
            None => Verdict::Normal(sums.last().map(|sum| mm(*sum))),
        }
    }
}
