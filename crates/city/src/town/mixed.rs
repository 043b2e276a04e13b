//! 杂规约: what else a real utility has beside the storm's stations: meters over MQTT, district meters
//! behind a Sparkplug B edge node, an intake on SL/T 427, a pump station's electricity meter on
//! DL/T 645, a reservoir that speaks SL 651 in ASCII, flow meters, hydrants and buoys behind platforms that push
//! over HTTP, a pumping station behind an OPC UA server. All assumed; they take no part in the storms.

use super::stations::on_ground;
use super::utilities::{Utilities, station};
use field::block::Block;
use field::place::Position;
use field::station::{Quantity, Station, StationKind};

/// Meters of the community that speak MQTT.
pub(crate) const SENSORS: usize = 24;
/// District meters behind the Sparkplug B edge node.
pub(crate) const DISTRICTS: usize = 4;
/// The edge node: its Sparkplug group and its name, which is its station's code.
pub(crate) const NODE: (&str, &str) = ("zhizhen-water", "DMA-GW-01");
/// 水库 in ASCII form.
pub(crate) const RESERVOIR: &str = "3307820101";
/// 取水口 on SL/T 427.
pub(crate) const INTAKE: &str = "3307820201";
/// The number on the electricity meter.
pub(crate) const POWER_METER: &str = "330782000901";

/// Flow meters in the sewers, behind a platform that pushes line protocol.
pub(crate) const FLOW_METERS: usize = 6;
/// Hydrants behind a platform that pushes JSON.
pub(crate) const HYDRANTS: usize = 4;
/// Buoys in reservoirs, behind a platform that sends SensorThings observations: in Chinese, in English, where.
pub(crate) const BUOYS: [(&str, &str, (f64, f64)); 3] = [
    ("八都水库水质浮标", "Badu reservoir, water quality buoy", (120.159, 29.414)),
    ("柏峰水库水质浮标", "Baifeng reservoir, water quality buoy", (120.096, 29.391)),
    ("枫坑水库水质浮标", "Fengkeng reservoir, water quality buoy", (120.178, 29.265)),
];
/// 取水泵站 behind an OPC UA server.
pub const SCADA: &str = "3307820301";

/// Where each stands.
const COMMUNITY: (f64, f64) = (120.0502, 29.3302);
const STEP: (f64, f64) = (0.000_26, 0.000_22);
const NODE_AT: (f64, f64) = (120.0741, 29.3146);
const RESERVOIR_AT: (f64, f64) = (120.157, 29.412);
const INTAKE_AT: (f64, f64) = (120.094, 29.389);
const POWER_AT: (f64, f64) = (120.0666, 29.2971);
const SEWERS_AT: (f64, f64) = (120.0605, 29.3012);
const HYDRANTS_AT: (f64, f64) = (120.0788, 29.3189);
const SCADA_AT: (f64, f64) = (120.176, 29.263);

/// Meters tell their total every quarter of an hour, everything else every five minutes.
const QUARTER_S: u32 = 900;
const FIVE_MINUTES_S: u32 = 300;

type Points = &'static [(Quantity, &'static [&'static str], f64, f64)];

const SENSOR_POINTS: Points =
    &[(Quantity::WaterTotal, &["total"], 0.0, 1_000_000.0), (Quantity::Voltage, &["battery"], 2.0, 4.2)];
const NODE_POINTS: Points = &[(Quantity::Voltage, &["supply"], 9.0, 16.0)];
const DISTRICT_POINTS: Points =
    &[(Quantity::Flow, &["flow"], 0.0, 1.0), (Quantity::WaterTotal, &["total"], 0.0, 100_000_000.0)];
const RESERVOIR_POINTS: Points =
    &[(Quantity::Level, &["39"], 60.0, 130.0), (Quantity::Voltage, &["38"], 9.0, 16.0)];
const INTAKE_POINTS: Points = &[(Quantity::Level, &["02"], 50.0, 90.0), (Quantity::Flow, &["03"], 0.0, 10.0)];
const POWER_POINTS: Points =
    &[(Quantity::Energy, &["00010000"], 0.0, 10_000_000.0), (Quantity::Voltage, &["02010100"], 180.0, 260.0)];

const FLOW_METER_POINTS: Points = &[
    (Quantity::Flow, &["flow"], 0.0, 5.0),
    (Quantity::Depth, &["depth"], 0.0, 3.0),
    (Quantity::Voltage, &["battery"], 2.0, 4.2),
];
const HYDRANT_POINTS: Points =
    &[(Quantity::Pressure, &["pressure"], 0.0, 1.6), (Quantity::Voltage, &["battery"], 2.0, 4.2)];
const BUOY_POINTS: Points = &[
    (Quantity::Ph, &["ph"], 0.0, 14.0),
    (Quantity::AmmoniaNitrogen, &["nh3n"], 0.0, 20.0),
    (Quantity::Voltage, &["battery"], 9.0, 16.0),
];
const SCADA_POINTS: Points = &[
    (Quantity::Level, &["level"], 55.0, 70.0),
    (Quantity::Flow, &["flow"], 0.0, 5.0),
    (Quantity::PumpsRunning, &["running"], 0.0, 2.0),
];

/// The code of the `n`th flow meter, from 0.
pub(crate) fn flow_meter_code(n: usize) -> String {
    format!("ZZ-LL-{:03}", n + 1)
}

/// The code of the `n`th hydrant, from 0.
pub(crate) fn hydrant_code(n: usize) -> String {
    format!("ZZ-XHS-{:02}", n + 1)
}

/// The code of the `n`th buoy, from 0.
pub(crate) fn buoy_code(n: usize) -> String {
    format!("ZZ-FB-{:02}", n + 1)
}

/// The code of the `n`th meter over MQTT, from 0.
pub(crate) fn sensor_code(n: usize) -> String {
    format!("ZZ-XM-{:03}", n + 1)
}

/// The code of the `n`th district meter, from 0.
pub(crate) fn district_code(n: usize) -> String {
    format!("DMA-{:02}", n + 1)
}

/// Where a station stands, and how it is told.
struct Place<'a> {
    code: &'a str,
    names: (&'a str, &'a str),
    kind: StationKind,
    at: (f64, f64),
    interval_s: u32,
    points: Points,
}

impl Utilities {
    /// Places them all behind what stands already. `None` only where a town has no block.
    pub(super) fn place_mixed(&mut self, blocks: &[Block], first_point: usize) -> Option<()> {
        for n in 0..SENSORS {
            let (row, column) = (n / 6, n % 6);
            let (house, unit) = (row + 1, column + 1);
            self.stand(
                blocks,
                first_point,
                &Place {
                    code: &sensor_code(n),
                    names: (
                        &format!("西门小区 {house} 幢 {unit} 号智能水表"),
                        &format!("Ximen community, house {house}, smart meter {unit}"),
                    ),
                    kind: StationKind::Meter,
                    at: (COMMUNITY.0 + STEP.0 * column as f64, COMMUNITY.1 + STEP.1 * row as f64),
                    interval_s: QUARTER_S,
                    points: SENSOR_POINTS,
                },
            )?;
        }
        for n in 0..DISTRICTS {
            let names =
                (format!("老城区 {} 号分区计量表", n + 1), format!("Old town, district meter {}", n + 1));
            self.stand(
                blocks,
                first_point,
                &Place {
                    code: &district_code(n),
                    names: (&names.0, &names.1),
                    kind: StationKind::Meter,
                    at: (NODE_AT.0 + 0.004 * n as f64, NODE_AT.1 - 0.002 * n as f64),
                    interval_s: FIVE_MINUTES_S,
                    points: DISTRICT_POINTS,
                },
            )?;
        }
        self.place_pushed(blocks, first_point)?;
        let singles = [
            (
                NODE.1,
                ("老城区分区计量网关", "Old town metering gateway"),
                StationKind::Meter,
                NODE_AT,
                NODE_POINTS,
            ),
            (
                RESERVOIR,
                ("八都水库水位站", "Badu reservoir gauge"),
                StationKind::Reservoir,
                RESERVOIR_AT,
                RESERVOIR_POINTS,
            ),
            (INTAKE, ("柏峰取水口", "Baifeng intake"), StationKind::Reservoir, INTAKE_AT, INTAKE_POINTS),
            (
                SCADA,
                ("枫坑水库取水泵站", "Fengkeng reservoir, raw water pumps"),
                StationKind::Reservoir,
                SCADA_AT,
                SCADA_POINTS,
            ),
            (
                POWER_METER,
                ("江滨泵站电表", "Jiangbin pump station, electricity meter"),
                StationKind::Meter,
                POWER_AT,
                POWER_POINTS,
            ),
        ];
        for (code, names, kind, at, points) in singles {
            self.stand(
                blocks,
                first_point,
                &Place { code, names, kind, at, interval_s: FIVE_MINUTES_S, points },
            )?;
        }
        for (n, (chinese, english, at)) in BUOYS.into_iter().enumerate() {
            let (code, names) = (buoy_code(n), (chinese, english));
            let (kind, points) = (StationKind::Reservoir, BUOY_POINTS);
            let place = Place { code: &code, names, kind, at, interval_s: FIVE_MINUTES_S, points };
            self.stand(blocks, first_point, &place)?;
        }
        Some(())
    }

    /// What stands behind platforms that push over HTTP.
    fn place_pushed(&mut self, blocks: &[Block], first_point: usize) -> Option<()> {
        for n in 0..FLOW_METERS {
            let names = (
                format!("江滨污水干管 {} 号流量计", n + 1),
                format!("Jiangbin trunk sewer, flow meter {}", n + 1),
            );
            let at = (SEWERS_AT.0 + 0.003 * n as f64, SEWERS_AT.1 - 0.0008 * n as f64);
            let (code, names) = (flow_meter_code(n), (names.0.as_str(), names.1.as_str()));
            let (kind, points) = (StationKind::Meter, FLOW_METER_POINTS);
            let place = Place { code: &code, names, kind, at, interval_s: FIVE_MINUTES_S, points };
            self.stand(blocks, first_point, &place)?;
        }
        for n in 0..HYDRANTS {
            let names = (format!("老城区 {} 号消火栓", n + 1), format!("Old town, hydrant {}", n + 1));
            let at = (HYDRANTS_AT.0 - 0.0025 * n as f64, HYDRANTS_AT.1 - 0.001 * n as f64);
            let (code, names) = (hydrant_code(n), (names.0.as_str(), names.1.as_str()));
            let (kind, points) = (StationKind::Meter, HYDRANT_POINTS);
            let place = Place { code: &code, names, kind, at, interval_s: FIVE_MINUTES_S, points };
            self.stand(blocks, first_point, &place)?;
        }
        Some(())
    }

    fn stand(&mut self, blocks: &[Block], first_point: usize, place: &Place<'_>) -> Option<()> {
        let (lon, lat) = place.at;
        let (position, block) = on_ground(blocks, Position { lon, lat })?;
        let station = station(place.code, place.names, place.kind, position, block)?;
        let station = Station { report_interval_s: place.interval_s, ..station };
        self.add(station, place.points, first_point);
        Some(())
    }
}
