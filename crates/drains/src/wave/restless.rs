//! 未静: what a trial after the second still has to move. Most of a town rests by then, so that a list of
//! the conduits at nodes that do not is short, where a look at every conduit is not.
#![expect(clippy::indexing_slicing, reason = "built over the model's own indices")]

use numerics::lanes::WIDEST;

use super::blocks::Blocks;
use super::gather::End;
use crate::crew::{Cuts, PARTS};

/// Blocks of conduits that a trial is worth sharing for.
const SHARED_MIN: usize = 64;

/// The ends of conduits at every node, in the order of the links.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stars {
    /// Where a node's ends begin; one more than there are nodes.
    from: Vec<u32>,
    ends: Vec<End>,
}

impl Stars {
    pub(crate) fn of(lists: &[Vec<End>]) -> Self {
        let mut stars = Self { from: vec![0], ends: Vec::new() };
        for list in lists {
            stars.ends.extend(list);
            stars.from.push(stars.ends.len() as u32);
        }
        stars
    }

    /// The ends at a node.
    #[inline]
    pub(crate) fn at(&self, node: usize) -> &[End] {
        &self.ends[self.from[node] as usize..self.from[node + 1] as usize]
    }
}

/// What moves in a trial, part by part. Holds nothing between two steps.
#[derive(Debug, Clone, Default)]
pub(crate) struct Restless {
    /// Blocks with a conduit at a node that does not rest.
    pub(crate) blocks: [Vec<u32>; PARTS],
    /// Nodes whose sums change.
    pub(crate) nodes: [Vec<u32>; PARTS],
    in_blocks: Vec<bool>,
    in_nodes: Vec<bool>,
}

/// Two states are the same whatever their lists last held.
impl PartialEq for Restless {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Restless {
    /// Seeks what moves by what rests (1 for nodes that do).
    pub(crate) fn seek(&mut self, b: &Blocks, rests: &[f64]) {
        self.forget();
        self.in_blocks.resize(b.fixed.len(), false);
        self.in_nodes.resize(rests.len(), false);
        for (at, some) in rests.chunks(WIDEST).enumerate() {
            if some.iter().fold(1.0, |all, rest| all * rest) > 0.0 {
                continue;
            }
            for (lane, _) in some.iter().enumerate().filter(|(_, rest)| **rest == 0.0) {
                self.stir(b, at * WIDEST + lane);
            }
        }
        for &i in &b.always {
            self.node(&b.parts.nodes, i as usize);
        }
    }

    /// Whether there is enough of it for several hands.
    pub(crate) fn is_much(&self) -> bool {
        self.blocks.iter().map(Vec::len).sum::<usize>() >= SHARED_MIN
    }

    fn stir(&mut self, b: &Blocks, i: usize) {
        self.node(&b.parts.nodes, i);
        for e in b.stars.at(i) {
            let block = (e.code >> 1) as usize / WIDEST;
            if !std::mem::replace(&mut self.in_blocks[block], true) {
                self.blocks[part(&b.parts.blocks, block)].push(block as u32);
            }
            self.node(&b.parts.nodes, e.other as usize);
        }
    }

    #[inline]
    fn node(&mut self, cuts: &Cuts, i: usize) {
        if !std::mem::replace(&mut self.in_nodes[i], true) {
            self.nodes[part(cuts, i)].push(i as u32);
        }
    }

    fn forget(&mut self) {
        for (lists, marks) in [(&mut self.blocks, &mut self.in_blocks), (&mut self.nodes, &mut self.in_nodes)]
        {
            for list in lists {
                list.drain(..).for_each(|i| marks[i as usize] = false);
            }
        }
    }
}

/// The part in which a place lies.
#[inline]
fn part(cuts: &Cuts, at: usize) -> usize {
    cuts[1..PARTS].iter().filter(|cut| at >= **cut).count()
}
