//! Force mains (压力管): Hazen-Williams and Darcy-Weisbach when full, an equivalent Manning's n when
//! not (Reference Manual II, section 3.4).

use crate::section::Section;
use crate::units::GRAVITY;

/// Kinematic viscosity of water, ft²/s.
const VISCOSITY: f64 = 1.1e-5;

/// Manning's n that gives the same full flow.
pub(crate) fn equivalent_n(darcy: bool, x: &Section, slope: f64) -> f64 {
    let d = x.y_full;
    if darcy {
        let f = friction_factor(x.r_bot, d / 4.0, 1.0e12);
        return (f / 185.0).sqrt() * d.powf(1.0 / 6.0);
    }
    1.067 / x.r_bot * (d / slope).powf(0.04)
}

/// Constant of the friction slope when full.
pub(crate) fn rough_factor(darcy: bool, r_bot: f64, length_factor: f64) -> f64 {
    if darcy {
        return 1.0 / 8.0 / length_factor;
    }
    let r = 1.318 * r_bot * length_factor.powf(0.54);
    GRAVITY / r.powf(1.852)
}

/// Friction slope term at velocity `v` (≥ 0) and hydraulic radius.
pub(crate) fn friction_slope(darcy: bool, x: &Section, v: f64, radius: f64) -> f64 {
    if darcy {
        let re = 4.0 * radius * v / VISCOSITY;
        return friction_factor(x.r_bot, radius, re) * x.s_bot * v / radius;
    }
    x.s_bot * v.powf(0.852) / radius.powf(1.1667)
}

fn friction_factor(e: f64, radius: f64, re: f64) -> f64 {
    let re = if re < 10.0 { 10.0 } else { re };
    if re <= 2000.0 {
        return 64.0 / re;
    }
    if re < 4000.0 {
        let f = friction_factor(e, radius, 4000.0);
        return 0.032 + (f - 0.032) * (re - 2000.0) / 2000.0;
    }
    let mut f = e / 3.7 / (4.0 * radius);
    if re < 1.0e10 {
        f += 5.74 / re.powf(0.9);
    }
    let f = f.log10();
    0.25 / f / f
}
