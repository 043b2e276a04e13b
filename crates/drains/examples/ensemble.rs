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
    let threads: usize = threads.parse()?;
    let states =
        on_threads(threads, files.to_vec(), |file| scenario(&model, &file).map_err(|e| e.to_string()));
    let mut states = states.into_iter().collect::<Result<Vec<_>, _>>()?;
    let results: Vec<_> = files.iter().map(|_| Mutex::new(Results::open(&model))).collect();
    let steps = AtomicU64::new(0);
    drains::run_ensemble_with(&model, &mut states, f64::INFINITY, threads, lanes, &|i, state| {
        steps.fetch_add(1, Ordering::Relaxed);
        if let Some(Ok(mut kept)) = results.get(i).map(Mutex::lock) {
            let (results, bytes) = &mut *kept;
            bytes.extend(results.after_step(&model, state));
        }
    });
    let kept: Vec<_> = files.iter().zip(results).collect();
    let written = on_threads(threads, kept, |(file, kept)| {
        let (results, mut bytes) = kept.into_inner().map_err(|_| "a scenario stopped short".to_owned())?;
        bytes.extend(results.close());
        let file = std::path::Path::new(file).with_extension("out");
        std::fs::write(&file, bytes).map_err(|e| format!("{}: {e}", file.display()))
    });
    written.into_iter().collect::<Result<Vec<()>, _>>()?;
    println!("{} scenarios, {} steps", files.len(), steps.into_inner());
    Ok(())
}

/// A state of the model with a file's rain.
fn scenario(model: &Model, file: &str) -> Result<State, Box<dyn std::error::Error>> {
    let mut state = State::new(model, Numerics::Fast);
    let read = drains::project::read(&std::fs::read_to_string(file)?, &|_| None);
    if !read.problems.is_empty() {
        return Err(format!("{file} cannot be read").into());
    }
    for (gage, asked) in read.project.gages.iter().enumerate() {
        if let Some(series) = read.project.series.get(asked.series) {
            state.set_rain_series(model, gage, series.curve.clone());
        }
    }
    Ok(state)
}

/// `f` of every item, shared out among so many threads; answers in the order of the items.
fn on_threads<T: Send, R: Send>(threads: usize, items: Vec<T>, f: impl Fn(T) -> R + Sync) -> Vec<R> {
    let each = items.len().div_ceil(threads.max(1)).max(1);
    let mut items = items.into_iter();
    let parts: Vec<Vec<T>> = (0..threads.max(1)).map(|_| items.by_ref().take(each).collect()).collect();
    let f = &f;
    std::thread::scope(|s| {
        let parts: Vec<_> = parts
            .into_iter()
            .map(|part| s.spawn(move || part.into_iter().map(f).collect::<Vec<R>>()))
            .collect();
        parts.into_iter().filter_map(|part| part.join().ok()).flatten().collect()
    })
}
