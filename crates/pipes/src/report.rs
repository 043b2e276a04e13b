//! The report (报告): energy of pumps, warnings and the book of a run, as figures and as text.

use crate::model::Model;
use crate::state::{State, Status, Warning, WarningKind};
use crate::units::{GPM_PER_CFS, LPS_PER_CFS};
use numerics::inp::starts_with;
use serde::Serialize;
use std::fmt::Write as _;

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

/// The report's text for the end of a run.
#[must_use]
pub fn text(m: &Model, state: &State) -> String {
    let p = &m.project;
    let mut out = String::new();
    for line in &p.title {
        let _ = writeln!(out, "{line}");
    }
    let _ = writeln!(
        out,
        "\n{} nodes, {} links, {} pumps, {} valves, {} tanks and reservoirs",
        p.nodes.len(),
        p.links.len(),
        m.pumps.len(),
        m.valves.len(),
        m.tanks.len()
    );
    let _ = writeln!(
        out,
        "duration {}, hydraulic step {}\n",
        clock(m.clocks.duration),
        clock(m.clocks.hydraulic)
    );
    for warning in &state.warnings {
        let _ = writeln!(out, "WARNING: {}", sentence(warning));
    }
    if !m.pumps.is_empty() {
        let unit = if m.factors.metric { "kWh/m3" } else { "kWh/Mgal" };
        let _ =
            writeln!(out, "\npump                use %  effic %  {unit:>9}   mean kW    max kW  cost/day");
        for e in energy(m, state) {
            let name = p.links.get(e.link).map_or("", |l| l.name.as_str());
            let _ = writeln!(
                out,
                "{name:<18} {:>7.2} {:>8.2} {:>10.3} {:>9.2} {:>9.2} {:>9.2}",
                e.utilisation, e.efficiency, e.kwh_per_volume, e.kw_mean, e.kw_max, e.cost_per_day
            );
        }
    }
    if let Some(q) = &state.quality {
        let b = q.balance();
        let _ = writeln!(
            out,
            "\nquality: initial {:.6e}, inflow {:.6e}, outflow {:.6e}, reacted {:.6e}, stored {:.6e}",
            b.initial, b.inflow, b.outflow, b.reacted, b.stored
        );
    }
    out
}

/// The tables of single moments that `[REPORT]` asks for (报告表; EPANET manual, `[REPORT]`).
#[derive(Debug, Clone)]
pub struct Tables {
    nodes: Vec<usize>,
    links: Vec<usize>,
}

impl Tables {
    /// What the model's `[REPORT]` section asks for; without one, no table.
    #[must_use]
    pub fn new(m: &Model) -> Self {
        let p = &m.project;
        let (mut nodes, mut links) = (Vec::new(), Vec::new());
        for line in &p.report {
            let mut words = line.split_whitespace();
            let first = words.next().unwrap_or_default();
            if starts_with(first, "NODE") {
                choose(&mut nodes, words, p.nodes.len(), |name| p.node(name));
            } else if starts_with(first, "LINK") {
                choose(&mut links, words, p.links.len(), |name| p.link(name));
            }
        }
        Self { nodes, links }
    }

    /// The tables of the moment a state stands at.
    #[must_use]
    pub fn moment(&self, m: &Model, state: &State) -> String {
        let p = &m.project;
        let at = clock(state.time);
        let mut out = String::new();
        if !self.nodes.is_empty() {
            let _ = writeln!(
                out,
                "\nNode results at {at}:\nnode                   demand       head   pressure    quality"
            );
        }
        for &node in &self.nodes {
            let (Some(view), Some(n)) = (m.node_view(state, node), p.nodes.get(node)) else { continue };
            let _ = writeln!(
                out,
                "{:<18} {:>10.3} {:>10.3} {:>10.3} {:>10.3}",
                n.name, view.demand, view.head, view.pressure, view.quality
            );
        }
        if !self.links.is_empty() {
            let _ = writeln!(
                out,
                "\nLink results at {at}:\nlink                     flow   velocity  head loss  status"
            );
        }
        for &link in &self.links {
            let (Some(view), Some(l)) = (m.link_view(state, link), p.links.get(link)) else { continue };
            let status = if view.status.is_closed() { "closed" } else { "open" };
            let _ = writeln!(
                out,
                "{:<18} {:>10.3} {:>10.3} {:>10.3}  {status}",
                l.name, view.flow, view.velocity, view.head_loss
            );
        }
        out
    }
}

/// `ALL`, `NONE` or names, added to what earlier lines chose.
fn choose<'a>(
    chosen: &mut Vec<usize>,
    words: impl Iterator<Item = &'a str>,
    count: usize,
    find: impl Fn(&str) -> Option<usize>,
) {
    for word in words {
        match word.to_ascii_uppercase().as_str() {
            "ALL" => *chosen = (0..count).collect(),
            "NONE" => chosen.clear(),
            _ => chosen.extend(find(word).filter(|index| !chosen.contains(index))),
        }
    }
}
