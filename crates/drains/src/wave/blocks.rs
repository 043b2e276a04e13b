//! Conduits laid out for the kernel (内核布局): structure of arrays, conduits of one shape side by
//! side, each group filled up to whole vectors.
#![expect(clippy::indexing_slicing, reason = "built over the model's own indices")]

use numerics::lanes::WIDEST;

use super::culvert::Culvert;
use super::tabled::Tabled;
use crate::model::{LinkType, Model, NodeType};
use crate::section::{Section, Shape};

/// How a group's geometry is computed in the fast numerics.
#[derive(Debug, Clone)]
pub(crate) enum Geometry {
    /// Tables of the shape, as ratios.
    Tabled(Box<Tabled>),
    /// A closed rectangle.
    Rectangle,
    /// Lane by lane.
    Each,
}

/// Slots that share a geometry.
#[derive(Debug, Clone)]
pub(crate) struct Group {
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) geometry: Geometry,
    pub(crate) open: bool,
    pub(crate) force_main: bool,
    /// Some are culverts.
    pub(crate) culverts: bool,
}

/// 槽: what the kernel needs of every conduit, a slot each. Slots that only fill a vector copy the
/// one before and are read by nobody.
#[derive(Debug, Clone, Default)]
pub(crate) struct Blocks {
    pub(crate) groups: Vec<Group>,
    pub(crate) link: Vec<usize>,
    /// Slot of a link; `usize::MAX` for links that are no true conduits.
    pub(crate) slot: Vec<usize>,
    pub(crate) n1: Vec<u32>,
    pub(crate) n2: Vec<u32>,
    pub(crate) inv1: Vec<f64>,
    pub(crate) inv2: Vec<f64>,
    pub(crate) off1: Vec<f64>,
    pub(crate) off2: Vec<f64>,
    pub(crate) z1: Vec<f64>,
    pub(crate) z2: Vec<f64>,
    /// 1 where that end is an outfall.
    pub(crate) out1: Vec<f64>,
    pub(crate) out2: Vec<f64>,
    /// 1 where an outfall there has a flap gate.
    pub(crate) flap1: Vec<f64>,
    pub(crate) flap2: Vec<f64>,
    /// Direction if the link itself has a flap gate, else 0.
    pub(crate) gate: Vec<f64>,
    pub(crate) y_full: Vec<f64>,
    pub(crate) a_full: Vec<f64>,
    pub(crate) w_max: Vec<f64>,
    pub(crate) r_full: Vec<f64>,
    pub(crate) q_crit: Vec<f64>,
    pub(crate) s_beta: Vec<f64>,
    pub(crate) mod_length: Vec<f64>,
    pub(crate) length: Vec<f64>,
    pub(crate) rough: Vec<f64>,
    pub(crate) beta: Vec<f64>,
    pub(crate) q_max: Vec<f64>,
    pub(crate) barrels: Vec<f64>,
    pub(crate) k_in: Vec<f64>,
    pub(crate) k_out: Vec<f64>,
    pub(crate) k_avg: Vec<f64>,
    pub(crate) q_limit: Vec<f64>,
    pub(crate) seepage: Vec<f64>,
    pub(crate) open: Vec<bool>,
    pub(crate) section: Vec<Section>,
    pub(crate) culvert: Vec<Option<Culvert>>,
    pub(crate) any_seepage: bool,
    /// Links that are no true conduits, in order.
    pub(crate) others: Vec<usize>,
    /// Conduit slots at a node in link order: start of each node's list.
    pub(crate) at: Vec<u32>,
    /// Slot and end (0 upstream, 1 downstream).
    pub(crate) incident: Vec<(u32, bool)>,
    /// Links that touch an outfall.
    pub(crate) outfall_links: Vec<usize>,
}

impl Blocks {
    pub(crate) fn of(model: &Model) -> Self {
        let mut b = Self { slot: vec![usize::MAX; model.links.kind.len()], ..Self::default() };
        let links = &model.links;
        let mut conduits = Vec::new();
        for j in 0..links.kind.len() {
            if links.kind[j] == LinkType::Conduit && links.section[j].shape != Shape::Dummy {
                conduits.push(j);
            } else {
                b.others.push(j);
            }
            let ends = [links.node1[j], links.node2[j]];
            if ends.iter().any(|n| model.nodes.kind[*n] == NodeType::Outfall) {
                b.outfall_links.push(j);
            }
        }
        // A custom or irregular section stands alone in its group kind: they are computed lane by lane.
        conduits.sort_by_key(|j| (links.section[*j].shape as usize, *j));
        let mut i = 0;
        while i < conduits.len() {
            let shape = links.section[conduits[i]].shape;
            let end = conduits[i..]
                .iter()
                .position(|j| links.section[*j].shape != shape)
                .map_or(conduits.len(), |p| i + p);
            let from = b.link.len();
            for &j in &conduits[i..end] {
                b.slot[j] = b.link.len();
                b.push(model, j);
            }
            while !b.link.len().is_multiple_of(WIDEST) {
                b.push(model, conduits[end - 1]);
            }
            let geometry = match shape {
                Shape::RectClosed => Geometry::Rectangle,
                _ => Tabled::of(&links.section[conduits[i]])
                    .map_or(Geometry::Each, |t| Geometry::Tabled(Box::new(t))),
            };
            let group = Group {
                from,
                to: b.link.len(),
                geometry,
                open: shape.is_open(),
                force_main: shape == Shape::ForceMain,
                culverts: b.culvert[from..].iter().any(Option::is_some),
            };
            b.groups.push(group);
            i = end;
        }
        b.incidence(model);
        b
    }

    fn push(&mut self, model: &Model, j: usize) {
        let (l, n) = (&model.links, &model.nodes);
        let (n1, n2) = (l.node1[j], l.node2[j]);
        let Some(c) = l.conduit(j) else { return };
        let x = &l.section[j];
        self.link.push(j);
        self.n1.push(n1 as u32);
        self.n2.push(n2 as u32);
        self.inv1.push(n.invert[n1]);
        self.inv2.push(n.invert[n2]);
        self.off1.push(l.offset1[j]);
        self.off2.push(l.offset2[j]);
        self.z1.push(n.invert[n1] + l.offset1[j]);
        self.z2.push(n.invert[n2] + l.offset2[j]);
        let out = |i: usize| f64::from(u8::from(n.kind[i] == NodeType::Outfall));
        let flap = |i: usize| f64::from(u8::from(n.outfall[i].as_ref().is_some_and(|o| o.gated)));
        self.out1.push(out(n1));
        self.out2.push(out(n2));
        self.flap1.push(flap(n1));
        self.flap2.push(flap(n2));
        self.gate.push(if l.gated[j] { l.direction[j] } else { 0.0 });
        self.y_full.push(x.y_full);
        self.a_full.push(x.a_full);
        self.w_max.push(x.w_max);
        self.r_full.push(x.r_full);
        self.q_crit.push(super::tabled::critical_scale(x));
        self.s_beta.push(c.beta * x.s_full);
        self.mod_length.push(c.mod_length);
        self.length.push(model.length(j));
        self.rough.push(c.rough_factor);
        self.beta.push(c.beta);
        self.q_max.push(c.q_max);
        self.barrels.push(c.barrels);
        self.k_in.push(c.losses[0]);
        self.k_out.push(c.losses[1]);
        self.k_avg.push(c.losses[2]);
        self.q_limit.push(l.q_limit[j]);
        self.seepage.push(c.seepage);
        self.any_seepage |= c.seepage > 0.0;
        self.open.push(x.shape.is_open());
        self.culvert.push(Culvert::new(c.culvert, x, c.slope));
        self.section.push(x.clone());
    }

    fn incidence(&mut self, model: &Model) {
        let mut lists: Vec<Vec<(u32, bool)>> = vec![Vec::new(); model.nodes.kind.len()];
        for (j, &slot) in self.slot.iter().enumerate() {
            if slot != usize::MAX {
                lists[model.links.node1[j]].push((slot as u32, false));
                lists[model.links.node2[j]].push((slot as u32, true));
            }
        }
        self.at.push(0);
        for list in lists {
            self.incident.extend(list);
            self.at.push(self.incident.len() as u32);
        }
    }
}
