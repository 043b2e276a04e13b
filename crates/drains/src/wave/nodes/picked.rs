//! New depths of nodes that lie anywhere (散点).
#![expect(clippy::indexing_slicing, reason = "built over the model's own indices")]

use numerics::lanes::{Arch, Scalar, Simd, V, WIDEST, WithSimd};

use super::{AtNodes, Given, Node, Risen, Sums};
use crate::state::Numerics;

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
