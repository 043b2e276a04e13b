//! 报警规则: a rule's settings, as stored. What each kind of rule does lives in `alarm/src/rules/`.

use crate::id::{PointId, RuleId};
use serde::{Deserialize, Serialize};

/// One rule watching one point.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RuleSetting {
    /// Given by the registry; never reused.
    pub id: RuleId,
    /// The point it watches (a silent-station rule watches the station through its headline point).
    pub point: PointId,
    /// Kind of rule, such as `level_high`; one file in `alarm/src/rules/`.
    pub kind: String,
    /// The kind's own parameters; checked by the kind.
    pub params: serde_json::Value,
    /// Whether it is judged.
    pub enabled: bool,
}
