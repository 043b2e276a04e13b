//! Ordinary differential equations (常微分方程) by Cash-Karp Runge-Kutta with step control, as SWMM
//! integrates the depth on a surface (Numerical Recipes 16.2). Every lane has an equation of its own and
//! takes its own steps: what it gets does not hang on its neighbours. With `EXACT` on one lane every
//! operation is SWMM's in SWMM's order.
#![expect(clippy::indexing_slicing, reason = "arrays of N figures, walked from 0 to N")]
#![expect(clippy::needless_range_loop, reason = "several arrays are walked together")]

use numerics::lanes::{M, Scalar, Simd, V};

const STEPS_MAX: f64 = 10_000.0;
const TINY: f64 = 1.0e-30;
const SAFETY: f64 = 0.9;
const ERRCON: f64 = 1.89e-4;

/// `y` of one equation of N figures after going from 0 to `x2`, exactly; `y0` if it gets stuck.
pub(super) fn integrate_exactly<const N: usize>(
    y0: [f64; N],
    x2: f64,
    eps: f64,
    f: impl FnMut([f64; N]) -> [f64; N],
) -> [f64; N] {
    let lane = |x: f64| V::splat(Scalar::new(), x);
    let all = lane(0.0).le(lane(0.0));
    integrate::<Scalar, N, true>(y0.map(lane), lane(x2), eps, all, One(f)).map(V::first)
}

/// An equation of N figures.
pub(super) trait Equation<S: Simd, const N: usize> {
    /// Rises of the figures where they stand so.
    fn slope(&mut self, y: [V<S>; N]) -> [V<S>; N];
}

/// An equation on one lane.
struct One<F>(F);

impl<const N: usize, F: FnMut([f64; N]) -> [f64; N]> Equation<Scalar, N> for One<F> {
    #[inline(always)]
    fn slope(&mut self, y: [V<Scalar>; N]) -> [V<Scalar>; N] {
        self.0(y.map(V::first)).map(|x| V::splat(Scalar::new(), x))
    }
}

/// Where a lane is: `y` at `x`, the step it tries next, and what its error is measured by.
struct Walk<S: Simd, const N: usize> {
    x: V<S>,
    y: [V<S>; N],
    h: V<S>,
    slope: [V<S>; N],
    scale: [V<S>; N],
    /// Steps taken.
    taken: V<S>,
    /// Lanes on their way.
    live: M<S>,
}

/// `y` after going from 0 to `x2`, first step `x2`, with relative error `eps`, in the lanes of `live`; `y0`
/// in the others and where it gets stuck. The worst of a lane's N figures decides on its step.
#[inline(always)]
pub(super) fn integrate<S: Simd, const N: usize, const EXACT: bool>(
    y0: [V<S>; N],
    x2: V<S>,
    eps: f64,
    live: M<S>,
    mut equation: impl Equation<S, N>,
) -> [V<S>; N] {
    let c = |v: f64| x2.c(v);
    let mut w = Walk { x: c(0.0), y: y0, h: x2, slope: y0, scale: y0, taken: c(0.0), live };
    let mut begins = live;
    while w.live.any() {
        // One that tries a step anew still has its slope: it stands where it stood.
        if begins.any() {
            w.slope = equation.slope(w.y);
            w.begin(begins, x2);
        }
        let (new, error) = cash_karp::<S, N, EXACT>(w.y, w.slope, w.h, &mut equation);
        let mut worst = c(0.0);
        for i in 0..N {
            let e = (error[i] / w.scale[i]).abs();
            worst = e.gt(worst).select(e, worst);
        }
        worst = if EXACT { worst / c(eps) } else { worst * c(1.0 / eps) };
        let fails = w.live & worst.gt(c(1.0));
        begins = w.live & !fails;
        w.advance(begins, new);
        let stuck = w.shorten::<EXACT>(fails, worst);
        w.live = w.live & !(begins & ((w.x - x2) * x2).ge(c(0.0)));
        begins = begins & w.live;
        let stuck = stuck | w.lengthen::<EXACT>(begins, worst);
        if stuck.any() {
            for i in 0..N {
                w.y[i] = stuck.select(y0[i], w.y[i]);
            }
            w.live = w.live & !stuck;
            begins = begins & w.live;
        }
    }
    w.y
}

impl<S: Simd, const N: usize> Walk<S, N> {
    /// At the beginning of a step.
    #[inline(always)]
    fn begin(&mut self, begins: M<S>, x2: V<S>) {
        for i in 0..N {
            let scale = self.y[i].abs() + (self.slope[i] * self.h).abs() + x2.c(TINY);
            self.scale[i] = begins.select(scale, self.scale[i]);
        }
        let next = self.x + self.h;
        let beyond = begins & ((next - x2) * next).gt(x2.c(0.0));
        self.h = beyond.select(x2 - self.x, self.h);
    }

    /// Takes the step where it is good.
    #[inline(always)]
    fn advance(&mut self, good: M<S>, new: [V<S>; N]) {
        self.x = good.select(self.x + self.h, self.x);
        for i in 0..N {
            self.y[i] = good.select(new[i], self.y[i]);
        }
        self.taken = self.taken + good.select(self.x.c(1.0), self.x.c(0.0));
    }

    /// A shorter step where the error is too great; true where it is nothing.
    #[inline(always)]
    fn shorten<const EXACT: bool>(&mut self, fails: M<S>, worst: V<S>) -> M<S> {
        if !fails.any() {
            return fails;
        }
        let c = |v: f64| worst.c(v);
        let power = if EXACT { worst.map(|_, w| w.powf(-0.25)) } else { c(1.0) / worst.sqrt().sqrt() };
        let (shorter, least) = (c(SAFETY) * self.h * power, c(0.1) * self.h);
        let h = shorter.gt(least).select(shorter, least);
        self.h = fails.select(h, self.h);
        let next = self.x + self.h;
        fails & next.le(self.x) & next.ge(self.x)
    }

    /// The length of the step after a good one; true where there is none, or there were too many.
    #[inline(always)]
    fn lengthen<const EXACT: bool>(&mut self, begins: M<S>, worst: V<S>) -> M<S> {
        if !begins.any() {
            return begins;
        }
        let c = |v: f64| worst.c(v);
        let mut h = c(5.0) * self.h;
        let notable = worst.gt(c(ERRCON));
        if (begins & notable).any() {
            let power = if EXACT { worst.map(|_, w| w.powf(-0.2)) } else { inverse_fifth_root(worst) };
            h = notable.select(c(SAFETY) * self.h * power, h);
        }
        self.h = begins.select(h, self.h);
        begins & (self.h.abs().le(c(0.0)) | self.taken.ge(c(STEPS_MAX)))
    }
}

/// x^(−1/5) for x > 0 without division: a guess from the bits (3.2 % off), then twice the series of
/// (1 − e)^(−1/5) to its third term; right to about 1e-15.
#[inline(always)]
fn inverse_fifth_root<S: Simd>(x: V<S>) -> V<S> {
    let mut y = x.map(|_, x| {
        let high = ((x.to_bits() >> 32) * 0x3333_3334) >> 32;
        f64::from_bits(0x4CB8_A769_u64.wrapping_sub(high) << 32)
    });
    for _ in 0..2 {
        let square = y * y;
        let e = x.c(1.0) - x * y * square * square;
        y = (y * e).fused(e.fused(e.fused(x.c(0.088), x.c(0.12)), x.c(0.2)), y);
    }
    y
}

/// `c + a · b`, rounded twice as SWMM does, or once.
#[inline(always)]
fn plus<S: Simd, const EXACT: bool>(c: V<S>, a: V<S>, b: V<S>) -> V<S> {
    if EXACT { c + a * b } else { a.fused(b, c) }
}

/// A step of length `h` from `y`: where it leads to, and its error.
#[inline(always)]
fn cash_karp<S: Simd, const N: usize, const EXACT: bool>(
    y: [V<S>; N],
    k1: [V<S>; N],
    h: V<S>,
    equation: &mut impl Equation<S, N>,
) -> ([V<S>; N], [V<S>; N]) {
    let c = |v: f64| h.c(v);
    let add = plus::<S, EXACT>;
    let mut at = y;
    for i in 0..N {
        at[i] = add(y[i], c(0.2) * h, k1[i]);
    }
    let k2 = equation.slope(at);
    for i in 0..N {
        at[i] = add(y[i], h, add(c(3.0 / 40.0) * k1[i], c(9.0 / 40.0), k2[i]));
    }
    let k3 = equation.slope(at);
    for i in 0..N {
        at[i] = add(y[i], h, add(add(c(0.3) * k1[i], c(-0.9), k2[i]), c(1.2), k3[i]));
    }
    let k4 = equation.slope(at);
    for i in 0..N {
        let sum = add(c(-11.0 / 54.0) * k1[i], c(2.5), k2[i]);
        at[i] = add(y[i], h, add(add(sum, c(-70.0 / 27.0), k3[i]), c(35.0 / 27.0), k4[i]));
    }
    let k5 = equation.slope(at);
    for i in 0..N {
        let sum = add(c(1631.0 / 55296.0) * k1[i], c(175.0 / 512.0), k2[i]);
        let sum = add(add(sum, c(575.0 / 13824.0), k3[i]), c(44275.0 / 110_592.0), k4[i]);
        at[i] = add(y[i], h, add(sum, c(253.0 / 4096.0), k5[i]));
    }
    let k6 = equation.slope(at);
    let (c1, c3, c4, c6) = (37.0 / 378.0, 250.0 / 621.0, 125.0 / 594.0, 512.0 / 1771.0);
    let (d1, d3) = (c1 - 2825.0 / 27648.0, c3 - 18575.0 / 48384.0);
    let (d4, d5, d6) = (c4 - 13525.0 / 55296.0, -277.0 / 14336.0, c6 - 0.25);
    let (mut new, mut error) = (y, y);
    for i in 0..N {
        let sum = add(add(c(c1) * k1[i], c(c3), k3[i]), c(c4), k4[i]);
        new[i] = add(y[i], h, add(sum, c(c6), k6[i]));
        let sum = add(add(c(d1) * k1[i], c(d3), k3[i]), c(d4), k4[i]);
        error[i] = h * add(add(sum, c(d5), k5[i]), c(d6), k6[i]);
    }
    (new, error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_inverse_fifth_root_is_right_to_the_last_digits() {
        for x in [1e-30, 1.9e-4, 0.03, 0.7, 1.0, 5e11] {
            let y = inverse_fifth_root(V::splat(Scalar::new(), x)).array()[0];
            assert!((y / f64::powf(x, -0.2) - 1.0).abs() < 1e-14, "{x}: {y}");
        }
    }

    #[test]
    fn several_figures_go_together_and_one_that_gets_stuck_stays() {
        // A circle: a quarter of it turns (1, 0) into (0, 1).
        let turn = |[x, y]: [f64; 2]| [-y, x];
        let [x, y] = integrate_exactly([1.0, 0.0], std::f64::consts::FRAC_PI_2, 1e-6, turn);
        assert!(x.abs() < 1e-5 && (y - 1.0).abs() < 1e-5, "{x} {y}");
        // It would take millions of steps.
        assert_eq!(integrate_exactly([3.0], 60.0, 1e-4, |[y]| [-1e6 * (y - 1.0)]), [3.0]);
    }
}
