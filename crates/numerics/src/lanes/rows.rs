//! Rows of a table (表行): every lane takes a row of its own; what comes back are the columns, a vector
//! each. Where a register has eight lanes the rows are read whole and turned in registers.
#![expect(clippy::indexing_slicing, reason = "squares lie within a block of whole registers")]

use super::{REGISTERS, Simd, V, WIDEST};

/// Figures of a row: a line of the cache.
pub const COLUMNS: usize = 8;

/// A row of a table.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[repr(align(64))]
pub struct Row(pub [f64; COLUMNS]);

/// As many rows as columns.
type Square = [[f64; COLUMNS]; COLUMNS];

/// The lane whose four figures are the `i`th in the vectors that [`V::quads`] gives.
#[must_use]
pub const fn quad_lane(i: usize) -> usize {
    i / 4 + [0, 8, 4, 12][i % 4]
}

impl<S: Simd> V<S> {
    /// The columns of the rows at `index`, of which each lane has one; places wrap at the table's end.
    /// A table of a power of two of rows costs no division and no test.
    #[inline(always)]
    pub fn columns<const N: usize>(s: S, table: &[Row; N], index: &[u32; WIDEST]) -> [Self; COLUMNS] {
        let (low, high) = index.split_at(S::F64_LANES);
        let low = &Self::square(s, &Self::rows(table, low));
        let high = &Self::square(s, &Self::rows(table, high));
        [
            Self::joined(s, &low[0], &high[0]),
            Self::joined(s, &low[1], &high[1]),
            Self::joined(s, &low[2], &high[2]),
            Self::joined(s, &low[3], &high[3]),
            Self::joined(s, &low[4], &high[4]),
            Self::joined(s, &low[5], &high[5]),
            Self::joined(s, &low[6], &high[6]),
            Self::joined(s, &low[7], &high[7]),
        ]
    }

    /// Turns columns back into rows, one for every lane.
    #[inline(always)]
    pub fn rows_of(s: S, columns: &[Self; COLUMNS]) -> [Row; WIDEST] {
        let mut rows = [Row::default(); WIDEST];
        let lists: [[f64; WIDEST]; COLUMNS] = [
            columns[0].array(),
            columns[1].array(),
            columns[2].array(),
            columns[3].array(),
            columns[4].array(),
            columns[5].array(),
            columns[6].array(),
            columns[7].array(),
        ];
        if Self::LANES < COLUMNS {
            for (i, row) in rows.iter_mut().enumerate().take(Self::LANES) {
                row.0.iter_mut().zip(&lists).for_each(|(to, list)| *to = list[i]);
            }
            return rows;
        }
        for from in (0..Self::LANES).step_by(COLUMNS) {
            let mut square = [[0.0; COLUMNS]; COLUMNS];
            for (to, list) in square.iter_mut().zip(&lists) {
                to.copy_from_slice(&list[from..from + COLUMNS]);
            }
            for (row, turned) in rows[from..].iter_mut().zip(Self::square(s, &square)) {
                row.0 = turned;
            }
        }
        rows
    }

    /// Four figures of every lane, turned so that those of a lane lie side by side, in the order of
    /// [`quad_lane`]; and back, for it is its own inverse. Of use where a register has eight lanes.
    #[inline(always)]
    #[must_use]
    pub fn quads(s: S, four: [Self; 4]) -> [Self; 4] {
        let [a, b, c, d] = [four[0].array(), four[1].array(), four[2].array(), four[3].array()];
        let mut square = [[0.0; COLUMNS]; COLUMNS];
        for (i, list) in [a, b, c, d].iter().enumerate() {
            square[i].copy_from_slice(&list[..COLUMNS]);
            square[i + 4].copy_from_slice(&list[COLUMNS..]);
        }
        let rows = Self::square(s, &square);
        [
            Self::joined(s, &rows[0], &rows[4]),
            Self::joined(s, &rows[1], &rows[5]),
            Self::joined(s, &rows[2], &rows[6]),
            Self::joined(s, &rows[3], &rows[7]),
        ]
    }

    /// The rows for one register.
    #[inline(always)]
    fn rows<const N: usize>(table: &[Row; N], index: &[u32]) -> Square {
        let mut rows = [[0.0; COLUMNS]; COLUMNS];
        for (row, at) in rows.iter_mut().zip(index).take(S::F64_LANES) {
            if let Some(r) = table.get(*at as usize % N.max(1)) {
                *row = r.0;
            }
        }
        rows
    }

    /// A vector of the first lanes of two lists.
    #[inline(always)]
    fn joined(s: S, low: &[f64; COLUMNS], high: &[f64; COLUMNS]) -> Self {
        match (S::as_simd_f64s(low).0, S::as_simd_f64s(high).0) {
            ([low, ..], [high, ..]) => Self(s, [*low, *high]),
            _ => Self::splat(s, 0.0),
        }
    }

    /// The leading bits of every lane, `shift` bits left out at their end, of which the low 32 are an
    /// index: numbers > 0 come in equal shares of each doubling.
    #[inline(always)]
    #[must_use]
    pub fn leading(self, shift: u32) -> [u32; WIDEST] {
        let mut index = [0; WIDEST];
        for (i, x) in index.iter_mut().zip(self.array()).take(Self::LANES) {
            *i = (x.to_bits() >> shift) as u32;
        }
        index
    }

    /// Rows turned into columns, square by square.
    #[inline(always)]
    pub fn turned(s: S, rows: &[[f64; WIDEST]; WIDEST]) -> [[f64; WIDEST]; WIDEST] {
        let mut columns = [[0.0; WIDEST]; WIDEST];
        for down in 0..REGISTERS {
            for along in 0..REGISTERS {
                let (down, along) = (down * COLUMNS, along * COLUMNS);
                let mut square = [[0.0; COLUMNS]; COLUMNS];
                for (to, from) in square.iter_mut().zip(rows.iter().skip(down)) {
                    to.copy_from_slice(&from[along..along + COLUMNS]);
                }
                for (to, from) in columns.iter_mut().skip(along).zip(&Self::square(s, &square)) {
                    to[down..down + COLUMNS].copy_from_slice(from);
                }
            }
        }
        columns
    }

    /// A square turned.
    #[inline(always)]
    fn square(s: S, rows: &Square) -> Square {
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
        let mut columns = [[0.0; COLUMNS]; COLUMNS];
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
fn turn(s: pulp::x86::V4, rows: Square) -> [Wide; COLUMNS] {
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

    struct Look<'a, const N: usize>(&'a [Row; N], &'a [u32; WIDEST]);

    impl<const N: usize> WithSimd for Look<'_, N> {
        type Output = [[f64; WIDEST]; COLUMNS];

        #[inline(always)]
        fn with_simd<S: Simd>(self, s: S) -> Self::Output {
            V::columns(s, self.0, self.1).map(V::array)
        }
    }

    /// The eight given, again and again.
    fn again<T: Copy>(list: [T; 8]) -> [T; WIDEST] {
        std::array::from_fn(|i| list[i % 8])
    }

    fn every_lane_of<const N: usize>(index: [u32; 8]) {
        let index = again(index);
        let table: [Row; N] = std::array::from_fn(|r| Row(std::array::from_fn(|k| (100 * r + k) as f64)));
        let look = || Look(&table, &index);
        let (one, wide) = (look().with_simd(Scalar::new()), Arch::new().dispatch(look()));
        for k in 0..COLUMNS {
            for (i, row) in index.iter().enumerate() {
                let want = (100 * (*row as usize % N) + k) as f64;
                // A narrow vector leaves the lanes beyond it empty.
                assert!(wide[k][i] == want || (i >= REGISTERS && wide[k][i] == 0.0), "{k} {i}: {wide:?}");
                assert!(one[k][i] == if i < REGISTERS { want } else { 0.0 }, "{k} {i}: {one:?}");
            }
        }
    }

    #[test]
    fn every_lane_gets_its_own_row_whatever_the_width() {
        every_lane_of::<64>([3, 63, 0, 17, 64, 5, 40, 8]);
        every_lane_of::<1>([3, 63, 0, 17, 64, 5, 40, 8]);
        every_lane_of::<100>([u32::MAX, 99, 100, 101, 199, 200, 0, 1 << 20]);
    }

    struct Turn<'a>(&'a [[f64; WIDEST]; WIDEST]);

    impl WithSimd for Turn<'_> {
        type Output = [[f64; WIDEST]; WIDEST];

        #[inline(always)]
        fn with_simd<S: Simd>(self, s: S) -> Self::Output {
            V::turned(s, self.0)
        }
    }

    #[test]
    fn rows_become_columns() {
        let rows = std::array::from_fn(|i| std::array::from_fn(|k| (100 * i + k) as f64));
        for columns in [Turn(&rows).with_simd(Scalar::new()), Arch::new().dispatch(Turn(&rows))] {
            for (i, row) in rows.iter().enumerate() {
                assert!(row.iter().zip(&columns).all(|(v, column)| column[i] == *v), "{i}: {columns:?}");
            }
        }
    }

    struct Rows<'a>(&'a [[f64; WIDEST]; COLUMNS]);

    impl WithSimd for Rows<'_> {
        type Output = ([Row; WIDEST], usize);

        #[inline(always)]
        fn with_simd<S: Simd>(self, s: S) -> Self::Output {
            (V::rows_of(s, &self.0.each_ref().map(|list| V::load(s, list))), V::<S>::LANES)
        }
    }

    #[test]
    fn columns_become_rows_again() {
        let columns = std::array::from_fn(|k| std::array::from_fn(|i| (100 * i + k) as f64));
        for (rows, lanes) in [Rows(&columns).with_simd(Scalar::new()), Arch::new().dispatch(Rows(&columns))] {
            for (i, row) in rows.iter().enumerate().take(lanes) {
                assert!(row.0.iter().zip(&columns).all(|(v, column)| column[i] == *v), "{i}: {rows:?}");
            }
        }
    }

    struct Quads<'a>(&'a [[f64; WIDEST]; 4]);

    impl WithSimd for Quads<'_> {
        type Output = Option<[[[f64; WIDEST]; 4]; 2]>;

        #[inline(always)]
        fn with_simd<S: Simd>(self, s: S) -> Self::Output {
            let turned = V::quads(s, self.0.map(|list| V::load(s, &list)));
            let back = V::quads(s, turned).map(V::array);
            (V::<S>::LANES == WIDEST).then_some([turned.map(V::array), back])
        }
    }

    #[test]
    fn the_four_figures_of_a_lane_lie_side_by_side_and_turn_back() {
        let four = std::array::from_fn(|k| std::array::from_fn(|i| (100 * i + k) as f64));
        // Only where a register has eight lanes.
        let Some([turned, back]) = Arch::new().dispatch(Quads(&four)) else { return };
        assert_eq!(back, four);
        for (i, figures) in turned.as_flattened().chunks(4).enumerate() {
            let want: Vec<f64> = four.iter().map(|list| list[quad_lane(i)]).collect();
            assert_eq!(figures, want, "{i}");
        }
    }

    struct Leading<'a>(&'a [f64; WIDEST], u32);

    impl WithSimd for Leading<'_> {
        type Output = [u32; WIDEST];

        #[inline(always)]
        fn with_simd<S: Simd>(self, s: S) -> Self::Output {
            V::load(s, self.0).leading(self.1)
        }
    }

    #[test]
    fn the_leading_bits_cut_each_doubling_alike() {
        let input = again([1.0, 1.0 + 1.0 / 32.0, 2.0, 0.5, 1.9999, 1e-12, 0.0, 3.0]);
        let one = V::splat(Scalar::new(), 1.0).leading(47)[0];
        let wide = Arch::new().dispatch(Leading(&input, 47));
        let steps = [0, 1, 32, -32, 31];
        for (i, step) in steps.into_iter().enumerate() {
            assert!(wide[i] == one.wrapping_add_signed(step) || (i > 0 && wide[i] == 0), "{i}: {wide:?}");
        }
        for (i, (x, key)) in input.iter().zip(wide).enumerate() {
            assert!(key == (x.to_bits() >> 47) as u32 || (i > 0 && key == 0), "{x}: {key}");
        }
    }
}
