//! 变步长: the longest step that Courant's condition and the rise of the nodes allow (Reference Manual
//! II, section 3.5). A vector looks whether any of its conduits or nodes may need a shorter step; those
//! that may are then asked one by one, in SWMM's arithmetic.
#![expect(clippy::indexing_slicing, reason = "blocks and nodes are walked side by side")]

use numerics::lanes::{Arch, Simd, V, WIDEST, WithSimd};

use super::blocks::Fixed;
use super::slots::SlotBlock;
use crate::model::Model;
use crate::state::State;
use crate::units::FUDGE;

/// Froude number below which a conduit does not limit the step.
const SLOW: f64 = 0.01;
/// A little more than one: what is shorter by no more than rounding is asked for all the same.
const NEARLY: f64 = 1.000_001;
/// Share of its crown's height that a node may rise in a step.
const RISE: f64 = 0.25;

impl State {
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
        let shortest = Shortest {
            model,
            slots: &self.slots.blocks,
            depth: &self.depth,
            dydt: &self.dydt,
            step: most,
            link: usize::MAX,
            node: usize::MAX,
        };
        let s = Arch::new().dispatch(shortest);
        if let Some(n) = self.stats.nodes.get_mut(s.node) {
            n.critical += 1;
        } else if let Some(l) = self.stats.links.get_mut(s.link) {
            l.critical += 1;
        }
        let least = model.options.minimum_step;
        if s.step < least { least } else { s.step }
    }
}

/// The shortest step so far, and whose it is.
struct Shortest<'a> {
    model: &'a Model,
    slots: &'a [SlotBlock],
    depth: &'a [f64],
    dydt: &'a [f64],
    step: f64,
    link: usize,
    node: usize,
}

impl WithSimd for Shortest<'_> {
    type Output = Self;

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, s: S) -> Self {
        let b = &self.model.blocks;
        for (at, (o, f)) in self.slots.iter().zip(&b.fixed).enumerate() {
            let mut lane = 0;
            while lane < WIDEST {
                if self.conduits_ask(s, o, f, lane) {
                    for i in lane..(lane + V::<S>::LANES).min(f.live) {
                        self.conduit(o, f, i, b.link[at * WIDEST + i]);
                    }
                }
                lane += V::<S>::LANES;
            }
        }
        let mut i = 0;
        while i < self.depth.len() {
            if self.nodes_ask(s, i) {
                (i..(i + V::<S>::LANES).min(self.depth.len())).for_each(|k| self.node(k));
            }
            i += V::<S>::LANES;
        }
        self
    }
}

impl Shortest<'_> {
    /// Whether some conduit may need a shorter step; without a division.
    #[inline(always)]
    fn conduits_ask<S: Simd>(&self, s: S, o: &SlotBlock, f: &Fixed, lane: usize) -> bool {
        let of = |list: &[f64; WIDEST]| V::part(s, list, lane);
        let c = |v: f64| V::splat(s, v);
        let (flow, froude) = (of(&o.flow).abs(), of(&o.froude));
        let runs = flow.gt(c(0.0)) & of(&o.a1).gt(c(FUDGE)) & froude.gt(c(SLOW));
        if !runs.any() {
            return false;
        }
        let v = of(&o.volume) * froude * of(&f.stretch) * c(self.model.options.variable_step);
        (runs & v.le(c(NEARLY * NEARLY * self.step) * flow * (c(1.0) + froude))).any()
    }

    fn conduit(&mut self, o: &SlotBlock, f: &Fixed, i: usize, j: usize) {
        let q = o.flow[i].abs() / f.barrels[i];
        if q <= FUDGE || o.a1[i] <= FUDGE || o.froude[i] <= SLOW {
            return;
        }
        let mut t = o.volume[i] / f.barrels[i] / q;
        t = t * f.mod_length[i] / f.length[i];
        t = t * o.froude[i] / (1.0 + o.froude[i]) * self.model.options.variable_step;
        if t < self.step || (t == self.step && self.link != usize::MAX && j < self.link) {
            (self.step, self.link) = (t, j);
        }
    }

    /// Whether some node may need a shorter step.
    #[inline(always)]
    fn nodes_ask<S: Simd>(&self, s: S, i: usize) -> bool {
        let c = |v: f64| V::splat(s, v);
        let (depth, rise) = (V::load(s, &self.depth[i..]), V::load(s, &self.dydt[i..]));
        let crown = V::load(s, &self.model.blocks.nodes.crown[i..]);
        let asks = depth.gt(c(FUDGE)) & (depth + c(FUDGE)).lt(crown) & rise.ge(c(FUDGE));
        (asks & (crown * c(RISE)).le(c(NEARLY * self.step) * rise)).any()
    }

    fn node(&mut self, i: usize) {
        let layout = &self.model.blocks.nodes;
        let crown = layout.crown[i];
        if layout.is_outfall[i] || self.depth[i] <= FUDGE || self.depth[i] + FUDGE >= crown {
            return;
        }
        let most = crown * RISE;
        if most < FUDGE || self.dydt[i] < FUDGE {
            return;
        }
        let t = most / self.dydt[i];
        if t < self.step {
            (self.step, self.node) = (t, i);
        }
    }
}
