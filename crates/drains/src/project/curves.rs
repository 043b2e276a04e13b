//! 曲线、序列、模式 as the file gives them.

use super::{CurveKind, PatternKind};
use crate::curve::Curve;

/// A curve with its kind.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "fields are SWMM's columns")]
pub struct NamedCurve {
    pub name: String,
    pub line: usize,
    pub kind: CurveKind,
    pub curve: Curve,
}

/// 时间序列: dates before 1 (no date given) count from the start of the run.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "fields are SWMM's columns")]
pub struct Series {
    pub name: String,
    pub line: usize,
    pub curve: Curve,
}

/// 时间模式.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "fields are SWMM's columns")]
pub struct Pattern {
    pub name: String,
    pub kind: PatternKind,
    pub factors: Vec<f64>,
}

impl Pattern {
    /// The factor at a month (0–11), weekday (0 Sunday) and hour.
    #[must_use]
    pub fn factor(&self, month: usize, weekday: usize, hour: usize) -> f64 {
        let i = match self.kind {
            PatternKind::Monthly => month,
            PatternKind::Daily => weekday,
            PatternKind::Hourly => hour,
            PatternKind::Weekend if weekday == 0 || weekday == 6 => hour,
            PatternKind::Weekend => return 1.0,
        };
        self.factors.get(i).copied().unwrap_or(1.0)
    }
}
