//! What the town promises.

use super::*;
use crate::dice::Dice;
use field::place::{Position, Ring};
use field::station::StationKind;
use field::time::{DAY_MS, MINUTE_MS, Time};
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::sync::OnceLock;

fn town() -> &'static Town {
    static TOWN: OnceLock<Town> = OnceLock::new();
    TOWN.get_or_init(|| Town::generate(2021).unwrap())
}

fn area() -> Ring {
    let area = town().features.iter().find(|f| f.kind == FeatureKind::ServiceArea).unwrap();
    Ring(area.geometry[0].clone())
}

fn square_degrees(ring: &Ring) -> f64 {
    ring.sides()
        .map(|(a, b)| (a.lon - 120.0) * (b.lat - 29.0) - (b.lon - 120.0) * (a.lat - 29.0))
        .sum::<f64>()
        .abs()
        / 2.0
}

#[test]
fn the_counts_are_exact() {
    let town = town();
    assert_eq!(town.towns.len(), 14);
    assert_eq!(town.blocks.len(), 214);
    assert_eq!(town.online().count(), 26);
    assert_eq!(town.gauges().count(), 54);
    let count = |kind| town.stations.iter().filter(|s| s.kind == kind).count();
    assert_eq!(
        [
            StationKind::Ponding,
            StationKind::Manhole,
            StationKind::River,
            StationKind::Pump,
            StationKind::Rain
        ]
        .map(count),
        [12, 6, 4, 4, 54]
    );
    let roles = |role| town.persons.iter().filter(|p| p.role == role).count();
    assert_eq!([Role::BlockOwner, Role::Dispatcher, Role::Administrator].map(roles), [89, 4, 2]);
    assert_eq!(town.stations[0].code.as_str(), "3307820001");
    assert_eq!(town.stations[79].code.as_str(), "3307820050");
    assert_eq!(town.points.len(), 12 * 2 + 6 * 2 + 4 + 4 * 4 + 54 * 3);
    assert!(town.points.iter().zip(1..).all(|(p, n)| p.id == PointId(n)));
}

#[test]
fn plants_and_meters_stand_beside_the_storms_stations_and_their_points_are_numbered_on() {
    let town = town();
    assert_eq!((town.utilities.plants().count(), town.utilities.meters().count()), (3, 48));
    let first = town.points.len() as i64 + 1;
    assert!(town.utilities.points.iter().zip(first..).all(|(p, n)| p.id == PointId(n)));
    let codes: std::collections::BTreeSet<_> = town.utilities.stations.iter().map(|s| &s.code).collect();
    assert_eq!(
        codes.len(),
        51 + 24 + 4 + 4 + 6 + 4 + 1 + 3,
        "and what speaks MQTT, Sparkplug, SL/T 427, DL/T 645, ASCII, HTTP, OPC UA, SensorThings"
    );
    assert!(town.utilities.stations.iter().all(|s| s.synthetic && town.station(&s.code).is_none()));
    let numbers = crate::meters::numbers();
    assert!(town.utilities.meters().zip(&numbers).all(|(s, n)| s.code.as_str() == n));
}

#[test]
fn everything_says_that_it_is_synthetic() {
    let town = town();
    assert!(town.stations.iter().all(|s| s.synthetic));
    assert!(town.blocks.iter().all(|b| b.synthetic));
    assert!(town.persons.iter().all(|p| p.synthetic));
}

#[test]
fn many_seeds_make_a_town_and_the_same_seed_the_same_town() {
    for seed in 0..6 {
        let (a, b) = (Town::generate(seed).unwrap(), Town::generate(seed).unwrap());
        assert_eq!(a.blocks, b.blocks);
        assert_eq!(a.persons, b.persons);
        assert_eq!(a.stations, b.stations);
        assert_eq!(a.features, b.features);
    }
}

#[test]
fn blocks_and_towns_tile_the_service_area_without_rest() {
    let whole = square_degrees(&area());
    let blocks: f64 = town().blocks.iter().map(|b| square_degrees(&b.ring)).sum();
    let towns: f64 = town().towns.iter().map(|t| square_degrees(&t.ring)).sum();
    assert!((blocks / whole - 1.0).abs() < 1e-9, "{blocks} {whole}");
    assert!((towns / whole - 1.0).abs() < 1e-9, "{towns} {whole}");
    let km2 = area().area_m2() / 1e6;
    assert!((km2 / 1105.46 - 1.0).abs() < 0.05, "{km2}");
}

#[test]
fn every_ring_is_simple_and_every_station_stands_in_its_block() {
    let town = town();
    for ring in town.blocks.iter().map(|b| &b.ring).chain(town.towns.iter().map(|t| &t.ring)) {
        ring.check().unwrap();
    }
    for station in &town.stations {
        let block = field::block::block_at(&town.blocks, station.position).unwrap();
        assert_eq!(block.id, station.block, "{}", station.name);
    }
}

#[test]
fn gauges_stand_in_their_towns_and_names_are_not_used_twice() {
    let town = town();
    for (station, place) in town.gauges().zip(&places::GAUGES) {
        assert_eq!(town.blocks[station.block.0 as usize - 1].town, place.town, "{}", station.name);
    }
    let online: BTreeSet<&str> = town.online().map(|s| s.name.as_str()).collect();
    let gauges: BTreeSet<&str> = town.gauges().map(|s| s.name.as_str()).collect();
    assert_eq!((online.len(), gauges.len()), (26, 54));
    let logins: BTreeSet<&str> = town.persons.iter().map(|p| p.login.as_str()).collect();
    assert_eq!(logins.len(), town.persons.len());
}

#[test]
fn the_facts_in_use_are_the_facts_on_file() {
    let facts: serde_json::Value = serde_json::from_str(include_str!("../../facts/yiwu.json")).unwrap();
    for (town, fact) in town().towns.iter().zip(facts["towns"].as_array().unwrap()) {
        assert_eq!(town.code, fact["code"].as_str().unwrap());
        assert_eq!(town.name, fact["name"].as_str().unwrap());
    }
    let named =
        |kind: FeatureKind, name: &str| town().features.iter().any(|f| f.kind == kind && f.name == name);
    assert!(
        facts["rivers"]
            .as_array()
            .unwrap()
            .iter()
            .all(|r| named(FeatureKind::River, r["name"].as_str().unwrap()))
    );
    let reservoirs = facts["reservoirs"].as_array().unwrap();
    assert!(reservoirs.iter().all(|r| named(FeatureKind::Reservoir, r["name"].as_str().unwrap())));
}

#[test]
fn no_roster_has_a_hole_or_an_overlap_and_an_owner_is_not_their_own_stand_in() {
    let town = town();
    for (block, roster) in town.blocks.iter().zip(&town.rosters) {
        assert_eq!(roster.faults(), vec![]);
        assert_eq!(roster.block, block.id);
        assert_ne!(block.chain.a, block.chain.b);
        assert!(town.person(block.chain.supervisor).is_some());
    }
    let owners: BTreeSet<PersonId> = town.blocks.iter().map(|b| b.chain.a).collect();
    assert_eq!(owners.len(), 75);
}

proptest! {
    #[test]
    fn a_point_of_the_service_area_lies_in_exactly_one_block_and_one_town(
        x in 119.8f64..120.3, y in 29.0f64..29.6
    ) {
        let p = Position { lon: x, lat: y };
        let inside = usize::from(area().contains(p));
        prop_assert_eq!(town().blocks.iter().filter(|b| b.ring.contains(p)).count(), inside);
        prop_assert_eq!(town().towns.iter().filter(|t| t.ring.contains(p)).count(), inside);
    }

    #[test]
    fn a_corner_or_side_of_a_block_still_resolves_to_at_most_one_block(
        block in 0usize..214, side in 0usize..12, t in 0.0f64..=1.0
    ) {
        let ring = &town().blocks[block].ring;
        let (a, b) = ring.sides().nth(side % ring.0.len()).unwrap();
        let p = Position { lon: a.lon + t * (b.lon - a.lon), lat: a.lat + t * (b.lat - a.lat) };
        let holding = town().blocks.iter().filter(|b| b.ring.contains(p)).count();
        prop_assert_eq!(holding, usize::from(area().contains(p)));
    }

    #[test]
    fn any_point_at_any_minute_of_a_year_has_exactly_one_person_on_duty(
        draw in 0i64..i64::MAX, minute in 0i64..366 * 1_440
    ) {
        let mut dice = Dice::of(1, "where", draw);
        let p = loop {
            let p = Position { lon: dice.between(119.8, 120.3), lat: dice.between(29.0, 29.6) };
            if area().contains(p) { break p; }
        };
        let start = Time::from_beijing(2021, 1, 1, 0, 0, 0).unwrap();
        let at = start.plus_ms(minute * MINUTE_MS);
        let block = field::block::block_at(&town().blocks, p).unwrap();
        let roster = &town().rosters[usize::try_from(block.id.0 - 1).unwrap()];
        let person = roster.on_duty(at).unwrap();
        prop_assert!(person == block.chain.a || person == block.chain.b);
        let shifts = roster.shifts.iter().filter(|s| {
            let cycle = i64::from(roster.cycle_days) * DAY_MS;
            let into = (at.ms() - (4 * DAY_MS - field::time::BEIJING_MS)).rem_euclid(cycle) / MINUTE_MS;
            (i64::from(s.from)..i64::from(s.to)).contains(&into)
        });
        prop_assert_eq!(shifts.count(), 1);
    }
}
