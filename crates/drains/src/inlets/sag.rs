//! Inlets that water stands over (低点雨水口): weirs when shallow, orifices when deep, HEC-22, 3rd
//! edition, section 4.4.5.

use super::{Inlet, InletKind};
use crate::project::{Grate, Throat};
use crate::units::min;

/// Sine of 45°, as SWMM writes it; more digits would change bits.
#[expect(clippy::approx_constant, reason = "SWMM's own figure")]
const SINE_45: f64 = 0.7071;

/// Open share of a grate (HEC-22, chart 9B).
pub(super) const fn opening(grate: Grate) -> f64 {
    match grate {
        Grate::PBar50 => 0.90,
        Grate::PBar50x100 | Grate::Reticuline => 0.80,
        Grate::PBar30 => 0.60,
        Grate::CurvedVane => 0.35,
        Grate::TiltBar45 => 0.17,
        Grate::TiltBar30 => 0.34,
        Grate::Generic { open, .. } => open,
    }
}

impl Inlet {
    /// Captured by all inlets of the conduit under `depth` ft of water.
    pub(super) fn on_sag(&self, depth: f64, sides: f64) -> f64 {
        let mut captured = self.one_on_sag(depth.abs());
        captured *= self.open;
        captured = min(captured, self.most);
        captured * (sides * f64::from(self.count))
    }

    pub(super) fn one_on_sag(&self, depth: f64) -> f64 {
        let d = &self.design;
        if d.slot_length > 0.0 {
            return self.slot(depth);
        }
        let (mut grate_weir, mut grate_orifice) = (0.0, 0.0);
        if d.grate_length > 0.0 {
            (grate_weir, grate_orifice) = self.sag_grate(depth);
        }
        let (mut sweep_weir, mut sweep_orifice, mut curb_orifice) = (0.0, 0.0, 0.0);
        if d.curb_length > 0.0 {
            let sweeper = d.curb_length - d.grate_length;
            if sweeper > 0.0 {
                (sweep_weir, sweep_orifice) = self.sag_curb(depth, sweeper);
            }
            if grate_orifice > 0.0 {
                curb_orifice = self.sag_curb(depth, d.grate_length).1;
            }
        }
        grate_weir + grate_orifice + sweep_weir + sweep_orifice + curb_orifice
    }

    /// Flow of a grate as a weir (4-26) and as an orifice (4-27).
    fn sag_grate(&self, depth: f64) -> (f64, f64) {
        let (d, sw) = (&self.design, self.gutter.sw);
        let (l, mut width) = (d.grate_length, d.grate_width);
        let (head, perimeter);
        if d.kind == InletKind::DropGrate {
            head = depth;
            perimeter = 2.0 * (l + width);
        } else {
            if depth <= width * sw {
                width = depth / sw;
            }
            head = depth - (width / 2.0) * sw;
            perimeter = l + 2.0 * width;
        }
        let area = l * width * opening(d.grate);
        if depth <= 1.79 * area / perimeter {
            (3.0 * perimeter * head.powf(1.5), 0.0)
        } else {
            (0.0, 0.67 * area * (2.0 * 32.16 * head).sqrt())
        }
    }

    /// Flow of a curb opening of length `l` as a weir (4-28, 4-30) and as an orifice (4-31a).
    fn sag_curb(&self, depth: f64, l: f64) -> (f64, f64) {
        let (d, g) = (&self.design, &self.gutter);
        let h = d.curb_height;
        if l <= 0.0 {
            return (0.0, 0.0);
        }
        let l = if d.kind == InletKind::DropCurb { l * 4.0 } else { l };
        let deep = 1.4 * h;
        if depth > deep {
            return (0.0, self.curb_orifice(depth, l));
        }
        let (shallow, coefficient) =
            if g.a == 0.0 || l > 12.0 { (h, 3.0 * l) } else { (h + g.a, 2.3 * (l + 1.8 * g.w)) };
        if depth < shallow {
            return (coefficient * depth.powf(1.5), 0.0);
        }
        let weir = coefficient * shallow.powf(1.5);
        let orifice = self.curb_orifice(deep, l);
        let r = (depth - shallow) / (deep - shallow);
        ((1.0 - r) * weir, r * orifice)
    }

    fn curb_orifice(&self, depth: f64, l: f64) -> f64 {
        let h = self.design.curb_height;
        let head = match self.design.throat {
            Throat::Horizontal => depth - h / 2.0,
            Throat::Inclined => depth - (h / 2.0) * SINE_45,
            Throat::Vertical => depth,
        };
        0.67 * h * l * (2.0 * 32.16 * head).sqrt()
    }

    /// Flow of a slotted drain (4-32, 4-33).
    fn slot(&self, depth: f64) -> f64 {
        let (l, w) = (self.design.slot_length, self.design.slot_width);
        if depth <= 2.587 * w { 2.48 * l * depth.powf(1.5) } else { 0.8 * l * w * (64.32 * depth).sqrt() }
    }
}
