//! Rules and their replay.

use super::station::etag;
use super::words::{self, Stamp};
use field::alarm::AlarmState;
use field::rule::RuleSetting;
use field::severity::Severity;
use field::time::Time;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

/// A rule's settings.
#[derive(Serialize, ToSchema)]
pub(crate) struct RuleView {
    pub(crate) id: i64,
    pub(crate) point: i64,
    pub(crate) kind: String,
    #[schema(value_type = Object)]
    pub(crate) params: Value,
    pub(crate) enabled: bool,
    /// For `If-Match`.
    pub(crate) etag: String,
}

/// Every kind of rule with its parameters, as its settings form needs them.
#[derive(Serialize, ToSchema)]
pub(crate) struct RuleKinds {
    #[schema(value_type = Vec<Object>)]
    pub(crate) items: Vec<Value>,
}

/// What an editor sends back.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RuleEdit {
    #[schema(value_type = Object)]
    pub(crate) params: Value,
    pub(crate) enabled: bool,
}

/// Over which time a rule is replayed, and with which parameters.
#[derive(Deserialize, ToSchema)]
pub(crate) struct ReplayAsk {
    pub(crate) from: Stamp,
    pub(crate) to: Stamp,
    /// Others than the stored ones, to try them out.
    #[schema(value_type = Option<Object>)]
    pub(crate) params: Option<Value>,
}

/// 状态变化: one change that a replayed rule would have made.
#[derive(Clone, Debug, PartialEq)]
pub struct Transition {
    /// When.
    pub at: Time,
    /// From which state; `None` at the raising.
    pub from: Option<AlarmState>,
    /// To which state.
    pub to: AlarmState,
    /// How bad.
    pub severity: Severity,
    /// The figure judged, where one was.
    pub value: Option<f64>,
}

/// One change of a replay.
#[derive(Serialize, ToSchema)]
pub(crate) struct TransitionView {
    pub(crate) at: Stamp,
    /// `null` at the raising.
    #[schema(value_type = Option<words::AlarmState>)]
    pub(crate) from: Option<AlarmState>,
    #[schema(value_type = words::AlarmState)]
    pub(crate) to: AlarmState,
    #[schema(value_type = words::Severity)]
    pub(crate) severity: Severity,
    pub(crate) value: Option<f64>,
}

/// What a rule would have done.
#[derive(Serialize, ToSchema)]
pub(crate) struct ReplayView {
    pub(crate) transitions: Vec<TransitionView>,
}

/// Which rules.
#[derive(Deserialize, IntoParams)]
pub(crate) struct RuleAsk {
    /// A station's code; every station's rules when left out.
    pub(crate) station: Option<String>,
}

impl From<&RuleSetting> for RuleView {
    fn from(r: &RuleSetting) -> Self {
        Self {
            id: r.id.0,
            point: r.point.0,
            kind: r.kind.clone(),
            params: r.params.clone(),
            enabled: r.enabled,
            etag: etag(r),
        }
    }
}

impl From<Transition> for TransitionView {
    fn from(t: Transition) -> Self {
        Self { at: t.at.into(), from: t.from, to: t.to, severity: t.severity, value: t.value }
    }
}
