//! 解码行: the shape that the lines of `zhizhen decode` have in every protocol: `protocol`, `station`,
//! `function`, `sent_at`, `readings` (`id`, `element`, `value`, `unit`, `quality`, `observed_at`) and
//! `problems`; what a protocol says besides stands between them.

use crate::fault::Fault;
use field::sample::Quality;
use field::time::Time;
use serde::Serialize;
use serde_json::{Value, json};

/// A reading as a line shows it.
#[derive(Serialize)]
pub(crate) struct ReadingView<'a> {
    id: &'a str,
    element: &'static str,
    value: Option<f64>,
    unit: &'static str,
    quality: Quality,
    observed_at: Option<Time>,
}

impl<'a> ReadingView<'a> {
    /// Of a protocol without a mark of quality of its own.
    pub(crate) const fn of(
        id: &'a str,
        element: &'static str,
        value: Option<f64>,
        unit: &'static str,
        observed_at: Option<Time>,
    ) -> Self {
        Self { id, element, value, unit, quality: plain_quality(value.is_some()), observed_at }
    }
}

/// Where a protocol has no mark of quality of its own, a value is good and none is missing.
pub(crate) const fn plain_quality(has_value: bool) -> Quality {
    if has_value { Quality::Good } else { Quality::Missing }
}

/// The line of what could not be read.
pub(crate) fn unread(
    protocol: &str,
    station: Option<&str>,
    function: Option<&str>,
    faults: &[Fault],
) -> Value {
    json!({ "protocol": protocol, "station": station, "function": function, "sent_at": null, "readings": [],
        "problems": crate::fault::lines(faults) })
}
