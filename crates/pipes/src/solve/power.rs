//! `x^n` without a branch (快速幂), so that a loop of it becomes vectors: base-2 logarithm and
//! exponential from polynomials. Relative error below 1e-13 for 1e-30 < x < 1e30; no fused
//! operations, so every machine gives the same bits.

#![expect(clippy::excessive_precision, reason = "coefficients are written as they were computed")]

/// 1.5·2⁵²: added and taken away, it rounds to a whole number.
const MAGIC: f64 = 6_755_399_441_055_744.0;
const TWO_52: f64 = 4_503_599_627_370_496.0;
/// Bits of 1/√2, so that mantissas fall in 1/√2..√2.
const HALF_ROOT: u64 = 0x3fe6_a09e_667f_3bcd;
const MANTISSA: u32 = 52;
/// Exponents are lifted by this to stay positive in unsigned arithmetic.
const LIFT: u64 = 1024;

/// Of atanh(s)/s in s², times 2/ln 2, for s² up to ((√2−1)/(√2+1))², lowest power first. Fitted at
/// Chebyshev's points, as is the next: within 8e-14.
const LOG2: [f64; 6] = [
    2.885_390_081_777_850_62,
    0.961_796_694_112_264_835,
    0.577_077_942_660_304_468,
    0.412_209_224_061_104_352,
    0.319_906_803_807_013_373,
    0.282_885_023_407_482_355,
];
/// Of 2^f for |f| at most a half, lowest power first: within 2e-14.
const EXP2: [f64; 10] = [
    1.000_000_000_000_013_49,
    0.693_147_180_559_946_159,
    0.240_226_506_956_403_397,
    0.055_504_108_664_651_672,
    0.009_618_129_193_934_313_36,
    0.001_333_355_820_079_459_26,
    0.000_154_034_337_512_510_089,
    0.000_015_252_672_924_850_736_4,
    1.325_964_524_488_711_02e-6,
    1.020_590_541_376_559_58e-7,
];

/// A polynomial by Horner's rule (秦九韶算法), lowest power first. Unrolled: the length is known.
#[inline(always)]
fn horner<const N: usize>(coefficients: [f64; N], x: f64) -> f64 {
    coefficients.iter().rev().fold(0.0, |sum, c| c + x * sum)
}

/// `x^n` for `x` above zero.
#[inline(always)]
pub(crate) fn power(x: f64, n: f64) -> f64 {
    exp2(n * log2(x))
}

#[inline(always)]
fn log2(x: f64) -> f64 {
    let bits = x.to_bits();
    let lifted = bits.wrapping_sub(HALF_ROOT).wrapping_add(LIFT << MANTISSA);
    let exponent = lifted >> MANTISSA;
    let m = f64::from_bits(bits.wrapping_sub(exponent.wrapping_sub(LIFT) << MANTISSA));
    let e = f64::from_bits(exponent | 0x4330_0000_0000_0000) - (TWO_52 + 1024.0);
    // log2(m) = 2/ln2 · atanh((m−1)/(m+1))
    let s = (m - 1.0) / (m + 1.0);
    let z = s * s;
    let p = horner(LOG2, z);
    e + s * p
}

#[inline(always)]
fn exp2(y: f64) -> f64 {
    let shifted = y + MAGIC;
    let whole = shifted - MAGIC;
    let f = y - whole;
    let p = horner(EXP2, f);
    p * f64::from_bits(shifted.to_bits().wrapping_add(1023) << MANTISSA)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fast_power_is_the_power() {
        let mut worst: f64 = 0.0;
        for i in 0..200_000 {
            let x = 10f64.powf(-25.0 + f64::from(i) * 0.000_2);
            for n in [0.852, 0.5, 1.8] {
                worst = worst.max((power(x, n) / x.powf(n) - 1.0).abs());
            }
        }
        assert!(worst < 1e-12, "relative error {worst}");
    }
}
