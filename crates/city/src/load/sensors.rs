//! 压测传感器: registry entries of the MQTT clients that bulk load plays.

use super::stations::{Listed, spread, station};
use field::block::Block;
use field::id::{PointId, StationCode};
use field::station::{Point, Quantity, StationKind};

/// Values in one message of a sensor.
pub const VALUES: usize = 8;

/// The code of the `n`th sensor, which is its client id too.
#[must_use]
pub fn sensor_code(n: u32) -> Option<StationCode> {
    StationCode::new(format!("SENSOR-{n:05}")).ok()
}

/// The name of the `n`th value of a message.
pub(super) fn element(n: usize) -> String {
    format!("v{n}")
}

/// The first `count` sensors, spread over the blocks, each with [`VALUES`] points. No blocks, none.
#[must_use]
pub fn sensors(count: u32, interval_s: u32, blocks: &[Block]) -> Vec<Listed> {
    spread(count, blocks, |n, block| listed(n, interval_s, block))
}

fn listed(n: u32, interval_s: u32, block: &Block) -> Option<Listed> {
    let code = sensor_code(n)?;
    let names = (format!("压测传感器{n:05}"), format!("Load sensor {n:05}"));
    let station = station(&code, names, StationKind::Meter, interval_s, block);
    let point = |n| Point {
        id: PointId(0),
        station: code.clone(),
        quantity: Quantity::Other,
        elements: vec![element(n)],
        min: -1e9,
        max: 1e9,
        own_unit: String::new(),
    };
    Some(Listed { station, points: (0..VALUES).map(point).collect() })
}
