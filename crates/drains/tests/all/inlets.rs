//! Streets and their inlets: SWMM's table, and what does not fit.

use drains::{Model, Numerics, Results, State, StreetSummary};

use crate::reference::{models, read};

fn streets(name: &str) -> Vec<StreetSummary> {
    let model = read(&models().join(format!("{name}.inp")));
    let mut state = State::new(&model, Numerics::Exact);
    let (mut results, _) = Results::open(&model);
    while state.step(&model, f64::INFINITY) > 0.0 {
        results.after_step(&model, &mut state);
    }
    state.streets(&model)
}

/// Peak flow, spread, depth; peak and mean capture, bypass and backflow frequency, peak capture of one
/// inlet, peak bypass: SWMM's report.
const TABLE: [(&str, &str, [f64; 9]); 9] = [
    ("St0", "grate", [8.866, 18.000, 0.622, 28.40, 75.54, 91.24, 0.04, 0.63, 6.35]),
    ("St1", "curb", [16.943, 15.000, 0.600, 13.52, 52.94, 87.09, 0.00, 2.29, 14.65]),
    ("St2", "combo", [29.564, 19.339, 0.733, 1.49, 65.47, 38.30, 31.00, 0.22, 29.12]),
    ("St3", "slot", [37.987, 18.000, 0.743, 1.70, 50.30, 99.54, 0.00, 0.16, 37.34]),
    ("St4", "any", [20.133, 15.000, 0.600, 42.52, 65.19, 60.94, 0.00, 2.85, 11.57]),
    ("St5", "div", [27.498, 19.841, 0.746, 0.00, 85.94, 97.51, 52.87, 0.00, 27.50]),
    ("St6", "curbi", [43.620, 18.000, 0.667, 23.12, 55.42, 60.42, 4.27, 5.04, 33.54]),
    ("St7", "rate", [45.586, 18.000, 0.777, 0.00, 89.03, 16.95, 50.78, 0.00, 45.59]),
    ("St8", "combo", [37.949, 20.000, 0.870, 19.06, 57.51, 63.18, 0.31, 7.23, 30.72]),
];

#[test]
fn streets_and_their_inlets_are_as_in_swmms_table() {
    let all = streets("inlets_street");
    assert_eq!(all.len(), TABLE.len());
    for (s, (name, design, figures)) in all.iter().zip(TABLE) {
        let i = s.inlet.as_ref().unwrap();
        assert_eq!((s.name.as_str(), i.design.as_str()), (name, design));
        assert_eq!(i.on_sag, name == "St8");
        let ours = [
            s.peak_flow,
            s.max_spread,
            s.max_depth,
            i.peak_capture,
            i.mean_capture,
            i.bypass_frequency,
            i.backflow_frequency,
            i.peak_capture_per_inlet,
            i.peak_bypass,
        ];
        for (a, b) in ours.iter().zip(figures) {
            assert!((a - b).abs() < 6e-3, "{name}: {a} is not {b}");
        }
    }
}

#[test]
fn inlets_that_do_not_fit_are_told_and_left_out() {
    let model = read(&models().join("inlets_drop_kinematic.inp"));
    assert!(model.warnings().iter().any(|w| w.contains("c4")), "{:?}", model.warnings());
    let text = "[OPTIONS]\nFLOW_UNITS CFS\n[INLETS]\nA GRATE 2 2 SQUARE\nB CURB 2\nC SLOTTED 0 1\nD CUSTOM none\n\
                E GRATE 2 2 GENERIC 1.5\n[INLET_USAGE]\nC1 A J1\n";
    let said = format!("{:?}", Model::read(text, &|_| None).unwrap_err());
    for line in [4, 5, 6, 7, 8, 10] {
        assert!(said.contains(&format!("line: {line},")), "line {line}: {said}");
    }
}
