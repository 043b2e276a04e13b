//! Water quality: books that close, states that can be stored, mistakes that are told.

use std::path::Path;

use drains::{Model, Numerics, State};

/// SWMM's tables of TSS in `quality_treatment_removal`, lb: initial build-up, build-up, runoff, remaining.
const LOADING: [f64; 4] = [796.639, 152.430, 668.433, 280.635];
/// Wet weather inflow, outflow, seepage, reacted, final storage.
const ROUTING: [f64; 5] = [662.135, 145.388, 3.615, 415.521, 0.005];
const OUTFALL: f64 = 145.381;
const WASHOFF: f64 = 295.975;

fn start(name: &str) -> (Model, State) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("models").join(format!("{name}.inp"));
    let text = std::fs::read_to_string(path).unwrap();
    let model = Model::read(&text, &|_| None).unwrap_or_else(|e| panic!("{name}: {e}"));
    let state = State::new(&model, Numerics::Exact);
    (model, state)
}

#[test]
fn books_of_pollutants_are_swmms() {
    let (model, mut state) = start("quality_treatment_removal");
    state.run_until(&model, f64::INFINITY);
    let s = state.summary(&model);
    let near =
        |a: f64, b: f64, what: &str| assert!((a - b).abs() <= 6e-4 + 1e-5 * b.abs(), "{what}: {a} {b}");
    let tss = &s.quality.pollutants[0];
    let (l, r) = (tss.loading, tss.routing);
    for (ours, swmm, what) in [
        (l.initial, LOADING[0], "initial build-up"),
        (l.build_up, LOADING[1], "build-up"),
        (l.runoff, LOADING[2], "runoff"),
        (l.remaining, LOADING[3], "remaining"),
        (r.wet_weather, ROUTING[0], "wet weather inflow"),
        (r.outflow, ROUTING[1], "outflow"),
        (r.seepage, ROUTING[2], "seepage"),
        (r.reacted, ROUTING[3], "reacted"),
        (r.final_storage, ROUTING[4], "final storage"),
    ] {
        near(ours, swmm, what);
    }
    near(s.outfalls[0].loads[0], OUTFALL, "outfall load");
    near(s.subcatchments[2].washoff[0], WASHOFF, "washoff");
}

#[test]
fn a_state_with_pollutants_can_be_stored_and_goes_on_the_same() {
    for name in ["quality_treatment_concentration", "quality_lid", "quality_outfall_to_subcatchment"] {
        let (model, mut state) = start(name);
        state.run_until(&model, 5000.0);
        let mut twin = state.clone();
        let text = serde_json::to_string(&state).unwrap();
        let mut again: State = serde_json::from_str(&text).unwrap();
        for s in [&mut state, &mut twin, &mut again] {
            s.run_until(&model, 9000.0);
        }
        assert_eq!(state, twin, "{name}");
        let c = |s: &State| s.node_quality(&model, 1, 0).unwrap();
        assert!((c(&state) - c(&again)).abs() <= 1e-6 * c(&state), "{name}");
    }
}

#[test]
fn more_pollutant_in_a_live_inflow_is_seen_downstream() {
    let (model, mut state) = start("quality_dry_weather");
    state.run_until(&model, 7200.0);
    let mut more = state.clone();
    more.set_inflow(&model, 1, 2.0);
    for s in [&mut state, &mut more] {
        s.run_until(&model, 14400.0);
    }
    // Clean water thins what dry weather brings.
    let c = |s: &State| s.node_quality(&model, 2, 0).unwrap();
    assert!(c(&more) < 0.8 * c(&state), "{} {}", c(&more), c(&state));
    assert_eq!(state.node_quality(&model, 2, 3), None);
}

#[test]
fn broken_quality_is_told_by_line() {
    let text = "[OPTIONS]\nFLOW_UNITS CFS\n[JUNCTIONS]\nJ1 100\n[POLLUTANTS]\nA MG/L 0 0 0 0\nB G/L 0 0 0 0\n\
                C MG/L 0 0 0 0 NO X 0.1\n[LANDUSES]\nhomes 1 2 0\n[BUILDUP]\nhomes A POW 1 1 20 AREA\n\
                [WASHOFF]\nhomes A EXP 1 11\n[COVERAGES]\nS9 homes 10\n[TREATMENT]\nJ1 A R = R_A + 1\n\
                J1 A Q = 3\nJ1 A C = A +\n[INFLOWS]\nJ1 Z \"\" MASS 1 1\n[DWF]\nJ1 Z 3\n";
    let said = format!("{:?}", Model::read(text, &|_| None).unwrap_err());
    for line in [7, 8, 10, 12, 14, 16, 18, 19, 20, 22, 24] {
        assert!(said.contains(&format!("line: {line},")), "line {line}: {said}");
    }
}
