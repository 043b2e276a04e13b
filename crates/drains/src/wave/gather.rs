//! What the conduits bring to the nodes (汇集): sums in the order of the links, so that they have SWMM's
//! bits. Nodes whose conduits all rest keep the sums they have.
#![expect(clippy::indexing_slicing, reason = "built over the model's own indices")]

use numerics::lanes::{COLUMNS, Row, Simd, V, WIDEST, WithSimd, quad_lane};

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

/// What the conduits of a block bring to their nodes: inflow, outflow, surface area and what the flow gains
/// with the head, at the upstream node and then at the downstream one.
pub(crate) type Brings = [Row; WIDEST];

/// What all conduits bring in a trial, and nothing in a block more.
#[derive(Debug, Default)]
pub(crate) struct Brought {
    pub(crate) rows: Vec<Brings>,
}

impl Brought {
    /// Before a step.
    pub(crate) fn enter(&mut self, blocks: &Blocks) {
        self.rows.resize(blocks.fixed.len() + 1, [Row::default(); WIDEST]);
    }
}

/// The ends of conduits at the nodes of a part, in link order, by rows of as many nodes as the widest vector
/// has lanes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ends {
    /// Where a row's ends begin; one more than there are whole rows.
    from: Vec<u32>,
    /// Codes of the first ends of all nodes of a row, of the second ones, and so on; nodes with fewer have what
    /// brings nothing. Nodes lie as [`V::quads`] has them.
    codes: Vec<[u32; WIDEST]>,
}

impl Ends {
    fn of(nodes: std::ops::Range<usize>, lists: &[Vec<End>], nothing: u32) -> Self {
        let mut ends = Self { from: vec![0], codes: Vec::new() };
        for row in lists[nodes].chunks_exact(WIDEST) {
            let most = row.iter().map(Vec::len).max().unwrap_or(0);
            let code = |i: usize, n: usize| row[i].get(n).map_or(nothing, |end| end.code);
            let of = |n: usize| std::array::from_fn(|i| code(quad_lane(i), n));
            ends.codes.extend((0..most).map(of));
            ends.from.push(ends.codes.len() as u32);
        }
        ends
    }

    pub(crate) fn of_parts(cuts: &Cuts, lists: &[Vec<End>], blocks: usize) -> [Self; PARTS] {
        let nothing = 2 * (blocks * WIDEST) as u32;
        std::array::from_fn(|p| Self::of(cuts[p]..cuts[p + 1], lists, nothing))
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
pub(crate) struct Shared<'a> {
    pub(crate) blocks: &'a Blocks,
    pub(crate) slots: &'a [SlotBlock],
    /// What every conduit brings, slot by slot, and nothing.
    pub(crate) brings: &'a [Row],
    /// Kinds of the nodes where conduits lose water on their way.
    pub(crate) lossy: Option<&'a [NodeType]>,
    pub(crate) lateral: &'a [f64],
    pub(crate) losses: &'a [f64],
}

/// Sums over the conduits at the nodes of a part, over what flows in and is lost there anyway.
pub(crate) struct Gather<'a> {
    pub(crate) by: &'a Shared<'a>,
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
        if let Some(some) = self.some {
            some.iter().for_each(|i| self.node(*i as usize, stars.at(*i as usize)));
            return;
        }
        let mut done = 0;
        if V::<S>::LANES == WIDEST && self.by.lossy.is_none() {
            let ends = self.ends;
            for from in ends.from.windows(2) {
                self.row(s, done, &ends.codes[from[0] as usize..from[1] as usize]);
                done += WIDEST;
            }
        }
        for i in self.from + done..self.from + self.inflow.len() {
            self.node(i, stars.at(i));
        }
    }
}

impl Gather<'_> {
    /// A row of nodes, the first of which is `at` in this part.
    #[inline(always)]
    fn row<S: Simd>(&mut self, s: S, at: usize, codes: &[[u32; WIDEST]]) {
        let zero = V::splat(s, 0.0);
        let all = |list: &[f64]| V::load(s, &list[self.from + at..]);
        let layout = &self.by.blocks.nodes;
        let (mut losses, mut area) = (zero, zero);
        if !layout.usual[(self.from + at) / WIDEST] {
            losses = all(self.by.losses);
            area = all(&layout.plain).gt(zero).select(zero, V::load(s, &self.area[at..]));
        }
        let lateral = all(self.by.lateral);
        let comes = lateral.ge(zero);
        let outflow = comes.select(losses, losses - lateral);
        let mut sums = V::quads(s, [comes.select(lateral, zero), outflow, area, zero]);
        let brings = self.by.brings;
        for codes in codes {
            for (sum, four) in sums.iter_mut().zip(codes.as_chunks::<4>().0) {
                let (a, b) = (brought(brings, four[0]), brought(brings, four[1]));
                let (c, d) = (brought(brings, four[2]), brought(brings, four[3]));
                let mut lanes = [0.0; WIDEST];
                lanes[..4].copy_from_slice(a);
                lanes[4..8].copy_from_slice(b);
                lanes[8..12].copy_from_slice(c);
                lanes[12..].copy_from_slice(d);
                *sum = *sum + V::load(s, &lanes);
            }
        }
        let [inflow, outflow, area, sum_dqdh] = V::quads(s, sums);
        inflow.store(&mut self.inflow[at..]);
        outflow.store(&mut self.outflow[at..]);
        area.store(&mut self.area[at..]);
        sum_dqdh.store(&mut self.sum_dqdh[at..]);
    }

    #[inline(always)]
    fn node(&mut self, i: usize, list: &[End]) {
        let (lateral, losses) = (self.by.lateral[i], self.by.losses[i]);
        let inflow = if lateral >= 0.0 { lateral } else { 0.0 };
        let outflow = if lateral >= 0.0 { losses } else { losses - lateral };
        let own = i - self.from;
        let area = if self.by.blocks.nodes.plain[i] > 0.0 { 0.0 } else { self.area[own] };
        let mut sums = [inflow, outflow, area, 0.0];
        let lossy = self.by.lossy.is_some_and(|kinds| kinds[i] != NodeType::Outfall);
        for e in list {
            sums.iter_mut().zip(brought(self.by.brings, e.code)).for_each(|(sum, one)| *sum += one);
            if lossy {
                let k = (e.code >> 1) as usize;
                sums[1] += self.by.blocks.loss(&self.by.slots[k / WIDEST], k);
            }
        }
        [self.inflow[own], self.outflow[own], self.area[own], self.sum_dqdh[own]] = sums;
    }
}

/// What the end of a conduit brings.
#[inline(always)]
fn brought(brings: &[Row], code: u32) -> &[f64] {
    let Row(both) = &brings[(code >> 1) as usize];
    let at = (code & 1) as usize * (COLUMNS / 2);
    &both[at..at + COLUMNS / 2]
}
