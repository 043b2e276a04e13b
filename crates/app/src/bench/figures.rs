//! What a benchmark found: figures, and how they stand against their targets.

use serde::Serialize;
use serde_json::Value;
use std::time::Duration;

/// One target with what was measured.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Target {
    /// What.
    what: &'static str,
    /// Which side of the limit is good.
    side: Side,
    /// The limit.
    limit: f64,
    /// What was measured.
    measured: f64,
    /// Of both.
    unit: &'static str,
    /// Whether it is met.
    met: bool,
}

/// Which side of a limit is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Side {
    AtMost,
    AtLeast,
}

/// What a benchmark found.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Outcome {
    /// Each target.
    pub(crate) targets: Vec<Target>,
    /// Everything that was measured.
    pub(crate) figures: Value,
}

impl Target {
    /// `measured` shall be at most `limit`.
    pub(crate) fn at_most(what: &'static str, limit: f64, measured: f64, unit: &'static str) -> Self {
        Self { what, side: Side::AtMost, limit, measured, unit, met: measured <= limit }
    }

    /// `measured` shall be at least `limit`.
    pub(crate) fn at_least(what: &'static str, limit: f64, measured: f64, unit: &'static str) -> Self {
        Self { what, side: Side::AtLeast, limit, measured, unit, met: measured >= limit }
    }

    /// Whether it is met.
    pub(crate) fn is_met(&self) -> bool {
        self.met
    }
}

impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let word = if self.met { "met" } else { "MISSED" };
        let side = if self.side == Side::AtMost { "≤" } else { "≥" };
        let Self { what, limit, measured, unit, .. } = self;
        write!(f, "{word}: {what} {measured:.3} {unit} ({side} {limit} {unit})")
    }
}

/// The `part`th of durations in ms (0.99: the 99th percentile); 0 of nothing.
pub(crate) fn percentile(durations: &mut [Duration], part: f64) -> f64 {
    durations.sort_unstable();
    let place = (durations.len() as f64 * part).ceil() as usize;
    durations.get(place.saturating_sub(1)).map_or(0.0, |took| took.as_secs_f64() * 1_000.0)
}

/// Count, p50, p99 and the longest, ms.
pub(crate) fn spread(durations: &mut [Duration]) -> Value {
    serde_json::json!({
        "count": durations.len(),
        "p50_ms": percentile(durations, 0.50),
        "p99_ms": percentile(durations, 0.99),
        "max_ms": percentile(durations, 1.0),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_99th_of_a_hundred_is_the_one_before_the_longest() {
        let mut all: Vec<Duration> = (1..=100).rev().map(Duration::from_millis).collect();
        assert_eq!((percentile(&mut all, 0.99), percentile(&mut all, 1.0)), (99.0, 100.0));
        assert_eq!(percentile(&mut [], 0.5), 0.0);
    }

    #[test]
    fn a_missed_target_says_so() {
        let target = Target::at_most("memory", 512.0, 600.0, "MiB");
        assert!(!target.is_met() && target.to_string().starts_with("MISSED"), "{target}");
        assert!(Target::at_least("frames", 3_000.0, 3_000.0, "1/s").is_met());
    }
}
