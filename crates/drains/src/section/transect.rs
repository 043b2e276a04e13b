//! Irregular channels (不规则断面) and streets: tables made from stations and heights
//! (Reference Manual II, section 2.2; HEC-2's layout).
#![expect(clippy::indexing_slicing, reason = "stations are walked by their own count, tables by theirs")]

use super::Profile;
use crate::units::{PHI, max, min};

/// Steps of the tables.
const TABLE: usize = 51;

struct Bed<'a> {
    x: &'a [f64],
    z: &'a [f64],
    n_left: f64,
    n_right: f64,
    n_channel: f64,
    x_left: f64,
    x_right: f64,
}

impl Bed<'_> {
    fn last(&self) -> usize {
        self.x.len() - 1
    }

    /// Flow through the slice up to station `k` at unit slope, once a part of one roughness ends.
    fn flow(&self, k: usize, a: f64, wp: f64, ends: bool) -> f64 {
        let ends = ends
            || k == self.last() - 1
            || if self.x[k] == self.x_left {
                self.n_left != self.n_channel && self.x[k] != self.x[k - 1]
            } else {
                // A bank may be the last station of all, and rounding lift the water above it.
                self.x[k] == self.x_right
                    && self.n_right != self.n_channel
                    && self.x.get(k + 1) != Some(&self.x[k])
            };
        if !ends {
            return 0.0;
        }
        let mut n = self.n_channel;
        if self.x[k - 1] < self.x_left {
            n = self.n_left;
        }
        if self.x[k] > self.x_right {
            n = self.n_right;
        }
        PHI / n * a * (a / wp).powf(2.0 / 3.0)
    }

    /// Area, width and hydraulic radius with water at height `y`.
    fn at(&self, y: f64, radius_before: f64) -> (f64, f64, f64) {
        let (mut wp_sum, mut a_sum, mut q_sum) = (0.0, 0.0, 0.0);
        let (mut area, mut width) = (0.0, 0.0);
        for k in 1..=self.last() {
            let (hi, lo) = if self.z[k - 1] >= self.z[k] {
                (self.z[k - 1], self.z[k])
            } else {
                (self.z[k], self.z[k - 1])
            };
            if lo >= y {
                continue;
            }
            let dx = (self.x[k] - self.x[k - 1]).abs();
            let mut w = dx;
            let mut wp = (dx * dx + (hi - lo) * (hi - lo)).sqrt();
            let mut a = 0.0;
            if y > hi {
                a = dx * ((y - hi) + (y - lo)) / 2.0;
            } else if hi > lo {
                let ratio = (y - lo) / (hi - lo);
                a = dx * (hi - lo) / 2.0 * ratio * ratio;
                w *= ratio;
                wp *= ratio;
            }
            wp_sum += wp;
            a_sum += a;
            area += a;
            width += w;
            let q = self.flow(k, a_sum, wp_sum, self.z[k] >= y);
            if q > 0.0 {
                q_sum += q;
                a_sum = 0.0;
                wp_sum = 0.0;
            }
        }
        let radius =
            if area == 0.0 { radius_before } else { (q_sum * self.n_channel / 1.49 / area).powf(1.5) };
        (area, width, radius)
    }

    fn profile(&self, y_min: f64, y_max: f64, roughness: f64, length_factor: f64) -> Profile {
        let mut p = Profile {
            y_full: y_max - y_min,
            a_full: 0.0,
            r_full: 0.0,
            w_max: 0.0,
            s_max: 0.0,
            a_max: 0.0,
            roughness,
            length_factor,
            area: vec![0.0; TABLE],
            radius: vec![0.0; TABLE],
            width: vec![0.0; TABLE],
        };
        let dy = (y_max - y_min) / (TABLE as f64 - 1.0);
        let mut y = y_min;
        for i in 1..TABLE {
            y += dy;
            let (a, w, r) = self.at(y, p.radius[i - 1]);
            (p.area[i], p.width[i], p.radius[i]) = (a, w, r);
        }
        p.find_max();
        let n = TABLE - 1;
        (p.a_full, p.r_full, p.w_max) = (p.area[n], p.radius[n], p.width[n]);
        for i in 1..TABLE {
            p.area[i] /= p.a_full;
            p.radius[i] /= p.r_full;
            p.width[i] /= p.w_max;
        }
        p.width[0] = p.width[1];
        p
    }
}

impl Profile {
    /// Greatest section factor and its area, before the tables are made ratios.
    pub(super) fn find_max(&mut self) {
        for (a, r) in self.area.iter().zip(&self.radius).skip(1) {
            let s = a * r.powf(2.0 / 3.0);
            if s > self.s_max {
                self.s_max = s;
                self.a_max = *a;
            }
        }
    }
}

/// Tables of a transect: `stations` are (distance, height) in the model's units, `ucf` a foot; `None`
/// if they enclose no depth.
pub(crate) fn transect(t: &crate::project::Transect, ucf: f64) -> Option<Profile> {
    let length_factor = if t.length_factor == 0.0 { 1.0 } else { t.length_factor };
    let stretch = if t.width_factor == 0.0 { 1.0 } else { t.width_factor };
    let lift = t.height_offset / ucf;
    let mut x = vec![0.0];
    let mut z = vec![0.0];
    for (station, height) in &t.stations {
        x.push(station * stretch / ucf);
        // SWMM divides the offset twice; its results are kept.
        z.push((height + lift) / ucf);
    }
    if x.len() < 3 || t.n_channel <= 0.0 {
        return None;
    }
    let high = z[1..].iter().fold(z[1], |m, &v| max(v, m));
    let low = z[1..].iter().fold(z[1], |m, &v| min(v, m));
    if low >= high {
        return None;
    }
    (x[0], z[0]) = (x[1], high);
    x.push(x[x.len() - 1]);
    z.push(high);
    let n_channel = t.n_channel * length_factor.sqrt();
    let bed = Bed {
        x: &x,
        z: &z,
        n_left: t.n_left,
        n_right: t.n_right,
        n_channel,
        x_left: t.left_bank / ucf * stretch,
        x_right: t.right_bank / ucf * stretch,
    };
    Some(bed.profile(low, high, t.n_channel, length_factor))
}

/// Tables of a street (ft).
pub(crate) fn street(s: &crate::project::Street, ucf: f64) -> Profile {
    let (w1, w2, w3) = (s.back_width / ucf, s.gutter_width / ucf, s.width / ucf);
    let (slope, back_slope) = (s.slope / 100.0, s.back_slope / 100.0);
    let depression = s.gutter_depression / ucf;
    let w4 = w3 - w2;
    let y3 = depression + slope * w2;
    let y1 = s.curb_height / ucf + depression;
    let y4 = y3 + slope * w4;
    let y_max = max(back_slope * w1 + y1, y4);
    let mut x = vec![0.0, w1, w1, w1 + w2, w1 + w3];
    let mut z = vec![y_max, y1, 0.0, y3, y4];
    if s.sides == 1 {
        x.push(x[4]);
        z.push(y_max);
    } else {
        let a = x[4] + w4;
        x.extend([a, a + w2, a + w2, a + w2 + w1]);
        z.extend([y3, 0.0, y1, y_max]);
    }
    let last = x.len() - 1;
    let back = s.back_width != 0.0;
    let n_back = if back { s.back_roughness } else { s.roughness };
    let bed = Bed {
        x: &x,
        z: &z,
        n_left: n_back,
        n_right: n_back,
        n_channel: s.roughness,
        x_left: if back { x[1] } else { x[0] },
        x_right: if back && s.sides == 2 { x[last - 1] } else { x[last] },
    };
    bed.profile(0.0, y_max, s.roughness, 1.0)
}
