//! Quarters that are cut off, and equations without a solution: said by name, with the time.

use pipes::{Model, Runner, State, Unsolved, WarningKind, read, run_all};
use std::fmt::Write;

fn model(text: &str) -> Model {
    let (project, problems) = read(text);
    assert!(problems.is_empty(), "{problems:?}");
    Model::new(project).unwrap()
}

/// A tap T by the source, and behind the closed pipe `door` a street of `length` taps, each with a hydrant that
/// draws nothing.
fn street(length: usize) -> Model {
    let (mut nodes, mut pipes) = (String::from("T 10 1\nS0 10 0\n"), String::new());
    pipes.push_str("main R T 100 300 110\ndoor T S0 10 300 110 0 CLOSED\n");
    for i in 1..=length {
        let before = i - 1;
        let _ = write!(nodes, "S{i} {}.3 0.3\nH{i} 10 0\n", 10 + i % 7);
        let _ =
            write!(pipes, "s{i} S{before} S{i} {}7 150 {}\nh{i} S{i} H{i} 3 100 120\n", 3 + i % 5, 90 + i);
    }
    model(&format!(
        "[JUNCTIONS]\n{nodes}[RESERVOIRS]\nR 60\n[PIPES]\n{pipes}[OPTIONS]\nUNITS LPS\nUNBALANCED CONTINUE 10\n[TIMES]\nDURATION 2:00\n\
         [CONTROLS]\nLINK door OPEN AT TIME 1\n"
    ))
}

#[test]
fn a_quarter_behind_closed_valves_stops_no_run_whatever_its_size() {
    for length in 1..60 {
        let model = street(length);
        let mut states = vec![model.start(); 4];
        for (state, flow) in states.iter_mut().zip(1u8..) {
            model.set_demand(state, model.node("T").unwrap(), Some(f64::from(flow))).unwrap();
        }
        let mut alone = states.clone();
        for end in run_all(&model, &mut states, 0, 1, &|_, _| {}) {
            end.unwrap_or_else(|e| panic!("{length} taps: {e}"));
        }
        let (tap, far) = (model.node("T").unwrap(), model.node(&format!("S{length}")).unwrap());
        for (state, single) in states.iter_mut().zip(&mut alone) {
            Runner::new(&model).run_until(single, 0).unwrap();
            assert!(state == single, "{length} taps: lanes differ from one alone");
            assert!((model.node_view(state, tap).unwrap().head - 59.9).abs() < 0.2, "{length} taps");
            let cut = |w: &pipes::Warning| {
                matches!(&w.kind, WarningKind::Disconnected { link: Some(link), count, .. }
                    if link == "door" && *count == length)
            };
            assert!(state.warnings().iter().any(|w| w.time == 0 && cut(w)), "{:?}", state.warnings());
            // The control opens the door: nothing of the hour before is left.
            Runner::new(&model).run_until(state, 3600).unwrap();
            let flow = model.link_view(state, model.link("door").unwrap()).unwrap().flow;
            assert!((flow - 0.3 * length as f64).abs() < 1e-3, "{length} taps: {flow} L/s");
            assert!(model.node_view(state, far).unwrap().pressure > 0.0, "{length} taps");
        }
    }
}

/// J is joined by one pipe alone, which a control opens after an hour; it is so narrow that nothing passes.
const NEEDLE: &str = "[JUNCTIONS]\nA 10 1\n枢纽J 10 0\n[RESERVOIRS]\nR 60\n[PIPES]\nmain R A 100 300 110\n\
    needle A 枢纽J 100 1e-70 110 0 CLOSED\n[OPTIONS]\nUNITS LPS\n[TIMES]\nDURATION 3:00\n\
    [CONTROLS]\nLINK needle OPEN AT TIME 1\n";

#[test]
fn equations_without_a_solution_are_named_with_node_and_time() {
    let model = model(NEEDLE);
    let mut state = model.start();
    let mut states = vec![state.clone(); 4];
    let why = Runner::new(&model).run_until(&mut state, i64::MAX).unwrap_err();
    assert_eq!(why, Unsolved::Singular { node: "枢纽J".into(), time: 3600 });
    assert!(why.to_string().contains("at 3600 s") && why.to_string().contains("open a link to it"), "{why}");
    // In lanes the others run on.
    model.set_status(&mut states[1], model.link("needle").unwrap(), false).unwrap();
    let ends = run_all(&model, &mut states, i64::MAX, 1, &|_, _| {});
    assert!(ends[1].is_ok() && ends[0] == Err(why.clone()) && ends[3] == Err(why));
    assert_eq!(states[1].time(), 3 * 3600);
}

#[test]
fn a_moment_without_balance_is_said_with_its_link_and_time() {
    let text = include_str!("../../models/prv.inp")
        .replace("TRIALS 200", "TRIALS 1")
        .replace("CONTINUE 10", "CONTINUE 0");
    let failing = model(&text);
    let mut state: State = failing.start();
    Runner::new(&failing).run_until(&mut state, 3600).unwrap();
    let said: Vec<&pipes::Warning> =
        state.warnings().iter().filter(|w| matches!(w.kind, WarningKind::Unbalanced { .. })).collect();
    assert!(!said.is_empty(), "{:?}", state.warnings());
    let WarningKind::Unbalanced { link, head_error_mm } = &said[0].kind else { unreachable!() };
    assert!(failing.link(link).is_some() && *head_error_mm > 0, "{said:?}");
    assert!(pipes::report::sentence(said[0]).contains("at 0:00:00 the system is not balanced"));
    // EPANET's default: the run stops there.
    let stopping = model(&text.replace("CONTINUE 0", "STOP"));
    let mut state = stopping.start();
    Runner::new(&stopping).run_until(&mut state, i64::MAX).unwrap();
    assert_eq!(state.time(), 0);
}
