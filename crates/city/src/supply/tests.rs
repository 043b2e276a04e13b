//! What the supply promises: plausible figures at every station, all day, the same every time.

use super::*;
use crate::town::supply::Measured;
use field::time::HOUR_MS;

fn start() -> Time {
    "2021-06-29T00:00".parse().unwrap()
}

#[test]
fn every_station_reads_plausible_figures_all_day() {
    let town = Town::generate(2021).unwrap();
    let mut day = Day::of(&town).unwrap();
    let mut inflows = Vec::new();
    for hour in 0..=24 {
        let values = day.at(start().plus_ms(hour * HOUR_MS)).unwrap();
        assert_eq!(values.len(), town.supply.stations.len());
        let of = |n: usize, id: &str| values[n].iter().find(|(name, _)| *name == id).unwrap().1;
        let mut inflow = 0.0;
        for (n, place) in town.supply.places.iter().enumerate() {
            match &place.measured {
                Measured::Booster { .. } => {
                    assert!((0.1..=0.9).contains(&of(n, "pressure")), "{} {:?}", place.name, values[n]);
                    assert!((1.0..=2.0).contains(&of(n, "running")), "{} {:?}", place.name, values[n]);
                }
                Measured::Zone { valves, .. } => {
                    assert!(valves.is_empty() || of(n, "valves") == 0.0, "{} {:?}", place.name, values[n]);
                    inflow += of(n, "flow");
                    assert!((0.20..=0.62).contains(&of(n, "pressure")), "{} {:?}", place.name, values[n]);
                }
                Measured::Logger { .. } => {
                    assert!((0.19..=0.60).contains(&of(n, "pressure")), "{} {:?}", place.name, values[n]);
                }
                Measured::Tank { .. } => {
                    assert!((0.3..=6.01).contains(&of(n, "depth")), "{} {:?}", place.name, values[n]);
                }
                Measured::Works { .. } => {
                    assert!((0.3..=5.01).contains(&of(n, "depth")), "{} {:?}", place.name, values[n]);
                    assert!((1.0..=3.0).contains(&of(n, "running")), "{} {:?}", place.name, values[n]);
                    assert!((0.1..=3.0).contains(&of(n, "flow")), "{} {:?}", place.name, values[n]);
                }
            }
        }
        inflows.push(inflow);
    }
    let [night, peak] = [f64::min, f64::max].map(|f| inflows.iter().copied().reduce(f).unwrap());
    assert!(night > 0.2 && peak < 4.0 && peak / night > 2.5, "{night}\u{2013}{peak} m\u{b3}/s");
}

#[test]
fn a_moment_is_the_same_however_it_is_come_to() {
    let town = Town::generate(2021).unwrap();
    let (mut straight, mut halting) = (Day::of(&town).unwrap(), Day::of(&town).unwrap());
    let at = |minutes: i64| start().plus_ms(minutes * 60_000);
    halting.at(at(200)).unwrap();
    // A leap back begins the day anew.
    halting.at(at(60)).unwrap();
    let (a, b) = (straight.at(at(60)).unwrap(), halting.at(at(60)).unwrap());
    assert_eq!(a, b);
}

#[test]
fn a_plc_answers_with_its_map_and_is_silent_before_its_first_scan() {
    use wire::modbus::{Answer, Exception, Map, Request, Table};
    let mut plc = Registers::default();
    let ask = |address, count| Request::Read { table: Table::Holding, address, count };
    assert_eq!(plc.answer(&ask(0, 9)), None);
    plc.show(start(), &[("flow", 0.25), ("pressure", 0.3125), ("running", 2.0)]);
    let Some(Answer::Registers { values, .. }) = plc.answer(&ask(0, 9)) else { panic!("no answer") };
    let text = wire::modbus::BUNDLED.iter().find(|(name, _)| *name == MAP).unwrap().1;
    let map = Map::parse(text).unwrap();
    let pressure = map.element("pressure").unwrap();
    assert_eq!(Some(values[4..6].to_vec()), map.words_of(pressure, 0.3125));
    assert_eq!(values[8], 2);
    let refused = |request: Request| match plc.answer(&request) {
        Some(Answer::Exception { exception, .. }) => exception,
        other => panic!("{other:?}"),
    };
    assert_eq!(refused(ask(30, 9)), Exception::ILLEGAL_ADDRESS);
    assert_eq!(refused(Request::WriteCoil { address: 0, on: true }), Exception::ILLEGAL_FUNCTION);
}

#[test]
fn every_station_has_a_unit_of_its_own() {
    let town = Town::generate(2021).unwrap();
    let units = units(&town);
    assert_eq!(units.len(), registers(&town).len());
    // Works, the booster, tanks, zone meters, loggers.
    assert_eq!(units.len(), 2 + 1 + 3 + 14 + 14);
    assert!(units.iter().all(|(unit, _)| (1..=247).contains(unit)));
}
