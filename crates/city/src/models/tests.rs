//! What the models promise.

use super::*;
use crate::town::Town;
use std::collections::HashSet;

fn texts<'a>(list: &'a serde_json::Value, key: &str) -> Vec<&'a str> {
    list.as_array().unwrap().iter().map(|b| b[key].as_str().unwrap()).collect()
}

#[test]
fn every_online_point_and_gauge_is_bound_to_an_object_of_the_model() {
    let town = Town::generate(2021).unwrap();
    let models = Models::of(&town);
    let storm = drains::Model::read(&models.storm, &|_| None).unwrap();
    let bound = &models.bindings["storm"];
    let nodes: HashSet<&str> = storm.node_names().iter().map(String::as_str).collect();
    let links: HashSet<&str> = storm.link_names().iter().map(String::as_str).collect();
    assert!(texts(&bound["levels"], "node").iter().all(|n| nodes.contains(n)));
    let codes: HashSet<&str> = texts(&bound["levels"], "station").into_iter().collect();
    assert!(town.online().all(|s| codes.contains(s.code.as_str())) && codes.len() == 26);
    let gauges = texts(&bound["gages"], "station");
    assert_eq!(gauges, town.gauges().map(|g| g.code.as_str()).collect::<Vec<_>>());
    assert_eq!(bound["pumps"].as_array().unwrap().len(), 4);
    for pump in bound["pumps"].as_array().unwrap() {
        assert!(pump["links"].as_array().unwrap().iter().all(|l| links.contains(l.as_str().unwrap())));
    }
    let streets = bound["streets"].as_array().unwrap();
    let grounds: HashSet<&str> = models.streets.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!((streets.len(), grounds.len()), (12, 12), "one for each road spot");
    assert!(texts(&bound["streets"], "ground").iter().all(|g| grounds.contains(g)));
    let count = links.len();
    assert!((900..1_600).contains(&count), "{count} links");
}

#[test]
fn a_bound_level_is_the_stations_own_before_the_rain() {
    let town = Town::generate(2021).unwrap();
    let models = Models::of(&town);
    let storm = drains::Model::read(&models.storm, &|_| None).unwrap();
    let state = drains::State::new(&storm, drains::Numerics::Fast);
    for binding in models.bindings["storm"]["levels"].as_array().unwrap() {
        let node = storm.node_names().iter().position(|n| *n == binding["node"]).unwrap();
        let n = town.online().position(|s| s.code.as_str() == binding["station"]).unwrap();
        let reading = state.node(&storm, node).unwrap().head - binding["zero_m"].as_f64().unwrap();
        let reading = if binding["floor"] == true { reading.max(0.0) } else { reading };
        let dry = crate::town::stations::datum(n).base_m;
        assert!((reading - dry).abs() < 0.01, "{binding}: {reading} m, not {dry} m");
    }
}

#[test]
fn the_truth_has_the_models_objects_but_not_its_figures() {
    let town = Town::generate(2021).unwrap();
    let [model, truth] =
        [sewers::model(&town), sewers::truth(&town)].map(|ask| networks::sewers::generate(&ask));
    assert_eq!(model.spots, truth.spots);
    assert_eq!(model.gauges, truth.gauges);
    assert_ne!(model.inp, truth.inp);
}

#[test]
fn every_supply_station_is_bound_to_an_object_of_the_supply_model() {
    let town = Town::generate(2021).unwrap();
    let models = Models::of(&town);
    let (project, problems) = pipes::read(&models.supply);
    assert!(problems.is_empty(), "{problems:?}");
    assert!((3_000..5_000).contains(&project.links.len()), "{} links", project.links.len());
    let nodes: HashSet<&str> = project.nodes.iter().map(|n| &*n.name).collect();
    let links: HashSet<&str> = project.links.iter().map(|l| &*l.name).collect();
    let bound = &models.bindings["supply"];
    for list in ["heads", "pressures"] {
        assert!(texts(&bound[list], "node").iter().all(|n| nodes.contains(n)), "{list}");
    }
    for moved in [&bound["pumps"], &bound["valves"]].into_iter().flat_map(|list| list.as_array().unwrap()) {
        assert!(moved["links"].as_array().unwrap().iter().all(|l| links.contains(l.as_str().unwrap())));
    }
    let count = |list: &str| bound[list].as_array().unwrap().len();
    assert_eq!((count("heads"), count("pumps"), count("zones"), count("pressures")), (5, 3, 14, 31));
    assert!(count("valves") >= 2, "valves between zones are told by their meters: {}", bound["valves"]);
    let mut codes: HashSet<&str> =
        ["heads", "pressures"].iter().flat_map(|l| texts(&bound[*l], "station")).collect();
    codes.extend(
        bound["zones"].as_array().unwrap().iter().map(|z| z["inflows"][0]["station"].as_str().unwrap()),
    );
    assert!(town.supply.stations.iter().all(|s| codes.contains(s.code.as_str())));
}
