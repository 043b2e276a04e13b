//! Area, top width and hydraulic radius by depth, depth by area (几何).

use super::lookup::{inverse, lookup};
use super::tables::*;
use super::{Profile, Section, Shape, circle};
use crate::units::PI;

impl Section {
    fn table(&self, pick: impl Fn(&Profile) -> &[f64], at: f64) -> f64 {
        self.profile.as_deref().map_or(0.0, |p| lookup(at, pick(p)))
    }

    /// 过水面积: area at depth `y`, ft².
    #[must_use]
    pub fn area(&self, y: f64) -> f64 {
        if y <= 0.0 {
            return 0.0;
        }
        let n = y / self.y_full;
        match self.shape {
            Shape::Circular | Shape::ForceMain => self.a_full * lookup(n, &A_CIRC),
            Shape::FilledCircular => {
                let (yf, af) = (self.y_full + self.y_bot, self.a_full + self.a_bot);
                af * lookup((y + self.y_bot) / yf, &A_CIRC) - self.a_bot
            }
            Shape::Egg => self.a_full * lookup(n, &A_EGG),
            Shape::Horseshoe => self.a_full * lookup(n, &A_HORSESHOE),
            Shape::Gothic => self.a_full * inverse(n, &Y_GOTHIC),
            Shape::Catenary => self.a_full * inverse(n, &Y_CATENARY),
            Shape::SemiElliptical => self.a_full * inverse(n, &Y_SEMI_ELLIP),
            Shape::BasketHandle => self.a_full * lookup(n, &A_BASKETHANDLE),
            Shape::SemiCircular => self.a_full * inverse(n, &Y_SEMI_CIRC),
            Shape::HorizEllipse => self.a_full * lookup(n, &A_HORIZ_ELLIPSE),
            Shape::VertEllipse => self.a_full * lookup(n, &A_VERT_ELLIPSE),
            Shape::Arch => self.a_full * lookup(n, &A_ARCH),
            Shape::Irregular | Shape::Custom | Shape::Street => self.a_full * self.table(|p| &p.area, n),
            Shape::RectClosed | Shape::RectOpen => y * self.w_max,
            Shape::RectTriangular => {
                if y <= self.y_bot {
                    y * y * self.s_bot
                } else {
                    self.a_bot + (y - self.y_bot) * self.w_max
                }
            }
            Shape::RectRound => {
                if y > self.y_bot {
                    return self.a_bot + (y - self.y_bot) * self.w_max;
                }
                let theta = 2.0 * (1.0 - y / self.r_bot).acos();
                0.5 * self.r_bot * self.r_bot * (theta - theta.sin())
            }
            Shape::ModBasket => {
                if y <= self.y_full - self.y_bot {
                    return y * self.w_max;
                }
                let theta = 2.0 * (1.0 - (self.y_full - y) / self.r_bot).acos();
                self.a_full - 0.5 * self.r_bot * self.r_bot * (theta - theta.sin())
            }
            Shape::Trapezoidal => (self.y_bot + self.s_bot * y) * y,
            Shape::Triangular => y * y * self.s_bot,
            Shape::Parabolic => 4.0 / 3.0 * self.r_bot * y * y.sqrt(),
            Shape::Power => self.r_bot * y.powf(self.s_bot + 1.0),
            Shape::Dummy => 0.0,
        }
    }

    /// 水面宽: top width at depth `y`, ft.
    #[must_use]
    pub fn width(&self, y: f64) -> f64 {
        let n = y / self.y_full;
        match self.shape {
            Shape::Circular | Shape::ForceMain => self.w_max * lookup(n, &W_CIRC),
            Shape::FilledCircular => {
                self.w_max * lookup((y + self.y_bot) / (self.y_full + self.y_bot), &W_CIRC)
            }
            Shape::Egg => self.w_max * lookup(n, &W_EGG),
            Shape::Horseshoe => self.w_max * lookup(n, &W_HORSESHOE),
            Shape::Gothic => self.w_max * lookup(n, &W_GOTHIC),
            Shape::Catenary => self.w_max * lookup(n, &W_CATENARY),
            Shape::SemiElliptical => self.w_max * lookup(n, &W_SEMI_ELLIP),
            Shape::BasketHandle => self.w_max * lookup(n, &W_BASKET_HANDLE),
            Shape::SemiCircular => self.w_max * lookup(n, &W_SEMI_CIRC),
            Shape::HorizEllipse => self.w_max * lookup(n, &W_HORIZ_ELLIPSE),
            Shape::VertEllipse => self.w_max * lookup(n, &W_VERT_ELLIPSE),
            Shape::Arch => self.w_max * lookup(n, &W_ARCH),
            Shape::Irregular | Shape::Custom | Shape::Street => self.w_max * self.table(|p| &p.width, n),
            Shape::RectClosed => {
                if n == 1.0 {
                    0.0
                } else {
                    self.w_max
                }
            }
            Shape::RectTriangular => {
                if y <= self.y_bot {
                    2.0 * self.s_bot * y
                } else {
                    self.w_max
                }
            }
            Shape::RectRound => {
                if y > self.y_bot {
                    self.w_max
                } else {
                    2.0 * (y * (2.0 * self.r_bot - y)).sqrt()
                }
            }
            Shape::RectOpen => self.w_max,
            Shape::ModBasket => {
                if y <= 0.0 {
                    return 0.0;
                }
                if y <= self.y_full - self.y_bot {
                    return self.w_max;
                }
                let top = self.y_full - y;
                2.0 * (top * (2.0 * self.r_bot - top)).sqrt()
            }
            Shape::Trapezoidal => self.y_bot + 2.0 * y * self.s_bot,
            Shape::Triangular => 2.0 * self.s_bot * y,
            Shape::Parabolic => 2.0 * self.r_bot * y.sqrt(),
            Shape::Power => (self.s_bot + 1.0) * self.r_bot * y.powf(self.s_bot),
            Shape::Dummy => 0.0,
        }
    }

    /// 水力半径: hydraulic radius at depth `y`, ft.
    #[must_use]
    pub fn radius(&self, y: f64) -> f64 {
        let n = y / self.y_full;
        match self.shape {
            Shape::Circular | Shape::ForceMain => self.r_full * lookup(n, &R_CIRC),
            Shape::FilledCircular => {
                if self.y_bot == 0.0 {
                    return self.r_full * lookup(n, &R_CIRC);
                }
                let (yf, af) = (self.y_full + self.y_bot, self.a_full + self.a_bot);
                let ratio = (y + self.y_bot) / yf;
                let a = af * lookup(ratio, &A_CIRC);
                let p = a / (0.25 * yf * lookup(ratio, &R_CIRC));
                (a - self.a_bot) / (p - self.r_bot + self.s_bot)
            }
            Shape::Egg => self.r_full * lookup(n, &R_EGG),
            Shape::Horseshoe => self.r_full * lookup(n, &R_HORSESHOE),
            Shape::BasketHandle => self.r_full * lookup(n, &R_BASKETHANDLE),
            Shape::HorizEllipse => self.r_full * lookup(n, &R_HORIZ_ELLIPSE),
            Shape::VertEllipse => self.r_full * lookup(n, &R_VERT_ELLIPSE),
            Shape::Arch => self.r_full * lookup(n, &R_ARCH),
            Shape::Irregular | Shape::Custom | Shape::Street => self.r_full * self.table(|p| &p.radius, n),
            Shape::RectTriangular => {
                if y <= self.y_bot {
                    return y * self.s_bot / (2.0 * self.r_bot);
                }
                let a = self.a_bot + (y - self.y_bot) * self.w_max;
                let mut p = 2.0 * self.y_bot * self.r_bot + 2.0 * (y - self.y_bot);
                let over = (a / self.a_full) - super::factor::ROUND_ALFMAX;
                if over > 0.0 {
                    p += over / (1.0 - super::factor::ROUND_ALFMAX) * self.w_max;
                }
                a / p
            }
            Shape::RectRound => {
                if y <= 0.0 {
                    return 0.0;
                }
                if y > self.y_bot {
                    return self.radius_of_area(self.area(y));
                }
                let theta = 2.0 * (1.0 - y / self.r_bot).acos();
                0.5 * self.r_bot * (1.0 - theta.sin()) / theta
            }
            Shape::Trapezoidal => {
                if y == 0.0 {
                    0.0
                } else {
                    self.area(y) / (self.y_bot + y * self.r_bot)
                }
            }
            Shape::Triangular => (y * self.s_bot) / (2.0 * self.r_bot),
            Shape::Parabolic => {
                if y <= 0.0 {
                    0.0
                } else {
                    self.area(y) / self.parabola_perimeter(y)
                }
            }
            Shape::Power => {
                if y <= 0.0 {
                    0.0
                } else {
                    self.area(y) / self.power_perimeter(y)
                }
            }
            _ => self.radius_of_area(self.area(y)),
        }
    }

    pub(super) fn parabola_perimeter(&self, y: f64) -> f64 {
        let x = 2.0 * y.sqrt() / self.r_bot;
        let t = (1.0 + x * x).sqrt();
        0.5 * self.r_bot * self.r_bot * (x * t + (x + t).ln())
    }

    pub(super) fn power_perimeter(&self, y: f64) -> f64 {
        let step = 0.02 * self.y_full;
        let h = (self.s_bot + 1.0) * self.r_bot / 2.0;
        let (mut p, mut y1, mut x1) = (0.0, 0.0, 0.0);
        loop {
            let mut y2: f64 = y1 + step;
            if y2 > y {
                y2 = y;
            }
            let x2 = h * y2.powf(self.s_bot);
            let (dx, dy): (f64, f64) = (x2 - x1, y2 - y1);
            p += (dx * dx + dy * dy).sqrt();
            x1 = x2;
            y1 = y2;
            if y2 >= y {
                return 2.0 * p;
            }
        }
    }

    /// Depth at area `a`, ft.
    #[must_use]
    pub fn depth_of_area(&self, a: f64) -> f64 {
        let alpha = a / self.a_full;
        match self.shape {
            Shape::Circular | Shape::ForceMain => self.y_full * circle::depth_or_table(alpha),
            Shape::FilledCircular => {
                let (yf, af) = (self.y_full + self.y_bot, self.a_full + self.a_bot);
                yf * circle::depth_or_table((a + self.a_bot) / af) - self.y_bot
            }
            Shape::Egg => self.y_full * lookup(alpha, &Y_EGG),
            Shape::Horseshoe => self.y_full * lookup(alpha, &Y_HORSESHOE),
            Shape::Gothic => self.y_full * lookup(alpha, &Y_GOTHIC),
            Shape::Catenary => self.y_full * lookup(alpha, &Y_CATENARY),
            Shape::SemiElliptical => self.y_full * lookup(alpha, &Y_SEMI_ELLIP),
            Shape::BasketHandle => self.y_full * lookup(alpha, &Y_BASKET_HANDLE),
            Shape::SemiCircular => self.y_full * lookup(alpha, &Y_SEMI_CIRC),
            Shape::HorizEllipse => self.y_full * inverse(alpha, &A_HORIZ_ELLIPSE),
            Shape::VertEllipse => self.y_full * inverse(alpha, &A_VERT_ELLIPSE),
            Shape::Arch => self.y_full * inverse(alpha, &A_ARCH),
            Shape::Irregular | Shape::Custom | Shape::Street => {
                self.profile.as_deref().map_or(0.0, |p| self.y_full * inverse(alpha, &p.area))
            }
            Shape::RectClosed | Shape::RectOpen => a / self.w_max,
            Shape::RectTriangular => {
                if a <= self.a_bot {
                    (a / self.s_bot).sqrt()
                } else {
                    self.y_bot + (a - self.a_bot) / self.w_max
                }
            }
            Shape::RectRound => {
                if a > self.a_bot {
                    return self.y_bot + (a - self.a_bot) / self.w_max;
                }
                (2.0 * self.r_bot) * circle::depth_or_table(a / (PI * self.r_bot * self.r_bot))
            }
            Shape::ModBasket => {
                if a <= self.a_full - self.a_bot {
                    return a / self.w_max;
                }
                let alpha = (self.a_full - a) / (PI * self.r_bot * self.r_bot);
                self.y_full - 2.0 * self.r_bot * circle::depth_or_table(alpha)
            }
            Shape::Trapezoidal => {
                if self.s_bot == 0.0 {
                    return a / self.y_bot;
                }
                ((self.y_bot * self.y_bot + 4.0 * self.s_bot * a).sqrt() - self.y_bot) / (2.0 * self.s_bot)
            }
            Shape::Triangular => (a / self.s_bot).sqrt(),
            Shape::Parabolic => ((3.0 / 4.0) * a / self.r_bot).powf(2.0 / 3.0),
            Shape::Power => (a / self.r_bot).powf(1.0 / (self.s_bot + 1.0)),
            Shape::Dummy => 0.0,
        }
    }
}
