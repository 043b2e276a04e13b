//! One step of the dynamic wave: links, then nodes, until the depths rest (迭代).
#![expect(
    clippy::indexing_slicing,
    reason = "nodes, links and slots are addressed by the model's own indices"
)]

use numerics::lanes::{Arch, WIDEST};

use super::gather::{Gather, Shared};
use super::momentum::{Momentum, Pass};
use super::nodes::{AtNodes, Depths, Given, MakeUp, Picked, Rise, Sums};
use super::restless::Restless;
use crate::crew::{Cuts, Hands, cut};
use crate::model::{LinkData, LinkType, Model, NodeType};
use crate::project::{CurveKind, Surcharge};
use crate::state::{Numerics, State};
use crate::units::{FUDGE, max, sgn};

/// What changes at the nodes, cut into parts.
macro_rules! at_nodes {
    ($state:ident, $cuts:expr) => {{
        let depth = (cut(&mut $state.depth, $cuts), cut(&mut $state.old_area, $cuts));
        let moves = (cut(&mut $state.dydt, $cuts), cut(&mut $state.rests, $cuts));
        (depth, cut(&mut $state.overflow, $cuts), moves)
    }};
}

impl State {
    /// Routes one step of `dt` s; returns the trials it took.
    pub(crate) fn dynamic_step(&mut self, model: &Model, dt: f64, hands: Hands) -> usize {
        self.enter_others(model);
        self.brought.enter(&model.blocks);
        let mut converged = false;
        let mut trial = 0;
        while trial < model.options.max_trials {
            // The first two trials move everything.
            let all = trial < 2;
            let mut hands = hands;
            if !all {
                self.restless.seek(&model.blocks, &self.rests, trial);
                hands = if self.restless.is_much() { hands } else { Hands::ONE };
                if self.restless.leaves_out() {
                    self.make_up(model, dt, hands);
                }
            }
            self.conduits(model, dt, trial, hands);
            converged = self.nodes(model, dt, trial, hands);
            self.others(model, dt, trial);
            converged &= self.late_depths(model, dt, trial);
            trial += 1;
            if trial > 1 && converged {
                break;
            }
        }
        if trial > 2 && self.restless.leaves_out() {
            self.restless.left_out(&model.blocks, trial - 1);
            self.make_up(model, dt, hands);
        }
        if !converged {
            self.stats.not_converged += 1;
            for i in self.restless.all(&model.blocks, &self.rests) {
                self.stats.nodes[i].not_converged += 1;
            }
        }
        trial
    }

    /// The trials that rows of nodes were left out of.
    fn make_up(&mut self, model: &Model, dt: f64, hands: Hands) {
        let b = &model.blocks;
        let cuts = &b.parts.nodes;
        let (old_depth, old_net) = (&self.old_depth[..], &self.old_net[..]);
        let given =
            &Given { layout: &b.nodes, old_depth, old_net, dt, per_dt: 1.0 / dt, rise: Rise::new(model, 1) };
        let (inflow, outflow) = (&self.inflow[..], &self.outflow[..]);
        let sums = Sums { inflow, outflow, area: &self.area, sum_dqdh: &self.sum_dqdh };
        let (numerics, behind) = (self.numerics, &self.restless.behind);
        hands.each(b.parts.count(), at_nodes!(self, cuts), |part, at| {
            let (from, behind) = (cuts[part], &behind[part][..]);
            MakeUp { given, from, sums: sums.from(from), at: at.into(), behind }.go(numerics);
        });
    }

    /// Counts nodes that did not converge.
    pub(crate) fn end_trials(&mut self, converged: bool) {
        if !converged {
            self.stats.not_converged += 1;
            for (s, rests) in self.stats.nodes.iter_mut().zip(&self.rests) {
                s.not_converged += u64::from(*rests == 0.0);
            }
        }
    }

    /// Before a step.
    pub(crate) fn enter_others(&mut self, model: &Model) {
        for &j in &model.blocks.others {
            self.surf1[j] = 0.0;
            self.surf2[j] = 0.0;
        }
    }

    fn conduits(&mut self, model: &Model, dt: f64, trial: usize, hands: Hands) {
        // What conduits lose asks for what the first trial would not keep.
        let first_passes = passes(model, 0) && !self.loses(model);
        let pass = &Pass {
            depth: &self.depth,
            moves: &self.restless.moves,
            dt: [dt; WIDEST],
            evaporation: [self.climate.evaporation; WIDEST],
            conductivity: [self.climate.conductivity; WIDEST],
            shuts: self.shuts,
            passes: trial == 0 && first_passes,
            resumes: trial == 1 && first_passes,
            asks_before: self.asks_before(model),
            ..Pass::of(model, trial)
        };
        let numerics = self.numerics;
        let cuts = &model.blocks.parts.blocks;
        let restless = &self.restless.blocks;
        let nodes = &model.blocks.parts.nodes;
        let left = Left {
            depth: &self.depth,
            inflow: &self.inflow,
            outflow: &self.outflow,
            asks: self.asks_inflow(model),
        };
        let lists = (cut(&mut self.slots.blocks, cuts), cut(&mut self.brought.rows, cuts));
        let old = (
            cut(&mut self.old_depth, nodes),
            cut(&mut self.old_net, nodes),
            cut(&mut self.old_inflow, nodes),
        );
        hands.each(model.blocks.parts.count(), (lists, old), |part, ((slots, brings), old)| {
            if trial == 0 {
                left.keep(nodes[part], old);
            }
            let (from, some) = (cuts[part], (trial >= 2).then_some(&restless[part][..]));
            match numerics {
                Numerics::Exact => Momentum::<true, false> { pass, slots, brings, from, some }.run(),
                Numerics::Fast => Momentum::<false, false> { pass, slots, brings, from, some }.run(),
            }
        });
    }

    /// What there was before this step will be asked for: by losses, by quality, or by results that lie in it.
    pub(crate) fn asks_before(&self, model: &Model) -> bool {
        self.loses(model) || model.quality.count() > 0 || self.new_routing_time >= self.reports.from
    }

    fn asks_inflow(&self, model: &Model) -> bool {
        self.asks_before(model) || model.options.skip_steady_state
    }

    /// What the step before left at the nodes.
    pub(crate) fn keep_nodes(&mut self, model: &Model) {
        let asks = self.asks_inflow(model);
        let left = Left { depth: &self.depth, inflow: &self.inflow, outflow: &self.outflow, asks };
        left.keep(0, (&mut self.old_depth, &mut self.old_net, &mut self.old_inflow));
    }

    /// What the conduits bring to all nodes, and new depths of those that nothing else works on; true when
    /// none of these moved by more than the tolerance.
    fn nodes(&mut self, model: &Model, dt: f64, trial: usize, hands: Hands) -> bool {
        let b = &model.blocks;
        for &i in &b.nodes.special {
            self.area[i] = self.own_area(model, i);
        }
        for &i in &b.nodes.outfalls {
            self.area[i] = 0.0;
        }
        let lossy = self.loses(model).then_some(&model.nodes.kind[..]);
        let cuts = &b.parts.nodes;
        let passes = passes(model, trial);
        let (again, few) = (trial >= 2, trial >= 2 && self.restless.leaves_out());
        let Restless { nodes: restless, rows, due, .. } = &mut *self.restless;
        let (slots, brings) = (&self.slots.blocks[..], self.brought.rows.as_flattened());
        let (restless, rows) = (&*restless, &*rows);
        let (lateral, losses) = (&self.lateral[..], &self.losses[..]);
        let by = &Shared { blocks: b, slots, brings, lossy, lateral, losses };
        let (old_depth, old_net) = (&self.old_depth[..], &self.old_net[..]);
        let given = &Given {
            layout: &b.nodes,
            old_depth,
            old_net,
            dt,
            per_dt: 1.0 / dt,
            rise: Rise::new(model, trial),
        };
        let (numerics, which) = (self.numerics, &b.nodes.free[..]);
        let one_each: &Cuts = &std::array::from_fn(|part| part);
        let (inflow, outflow) = (cut(&mut self.inflow, cuts), cut(&mut self.outflow, cuts));
        let (area, sum_dqdh) = (cut(&mut self.area, cuts), cut(&mut self.sum_dqdh, cuts));
        let lists = ((inflow, outflow, area, sum_dqdh), at_nodes!(self, cuts), cut(due, one_each));
        let rest = hands.back().each(
            b.parts.count(),
            lists,
            |part, ((inflow, outflow, area, sum_dqdh), at, due)| {
                let (from, ends) = (cuts[part], &b.ends[part]);
                let some = again.then_some(&restless[part][..]);
                let (i, o, a, s) = (&mut *inflow, &mut *outflow, &mut *area, &mut *sum_dqdh);
                Arch::new().dispatch(Gather {
                    by,
                    some,
                    ends,
                    from,
                    inflow: i,
                    outflow: o,
                    area: a,
                    sum_dqdh: s,
                });
                let some = few.then_some(&rows[part][..]);
                let sums = Sums { inflow, outflow, area, sum_dqdh };
                let (at, due) = (at.into(), &mut due[0]);
                Depths { given, which, passes, from, sums, at, some, due }.go(numerics)
            },
        );
        rest.into_iter().take(b.parts.count()).all(|rest| rest)
    }

    /// Surface area of a node with a volume or a pond.
    pub(crate) fn own_area(&self, model: &Model, i: usize) -> f64 {
        let d = self.depth[i];
        if model.options.allow_ponding { model.ponded_area(i, d) } else { model.node_area(i, d) }
    }

    /// Pumps, regulators and dummy conduits, one after the other.
    pub(crate) fn others(&mut self, model: &Model, dt: f64, trial: usize) {
        let l = &model.links;
        for &j in &model.blocks.others {
            let (n1, n2) = (l.node1[j], l.node2[j]);
            let still = trial >= 2 && self.rests[n1] * self.rests[n2] > 0.0;
            if !still {
                let last = self.link_flow[j];
                self.dqdh[j] = 0.0;
                let mut q = self.link_inflow(model, j);
                if l.kind[j] == LinkType::Pump {
                    q = self.limited_pump(model, j, q, dt);
                }
                self.other_area(model, j);
                if trial > 0 && l.kind[j] != LinkType::Pump {
                    q = 0.5 * last + 0.5 * q;
                    if q * last < 0.0 {
                        q = 0.001 * sgn(q);
                    }
                }
                self.link_flow[j] = q;
            }
            let q = self.link_flow[j];
            if q >= 0.0 {
                self.outflow[n1] += q;
                self.inflow[n2] += q;
            } else {
                self.inflow[n1] -= q;
                self.outflow[n2] -= q;
            }
            let barrels = l.conduit(j).map_or(1.0, |c| c.barrels);
            self.area[n1] += self.surf1[j] * barrels;
            self.area[n2] += self.surf2[j] * barrels;
            self.sum_dqdh[n1] += self.dqdh[j];
            let type4 = matches!(&l.data[j], LinkData::Pump(p) if p.kind == Some(CurveKind::Pump4));
            if !type4 {
                self.sum_dqdh[n2] += self.dqdh[j];
            }
        }
    }

    fn other_area(&mut self, model: &Model, j: usize) {
        use super::Class;
        let l = &model.links;
        let half = if l.kind[j] == LinkType::Orifice { self.orifice_area[j] / 2.0 } else { 0.0 };
        let storage = |n: usize| model.nodes.kind[n] == NodeType::Storage;
        let class = self.link_class[j];
        self.surf1[j] = if class == Class::UP_CRITICAL || storage(l.node1[j]) { 0.0 } else { half };
        self.surf2[j] = if class == Class::DN_CRITICAL || storage(l.node2[j]) { 0.0 } else { half };
    }

    fn limited_pump(&self, model: &Model, j: usize, q: f64, dt: f64) -> f64 {
        if q == 0.0 {
            return q;
        }
        let n = model.links.node1[j];
        if model.nodes.kind[n] == NodeType::Storage {
            return self.max_outflow(model, n, q, dt);
        }
        let LinkData::Pump(p) = &model.links.data[j] else { return q };
        match p.kind {
            Some(CurveKind::Pump1) => self.max_outflow(model, n, q, dt),
            Some(CurveKind::Pump2 | CurveKind::Pump3 | CurveKind::Pump4) => {
                let net = self.inflow[n] - self.outflow[n] - q;
                let volume = 0.5 * (self.old_net[n] + net) * dt;
                let y = self.old_depth[n] + volume / self.area[n];
                if y <= 0.0 { self.inflow[n] } else { q }
            }
            _ => q,
        }
    }

    /// New depths where more than conduits work; true when none moved by more than the tolerance.
    fn late_depths(&mut self, model: &Model, dt: f64, trial: usize) -> bool {
        for &j in &model.blocks.outfall_links {
            self.set_outfall_depth(model, j, self.water(model, j).flow);
        }
        let layout = &model.blocks.nodes;
        let (old_depth, old_net) = (&self.old_depth[..], &self.old_net[..]);
        let given =
            &Given { layout, old_depth, old_net, dt, per_dt: 1.0 / dt, rise: Rise::new(model, trial) };
        let sums =
            Sums { inflow: &self.inflow, outflow: &self.outflow, area: &self.area, sum_dqdh: &self.sum_dqdh };
        let at = AtNodes {
            depth: &mut self.depth,
            old_area: &mut self.old_area,
            overflow: &mut self.overflow,
            dydt: &mut self.dydt,
            rests: &mut self.rests,
        };
        let all = Picked { given, nodes: &layout.late, sums, at }.go(self.numerics);
        all & self.special_depths(model, dt, trial)
    }

    /// New depths of the nodes with a volume or a pond; true when all rest.
    pub(crate) fn special_depths(&mut self, model: &Model, dt: f64, trial: usize) -> bool {
        let mut all = true;
        for &i in &model.blocks.nodes.special {
            let before = self.depth[i];
            self.node_depth(model, i, dt, trial);
            let rests = (before - self.depth[i]).abs() <= model.options.head_tolerance;
            self.rests[i] = f64::from(u8::from(rests));
            all &= rests;
        }
        all
    }

    fn node_depth(&mut self, model: &Model, i: usize, dt: f64, trial: usize) {
        let n = &model.nodes;
        let o = &model.options;
        let can_pond = o.allow_ponding && n.ponded_area[i] > 0.0;
        let full = n.full_depth[i];
        let y_last = self.depth[i];
        let ponded = can_pond && y_last > full;
        let y_crown = n.crown[i] - n.invert[i];
        let y_old = self.old_depth[i];
        self.overflow[i] = 0.0;
        let area = max(self.area[i], o.min_surface_area);
        let dq = self.inflow[i] - self.outflow[i];
        let dv = 0.5 * (self.old_net[i] + dq) * dt;
        let surcharged = o.surcharge == Surcharge::Extran
            && !ponded
            && if n.kind[i] == NodeType::Storage {
                n.sur_depth[i] > 0.0 && y_last > full
            } else {
                y_crown > 0.0 && y_last > y_crown
            };
        let mut y;
        if surcharged {
            let corr = if n.degree[i] < 0 { 0.6 } else { 1.0 };
            let mut denom = self.sum_dqdh[i];
            if y_last < 1.25 * y_crown {
                let f = (y_last - y_crown) / y_crown;
                denom += (self.old_area[i] / dt - self.sum_dqdh[i]) * (-15.0 * f).exp();
            }
            let dy = if denom == 0.0 { 0.0 } else { corr * dq / denom };
            y = y_last + dy;
            if y < y_crown {
                y = y_crown - FUDGE;
            }
            if can_pond && y > full {
                y = full + FUDGE;
            }
        } else {
            y = y_old + dv / area;
            if !ponded {
                self.old_area[i] = area;
            }
            if trial > 0 {
                y = 0.5 * y_last + 0.5 * y;
            }
            if ponded && y < full {
                y = full - FUDGE;
            }
        }
        if y < 0.0 {
            y = 0.0;
        }
        let mut y_max = full;
        if !can_pond {
            y_max += n.sur_depth[i];
        }
        if y > y_max {
            if can_pond {
                self.volume[i] = max(self.old_volume[i] + dv, n.full_volume[i]);
                self.overflow[i] = (self.volume[i] - max(self.old_volume[i], n.full_volume[i])) / dt;
            } else {
                self.overflow[i] = dv / dt;
                self.volume[i] = n.full_volume[i];
                y = y_max;
            }
            if self.overflow[i] < FUDGE {
                self.overflow[i] = 0.0;
            }
        } else {
            self.volume[i] = model.node_volume(i, y);
        }
        self.dydt[i] = (y - y_old).abs() / dt;
        self.depth[i] = y;
    }
}

/// What a step left at the nodes.
struct Left<'a> {
    depth: &'a [f64],
    inflow: &'a [f64],
    outflow: &'a [f64],
    /// The inflow will be asked for by itself.
    asks: bool,
}

impl Left<'_> {
    /// Becomes old at the nodes from `from` on: depth, inflow less outflow, inflow.
    fn keep(&self, from: usize, (depth, net, inflow): (&mut [f64], &mut [f64], &mut [f64])) {
        let here = from..from + depth.len();
        depth.copy_from_slice(&self.depth[here.clone()]);
        let flows = self.inflow[here.clone()].iter().zip(&self.outflow[here.clone()]);
        net.iter_mut().zip(flows).for_each(|(net, (inflow, outflow))| *net = *inflow - *outflow);
        if self.asks {
            inflow.copy_from_slice(&self.inflow[here]);
        }
    }
}

/// The next trial computes everything anew.
const fn passes(model: &Model, trial: usize) -> bool {
    trial == 0 && model.options.max_trials > 1
}
