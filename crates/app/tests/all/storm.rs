//! A whole storm without a screen: from the first drop to the last closed order.

use crate::harness::{stderr, zhizhen};
use serde_json::Value;

fn play(storm: &str) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let report = folder.path().join("report.json");
    let path = report.to_str().unwrap();
    let output = zhizhen(&["demo", "--storm", storm, "--speed", "600", "--once", "--json", path]);
    let figures = std::fs::read_to_string(&report).unwrap_or_default();
    assert!(output.status.success(), "{}{figures}", stderr(&output));
    serde_json::from_str(&figures).unwrap()
}

/// Pump stations with a PLC, and what one scan of theirs reads.
const PLCS: i64 = 4;
const SCAN: i64 = 4;

fn check(storm: &str, areal_mean: f64, gauges: &[(&str, f64)]) {
    let figures = play(storm);
    let number = |name: &str| figures[name].as_i64().unwrap_or_else(|| panic!("{name} in {figures}"));
    assert_eq!((number("monitoring_points"), number("rain_gauges"), number("blocks")), (26, 54, 214));
    assert!(number("readings_sent") > 10_000, "{figures}");
    // A PLC hears by the next heartbeat that its scan was kept; where the line broke before it, it never does.
    let unheard = number("readings_stored") - number("readings_sent");
    assert!(
        (0..=PLCS * SCAN).contains(&unheard),
        "{unheard} stored that nobody knows to have sent: {figures}"
    );
    assert_eq!(
        (number("readings_lost"), number("readings_doubled"), number("notifications_lost")),
        (0, 0, 0)
    );
    assert!(number("utilities_confirmed") > 1_000, "{figures}");
    // Most gauges speak SL 651; three plants, the pump stations and the supply, a community's meters, and what
    // is newer or older speak their own.
    for (protocol, stations) in [
        ("sl651", 77),
        ("hj212", 3),
        ("modbus", 4 + 34),
        ("cjt188", 48),
        ("mqtt", 24),
        ("sparkplug", 5),
        ("sl427", 1),
        ("dlt645", 1),
        ("influx", 6),
        ("json", 4),
        ("opcua", 1),
    ] {
        let of = &figures["by_protocol"][protocol];
        assert_eq!(of["stations"], stations, "{protocol}: {figures}");
        assert!(of["readings"].as_u64() >= Some(stations), "{protocol}: {figures}");
    }
    assert!(number("alarms_raised") >= 10 && number("orders_closed") >= 5, "{figures}");
    assert_eq!(number("alarms_raised"), number("alarms_closed"));
    assert_eq!(figures["rain_areal_mean"], areal_mean);
    for (gauge, total) in gauges {
        let found: Vec<&Value> = figures["rain_totals"]
            .as_object()
            .unwrap()
            .iter()
            .filter(|(n, _)| n.contains(gauge))
            .map(|(_, v)| v)
            .collect();
        assert!(found.iter().any(|v| **v == *total), "{gauge}: {found:?}, not {total}");
    }
}

#[test]
fn the_storm_of_2021_is_played_to_its_last_closed_order() {
    check("2021-06-30", 37.4, &[("上溪", 51.1), ("城西", 50.1)]);
}

#[test]
fn the_storm_of_2019_is_played_to_its_last_closed_order() {
    check("2019-06-21", 51.1, &[("苏溪", 110.0), ("荷叶塘", 94.6), ("鹤田", 94.5)]);
}
