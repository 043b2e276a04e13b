//! `speed EPANET OUT [MODEL.inp…]`: the supply engine beside EPANET's C on these models and on generated towns,
//! hydraulics only, one thread, in turns; ratios on the standard output, OUT.json and the plot OUT.svg.
//! Run by `cargo xtask bench pipes`.

#![expect(clippy::print_stdout, reason = "a benchmark speaks on its standard output")]

mod plot;

use pipes::{Model, Runner, State, run_all};
use std::path::Path;
use std::process::Command;

type Failure = Box<dyn std::error::Error>;

/// Times each engine is asked; the quickest counts, for others only make a machine slower.
const ROUNDS: usize = 3;
/// Scenarios of an ensemble, four to a vector.
const ENSEMBLE: u32 = 8;
/// Generated towns, nodes.
const TOWNS: [usize; 4] = [3_000, 6_000, 12_000, 25_000];
const SEED: u64 = 7;

/// Seconds of processor time of one network.
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) nodes: usize,
    pub(crate) links: usize,
    pub(crate) steps: usize,
    pub(crate) epanet: f64,
    pub(crate) alone: f64,
    /// Each of an ensemble.
    pub(crate) abreast: f64,
}

/// Processor time of this thread, s (Linux; elsewhere the wall's).
fn now() -> f64 {
    let spent = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let ns = spent.and_then(|s| s.split(' ').next().and_then(|n| n.parse::<f64>().ok()));
    ns.map_or_else(
        || std::time::SystemTime::UNIX_EPOCH.elapsed().map_or(0.0, |e| e.as_secs_f64()),
        |ns| ns * 1e-9,
    )
}

fn start(model: &Model, scenario: u32) -> State {
    let mut state = model.start();
    state.drop_quality();
    for node in 0..model.project().nodes.len() {
        // Tanks and reservoirs have no demand to scale.
        let _ = model.scale_demand(&mut state, node, 1.0 + 0.01 * f64::from(scenario));
    }
    state
}

fn measure(epanet: &Path, path: &Path, name: &str) -> Result<Row, Failure> {
    let text: String = std::fs::read(path)?.iter().map(|&b| char::from(b)).collect();
    let model = Model::new(pipes::read(&text).0).map_err(|p| format!("{name}: {p:?}"))?;
    let mut row = Row {
        name: name.to_owned(),
        nodes: model.project().nodes.len(),
        links: model.project().links.len(),
        steps: 0,
        epanet: f64::INFINITY,
        alone: f64::INFINITY,
        abreast: f64::INFINITY,
    };
    for _ in 0..ROUNDS {
        let said = Command::new(epanet).arg(path).output()?;
        let said = String::from_utf8(said.stdout)?;
        let seconds = said.split(' ').next().and_then(|s| s.parse().ok()).ok_or("EPANET failed")?;
        row.epanet = row.epanet.min(seconds);
        let (mut state, mut runner) = (start(&model, 0), Runner::new(&model));
        let begun = now();
        row.steps = 0;
        while runner.step(&mut state)? {
            row.steps += 1;
        }
        row.alone = row.alone.min(now() - begun);
        let mut states: Vec<State> = (0..ENSEMBLE).map(|i| start(&model, i)).collect();
        let begun = now();
        let ends = run_all(&model, &mut states, i64::MAX, 1, &|_, _| {});
        let each = (now() - begun) / f64::from(ENSEMBLE);
        match ends.into_iter().find_map(Result::err) {
            None => row.abreast = row.abreast.min(each),
            // No figure is better than the figure of a run that stopped half way.
            Some(why) => {
                println!("{name}: a scenario of the ensemble stopped: {why}");
                row.abreast = f64::NAN;
            }
        }
    }
    Ok(row)
}

/// A figure in JSON; `null` where there is none.
fn number(figure: f64) -> String {
    if figure.is_finite() { format!("{figure:.4}") } else { "null".to_owned() }
}

fn json(rows: &[Row]) -> String {
    let each = |r: &Row| {
        format!(
            "  {{\"network\": \"{}\", \"nodes\": {}, \"links\": {}, \"steps\": {}, \"epanet_s\": {:.4}, \
             \"alone_s\": {:.4}, \"abreast_s\": {}, \"alone_ratio\": {:.2}, \"abreast_ratio\": {}}}",
            r.name,
            r.nodes,
            r.links,
            r.steps,
            r.epanet,
            r.alone,
            number(r.abreast),
            r.epanet / r.alone,
            number(r.epanet / r.abreast)
        )
    };
    format!("[\n{}\n]\n", rows.iter().map(each).collect::<Vec<_>>().join(",\n"))
}

fn main() -> Result<(), Failure> {
    let mut args = std::env::args().skip(1);
    let epanet = args.next().ok_or("give EPANET's clock")?;
    let out = args.next().ok_or("give the results' name")?;
    let mut models: Vec<(String, std::path::PathBuf)> = Vec::new();
    for path in args {
        let name =
            Path::new(&path).file_stem().map_or_else(String::new, |s| s.to_string_lossy().into_owned());
        models.push((name, path.into()));
    }
    for size in TOWNS {
        let ask = networks::supply::Ask { hours: 168, ..networks::supply::Ask::town(SEED, size) };
        let town = networks::supply::generate(&ask);
        let path = Path::new(&epanet).with_file_name(format!("town{size}.inp"));
        std::fs::write(&path, town.inp)?;
        models.push((format!("town of {size}"), path));
    }
    let mut rows = Vec::new();
    println!("| network | nodes / links | steps | EPANET 2.3 −O3, ms | alone, ms | | of an ensemble, ms | |");
    println!("|---|---|---|---|---|---|---|---|");
    for (name, path) in models {
        let r = measure(Path::new(&epanet), &path, &name)?;
        println!(
            "| {} | {} / {} | {} | {:.0} | {:.0} | **{:.1}×** | {:.0} | **{:.1}×** |",
            r.name,
            r.nodes,
            r.links,
            r.steps,
            1e3 * r.epanet,
            1e3 * r.alone,
            r.epanet / r.alone,
            1e3 * r.abreast,
            r.epanet / r.abreast
        );
        rows.push(r);
    }
    std::fs::write(format!("{out}.json"), json(&rows))?;
    std::fs::write(format!("{out}.svg"), plot::plot(&rows))?;
    Ok(())
}
