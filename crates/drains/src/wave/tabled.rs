//! Fast geometry (快速几何): a shape's tables as polynomials of each cell, and its normal and critical
//! depths tabulated over the fourth root of flow, where they are smooth down to nothing.
#![expect(clippy::indexing_slicing, reason = "cells are clamped to the table just before")]

use numerics::lanes::{Simd, V};

use crate::section::{Section, Shape};
use crate::units::GRAVITY;

/// Cells of the depth tables: fewer err at low flow.
const CELLS: usize = 2048;

/// A table of equal cells: value = c0 + u·(c1 + u·c2), u from 0 to 1 in the cell.
#[derive(Debug, Clone)]
pub(crate) struct Cells {
    cells: Vec<[f64; 4]>,
    last: f64,
}

impl Cells {
    /// Samples a function that is SWMM's interpolation of `n` equal steps.
    fn of(n: usize, f: impl Fn(f64) -> f64) -> Self {
        let h = 1.0 / n as f64;
        let cells = (0..n)
            .map(|i| {
                let x = |u: f64| (i as f64 + u) * h;
                let (a, m, b) = (f(x(1.0e-9)), f(x(0.5)), f(x(1.0 - 1.0e-9)));
                let c2 = if i < 2 { 2.0 * (a + b) - 4.0 * m } else { 0.0 };
                [a, b - a - c2, c2, 0.0]
            })
            .collect();
        Self { cells, last: f(1.0) }
    }

    /// Linear between samples of `f` at `n` cells.
    fn linear(n: usize, f: impl Fn(f64) -> f64) -> Self {
        let at = |i: usize| f(i as f64 / n as f64);
        let cells = (0..n).map(|i| [at(i), at(i + 1) - at(i), 0.0, 0.0]).collect();
        Self { cells, last: at(n) }
    }

    #[inline(always)]
    pub(crate) fn at<S: Simd>(&self, x: V<S>) -> V<S> {
        let n = self.cells.len();
        x.map(|_, x| {
            let x = x * n as f64;
            let i = x as usize;
            if i >= n {
                return self.last;
            }
            let [c0, c1, c2, _] = self.cells[i];
            let u = x - i as f64;
            c0 + u * (c1 + u * c2)
        })
    }
}

/// A shape's tables.
#[derive(Debug, Clone)]
pub(crate) struct Tabled {
    pub(crate) area: Cells,
    pub(crate) width: Cells,
    pub(crate) radius: Cells,
    normal: Cells,
    critical: Cells,
    psi_max: f64,
    crit_max: f64,
}

/// Critical flow of unit ratios, ft³/s.
pub(crate) fn critical_scale(x: &Section) -> f64 {
    if x.w_max <= 0.0 { 1.0 } else { x.a_full * (GRAVITY * x.a_full / x.w_max).sqrt() }
}

impl Tabled {
    /// The tables of a shape whose geometry scales with its size, if it is one.
    pub(crate) fn of(x: &Section) -> Option<Self> {
        let steps = match x.shape {
            Shape::Circular => 50,
            Shape::Egg | Shape::Horseshoe | Shape::HorizEllipse | Shape::VertEllipse | Shape::Arch => 25,
            _ => return None,
        };
        let psi_max = x.s_max / x.s_full;
        // Beyond the last interval with a width, SWMM's critical depth is the full depth.
        let scale = critical_scale(x);
        let crit_max =
            (1..25).map(|i| x.critical_flow(x.y_full * f64::from(i) / 25.0, 0.0)).fold(0.0, f64::max) / scale;
        let fourth = |v: f64| v * v * v * v;
        Some(Self {
            area: Cells::of(steps, |n| x.area(n * x.y_full) / x.a_full),
            width: Cells::of(steps, |n| x.width(n * x.y_full) / x.w_max),
            radius: Cells::of(steps, |n| x.radius(n * x.y_full) / x.r_full),
            normal: Cells::linear(CELLS, |v| {
                x.depth_of_area(x.area_of_factor(fourth(v) * psi_max * x.s_full)) / x.y_full
            }),
            critical: Cells::linear(CELLS, |v| x.critical_depth(fourth(v) * crit_max * scale) / x.y_full),
            psi_max,
            crit_max,
        })
    }

    /// Normal depth / full depth at section factor / full.
    #[inline(always)]
    pub(crate) fn normal<S: Simd>(&self, psi: V<S>) -> V<S> {
        self.normal.at((psi / psi.c(self.psi_max)).sqrt().sqrt())
    }

    /// Critical depth / full depth at flow / critical scale.
    #[inline(always)]
    pub(crate) fn critical<S: Simd>(&self, q: V<S>) -> V<S> {
        let r = q / q.c(self.crit_max);
        r.gt(r.c(1.0)).select(r.c(1.0), self.critical.at(r.sqrt().sqrt()))
    }
}
