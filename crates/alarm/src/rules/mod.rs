//! 报警规则: one file a rule, in one slice.
//!
//! A rule is a pure function over a window: no IO, no clock, no dice. It says whether the condition
//! holds *at the newest observed time*, given how bad it was before (for hysteresis). Judging the
//! same window twice gives the same answer the second time (tested for every rule), so a desk that
//! restarts anywhere neither loses nor repeats a transition.
//!
//! To add a rule: write its file, add its line to [`RULES`].

mod jump;
mod level;
mod level_high;
mod level_low;
mod model_gap;
mod rain;
mod rain_signal;
mod rain_sum;
mod rate_of_rise;
mod silent;
mod stuck;

use crate::form::{BadParams, Field, Form};
use crate::window::Window;
use field::severity::Severity;
use field::station::Quantity;
use field::time::Time;
use serde_json::{Value, json};
use std::sync::Arc;

/// What a rule found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Verdict {
    /// The condition does not hold; with the figure that was judged, where there is one.
    Normal(Option<f64>),
    /// The condition holds.
    Abnormal(Finding),
    /// The window does not say: nothing changes.
    Unknown,
}

/// A condition that holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// The figure that was judged.
    pub value: f64,
    /// The threshold it reached, in the same unit.
    pub threshold: f64,
    /// The samples from here on are the proof.
    pub since: Time,
}

/// A rule with its parameters read.
pub trait Rule: Send + Sync + std::fmt::Debug {
    /// How far behind the newest sample it looks, in milliseconds.
    fn looks_back_ms(&self) -> i64;

    /// Judges the window at `at`: the window's newest observed time (a whole minute for
    /// [`Trigger::Silence`]). `current` is how bad it was found before.
    fn judge(&self, window: &Window<'_>, at: Time, current: Option<Severity>) -> Verdict;

    /// For [`Trigger::Silence`]: the whole minute at which the verdict turns abnormal if the station
    /// says nothing more from `since` on.
    fn due(&self, _since: Time, _interval_ms: i64) -> Option<Time> {
        None
    }
}

/// When a rule is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trigger {
    /// When a sample of its point comes in.
    Sample,
    /// When a packet of its station comes in, and at the whole minute when none came for too long.
    Silence,
}

/// Reads a rule's parameters.
type Build = for<'a> fn(&Form<'a>) -> Arc<dyn Rule>;

/// A kind of rule.
#[derive(Debug)]
pub struct RuleKind {
    /// Its name in stored settings, in the API and in alarms.
    pub code: &'static str,
    /// The quantities it makes sense for; empty: every one.
    pub quantities: &'static [Quantity],
    /// Its parameters.
    pub fields: &'static [Field],
    /// When it is judged.
    pub trigger: Trigger,
    build: Build,
}

/// Every kind of rule.
pub const RULES: &[RuleKind] = &[
    level_high::KIND,
    level_low::KIND,
    rate_of_rise::KIND,
    rain_signal::KIND,
    rain_sum::KIND,
    silent::KIND,
    stuck::KIND,
    jump::KIND,
    model_gap::KIND,
];

impl RuleKind {
    /// The kind with that name.
    #[must_use]
    pub fn of(code: &str) -> Option<&'static Self> {
        RULES.iter().find(|kind| kind.code == code)
    }

    /// Checks parameters.
    ///
    /// # Errors
    /// [`BadParams`] naming the first parameter that does not fit.
    pub fn check_params(&self, params: &Value) -> Result<(), BadParams> {
        Form::read(self.code, self.fields, params).map(|_| ())
    }

    /// The rule with these parameters.
    ///
    /// # Errors
    /// [`BadParams`] naming the first parameter that does not fit.
    pub fn rule(&self, params: &Value) -> Result<Arc<dyn Rule>, BadParams> {
        Ok((self.build)(&Form::read(self.code, self.fields, params)?))
    }

    /// The kind as data for a settings form.
    #[must_use]
    pub fn describe(&self) -> Value {
        let quantities: Vec<&str> = self.quantities.iter().map(|q| q.code()).collect();
        let params: Vec<Value> = self.fields.iter().map(Field::describe).collect();
        json!({ "code": self.code, "quantities": quantities, "params": params })
    }
}

/// Every kind of rule as data for the settings form: code, quantities, and params with name, kind,
/// unit, min, max and default.
#[must_use]
pub fn rule_kinds() -> Vec<Value> {
    RULES.iter().map(RuleKind::describe).collect()
}

/// Room for the binary fractions of decimal figures: `0.30 - 0.03` is not quite `0.27`.
const EPSILON: f64 = 1e-9;
