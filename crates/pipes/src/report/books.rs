//! The books of a run (流量与水质平衡): water (`flowbalance.c`) and the constituent (`writemassbalance`).

use super::page::Page;
use crate::model::Model;
use crate::project::QualityKind;
use crate::state::State;

const RULE: &str = "================================";

/// Flows of the network, ft³/s; sums of them times seconds.
#[derive(Debug, Clone, Copy, Default)]
struct Flows {
    inflow: f64,
    outflow: f64,
    consumers: f64,
    deficit: f64,
    emitters: f64,
    leakage: f64,
    storage: f64,
}

/// The water book of a run under way.
#[derive(Debug, Clone, Default)]
pub(super) struct Water {
    sums: Flows,
    /// The moment before and its flows, which hold until the next.
    last: Option<(i64, Flows)>,
    /// A run that was halted closes its book without its last moment, as EPANET does.
    halted: bool,
}

impl Water {
    /// Takes the moment just solved.
    pub(super) fn take(&mut self, m: &Model, state: &State) {
        if let Some((time, flows)) = self.last {
            #[expect(clippy::cast_precision_loss, reason = "a step is far below 2^52 s")]
            self.sums.add(&flows, (state.time - time) as f64);
        }
        self.last = Some((state.time, flows(m, state)));
        self.halted = state.halted;
    }

    /// Writes the book of the run so far.
    pub(super) fn write(&self, page: &mut Page, m: &Model) {
        let Some((time, last)) = self.last else { return };
        let mut mean = Flows::default();
        if self.halted {
            #[expect(clippy::cast_precision_loss, reason = "a duration is far below 2^52 s")]
            mean.add(&self.sums, 1.0 / m.clocks.duration.max(1) as f64);
        } else if time > 0 {
            #[expect(clippy::cast_precision_loss, reason = "a duration is far below 2^52 s")]
            mean.add(&self.sums, 1.0 / time as f64);
        } else {
            mean = last;
        }
        let q = m.factors.flow;
        let unit = super::options::flow_unit(m.project.options.flow_units);
        page.line(&format!("Hydraulic Flow Balance ({unit})"));
        page.line(RULE);
        for (what, flow) in [
            ("Total Inflow:", mean.inflow * q),
            ("Consumer Demand:", mean.consumers * q),
            ("Demand Deficit:", mean.deficit * q),
            ("Emitter Flow:", mean.emitters * q),
            ("Leakage Flow:", mean.leakage * q),
            ("Total Outflow:", mean.outflow * q),
            ("Storage Flow:", mean.storage * q),
            ("Flow Ratio:", mean.ratio()),
        ] {
            page.line(&format!("{what:<18} {flow:12.3}"));
        }
        page.line(&format!("{RULE}\n"));
    }
}

impl Flows {
    fn add(&mut self, other: &Self, factor: f64) {
        self.inflow += other.inflow * factor;
        self.outflow += other.outflow * factor;
        self.consumers += other.consumers * factor;
        self.deficit += other.deficit * factor;
        self.emitters += other.emitters * factor;
        self.leakage += other.leakage * factor;
        self.storage += other.storage * factor;
    }

    #[expect(clippy::float_cmp, reason = "as EPANET: the ratio of two equal figures is one, be they zero")]
    fn ratio(&self) -> f64 {
        let (into, out) = (self.inflow + (-self.storage).max(0.0), self.outflow + self.storage.max(0.0));
        if into == out {
            1.0
        } else if into > 0.0 {
            out / into
        } else {
            0.0
        }
    }
}

fn flows(m: &Model, state: &State) -> Flows {
    let mut f = Flows::default();
    for (&flow, &full) in state.demand_flow.iter().zip(&state.full_demand) {
        if flow < 0.0 {
            f.inflow -= flow;
        } else {
            f.consumers += flow;
        }
        if m.settings.pressure_driven && full > 0.0 {
            f.deficit += (full - flow).max(0.0);
        }
    }
    f.emitters = state.emitters.iter().fold(0.0, |sum, e| sum + e.flow);
    f.leakage = state.leak_flow.iter().fold(0.0, |sum, q| sum + q[0] + q[1]);
    f.outflow = f.consumers + f.emitters + f.leakage;
    for tank in &m.tanks {
        let into = state.outflow.get(tank.node as usize).copied().unwrap_or(0.0);
        if tank.area > 0.0 {
            f.storage += into;
        } else if into >= 0.0 {
            f.outflow += into;
        } else {
            f.inflow -= into;
        }
    }
    f
}

/// Writes the book of the constituent.
pub(super) fn quality(page: &mut Page, m: &Model, state: &State) {
    let Some(quality) = &state.quality else { return };
    let unit = match &m.project.options.quality {
        QualityKind::Trace { .. } => " (mg)",
        QualityKind::Age => " (hrs)",
        QualityKind::Chemical { unit, .. } if unit.to_ascii_lowercase().starts_with("mg") => " (mg)",
        QualityKind::Chemical { unit, .. } if unit.to_ascii_lowercase().starts_with("ug") => " (ug)",
        _ => "",
    };
    let b = quality.balance();
    let (mut into, mut out) = (b.initial + b.inflow, b.outflow + b.stored);
    if b.reacted > 0.0 {
        out += b.reacted;
    } else {
        into -= b.reacted;
    }
    let ratio = if into == 0.0 { 1.0 } else { out / into };
    page.line(&format!("Water Quality Mass Balance{unit}"));
    page.line(RULE);
    for (what, mass) in [
        ("Initial Mass:", b.initial),
        ("Mass Inflow:", b.inflow),
        ("Mass Outflow:", b.outflow),
        ("Mass Reacted:", b.reacted),
        ("Final Mass:", b.stored),
    ] {
        page.line(&format!("{what:<18} {:>12}", super::tables::power_of_ten(mass, 5)));
    }
    page.line(&format!("Mass Ratio:         {ratio:.5}"));
    page.line(&format!("Total Segments:     {}", quality.segments()));
    page.line(&format!("{RULE}\n"));
}
