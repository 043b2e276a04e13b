//! 测站与测点: the 26 online points and the 54 rain gauges, with what they measure.

use super::places::{GAUGES, ONLINE};
use crate::dice::Dice;
use field::block::{Block, block_at};
use field::id::{PointId, StationCode};
use field::place::Position;
use field::severity::Thresholds;
use field::station::{Point, Quantity, Station, StationKind};

/// Reports come every five minutes.
pub(crate) const REPORT_INTERVAL_S: u32 = 300;

/// The stations with their points and level thresholds, in the order of their codes.
pub(crate) struct Stations {
    pub(crate) stations: Vec<Station>,
    pub(crate) points: Vec<Point>,
    pub(crate) thresholds: Vec<(PointId, Thresholds)>,
}

/// The code of the `n`th station: GB/T 2260 code 330782 and two bytes of number, as SL 651 writes it.
pub(crate) fn code(n: usize) -> Option<StationCode> {
    StationCode::new(format!("330782{n:04X}")).ok()
}

/// Places every station in a block. `None` only where a town has no block.
pub(crate) fn stations(seed: u64, blocks: &[Block]) -> Option<Stations> {
    let mut all = Stations { stations: Vec::new(), points: Vec::new(), thresholds: Vec::new() };
    for (n, place) in ONLINE.iter().enumerate() {
        let wanted = Position { lon: place.lon, lat: place.lat };
        let (position, block) = on_ground(blocks, wanted)?;
        all.add(Station {
            code: code(n + 1)?,
            name: place.name.to_owned(),
            name_en: place.name_en.to_owned(),
            kind: place.kind,
            position,
            block: block.id,
            report_interval_s: REPORT_INTERVAL_S,
            ground_m: datum(n).ground_m,
            crown_m: datum(n).crown_m,
            maintenance: None,
            synthetic: true,
        });
    }
    for (n, position) in gauge_positions(seed, blocks)?.into_iter().enumerate() {
        let place = GAUGES.get(n)?;
        all.add(Station {
            code: code(ONLINE.len() + n + 1)?,
            name: place.name.to_owned(),
            name_en: place.name_en.to_owned(),
            kind: StationKind::Rain,
            position,
            block: block_at(blocks, position)?.id,
            report_interval_s: REPORT_INTERVAL_S,
            ground_m: None,
            crown_m: None,
            maintenance: None,
            synthetic: true,
        });
    }
    Some(all)
}

/// The wanted place, or the middle of the nearest block where it lies outside.
pub(super) fn on_ground(blocks: &[Block], wanted: Position) -> Option<(Position, &Block)> {
    let nearest = || {
        let far = |b: &&Block| b.ring.middle().distance_m(wanted);
        blocks.iter().min_by(|a, b| far(a).total_cmp(&far(b))).map(|b| (b.ring.middle(), b))
    };
    block_at(blocks, wanted).map(|b| (wanted, b)).or_else(nearest)
}

/// Named places first; the other gauges of a town go to the block middles farthest from all gauges.
fn gauge_positions(seed: u64, blocks: &[Block]) -> Option<Vec<Position>> {
    let mut dice = Dice::new(seed, "gauges");
    let mut placed: Vec<Option<Position>> = GAUGES
        .iter()
        .map(|g| {
            let (lon, lat) = g.at?;
            let town: Vec<Block> = blocks.iter().filter(|b| b.town == g.town).cloned().collect();
            on_ground(&town, Position { lon, lat }).map(|(p, _)| p)
        })
        .collect();
    for n in 0..GAUGES.len() {
        if placed.get(n)?.is_some() {
            continue;
        }
        let town = GAUGES.get(n)?.town;
        let room = |p: Position| placed.iter().flatten().map(|q| q.distance_m(p)).fold(1.0e6, f64::min);
        let best = blocks
            .iter()
            .filter(|b| b.town == town)
            .map(|b| (b.ring.middle(), room(b.ring.middle()) * dice.between(0.9, 1.0)))
            .max_by(|a, b| a.1.total_cmp(&b.1))?;
        *placed.get_mut(n)? = Some(best.0);
    }
    placed.into_iter().collect()
}

/// A station's own heights and thresholds. Depths count from the invert or the road; levels are
/// elevations. All assumed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Datum {
    /// 地面高程, in the station's own datum.
    pub(crate) ground_m: Option<f64>,
    /// 管顶 or bank.
    pub(crate) crown_m: Option<f64>,
    /// Level of dry weather.
    pub(crate) base_m: f64,
    /// 蓝黄橙红.
    pub(crate) thresholds: [f64; 4],
}

/// Depth from invert to ground of the six manholes, m.
const WELL_M: [f64; 6] = [3.2, 2.8, 3.0, 3.4, 2.6, 2.5];
/// Dry-weather level and bank of the four river stations, m.
const RIVER_M: [(f64, f64); 4] = [(59.10, 62.40), (52.60, 57.90), (46.80, 52.60), (61.20, 64.30)];
/// Floor of the forebay of the four pump stations, m.
const FOREBAY_M: [f64; 4] = [55.20, 51.40, 50.80, 48.60];

/// The heights of the `n`th online point, counted as in [`ONLINE`].
pub(crate) fn datum(n: usize) -> Datum {
    let nth = |first: usize| n.saturating_sub(first);
    if let Some(well) = WELL_M.get(nth(12)).filter(|_| n >= 12) {
        return Datum {
            ground_m: Some(*well),
            crown_m: Some(0.8),
            base_m: 0.22,
            thresholds: [well - 0.8, well - 0.4, well - 0.1, well + 0.15].map(cm),
        };
    }
    if let Some((base, bank)) = RIVER_M.get(nth(18)).filter(|_| n >= 18) {
        let room = bank - base;
        return Datum {
            ground_m: None,
            crown_m: Some(*bank),
            base_m: *base,
            thresholds: [0.62, 0.75, 0.88, 1.0].map(|f| cm(base + f * room)),
        };
    }
    if let Some(floor) = FOREBAY_M.get(nth(22)).filter(|_| n >= 22) {
        return Datum {
            ground_m: Some(floor + 4.2),
            crown_m: None,
            base_m: floor + 0.9,
            thresholds: [2.4, 2.9, 3.4, 3.9].map(|f| cm(floor + f)),
        };
    }
    Datum { ground_m: None, crown_m: None, base_m: 0.0, thresholds: [0.15, 0.27, 0.40, 0.50] }
}

fn cm(metres: f64) -> f64 {
    (metres * 100.0).round() / 100.0
}

impl Stations {
    /// Adds a station with its points, numbered on.
    fn add(&mut self, station: Station) {
        let n = self.stations.len();
        let (low, high) = range(&station, n);
        let quantities: &[(Quantity, &[&str], f64, f64)] = match station.kind {
            StationKind::Rain => &[
                (Quantity::Rain, &["22", "F4"], 0.0, 25.0),
                (Quantity::RainTotal, &["26"], 0.0, 9_999.9),
                (Quantity::Voltage, &["38"], 9.0, 16.0),
            ],
            StationKind::Pump => &[
                // Names of the register map `pump-station`: these stations are asked, in Modbus.
                (Quantity::Level, &["level"], low, high),
                (Quantity::PumpsRunning, &["running"], 0.0, 9.0),
                (Quantity::Voltage, &["voltage"], 9.0, 16.0),
                (Quantity::Flow, &["flow"], 0.0, 10.0),
            ],
            // They stand apart: see `utilities` and `supply`.
            StationKind::Plant | StationKind::Meter | StationKind::Supply => &[],
            StationKind::River | StationKind::Reservoir => &[(Quantity::Level, &["39"], low, high)],
            StationKind::Ponding | StationKind::Manhole => {
                &[(Quantity::Depth, &["39", "F5"], low, high), (Quantity::Voltage, &["38"], 9.0, 16.0)]
            }
        };
        for (quantity, elements, min, max) in quantities {
            let id = PointId(self.points.len() as i64 + 1);
            if matches!(quantity, Quantity::Level | Quantity::Depth) {
                let [blue, yellow, orange, red] = datum(n).thresholds.map(Some);
                self.thresholds.push((id, Thresholds { blue, yellow, orange, red }));
            }
            self.points.push(Point {
                id,
                station: station.code.clone(),
                quantity: *quantity,
                elements: elements.iter().map(|e| (*e).to_owned()).collect(),
                min: *min,
                max: *max,
                own_unit: String::new(),
            });
        }
        self.stations.push(station);
    }
}

/// Plausible range of the level or depth of the `n`th online point.
fn range(station: &Station, n: usize) -> (f64, f64) {
    let base = datum(n).base_m;
    match station.kind {
        StationKind::Ponding => (0.0, 3.0),
        StationKind::Manhole => (0.0, 6.0),
        _ => ((base - 3.0).floor(), (base + 9.0).ceil()),
    }
}
