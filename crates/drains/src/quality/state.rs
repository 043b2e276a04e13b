//! 水质状态: what changes of water quality while a model runs; all lists empty without pollutants.
#![expect(clippy::indexing_slicing, reason = "one entry a node or link and pollutant")]

use serde::{Deserialize, Serialize};

use super::books::{LoadingTotals, QualityTotals};
use super::data::QualityData;
use crate::model::Model;
use crate::project::Index;
use crate::state::State;

/// Depth (ft; 1 mm) below which a node or link is dry for pollutants.
pub(super) const DRY_DEPTH: f64 = 0.003281;

/// Of a subcatchment.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct SurfaceState {
    /// Concentration in its runoff, a pollutant each.
    pub(crate) old: Vec<f64>,
    /// The same now; while a step is made up, the load that runs on (mass/s).
    pub(crate) new: Vec<f64>,
    /// Mass in the water that stands on it.
    pub(crate) ponded: Vec<f64>,
    /// Washed off so far, lb or kg.
    pub(crate) total: Vec<f64>,
    /// lb or kg on each land use (outer) of each pollutant (inner).
    pub(crate) build_up: Vec<f64>,
    /// When each land use was last swept.
    pub(crate) swept: Vec<f64>,
}

/// Of a run. Lists of nodes and links have all pollutants of one, then of the next.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct QualityState {
    pub(crate) subs: Vec<SurfaceState>,
    pub(crate) old_node: Vec<f64>,
    /// Concentrations; while a step is made up, mass inflow a second.
    pub(crate) node: Vec<f64>,
    pub(crate) old_link: Vec<f64>,
    pub(crate) link: Vec<f64>,
    /// Mass that left each link.
    pub(crate) link_load: Vec<f64>,
    /// Mass that left each outfall while results are counted.
    pub(crate) outfall_load: Vec<f64>,
    /// Mass an outfall sent to a subcatchment since the last runoff step.
    pub(crate) routed: Vec<f64>,
    /// Hydraulic residence time of each node that is a storage unit, s.
    pub(crate) residence: Vec<f64>,
    pub(crate) loading: Vec<LoadingTotals>,
    pub(crate) totals: Vec<QualityTotals>,
    pub(crate) step: Vec<QualityTotals>,
}

impl QualityState {
    pub(crate) fn new(model: &Model) -> Self {
        let q = &model.quality;
        let count = q.count();
        if count == 0 {
            return Self::default();
        }
        let (nodes, links) = (model.nodes.kind.len(), model.links.kind.len());
        Self {
            subs: (0..model.subs.len()).map(|j| SurfaceState::new(q, model, j)).collect(),
            old_node: vec![0.0; nodes * count],
            node: vec![0.0; nodes * count],
            old_link: vec![0.0; links * count],
            link: vec![0.0; links * count],
            link_load: vec![0.0; links * count],
            outfall_load: vec![0.0; nodes * count],
            routed: vec![0.0; nodes * count],
            residence: vec![0.0; nodes],
            loading: vec![LoadingTotals::default(); count],
            totals: vec![QualityTotals::default(); count],
            step: vec![QualityTotals::default(); count],
        }
    }
}

impl QualityState {
    /// Adds the mass that `flow` ft³/s carries from one node to another.
    pub(crate) fn carry(&mut self, from: Index, to: Index, flow: f64) {
        let count = self.step.len();
        for p in 0..count {
            self.node[to * count + p] += flow * self.old_node[from * count + p];
        }
    }
}

impl SurfaceState {
    fn new(q: &QualityData, model: &Model, j: usize) -> Self {
        let count = q.count();
        let (start, dry) = (model.options.start, model.options.dry_days * 86400.0);
        let mut build_up = Vec::with_capacity(q.land_uses.len() * count);
        for (land, share) in q.land_uses.iter().zip(&q.cover[j]) {
            let area = share * model.subs[j].area * model.units.land_area;
            let curb = share * q.curb[j];
            for (b, loading) in land.build_up.iter().zip(&q.loading[j]) {
                build_up.push(if *loading > 0.0 {
                    loading * area
                } else {
                    b.after(0.0, (area, curb), dry, &|_| None)
                });
            }
        }
        Self {
            old: vec![0.0; count],
            new: vec![0.0; count],
            ponded: vec![0.0; count],
            total: vec![0.0; count],
            build_up,
            swept: q.land_uses.iter().map(|l| start - l.sweep_days).collect(),
        }
    }
}

impl State {
    /// Concentrations in wet nodes and links at the start, and the books opened.
    pub(crate) fn open_quality(&mut self, model: &Model, hot: bool) {
        let initial: Vec<f64> = model.quality.pollutants.iter().map(|p| p.initial).collect();
        let q = &mut self.quality;
        if initial.is_empty() {
            return;
        }
        let count = initial.len();
        if hot {
            self.open_quality_books(model);
            return;
        }
        for (depths, [old, new]) in [
            (&self.depth, [&mut q.old_node, &mut q.node]),
            (&self.link_depth, [&mut q.old_link, &mut q.link]),
        ] {
            for (i, _) in depths.iter().enumerate().filter(|(_, y)| **y > DRY_DEPTH) {
                old[i * count..(i + 1) * count].copy_from_slice(&initial);
                new[i * count..(i + 1) * count].copy_from_slice(&initial);
            }
        }
        self.open_quality_books(model);
    }

    /// 观测: concentration of a pollutant at a node now.
    #[must_use]
    pub fn node_quality(&self, model: &Model, node: Index, pollutant: Index) -> Option<f64> {
        let count = model.quality.count();
        (pollutant < count).then(|| self.quality.node.get(node * count + pollutant).copied())?
    }

    /// 观测: concentration of a pollutant in a link now.
    #[must_use]
    pub fn link_quality(&self, model: &Model, link: Index, pollutant: Index) -> Option<f64> {
        let count = model.quality.count();
        (pollutant < count).then(|| self.quality.link.get(link * count + pollutant).copied())?
    }

    /// 观测: concentration of a pollutant in the runoff of a subcatchment now.
    #[must_use]
    pub fn runoff_quality(&self, subcatchment: Index, pollutant: Index) -> Option<f64> {
        self.quality.subs.get(subcatchment)?.new.get(pollutant).copied()
    }
}
