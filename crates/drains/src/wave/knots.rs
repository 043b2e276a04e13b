//! A function of a flow in pieces (分段函数): SWMM's normal and critical depths are straight between the
//! knots of its tables and smooth elsewhere, so that parabolas between the right knots give them back to
//! about the last digits, without their search.
#![expect(clippy::indexing_slicing, reason = "cells and keys are counted when they are made")]

/// Doublings of the argument that are kept, down from the greatest: a ten-thousandth of the full depth.
const OCTAVES: i32 = 36;
/// Halvings of a cell where a parabola is not near enough: knots nobody named.
const HALVINGS: u32 = 12;
/// More cells are not made: 128 KiB.
const CELLS_MAX: usize = 4096;

/// From `from` on: c0 + c1·t + c2·t², t from there.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Cell {
    from: f64,
    c: [f64; 3],
}

/// A function of positive numbers.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Knots {
    cells: Vec<Cell>,
    /// The cell in which each key begins; keys are the leading bits of a number.
    first: Vec<u16>,
    shift: u32,
    low_key: usize,
    low: f64,
    high: f64,
    beyond: f64,
}

impl Knots {
    /// `f` up to `high`, near to `tolerance`, and `beyond` above; it may break at `knots` (any order). A
    /// doubling of the argument has at least `2^bits` cells.
    pub(crate) fn of(
        high: f64,
        beyond: f64,
        knots: &[f64],
        bits: u32,
        tolerance: f64,
        f: impl Fn(f64) -> f64,
    ) -> Self {
        let shift = 52 - bits;
        let low = high * 2.0_f64.powi(-OCTAVES);
        let low_key = (low.to_bits() >> shift) as usize;
        let high_key = (high.to_bits() >> shift) as usize;
        let starts: Vec<f64> = (low_key..=high_key).map(|k| f64::from_bits((k as u64) << shift)).collect();
        let inside = knots.iter().copied().filter(|k| *k > low && *k < high);
        let mut bounds: Vec<f64> = starts.iter().copied().chain(inside).filter(|b| *b < high).collect();
        bounds.push(high);
        bounds.sort_by(f64::total_cmp);
        bounds.dedup_by(|b, a| *b - *a <= 1.0e-13 * high);
        let mut cells = Vec::new();
        for pair in bounds.windows(2) {
            fill(&mut cells, pair[0], pair[1], HALVINGS, tolerance, &f);
        }
        let place = |at: f64| cells.partition_point(|c: &Cell| c.from <= at).saturating_sub(1) as u16;
        let first = starts.iter().map(|s| place(*s)).collect();
        Self { first, shift, low_key, low, high, beyond, cells }
    }

    /// The value at `x`; `None` below what is kept.
    #[inline]
    pub(crate) fn at(&self, x: f64) -> Option<f64> {
        if x > self.high {
            return Some(self.beyond);
        }
        if x < self.low {
            return None;
        }
        let key = (x.to_bits() >> self.shift) as usize - self.low_key;
        let mut i = usize::from(*self.first.get(key)?);
        while let Some(next) = self.cells.get(i + 1)
            && next.from <= x
        {
            i += 1;
        }
        let cell = self.cells.get(i)?;
        let t = x - cell.from;
        Some(cell.c[0] + t * (cell.c[1] + t * cell.c[2]))
    }
}

/// A parabola through a function at both ends and in the middle of an interval.
pub(super) struct Parabola {
    from: f64,
    width: f64,
    /// In shares of the interval.
    c: [f64; 3],
}

impl Parabola {
    pub(super) fn of(a: f64, b: f64, f: &impl Fn(f64) -> f64) -> Self {
        let mut p = Self { from: a, width: b - a, c: [0.0; 3] };
        let [first, middle, last] = [0.0, 0.5, 1.0].map(|t| f(p.place(t)));
        let bent = 2.0 * (first + last) - 4.0 * middle;
        p.c = [first, last - first - bent, bent];
        p
    }

    /// Where the share `t` of the interval ends; a step at an end belongs to the neighbour.
    fn place(&self, t: f64) -> f64 {
        self.from + self.width * t.clamp(1.0e-9, 1.0 - 1.0e-9)
    }

    /// True where it is within `tolerance` of `f` at some places between.
    pub(super) fn is_near(&self, tolerance: f64, f: &impl Fn(f64) -> f64) -> bool {
        let [first, rise, bent] = self.c;
        let value = |t: f64| first + t * (rise + t * bent);
        [0.1, 0.25, 0.75, 0.9].iter().all(|t| (value(*t) - f(self.place(*t))).abs() <= tolerance)
    }

    /// Its coefficients by the distance from its beginning.
    pub(super) fn about_start(&self) -> [f64; 3] {
        let [first, rise, bent] = self.c;
        [first, rise / self.width, bent / (self.width * self.width)]
    }

    /// Its coefficients by the distance from its end, which is not positive.
    pub(super) fn about_end(&self) -> [f64; 3] {
        let [first, rise, bent] = self.c;
        [first + rise + bent, (rise + 2.0 * bent) / self.width, bent / (self.width * self.width)]
    }
}

/// Cells from `a` to `b`, halved until a parabola is near enough.
fn fill(cells: &mut Vec<Cell>, a: f64, b: f64, halvings: u32, tolerance: f64, f: &impl Fn(f64) -> f64) {
    let parabola = Parabola::of(a, b, f);
    if parabola.is_near(tolerance, f) || halvings == 0 || cells.len() >= CELLS_MAX {
        cells.push(Cell { from: a, c: parabola.about_start() });
        return;
    }
    let middle = a + 0.5 * (b - a);
    fill(cells, a, middle, halvings - 1, tolerance, f);
    fill(cells, middle, b, halvings - 1, tolerance, f);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_with_steps_and_knots_comes_back() {
        let f = |x: f64| if x < 0.3 { x.sqrt() } else { 2.0 + x };
        let knots = Knots::of(1.7, 3.7, &[0.3], 3, 1.0e-9, f);
        for x in [1e-9, 1e-4, 0.01, 0.29999, 0.3, 0.300001, 1.0, 1.2345, 1.69, 1.7] {
            let got = knots.at(x).unwrap_or(f64::NAN);
            assert!((got - f(x)).abs() < 2.0e-8, "{x}: {got} is not {}", f(x));
        }
        assert_eq!(knots.at(2.0), Some(3.7));
        assert_eq!(knots.at(1e-12), None);
        assert_eq!(knots.at(0.0), None);
    }
}
