//! What may be done to a run from outside, between any two steps: set, seen, branched, stored.

use drains::{HotStart, Model, Numerics, State};

use crate::reference::{models, read};

fn start(name: &str, numerics: Numerics) -> (Model, State) {
    let model = read(&models().join(format!("{name}.inp")));
    let state = State::new(&model, numerics);
    (model, state)
}

fn place(names: &[String], name: &str) -> usize {
    names.iter().position(|n| n == name).unwrap()
}

fn flow(model: &Model, state: &State, link: &str) -> f64 {
    state.link(model, place(model.link_names(), link)).unwrap().flow
}

fn depth(model: &Model, state: &State, node: &str) -> f64 {
    state.node(model, place(model.node_names(), node)).unwrap().depth
}

#[test]
fn steps_are_told_and_never_go_beyond_what_is_asked() {
    let (model, mut state) = start("loop", Numerics::Fast);
    let mut sum = 0.0;
    loop {
        let step = state.step(&model, 100.25);
        if step == 0.0 {
            break;
        }
        sum += step;
        assert!((state.elapsed_s() - sum).abs() < 1e-6 && sum < 100.251, "{sum}");
    }
    assert!((sum - 100.25).abs() < 0.002 && !state.is_done(&model), "{sum}");
    state.run_until(&model, f64::INFINITY);
    assert!(state.is_done(&model) && (state.elapsed_s() - model.duration_s()).abs() < 1e-6);
    assert_eq!(state.step(&model, f64::INFINITY), 0.0);
}

#[test]
fn a_link_of_any_kind_is_shut_and_given_back() {
    let (model, mut state) = start("quality_links_of_all_kinds", Numerics::Fast);
    state.run_until(&model, 2400.0);
    for (link, what) in [
        ("C2", "conduit"),
        ("R", "orifice"),
        ("Q", "pump"),
        ("W", "weir"),
        ("U", "outlet"),
        ("X2", "conduit"),
    ] {
        let before = flow(&model, &state, link);
        assert!(before > 0.05, "{what} {link} carries {before}");
        let j = place(model.link_names(), link);
        let mut shut = state.clone();
        shut.set_link(j, Some(0.0));
        shut.run_until(&model, 2460.0);
        assert_eq!(flow(&model, &shut, link), 0.0, "{what} {link}");
        assert_eq!(shut.link(&model, j).unwrap().setting, 0.0, "{what} {link}");
        shut.set_link(j, Some(1.0));
        shut.run_until(&model, 2520.0);
        assert!(flow(&model, &shut, link) > 0.05, "{what} {link}");
    }
}

#[test]
fn a_setting_from_outside_stands_above_the_rules_until_it_is_given_back() {
    let (model, mut state) = start("control_series", Numerics::Exact);
    let j = place(model.link_names(), "R");
    let setting = |s: &State| s.link(&model, j).unwrap().setting;
    state.run_until(&model, 1800.0);
    let mut ruled = state.clone();
    state.set_link(j, Some(0.9));
    for s in [&mut state, &mut ruled] {
        s.run_until(&model, 3600.0);
    }
    // The orifice takes three minutes to move; the series of the rule stands at 0.6 after an hour.
    assert!((setting(&state) - 0.9).abs() < 1e-9 && (setting(&ruled) - 0.6).abs() < 0.02);
    assert!(flow(&model, &state, "R") > flow(&model, &ruled, "R"));
    state.set_link(j, None);
    for s in [&mut state, &mut ruled] {
        s.run_until(&model, 3900.0);
    }
    assert!((setting(&state) - setting(&ruled)).abs() < 1e-9);
}

#[test]
fn a_live_stage_at_an_outfall_backs_water_up_and_goes_again() {
    let (model, mut state) = start("outfall_fixed", Numerics::Fast);
    state.run_until(&model, 3600.0);
    let out = place(model.node_names(), "OUT");
    let (own, mut high) = (state.clone(), state.clone());
    let stage = state.node(&model, out).unwrap().head + 4.0;
    high.set_stage(&model, out, Some(stage));
    high.run_until(&model, 5400.0);
    assert!((high.node(&model, out).unwrap().head - stage).abs() < 1e-9);
    assert!(depth(&model, &high, "J4") > depth(&model, &own, "J4") + 2.0);
    high.set_stage(&model, out, None);
    state.run_until(&model, 9000.0);
    high.run_until(&model, 9000.0);
    assert!((depth(&model, &high, "J4") - depth(&model, &state, "J4")).abs() < 0.05);
}

#[test]
fn a_level_set_at_any_node_is_there_and_the_water_goes_on_from_it() {
    let (model, mut state) = start("weir_transverse", Numerics::Fast);
    state.run_until(&model, 4.0 * 3600.0);
    for (node, level) in [("J2", 3.0), ("P", 6.0), ("D", 2.5)] {
        let i = place(model.node_names(), node);
        let mut set = state.clone();
        set.set_depth(&model, i, level);
        let view = set.node(&model, i).unwrap();
        assert!((view.depth - level).abs() < 1e-12, "{node}");
        set.step(&model, f64::INFINITY);
        state.clone().step(&model, f64::INFINITY);
        let after = set.node(&model, i).unwrap().depth;
        assert!(after > state.node(&model, i).unwrap().depth + 0.05, "{node}: {after}");
    }
    // No more than a manhole holds, no less than nothing, and nonsense not at all.
    let i = place(model.node_names(), "J2");
    for (level, want) in [(99.0, 8.0), (-3.0, 0.0), (f64::NAN, 0.0)] {
        state.set_depth(&model, i, level);
        assert_eq!(state.node(&model, i).unwrap().depth, want);
    }
    state.set_depth(&model, 999, 1.0);
}

#[test]
fn where_water_ponds_a_level_may_stand_over_the_ground() {
    let (model, mut state) = start("ponding", Numerics::Fast);
    let i = place(model.node_names(), "J2");
    state.run_until(&model, 600.0);
    state.set_depth(&model, i, 6.0);
    let view = state.node(&model, i).unwrap();
    assert!((view.depth - 6.0).abs() < 1e-12);
    // A foot over 2,000 ft².
    assert!((view.volume - 2000.0).abs() < 1e-9, "{}", view.volume);
    state.run_until(&model, 660.0);
    assert!(depth(&model, &state, "J2") > 5.0, "{}", depth(&model, &state, "J2"));
}

#[test]
fn a_live_inflow_is_added_at_its_node_from_step_to_step() {
    let (model, mut state) = start("inflow_direct_and_dwf", Numerics::Fast);
    let i = place(model.node_names(), "J1");
    let mut own = state.clone();
    for k in 0..40 {
        let more = f64::from(k % 3);
        state.set_inflow(&model, i, more);
        state.step(&model, f64::INFINITY);
        own.run_until(&model, state.elapsed_s());
        let lateral = |s: &State| s.node(&model, i).unwrap().lateral_inflow;
        assert!((lateral(&state) - lateral(&own) - more).abs() < 1e-6, "step {k}");
    }
    assert!(depth(&model, &state, "J1") > depth(&model, &own, "J1"));
}

/// Two catchments, each with a gage of its own.
const TWO_GAGES: &str = "[OPTIONS]\nFLOW_UNITS CFS\nFLOW_ROUTING DYNWAVE\nSTART_DATE 06/01/2024\nEND_DATE 06/01/2024\n\
    END_TIME 02:00\nWET_STEP 00:01:00\nROUTING_STEP 5\n[RAINGAGES]\nA INTENSITY 0:05 1.0 TIMESERIES dry\n\
    B INTENSITY 0:05 1.0 TIMESERIES dry\n[SUBCATCHMENTS]\nSA A J 5 90 400 1.0 0\nSB B J 5 90 400 1.0 0\n[SUBAREAS]\n\
    SA 0.012 0.15 0.05 0.1 25 OUTLET\nSB 0.012 0.15 0.05 0.1 25 OUTLET\n[INFILTRATION]\nSA 3 0.5 4 7 0\nSB 3 0.5 4 7 0\n\
    [JUNCTIONS]\nJ 10 8\n[OUTFALLS]\nO 9 FREE\n[CONDUITS]\nC J O 200 0.013 0 0\n[XSECTIONS]\nC CIRCULAR 3 0 0 0\n\
    [TIMESERIES]\ndry 0:00 0\ndry 2:00 0\n";

#[test]
fn live_rain_falls_gage_by_gage_and_step_by_step() {
    let model = Model::read(TWO_GAGES, &|_| None).unwrap();
    let mut state = State::new(&model, Numerics::Fast);
    let mut seen = [0.0_f64; 2];
    for minute in 0..60 {
        // A shower on A in the first half hour, on B in the second.
        let first = minute < 30;
        state.set_rain(0, Some(if first { 2.0 } else { 0.0 }));
        state.set_rain(1, Some(if first { 0.0 } else { 1.0 }));
        state.run_until(&model, f64::from(minute + 1) * 60.0);
        let runoff = [0, 1].map(|k| state.runoff(&model, k).unwrap());
        if minute == 29 {
            assert!(runoff[0] > 4.0 && runoff[1] == 0.0, "{runoff:?}");
        }
        seen = [seen[0].max(runoff[0]), seen[1].max(runoff[1])];
    }
    assert!(seen[1] > 2.0 && seen[1] < 0.6 * seen[0], "{seen:?}");
    let fell = state.runoff_totals(&model).rainfall;
    // An inch on five acres and half an inch on five, ft³.
    assert!((fell / (1.5 / 12.0 * 5.0 * 43560.0) - 1.0).abs() < 0.05, "{fell}");
    state.set_rain(1, None);
    state.run_until(&model, 5400.0);
    assert!(state.runoff(&model, 1).unwrap() < 0.3 * seen[1]);
}

/// A state as engines stored it that did not tell whether a conduit may be shut.
fn as_before_shuts(state: &str) -> String {
    let told = [true, false].map(|shuts| format!("\"shuts\":{shuts},"));
    assert!(told.iter().any(|t| state.contains(t)));
    told.iter().fold(state.to_owned(), |text, t| text.replacen(t, "", 1))
}

#[test]
fn every_model_is_stored_in_the_middle_and_goes_on_to_the_bit() {
    for entry in std::fs::read_dir(models()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|e| e != "inp") {
            continue;
        }
        let model = read(&path);
        let mut state = State::new(&model, Numerics::Fast);
        state.run_until(&model, 0.15 * model.duration_s());
        let text = serde_json::to_string(&state).unwrap();
        let mut again: State = serde_json::from_str(&text).unwrap();
        let mut older: State = serde_json::from_str(&as_before_shuts(&text)).unwrap();
        let mut branch = state.clone();
        for s in [&mut state, &mut again, &mut older, &mut branch] {
            s.run_until(&model, 0.2 * model.duration_s());
        }
        let [now, older] = [&state, &older].map(|s| as_before_shuts(&serde_json::to_string(s).unwrap()));
        assert!(now == older, "{} stored by an older engine", path.display());
        assert!(state == again, "{} stored", path.display());
        assert!(state == branch, "{} branched", path.display());
    }
}

#[test]
fn a_state_whose_conduits_had_their_marks_in_lists_of_their_own_goes_on() {
    let model = read(&models().join("random_network_05.inp"));
    let mut state = State::new(&model, Numerics::Fast);
    state.run_until(&model, 0.3 * model.duration_s());
    let mut text = serde_json::to_value(&state).unwrap();
    for block in text["slots"]["blocks"].as_array_mut().unwrap() {
        let marks = block.as_object_mut().unwrap().remove("marks").unwrap();
        for list in ["full", "limited", "inlet"] {
            block[list] = marks.clone();
        }
    }
    let mut older: State = serde_json::from_value(text).unwrap();
    for s in [&mut state, &mut older] {
        s.run_until(&model, 0.4 * model.duration_s());
    }
    for link in model.link_names() {
        assert_eq!(flow(&model, &state, link).to_bits(), flow(&model, &older, link).to_bits(), "{link}");
    }
}

/// Nearly the same for a file of 32-bit figures.
fn near(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-5 * a.abs().max(1e-3)
}

#[test]
fn a_hot_start_keeps_every_one_of_several_pollutants() {
    for name in
        ["quality_treatment_removal", "quality_dry_weather", "quality_co_pollutant", "quality_kinematic_wave"]
    {
        let (model, mut state) = start(name, Numerics::Exact);
        let count = model.pollutant_names().count();
        assert!(count > 1, "{name}");
        state.run_until(&model, 2700.0);
        let file = HotStart::read(&model, &state.hot_start(&model)).unwrap();
        let mut again = State::from_hot_start(&model, Numerics::Exact, &file);
        let mut polluted = 0;
        for p in 0..count {
            for i in 0..model.node_names().len() {
                let c = [&state, &again].map(|s| s.node_quality(&model, i, p).unwrap());
                polluted += usize::from(c[0] > 0.0);
                assert!(near(c[0], c[1]), "{name}: node {i}, pollutant {p}: {c:?}");
            }
            for j in 0..model.link_names().len() {
                let c = [&state, &again].map(|s| s.link_quality(&model, j, p).unwrap());
                assert!(near(c[0], c[1]), "{name}: link {j}, pollutant {p}: {c:?}");
            }
            // What has built up on the land.
            let on_land = [&state, &again].map(|s| s.loading_totals(&model, p).unwrap().remaining);
            assert!(near(on_land[0], on_land[1]), "{name}: pollutant {p}: {on_land:?}");
        }
        assert!(polluted > 1, "{name}");
        // A file of a run that a file began is the same file.
        let second = HotStart::read(&model, &again.hot_start(&model)).unwrap();
        let third = State::from_hot_start(&model, Numerics::Exact, &second);
        assert_eq!(again.hot_start(&model), third.hot_start(&model), "{name}");
        again.step(&model, f64::INFINITY);
    }
}
