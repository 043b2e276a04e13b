//! The state (状态) of one scenario on a model: everything that changes while it runs. It can be
//! cloned and written out; a copy continues exactly as the original would.

use crate::journal::{Event, Journal};
use crate::project::InitialStatus;
use crate::quality::QualityState;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Status of a link (EPANET's codes, which its binary results carry).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[repr(u8)]
pub enum Status {
    /// A pump that cannot deliver the head asked of it.
    CannotDeliverHead = 0,
    /// Closed for now: a full or an empty tank.
    TemporarilyClosed = 1,
    /// Closed.
    Closed = 2,
    /// Open.
    Open = 3,
    /// A valve at work.
    Active = 4,
    /// A pump beyond its greatest flow.
    ExceedsFlow = 5,
    /// A flow control valve that cannot reach its flow.
    CannotDeliverFlow = 6,
    /// A pressure valve that cannot keep its pressure.
    CannotDeliverPressure = 7,
}

impl Status {
    /// True when nothing flows.
    #[must_use]
    pub fn is_closed(self) -> bool {
        self <= Self::Closed
    }
}

impl From<InitialStatus> for Status {
    fn from(status: InitialStatus) -> Self {
        match status {
            InitialStatus::Open => Self::Open,
            InitialStatus::Closed => Self::Closed,
            InitialStatus::Active => Self::Active,
        }
    }
}

/// An emitter at work (喷口): a hydrant, a burst or the file's own.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Emitter {
    pub node: u32,
    /// Head loss coefficient.
    pub coefficient: f64,
    pub flow: f64,
}

/// A pump's energy so far (能耗).
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct PumpEnergy {
    /// Time on line, h.
    pub hours: f64,
    /// Efficiency × hours.
    pub efficiency_hours: f64,
    /// kW per ft³/s × hours.
    pub specific_hours: f64,
    /// Energy, kWh.
    pub kwh: f64,
    /// Greatest power, kW.
    pub kw_max: f64,
    /// Cost.
    pub cost: f64,
}

/// What a warning is about (警告).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum WarningKind {
    /// The trials ended without balance.
    Unbalanced {
        /// The link whose head loss is furthest from what its ends' heads say.
        link: String,
        /// By how much, mm.
        head_error_mm: u64,
    },
    /// Balance was only found with all statuses held.
    Unstable,
    /// No way leads from any source to this node (the first of `count`).
    Disconnected {
        /// Name of the first node.
        node: String,
        /// How many there are.
        count: usize,
        /// The closed link that would reconnect it, if one is found.
        link: Option<String>,
    },
    /// Check valves lead in a circle, each only into the next: water enters the ring, none goes round it.
    CheckValveRing {
        /// Names of its pipes, in the order of flow.
        links: Vec<String>,
    },
    /// A pump cannot do its work.
    Pump {
        /// Its name.
        link: String,
        /// Its status.
        status: Status,
    },
    /// A valve cannot keep its setting.
    Valve {
        /// Its name.
        link: String,
        /// Its status.
        status: Status,
    },
    /// A junction with demand lies above its head (the worst of `count`).
    NegativePressure {
        /// Name of the worst node.
        node: String,
        /// How many there are.
        count: usize,
    },
}

/// A warning and the second of the run it concerns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warning {
    /// Seconds since the start.
    pub time: i64,
    /// What it is.
    pub kind: WarningKind,
}

/// At most this many warnings are kept; a year's run of a failing network would fill memory.
pub(crate) const WARNINGS_MAX: usize = 10_000;

/// The state of one scenario.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct State {
    pub(crate) time: i64,
    /// Next reporting time, which also bounds steps.
    pub(crate) report_time: i64,
    pub(crate) solved: bool,
    pub(crate) halted: bool,
    pub(crate) flow: Vec<f64>,
    pub(crate) head: Vec<f64>,
    pub(crate) status: Vec<Status>,
    pub(crate) setting: Vec<Option<f64>>,
    pub(crate) full_demand: Vec<f64>,
    pub(crate) demand_flow: Vec<f64>,
    /// The pattern period `full_demand` belongs to; `None` once something about demands was set.
    pub(crate) demand_period: Option<i64>,
    /// Outflow of junctions, inflow of tanks.
    pub(crate) outflow: Vec<f64>,
    pub(crate) emitters: Vec<Emitter>,
    /// Fixed and expanding leak flows, in the order of the model's leaks.
    pub(crate) leak_flow: Vec<[f64; 2]>,
    pub(crate) volume: Vec<f64>,
    pub(crate) energy: Vec<PumpEnergy>,
    pub(crate) power_peak: f64,
    pub(crate) system_demand: f64,
    pub(crate) relative_error: f64,
    pub(crate) iterations: u32,
    pub(crate) warnings: Vec<Warning>,
    /// Demands set from outside, ft³/s.
    pub(crate) set_demand: BTreeMap<u32, f64>,
    /// Factors on the pattern demands set from outside; empty is 1 everywhere.
    pub(crate) scale: Vec<f64>,
    /// Links that obey no control until released.
    pub(crate) held: BTreeMap<u32, ()>,
    /// Fixed heads set from outside (reservoirs), ft.
    pub(crate) set_head: BTreeMap<u32, f64>,
    pub(crate) quality: Option<QualityState>,
    /// What happens inside steps, where somebody asks.
    #[serde(skip)]
    pub(crate) journal: Option<Journal>,
}

impl State {
    /// Seconds since the start.
    #[must_use]
    pub const fn time(&self) -> i64 {
        self.time
    }

    /// Trials of the last solution.
    #[must_use]
    pub const fn iterations(&self) -> u32 {
        self.iterations
    }

    /// Relative flow change at which the last solution ended.
    #[must_use]
    pub const fn relative_error(&self) -> f64 {
        self.relative_error
    }

    /// Warnings so far.
    #[must_use]
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// Quality, where the model computes it.
    #[must_use]
    pub const fn quality(&self) -> Option<&QualityState> {
        self.quality.as_ref()
    }

    /// From here on only hydraulics: quality is neither computed nor kept.
    pub fn drop_quality(&mut self) {
        self.quality = None;
    }

    /// Notes what only a full status report tells.
    pub(crate) fn note_inside(&mut self, event: impl FnOnce() -> Event) {
        if let Some(journal) = self.journal.as_mut().filter(|journal| journal.full) {
            journal.note(event());
        }
    }

    /// Notes what every status report tells.
    pub(crate) fn note(&mut self, event: Event) {
        if let Some(journal) = &mut self.journal {
            journal.note(event);
        }
    }

    pub(crate) fn warn(&mut self, kind: WarningKind) {
        if self.warnings.len() < WARNINGS_MAX {
            self.warnings.push(Warning { time: self.time, kind });
        }
    }
}
