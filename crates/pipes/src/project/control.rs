//! 控制与规则 as the file gives them.

use super::InitialStatus;
use serde::{Deserialize, Serialize};

/// What a simple control waits for.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum Trigger {
    /// A node's level or pressure falls to this.
    Below {
        /// Node index.
        node: usize,
        /// Level (tank) or pressure (junction).
        value: f64,
    },
    /// A node's level or pressure rises to this.
    Above {
        /// Node index.
        node: usize,
        /// Level (tank) or pressure (junction).
        value: f64,
    },
    /// So many seconds after the start.
    Time(i64),
    /// At this second of the day.
    ClockTime(i64),
}

/// A simple control (简单控制).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Control {
    /// Link index.
    pub link: usize,
    /// Status it brings.
    pub status: InitialStatus,
    /// Setting it brings.
    pub setting: Option<f64>,
    /// What it waits for.
    pub trigger: Trigger,
    /// Whether it is in force.
    pub enabled: bool,
}

/// What a rule's premise looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Subject {
    /// A node by index.
    Node(usize),
    /// A link by index.
    Link(usize),
    /// The whole system.
    System,
}

/// A quantity of a premise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names are the file's words")]
pub enum Variable {
    Demand,
    Head,
    Grade,
    Level,
    Pressure,
    Flow,
    Status,
    Setting,
    Power,
    Time,
    ClockTime,
    FillTime,
    DrainTime,
}

/// A relation of a premise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Relation {
    Equal,
    NotEqual,
    LessOrEqual,
    GreaterOrEqual,
    Less,
    Greater,
}

/// What a premise compares with.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum RuleValue {
    /// A figure, file units (seconds for times).
    Number(f64),
    /// A status.
    Status(InitialStatus),
}

/// One premise of a rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Premise {
    /// Joined by OR (else AND).
    pub or: bool,
    /// What it looks at.
    pub subject: Subject,
    /// Which quantity.
    pub variable: Variable,
    /// Relation.
    pub relation: Relation,
    /// With what.
    pub value: RuleValue,
}

/// One action of a rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Action {
    /// Link index.
    pub link: usize,
    /// Status or setting, file units.
    pub value: RuleValue,
}

/// A rule (规则控制; EPANET manual, Appendix C `[RULES]`).
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Rule {
    /// Name.
    pub name: String,
    /// Premises.
    pub premises: Vec<Premise>,
    /// What is done when they hold.
    pub then: Vec<Action>,
    /// What is done when they do not.
    pub otherwise: Vec<Action>,
    /// Priority.
    pub priority: f64,
    /// Whether it is out of force.
    pub disabled: bool,
}
