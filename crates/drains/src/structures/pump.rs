//! 泵.
#![expect(clippy::indexing_slicing, reason = "nodes, links and curves are addressed by checked indices")]

use crate::model::{LinkData, Model};
use crate::project::CurveKind;
use crate::state::State;
use crate::units::max;
use crate::wave::Class;

impl State {
    pub(super) fn pump(&mut self, model: &Model, j: usize) -> f64 {
        let LinkData::Pump(p) = &model.links.data[j] else { return 0.0 };
        let (n1, n2) = (model.links.node1[j], model.links.node2[j]);
        let u = &model.units;
        self.link_class[j] = 0.0;
        self.setting[j] = self.target[j];
        if self.setting[j] == 0.0 {
            return 0.0;
        }
        let outside = |x: f64| f64::from(u8::from(x < p.x_min || x > p.x_max));
        let (Some(kind), Some(c)) = (p.kind, p.curve.map(|c| &model.curves[c])) else {
            return max(self.inflow[n1] + self.overflow[n1], 0.0) * self.setting[j];
        };
        let q = match kind {
            CurveKind::Pump1 => {
                let v = self.volume[n1] * u.volume;
                self.link_class[j] = outside(v);
                c.step(v) / u.flow
            }
            CurveKind::Pump2 => {
                let d = self.depth[n1] * u.length;
                self.link_class[j] = outside(d);
                c.step(d) / u.flow
            }
            CurveKind::Pump3 | CurveKind::Pump5 => {
                let s = if kind == CurveKind::Pump5 { self.setting[j] } else { 1.0 };
                let head = ((self.depth[n2] + model.nodes.invert[n2])
                    - (self.depth[n1] + model.nodes.invert[n1]))
                    / s
                    / s;
                let head = max(head, 0.0) * u.length;
                self.dqdh[j] = -c.slope(head) * u.length / u.flow / s;
                self.link_class[j] = outside(head);
                c.at(head) / u.flow
            }
            _ => {
                let d = self.depth[n1];
                let q = c.at(d * u.length) / u.flow;
                let q1 = c.at((d + 0.001) * u.length) / u.flow;
                self.dqdh[j] = (q1 - q) / 0.001;
                let d = d * u.length;
                if d < p.x_min {
                    self.link_class[j] = Class::DN_DRY;
                }
                if d > p.x_max {
                    self.link_class[j] = Class::UP_DRY;
                }
                q
            }
        };
        max(q, 0.0) * self.setting[j]
    }
}
