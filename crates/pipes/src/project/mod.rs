//! The project as its file says it (工程): plain types in the file's own units, nothing computed.
//! Any value may stand here; [`crate::Model::new`] is what judges it.

mod control;
mod link;
mod node;
mod options;

use serde::{Deserialize, Serialize};

pub use control::{Action, Control, Premise, Relation, Rule, RuleValue, Subject, Trigger, Variable};
pub use link::{InitialStatus, Link, LinkKind, Pipe, Pump, Valve, ValveKind};
pub use node::{Demand, Mixing, Node, NodeKind, Source, SourceKind, Tank};
pub use options::{FlowUnits, Formula, Options, PressureUnits, QualityKind, Statistic, Times, Unbalanced};

/// A time pattern (时变模式).
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Pattern {
    /// Name.
    pub name: String,
    /// Multipliers, one a period.
    pub factors: Vec<f64>,
}

/// A curve (曲线).
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Curve {
    /// Name.
    pub name: String,
    /// Points, x rising.
    pub points: Vec<(f64, f64)>,
}

/// The project (工程).
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Project {
    /// Title lines.
    pub title: Vec<String>,
    /// Nodes: junctions first, then reservoirs and tanks in the file's order.
    pub nodes: Vec<Node>,
    /// Links in the file's order.
    pub links: Vec<Link>,
    /// Patterns.
    pub patterns: Vec<Pattern>,
    /// Curves.
    pub curves: Vec<Curve>,
    /// Simple controls.
    pub controls: Vec<Control>,
    /// Rules.
    pub rules: Vec<Rule>,
    /// Times.
    pub times: Times,
    /// Options.
    pub options: Options,
    /// `[REPORT]`, line by line.
    pub report: Vec<String>,
    /// Sections no computation uses (`[LABELS]`, `[BACKDROP]`): name and lines as they stand.
    pub drawing: Vec<(String, Vec<String>)>,
}

impl Project {
    /// Index of the node of this name.
    #[must_use]
    pub fn node(&self, name: &str) -> Option<usize> {
        self.nodes.iter().position(|n| n.name == name)
    }

    /// Index of the link of this name.
    #[must_use]
    pub fn link(&self, name: &str) -> Option<usize> {
        self.links.iter().position(|l| l.name == name)
    }
}
