//! 街网: a bent grid of streets, and the shortest ways through it.
#![expect(clippy::indexing_slicing, reason = "indices are the streets' own crossings and edges")]

use crate::dice::Dice;
use crate::ground::At;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Crossings and the streets between neighbours.
#[derive(Clone, Debug)]
pub(crate) struct Streets {
    /// Crossings.
    pub at: Vec<At>,
    /// Streets: two crossings each.
    pub edges: Vec<[usize; 2]>,
    /// Whether a street is an avenue: every fourth of the grid.
    pub avenue: Vec<bool>,
    /// Crossings in a row.
    pub wide: usize,
}

/// Streets between avenues.
const AVENUE_EVERY: usize = 4;

impl Streets {
    /// A grid of `count` crossings, `spacing_m` apart, about a middle.
    pub(crate) fn lay(dice: &mut Dice, count: usize, spacing_m: f64, middle: At) -> Self {
        let count = count.max(2);
        let wide = (count as f64).sqrt().ceil() as usize;
        let half = spacing_m * (wide as f64 - 1.0) / 2.0;
        let bend = 0.15 * spacing_m;
        let at = (0..count)
            .map(|i| {
                let (column, row) = (i % wide, i / wide);
                middle.shifted(
                    column as f64 * spacing_m - half + dice.between(-bend, bend),
                    row as f64 * spacing_m - half + dice.between(-bend, bend),
                )
            })
            .collect();
        let (mut edges, mut avenue) = (Vec::new(), Vec::new());
        for i in 0..count {
            let (column, row) = (i % wide, i / wide);
            if column + 1 < wide && i + 1 < count {
                edges.push([i, i + 1]);
                avenue.push(row % AVENUE_EVERY == 0);
            }
            if i + wide < count {
                edges.push([i, i + wide]);
                avenue.push(column % AVENUE_EVERY == AVENUE_EVERY / 2);
            }
        }
        Self { at, edges, avenue, wide }
    }

    /// Length of a street, m.
    pub(crate) fn length_m(&self, edge: usize) -> f64 {
        let [a, b] = self.edges[edge];
        self.at[a].distance_m(self.at[b])
    }

    /// Crossing in the middle of the first row.
    pub(crate) fn gate(&self) -> usize {
        (self.wide / 2).min(self.at.len() - 1)
    }
}

/// Shortest ways from some roots.
#[derive(Clone, Debug)]
pub(crate) struct Ways {
    /// For each node the edge and node towards its root; `None` at roots and where no way leads.
    pub parent: Vec<Option<(usize, usize)>>,
    /// Nodes by growing distance, roots first.
    pub order: Vec<usize>,
    /// Distance from the root, in the unit of the weights.
    pub distance: Vec<f64>,
}

/// Shortest ways over undirected edges with weights above zero (Dijkstra 1959).
pub(crate) fn ways(nodes: usize, edges: &[[usize; 2]], weights: &[f64], roots: &[usize]) -> Ways {
    let mut near = vec![Vec::new(); nodes];
    for (e, [a, b]) in edges.iter().enumerate() {
        near[*a].push((e, *b));
        near[*b].push((e, *a));
    }
    let mut found = Ways { parent: vec![None; nodes], order: Vec::new(), distance: vec![f64::MAX; nodes] };
    let mut done = vec![false; nodes];
    let mut heap = BinaryHeap::new();
    for root in roots {
        found.distance[*root] = 0.0;
        heap.push(Reverse((0_u64, *root)));
    }
    while let Some(Reverse((_, node))) = heap.pop() {
        if std::mem::replace(&mut done[node], true) {
            continue;
        }
        found.order.push(node);
        for (edge, next) in &near[node] {
            let distance = found.distance[node] + weights[*edge];
            if distance < found.distance[*next] {
                found.distance[*next] = distance;
                found.parent[*next] = Some((*edge, node));
                // Bits of positive numbers stand in the numbers' order.
                heap.push(Reverse((distance.to_bits(), *next)));
            }
        }
    }
    found
}

/// The edges of a shortest spanning tree (Kruskal 1956).
pub(crate) fn spanning_tree(nodes: usize, edges: &[[usize; 2]], weights: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..edges.len()).collect();
    order.sort_by(|a, b| weights[*a].total_cmp(&weights[*b]));
    let mut group: Vec<usize> = (0..nodes).collect();
    let find = |group: &mut Vec<usize>, mut i: usize| {
        while group[i] != i {
            group[i] = group[group[i]];
            i = group[i];
        }
        i
    };
    order
        .into_iter()
        .filter(|e| {
            let [a, b] = edges[*e];
            let (a, b) = (find(&mut group, a), find(&mut group, b));
            group[a] = b;
            a != b
        })
        .collect()
}
