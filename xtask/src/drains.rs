//! `cargo xtask bench drains`: the drainage engine beside SWMM 5.2.4 (the engine inside PyPI's
//! swmm-toolkit), whole runs with results written, in turn on this machine. Prints ratios, writes
//! them into docs/benchmarks/drains.json (each part keeps its last figures) and the plot
//! docs/drains-cost.svg.

mod measure;
mod plot;

use crate::{peers, run};
use anyhow::{Context, Result};
use measure::{Cost, Of, cost, least, median, peak_memory};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Seed of the towns.
const SEED: &str = "7";
/// Rain at the peak of the towns' storm, mm/h.
const PEAK: &str = "75";
/// Conduits asked for, and hours computed; the largest is cut short, for SWMM's sake.
const TOWNS: [(&str, &str); 3] = [("1000", "6"), ("5000", "6"), ("20000", "1")];
/// Conduits from which two threads are measured beside one.
const SHARED: usize = 5000;
/// Towns of the plot: what the second hour of the storm costs.
const PLOT: [&str; 5] = ["1000", "2000", "5000", "10000", "20000"];
/// Scenarios of the ensemble.
const SCENARIOS: usize = 16;
/// Models of the shared data, where they are on this machine.
const REAL: [(&str, &str); 2] = [("hague", "hague_v10"), ("brambleton", "brambleton")];
const SOLVE: &str = "import sys; from swmm.toolkit import solver; solver.swmm_run(*sys.argv[1:])";
const IMPORT: &str = "from swmm.toolkit import solver";

/// Programs and the folder they work in.
struct Bench {
    ours: PathBuf,
    ensemble: PathBuf,
    town: PathBuf,
    python: PathBuf,
    folder: PathBuf,
    rounds: usize,
}

/// Runs all of it, or the parts named: `real`, `towns`, `ensemble`, `plot`; a number is the rounds.
pub(crate) fn bench(args: &[String]) -> Result<()> {
    peers::install_swmm()?;
    run::cargo(&["build", "--release", "-p", "drains", "-p", "networks", "--examples"])?;
    let examples = run::target().join("release").join("examples");
    let at = |name: &str| examples.join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    let folder = run::target().join("bench-drains");
    std::fs::create_dir_all(&folder)?;
    let rounds = args.iter().find_map(|a| a.parse().ok()).unwrap_or(3);
    let b = Bench {
        ours: at("run"),
        ensemble: at("ensemble"),
        town: at("town"),
        python: peers::swmm(),
        folder,
        rounds,
    };
    let parts: Vec<&str> = args.iter().map(String::as_str).filter(|a| a.parse::<usize>().is_err()).collect();
    let wanted = |part: &str| parts.is_empty() || parts.contains(&part);
    if wanted("real") {
        let models = b.real()?;
        let figures = models.iter().map(|(name, model)| b.beside(name, model, false));
        keep("real", Value::Array(figures.collect::<Result<_>>()?), rounds)?;
    }
    if wanted("towns") {
        let figures = TOWNS.iter().map(|(conduits, hours)| {
            let model = b.town(conduits, hours, PEAK)?;
            b.beside(&format!("town of {conduits}, {hours} h"), &model, conduits.parse::<usize>()? >= SHARED)
        });
        keep("towns", Value::Array(figures.collect::<Result<_>>()?), rounds)?;
    }
    if wanted("ensemble") {
        keep("ensemble", b.ensemble()?, rounds)?;
    }
    if wanted("plot") {
        keep("plot", b.plot()?, rounds)?;
    }
    Ok(())
}

/// Writes a part's figures beside those of the other parts.
fn keep(part: &str, mut figures: Value, rounds: usize) -> Result<()> {
    let path = run::root().join("docs/benchmarks/drains.json");
    let old = std::fs::read_to_string(&path).unwrap_or_else(|_| "{}".to_owned());
    let mut all: serde_json::Map<String, Value> = serde_json::from_str(&old).unwrap_or_default();
    round(&mut figures);
    all.insert(part.to_owned(), json!({ "rounds": rounds, "figures": figures }));
    std::fs::write(&path, serde_json::to_string_pretty(&all)? + "\n")
        .with_context(|| format!("writing {}", path.display()))
}

/// Three digits behind the point are plenty.
fn round(value: &mut Value) {
    match value {
        Value::Array(list) => list.iter_mut().for_each(round),
        Value::Object(map) => map.values_mut().for_each(round),
        Value::Number(n) if n.is_f64() => {
            *value = json!((n.as_f64().unwrap_or(0.0) * 1000.0).round() / 1000.0);
        }
        _ => {}
    }
}

impl Bench {
    /// The real models that are on this machine.
    fn real(&self) -> Result<Vec<(String, PathBuf)>> {
        let mut found = Vec::new();
        for (folder, name) in REAL {
            let place = run::root().join("../shared/data/drainage").join(folder);
            let packed = place.join(format!("{name}.inp.gz"));
            if !packed.is_file() {
                println!("{name}: not on this machine, left out");
                continue;
            }
            let out = std::process::Command::new("gzip").arg("-dc").arg(&packed).output()?;
            // Latin-1: one character a byte.
            let text: String = out.stdout.iter().map(|b| char::from(*b)).collect();
            for file in std::fs::read_dir(&place)?.flatten() {
                if file.path().extension().is_some_and(|e| e == "csv") {
                    std::fs::copy(file.path(), self.folder.join(file.file_name()))?;
                }
            }
            let path = self.folder.join(format!("{name}.inp"));
            std::fs::write(&path, with_threads(&beside(&text, &self.folder), "1"))?;
            found.push((format!("{folder}, 24 h"), path));
        }
        Ok(found)
    }

    fn town(&self, conduits: &str, hours: &str, peak: &str) -> Result<PathBuf> {
        let path = self.folder.join(format!("town-{conduits}-{hours}-{peak}.inp"));
        run::program(&self.town, &[SEED, conduits, hours, peak, text(&path)?])?;
        Ok(path)
    }

    fn swmm(&self, model: &Path) -> Result<Cost> {
        let (rpt, out) = (self.folder.join("swmm.rpt"), self.folder.join("swmm.out"));
        cost(&self.python, &["-c", SOLVE, text(model)?, text(&rpt)?, text(&out)?])
    }

    fn drains(&self, model: &Path, threads: usize) -> Result<Cost> {
        let out = self.folder.join("drains.out");
        cost(&self.ours, &[text(model)?, text(&out)?, &format!("threads={threads}")])
    }

    /// One model in turn; SWMM with one thread and with two; ours with two threads if `shared`. Figures are
    /// medians; what is disturbed takes longer, so the least of each stands beside them.
    fn beside(&self, name: &str, model: &Path, shared: bool) -> Result<Value> {
        let start = cost(&self.python, &["-c", IMPORT])?;
        let two = model.with_extension("two.inp");
        let one = std::fs::read(model)?.into_iter().map(char::from).collect::<String>();
        std::fs::write(&two, with_threads(&one, "2"))?;
        let (mut ours, mut theirs) = ([const { Vec::new() }; 2], [const { Vec::new() }; 2]);
        for _ in 0..self.rounds {
            ours[0].push(self.drains(model, 1)?);
            theirs[0].push(self.swmm(model)?);
            if shared {
                ours[1].push(self.drains(model, 2)?);
            }
            theirs[1].push(self.swmm(&two)?);
        }
        let memory = peak_memory(&self.ours, &[text(model)?, text(&self.folder.join("drains.out"))?])?;
        let figures = |of: Of| beside_figures(&ours, &theirs, &start, of);
        let (medians, leasts) = (figures(median), figures(least));
        for (kind, figures) in [("medians", &medians), ("least", &leasts)] {
            say(&format!("{name}, {kind}"), figures, memory);
        }
        Ok(json!({ "model": name, "memory_mb": memory, "medians": medians, "least": leasts }))
    }

    /// Scenarios of rain on a town: ours on two threads, SWMM as two processes at a time.
    fn ensemble(&self) -> Result<Value> {
        let peaks = (0..SCENARIOS).map(|i| (30 + 5 * i).to_string());
        let models: Vec<PathBuf> = peaks.map(|p| self.town("1000", "2", &p)).collect::<Result<_>>()?;
        let mut args = vec!["2"];
        for m in &models {
            args.push(text(m)?);
        }
        let start = cost(&self.python, &["-c", IMPORT])?;
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..self.rounds {
            ours.push(cost(&self.ensemble, &args)?);
            theirs.push(measure::in_pairs(&self.python, SOLVE, &models)?);
        }
        let of = |list: &[Cost], f: fn(&Cost) -> f64| median(list.iter().map(f).collect());
        let imports = start.cpu * SCENARIOS as f64;
        let cpu = (of(&theirs, |c| c.cpu) - imports) / of(&ours, |c| c.cpu);
        let waited = start.wall * (SCENARIOS / 2) as f64;
        let wall = (of(&theirs, |c| c.wall) - waited) / of(&ours, |c| c.wall);
        println!(
            "{SCENARIOS} scenarios of 1000 conduits: {cpu:.2}x by processor time, {wall:.2}x by the clock"
        );
        Ok(json!({ "scenarios": SCENARIOS, "ratio_cpu": cpu, "ratio_wall": wall }))
    }

    /// What a step of the storm's second hour costs: a run of two hours less one of one.
    fn plot(&self) -> Result<Value> {
        let mut points = Vec::new();
        for conduits in PLOT {
            let (one, two) = (self.town(conduits, "1", PEAK)?, self.town(conduits, "2", PEAK)?);
            let mut costs = Vec::new();
            for _ in 0..self.rounds {
                let (one, two) = (self.drains(&one, 1)?, self.drains(&two, 1)?);
                costs.push(1e6 * (two.cpu - one.cpu) / (two.steps - one.steps).max(1.0));
            }
            let cost = median(costs);
            let n = conduits.parse::<f64>()?;
            println!("{conduits} conduits: {cost:.1} µs a step, {:.3} µs a conduit", cost / n);
            points.push((n, cost));
        }
        let path = run::root().join("docs/drains-cost.svg");
        std::fs::write(&path, plot::svg(&points)).with_context(|| format!("writing {}", path.display()))?;
        Ok(points.into_iter().map(|(n, cost)| json!({ "conduits": n, "step_us": cost })).collect())
    }
}

/// Ours beside SWMM's, each with one thread and with two, of which ours may not have run; an import takes `start`.
fn beside_figures(ours: &[Vec<Cost>; 2], theirs: &[Vec<Cost>; 2], start: &Cost, of: Of) -> Value {
    let cpu = |list: &[Cost]| of(list.iter().map(|c| c.cpu).collect());
    let wall = |list: &[Cost]| of(list.iter().map(|c| c.wall).collect());
    let (our_cpu, their_cpu) = (cpu(&ours[0]), cpu(&theirs[0]) - start.cpu);
    let (one, their_one, their_two) =
        (wall(&ours[0]), wall(&theirs[0]) - start.wall, wall(&theirs[1]) - start.wall);
    let two = (!ours[1].is_empty()).then(|| wall(&ours[1]));
    json!({ "cpu_s": our_cpu, "swmm_cpu_s": their_cpu, "ratio_cpu": their_cpu / our_cpu,
        "wall_s": one, "swmm_wall_s": their_one, "swmm_wall_2_threads_s": their_two,
        "ratio_wall": their_one.min(their_two) / one,
        "two_threads_wall_s": two, "ratio_two_threads": two.map(|two| one / two) })
}

/// Prints them.
fn say(name: &str, figures: &Value, memory: u64) {
    let of = |key: &str| figures[key].as_f64().unwrap_or(0.0);
    println!(
        "{name}: {:.2}x by processor time ({:.2} / {:.2} s), {:.2}x by the clock (SWMM's threads 1: {:.2} s, \
         2: {:.2} s; ours {:.2} s), {memory} MB",
        of("ratio_cpu"),
        of("swmm_cpu_s"),
        of("cpu_s"),
        of("ratio_wall"),
        of("swmm_wall_s"),
        of("swmm_wall_2_threads_s"),
        of("wall_s"),
    );
    if let Some(ratio) = figures["ratio_two_threads"].as_f64() {
        println!(
            "{name}: two threads {ratio:.2}x one ({:.2} / {:.2} s)",
            of("wall_s"),
            of("two_threads_wall_s")
        );
    }
}

fn text(path: &Path) -> Result<&str> {
    path.to_str().context("the target folder's name is not UTF-8")
}

/// The model with its option THREADS set.
fn with_threads(model: &str, threads: &str) -> String {
    let line = |l: &str| {
        if l.starts_with("THREADS") { format!("THREADS {threads}\n") } else { format!("{l}\n") }
    };
    model.lines().map(line).collect()
}

/// Names of files at other people's places, as files in our folder.
fn beside(model: &str, folder: &Path) -> String {
    let mut out = String::new();
    for (i, part) in model.split('"').enumerate() {
        if i > 0 {
            out.push('"');
        }
        match part.rsplit_once('\\') {
            Some((_, name)) if i % 2 == 1 => out.push_str(&folder.join(name).to_string_lossy()),
            _ => out.push_str(part),
        }
    }
    out
}
