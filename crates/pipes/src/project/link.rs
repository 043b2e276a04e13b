//! 管段、水泵、阀门 as the file gives them.

use serde::{Deserialize, Serialize};

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
