//! Normal and critical depths of the fast numerics (正常水深与临界水深): what SWMM's searches find, kept
//! as functions of the flow in ratios of the section's own, so that all sizes of a shape share them.

use super::blocks::Fixed;
use super::knots::Knots;
use super::pieces::Pieces;
use crate::section::{Section, Shape};
use crate::units::GRAVITY;

/// How near the kept normal depth is to the one SWMM seeks, in full depths; its own search is not surer.
const NEAR: f64 = 1.0e-8;
/// Cells a doubling of the flow of a single section, as a power of two, at the least.
const BITS: u32 = 3;
/// Steps of SWMM's tables of section factors.
const STEPS: i32 = 50;

/// A depth over the full depth, by a flow.
#[derive(Debug, Clone)]
enum Kept {
    /// Of shapes that many conduits share.
    Rows(Pieces),
    /// Of a single section.
    Cells(Knots),
}

impl Kept {
    /// `f` up to `high`, and `beyond` above; it may break at `knots`.
    fn of(shape: Shape, high: f64, beyond: f64, knots: &[f64], f: impl Fn(f64) -> f64) -> Self {
        if Depths::are_shared(shape) {
            return Self::Rows(Pieces::of(high, beyond, knots, NEAR, f));
        }
        Self::Cells(Knots::of(high, beyond, knots, BITS, NEAR, f))
    }

    #[inline]
    fn at(&self, x: f64) -> Option<f64> {
        match self {
            Self::Rows(p) => p.at(x),
            Self::Cells(k) => k.at(x),
        }
    }
}

/// Normal and critical depth over the full depth, of a section.
#[derive(Debug, Clone)]
pub(crate) struct Depths {
    /// By section factor / full.
    normal: Kept,
    /// By flow / critical scale; where SWMM has a formula or a search that hangs on its start, none.
    critical: Option<Kept>,
}

/// Critical flow of unit ratios, ft³/s.
pub(crate) fn critical_scale(x: &Section) -> f64 {
    if x.w_max <= 0.0 { 1.0 } else { x.a_full * (GRAVITY * x.a_full / x.w_max).sqrt() }
}

impl Depths {
    pub(crate) fn of(x: &Section) -> Self {
        let mut knots: Vec<f64> = (1..STEPS)
            .map(|i| x.factor_of_area(f64::from(i) / f64::from(STEPS) * x.a_full) / x.s_full)
            .collect();
        // Where SWMM takes a round section for nearly dry, and for full.
        knots.extend([0.015, 1.0]);
        let normal = |psi: f64| x.depth_of_area(x.area_of_factor(psi * x.s_full)) / x.y_full;
        let scale = critical_scale(x);
        let critical = x.critical_knots().map(|flows| {
            let knots: Vec<f64> = flows.iter().map(|q| q / scale).collect();
            let most = knots.last().copied().unwrap_or(1.0);
            Kept::of(x.shape, most, 1.0, &knots, |r| x.critical_depth(r * scale) / x.y_full)
        });
        let most = x.s_max / x.s_full;
        Self { normal: Kept::of(x.shape, most, normal(most), &knots, normal), critical }
    }

    /// Both as rows, where the shape has them.
    #[inline]
    pub(crate) const fn rows(&self) -> Option<[&Pieces; 2]> {
        match self {
            Self { normal: Kept::Rows(n), critical: Some(Kept::Rows(c)) } => Some([n, c]),
            _ => None,
        }
    }

    /// True for shapes of which all sizes are alike.
    pub(crate) const fn are_shared(shape: Shape) -> bool {
        matches!(shape, Shape::Circular | Shape::Egg | Shape::Horseshoe)
    }

    /// Normal and critical depth (ft) of flow `q` a barrel in the conduit of lane `i`.
    #[inline]
    pub(crate) fn at(&self, x: &Section, f: &Fixed, i: usize, q: f64) -> (f64, f64) {
        let of = |list: &[f64]| list.get(i).copied().unwrap_or(0.0);
        let (beta, q_max, y_full) = (of(&f.beta), of(&f.q_max), of(&f.y_full));
        let least = if q > q_max { q_max } else { q };
        let normal = match self.normal.at(least * of(&f.per_s_beta)) {
            Some(ratio) => ratio * y_full,
            None => normal_depth(x, beta, q_max, q),
        };
        let r = q * of(&f.per_q_crit);
        let critical = self.critical.as_ref().and_then(|k| k.at(r));
        let critical = critical.map_or_else(|| x.critical_depth(q), |ratio| ratio * y_full);
        (normal, critical)
    }
}

/// Normal depth of a flow as SWMM finds it.
pub(crate) fn normal_depth(x: &crate::section::Section, beta: f64, q_max: f64, q: f64) -> f64 {
    let q = q.abs();
    let q = if q > q_max { q_max } else { q };
    if q <= 0.0 {
        return 0.0;
    }
    x.depth_of_area(x.area_of_factor(q / beta))
}
