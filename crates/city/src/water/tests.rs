//! What the water promises: an interesting storm, and a quiet town after it.

use super::*;
use crate::storm::STORMS;
use crate::town::stations::datum;
use field::severity::{Severity, Thresholds};
use std::sync::OnceLock;

/// A seed; the demo's own is another (`zhizhen demo --seed`).
const SEED: u64 = 2021;

struct Ground {
    town: Town,
    network: Network,
}

fn ground() -> &'static Ground {
    static GROUND: OnceLock<Ground> = OnceLock::new();
    GROUND.get_or_init(|| {
        let town = Town::generate(SEED).unwrap();
        Ground { network: Network::of(&town).unwrap(), town }
    })
}

/// A storm's course through its played hours, computed once.
fn course(storm: usize) -> &'static [Moment] {
    static COURSES: [OnceLock<Vec<Moment>>; 2] = [OnceLock::new(), OnceLock::new()];
    COURSES[storm].get_or_init(|| {
        let rain = Rainfall::of(&STORMS[storm], &ground().town);
        let mut run = ground().network.start();
        (0..STORMS[storm].minutes() as usize).map(|minute| run.minute(&rain, minute)).collect()
    })
}

/// The worst severity each online point reaches in a storm, with its name and the level, m.
fn worst(storm: usize) -> Vec<(String, Option<Severity>, f64)> {
    ground()
        .town
        .online()
        .enumerate()
        .map(|(n, station)| {
            let [blue, yellow, orange, red] = datum(n).thresholds.map(Some);
            let thresholds = Thresholds { blue, yellow, orange, red };
            let peak = course(storm).iter().map(|m| m.level_m[n]).fold(f64::MIN, f64::max);
            (station.name.clone(), thresholds.reached(peak).map(|(s, _)| s), peak)
        })
        .collect()
}

#[test]
fn in_2021_ten_to_twenty_points_alarm_and_some_reach_orange_and_red() {
    let worst = worst(1);
    let count = |least: Severity| worst.iter().filter(|(_, s, _)| *s >= Some(least)).count();
    let alarmed = count(Severity::Blue);
    assert!((10..=20).contains(&alarmed), "{alarmed}: {worst:#?}");
    assert!(count(Severity::Orange) >= 2, "{worst:#?}");
    assert!(count(Severity::Red) >= 1, "{worst:#?}");
}

#[test]
fn in_2019_the_trade_city_floods_from_the_stream() {
    let worst = worst(0);
    let of = |name: &str| worst.iter().find(|(n, _, _)| n == name).unwrap();
    assert!(of("东青溪福田桥").1 >= Some(Severity::Orange), "{worst:#?}");
    assert_eq!(of("国际商贸城一区").1, Some(Severity::Red), "{worst:#?}");
}

#[test]
fn streets_and_wells_are_back_to_normal_before_the_played_hours_end() {
    for (storm, played) in STORMS.iter().enumerate() {
        let end = &course(storm)[played.minutes() as usize - 30];
        for (n, station) in ground().town.online().enumerate() {
            let level = end.level_m[n];
            assert!(level < datum(n).thresholds[0] - 0.03, "{} {level} in {}", station.name, played.id);
        }
    }
}

#[test]
fn before_the_rain_every_point_stands_at_its_dry_weather_level() {
    let rest = ground().network.rest();
    for (n, station) in ground().town.online().enumerate() {
        let off = rest.level_m[n] - datum(n).base_m;
        assert!(off.abs() < 0.01, "{}: {off} m off", station.name);
        // Two dry hours on it still does.
        let off = course(0)[100].level_m[n] - datum(n).base_m;
        assert!(off.abs() < 0.08, "{}: {off} m off after 100 dry minutes", station.name);
    }
}

#[test]
fn pumps_start_by_level_and_bring_the_forebay_down() {
    let running = |n: usize| course(1).iter().map(move |m| m.running[n]);
    for n in 22..26 {
        assert!(running(n).max() >= Some(1), "no pump ran at {n}");
        assert_eq!(running(n).next_back(), Some(0));
        // Hysteresis: few starts, no flutter.
        let all: Vec<u8> = running(n).collect();
        let changes = all.windows(2).filter(|w| w[0] != w[1]).count();
        assert!(changes < 120, "{changes} at {n}");
    }
}

#[test]
fn who_asks_gets_the_course_of_a_thread_that_runs_ahead() {
    let sewers = Sewers::of(&ground().town).unwrap();
    let water = Water::of(&STORMS[0], Rainfall::of(&STORMS[0], &ground().town), &sewers);
    let base = datum(19).base_m;
    assert!((water.level_m(19, -5.0).unwrap() - base).abs() < 0.01);
    assert_eq!(water.level_m(99, 0.0), None);
    while water.upto(3).course.len() < 4 {
        std::thread::yield_now();
    }
    let level = water.level_m(19, 2.5).unwrap();
    let wanted = [1, 2].map(|m| course(0)[m].level_m[19]).iter().sum::<f64>() / 2.0;
    assert!((level - wanted).abs() < 1e-12, "{level} is not {wanted}");
}
