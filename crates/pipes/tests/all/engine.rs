//! What the engine promises of itself.

use pipes::{Model, Project, Runner, State, read, run_all, write};

fn project(name: &str) -> Project {
    let path = format!("{}/models/{name}.inp", env!("CARGO_MANIFEST_DIR"));
    read(&std::fs::read_to_string(path).unwrap()).0
}

fn model(name: &str) -> Model {
    Model::new(project(name)).unwrap()
}

#[test]
fn four_abreast_give_the_same_bits_as_each_alone() {
    for name in ["prv", "rules", "pressure_driven", "chlorine", "leakage"] {
        let m = model(name);
        let mut states: Vec<State> = (0..6).map(|_| m.start()).collect();
        for (i, state) in states.iter_mut().enumerate() {
            m.set_demand(state, m.node("E").unwrap(), Some(5.0 + i as f64)).unwrap();
        }
        let mut alone = states.clone();
        for state in &mut alone {
            Runner::new(&m).run_until(state, i64::MAX).unwrap();
        }
        for end in run_all(&m, &mut states, i64::MAX, 2, &|_, _| {}) {
            end.unwrap();
        }
        assert!(states == alone, "{name}");
    }
}

#[test]
fn a_state_written_out_and_read_in_continues_as_the_original() {
    let m = model("chlorine");
    let mut state = m.start();
    let mut runner = Runner::new(&m);
    runner.run_until(&mut state, 20 * 3600).unwrap();
    let mut copy = state.clone();
    // JSON's text may lose the last bit of a number; the twin's copy must still run on.
    let mut written: State = serde_json::from_str(&serde_json::to_string(&state).unwrap()).unwrap();
    assert_eq!(state.time(), 20 * 3600);
    for s in [&mut state, &mut copy, &mut written] {
        runner.run_until(s, i64::MAX).unwrap();
    }
    assert!(state == copy);
    for i in 0..m.project().nodes.len() {
        let (a, b) = (m.node_view(&state, i).unwrap(), m.node_view(&written, i).unwrap());
        assert!((a.head - b.head).abs() < 1e-6 && (a.quality - b.quality).abs() < 1e-6);
    }
}

#[test]
fn water_neither_appears_nor_vanishes_at_any_junction() {
    for name in ["hazen", "emitters", "leakage", "pressure_driven", "prv", "fcv"] {
        let m = model(name);
        let (mut state, mut runner) = (m.start(), Runner::new(&m));
        while runner.step(&mut state).unwrap() {
            for (i, node) in m.project().nodes.iter().enumerate() {
                if !matches!(node.kind, pipes::project::NodeKind::Junction { .. }) {
                    continue;
                }
                let mut sum = -m.node_view(&state, i).unwrap().demand;
                for (l, link) in m.project().links.iter().enumerate() {
                    let q = m.link_view(&state, l).unwrap().flow;
                    sum += if link.to == i {
                        q
                    } else if link.from == i {
                        -q
                    } else {
                        0.0
                    };
                }
                assert!(sum.abs() < 0.02, "{name}: {} at {} s is out by {sum} L/s", node.name, state.time());
            }
        }
    }
}

#[test]
fn what_is_written_reads_as_the_same_project() {
    for name in
        ["hazen", "rules", "timed", "booster", "pcv", "gpv", "categories", "volume_curve", "names", "fifo"]
    {
        let first = project(name);
        let (mut second, problems) = read(&write(&first));
        assert!(problems.is_empty(), "{name}: {problems:?}");
        for (a, b) in second.nodes.iter_mut().zip(&first.nodes) {
            a.line = b.line;
        }
        for (a, b) in second.links.iter_mut().zip(&first.links) {
            a.line = b.line;
        }
        second.title.clone_from(&first.title);
        assert!(first == second, "{name}:\n{}", write(&first));
    }
}

#[test]
fn a_closed_pipe_holds_against_controls_until_released() {
    let m = model("timed");
    let link = m.link("8").unwrap();
    let mut state = m.start();
    m.set_status(&mut state, link, false).unwrap();
    let mut runner = Runner::new(&m);
    runner.run_until(&mut state, 21 * 3600).unwrap();
    assert!(m.link_view(&state, link).unwrap().status.is_closed());
}

#[test]
fn a_cut_off_quarter_is_named_with_its_time() {
    let m = model("hazen");
    let mut state = m.start();
    for name in ["3", "4", "6", "8"] {
        m.set_status(&mut state, m.link(name).unwrap(), false).unwrap();
    }
    Runner::new(&m).solve(&mut state).unwrap();
    let found = state
        .warnings()
        .iter()
        .any(|w| w.time == 0 && matches!(&w.kind, pipes::WarningKind::Disconnected { link: Some(_), .. }));
    assert!(found, "{:?}", state.warnings());
}
