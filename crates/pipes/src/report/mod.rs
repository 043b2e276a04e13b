//! The report (报告): EPANET's report file with its layout and tables ([`Report`]), and energy and warnings as
//! figures and sentences of our own.

mod books;
mod file;
mod options;
mod page;
mod status;
mod summary;
mod tables;
mod warned;

pub use file::Report;

use crate::model::Model;
use crate::state::{State, Status, Warning, WarningKind};
use crate::units::{GPM_PER_CFS, LPS_PER_CFS};
use serde::Serialize;

/// A pump's energy over the run (能耗表; EPANET manual §8.5).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EnergyLine {
    /// Index of the pump's link.
    pub link: usize,
    /// Share of the time on line, %.
    pub utilisation: f64,
    /// Mean efficiency, %.
    pub efficiency: f64,
    /// kWh per million gallons or per m³.
    pub kwh_per_volume: f64,
    /// Mean power while on line, kW.
    pub kw_mean: f64,
    /// Greatest power, kW.
    pub kw_max: f64,
    /// Cost per day.
    pub cost_per_day: f64,
}

/// Energy of every pump, in the order of the file.
#[must_use]
pub fn energy(m: &Model, state: &State) -> Vec<EnergyLine> {
    #[expect(clippy::cast_precision_loss, reason = "a duration is far below 2^52 s")]
    let hours = m.clocks.duration as f64 / 3600.0;
    let volume = if m.factors.metric { 1000.0 / LPS_PER_CFS / 3600.0 } else { 1e6 / GPM_PER_CFS / 60.0 };
    m.pumps
        .iter()
        .zip(&state.energy)
        .map(|(pump, e)| {
            let on = e.hours;
            let mean = |sum: f64| if hours > 0.0 && on > 0.0 { sum / on } else { sum };
            EnergyLine {
                link: m.link_of.get(pump.link as usize).map_or(0, |&l| l as usize),
                utilisation: if hours > 0.0 { on / hours * 100.0 } else { on * 100.0 },
                efficiency: mean(e.efficiency_hours) * 100.0,
                kwh_per_volume: mean(e.specific_hours) * volume,
                kw_mean: mean(e.kwh),
                kw_max: e.kw_max,
                cost_per_day: e.cost * if hours > 0.0 { 24.0 / hours } else { 24.0 },
            }
        })
        .collect()
}

/// Hours, minutes and seconds of a moment of the run.
#[must_use]
pub fn clock(seconds: i64) -> String {
    format!("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// A warning as a sentence.
#[must_use]
pub fn sentence(warning: &Warning) -> String {
    let at = clock(warning.time);
    let status = |s: &Status| match s {
        Status::CannotDeliverHead => "cannot deliver the head asked of it",
        Status::ExceedsFlow => "runs beyond its greatest flow",
        Status::CannotDeliverFlow => "cannot deliver its flow",
        Status::CannotDeliverPressure => "cannot keep its pressure",
        _ => "cannot do its work",
    };
    match &warning.kind {
        WarningKind::Unbalanced { link, head_error_mm } => format!(
            "at {at} the system is not balanced within the trials allowed: link {link} is {head_error_mm} mm of head out; \
             raise TRIALS or look at the controls and valves beside it"
        ),
        WarningKind::Unstable => format!("at {at} balance was found only with all statuses held"),
        WarningKind::Disconnected { node, count, link } => {
            let by = link.as_ref().map(|l| format!(" because link {l} is closed")).unwrap_or_default();
            format!("at {at} node {node} is disconnected{by} ({count} in all)")
        }
        WarningKind::CheckValveRing { links } => {
            format!("at {at} check valves {} lead in a ring: turn or remove one", links.join(", "))
        }
        WarningKind::Pump { link, status: s } => format!("at {at} pump {link} {}", status(s)),
        WarningKind::Valve { link, status: s } => format!("at {at} valve {link} {}", status(s)),
        WarningKind::NegativePressure { node, count } => {
            format!("at {at} pressure is negative at node {node} ({count} in all)")
        }
    }
}
