//! Runs scenarios side by side: `ensemble THREADS MODEL.inp…`; results are computed, not kept.
#![expect(clippy::print_stdout, reason = "an example speaks to its caller")]

use std::sync::Mutex;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().collect();
    let [_, threads, models @ ..] = &args[..] else { return Err("ensemble THREADS MODEL.inp…".into()) };
    let threads: usize = threads.parse()?;
    let waiting = Mutex::new(models.to_vec());
    let done = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let Some(path) = waiting.lock().ok().and_then(|mut w| w.pop()) else { return };
                    let answer = run(&path).map_err(|e| format!("{path}: {e}"));
                    if let Ok(mut done) = done.lock() {
                        done.push(answer);
                    }
                }
            });
        }
    });
    let done = done.into_inner().map_err(|_| "a scenario stopped short")?;
    let steps: Vec<u64> = done.into_iter().collect::<Result<_, _>>()?;
    println!("{} scenarios, {} steps", steps.len(), steps.iter().sum::<u64>());
    Ok(())
}

/// Steps of one scenario's whole run with its results written.
fn run(path: &str) -> Result<u64, Box<dyn std::error::Error>> {
    let text = std::fs::read_to_string(path)?;
    let model = drains::Model::read(&text, &|_| None)?;
    let mut state = drains::State::new(&model, drains::Numerics::Fast);
    let (mut results, mut bytes) = drains::Results::open(&model);
    let mut steps = 0;
    while state.step(&model, f64::INFINITY) > 0.0 {
        steps += 1;
        bytes.extend(results.after_step(&model, &mut state));
    }
    bytes.extend(results.close());
    std::fs::write(std::path::Path::new(path).with_extension("out"), bytes)?;
    Ok(steps)
}
