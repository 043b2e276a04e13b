//! What the water promises: an interesting storm, and a quiet town after it.

use super::*;
use crate::storm::STORMS;
use field::severity::{Severity, Thresholds};

/// The worst severity each online point reaches in a storm, with its name and when, minutes.
fn worst(storm: &Storm, seed: u64) -> Vec<(String, Option<Severity>, f64)> {
    let town = Town::generate(seed).unwrap();
    let rain = Rainfall::of(storm, &town);
    let water = Water::of(storm, &rain, &town);
    town.online()
        .enumerate()
        .map(|(n, station)| {
            let [blue, yellow, orange, red] = datum(n).thresholds.map(Some);
            let thresholds = Thresholds { blue, yellow, orange, red };
            let peak = (0..storm.minutes())
                .map(|m| dry_m(n, storm.starts_at().plus_ms(m * 60_000)) + water.rise_m(n, m as f64))
                .fold(f64::MIN, f64::max);
            (station.name.clone(), thresholds.reached(peak).map(|(s, _)| s), peak)
        })
        .collect()
}

#[test]
fn in_2021_ten_to_twenty_points_alarm_and_some_reach_orange_and_red() {
    for seed in [0, 1, 2021] {
        let worst = worst(&STORMS[1], seed);
        let count = |least: Severity| worst.iter().filter(|(_, s, _)| *s >= Some(least)).count();
        let alarmed = count(Severity::Blue);
        assert!((10..=20).contains(&alarmed), "{alarmed}: {worst:#?}");
        assert!(count(Severity::Orange) >= 2, "{worst:#?}");
        assert!(count(Severity::Red) >= 1, "{worst:#?}");
    }
}

#[test]
fn in_2019_the_trade_city_floods_from_the_stream() {
    for seed in [0, 1, 2021] {
        let worst = worst(&STORMS[0], seed);
        let of = |name: &str| worst.iter().find(|(n, _, _)| n == name).unwrap();
        assert!(of("东青溪福田桥").1 >= Some(Severity::Orange), "{worst:#?}");
        assert_eq!(of("国际商贸城一区").1, Some(Severity::Red), "{worst:#?}");
    }
}

#[test]
fn streets_and_wells_are_back_to_normal_before_the_played_hours_end() {
    let town = Town::generate(2021).unwrap();
    for storm in &STORMS {
        let rain = Rainfall::of(storm, &town);
        let water = Water::of(storm, &rain, &town);
        for (n, station) in town.online().enumerate() {
            let end = storm.minutes() - 30;
            let level = dry_m(n, storm.starts_at().plus_ms(end * 60_000)) + water.rise_m(n, end as f64);
            assert!(level < datum(n).thresholds[0] - 0.03, "{} {level} in {}", station.name, storm.id);
        }
    }
}

#[test]
fn pumps_start_by_level_and_bring_the_forebay_down() {
    let mut rain = vec![0.0; 30];
    rain.extend(vec![14.0; 120]);
    rain.extend(vec![0.0; 400]);
    let course = pump::course(0, &rain);
    assert_eq!(course.running[20], 0);
    assert_eq!(course.running.iter().max(), Some(&3));
    assert_eq!(course.running.last(), Some(&0));
    // Hysteresis: few starts, no flutter.
    let changes = course.running.windows(2).filter(|w| w[0] != w[1]).count();
    assert!(changes < 40, "{changes}");
}

#[test]
fn a_cascade_loses_no_water() {
    let mut rain = vec![0.0; 10];
    rain.extend(vec![30.0; 60]);
    rain.extend(vec![0.0; 3_000]);
    let out: f64 = cascade(&rain, 3, 40.0).iter().sum();
    assert!((out - 1_800.0).abs() < 0.1, "{out}");
}
