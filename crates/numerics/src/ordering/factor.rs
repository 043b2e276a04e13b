//! The pattern of `L·D·Lᵀ` and its numeric factorisation (分解): every target of every update is
//! known beforehand, so the inner loop only multiplies and subtracts.
//!
//! The matrices are those of networks: what stands on the diagonal is the sum of a row's conductances to
//! its neighbours and to the ground. The ground is kept instead of the diagonal, so that nothing is lost
//! where conductances of 1e7 meet a ground of 1e-8 (Grassmann, Taksar and Heyman 1985): a pivot is a sum
//! of what is left, never the difference of two large figures.

use super::degree;

/// The pattern (稀疏结构) of a symmetric matrix, ordered once. Rows are numbered in the order of
/// elimination: keep the unknowns in that order and no permutation is needed while solving.
#[derive(Debug, Clone)]
pub struct Pattern {
    /// Row of each node as the caller numbers them.
    row_of: Vec<u32>,
    /// Node of each row.
    node_of: Vec<u32>,
    /// Where each column begins in `rows`.
    starts: Vec<u32>,
    /// Row of each entry below the diagonal.
    rows: Vec<u32>,
    /// For every pair of entries of a column, in order: the entry it updates.
    targets: Vec<u32>,
}

/// A pivot that is not positive (奇异): the row at which each lane first failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Singular<const N: usize>(pub [Option<u32>; N]);

impl Pattern {
    /// Orders and analyses the matrix of `n` nodes whose off-diagonal entries are `edges`.
    #[must_use]
    #[expect(clippy::indexing_slicing, reason = "every index is a node below n")]
    pub fn new(n: usize, edges: &[(u32, u32)]) -> Self {
        let elimination = degree::eliminate(n, edges);
        let node_of = elimination.order;
        let mut row_of = vec![0u32; n];
        for (row, &node) in (0u32..).zip(&node_of) {
            row_of[node as usize] = row;
        }
        let mut starts = vec![0u32];
        let mut rows = Vec::new();
        for &node in &node_of {
            let mut column: Vec<u32> =
                elimination.columns[node as usize].iter().map(|&w| row_of[w as usize]).collect();
            column.sort_unstable();
            rows.extend(column);
            starts.push(u32::try_from(rows.len()).unwrap_or(u32::MAX));
        }
        let mut pattern = Self { row_of, node_of, starts, rows, targets: Vec::new() };
        pattern.targets = pattern.find_targets();
        pattern
    }

    #[expect(clippy::indexing_slicing, reason = "columns are closed under elimination")]
    fn find_targets(&self) -> Vec<u32> {
        let mut targets = Vec::new();
        for j in 0..self.size() {
            let column = &self.rows[self.column(j)];
            for (a, &ra) in column.iter().enumerate() {
                for &rb in &column[a + 1..] {
                    targets.push(self.entry(ra, rb).unwrap_or(0));
                }
            }
        }
        targets
    }

    #[expect(clippy::indexing_slicing, reason = "j is a row below n; starts has n + 1 entries")]
    fn column(&self, j: usize) -> std::ops::Range<usize> {
        self.starts[j] as usize..self.starts[j + 1] as usize
    }

    /// Number of unknowns.
    #[must_use]
    pub fn size(&self) -> usize {
        self.row_of.len()
    }

    /// Number of entries below the diagonal, fill included.
    #[must_use]
    pub fn entries(&self) -> usize {
        self.rows.len()
    }

    /// Number of updates of entries below the diagonal in one factorisation.
    #[must_use]
    pub fn updates(&self) -> usize {
        self.targets.len()
    }

    /// The row of each node.
    #[must_use]
    pub fn rows_of_nodes(&self) -> &[u32] {
        &self.row_of
    }

    /// The node of each row.
    #[must_use]
    pub fn nodes_of_rows(&self) -> &[u32] {
        &self.node_of
    }

    /// Where the value of rows `a` and `b` is kept, if the pattern has it.
    #[must_use]
    pub fn entry(&self, a: u32, b: u32) -> Option<u32> {
        let (low, high) = if a < b { (a, b) } else { (b, a) };
        let range = self.column(low as usize);
        let start = range.start;
        let found = self.rows.get(range)?.binary_search(&high).ok()?;
        u32::try_from(start + found).ok()
    }

    /// Solves `A·x = b` in `N` lanes at once. On entry `ground` holds the sums of the matrix's rows, `lower` its
    /// off-diagonal entries and `x` the right-hand side; on return `x` holds the solution and the others are spent.
    ///
    /// # Errors
    /// [`Singular`] names for each lane the first row whose pivot was not positive; the lanes that
    /// met none are solved all the same.
    #[expect(
        clippy::indexing_slicing,
        reason = "all indices come from the pattern; lengths are checked above"
    )]
    #[inline(always)]
    pub fn solve<const N: usize>(
        &self,
        ground: &mut [[f64; N]],
        lower: &mut [[f64; N]],
        x: &mut [[f64; N]],
    ) -> Result<(), Singular<N>> {
        let n = self.size();
        let (ground, x) = (&mut ground[..n], &mut x[..n]);
        let lower = &mut lower[..self.rows.len()];
        let mut failed: [Option<u32>; N] = [None; N];
        let mut any = false;
        let mut targets = self.targets.as_slice();
        let mut begin = 0usize;
        for j in 0..n {
            let end = self.starts[j + 1] as usize;
            let (rows, left) = (&self.rows[begin..end], ground[j]);
            let mut pivot = left;
            for value in &lower[begin..end] {
                for l in 0..N {
                    pivot[l] -= value[l];
                }
            }
            let mut inverse = [0.0; N];
            for l in 0..N {
                if pivot[l].is_nan() || pivot[l] <= 0.0 {
                    any = true;
                    failed[l] = failed[l].or(u32::try_from(j).ok());
                }
                inverse[l] = 1.0 / pivot[l];
            }
            ground[j] = inverse;
            let xj = x[j];
            // Most columns of a pipe network have one or two entries: no loop for them.
            match *rows {
                [only] => {
                    let value = lower[begin];
                    lower[begin] = reduce(ground, x, only, &value, &inverse, &left, &xj);
                }
                [first, second] => {
                    let (value, other) = (lower[begin], lower[begin + 1]);
                    let factor = reduce(ground, x, first, &value, &inverse, &left, &xj);
                    let target = &mut lower[targets[0] as usize];
                    targets = &targets[1..];
                    for l in 0..N {
                        target[l] -= factor[l] * other[l];
                    }
                    lower[begin] = factor;
                    lower[begin + 1] = reduce(ground, x, second, &other, &inverse, &left, &xj);
                }
                _ => {
                    let (_, rest) = lower.split_at_mut(begin);
                    let (column, beyond) = rest.split_at_mut(end - begin);
                    for a in 0..rows.len() {
                        let value = column[a];
                        let factor = reduce(ground, x, rows[a], &value, &inverse, &left, &xj);
                        let (now, later) = targets.split_at(rows.len() - a - 1);
                        targets = later;
                        for (&t, other) in now.iter().zip(&column[a + 1..]) {
                            let target = &mut beyond[t as usize - end];
                            for l in 0..N {
                                target[l] -= factor[l] * other[l];
                            }
                        }
                        column[a] = factor;
                    }
                }
            }
            begin = end;
        }
        self.substitute_back(ground, lower, x);
        if any { Err(Singular(failed)) } else { Ok(()) }
    }

    #[expect(clippy::indexing_slicing, reason = "all indices come from the pattern")]
    #[inline(always)]
    fn substitute_back<const N: usize>(&self, inverse: &[[f64; N]], lower: &[[f64; N]], x: &mut [[f64; N]]) {
        let mut end = self.rows.len();
        for j in (0..self.size()).rev() {
            let begin = self.starts[j] as usize;
            let mut value = x[j];
            for l in 0..N {
                value[l] *= inverse[j][l];
            }
            for (factor, &row) in lower[begin..end].iter().zip(&self.rows[begin..end]) {
                let other = &x[row as usize];
                for l in 0..N {
                    value[l] -= factor[l] * other[l];
                }
            }
            x[j] = value;
            end = begin;
        }
    }
}

/// Takes one entry of a column out of the ground and the right-hand side of its row; gives its factor.
#[expect(clippy::indexing_slicing, reason = "row comes from the pattern")]
#[inline(always)]
fn reduce<const N: usize>(
    ground: &mut [[f64; N]],
    x: &mut [[f64; N]],
    row: u32,
    value: &[f64; N],
    inverse: &[f64; N],
    left: &[f64; N],
    xj: &[f64; N],
) -> [f64; N] {
    let row = row as usize;
    let mut factor = [0.0; N];
    for l in 0..N {
        factor[l] = value[l] * inverse[l];
    }
    let (g, xr) = (&mut ground[row], &mut x[row]);
    for l in 0..N {
        g[l] -= factor[l] * left[l];
        xr[l] -= factor[l] * xj[l];
    }
    factor
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A grid of `side` × `side` nodes with one lane of weights; returns the worst residual.
    fn residual(side: u32) -> f64 {
        let n = (side * side) as usize;
        let mut edges = Vec::new();
        for r in 0..side {
            for c in 0..side {
                let at = r * side + c;
                if c + 1 < side {
                    edges.push((at, at + 1));
                }
                if r + 1 < side {
                    edges.push((at, at + side));
                }
            }
        }
        let pattern = Pattern::new(n, &edges);
        let row = pattern.rows_of_nodes().to_vec();
        let ground = [1e-3, 2.0];
        let mut rest = vec![ground; n];
        let mut lower = vec![[0.0; 2]; pattern.entries()];
        let weight = |i: usize| [1.0 + (i % 7) as f64, 0.5 + (i % 3) as f64];
        for (i, &(a, b)) in edges.iter().enumerate() {
            let (ra, rb) = (row[a as usize], row[b as usize]);
            let w = weight(i);
            for l in 0..2 {
                lower[pattern.entry(ra, rb).unwrap() as usize][l] -= w[l];
            }
        }
        let right: Vec<[f64; 2]> = (0..n).map(|i| [(i % 5) as f64, 1.0]).collect();
        let mut x = right.clone();
        pattern.solve(&mut rest, &mut lower, &mut x).unwrap();
        let mut left: Vec<[f64; 2]> = x.iter().map(|x| [ground[0] * x[0], ground[1] * x[1]]).collect();
        for (i, &(a, b)) in edges.iter().enumerate() {
            let (ra, rb) = (row[a as usize] as usize, row[b as usize] as usize);
            let w = weight(i);
            for l in 0..2 {
                left[ra][l] += w[l] * (x[ra][l] - x[rb][l]);
                left[rb][l] += w[l] * (x[rb][l] - x[ra][l]);
            }
        }
        left.iter()
            .zip(&right)
            .flat_map(|(a, b)| [(a[0] - b[0]).abs(), (a[1] - b[1]).abs()])
            .fold(0.0, f64::max)
    }

    #[test]
    fn a_grid_is_solved_in_every_lane() {
        for side in [1, 2, 5, 30] {
            let worst = residual(side);
            assert!(worst < 1e-7, "side {side}: residual {worst}");
        }
    }

    #[test]
    fn a_tree_fills_nothing_in() {
        let edges: Vec<(u32, u32)> = (1..200).map(|i| (i / 2, i)).collect();
        let pattern = Pattern::new(200, &edges);
        assert_eq!((pattern.entries(), pattern.updates()), (199, 0));
    }

    #[test]
    fn a_pivot_that_is_not_positive_is_named() {
        let pattern = Pattern::new(2, &[(0, 1)]);
        let mut ground = vec![[0.0], [0.0]];
        let mut lower = vec![[-1.0]];
        let mut x = vec![[1.0], [1.0]];
        let Err(Singular([Some(row)])) = pattern.solve(&mut ground, &mut lower, &mut x) else {
            panic!("a singular matrix was solved");
        };
        assert_eq!(row, 1);
    }

    /// A comb of conductances of 1e7 and of 1 that only 1e-8 joins to the ground: the heads differ from demand
    /// over ground by what flows along the comb alone.
    #[test]
    fn a_ground_of_nearly_nothing_is_not_lost_beside_large_conductances() {
        for teeth in 1u32..80 {
            let n = 2 * teeth;
            let edges: Vec<(u32, u32)> = (0..teeth)
                .flat_map(|i| [(i, teeth + i), (i, (i + 1).min(teeth - 1))])
                .filter(|e| e.0 != e.1)
                .collect();
            let pattern = Pattern::new(n as usize, &edges);
            let row = |node: u32| pattern.rows_of_nodes()[node as usize];
            let mut ground = vec![[0.0]; n as usize];
            ground[row(0) as usize] = [1e-8];
            let mut lower = vec![[0.0]; pattern.entries()];
            for &(a, b) in &edges {
                lower[pattern.entry(row(a), row(b)).unwrap() as usize] =
                    [if b >= teeth { -1.852e7 } else { -1.3 }];
            }
            let mut x = vec![[1.0]; n as usize];
            pattern.solve(&mut ground, &mut lower, &mut x).unwrap();
            let wanted = f64::from(n) * 1e8;
            for x in &x {
                assert!((x[0] / wanted - 1.0).abs() < 1e-4, "{teeth} teeth: {} of {wanted}", x[0]);
            }
        }
    }
}
