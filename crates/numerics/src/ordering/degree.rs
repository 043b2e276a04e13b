//! Minimum degree (最小度排序) on the explicit elimination graph. Pipe networks fill in so little that
//! the quotient graph's bookkeeping would cost more than it saves.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// What elimination in the chosen order leaves: for each old node, the nodes its column reaches.
pub(super) struct Elimination {
    /// Old node numbers in the order of elimination.
    pub order: Vec<u32>,
    /// By old node: the nodes below it in its column (old numbers).
    pub columns: Vec<Vec<u32>>,
}

/// Eliminates all `n` nodes, always one of least degree (the lowest number among equals).
#[expect(clippy::indexing_slicing, reason = "every index is a node below n, made in this file")]
pub(super) fn eliminate(n: usize, edges: &[(u32, u32)]) -> Elimination {
    let mut near: Vec<Vec<u32>> = vec![Vec::new(); n];
    for &(a, b) in edges {
        if a != b {
            near[a as usize].push(b);
            near[b as usize].push(a);
        }
    }
    for list in &mut near {
        list.sort_unstable();
        list.dedup();
    }
    let mut heap: BinaryHeap<Reverse<(usize, u32)>> =
        near.iter().zip(0u32..).map(|(list, node)| Reverse((list.len(), node))).collect();
    let mut rank = vec![u32::MAX; n];
    let mut mark = vec![u32::MAX; n];
    let mut columns = vec![Vec::new(); n];
    let mut next = 0u32;
    while let Some(Reverse((degree, v))) = heap.pop() {
        let at = v as usize;
        if rank[at] != u32::MAX || near[at].len() != degree {
            continue; // an older entry of a node whose degree has changed
        }
        rank[at] = next;
        next += 1;
        let column = std::mem::take(&mut near[at]);
        for &u in &column {
            let list = &mut near[u as usize];
            list.retain(|&w| w != v);
            for &w in list.iter() {
                mark[w as usize] = u;
            }
            mark[u as usize] = u;
            for &w in &column {
                if mark[w as usize] != u {
                    mark[w as usize] = u;
                    list.push(w);
                }
            }
            heap.push(Reverse((list.len(), u)));
        }
        // The marks of one elimination must not be taken for those of a later one.
        for &u in &column {
            mark[u as usize] = u32::MAX;
            for &w in &near[u as usize] {
                mark[w as usize] = u32::MAX;
            }
        }
        columns[at] = column;
    }
    Elimination { order: by_rank(&rank), columns }
}

/// Nodes in the order of their elimination. Neighbours in it mostly do not depend on each other, so that a
/// processor works on several columns at once; bringing each subtree together would make it wait for
/// every pivot.
#[expect(clippy::indexing_slicing, reason = "ranks are below n, each given once")]
fn by_rank(rank: &[u32]) -> Vec<u32> {
    let mut by_rank = vec![0u32; rank.len()];
    for (node, &r) in (0u32..).zip(rank) {
        by_rank[r as usize] = node;
    }
    by_rank
}
