//! 处理: treatment expressions at nodes (Reference Manual III, ch. 5.4).
#![expect(clippy::indexing_slicing, reason = "one entry a pollutant")]

use std::cell::{Cell, RefCell};

use super::data::TreatmentData;
use crate::model::{Model, NodeType};
use crate::project::PROCESS;
use crate::state::State;
use crate::units::{ZERO, max, min};

/// A removal being sought: above any share.
const SOUGHT: f64 = 10.0;
/// A removal not asked for yet.
const UNKNOWN: f64 = -1.0;

/// One node in one step.
struct Site<'a> {
    treatments: &'a [Option<TreatmentData>],
    /// HRT (h), step (s), flow, depth, area in the model's units.
    process: [f64; 5],
    /// Concentrations in the inflow and at the node.
    inflow: &'a [f64],
    node: &'a [f64],
    removal: RefCell<Vec<f64>>,
    circle: Cell<bool>,
}

impl Site<'_> {
    fn is_removal(&self, p: usize) -> bool {
        self.treatments[p].as_ref().is_none_or(|t| t.removal)
    }

    fn variable(&self, v: usize) -> f64 {
        if let Some(value) = self.process.get(v) {
            return *value;
        }
        let (v, count) = (v - PROCESS.len(), self.node.len());
        if v >= count {
            return self.seek(v - count);
        }
        if self.is_removal(v) { self.inflow[v] } else { self.node[v] }
    }

    /// Share of a pollutant that is removed.
    fn seek(&self, p: usize) -> f64 {
        let known = self.removal.borrow()[p];
        if known > 1.0 || self.circle.get() {
            self.circle.set(true);
            return 0.0;
        }
        if known >= 0.0 {
            return known;
        }
        self.removal.borrow_mut()[p] = SOUGHT;
        let c = self.node[p];
        let removal = if c == 0.0 {
            0.0
        } else {
            let value =
                self.treatments[p].as_ref().map_or(0.0, |t| t.expression.value(&|v| self.variable(v)));
            let value = max(0.0, value);
            if self.is_removal(p) { min(1.0, value) } else { 1.0 - min(c, value) / c }
        };
        self.removal.borrow_mut()[p] = removal;
        removal
    }
}

impl State {
    /// Treats what is at a node after mixing; `inflow` has the concentrations that came.
    pub(super) fn treat(&mut self, model: &Model, i: usize, flow: f64, inflow: &[f64], dt: f64) {
        let Some(treatments) = &model.quality.treatment[i] else { return };
        let (count, u) = (model.quality.count(), &model.units);
        let mean = |a: f64, b: f64| (a + b) / 2.0;
        let age = if model.nodes.kind[i] == NodeType::Storage { self.quality.residence[i] } else { 0.0 };
        let areas = mean(model.node_area(i, self.old_depth[i]), model.node_area(i, self.depth[i]));
        let at = i * count;
        let site = Site {
            treatments,
            process: [
                age / 3600.0,
                dt,
                flow * u.flow,
                mean(self.old_depth[i], self.depth[i]) * u.length,
                areas * u.length * u.length,
            ],
            inflow,
            node: &self.quality.node[at..at + count],
            removal: RefCell::new(vec![UNKNOWN; count]),
            circle: Cell::new(false),
        };
        for (p, treatment) in treatments.iter().enumerate() {
            let idle = treatment.is_none() || (site.is_removal(p) && flow <= ZERO);
            if idle {
                site.removal.borrow_mut()[p] = 0.0;
            } else {
                site.seek(p);
            }
        }
        let removal = site.removal.into_inner();
        for (p, r) in removal.into_iter().enumerate().filter(|(_, r)| *r != 0.0) {
            let by_removal = treatments[p].as_ref().is_none_or(|t| t.removal);
            let c = self.quality.node[at + p];
            let left = match (by_removal, inflow[p] == 0.0) {
                (true, true) => c,
                (true, false) => min((1.0 - r) * inflow[p], c),
                (false, _) => (1.0 - r) * c,
            };
            let (old, volume) = (self.quality.old_node[at + p], self.old_volume[i]);
            let lost = (inflow[p] * flow * dt + old * volume - left * (flow * dt + volume)) / dt;
            self.quality.step[p].reacted += max(0.0, lost);
            self.quality.node[at + p] = left;
        }
    }
}
