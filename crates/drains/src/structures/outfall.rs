//! 出流口: the water outside.
#![expect(clippy::indexing_slicing, reason = "nodes, links and curves are addressed by checked indices")]

use crate::model::{Model, NodeType};
use crate::project::Boundary;
use crate::section::Shape;
use crate::state::{Numerics, State};
use crate::units::{MSEC_A_DAY, max, min};
use crate::wave::normal_depth;

impl State {
    /// Depth of the outfall at the end of a link with so much flow (ft³/s), if there is one.
    pub(crate) fn set_outfall_depth(&mut self, model: &Model, j: usize, flow: f64) {
        let (l, n) = (&model.links, &model.nodes);
        let (i, z) = if n.kind[l.node2[j]] == NodeType::Outfall {
            (l.node2[j], l.offset2[j])
        } else if n.kind[l.node1[j]] == NodeType::Outfall {
            (l.node1[j], l.offset1[j])
        } else {
            return;
        };
        let Some(o) = &n.outfall[i] else { return };
        let (mut normal, mut critical) = (0.0, 0.0);
        if let Some(c) = l.conduit(j)
            && l.section[j].shape != Shape::Dummy
        {
            let q = (flow / c.barrels).abs();
            let kept = match self.numerics {
                Numerics::Exact => None,
                Numerics::Fast => model.blocks.depths_of(j, q),
            };
            (normal, critical) = kept.unwrap_or_else(|| {
                (normal_depth(&l.section[j], c.beta, c.q_max, q), l.section[j].critical_depth(q))
            });
        }
        let date = self.new_routing_time / MSEC_A_DAY;
        let stage = match (self.live_stage[i], o.boundary) {
            (Some(stage), _) | (None, Boundary::Fixed(stage)) => stage,
            (None, Boundary::Free | Boundary::Normal) => {
                let free = o.boundary == Boundary::Free;
                self.depth[i] = if z > 0.0 {
                    0.0
                } else if free {
                    min(normal, critical)
                } else {
                    normal
                };
                return;
            }
            (None, Boundary::Tidal(c)) => {
                let curve = &model.curves[c];
                let hour = curve.points.first().map_or(0.0, |p| p.0) + (date - date.floor()) * 24.0;
                curve.at(hour) / model.units.length
            }
            (None, Boundary::Series(s)) => {
                model.series[s].series(model.options.start + date, true) / model.units.length
            }
        };
        let invert = n.invert[i];
        let critical = min(critical, normal);
        self.depth[i] = if critical + z + invert < stage {
            stage - invert
        } else if z > 0.0 {
            if stage < invert + z { max(0.0, stage - invert) } else { z + critical }
        } else {
            critical
        };
    }
}
