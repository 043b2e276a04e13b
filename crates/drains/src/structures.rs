//! Pumps, orifices, weirs, outlets, dividers and outfalls (泵、孔口、堰、出流装置、分流、出流口):
//! Reference Manual II, ch. 6.
#![expect(clippy::indexing_slicing, reason = "nodes, links and curves are addressed by checked indices")]

use crate::model::{LinkData, LinkType, Model, NodeType, OrificeData, WeirData};
use crate::project::{Boundary, CurveKind, DividerRule, Routing, WeirKind};
use crate::section::Shape;
use crate::state::{Numerics, State};
use crate::units::{FLOW_TOL, FUDGE, GRAVITY, M3_IN_FT3, MSEC_A_DAY, TINY, max, min};
use crate::wave::{Class, normal_depth};

/// Heads on both sides in flow direction.
struct Heads {
    h1: f64,
    h2: f64,
    /// Depth at the node the water comes from.
    y1: f64,
    direction: f64,
}

impl State {
    /// True when a flap gate of the link, or of the outfall the water would come from, shuts.
    fn flap_shut(&self, model: &Model, j: usize, q: f64) -> bool {
        let l = &model.links;
        if l.gated[j] && q * l.direction[j] < 0.0 {
            return true;
        }
        let n = if q < 0.0 { l.node2[j] } else { l.node1[j] };
        q != 0.0 && model.nodes.outfall[n].as_ref().is_some_and(|o| o.gated)
    }

    /// Flow into a link that is no true conduit (or of a tree routing), ft³/s.
    pub(crate) fn link_inflow(&mut self, model: &Model, j: usize) -> f64 {
        if self.setting[j] == 0.0 && model.links.kind[j] != LinkType::Pump {
            return 0.0;
        }
        match &model.links.data[j] {
            LinkData::Conduit(_) => {
                let q = self.node_outflow(model, model.links.node1[j], j);
                let limit = model.links.q_limit[j];
                if limit > 0.0 { min(q, limit) } else { q }
            }
            LinkData::Pump(_) => {
                if self.setting[j] == 0.0 {
                    0.0
                } else {
                    self.pump(model, j)
                }
            }
            LinkData::Orifice(o) => self.orifice(model, j, o),
            LinkData::Weir(w) => self.weir(model, j, w),
            LinkData::Outlet(_) => self.outlet(model, j),
        }
    }

    /// Flow a node offers a link.
    fn node_outflow(&self, model: &Model, i: usize, j: usize) -> f64 {
        let l = &model.links;
        match model.nodes.kind[i] {
            NodeType::Divider => self.divider(model, i, j),
            NodeType::Storage => {
                let Some(c) = l.conduit(j) else { return 0.0 };
                let y = self.depth[i] - l.offset1[j];
                if y <= 0.0 {
                    return 0.0;
                }
                let x = &l.section[j];
                if y >= x.y_full { l.q_full[j] } else { c.beta * x.factor_of_area(x.area(y)) }
            }
            _ => self.inflow[i] + self.overflow[i],
        }
    }

    fn divider(&self, model: &Model, i: usize, j: usize) -> f64 {
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

    /// A flow limited to what a node with volume can give.
    pub(crate) fn max_outflow(&self, model: &Model, i: usize, q: f64, dt: f64) -> f64 {
        let mut q = q;
        if model.nodes.full_volume[i] > 0.0 {
            let most = self.inflow[i] + self.old_volume[i] / dt;
            if q > most {
                q = most;
            }
        }
        max(0.0, q)
    }

    fn pump(&mut self, model: &Model, j: usize) -> f64 {
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

    fn heads(&self, model: &Model, j: usize, equal_forward: bool) -> Heads {
        let (n1, n2) = (model.links.node1[j], model.links.node2[j]);
        let n = &model.nodes;
        let h1 = self.depth[n1] + n.invert[n1];
        let h2 = if model.options.routing == Routing::Dynamic {
            self.depth[n2] + n.invert[n2]
        } else {
            n.invert[n1]
        };
        if h1 > h2 || (equal_forward && h1 == h2) {
            Heads { h1, h2, y1: self.depth[n1], direction: 1.0 }
        } else {
            Heads { h1: h2, h2: h1, y1: self.depth[n2], direction: -1.0 }
        }
    }

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

    fn orifice(&mut self, model: &Model, j: usize, o: &OrificeData) -> f64 {
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

    fn weir(&mut self, model: &Model, j: usize, w: &WeirData) -> f64 {
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

    fn roadway(&mut self, model: &Model, j: usize, w: &WeirData, [direction, road, h1, h2]: [f64; 4]) -> f64 {
        let mut c = w.coefficient;
        if model.units.flow_units.is_si() {
            c /= 0.552;
        }
        let (up, down) = (h1 - road, h2 - road);
        let (mut q, mut dqdh) = (0.0, 0.0);
        if up > FUDGE {
            if w.road_width > 0.0 && w.road_surface >= 1 {
                c = road_coefficient(up, down, w.road_width, w.road_surface == 1);
            }
            q = c * model.links.section[j].w_max * up.powf(1.5);
            dqdh = 1.5 * q / up;
        }
        self.dqdh[j] = dqdh;
        self.link_depth[j] = max(up, 0.0);
        self.link_class[j] = free_fall(road, h2, direction);
        direction * q
    }

    fn outlet(&mut self, model: &Model, j: usize) -> f64 {
        let LinkData::Outlet(o) = &model.links.data[j] else { return 0.0 };
        let l = &model.links;
        let Heads { h1, h2, y1, direction } = self.heads(model, j, true);
        let crest = model.nodes.invert[l.node1[j]] + l.offset1[j];
        let by_head = o.by_head && model.options.routing == Routing::Dynamic;
        let head = if by_head { h1 - max(h2, crest) } else { h1 - crest };
        if head <= FUDGE || y1 <= FUDGE || self.flap_shut(model, j, direction) {
            self.link_depth[j] = 0.0;
            self.link_class[j] = Class::DRY;
            return 0.0;
        }
        self.link_depth[j] = head;
        self.link_class[j] = Class::SUBCRITICAL;
        let h = head * model.units.length;
        let q = o.curve.map_or_else(|| o.coefficient * h.powf(o.exponent), |c| model.curves[c].at(h));
        direction * self.setting[j] * (q / model.units.flow)
    }

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

fn free_fall(crest: f64, h2: f64, direction: f64) -> f64 {
    if crest <= h2 {
        Class::SUBCRITICAL
    } else if direction == 1.0 {
        Class::DN_CRITICAL
    } else {
        Class::UP_CRITICAL
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

/// Discharge coefficient of a road under water (FHWA HDS-5).
fn road_coefficient(up: f64, down: f64, width: f64, paved: bool) -> f64 {
    const LOW_PAVED: &[(f64, f64)] = &[(0.0, 2.85), (0.2, 2.95), (0.7, 3.03), (4.0, 3.05)];
    const LOW_GRAVEL: &[(f64, f64)] =
        &[(0.0, 2.5), (0.5, 2.7), (1.0, 2.8), (1.5, 2.9), (2.0, 2.98), (2.5, 3.02), (3.0, 3.03), (4.0, 3.05)];
    const HIGH_PAVED: &[(f64, f64)] = &[(0.15, 3.05), (0.25, 3.10)];
    const HIGH_GRAVEL: &[(f64, f64)] = &[(0.15, 2.95), (0.30, 3.10)];
    const DROWNED_PAVED: &[(f64, f64)] = &[
        (0.8, 1.0),
        (0.85, 0.98),
        (0.90, 0.92),
        (0.93, 0.85),
        (0.95, 0.80),
        (0.97, 0.70),
        (0.98, 0.60),
        (0.99, 0.50),
        (1.00, 0.40),
    ];
    const DROWNED_GRAVEL: &[(f64, f64)] = &[
        (0.75, 1.00),
        (0.80, 0.985),
        (0.83, 0.97),
        (0.86, 0.93),
        (0.89, 0.90),
        (0.90, 0.87),
        (0.92, 0.80),
        (0.94, 0.70),
        (0.96, 0.60),
        (0.98, 0.50),
        (0.99, 0.40),
        (1.00, 0.24),
    ];
    let ratio = up / width;
    let c = match (ratio <= 0.15, paved) {
        (true, true) => table(up, LOW_PAVED),
        (true, false) => table(up, LOW_GRAVEL),
        (false, true) => table(ratio, HIGH_PAVED),
        (false, false) => table(ratio, HIGH_GRAVEL),
    };
    let drowned =
        if down > 0.0 { table(down / up, if paved { DROWNED_PAVED } else { DROWNED_GRAVEL }) } else { 1.0 };
    c * drowned
}

fn table(x: f64, points: &[(f64, f64)]) -> f64 {
    let (first, last) = (points[0], points[points.len() - 1]);
    if x <= first.0 {
        return first.1;
    }
    if x >= last.0 {
        return last.1;
    }
    let i = points.partition_point(|p| p.0 < x);
    let (a, b) = (points[i - 1], points[i]);
    a.1 + (x - a.0) * (b.1 - a.1) / (b.0 - a.0)
}
