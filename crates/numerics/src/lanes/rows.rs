//! Rows of a table (表行): every lane takes a row of its own; what comes back are the columns, a vector
//! each. Where there are eight lanes the rows are read whole and turned in registers.

use super::{Simd, V, WIDEST};

/// A row: as many figures as the widest vector has lanes, a line of the cache.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[repr(align(64))]
pub struct Row(pub [f64; WIDEST]);

/// Rows of a table: a power of two, so that no place is outside.
pub const ROWS: usize = 64;

impl<S: Simd> V<S> {
    /// The columns of the rows at `index`, of which each lane has one; places wrap at the table's end.
    #[inline(always)]
    pub fn columns(s: S, table: &[Row; ROWS], index: &[u32; WIDEST]) -> [Self; WIDEST] {
        let mut rows = [[0.0; WIDEST]; WIDEST];
        for (row, at) in rows.iter_mut().zip(index).take(Self::LANES) {
            if let Some(r) = table.get(*at as usize % ROWS) {
                *row = r.0;
            }
        }
        let [a, b, c, d, e, f, g, h] = &Self::turned(s, &rows);
        [
            Self::load(s, a),
            Self::load(s, b),
            Self::load(s, c),
            Self::load(s, d),
            Self::load(s, e),
            Self::load(s, f),
            Self::load(s, g),
            Self::load(s, h),
        ]
    }

    /// Rows turned into columns.
    #[inline(always)]
    pub fn turned(s: S, rows: &[[f64; WIDEST]; WIDEST]) -> [[f64; WIDEST]; WIDEST] {
        #[cfg(target_arch = "x86_64")]
        if let Some(wide) = (&s as &dyn std::any::Any).downcast_ref::<pulp::x86::V4>() {
            let [a, b, c, d, e, f, g, h] = turn(*wide, *rows);
            return [
                pulp::bytemuck::cast(a),
                pulp::bytemuck::cast(b),
                pulp::bytemuck::cast(c),
                pulp::bytemuck::cast(d),
                pulp::bytemuck::cast(e),
                pulp::bytemuck::cast(f),
                pulp::bytemuck::cast(g),
                pulp::bytemuck::cast(h),
            ];
        }
        let mut columns = [[0.0; WIDEST]; WIDEST];
        for (i, row) in rows.iter().enumerate() {
            for (column, v) in columns.iter_mut().zip(row) {
                if let Some(c) = column.get_mut(i) {
                    *c = *v;
                }
            }
        }
        columns
    }
}

#[cfg(target_arch = "x86_64")]
type Wide = std::arch::x86_64::__m512d;

/// Eight rows turned into eight columns. Written out: the instructions of a closure would not be
/// compiled into its caller.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn turn(s: pulp::x86::V4, rows: [[f64; WIDEST]; WIDEST]) -> [Wide; WIDEST] {
    let x = s.avx512f;
    let [a, b, c, d, e, f, g, h] = rows;
    let (a, b): (Wide, Wide) = (pulp::bytemuck::cast(a), pulp::bytemuck::cast(b));
    let (c, d): (Wide, Wide) = (pulp::bytemuck::cast(c), pulp::bytemuck::cast(d));
    let (e, f): (Wide, Wide) = (pulp::bytemuck::cast(e), pulp::bytemuck::cast(f));
    let (g, h): (Wide, Wide) = (pulp::bytemuck::cast(g), pulp::bytemuck::cast(h));
    // Pairs of rows: columns 0, 2, 4, 6 in the low ones, 1, 3, 5, 7 in the high ones.
    let (ab, cd) = (x._mm512_unpacklo_pd(a, b), x._mm512_unpacklo_pd(c, d));
    let (ef, gh) = (x._mm512_unpacklo_pd(e, f), x._mm512_unpacklo_pd(g, h));
    let [c0, c2, c4, c6] = quarters(s, ab, cd, ef, gh);
    let (ab, cd) = (x._mm512_unpackhi_pd(a, b), x._mm512_unpackhi_pd(c, d));
    let (ef, gh) = (x._mm512_unpackhi_pd(e, f), x._mm512_unpackhi_pd(g, h));
    let [c1, c3, c5, c7] = quarters(s, ab, cd, ef, gh);
    [c0, c1, c2, c3, c4, c5, c6, c7]
}

/// Quarters of four vectors turned: the first quarter of each, the second, and so on.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn quarters(s: pulp::x86::V4, ab: Wide, cd: Wide, ef: Wide, gh: Wide) -> [Wide; 4] {
    let x = s.avx512f;
    let (p, q) = (x._mm512_shuffle_f64x2::<0x44>(ab, cd), x._mm512_shuffle_f64x2::<0xEE>(ab, cd));
    let (r, t) = (x._mm512_shuffle_f64x2::<0x44>(ef, gh), x._mm512_shuffle_f64x2::<0xEE>(ef, gh));
    [
        x._mm512_shuffle_f64x2::<0x88>(p, r),
        x._mm512_shuffle_f64x2::<0xDD>(p, r),
        x._mm512_shuffle_f64x2::<0x88>(q, t),
        x._mm512_shuffle_f64x2::<0xDD>(q, t),
    ]
}

#[cfg(test)]
mod tests {
    use super::super::{Arch, Scalar, WithSimd};
    use super::*;

    struct Look<'a>(&'a [Row; ROWS], &'a [u32; WIDEST]);

    impl WithSimd for Look<'_> {
        type Output = [[f64; WIDEST]; WIDEST];

        #[inline(always)]
        fn with_simd<S: Simd>(self, s: S) -> Self::Output {
            V::columns(s, self.0, self.1).map(V::array)
        }
    }

    #[test]
    fn every_lane_gets_its_own_row_whatever_the_width() {
        let table: [Row; ROWS] = std::array::from_fn(|r| Row(std::array::from_fn(|k| (100 * r + k) as f64)));
        let index = [3, 63, 0, 17, 64, 5, 40, 8];
        let look = || Look(&table, &index);
        let (one, wide) = (look().with_simd(Scalar::new()), Arch::new().dispatch(look()));
        for k in 0..WIDEST {
            assert_eq!(one[k][0], (300 + k) as f64);
            for (i, row) in index.iter().enumerate() {
                // A narrow vector leaves the lanes beyond it empty.
                let want = (100 * (row % 64) + k as u32) as f64;
                assert!(wide[k][i] == want || (i > 0 && wide[k][i] == 0.0), "{k} {i}: {wide:?}");
            }
        }
        assert_eq!(wide[2][0], 302.0);
    }
}
