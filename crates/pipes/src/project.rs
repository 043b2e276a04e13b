//! The project as its file says it (工程): plain types in the file's own units, nothing computed.
//! Any value may stand here; [`crate::Model::new`] is what judges it.

use serde::{Deserialize, Serialize};

/// Units of flow (流量单位); they decide whether the rest of the file is US or metric
/// (EPANET manual, Appendix A).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names are the units")]
pub enum FlowUnits {
    Cfs,
    #[default]
    Gpm,
    Mgd,
    Imgd,
    Afd,
    Lps,
    Lpm,
    Mld,
    Cmh,
    Cmd,
    Cms,
}

/// Units of pressure (压力单位).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names are the units")]
pub enum PressureUnits {
    Psi,
    Kpa,
    Metres,
    Bar,
    Feet,
}

/// Head loss formula (水头损失公式).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Formula {
    /// Hazen-Williams (海曾-威廉).
    #[default]
    HazenWilliams,
    /// Darcy-Weisbach (达西-魏斯巴赫).
    DarcyWeisbach,
    /// Chezy-Manning (谢才-曼宁).
    ChezyManning,
}

/// What quality analysis is made (水质分析).
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub enum QualityKind {
    /// None.
    #[default]
    None,
    /// A substance: its name and unit.
    Chemical {
        /// Name of the substance.
        name: String,
        /// Unit of mass per litre.
        unit: String,
    },
    /// Age of water, h (水龄).
    Age,
    /// Share of water from one node, % (来源追踪).
    Trace {
        /// Node index.
        node: usize,
    },
}

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

/// Whether a link is open at the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum InitialStatus {
    /// Open.
    #[default]
    Open,
    /// Closed.
    Closed,
    /// A valve that obeys its setting.
    Active,
}

/// Kinds of valve (阀门).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ValveKind {
    /// Pressure reducing (减压阀).
    Prv,
    /// Pressure sustaining (持压阀).
    Psv,
    /// Pressure breaker.
    Pbv,
    /// Flow control (流量控制阀).
    Fcv,
    /// Throttle (节流阀).
    Tcv,
    /// General purpose, by a head loss curve.
    Gpv,
    /// Positional control, by its opening in percent.
    Pcv,
}

impl ValveKind {
    /// The file's word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Prv => "PRV",
            Self::Psv => "PSV",
            Self::Pbv => "PBV",
            Self::Fcv => "FCV",
            Self::Tcv => "TCV",
            Self::Gpv => "GPV",
            Self::Pcv => "PCV",
        }
    }
}

/// A pipe's figures (管段).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pipe {
    /// Length, ft or m.
    pub length: f64,
    /// Diameter, in or mm.
    pub diameter: f64,
    /// Roughness: H-W C, D-W 10⁻³ ft or mm, C-M n.
    pub roughness: f64,
    /// Minor loss coefficient.
    pub minor_loss: f64,
    /// Whether it has a check valve (止回阀).
    pub check_valve: bool,
    /// Bulk reaction coefficient, per day.
    pub bulk: Option<f64>,
    /// Wall reaction coefficient, length per day.
    pub wall: Option<f64>,
    /// Leak area, mm² per 100 length units (FAVAD fixed area).
    pub leak_area: f64,
    /// Leak expansion, mm² per unit of pressure head per 100 length units (FAVAD variable area).
    pub leak_expansion: f64,
}

/// A pump's figures (水泵).
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Pump {
    /// Constant power, hp or kW; 0 is none.
    pub power: f64,
    /// Index of its head curve.
    pub head_curve: Option<usize>,
    /// Relative speed.
    pub speed: f64,
    /// Index of its speed pattern.
    pub pattern: Option<usize>,
    /// Index of its efficiency curve.
    pub efficiency_curve: Option<usize>,
    /// Price of a kWh; 0 takes the global one.
    pub price: f64,
    /// Index of the price's pattern.
    pub price_pattern: Option<usize>,
}

/// A valve's figures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Valve {
    /// Kind.
    pub kind: ValveKind,
    /// Diameter, in or mm.
    pub diameter: f64,
    /// Setting: pressure, flow, loss coefficient or percent, by kind.
    pub setting: f64,
    /// Minor loss coefficient when fully open.
    pub minor_loss: f64,
    /// Index of a GPV's head loss or a PCV's opening curve.
    pub curve: Option<usize>,
}

/// What a link is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum LinkKind {
    /// 管段.
    Pipe(Pipe),
    /// 水泵.
    Pump(Pump),
    /// 阀门.
    Valve(Valve),
}

/// A link (连接).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Link {
    /// Name, in any script.
    pub name: String,
    /// Index of the start node.
    pub from: usize,
    /// Index of the end node.
    pub to: usize,
    /// What it is.
    pub kind: LinkKind,
    /// Status at the start.
    pub status: InitialStatus,
    /// Points between its ends.
    pub vertices: Vec<(f64, f64)>,
    /// Tag.
    pub tag: String,
    /// Comment after the semicolon.
    pub comment: String,
    /// Line of the file it stands in; 0 when made in memory.
    pub line: usize,
}

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

/// What the reported series are turned into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Statistic {
    #[default]
    Series,
    Average,
    Minimum,
    Maximum,
    Range,
}

/// `[TIMES]`, s.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names are the file's words")]
pub struct Times {
    pub duration: i64,
    pub hydraulic_step: i64,
    /// 0: a tenth of the hydraulic step.
    pub quality_step: i64,
    /// 0: a tenth of the hydraulic step.
    pub rule_step: i64,
    pub pattern_step: i64,
    pub pattern_start: i64,
    pub report_step: i64,
    pub report_start: i64,
    pub start_clock: i64,
    pub statistic: Statistic,
}

impl Default for Times {
    fn default() -> Self {
        Self {
            duration: 0,
            hydraulic_step: 3600,
            quality_step: 0,
            rule_step: 0,
            pattern_step: 3600,
            pattern_start: 0,
            report_step: 3600,
            report_start: 0,
            start_clock: 0,
            statistic: Statistic::Series,
        }
    }
}

/// What follows when the trials end without balance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Unbalanced {
    /// Stop the run.
    #[default]
    Stop,
    /// Go on after so many more trials with all statuses held.
    Continue(u32),
}

/// `[OPTIONS]`, `[ENERGY]` and the global lines of `[REACTIONS]`, file units.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names are the file's words")]
pub struct Options {
    pub flow_units: FlowUnits,
    pub pressure_units: Option<PressureUnits>,
    pub formula: Formula,
    pub specific_gravity: f64,
    /// Multiplier of water's, or the figure itself below 10⁻³.
    pub viscosity: Option<f64>,
    pub diffusivity: Option<f64>,
    pub trials: u32,
    pub accuracy: f64,
    pub head_error: f64,
    pub flow_change: f64,
    pub check_frequency: u32,
    pub maximum_check: u32,
    pub damp_limit: f64,
    pub head_tolerance: f64,
    pub flow_tolerance: f64,
    pub resistance_tolerance: f64,
    pub unbalanced: Unbalanced,
    pub default_pattern: String,
    pub demand_multiplier: f64,
    /// Flow varies with pressure to this power (0.5); EPANET's `EMITTER EXPONENT`.
    pub emitter_exponent: f64,
    pub emitter_backflow: bool,
    pub pressure_driven: bool,
    pub minimum_pressure: f64,
    pub required_pressure: f64,
    pub pressure_exponent: f64,
    pub quality: QualityKind,
    pub quality_tolerance: Option<f64>,
    pub map: String,
    pub energy_price: f64,
    pub energy_pattern: Option<usize>,
    pub pump_efficiency: f64,
    pub demand_charge: f64,
    pub bulk_order: f64,
    pub wall_order: f64,
    pub tank_order: f64,
    pub global_bulk: f64,
    pub global_wall: f64,
    pub limiting_potential: f64,
    pub roughness_correlation: f64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            flow_units: FlowUnits::Gpm,
            pressure_units: None,
            formula: Formula::HazenWilliams,
            specific_gravity: 1.0,
            viscosity: None,
            diffusivity: None,
            trials: 200,
            accuracy: 0.001,
            head_error: 0.0,
            flow_change: 0.0,
            check_frequency: 2,
            maximum_check: 10,
            damp_limit: 0.0,
            head_tolerance: 0.0005,
            flow_tolerance: 0.0001,
            resistance_tolerance: 1e-7,
            unbalanced: Unbalanced::Stop,
            default_pattern: "1".to_owned(),
            demand_multiplier: 1.0,
            emitter_exponent: 0.5,
            emitter_backflow: true,
            pressure_driven: false,
            minimum_pressure: 0.0,
            required_pressure: 0.1,
            pressure_exponent: 0.5,
            quality: QualityKind::None,
            quality_tolerance: None,
            map: String::new(),
            energy_price: 0.0,
            energy_pattern: None,
            pump_efficiency: 75.0,
            demand_charge: 0.0,
            bulk_order: 1.0,
            wall_order: 1.0,
            tank_order: 1.0,
            global_bulk: 0.0,
            global_wall: 0.0,
            limiting_potential: 0.0,
            roughness_correlation: 0.0,
        }
    }
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
