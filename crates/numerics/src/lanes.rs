//! Lanes (并行道): the same arithmetic on one number or on a vector of them, so that a kernel is
//! written once. The scalar instance does one IEEE operation for each written, in the order written:
//! it is the reference. No fused multiply-add but where [`V::fused`] asks for it, no reordering.

use std::ops::{Add, BitAnd, BitOr, Div, Mul, Neg, Not, Sub};

mod rows;

pub use pulp::{Arch, Scalar, Simd, WithSimd};
pub use rows::{COLUMNS, Row, quad_lane};

/// Registers of a machine that a vector takes. A kernel is one long chain of operations: with two chains
/// side by side one computes while the other waits.
const REGISTERS: usize = 2;

/// Widest vector there is, in `f64`s.
pub const WIDEST: usize = 8 * REGISTERS;

/// 道: two of `S`'s registers of `f64`s.
#[derive(Clone, Copy, Debug)]
pub struct V<S: Simd>(pub S, [S::f64s; REGISTERS]);

/// A yes or no for every lane.
#[derive(Clone, Copy, Debug)]
pub struct M<S: Simd>(S, [S::m64s; REGISTERS]);

/// An operation on both registers. Not a closure: its instructions would not be compiled into the kernel.
macro_rules! both {
    ($s:expr, $op:ident $(, $v:expr)*) => {
        [$s.$op($($v[0]),*), $s.$op($($v[1]),*)]
    };
}

impl<S: Simd> V<S> {
    /// Lanes of this vector.
    pub const LANES: usize = REGISTERS * S::F64_LANES;

    /// The same number everywhere.
    #[inline(always)]
    pub fn splat(s: S, v: f64) -> Self {
        Self(s, [s.splat_f64s(v); REGISTERS])
    }

    /// A constant of the same kind as `self`.
    #[inline(always)]
    #[must_use]
    pub fn c(self, v: f64) -> Self {
        Self::splat(self.0, v)
    }

    /// The first lanes of a slice; zero where it is too short.
    #[inline(always)]
    pub fn load(s: S, from: &[f64]) -> Self {
        // A whole vector is read at once; only the end of a list is read in part.
        if let [a, b, ..] = S::as_simd_f64s(from).0 {
            return Self(s, [*a, *b]);
        }
        let (a, b) = from.split_at(from.len().min(S::F64_LANES));
        Self(s, [s.partial_load_f64s(a), s.partial_load_f64s(b)])
    }

    /// The lanes from `at` on of a block as wide as the widest vector.
    #[inline(always)]
    pub fn part(s: S, from: &[f64; WIDEST], at: usize) -> Self {
        if Self::LANES == WIDEST {
            return Self::load(s, from);
        }
        Self::load(s, from.get(at..).unwrap_or(&[]))
    }

    /// Writes the lanes from `at` on of a block as wide as the widest vector.
    #[inline(always)]
    pub fn put(self, to: &mut [f64; WIDEST], at: usize) {
        if Self::LANES == WIDEST {
            return self.store(to);
        }
        if let Some(to) = to.get_mut(at..) {
            self.store(to);
        }
    }

    /// Writes the lanes that the slice has room for.
    #[inline(always)]
    pub fn store(self, to: &mut [f64]) {
        if let [a, b, ..] = S::as_mut_simd_f64s(to).0 {
            [*a, *b] = self.1;
            return;
        }
        let (a, b) = to.split_at_mut(to.len().min(S::F64_LANES));
        self.0.partial_store_f64s(a, self.1[0]);
        self.0.partial_store_f64s(b, self.1[1]);
    }

    /// The lanes as an array; those beyond the width are zero.
    #[inline(always)]
    #[must_use]
    pub fn array(self) -> [f64; WIDEST] {
        let mut a = [0.0; WIDEST];
        self.store(&mut a);
        a
    }

    /// The first lane.
    #[inline(always)]
    #[must_use]
    pub fn first(self) -> f64 {
        self.array()[0]
    }

    /// `f` of every lane, one by one.
    #[inline(always)]
    #[must_use]
    pub fn map(self, mut f: impl FnMut(usize, f64) -> f64) -> Self {
        let mut a = self.array();
        for (i, x) in a.iter_mut().enumerate().take(Self::LANES) {
            *x = f(i, *x);
        }
        Self::load(self.0, &a)
    }

    /// Absolute value.
    #[inline(always)]
    #[must_use]
    pub fn abs(self) -> Self {
        Self(self.0, both!(self.0, abs_f64s, self.1))
    }

    /// Square root.
    #[inline(always)]
    #[must_use]
    pub fn sqrt(self) -> Self {
        Self(self.0, both!(self.0, sqrt_f64s, self.1))
    }

    /// `self · b + c`, rounded once where the machine can: for fast numerics alone.
    #[inline(always)]
    #[must_use]
    pub fn fused(self, b: Self, c: Self) -> Self {
        Self(self.0, both!(self.0, mul_add_e_f64s, self.1, b.1, c.1))
    }

    /// `self < b`.
    #[inline(always)]
    #[must_use]
    pub fn lt(self, b: Self) -> M<S> {
        M(self.0, both!(self.0, less_than_f64s, self.1, b.1))
    }

    /// `self <= b`.
    #[inline(always)]
    #[must_use]
    pub fn le(self, b: Self) -> M<S> {
        M(self.0, both!(self.0, less_than_or_equal_f64s, self.1, b.1))
    }

    /// `self > b`.
    #[inline(always)]
    #[must_use]
    pub fn gt(self, b: Self) -> M<S> {
        b.lt(self)
    }

    /// `self >= b`.
    #[inline(always)]
    #[must_use]
    pub fn ge(self, b: Self) -> M<S> {
        b.le(self)
    }

    /// The smaller; the first when equal.
    #[inline(always)]
    #[must_use]
    pub fn min(self, b: Self) -> Self {
        self.le(b).select(self, b)
    }

    /// The greater; the first when equal.
    #[inline(always)]
    #[must_use]
    pub fn max(self, b: Self) -> Self {
        self.ge(b).select(self, b)
    }

    /// x^(−1/3) for x > 0 without division: a guess from the bits (3.5 % off), then twice the series of
    /// (1 − e)^(−1/3), to its fifth term and to its third; right to about 1e-14.
    #[inline(always)]
    #[must_use]
    pub fn inverse_cbrt(self) -> Self {
        let mut x = self.map(|_, r| {
            let high = ((r.to_bits() >> 32) * 0x5555_5556) >> 32;
            f64::from_bits(0x553E_F0FF_u64.wrapping_sub(high) << 32)
        });
        // In pairs of terms, so that little has to wait for another.
        let (one, third) = (self.c(1.0), self.c(1.0 / 3.0));
        let e = (-(self * x)).fused(x * x, one);
        let low = e.fused(self.c(2.0 / 9.0), third);
        let high = e.fused(self.c(35.0 / 243.0), self.c(14.0 / 81.0));
        x = (x * e).fused((e * e).fused(high, low), x);
        // The rest is some 1e-6: two terms of the series are enough.
        let e = (-(self * x)).fused(x * x, one);
        (x * e).fused(e.fused(self.c(2.0 / 9.0), third), x)
    }

    /// Logarithm to the base 2 of a number > 0, within 0.002: the exponent, and a cubic of the mantissa.
    #[inline(always)]
    #[must_use]
    pub fn rough_log2(self) -> Self {
        let per = 1.0 / f64::from(1 << 20);
        self.map(|_, x| {
            let high = (x.to_bits() >> 32) as i32;
            let f = f64::from(high & 0xF_FFFF) * per;
            f64::from(high) * per - 1023.0 + f * (1.0 - f) * (0.422 - 0.156 * f)
        })
    }

    /// The greatest whole number that is not greater, and its low bits as an index, for numbers from 0
    /// to 2^31; one less where the number itself is whole and odd.
    #[inline(always)]
    #[must_use]
    pub fn cell(self) -> (Self, [u32; WIDEST]) {
        // Adding 1.5 · 2^52 leaves no room for a fraction: the number is rounded, to even at halves.
        let magic = self.c(6_755_399_441_055_744.0);
        let rounded = (self - self.c(0.5)) + magic;
        let mut index = [0; WIDEST];
        for (i, x) in index.iter_mut().zip(rounded.array()).take(Self::LANES) {
            *i = x.to_bits() as u32;
        }
        (rounded - magic, index)
    }

    /// −1 below zero, else 1.
    #[inline(always)]
    #[must_use]
    pub fn sign(self) -> Self {
        self.lt(self.c(0.0)).select(self.c(-1.0), self.c(1.0))
    }
}

impl<S: Simd> M<S> {
    /// `a` where true, `b` elsewhere.
    #[inline(always)]
    pub fn select(self, a: V<S>, b: V<S>) -> V<S> {
        V(self.0, both!(self.0, select_f64s, self.1, a.1, b.1))
    }

    /// True when any lane is.
    #[inline(always)]
    pub fn any(self) -> bool {
        let [a, b] = both!(self.0, first_true_m64s, self.1);
        a.min(b) < S::F64_LANES
    }

    /// True when every lane is.
    #[inline(always)]
    pub fn all(self) -> bool {
        !(!self).any()
    }
}

macro_rules! operator {
    ($trait:ident, $f:ident, $op:ident) => {
        impl<S: Simd> $trait for V<S> {
            type Output = Self;
            #[inline(always)]
            fn $f(self, b: Self) -> Self {
                Self(self.0, both!(self.0, $op, self.1, b.1))
            }
        }
    };
}
operator!(Add, add, add_f64s);
operator!(Sub, sub, sub_f64s);
operator!(Mul, mul, mul_f64s);
operator!(Div, div, div_f64s);

impl<S: Simd> Neg for V<S> {
    type Output = Self;
    #[inline(always)]
    fn neg(self) -> Self {
        Self(self.0, both!(self.0, neg_f64s, self.1))
    }
}

impl<S: Simd> BitAnd for M<S> {
    type Output = Self;
    #[inline(always)]
    fn bitand(self, b: Self) -> Self {
        Self(self.0, both!(self.0, and_m64s, self.1, b.1))
    }
}

impl<S: Simd> BitOr for M<S> {
    type Output = Self;
    #[inline(always)]
    fn bitor(self, b: Self) -> Self {
        Self(self.0, both!(self.0, or_m64s, self.1, b.1))
    }
}

impl<S: Simd> Not for M<S> {
    type Output = Self;
    #[inline(always)]
    fn not(self) -> Self {
        let yes = [self.0.less_than_f64s(self.0.splat_f64s(0.0), self.0.splat_f64s(1.0)); REGISTERS];
        Self(self.0, both!(self.0, xor_m64s, self.1, yes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Sum<'a>(&'a [f64]);

    impl WithSimd for Sum<'_> {
        type Output = [f64; WIDEST];

        #[inline(always)]
        fn with_simd<S: Simd>(self, s: S) -> Self::Output {
            let x = V::load(s, self.0);
            let negative = x.lt(x.c(0.0));
            assert!(negative.any());
            negative.select(-x, (x * x).sqrt() / x.c(2.0)).array()
        }
    }

    #[test]
    fn every_width_gives_the_bits_of_one_number() {
        let some = [1.0, -3.0, 5.5, 0.1, -0.7, 9.0, 2.0, -1e-9];
        let input: [f64; WIDEST] = std::array::from_fn(|i| some[i % 8] * (i + 1) as f64);
        let wide = Arch::new().dispatch(Sum(&input));
        for (i, x) in input.iter().enumerate() {
            let one = if *x < 0.0 { -x } else { (x * x).sqrt() / 2.0 };
            if wide[i] != 0.0 || i < 2 * REGISTERS {
                assert_eq!(wide[i].to_bits(), one.to_bits());
            }
        }
    }

    #[test]
    fn the_rough_logarithm_is_rough() {
        for x in [1e-9, 0.01, 0.7, 1.0, 1.5, 1.999, 3.0, 1e6] {
            let y = V::splat(Scalar::new(), x).rough_log2().array()[0];
            assert!((y - f64::log2(x)).abs() < 0.002, "{x}: {y}");
        }
    }

    #[test]
    fn the_inverse_cube_root_is_right_to_the_last_digits() {
        for r in [1e-9, 1e-4, 0.037, 0.5, 1.0, 7.3, 250.0] {
            let x = V::splat(Scalar::new(), r).inverse_cbrt().array()[0];
            let want = 1.0 / f64::cbrt(r);
            assert!((x / want - 1.0).abs() < 1e-13, "{r}: {x} {want}");
        }
    }
}
