//! What never changes at the nodes (节点布局).
#![expect(clippy::indexing_slicing, reason = "built over the model's own indices")]

use numerics::lanes::WIDEST;

use crate::model::{Model, NodeType};
use crate::project::Routing;

/// What the node kernel needs of the model.
#[derive(Debug, Clone, Default)]
pub(crate) struct Layout {
    /// 1 for nodes that have neither volume nor boundary: those the lanes compute.
    pub(crate) plain: Vec<f64>,
    /// 1 for plain nodes that only conduits work on: their sums are all of it.
    pub(crate) free: Vec<f64>,
    /// Rows (a vector of the widest each) of free nodes at which nothing ends: what else nodes may have is not
    /// looked at there.
    pub(crate) usual: Vec<bool>,
    /// Plain nodes that pumps and regulators work on as well.
    pub(crate) late: Vec<usize>,
    /// Nodes that are not plain, but outfalls, in order.
    pub(crate) special: Vec<usize>,
    pub(crate) outfalls: Vec<usize>,
    pub(crate) storage: Vec<usize>,
    /// Nodes with a direct inflow of water or pollutants, with a dry weather inflow.
    pub(crate) inflow: Vec<usize>,
    pub(crate) dry_weather: Vec<usize>,
    /// Height of the crown over the invert, ft.
    pub(crate) crown: Vec<f64>,
    /// Greatest depth, ft.
    pub(crate) most: Vec<f64>,
    /// 1 where time over the crown counts.
    pub(crate) surcharges: Vec<f64>,
    /// 1 where all inflow leaves the system.
    pub(crate) leaves: Vec<f64>,
    pub(crate) is_outfall: Vec<bool>,
    pub(crate) ponds: Vec<bool>,
    /// 0.6 where a node has fewer than one outflow link by SWMM's count, else 1.
    pub(crate) correction: Vec<f64>,
}

impl Layout {
    /// `others` are the links that are no conduits in slots.
    pub(crate) fn of(model: &Model, others: &[usize]) -> Self {
        let n = &model.nodes;
        let mut l = Self::default();
        for i in 0..n.kind.len() {
            let pond = model.options.allow_ponding && n.ponded_area[i] > 0.0;
            let kind = n.kind[i];
            let plain =
                !pond && !matches!(kind, NodeType::Outfall | NodeType::Storage) && n.full_volume[i] == 0.0;
            l.plain.push(f64::from(u8::from(plain)));
            match kind {
                NodeType::Outfall => l.outfalls.push(i),
                _ if !plain => l.special.push(i),
                _ => {}
            }
            if kind == NodeType::Storage {
                l.storage.push(i);
            }
            if model.inflow[i].is_some() || model.quality.inflow.get(i).is_some_and(|l| !l.is_empty()) {
                l.inflow.push(i);
            }
            if model.dry_weather[i].is_some() {
                l.dry_weather.push(i);
            }
            l.crown.push(n.crown[i] - n.invert[i]);
            let yes = |is: bool| f64::from(u8::from(is));
            let dynamic = model.options.routing == Routing::Dynamic;
            let counts = kind != NodeType::Storage || n.sur_depth[i] > 0.0;
            l.surcharges.push(yes(dynamic && counts && kind != NodeType::Outfall));
            let end = n.degree[i] == 0 && kind != NodeType::Storage;
            l.leaves.push(yes(end || kind == NodeType::Outfall));
            l.is_outfall.push(kind == NodeType::Outfall);
            l.ponds.push(pond);
            l.most.push(n.full_depth[i] + n.sur_depth[i]);
            l.correction.push(if n.degree[i] < 0 { 0.6 } else { 1.0 });
        }
        l.free.clone_from(&l.plain);
        for i in others.iter().flat_map(|j| [model.links.node1[*j], model.links.node2[*j]]) {
            if std::mem::take(&mut l.free[i]) > 0.0 {
                l.late.push(i);
            }
        }
        l.usual = l.usual_rows();
        l
    }

    /// Junctions count when they are over their crown only where they are surcharged: in the dynamic wave.
    fn usual_rows(&self) -> Vec<bool> {
        let usual = |i: usize| self.free[i] > 0.0 && self.leaves[i] == 0.0 && self.surcharges[i] > 0.0;
        let rows = (0..self.free.len()).step_by(WIDEST);
        rows.map(|i| i + WIDEST <= self.free.len() && (i..i + WIDEST).all(usual)).collect()
    }
}
