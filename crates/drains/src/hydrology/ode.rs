//! One ordinary differential equation (常微分方程) by Cash-Karp Runge-Kutta with step control, as SWMM
//! integrates the depth on a surface (Numerical Recipes 16.2).
#![expect(clippy::indexing_slicing, reason = "arrays of N figures, walked from 0 to N")]

const STEPS_MAX: usize = 10_000;
const TINY: f64 = 1.0e-30;
const SAFETY: f64 = 0.9;
const ERRCON: f64 = 1.89e-4;

/// `y` after going from 0 to `x2`, first step `x2`, with relative error `eps`; `y0` if it gets stuck.
pub(super) fn integrate(y0: f64, x2: f64, eps: f64, f: impl Fn(f64) -> f64) -> f64 {
    let [y] = integrate_all([y0], x2, eps, |[y]| [f(y)]);
    y
}

/// The same of several figures together; the worst of them decides on the step.
pub(super) fn integrate_all<const N: usize>(
    y0: [f64; N],
    x2: f64,
    eps: f64,
    mut f: impl FnMut([f64; N]) -> [f64; N],
) -> [f64; N] {
    let (mut x, mut y, mut h) = (0.0, y0, x2);
    for _ in 0..STEPS_MAX {
        let dydx = f(y);
        let scale: [f64; N] = combine(|i| y[i].abs() + (dydx[i] * h).abs() + TINY);
        if (x + h - x2) * (x + h) > 0.0 {
            h = x2 - x;
        }
        loop {
            let (new, err) = cash_karp(y, dydx, h, &mut f);
            let mut worst = 0.0;
            for i in 0..N {
                let e = (err[i] / scale[i]).abs();
                if e > worst {
                    worst = e;
                }
            }
            worst /= eps;
            if worst > 1.0 {
                let shorter = SAFETY * h * f64::powf(worst, -0.25);
                h = if shorter > 0.1 * h { shorter } else { 0.1 * h };
                if x + h == x {
                    return y0;
                }
                continue;
            }
            x += h;
            y = new;
            if (x - x2) * x2 >= 0.0 {
                return y;
            }
            h = if worst > ERRCON { SAFETY * h * f64::powf(worst, -0.2) } else { 5.0 * h };
            break;
        }
        if h.abs() <= 0.0 {
            return y0;
        }
    }
    y0
}

fn combine<const N: usize>(f: impl Fn(usize) -> f64) -> [f64; N] {
    std::array::from_fn(f)
}

fn cash_karp<const N: usize>(
    y: [f64; N],
    k1: [f64; N],
    h: f64,
    f: &mut impl FnMut([f64; N]) -> [f64; N],
) -> ([f64; N], [f64; N]) {
    let k2 = f(combine(|i| y[i] + 0.2 * h * k1[i]));
    let k3 = f(combine(|i| y[i] + h * (3.0 / 40.0 * k1[i] + 9.0 / 40.0 * k2[i])));
    let k4 = f(combine(|i| y[i] + h * (0.3 * k1[i] + -0.9 * k2[i] + 1.2 * k3[i])));
    let k5 = f(combine(|i| {
        y[i] + h * (-11.0 / 54.0 * k1[i] + 2.5 * k2[i] + -70.0 / 27.0 * k3[i] + 35.0 / 27.0 * k4[i])
    }));
    let k6 = f(combine(|i| {
        y[i] + h
            * (1631.0 / 55296.0 * k1[i]
                + 175.0 / 512.0 * k2[i]
                + 575.0 / 13824.0 * k3[i]
                + 44275.0 / 110_592.0 * k4[i]
                + 253.0 / 4096.0 * k5[i])
    }));
    let (c1, c3, c4, c6) = (37.0 / 378.0, 250.0 / 621.0, 125.0 / 594.0, 512.0 / 1771.0);
    let new: [f64; N] = combine(|i| y[i] + h * (c1 * k1[i] + c3 * k3[i] + c4 * k4[i] + c6 * k6[i]));
    let (d1, d3) = (c1 - 2825.0 / 27648.0, c3 - 18575.0 / 48384.0);
    let (d4, d5, d6) = (c4 - 13525.0 / 55296.0, -277.0 / 14336.0, c6 - 0.25);
    let err: [f64; N] = combine(|i| h * (d1 * k1[i] + d3 * k3[i] + d4 * k4[i] + d5 * k5[i] + d6 * k6[i]));
    (new, err)
}
