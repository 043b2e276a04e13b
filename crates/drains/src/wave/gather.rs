//! What the conduits bring to the nodes (汇集): sums in the order of the links, so that they have SWMM's
//! bits. Nodes whose conduits all rest keep the sums they have.
#![expect(clippy::indexing_slicing, reason = "built over the model's own indices")]

use numerics::lanes::WIDEST;

use super::blocks::Blocks;
use super::slots::SlotBlock;
use crate::model::{Model, NodeType};

/// An end of a conduit.
#[derive(Debug, Clone, Copy)]
struct End {
    /// Twice the slot, and 1 where it is the downstream end.
    code: u32,
    /// The node at the other end.
    other: u32,
}

/// Nodes with the same number of conduits: loops of one length cost no wrong guesses.
#[derive(Debug, Clone)]
struct Degree {
    count: usize,
    nodes: Vec<u32>,
    ends: Vec<End>,
}

/// The ends of conduits at every node, in link order.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ends {
    degrees: Vec<Degree>,
    /// Where sums are always made anew: pumps and regulators add to them, or the area changes.
    always: Vec<bool>,
}

impl Ends {
    pub(crate) fn of(model: &Model, blocks: &Blocks) -> Self {
        let l = &model.links;
        let mut lists: Vec<Vec<End>> = vec![Vec::new(); model.nodes.kind.len()];
        let mut always = vec![false; lists.len()];
        for (j, &slot) in blocks.slot.iter().enumerate() {
            let (n1, n2) = (l.node1[j], l.node2[j]);
            if slot == usize::MAX {
                (always[n1], always[n2]) = (true, true);
                continue;
            }
            lists[n1].push(End { code: 2 * slot as u32, other: n2 as u32 });
            lists[n2].push(End { code: 2 * slot as u32 + 1, other: n1 as u32 });
        }
        for &i in &blocks.nodes.special {
            always[i] = true;
        }
        let most = lists.iter().map(Vec::len).max().unwrap_or(0);
        let mut degrees: Vec<Degree> =
            (0..=most).map(|count| Degree { count, nodes: Vec::new(), ends: Vec::new() }).collect();
        for (i, list) in lists.into_iter().enumerate() {
            let d = &mut degrees[list.len()];
            d.nodes.push(i as u32);
            d.ends.extend(list);
        }
        degrees.retain(|d| !d.nodes.is_empty());
        Self { degrees, always }
    }
}

/// Sums over the conduits at nodes, over what flows in and is lost there anyway.
pub(crate) struct Gather<'a> {
    pub(crate) blocks: &'a Blocks,
    pub(crate) slots: &'a [SlotBlock],
    /// Kinds of the nodes where conduits lose water on their way.
    pub(crate) lossy: Option<&'a [NodeType]>,
    pub(crate) lateral: &'a [f64],
    pub(crate) losses: &'a [f64],
    pub(crate) rests: &'a [f64],
    /// The first two trials move everything.
    pub(crate) trial: usize,
    pub(crate) inflow: &'a mut [f64],
    pub(crate) outflow: &'a mut [f64],
    /// Surface area; for nodes with a volume their own to begin with.
    pub(crate) area: &'a mut [f64],
    pub(crate) sum_dqdh: &'a mut [f64],
}

impl Gather<'_> {
    /// Adds the conduits at every node, in the order of the links.
    pub(crate) fn run(mut self) {
        let ends = &self.blocks.ends;
        for d in &ends.degrees {
            if d.count == 0 {
                for &i in &d.nodes {
                    self.node(i as usize, &[]);
                }
                continue;
            }
            for (&i, list) in d.nodes.iter().zip(d.ends.chunks_exact(d.count)) {
                let i = i as usize;
                let mut rests = self.rests[i];
                for e in list {
                    rests *= self.rests[e.other as usize];
                }
                if self.trial < 2 || rests == 0.0 || ends.always[i] {
                    self.node(i, list);
                }
            }
        }
    }

    #[inline(always)]
    fn node(&mut self, i: usize, list: &[End]) {
        let (lateral, losses) = (self.lateral[i], self.losses[i]);
        let mut inflow = if lateral >= 0.0 { lateral } else { 0.0 };
        let mut outflow = if lateral >= 0.0 { losses } else { losses - lateral };
        let mut area = if self.blocks.nodes.plain[i] > 0.0 { 0.0 } else { self.area[i] };
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
        self.inflow[i] = inflow;
        self.outflow[i] = outflow;
        self.area[i] = area;
        self.sum_dqdh[i] = sum;
    }
}
