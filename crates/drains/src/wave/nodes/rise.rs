//! New depths of a vector of nodes (水位升降), written once for any number of lanes.
#![expect(clippy::indexing_slicing, reason = "built over the model's own indices")]

use numerics::lanes::{M, Simd, V};

use super::{AtNodes, Given, Sums};
use crate::model::Model;
use crate::project::Surcharge;
use crate::units::FUDGE;
use crate::wave::power::decay;

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
    pub(super) fn of(
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
    pub(super) fn per_step<const EXACT: bool>(&self, v: V<S>) -> V<S> {
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
    pub(super) fn goal(&self, min_area: f64) -> (V<S>, V<S>) {
        let (volume, area) = self.grows(min_area);
        (volume, self.old + volume / area)
    }

    /// A depth within its bounds, and what flows over.
    #[inline(always)]
    pub(super) fn bounded<const EXACT: bool>(&self, y: V<S>, volume: V<S>) -> (V<S>, V<S>) {
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
