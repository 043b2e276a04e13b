//! Nodes in lanes (节点): new depths (Reference Manual II, section 3.3), a vector of plain junctions at
//! a time; nodes with a volume or a boundary of their own follow one by one.
#![expect(clippy::indexing_slicing, reason = "built over the model's own indices")]

use numerics::lanes::{Arch, M, Scalar, Simd, V, WIDEST, WithSimd};

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
    /// Some are surcharged, or will be.
    pub(crate) surcharges: bool,
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
        let (zero, half) = (c(0.0), c(0.5));
        let (volume, area) = n.grows(self.min_area);
        let can = n.plain & n.crown.gt(zero);
        let (mut surcharged, mut up, mut of) = (zero.gt(zero), volume, area);
        if self.extran {
            surcharged = can & n.last.gt(n.crown);
            if surcharged.any() {
                let near = n.last.lt(c(1.25) * n.crown);
                let mut denom = n.sum_dqdh;
                if (surcharged & near).any() {
                    let over = (n.last - n.crown) / n.crown;
                    let power = surcharged.select(near.select(c(-15.0) * over, zero), zero);
                    let share = if EXACT { power.map(|_, x| x.exp()) } else { decay(power) };
                    let held = n.per_step::<EXACT>(n.old_area);
                    denom = near.select(denom + (held - denom) * share, denom);
                }
                up = surcharged.select(n.correction * (n.inflow - n.outflow), volume);
                of = surcharged.select(denom, area);
            }
        }
        // One division for all: the volume by the area, or the flow by what it changes with the head.
        let rise = up / of;
        let goal = n.old + rise;
        let mut y = if self.trial > 0 { half * n.last + half * goal } else { goal };
        let mut new_area = area;
        let surcharges = self.extran && (surcharged | (can & goal.gt(n.crown))).any();
        if surcharges {
            let still = of.le(zero) & of.ge(zero);
            let up = n.last + still.select(zero, rise);
            let up = up.lt(n.crown).select(n.crown - c(FUDGE), up);
            y = surcharged.select(up, y);
            new_area = surcharged.select(n.old_area, area);
        }
        let (y, overflow) = n.bounded::<EXACT>(y, volume);
        let rests = (n.last - y).abs().le(c(self.tolerance));
        let dydt = n.per_step::<EXACT>((y - n.old).abs());
        Risen { y, area: new_area, overflow, dydt, rests, surcharges }
    }
}

impl<S: Simd> Node<S> {
    /// The nodes of a vector: `i` is its first in the lists of a part whose first node is `from`.
    #[inline(always)]
    fn of(
        s: S,
        g: &Given<'_>,
        plain: M<S>,
        from: usize,
        i: usize,
        sums: &Sums<'_>,
        at: &AtNodes<'_>,
    ) -> Self {
        let (l, end) = (g.layout, from + at.depth.len());
        let load = |list: &[f64]| V::load(s, &list[from + i..end]);
        let own = |list: &[f64]| V::load(s, &list[i..at.depth.len()]);
        let c = |v: f64| V::splat(s, v);
        Self {
            plain,
            dt: c(g.dt),
            per_dt: c(g.per_dt),
            last: own(at.depth),
            old: load(g.old_depth),
            old_net: load(g.old_net),
            old_area: own(at.old_area),
            area: own(sums.area),
            inflow: own(sums.inflow),
            outflow: own(sums.outflow),
            sum_dqdh: own(sums.sum_dqdh),
            crown: load(&l.crown),
            most: load(&l.most),
            correction: load(&l.correction),
        }
    }

    #[inline(always)]
    fn per_step<const EXACT: bool>(&self, v: V<S>) -> V<S> {
        if EXACT { v / self.dt } else { v * self.per_dt }
    }

    /// The volume that a step brings, ft³, and the area that it spreads over, ft².
    #[inline(always)]
    fn grows(&self, min_area: f64) -> (V<S>, V<S>) {
        let least = self.dt.c(min_area);
        let volume = self.dt.c(0.5) * (self.old_net + (self.inflow - self.outflow)) * self.dt;
        (volume, self.area.gt(least).select(self.area, least))
    }

    /// That volume, and the depth that a node without surcharge strives for.
    #[inline(always)]
    fn goal(&self, min_area: f64) -> (V<S>, V<S>) {
        let (volume, area) = self.grows(min_area);
        (volume, self.old + volume / area)
    }

    /// A depth within its bounds, and what flows over.
    #[inline(always)]
    fn bounded<const EXACT: bool>(&self, y: V<S>, volume: V<S>) -> (V<S>, V<S>) {
        let zero = self.dt.c(0.0);
        let y = y.lt(zero).select(zero, y);
        let floods = y.gt(self.most);
        if !floods.any() {
            return (y, zero);
        }
        let q = self.per_step::<EXACT>(volume);
        (floods.select(self.most, y), (floods & q.ge(self.dt.c(FUDGE))).select(q, zero))
    }
}

/// What the parts of the nodes share.
#[derive(Clone, Copy)]
pub(crate) struct Given<'a> {
    pub(crate) layout: &'a Layout,
    pub(crate) old_depth: &'a [f64],
    pub(crate) old_net: &'a [f64],
    pub(crate) dt: f64,
    /// 1 / that.
    pub(crate) per_dt: f64,
    pub(crate) rise: Rise,
}

/// What changes at some neighbouring nodes.
pub(crate) struct AtNodes<'a> {
    pub(crate) depth: &'a mut [f64],
    pub(crate) old_area: &'a mut [f64],
    pub(crate) overflow: &'a mut [f64],
    pub(crate) dydt: &'a mut [f64],
    pub(crate) rests: &'a mut [f64],
}

type Two<'a> = (&'a mut [f64], &'a mut [f64]);

impl<'a> From<(Two<'a>, &'a mut [f64], Two<'a>)> for AtNodes<'a> {
    fn from(((depth, old_area), overflow, (dydt, rests)): (Two<'a>, &'a mut [f64], Two<'a>)) -> Self {
        Self { depth, old_area, overflow, dydt, rests }
    }
}

/// What was summed at some neighbouring nodes.
#[derive(Clone, Copy)]
pub(crate) struct Sums<'a> {
    pub(crate) inflow: &'a [f64],
    pub(crate) outflow: &'a [f64],
    pub(crate) area: &'a [f64],
    pub(crate) sum_dqdh: &'a [f64],
}

impl Sums<'_> {
    /// From a node on.
    pub(crate) fn from(&self, node: usize) -> Self {
        let Self { inflow, outflow, area, sum_dqdh } = *self;
        Self {
            inflow: &inflow[node..],
            outflow: &outflow[node..],
            area: &area[node..],
            sum_dqdh: &sum_dqdh[node..],
        }
    }
}

/// New depths of some neighbouring nodes; the answer is whether all of them rest.
pub(crate) struct Depths<'a> {
    pub(crate) given: &'a Given<'a>,
    /// 1 for those that are computed, of all nodes.
    pub(crate) which: &'a [f64],
    /// The first node; the lists below begin with it.
    pub(crate) from: usize,
    pub(crate) sums: Sums<'a>,
    pub(crate) at: AtNodes<'a>,
    /// The rows that are computed, where it is not all of them.
    pub(crate) some: Option<&'a [u32]>,
    /// Takes the rows in which something does not rest, or is surcharged or about to be: the others near what
    /// they strive for by halves, whatever else a trial does.
    pub(crate) due: &'a mut Vec<u32>,
}

impl Depths<'_> {
    pub(crate) fn go(self, numerics: Numerics) -> bool {
        match numerics {
            Numerics::Exact => Go::<true>(self).with_simd(Scalar::new()),
            Numerics::Fast => Arch::new().dispatch(Go::<false>(self)),
        }
    }

    /// Computes a vector; whether it rests, and whether it is due again.
    #[inline(always)]
    fn vector<S: Simd, const EXACT: bool>(&mut self, s: S, i: usize) -> (bool, bool) {
        let Self { given: g, which, from, sums, at, .. } = self;
        let which = load_from(s, which, *from + i).gt(V::splat(s, 0.5));
        let node = Node::of(s, g, which, *from, i, sums, at);
        let c = |v: f64| V::splat(s, v);
        let Risen { y, area, overflow, dydt, rests, surcharges } = g.rise.of::<S, EXACT>(&node);
        let own = |list: &[f64]| V::load(s, &list[i..]);
        which.select(y, node.last).store(&mut at.depth[i..]);
        which.select(area, node.old_area).store(&mut at.old_area[i..]);
        which.select(overflow, own(at.overflow)).store(&mut at.overflow[i..]);
        which.select(dydt, own(at.dydt)).store(&mut at.dydt[i..]);
        which.select(rests.select(c(1.0), c(0.0)), own(at.rests)).store(&mut at.rests[i..]);
        let rest = !(which & !rests).any();
        (rest, !rest || surcharges)
    }
}

/// New depths in some numerics.
struct Go<'a, const EXACT: bool>(Depths<'a>);

impl<const EXACT: bool> WithSimd for Go<'_, EXACT> {
    type Output = bool;

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, s: S) -> bool {
        let nodes = self.0.at.depth.len();
        let first = self.0.from / WIDEST;
        let some = self.0.some;
        let rows = some.map_or(nodes.div_ceil(WIDEST), <[u32]>::len);
        // Room for all of them: growing is a call, around which the loop would have to put its vectors away.
        let mut list = std::mem::take(self.0.due);
        list.clear();
        list.resize(rows, 0);
        let (mut all, mut count) = (true, 0);
        for n in 0..rows {
            let row = some.map_or(n, |some| some[n] as usize - first);
            let mut again = false;
            for i in (row * WIDEST..((row + 1) * WIDEST).min(nodes)).step_by(V::<S>::LANES) {
                let (rest, due) = self.0.vector::<S, EXACT>(s, i);
                all &= rest;
                again |= due;
            }
            list[count] = (first + row) as u32;
            count += usize::from(again);
        }
        list.truncate(count);
        *self.0.due = list;
        all
    }
}

/// New depths of plain nodes that lie anywhere; the answer is whether all of them rest.
pub(crate) struct Picked<'a> {
    pub(crate) given: &'a Given<'a>,
    pub(crate) nodes: &'a [usize],
    pub(crate) sums: Sums<'a>,
    /// The lists of all nodes.
    pub(crate) at: AtNodes<'a>,
}

impl Picked<'_> {
    pub(crate) fn go(self, numerics: Numerics) -> bool {
        match numerics {
            Numerics::Exact => Pick::<true>(self).with_simd(Scalar::new()),
            Numerics::Fast => Arch::new().dispatch(Pick::<false>(self)),
        }
    }

    /// As many of the nodes as a vector holds.
    #[inline(always)]
    fn vector<S: Simd, const EXACT: bool>(&mut self, s: S, some: &[usize]) -> bool {
        let Self { given: g, sums, at, .. } = self;
        let of = |list: &[f64]| pick(s, list, some);
        let c = |v: f64| V::splat(s, v);
        let node = Node {
            plain: c(0.0).ge(c(0.0)),
            dt: c(g.dt),
            per_dt: c(g.per_dt),
            last: of(at.depth),
            old: of(g.old_depth),
            old_net: of(g.old_net),
            old_area: of(at.old_area),
            area: of(sums.area),
            inflow: of(sums.inflow),
            outflow: of(sums.outflow),
            sum_dqdh: of(sums.sum_dqdh),
            crown: of(&g.layout.crown),
            most: of(&g.layout.most),
            correction: of(&g.layout.correction),
        };
        let Risen { y, area, overflow, dydt, rests, .. } = g.rise.of::<S, EXACT>(&node);
        let rests = rests.select(c(1.0), c(0.0));
        put_back(y, at.depth, some);
        put_back(area, at.old_area, some);
        put_back(overflow, at.overflow, some);
        put_back(dydt, at.dydt, some);
        put_back(rests, at.rests, some);
        some.iter().all(|i| at.rests[*i] > 0.0)
    }
}

/// New depths of picked nodes in some numerics.
struct Pick<'a, const EXACT: bool>(Picked<'a>);

impl<const EXACT: bool> WithSimd for Pick<'_, EXACT> {
    type Output = bool;

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, s: S) -> bool {
        let mut all = true;
        for some in self.0.nodes.chunks(V::<S>::LANES) {
            all &= self.0.vector::<S, EXACT>(s, some);
        }
        all
    }
}

#[inline(always)]
fn pick<S: Simd>(s: S, list: &[f64], some: &[usize]) -> V<S> {
    let mut lanes = [0.0; WIDEST];
    lanes.iter_mut().zip(some).for_each(|(lane, i)| *lane = list[*i]);
    V::part(s, &lanes, 0)
}

#[inline(always)]
fn put_back<S: Simd>(v: V<S>, list: &mut [f64], some: &[usize]) {
    some.iter().zip(v.array()).for_each(|(i, lane)| list[*i] = lane);
}

/// The trials that rows of nodes were left out of: their sums stayed, they rest, and near by halves what they
/// strive for. The same operations in the same order as in [`Rise::of`], so the same bits.
pub(crate) struct MakeUp<'a> {
    pub(crate) given: &'a Given<'a>,
    /// The first node; the lists below begin with it.
    pub(crate) from: usize,
    pub(crate) sums: Sums<'a>,
    pub(crate) at: AtNodes<'a>,
    /// Rows and how many trials each was left out of.
    pub(crate) behind: &'a [(u32, u32)],
}

impl MakeUp<'_> {
    pub(crate) fn go(self, numerics: Numerics) {
        match numerics {
            Numerics::Exact => Made::<true>(self).with_simd(Scalar::new()),
            Numerics::Fast => Arch::new().dispatch(Made::<false>(self)),
        }
    }

    #[inline(always)]
    fn vector<S: Simd, const EXACT: bool>(&mut self, s: S, i: usize, times: u32) {
        let Self { given: g, from, sums, at, .. } = self;
        let which = load_from(s, &g.layout.free, *from + i).gt(V::splat(s, 0.5));
        let n = Node::of(s, g, which, *from, i, sums, at);
        let half = n.dt.c(0.5);
        let (volume, goal) = n.goal(g.rise.min_area);
        let (mut y, mut overflow) = (n.last, n.dt.c(0.0));
        for _ in 0..times {
            (y, overflow) = n.bounded::<EXACT>(half * y + half * goal, volume);
        }
        let own = |list: &[f64]| V::load(s, &list[i..]);
        which.select(y, n.last).store(&mut at.depth[i..]);
        which.select(overflow, own(at.overflow)).store(&mut at.overflow[i..]);
        let dydt = n.per_step::<EXACT>((y - n.old).abs());
        which.select(dydt, own(at.dydt)).store(&mut at.dydt[i..]);
    }
}

/// Trials made up for in some numerics.
struct Made<'a, const EXACT: bool>(MakeUp<'a>);

impl<const EXACT: bool> WithSimd for Made<'_, EXACT> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, s: S) {
        let nodes = self.0.at.depth.len();
        for &(row, times) in self.0.behind {
            let row = row as usize - self.0.from / WIDEST;
            for i in (row * WIDEST..((row + 1) * WIDEST).min(nodes)).step_by(V::<S>::LANES) {
                self.0.vector::<S, EXACT>(s, i, times);
            }
        }
    }
}

#[inline(always)]
fn load_from<S: Simd>(s: S, list: &[f64], i: usize) -> V<S> {
    V::load(s, &list[i..])
}
