//! Statistics in lanes (统计): what every step has to count, counted a vector at a time. Times that a
//! conduit spends in a condition are added up when the condition changes, not at every step; but for the
//! exact numerics, whose sums are SWMM's.
#![expect(clippy::indexing_slicing, reason = "blocks and nodes are walked side by side")]

use numerics::lanes::{Arch, Scalar, Simd, V, WIDEST, WithSimd};
use serde::{Deserialize, Serialize};

use super::blocks::{Blocks, Fixed};
use super::nodes::Layout;
use super::slots::{Mark, SlotBlock};
use crate::model::Model;
use crate::state::Numerics;
use crate::stats::{LinkStats, NodeStats};
use crate::units::FUDGE;

/// Depth (ft) below which SWMM gives no velocity.
const SHALLOW: f64 = 0.01;
/// Change of flow (ft³/s) that counts as a turn.
const TURN: f64 = 0.001;
/// What further conditions are worth in a conduit's code, beside its class and its marks.
const FULL_FLOW: f64 = 64.0;
const CAPACITY: f64 = 128.0;

/// Of a block of conduits.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[repr(align(64))]
pub(crate) struct ConduitTally {
    max_flow: [f64; WIDEST],
    max_flow_at: [f64; WIDEST],
    max_velocity: [f64; WIDEST],
    max_depth: [f64; WIDEST],
    turn_sign: [f64; WIDEST],
    turns: [f64; WIDEST],
    /// Class and conditions, plus one; 0 before the first step.
    code: [f64; WIDEST],
    /// Since when, s of counted time.
    since: [f64; WIDEST],
}

/// Adds a time spent under a code.
fn settle(s: &mut LinkStats, code: f64, span: f64) {
    if code < 1.0 {
        return;
    }
    let code = code as u32 - 1;
    let has = |bit: f64| code & bit as u32 != 0;
    if let Some(t) = s.time_in_class.get_mut(code as usize % Mark::LIMITED as usize) {
        *t += span;
    }
    for (bit, time) in [
        (Mark::LIMITED, &mut s.normal_limited),
        (FULL_FLOW, &mut s.full_flow),
        (CAPACITY, &mut s.capacity),
        (Mark::INLET, &mut s.inlet_controlled),
    ] {
        if has(bit) {
            *time += span;
        }
    }
    let (up, down) = (has(Mark::FULL), has(2.0 * Mark::FULL));
    s.full_up += if up { span } else { 0.0 };
    s.full_down += if down { span } else { 0.0 };
    s.full_both += if up && down { span } else { 0.0 };
}

impl ConduitTally {
    /// A conduit's statistics with what lies here, after `now` s of counted time.
    pub(crate) fn of(&self, i: usize, stored: &LinkStats, now: f64) -> LinkStats {
        let mut s = *stored;
        s.max_flow = self.max_flow[i];
        s.max_flow_at = self.max_flow_at[i];
        s.max_velocity = self.max_velocity[i];
        s.max_depth = self.max_depth[i];
        s.turns = self.turns[i] as u64;
        settle(&mut s, self.code[i], now - self.since[i]);
        s
    }
}

/// The end of a condition of a conduit.
pub(crate) struct Change {
    link: usize,
    code: f64,
    span: f64,
}

impl Change {
    /// Adds the time spent in it.
    pub(crate) fn settle(&self, links: &mut [LinkStats]) {
        if let Some(s) = links.get_mut(self.link) {
            settle(s, self.code, self.span);
        }
    }
}

/// Counts a step of a part of the conduits; gives the conditions that ended.
pub(crate) struct CountConduits<'a> {
    pub(crate) model: &'a Model,
    pub(crate) slots: &'a [SlotBlock],
    /// The first block of this part.
    pub(crate) from: usize,
    pub(crate) tally: &'a mut [ConduitTally],
    pub(crate) depth: &'a [f64],
    pub(crate) date: f64,
    pub(crate) now: f64,
    pub(crate) dt: f64,
}

impl CountConduits<'_> {
    pub(crate) fn go(self, numerics: Numerics) -> Vec<Change> {
        match numerics {
            Numerics::Exact => Go::<true>(self).with_simd(Scalar::new()),
            Numerics::Fast => Arch::new().dispatch(Go::<false>(self)),
        }
    }
}

/// Counting in some numerics.
struct Go<'a, const EXACT: bool>(CountConduits<'a>);

impl<const EXACT: bool> WithSimd for Go<'_, EXACT> {
    type Output = Vec<Change>;

    #[inline(always)]
    fn with_simd<S: Simd>(self, s: S) -> Vec<Change> {
        let CountConduits { model, slots, from, tally, depth, date, now, dt } = self.0;
        let b = &model.blocks;
        let mut changes = Vec::new();
        for (i, t) in tally.iter_mut().enumerate() {
            let at = from + i;
            let o = &slots[at];
            let mut lane = 0;
            while lane < WIDEST {
                let c = One::<S, EXACT> { s, o, f: &b.fixed[at], lane };
                c.peaks(b, at, t, date);
                let code = c.code(model, depth);
                if EXACT {
                    // Step by step, as SWMM sums: no code is left to settle.
                    for (i, code) in code.array().into_iter().enumerate().take(V::<S>::LANES) {
                        if lane + i < b.fixed[at].head.live {
                            let link = b.link[at * WIDEST + lane + i];
                            changes.push(Change { link, code, span: dt });
                        }
                    }
                    lane += V::<S>::LANES;
                    continue;
                }
                let before = c.of(&t.code);
                if !(code.le(before) & code.ge(before)).all() {
                    for (i, code) in code.array().into_iter().enumerate().take(V::<S>::LANES) {
                        let l = lane + i;
                        if code != t.code[l] {
                            if l < b.fixed[at].head.live {
                                let j = b.link[at * WIDEST + l];
                                let span = now - t.since[l];
                                changes.push(Change { link: j, code: t.code[l], span });
                            }
                            (t.code[l], t.since[l]) = (code, now);
                        }
                    }
                }
                lane += V::<S>::LANES;
            }
        }
        changes
    }
}

/// A vector of conduits.
struct One<'a, S: Simd, const EXACT: bool> {
    s: S,
    o: &'a SlotBlock,
    f: &'a Fixed,
    lane: usize,
}

impl<S: Simd, const EXACT: bool> One<'_, S, EXACT> {
    #[inline(always)]
    fn of(&self, list: &[f64; WIDEST]) -> V<S> {
        V::part(self.s, list, self.lane)
    }

    #[inline(always)]
    fn c(&self, v: f64) -> V<S> {
        V::splat(self.s, v)
    }

    #[inline(always)]
    fn peaks(&self, b: &Blocks, at: usize, t: &mut ConduitTally, date: f64) {
        let lane = self.lane;
        let flow = self.of(&self.o.flow);
        let q = flow.abs();
        let most = self.of(&t.max_flow);
        let higher = q.gt(most);
        if higher.any() {
            higher.select(q, most).put(&mut t.max_flow, lane);
            higher.select(self.c(date), self.of(&t.max_flow_at)).put(&mut t.max_flow_at, lane);
        }
        let depth = self.of(&self.o.depth);
        depth.max(self.of(&t.max_depth)).put(&mut t.max_depth, lane);
        let area = if EXACT {
            depth.map(|i, y| b.section[at * WIDEST + lane + i].area(y))
        } else {
            self.of(&self.o.a1).min(self.of(&self.f.a_full))
        };
        let barrel = if EXACT { q / self.of(&self.f.barrels) } else { q * self.of(&self.f.per_barrel) };
        let fast = self.of(&t.max_velocity);
        let moves = depth.gt(self.c(SHALLOW)) & area.gt(self.c(FUDGE));
        // The division waits until there may be a new peak.
        let faster = moves & barrel.gt(self.c(0.999_999) * fast * area);
        if faster.any() {
            let v = faster.select(barrel / area, fast);
            v.max(fast).put(&mut t.max_velocity, lane);
        }
        let dq = flow - self.of(&self.o.old_flow);
        let sign = dq.sign();
        let turned = dq.abs().gt(self.c(TURN)) & (self.of(&t.turn_sign) * sign).lt(self.c(0.0));
        sign.put(&mut t.turn_sign, lane);
        if turned.any() {
            let turns = self.of(&t.turns);
            turned.select(turns + self.c(1.0), turns).put(&mut t.turns, lane);
        }
    }

    #[inline(always)]
    fn code(&self, model: &Model, depth: &[f64]) -> V<S> {
        let (o, f) = (self.o, self.f);
        let zero = self.c(0.0);
        let mut code = self.c(1.0) + self.of(&o.class) + self.of(&o.marks);
        let full = self.of(&o.flow).abs().ge(self.of(&f.q_full));
        code = code + full.select(self.c(FULL_FLOW), zero);
        let held = self.of(&o.a1).ge(self.of(&f.a_full));
        if held.any() {
            // Full upstream and a surface steeper than the conduit: its capacity is the limit.
            let steep = zero.map(|i, _| {
                let (n1, n2) = (f.n1[self.lane + i] as usize, f.n2[self.lane + i] as usize);
                let invert = &model.nodes.invert;
                let fall = (depth[n1] + invert[n1]) - (depth[n2] + invert[n2]);
                f64::from(u8::from(fall > f.fall[self.lane + i]))
            });
            code = code + (held & steep.gt(zero)).select(self.c(CAPACITY), zero);
        }
        code
    }
}

/// Of as many nodes as the widest vector has lanes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[repr(align(64))]
pub(crate) struct NodeTally {
    sum_depth: [f64; WIDEST],
    max_depth: [f64; WIDEST],
    max_depth_at: [f64; WIDEST],
    surcharged_time: [f64; WIDEST],
    lateral_volume: [f64; WIDEST],
    max_lateral: [f64; WIDEST],
    max_inflow: [f64; WIDEST],
    max_inflow_at: [f64; WIDEST],
}

impl NodeTally {
    /// Of so many nodes, nothing yet; `start` is the date of the run's first step.
    pub(crate) fn of_nodes(n: usize, start: f64) -> Vec<Self> {
        let zero = [0.0; WIDEST];
        let nothing = Self {
            sum_depth: zero,
            max_depth: zero,
            max_depth_at: [start; WIDEST],
            surcharged_time: zero,
            lateral_volume: zero,
            max_lateral: zero,
            max_inflow: zero,
            max_inflow_at: [start; WIDEST],
        };
        vec![nothing; n.div_ceil(WIDEST)]
    }

    /// A node's statistics with what lies here.
    pub(crate) fn of(&self, i: usize, stored: &NodeStats) -> NodeStats {
        NodeStats {
            sum_depth: self.sum_depth[i],
            max_depth: self.max_depth[i],
            max_depth_at: self.max_depth_at[i],
            surcharged_time: self.surcharged_time[i],
            lateral_volume: self.lateral_volume[i],
            max_lateral: self.max_lateral[i],
            max_inflow: self.max_inflow[i],
            max_inflow_at: self.max_inflow_at[i],
            ..*stored
        }
    }
}

/// What a step left at the nodes.
#[derive(Clone, Copy)]
pub(crate) struct AtNodes<'a> {
    pub(crate) layout: &'a Layout,
    pub(crate) invert: &'a [f64],
    pub(crate) crown: &'a [f64],
    pub(crate) full_volume: &'a [f64],
    pub(crate) depth: &'a [f64],
    pub(crate) volume: &'a [f64],
    pub(crate) overflow: &'a [f64],
    pub(crate) inflow: &'a [f64],
    pub(crate) outflow: &'a [f64],
    pub(crate) lateral: &'a [f64],
    pub(crate) old_lateral: &'a [f64],
    pub(crate) dt: f64,
}

/// Counts a step of a part of the nodes.
pub(crate) struct CountNodes<'a> {
    pub(crate) at: &'a AtNodes<'a>,
    pub(crate) date: f64,
    /// The first node of this part; the lists below are the part's own.
    pub(crate) from: usize,
    pub(crate) tally: &'a mut [NodeTally],
    pub(crate) nodes: &'a mut [NodeStats],
}

impl WithSimd for CountNodes<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, s: S) {
        for block in 0..self.tally.len() {
            for lane in (0..WIDEST).step_by(V::<S>::LANES) {
                self.some(s, block, lane);
            }
        }
    }
}

impl CountNodes<'_> {
    #[inline(always)]
    fn some<S: Simd>(&mut self, s: S, block: usize, lane: usize) {
        let first = block * WIDEST + lane;
        if first >= self.nodes.len() {
            return;
        }
        let at = self.at;
        let load = |list: &[f64]| V::load(s, &list[self.from + first..]);
        let own = |list: &[f64; WIDEST]| V::part(s, list, lane);
        let c = |v: f64| V::splat(s, v);
        let (dt, date) = (c(at.dt), c(self.date));
        let depth = load(at.depth);
        let t = &mut self.tally[block];
        (own(&t.sum_depth) + depth).put(&mut t.sum_depth, lane);
        let most = own(&t.max_depth);
        let deeper = depth.gt(most);
        if deeper.any() {
            deeper.select(depth, most).put(&mut t.max_depth, lane);
            deeper.select(date, own(&t.max_depth_at)).put(&mut t.max_depth_at, lane);
        }
        let usual = at.layout.usual[(self.from + first) / WIDEST];
        // Elevations are looked at where the depth nearly says so: rounding is far less than that.
        let mut surcharged = (depth + c(2.0 * FUDGE)).ge(load(&at.layout.crown));
        if surcharged.any() {
            surcharged = (depth + load(at.invert) + c(FUDGE)).ge(load(at.crown))
                & load(&at.layout.surcharges).gt(c(0.5));
        }
        if surcharged.any() {
            let time = own(&t.surcharged_time);
            surcharged.select(time + dt, time).put(&mut t.surcharged_time, lane);
        }
        let lateral = load(at.lateral);
        let volume = (load(at.old_lateral) + lateral) * c(0.5) * dt;
        (own(&t.lateral_volume) + volume).put(&mut t.lateral_volume, lane);
        let most = own(&t.max_lateral);
        let more = lateral.abs().gt(most.abs());
        if more.any() {
            more.select(lateral, most).put(&mut t.max_lateral, lane);
        }
        let inflow = load(at.inflow);
        let most = own(&t.max_inflow);
        let more = inflow.gt(most);
        if more.any() {
            more.select(inflow, most).put(&mut t.max_inflow, lane);
            more.select(date, own(&t.max_inflow_at)).put(&mut t.max_inflow_at, lane);
        }
        let mut floods = load(at.overflow).gt(c(0.0));
        if !usual {
            floods = floods | load(at.volume).gt(load(at.full_volume));
        }
        if floods.any() {
            let end = (first + V::<S>::LANES).min(self.nodes.len());
            (first..end).for_each(|k| self.flooded(k));
        }
    }

    fn flooded(&mut self, own: usize) {
        let (at, k) = (self.at, self.from + own);
        let s = &mut self.nodes[own];
        let (volume, full, overflow) = (at.volume[k], at.full_volume[k], at.overflow[k]);
        if !at.layout.is_outfall[k] && (volume > full || overflow > 0.0) {
            s.flooded_time += at.dt;
            s.flooded_volume += overflow * at.dt;
            if at.layout.ponds[k] {
                s.max_ponded = s.max_ponded.max(volume - full);
            }
        }
        if overflow > s.max_overflow {
            (s.max_overflow, s.max_overflow_at) = (overflow, self.date);
        }
    }
}

/// Some seconds of the flows into the books of a part of the nodes.
pub(crate) struct Book<'a> {
    pub(crate) at: &'a AtNodes<'a>,
    /// The first node of this part.
    pub(crate) from: usize,
    /// What came and what went, ft³.
    pub(crate) books: (&'a mut [f64], &'a mut [f64]),
    pub(crate) seconds: f64,
}

impl WithSimd for Book<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, s: S) {
        let Self { at, from, books: (came, went), seconds } = self;
        let (seconds, zero) = (V::splat(s, seconds), V::splat(s, 0.0));
        for i in (0..came.len()).step_by(V::<S>::LANES) {
            let load = |list: &[f64]| V::load(s, &list[from + i..]);
            let own = |list: &[f64]| V::load(s, &list[i..]);
            let inflow = load(at.inflow);
            (own(came) + inflow * seconds).store(&mut came[i..]);
            let (mut leaves, mut spills) = (load(at.outflow), zero.ge(zero));
            if !at.layout.usual[(from + i) / WIDEST] {
                let end = load(&at.layout.leaves).gt(zero);
                leaves = end.select(inflow, leaves);
                spills = !end & load(at.volume).le(load(at.full_volume));
            }
            let out = own(went) + leaves * seconds;
            spills.select(out + load(at.overflow) * seconds, out).store(&mut went[i..]);
        }
    }
}

/// Where water may leave the system: the first nodes of the vectors with an end, something that spills, or
/// an inflow that is taken out.
pub(crate) struct Spills<'a> {
    pub(crate) layout: &'a Layout,
    pub(crate) overflow: &'a [f64],
    pub(crate) lateral: &'a [f64],
}

impl WithSimd for Spills<'_> {
    type Output = Vec<usize>;

    #[inline(always)]
    fn with_simd<S: Simd>(self, s: S) -> Vec<usize> {
        let zero = V::splat(s, 0.0);
        let mut found = Vec::new();
        for i in (0..self.overflow.len()).step_by(V::<S>::LANES) {
            let load = |list: &[f64]| V::load(s, &list[i..]);
            let mut leaves = load(self.overflow).abs().gt(zero) | load(self.lateral).lt(zero);
            if !self.layout.usual[i / WIDEST] {
                leaves = leaves | load(&self.layout.leaves).gt(zero);
            }
            if leaves.any() {
                found.push(i / WIDEST * WIDEST);
            }
        }
        found.dedup();
        found
    }
}
