//! 报告: which objects are reported.

use super::Index;

/// Which objects are reported.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "the names are SWMM's keywords")]
pub enum Selection {
    #[default]
    None,
    All,
    Some(Vec<Index>),
}

impl Selection {
    /// True when the object at this position is reported.
    #[must_use]
    pub fn has(&self, index: Index) -> bool {
        match self {
            Self::None => false,
            Self::All => true,
            Self::Some(list) => list.contains(&index),
        }
    }
}

/// `[REPORT]`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "fields are SWMM's keywords")]
#[expect(clippy::struct_excessive_bools, reason = "SWMM's switches")]
pub struct Report {
    pub subcatchments: Selection,
    pub nodes: Selection,
    pub links: Selection,
    pub averages: bool,
    pub controls: bool,
    pub disabled: bool,
    pub input: bool,
    pub continuity: bool,
    pub flow_stats: bool,
}

impl Default for Report {
    fn default() -> Self {
        Self {
            subcatchments: Selection::None,
            nodes: Selection::None,
            links: Selection::None,
            averages: false,
            controls: false,
            disabled: false,
            input: false,
            continuity: true,
            flow_stats: true,
        }
    }
}
