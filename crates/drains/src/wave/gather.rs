//! What the conduits bring to the nodes (汇集): sums in the order of the links, so that they have SWMM's
//! bits. Nodes whose conduits all rest keep the sums they have.
#![expect(clippy::indexing_slicing, reason = "built over the model's own indices")]

use numerics::lanes::WIDEST;

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

/// Nodes with the same number of conduits: loops of one length cost no wrong guesses.
#[derive(Debug, Clone)]
struct Degree {
    count: usize,
    nodes: Vec<u32>,
    ends: Vec<End>,
}

/// The ends of conduits at the nodes of a part, in link order.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ends {
    degrees: Vec<Degree>,
}

impl Ends {
    fn of(nodes: std::ops::Range<usize>, lists: &[Vec<End>]) -> Self {
        let most = lists[nodes.clone()].iter().map(Vec::len).max().unwrap_or(0);
        let mut degrees: Vec<Degree> =
            (0..=most).map(|count| Degree { count, nodes: Vec::new(), ends: Vec::new() }).collect();
        // In the order of their conduits' slots: neighbours lie together.
        let mut order: Vec<usize> = nodes.collect();
        order.sort_by_key(|i| lists[*i].first().map_or(0, |e| e.code));
        for i in order {
            let d = &mut degrees[lists[i].len()];
            d.nodes.push(i as u32);
            d.ends.extend(&lists[i]);
        }
        degrees.retain(|d| !d.nodes.is_empty());
        Self { degrees }
    }

    pub(crate) fn of_parts(cuts: &Cuts, lists: &[Vec<End>]) -> [Self; PARTS] {
        std::array::from_fn(|p| Self::of(cuts[p]..cuts[p + 1], lists))
    }

    /// Nodes with their ends.
    pub(crate) fn each(&self) -> impl Iterator<Item = (usize, &[End])> {
        let lists = |d: &'_ Degree| (d.count, d.nodes.len());
        self.degrees.iter().flat_map(move |d| {
            let (count, n) = lists(d);
            (0..n).map(move |i| (d.nodes[i] as usize, &d.ends[i * count..(i + 1) * count]))
        })
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

/// Nodes whose sums are always made anew.
pub(crate) fn always(model: &Model, blocks: &Blocks) -> Vec<u32> {
    let l = &model.links;
    let ends = blocks.others.iter().flat_map(|j| [l.node1[*j], l.node2[*j]]);
    let mut always: Vec<u32> = ends.chain(blocks.nodes.special.iter().copied()).map(|i| i as u32).collect();
    always.sort_unstable();
    always.dedup();
    always
}

/// Sums over the conduits at the nodes of a part, over what flows in and is lost there anyway.
pub(crate) struct Gather<'a> {
    pub(crate) blocks: &'a Blocks,
    pub(crate) slots: &'a [SlotBlock],
    /// Kinds of the nodes where conduits lose water on their way.
    pub(crate) lossy: Option<&'a [NodeType]>,
    pub(crate) lateral: &'a [f64],
    pub(crate) losses: &'a [f64],
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

impl Gather<'_> {
    /// Adds the conduits at every node, in the order of the links.
    pub(crate) fn run(mut self) {
        if let Some(some) = self.some {
            let stars = &self.blocks.stars;
            some.iter().for_each(|i| self.node(*i as usize, stars.at(*i as usize)));
            return;
        }
        for d in &self.ends.degrees {
            if d.count == 0 {
                d.nodes.iter().for_each(|i| self.node(*i as usize, &[]));
                continue;
            }
            for (&i, list) in d.nodes.iter().zip(d.ends.chunks_exact(d.count)) {
                self.node(i as usize, list);
            }
        }
    }

    #[inline(always)]
    fn node(&mut self, i: usize, list: &[End]) {
        let (lateral, losses) = (self.lateral[i], self.losses[i]);
        let mut inflow = if lateral >= 0.0 { lateral } else { 0.0 };
        let mut outflow = if lateral >= 0.0 { losses } else { losses - lateral };
        let own = i - self.from;
        let mut area = if self.blocks.nodes.plain[i] > 0.0 { 0.0 } else { self.area[own] };
        let mut sum = 0.0;
        let lossy = self.lossy.is_some_and(|kinds| kinds[i] != NodeType::Outfall);
        for e in list {
            let (k, down) = ((e.code >> 1) as usize, e.code & 1 == 1);
            let s = &self.slots[k / WIDEST];
            let at = k % WIDEST;
            let q = if down { s.flow[at] } else { -s.flow[at] };
            inflow += if q > 0.0 { q } else { 0.0 };
            outflow += if q > 0.0 { 0.0 } else { -q };
            area += if down { s.surf2[at] } else { s.surf1[at] };
            sum += s.dqdh[at];
            if lossy {
                outflow += self.blocks.loss(s, k);
            }
        }
        self.inflow[own] = inflow;
        self.outflow[own] = outflow;
        self.area[own] = area;
        self.sum_dqdh[own] = sum;
    }
}
