//! 智能消火栓: hydrants whose vendor's platform pushes JSON of its own, read by a mapping: pressure (in kPa,
//! which the server turns into its own unit) and battery every five minutes.

use super::push::{Measured, Platform, Way};
use super::truth::swaying;
use crate::town::mixed::{HYDRANTS, hydrant_code};
use field::time::Time;
use serde_json::{Value, json};

/// The source's name in the server's configuration.
pub const SOURCE: &str = "hydrants";
/// What the platform shows. It opens nothing outside the demo.
pub const TOKEN: &str = "demo-hydrants-token";
/// The mapping's name: the last part of the path.
pub const MAPPING: &str = "hydrants";
/// The mapping that reads it.
pub const MAPPING_TOML: &str = include_str!("../../../../devices/json/hydrants.toml");
/// kPa in a MPa.
const KPA: f64 = 1_000.0;

/// The platform.
pub(super) fn platform() -> Platform {
    Platform {
        name: SOURCE,
        token: TOKEN,
        codes: (0..HYDRANTS).map(hydrant_code).collect(),
        measure,
        way: Way::Body { path: "/api/v1/push/json/hydrants", media: "application/json", write },
    }
}

/// Pressure in MPa, as the point has it.
fn measure(seed: u64, n: usize, at: Time) -> Vec<(&'static str, f64)> {
    let code = hydrant_code(n);
    let mean = 0.28 + 0.02 * (n % 4) as f64;
    let pressure_mpa = swaying(seed, &code, at, (mean, 0.03, 1.0), 0.004);
    let battery_v = swaying(seed, "hydrant battery", at, (3.55, 0.05, 13.0), 0.004);
    vec![("pressure", (pressure_mpa * 1e4).round() / 1e4), ("battery", (battery_v * 1e3).round() / 1e3)]
}

fn write(measured: &[Measured]) -> String {
    let record = |one: &Measured| {
        let value = |element: &str| one.values.iter().find(|(e, _)| *e == element).map(|(_, value)| *value);
        let kpa = value("pressure").map(|mpa| (mpa * KPA * 10.0).round() / 10.0);
        json!({
            "device": one.code,
            "time": one.at,
            "pressure": { "value": kpa, "unit": "kPa" },
            "battery": value("battery"),
        })
    };
    let records: Vec<Value> = measured.iter().map(record).collect();
    json!({ "platform": "hydrants", "records": records }).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mapping_reads_every_value_of_what_it_writes() {
        let at: Time = "2021-06-30T08:00".parse().unwrap();
        let measured: Vec<Measured> = (0..HYDRANTS)
            .map(|n| Measured { code: hydrant_code(n), at, values: measure(2021, n, at) })
            .collect();
        let mapping: wire::json_push::Mapping = toml::from_str(MAPPING_TOML).unwrap();
        let read = mapping.read(&serde_json::from_str(&write(&measured)).unwrap(), at.plus_ms(1_000));
        assert!(read.problems.is_empty(), "{:?}", read.problems);
        assert_eq!(read.readings.len(), 2 * HYDRANTS);
        let first = &read.readings[0];
        assert_eq!(
            (first.station.as_str(), first.element.as_str(), first.unit.as_str()),
            ("ZZ-XHS-01", "pressure", "kPa")
        );
        assert_eq!(
            (first.observed_at, first.value.map(|kpa| kpa / KPA)),
            (at, Some(measured[0].values[0].1))
        );
    }
}
