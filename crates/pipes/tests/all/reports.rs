//! The report beside EPANET's own, line by line (`models/reports.py` wrote `models/reports`).

use pipes::report::Report;
use pipes::{BinaryResults, Model, Runner, Unsolved, read};

/// Where lines of a report may differ from EPANET's, and why. `all` is every report.
const REPORT_DIFFERS: &[(&str, &str, &str)] = &[
    ("all", "Total Segments:", "volumes of water are merged at other moments"),
    ("emitters", "maximum  flow change", "only links are looked at, not what emitters let out"),
    ("mean", "Demand Charge:", "EPANET multiplies by the charge twice"),
    ("mean", "Total Cost:", "EPANET multiplies by the charge twice"),
    ("names", "水厂", "names are filled up by columns on the screen, not by bytes"),
];

/// Without the sign of a nothing, and without the link at which the largest change was found: all links of a
/// loop often share it to the last bit but one.
fn plain(line: &str) -> String {
    let line = line.trim_end().replace(" -0.00 ", "  0.00 ").replace(" -0.000 ", "  0.000 ");
    match line.split_once(" for Link") {
        Some((what, _)) if what.contains("maximum  ") => what.to_owned(),
        _ => line,
    }
}

/// Report and second report of a model, times of day written as `#`.
fn reports(text: &str) -> (String, Option<String>) {
    let (project, problems) = read(text);
    assert!(problems.is_empty(), "{problems:?}");
    let model = Model::new(project).unwrap();
    let (mut state, mut runner) = (model.start(), Runner::new(&model));
    let (mut results, mut report) = (BinaryResults::new(&model), Report::new(&model, "model.inp"));
    report.attach(&mut state);
    let mut first = report.open(&model, "#");
    let mut periods = Vec::new();
    loop {
        match runner.step(&mut state) {
            Ok(true) => {
                first += &report.moment(&model, &mut state);
                periods.push(results.period(&model, &state));
            }
            Ok(false) => break,
            Err(Unsolved::Singular { node, .. }) => {
                first += &report.unsolved(&model, &mut state, &node);
                break;
            }
        }
    }
    periods.push(results.statistic(&model));
    first += &report.close(&model, &state, "#");
    let mut tables = report.tables(&model, &state, "#");
    for bytes in periods.iter().filter(|bytes| !bytes.is_empty()) {
        let values: Vec<f32> =
            bytes.chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect();
        tables += &report.period(&model, &values);
    }
    match report.file() {
        Some(_) => (first, Some(tables)),
        None => (first + &tables, None),
    }
}

fn differences(name: &str, ours: &str, theirs: &str) -> Vec<String> {
    let listed = |line: &str| {
        REPORT_DIFFERS.iter().any(|(of, has, _)| (*of == "all" || *of == name) && line.contains(has))
    };
    let lines =
        |text: &str| -> Vec<String> { text.lines().map(plain).filter(|line| !listed(line)).collect() };
    let (ours, theirs) = (lines(ours), lines(theirs));
    let longest = ours.len().max(theirs.len());
    let line = |of: &[String], i: usize| of.get(i).cloned().unwrap_or_else(|| "(end)".to_owned());
    (0..longest)
        .filter(|&i| ours.get(i) != theirs.get(i))
        .map(|i| format!("{name}:{}\n  ours   {}\n  EPANET {}", i + 1, line(&ours, i), line(&theirs, i)))
        .collect()
}

#[test]
fn every_report_is_epanet_s_line_by_line() {
    let folder = format!("{}/models/reports", env!("CARGO_MANIFEST_DIR"));
    let (mut compared, mut found) = (0, Vec::new());
    let mut names: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|e| e.unwrap().path()).collect();
    names.sort();
    for path in names.iter().filter(|path| path.extension().is_some_and(|e| e == "inp")) {
        let name = path.file_stem().unwrap().to_str().unwrap();
        let theirs = |ending: &str| std::fs::read_to_string(format!("{folder}/{name}.{ending}"));
        let (first, second) = reports(&std::fs::read_to_string(path).unwrap());
        found.extend(differences(name, &first, &theirs("rpt").unwrap()).into_iter().take(6));
        if let Some(second) = second {
            found.extend(differences(name, &second, &theirs("second.rpt").unwrap()));
        }
        compared += 1;
    }
    assert!(found.is_empty(), "{}\n{} lines differ", found.join("\n"), found.len());
    assert!(compared >= 24, "{compared} reports");
}
