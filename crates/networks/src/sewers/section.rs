//! 断面: which pipe carries a flow, and what a section carries.

use crate::text::number;

/// A cross-section, m.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Section {
    /// 圆管.
    Circular(f64),
    /// 圆管 with mud up to a height.
    Filled(f64, f64),
    /// 蛋形管.
    Egg(f64),
    /// 箱涵: height, width.
    Box(f64, f64),
    /// 河道: depth, width of the bed, side slope.
    Trapezoid(f64, f64, f64),
}

/// Usual diameters of concrete pipes, m (GB/T 11836).
const DIAMETERS_M: [f64; 11] = [0.3, 0.4, 0.5, 0.6, 0.8, 1.0, 1.2, 1.35, 1.5, 1.8, 2.0];
/// Usual box culverts, m.
const BOXES_M: [(f64, f64); 6] = [(1.8, 2.5), (2.0, 3.0), (2.2, 4.0), (2.5, 5.0), (3.0, 6.0), (3.2, 8.0)];
/// Manning's n of concrete.
pub(crate) const CONCRETE: f64 = 0.013;

impl Section {
    /// The smallest usual section that carries a flow full at a slope; egg-shaped where the street is old.
    pub(crate) fn carrying(flow_m3s: f64, slope: f64, old: bool) -> Self {
        let round = DIAMETERS_M.into_iter().find(|d| Self::Circular(*d).full_m3s(slope) >= flow_m3s);
        match round {
            Some(d) if old && (0.8..1.6).contains(&d) => Self::Egg(1.25 * d),
            Some(d) => Self::Circular(d),
            None => {
                let enough = |(h, w): &(f64, f64)| Self::Box(*h, *w).full_m3s(slope) >= flow_m3s;
                let (h, w) = BOXES_M.into_iter().find(enough).unwrap_or((3.5, 12.0));
                Self::Box(h, w)
            }
        }
    }

    /// Height, m.
    pub(crate) fn height_m(self) -> f64 {
        match self {
            Self::Circular(d) | Self::Filled(d, _) | Self::Egg(d) => d,
            Self::Box(h, _) | Self::Trapezoid(h, _, _) => h,
        }
    }

    /// The least usual slope (GB 50014-2021, table 5.2.10, and by hand above DN600).
    pub(crate) fn least_slope(self) -> f64 {
        match self.height_m() {
            h if h < 0.35 => 0.003,
            h if h < 0.45 => 0.002,
            h if h < 0.55 => 0.0016,
            h if h < 0.7 => 0.0013,
            h if h < 0.9 => 0.001,
            _ => 0.0008,
        }
    }

    /// What it carries full, m³/s (Manning, concrete).
    pub(crate) fn full_m3s(self, slope: f64) -> f64 {
        let (area, wet) = match self {
            Self::Circular(d) | Self::Filled(d, _) => {
                (std::f64::consts::FRAC_PI_4 * d * d, std::f64::consts::PI * d)
            }
            Self::Egg(d) => (0.51 * d * d, 2.64 * d),
            Self::Box(h, w) => (h * w, 2.0 * (h + w)),
            Self::Trapezoid(h, _, _) => return self.open_m3s(h, slope, CONCRETE),
        };
        area * (area / wet).powf(2.0 / 3.0) * slope.sqrt() / CONCRETE
    }

    /// What an open channel carries at a depth, m³/s; 0 for other sections.
    pub(crate) fn open_m3s(self, depth_m: f64, slope: f64, roughness: f64) -> f64 {
        let Self::Trapezoid(_, width, side) = self else { return 0.0 };
        let area = depth_m * (width + side * depth_m);
        let wet = width + 2.0 * depth_m * side.hypot(1.0);
        area * (area / wet).powf(2.0 / 3.0) * slope.sqrt() / roughness
    }

    /// The same, half full of mud where it is round, half as wide where it is a box.
    pub(crate) fn blocked(self) -> Self {
        match self {
            Self::Circular(d) => Self::Filled(d, 0.45 * d),
            Self::Box(h, w) => Self::Box(h, 0.5 * w),
            other => other,
        }
    }

    /// Its words in `[XSECTIONS]`.
    pub(crate) fn words(self) -> String {
        let n = |x: f64| number(x, 3);
        match self {
            Self::Circular(d) => format!("CIRCULAR {} 0 0 0", n(d)),
            Self::Filled(d, mud) => format!("FILLED_CIRCULAR {} {} 0 0", n(d), n(mud)),
            Self::Egg(d) => format!("EGG {} 0 0 0", n(d)),
            Self::Box(h, w) => format!("RECT_CLOSED {} {} 0 0", n(h), n(w)),
            Self::Trapezoid(h, w, s) => format!("TRAPEZOIDAL {} {} {} {}", n(h), n(w), n(s), n(s)),
        }
    }
}
