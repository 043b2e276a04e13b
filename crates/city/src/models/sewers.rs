//! 雨水管网 of the town: a district of sewers round every road spot, manhole and pump station, three
//! river reaches with their country. Every figure is assumed; what floods where follows from them.

use crate::town::Town;
use crate::town::places::RIVERS;
use crate::town::stations::datum;
use field::place::Position;
use field::station::{Station, StationKind};
use networks::sewers::{Ask, Gage, River, RiverGauge, Spot, SpotKind};
use networks::{At, Origin};

/// Conduits of the town, about.
const CONDUITS: usize = 1_060;
/// Longest run, h: a twin never starts anew for its length.
const HOURS: u32 = 29 * 24;
/// Where a pump station's forebay floor lies below its ground, m.
pub(crate) const FOREBAY_TO_GROUND_M: f64 = 4.2;

/// Where the local metres of the town's networks begin.
pub(crate) const ORIGIN: Origin = Origin { lon: 120.074_911, lat: 29.306_863 };

/// A place in the networks' metres.
pub(crate) fn at(p: Position) -> At {
    ORIGIN.at(p.lon, p.lat)
}

/// The network as the twin knows it.
pub(crate) fn model(town: &Town) -> Ask {
    Ask {
        seed: town.seed,
        conduits: CONDUITS,
        origin: ORIGIN,
        spots: town.online().enumerate().filter_map(|(n, s)| spot(n, s)).collect(),
        rivers: rivers(town),
        gages: town.gauges().map(|g| Gage { name: g.code.to_string(), at: at(g.position) }).collect(),
        rain_peak_mmh: 0.0,
        hours: HOURS,
        wear: None,
    }
}

/// The network as it is: worn by a seed of its own.
pub(crate) fn truth(town: &Town) -> Ask {
    Ask { wear: Some(town.seed ^ 0x5eed_0f3e_a100), ..model(town) }
}

/// What a drain takes, mm/h over its district, and metres of depth for a millimetre it cannot take.
type Drain = (f64, f64);

/// The twelve road spots and six manholes, in the order of the online points.
const PONDING: [Drain; 12] = [
    (7.0, 0.066),
    (7.5, 0.042),
    (7.2, 0.034),
    (8.6, 0.050),
    (7.8, 0.056),
    (12.8, 0.036),
    (10.6, 0.044),
    (7.4, 0.060),
    (12.8, 0.030),
    (13.8, 0.030),
    (12.0, 0.040),
    (13.2, 0.030),
];
const MANHOLES: [Drain; 6] =
    [(8.6, 0.190), (8.0, 0.330), (9.8, 0.330), (13.5, 0.300), (11.0, 0.280), (14.5, 0.240)];
/// The four pump stations: what one pump lifts, mm/h over the ground, and metres for a millimetre.
const PUMPS: [Drain; 4] = [(3.4, 0.34), (2.8, 0.34), (5.2, 0.28), (5.2, 0.28)];

/// What a pump lifts, m³/s.
pub(crate) const LIFT_M3S: f64 = 1.25;
/// Ground of a road spot or a manhole, ha.
const DISTRICT_HA: f64 = 8.0;
/// Depth at which a road's water runs off over the kerb, m.
const KERB_M: f64 = 0.78;
/// Dry-weather depth of a forebay, and how far above it its pumps start, m.
const REST_M: f64 = 0.9;
const START_M: [f64; 3] = [1.4, 1.75, 2.1];
const HYSTERESIS_M: f64 = 0.42;
const FULL_M: f64 = 4.15;
/// 国际商贸城一区 drains into 东青溪, the first river, without a flap gate.
const TRADE_CITY: usize = 12;

fn spot(n: usize, station: &Station) -> Option<Spot> {
    let (kind, area_ha) = match station.kind {
        StationKind::Ponding => {
            let (capacity_mmh, m_per_mm) = *PONDING.get(n)?;
            (SpotKind::Ponding { capacity_mmh, m_per_mm, kerb_m: KERB_M }, DISTRICT_HA)
        }
        StationKind::Manhole => {
            let (capacity_mmh, m_per_mm) = *MANHOLES.get(n.checked_sub(12)?)?;
            let well_m = datum(n).ground_m?;
            let backflow = n == TRADE_CITY;
            let sump_m = datum(n).base_m;
            (SpotKind::Manhole { well_m, capacity_mmh, m_per_mm, sump_m, backflow }, DISTRICT_HA)
        }
        StationKind::Pump => {
            let (each_mmh, m_per_mm) = *PUMPS.get(n.checked_sub(22)?)?;
            let kind = SpotKind::Pump {
                each_m3s: LIFT_M3S,
                rest_m: REST_M,
                start_m: START_M,
                hysteresis_m: HYSTERESIS_M,
                m_per_mm,
                full_m: FULL_M,
            };
            (kind, LIFT_M3S * 360.0 / each_mmh)
        }
        _ => return None,
    };
    let river = (n == TRADE_CITY).then_some(0);
    Some(Spot { code: station.code.to_string(), at: at(station.position), kind, area_ha, river })
}

/// A reach: its name among the drawn rivers, its part of the line, and the online points on it.
struct Reach {
    name: &'static str,
    bends: std::ops::Range<usize>,
    online: &'static [usize],
    width_m: f64,
    roughness: f64,
    rest_m: f64,
    slope: f64,
    /// Places of the country and its whole area, km².
    country: &'static [(f64, f64)],
    km2: f64,
    lag_min: f64,
}

/// 东青溪, 义乌江 from 义东桥 to 塔下洲, 洪巡溪.
const REACHES: [Reach; 3] = [
    Reach {
        name: "东青溪",
        bends: 1..5,
        online: &[18],
        width_m: 22.0,
        roughness: 0.035,
        rest_m: 0.35,
        slope: 0.002_5,
        country: &[(120.150, 29.385), (120.130, 29.362), (120.112, 29.355)],
        km2: 58.0,
        lag_min: 32.0,
    },
    Reach {
        name: "义乌江",
        bends: 4..12,
        online: &[19, 20],
        width_m: 110.0,
        roughness: 0.033,
        rest_m: 1.2,
        slope: 0.000_4,
        country: &[
            (120.24, 29.33),
            (120.19, 29.31),
            (120.15, 29.36),
            (120.13, 29.27),
            (120.08, 29.31),
            (120.06, 29.20),
        ],
        km2: 365.0,
        lag_min: 130.0,
    },
    Reach {
        name: "洪巡溪",
        bends: 1..4,
        online: &[21],
        width_m: 16.0,
        roughness: 0.035,
        rest_m: 0.35,
        slope: 0.002,
        country: &[(119.935, 29.372), (119.955, 29.345), (119.975, 29.320)],
        km2: 34.0,
        lag_min: 50.0,
    },
];

fn rivers(town: &Town) -> Vec<River> {
    let online: Vec<&Station> = town.online().collect();
    REACHES
        .iter()
        .filter_map(|reach| {
            let (.., line) = RIVERS.iter().find(|(name, ..)| *name == reach.name)?;
            let gauge = |n: &usize| {
                let (station, datum) = (online.get(*n)?, datum(*n));
                Some(RiverGauge {
                    code: station.code.to_string(),
                    at: at(station.position),
                    level_m: datum.base_m,
                    bank_m: datum.crown_m?,
                })
            };
            let each = reach.km2 / reach.country.len() as f64;
            Some(River {
                line: line.get(reach.bends.clone())?.iter().copied().map(at).collect(),
                width_m: reach.width_m,
                roughness: reach.roughness,
                rest_m: reach.rest_m,
                gauges: reach.online.iter().filter_map(gauge).collect(),
                slope: reach.slope,
                country: reach
                    .country
                    .iter()
                    .map(|(lon, lat)| (at(Position { lon: *lon, lat: *lat }), each))
                    .collect(),
                lag_min: reach.lag_min,
            })
        })
        .collect()
}
