//! Interface and hot start files: what EPA's engine saved (`models/files_saved.*`, `models/hot_start_*.hot`)
//! against what we save, and files that are wrong.

use drains::{HotStart, Model, Numerics, Results, Saved, State};

use crate::reference::{models, read};

/// What a model saves when it runs to its end.
fn saved(name: &str) -> Vec<(String, Vec<u8>)> {
    let model = read(&models().join(format!("{name}.inp")));
    let mut state = State::new(&model, Numerics::Exact);
    let mut saved = Saved::open(&model, &mut state);
    let (mut results, _) = Results::open(&model);
    while state.step(&model, f64::INFINITY) > 0.0 {
        results.after_step(&model, &mut state);
        saved.after_step(&model, &mut state);
    }
    saved.close(&model, &state).unwrap()
}

/// EPA leaves what was in memory behind the name of a station.
fn without_rubbish(name: &str, mut bytes: Vec<u8>) -> Vec<u8> {
    if name.ends_with(".rain") {
        let stations = i32::from_le_bytes(bytes[10..14].try_into().unwrap()) as usize;
        for k in 0..stations {
            let name = &mut bytes[14 + k * 1037..14 + k * 1037 + 1025];
            let end = name.iter().position(|c| *c == 0).unwrap();
            name[end..].fill(0);
        }
    }
    bytes
}

#[test]
fn what_a_run_saves_equals_epas_files_byte_for_byte() {
    let mut seen = Vec::new();
    for model in
        ["files_saved", "hot_start_saved", "hot_start_kinematic_saved", "quality_files_saved", "lid_reports"]
    {
        for (name, ours) in saved(model) {
            let epa = without_rubbish(&name, std::fs::read(models().join(&name)).unwrap());
            let ours = without_rubbish(&name, ours);
            let lines = |b: &[u8]| String::from_utf8_lossy(b).lines().map(str::to_owned).collect::<Vec<_>>();
            let differs = lines(&ours).into_iter().zip(lines(&epa)).find(|(a, b)| a != b);
            assert!(ours == epa, "{name} differs: {differs:?}");
            seen.push(name);
        }
    }
    assert_eq!(seen.len(), 13, "{seen:?}");
}

/// Results of a run to its end, from where the state stands.
fn results_from_here(model: &Model, mut state: State) -> Vec<u8> {
    let (mut results, _) = Results::open(model);
    let mut bytes = Vec::new();
    while state.step(model, f64::INFINITY) > 0.0 {
        bytes.extend(results.after_step(model, &mut state));
    }
    bytes
}

#[test]
fn results_of_a_copy_are_its_own_whoever_asked_for_those_of_the_original() {
    for name in ["loop", "random_network_05", "culvert_codes", "quality_averages"] {
        let model = read(&models().join(format!("{name}.inp")));
        let (mut asked, mut unasked) =
            (State::new(&model, Numerics::Fast), State::new(&model, Numerics::Fast));
        let (mut results, _) = Results::open(&model);
        // Until some steps after a period's end: nothing of these is asked for.
        for _ in 0..70 {
            asked.step(&model, f64::INFINITY);
            results.after_step(&model, &mut asked);
            unasked.step(&model, f64::INFINITY);
        }
        assert!(results_from_here(&model, asked.clone()) == results_from_here(&model, unasked), "{name}");
    }
}

#[test]
fn a_run_in_two_parts_goes_on_nearly_as_in_one() {
    let model = read(&models().join("loop.inp"));
    let mut whole = State::new(&model, Numerics::Exact);
    whole.run_until(&model, 1800.0);
    let file = HotStart::read(&model, &whole.hot_start(&model)).unwrap();
    let again = State::from_hot_start(&model, Numerics::Exact, &file);
    for i in 0..model.node_names().len() {
        let (a, b) = (whole.node(&model, i).unwrap().depth, again.node(&model, i).unwrap().depth);
        assert!((a - b).abs() < 1e-6, "node {i}: {a} {b}");
    }
    for j in 0..model.link_names().len() {
        let (a, b) = (whole.link(&model, j).unwrap().flow, again.link(&model, j).unwrap().flow);
        assert!((a - b).abs() < 1e-5, "link {j}: {a} {b}");
    }
}

/// Problems of `model` when the file it uses is `bytes`.
fn told(model: &str, bytes: &[u8]) -> String {
    let text = std::fs::read_to_string(models().join(format!("{model}.inp"))).unwrap();
    let files = |name: &str| {
        if name.contains("saved") { Some(bytes.to_vec()) } else { std::fs::read(models().join(name)).ok() }
    };
    Model::read_with(&text, &files).map_or_else(|e| format!("{e:?}"), |_| String::new())
}

#[test]
fn files_that_do_not_fit_are_told_by_line_and_none_does_harm() {
    for (model, file) in [
        ("hot_start_used", "hot_start_saved.hot"),
        ("files_runoff_used", "files_saved.runoff"),
        ("files_used", "files_saved.rain"),
    ] {
        let whole = std::fs::read(models().join(file)).unwrap();
        for cut in [0, 9, 14, 20, 40, whole.len() / 2] {
            let said = told(model, &whole[..cut]);
            assert!(said.contains("line:"), "{model}, {cut} bytes: {said}");
        }
    }
    let hot = std::fs::read(models().join("hot_start_saved.hot")).unwrap();
    let mut other = hot.clone();
    other[15] += 1;
    assert!(told("hot_start_used", &other).contains("subcatchments"));
    let mut other = hot;
    other[35] += 1;
    assert!(told("hot_start_used", &other).contains("flow unit"));
}

#[test]
fn an_inflow_file_counts_only_between_its_dates() {
    let text = "[OPTIONS]\nFLOW_UNITS CMS\nFLOW_ROUTING KINWAVE\nSTART_DATE 06/01/2024\nEND_DATE 06/01/2024\n\
                END_TIME 02:00\nROUTING_STEP 60\n[JUNCTIONS]\nA 10 5\n[OUTFALLS]\nO 9 FREE\n[CONDUITS]\nC A O 100 0.013 0 0\n\
                [XSECTIONS]\nC CIRCULAR 1 0 0 0\n[FILES]\nUSE INFLOWS in.txt\n";
    let table = "SWMM5 Interface File\ntitle\n600 - step\n1 - constituents\nFLOW LPS\n2 - nodes\nA\nelsewhere\nNode\n\
                 A 2024 6 1 0 30 0 100\nelsewhere 2024 6 1 0 30 0 7\nA 2024 6 1 1 0 0 300\nelsewhere 2024 6 1 1 0 0 7\n";
    let model = Model::read(text, &|_| Some(table.to_owned())).unwrap();
    assert!(model.warnings().iter().any(|w| w.contains("elsewhere")));
    let mut state = State::new(&model, Numerics::Exact);
    let mut lateral = |until: f64| {
        state.run_until(&model, until);
        state.node(&model, 0).unwrap().lateral_inflow
    };
    assert_eq!(lateral(1740.0), 0.0);
    assert!((lateral(45.0 * 60.0 + 60.0) - 0.2).abs() < 1e-3);
    assert_eq!(lateral(3780.0), 0.0);
    let said = |table: &str| {
        Model::read(text, &|_| Some(table.to_owned())).map_or_else(|e| format!("{e:?}"), |_| String::new())
    };
    assert!(said(&table.replace("FLOW LPS", "FLOW bucket")).contains("line 5"));
    assert!(said(&table.replace("0 30 0 100", "0 30 0 much")).contains("line 10"));
}
