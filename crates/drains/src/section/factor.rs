//! Hydraulic radius and section factor A·R^⅔ by area, and back (断面因子).
#![expect(clippy::indexing_slicing, reason = "the cell is clamped to the table just before")]

use super::lookup::{inverse, lookup};
use super::tables::*;
use super::{Section, Shape, circle};
use crate::roots::newton;
use crate::units::{PI, TINY};

/// Share of the area at which a closed rectangle carries most.
pub(super) const RECT_ALFMAX: f64 = 0.97;
/// The same for rectangles with a triangular or round bottom.
pub(super) const ROUND_ALFMAX: f64 = 0.98;
const TWO_THIRDS: f64 = 2.0 / 3.0;
const FIVE_THIRDS: f64 = 5.0 / 3.0;

impl Section {
    /// Hydraulic radius at area `a`, ft.
    #[must_use]
    pub fn radius_of_area(&self, a: f64) -> f64 {
        if a <= 0.0 {
            return 0.0;
        }
        match self.shape {
            Shape::HorizEllipse
            | Shape::VertEllipse
            | Shape::Arch
            | Shape::Irregular
            | Shape::FilledCircular
            | Shape::Custom
            | Shape::Street => self.radius(self.depth_of_area(a)),
            Shape::RectClosed => {
                let mut p = self.w_max + 2.0 * a / self.w_max;
                if a / self.a_full > RECT_ALFMAX {
                    p += (a / self.a_full - RECT_ALFMAX) / (1.0 - RECT_ALFMAX) * self.w_max;
                }
                a / p
            }
            Shape::RectOpen => a / (self.w_max + (2.0 - self.s_bot) * a / self.w_max),
            Shape::RectTriangular => {
                let y = self.depth_of_area(a);
                if y <= self.y_bot {
                    return a / (2.0 * y * self.r_bot);
                }
                let mut p = 2.0 * self.y_bot * self.r_bot + 2.0 * (y - self.y_bot);
                let over = (a / self.a_full) - ROUND_ALFMAX;
                if over > 0.0 {
                    p += over / (1.0 - ROUND_ALFMAX) * self.w_max;
                }
                a / p
            }
            Shape::RectRound => {
                if a > self.a_bot {
                    let y1 = (a - self.a_bot) / self.w_max;
                    let theta = 2.0 * (self.w_max / 2.0 / self.r_bot).asin();
                    let mut p = self.r_bot * theta + 2.0 * y1;
                    let over = (a / self.a_full) - ROUND_ALFMAX;
                    if over > 0.0 {
                        p += over / (1.0 - ROUND_ALFMAX) * self.w_max;
                    }
                    return a / p;
                }
                let theta = 2.0 * (1.0 - self.depth_of_area(a) / self.r_bot).acos();
                a / (self.r_bot * theta)
            }
            Shape::ModBasket => {
                if a <= self.a_full - self.a_bot {
                    return a / (self.w_max + 2.0 * a / self.w_max);
                }
                let empty = self.y_full - self.depth_of_area(a);
                let theta = 2.0 * (1.0 - empty / self.r_bot).acos();
                let p = (self.s_bot - theta) * self.r_bot + 2.0 * (self.y_full - self.y_bot) + self.w_max;
                a / p
            }
            Shape::Trapezoidal => a / (self.y_bot + self.depth_of_area(a) * self.r_bot),
            Shape::Triangular => a / (2.0 * self.depth_of_area(a) * self.r_bot),
            Shape::Parabolic => a / self.parabola_perimeter(self.depth_of_area(a)),
            Shape::Power => a / self.power_perimeter(self.depth_of_area(a)),
            _ => {
                let s = self.factor_of_area(a);
                if s < TINY || a < TINY {
                    return 0.0;
                }
                (s / a).powf(3.0 / 2.0)
            }
        }
    }

    /// Section factor at area `a`, ft^(8/3).
    #[must_use]
    pub fn factor_of_area(&self, a: f64) -> f64 {
        let alpha = a / self.a_full;
        match self.shape {
            Shape::Circular | Shape::ForceMain => self.s_full * circle::factor_or_table(alpha),
            Shape::Egg => self.s_full * lookup(alpha, &S_EGG),
            Shape::Horseshoe => self.s_full * lookup(alpha, &S_HORSESHOE),
            Shape::Gothic => self.s_full * lookup(alpha, &S_GOTHIC),
            Shape::Catenary => self.s_full * lookup(alpha, &S_CATENARY),
            Shape::SemiElliptical => self.s_full * lookup(alpha, &S_SEMI_ELLIP),
            Shape::BasketHandle => self.s_full * lookup(alpha, &S_BASKET_HANDLE),
            Shape::SemiCircular => self.s_full * lookup(alpha, &S_SEMI_CIRC),
            Shape::RectClosed if alpha > RECT_ALFMAX => self.falling_factor(alpha, RECT_ALFMAX),
            Shape::RectTriangular | Shape::RectRound if alpha > ROUND_ALFMAX => {
                self.falling_factor(alpha, ROUND_ALFMAX)
            }
            Shape::RectClosed | Shape::RectTriangular => a * self.radius_of_area(a).powf(TWO_THIRDS),
            Shape::RectOpen => {
                let y = a / self.w_max;
                let r = a / ((2.0 - self.s_bot) * y + self.w_max);
                a * r.powf(TWO_THIRDS)
            }
            Shape::RectRound => {
                if a > self.a_bot {
                    return a * self.radius_of_area(a).powf(TWO_THIRDS);
                }
                self.s_bot * circle::factor_or_table(a / (PI * self.r_bot * self.r_bot))
            }
            _ => {
                if a == 0.0 {
                    return 0.0;
                }
                let r = self.radius_of_area(a);
                if r < TINY { 0.0 } else { a * r.powf(TWO_THIRDS) }
            }
        }
    }

    fn falling_factor(&self, alpha: f64, alf_max: f64) -> f64 {
        self.s_max + (self.s_full - self.s_max) * (alpha - alf_max) / (1.0 - alf_max)
    }

    /// Area of greatest flow, ft².
    pub(crate) fn area_max(&self) -> f64 {
        match self.shape {
            Shape::Irregular | Shape::Custom => self.a_bot,
            shape => shape.area_max_ratio() * self.a_full,
        }
    }

    /// Area at section factor `s`, ft².
    #[must_use]
    pub fn area_of_factor(&self, s: f64) -> f64 {
        let psi = s / self.s_full;
        if s <= 0.0 {
            return 0.0;
        }
        let s = if s > self.s_max { self.s_max } else { s };
        match self.shape {
            Shape::Dummy => 0.0,
            Shape::Circular | Shape::ForceMain => {
                let psi = s / self.s_full;
                if psi >= 1.0 { self.a_full } else { self.a_full * circle::area_of_factor(psi) }
            }
            Shape::Egg => self.a_full * inverse(psi, &S_EGG),
            Shape::Horseshoe => self.a_full * inverse(psi, &S_HORSESHOE),
            Shape::Gothic => self.a_full * inverse(psi, &S_GOTHIC),
            Shape::Catenary => self.a_full * inverse(psi, &S_CATENARY),
            Shape::SemiElliptical => self.a_full * inverse(psi, &S_SEMI_ELLIP),
            Shape::BasketHandle => self.a_full * inverse(psi, &S_BASKET_HANDLE),
            Shape::SemiCircular => self.a_full * inverse(psi, &S_SEMI_CIRC),
            _ => self.solve_area_of_factor(s),
        }
    }

    fn solve_area_of_factor(&self, s: f64) -> f64 {
        let a2 = self.area_max();
        let a1 =
            if s <= self.s_max && s >= self.s_full && self.s_max != self.s_full { self.a_full } else { 0.0 };
        newton(a1, a2, 0.5 * (a1 + a2), 0.0001 * self.a_full, |a| {
            (self.factor_of_area(a) - s, self.factor_slope(a))
        })
        .0
    }

    /// dS/dA at area `a`, ft^⅔.
    #[must_use]
    pub fn factor_slope(&self, a: f64) -> f64 {
        let alpha = a / self.a_full;
        match self.shape {
            Shape::Circular | Shape::ForceMain => {
                if alpha <= 1.0e-30 {
                    return 1.0e-30;
                }
                if alpha < 0.04 {
                    let theta = circle::theta_of_area(alpha);
                    let r = a / (theta * self.y_full / 2.0);
                    return manning_slope(4.0 / self.y_full / (1.0 - theta.cos()), r);
                }
                self.table_slope(alpha, &S_CIRC)
            }
            Shape::Egg => self.table_slope(alpha, &S_EGG),
            Shape::Horseshoe => self.table_slope(alpha, &S_HORSESHOE),
            Shape::Gothic => self.table_slope(alpha, &S_GOTHIC),
            Shape::Catenary => self.table_slope(alpha, &S_CATENARY),
            Shape::SemiElliptical => self.table_slope(alpha, &S_SEMI_ELLIP),
            Shape::BasketHandle => self.table_slope(alpha, &S_BASKET_HANDLE),
            Shape::SemiCircular => self.table_slope(alpha, &S_SEMI_CIRC),
            Shape::RectClosed => {
                if alpha > RECT_ALFMAX {
                    return (self.s_full - self.s_max) / ((1.0 - RECT_ALFMAX) * self.a_full);
                }
                self.slope_or_difference(a, 2.0 / self.w_max)
            }
            Shape::RectOpen => self.slope_or_difference(a, (2.0 - self.s_bot) / self.w_max),
            Shape::RectTriangular => {
                if alpha > ROUND_ALFMAX {
                    return (self.s_full - self.s_max) / ((1.0 - ROUND_ALFMAX) * self.a_full);
                }
                let dpda =
                    if a > self.a_bot { 2.0 / self.w_max } else { self.r_bot / (a * self.s_bot).sqrt() };
                self.slope_or_difference(a, dpda)
            }
            Shape::RectRound => {
                if alpha > ROUND_ALFMAX {
                    return (self.s_full - self.s_max) / ((1.0 - ROUND_ALFMAX) * self.a_full);
                }
                if a > self.a_bot {
                    return manning_slope(2.0 / self.w_max, self.radius_of_area(a));
                }
                self.difference_slope(a)
            }
            Shape::ModBasket => {
                if a <= self.a_full - self.a_bot && alpha > 1.0e-30 {
                    let r = a / (self.w_max + 2.0 * a / self.w_max);
                    return manning_slope(2.0 / self.w_max, r);
                }
                self.difference_slope(a)
            }
            Shape::Trapezoidal => {
                let dpda = self.r_bot / (self.y_bot * self.y_bot + 4.0 * self.s_bot * a).sqrt();
                self.slope_or_difference(a, dpda)
            }
            Shape::Triangular => self.slope_or_difference(a, self.r_bot / (a * self.s_bot).sqrt()),
            _ => self.difference_slope(a),
        }
    }

    fn slope_or_difference(&self, a: f64, dpda: f64) -> f64 {
        if a / self.a_full <= 1.0e-30 {
            return self.difference_slope(a);
        }
        manning_slope(dpda, self.radius_of_area(a))
    }

    fn table_slope(&self, alpha: f64, table: &[f64]) -> f64 {
        let n = table.len();
        let delta = 1.0 / (n as f64 - 1.0);
        let i = ((alpha / delta) as usize).min(n - 2);
        (table[i + 1] - table[i]) / delta * self.s_full / self.a_full
    }

    fn difference_slope(&self, a: f64) -> f64 {
        let alpha = a / self.a_full;
        let below = if alpha - 0.001 < 0.0 { 0.0 } else { alpha - 0.001 };
        let (a1, a2) = (below * self.a_full, (alpha + 0.001) * self.a_full);
        (self.factor_of_area(a2) - self.factor_of_area(a1)) / (a2 - a1)
    }
}

fn manning_slope(dpda: f64, r: f64) -> f64 {
    (FIVE_THIRDS - TWO_THIRDS * dpda * r) * r.powf(TWO_THIRDS)
}
