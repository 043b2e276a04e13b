//! Fast geometry (快速几何): a shape's tables in rows, so that one place in them gives area, width and
//! radius.
#![expect(clippy::indexing_slicing, reason = "cells are clamped to the table just before")]

use numerics::lanes::{COLUMNS, M, Row, Simd, V};

use crate::section::{Section, Shape};

/// Rows of a table: a power of two, more than SWMM's tables have cells.
const ROWS: usize = 64;

/// Area, top width, top width below the crown cut-off and hydraulic radius, as ratios of the greatest.
#[derive(Clone, Copy)]
pub(crate) struct Sample<S: Simd> {
    pub(crate) area: V<S>,
    pub(crate) width: V<S>,
    pub(crate) cut_width: V<S>,
    pub(crate) radius: V<S>,
}

/// SWMM's tables of a shape: linear in equal cells, parabolas in the first two.
#[derive(Debug, Clone)]
struct Rows {
    /// Area, width and radius at the beginning of a cell and what they gain in it.
    rows: Box<[Row; ROWS]>,
    cells: f64,
    /// Second-order terms of the first two cells.
    bent: [[f64; 3]; 2],
    /// Cells below the crown cut-off, and the width there.
    cut: f64,
    cut_width: f64,
}

impl Rows {
    fn of(x: &Section, n: usize, cutoff: f64) -> Self {
        let f = |t: f64| {
            let y = t / n as f64 * x.y_full;
            [x.area(y) / x.a_full, x.width(y) / x.w_max, x.radius(y) / x.r_full]
        };
        let mut rows = Box::new([Row::default(); ROWS]);
        let mut bent = [[0.0; 3]; 2];
        for i in 0..n {
            let at = i as f64;
            let (a, m, b) = (f(at + 1.0e-9), f(at + 0.5), f(at + 1.0 - 1.0e-9));
            for k in 0..3 {
                let second = if i < 2 { 2.0 * (a[k] + b[k]) - 4.0 * m[k] } else { 0.0 };
                if i < 2 {
                    bent[i][k] = second;
                }
                rows[i].0[2 * k] = a[k];
                rows[i].0[2 * k + 1] = b[k] - a[k] - second;
            }
        }
        let full = f(n as f64);
        for row in &mut rows[n..] {
            *row = Row([full[0], 0.0, full[1], 0.0, full[2], 0.0, 0.0, 0.0]);
        }
        let cut = cutoff * n as f64;
        Self { rows, cells: n as f64, bent, cut, cut_width: f(cut)[1] }
    }

    #[inline(always)]
    fn at<S: Simd>(&self, ratio: V<S>) -> Sample<S> {
        let t = (ratio * ratio.c(self.cells)).min(ratio.c(self.cells));
        let (floor, index) = t.cell();
        let u = t - floor;
        let columns = V::columns(ratio.0, &self.rows, &index);
        let bends = [floor.lt(u.c(0.5)), floor.lt(u.c(1.5))];
        let width = self.value(u, bends, &columns, 1);
        Sample {
            area: self.value(u, bends, &columns, 0),
            width,
            cut_width: t.ge(u.c(self.cut)).select(u.c(self.cut_width), width),
            radius: self.value(u, bends, &columns, 2),
        }
    }

    /// A ratio within its cell. Not a closure: its instructions would not be compiled into the kernel.
    #[inline(always)]
    fn value<S: Simd>(&self, u: V<S>, bends: [M<S>; 2], columns: &[V<S>; COLUMNS], k: usize) -> V<S> {
        let bent = bends[1].select(u.c(self.bent[1][k]), u.c(0.0));
        let bent = bends[0].select(u.c(self.bent[0][k]), bent);
        u.fused(u.fused(bent, columns[2 * k + 1]), columns[2 * k])
    }
}

/// A shape's tables.
#[derive(Debug, Clone)]
pub(crate) struct Tabled {
    rows: Rows,
}

impl Tabled {
    /// The tables of a shape whose geometry scales with its size, if it is one; `cutoff` is the share
    /// of the full depth above which the width is kept.
    pub(crate) fn of(x: &Section, cutoff: f64) -> Option<Self> {
        Some(Self { rows: Rows::of(x, Self::steps(x.shape)?, cutoff) })
    }

    /// Cells of SWMM's tables of a shape.
    const fn steps(shape: Shape) -> Option<usize> {
        match shape {
            Shape::Circular => Some(50),
            Shape::Egg | Shape::Horseshoe | Shape::HorizEllipse | Shape::VertEllipse | Shape::Arch => {
                Some(25)
            }
            _ => None,
        }
    }

    /// The geometry at depth / full depth.
    #[inline(always)]
    pub(crate) fn at<S: Simd>(&self, ratio: V<S>) -> Sample<S> {
        self.rows.at(ratio)
    }
}
