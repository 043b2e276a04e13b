//! The vector stages of a trial (向量阶段): each is compiled for the widest vectors the machine has and
//! chosen while running. The same operations in the same order, so the same bits everywhere.

#![expect(clippy::indexing_slicing, reason = "indices are the model's own node, link, tank and lane numbers")]

use super::Sums;
use super::losses::PipeLoss;
use crate::model::Model;
use numerics::ordering::{Pattern, Singular};
use pulp::{Arch, Simd, WithSimd};

/// Losses of all pipes, `lanes` values a pipe.
pub(super) struct Losses<'a> {
    pub loss: PipeLoss<'a>,
    pub lanes: usize,
    pub flow: &'a [f64],
    pub p: &'a mut [f64],
    pub y: &'a mut [f64],
}

impl WithSimd for Losses<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _simd: S) {
        self.loss.fill(self.lanes, self.flow, self.p, self.y);
    }
}

/// Adds links and demands to the matrix and its right-hand side; what joins rows to fixed heads comes later.
pub(super) struct Scatter<'a, const N: usize> {
    pub m: &'a Model,
    pub flow: &'a [[f64; N]],
    pub p: &'a [[f64; N]],
    pub y: &'a [[f64; N]],
    pub demand: &'a [[f64; N]],
    pub ground: &'a mut [[f64; N]],
    pub right: &'a mut [[f64; N]],
    pub lower: &'a mut [[f64; N]],
}

impl<const N: usize> WithSimd for Scatter<'_, N> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _simd: S) {
        self.ground.fill([0.0; N]);
        self.lower.fill([0.0; N]);
        let (free, fixed) = self.right.split_at_mut(self.m.junctions);
        for (right, demand) in free.iter_mut().zip(self.demand) {
            for l in 0..N {
                right[l] = -demand[l];
            }
        }
        fixed.fill([0.0; N]);
        let links = self.m.ends.iter().zip(&self.m.slots);
        let lines = self.flow.iter().zip(self.p).zip(self.y);
        for ((&[a, b], &slot), ((flow, p), y)) in links.zip(lines) {
            let mut f = [0.0; N];
            for l in 0..N {
                // A control valve at work has p = 0 and is added later.
                f[l] = if p[l] == 0.0 { 0.0 } else { y[l] - flow[l] };
            }
            let lower = &mut self.lower[slot as usize];
            for l in 0..N {
                lower[l] -= p[l];
            }
            let ra = &mut self.right[a as usize];
            for l in 0..N {
                ra[l] += f[l];
            }
            let rb = &mut self.right[b as usize];
            for l in 0..N {
                rb[l] -= f[l];
            }
        }
    }
}

/// Solves the matrix.
pub(super) struct Linear<'a, const N: usize> {
    pub pattern: &'a Pattern,
    pub ground: &'a mut [[f64; N]],
    pub lower: &'a mut [[f64; N]],
    pub x: &'a mut [[f64; N]],
}

impl<const N: usize> WithSimd for Linear<'_, N> {
    type Output = Result<(), Singular<N>>;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _simd: S) -> Self::Output {
        self.pattern.solve(self.ground, self.lower, self.x)
    }
}

/// New flows of pipes from new heads.
pub(super) struct Update<'a, const N: usize> {
    pub ends: &'a [[u32; 2]],
    pub relax: &'a [f64; N],
    pub head: &'a [[f64; N]],
    pub p: &'a [[f64; N]],
    pub y: &'a [[f64; N]],
    pub flow: &'a mut [[f64; N]],
}

impl<const N: usize> WithSimd for Update<'_, N> {
    type Output = Sums<N>;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _simd: S) -> Sums<N> {
        let mut sums = Sums { flow: [[0.0; N]; 4], change: [[0.0; N]; 4], largest: [0.0; N] };
        let lines = self.p.iter().zip(self.y);
        for (k, ((q, (p, y)), &[a, b])) in self.flow.iter_mut().zip(lines).zip(self.ends).enumerate() {
            let (ha, hb) = (self.head[a as usize], self.head[b as usize]);
            let (total, change) = (&mut sums.flow[k & 3], &mut sums.change[k & 3]);
            for l in 0..N {
                let dq = (y[l] - p[l] * (ha[l] - hb[l])) * self.relax[l];
                let new = q[l] - dq;
                q[l] = new;
                total[l] += new.abs();
                let size = dq.abs();
                change[l] += size;
                sums.largest[l] = if size > sums.largest[l] { size } else { sums.largest[l] };
            }
        }
        sums
    }
}

/// Runs a stage on the widest vectors there are.
pub(super) fn run<T: WithSimd>(stage: T) -> T::Output {
    Arch::new().dispatch(stage)
}
