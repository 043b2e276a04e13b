//! Critical depth (临界水深): Reference Manual II, section 3.3.

use super::{Section, Shape};
use crate::roots::ridder;
use crate::units::{GRAVITY, PI, min};

/// Intervals in which the critical depth is looked for.
const INTERVALS: usize = 25;

impl Section {
    /// Critical depth at flow `q` (ft³/s), ft.
    #[must_use]
    pub fn critical_depth(&self, q: f64) -> f64 {
        let q2g = q * q / GRAVITY;
        if q2g == 0.0 {
            return 0.0;
        }
        let y = match self.shape {
            Shape::Dummy => return 0.0,
            Shape::RectOpen | Shape::RectClosed => (q2g / (self.w_max * self.w_max)).powf(1.0 / 3.0),
            Shape::Triangular => (2.0 * q2g / (self.s_bot * self.s_bot)).powf(1.0 / 5.0),
            Shape::Parabolic => (27.0 / 32.0 * q2g / (self.r_bot * self.r_bot)).powf(1.0 / 4.0),
            Shape::Power => {
                (q2g * (self.s_bot + 1.0) / (self.r_bot * self.r_bot)).powf(1.0 / (2.0 * self.s_bot + 3.0))
            }
            _ => {
                let mut y = 1.01 * (q2g / self.y_full).powf(1.0 / 4.0);
                if y >= self.y_full {
                    y = 0.97 * self.y_full;
                }
                if self.is_nearly_round() { self.enumerate(q, y) } else { self.by_ridder(q, y) }
            }
        };
        min(y, self.y_full)
    }

    /// True where the critical depth is looked for interval by interval.
    fn is_nearly_round(&self) -> bool {
        let r = self.a_full / (PI / 4.0 * (self.y_full * self.y_full));
        (0.5..=2.0).contains(&r)
    }

    /// Flows (ft³/s) between which the critical depth is a straight line, if it is one for this section.
    pub(crate) fn critical_knots(&self) -> Option<Vec<f64>> {
        let by_formula = matches!(
            self.shape,
            Shape::Dummy
                | Shape::RectOpen
                | Shape::RectClosed
                | Shape::Triangular
                | Shape::Parabolic
                | Shape::Power
        );
        if by_formula || !self.is_nearly_round() {
            return None;
        }
        let dy = self.y_full / 25.0;
        // At the last one a closed section has no width.
        let mut flows: Vec<f64> = (0..INTERVALS).map(|i| self.critical_flow(i as f64 * dy, 0.0)).collect();
        let rises = |flows: &[f64]| flows.windows(2).all(|w| matches!(w, [a, b] if a < b));
        let top = self.critical_flow(self.y_full, 0.0);
        if top > 0.0 {
            flows.push(top);
        }
        rises(&flows).then_some(flows)
    }

    /// Critical flow at depth `y`, less `q`.
    pub(crate) fn critical_flow(&self, y: f64, q: f64) -> f64 {
        let a = self.area(y);
        let w = self.width(y);
        if w > 0.0 { a * (GRAVITY * a / w).sqrt() - q } else { -q }
    }

    fn enumerate(&self, q: f64, start: f64) -> f64 {
        let dy = self.y_full / 25.0;
        let i1 = (start / dy) as usize;
        let mut q0 = self.critical_flow(i1 as f64 * dy, 0.0);
        if q0 < q {
            for i in i1 + 1..=INTERVALS {
                let qc = self.critical_flow(i as f64 * dy, 0.0);
                if qc >= q {
                    return ((q - q0) / (qc - q0) + (i as f64 - 1.0)) * dy;
                }
                q0 = qc;
            }
            return self.y_full;
        }
        for i in (0..i1).rev() {
            let qc = self.critical_flow(i as f64 * dy, 0.0);
            if qc < q {
                return ((q - qc) / (q0 - qc) + i as f64) * dy;
            }
            q0 = qc;
        }
        0.0
    }

    fn by_ridder(&self, q: f64, start: f64) -> f64 {
        let (mut y1, mut y2) = (0.0, 0.99 * self.y_full);
        if self.critical_flow(y2, 0.0) < q {
            return self.y_full;
        }
        let q0 = self.critical_flow(start, 0.0);
        let q1 = self.critical_flow(0.5 * self.y_full, 0.0);
        if q0 > q {
            y2 = start;
            if q1 < q {
                y1 = 0.5 * self.y_full;
            }
        } else {
            y1 = start;
            if q1 > q {
                y2 = 0.5 * self.y_full;
            }
        }
        ridder(y1, y2, 0.001, |y| self.critical_flow(y, q))
    }
}
