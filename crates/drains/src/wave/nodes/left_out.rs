//! Nodes that were left out of trials (补算).
#![expect(clippy::indexing_slicing, reason = "built over the model's own indices")]

use numerics::lanes::{Arch, Scalar, Simd, V, WIDEST, WithSimd};

use super::{AtNodes, Given, Node, Sums, load_from};
use crate::state::Numerics;

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
