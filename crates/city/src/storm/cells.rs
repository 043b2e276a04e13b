//! Rain cells: where and when it rained in a storm, before it is fitted to the recorded totals.

use crate::dice::Dice;
use field::place::Position;

/// A patch of rain that moves: Gaussian in time and space.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cell {
    /// When it is strongest, minutes after the rain began.
    pub(super) peak_min: f64,
    /// How long it lasts (standard deviation), minutes.
    pub(super) lasts_min: f64,
    /// Where its middle is then, degrees.
    pub(super) at: (f64, f64),
    /// Where it moves, km/h east and north.
    pub(super) moves_kmh: (f64, f64),
    /// How wide it is (standard deviation), km.
    pub(super) wide_km: f64,
    /// Intensity in its middle at its peak, mm/h before fitting.
    pub(super) strength: f64,
}

const fn cell(
    peak_min: f64,
    lasts_min: f64,
    at: (f64, f64),
    moves_kmh: (f64, f64),
    wide_km: f64,
    strength: f64,
) -> Cell {
    Cell { peak_min, lasts_min, at, moves_kmh, wide_km, strength }
}

/// 05:00–16:00: cells from the south-west, the strongest over 苏溪 and 福田 around 09:30.
pub(super) const OF_2019: [Cell; 5] = [
    cell(110.0, 45.0, (120.02, 29.32), (14.0, 8.0), 12.0, 9.0),
    cell(265.0, 34.0, (120.12, 29.40), (9.0, 7.0), 8.5, 34.0),
    cell(335.0, 40.0, (120.08, 29.36), (12.0, 6.0), 9.0, 22.0),
    cell(480.0, 55.0, (120.04, 29.25), (16.0, 10.0), 16.0, 9.0),
    cell(330.0, 190.0, (120.05, 29.30), (0.0, 0.0), 60.0, 2.2),
];

/// 14:30–14:30: an evening shower, a wet night, and the main rain from 11:00 over the west and the
/// built-up middle, around the orange signal of 13:42.
pub(super) const OF_2021: [Cell; 6] = [
    cell(165.0, 38.0, (119.98, 29.30), (15.0, 5.0), 13.0, 9.0),
    cell(690.0, 180.0, (120.05, 29.30), (0.0, 0.0), 60.0, 0.9),
    cell(1_262.0, 26.0, (119.93, 29.325), (16.0, 2.0), 11.0, 22.0),
    cell(1_318.0, 24.0, (120.06, 29.315), (10.0, 3.0), 10.0, 24.0),
    cell(1_385.0, 24.0, (120.05, 29.26), (14.0, 12.0), 14.0, 12.0),
    cell(1_310.0, 80.0, (120.05, 29.30), (0.0, 0.0), 60.0, 2.4),
];

/// Where the middles of drawn cells lie when they are strongest: over the gauges, degrees.
const TOWN_LON: (f64, f64) = (119.92, 120.16);
const TOWN_LAT: (f64, f64) = (29.22, 29.42);

/// Cells of a storm that never was, over so many minutes: two to four that move, within the bounds of
/// those above, and the wide rain they stand in.
pub(super) fn drawn(dice: &mut Dice, minutes: f64) -> Vec<Cell> {
    let moving = 2 + dice.below(3);
    let mut cells: Vec<Cell> = (0..moving)
        .map(|_| Cell {
            peak_min: dice.between(0.15, 0.85) * minutes,
            lasts_min: dice.between(20.0, 50.0),
            at: (dice.between(TOWN_LON.0, TOWN_LON.1), dice.between(TOWN_LAT.0, TOWN_LAT.1)),
            moves_kmh: (dice.between(6.0, 18.0), dice.between(0.0, 12.0)),
            wide_km: dice.between(7.0, 15.0),
            strength: dice.between(9.0, 34.0),
        })
        .collect();
    cells.push(Cell {
        peak_min: dice.between(0.35, 0.65) * minutes,
        lasts_min: 0.35 * minutes,
        at: (120.05, 29.30),
        moves_kmh: (0.0, 0.0),
        wide_km: 60.0,
        strength: dice.between(1.0, 2.5),
    });
    cells
}

impl Cell {
    /// Its intensity at a place and a minute, mm/h.
    pub(super) fn intensity(&self, p: Position, minute: f64) -> f64 {
        let late = minute - self.peak_min;
        let (km_lon, km_lat) = (96.96, 111.195);
        let east = (p.lon - self.at.0) * km_lon - self.moves_kmh.0 * late / 60.0;
        let north = (p.lat - self.at.1) * km_lat - self.moves_kmh.1 * late / 60.0;
        let bell = |x: f64, width: f64| (-0.5 * (x / width) * (x / width)).exp();
        self.strength * bell(late, self.lasts_min) * bell(east.hypot(north), self.wide_km)
    }
}
