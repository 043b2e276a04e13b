//! One step of the dynamic wave: links, then nodes, until the depths rest (迭代).
#![expect(
    clippy::indexing_slicing,
    reason = "nodes, links and slots are addressed by the model's own indices"
)]

use numerics::lanes::{Arch, Scalar, WIDEST, WithSimd};

use super::conduit::{Momentum, Pass};
use super::gather::Gather;
use super::nodes::Depths;
use crate::model::{LinkData, LinkType, Model, NodeType};
use crate::project::{CurveKind, Surcharge};
use crate::state::{Numerics, State};
use crate::units::{FUDGE, max, sgn};

impl State {
    /// Routes one step of `dt` s; returns the trials it took.
    pub(crate) fn dynamic_step(&mut self, model: &Model, dt: f64) -> usize {
        self.rests.fill(0.0);
        self.dydt.fill(0.0);
        self.enter_slots(model);
        let mut converged = false;
        let mut trial = 0;
        while trial < model.options.max_trials {
            self.conduits(model, dt, trial);
            self.gather(model, trial);
            self.others(model, dt, trial);
            converged = self.depths(model, dt, trial);
            trial += 1;
            if trial > 1 && converged {
                break;
            }
        }
        if !converged {
            self.stats.not_converged += 1;
            for (s, rests) in self.stats.nodes.iter_mut().zip(&self.rests) {
                s.not_converged += u64::from(*rests == 0.0);
            }
        }
        self.leave_slots(model);
        trial
    }

    fn enter_slots(&mut self, model: &Model) {
        let b = &model.blocks;
        for (s, links) in self.slots.blocks.iter_mut().zip(b.link.chunks(WIDEST)) {
            for (i, &j) in links.iter().enumerate() {
                s.old_flow[i] = self.link_old_flow[j];
                s.old_depth[i] = self.link_old_depth[j];
                s.setting[i] = self.setting[j];
            }
            s.surf1 = [0.0; WIDEST];
            s.surf2 = [0.0; WIDEST];
            s.a2 = s.a1;
        }
        for &j in &b.others {
            self.surf1[j] = 0.0;
            self.surf2[j] = 0.0;
        }
    }

    /// Takes over what the slots hold for reports and the books.
    fn leave_slots(&mut self, model: &Model) {
        let b = &model.blocks;
        for ((s, f), links) in self.slots.blocks.iter().zip(&b.fixed).zip(b.link.chunks(WIDEST)) {
            for (i, &j) in links.iter().enumerate().take(f.live) {
                self.link_flow[j] = s.flow[i];
                self.link_depth[j] = s.depth[i];
                self.link_volume[j] = s.volume[i];
            }
        }
    }

    fn conduits(&mut self, model: &Model, dt: f64, trial: usize) {
        let o = &model.options;
        let pass = Pass {
            blocks: &model.blocks,
            depth: &self.depth,
            rests: &self.rests,
            dt,
            trial,
            slot_method: o.surcharge == Surcharge::Slot,
            cutoff: model.crown_cutoff,
            damping: o.damping,
            normal_flow: o.normal_flow,
            darcy: o.darcy_weisbach,
            evaporation: self.climate.evaporation,
            conductivity: self.climate.conductivity,
        };
        let slots = &mut self.slots.blocks[..];
        match self.numerics {
            Numerics::Exact => Momentum::<true> { pass, slots, from: 0 }.with_simd(Scalar::new()),
            Numerics::Fast => Arch::new().dispatch(Momentum::<false> { pass, slots, from: 0 }),
        }
    }

    fn gather(&mut self, model: &Model, trial: usize) {
        let b = &model.blocks;
        for &i in &b.nodes.special {
            let d = self.depth[i];
            self.area[i] =
                if model.options.allow_ponding { model.ponded_area(i, d) } else { model.node_area(i, d) };
        }
        for &i in &b.nodes.outfalls {
            self.area[i] = 0.0;
        }
        let lossy = b.any_seepage || self.climate.evaporation > 0.0;
        let gather = Gather {
            blocks: b,
            slots: &self.slots.blocks,
            lossy: if lossy { Some(&model.nodes.kind) } else { None },
            lateral: &self.lateral,
            losses: &self.losses,
            rests: &self.rests,
            trial,
            inflow: &mut self.inflow,
            outflow: &mut self.outflow,
            area: &mut self.area,
            sum_dqdh: &mut self.sum_dqdh,
        };
        gather.run();
    }

    /// Pumps, regulators and dummy conduits, one after the other.
    fn others(&mut self, model: &Model, dt: f64, trial: usize) {
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

    /// New depths; true when none moved by more than the tolerance.
    fn depths(&mut self, model: &Model, dt: f64, trial: usize) -> bool {
        for &j in &model.blocks.outfall_links {
            let k = model.blocks.slot[j];
            if k != usize::MAX {
                let (s, i) = self.slots.of(k);
                self.link_flow[j] = s.flow[i];
            }
            self.set_outfall_depth(model, j);
        }
        let mut all = match self.numerics {
            Numerics::Exact => self.plain_depths::<true>(model, dt, trial).with_simd(Scalar::new()),
            Numerics::Fast => Arch::new().dispatch(self.plain_depths::<false>(model, dt, trial)),
        };
        for &i in &model.blocks.nodes.special {
            let before = self.depth[i];
            self.node_depth(model, i, dt, trial);
            let rests = (before - self.depth[i]).abs() <= model.options.head_tolerance;
            self.rests[i] = f64::from(u8::from(rests));
            all &= rests;
        }
        all
    }

    fn plain_depths<'a, const EXACT: bool>(
        &'a mut self,
        model: &'a Model,
        dt: f64,
        trial: usize,
    ) -> Depths<'a, EXACT> {
        let o = &model.options;
        Depths {
            layout: &model.blocks.nodes,
            inflow: &self.inflow,
            outflow: &self.outflow,
            area: &self.area,
            sum_dqdh: &self.sum_dqdh,
            old_depth: &self.old_depth,
            old_net: &self.old_net,
            depth: &mut self.depth,
            old_area: &mut self.old_area,
            overflow: &mut self.overflow,
            dydt: &mut self.dydt,
            rests: &mut self.rests,
            dt,
            trial,
            extran: o.surcharge == Surcharge::Extran,
            min_area: o.min_surface_area,
            tolerance: o.head_tolerance,
        }
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

    /// The step that Courant's condition and the rise of the nodes allow, s.
    pub(crate) fn variable_step(&mut self, model: &Model) -> f64 {
        let o = &model.options;
        let fixed = o.routing_step;
        if o.variable_step == 0.0 || fixed < 0.001 {
            return fixed;
        }
        if self.step_now == 0.0 {
            self.step_now = o.minimum_step;
        } else {
            self.step_now = self.stable_step(model, fixed);
        }
        self.step_now = (1000.0 * self.step_now).floor() / 1000.0;
        self.step_now
    }

    fn stable_step(&mut self, model: &Model, most: f64) -> f64 {
        let b = &model.blocks;
        let (mut t_min, mut link, mut node) = (most, usize::MAX, usize::MAX);
        for (s, (f, links)) in self.slots.blocks.iter().zip(b.fixed.iter().zip(b.link.chunks(WIDEST))) {
            for (i, &j) in links.iter().enumerate().take(f.live) {
                let q = s.flow[i].abs() / f.barrels[i];
                if q <= FUDGE || s.a1[i] <= FUDGE || s.froude[i] <= 0.01 {
                    continue;
                }
                // Without a division where it is plain that the step is no shorter.
                let v = s.volume[i] * s.froude[i] * f.stretch[i] * model.options.variable_step;
                if v > 1.000001 * t_min * q * f.barrels[i] * (1.0 + s.froude[i]) {
                    continue;
                }
                let mut t = s.volume[i] / f.barrels[i] / q;
                t = t * f.mod_length[i] / f.length[i];
                t = t * s.froude[i] / (1.0 + s.froude[i]) * model.options.variable_step;
                if t < t_min || (t == t_min && link != usize::MAX && j < link) {
                    t_min = t;
                    link = j;
                }
            }
        }
        let n = &model.nodes;
        for i in 0..n.kind.len() {
            if n.kind[i] == NodeType::Outfall || self.depth[i] <= FUDGE {
                continue;
            }
            let crown = b.nodes.crown[i];
            if self.depth[i] + FUDGE >= crown {
                continue;
            }
            let most = crown * 0.25;
            if most < FUDGE || self.dydt[i] < FUDGE || most > 1.000001 * t_min * self.dydt[i] {
                continue;
            }
            let t = most / self.dydt[i];
            if t < t_min {
                t_min = t;
                node = i;
            }
        }
        if node != usize::MAX {
            self.stats.nodes[node].critical += 1;
        } else if link != usize::MAX {
            self.stats.links[link].critical += 1;
        }
        if t_min < model.options.minimum_step { model.options.minimum_step } else { t_min }
    }
}
