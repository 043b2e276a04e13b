//! Every network of `models/` beside EPANET 2.3's figures (`models/reference.py`).

use pipes::{Model, Runner, read};

fn series(values: &serde_json::Value) -> Vec<f64> {
    values.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
}

/// Largest differences of one network: head (m; ft/0.3048 in US files), flow, quality and pumps' energy (shares).
fn compare(name: &str, figures: &serde_json::Value) -> [f64; 4] {
    let path = format!("{}/models/{name}.inp", env!("CARGO_MANIFEST_DIR"));
    let (project, problems) = read(&std::fs::read_to_string(path).unwrap());
    assert!(problems.is_empty(), "{name}: {problems:?}");
    let model = Model::new(project).unwrap_or_else(|p| panic!("{name}: {p:?}"));
    let metre = if model.factors().metric { 1.0 } else { 0.3048 };
    let (mut state, mut runner) = (model.start(), Runner::new(&model));
    let periods = figures["periods"].as_object().unwrap();
    let flows: Vec<Vec<f64>> = periods.values().map(|p| series(&p["flow"])).collect();
    let largest = flows.iter().flatten().fold(0.0f64, |a, b| a.max(b.abs()));
    let strongest = periods.values().flat_map(|p| series(&p["quality"])).fold(1e-9f64, |a, b| a.max(b.abs()));
    let mut worst = [0.0f64; 4];
    let mut met = 0;
    while runner.step(&mut state).unwrap() {
        let Some(wanted) = periods.get(&state.time().to_string()) else { continue };
        met += 1;
        for (i, (head, quality)) in
            series(&wanted["head"]).into_iter().zip(series(&wanted["quality"])).enumerate()
        {
            let view = model.node_view(&state, i).unwrap();
            worst[0] = worst[0].max((view.head - head).abs() * metre);
            worst[2] = worst[2].max((view.quality - quality).abs() / strongest);
        }
        for (i, flow) in series(&wanted["flow"]).into_iter().enumerate() {
            let view = model.link_view(&state, i).unwrap();
            worst[1] = worst[1].max((view.flow - flow).abs() / flow.abs().max(0.01 * largest));
        }
    }
    for (line, wanted) in
        pipes::report::energy(&model, &state).iter().zip(figures["energy"].as_array().unwrap())
    {
        let ours = [
            line.utilisation,
            line.efficiency,
            line.kwh_per_volume,
            line.kw_mean,
            line.kw_max,
            line.cost_per_day,
        ];
        for (is, wanted) in ours.into_iter().zip(series(wanted)) {
            worst[3] = worst[3].max((is - wanted).abs() / wanted.abs().max(1e-3));
        }
    }
    assert_eq!(met, periods.len(), "{name}: report periods");
    worst
}

#[test]
fn every_small_network_agrees_with_epanet() {
    let text = include_str!("../../models/figures.json");
    let all: serde_json::Value = serde_json::from_str(text).unwrap();
    let mut beyond = Vec::new();
    for (name, figures) in all.as_object().unwrap() {
        let [head, flow, quality, energy] = compare(name, figures);
        if head > 0.003 || flow > 0.001 || quality > 0.01 || energy > 0.001 {
            beyond.push(format!(
                "{name}: head {head:.2e} m, flow {flow:.2e}, quality {quality:.2e}, energy {energy:.2e}"
            ));
        }
    }
    assert!(beyond.is_empty(), "{}", beyond.join("\n"));
}
