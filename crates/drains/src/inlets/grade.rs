//! Inlets that water runs past (坡道雨水口): HEC-22, 3rd edition, section 4.4.4.

use super::{Gutter, Inlet, InletKind, MIN_FLOW};
use crate::model::Model;
use crate::project::Grate;
use crate::section::{Section, Shape};
use crate::units::{max, min};

/// Coefficients of the cubics fitted to the splash-over velocity by length of grate (HEC-22, chart 5B).
const SPLASH: [[f64; 4]; 7] = [
    [2.22, 4.03, 0.65, 0.06],
    [0.74, 2.44, 0.27, 0.02],
    [1.76, 3.12, 0.45, 0.03],
    [0.30, 4.85, 1.31, 0.15],
    [0.99, 2.64, 0.36, 0.03],
    [0.51, 2.34, 0.2, 0.01],
    [0.28, 2.28, 0.18, 0.01],
];

/// Velocity (ft/s) above which water splashes over a grate of length `l` ft.
fn splash_over(grate: Grate, l: f64) -> f64 {
    let [a, b, c, d] = match grate {
        Grate::Generic { splash, .. } => return splash,
        Grate::PBar50 => SPLASH[0],
        Grate::PBar50x100 => SPLASH[1],
        Grate::PBar30 => SPLASH[2],
        Grate::CurvedVane => SPLASH[3],
        Grate::TiltBar45 => SPLASH[4],
        Grate::TiltBar30 => SPLASH[5],
        Grate::Reticuline => SPLASH[6],
    };
    a + b * l - c * l * l + d * l * l * l
}

impl Gutter {
    /// Share of the flow in a gutter `w` ft wide when it spreads `ts` ft beyond (equation 4-4).
    fn gutter_share(slopes: f64, ts: f64, w: f64) -> f64 {
        let x = slopes / (ts / w);
        let x = (1.0 + x).powf(2.67) - 1.0;
        1.0 / (1.0 + slopes / x)
    }

    /// Spread (ft) of a flow on one side of the street (equations 4-2 and 4-6).
    fn spread(&self, q: f64) -> f64 {
        let f = self.factor;
        let mut ts1;
        if self.a == 0.0 {
            ts1 = (q / f).powf(0.375);
        } else {
            let f1 = f * ((self.a / self.w) / self.sx).powf(1.67);
            let tw = (q / f1).powf(0.375);
            if tw <= self.w {
                ts1 = tw;
            } else {
                let slopes = (self.sx + self.a / self.w) / self.sx;
                ts1 = (q / f).powf(0.375) - self.w;
                if ts1 <= 0.0 {
                    ts1 = tw - self.w;
                }
                let mut ts2 = ts1;
                for _ in 1..11 {
                    let outside = (1.0 - Self::gutter_share(slopes, ts1, self.w)) * q;
                    ts2 = (outside / f).powf(0.375);
                    if (ts2 - ts1).abs() < 0.01 {
                        break;
                    }
                    ts1 = ts2;
                }
                ts1 = ts2 + self.w;
            }
        }
        min(ts1, self.crown)
    }

    /// Share of the flow over a width `w` at spread `t` (equations 4-4 and 4-16).
    fn flow_share(&self, t: f64, w: f64) -> f64 {
        if t <= w {
            1.0
        } else if self.a > 0.0 {
            Self::gutter_share(self.sw / self.sx, t - w, w)
        } else {
            1.0 - (1.0 - w / t).powf(2.67)
        }
    }

    /// Share of the gutter's area above a grate of width `wg`, `area` being that of all flow (4-20a).
    fn area_share(&self, t: f64, wg: f64, area: f64) -> f64 {
        if wg >= self.w || t <= wg {
            return 1.0;
        }
        if t <= self.w {
            return wg / t;
        }
        let beyond = 0.5 * ((t - self.w) * (t - self.w)) * self.sx;
        let over = wg * ((t * self.sx) + self.a - (wg * self.sw / 2.0));
        over / (area - beyond)
    }

    /// Captured by a curb opening or slot of length `l` at spread `t` (4-22a to 4-24).
    fn curb(&self, q: f64, l: f64, t: f64) -> f64 {
        let mut se = self.sx;
        if self.a > 0.0 {
            let share = Self::gutter_share(self.sw / self.sx, t - self.w, self.w);
            se = self.sx + (self.a / self.w) * share;
        }
        let whole = 0.6 * q.powf(0.42) * self.sl.powf(0.3) * (1.0 / (self.n * se)).powf(0.6);
        let mut e = 1.0;
        if l < whole {
            e = 1.0 - (l / whole);
            e = 1.0 - e.powf(1.8);
        }
        e = min(e, 1.0);
        e = max(e, 0.0);
        e * q
    }
}

impl Inlet {
    /// Captured by all inlets of the conduit, one after the other, of a flow `q`.
    pub(super) fn on_grade(&self, model: &Model, q: f64, depth: f64) -> f64 {
        if q < MIN_FLOW {
            return 0.0;
        }
        let section = &model.links.section[self.link];
        let mut passing = q / self.gutter.sides;
        let mut captured = 0.0;
        for _ in 0..self.count {
            let mut one = self.one_on_grade(section, passing, depth) * self.open;
            one = min(one, self.most);
            one = min(one, passing);
            captured += one;
            passing -= one;
            if passing < MIN_FLOW {
                break;
            }
        }
        captured * self.gutter.sides
    }

    fn one_on_grade(&self, section: &Section, q: f64, depth: f64) -> f64 {
        let (d, g) = (&self.design, &self.gutter);
        match d.kind {
            InletKind::DropCurb => return min(self.one_on_sag(depth), q),
            InletKind::DropGrate => return min(self.grate(section, q, 0.0), q),
            _ => {}
        }
        let t = g.spread(q);
        if d.kind == InletKind::Slotted {
            return min(g.curb(q, d.slot_length, t), q);
        }
        let (mut left, mut captured) = (q, 0.0);
        if d.curb_length > 0.0 {
            let sweeper = d.curb_length - d.grate_length;
            if sweeper > 0.0 {
                captured = g.curb(left, sweeper, t);
                left -= captured;
            }
        }
        if d.grate_length > 0.0 && left > 0.0 {
            let t = if left == q { t } else { g.spread(left) };
            captured += self.grate(section, left, t);
        }
        captured
    }

    /// Captured by one grate at spread `t` (equations 4-18 to 4-21).
    fn grate(&self, x: &Section, q: f64, t: f64) -> f64 {
        let (d, g) = (&self.design, &self.gutter);
        let (l, width) = (d.grate_length, d.grate_width);
        let (mut sx, mut over) = (g.sx, q);
        let (area, mut share);
        if matches!(x.shape, Shape::Trapezoidal | Shape::RectOpen) {
            area = x.area_of_factor(q / g.beta);
            let y = x.depth_of_area(area);
            share = g.beta * (y * width).powf(1.67) / (width + 2.0 * y).powf(0.67) / q;
            if width > 0.99 * x.y_bot && x.shape == Shape::Trapezoidal && x.s_bot > 0.0 {
                sx = 1.0 / x.s_bot;
            }
        } else if g.a == 0.0 {
            area = t * t * g.sx / 2.0;
            share = g.flow_share(t, width);
            if t >= g.crown {
                over = g.factor * g.crown.powf(2.67);
            }
        } else {
            area = if t <= g.w { t * t * g.sw / 2.0 } else { (t * t * g.sx + g.a * g.w) / 2.0 };
            share = g.flow_share(t, g.w);
            if share < 1.0 {
                if t >= g.crown {
                    over = g.factor * g.crown.powf(2.67) / (1.0 - share);
                }
                share *= g.area_share(t, width, area);
            }
        }
        let v = over / area;
        let limit = splash_over(d.grate, l);
        let mut frontal = 1.0;
        if v > limit {
            frontal = 1.0 - 0.09 * (v - limit);
        }
        let mut side = 0.0;
        if share < 1.0 {
            side = 1.0 / (1.0 + (0.15 * v.powf(1.8) / sx / l.powf(2.3)));
        }
        q * (frontal * share + side * (1.0 - share))
    }
}
