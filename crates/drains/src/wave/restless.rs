//! 未静: what a trial after the second still has to move. Most of a town rests by then, so that a list of
//! the conduits at nodes that do not is short, where a look at every conduit is not.
#![expect(clippy::indexing_slicing, reason = "built over the model's own indices")]

use numerics::lanes::WIDEST;

use super::blocks::Blocks;
use super::gather::End;
use crate::crew::{Cuts, PARTS, Parts};

/// Rows of nodes from which on it is worth to leave some out.
const ROWS_MIN: usize = 64;
/// Blocks of conduits that a trial is worth sharing for.
const SHARED_MIN: usize = 12;

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

/// What moves in a trial, part by part.
#[derive(Debug, Default)]
pub(crate) struct Restless {
    /// Blocks with a conduit at a node that does not rest.
    pub(crate) blocks: [Vec<u32>; PARTS],
    /// Nodes whose sums change.
    pub(crate) nodes: [Vec<u32>; PARTS],
    /// Rows of nodes (a vector each) whose depths are computed. The others near by halves what they strive
    /// for: that is made up for when a row is needed again, or when the step ends.
    pub(crate) rows: [Vec<u32>; PARTS],
    /// Rows in which something does more than that by itself.
    pub(crate) due: [Vec<u32>; PARTS],
    /// Rows that trials are made up for, and how many.
    pub(crate) behind: [Vec<(u32, u32)>; PARTS],
    /// 1 for conduits at a node that does not rest, block by block.
    pub(crate) moves: Vec<[f64; WIDEST]>,
    /// The last trial that a row was computed in.
    done: Vec<u32>,
    in_blocks: Vec<bool>,
    in_nodes: Vec<bool>,
    in_rows: Vec<bool>,
}

impl Restless {
    /// Seeks what moves in a trial by what rests (1 for nodes that do).
    pub(crate) fn seek(&mut self, b: &Blocks, rests: &[f64], trial: usize) {
        let rows = rests.len().div_ceil(WIDEST);
        if trial == 2 {
            self.in_blocks.resize(b.fixed.len(), false);
            self.moves.resize(b.fixed.len(), [0.0; WIDEST]);
            self.in_nodes.resize(rests.len(), false);
            self.in_rows.resize(rows, false);
            self.done.clear();
            self.done.resize(rows, 1);
        }
        self.forget();
        let due = std::mem::take(&mut self.due);
        for row in due.iter().flatten().map(|row| *row as usize) {
            self.row(&b.parts.rows, row);
            unrested(b, rests, row).for_each(|i| self.stir(b, i));
        }
        self.due = due;
        for i in b.watched.iter().map(|i| *i as usize) {
            if rests[i] == 0.0 { self.stir(b, i) } else { self.node(&b.parts, i) }
        }
        if !self.leaves_out() {
            return;
        }
        for (rows, behind) in self.rows.iter().zip(&mut self.behind) {
            behind.clear();
            for row in rows {
                let done = std::mem::replace(&mut self.done[*row as usize], trial as u32);
                if done + 1 < trial as u32 {
                    behind.push((*row, trial as u32 - 1 - done));
                }
            }
        }
    }

    /// At the end of a step: every row that was left out of a trial.
    pub(crate) fn left_out(&mut self, b: &Blocks, last: usize) {
        for (behind, cut) in self.behind.iter_mut().zip(b.parts.rows.windows(2)) {
            behind.clear();
            let rows = (cut[0]..cut[1]).zip(&self.done[cut[0]..cut[1]]);
            let out = rows.filter(|(_, done)| **done < last as u32);
            behind.extend(out.map(|(row, done)| (row as u32, last as u32 - done)));
        }
    }

    /// Whether rows of nodes are left out of trials.
    pub(crate) const fn leaves_out(&self) -> bool {
        self.in_rows.len() >= ROWS_MIN
    }

    /// Whether there is enough of it for several hands.
    pub(crate) fn is_much(&self) -> bool {
        self.blocks.iter().map(Vec::len).sum::<usize>() >= SHARED_MIN
    }

    /// The nodes that do not rest.
    pub(crate) fn all<'a>(&'a self, b: &'a Blocks, rests: &'a [f64]) -> impl Iterator<Item = usize> {
        let free = self.due.iter().flatten().flat_map(move |row| unrested(b, rests, *row as usize));
        free.chain(b.watched.iter().map(|i| *i as usize).filter(|i| rests[*i] == 0.0))
    }

    fn stir(&mut self, b: &Blocks, i: usize) {
        self.node(&b.parts, i);
        for e in b.stars.at(i) {
            let slot = (e.code >> 1) as usize;
            let block = slot / WIDEST;
            let (lane, live) = (slot % WIDEST, b.fixed[block].head.live);
            // Lanes that fill the block up are copies of its last conduit.
            let to = if lane + 1 == live { WIDEST } else { lane + 1 };
            self.moves[block][lane..to].fill(1.0);
            if !std::mem::replace(&mut self.in_blocks[block], true) {
                self.blocks[part(&b.parts.blocks, block)].push(block as u32);
            }
            self.node(&b.parts, e.other as usize);
        }
    }

    #[inline]
    fn node(&mut self, parts: &Parts, i: usize) {
        if !std::mem::replace(&mut self.in_nodes[i], true) {
            self.nodes[part(&parts.nodes, i)].push(i as u32);
            self.row(&parts.rows, i / WIDEST);
        }
    }

    #[inline]
    fn row(&mut self, cuts: &Cuts, row: usize) {
        if self.leaves_out() && !std::mem::replace(&mut self.in_rows[row], true) {
            self.rows[part(cuts, row)].push(row as u32);
        }
    }

    fn forget(&mut self) {
        for block in self.blocks.iter().flatten() {
            self.moves[*block as usize] = [0.0; WIDEST];
        }
        for (lists, marks) in [
            (&mut self.blocks, &mut self.in_blocks),
            (&mut self.nodes, &mut self.in_nodes),
            (&mut self.rows, &mut self.in_rows),
        ] {
            for list in lists {
                list.drain(..).for_each(|i| marks[i as usize] = false);
            }
        }
    }
}

/// The nodes of a row that do not rest, but those that are watched anyway.
#[inline]
fn unrested<'a>(b: &'a Blocks, rests: &'a [f64], row: usize) -> impl Iterator<Item = usize> + use<'a> {
    let from = row * WIDEST;
    let nodes = from..(from + WIDEST).min(rests.len());
    let moves = rests[nodes.clone()].iter().zip(&b.nodes.free[nodes]).map(|(rests, free)| *free > *rests);
    moves.enumerate().filter(|(_, moves)| *moves).map(move |(lane, _)| from + lane)
}

/// The part in which a place lies: all are as long as the first, but the last.
#[inline]
const fn part(cuts: &Cuts, at: usize) -> usize {
    if cuts[1] == cuts[PARTS] { 0 } else { at / cuts[1] }
}
