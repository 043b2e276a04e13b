//! New depths of neighbouring nodes, row by row (逐行).
#![expect(clippy::indexing_slicing, reason = "built over the model's own indices")]

use numerics::lanes::{Arch, M, Scalar, Simd, V, WIDEST, WithSimd};

use super::{AtNodes, Given, Node, Risen, Sums, load_from};
use crate::state::Numerics;

/// New depths of some neighbouring nodes; the answer is whether all of them rest.
pub(crate) struct Depths<'a> {
    pub(crate) given: &'a Given<'a>,
    /// 1 for those that are computed, of all nodes.
    pub(crate) which: &'a [f64],
    /// The next trial asks for depths and areas alone.
    pub(crate) passes: bool,
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
        let c = |v: f64| V::splat(s, v);
        let usual = g.layout.usual[(*from + i) / WIDEST];
        let which = if usual { c(0.0).ge(c(0.0)) } else { load_from(s, which, *from + i).gt(c(0.5)) };
        let node = Node::of(s, g, which, *from, i, sums, at);
        let Risen { y, area, overflow, dydt, rests, surcharges } = g.rise.of::<S, EXACT>(&node);
        let some = (!usual).then_some(which);
        put(s, some, y, &mut at.depth[i..]);
        put(s, some, area, &mut at.old_area[i..]);
        if !self.passes {
            put(s, some, overflow, &mut at.overflow[i..]);
            put(s, some, dydt, &mut at.dydt[i..]);
            put(s, some, rests.select(c(1.0), c(0.0)), &mut at.rests[i..]);
        }
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

/// Into a list, where it is not all lanes those that are meant.
#[inline(always)]
fn put<S: Simd>(s: S, some: Option<M<S>>, v: V<S>, list: &mut [f64]) {
    some.map_or(v, |some| some.select(v, V::load(s, list))).store(list);
}
