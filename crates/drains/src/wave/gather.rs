//! What the conduits bring to the nodes (汇集): sums in the order of the links, so that they have SWMM's
//! bits. Nodes whose conduits all rest keep the sums they have.
#![expect(clippy::indexing_slicing, reason = "built over the model's own indices")]

use numerics::lanes::{Simd, V, WIDEST, WithSimd};

use super::blocks::Blocks;
use super::slots::SlotBlock;
use crate::crew::{Cuts, PARTS};
use crate::model::{Model, NodeType};

/// An end of a conduit.
#[derive(Debug, Clone, Copy)]
pub(crate) struct End {
    /// Twice the slot, and 1 where it is the downstream end.
    pub(crate) code: u32,
    /// The node at the other end.
    pub(crate) other: u32,
}

/// Nodes alike that are too few for a bundle.
const FEW: usize = WIDEST / 2;

/// Plain nodes with the same number of conduits, as many side by side as the widest vector has lanes.
#[derive(Debug, Clone, Default)]
struct Bundles {
    count: usize,
    nodes: Vec<[u32; WIDEST]>,
    /// Codes of their ends: first those of all, second those of all, and so on; `count` rows a bundle.
    ends: Vec<[u32; WIDEST]>,
}

/// The ends of conduits at the nodes of a part, in link order.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ends {
    bundles: Vec<Bundles>,
    /// Nodes that are summed one by one.
    single: Vec<u32>,
}

impl Ends {
    fn of(nodes: std::ops::Range<usize>, lists: &[Vec<End>], plain: &[f64]) -> Self {
        let (mut bundled, single): (Vec<usize>, Vec<usize>) =
            nodes.partition(|i| plain[*i] > 0.0 && !lists[*i].is_empty());
        let mut ends = Self { bundles: Vec::new(), single: single.into_iter().map(|i| i as u32).collect() };
        // In the order of their conduits' slots: neighbours lie together.
        bundled.sort_by_key(|i| (lists[*i].len(), lists[*i].first().map_or(0, |e| e.code)));
        for alike in bundled.chunk_by(|a, b| lists[*a].len() == lists[*b].len()) {
            let mut b = Bundles { count: lists[alike[0]].len(), ..Bundles::default() };
            for some in alike.chunks(WIDEST) {
                if some.len() < FEW {
                    ends.single.extend(some.iter().map(|i| *i as u32));
                    continue;
                }
                // The last one again fills up: its sums are the same.
                let some: [usize; WIDEST] = std::array::from_fn(|lane| some[lane.min(some.len() - 1)]);
                b.nodes.push(some.map(|i| i as u32));
                b.ends.extend((0..b.count).map(|e| some.map(|i| lists[i][e].code)));
            }
            ends.bundles.push(b);
        }
        ends
    }

    pub(crate) fn of_parts(cuts: &Cuts, lists: &[Vec<End>], plain: &[f64]) -> [Self; PARTS] {
        std::array::from_fn(|p| Self::of(cuts[p]..cuts[p + 1], lists, plain))
    }
}

/// The ends of conduits at every node, in the order of the links.
pub(crate) fn lists(model: &Model, blocks: &Blocks) -> Vec<Vec<End>> {
    let l = &model.links;
    let mut lists: Vec<Vec<End>> = vec![Vec::new(); model.nodes.kind.len()];
    for (j, &slot) in blocks.slot.iter().enumerate().filter(|(_, slot)| **slot != usize::MAX) {
        let (n1, n2) = (l.node1[j], l.node2[j]);
        lists[n1].push(End { code: 2 * slot as u32, other: n2 as u32 });
        lists[n2].push(End { code: 2 * slot as u32 + 1, other: n1 as u32 });
    }
    lists
}

/// Nodes whose sums are made anew in every trial: outfalls, and those that more than conduits work on.
pub(crate) fn watched(model: &Model, blocks: &Blocks) -> Vec<u32> {
    let l = &model.links;
    let ends = blocks.others.iter().flat_map(|j| [l.node1[*j], l.node2[*j]]);
    let own = blocks.nodes.special.iter().chain(&blocks.nodes.outfalls).copied();
    let mut watched: Vec<u32> = ends.chain(own).map(|i| i as u32).collect();
    watched.sort_unstable();
    watched.dedup();
    watched
}

/// What the parts of the nodes share.
#[derive(Clone, Copy)]
pub(crate) struct Brought<'a> {
    pub(crate) blocks: &'a Blocks,
    pub(crate) slots: &'a [SlotBlock],
    /// Kinds of the nodes where conduits lose water on their way.
    pub(crate) lossy: Option<&'a [NodeType]>,
    pub(crate) lateral: &'a [f64],
    pub(crate) losses: &'a [f64],
}

/// Sums over the conduits at the nodes of a part, over what flows in and is lost there anyway.
pub(crate) struct Gather<'a> {
    pub(crate) by: &'a Brought<'a>,
    /// The nodes that move, where it is not all of them.
    pub(crate) some: Option<&'a [u32]>,
    /// Ends at this part's nodes, and its first node.
    pub(crate) ends: &'a Ends,
    pub(crate) from: usize,
    pub(crate) inflow: &'a mut [f64],
    pub(crate) outflow: &'a mut [f64],
    /// Surface area; for nodes with a volume their own to begin with.
    pub(crate) area: &'a mut [f64],
    pub(crate) sum_dqdh: &'a mut [f64],
}

impl WithSimd for Gather<'_> {
    type Output = ();

    /// Adds the conduits at every node, in the order of the links: the same bits on any number of lanes.
    #[inline(always)]
    fn with_simd<S: Simd>(mut self, s: S) {
        let stars = &self.by.blocks.stars;
        if self.inflow.is_empty() {
            return;
        }
        if let Some(some) = self.some {
            some.iter().for_each(|i| self.node(*i as usize, stars.at(*i as usize)));
            return;
        }
        let ends = self.ends;
        ends.single.iter().for_each(|i| self.node(*i as usize, stars.at(*i as usize)));
        for b in &ends.bundles {
            for (nodes, codes) in b.nodes.iter().zip(b.ends.chunks_exact(b.count)) {
                if self.by.lossy.is_some() {
                    nodes.iter().for_each(|i| self.node(*i as usize, stars.at(*i as usize)));
                    continue;
                }
                for lane in (0..WIDEST).step_by(V::<S>::LANES) {
                    self.bundle(s, nodes, codes, lane);
                }
            }
        }
    }
}

impl Gather<'_> {
    /// A vector of plain nodes, from a lane of their bundle on.
    #[inline(always)]
    fn bundle<S: Simd>(&mut self, s: S, nodes: &[u32; WIDEST], codes: &[[u32; WIDEST]], lane: usize) {
        let zero = V::splat(s, 0.0);
        let lanes = |of: &dyn Fn(usize) -> f64| {
            let mut all = [0.0; WIDEST];
            all.iter_mut().enumerate().take(V::<S>::LANES).for_each(|(i, v)| *v = of(lane + i));
            V::load(s, &all)
        };
        let (lateral, losses) = (self.by.lateral, self.by.losses);
        let lateral = lanes(&|i| lateral[nodes[i] as usize]);
        let losses = lanes(&|i| losses[nodes[i] as usize]);
        let comes = lateral.ge(zero);
        let mut inflow = comes.select(lateral, zero);
        let mut outflow = comes.select(losses, losses - lateral);
        let (mut area, mut sum) = (zero, zero);
        for codes in codes {
            let (mut flow, mut surface, mut dqdh) = ([0.0; WIDEST], [0.0; WIDEST], [0.0; WIDEST]);
            for i in 0..V::<S>::LANES {
                let code = codes[lane + i] as usize;
                let slot = &self.by.slots[code / (2 * WIDEST)];
                let (at, down) = (code / 2 % WIDEST, code % 2 == 1);
                flow[i] = if down { slot.flow[at] } else { -slot.flow[at] };
                surface[i] = if down { slot.surf2[at] } else { slot.surf1[at] };
                dqdh[i] = slot.dqdh[at];
            }
            let q = V::load(s, &flow);
            let comes = q.gt(zero);
            inflow = inflow + comes.select(q, zero);
            outflow = outflow + comes.select(zero, -q);
            area = area + V::load(s, &surface);
            sum = sum + V::load(s, &dqdh);
        }
        let (inflow, outflow, area, sum) = (inflow.array(), outflow.array(), area.array(), sum.array());
        for i in 0..V::<S>::LANES {
            let own = nodes[lane + i] as usize - self.from;
            self.inflow[own] = inflow[i];
            self.outflow[own] = outflow[i];
            self.area[own] = area[i];
            self.sum_dqdh[own] = sum[i];
        }
    }

    #[inline(always)]
    fn node(&mut self, i: usize, list: &[End]) {
        let (lateral, losses) = (self.by.lateral[i], self.by.losses[i]);
        let mut inflow = if lateral >= 0.0 { lateral } else { 0.0 };
        let mut outflow = if lateral >= 0.0 { losses } else { losses - lateral };
        let own = i - self.from;
        let mut area = if self.by.blocks.nodes.plain[i] > 0.0 { 0.0 } else { self.area[own] };
        let mut sum = 0.0;
        let lossy = self.by.lossy.is_some_and(|kinds| kinds[i] != NodeType::Outfall);
        for e in list {
            let (k, down) = ((e.code >> 1) as usize, e.code & 1 == 1);
            let s = &self.by.slots[k / WIDEST];
            let at = k % WIDEST;
            let q = if down { s.flow[at] } else { -s.flow[at] };
            inflow += if q > 0.0 { q } else { 0.0 };
            outflow += if q > 0.0 { 0.0 } else { -q };
            area += if down { s.surf2[at] } else { s.surf1[at] };
            sum += s.dqdh[at];
            if lossy {
                outflow += self.by.blocks.loss(s, k);
            }
        }
        self.inflow[own] = inflow;
        self.outflow[own] = outflow;
        self.area[own] = area;
        self.sum_dqdh[own] = sum;
    }
}
