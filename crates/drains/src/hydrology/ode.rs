//! One ordinary differential equation (常微分方程) by Cash-Karp Runge-Kutta with step control, as SWMM
//! integrates the depth on a surface (Numerical Recipes 16.2).

const STEPS_MAX: usize = 10_000;
const TINY: f64 = 1.0e-30;
const SAFETY: f64 = 0.9;
const ERRCON: f64 = 1.89e-4;

/// `y` after going from 0 to `x2`, first step `h`, with relative error `eps`; `y0` if it gets stuck.
pub(super) fn integrate(y0: f64, x2: f64, eps: f64, f: impl Fn(f64) -> f64) -> f64 {
    let (mut x, mut y, mut h) = (0.0, y0, x2);
    for _ in 0..STEPS_MAX {
        let dydx = f(y);
        let scale = y.abs() + (dydx * h).abs() + TINY;
        if (x + h - x2) * (x + h) > 0.0 {
            h = x2 - x;
        }
        loop {
            let (new, err) = cash_karp(y, dydx, h, &f);
            let mut worst = (err / scale).abs();
            if worst <= 0.0 || worst.is_nan() {
                worst = 0.0;
            }
            worst /= eps;
            if worst > 1.0 {
                let shorter = SAFETY * h * worst.powf(-0.25);
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
            h = if worst > ERRCON { SAFETY * h * worst.powf(-0.2) } else { 5.0 * h };
            break;
        }
        if h.abs() <= 0.0 {
            return y0;
        }
    }
    y0
}

fn cash_karp(y: f64, k1: f64, h: f64, f: &impl Fn(f64) -> f64) -> (f64, f64) {
    let k2 = f(y + 0.2 * h * k1);
    let k3 = f(y + h * (3.0 / 40.0 * k1 + 9.0 / 40.0 * k2));
    let k4 = f(y + h * (0.3 * k1 + -0.9 * k2 + 1.2 * k3));
    let k5 = f(y + h * (-11.0 / 54.0 * k1 + 2.5 * k2 + -70.0 / 27.0 * k3 + 35.0 / 27.0 * k4));
    let k6 = f(y + h
        * (1631.0 / 55296.0 * k1
            + 175.0 / 512.0 * k2
            + 575.0 / 13824.0 * k3
            + 44275.0 / 110_592.0 * k4
            + 253.0 / 4096.0 * k5));
    let (c1, c3, c4, c6) = (37.0 / 378.0, 250.0 / 621.0, 125.0 / 594.0, 512.0 / 1771.0);
    let new = y + h * (c1 * k1 + c3 * k3 + c4 * k4 + c6 * k6);
    let (d1, d3) = (c1 - 2825.0 / 27648.0, c3 - 18575.0 / 48384.0);
    let (d4, d5, d6) = (c4 - 13525.0 / 55296.0, -277.0 / 14336.0, c6 - 0.25);
    (new, h * (d1 * k1 + d3 * k3 + d4 * k4 + d5 * k5 + d6 * k6))
}
