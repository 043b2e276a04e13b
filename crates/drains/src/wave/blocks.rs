//! Conduits laid out for the kernel (内核布局): blocks as wide as the widest vector, conduits of one
//! shape side by side, each group filled up to whole blocks.
#![expect(clippy::indexing_slicing, reason = "built over the model's own indices")]

use std::sync::Arc;

use numerics::lanes::WIDEST;

use super::culvert::Culvert;
use super::depths::Depths;
use super::restless::Stars;
use super::slots::SlotBlock;
use super::tabled::Tabled;
use crate::crew::{PARTS, Parts};
use crate::model::{LinkType, Model, NodeType};
use crate::project::Surcharge;
use crate::section::{Section, Shape};

/// Conduits looked back over for one with the same section.
const SHARED: usize = 32;

/// Places in the network within which conduits that end above their node's invert stand in blocks apart from
/// the others: these ask for no normal and critical depths, and only whole blocks are spared them.
const APART: usize = 512;

/// How a group's geometry is computed in the fast numerics.
#[derive(Debug, Clone)]
pub(crate) enum Geometry {
    /// Tables of the shape, as ratios.
    Tabled(Box<Tabled>),
    /// A rectangle, trapezoid or triangle.
    Prism,
    /// Lane by lane.
    Each,
}

/// Blocks that share a geometry.
#[derive(Debug, Clone)]
pub(crate) struct Group {
    pub(crate) geometry: Geometry,
    pub(crate) open: bool,
    pub(crate) force_main: bool,
    /// Some are culverts.
    pub(crate) culverts: bool,
    /// Closed pipes by tables with nothing special about them: most of most models.
    pub(crate) pipes: bool,
    /// Normal and critical depths where all sizes of the shape are alike.
    pub(crate) depths: Option<Arc<Depths>>,
}

/// What a block has in common: a line of the cache, so that the lists behind it begin with one.
#[derive(Debug, Clone, Copy, Default)]
#[repr(align(64))]
pub(crate) struct Head {
    /// The group it belongs to.
    pub(crate) group: usize,
    /// Lanes that are conduits; the rest only fill the block.
    pub(crate) live: usize,
    /// Some lane ends above its node's invert.
    pub(crate) drops: bool,
    /// Some lane has several barrels.
    pub(crate) barrels: bool,
    /// Some lane's momentum equation has another length than the lane.
    pub(crate) stretched: bool,
    /// Some lane touches an outfall.
    pub(crate) outfalls: bool,
    /// Some lane has a flap gate.
    pub(crate) flaps: bool,
    /// Some lane has local losses.
    pub(crate) losses: bool,
    /// Some lane's flow is limited.
    pub(crate) limits: bool,
}

macro_rules! fixed {
    ($($(#[$m:meta])* $f:ident),* $(,)?) => {
        /// What never changes in a block of conduits.
        #[derive(Debug, Clone, Copy, Default)]
        #[repr(C, align(64))]
        pub(crate) struct Fixed {
            /// Nodes upstream and downstream.
            pub(crate) n1: [u32; WIDEST],
            pub(crate) n2: [u32; WIDEST],
            pub(crate) head: Head,
            $($(#[$m])* pub(crate) $f: [f64; WIDEST],)*
        }
    };
}

// In the order of how many conduits ask for them: what is not asked for is not brought near.
fixed!(
    inv1,
    inv2,
    y_full,
    /// 1 / full depth.
    per_y_full,
    a_full,
    w_max,
    r_full,
    barrels,
    /// 1 / barrels.
    per_barrel,
    mod_length,
    /// 1 / length of the momentum equation.
    per_length,
    length,
    rough,
    beta,
    /// Length of the momentum equation a true length.
    stretch,
    /// Flow of all barrels when full.
    q_full,
    off1,
    off2,
    /// 1 where that end is an outfall.
    out1,
    out2,
    /// 1 / critical flow of unit ratios, 1 / flow of the full section factor.
    per_q_crit,
    per_s_beta,
    q_max,
    /// Of prisms: width of the bottom, half the widening a foot of depth, wetted sides a foot of depth.
    bottom,
    side,
    wetted,
    k_in,
    k_out,
    k_avg,
    q_limit,
    seepage,
    /// 1 where an outfall there has a flap gate.
    flap1,
    flap2,
    /// Direction if the link itself has a flap gate, else 0.
    gate,
    /// Fall of the conduit along its slope, ft.
    fall,
);

/// 槽: what the kernel needs of every conduit, a slot each. Slots that only fill a block copy the
/// one before and are read by nobody.
#[derive(Debug, Clone, Default)]
pub(crate) struct Blocks {
    pub(crate) groups: Vec<Group>,
    /// Some group is [`Group::pipes`]; some is not.
    pub(crate) has_pipes: bool,
    pub(crate) has_others: bool,
    pub(crate) fixed: Vec<Fixed>,
    pub(crate) link: Vec<usize>,
    /// Slot of a link; `usize::MAX` for links that are no true conduits.
    pub(crate) slot: Vec<usize>,
    pub(crate) section: Vec<Section>,
    pub(crate) culvert: Vec<Option<Culvert>>,
    /// Normal and critical depths of conduits that end in an outfall or above a node's invert.
    pub(crate) depths: Vec<Option<Arc<Depths>>>,
    pub(crate) any_seepage: bool,
    /// Links that are no true conduits, in order.
    pub(crate) others: Vec<usize>,
    /// Links that touch an outfall.
    pub(crate) outfall_links: Vec<usize>,
    pub(crate) nodes: super::nodes::Layout,
    /// Ends of conduits at the nodes of every part.
    pub(crate) ends: [super::gather::Ends; PARTS],
    pub(crate) stars: Stars,
    /// Nodes whose sums are made anew in every trial.
    pub(crate) watched: Vec<u32>,
    pub(crate) parts: Parts,
    /// Nodes that pumps, regulators, outfalls and volumes work on.
    pub(crate) touched: Vec<usize>,
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
        // Neighbours in the network stand in one block: they come to rest together.
        let place = places(model);
        conduits.sort_by_key(|j| {
            (links.section[*j].shape as usize, place[*j] / APART, drops(model, *j), place[*j], *j)
        });
        let mut i = 0;
        while i < conduits.len() {
            let shape = links.section[conduits[i]].shape;
            let end = conduits[i..]
                .iter()
                .position(|j| links.section[*j].shape != shape)
                .map_or(conduits.len(), |p| i + p);
            let from = b.link.len();
            let mut asking = conduits[i..end].iter().filter(|j| asks_depths(model, **j));
            let first = asking.next().filter(|_| Depths::are_shared(shape));
            let depths = first.map(|j| Arc::new(Depths::of(&links.section[*j])));
            for &j in &conduits[i..end] {
                b.slot[j] = b.link.len();
                b.push(model, j, depths.as_ref());
                if let Some(f) = b.fixed.last_mut() {
                    f.head.live += 1;
                }
            }
            while !b.link.len().is_multiple_of(WIDEST) {
                b.push(model, conduits[end - 1], depths.as_ref());
            }
            let geometry = match shape {
                Shape::RectClosed | Shape::RectOpen | Shape::Trapezoidal | Shape::Triangular => {
                    Geometry::Prism
                }
                _ => Tabled::of(&links.section[conduits[i]], model.crown_cutoff)
                    .map_or(Geometry::Each, |t| Geometry::Tabled(Box::new(t))),
            };
            b.fixed[from / WIDEST..].iter_mut().for_each(|f| f.head.group = b.groups.len());
            let (open, force_main) = (shape.is_open(), shape == Shape::ForceMain);
            let culverts = b.culvert[from..].iter().any(Option::is_some);
            let pipes = matches!(geometry, Geometry::Tabled(_))
                && model.options.surcharge == Surcharge::Extran
                && !(open || force_main || culverts);
            b.groups.push(Group { geometry, open, force_main, culverts, pipes, depths });
            i = end;
        }
        b.has_pipes = b.groups.iter().any(|g| g.pipes);
        b.has_others = b.groups.iter().any(|g| !g.pipes);
        b.nodes = super::nodes::Layout::of(model, &b.others);
        b.parts = Parts::of(b.fixed.len(), model.nodes.kind.len());
        b.touched = b
            .others
            .iter()
            .chain(&b.outfall_links)
            .flat_map(|j| [links.node1[*j], links.node2[*j]])
            .collect();
        b.touched.extend(&b.nodes.special);
        b.touched.sort_unstable();
        b.touched.dedup();
        let lists = super::gather::lists(model, &b);
        b.watched = super::gather::watched(model, &b);
        b.ends = super::gather::Ends::of_parts(&b.parts.nodes, &lists, b.fixed.len());
        b.stars = Stars::of(&lists);
        b
    }

    /// The block of a slot and its place in it.
    #[inline]
    pub(crate) fn fixed(&self, k: usize) -> (&Fixed, usize) {
        (&self.fixed[k / WIDEST], k % WIDEST)
    }

    /// Barrels of a slot.
    #[inline]
    pub(crate) fn barrels(&self, k: usize) -> f64 {
        let (f, i) = self.fixed(k);
        f.barrels[i]
    }

    /// Normal and critical depth of flow `q` a barrel in a link, where they are kept.
    pub(crate) fn depths_of(&self, j: usize, q: f64) -> Option<(f64, f64)> {
        let k = *self.slot.get(j)?;
        let kept = self.depths.get(k)?.as_deref()?;
        let (f, i) = self.fixed(k);
        Some(kept.at(&self.section[k], f, i, q))
    }

    /// The depths of a section, shared with those near it that have the same.
    fn depths_for(&self, x: &Section) -> Arc<Depths> {
        let made = self.section.iter().zip(&self.depths).rev().take(SHARED);
        let mut alike = made.filter(|(s, _)| *s == x).filter_map(|(_, d)| d.clone());
        alike.next().unwrap_or_else(|| Arc::new(Depths::of(x)))
    }

    /// What a conduit loses at each of its ends that is no outfall, ft³/s.
    pub(crate) fn loss(&self, s: &SlotBlock, k: usize) -> f64 {
        let (f, i) = self.fixed(k);
        let loss = (s.evaporation[i] + s.seepage[i]) * f.barrels[i];
        if loss <= 0.0 {
            return 0.0;
        }
        if f.out1[i] == 0.0 && f.out2[i] == 0.0 { loss / 2.0 } else { loss }
    }

    /// Adds a conduit; `shared` are the depths of its shape, where all sizes are alike.
    fn push(&mut self, model: &Model, j: usize, shared: Option<&Arc<Depths>>) {
        let (l, n) = (&model.links, &model.nodes);
        let (n1, n2) = (l.node1[j], l.node2[j]);
        let Some(c) = l.conduit(j) else { return };
        let x = &l.section[j];
        let i = self.link.len() % WIDEST;
        if i == 0 {
            self.fixed.push(Fixed::default());
        }
        self.link.push(j);
        self.culvert.push(Culvert::new(c.culvert, x, c.slope));
        self.any_seepage |= c.seepage > 0.0;
        let drops = drops(model, j);
        let kept = || shared.cloned().unwrap_or_else(|| self.depths_for(x));
        let kept = asks_depths(model, j).then(kept);
        self.depths.push(kept);
        self.section.push(x.clone());
        let Some(f) = self.fixed.last_mut() else { return };
        f.n1[i] = n1 as u32;
        f.n2[i] = n2 as u32;
        f.inv1[i] = n.invert[n1];
        f.inv2[i] = n.invert[n2];
        f.off1[i] = l.offset1[j];
        f.off2[i] = l.offset2[j];
        let out = |i: usize| f64::from(u8::from(n.kind[i] == NodeType::Outfall));
        let flap = |i: usize| f64::from(u8::from(n.outfall[i].as_ref().is_some_and(|o| o.gated)));
        (f.out1[i], f.out2[i]) = (out(n1), out(n2));
        (f.flap1[i], f.flap2[i]) = (flap(n1), flap(n2));
        f.gate[i] = if l.gated[j] { l.direction[j] } else { 0.0 };
        f.y_full[i] = x.y_full;
        f.per_y_full[i] = 1.0 / x.y_full;
        f.a_full[i] = x.a_full;
        f.w_max[i] = x.w_max;
        f.r_full[i] = x.r_full;
        f.per_q_crit[i] = 1.0 / super::depths::critical_scale(x);
        f.per_s_beta[i] = 1.0 / (c.beta * x.s_full);
        f.mod_length[i] = c.mod_length;
        f.per_length[i] = 1.0 / c.mod_length;
        f.length[i] = model.length(j);
        f.stretch[i] = c.mod_length / model.length(j);
        f.rough[i] = c.rough_factor;
        f.beta[i] = c.beta;
        f.q_max[i] = c.q_max;
        f.barrels[i] = c.barrels;
        f.per_barrel[i] = 1.0 / c.barrels;
        [f.k_in[i], f.k_out[i], f.k_avg[i]] = c.losses;
        f.q_limit[i] = l.q_limit[j];
        f.seepage[i] = c.seepage;
        f.q_full[i] = l.q_full[j] * c.barrels;
        f.fall[i] = c.slope.abs() * c.length;
        [f.bottom[i], f.side[i], f.wetted[i]] = match x.shape {
            Shape::Trapezoidal => [x.y_bot, x.s_bot, x.r_bot],
            Shape::Triangular => [0.0, x.s_bot, 2.0 * x.r_bot],
            Shape::RectOpen => [x.w_max, 0.0, 2.0 - x.s_bot],
            _ => [x.w_max, 0.0, 2.0],
        };
        f.head.drops |= drops;
        f.head.barrels |= c.barrels != 1.0;
        f.head.stretched |= f.length[i] != f.mod_length[i];
        f.head.outfalls |= f.out1[i] + f.out2[i] > 0.0;
        f.head.flaps |= f.gate[i] != 0.0 || f.flap1[i] + f.flap2[i] > 0.0;
        f.head.losses |= c.losses.iter().any(|k| *k != 0.0);
        f.head.limits |= l.q_limit[j] > 0.0;
    }
}

/// True where a conduit ends in an outfall or above a node's invert.
fn asks_depths(model: &Model, j: usize) -> bool {
    let l = &model.links;
    let outfall = [l.node1[j], l.node2[j]].iter().any(|i| model.nodes.kind[*i] == NodeType::Outfall);
    outfall || drops(model, j)
}

/// True where a conduit ends above a node's invert.
fn drops(model: &Model, j: usize) -> bool {
    let l = &model.links;
    l.offset1[j] > 0.0 || l.offset2[j] > 0.0
}

/// Places of the links in a walk upstream from the outfalls, branch by branch.
fn places(model: &Model) -> Vec<usize> {
    let (l, n) = (&model.links, &model.nodes);
    let mut at: Vec<Vec<usize>> = vec![Vec::new(); n.kind.len()];
    for j in 0..l.kind.len() {
        at[l.node1[j]].push(j);
        at[l.node2[j]].push(j);
    }
    let mut place = vec![usize::MAX; l.kind.len()];
    let mut seen = vec![false; n.kind.len()];
    let mut next = 0;
    let outfalls = (0..n.kind.len()).filter(|i| n.kind[*i] == NodeType::Outfall);
    for start in outfalls.chain(0..n.kind.len()) {
        let mut stack = vec![start];
        while let Some(i) = stack.pop() {
            if std::mem::replace(&mut seen[i], true) {
                continue;
            }
            for &j in &at[i] {
                if place[j] == usize::MAX {
                    place[j] = next;
                    next += 1;
                }
                stack.push(if l.node1[j] == i { l.node2[j] } else { l.node1[j] });
            }
        }
    }
    place
}
