//! Pumps, orifices, weirs, outlets, dividers and outfalls (泵、孔口、堰、出流装置、分流、出流口):
//! Reference Manual II, ch. 6.
#![expect(clippy::indexing_slicing, reason = "nodes, links and curves are addressed by checked indices")]

mod divider;
mod orifice;
mod outfall;
mod outlet;
mod pump;
mod road;
mod weir;

use crate::model::{LinkData, LinkType, Model, NodeType};
use crate::project::Routing;
use crate::state::State;
use crate::units::{max, min};
use crate::wave::Class;

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
