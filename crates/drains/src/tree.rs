//! Steady and kinematic wave routing (恒定流与运动波): links from upstream to downstream, Reference
//! Manual II, ch. 4.
#![expect(clippy::indexing_slicing, reason = "nodes and links are addressed by the model's own indices")]

use crate::model::{Model, NodeType};
use crate::project::Routing;
use crate::roots::newton;
use crate::section::Shape;
use crate::state::State;
use crate::units::{FUDGE, TINY, max};
use crate::wave::conduit_losses;

const OMEGA: f64 = 0.55;
const ITERATIONS: usize = 10;
const STOP: f64 = 0.005;
const WX: f64 = 0.6;
const WT: f64 = 0.6;
const EPSILON: f64 = 0.001;

impl State {
    pub(crate) fn tree_step(&mut self, model: &Model, dt: f64) -> usize {
        let l = &model.links;
        let mut steps = 0.0;
        for (position, &j) in model.order.iter().enumerate() {
            let (n1, n2) = (l.node1[j], l.node2[j]);
            if model.nodes.kind[n1] == NodeType::Storage {
                self.update_storage(model, n1, position, dt);
            }
            let q_in = self.tree_inflow(model, j, dt);
            let (q_in, q_out, n) = if model.options.routing == Routing::Steady {
                let (a, b) = self.steady_link(model, j, q_in, dt);
                (a, b, 1)
            } else {
                self.kinematic_link(model, j, q_in, dt)
            };
            steps += n as f64;
            self.link_flow[j] = q_out;
            self.outflow[n1] += q_in;
            self.inflow[n2] += q_out;
        }
        let count = l.kind.len() as f64;
        for i in 0..model.nodes.kind.len() {
            self.new_node(model, i, dt);
        }
        for j in 0..l.kind.len() {
            self.new_link(model, j);
        }
        (steps / count + 0.5) as usize
    }

    fn tree_inflow(&mut self, model: &Model, j: usize, dt: f64) -> f64 {
        use crate::model::LinkType;
        let n1 = model.links.node1[j];
        let takes = matches!(model.links.kind[j], LinkType::Conduit | LinkType::Pump)
            || model.nodes.kind[n1] == NodeType::Storage;
        let q = if takes { self.link_inflow(model, j) } else { 0.0 };
        self.max_outflow(model, n1, q, dt)
    }

    fn update_storage(&mut self, model: &Model, i: usize, position: usize, dt: f64) {
        if model.nodes.kind[i] != NodeType::Storage || self.updated[i] {
            return;
        }
        let n = &model.nodes;
        let fixed = self.old_volume[i] + 0.5 * (self.old_net[i] + self.inflow[i] - self.outflow[i]) * dt;
        let mut d1 = self.depth[i];
        for _ in 1..ITERATIONS {
            let mut out = 0.0;
            for &m in &model.order[position..] {
                if model.links.node1[m] != i {
                    break;
                }
                out += self.tree_inflow(model, m, dt);
            }
            let mut v2 = max(0.0, fixed - 0.5 * out * dt);
            self.overflow[i] = 0.0;
            if v2 > n.full_volume[i] {
                self.overflow[i] = (v2 - max(self.old_volume[i], n.full_volume[i])) / dt;
                if self.overflow[i] < FUDGE {
                    self.overflow[i] = 0.0;
                }
                if !model.options.allow_ponding || n.ponded_area[i] == 0.0 {
                    v2 = n.full_volume[i];
                }
            }
            self.volume[i] = v2;
            let mut d2 = model.node_depth(i, v2);
            self.depth[i] = d2;
            d2 = (1.0 - OMEGA) * d1 + OMEGA * d2;
            let stop = (d2 - d1).abs() <= STOP;
            d1 = d2;
            if stop {
                break;
            }
        }
        self.updated[i] = true;
    }

    /// What a conduit loses by evaporation and seepage, ft³/s a barrel.
    fn tree_loss(&mut self, model: &Model, j: usize, q: f64) -> f64 {
        let Some(c) = model.links.conduit(j) else { return 0.0 };
        let x = &model.links.section[j];
        // Also when there is none: the rates of the step before are not to stay where quality looks for them.
        let (evaporation, seepage, total) = if c.seepage <= 0.0 && self.climate.evaporation <= 0.0 {
            (0.0, 0.0, 0.0)
        } else {
            conduit_losses(
                x,
                0.5 * (self.link_old_depth[j] + self.link_depth[j]),
                model.length(j),
                self.climate.evaporation,
                (c.seepage, self.climate.conductivity),
                q.abs(),
            )
        };
        let k = model.blocks.slot[j];
        if k != usize::MAX {
            let (s, i) = self.slots.at(k);
            (s.evaporation[i], s.seepage[i]) = (evaporation, seepage);
        }
        total
    }

    fn steady_link(&mut self, model: &Model, j: usize, q_in: f64, _dt: f64) -> (f64, f64) {
        let Some(c) = model.links.conduit(j) else { return (q_in, q_in) };
        let mut q_in = q_in;
        let mut q = q_in / c.barrels;
        let x = &model.links.section[j];
        let mut a = 0.0;
        if x.shape != Shape::Dummy {
            q -= self.tree_loss(model, j, q);
            if q > model.links.q_full[j] {
                q = model.links.q_full[j];
                a = x.a_full;
                q_in = q * c.barrels;
            } else {
                a = x.area_of_factor(q / c.beta);
            }
        }
        self.ends[j] = [q, q, a, a];
        (q_in, q * c.barrels)
    }

    fn kinematic_link(&mut self, model: &Model, j: usize, q_inflow: f64, dt: f64) -> (f64, f64, usize) {
        let Some(c) = model.links.conduit(j) else { return (q_inflow, q_inflow, 1) };
        let x = &model.links.section[j];
        if x.shape == Shape::Dummy {
            return (q_inflow, q_inflow, 1);
        }
        let (q_full, a_full) = (model.links.q_full[j], x.a_full);
        let beta = c.beta / q_full;
        let [q1, q2, a1, a2] = self.ends[j];
        let (q1, q2, a1, a2) = (q1 / q_full, q2 / q_full, a1 / a_full, a2 / a_full);
        let mut q_in = q_inflow / c.barrels / q_full;
        let q3 = self.tree_loss(model, j, q_in * q_full) / q_full;
        let a_in = if q_in >= 1.0 { 1.0 } else { x.area_of_factor(q_in / beta) / a_full };
        let (mut q_out, mut a_out, mut n) = (0.0, 0.0, 1);
        if !(q_in <= TINY && q2 <= TINY) {
            let dxdt = model.length(j) / dt * a_full / q_full;
            let c1 = dxdt * WT / WX;
            let mut c2 = (1.0 - WT) * (a_in - a1);
            c2 -= WT * a2;
            c2 = c2 * dxdt / WX;
            c2 = c2 + (1.0 - WX) / WX * (q2 - q1) - q_in;
            c2 += q3 / WX;
            (a_out, n) = continuity(x, beta, c1, c2, q_in, a_in, a2);
            q_out = beta * x.factor_of_area(a_out * a_full);
            if q_in > 1.0 {
                q_in = 1.0;
            }
        }
        self.ends[j] = [q_in * q_full, q_out * q_full, a_in * a_full, a_out * a_full];
        (q_in * q_full * c.barrels, q_out * q_full * c.barrels, n)
    }

    fn new_node(&mut self, model: &Model, i: usize, dt: f64) {
        let n = &model.nodes;
        if n.kind[i] == NodeType::Storage {
            self.update_storage(model, i, model.order.len(), dt);
            return;
        }
        let net = self.inflow[i] - self.outflow[i] - self.losses[i];
        self.volume[i] = self.old_volume[i] + net * dt;
        if self.volume[i] < FUDGE {
            self.volume[i] = 0.0;
        }
        self.overflow[i] = 0.0;
        if self.volume[i] > n.full_volume[i] {
            self.overflow[i] = (self.volume[i] - max(self.old_volume[i], n.full_volume[i])) / dt;
            if self.overflow[i] < FUDGE {
                self.overflow[i] = 0.0;
            }
            if !(model.options.allow_ponding && n.ponded_area[i] > 0.0) {
                self.volume[i] = n.full_volume[i];
            }
        }
        self.depth[i] = model.node_depth(i, self.volume[i]);
    }

    fn new_link(&mut self, model: &Model, j: usize) {
        self.link_depth[j] = 0.0;
        self.link_volume[j] = 0.0;
        let l = &model.links;
        let Some(c) = l.conduit(j) else { return };
        let x = &l.section[j];
        let [_, _, a1, a2] = self.ends[j];
        self.link_volume[j] = 0.5 * (a1 + a2) * model.length(j) * c.barrels;
        let (y1, y2) = (x.depth_of_area(a1), x.depth_of_area(a2));
        self.link_depth[j] = 0.5 * (y1 + y2);
        self.raise(model, l.node1[j], y1 + l.offset1[j]);
        self.raise(model, l.node2[j], y2 + l.offset2[j]);
        self.capacity_limited[j] = a1 >= x.a_full;
    }

    fn raise(&mut self, model: &Model, i: usize, y: f64) {
        let n = &model.nodes;
        if n.kind[i] == NodeType::Storage {
            return;
        }
        let mut y = y;
        if n.kind[i] != NodeType::Outfall && n.degree[i] > 0 && self.overflow[i] > 0.0 {
            y = n.full_depth[i];
        }
        if self.depth[i] < y {
            self.depth[i] = y;
            if n.full_depth[i] > 0.0 && y > n.full_depth[i] {
                self.depth[i] = n.full_depth[i];
            }
        }
    }
}

/// Outflow area (share of full) that balances the finite differences of continuity.
fn continuity(
    x: &crate::section::Section,
    beta: f64,
    c1: f64,
    c2: f64,
    q_in: f64,
    a_in: f64,
    start: f64,
) -> (f64, usize) {
    let a_full = x.a_full;
    let (mut hi, mut f_hi) = (1.0, 1.0 + c1 + c2);
    let mut lo = x.area_max() / a_full;
    let mut f_lo = if lo < hi { beta * x.s_max + c1 * lo + c2 } else { f_hi };
    if f_hi * f_lo > 0.0 {
        (hi, f_hi) = (lo, f_lo);
        (lo, f_lo) = (0.0, c2);
    }
    if f_hi * f_lo <= 0.0 {
        let start = if start < lo || start > hi { 0.5 * (lo + hi) } else { start };
        let (lo, hi) = if f_lo > f_hi { (hi, lo) } else { (lo, hi) };
        let (a, n) = newton(lo, hi, start, EPSILON, |a| {
            (
                beta * x.factor_of_area(a * a_full) + c1 * a + c2,
                beta * a_full * x.factor_slope(a * a_full) + c1,
            )
        });
        return (a, n.max(1));
    }
    if f_lo < 0.0 {
        return (if q_in > 1.0 { a_in } else { 1.0 }, 1);
    }
    (0.0, 1)
}
