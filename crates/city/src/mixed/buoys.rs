//! 水质浮标: buoys in the reservoirs that raw water comes from, whose platform sends OGC SensorThings
//! observations: pH, ammonia nitrogen and battery every five minutes.

use super::push::{Platform, Way};
use super::truth::swaying;
use crate::town::mixed::{BUOYS, buoy_code};
use field::time::Time;

/// The source's name in the server's configuration. It reads, too: that is how it finds its Datastreams.
pub const SOURCE: &str = "buoys";
/// What the platform shows. It opens nothing outside the demo.
pub const TOKEN: &str = "demo-buoys-token";

/// The platform.
pub(super) fn platform() -> Platform {
    Platform {
        name: SOURCE,
        token: TOKEN,
        codes: (0..BUOYS.len()).map(buoy_code).collect(),
        measure,
        way: Way::Observations,
    }
}

/// A reservoir for drinking water: neutral, little ammonia (class II of GB 3838-2002 allows 0.5 mg/L), both of
/// which sway with the day's algae.
fn measure(seed: u64, n: usize, at: Time) -> Vec<(&'static str, f64)> {
    let code = buoy_code(n);
    let ph = swaying(seed, &code, at, (7.5, 0.2, 1.0), 0.02);
    let ammonia_mg_l = swaying(seed, &code, at, (0.12 + 0.02 * n as f64, 0.03, 1.0), 0.005);
    let battery_v = swaying(seed, "buoy battery", at, (12.6, 0.4, 1.0), 0.02);
    vec![
        ("ph", (ph * 1e2).round() / 1e2),
        ("nh3n", (ammonia_mg_l * 1e3).round() / 1e3),
        ("battery", (battery_v * 1e2).round() / 1e2),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use field::time::MINUTE_MS;

    #[test]
    fn the_water_is_fit_for_a_works() {
        let start: Time = "2021-06-30T00:00".parse().unwrap();
        for n in 0..BUOYS.len() {
            for minute in (0..2_880).step_by(5) {
                let values = measure(2021, n, start.plus_ms(minute * MINUTE_MS));
                let [("ph", ph), ("nh3n", ammonia), ("battery", battery)] = values[..] else {
                    panic!("{values:?}")
                };
                assert!((7.0..8.0).contains(&ph), "{ph}");
                assert!((0.05..0.5).contains(&ammonia), "{ammonia}");
                assert!((11.0..14.0).contains(&battery), "{battery}");
            }
        }
    }
}
