//! `cargo xtask bench drains`: the drainage engine beside SWMM 5.2.4 (the engine inside PyPI's
//! swmm-toolkit), whole runs with results written, in turn on this machine. Prints ratios, writes
//! them as JSON into the target folder and the plot docs/drains-cost.svg.

mod measure;
mod plot;

use crate::{peers, run};
use anyhow::{Context, Result};
use measure::{Cost, cost, median, peak_memory};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Seed of the towns.
const SEED: &str = "7";
/// Rain at the peak of the towns' storm, mm/h.
const PEAK: &str = "75";
/// Conduits asked for, and hours computed; the largest is cut short, for SWMM's sake.
const TOWNS: [(&str, &str); 3] = [("1000", "6"), ("5000", "6"), ("20000", "1")];
/// Towns of the plot, an hour each.
const PLOT: [&str; 6] = ["500", "1000", "2000", "5000", "10000", "20000"];
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
    let mut models = Vec::new();
    if wanted("real") {
        models.extend(b.real()?);
    }
    if wanted("towns") {
        for (conduits, hours) in TOWNS {
            models.push((format!("town of {conduits}, {hours} h"), b.town(conduits, hours, PEAK)?));
        }
    }
    let mut figures = Vec::new();
    for (name, model) in models {
        figures.push(b.beside(&name, &model)?);
    }
    let ensemble = if wanted("ensemble") { b.ensemble()? } else { Value::Null };
    if wanted("plot") {
        b.plot()?;
    }
    let whole = json!({ "rounds": rounds, "models": figures, "ensemble": ensemble });
    let path = b.folder.join("figures.json");
    std::fs::write(&path, serde_json::to_string_pretty(&whole)? + "\n")?;
    println!("written: {}", path.display());
    Ok(())
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

    fn drains(&self, model: &Path) -> Result<Cost> {
        cost(&self.ours, &[text(model)?, text(&self.folder.join("drains.out"))?])
    }

    /// One model in turn; SWMM with one thread and, once, with two.
    fn beside(&self, name: &str, model: &Path) -> Result<Value> {
        let start = cost(&self.python, &["-c", IMPORT])?;
        let two = model.with_extension("two.inp");
        let one = std::fs::read(model)?.into_iter().map(char::from).collect::<String>();
        std::fs::write(&two, with_threads(&one, "2"))?;
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..self.rounds {
            ours.push(self.drains(model)?);
            theirs.push(self.swmm(model)?);
        }
        let threads_2 = self.swmm(&two)?;
        let memory = peak_memory(&self.ours, &[text(model)?, text(&self.folder.join("drains.out"))?])?;
        let of = |list: &[Cost], f: fn(&Cost) -> f64| median(list.iter().map(f).collect());
        let (cpu, their_cpu) = (of(&ours, |c| c.cpu), of(&theirs, |c| c.cpu) - start.cpu);
        let (wall, their_wall) = (of(&ours, |c| c.wall), of(&theirs, |c| c.wall));
        let fastest = their_wall.min(threads_2.wall) - start.wall;
        println!(
            "{name}: {:.2}x by processor time ({their_cpu:.2} / {cpu:.2} s), {:.2}x by the clock \
             (SWMM's threads 1: {their_wall:.2} s, 2: {:.2} s; ours {wall:.2} s), {memory} MB",
            their_cpu / cpu,
            fastest / wall,
            threads_2.wall,
        );
        Ok(json!({ "model": name, "ratio_cpu": their_cpu / cpu, "ratio_wall": fastest / wall,
            "cpu_s": cpu, "swmm_cpu_s": their_cpu, "wall_s": wall, "swmm_wall_s": their_wall,
            "swmm_wall_2_threads_s": threads_2.wall, "memory_mb": memory }))
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
        let wall = of(&theirs, |c| c.wall) / of(&ours, |c| c.wall);
        println!(
            "{SCENARIOS} scenarios of 1000 conduits: {cpu:.2}x by processor time, {wall:.2}x by the clock"
        );
        Ok(json!({ "scenarios": SCENARIOS, "ratio_cpu": cpu, "ratio_wall": wall }))
    }

    fn plot(&self) -> Result<()> {
        let mut points = Vec::new();
        for conduits in PLOT {
            let model = self.town(conduits, "1", PEAK)?;
            let times = (0..self.rounds).map(|_| self.drains(&model)).collect::<Result<Vec<_>>>()?;
            let steps = times.first().map_or(1.0, |c| c.steps);
            let cpu = median(times.iter().map(|c| c.cpu).collect());
            println!("{conduits} conduits: {:.1} µs a step", 1e6 * cpu / steps);
            points.push((conduits.parse::<f64>()?, 1e6 * cpu / steps));
        }
        let path = run::root().join("docs/drains-cost.svg");
        std::fs::write(&path, plot::svg(&points)).with_context(|| format!("writing {}", path.display()))
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
