//! Geometry in lanes (断面几何): SWMM's own section by section in the exact numerics, tables and
//! formulas a vector at a time in the fast ones.
#![expect(clippy::indexing_slicing, reason = "slots are walked in whole vectors")]

use numerics::lanes::{M, Simd, V, WIDEST};

use super::blocks::Geometry;
use super::conduit::Kernel;
use super::depths::Depths;
use super::depths::normal_depth;
use crate::section::Section;
use crate::units::{FUDGE, GRAVITY};

/// What the momentum equation asks of one depth.
#[derive(Clone, Copy)]
pub(crate) struct Water<S: Simd> {
    pub(crate) area: V<S>,
    /// Top width, above the crown cut-off the one there.
    pub(crate) width: V<S>,
    pub(crate) radius: V<S>,
    /// Top width as it is.
    pub(crate) true_width: V<S>,
}

impl<S: Simd, const EXACT: bool, const ABREAST: bool, const PIPES: bool>
    Kernel<'_, S, EXACT, ABREAST, PIPES>
{
    /// `f` of the section of every lane.
    #[inline(always)]
    fn each(&self, v: V<S>, f: impl Fn(&Section, f64) -> f64) -> V<S> {
        v.map(|i, x| f(&self.b.section[self.slot(i)], x))
    }

    /// Everything at depth `y`.
    #[inline(always)]
    pub(super) fn water(&self, y: V<S>) -> Water<S> {
        if !EXACT && !self.slot_method() {
            match &self.g.geometry {
                Geometry::Tabled(t) => {
                    let s = t.at(y * self.of(&self.f.per_y_full));
                    let w_max = self.of(&self.f.w_max);
                    return Water {
                        area: self.of(&self.f.a_full) * s.area,
                        width: w_max * s.cut_width,
                        radius: self.of(&self.f.r_full) * s.radius,
                        true_width: w_max * s.width,
                    };
                }
                Geometry::Prism if !PIPES => return self.prism(y),
                _ => {}
            }
        }
        Water { area: self.area(y), width: self.width(y), radius: self.radius(y), true_width: self.c(0.0) }
    }

    /// A rectangle, trapezoid or triangle; the lid of a closed one is wetted from 97 % of its height.
    #[inline(always)]
    fn prism(&self, y: V<S>) -> Water<S> {
        let f = self.f;
        let (bottom, side) = (self.of(&f.bottom), self.of(&f.side));
        let area = (bottom + side * y) * y;
        let width = bottom + self.c(2.0) * side * y;
        let mut perimeter = bottom + self.of(&f.wetted) * y;
        if !self.open() {
            let ratio = y * self.of(&f.per_y_full);
            let lid = (ratio - self.c(0.97)) * self.c(1.0 / (1.0 - 0.97)) * bottom;
            perimeter = perimeter + ratio.gt(self.c(0.97)).select(lid, self.c(0.0));
        }
        Water { area, width, radius: area / perimeter, true_width: width }
    }

    /// Width of the Preissmann slot.
    #[inline(always)]
    fn slot_width(&self, y: V<S>) -> V<S> {
        if !self.slot_method() || self.open() {
            return self.c(0.0);
        }
        let cutoff = self.p.cutoff;
        self.each(y, |x, y| {
            let n = y / x.y_full;
            if n < cutoff {
                0.0
            } else if n > 1.78 {
                0.01 * x.w_max
            } else {
                x.w_max * 0.5423 * (-n.powf(2.4)).exp()
            }
        })
    }

    #[inline(always)]
    fn width(&self, y: V<S>) -> V<S> {
        let y_full = self.of(&self.f.y_full);
        let cut = if self.open() {
            y
        } else {
            (y / y_full).ge(self.c(self.p.cutoff)).select(self.c(self.p.cutoff) * y_full, y)
        };
        let w = self.each(cut, Section::width);
        if !self.slot_method() {
            return w;
        }
        let slot = self.slot_width(y);
        slot.gt(self.c(0.0)).select(slot, w)
    }

    #[inline(always)]
    fn area(&self, y: V<S>) -> V<S> {
        let y_full = self.of(&self.f.y_full);
        let full = y.ge(y_full);
        let a_full = self.of(&self.f.a_full);
        let closed = if self.slot_method() { a_full + (y - y_full) * self.slot_width(y) } else { a_full };
        full.select(closed, self.each(y, Section::area))
    }

    #[inline(always)]
    fn radius(&self, y: V<S>) -> V<S> {
        y.ge(self.of(&self.f.y_full)).select(self.of(&self.f.r_full), self.each(y, Section::radius))
    }

    /// Normal and critical depth of a flow that is not negative, in the lanes that ask for them; zero in the
    /// others. All lanes are looked up, so that it need not wait for who asks.
    #[inline(always)]
    pub(super) fn normal_and_critical(&self, q: V<S>, asks: M<S>) -> (V<S>, V<S>) {
        let rows = if EXACT { None } else { self.g.depths.as_deref().and_then(Depths::rows) };
        let Some([normal, critical]) = rows else { return self.each_depth(asks.select(q, self.c(0.0))) };
        let (f, zero) = (self.f, self.c(0.0));
        let y_full = self.of(&f.y_full);
        let yn = normal.lanes(q.min(self.of(&f.q_max)) * self.of(&f.per_s_beta)) * y_full;
        let yc = critical.lanes(q * self.of(&f.per_q_crit)) * y_full;
        let (flows, kept) = (asks & q.gt(zero), yn.le(yn) & yc.le(yc));
        let missing = flows & !kept;
        let (yn, yc) = (flows.select(yn, zero), flows.select(yc, zero));
        if !missing.any() {
            return (yn, yc);
        }
        let (n, c) = self.each_depth(missing.select(q, zero));
        (missing.select(n, yn), missing.select(c, yc))
    }

    /// The same lane by lane.
    #[inline(never)]
    fn each_depth(&self, q: V<S>) -> (V<S>, V<S>) {
        let (mut normal, mut critical) = ([0.0; WIDEST], [0.0; WIDEST]);
        for (i, q) in q.array().into_iter().enumerate().take(V::<S>::LANES) {
            if q == 0.0 {
                continue;
            }
            let (k, at) = (self.slot(i), self.place(i));
            let x = &self.b.section[k];
            (normal[i], critical[i]) = match &self.b.depths[k] {
                Some(d) if !EXACT => d.at(x, self.f, at, q),
                _ => (normal_depth(x, self.f.beta[at], self.f.q_max[at], q), x.critical_depth(q)),
            };
        }
        (V::load(self.s, &normal), V::load(self.s, &critical))
    }

    /// Lanes without a Froude number: nearly dry, or nearly full and closed.
    #[inline(always)]
    fn no_froude(&self, y: V<S>) -> M<S> {
        let fudge = self.c(FUDGE);
        let none = y.le(fudge);
        if self.open() { none } else { none | (self.of(&self.f.y_full) - y).le(fudge) }
    }

    /// Area and true width at `y`, which `w` has for the geometries computed in lanes.
    #[inline(always)]
    fn area_and_width(&self, y: V<S>, w: &Water<S>) -> (V<S>, V<S>) {
        if self.in_lanes() {
            (w.area, w.true_width)
        } else {
            (self.each(y, Section::area), self.each(y, Section::width))
        }
    }

    /// Whether the geometry is computed a vector at a time.
    #[inline(always)]
    fn in_lanes(&self) -> bool {
        PIPES || (!EXACT && !self.slot_method() && !matches!(self.g.geometry, Geometry::Each))
    }

    /// Froude number at velocity `v` and depth `y`; `per_area` is 1 / area there.
    #[inline(always)]
    pub(super) fn froude(&self, v: V<S>, y: V<S>, w: &Water<S>, per_area: V<S>) -> V<S> {
        let (area, width) = self.area_and_width(y, w);
        let f = if EXACT {
            v.abs() / (self.c(GRAVITY) * (area / width)).sqrt()
        } else if self.in_lanes() {
            v.abs() * (width * per_area * self.c(1.0 / GRAVITY)).sqrt()
        } else {
            v.abs() * (width / (self.c(GRAVITY) * area)).sqrt()
        };
        self.no_froude(y).select(self.c(0.0), f)
    }

    /// True where flow `q` at depth `y` is not slower than its waves.
    #[inline(always)]
    pub(super) fn is_shooting(&self, q: V<S>, y: V<S>, w: &Water<S>) -> M<S> {
        if EXACT {
            return self.froude(q / w.area, y, w, w.area).ge(self.c(1.0));
        }
        let (area, width) = self.area_and_width(y, w);
        let still = w.area * w.area * area * self.c(GRAVITY);
        !self.no_froude(y) & (q * q * width).ge(still)
    }
}
