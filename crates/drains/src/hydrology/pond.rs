//! 坡面积水: the water that stands on the parts of subcatchments and runs off them by Manning's equation
//! (Reference Manual I, section 3.4), written once for any number of lanes; with `EXACT` on one lane SWMM's
//! operations in SWMM's order.
#![expect(clippy::indexing_slicing, reason = "lists as long as a group, walked in whole vectors")]

use numerics::lanes::{Arch, M, Scalar, Simd, V, WIDEST, WithSimd};

use super::ode::{self, Equation};
use crate::units::ZERO;

/// Subcatchments that are prepared, drained and booked together: what a few thousand bytes hold.
pub(super) const GROUP: usize = 4 * WIDEST;
const MANNING_EXPONENT: f64 = 1.6666667;
const ODE_TOLERANCE: f64 = 0.0001;

/// The parts of one kind of a group of subcatchments, a list a figure.
#[derive(Debug, Clone)]
pub(super) struct Ponds {
    /// 1 where water stands or comes.
    pub(super) wet: [f64; GROUP],
    /// Before, and then after the step, ft.
    pub(super) depth: [f64; GROUP],
    /// What comes less what evaporates and seeps, ft/s.
    pub(super) inflow: [f64; GROUP],
    /// Depth that does not run off, ft.
    pub(super) storage: [f64; GROUP],
    /// Runoff (ft/s) of a foot above it.
    pub(super) alpha: [f64; GROUP],
    /// How long there was runoff, s.
    pub(super) time: [f64; GROUP],
    /// Depth above the storage, to Manning's power.
    pub(super) power: [f64; GROUP],
}

impl Ponds {
    /// Nothing, for a step of so many seconds.
    pub(super) const fn dry(step: f64) -> Self {
        let zero = [0.0; GROUP];
        Self {
            wet: zero,
            depth: zero,
            inflow: zero,
            storage: zero,
            alpha: zero,
            time: [step; GROUP],
            power: zero,
        }
    }

    /// A surface at place `k`, and the depth and inflow of what stands there, if any does.
    pub(super) fn put(&mut self, k: usize, stands: Option<f64>, inflow: f64, storage: f64, alpha: f64) {
        self.wet[k] = if stands.is_some() { 1.0 } else { 0.0 };
        self.depth[k] = stands.unwrap_or(0.0);
        (self.inflow[k], self.storage[k], self.alpha[k]) = (inflow, storage, alpha);
    }
}

/// Drains the first `count` of every list for `step` s.
pub(super) fn drain(ponds: &mut [Ponds], count: usize, step: f64, exact: bool) {
    if exact {
        Drain::<true> { ponds, count, step }.with_simd(Scalar::new());
    } else {
        Arch::new().dispatch(Drain::<false> { ponds, count, step });
    }
}

struct Drain<'a, const EXACT: bool> {
    ponds: &'a mut [Ponds],
    count: usize,
    step: f64,
}

impl<const EXACT: bool> WithSimd for Drain<'_, EXACT> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, s: S) {
        for p in self.ponds {
            let mut at = 0;
            while at < self.count {
                drain_at::<S, EXACT>(s, p, at, self.step);
                at += V::<S>::LANES;
            }
        }
    }
}

#[inline(always)]
fn drain_at<S: Simd, const EXACT: bool>(s: S, p: &mut Ponds, at: usize, step: f64) {
    let of = |list: &[f64; GROUP]| V::load(s, &list[at..]);
    let wet = of(&p.wet).gt(V::splat(s, 0.0));
    if !wet.any() {
        return;
    }
    let pond = Pond { inflow: of(&p.inflow), storage: of(&p.storage), alpha: of(&p.alpha) };
    let before = of(&p.depth);
    let (depth, time) = pond.after::<EXACT>(before, V::splat(s, step), wet);
    let depth = wet.select(depth, before);
    let above = depth - pond.storage;
    let power = above.gt(above.c(ZERO)).select(manning::<S, EXACT>(above), above.c(0.0));
    depth.store(&mut p.depth[at..]);
    time.store(&mut p.time[at..]);
    power.store(&mut p.power[at..]);
}

/// What a depth depends on through a step.
struct Pond<S: Simd> {
    inflow: V<S>,
    storage: V<S>,
    alpha: V<S>,
}

impl<S: Simd> Pond<S> {
    /// Depth after `step` s, and how long of it there was runoff.
    #[inline(always)]
    fn after<const EXACT: bool>(&self, depth: V<S>, step: V<S>, wet: M<S>) -> (V<S>, V<S>) {
        let zero = step.c(0.0);
        let filled = depth + self.inflow * step;
        let kept = filled.le(self.storage);
        let missing = self.storage - depth;
        let (mut start, mut time) = (depth, step);
        let fills = missing.gt(zero) & self.inflow.gt(zero) & !kept;
        if fills.any() {
            time = fills.select(step - missing / self.inflow, step);
            start = fills.select(self.storage, depth);
        }
        let flows = wet & self.alpha.gt(zero) & time.gt(zero) & !kept;
        // Where nothing runs off it only fills.
        time = time.lt(zero).select(zero, time);
        let mut end = kept.select(filled, start + self.inflow * time);
        if flows.any() {
            let rise = Rise::<S, EXACT>(self);
            let [drained] = ode::integrate::<S, 1, EXACT>([start], time, ODE_TOLERANCE, flows, rise);
            end = flows.select(drained, end);
        }
        (end.lt(zero).select(zero, end), time)
    }
}

/// The rise of a depth (ft/s) by what stands on it.
struct Rise<'a, S: Simd, const EXACT: bool>(&'a Pond<S>);

impl<S: Simd, const EXACT: bool> Equation<S, 1> for Rise<'_, S, EXACT> {
    #[inline(always)]
    fn slope(&mut self, [depth]: [V<S>; 1]) -> [V<S>; 1] {
        let Pond { inflow, storage, alpha } = self.0;
        let above = depth - *storage;
        let runoff = *alpha * manning::<S, EXACT>(above);
        let zero = above.c(0.0);
        [*inflow - above.lt(zero).select(zero, runoff)]
    }
}

/// Depth to Manning's power: as SWMM takes it, or without a library call, to 5/3.
#[inline(always)]
fn manning<S: Simd, const EXACT: bool>(depth: V<S>) -> V<S> {
    if EXACT {
        return depth.map(|_, d| if d < 0.0 { 0.0 } else { d.powf(MANNING_EXPONENT) });
    }
    depth.gt(depth.c(0.0)).select(depth * depth * depth.inverse_cbrt(), depth.c(0.0))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Depth, inflow, storage and alpha of a surface.
    type Surface = (f64, f64, f64, f64);

    fn ponds(surfaces: &[Surface], step: f64) -> Ponds {
        let mut p = Ponds::dry(step);
        for (k, (depth, inflow, storage, alpha)) in surfaces.iter().enumerate() {
            p.put(k, Some(*depth), *inflow, *storage, *alpha);
        }
        p
    }

    fn drained(surfaces: &[Surface], step: f64, exact: bool) -> Ponds {
        let mut p = [ponds(surfaces, step)];
        drain(&mut p, surfaces.len(), step, exact);
        let [p] = p;
        p
    }

    /// Zero, or of any size between two powers of ten.
    fn size(least: i32, most: i32) -> impl Strategy<Value = f64> {
        let some = (f64::from(least)..f64::from(most)).prop_map(|x| 10_f64.powf(x));
        prop_oneof![1 => Just(0.0), 4 => some]
    }

    fn surfaces() -> impl Strategy<Value = Vec<Surface>> {
        let inflow = (size(-9, -2), proptest::bool::weighted(0.2));
        let inflow = inflow.prop_map(|(q, leaves)| if leaves { -q } else { q });
        proptest::collection::vec((size(-9, 1), inflow, size(-5, -1), size(-9, 4)), 1..=GROUP)
    }

    fn check(surfaces: &[Surface], step: f64) {
        let (exact, fast) = (drained(surfaces, step, true), drained(surfaces, step, false));
        for (k, surface) in surfaces.iter().enumerate() {
            let (depth, inflow, ..) = *surface;
            // What the control of the steps measures errors by.
            let scale = depth + exact.depth[k] + inflow.abs() * step;
            let apart = (fast.depth[k] - exact.depth[k]).abs();
            assert!(
                apart <= ODE_TOLERANCE * scale && fast.depth[k] >= 0.0,
                "{surface:?} in {step} s: {} is not {}",
                fast.depth[k],
                exact.depth[k]
            );
            assert_eq!(fast.time[k].to_bits(), exact.time[k].to_bits(), "{surface:?} in {step} s");
            let alone = drained(std::slice::from_ref(surface), step, false);
            assert_eq!(alone.depth[0].to_bits(), fast.depth[k].to_bits(), "{surface:?} in {step} s");
            assert_eq!(alone.power[0].to_bits(), fast.power[k].to_bits(), "{surface:?} in {step} s");
        }
    }

    proptest! {
        #[test]
        fn lanes_drain_as_one_lane_does_whoever_their_neighbours_are(
            surfaces in surfaces(),
            step in prop_oneof![Just(1.0), Just(60.0), Just(300.0), 0.01..3600.0],
        ) {
            check(&surfaces, step);
        }
    }

    #[test]
    fn a_dry_surface_stays_as_it_is() {
        let mut p = [ponds(&[(0.2, 1e-4, 0.01, 0.03)], 60.0)];
        p[0].wet[0] = 0.0;
        for exact in [true, false] {
            drain(&mut p, 1, 60.0, exact);
            assert_eq!((p[0].depth[0], p[0].time[0], p[0].power[0]), (0.2, 60.0, 0.0));
        }
    }
}
