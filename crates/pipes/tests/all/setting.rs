//! Setting things from outside, on copies of one state: each copy goes its own way, the original is untouched.

use pipes::{Model, Runner, SetError, State, read};

/// R (60 m) feeds A; a pipe leads on to B with a tank T; a second way with the throttle `tcv`.
fn model() -> Model {
    let text = "[JUNCTIONS]\nA 10 2\nB 12 5 day\n[RESERVOIRS]\nR 20\n[TANKS]\nT 40 3 1 6 10 0\n\
        [PIPES]\nab A B 800 200 110\nbt B T 100 200 110\n[PUMPS]\npump R A HEAD c\n[VALVES]\ntcv A B 150 TCV 5 0\n\
        [CURVES]\nc 20 40\n[PATTERNS]\nday 1.0 2.0 0.5 1.5\n[OPTIONS]\nUNITS LPS\nEMITTER EXPONENT 0.5\n\
        [TIMES]\nDURATION 6:00\nHYDRAULIC TIMESTEP 1:00\nPATTERN TIMESTEP 1:00\n\
        [CONTROLS]\nLINK pump CLOSED AT TIME 2\nLINK pump OPEN AT TIME 4\n";
    let (project, problems) = read(text);
    assert!(problems.is_empty(), "{problems:?}");
    Model::new(project).unwrap()
}

fn at_hour(m: &Model, state: &mut State, hour: i64) {
    Runner::new(m).run_until(state, 3600 * hour).unwrap();
}

#[test]
fn copies_of_one_state_go_their_own_ways() {
    let m = model();
    let (a, b) = (m.node("A").unwrap(), m.node("B").unwrap());
    let (pump, throttle) = (m.link("pump").unwrap(), m.link("tcv").unwrap());
    let mut trunk = m.start();
    at_hour(&m, &mut trunk, 1);
    let kept = trunk.clone();
    let branch = |set: &dyn Fn(&mut State)| {
        let mut copy = trunk.clone();
        set(&mut copy);
        at_hour(&m, &mut copy, 3);
        copy
    };
    let plain = branch(&|_| {});
    let demand = branch(&|s| m.set_demand(s, a, Some(9.0)).unwrap());
    let running = branch(&|s| m.set_status(s, pump, true).unwrap());
    let slow = branch(&|s| m.set_setting(s, pump, 0.8).unwrap());
    let throttled = branch(&|s| m.set_setting(s, throttle, 500.0).unwrap());
    let hydrant = branch(&|s| m.set_emitter(s, b, 2.0).unwrap());
    assert!(trunk == kept, "a branch changed the trunk");
    let flow = |s: &State, link: usize| m.link_view(s, link).unwrap().flow;
    let drawn = |s: &State, node: usize| m.node_view(s, node).unwrap().demand;
    // The control has closed the pump at two o'clock, but not where it is held.
    assert_eq!(flow(&plain, pump), 0.0);
    assert!(flow(&running, pump) > flow(&slow, pump) && flow(&slow, pump) > 1.0, "{}", flow(&slow, pump));
    assert!((drawn(&demand, a) - 9.0).abs() < 1e-9 && (drawn(&plain, a) - 2.0).abs() < 1e-9);
    assert!(flow(&throttled, throttle).abs() < flow(&plain, throttle).abs());
    let pressure = m.node_view(&hydrant, b).unwrap().pressure;
    assert!((drawn(&hydrant, b) - 7.5 - 2.0 * pressure.sqrt()).abs() < 1e-3, "{}", drawn(&hydrant, b));
}

#[test]
fn what_is_given_back_follows_patterns_and_controls_again() {
    let m = model();
    let (b, pump) = (m.node("B").unwrap(), m.link("pump").unwrap());
    let mut state = m.start();
    m.set_status(&mut state, pump, true).unwrap();
    m.set_demand(&mut state, b, Some(1.0)).unwrap();
    m.set_emitter(&mut state, b, 1.0).unwrap();
    at_hour(&m, &mut state, 2);
    assert!(m.link_view(&state, pump).unwrap().flow > 0.0, "held against the control at two o'clock");
    m.release(&mut state, pump).unwrap();
    m.set_demand(&mut state, b, None).unwrap();
    m.set_emitter(&mut state, b, 0.0).unwrap();
    m.scale_demand(&mut state, b, 2.0).unwrap();
    at_hour(&m, &mut state, 3);
    let drawn = m.node_view(&state, b).unwrap().demand;
    assert!((drawn - 5.0 * 1.5 * 2.0).abs() < 1e-9, "{drawn}");
    let mut again = state.clone();
    m.set_status(&mut again, pump, false).unwrap();
    m.release(&mut again, pump).unwrap();
    at_hour(&m, &mut again, 5);
    assert!(m.link_view(&again, pump).unwrap().flow > 0.0, "the control of four o'clock opens it");
}

#[test]
fn a_level_is_where_it_was_set_and_a_reservoir_keeps_its_head() {
    let m = model();
    let (tank, reservoir) = (m.node("T").unwrap(), m.node("R").unwrap());
    let mut state = m.start();
    m.set_level(&mut state, tank, 5.5).unwrap();
    m.set_level(&mut state, reservoir, 22.0).unwrap();
    Runner::new(&m).solve(&mut state).unwrap();
    assert!((m.node_view(&state, tank).unwrap().head - 45.5).abs() < 1e-9);
    at_hour(&m, &mut state, 2);
    assert!((m.node_view(&state, reservoir).unwrap().head - 22.0).abs() < 1e-9);
    let level = m.node_view(&state, tank).unwrap().head - 40.0;
    assert!((1.0..=6.0).contains(&level) && (level - 5.5).abs() > 0.01, "the tank lives on: {level}");
}

#[test]
fn what_cannot_be_set_is_refused_and_changes_nothing() {
    let m = model();
    let (a, tank, pump) = (m.node("A").unwrap(), m.node("T").unwrap(), m.link("pump").unwrap());
    let mut state = m.start();
    let before = state.clone();
    let out = |r: Result<(), SetError>| matches!(r, Err(SetError::OutOfRange { .. }));
    let unknown = |r: Result<(), SetError>| matches!(r, Err(SetError::Unknown { .. }));
    assert!(out(m.set_level(&mut state, tank, 6.5)), "above the tank's greatest level");
    assert!(out(m.set_level(&mut state, tank, f64::NAN)));
    assert!(out(m.set_setting(&mut state, pump, -1.0)));
    assert!(out(m.set_emitter(&mut state, a, f64::INFINITY)));
    assert!(unknown(m.set_level(&mut state, a, 1.0)), "a junction has no level");
    assert!(unknown(m.set_emitter(&mut state, tank, 1.0)), "a tank has no emitter");
    assert!(unknown(m.set_status(&mut state, 99, true)) && unknown(m.release(&mut state, 99)));
    assert!(out(m.set_demand(&mut state, a, Some(f64::NAN))));
    m.scale_demand(&mut state, a, 1.0).unwrap();
    Runner::new(&m).solve(&mut state).unwrap();
    let mut plain = before;
    Runner::new(&m).solve(&mut plain).unwrap();
    assert_eq!(m.node_view(&state, a), m.node_view(&plain, a));
}
