//! Evaporation and seepage of a conduit (管渠损失).

use crate::section::{Section, Shape};
use crate::units::FUDGE;

/// Evaporation, seepage and their sum, ft³/s a barrel, at most `most`; `factor` is the month's of conductivity
/// (it comes last, as in SWMM: the last bit depends on it).
pub(crate) fn conduit(
    x: &Section,
    depth: f64,
    length: f64,
    evaporation: f64,
    (seepage, factor): (f64, f64),
    most: f64,
) -> (f64, f64, f64) {
    let (mut evap, mut seep, mut total) = (0.0, 0.0, 0.0);
    let mut depth = depth;
    if depth > FUDGE {
        if x.shape.is_open() && evaporation > 0.0 {
            evap = x.width(depth) * length * evaporation;
        }
        if seepage > 0.0 {
            let width = if x.shape == Shape::RectClosed {
                x.w_max
            } else {
                if depth >= x.yw_max {
                    depth = x.yw_max;
                }
                x.width(depth)
            };
            seep = seepage * width * length * factor;
        }
        total = evap + seep;
        if total > most {
            evap = evap * most / total;
            seep = seep * most / total;
            total = most;
        }
    }
    (evap, seep, total)
}
