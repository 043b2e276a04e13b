//! Reading the geometry tables (查表): SWMM's own interpolation, order of operations included.
#![expect(clippy::indexing_slicing, reason = "indices are bounded by the table's length just before")]

/// Value at `x` in a table of equal steps from 0 to 1: linear, quadratic in the first two cells.
#[inline]
pub(crate) fn lookup(x: f64, table: &[f64]) -> f64 {
    let n = table.len();
    let delta = 1.0 / (n as f64 - 1.0);
    let i = (x / delta) as usize;
    if i >= n - 1 {
        return table[n - 1];
    }
    let x0 = i as f64 * delta;
    let x1 = (i as f64 + 1.0) * delta;
    let mut y = table[i] + (x - x0) * (table[i + 1] - table[i]) / delta;
    if i < 2 {
        let y2 =
            y + (x - x0) * (x - x1) / (delta * delta) * (table[i] / 2.0 - table[i + 1] + table[i + 2] / 2.0);
        if y2 > 0.0 {
            y = y2;
        }
    }
    if y < 0.0 { 0.0 } else { y }
}

/// The other way round: where the table takes the value `y` (the last two steps may fall).
pub(crate) fn inverse(y: f64, table: &[f64]) -> f64 {
    let items = table.len();
    let dx = 1.0 / (items as f64 - 1.0);
    let mut n = items;
    if table[n - 3] > table[n - 1] {
        n -= 2;
    }
    let i = if n < items && y > table[items - 1] {
        if y >= table[items - 3] {
            return (n as f64 - 1.0) * dx;
        }
        if y <= table[items - 2] { items - 2 } else { items - 3 }
    } else {
        locate(y, table, n - 1)
    };
    // In the falling part SWMM's own test sends every cell to the place of the maximum.
    if i >= n - 1 {
        return (n as f64 - 1.0) * dx;
    }
    let x0 = i as f64 * dx;
    let dy = table[i + 1] - table[i];
    let x = if dy == 0.0 { x0 } else { x0 + (y - table[i]) * dx / dy };
    x.clamp(0.0, 1.0)
}

fn locate(y: f64, table: &[f64], last: usize) -> usize {
    if y <= table[0] {
        return 0;
    }
    if y >= table[last] {
        return last;
    }
    let (mut lo, mut hi) = (0, last);
    while hi - lo > 1 {
        let mid = (lo + hi) >> 1;
        if y >= table[mid] {
            lo = mid;
        } else {
            hi = mid;
        }
    }
    lo
}
