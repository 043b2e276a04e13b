//! Several threads to a run, several runs abreast: the same bits as one run on one thread.

use std::fmt::Write;
use std::ops::ControlFlow;

use drains::{Crew, Model, Numerics, State};

/// A tree of sewers that meet two by two, with a storm on every tip; some are rectangular, some nodes
/// store water, a pump and a weir stand in its way.
fn tree(conduits: usize) -> Model {
    let mut s = String::from(
        "[OPTIONS]\nFLOW_UNITS CMS\nFLOW_ROUTING DYNWAVE\nEND_TIME 01:00:00\nREPORT_STEP 00:10:00\n\
         ROUTING_STEP 10\nVARIABLE_STEP 0.75\nMINIMUM_STEP 0.5\n[OUTFALLS]\nN0 0 FREE NO\n[JUNCTIONS]\n",
    );
    let mut line = |text: String| writeln!(s, "{text}").unwrap();
    let level = |i: usize| 2.0 + 0.7 * (i as f64 + 1.0).log2() + 0.01 * (i % 7) as f64;
    (1..=conduits).filter(|i| i % 50 != 7).for_each(|i| line(format!("N{i} {:.3} 3 0 0 0", level(i))));
    line("[STORAGE]".into());
    (1..=conduits).filter(|i| i % 50 == 7).for_each(|i| {
        line(format!("N{i} {:.3} 3 0 FUNCTIONAL 40 0 0", level(i)));
    });
    line("[CONDUITS]".into());
    for i in 1..=conduits {
        line(format!("C{i} N{i} N{} {} 0.013 {} 0", i / 2, 40 + i % 90, if i % 9 == 4 { 0.2 } else { 0.0 }));
    }
    line("[PUMPS]\nP1 N7 N3 CURVE1 ON 0.5 0.2\n[WEIRS]\nW1 N57 N28 TRANSVERSE 0.6 1.8\n[XSECTIONS]".into());
    line("W1 RECT_OPEN 0.5 2 0 0".into());
    for i in 1..=conduits {
        let wide = 0.4 + 1.6 / (1.0 + (i as f64).log2());
        let shape =
            if i % 11 == 5 { format!("RECT_CLOSED {wide:.2} 1") } else { format!("CIRCULAR {wide:.2} 0") };
        line(format!("C{i} {shape} 0 0 1"));
    }
    line("[CURVES]\nCURVE1 PUMP4 0 0 1 0.05 3 0.1\n[TIMESERIES]".into());
    line("T1 0:00 0 0:10 1 0:25 0.4 0:40 0\n[INFLOWS]".into());
    for i in (conduits / 2..=conduits).filter(|i| i % 3 == 0) {
        line(format!("N{i} FLOW T1 FLOW 1 {:.4}", 0.004 + 0.0001 * (i % 40) as f64));
    }
    Model::read(&s, &|_| None).unwrap_or_else(|e| match e {
        drains::ModelError::Problems(list) => panic!("{list:#?}"),
    })
}

#[test]
fn a_shared_run_breaks_off_where_it_is_told_to() {
    let model = tree(2_100);
    let mut state = State::new(&model, Numerics::Fast);
    let mut steps = 0;
    let went = Crew::new(2).unwrap().run_until(&model, &mut state, 900.0, |_| {
        steps += 1;
        if steps == 3 { ControlFlow::Break("enough") } else { ControlFlow::Continue(()) }
    });
    assert_eq!((went, steps), (ControlFlow::Break("enough"), 3));
    assert!(state.elapsed_s() < 900.0);
}

#[test]
fn a_run_on_several_threads_gives_the_bits_of_one() {
    let model = tree(2500);
    for numerics in [Numerics::Fast, Numerics::Exact] {
        let mut alone = State::new(&model, numerics);
        alone.run_until(&model, 900.0);
        for threads in [2, 3] {
            let mut shared = State::new(&model, numerics);
            let mut steps = 0;
            let went = Crew::new(threads).unwrap().run_until(&model, &mut shared, 900.0, |_| {
                steps += 1;
                ControlFlow::<()>::Continue(())
            });
            assert!(went.is_continue());
            assert!(steps > 50, "{steps} steps");
            assert!(alone == shared, "{threads} threads, {numerics:?}");
        }
    }
}

/// Runs states abreast on so many threads, and each on its own; both must hold the same bits.
fn check(what: &str, model: &Model, make: impl Fn() -> Vec<State>, seconds: f64, threads: usize) {
    let (mut together, mut alone) = (make(), make());
    drains::run_ensemble_with(model, &mut together, seconds, threads, drains::Lanes::States, &|_, _| {});
    for (i, (a, b)) in together.iter().zip(&mut alone).enumerate() {
        b.run_until(model, seconds);
        assert!(a == b, "{what}: state {i} of {} on {threads} threads", together.len());
    }
}

#[test]
fn states_abreast_get_the_bits_of_their_own_runs() {
    let model = tree(300);
    let make = |n: usize| {
        (0..n)
            .map(|i| {
                let mut s = State::new(&model, Numerics::Fast);
                s.set_inflow(&model, 200 + i, 0.1 * i as f64);
                // Not all of them begin at the same moment.
                s.run_until(&model, 40.0 * i as f64);
                s
            })
            .collect()
    };
    for (n, threads) in [(2, 1), (3, 1), (8, 1), (11, 2), (16, 2)] {
        check("tree", &model, || make(n), 900.0, threads);
    }
}

/// A run alone leaves nodes out of the trials in which little moves and makes up for it; states abreast
/// compute every node in every trial.
#[test]
fn nodes_left_out_of_trials_end_where_they_would_have() {
    let model = tree(1_200);
    let make = || {
        (0..8)
            .map(|i| {
                let mut s = State::new(&model, Numerics::Fast);
                // More than the pipes below it carry: its neighbours take all trials, the rest of the town two.
                s.set_inflow(&model, 700 + i, 1.5);
                s
            })
            .collect()
    };
    check("a tip that floods", &model, make, 600.0, 1);
    let mut alone = State::new(&model, Numerics::Fast);
    alone.set_inflow(&model, 700, 1.5);
    alone.run_until(&model, 600.0);
    let trials = alone.summary(&model).mean_trials;
    assert!(trials > 3.0, "{trials} trials a step: nothing was left out");
}

#[test]
fn every_model_runs_abreast_as_it_runs_alone() {
    let mut models: Vec<_> =
        std::fs::read_dir(super::reference::models()).unwrap().map(|f| f.unwrap().path()).collect();
    models.sort();
    for path in models.iter().filter(|p| p.extension().is_some_and(|e| e == "inp")) {
        let model = super::reference::read(path);
        let make = || {
            (0..4)
                .map(|i| {
                    let mut s = State::new(&model, Numerics::Fast);
                    s.set_inflow(&model, 0, 0.3 * f64::from(i));
                    s.set_rain(0, (i > 0).then(|| f64::from(i)));
                    s
                })
                .collect()
        };
        check(&path.display().to_string(), &model, make, 1500.0, 1);
    }
}

#[test]
fn a_scenario_of_rain_is_a_model_with_that_rain() {
    let path = super::reference::models().join("loop.inp");
    let text = std::fs::read_to_string(&path).unwrap();
    let other = super::reference::read(&path);
    let series: Vec<_> = other.project().series.iter().map(|s| s.curve.clone()).collect();
    let gages: Vec<_> = other.project().gages.iter().map(|g| g.series).collect();
    // The same model with twice the rain, and that rain as a scenario.
    let mut project = drains::project::read(&text, &|_| None).project;
    let twice = |curve: &drains::Curve| drains::Curve {
        points: curve.points.iter().map(|(x, y)| (*x, 2.0 * y)).collect(),
    };
    for series in &mut project.series {
        series.curve = twice(&series.curve);
    }
    let doubled = Model::new(project).unwrap();
    let mut want = State::new(&doubled, Numerics::Fast);
    let mut scenario = State::new(&other, Numerics::Fast);
    for (gage, k) in gages.into_iter().enumerate() {
        scenario.set_rain_series(&other, gage, twice(&series[k]));
    }
    want.run_until(&doubled, 3600.0);
    scenario.run_until(&other, 3600.0);
    assert!(want.runoff(&doubled, 0).unwrap() > 0.0);
    let depth = |s: &State, m: &Model| s.node(m, 0).unwrap();
    assert_eq!(depth(&want, &doubled), depth(&scenario, &other));
    assert_eq!(want.runoff(&doubled, 0), scenario.runoff(&other, 0));
}
