//! 孔口.
#![expect(clippy::indexing_slicing, reason = "nodes, links and curves are addressed by checked indices")]

use super::{Heads, free_fall};
use crate::model::{LinkData, Model, OrificeData};
use crate::section::Shape;
use crate::state::State;
use crate::units::{FUDGE, GRAVITY, max, min};
use crate::wave::Class;

impl State {
    /// Coefficients of an orifice at its setting, after moving it for `dt` s.
    pub(crate) fn set_orifice(&mut self, model: &Model, j: usize, dt: f64) {
        let LinkData::Orifice(o) = &model.links.data[j] else { return };
        if o.close == 0.0 || dt == 0.0 {
            self.setting[j] = self.target[j];
        } else {
            let delta = self.target[j] - self.setting[j];
            let step = dt / o.close;
            if step + 0.001 >= delta.abs() {
                self.setting[j] = self.target[j];
            } else {
                self.setting[j] += crate::units::sgn(delta) * step;
            }
        }
        let x = &model.links.section[j];
        let h = self.setting[j] * x.y_full;
        let f = x.area(h) * (2.0 * GRAVITY).sqrt();
        let (critical, head) = if o.bottom {
            let a_over_l =
                if x.shape == Shape::Circular { h / 4.0 } else { (h * x.w_max) / (2.0 * (h + x.w_max)) };
            let h = o.coefficient / 0.414 * a_over_l;
            (h, h)
        } else {
            (h, h / 2.0)
        };
        self.coefficients[j] = [o.coefficient * f, o.coefficient * head.sqrt() * f, critical];
    }

    pub(super) fn orifice(&mut self, model: &Model, j: usize, o: &OrificeData) -> f64 {
        let l = &model.links;
        let x = &l.section[j];
        let Heads { h1, h2, y1, direction } = self.heads(model, j, true);
        let crest = model.nodes.invert[l.node1[j]] + l.offset1[j];
        let (f, head) = if o.bottom {
            let head = if h1 < crest {
                0.0
            } else if h2 > crest {
                h1 - h2
            } else {
                h1 - crest
            };
            (min(head / self.coefficients[j][2], 1.0), head)
        } else {
            let crown = crest + x.y_full * self.setting[j];
            let middle = (crest + crown) / 2.0;
            let f = if h1 < crown && crown > crest { (h1 - crest) / (crown - crest) } else { 1.0 };
            let head = if f < 1.0 {
                h1 - crest
            } else if h2 < middle {
                h1 - middle
            } else {
                h1 - h2
            };
            (f, head)
        };
        if head <= FUDGE || y1 <= FUDGE || self.flap_shut(model, j, direction) {
            self.link_depth[j] = 0.0;
            self.link_class[j] = Class::DRY;
            self.orifice_area[j] = FUDGE * o.length;
            self.dqdh[j] = 0.0;
            return 0.0;
        }
        self.link_class[j] = free_fall(crest, h2, direction);
        let y = x.y_full * self.setting[j];
        if o.bottom {
            self.link_depth[j] = y;
            self.orifice_area[j] = x.area(y);
        } else {
            self.link_depth[j] = y * f;
            self.orifice_area[j] = x.width(y * f) * o.length;
        }
        let mut q = direction * self.orifice_flow(model, j, head, f, l.gated[j]);
        if f < 1.0 && h2 > crest {
            let ratio = (h2 - crest) / (h1 - crest);
            q *= (1.0 - ratio.powf(1.5)).powf(0.385);
        }
        q
    }

    fn orifice_flow(&mut self, model: &Model, j: usize, head: f64, f: f64, gated: bool) -> f64 {
        let [c_orifice, c_weir, h_critical] = self.coefficients[j];
        if head == 0.0 || f <= 0.0 {
            self.dqdh[j] = 0.0;
            return 0.0;
        }
        let q;
        if f < 1.0 {
            q = c_weir * f.powf(1.5);
            self.dqdh[j] = 1.5 * q / (f * h_critical);
        } else {
            q = c_orifice * head.sqrt();
            self.dqdh[j] = q / (2.0 * head);
        }
        if !gated {
            return q;
        }
        // Head loss of a flap gate (ARMCO).
        let x = &model.links.section[j];
        let v = q / x.area(self.setting[j] * x.y_full);
        let loss = (4.0 / GRAVITY) * v * v * (-1.15 * v / head.sqrt()).exp();
        if f < 1.0 {
            self.orifice_flow(model, j, head, max(f - loss / h_critical, 0.0), false)
        } else {
            self.orifice_flow(model, j, max(head - loss, 0.0), f, false)
        }
    }
}
