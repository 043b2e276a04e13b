//! A circle nearly empty (圆管小水深): where the tables are too coarse, the angle is solved for.
#![expect(clippy::approx_constant, reason = "SWMM's starting angles")]

use super::lookup;
use super::lookup::inverse;
use super::tables::{S_CIRC, Y_CIRC};
use crate::units::PI;

/// Depth / diameter by area / full area.
pub(super) fn depth(alpha: f64) -> f64 {
    if alpha >= 1.0 {
        return 1.0;
    }
    if alpha <= 0.0 {
        return 0.0;
    }
    if alpha <= 1.0e-5 {
        let theta = (37.6911 * alpha).powf(1.0 / 3.0);
        return theta * theta / 16.0;
    }
    (1.0 - (theta_of_area(alpha) / 2.0).cos()) / 2.0
}

/// Depth / diameter by area ratio, tables above 4 %.
pub(super) fn depth_or_table(alpha: f64) -> f64 {
    if alpha < 0.04 { depth(alpha) } else { lookup(alpha, &Y_CIRC) }
}

/// Section factor / full by area / full.
pub(super) fn factor(alpha: f64) -> f64 {
    if alpha >= 1.0 {
        return 1.0;
    }
    if alpha <= 0.0 {
        return 0.0;
    }
    if alpha <= 1.0e-5 {
        let theta = (37.6911 * alpha).powf(1.0 / 3.0);
        return theta.powf(13.0 / 3.0) / 124.4797;
    }
    let theta = theta_of_area(alpha);
    (theta - theta.sin()).powf(5.0 / 3.0) / (2.0 * PI) / theta.powf(2.0 / 3.0)
}

/// Section factor ratio by area ratio, tables above 4 %.
pub(super) fn factor_or_table(alpha: f64) -> f64 {
    if alpha < 0.04 { factor(alpha) } else { lookup(alpha, &S_CIRC) }
}

/// Area / full by section factor / full.
pub(super) fn area_of_factor(psi: f64) -> f64 {
    if psi == 0.0 {
        return 0.0;
    }
    if psi >= 1.0 {
        return 1.0;
    }
    if psi > 0.015 {
        return inverse(psi, &S_CIRC);
    }
    if psi <= 0.0 {
        return 0.0;
    }
    if psi <= 1.0e-6 {
        let theta = (124.4797 * psi).powf(3.0 / 13.0);
        return theta * theta * theta / 37.6911;
    }
    let theta = theta_of_factor(psi);
    (theta - theta.sin()) / (2.0 * PI)
}

/// The angle whose segment has this share of the area.
pub(super) fn theta_of_area(alpha: f64) -> f64 {
    let mut theta = if alpha > 0.04 {
        1.2 + 5.08 * (alpha - 0.04) / 0.96
    } else {
        0.031715 - 12.79384 * alpha + 8.28479 * alpha.sqrt()
    };
    let first = theta;
    let ap = (2.0 * PI) * alpha;
    for _ in 0..40 {
        let mut d = -(ap - theta + theta.sin()) / (1.0 - theta.cos());
        if d > 1.0 {
            d = 1.0;
        }
        theta -= d;
        if d.abs() <= 0.0001 {
            return theta;
        }
    }
    first
}

fn theta_of_factor(psi: f64) -> f64 {
    let mut theta = if psi > 0.90 {
        4.17 + 1.12 * (psi - 0.90) / 0.176
    } else if psi > 0.5 {
        3.14 + 1.03 * (psi - 0.5) / 0.4
    } else if psi > 0.015 {
        1.2 + 1.94 * (psi - 0.015) / 0.485
    } else {
        0.12103 - 55.5075 * psi + 15.62254 * psi.sqrt()
    };
    let first = theta;
    let ap = (2.0 * PI) * psi;
    for _ in 0..40 {
        theta = theta.abs();
        let tt = theta - theta.sin();
        let tt23 = tt.powf(2.0 / 3.0);
        let t3 = theta.powf(1.0 / 3.0);
        let mut d = ap * theta / t3 - tt * tt23;
        d /= ap * (2.0 / 3.0) / t3 - (5.0 / 3.0) * tt23 * (1.0 - theta.cos());
        theta -= d;
        if d.abs() <= 0.0001 {
            return theta;
        }
    }
    first
}
