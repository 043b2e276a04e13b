//! 节点 as the file gives them, and what flows into them.

use super::Index;

/// 出流口边界.
#[derive(Debug, Clone, Copy, PartialEq)]
#[expect(missing_docs, reason = "the names are SWMM's keywords")]
pub enum Boundary {
    Free,
    Normal,
    Fixed(f64),
    Tidal(Index),
    Series(Index),
}

/// 调蓄形状: area by depth.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum StorageShape {
    /// A curve.
    Tabular(Index),
    /// a0 + a1·d^a2.
    Functional {
        /// Constant.
        a0: f64,
        /// Coefficient.
        a1: f64,
        /// Exponent.
        a2: f64,
    },
    /// a0 + a1·d + a2·d², of a cylinder (exactly a0), cone, paraboloid (exactly a1·d) or pyramid.
    Solid {
        /// Constant.
        a0: f64,
        /// Linear.
        a1: f64,
        /// Square.
        a2: f64,
    },
}

/// 分流规则.
#[derive(Debug, Clone, Copy, PartialEq)]
#[expect(missing_docs, reason = "the names are SWMM's keywords")]
pub enum DividerRule {
    Cutoff(f64),
    Overflow,
    Tabular(Index),
    Weir { q_min: f64, height: f64, coefficient: f64 },
}

/// 节点类别.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "fields are SWMM's columns")]
pub enum NodeKind {
    Junction,
    Outfall { boundary: Boundary, gated: bool, route_to: Option<Index> },
    Storage { shape: StorageShape, evaporation: f64, seepage: Option<[f64; 3]> },
    Divider { link: Option<Index>, rule: DividerRule },
}

/// 节点.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "fields are SWMM's columns")]
pub struct Node {
    pub name: String,
    pub line: usize,
    pub invert: f64,
    pub max_depth: f64,
    pub initial_depth: f64,
    pub surcharge_depth: f64,
    pub ponded_area: f64,
    pub kind: NodeKind,
    pub position: Option<(f64, f64)>,
}

/// 直接入流 (flow).
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "fields are SWMM's columns")]
pub struct Inflow {
    pub node: Index,
    pub series: Option<Index>,
    pub scale: f64,
    pub baseline: f64,
    pub pattern: Option<Index>,
}

/// 旱季流量 (flow).
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "fields are SWMM's columns")]
pub struct DryWeather {
    pub node: Index,
    pub average: f64,
    pub patterns: Vec<Index>,
}
