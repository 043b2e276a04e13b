//! 堰.
#![expect(clippy::indexing_slicing, reason = "nodes, links and curves are addressed by checked indices")]

use super::{Heads, free_fall};
use crate::model::{LinkData, Model, WeirData};
use crate::project::WeirKind;
use crate::state::State;
use crate::units::{FUDGE, GRAVITY, M3_IN_FT3, TINY, max, min};
use crate::wave::Class;

impl State {
    /// Surcharge coefficient of a weir wholly open.
    pub(crate) fn first_weir(&mut self, model: &Model, j: usize) {
        let LinkData::Weir(w) = &model.links.data[j] else { return };
        let head = model.links.section[j].y_full;
        let (q1, q2) = self.weir_flow(model, j, w, head, 1.0, false);
        self.coefficients[j][0] = (q1 + q2) / (head / 2.0).sqrt();
    }

    /// A weir's new setting and surcharge coefficient.
    pub(crate) fn set_weir(&mut self, model: &Model, j: usize) {
        let LinkData::Weir(w) = &model.links.data[j] else { return };
        self.setting[j] = self.target[j];
        if !w.surcharge || w.kind == WeirKind::Roadway {
            return;
        }
        self.coefficients[j][0] = 0.0;
        if self.setting[j] != 0.0 {
            let h = self.setting[j] * model.links.section[j].y_full;
            let (q1, q2) = self.weir_flow(model, j, w, h, 1.0, false);
            self.coefficients[j][0] = (q1 + q2) / (h / 2.0).sqrt();
        }
    }

    pub(super) fn weir(&mut self, model: &Model, j: usize, w: &WeirData) -> f64 {
        let l = &model.links;
        let x = &l.section[j];
        let Heads { h1, h2, direction, .. } = self.heads(model, j, false);
        let mut crest = model.nodes.invert[l.node1[j]] + l.offset1[j];
        let crown = crest + x.y_full;
        if w.kind == WeirKind::Roadway {
            return self.roadway(model, j, w, [direction, crest, h1, h2]);
        }
        crest += (1.0 - self.setting[j]) * x.y_full;
        let mut head = h1 - crest;
        self.dqdh[j] = 0.0;
        if head <= FUDGE || crest >= crown || self.flap_shut(model, j, direction) {
            self.link_depth[j] = 0.0;
            self.link_class[j] = Class::DRY;
            return 0.0;
        }
        self.link_class[j] = free_fall(crest, h2, direction);
        if h1 >= crown {
            if w.surcharge {
                let middle = (crest + crown) / 2.0;
                head = if h2 < middle { h1 - middle } else { h1 - h2 };
                let y = crown - crest;
                let q = self.weir_orifice(model, j, head, y);
                self.link_depth[j] = y;
                return direction * q;
            }
            head = crown - crest;
        }
        let (mut q1, mut q2) = self.weir_flow(model, j, w, head, direction, l.gated[j]);
        if h2 > crest {
            let ratio = (h2 - crest) / (h1 - crest);
            let power = match w.kind {
                WeirKind::SideFlow => 5.0 / 3.0,
                WeirKind::VNotch => 2.5,
                _ => 1.5,
            };
            q1 *= (1.0 - ratio.powf(power)).powf(0.385);
            if q2 > 0.0 {
                q2 *= (1.0 - ratio.powf(2.5)).powf(0.385);
            }
        }
        self.link_depth[j] = min(h1 - crest, x.y_full);
        direction * (q1 + q2)
    }

    /// Flow over the middle and the ends of a weir; also its slope by head.
    fn weir_flow(
        &mut self,
        model: &Model,
        j: usize,
        w: &WeirData,
        head: f64,
        direction: f64,
        gated: bool,
    ) -> (f64, f64) {
        self.dqdh[j] = 0.0;
        if head <= 0.0 {
            return (0.0, 0.0);
        }
        let u = &model.units;
        let x = &model.links.section[j];
        let mut length = x.w_max * u.length;
        let h = head * u.length;
        let c = w.curve.map_or(w.coefficient, |c| model.curves[c].at(h));
        let kind =
            if w.kind == WeirKind::VNotch && self.setting[j] < 1.0 { WeirKind::Trapezoidal } else { w.kind };
        let (mut q1, mut q2) = (0.0, 0.0);
        match kind {
            WeirKind::Transverse | WeirKind::SideFlow => {
                length = max(length - 0.1 * w.contractions * h, 0.0);
                q1 = if kind == WeirKind::SideFlow && direction >= 0.0 {
                    c * length.powf(0.83) * h.powf(1.67)
                } else {
                    c * length * h.powf(1.5)
                };
            }
            WeirKind::VNotch => q1 = c * w.slope * h.powf(2.5),
            WeirKind::Trapezoidal => {
                let y = (1.0 - self.setting[j]) * x.y_full;
                length = x.width(y) * u.length;
                q1 = c * length * h.powf(1.5);
                q2 = w.end_coefficient * w.slope * h.powf(2.5);
            }
            WeirKind::Roadway => {}
        }
        if u.flow_units.is_si() {
            q1 /= M3_IN_FT3;
            q2 /= M3_IN_FT3;
        }
        let mut head = head;
        if gated {
            let area = self.weir_open_area(model, j, head);
            if area > TINY {
                let v = (q1 + q2) / area;
                let loss = (4.0 / GRAVITY) * v * v * (-1.15 * v / head.sqrt()).exp();
                head = max(head - loss, 0.0);
                (q1, q2) = self.weir_flow(model, j, w, head, direction, false);
            }
        }
        self.dqdh[j] = weir_slope(w.kind, direction, head, q1, q2);
        (q1, q2)
    }

    fn weir_open_area(&self, model: &Model, j: usize, y: f64) -> f64 {
        let x = &model.links.section[j];
        let z = (1.0 - self.setting[j]) * x.y_full;
        x.area(min(z + y, x.y_full)) - x.area(z)
    }

    fn weir_orifice(&mut self, model: &Model, j: usize, head: f64, y: f64) -> f64 {
        let c = self.coefficients[j][0];
        let mut head = head;
        let mut q = c * head.sqrt();
        if model.links.gated[j] {
            let a = self.weir_open_area(model, j, y);
            if a > 0.0 {
                let v = q / a;
                head = max(head - (4.0 / GRAVITY) * v * v * (-1.15 * v / y.sqrt()).exp(), 0.0);
                q = c * head.sqrt();
            }
        }
        self.dqdh[j] = if head > 0.0 { q / (2.0 * head) } else { 0.0 };
        q
    }
}

fn weir_slope(kind: WeirKind, direction: f64, h: f64, q1: f64, q2: f64) -> f64 {
    if h.abs() < FUDGE {
        return 0.0;
    }
    let (q1, q2) = ((q1 / h).abs(), (q2 / h).abs());
    match kind {
        WeirKind::Transverse => 1.5 * q1,
        WeirKind::SideFlow => {
            if direction < 0.0 {
                1.5 * q1
            } else {
                1.67 * q1
            }
        }
        WeirKind::VNotch if q2 == 0.0 => 2.5 * q1,
        WeirKind::VNotch | WeirKind::Trapezoidal => 1.5 * q1 + 2.5 * q2,
        WeirKind::Roadway => 0.0,
    }
}
