//! Curves and time series (曲线与时间序列): reading them as SWMM does (`table.c`'s rules), without state.
#![expect(clippy::indexing_slicing, reason = "positions come from a search in the same slice")]

use serde::{Deserialize, Serialize};

/// 曲线: points in the order they stand in the model, x growing.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Curve {
    /// (x, y) in the model's units.
    pub points: Vec<(f64, f64)>,
}

fn between(x: f64, (x1, y1): (f64, f64), (x2, y2): (f64, f64)) -> f64 {
    let dx = x2 - x1;
    if dx.abs() < 1.0e-20 { (y1 + y2) / 2.0 } else { y1 + (x - x1) * (y2 - y1) / dx }
}

impl Curve {
    /// First index whose x is not below `x`.
    fn above(&self, x: f64) -> usize {
        self.points.partition_point(|p| p.0 < x)
    }

    /// Linear between the points, level outside.
    #[must_use]
    pub fn at(&self, x: f64) -> f64 {
        let Some(first) = self.points.first() else { return 0.0 };
        let i = self.above(x);
        if i == 0 {
            return first.1;
        }
        self.points.get(i).map_or_else(|| self.points[i - 1].1, |p| between(x, self.points[i - 1], *p))
    }

    /// Slope of the piece that holds `x`; the last one beyond.
    #[must_use]
    pub fn slope(&self, x: f64) -> f64 {
        if self.points.len() < 2 {
            return 0.0;
        }
        let i = self.above(x).max(1);
        if i >= self.points.len() {
            return 0.0;
        }
        let (a, b) = (self.points[i - 1], self.points[i]);
        let dx = b.0 - a.0;
        if dx == 0.0 { 0.0 } else { (b.1 - a.1) / dx }
    }

    /// Linear, from zero below the first point and along the last piece beyond (not falling).
    #[must_use]
    pub fn extended(&self, x: f64) -> f64 {
        let Some(&(x1, y1)) = self.points.first() else { return 0.0 };
        if x <= x1 {
            return if x1 > 0.0 { x / x1 * y1 } else { y1 };
        }
        // A depth that is no number any more lies above nothing.
        let i = self.above(x).max(1);
        if i < self.points.len() {
            return between(x, self.points[i - 1], self.points[i]);
        }
        let last = self.points[i - 1];
        let mut s = 0.0;
        for pair in self.points.windows(2) {
            if pair[1].0 != pair[0].0 {
                s = (pair[1].1 - pair[0].1) / (pair[1].0 - pair[0].0);
            }
        }
        if s < 0.0 {
            s = 0.0;
        }
        last.1 + s * (x - last.0)
    }

    /// The value of the step that `x` lies under (pumps of type 1 and 2).
    #[must_use]
    pub fn step(&self, x: f64) -> f64 {
        let i = self.points.partition_point(|p| p.0 <= x).min(self.points.len().saturating_sub(1));
        self.points.get(i).map_or(0.0, |p| p.1)
    }

    /// Volume under an area curve up to depth `x`.
    #[must_use]
    pub fn volume(&self, x: f64) -> f64 {
        let Some(&(mut x1, mut a1)) = self.points.first() else { return 0.0 };
        if x <= x1 {
            return if x1 < 1.0e-6 { 0.0 } else { (a1 / x1) * x * x / 2.0 };
        }
        let (mut v, mut dx, mut da) = (0.0, 0.0, 0.0);
        for &(x2, a2) in &self.points[1..] {
            if x2 >= x {
                let a = between(x, (x1, a1), (x2, a2));
                return v + (a1 + a) / 2.0 * (x - x1);
            }
            dx = x2 - x1;
            da = a2 - a1;
            v += (a1 + a2) / 2.0 * dx;
            (x1, a1) = (x2, a2);
        }
        if dx > 1.0e-6 {
            let s = da / dx;
            let a = a1 + s * (x - x1);
            if a < 0.0 {
                v -= a1 * a1 / s / 2.0;
            } else {
                v += (a1 + a) / 2.0 * (x - x1);
            }
        }
        v
    }

    /// Depth at which the volume under an area curve is `v`.
    #[must_use]
    pub fn depth_of_volume(&self, v: f64) -> f64 {
        if v == 0.0 {
            return 0.0;
        }
        let Some(&(mut d1, mut a1)) = self.points.first() else { return 0.0 };
        let mut v1 = a1 * d1 / 2.0;
        if v <= v1 {
            return if a1 > 0.0 { (2.0 * v * d1 / a1).sqrt() } else { 0.0 };
        }
        let (mut dd, mut da) = (0.0_f64, 0.0);
        for &(d2, a2) in &self.points[1..] {
            dd = d2 - d1;
            da = a2 - a1;
            let v2 = v1 + (a1 + a2) / 2.0 * dd;
            if v <= v2 {
                if dd <= 0.0 {
                    return d1;
                }
                if da == 0.0 {
                    return if (v2 - v1).abs() < 1.0e-6 { d1 } else { d1 + dd * (v - v1) / (v2 - v1) };
                }
                if da < 0.0 {
                    (d1, a1, v1) = (d2, a2, v2);
                }
                let s = da / dd;
                return d1 + ((a1 * a1 + 2.0 * s * (v - v1)).sqrt() - a1) / s;
            }
            (d1, a1, v1) = (d2, a2, v2);
        }
        if dd == 0.0 || da == 0.0 {
            dd = if a1 > 0.0 { (v - v1) / a1 } else { 0.0 };
        } else {
            let s = da / dd;
            dd = ((a1 * a1 + 2.0 * s * (v - v1)).sqrt() - a1) / s;
            if dd < 0.0 {
                dd = 0.0;
            }
        }
        d1 + dd
    }

    /// A time series at date `x`: outside it the nearest value if `extend`, else nothing.
    #[must_use]
    pub fn series(&self, x: f64, extend: bool) -> f64 {
        let (Some(first), Some(last)) = (self.points.first(), self.points.last()) else { return 0.0 };
        if x < first.0 {
            return if extend { first.1 } else { 0.0 };
        }
        if x > last.0 {
            return if extend { last.1 } else { 0.0 };
        }
        let i = self.above(x).max(1);
        match self.points.get(i) {
            Some(p) => between(x, self.points[i - 1], *p),
            None if extend => last.1,
            None => {
                if self.points.len() == 1 && !extend {
                    0.0
                } else {
                    last.1
                }
            }
        }
    }

    /// Smallest distance between neighbours; infinite for fewer than two points.
    #[must_use]
    pub fn least_step(&self) -> f64 {
        self.points.windows(2).map(|p| p[1].0 - p[0].0).fold(1.0e10, f64::min)
    }

    /// The first point that does not lie after the one before it.
    #[must_use]
    pub fn first_backward(&self) -> Option<usize> {
        self.points.windows(2).position(|p| p[1].0 <= p[0].0).map(|i| i + 1)
    }
}
