//! What-if trials on networks whose answers are worked out by hand.

use pipes::whatif::{Act, TAP_PRESSURE_MIN_MPA, WhatIfError};
use pipes::{Model, Runner, State, read};

fn solved(text: &str) -> (Model, State) {
    let (project, problems) = read(text);
    assert!(problems.is_empty(), "{problems:?}");
    let model = Model::new(project).unwrap();
    let mut state = model.start();
    Runner::new(&model).solve(&mut state).unwrap();
    (model, state)
}

fn names(model: &Model, nodes: &[usize]) -> Vec<String> {
    nodes.iter().map(|n| model.project().nodes[*n].name.clone()).collect()
}

const OPTIONS: &str = "[OPTIONS]\nUNITS LPS\nHEADLOSS H-W\nACCURACY 0.00001\n[END]\n";

/// A reservoir at 50 m and three taps in a row.
fn row() -> (Model, State) {
    solved(&format!(
        "[JUNCTIONS]\nA 10 10\nB 10 5\nC 45 5\n[RESERVOIRS]\nR 50\n[PIPES]\n1 R A 100 400 120\n\
         2 A B 100 400 120\n3 B C 100 400 120\n{OPTIONS}"
    ))
}

#[test]
fn closing_the_only_way_cuts_off_all_that_lies_behind_it() {
    let (model, state) = row();
    let untouched = state.clone();
    let close = Act::Close { link: model.link("2").unwrap() };
    let effect = model.what_if(&state, &[close], TAP_PRESSURE_MIN_MPA).unwrap();
    assert_eq!(names(&model, &effect.cut_off), ["B", "C"]);
    assert!((effect.demand_lost - 10.0).abs() < 1e-9, "{}", effect.demand_lost);
    // C lies 5 m under the reservoir: low before, and cut off rather than low after.
    assert_eq!((effect.taps, effect.low_before, effect.low.len()), (3, 1, 0));
    assert!(state == untouched);
}

/// One pipe of 1000 m, 100 mm, C = 100 from 60 m: at 10 L/s Hazen-Williams takes
/// 10.667·1000·0.01^1.852 / (100^1.852·0.1^4.871) = 30.98 m, which leaves 29.02 m.
/// An opening that lets 10 L/s out at 29.02 m: 0.01 / (0.6·√(2·9.80665·29.02)) = 6.986e-4 m².
#[test]
fn an_open_hydrant_lets_out_what_pipe_and_opening_agree_on_and_the_high_tap_runs_low() {
    let (model, state) = solved(&format!(
        "[JUNCTIONS]\nA 0 0\nB 20 0.0001\n[RESERVOIRS]\nR 60\n[PIPES]\n1 R A 1000 100 100\n\
         2 A B 10 100 100\n{OPTIONS}"
    ));
    let open = Act::OpenHydrant { node: model.node("A").unwrap(), area_m2: 6.986e-4 };
    let effect = model.what_if(&state, &[open], TAP_PRESSURE_MIN_MPA).unwrap();
    assert!((effect.released - 10.0).abs() < 0.02, "{}", effect.released);
    assert!(effect.cut_off.is_empty());
    assert_eq!((effect.taps, effect.low.len(), effect.low_before), (1, 1, 0));
    // B lies 20 m higher: 40 m before, 9.02 m after.
    let tap = effect.low[0];
    assert!((tap.before_mpa - 0.3923).abs() < 1e-3 && (tap.after_mpa - 0.0885).abs() < 1e-3, "{tap:?}");
    assert_eq!(effect.newly_failed(TAP_PRESSURE_MIN_MPA), 1);
}

/// A pump lifts from 0 m; a tank stands at 30 m.
fn pumped(tank: bool) -> (Model, State) {
    let (place, pipe) = if tank { ("[TANKS]\nT 28 2 0 5 10 0\n", "2 A T 10 400 130\n") } else { ("", "") };
    solved(&format!(
        "[JUNCTIONS]\nA 0 0.1\nB 20 0.1\n[RESERVOIRS]\nR 0\n{place}[PIPES]\n1 A B 10 400 130\n{pipe}\
         [PUMPS]\nP R A HEAD lift\n[CURVES]\nlift 10 60\n{OPTIONS}"
    ))
}

#[test]
fn a_tripped_pump_leaves_the_tank_s_level_to_the_taps() {
    let (model, state) = pumped(true);
    let trip = Act::TripPump { link: model.link("P").unwrap() };
    let effect = model.what_if(&state, &[trip], TAP_PRESSURE_MIN_MPA).unwrap();
    assert!(effect.cut_off.is_empty());
    // 30 m of tank: A keeps 0.294 MPa, B at 20 m keeps 10 m or 0.098 MPa.
    assert_eq!(names(&model, &effect.low.iter().map(|t| t.node).collect::<Vec<_>>()), ["B"]);
    assert!((effect.low[0].after_mpa - 0.0981).abs() < 5e-4, "{:?}", effect.low[0]);
}

#[test]
fn a_tripped_pump_without_a_tank_leaves_nobody_water() {
    let (model, state) = pumped(false);
    let trip = Act::TripPump { link: model.link("P").unwrap() };
    let effect = model.what_if(&state, &[trip], TAP_PRESSURE_MIN_MPA).unwrap();
    assert_eq!(names(&model, &effect.cut_off), ["A", "B"]);
}

/// A loop A-V1-B-C-V2-D-A; the main 2 between B and C can be shut off by two valves.
fn looped() -> (Model, State) {
    solved(&format!(
        "[JUNCTIONS]\nA 10 1\nB 10 2\nC 10 3\nD 10 4\n[RESERVOIRS]\nR 50\n[PIPES]\n1 R A 100 300 120\n\
         2 B C 100 200 120\n3 D A 100 200 120\n[VALVES]\nV1 A B 200 TCV 0\nV2 C D 200 TCV 0\n{OPTIONS}"
    ))
}

#[test]
fn a_burst_is_isolated_by_the_valves_on_both_sides_and_the_rest_of_the_loop_keeps_water() {
    let (model, state) = looped();
    let main = model.link("2").unwrap();
    let plan = model.isolate(&state, main).unwrap();
    assert_eq!(plan.close, [model.link("V1").unwrap(), model.link("V2").unwrap()]);
    assert_eq!(names(&model, &plan.nodes), ["B", "C"]);
    assert_eq!((plan.links.as_slice(), plan.sources.as_slice()), (&[main][..], &[][..]));
    let acts: Vec<Act> = plan.close.iter().map(|&link| Act::Close { link }).collect();
    let effect = model.what_if(&state, &acts, TAP_PRESSURE_MIN_MPA).unwrap();
    assert_eq!(names(&model, &effect.cut_off), ["B", "C"]);
    assert!((effect.demand_lost - 5.0).abs() < 1e-9 && effect.low.is_empty(), "{effect:?}");
}

/// With all but no resistance the burst's ends keep 40 m: 0.6·0.001·√(2·9.80665·40) = 16.8 L/s.
#[test]
fn a_burst_main_lets_out_what_its_opening_passes_at_the_pressure_of_its_ends() {
    let (model, state) = looped();
    let burst = Act::BurstMain { link: model.link("2").unwrap(), area_m2: 0.001 };
    let effect = model.what_if(&state, &[burst], TAP_PRESSURE_MIN_MPA).unwrap();
    assert!((effect.released - 16.8).abs() < 0.1, "{}", effect.released);
}

#[test]
fn a_burst_with_no_valve_before_the_source_names_the_source() {
    let (model, state) = looped();
    let plan = model.isolate(&state, model.link("1").unwrap()).unwrap();
    assert_eq!(names(&model, &plan.sources), ["R"]);
    assert_eq!(plan.close.len(), 2);
}

#[test]
fn a_pipe_tagged_as_a_valve_bounds_a_segment() {
    let (model, state) = solved(&format!(
        "[JUNCTIONS]\nA 10 1\nB 10 2\n[RESERVOIRS]\nR 50\n[PIPES]\n1 R A 1 300 120\n2 A B 100 200 120\n\
         [TAGS]\nLINK 1 valve\n{OPTIONS}"
    ));
    let plan = model.isolate(&state, model.link("2").unwrap()).unwrap();
    assert_eq!((plan.close, plan.sources), (vec![model.link("1").unwrap()], vec![]));
}

#[test]
fn an_act_that_does_not_fit_is_refused_by_name() {
    let (model, state) = row();
    let refused = |act| model.what_if(&state, &[act], TAP_PRESSURE_MIN_MPA).unwrap_err();
    let pump = refused(Act::TripPump { link: 0 });
    assert_eq!(pump, WhatIfError::Kind { link: "1".to_owned(), wanted: "pump" });
    assert!(matches!(refused(Act::Close { link: 99 }), WhatIfError::Set(_)));
    assert!(matches!(refused(Act::OpenHydrant { node: 0, area_m2: f64::NAN }), WhatIfError::Set(_)));
    assert!(matches!(refused(Act::OpenHydrant { node: 3, area_m2: 0.01 }), WhatIfError::Set(_)));
}
