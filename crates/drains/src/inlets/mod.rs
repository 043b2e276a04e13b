//! 雨水口: what streets and channels give their sewers through inlets, and what full sewers give back
//! (Reference Manual II, addendum of 5.2; FHWA HEC-22, 3rd edition, chapter 4).
//!
//! Promises: for the same arguments the same bits as SWMM 5.2.4, which lets a sag inlet take the number
//! of street sides of the inlet looked at before it.
#![expect(clippy::indexing_slicing, reason = "nodes, links and curves are addressed by checked indices")]

mod build;
mod grade;
mod sag;
mod summary;

use serde::{Deserialize, Serialize};

pub(crate) use build::Inlets;
pub use summary::{InletSummary, StreetSummary};

use crate::model::Model;
use crate::project::{CurveKind, Index, InletKind, Placement, Routing, Throat};
use crate::state::State;
use crate::units::{FUDGE, max, min};

/// Flow (ft³/s) below which a street counts as dry.
const MIN_FLOW: f64 = 0.001;
/// No limit of the flow of one inlet.
const NO_LIMIT: f64 = 1.0e10;

/// An inlet in feet; a length of 0 where it has no such part.
#[derive(Debug, Clone)]
struct Design {
    kind: InletKind,
    grate_length: f64,
    grate_width: f64,
    grate: crate::project::Grate,
    curb_length: f64,
    curb_height: f64,
    throat: Throat,
    slot_length: f64,
    slot_width: f64,
    curve: Option<Index>,
}

/// What the formulas need of the street or channel, in HEC-22's letters.
#[derive(Debug, Clone, Copy)]
struct Gutter {
    /// Cross slope of the street.
    sx: f64,
    /// Slope along it.
    sl: f64,
    /// Cross slope of the gutter.
    sw: f64,
    /// Depression of the gutter, ft.
    a: f64,
    /// Width of the gutter, ft.
    w: f64,
    /// Manning's n.
    n: f64,
    sides: f64,
    /// From curb to crown, ft.
    crown: f64,
    /// 1.486·√SL/n of the conduit.
    beta: f64,
    /// Flow of a spread of 1 ft, ft³/s.
    factor: f64,
}

/// 雨水口组 of one conduit.
#[derive(Debug, Clone)]
pub(crate) struct Inlet {
    pub(crate) link: Index,
    /// Who gets what passes.
    bypass: Index,
    /// Who gets what is captured.
    node: Index,
    design: Design,
    design_name: String,
    street: Option<Index>,
    count: u32,
    placement: Placement,
    /// Share that is not clogged.
    open: f64,
    most: f64,
    gutter: Gutter,
    backflow_ratio: f64,
}

/// Of one conduit's inlets.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct InletStats {
    flow_periods: f64,
    capture_periods: f64,
    backflow_periods: f64,
    peak: f64,
    peak_capture: f64,
    sum_capture: f64,
    bypass_periods: f64,
}

/// State of one conduit's inlets, ft³/s.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct InletFlow {
    pub(crate) captured: f64,
    pub(crate) backflow: f64,
    stats: InletStats,
}

/// State of all inlets.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct InletState {
    pub(crate) flow: Vec<InletFlow>,
    /// Sides of the street last looked at.
    sides: f64,
}

impl InletState {
    pub(crate) fn new(model: &Model) -> Self {
        let list = &model.inlets.list;
        Self {
            flow: vec![InletFlow::default(); list.len()],
            sides: list.last().map_or(0.0, |i| i.gutter.sides),
        }
    }
}

impl State {
    /// Moves what the inlets capture from the street's nodes to the sewer's, and back what overflows there.
    pub(crate) fn capture(&mut self, model: &Model, dt: f64) {
        let list = &model.inlets.list;
        if list.is_empty() {
            return;
        }
        let dynamic = model.options.routing == Routing::Dynamic;
        if !dynamic {
            self.inflows_before_routing(model);
        }
        let mut taken = vec![0.0; model.nodes.kind.len()];
        for (k, inlet) in list.iter().enumerate() {
            let (q, depth) = (self.water(model, inlet.link).flow.abs(), self.depth[inlet.bypass]);
            let mut captured = if inlet.design.kind == InletKind::Custom {
                inlet.custom(model, q, depth)
            } else if inlet.placement == Placement::OnGrade {
                if q >= MIN_FLOW {
                    self.inlets.sides = inlet.gutter.sides;
                }
                inlet.on_grade(model, q, depth)
            } else {
                let sides = self.inlets.sides;
                self.inlets.sides = inlet.gutter.sides;
                inlet.on_sag(depth, sides)
            };
            if captured.abs() < FUDGE {
                captured = 0.0;
            }
            taken[inlet.bypass] += captured;
            let mut backflow = self.overflow[inlet.node] * inlet.backflow_ratio;
            if backflow.abs() < FUDGE {
                backflow = 0.0;
            }
            let flow = &mut self.inlets.flow[k];
            (flow.captured, flow.backflow) = (captured, backflow);
        }
        let reported = model.date_at(self.new_routing_time) > model.report_start;
        for (k, inlet) in list.iter().enumerate() {
            let j = inlet.bypass;
            let flow = &mut self.inlets.flow[k];
            if !dynamic && inlet.placement == Placement::OnSag {
                let mut q = self.volume[j] / dt;
                q += max(self.inflow[j], 0.0);
                if taken[j] > q {
                    flow.captured *= q / taken[j];
                }
            }
            self.lateral[j] -= flow.captured - flow.backflow;
            self.lateral[inlet.node] += flow.captured;
            if reported {
                let q = self.water(model, inlet.link).flow.abs();
                self.inlets.flow[k].count(q);
            }
        }
    }

    /// Steady and kinematic routing: what comes to each node, for the limits of sag inlets.
    fn inflows_before_routing(&mut self, model: &Model) {
        for i in 0..model.nodes.kind.len() {
            self.inflow[i] = max(0.0, self.lateral[i]);
        }
        for (j, n) in model.links.node2.iter().enumerate() {
            self.inflow[*n] += max(0.0, self.link_flow[j]);
        }
    }

    /// What overflows at a sewer's node goes to the street and is no flood.
    pub(crate) fn uncount_backflow(&mut self, model: &Model) {
        for &i in &model.inlets.capturing {
            let q = self.overflow[i];
            if q > 0.0 {
                self.balance.step.flooding -= q;
                self.uncount_loads(model, i, q, true);
            }
        }
        for (inlet, flow) in model.inlets.list.iter().zip(&self.inlets.flow.clone()) {
            let net = flow.captured - flow.backflow;
            if net > 0.0 && self.lateral[inlet.bypass] < 0.0 {
                self.uncount_loads(model, inlet.bypass, net, false);
            }
        }
    }

    /// Flow (ft³/s) that inlets take out of a link before it reaches its node.
    pub(crate) fn captured_flow(&self, model: &Model, link: Index) -> f64 {
        model.inlets.of_link(link).map_or(0.0, |k| self.inlets.flow[k].captured)
    }

    /// Pollutants go with the water that inlets move, before they are routed.
    pub(crate) fn move_inlet_loads(&mut self, model: &Model) {
        for (inlet, flow) in model.inlets.list.iter().zip(&self.inlets.flow) {
            let net = flow.captured - flow.backflow;
            let (from, to, q) =
                if net > 0.0 { (inlet.bypass, inlet.node, net) } else { (inlet.node, inlet.bypass, -net) };
            self.quality.carry(from, to, q);
        }
    }
}

impl InletFlow {
    fn count(&mut self, q: f64) {
        let net = self.captured - self.backflow;
        let s = &mut self.stats;
        if q < MIN_FLOW && self.backflow <= 0.0 {
            return;
        }
        s.flow_periods += 1.0;
        let mut share = 0.0;
        if net > 0.0 {
            s.capture_periods += 1.0;
            share = min(net / q, 1.0);
            s.sum_capture += share;
            if q - net > MIN_FLOW {
                s.bypass_periods += 1.0;
            }
        } else {
            s.backflow_periods += 1.0;
        }
        if q > s.peak {
            s.peak = q;
            s.peak_capture = share * 100.0;
        }
    }
}

impl Inlet {
    /// Captured by a curve of one's own: of the flow, or of the depth below.
    fn custom(&self, model: &Model, q: f64, depth: f64) -> f64 {
        let Some(c) = self.design.curve else { return 0.0 };
        let (u, curve) = (&model.units, &model.curves[c]);
        let sides = if self.street.is_some() { self.gutter.sides } else { 1.0 };
        let mut captured = 0.0;
        if model.project.curves[c].kind == CurveKind::Diversion {
            let mut passing = q / sides;
            for _ in 0..self.count {
                let mut more = self.open * curve.extended(passing * u.flow) / u.flow;
                more = min(more, self.most);
                more = min(more, passing);
                captured += more;
                passing -= more;
                if passing < MIN_FLOW {
                    break;
                }
            }
        } else {
            captured = f64::from(self.count) * self.open * curve.extended(depth * u.length) / u.flow;
        }
        captured * sides
    }
}
