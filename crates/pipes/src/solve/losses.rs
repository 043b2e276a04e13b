//! Head loss of pipes and its gradient (管段水头损失; EPANET manual §12.1, `hydcoeffs.c`).
//! For each link: `p` = 1 / gradient and `y` = loss / gradient.

#![expect(clippy::indexing_slicing, reason = "indices are the model's own node, link, tank and lane numbers")]

use super::power::power;
use crate::project::Formula;
use std::f64::consts::PI;

/// What a pipe formula needs for all pipes.
pub(super) struct PipeLoss<'a> {
    pub formula: Formula,
    pub tolerance: f64,
    pub exact: bool,
    pub viscosity: f64,
    pub resistance: &'a [f64],
    pub minor: &'a [f64],
    pub roughness: &'a [f64],
    pub diameter: &'a [f64],
}

impl PipeLoss<'_> {
    /// Fills `p` and `y` for open pipes; all slices are `lanes` values a pipe.
    #[inline(always)]
    pub(super) fn fill(&self, lanes: usize, flow: &[f64], p: &mut [f64], y: &mut [f64]) {
        match (self.formula, self.exact) {
            (Formula::HazenWilliams, false) => self.power_law(flow, p, y, 1.852, |q| power(q, 0.852)),
            (Formula::HazenWilliams, true) => self.power_law(flow, p, y, 1.852, |q| q.powf(0.852)),
            (Formula::ChezyManning, _) => self.power_law(flow, p, y, 2.0, |q| q),
            (Formula::DarcyWeisbach, _) => self.darcy(lanes, flow, p, y),
        }
    }

    #[inline(always)]
    fn power_law(&self, flow: &[f64], p: &mut [f64], y: &mut [f64], n: f64, raise: impl Fn(f64) -> f64) {
        let count = flow.len();
        let (r, m) = (&self.resistance[..count], &self.minor[..count]);
        let (p, y) = (&mut p[..count], &mut y[..count]);
        let tolerance = self.tolerance;
        for i in 0..count {
            let q = flow[i].abs();
            let steep = n * r[i] * raise(q.max(1e-30));
            let flat = steep < tolerance;
            let gradient = if flat { tolerance / n } else { steep };
            let scale = if flat { 1.0 } else { 1.0 / n };
            let loss = gradient * q * scale + m[i] * q * q;
            let gradient = gradient + 2.0 * m[i] * q;
            let inverse = 1.0 / gradient;
            p[i] = inverse;
            y[i] = (loss * inverse).copysign(flow[i]);
        }
    }

    #[inline(always)]
    fn darcy(&self, lanes: usize, flow: &[f64], p: &mut [f64], y: &mut [f64]) {
        for i in 0..flow.len() {
            let (r, m) = (self.resistance[i], self.minor[i]);
            let pipe = i / lanes;
            let (rough, d) = (self.roughness[pipe], self.diameter[pipe]);
            let q = flow[i].abs();
            let s = self.viscosity * d;
            let (loss, gradient) = if q <= A2 * s {
                let laminar = 16.0 * PI * s * r; // Hagen-Poiseuille
                (flow[i] * (laminar + m * q), laminar + 2.0 * m * q)
            } else {
                let (f, slope) = friction(q, rough / d, s, self.exact);
                let r1 = f * r + m;
                (r1 * q * flow[i], 2.0 * r1 * q + slope * r * q * q)
            };
            p[i] = 1.0 / gradient;
            y[i] = loss / gradient;
        }
    }
}

const A1: f64 = 1000.0 * PI; // 1000π: Re = 4000
const A2: f64 = 500.0 * PI; // 500π: Re = 2000
const A8: f64 = 4.618_413_198_590_667; // 5.74·(π/4)^0.9
const A9: f64 = -0.868_588_963_806_503_7; // −2/ln 10
const AB: f64 = 0.003_288_954_763_453_990_6; // 5.74/4000^0.9
const AC: f64 = -0.005_142_149_657_990_938; // AB·(−2·0.9·2/ln 10)

/// Friction factor and its slope: Swamee-Jain above Re 4000, Dunlop's cubic between.
fn friction(q: f64, e: f64, s: f64, exact: bool) -> (f64, f64) {
    let w = q / s;
    if w >= A1 {
        let y1 = A8 / if exact { w.powf(0.9) } else { power(w, 0.9) };
        let y2 = e / 3.7 + y1;
        let y3 = A9 * y2.ln();
        let f = 1.0 / (y3 * y3);
        return (f, 1.8 * f * y1 * A9 / y2 / y3 / q);
    }
    let y2 = e / 3.7 + AB;
    let y3 = A9 * y2.ln();
    let fa = 1.0 / (y3 * y3);
    let fb = (2.0 + AC / (y2 * y3)) * fa;
    let r = w / A2;
    let x1 = 7.0 * fa - fb;
    let x2 = 0.128 - 17.0 * fa + 2.5 * fb;
    let x3 = -0.128 + 13.0 * fa - (fb + fb);
    let x4 = 0.032 - 3.0 * fa + 0.5 * fb;
    (x1 + r * (x2 + r * (x3 + r * x4)), (x2 + r * (2.0 * x3 + r * 3.0 * x4)) / s / A2)
}
