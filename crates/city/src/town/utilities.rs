//! 厂与表: three treatment plants that speak HJ 212 and a community whose water meters hang behind one
//! CJ/T 188 concentrator. They stand beside the 80 stations of the storms and take no part in them.

use super::stations::on_ground;
use field::block::Block;
use field::id::{PointId, StationCode};
use field::place::Position;
use field::station::{Point, Quantity, Station, StationKind};

/// A plant of the town. All assumed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PlantPlace {
    /// MN of its logger.
    pub(crate) mn: &'static str,
    name: &'static str,
    name_en: &'static str,
    at: (f64, f64),
    /// The edition of HJ 212 that it speaks: 2017 or 2025.
    pub(crate) edition: u16,
    /// Flow of a dry day, m³/s.
    pub(crate) flow_m3s: f64,
}

/// The plants.
pub(crate) const PLANTS: [PlantPlace; 3] = [
    PlantPlace {
        mn: "3307820000WS0001",
        name: "江东污水处理厂",
        name_en: "Jiangdong treatment plant",
        at: (120.058, 29.283),
        edition: 2017,
        flow_m3s: 1.39,
    },
    PlantPlace {
        mn: "3307820000WS0002",
        name: "佛堂污水处理厂",
        name_en: "Fotang treatment plant",
        at: (120.015, 29.205),
        edition: 2017,
        flow_m3s: 0.46,
    },
    PlantPlace {
        mn: "3307820000WS0003",
        name: "义亭污水处理厂",
        name_en: "Yiting treatment plant",
        at: (119.955, 29.246),
        edition: 2025,
        flow_m3s: 0.35,
    },
];

/// Meters of the community.
pub(crate) const METERS: usize = 48;
/// Where the community stands.
const COMMUNITY: (f64, f64) = (120.0925, 29.3085);
/// Degrees between two of its buildings: about 25 m.
const STEP: (f64, f64) = (0.000_26, 0.000_22);
/// Plants send every minute.
const PLANT_INTERVAL_S: u32 = 60;
/// Meters are asked every quarter of an hour.
pub(crate) const METER_INTERVAL_S: u32 = 900;

/// The plants and meters with their points, numbered on behind the town's own.
#[derive(Clone, Debug, Default)]
pub struct Utilities {
    /// Three plants, the meters behind the concentrator, then what speaks other protocols.
    pub stations: Vec<Station>,
    /// Their points, station by station.
    pub points: Vec<Point>,
}

/// The number on the `n`th meter of the community, from 0.
pub(crate) fn meter_number(n: usize) -> String {
    format!("330782{:08}", n + 1)
}

impl Utilities {
    /// Places everything in a block. `None` only where a town has no block.
    pub(crate) fn place(blocks: &[Block], first_point: usize) -> Option<Self> {
        let mut all = Self::default();
        for plant in &PLANTS {
            let (lon, lat) = plant.at;
            let (position, block) = on_ground(blocks, Position { lon, lat })?;
            let station =
                station(plant.mn, (plant.name, plant.name_en), StationKind::Plant, position, block)?;
            all.add(Station { report_interval_s: PLANT_INTERVAL_S, ..station }, PLANT_POINTS, first_point);
        }
        for n in 0..METERS {
            let (row, column) = (n / 8, n % 8);
            let wanted = Position {
                lon: COMMUNITY.0 + STEP.0 * column as f64,
                lat: COMMUNITY.1 + STEP.1 * row as f64,
            };
            let (position, block) = on_ground(blocks, wanted)?;
            let (house, unit) = (row + 1, column + 1);
            let name = format!("东门小区 {house} 幢 {unit} 号水表");
            let name_en = format!("Dongmen community, house {house}, meter {unit}");
            let number = meter_number(n);
            let station = station(&number, (&name, &name_en), StationKind::Meter, position, block)?;
            all.add(Station { report_interval_s: METER_INTERVAL_S, ..station }, METER_POINTS, first_point);
        }
        all.place_mixed(blocks, first_point)?;
        Some(all)
    }

    pub(super) fn add(&mut self, station: Station, points: &[(Quantity, &[&str], f64, f64)], first: usize) {
        for (quantity, elements, min, max) in points {
            self.points.push(Point {
                id: PointId((first + self.points.len()) as i64 + 1),
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

    /// The meters behind the concentrator, in the order of their numbers.
    pub fn meters(&self) -> impl Iterator<Item = &Station> {
        self.stations.iter().filter(|s| s.kind == StationKind::Meter).take(METERS)
    }

    /// The plants.
    pub fn plants(&self) -> impl Iterator<Item = &Station> {
        self.stations.iter().filter(|s| s.kind == StationKind::Plant)
    }
}

const PLANT_POINTS: &[(Quantity, &[&str], f64, f64)] = &[
    (Quantity::Flow, &["w00000-Rtd"], 0.0, 5.0),
    (Quantity::Cod, &["w01018-Rtd"], 0.0, 200.0),
    (Quantity::AmmoniaNitrogen, &["w21003-Rtd"], 0.0, 50.0),
    (Quantity::TotalPhosphorus, &["w21011-Rtd"], 0.0, 10.0),
    (Quantity::TotalNitrogen, &["w21001-Rtd"], 0.0, 80.0),
    (Quantity::Ph, &["w01001-Rtd"], 0.0, 14.0),
    (Quantity::Cod, &["w01018-Avg-2061"], 0.0, 200.0),
    (Quantity::Cod, &["w01018-Avg-2031"], 0.0, 200.0),
];

const METER_POINTS: &[(Quantity, &[&str], f64, f64)] = &[
    (Quantity::WaterTotal, &["901F"], 0.0, 1_000_000.0),
    (Quantity::Status, &["901F-status"], 0.0, 65_535.0),
];

pub(super) fn station(
    code: &str,
    (name, name_en): (&str, &str),
    kind: StationKind,
    position: Position,
    block: &Block,
) -> Option<Station> {
    Some(Station {
        code: StationCode::new(code).ok()?,
        name: name.to_owned(),
        name_en: name_en.to_owned(),
        kind,
        position,
        block: block.id,
        report_interval_s: PLANT_INTERVAL_S,
        ground_m: None,
        crown_m: None,
        maintenance: None,
        synthetic: true,
    })
}
