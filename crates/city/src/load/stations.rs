//! 压测测站: registry entries of the stations that bulk load plays.

use field::block::Block;
use field::id::{PointId, StationCode};
use field::severity::Thresholds;
use field::station::{Point, Quantity, Station, StationKind};

/// First digits of a load station's address; real ones in China begin with a division's code.
const PREFIX: &str = "EEEE";
/// Most stations: what six hexadecimal digits behind the prefix tell apart, kept round.
pub const MAX_STATIONS: u32 = 1_000_000;
/// Thresholds of the depth on the road, m.
pub const THRESHOLDS: Thresholds =
    Thresholds { blue: Some(0.15), yellow: Some(0.27), orange: Some(0.40), red: Some(0.50) };
/// Depth of a station at rest, m: below the first threshold with its hysteresis.
pub(super) const AT_REST_M: f64 = 0.08;

/// A station as the registry has it. The ids of its points are 0: the store gives them.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed {
    /// The station.
    pub station: Station,
    /// What it measures, headline first.
    pub points: Vec<Point>,
}

/// The address of the `n`th load station.
#[must_use]
pub fn code(n: u32) -> Option<StationCode> {
    StationCode::new(format!("{PREFIX}{n:06X}")).ok()
}

/// The first `count` load stations: road ponding, spread over the blocks, each reporting depth (39),
/// rain total (26) and supply voltage (38) once an interval. No blocks, no stations.
#[must_use]
pub fn stations(count: u32, interval_s: u32, blocks: &[Block]) -> Vec<Listed> {
    spread(count, blocks, |n, block| listed(n, interval_s, block))
}

/// So many, each in the next block.
pub(super) fn spread(
    count: u32,
    blocks: &[Block],
    one: impl Fn(u32, &Block) -> Option<Listed>,
) -> Vec<Listed> {
    (0..count).zip(blocks.iter().cycle()).filter_map(|(n, block)| one(n, block)).collect()
}

/// A station of the load, in the middle of its block.
pub(super) fn station(
    code: &StationCode,
    (name, name_en): (String, String),
    kind: StationKind,
    interval_s: u32,
    block: &Block,
) -> Station {
    Station {
        code: code.clone(),
        name,
        name_en,
        kind,
        position: block.ring.middle(),
        block: block.id,
        report_interval_s: interval_s,
        ground_m: None,
        crown_m: None,
        maintenance: None,
        synthetic: true,
    }
}

fn listed(n: u32, interval_s: u32, block: &Block) -> Option<Listed> {
    let code = code(n)?;
    let names = (format!("压测积水点{n:05}"), format!("Load ponding {n:05}"));
    let station = station(&code, names, StationKind::Ponding, interval_s, block);
    let point = |quantity, element: &str, max| Point {
        id: PointId(0),
        station: code.clone(),
        quantity,
        elements: vec![element.to_owned()],
        min: 0.0,
        max,
        own_unit: String::new(),
    };
    let points = vec![
        point(Quantity::Depth, "39", 5.0),
        point(Quantity::RainTotal, "26", 99_999.9),
        point(Quantity::Voltage, "38", 20.0),
    ];
    Some(Listed { station, points })
}
