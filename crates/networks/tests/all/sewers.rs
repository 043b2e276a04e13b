//! A storm over a generated town by `drains`.

use drains::overland::Ground;
use drains::{Model, Numerics, State};
use networks::sewers::{Ask, generate};

fn model(ask: &Ask) -> (Model, networks::sewers::Sewers) {
    let town = generate(ask);
    let model = Model::read(&town.inp, &|_| None).unwrap_or_else(|e| panic!("{e}"));
    assert!(model.warnings().is_empty(), "{:?}", model.warnings());
    (model, town)
}

#[test]
fn the_same_request_makes_the_same_file_and_another_seed_another() {
    let make = |seed| generate(&Ask::town(seed, 300)).inp;
    assert_eq!(make(7), make(7));
    assert_ne!(make(7), make(8));
    assert!(make(7).contains("Synthetic") && make(7).contains("seed 7"));
}

#[test]
fn a_town_has_the_size_that_was_asked_for() {
    for conduits in [1_000, 5_000, 20_000] {
        let town = generate(&Ask::town(1, conduits));
        assert!(town.conduits.abs_diff(conduits) * 12 < conduits, "{} of {conduits}", town.conduits);
    }
}

#[test]
fn a_storm_runs_through_the_town_and_no_water_is_lost() {
    let (model, town) = model(&Ask::town(2021, 900));
    let mut state = State::new(&model, Numerics::Fast);
    let pumps: Vec<usize> = town
        .spots
        .iter()
        .flat_map(|s| &s.pumps)
        .map(|p| model.link_names().iter().position(|n| n == p).unwrap())
        .collect();
    let mut ran = vec![false; pumps.len()];
    for quarter in 1..=16 {
        state.run_until(&model, f64::from(quarter) * 900.0);
        for (ran, pump) in ran.iter_mut().zip(&pumps) {
            *ran |= state.link(&model, *pump).unwrap().flow > 0.0;
        }
    }
    assert!(ran[0], "the first pump never ran");
    let totals = state.flow_totals(&model);
    assert!(totals.error().abs() < 0.5, "continuity error {} %", totals.error());
    assert!(totals.flooding < 0.02 * totals.wet_weather, "{totals:?}");
    assert!(state.runoff_totals(&model).error().abs() < 0.1);
}

#[test]
fn wear_changes_figures_but_no_name_and_no_place() {
    let whole = Ask::town(3, 300);
    let worn = Ask { wear: Some(9), ..whole.clone() };
    let (whole, worn) = (model(&whole), model(&worn));
    assert_eq!(whole.0.node_names(), worn.0.node_names());
    assert_eq!(whole.0.link_names(), worn.0.link_names());
    assert_eq!(whole.1.spots, worn.1.spots);
    assert_ne!(whole.1.inp, worn.1.inp);
    assert!(worn.1.inp.contains("FILLED_CIRCULAR") || worn.1.inp.contains("RECT_CLOSED"));
}

#[test]
fn the_ground_around_a_hollow_holds_what_the_storage_in_the_file_holds() {
    let mut ask = Ask::town(2021, 1_400);
    ask.spots.iter_mut().for_each(|spot| spot.area_ha = 6.0);
    let (model, town) = model(&ask);
    let spot = town.spots.iter().find(|s| s.street.is_some()).unwrap();
    let ground = Ground::from_ascii(spot.street.as_ref().unwrap(), 0.02).unwrap();
    let (columns, rows) = ground.size();
    let cells = (0..rows).flat_map(|r| (0..columns).map(move |c| (c, r)));
    let heights: Vec<f64> = cells.filter_map(|(c, r)| ground.height_m(c, r)).collect();
    let built = columns * rows - heights.len();
    assert!(built * 20 > columns * rows && built * 2 < columns * rows, "{built} cells are built over");
    let node = model.node_names().iter().position(|n| *n == spot.node).unwrap();
    let mut state = State::new(&model, Numerics::Fast);
    let mut volume = |depth_m: f64| {
        state.set_depth(&model, node, spot.ground_m + depth_m);
        state.node(&model, node).unwrap().volume
    };
    let below = volume(0.0);
    for depth_m in [0.3, 0.4, 0.5] {
        let storage = volume(depth_m) - below;
        let level = spot.invert_m + spot.ground_m + depth_m;
        let raster: f64 = heights.iter().map(|z| (level - z).max(0.0) * ground.cell_m().powi(2)).sum();
        assert!(
            (raster / storage - 1.0).abs() < 0.2,
            "{depth_m} m: {raster} m³ on the raster, {storage} in the storage"
        );
    }
}
