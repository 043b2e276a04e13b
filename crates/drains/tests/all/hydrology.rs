//! What the tables of groundwater and its kin say, beside SWMM 5.2.4's report of the same model.

use std::path::Path;

use drains::{Model, Numerics, State, Summary};

fn start(name: &str) -> (Model, State) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("models").join(format!("{name}.inp"));
    let beside = |file: &str| std::fs::read_to_string(path.with_file_name(file)).ok();
    let model = Model::read(&std::fs::read_to_string(&path).unwrap(), &beside).unwrap();
    let state = State::new(&model, Numerics::Exact);
    (model, state)
}

fn ran(name: &str) -> Summary {
    let (model, mut state) = start(name);
    while state.step(&model, f64::INFINITY) > 0.0 {}
    state.summary(&model)
}

fn near(ours: f64, swmm: f64, half: f64) {
    assert!((ours - swmm).abs() <= half, "{ours} is not SWMM's {swmm}");
}

#[test]
fn the_books_of_the_groundwater_are_swmms() {
    let s = ran("groundwater");
    let g = s.hydrology.ground.unwrap();
    // As SWMM reckons an acre.
    let acre_feet = 1.0 / 2.2956e-5;
    near(g.initial_storage / acre_feet, 222.250, 6e-4);
    near(g.infiltration / acre_feet, 1.120, 6e-4);
    near(g.upper_evaporation / acre_feet, 0.065, 6e-4);
    near(g.lower_evaporation / acre_feet, 0.056, 6e-4);
    near(g.deep / acre_feet, 0.221, 6e-4);
    near(g.lateral / acre_feet, 7.003, 6e-4);
    near(g.final_storage / acre_feet, 216.020, 6e-4);
    near(s.hydrology.ground_error_percent, 0.002, 6e-4);
    let [_, second, _] = &s.hydrology.groundwater[..] else { panic!("three subcatchments") };
    near(second.lateral, 12.08, 6e-3);
    near(second.max_lateral, 1.72, 6e-3);
    near(second.mean_water_table, 97.17, 6e-3);
    near(second.final_moisture, 0.28, 6e-3);
}

#[test]
fn the_books_of_the_snow_are_swmms() {
    let r = ran("snow_melt").runoff;
    let acre_feet = 1.0 / 2.2956e-5;
    near(r.initial_snow / acre_feet, 0.488, 6e-4);
    near(r.rainfall / acre_feet, 1.903, 6e-4);
    near(r.infiltration / acre_feet, 1.210, 6e-4);
    near(r.runoff / acre_feet, 1.060, 6e-4);
    near(r.snow_removed / acre_feet, 0.014, 6e-4);
    near(r.final_snow / acre_feet, 0.084, 6e-4);
    near(r.error(), -0.030, 6e-4);
}

#[test]
fn the_books_of_rdii_are_swmms_and_rain_set_live_counts() {
    let acre_feet = 1.0 / 2.2956e-5;
    let [rain, produced] = ran("rdii").hydrology.rdii.unwrap();
    near(rain / acre_feet, 15.319, 2e-3);
    near(produced / acre_feet, 1.596, 2e-3);
    let (model, mut state) = start("rdii");
    state.run_until(&model, 100_000.0);
    let mut wet = state.clone();
    wet.set_rain(0, Some(2.0));
    let inflow = |s: &mut State| {
        s.run_until(&model, 105_000.0);
        s.flow_totals(&model).rdii
    };
    assert!(inflow(&mut wet) > inflow(&mut state) + 1000.0);
}

#[test]
fn a_state_with_snow_and_groundwater_can_be_stored_and_goes_on_the_same() {
    for name in ["snow_melt", "groundwater", "rdii", "lid_permeable_pavement", "evaporation_temperature_file"]
    {
        let (model, mut state) = start(name);
        state.run_until(&model, 40_000.0);
        let mut twin = state.clone();
        let text = serde_json::to_string(&state).unwrap();
        let _again: State = serde_json::from_str(&text).unwrap();
        for s in [&mut state, &mut twin] {
            s.run_until(&model, 60_000.0);
        }
        assert_eq!(state, twin, "{name}");
    }
}

#[test]
fn lids_perform_as_in_swmms_table() {
    let s = ran("lid_bio_retention");
    let table = [
        [24.88, 0.06, 2.40, 13.43, 1.82, 4.09, 11.28, -0.07],
        [29.06, 0.06, 1.95, 17.27, 0.77, 1.80, 10.82, -0.06],
        [111.87, 0.06, 2.40, 99.81, 5.01, 8.67, 13.27, -0.02],
    ];
    assert_eq!(s.hydrology.lids.len(), table.len());
    for (l, swmm) in s.hydrology.lids.iter().zip(table) {
        let ours = [
            l.inflow,
            l.evaporation,
            l.infiltration,
            l.surface_outflow,
            l.drain_outflow,
            l.initial_storage,
            l.final_storage,
            l.error_percent,
        ];
        ours.iter().zip(swmm).for_each(|(a, b)| near(*a, b, 6e-3));
    }
    let acre_feet = 1.0 / 2.2956e-5;
    near(s.runoff.initial_storage / acre_feet, 0.081, 6e-4);
    near(s.runoff.drains / acre_feet, 0.033, 6e-4);
    near(s.runoff.final_storage / acre_feet, 0.253, 6e-4);
    near(s.runoff.error(), -0.059, 6e-4);
}

#[test]
fn ground_under_a_paved_subcatchment_can_be_stored() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/groundwater_dynamic.inp");
    let text = std::fs::read_to_string(path).unwrap().replace("S1 G1 J1 10 40", "S1 G1 J1 10 100");
    let model = Model::read(&text, &|_| None).unwrap();
    let mut state = State::new(&model, Numerics::Exact);
    state.run_until(&model, 1800.0);
    let stored = serde_json::to_string(&state).unwrap();
    let mut again: State = serde_json::from_str(&stored).unwrap();
    again.run_until(&model, 3600.0);
    assert!(again.elapsed_s() >= 3600.0);
}

#[test]
fn broken_hydrology_is_told_by_line() {
    let text = "[OPTIONS]\nFLOW_UNITS CFS\n[LID_CONTROLS]\nA BC\nA SURFACE 6 1.2 0 0 0\nB XX\n\
                [AQUIFERS]\nQ 0.3 0.1 0.4 1 1 1 0 1 0 1 0 0.2\n[HYDROGRAPHS]\nU ALL SHORT -1 1 1\n\
                [SNOWPACKS]\nP PLOWABLE 2 1 32 0 0 0 0\n";
    let said = format!("{:?}", Model::read(text, &|_| None).unwrap_err());
    for line in [5, 6, 8, 10, 12] {
        assert!(said.contains(&format!("line: {line},")), "line {line}: {said}");
    }
}

#[test]
fn a_climate_file_that_is_not_there_is_a_problem_with_its_line() {
    let text = "[OPTIONS]\nFLOW_UNITS CFS\n[TEMPERATURE]\nFILE nowhere.dat\n[EVAPORATION]\nTEMPERATURE\n";
    let problem = Model::read(text, &|_| None).unwrap_err();
    let said = format!("{problem:?}");
    assert!(said.contains("nowhere.dat") && said.contains("line: 4"), "{said}");
}

/// Subcatchments that drain to an outfall, but for those of `onto`, which drain onto another.
fn many(count: usize, onto: &[(usize, usize)]) -> Model {
    let mut t = String::from(
        "[OPTIONS]\nFLOW_UNITS CMS\nINFILTRATION HORTON\nFLOW_ROUTING DYNWAVE\nEND_TIME 01:00\nWET_STEP 00:01:00\n\
         ROUTING_STEP 10\n[RAINGAGES]\nG INTENSITY 0:05 1 TIMESERIES rain\n[TIMESERIES]\nrain 0:00 20 0:05 70 0:15 30 0:25 0\n\
         [JUNCTIONS]\nJ 1 3 0 0 0\n[OUTFALLS]\nO 0 FREE NO\n[CONDUITS]\nC J O 50 0.013 0 0\n[XSECTIONS]\nC CIRCULAR 2 0 0 0\n[SUBCATCHMENTS]\n",
    );
    let (mut areas, mut soils) = (String::from("[SUBAREAS]\n"), String::from("[INFILTRATION]\n"));
    for k in 0..count {
        let to = onto.iter().find(|(from, _)| *from == k);
        let to = to.map_or("J".to_owned(), |(_, to)| format!("S{to}"));
        t += &format!("S{k} G {to} 0.5 60 80 1 0\n");
        areas += &format!("S{k} 0.015 0.1 1.5 5 25 OUTLET\n");
        soils += &format!("S{k} 60 5 4 7 0\n");
    }
    Model::read(&(t + &areas + &soils), &|_| None).unwrap()
}

#[test]
fn what_a_subcatchment_gives_hangs_neither_on_its_place_nor_on_its_neighbours() {
    // Onto one after it and onto one before it: far from each other, and beside each other.
    let onto = [(0, 1), (6, 5), (31, 32), (64, 63), (66, 2)];
    let model = many(70, &onto);
    for numerics in [Numerics::Exact, Numerics::Fast] {
        let mut state = State::new(&model, numerics);
        let mut most = 0.0;
        while state.step(&model, f64::INFINITY) > 0.0 {
            let of = |k: usize| state.runoff(&model, k).unwrap().to_bits();
            for k in 0..70 {
                let like = if onto.iter().any(|(_, to)| *to == k) { 1 } else { 0 };
                assert_eq!(
                    of(k),
                    of(like),
                    "S{k} is not S{like} after {} s, {numerics:?}",
                    state.elapsed_s()
                );
            }
            most = f64::max(most, state.runoff(&model, 1).unwrap());
        }
        assert!(most > 0.05, "{most} m³/s");
        assert!(state.flow_totals(&model).error().abs() < 1.0);
    }
}
