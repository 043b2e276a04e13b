//! Looking at a solved state (观测), in the file's units.

use super::clock;
use crate::model::{LinkType, Model};
use crate::project::ValveKind;
use crate::state::{State, Status};
use serde::Serialize;

/// A node as it stands.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct NodeView {
    /// Outflow of a junction, inflow of a tank, flow units.
    pub demand: f64,
    /// Demand that was asked, flow units.
    pub full_demand: f64,
    /// Head, ft or m.
    pub head: f64,
    /// Pressure, pressure units (a tank's: above its bottom).
    pub pressure: f64,
    /// Quality, its units (age: h; trace: %).
    pub quality: f64,
}

/// A link as it stands.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct LinkView {
    /// Flow from start to end, flow units.
    pub flow: f64,
    /// Velocity, ft/s or m/s.
    pub velocity: f64,
    /// Head loss per 1000 length units of a pipe, head units of others (negative: gain).
    pub head_loss: f64,
    /// Mean quality.
    pub quality: f64,
    /// Status.
    pub status: Status,
    /// Setting, its units; 0 when it has none.
    pub setting: f64,
    /// Reaction rate, mass/L/day.
    pub reaction: f64,
    /// Darcy friction factor.
    pub friction: f64,
}

impl Model {
    /// The node of this index; `None` when there is none.
    #[must_use]
    pub fn node_view(&self, state: &State, node: usize) -> Option<NodeView> {
        let at = *self.node_at.get(node)? as usize;
        let f = &self.factors;
        let head = *state.head.get(at)?;
        Some(NodeView {
            demand: state.outflow.get(at)? * f.flow,
            full_demand: state.full_demand.get(at).copied().unwrap_or(0.0) * f.flow,
            head: head * f.head,
            pressure: (head - self.elevation.get(at)?) * f.pressure,
            quality: state.quality.as_ref().map_or(0.0, |q| q.node(at) * f.quality),
        })
    }

    /// The link of this index; `None` when there is none.
    #[must_use]
    pub fn link_view(&self, state: &State, link: usize) -> Option<LinkView> {
        let k = *self.link_at.get(link)? as usize;
        let f = &self.factors;
        let status = *state.status.get(k)?;
        let q = if status.is_closed() { 0.0 } else { *state.flow.get(k)? };
        let [a, b] = *self.ends.get(k)?;
        let dh = state.head.get(a as usize)? - state.head.get(b as usize)?;
        let d = *self.diameter.get(k)?;
        let kind = *self.types.get(k)?;
        let pipe = matches!(kind, LinkType::Pipe | LinkType::CheckValve);
        let pump = matches!(kind, LinkType::Pump(_));
        let length = *self.length.get(k)?;
        let friction =
            if pipe && q.abs() > 1e-6 { 39.725 * dh.abs() * d.powi(5) / length / (q * q) } else { 0.0 };
        let head_loss = match (status.is_closed(), pipe, pump) {
            (true, _, _) => 0.0,
            (_, true, _) => 1000.0 * dh.abs() / length,
            (_, _, true) => dh * f.head,
            _ => dh.abs() * f.head,
        };
        let setting = state.setting.get(k)?.unwrap_or(0.0);
        Some(LinkView {
            flow: q * f.flow,
            velocity: if pump { 0.0 } else { q.abs() / (std::f64::consts::PI * d * d / 4.0) * f.head },
            head_loss,
            quality: state.quality.as_ref().map_or(0.0, |s| s.link(self, k) * f.quality),
            status,
            setting: match kind {
                LinkType::Valve(ValveKind::Prv | ValveKind::Psv | ValveKind::Pbv) => setting * f.pressure,
                LinkType::Valve(ValveKind::Fcv) => setting * f.flow,
                LinkType::Valve(ValveKind::Gpv) => 0.0,
                _ => setting,
            },
            reaction: state.quality.as_ref().map_or(0.0, |s| s.rate(k) * f.quality),
            friction,
        })
    }

    /// Whether open links join each node, in the order of the file, to a reservoir or tank now, so that its head
    /// means something. A flow control valve at work joins nothing: it fixes a flow, and no head beyond it.
    #[must_use]
    pub fn joined_to_source(&self, state: &State) -> Vec<bool> {
        let reached = crate::solve::reach(self, state, false);
        self.node_at.iter().map(|&at| reached.get(at as usize).copied().unwrap_or(false)).collect()
    }

    /// Power (kW) and efficiency (0–1) of each pump, in the order of the file.
    #[must_use]
    pub fn pump_powers(&self, state: &State) -> Vec<(usize, f64, f64)> {
        self.pumps
            .iter()
            .map(|p| {
                let (kw, e) = clock::pump_power(self, state, p);
                (self.link_of.get(p.link as usize).map_or(0, |&l| l as usize), kw, e)
            })
            .collect()
    }

    /// Demand of the whole system, flow units.
    #[must_use]
    pub fn system_demand(&self, state: &State) -> f64 {
        state.system_demand * self.factors.flow
    }
}
