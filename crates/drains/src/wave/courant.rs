//! 变步长: the longest step that Courant's condition and the rise of the nodes allow (Reference Manual
//! II, section 3.5). A vector looks whether any of its conduits or nodes may need a shorter step; those
//! that may are then asked one by one, in SWMM's arithmetic.
#![expect(clippy::indexing_slicing, reason = "blocks and nodes are walked side by side")]

use std::ops::Range;

use numerics::lanes::{Arch, Simd, V, WIDEST, WithSimd};

use super::blocks::Fixed;
use super::slots::SlotBlock;
use crate::crew::{Cuts, Hands};
use crate::model::Model;
use crate::state::State;
use crate::units::{FUDGE, max};

/// Froude number below which a conduit does not limit the step.
const SLOW: f64 = 0.01;
/// A little more than one: what is shorter by no more than rounding is asked for all the same.
const NEARLY: f64 = 1.000_001;
/// Share of its crown's height that a node may rise in a step.
const RISE: f64 = 0.25;

impl State {
    /// The step that Courant's condition and the rise of the nodes allow, s.
    pub(crate) fn variable_step(&mut self, model: &Model, hands: Hands) -> f64 {
        let o = &model.options;
        let fixed = o.routing_step;
        if o.variable_step == 0.0 || fixed < 0.001 {
            return fixed;
        }
        if self.step_now == 0.0 {
            self.step_now = o.minimum_step;
        } else {
            self.step_now = self.stable_step(model, fixed, hands);
        }
        self.step_now = (1000.0 * self.step_now).floor() / 1000.0;
        self.step_now
    }

    fn stable_step(&mut self, model: &Model, most: f64, hands: Hands) -> f64 {
        let (slots, depth, dydt) = (&self.slots.blocks[..], &self.depth[..], &self.dydt[..]);
        let parts = &model.blocks.parts;
        let asked = hands.each(parts.count(), (), |part, ()| {
            let of = |cuts: &Cuts| cuts[part]..cuts[part + 1];
            let (blocks, nodes) = (of(&parts.blocks), of(&parts.nodes));
            let shortest =
                Shortest { model, slots, depth, dydt, blocks, nodes, step: most, link: None, node: None };
            Arch::new().dispatch(shortest)
        });
        // The first of the links with the shortest step, or the first of the nodes with a shorter one.
        let links = asked.iter().filter_map(|a| a.0);
        let link = links.min_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let mut step = link.map_or(most, |(step, _)| step);
        let mut node = None;
        for (shorter, i) in asked.iter().filter_map(|a| a.1) {
            if shorter < step {
                (step, node) = (shorter, Some(i));
            }
        }
        if let Some(n) = node.and_then(|i| self.stats.nodes.get_mut(i)) {
            n.critical += 1;
        } else if let Some(l) = link.and_then(|(_, j)| self.stats.links.get_mut(j)) {
            l.critical += 1;
        }
        max(step, model.options.minimum_step)
    }
}

/// A step (s), and the link or node that asks for it.
type Asked = Option<(f64, usize)>;

/// The shortest step that a part of the conduits and nodes asks for.
struct Shortest<'a> {
    model: &'a Model,
    slots: &'a [SlotBlock],
    depth: &'a [f64],
    dydt: &'a [f64],
    blocks: Range<usize>,
    nodes: Range<usize>,
    /// So far, and whose it is.
    step: f64,
    link: Asked,
    node: Asked,
}

impl WithSimd for Shortest<'_> {
    /// The shortest step of the links, and what of the nodes is shorter.
    type Output = (Asked, Asked);

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, s: S) -> (Asked, Asked) {
        let b = &self.model.blocks;
        for at in self.blocks.clone() {
            let (o, f) = (&self.slots[at], &b.fixed[at]);
            let mut lane = 0;
            while lane < WIDEST {
                if self.conduits_ask(s, o, f, lane) {
                    for i in lane..(lane + V::<S>::LANES).min(f.head.live) {
                        self.conduit(o, f, i, b.link[at * WIDEST + i]);
                    }
                }
                lane += V::<S>::LANES;
            }
        }
        let mut i = self.nodes.start;
        while i < self.nodes.end {
            if self.nodes_ask(s, i) {
                (i..(i + V::<S>::LANES).min(self.nodes.end)).for_each(|k| self.node(k));
            }
            i += V::<S>::LANES;
        }
        (self.link, self.node)
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
        if t < self.step || (t == self.step && self.link.is_some_and(|(_, first)| j < first)) {
            (self.step, self.link) = (t, Some((t, j)));
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
            (self.step, self.node) = (t, Some((t, i)));
        }
    }
}
