//! Degrees of nodes, layout checks and the order of links (拓扑排序).
#![expect(clippy::indexing_slicing, reason = "links name checked nodes")]
#![expect(clippy::needless_range_loop, reason = "several lists are walked together")]

use numerics::inp::Problems;

use super::{LinkData, Links, NodeType, Nodes};
use crate::section::Shape;

/// Degrees for the dynamic wave: outgoing links; negative for nodes nothing flows to.
pub(super) fn general(nodes: &mut Nodes, links: &Links, problems: &mut Problems) {
    let count = links.kind.len();
    nodes.degree.iter_mut().for_each(|d| *d = 0);
    for j in 0..count {
        let turned = links.direction[j] < 0.0;
        let (mut n, other) =
            if turned { (links.node2[j], links.node1[j]) } else { (links.node1[j], links.node2[j]) };
        if nodes.kind[n] == NodeType::Outfall {
            n = other;
        }
        nodes.degree[n] += 1;
    }
    let passes_on: Vec<bool> = (0..count)
        .map(|j| match &links.data[j] {
            LinkData::Conduit(_) => links.section[j].shape == Shape::Dummy,
            LinkData::Pump(p) => p.kind.is_none(),
            _ => false,
        })
        .collect();
    dummies_in_a_row(nodes, links, &passes_on, problems);
    let mut incoming = vec![0; nodes.kind.len()];
    for j in 0..count {
        let n1 = links.node1[j];
        let n = if nodes.kind[n1] == NodeType::Outfall { n1 } else { links.node2[j] };
        incoming[n] += 1;
        if passes_on[j] {
            let n = if links.direction[j] < 0.0 { links.node2[j] } else { n1 };
            if nodes.degree[n] > 1 {
                problems.add(
                    0,
                    "",
                    format!("node `{}` has a dummy link or ideal pump among several outlets", nodes.name[n]),
                    "leave it the only link out of the node",
                );
            }
        }
    }
    let mut outlets = 0;
    for i in 0..nodes.kind.len() {
        if nodes.kind[i] == NodeType::Outfall {
            if nodes.degree[i] + incoming[i] > 1 {
                problems.add(
                    0,
                    "OUTFALLS",
                    format!("outfall `{}` has more than one link", nodes.name[i]),
                    "give every outfall one link",
                );
            } else {
                outlets += 1;
            }
        }
    }
    if outlets == 0 {
        problems.add(0, "OUTFALLS", "the network has no outfall", "give it one");
    }
    for i in 0..nodes.kind.len() {
        if incoming[i] == 0 {
            nodes.degree[i] = -nodes.degree[i];
        }
    }
}

/// A link without a length takes what its node gets in the same moment: where all that leads to a node is such
/// links, none may lead on from it (SWMM's error 134).
fn dummies_in_a_row(nodes: &Nodes, links: &Links, passes_on: &[bool], problems: &mut Problems) {
    let mut fed_by_others = vec![false; nodes.kind.len()];
    let mut fed = vec![false; nodes.kind.len()];
    for (j, passes) in passes_on.iter().enumerate() {
        let n = if links.direction[j] < 0.0 { links.node1[j] } else { links.node2[j] };
        if *passes { fed[n] = true } else { fed_by_others[n] = true }
    }
    for (j, _) in passes_on.iter().enumerate().filter(|(_, passes)| **passes) {
        let n = links.node1[j];
        if fed[n] && !fed_by_others[n] {
            problems.add(
                0,
                "",
                format!("node `{}` lies between two dummy links or ideal pumps", nodes.name[n]),
                "give one of them a section or a curve",
            );
        }
    }
}

/// Degrees and order for steady and kinematic wave flow; checks that the network is a tree.
pub(super) fn tree(nodes: &mut Nodes, links: &Links, problems: &mut Problems) -> Vec<usize> {
    let (count, n_nodes) = (links.kind.len(), nodes.kind.len());
    let mut out: Vec<Vec<usize>> = vec![Vec::new(); n_nodes];
    let mut in_degree = vec![0; n_nodes];
    for j in 0..count {
        out[links.node1[j]].push(j);
        in_degree[links.node2[j]] += 1;
    }
    for i in 0..n_nodes {
        nodes.degree[i] = i32::try_from(out[i].len()).unwrap_or(i32::MAX);
        if let (Some(d), [a, b]) = (&nodes.divider[i], &out[i][..])
            && d.link == Some(*a)
        {
            out[i] = vec![*b, *a];
        }
        let most = match nodes.kind[i] {
            NodeType::Divider => 2,
            NodeType::Outfall => 0,
            NodeType::Storage => usize::MAX,
            NodeType::Junction => 1,
        };
        if out[i].len() > most {
            problems.add(
                0,
                "",
                format!("node `{}` has {} outlet links", nodes.name[i], out[i].len()),
                "this routing needs a tree: use a divider, storage, or the dynamic wave",
            );
        }
    }
    for j in 0..count {
        match &links.data[j] {
            LinkData::Conduit(c) if c.slope < 0.0 && links.section[j].shape != Shape::Dummy => {
                problems.add(
                    0,
                    "CONDUITS",
                    format!("conduit `{}` rises", links.name[j]),
                    "turn it round, or use the dynamic wave",
                );
            }
            LinkData::Orifice(_) | LinkData::Weir(_) | LinkData::Outlet(_)
                if nodes.kind[links.node1[j]] != NodeType::Storage =>
            {
                problems.add(
                    0,
                    "",
                    format!("`{}` does not begin at a storage unit", links.name[j]),
                    "this routing needs that, or use the dynamic wave",
                );
            }
            _ => {}
        }
    }
    let mut stack: std::collections::VecDeque<usize> = (0..n_nodes).filter(|i| in_degree[*i] == 0).collect();
    let mut sorted = Vec::with_capacity(count);
    while let Some(i) = stack.pop_front() {
        for &j in &out[i] {
            sorted.push(j);
            let n2 = links.node2[j];
            in_degree[n2] -= 1;
            if in_degree[n2] == 0 {
                stack.push_back(n2);
            }
        }
    }
    if sorted.len() != count {
        problems.add(0, "", "the network has a loop", "this routing needs a tree: use the dynamic wave");
    }
    sorted
}
