//! A section from its shape and dimensions (建断面).
#![expect(clippy::indexing_slicing, reason = "size codes are checked against the tables' length")]

use std::sync::Arc;

use super::tables::*;
use super::{Profile, Section, Shape, lookup};
use crate::units::{PI, TINY};

const TWO_THIRDS: f64 = 2.0 / 3.0;

impl Section {
    fn empty(shape: Shape) -> Self {
        Self {
            shape,
            y_full: 0.0,
            w_max: 0.0,
            yw_max: 0.0,
            a_full: 0.0,
            r_full: 0.0,
            s_full: 0.0,
            s_max: 0.0,
            y_bot: 0.0,
            a_bot: 0.0,
            s_bot: 0.0,
            r_bot: 0.0,
            profile: None,
        }
    }

    /// No section at all: a link that only passes flow on.
    pub(crate) fn dummy() -> Self {
        Self {
            y_full: TINY,
            w_max: TINY,
            a_full: TINY,
            r_full: TINY,
            s_full: TINY,
            s_max: TINY,
            ..Self::empty(Shape::Dummy)
        }
    }

    fn round(shape: Shape, y: f64, [a, r, s_max, w, yw]: [f64; 5]) -> Self {
        let mut x = Self::empty(shape);
        x.y_full = y;
        x.a_full = a * y * y;
        x.r_full = r * y;
        x.s_full = x.a_full * x.r_full.powf(TWO_THIRDS);
        x.s_max = s_max * x.s_full;
        x.w_max = w * y;
        x.yw_max = yw * y;
        x
    }

    /// The section of a shape with up to four dimensions in the model's units (`ucf` a foot), or
    /// none if they do not make one.
    pub(crate) fn new(shape: Shape, mut p: [f64; 4], ucf: f64) -> Option<Self> {
        if shape == Shape::Dummy {
            return Some(Self::dummy());
        }
        if p[0] <= 0.0 {
            return None;
        }
        let y = p[0] / ucf;
        let mut x = Self::empty(shape);
        x.y_full = y;
        match shape {
            Shape::Circular | Shape::ForceMain => {
                x.w_max = y;
                x.a_full = PI / 4.0 * y * y;
                x.r_full = 0.2500 * y;
                x.yw_max = 0.5 * y;
                if shape == Shape::Circular {
                    x.s_full = x.a_full * x.r_full.powf(TWO_THIRDS);
                    x.s_max = 1.08 * x.s_full;
                } else {
                    x.s_full = x.a_full * x.r_full.powf(0.63);
                    x.s_max = 1.06949 * x.s_full;
                    x.r_bot = p[1];
                }
            }
            Shape::FilledCircular => {
                if p[1] >= p[0] {
                    return None;
                }
                x.w_max = y;
                x.a_full = PI / 4.0 * y * y;
                x.r_full = 0.2500 * y;
                x.y_bot = p[1] / ucf;
                let ratio = x.y_bot / y;
                x.a_bot = x.a_full * lookup(ratio, &A_CIRC);
                // The width is asked for while the filling is already known, as SWMM does.
                x.s_bot = x.w_max * lookup((x.y_bot + x.y_bot) / (y + x.y_bot), &W_CIRC);
                x.r_bot = x.a_bot / (x.r_full * lookup(ratio, &R_CIRC));
                x.a_full -= x.a_bot;
                x.r_full = x.a_full / (PI * y - x.r_bot + x.s_bot);
                x.s_full = x.a_full * x.r_full.powf(TWO_THIRDS);
                x.s_max = 1.08 * x.s_full;
                x.y_full -= x.y_bot;
                x.yw_max = 0.5 * x.y_full;
            }
            Shape::Egg => x = Self::round(shape, y, [0.5105, 0.1931, 1.065, 2.0 / 3.0, 0.64]),
            Shape::Horseshoe => x = Self::round(shape, y, [0.8293, 0.2538, 1.077, 1.0, 0.5]),
            Shape::Gothic => x = Self::round(shape, y, [0.6554, 0.2269, 1.065, 0.84, 0.45]),
            Shape::Catenary => x = Self::round(shape, y, [0.70277, 0.23172, 1.05, 0.9, 0.25]),
            Shape::SemiElliptical => x = Self::round(shape, y, [0.785, 0.242, 1.045, 1.0, 0.15]),
            Shape::BasketHandle => x = Self::round(shape, y, [0.7862, 0.2464, 1.06078, 0.944, 0.2]),
            Shape::SemiCircular => x = Self::round(shape, y, [1.2697, 0.2946, 1.06637, 1.64, 0.15]),
            Shape::RectClosed => {
                if p[1] <= 0.0 {
                    return None;
                }
                x.w_max = p[1] / ucf;
                x.a_full = y * x.w_max;
                x.r_full = x.a_full / (2.0 * (y + x.w_max));
                x.s_full = x.a_full * x.r_full.powf(TWO_THIRDS);
                let a = super::factor::RECT_ALFMAX * x.a_full;
                x.s_max = a * x.radius_of_area(a).powf(TWO_THIRDS);
                x.yw_max = y;
            }
            Shape::RectOpen => {
                if p[1] <= 0.0 || p[2] < 0.0 || p[2] > 2.0 {
                    return None;
                }
                x.w_max = p[1] / ucf;
                // Sides that do not rub.
                x.s_bot = p[2];
                x.a_full = y * x.w_max;
                x.r_full = x.a_full / ((2.0 - x.s_bot) * y + x.w_max);
                x.finish_open();
            }
            Shape::RectTriangular => {
                if p[1] <= 0.0 || p[2] <= 0.0 {
                    return None;
                }
                x.w_max = p[1] / ucf;
                x.y_bot = p[2] / ucf;
                x.yw_max = y;
                x.a_bot = x.y_bot * x.w_max / 2.0;
                x.s_bot = x.w_max / x.y_bot / 2.0;
                x.r_bot = (1.0 + x.s_bot * x.s_bot).sqrt();
                x.a_full = x.w_max * (y - x.y_bot / 2.0);
                x.r_full = x.a_full / (2.0 * x.y_bot * x.r_bot + 2.0 * (y - x.y_bot) + x.w_max);
                x.s_full = x.a_full * x.r_full.powf(TWO_THIRDS);
                let a = super::factor::ROUND_ALFMAX * x.a_full;
                x.s_max = a * x.radius_of_area(a).powf(TWO_THIRDS);
            }
            Shape::RectRound | Shape::ModBasket => {
                if p[1] <= 0.0 {
                    return None;
                }
                if p[2] < p[1] / 2.0 {
                    p[2] = p[1] / 2.0;
                }
                x.w_max = p[1] / ucf;
                x.r_bot = p[2] / ucf;
                let theta = 2.0 * (x.w_max / 2.0 / x.r_bot).asin();
                x.a_bot = x.r_bot * x.r_bot / 2.0 * (theta - theta.sin());
                x.y_bot = x.r_bot * (1.0 - (theta / 2.0).cos());
                if x.y_bot > y {
                    return None;
                }
                x.s_bot = if shape == Shape::RectRound {
                    PI * x.r_bot * x.r_bot * (x.r_bot / 2.0).powf(TWO_THIRDS)
                } else {
                    theta
                };
                if shape == Shape::RectRound {
                    x.yw_max = y;
                    x.a_full = x.w_max * (y - x.y_bot) + x.a_bot;
                } else {
                    x.yw_max = y - x.y_bot;
                    x.a_full = (y - x.y_bot) * x.w_max + x.a_bot;
                }
                x.r_full = x.a_full / (x.r_bot * theta + 2.0 * (y - x.y_bot) + x.w_max);
                x.s_full = x.a_full * x.r_full.powf(TWO_THIRDS);
                if shape == Shape::RectRound {
                    let a = super::factor::ROUND_ALFMAX * x.a_full;
                    x.s_max = a * x.radius_of_area(a).powf(TWO_THIRDS);
                } else {
                    x.s_max = x.factor_of_area(0.96 * x.a_full);
                }
            }
            Shape::Trapezoidal => {
                if p[1] < 0.0 || p[2] < 0.0 || p[3] < 0.0 {
                    return None;
                }
                x.yw_max = y;
                // Width of the bottom, mean slope of the sides, their length a foot of depth.
                x.y_bot = p[1] / ucf;
                x.s_bot = (p[2] + p[3]) / 2.0;
                if x.y_bot == 0.0 && x.s_bot == 0.0 {
                    return None;
                }
                x.r_bot = (1.0 + p[2] * p[2]).sqrt() + (1.0 + p[3] * p[3]).sqrt();
                x.w_max = x.y_bot + y * (p[2] + p[3]);
                x.a_full = (x.y_bot + x.s_bot * y) * y;
                x.r_full = x.a_full / (x.y_bot + y * x.r_bot);
                x.finish_open();
            }
            Shape::Triangular => {
                if p[1] <= 0.0 {
                    return None;
                }
                x.w_max = p[1] / ucf;
                x.s_bot = x.w_max / y / 2.0;
                x.r_bot = (1.0 + x.s_bot * x.s_bot).sqrt();
                x.a_full = y * y * x.s_bot;
                x.r_full = x.a_full / (2.0 * y * x.r_bot);
                x.finish_open();
            }
            Shape::Parabolic => {
                if p[1] <= 0.0 {
                    return None;
                }
                x.w_max = p[1] / ucf;
                x.r_bot = x.w_max / 2.0 / y.sqrt();
                x.a_full = TWO_THIRDS * y * x.w_max;
                x.r_full = x.radius(y);
                x.finish_open();
            }
            Shape::Power => {
                if p[1] <= 0.0 || p[2] <= 0.0 {
                    return None;
                }
                x.w_max = p[1] / ucf;
                x.s_bot = 1.0 / p[2];
                x.r_bot = x.w_max / (x.s_bot + 1.0) / y.powf(x.s_bot);
                x.a_full = y * x.w_max / (x.s_bot + 1.0);
                x.r_full = x.radius(y);
                x.finish_open();
            }
            Shape::HorizEllipse | Shape::VertEllipse | Shape::Arch => {
                return Self::pipe_of_size(shape, p, ucf);
            }
            Shape::Irregular | Shape::Custom | Shape::Street | Shape::Dummy => return None,
        }
        Some(x)
    }

    fn finish_open(&mut self) {
        self.s_full = self.a_full * self.r_full.powf(TWO_THIRDS);
        self.s_max = self.s_full;
        self.yw_max = self.y_full;
    }

    /// Ellipses and arches, by a standard size code or by their axes.
    fn pipe_of_size(shape: Shape, mut p: [f64; 4], ucf: f64) -> Option<Self> {
        let mut x = Self::empty(shape);
        if p[1] == 0.0 {
            p[2] = p[0];
        }
        if p[2] > 0.0 {
            let index = (p[2].floor() - 1.0) as usize;
            let count = if shape == Shape::Arch { YFULL_ARCH.len() } else { MINOR_AXIS_ELLIPSE.len() };
            if p[2] < 1.0 || index >= count {
                return None;
            }
            let (y, w, a, r) = match shape {
                Shape::HorizEllipse => (
                    MINOR_AXIS_ELLIPSE[index],
                    MAJOR_AXIS_ELLIPSE[index],
                    AFULL_ELLIPSE[index],
                    RFULL_ELLIPSE[index],
                ),
                Shape::VertEllipse => (
                    MAJOR_AXIS_ELLIPSE[index],
                    MINOR_AXIS_ELLIPSE[index],
                    AFULL_ELLIPSE[index],
                    RFULL_ELLIPSE[index],
                ),
                _ => (YFULL_ARCH[index], WMAX_ARCH[index], AFULL_ARCH[index], RFULL_ARCH[index]),
            };
            x.y_full = y / 12.0;
            x.w_max = w / 12.0;
            x.a_full = a;
            x.r_full = r;
        } else {
            if p[1] < 0.0 {
                return None;
            }
            x.y_full = p[0] / ucf;
            x.w_max = p[1] / ucf;
            let (a, r) = match shape {
                Shape::HorizEllipse => (1.2692 * x.y_full * x.y_full, 0.3061 * x.y_full),
                Shape::VertEllipse => (1.2692 * x.w_max * x.w_max, 0.3061 * x.w_max),
                _ => (0.7879 * x.y_full * x.w_max, 0.2991 * x.y_full),
            };
            x.a_full = a;
            x.r_full = r;
        }
        x.s_full = x.a_full * x.r_full.powf(TWO_THIRDS);
        x.s_max = x.s_full;
        x.yw_max = if shape == Shape::Arch { 0.28 } else { 0.48 } * x.y_full;
        Some(x)
    }

    /// A section along a transect or a street.
    pub(crate) fn of_profile(shape: Shape, profile: Arc<Profile>) -> Self {
        let mut x = Self::empty(shape);
        x.y_full = profile.y_full;
        x.w_max = profile.w_max;
        x.a_full = profile.a_full;
        x.r_full = profile.r_full;
        x.s_full = x.a_full * x.r_full.powf(TWO_THIRDS);
        x.s_max = profile.s_max;
        x.a_bot = profile.a_max;
        x.yw_max = x.y_full * widest(&profile.width);
        x.profile = Some(profile);
        x
    }

    /// A custom shape (ratios of its height) of height `y` ft.
    pub(crate) fn of_custom(y: f64, profile: Arc<Profile>) -> Self {
        let mut x = Self::empty(Shape::Custom);
        x.y_full = y;
        x.w_max = profile.w_max * y;
        x.a_full = profile.a_full * y * y;
        x.r_full = profile.r_full * y;
        x.s_full = x.a_full * x.r_full.powf(TWO_THIRDS);
        x.s_max = profile.s_max * y * y * y.powf(TWO_THIRDS);
        x.a_bot = profile.a_max * y * y;
        let n = profile.width.len() as f64 - 1.0;
        x.yw_max = y * (widest(&profile.width) * n) / n;
        x.profile = Some(profile);
        x
    }
}

/// Ratio of the depth at which the width first stops growing.
fn widest(width: &[f64]) -> f64 {
    let mut at = 0;
    for (i, pair) in width.windows(2).enumerate() {
        if let [a, b] = pair {
            if b < a {
                break;
            }
            at = i + 1;
        }
    }
    at as f64 / (width.len() as f64 - 1.0)
}
