//! Custom closed shapes (自定义断面): tables from a curve of width by height, both as ratios.
#![expect(clippy::indexing_slicing, reason = "tables are walked by their own length")]

use super::Profile;

const TABLE: usize = 51;

struct Walk<'a> {
    rest: std::slice::Iter<'a, (f64, f64)>,
    y1: f64,
    w1: f64,
    y2: f64,
    w2: f64,
    w_max: f64,
    area: f64,
    perimeter: f64,
}

impl Walk<'_> {
    fn add(&mut self, y: f64, w: f64, y0: f64, w0: f64) {
        let (lo, hi) = if w > w0 { (w0, w) } else { (w, w0) };
        self.area += (lo + (hi - lo) / 2.0) * (y - y0);
        let (dy, dw) = (y - y0, (w - w0).abs() / 2.0);
        self.perimeter += 2.0 * (dy * dy + dw * dw).sqrt();
    }

    fn advance(&mut self, y: f64, mut y0: f64, mut w0: f64) -> bool {
        while y > self.y2 {
            if self.y2 > y0 {
                let (y2, w2) = (self.y2, self.w2);
                self.add(y2, w2, y0, w0);
                (y0, w0) = (y2, w2);
            }
            (self.y1, self.w1) = (self.y2, self.w2);
            let Some(&(y2, w2)) = self.rest.next() else {
                self.y2 = 1.0;
                return true;
            };
            (self.y2, self.w2) = (y2, w2);
            if w2 > self.w_max {
                self.w_max = w2;
            }
            if y2 < self.y1 || w2 < 0.0 {
                return false;
            }
            if self.y2 > 1.0 {
                self.y2 = 1.0;
            }
        }
        true
    }
}

impl Profile {
    /// The shape of a curve of width ratios by height ratios; `None` if it encloses nothing.
    pub(crate) fn custom(points: &[(f64, f64)]) -> Option<Self> {
        let mut rest = points.iter();
        let &(y1, w1) = rest.next()?;
        if !(0.0..1.0).contains(&y1) || w1 < 0.0 {
            return None;
        }
        let mut walk = Walk { rest, y1: 0.0, w1: 0.0, y2: y1, w2: w1, w_max: w1, area: 0.0, perimeter: 0.0 };
        if y1 == 0.0 {
            let &(y2, w2) = walk.rest.next()?;
            if y2 < y1 || w2 < 0.0 {
                return None;
            }
            (walk.w1, walk.y2, walk.w2) = (w1, y2.min(1.0), w2);
            walk.w_max = w1.max(w2);
        }
        let n = TABLE - 1;
        let mut p = Self {
            y_full: 1.0,
            a_full: 0.0,
            r_full: 0.0,
            w_max: 0.0,
            s_max: 0.0,
            a_max: 0.0,
            roughness: 0.0,
            length_factor: 1.0,
            area: vec![0.0; TABLE],
            radius: vec![0.0; TABLE],
            width: vec![0.0; TABLE],
        };
        p.width[0] = walk.w1;
        walk.perimeter = walk.w1;
        let (mut y, mut w) = (0.0_f64, walk.w1);
        for i in 1..=n {
            let (mut y0, mut w0) = (y, w);
            y += 1.0 / n as f64;
            if (y - 1.0).abs() < crate::units::TINY {
                y = 1.0;
            }
            if y > walk.y2 {
                if !walk.advance(y, y0, w0) {
                    return None;
                }
                (y0, w0) = (walk.y1, walk.w1);
            }
            w = if walk.y2 == walk.y1 {
                walk.w2
            } else {
                walk.w1 + (y - walk.y1) / (walk.y2 - walk.y1) * (walk.w2 - walk.w1)
            };
            walk.add(y, w, y0, w0);
            if y == 1.0 {
                walk.perimeter += walk.w2;
            }
            p.width[i] = w;
            p.area[i] = walk.area;
            p.radius[i] = if walk.perimeter > 0.0 { walk.area / walk.perimeter } else { 0.0 };
        }
        (p.a_full, p.r_full, p.w_max) = (p.area[n], p.radius[n], walk.w_max);
        p.find_max();
        if p.a_full == 0.0 || p.r_full == 0.0 || p.w_max == 0.0 {
            return None;
        }
        for i in 0..=n {
            p.area[i] /= p.a_full;
            p.radius[i] /= p.r_full;
            p.width[i] /= p.w_max;
        }
        Some(p)
    }
}
