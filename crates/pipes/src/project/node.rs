//! 节点: junctions, reservoirs and tanks as the file gives them.

use serde::{Deserialize, Serialize};

/// One category of demand (用水分类).
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Demand {
    /// Base demand, flow units.
    pub base: f64,
    /// Index of its pattern; `None` is the default pattern.
    pub pattern: Option<usize>,
    /// Name of the category.
    pub category: String,
}

/// Kind of quality source (EPANET manual, §3.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum SourceKind {
    /// Concentration of external inflow.
    Concentration,
    /// Mass added per minute.
    Mass,
    /// Concentration leaving is raised to this.
    Setpoint,
    /// Concentration added to what passes.
    FlowPaced,
}

/// A quality source (水质源).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Source {
    /// Kind.
    pub kind: SourceKind,
    /// Strength, mass/L or mass/min.
    pub strength: f64,
    /// Index of its pattern.
    pub pattern: Option<usize>,
}

/// How a tank mixes (水池混合模型).
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub enum Mixing {
    /// Completely mixed.
    #[default]
    Complete,
    /// Two compartments; the first's share of the full volume.
    TwoCompartments(f64),
    /// First in, first out.
    Fifo,
    /// Last in, first out.
    Lifo,
}

/// A tank's figures (水池).
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Tank {
    /// Level above the bottom at the start, ft or m.
    pub initial_level: f64,
    /// Least level.
    pub minimum_level: f64,
    /// Greatest level.
    pub maximum_level: f64,
    /// Diameter, ft or m.
    pub diameter: f64,
    /// Volume at the least level, ft³ or m³; 0 takes the cylinder's.
    pub minimum_volume: f64,
    /// Index of its volume curve.
    pub volume_curve: Option<usize>,
    /// Whether it may overflow.
    pub overflow: bool,
    /// Mixing model.
    pub mixing: Mixing,
    /// Bulk reaction coefficient, per day; `None` takes the global one.
    pub bulk: Option<f64>,
}

/// What a node is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum NodeKind {
    /// 节点: demands and an emitter's coefficient (flow units at 1 psi or 1 m; 0 is none).
    Junction {
        /// Demand categories.
        demands: Vec<Demand>,
        /// Emitter coefficient.
        emitter: f64,
    },
    /// 水源: a fixed head, with an optional pattern.
    Reservoir {
        /// Index of the head's pattern.
        pattern: Option<usize>,
    },
    /// 水池.
    Tank(Tank),
}

/// A node (节点).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Node {
    /// Name, in any script.
    pub name: String,
    /// Elevation (a reservoir's head), ft or m.
    pub elevation: f64,
    /// What it is.
    pub kind: NodeKind,
    /// Quality at the start.
    pub initial_quality: f64,
    /// Quality source.
    pub source: Option<Source>,
    /// Place on the map as the file gives it.
    pub place: Option<(f64, f64)>,
    /// Tag.
    pub tag: String,
    /// Comment after the semicolon.
    pub comment: String,
    /// Line of the file it stands in; 0 when made in memory.
    pub line: usize,
}
