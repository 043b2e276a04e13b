//! 监视计划: which rule watches which point of which station, read from the registry's settings.

use crate::form::BadParams;
use crate::rules::{Rule, RuleKind};
use field::id::{PointId, RuleId, StationCode};
use field::rule::RuleSetting;
use field::station::{Point, Station};
use field::time::SECOND_MS;
use std::sync::Arc;

/// One rule at work.
#[derive(Clone, Debug)]
pub struct Watched {
    /// Its id.
    pub rule: RuleId,
    /// Its kind.
    pub kind: &'static RuleKind,
    /// The rule with its parameters.
    pub logic: Arc<dyn Rule>,
    /// The point it watches.
    pub point: PointId,
    /// Least plausible value of the point.
    pub min: f64,
    /// Greatest plausible value of the point.
    pub max: f64,
    /// The point's station.
    pub station: StationCode,
    /// The station's longest normal time between two reports.
    pub interval_ms: i64,
}

/// A setting that cannot be watched.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Unwatchable {
    /// No rule of that kind in this program.
    #[error("rule {rule}: there is no kind of rule called `{kind}`")]
    UnknownKind {
        /// Which rule.
        rule: RuleId,
        /// The kind asked for.
        kind: String,
    },
    /// Its parameters do not fit.
    #[error("rule {rule}: {source}")]
    BadParams {
        /// Which rule.
        rule: RuleId,
        /// What does not fit.
        source: BadParams,
    },
}

impl Watched {
    /// Reads a setting.
    ///
    /// # Errors
    /// [`Unwatchable`] when the kind is unknown or the parameters do not fit.
    pub fn read(setting: &RuleSetting, point: &Point, station: &Station) -> Result<Self, Unwatchable> {
        let rule = setting.id;
        let kind = RuleKind::of(&setting.kind)
            .ok_or_else(|| Unwatchable::UnknownKind { rule, kind: setting.kind.clone() })?;
        let logic = kind.rule(&setting.params).map_err(|source| Unwatchable::BadParams { rule, source })?;
        Ok(Self {
            rule,
            kind,
            logic,
            point: point.id,
            min: point.min,
            max: point.max,
            station: station.code.clone(),
            interval_ms: i64::from(station.report_interval_s) * SECOND_MS,
        })
    }
}
