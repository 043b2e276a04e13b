//! 离线: a silent station.
//!
//! **What it watches.** That a station has not been heard for `missed` of its report intervals,
//! counted from its last packet, or from when the platform began to listen if that is later. Raised
//! at the whole minute; ends with the next packet.
//!
//! **Why.** A gauge that says nothing in a storm looks just like a dry one.
//!
//! **Example.** A station that reports every 5 minutes, last heard at 14:02:20, with `missed` 3:
//! raised at 14:18:00 (15 minutes are over at 14:17:20).
//!
//! A platform that was down, or a playback that leapt, does not blame the stations: silence is then
//! counted from its waking. A station never heard is counted from when it was first listened to.

use super::{Finding, Rule, RuleKind, Trigger, Verdict};
use crate::form::{Field, FieldKind};
use crate::window::Window;
use field::severity::Severity;
use field::time::{MINUTE_MS, Time};
use std::sync::Arc;

const FIELDS: &[Field] = &[
    Field { name: "missed", unit: "", kind: FieldKind::Number { min: 1.0, max: 1_000.0, default: 3.0 } },
    Field { name: "severity", unit: "", kind: FieldKind::Severity { default: Severity::Blue } },
];

pub(super) const KIND: RuleKind = RuleKind {
    code: "silent",
    quantities: &[],
    fields: FIELDS,
    trigger: Trigger::Silence,
    build: |form| Arc::new(Silent { missed: form.number("missed"), severity: form.severity("severity") }),
};

#[derive(Debug)]
struct Silent {
    missed: f64,
    severity: Severity,
}

/// The first whole minute at or after `time`.
fn whole_minute(time: Time) -> Time {
    Time::from_ms((time.ms() + MINUTE_MS - 1).div_euclid(MINUTE_MS) * MINUTE_MS)
}

impl Silent {
    fn limit_ms(&self, interval_ms: i64) -> i64 {
        #[expect(clippy::cast_possible_truncation, reason = "at most 1,000 intervals of some days")]
        let limit_ms = (self.missed * interval_ms as f64).ceil() as i64;
        // A station that forgot to say its interval is not silent every minute.
        limit_ms.max(MINUTE_MS)
    }
}

impl Rule for Silent {
    fn looks_back_ms(&self) -> i64 {
        0
    }

    fn due(&self, since: Time, interval_ms: i64) -> Option<Time> {
        Some(whole_minute(since.plus_ms(self.limit_ms(interval_ms))))
    }

    fn judge(&self, window: &Window<'_>, at: Time, current: Option<Severity>) -> Verdict {
        let limit_ms = self.limit_ms(window.interval_ms);
        let minutes = |ms: i64| ms as f64 / MINUTE_MS as f64;
        let unheard_ms = window.heard.map(|heard| at.since_ms(heard));
        if let Some(ms) = unheard_ms.filter(|ms| *ms < limit_ms) {
            return Verdict::Normal(Some(minutes(ms.max(0))));
        }
        match window.since.filter(|since| whole_minute(since.plus_ms(limit_ms)) <= at) {
            Some(since) => Verdict::Abnormal(Finding {
                severity: self.severity,
                value: minutes(at.since_ms(since)),
                threshold: minutes(limit_ms),
                since,
            }),
            // Not heard for long, but the platform has not listened for long either.
            None if current.is_some() => Verdict::Unknown,
            None => Verdict::Normal(None),
        }
    }
}
