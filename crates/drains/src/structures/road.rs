//! 路堰: a road that water runs over.
#![expect(clippy::indexing_slicing, reason = "nodes, links and curves are addressed by checked indices")]

use super::free_fall;
use crate::model::{Model, WeirData};
use crate::state::State;
use crate::units::{FUDGE, max};

impl State {
    pub(super) fn roadway(
        &mut self,
        model: &Model,
        j: usize,
        w: &WeirData,
        [direction, road, h1, h2]: [f64; 4],
    ) -> f64 {
        let mut c = w.coefficient;
        if model.units.flow_units.is_si() {
            c /= 0.552;
        }
        let (up, down) = (h1 - road, h2 - road);
        let (mut q, mut dqdh) = (0.0, 0.0);
        if up > FUDGE {
            if w.road_width > 0.0 && w.road_surface >= 1 {
                c = road_coefficient(up, down, w.road_width, w.road_surface == 1);
            }
            q = c * model.links.section[j].w_max * up.powf(1.5);
            dqdh = 1.5 * q / up;
        }
        self.dqdh[j] = dqdh;
        self.link_depth[j] = max(up, 0.0);
        self.link_class[j] = free_fall(road, h2, direction);
        direction * q
    }
}

/// Discharge coefficient of a road under water (FHWA HDS-5).
fn road_coefficient(up: f64, down: f64, width: f64, paved: bool) -> f64 {
    const LOW_PAVED: &[(f64, f64)] = &[(0.0, 2.85), (0.2, 2.95), (0.7, 3.03), (4.0, 3.05)];
    const LOW_GRAVEL: &[(f64, f64)] =
        &[(0.0, 2.5), (0.5, 2.7), (1.0, 2.8), (1.5, 2.9), (2.0, 2.98), (2.5, 3.02), (3.0, 3.03), (4.0, 3.05)];
    const HIGH_PAVED: &[(f64, f64)] = &[(0.15, 3.05), (0.25, 3.10)];
    const HIGH_GRAVEL: &[(f64, f64)] = &[(0.15, 2.95), (0.30, 3.10)];
    const DROWNED_PAVED: &[(f64, f64)] = &[
        (0.8, 1.0),
        (0.85, 0.98),
        (0.90, 0.92),
        (0.93, 0.85),
        (0.95, 0.80),
        (0.97, 0.70),
        (0.98, 0.60),
        (0.99, 0.50),
        (1.00, 0.40),
    ];
    const DROWNED_GRAVEL: &[(f64, f64)] = &[
        (0.75, 1.00),
        (0.80, 0.985),
        (0.83, 0.97),
        (0.86, 0.93),
        (0.89, 0.90),
        (0.90, 0.87),
        (0.92, 0.80),
        (0.94, 0.70),
        (0.96, 0.60),
        (0.98, 0.50),
        (0.99, 0.40),
        (1.00, 0.24),
    ];
    let ratio = up / width;
    let c = match (ratio <= 0.15, paved) {
        (true, true) => table(up, LOW_PAVED),
        (true, false) => table(up, LOW_GRAVEL),
        (false, true) => table(ratio, HIGH_PAVED),
        (false, false) => table(ratio, HIGH_GRAVEL),
    };
    let drowned =
        if down > 0.0 { table(down / up, if paved { DROWNED_PAVED } else { DROWNED_GRAVEL }) } else { 1.0 };
    c * drowned
}

fn table(x: f64, points: &[(f64, f64)]) -> f64 {
    let (first, last) = (points[0], points[points.len() - 1]);
    if x <= first.0 {
        return first.1;
    }
    if x >= last.0 {
        return last.1;
    }
    let i = points.partition_point(|p| p.0 < x);
    let (a, b) = (points[i - 1], points[i]);
    a.1 + (x - a.0) * (b.1 - a.1) / (b.0 - a.0)
}
