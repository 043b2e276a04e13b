//! 并排: several states of one model routed together, one a lane. What the kernel does with a
//! vector of conduits of one state it does here with one conduit of a vector of states, each with a step of its own; a
//! lane that has converged keeps what it has. Every lane gets the bits of a run on its own.
#![expect(
    clippy::indexing_slicing,
    reason = "walks the model's own nodes and slots, and the lanes of a vector"
)]

use numerics::lanes::{Arch, Simd, V, WIDEST, WithSimd};

use super::momentum::{Momentum, Pass};
use super::nodes::{Layout, Rise, Risen};
use super::slots::SlotBlock;
use crate::model::{Model, NodeType};
use crate::state::State;

/// Lanes below which states are routed one by one.
pub(crate) const LANES_MIN: usize = 3;

/// A number of every lane.
pub(crate) type Lanes = [f64; WIDEST];

macro_rules! nodes {
    ($($f:ident),* $(,)?) => {
        /// What changes at a node, of every lane.
        #[derive(Debug, Clone, Copy, Default)]
        #[repr(align(64))]
        pub(crate) struct NodeBlock { $(pub(crate) $f: Lanes),* }
    };
}

nodes!(
    depth, rests, inflow, outflow, area, sum_dqdh, overflow, old_area, dydt, old_depth, old_net, lateral,
    losses,
);

/// Room for states to be routed abreast: kept from step to step, holds nothing between them.
#[derive(Debug, Default)]
pub(crate) struct Abreast {
    /// A block a slot.
    slots: Vec<SlotBlock>,
    nodes: Vec<NodeBlock>,
}

/// Lists of the states that lie in lanes: (of the lanes, of the state).
macro_rules! turn_in {
    ($s:expr, $states:expr, $to:expr, $at:expr, $($f:ident = $of:ident),* $(,)?) => {$(
        let mut rows = [[0.0; WIDEST]; WIDEST];
        for (row, state) in rows.iter_mut().zip($states.iter()) {
            copy_some(row, &state.$of[$at..]);
        }
        for (to, v) in $to[$at..].iter_mut().zip(V::turned($s, &rows)) {
            to.$f = v;
        }
    )*};
}

macro_rules! turn_out {
    ($s:expr, $live:expr, $states:expr, $from:expr, $at:expr, $($f:ident),* $(,)?) => {$(
        let mut rows = [[0.0; WIDEST]; WIDEST];
        for (row, from) in rows.iter_mut().zip(&$from[$at..]) {
            *row = from.$f;
        }
        for ((v, state), live) in V::turned($s, &rows).iter().zip($states.iter_mut()).zip($live) {
            if *live {
                let to = &mut state.$f[$at..];
                let n = to.len().min(WIDEST);
                to[..n].copy_from_slice(&v[..n]);
            }
        }
    )*};
}

macro_rules! slots_in {
    ($s:expr, $states:expr, $to:expr, $at:expr, $($f:ident),* $(,)?) => {$(
        let mut rows = [[0.0; WIDEST]; WIDEST];
        for (row, state) in rows.iter_mut().zip($states.iter()) {
            *row = state.slots.blocks[$at].$f;
        }
        for (to, v) in $to.iter_mut().zip(V::turned($s, &rows)) {
            to.$f = v;
        }
    )*};
}

macro_rules! slots_out {
    ($s:expr, $live:expr, $states:expr, $from:expr, $at:expr, $($f:ident),* $(,)?) => {$(
        let mut rows = [[0.0; WIDEST]; WIDEST];
        for (row, from) in rows.iter_mut().zip($from) {
            *row = from.$f;
        }
        for ((v, state), live) in V::turned($s, &rows).iter().zip($states.iter_mut()).zip($live) {
            if *live {
                state.slots.blocks[$at].$f = *v;
            }
        }
    )*};
}

#[inline(always)]
fn copy_some(to: &mut Lanes, from: &[f64]) {
    match from.first_chunk() {
        Some(whole) => *to = *whole,
        None => to[..from.len()].copy_from_slice(from),
    }
}

/// Lays the states into lanes.
struct Enter<'a> {
    to: &'a mut Abreast,
    states: &'a [State],
}

impl WithSimd for Enter<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, s: S) {
        let states = self.states;
        for (at, slots) in self.to.slots.chunks_exact_mut(WIDEST).enumerate() {
            slots_in!(s, states, slots, at, q, a1, flow, depth, volume, setting, class);
            slots_in!(s, states, slots, at, marks, evaporation, seepage);
            for o in slots {
                (o.old_flow, o.old_depth, o.old_volume, o.a2) = (o.flow, o.depth, o.volume, o.a1);
            }
        }
        let nodes = &mut self.to.nodes[..];
        for at in (0..nodes.len()).step_by(WIDEST) {
            turn_in!(s, states, nodes, at, depth = depth, old_depth = old_depth, old_net = old_net);
            turn_in!(s, states, nodes, at, lateral = lateral, losses = losses, old_area = old_area);
            turn_in!(s, states, nodes, at, overflow = overflow);
        }
    }
}

/// Gives the states what their lanes hold.
struct Leave<'a> {
    from: &'a Abreast,
    states: &'a mut [State],
    live: &'a [bool; WIDEST],
}

impl WithSimd for Leave<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, s: S) {
        let (states, live) = (self.states, self.live);
        for (at, slots) in self.from.slots.chunks_exact(WIDEST).enumerate() {
            slots_out!(s, live, states, slots, at, q, a1, a2, flow, old_flow, depth);
            slots_out!(s, live, states, slots, at, old_depth, volume, old_volume, froude, class, marks);
            slots_out!(s, live, states, slots, at, setting, evaporation, seepage);
        }
        let nodes = &self.from.nodes[..];
        for at in (0..nodes.len()).step_by(WIDEST) {
            turn_out!(s, live, states, nodes, at, depth, rests, inflow, outflow, area, sum_dqdh);
            turn_out!(s, live, states, nodes, at, overflow, old_area, dydt);
        }
    }
}

/// Sums at the nodes: what [`super::gather::Gather`] does, of every lane.
struct Gather<'a> {
    model: &'a Model,
    slots: &'a [SlotBlock],
    nodes: &'a mut [NodeBlock],
    live: &'a Lanes,
    lossy: bool,
    trial: usize,
}

impl WithSimd for Gather<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, s: S) {
        let b = &self.model.blocks;
        for i in 0..self.nodes.len() {
            for lane in (0..WIDEST).step_by(V::<S>::LANES) {
                self.node(s, i, b.stars.at(i), lane);
            }
        }
    }
}

impl Gather<'_> {
    #[inline(always)]
    fn node<S: Simd>(&mut self, s: S, i: usize, list: &[super::gather::End], lane: usize) {
        let b = &self.model.blocks;
        let zero = V::splat(s, 0.0);
        let of = |list: &Lanes| V::part(s, list, lane);
        let mut sums = of(self.live).gt(zero);
        if self.trial >= 2 && !list.is_empty() && b.watched.binary_search(&(i as u32)).is_err() {
            let mut rests = of(&self.nodes[i].rests);
            for e in list {
                rests = rests * of(&self.nodes[e.other as usize].rests);
            }
            sums = sums & rests.le(zero);
        }
        if !sums.any() {
            return;
        }
        let n = &mut self.nodes[i];
        let (lateral, losses) = (of(&n.lateral), of(&n.losses));
        let comes = lateral.ge(zero);
        let mut inflow = comes.select(lateral, zero);
        let mut outflow = comes.select(losses, losses - lateral);
        let mut area = if b.nodes.plain[i] > 0.0 { zero } else { of(&n.area) };
        let mut sum = zero;
        let lossy = self.lossy && self.model.nodes.kind[i] != NodeType::Outfall;
        for e in list {
            let (k, down) = ((e.code >> 1) as usize, e.code & 1 == 1);
            let o = &self.slots[k];
            let flow = of(&o.flow);
            let q = if down { flow } else { -flow };
            let comes = q.gt(zero);
            inflow = inflow + comes.select(q, zero);
            outflow = outflow + comes.select(zero, -q);
            area = area + of(if down { &o.surf2 } else { &o.surf1 });
            sum = sum + of(&o.dqdh);
            if lossy {
                let (f, at) = b.fixed(k);
                let loss = (of(&o.evaporation) + of(&o.seepage)) * V::splat(s, f.barrels[at]);
                let within = f.out1[at] == 0.0 && f.out2[at] == 0.0;
                let each = if within { loss / V::splat(s, 2.0) } else { loss };
                outflow = outflow + loss.le(zero).select(zero, each);
            }
        }
        sums.select(inflow, of(&n.inflow)).put(&mut n.inflow, lane);
        sums.select(outflow, of(&n.outflow)).put(&mut n.outflow, lane);
        sums.select(area, of(&n.area)).put(&mut n.area, lane);
        sums.select(sum, of(&n.sum_dqdh)).put(&mut n.sum_dqdh, lane);
    }
}

/// New depths of the plain nodes; 1 for lanes in which some node moved.
struct Depths<'a> {
    layout: &'a Layout,
    nodes: &'a mut [NodeBlock],
    live: &'a Lanes,
    dt: &'a Lanes,
    rise: Rise,
}

impl WithSimd for Depths<'_> {
    type Output = Lanes;

    #[inline(always)]
    fn with_simd<S: Simd>(self, s: S) -> Lanes {
        let mut moved = [0.0; WIDEST];
        let c = |v: f64| V::splat(s, v);
        for (i, n) in self.nodes.iter_mut().enumerate() {
            if self.layout.plain[i] <= 0.0 {
                continue;
            }
            let mut lane = 0;
            while lane < WIDEST {
                let of = |list: &Lanes| V::part(s, list, lane);
                let live = of(self.live).gt(c(0.0));
                let (dt, last) = (of(self.dt), of(&n.depth));
                let node = super::nodes::Node {
                    plain: live,
                    dt,
                    per_dt: c(1.0) / dt,
                    last,
                    old: of(&n.old_depth),
                    old_net: of(&n.old_net),
                    old_area: of(&n.old_area),
                    area: of(&n.area),
                    inflow: of(&n.inflow),
                    outflow: of(&n.outflow),
                    sum_dqdh: of(&n.sum_dqdh),
                    crown: c(self.layout.crown[i]),
                    most: c(self.layout.most[i]),
                    correction: c(self.layout.correction[i]),
                };
                let Risen { y, area, overflow, dydt, rests, .. } = self.rise.of::<S, false>(&node);
                live.select(y, last).put(&mut n.depth, lane);
                live.select(area, node.old_area).put(&mut n.old_area, lane);
                live.select(overflow, of(&n.overflow)).put(&mut n.overflow, lane);
                live.select(dydt, of(&n.dydt)).put(&mut n.dydt, lane);
                live.select(rests.select(c(1.0), c(0.0)), of(&n.rests)).put(&mut n.rests, lane);
                (live & !rests).select(c(1.0), of(&moved)).put(&mut moved, lane);
                lane += V::<S>::LANES;
            }
        }
        moved
    }
}

/// Which lanes compute, their steps (s), and what their conduits lose.
struct Round {
    live: Lanes,
    dt: Lanes,
    evaporation: Lanes,
    conductivity: Lanes,
}

impl Abreast {
    /// Routes one step of every state that has one (`dts`, s); returns the trials each took.
    pub(crate) fn step(
        &mut self,
        model: &Model,
        states: &mut [State],
        dts: &[Option<f64>; WIDEST],
    ) -> [usize; WIDEST] {
        self.slots.resize(model.blocks.link.len(), SlotBlock::default());
        self.nodes.resize(model.nodes.kind.len(), NodeBlock::default());
        let has = dts.map(|dt| dt.is_some());
        let of = |f: fn(&State) -> f64| std::array::from_fn(|i| states.get(i).map_or(0.0, f));
        let mut round = Round {
            live: has.map(|has| f64::from(u8::from(has))),
            dt: dts.map(|dt| dt.unwrap_or(1.0)),
            evaporation: of(|s| s.climate.evaporation),
            conductivity: of(|s| s.climate.conductivity),
        };
        for (state, _) in states.iter_mut().zip(has).filter(|(_, has)| *has) {
            state.enter_others(model);
            state.keep_nodes(model);
        }
        self.enter(states);
        let (mut trials, mut converged) = ([0; WIDEST], [false; WIDEST]);
        let mut trial = 0;
        while trial < model.options.max_trials && round.live.iter().any(|l| *l > 0.0) {
            let rest = self.trial(model, states, &round, trial);
            trial += 1;
            for (i, live) in round.live.iter_mut().enumerate().filter(|(_, live)| **live > 0.0) {
                trials[i] = trial;
                converged[i] = rest[i];
                if trial > 1 && rest[i] {
                    *live = 0.0;
                }
            }
        }
        Arch::new().dispatch(Leave { from: self, states, live: &has });
        for (i, state) in states.iter_mut().enumerate().filter(|(i, _)| has[*i]) {
            state.end_trials(converged[i]);
        }
        trials
    }

    fn enter(&mut self, states: &[State]) {
        for n in &mut self.nodes {
            (n.rests, n.dydt) = ([0.0; WIDEST], [0.0; WIDEST]);
        }
        Arch::new().dispatch(Enter { to: self, states });
    }

    /// One trial of the live lanes; true for those whose nodes all rest.
    fn trial(&mut self, model: &Model, states: &mut [State], round: &Round, trial: usize) -> [bool; WIDEST] {
        let b = &model.blocks;
        let pass = &Pass {
            nodes: &self.nodes,
            live: round.live,
            dt: round.dt,
            evaporation: round.evaporation,
            conductivity: round.conductivity,
            shuts: states.iter().any(|state| state.shuts),
            ..Pass::of(model, trial)
        };
        Momentum::<false, true> { pass, slots: &mut self.slots, brings: &mut [], from: 0, some: None }.run();
        let live = |i: usize| round.live[i] > 0.0;
        for (lane, state) in states.iter().enumerate().filter(|(i, _)| live(*i)) {
            for &i in &b.nodes.special {
                self.nodes[i].area[lane] = state.own_area(model, i);
            }
            for &i in &b.nodes.outfalls {
                self.nodes[i].area[lane] = 0.0;
            }
        }
        Arch::new().dispatch(Gather {
            model,
            slots: &self.slots,
            nodes: &mut self.nodes,
            live: &round.live,
            lossy: b.any_seepage || round.evaporation.iter().any(|e| *e > 0.0),
            trial,
        });
        for (lane, state) in states.iter_mut().enumerate().filter(|(i, _)| live(*i)) {
            let dt = round.dt[lane];
            self.fetch(model, state, lane);
            state.others(model, dt, trial);
            for &j in &b.outfall_links {
                let flow = match b.slot[j] {
                    usize::MAX => state.link_flow[j],
                    k => self.slots[k].flow[lane],
                };
                state.set_outfall_depth(model, j, flow);
            }
            self.bring(model, state, lane);
        }
        let moved = Arch::new().dispatch(Depths {
            layout: &b.nodes,
            nodes: &mut self.nodes,
            live: &round.live,
            dt: &round.dt,
            rise: Rise::new(model, trial),
        });
        let mut rest = moved.map(|moved| moved <= 0.0);
        for (lane, state) in states.iter_mut().enumerate().filter(|(i, _)| live(*i)) {
            rest[lane] &= state.special_depths(model, round.dt[lane], trial);
            for &i in &b.nodes.special {
                let n = &mut self.nodes[i];
                (n.depth[lane], n.rests[lane]) = (state.depth[i], state.rests[i]);
                (n.overflow[lane], n.dydt[lane]) = (state.overflow[i], state.dydt[i]);
                n.old_area[lane] = state.old_area[i];
            }
        }
        rest
    }

    /// What a lane holds at the nodes that pumps, regulators, outfalls and storage work on.
    fn fetch(&self, model: &Model, state: &mut State, lane: usize) {
        for &i in &model.blocks.touched {
            let n = &self.nodes[i];
            (state.depth[i], state.rests[i]) = (n.depth[lane], n.rests[lane]);
            (state.inflow[i], state.outflow[i]) = (n.inflow[lane], n.outflow[lane]);
            (state.area[i], state.sum_dqdh[i]) = (n.area[lane], n.sum_dqdh[lane]);
            (state.overflow[i], state.old_area[i]) = (n.overflow[lane], n.old_area[lane]);
        }
    }

    fn bring(&mut self, model: &Model, state: &State, lane: usize) {
        for &i in &model.blocks.touched {
            let n = &mut self.nodes[i];
            n.depth[lane] = state.depth[i];
            (n.inflow[lane], n.outflow[lane]) = (state.inflow[i], state.outflow[i]);
            (n.area[lane], n.sum_dqdh[lane]) = (state.area[i], state.sum_dqdh[i]);
        }
    }
}
