//! Runs scenarios of rain over one model, with results written beside each file:
//! `ensemble THREADS [abreast] MODEL.inp…`. The files are to differ in their rain alone: the first gives the
//! model, the others the series of its gages.
#![expect(clippy::print_stdout, reason = "an example speaks to its caller")]

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use drains::{Model, Numerics, Results, State};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().collect();
    let [_, threads, files @ ..] = &args[..] else { return Err("ensemble THREADS MODEL.inp…".into()) };
    let (lanes, files) = match files {
        [word, files @ ..] if word == "abreast" => (drains::Lanes::States, files),
        _ => (drains::Lanes::Conduits, files),
    };
    let Some(first) = files.first() else { return Err("ensemble THREADS MODEL.inp…".into()) };
    let model = Model::read(&std::fs::read_to_string(first)?, &|_| None)?;
    let mut states = Vec::new();
    let mut results = Vec::new();
    for file in files {
        let mut state = State::new(&model, Numerics::Fast);
        let read = drains::project::read(&std::fs::read_to_string(file)?, &|_| None);
        if !read.problems.is_empty() {
            return Err(format!("{file} cannot be read").into());
        }
        for (gage, asked) in read.project.gages.iter().enumerate() {
            if let Some(series) = read.project.series.get(asked.series) {
                state.set_rain_series(&model, gage, series.curve.clone());
            }
        }
        states.push(state);
        results.push(Mutex::new(Results::open(&model)));
    }
    let steps = AtomicU64::new(0);
    let threads = threads.parse()?;
    drains::run_ensemble_with(&model, &mut states, f64::INFINITY, threads, lanes, &|i, state| {
        steps.fetch_add(1, Ordering::Relaxed);
        if let Some(Ok(mut kept)) = results.get(i).map(Mutex::lock) {
            let (results, bytes) = &mut *kept;
            bytes.extend(results.after_step(&model, state));
        }
    });
    for (file, kept) in files.iter().zip(results) {
        let (results, mut bytes) = kept.into_inner().map_err(|_| "a scenario stopped short")?;
        bytes.extend(results.close());
        std::fs::write(std::path::Path::new(file).with_extension("out"), bytes)?;
    }
    println!("{} scenarios, {} steps", files.len(), steps.into_inner());
    Ok(())
}
