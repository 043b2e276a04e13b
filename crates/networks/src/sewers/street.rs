//! 街面: the ground around a hollow of the road, as a raster: streets, pavements, yards and buildings.
//!
//! The hollow is as wide as it has to be to hold, at a usual depth, as much water as the storage that
//! stands for it in the sewers' file, if there is room for it before the next crossings; so water laid
//! over the raster stands about as deep as it does there.
#![expect(clippy::indexing_slicing, reason = "indices are the raster's own cells")]

use super::district::{District, FALL, hollow_m};
use super::{Spot, SpotKind};
use crate::dice::Dice;
use crate::ground::At;
use crate::text::number;

/// Side of a cell, m, and cells of a row and of a column.
const CELL_M: f64 = 5.0;
const SIDE: usize = 40;
/// The raster's middle lies so far north of the hollow, where its streets are, m.
const NORTH_M: f64 = 40.0;
/// Half of a street's and of an avenue's width, and the pavement beside it, m.
const STREET_M: f64 = 5.0;
const AVENUE_M: f64 = 8.0;
const PAVEMENT_M: f64 = 3.0;
/// A kerb, m.
const KERB_M: f64 = 0.12;
/// A parcel, the sides of its building, and the share of parcels that have one, m.
const PARCEL_M: f64 = 22.0;
const BUILDING_M: [f64; 2] = [12.0, 17.0];
const BUILT: f64 = 0.8;
/// The hollow's slope ends at the next crossings, m.
const REACH_M: f64 = 46.0;
/// The hollow's own fall, m: as the storage's curve has it.
const DISH_M: f64 = 0.06;
/// Depth at which raster and storage hold the same, m.
const ALIKE_M: f64 = 0.4;

/// The raster of a spot as an ESRI ASCII grid in local metres; nothing where no hollow is.
pub(super) fn ground(district: &District, spot: &Spot, seed: u64) -> Option<String> {
    let SpotKind::Ponding { m_per_mm, .. } = spot.kind else { return None };
    let middle = district.spot().shifted(0.0, NORTH_M);
    let half = CELL_M * SIDE as f64 / 2.0;
    let corner = middle.shifted(-half, -half);
    let cells: Vec<Cell> = (0..SIDE * SIDE)
        .map(|i| {
            let [column, row] = [i % SIDE, i / SIDE].map(|n| (n as f64 + 0.5) * CELL_M);
            Cell::at(district, corner.shifted(column, row))
        })
        .collect();
    let built = buildings(district, corner, seed);
    let road_m2 = spot.area_ha * 10.0 / m_per_mm;
    let low_m = district.spot_ground_m();
    let wide_m = width_m(&cells, &built, road_m2 * (ALIKE_M - DISH_M / 2.0), hollow_m(spot.kind));
    let height = |i: usize| low_m + cells[i].above_m(wide_m, hollow_m(spot.kind));
    Some(write(corner, |i| (!built[i]).then(|| height(i))))
}

/// What decides a cell's height.
struct Cell {
    /// From the hollow's middle, m.
    far_m: f64,
    /// Beyond the kerb.
    is_off_street: bool,
}

impl Cell {
    fn at(district: &District, at: At) -> Self {
        Self { far_m: at.distance_m(district.spot()), is_off_street: off_street_m(district, at) > 0.0 }
    }

    /// Height above the hollow's lowest point, m, when its floor is so wide and its slopes so high.
    fn above_m(&self, wide_m: f64, rise_m: f64) -> f64 {
        let floor = DISH_M * (self.far_m / wide_m).min(1.0).powi(2);
        let slope = ((self.far_m - wide_m) / (REACH_M - wide_m)).clamp(0.0, 1.0) * rise_m;
        let beyond = FALL * (self.far_m - REACH_M).max(0.0);
        floor + slope + beyond + if self.is_off_street { KERB_M } else { 0.0 }
    }
}

/// How far a place lies beyond the kerb of the nearest street, m; less than zero on a street.
fn off_street_m(district: &District, at: At) -> f64 {
    let streets = &district.streets;
    let each = streets.edges.iter().zip(&streets.avenue).map(|([a, b], avenue)| {
        let half = if *avenue { AVENUE_M } else { STREET_M };
        from_line_m(at, streets.at[*a], streets.at[*b]) - half
    });
    each.fold(f64::MAX, f64::min)
}

/// Distance of a place from a line between two others, m.
fn from_line_m(at: At, a: At, b: At) -> f64 {
    let (dx, dy) = (b.x_m - a.x_m, b.y_m - a.y_m);
    let along = ((at.x_m - a.x_m) * dx + (at.y_m - a.y_m) * dy) / (dx * dx + dy * dy).max(1.0e-9);
    at.distance_m(a.towards(b, along.clamp(0.0, 1.0)))
}

/// Which cells are built over.
fn buildings(district: &District, corner: At, seed: u64) -> Vec<bool> {
    let mut dice = Dice::new(seed, &format!("{} buildings", district.id));
    let mut built = vec![false; SIDE * SIDE];
    let side_m = CELL_M * SIDE as f64;
    let parcels = (side_m / PARCEL_M) as usize;
    for parcel in 0..parcels * parcels {
        let [x, y] = [parcel % parcels, parcel / parcels].map(|n| (n as f64 + 0.5) * PARCEL_M);
        let half = BUILDING_M.map(|m| m / 2.0);
        let [wide, high] = [0; 2].map(|_| dice.between(half[0], half[1]));
        let is_clear = off_street_m(district, corner.shifted(x, y)) > PAVEMENT_M + wide.min(high);
        if !(dice.chance(BUILT) && is_clear) {
            continue;
        }
        for (i, cell) in built.iter_mut().enumerate() {
            let [cx, cy] = [i % SIDE, i / SIDE].map(|n| (n as f64 + 0.5) * CELL_M);
            *cell |= (cx - x).abs() <= wide && (cy - y).abs() <= high;
        }
    }
    built
}

/// Radius of the hollow's floor, m, with which the open cells hold a volume at the usual depth.
fn width_m(cells: &[Cell], built: &[bool], volume_m3: f64, rise_m: f64) -> f64 {
    let holds = |wide_m: f64| {
        let open = cells.iter().zip(built).filter(|(_, built)| !**built);
        let depth = open.map(|(cell, _)| (ALIKE_M - cell.above_m(wide_m, rise_m)).max(0.0));
        depth.sum::<f64>() * CELL_M * CELL_M
    };
    let (mut low, mut high) = (1.0, REACH_M - 1.0);
    for _ in 0..40 {
        let middle = 0.5 * (low + high);
        if holds(middle) < volume_m3 { low = middle } else { high = middle }
    }
    0.5 * (low + high)
}

fn write(corner: At, height_m: impl Fn(usize) -> Option<f64>) -> String {
    let mut text = format!(
        "ncols {SIDE}\nnrows {SIDE}\nxllcorner {}\nyllcorner {}\ncellsize {CELL_M}\nNODATA_value -9999\n",
        number(corner.x_m, 1),
        number(corner.y_m, 1)
    );
    for row in (0..SIDE).rev() {
        let words: Vec<String> = (0..SIDE)
            .map(|column| height_m(row * SIDE + column).map_or("-9999".to_owned(), |z| number(z, 2)))
            .collect();
        text.push_str(&words.join(" "));
        text.push('\n');
    }
    text
}
