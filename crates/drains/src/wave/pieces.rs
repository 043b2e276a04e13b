//! A function of a flow in rows (分段表): what [`super::knots`] keeps for one section, for a shape that many
//! conduits share. A row holds two parabolas and where they meet, so that a vector of flows is looked up at
//! once, without a search.

use numerics::lanes::{COLUMNS, Row, Simd, V};

use super::knots::Parabola;

/// Rows: a power of two. They are the last so many keys up to the greatest argument.
const ROWS: usize = 1024;
/// Keys a doubling of the argument, as a power of two.
const BITS: u32 = 5;
/// What a key leaves out of a number's bits.
const SHIFT: u32 = 52 - BITS;
/// Halvings of an interval until a step in it is found to the last bit.
const HALVINGS: u32 = 64;

/// A function of positive numbers.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Pieces {
    /// By key, wrapped at the end: where the second parabola begins, the three coefficients of the first by
    /// the distance from there, the three of the second; not numbers where two parabolas are not near.
    rows: Box<[Row; ROWS]>,
    low: f64,
    high: f64,
    beyond: f64,
}

/// The number with which a key begins.
const fn start(key: u64) -> f64 {
    f64::from_bits(key << SHIFT)
}

impl Pieces {
    /// `f` up to `high`, near to `tolerance`, and `beyond` above; it may break at `knots` (any order).
    pub(crate) fn of(high: f64, beyond: f64, knots: &[f64], tolerance: f64, f: impl Fn(f64) -> f64) -> Self {
        let last = high.to_bits() >> SHIFT;
        let first = last.saturating_sub(ROWS as u64 - 1);
        let mut rows = Box::new([Row::default(); ROWS]);
        for key in first..=last {
            let (a, b) = (start(key), start(key + 1).min(high));
            let row = row(a, b, knots, tolerance, &f).unwrap_or(Row([f64::NAN; COLUMNS]));
            if let Some(r) = rows.get_mut(key as usize % ROWS) {
                *r = row;
            }
        }
        Self { rows, low: start(first), high, beyond }
    }

    /// The value at `x`; `None` below what is kept, and where two parabolas were not near.
    #[inline]
    pub(crate) fn at(&self, x: f64) -> Option<f64> {
        if x > self.high {
            return Some(self.beyond);
        }
        if x < self.low {
            return None;
        }
        let Row([second, l0, l1, l2, r0, r1, r2, _]) =
            *self.rows.get((x.to_bits() >> SHIFT) as usize % ROWS)?;
        let t = x - second;
        let (c0, c1, c2) = if t < 0.0 { (l0, l1, l2) } else { (r0, r1, r2) };
        let value = c0 + t * (c1 + t * c2);
        (!value.is_nan()).then_some(value)
    }

    /// The values at `x`; not numbers where [`Self::at`] has none.
    #[inline(always)]
    pub(crate) fn lanes<S: Simd>(&self, x: V<S>) -> V<S> {
        let [second, l0, l1, l2, r0, r1, r2, _] = V::columns(x.0, &self.rows, &x.leading(SHIFT));
        let t = x - second;
        let left = t.lt(x.c(0.0));
        let (c0, c1, c2) = (left.select(l0, r0), left.select(l1, r1), left.select(l2, r2));
        let value = t.fused(t.fused(c2, c1), c0);
        let value = x.gt(x.c(self.high)).select(x.c(self.beyond), value);
        x.lt(x.c(self.low)).select(x.c(f64::NAN), value)
    }
}

/// The row of the interval from `a` to `b`: one parabola, or two that meet at a knot or where `f` breaks.
fn row(a: f64, b: f64, knots: &[f64], tolerance: f64, f: &impl Fn(f64) -> f64) -> Option<Row> {
    let parabola = |a: f64, b: f64| Some(Parabola::of(a, b, f)).filter(|p| p.is_near(tolerance, f));
    if b <= a {
        let v = f(b);
        return Some(Row([a, v, 0.0, 0.0, v, 0.0, 0.0, 0.0]));
    }
    if let Some([c0, c1, c2]) = parabola(a, b).map(|p| p.about_start()) {
        return Some(Row([a, c0, c1, c2, c0, c1, c2, 0.0]));
    }
    let inside = knots.iter().copied().filter(|k| *k > a && *k < b);
    let middle = a + 0.5 * (b - a);
    let broken = || step(a, b, |a, b| parabola(a, b).is_some());
    inside.chain([middle]).chain(std::iter::once_with(broken)).find_map(|second| {
        let [l0, l1, l2] = parabola(a, second)?.about_end();
        let [r0, r1, r2] = parabola(second, b)?.about_start();
        Some(Row([second, l0, l1, l2, r0, r1, r2, 0.0]))
    })
}

/// Where in `a` to `b` a function breaks that `is_smooth` on either side.
fn step(mut a: f64, mut b: f64, is_smooth: impl Fn(f64, f64) -> bool) -> f64 {
    for _ in 0..HALVINGS {
        let middle = a + 0.5 * (b - a);
        if middle <= a || middle >= b {
            break;
        }
        if !is_smooth(a, middle) {
            b = middle;
        } else if !is_smooth(middle, b) {
            a = middle;
        } else {
            return middle;
        }
    }
    b
}

#[cfg(test)]
mod tests {
    use numerics::lanes::{Arch, Scalar, WIDEST, WithSimd};
    use proptest::prelude::*;

    use super::*;
    use crate::section::{Section, Shape};

    /// Lanes and the value that each must have; `f64::NAN` where there is none.
    struct Look<'a>(&'a Pieces, &'a [f64; WIDEST]);

    impl WithSimd for Look<'_> {
        type Output = [f64; WIDEST];

        #[inline(always)]
        fn with_simd<S: Simd>(self, s: S) -> Self::Output {
            self.0.lanes(V::load(s, self.1)).array()
        }
    }

    /// All ways of looking up agree; the value if there is one.
    fn value(p: &Pieces, x: f64) -> Option<f64> {
        let at = p.at(x);
        let mut list = [p.high; WIDEST];
        for lane in 0..WIDEST {
            list.swap(lane, 0);
            list[lane] = x;
            let wide = Arch::new().dispatch(Look(p, &list));
            let one = Look(p, &list).with_simd(Scalar::new());
            for (i, v) in [(lane, wide[lane]), (0, one[0])] {
                let want = if list[i] == x { at } else { p.at(list[i]) };
                // A narrow vector leaves the lanes beyond it empty.
                let empty = i > 0 && v == 0.0;
                let same = want.map_or(v.is_nan(), |w| (w - v).abs() <= 4.0e-16 * w.abs().max(1.0));
                assert!(same || empty, "lane {i} of {x}: {v} is not {want:?}");
            }
            list = [p.high; WIDEST];
        }
        at
    }

    const fn beside(x: f64, ulps: i64) -> f64 {
        f64::from_bits(x.to_bits().wrapping_add_signed(ulps))
    }

    /// A kink at 0.3, a step nobody named at 0.7, another kink at 1.4.
    fn broken(x: f64) -> f64 {
        match x {
            x if x < 0.3 => x.sqrt(),
            x if x < 0.7 => 0.3_f64.sqrt() + 2.0 * (x - 0.3),
            x if x < 1.4 => 5.0 + x,
            _ => 6.4 - 3.0 * (x - 1.4),
        }
    }

    fn pieces() -> Pieces {
        Pieces::of(1.7, 9.0, &[1.4, 0.3], 1.0e-8, broken)
    }

    #[test]
    fn kinks_and_steps_come_back_to_the_last_bit_beside_them() {
        let p = pieces();
        for knot in [0.3, 0.7, 1.4, 0.5, 1.0, 1.0 + 1.0 / 32.0] {
            for ulps in [-3, -2, -1, 0, 1, 2, 3] {
                let x = beside(knot, ulps);
                let got = value(&p, x).unwrap_or(f64::NAN);
                // The step itself is found to an ulp.
                let near = |ulps: i64| (got - broken(beside(x, ulps))).abs() < 1.0e-9;
                assert!(near(0) || near(1) || near(-1), "{ulps} beside {knot}: {got}");
            }
        }
    }

    #[test]
    fn the_ends_are_the_last_keys_and_the_greatest_argument() {
        let p = pieces();
        assert_eq!(value(&p, beside(p.low, -1)), None);
        assert_eq!(value(&p, 0.0), None);
        assert_eq!(value(&p, 1e-300), None);
        assert!((value(&p, p.low).unwrap_or(f64::NAN) - broken(p.low)).abs() < 1.0e-9);
        assert!((value(&p, 1.7).unwrap_or(f64::NAN) - broken(1.7)).abs() < 1.0e-9);
        assert_eq!(value(&p, beside(1.7, 1)), Some(9.0));
        assert_eq!(value(&p, 1e300), Some(9.0));
        assert!(p.low > 1.0e-10 && p.low < 1.0e-9, "{}", p.low);
    }

    #[test]
    fn a_greatest_argument_with_which_a_key_begins_has_its_value() {
        let p = Pieces::of(1.0, 7.0, &[], 1.0e-9, |x| x);
        assert_eq!(value(&p, 1.0), Some(1.0));
        assert_eq!(value(&p, beside(1.0, 1)), Some(7.0));
        assert!((value(&p, beside(1.0, -1)).unwrap_or(f64::NAN) - 1.0).abs() < 1.0e-9);
    }

    #[test]
    fn where_two_parabolas_are_not_near_there_is_no_value() {
        let p = Pieces::of(2.0, 0.0, &[], 1.0e-9, |x| if x < 1.0 { (900.0 * x).sin() } else { x });
        assert_eq!(value(&p, 0.99), None);
        assert!((value(&p, 1.01).unwrap_or(f64::NAN) - 1.01).abs() < 1.0e-10);
    }

    /// Round, egg and horseshoe, a foot high and with their own sizes.
    fn shared() -> Vec<(Section, [Pieces; 2])> {
        use super::super::depths::Depths;
        let shapes = [Shape::Circular, Shape::Egg, Shape::Horseshoe];
        let sections =
            shapes.iter().flat_map(|s| [1.0, 4.9].map(|y| Section::new(*s, [y, 0.0, 0.0, 0.0], 1.0)));
        let of = |x: Section| {
            let d = Depths::of(&x);
            let rows = d.rows().map(|[n, c]| [n.clone(), c.clone()]);
            rows.map(|r| (x, r))
        };
        sections.flatten().filter_map(of).collect()
    }

    #[test]
    fn every_row_of_the_shared_shapes_is_near() {
        let all = shared();
        assert_eq!(all.len(), 6);
        for (x, rows) in &all {
            for p in rows {
                let lost = p.rows.iter().filter(|r| r.0[0].is_nan()).count();
                assert_eq!(lost, 0, "{:?}", x.shape);
            }
        }
    }

    proptest! {
        #[test]
        fn between_the_knots_it_is_the_function(log in -20.0_f64..1.0) {
            let (p, x) = (pieces(), 10.0_f64.powf(log));
            match value(&p, x) {
                Some(v) if x <= 1.7 => prop_assert!((v - broken(x)).abs() < 2.0e-8, "{x}: {v}"),
                Some(v) => prop_assert_eq!(v, 9.0),
                None => prop_assert!(x < p.low),
            }
        }
    }

    #[test]
    fn normal_and_critical_depths_are_what_the_search_finds() {
        for (x, [normal, critical]) in &shared() {
            let scale = super::super::depths::critical_scale(x);
            let by_psi = |psi: f64| x.depth_of_area(x.area_of_factor(psi * x.s_full)) / x.y_full;
            let by_flow = |r: f64| x.critical_depth(r * scale) / x.y_full;
            let near = |p: &Pieces, f: &dyn Fn(f64) -> f64, at: f64| {
                let got = value(p, at).unwrap_or(f64::NAN);
                // Where it steps, one ulp beside.
                let wants = [-2, -1, 0, 1, 2].map(|ulps| f(beside(at, ulps)));
                let off = wants.iter().map(|w| (got - w).abs()).fold(f64::INFINITY, f64::min);
                assert!(off < 2.0e-8, "{:?} {at}: {got} is {off} off", x.shape);
            };
            for step in 0..20_000 {
                let share = f64::from(step) / 20_000.0;
                for p in [share, (28.0 * (share - 1.0)).exp2()] {
                    if p > 1.0e-9 {
                        near(normal, &by_psi, p * normal.high);
                        near(critical, &by_flow, p * critical.high);
                    }
                }
            }
            let table = (0..=50).map(|i| x.factor_of_area(f64::from(i) / 50.0 * x.a_full) / x.s_full);
            for psi in table.chain([0.015, 1.0e-6, 1.0]).filter(|psi| *psi > 0.0 && *psi < normal.high) {
                for ulps in [-1, 0, 1] {
                    near(normal, &by_psi, beside(psi, ulps));
                }
            }
            for r in x.critical_knots().unwrap_or_default().iter().map(|q| q / scale) {
                for r in [-1, 0, 1].map(|ulps| beside(r, ulps)).into_iter().filter(|r| *r > critical.low) {
                    near(critical, &by_flow, r);
                }
            }
        }
    }
}
