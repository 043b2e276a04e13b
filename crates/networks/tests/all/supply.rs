//! A day of a generated town by `pipes`.

use networks::supply::{Ask, Supply, generate};
use pipes::{Model, Runner, State};
use std::collections::HashMap;

/// Metres of water of the least and the greatest pressure at a tap: 0.20 and 0.60 MPa.
const TAP_M: [f64; 2] = [20.4, 61.2];

/// Runs a network for its day and looks at every hour.
fn day(town: &Supply, mut look: impl FnMut(&Model, &State, &HashMap<String, usize>)) {
    let (project, problems) = pipes::read(&town.inp);
    assert!(problems.is_empty(), "{problems:?}");
    let names = project.nodes.iter().enumerate().map(|(i, n)| (n.name.to_string(), i)).collect();
    let model = Model::new(project).unwrap_or_else(|p| panic!("{p:?}"));
    let (mut state, mut runner) = (model.start(), Runner::new(&model));
    while runner.step(&mut state).unwrap() {
        if state.time() % 3_600 == 0 {
            look(&model, &state, &names);
        }
    }
    assert!(state.warnings().is_empty(), "{:?}", state.warnings());
}

#[test]
fn the_highest_zone_is_boosted_and_neighbours_are_kept_apart_by_closed_valves() {
    for seed in [1, 2, 2021] {
        let town = generate(&Ask::town(seed, 1_400));
        let boosted: Vec<_> = town.zones.iter().filter_map(|z| z.booster.as_ref().map(|b| (z, b))).collect();
        let [(zone, booster)] = boosted.as_slice() else { panic!("{} boosters", boosted.len()) };
        assert!(town.boundaries.len() >= 5, "{} boundaries", town.boundaries.len());
        let (mut lifted, mut running) = (Vec::new(), Vec::new());
        day(&town, |model, state, names| {
            let head = |id: &str| model.node_view(state, names[id]).unwrap().head;
            lifted.push(head(&booster.outlet) - head(&format!("{}-IN", zone.id)));
            let flow = |id: &str| model.link_view(state, model.link(id).unwrap()).unwrap().flow;
            running.push(booster.pumps.iter().filter(|pump| flow(pump) > 0.0).count());
            for boundary in &town.boundaries {
                assert!(flow(&boundary.pipe).abs() < 1e-6 && boundary.zones[0] != boundary.zones[1]);
            }
        });
        assert!(lifted.iter().all(|lift| *lift > 5.0), "{lifted:?}");
        assert!(running.contains(&1) && running.contains(&2), "{running:?}");
    }
}

#[test]
fn the_same_request_makes_the_same_file_and_another_seed_another() {
    let make = |seed| generate(&Ask::town(seed, 600)).inp;
    assert_eq!(make(7), make(7));
    assert_ne!(make(7), make(8));
    assert!(make(7).contains("Synthetic") && make(7).contains("seed 7"));
}

#[test]
fn a_town_has_the_size_that_was_asked_for() {
    for junctions in [1_000, 3_000, 12_000] {
        let town = generate(&Ask::town(1, junctions));
        let count: usize = town.zones.iter().map(|z| z.taps.len() + z.hydrants.len()).sum();
        assert!(count.abs_diff(junctions) * 50 < junctions, "{count} of {junctions}");
        assert!(town.zones.len() >= 14 && town.works.len() == 2 && town.tanks.len() >= 3);
        assert!((1.15..1.45).contains(&(town.pipes as f64 / junctions as f64)), "{}", town.pipes);
    }
}

#[test]
fn taps_keep_their_pressure_and_tanks_swing_all_day() {
    for seed in [1, 2, 2021] {
        let town = generate(&Ask::town(seed, 1_400));
        let mut tanks: HashMap<&str, [f64; 2]> = HashMap::new();
        let mut inflows = Vec::new();
        day(&town, |model, state, names| {
            for tap in town.zones.iter().flat_map(|z| &z.taps) {
                let pressure = model.node_view(state, names[tap]).unwrap().pressure;
                let [low, high] = TAP_M;
                assert!((low..high).contains(&pressure), "{tap} has {pressure} m at {} s", state.time());
            }
            let wells = town.works.iter().map(|w| w.clear_well.as_str());
            for tank in town.tanks.iter().map(|t| t.id.as_str()).chain(wells) {
                let level = model.node_view(state, names[tank]).unwrap().pressure;
                let seen = tanks.entry(tank).or_insert([level; 2]);
                *seen = [seen[0].min(level), seen[1].max(level)];
            }
            let meter = |id: &str| model.link_view(state, model.link(id).unwrap()).unwrap().flow;
            inflows.push(town.zones.iter().map(|z| meter(&z.meter)).sum::<f64>());
        });
        for (tank, [low, high]) in tanks {
            assert!(high - low > 0.8 && low > 0.5 && high <= 6.001, "{tank}: {low}–{high} m");
        }
        let [night, peak] = [f64::min, f64::max].map(|f| inflows.iter().copied().reduce(f).unwrap());
        let mean = inflows.iter().sum::<f64>() / inflows.len() as f64;
        assert!((0.25..0.55).contains(&(night / mean)), "night {night} of {mean} L/s");
        assert!((1.3..1.7).contains(&(peak / mean)), "peak {peak} of {mean} L/s");
    }
}
