//! 预警等级: the country's four warning levels, blue to red (Ⅳ to Ⅰ).

use serde::{Deserialize, Serialize};

/// How bad it is. Ordered: `Blue < Yellow < Orange < Red`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// 蓝 Ⅳ.
    Blue,
    /// 黄 Ⅲ.
    Yellow,
    /// 橙 Ⅱ.
    Orange,
    /// 红 Ⅰ.
    Red,
}

impl Severity {
    /// All four, mildest first.
    pub const ALL: [Self; 4] = [Self::Blue, Self::Yellow, Self::Orange, Self::Red];

    /// The name used in the API and in stored records.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Blue => "blue",
            Self::Yellow => "yellow",
            Self::Orange => "orange",
            Self::Red => "red",
        }
    }
}

/// One optional threshold per severity, in the quantity's own unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Thresholds {
    /// 蓝 Ⅳ.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blue: Option<f64>,
    /// 黄 Ⅲ.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub yellow: Option<f64>,
    /// 橙 Ⅱ.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub orange: Option<f64>,
    /// 红 Ⅰ.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub red: Option<f64>,
}

impl Thresholds {
    /// The threshold of one severity.
    #[must_use]
    pub const fn get(&self, severity: Severity) -> Option<f64> {
        match severity {
            Severity::Blue => self.blue,
            Severity::Yellow => self.yellow,
            Severity::Orange => self.orange,
            Severity::Red => self.red,
        }
    }

    /// The worst severity whose threshold `value` reaches (at or above), with that threshold.
    #[must_use]
    pub fn reached(&self, value: f64) -> Option<(Severity, f64)> {
        Severity::ALL.into_iter().rev().find_map(|s| self.get(s).filter(|t| value >= *t).map(|t| (s, t)))
    }

    /// The worst severity whose threshold `value` reaches from above (at or below): low alarms.
    #[must_use]
    pub fn reached_below(&self, value: f64) -> Option<(Severity, f64)> {
        Severity::ALL.into_iter().rev().find_map(|s| self.get(s).filter(|t| value <= *t).map(|t| (s, t)))
    }
}
