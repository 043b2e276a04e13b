//! 供水站点: two works, a booster, three tanks, a meter for each zone and a pressure logger in it, as one PLC each.
//! They stand beside the 80 stations of the storms and take no part in them. All assumed.

use super::places::{TOWNS, TownPlace};
use super::stations::on_ground;
use crate::models::supply as ground;
use field::block::Block;
use field::id::{PointId, StationCode};
use field::place::Position;
use field::station::{Point, Quantity, Station, StationKind};
use networks::supply::Supply;

/// What a station of the supply measures, and of which objects of the network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Measured {
    /// A works: flow through its meter, pressure behind its pumps, pumps running, its clear-water tank.
    Works { meter: String, outlet: String, pumps: Vec<String>, clear_well: String },
    /// A booster: pressure behind its pumps, pumps running.
    Booster { outlet: String, pumps: Vec<String> },
    /// A balancing tank.
    Tank { tank: String },
    /// A zone's meter: flow through it, pressure behind it, and which of the valves at the zone's edge are open.
    Zone { zone: String, meter: String, inlet: String, valves: Vec<String> },
    /// A pressure logger.
    Logger { node: String },
}

/// A station of the supply before it stands anywhere.
#[derive(Clone, Debug)]
pub(crate) struct SupplyPlace {
    pub(crate) code: String,
    pub(crate) name: String,
    pub(crate) name_en: String,
    pub(crate) at: Position,
    pub(crate) measured: Measured,
}

/// The supply's stations with their points, numbered on behind the others.
#[derive(Clone, Debug, Default)]
pub struct SupplyStations {
    /// Works, the booster, tanks, zones, loggers.
    pub stations: Vec<Station>,
    /// Their points, station by station.
    pub points: Vec<Point>,
    pub(crate) places: Vec<SupplyPlace>,
}

/// PLCs are asked every ten minutes: at 600 times the sun's speed that is still one each second, each.
pub(crate) const INTERVAL_S: u32 = 600;

impl SupplyStations {
    /// Places everything in a block. `None` only where a town has no block.
    pub(crate) fn place(network: &Supply, blocks: &[Block], first_point: usize) -> Option<Self> {
        let mut all = Self { places: places(network), ..Self::default() };
        for place in &all.places {
            let (position, block) = on_ground(blocks, place.at)?;
            let code = StationCode::new(&place.code).ok()?;
            for (quantity, element, max) in place.measured.points() {
                all.points.push(Point {
                    id: PointId((first_point + all.points.len()) as i64 + 1),
                    station: code.clone(),
                    quantity: *quantity,
                    elements: vec![(*element).to_owned()],
                    min: 0.0,
                    max: *max,
                    own_unit: String::new(),
                });
            }
            all.stations.push(Station {
                code,
                name: place.name.clone(),
                name_en: place.name_en.clone(),
                kind: StationKind::Supply,
                position,
                block: block.id,
                report_interval_s: INTERVAL_S,
                ground_m: None,
                crown_m: None,
                maintenance: None,
                synthetic: true,
            });
        }
        Some(all)
    }
}

impl Measured {
    /// Its points: quantity, element of the register map `supply-point`, and the greatest value.
    fn points(&self) -> &'static [(Quantity, &'static str, f64)] {
        const FLOW: (Quantity, &str, f64) = (Quantity::Flow, "flow", 5.0);
        const PRESSURE: (Quantity, &str, f64) = (Quantity::Pressure, "pressure", 1.6);
        const DEPTH: (Quantity, &str, f64) = (Quantity::Depth, "depth", 8.0);
        const RUNNING: (Quantity, &str, f64) = (Quantity::PumpsRunning, "running", 9.0);
        const VALVES: (Quantity, &str, f64) = (Quantity::Status, "valves", 65_535.0);
        match self {
            Self::Works { .. } => &[FLOW, PRESSURE, DEPTH, RUNNING],
            Self::Booster { .. } => &[PRESSURE, RUNNING],
            Self::Tank { .. } => &[DEPTH],
            Self::Zone { valves, .. } if valves.is_empty() => &[FLOW, PRESSURE],
            Self::Zone { .. } => &[FLOW, PRESSURE, VALVES],
            Self::Logger { .. } => &[PRESSURE],
        }
    }
}

fn places(network: &Supply) -> Vec<SupplyPlace> {
    let mut places = Vec::new();
    for (n, (works, (name, name_en, at))) in (1..).zip(network.works.iter().zip(ground::WORKS)) {
        places.push(SupplyPlace {
            code: format!("GS-W{n}"),
            name: name.to_owned(),
            name_en: name_en.to_owned(),
            at,
            measured: Measured::Works {
                meter: works.meter.clone(),
                outlet: works.outlet.clone(),
                pumps: works.pumps.clone(),
                clear_well: works.clear_well.clone(),
            },
        });
    }
    let beside = |t: &TownPlace, east: f64, north: f64| Position { lon: t.lon + east, lat: t.lat + north };
    for (n, (zone, town)) in
        (1..).zip(network.zones.iter().zip(&TOWNS).filter(|(zone, _)| zone.booster.is_some()))
    {
        let Some(booster) = &zone.booster else { continue };
        places.push(SupplyPlace {
            code: format!("GS-B{n}"),
            name: format!("{}加压泵站", town.name),
            name_en: format!("{} booster station", town.name_en),
            at: beside(town, 0.002, -0.009),
            measured: Measured::Booster { outlet: booster.outlet.clone(), pumps: booster.pumps.clone() },
        });
    }
    for (n, tank) in (1..).zip(&network.tanks) {
        let zone = network.zones.iter().position(|z| z.id == tank.zone);
        let Some(town) = zone.and_then(|z| TOWNS.get(z)) else { continue };
        places.push(SupplyPlace {
            code: format!("GS-T{n}"),
            name: format!("{n} 号高位水池"),
            name_en: format!("Balancing tank {n}"),
            at: beside(town, -0.004, -0.010),
            measured: Measured::Tank { tank: tank.id.clone() },
        });
    }
    for (zone, town) in network.zones.iter().zip(&TOWNS) {
        places.push(SupplyPlace {
            code: format!("GS-{}", zone.id),
            name: format!("{}分区计量", town.name),
            name_en: format!("{} zone meter", town.name_en),
            at: beside(town, 0.0, -0.008),
            measured: Measured::Zone {
                zone: zone.id.clone(),
                meter: zone.meter.clone(),
                inlet: zone.inlet.clone(),
                // A valve between two zones is told by the first.
                valves: network
                    .boundaries
                    .iter()
                    .filter(|b| b.zones.first() == Some(&zone.id))
                    .map(|b| b.pipe.clone())
                    .collect(),
            },
        });
    }
    for (n, (zone, town)) in network.zones.iter().zip(&TOWNS).enumerate() {
        let Some(node) = zone.loggers.last() else { continue };
        places.push(SupplyPlace {
            code: format!("GS-P{:02}", n + 1),
            name: format!("{}末梢测压点", town.name),
            name_en: format!("{} pressure logger", town.name_en),
            at: beside(town, 0.003, 0.006),
            measured: Measured::Logger { node: node.clone() },
        });
    }
    places
}
