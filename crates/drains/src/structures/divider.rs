//! 分流: what of its inflow a divider sends which way.
#![expect(clippy::indexing_slicing, reason = "nodes, links and curves are addressed by checked indices")]

use crate::model::Model;
use crate::project::DividerRule;
use crate::state::State;
use crate::units::FLOW_TOL;

impl State {
    pub(super) fn divider(&self, model: &Model, i: usize, j: usize) -> f64 {
        let q_in = self.inflow[i] + self.overflow[i];
        let Some(d) = &model.nodes.divider[i] else { return q_in };
        let diverted = d.link == Some(j);
        let u = &model.units;
        let q = match d.rule {
            DividerRule::Cutoff(q_min) => {
                if q_in <= q_min {
                    0.0
                } else {
                    q_in - q_min
                }
            }
            DividerRule::Overflow => {
                let q = if diverted { q_in - self.outflow[i] } else { q_in };
                return if q < FLOW_TOL { 0.0 } else { q };
            }
            DividerRule::Weir { q_min, height, coefficient } => {
                if q_in <= q_min {
                    0.0
                } else {
                    let f = (q_in - q_min) / (d.q_max - q_min);
                    if f > 1.0 { d.q_max * f.sqrt() } else { coefficient * (f * height).powf(1.5) / u.flow }
                }
            }
            DividerRule::Tabular(c) => model.curves[c].at(q_in * u.flow) / u.flow,
        };
        let q = if q > q_in { q_in } else { q };
        if diverted { q } else { q_in - q }
    }
}
