//! Fast powers (快速幂) in lanes, without library calls.

use numerics::lanes::{Simd, V};

/// e^x for −4 ≤ x ≤ 0: a sixteenth of it by its series, squared four times.
#[inline(always)]
pub(crate) fn decay<S: Simd>(x: V<S>) -> V<S> {
    let t = x * x.c(1.0 / 16.0);
    let mut sum = x.c(1.0);
    for n in (1..=9).rev() {
        sum = x.c(1.0) + t * sum * x.c(1.0 / f64::from(n));
    }
    for _ in 0..4 {
        sum = sum * sum;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use numerics::lanes::Scalar;

    #[test]
    fn the_fast_exponential_is_right_to_eleven_digits() {
        for x in [-3.75, -1.0, -0.2, -1e-6, 0.0] {
            let y = decay(V::splat(Scalar::new(), x)).array()[0];
            assert!((y / f64::exp(x) - 1.0).abs() < 1e-11, "{x}: {y}");
        }
    }
}
