//! Root finders (求根): bracketed Newton and Ridder as SWMM uses them (Numerical Recipes 9.2, 9.4),
//! step for step, because their stopping points show in the results.

const ITERATIONS_MAX: usize = 60;

/// Bracketed Newton: `f` gives value and slope; returns the root and whether it converged.
pub(crate) fn newton(
    x1: f64,
    x2: f64,
    start: f64,
    accuracy: f64,
    mut f: impl FnMut(f64) -> (f64, f64),
) -> (f64, usize) {
    let (mut x, mut lo, mut hi) = (start, x1, x2);
    let mut dx_old = (x2 - x1).abs();
    let mut dx = dx_old;
    let (mut value, mut slope) = f(x);
    let mut n = 1;
    for _ in 0..ITERATIONS_MAX {
        if ((x - hi) * slope - value) * ((x - lo) * slope - value) >= 0.0
            || (2.0 * value).abs() > (dx_old * slope).abs()
        {
            dx_old = dx;
            dx = 0.5 * (hi - lo);
            x = lo + dx;
            if lo == x {
                break;
            }
        } else {
            dx_old = dx;
            dx = value / slope;
            let before = x;
            x -= dx;
            if before == x {
                break;
            }
        }
        if dx.abs() < accuracy {
            break;
        }
        (value, slope) = f(x);
        n += 1;
        if value < 0.0 {
            lo = x;
        } else {
            hi = x;
        }
    }
    (x, if n <= ITERATIONS_MAX { n } else { 0 })
}

fn with_sign(a: f64, b: f64) -> f64 {
    if b >= 0.0 { a.abs() } else { -a.abs() }
}

/// Ridder's method between two points of opposite sign.
pub(crate) fn ridder(x1: f64, x2: f64, accuracy: f64, f: impl Fn(f64) -> f64) -> f64 {
    let (mut flo, mut fhi) = (f(x1), f(x2));
    if flo == 0.0 {
        return x1;
    }
    if fhi == 0.0 {
        return x2;
    }
    let mut answer = 0.5 * (x1 + x2);
    if !((flo > 0.0 && fhi < 0.0) || (flo < 0.0 && fhi > 0.0)) {
        return -1.0e20;
    }
    let (mut lo, mut hi) = (x1, x2);
    for _ in 0..ITERATIONS_MAX {
        let xm = 0.5 * (lo + hi);
        let fm = f(xm);
        let s = (fm * fm - flo * fhi).sqrt();
        if s == 0.0 {
            return answer;
        }
        let xnew = xm + (xm - lo) * ((if flo >= fhi { 1.0 } else { -1.0 }) * fm / s);
        if (xnew - answer).abs() <= accuracy {
            break;
        }
        answer = xnew;
        let fnew = f(answer);
        if with_sign(fm, fnew) != fm {
            lo = xm;
            flo = fm;
            hi = answer;
            fhi = fnew;
        } else if with_sign(flo, fnew) != flo {
            hi = answer;
            fhi = fnew;
        } else if with_sign(fhi, fnew) != fhi {
            lo = answer;
            flo = fnew;
        } else {
            return answer;
        }
        if (hi - lo).abs() <= accuracy {
            return answer;
        }
    }
    answer
}
