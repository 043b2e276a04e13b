//! Runs a model and writes EPA's binary results:
//! `run MODEL.inp FILE.out [exact] [threads=N] [FILE.rpt [series]]`.
#![expect(clippy::print_stdout, reason = "an example speaks to its caller")]

use std::io::Write;
use std::ops::ControlFlow;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().collect();
    let [_, model, out, rest @ ..] = &args[..] else { return Err("run MODEL.inp FILE.out [exact]".into()) };
    let bytes = std::fs::read(model)?;
    let text = numerics::inp::decode(&bytes);
    let folder = std::path::Path::new(model).parent().map(std::path::Path::to_path_buf).unwrap_or_default();
    let files = |name: &str| {
        let base = name.rsplit(['/', '\\']).next().unwrap_or(name);
        std::fs::read(folder.join(base)).ok()
    };
    let m = drains::Model::read_with(text.as_str(), &files).map_err(|e| match e {
        drains::ModelError::Problems(list) => list.iter().map(|p| format!("{p}\n")).collect::<String>(),
    })?;
    let exact = rest.iter().any(|a| a == "exact");
    let numerics = if exact { drains::Numerics::Exact } else { drains::Numerics::Fast };
    let start = std::time::Instant::now();
    let mut state = drains::State::new(&m, numerics);
    let (mut results, head) = drains::Results::open(&m);
    let mut file = std::io::BufWriter::new(std::fs::File::create(out)?);
    file.write_all(&head)?;
    let series = rest.iter().any(|a| a == "series");
    let mut periods = Vec::new();
    let mut steps = 0;
    let after = |state: &mut drains::State| {
        steps += 1;
        let bytes = results.after_step(&m, state);
        if series {
            periods.extend_from_slice(&bytes);
        }
        file.write_all(&bytes).map_or_else(ControlFlow::Break, ControlFlow::Continue)
    };
    let threads = rest.iter().find_map(|a| a.strip_prefix("threads="));
    let crew = drains::Crew::new(threads.map_or(Ok(1), str::parse)?)?;
    if let ControlFlow::Break(trouble) = crew.run_until(&m, &mut state, f64::INFINITY, after) {
        return Err(trouble.into());
    }
    file.write_all(&results.close())?;
    file.flush()?;
    if let Some(report) = rest.iter().find(|a| a.ends_with(".rpt")) {
        let clock = drains::RunClock { begun: String::new(), ended: String::new(), seconds: 0.0 };
        std::fs::write(report, state.report(&m, &clock, series.then_some(&periods[..])))?;
    }
    let took = start.elapsed().as_secs_f64();
    let flow = state.flow_totals(&m);
    let runoff = state.runoff_totals(&m);
    println!(
        "{steps} steps in {took:.3} s, {} periods, errors {:.4} % {:.4} %",
        results.periods(),
        runoff.error(),
        flow.error()
    );
    println!("{runoff:?}\n{flow:?}");
    Ok(())
}
