//! 管网流量计: flow meters in the sewers whose vendor's platform pushes InfluxDB line protocol: flow, depth and
//! battery every five minutes.

use super::push::{Measured, Platform, Way};
use super::truth::{rate, swaying};
use crate::dice::Dice;
use crate::town::mixed::{FLOW_METERS, flow_meter_code};
use field::time::Time;
use std::fmt::Write as _;

/// The source's name in the server's configuration.
pub const SOURCE: &str = "flow-meters";
/// What the platform shows. It opens nothing outside the demo.
pub const TOKEN: &str = "demo-flow-meters-token";

/// The platform.
pub(super) fn platform() -> Platform {
    Platform {
        name: SOURCE,
        token: TOKEN,
        codes: (0..FLOW_METERS).map(flow_meter_code).collect(),
        measure,
        way: Way::Body { path: "/write?precision=ms", media: "text/plain", write },
    }
}

fn measure(seed: u64, n: usize, at: Time) -> Vec<(&'static str, f64)> {
    let a_day_m3 = Dice::of(seed, "flow meter", n as i64).between(1_500.0, 9_000.0);
    let code = flow_meter_code(n);
    let tremble = swaying(seed, &code, at, (1.0, 0.0, 1.0), 0.03);
    let flow_m3s = rate(a_day_m3, at) * tremble;
    // A round pipe that is never full: depth grows with flow to the power of three fifths (Manning).
    let depth_m = 0.9 * flow_m3s.powf(0.6);
    let battery_v = swaying(seed, "flow meter battery", at, (3.6, 0.04, 11.0), 0.004);
    vec![
        ("flow", rounded(flow_m3s, 1e4)),
        ("depth", rounded(depth_m, 1e3)),
        ("battery", rounded(battery_v, 1e3)),
    ]
}

fn rounded(value: f64, parts: f64) -> f64 {
    (value * parts).round() / parts
}

/// A line a device and moment: `sewer,station=ZZ-LL-001 flow=0.0312,depth=0.112,battery=3.61 1625032800000`.
fn write(measured: &[Measured]) -> String {
    let mut text = String::new();
    for Measured { code, at, values } in measured {
        let fields: Vec<String> =
            values.iter().map(|(element, value)| format!("{element}={value}")).collect();
        // Writing to a text cannot fail.
        let _ = writeln!(text, "sewer,station={code} {} {}", fields.join(","), at.ms());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use field::time::MINUTE_MS;

    #[test]
    fn what_it_writes_is_read_back_by_the_protocols_own_reader() {
        let start: Time = "2021-06-30T08:00".parse().unwrap();
        let measured: Vec<Measured> = (0..3)
            .map(|n| Measured {
                code: flow_meter_code(n),
                at: start.plus_ms(n as i64 * 5 * MINUTE_MS),
                values: measure(2021, n, start),
            })
            .collect();
        let text = write(&measured);
        assert_eq!(text.lines().count(), 3);
        for (line, of) in text.lines().zip(&measured) {
            let told: serde_json::Value = serde_json::from_str(&wire::influx::json_line(line)).unwrap();
            assert_eq!(told["station"], of.code.as_str(), "{told}");
            let values: Vec<f64> =
                told["readings"].as_array().unwrap().iter().map(|r| r["value"].as_f64().unwrap()).collect();
            assert_eq!(values, of.values.iter().map(|(_, value)| *value).collect::<Vec<_>>());
            assert!(of.values.iter().all(|(_, value)| *value > 0.0), "{of:?}");
        }
    }
}
