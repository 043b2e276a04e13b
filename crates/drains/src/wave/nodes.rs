//! Nodes in lanes (节点): new depths (Reference Manual II, section 3.3), a vector of plain junctions at
//! a time; nodes with a volume or a boundary of their own follow one by one.
#![expect(clippy::indexing_slicing, reason = "built over the model's own indices")]

use numerics::lanes::{Arch, M, Scalar, Simd, V, WithSimd};

use super::power::decay;
use crate::model::{Model, NodeType};
use crate::project::{Routing, Surcharge};
use crate::state::Numerics;
use crate::units::FUDGE;

/// What the node kernel needs of the model.
#[derive(Debug, Clone, Default)]
pub(crate) struct Layout {
    /// 1 for nodes that have neither volume nor boundary: those the lanes compute.
    pub(crate) plain: Vec<f64>,
    /// 1 for plain nodes that only conduits work on: their sums are all of it.
    pub(crate) free: Vec<f64>,
    /// Plain nodes that pumps and regulators work on as well.
    pub(crate) late: Vec<usize>,
    /// Nodes that are not plain, but outfalls, in order.
    pub(crate) special: Vec<usize>,
    pub(crate) outfalls: Vec<usize>,
    pub(crate) storage: Vec<usize>,
    /// Nodes with a direct inflow of water or pollutants, with a dry weather inflow.
    pub(crate) inflow: Vec<usize>,
    pub(crate) dry_weather: Vec<usize>,
    /// Height of the crown over the invert, ft.
    pub(crate) crown: Vec<f64>,
    /// Greatest depth, ft.
    pub(crate) most: Vec<f64>,
    /// 1 where time over the crown counts.
    pub(crate) surcharges: Vec<f64>,
    /// 1 where all inflow leaves the system.
    pub(crate) leaves: Vec<f64>,
    pub(crate) is_outfall: Vec<bool>,
    pub(crate) ponds: Vec<bool>,
    /// 0.6 where a node has fewer than one outflow link by SWMM's count, else 1.
    pub(crate) correction: Vec<f64>,
}

impl Layout {
    /// `others` are the links that are no conduits in slots.
    pub(crate) fn of(model: &Model, others: &[usize]) -> Self {
        let n = &model.nodes;
        let mut l = Self::default();
        for i in 0..n.kind.len() {
            let pond = model.options.allow_ponding && n.ponded_area[i] > 0.0;
            let kind = n.kind[i];
            let plain =
                !pond && !matches!(kind, NodeType::Outfall | NodeType::Storage) && n.full_volume[i] == 0.0;
            l.plain.push(f64::from(u8::from(plain)));
            match kind {
                NodeType::Outfall => l.outfalls.push(i),
                _ if !plain => l.special.push(i),
                _ => {}
            }
            if kind == NodeType::Storage {
                l.storage.push(i);
            }
            if model.inflow[i].is_some() || model.quality.inflow.get(i).is_some_and(|l| !l.is_empty()) {
                l.inflow.push(i);
            }
            if model.dry_weather[i].is_some() {
                l.dry_weather.push(i);
            }
            l.crown.push(n.crown[i] - n.invert[i]);
            let yes = |is: bool| f64::from(u8::from(is));
            let dynamic = model.options.routing == Routing::Dynamic;
            let counts = kind != NodeType::Storage || n.sur_depth[i] > 0.0;
            l.surcharges.push(yes(dynamic && counts && kind != NodeType::Outfall));
            let end = n.degree[i] == 0 && kind != NodeType::Storage;
            l.leaves.push(yes(end || kind == NodeType::Outfall));
            l.is_outfall.push(kind == NodeType::Outfall);
            l.ponds.push(pond);
            l.most.push(n.full_depth[i] + n.sur_depth[i]);
            l.correction.push(if n.degree[i] < 0 { 0.6 } else { 1.0 });
        }
        l.free.clone_from(&l.plain);
        for i in others.iter().flat_map(|j| [model.links.node1[*j], model.links.node2[*j]]) {
            if std::mem::take(&mut l.free[i]) > 0.0 {
                l.late.push(i);
            }
        }
        l
    }
}

/// What all nodes of a trial share.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rise {
    pub(crate) trial: usize,
    pub(crate) extran: bool,
    pub(crate) min_area: f64,
    pub(crate) tolerance: f64,
}

/// A vector of nodes as a trial finds them.
pub(crate) struct Node<S: Simd> {
    /// Those that are computed.
    pub(crate) plain: M<S>,
    pub(crate) dt: V<S>,
    pub(crate) per_dt: V<S>,
    /// Depth of the last trial, and of the last step.
    pub(crate) last: V<S>,
    pub(crate) old: V<S>,
    pub(crate) old_net: V<S>,
    pub(crate) old_area: V<S>,
    pub(crate) area: V<S>,
    pub(crate) inflow: V<S>,
    pub(crate) outflow: V<S>,
    pub(crate) sum_dqdh: V<S>,
    pub(crate) crown: V<S>,
    pub(crate) most: V<S>,
    pub(crate) correction: V<S>,
}

/// And as it leaves them.
pub(crate) struct Risen<S: Simd> {
    pub(crate) y: V<S>,
    pub(crate) area: V<S>,
    pub(crate) overflow: V<S>,
    pub(crate) dydt: V<S>,
    pub(crate) rests: M<S>,
}

impl Rise {
    pub(crate) fn new(model: &Model, trial: usize) -> Self {
        let o = &model.options;
        Self {
            trial,
            extran: o.surcharge == Surcharge::Extran,
            min_area: o.min_surface_area,
            tolerance: o.head_tolerance,
        }
    }

    /// New depths.
    #[inline(always)]
    pub(crate) fn of<S: Simd, const EXACT: bool>(&self, n: &Node<S>) -> Risen<S> {
        let c = |v: f64| n.dt.c(v);
        let (zero, half, fudge) = (c(0.0), c(0.5), c(FUDGE));
        let per_step = |v: V<S>| if EXACT { v / n.dt } else { v * n.per_dt };
        let least = c(self.min_area);
        let area = n.area.gt(least).select(n.area, least);
        let dq = n.inflow - n.outflow;
        let dv = half * (n.old_net + dq) * n.dt;
        let mut y = n.old + dv / area;
        if self.trial > 0 {
            y = half * n.last + half * y;
        }
        let mut new_area = area;
        if self.extran {
            let surcharged = n.plain & n.crown.gt(zero) & n.last.gt(n.crown);
            if surcharged.any() {
                let over = (n.last - n.crown) / n.crown;
                let near = n.last.lt(c(1.25) * n.crown);
                let mut denom = n.sum_dqdh;
                if (surcharged & near).any() {
                    let power = surcharged.select(near.select(c(-15.0) * over, zero), zero);
                    let share = if EXACT { power.map(|_, x| x.exp()) } else { decay(power) };
                    denom = near.select(denom + (n.old_area / n.dt - denom) * share, denom);
                }
                let still = denom.le(zero) & denom.ge(zero);
                let dy = still.select(zero, n.correction * dq / denom);
                let up = n.last + dy;
                let up = up.lt(n.crown).select(n.crown - fudge, up);
                y = surcharged.select(up, y);
                new_area = surcharged.select(n.old_area, area);
            }
        }
        y = y.lt(zero).select(zero, y);
        let floods = y.gt(n.most);
        let mut overflow = zero;
        if floods.any() {
            let q = per_step(dv);
            overflow = (floods & q.ge(fudge)).select(q, zero);
            y = floods.select(n.most, y);
        }
        let rests = (n.last - y).abs().le(c(self.tolerance));
        Risen { y, area: new_area, overflow, dydt: per_step((y - n.old).abs()), rests }
    }
}

/// What the parts of the nodes share.
#[derive(Clone, Copy)]
pub(crate) struct Given<'a> {
    pub(crate) layout: &'a Layout,
    pub(crate) old_depth: &'a [f64],
    pub(crate) old_net: &'a [f64],
    pub(crate) dt: f64,
    pub(crate) rise: Rise,
}

/// New depths of some neighbouring nodes; the answer is whether all of them rest.
pub(crate) struct Depths<'a> {
    pub(crate) given: &'a Given<'a>,
    /// 1 for those that are computed, of all nodes.
    pub(crate) which: &'a [f64],
    /// The first node; the lists below begin with it.
    pub(crate) from: usize,
    pub(crate) inflow: &'a [f64],
    pub(crate) outflow: &'a [f64],
    pub(crate) area: &'a [f64],
    pub(crate) sum_dqdh: &'a [f64],
    pub(crate) depth: &'a mut [f64],
    pub(crate) old_area: &'a mut [f64],
    pub(crate) overflow: &'a mut [f64],
    pub(crate) dydt: &'a mut [f64],
    pub(crate) rests: &'a mut [f64],
}

impl Depths<'_> {
    pub(crate) fn go(self, numerics: Numerics) -> bool {
        match numerics {
            Numerics::Exact => Go::<true>(self).with_simd(Scalar::new()),
            Numerics::Fast => Arch::new().dispatch(Go::<false>(self)),
        }
    }

    #[inline(always)]
    fn at<S: Simd, const EXACT: bool>(&mut self, s: S, i: usize) -> bool {
        let end = self.from + self.depth.len();
        let load = |list: &[f64]| V::load(s, &list[self.from + i..end]);
        let own = |list: &[f64]| V::load(s, &list[i..]);
        let c = |v: f64| V::splat(s, v);
        let g = self.given;
        let l = g.layout;
        let which = load(self.which).gt(c(0.5));
        let node = Node {
            plain: which,
            dt: c(g.dt),
            per_dt: c(1.0 / g.dt),
            last: own(self.depth),
            old: load(g.old_depth),
            old_net: load(g.old_net),
            old_area: own(self.old_area),
            area: own(self.area),
            inflow: own(self.inflow),
            outflow: own(self.outflow),
            sum_dqdh: own(self.sum_dqdh),
            crown: load(&l.crown),
            most: load(&l.most),
            correction: load(&l.correction),
        };
        let Risen { y, area, overflow, dydt, rests } = g.rise.of::<S, EXACT>(&node);
        which.select(y, node.last).store(&mut self.depth[i..]);
        which.select(area, node.old_area).store(&mut self.old_area[i..]);
        which.select(overflow, own(self.overflow)).store(&mut self.overflow[i..]);
        which.select(dydt, own(self.dydt)).store(&mut self.dydt[i..]);
        which.select(rests.select(c(1.0), c(0.0)), own(self.rests)).store(&mut self.rests[i..]);
        !(which & !rests).any()
    }
}

/// New depths in some numerics.
struct Go<'a, const EXACT: bool>(Depths<'a>);

impl<const EXACT: bool> WithSimd for Go<'_, EXACT> {
    type Output = bool;

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, s: S) -> bool {
        let mut all = true;
        for i in (0..self.0.depth.len()).step_by(V::<S>::LANES) {
            all &= self.0.at::<S, EXACT>(s, i);
        }
        all
    }
}
