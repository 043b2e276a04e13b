//! Measuring against the targets of docs/benchmarks.md.
//!
//! The server measured is a process of its own, started from this very executable on a fresh data
//! directory under `target/bench-data`; stations and channel servers are played by this process.

mod channels;
mod city10k;
mod figures;
mod forecast;
mod gateway;
mod ground;
mod knee;
mod latency;
mod machine;
mod server;
mod sink;
mod start;
mod stream;
mod telemetry;
mod twin;
mod verify;
mod web;

use crate::cli::{BenchArgs, LoadArgs};
use crate::out;
use anyhow::{Context, Result, bail};
use figures::Outcome;
use serde_json::{Map, Value, json};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use store::playback::SystemClock;

/// All benchmarks, in the order they run.
const NAMES: [&str; 7] = ["latency", "city10k", "knee", "channels", "start", "twin", "web"];

/// Those that need programs of others, 20,000 connections, or long computations: only when named.
const BY_NAME: [&str; 3] = ["gateway", "telemetry", "forecast"];

/// `zhizhen load`: plays stations against a running server and prints what came of it as JSON.
pub(crate) async fn load(args: LoadArgs) -> Result<ExitCode> {
    if args.registry {
        ground::print_registry(args.stations, &args.block)?;
        return Ok(ExitCode::SUCCESS);
    }
    let load = city::load::Load {
        seconds: args.seconds,
        alarms: args.alarms,
        patience: Duration::from_secs(args.patience.into()),
        ..city::load::Load::new(args.sl651, args.stations, args.rate)
    };
    let report = city::load::run(load, Arc::new(SystemClock::default())).await?;
    out::line(serde_json::to_string_pretty(&report)?)?;
    let all_is_well = report.unconfirmed == 0 && report.never_connected == 0;
    Ok(if all_is_well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// `zhizhen bench`: the named benchmarks, or all; fails when a target is missed.
pub(crate) async fn run(args: BenchArgs) -> Result<ExitCode> {
    let known = || NAMES.into_iter().chain(BY_NAME);
    if let Some(unknown) = args.names.iter().find(|name| !known().any(|k| k == name.as_str())) {
        bail!("there is no benchmark `{unknown}`; known are: {}", known().collect::<Vec<_>>().join(", "));
    }
    if cfg!(debug_assertions) {
        out::note(
            "this is a development build: its figures say nothing (cargo xtask bench builds the other)",
        );
    }
    let mut results = Map::new();
    let mut all_met = true;
    let wanted = |name: &&str| match args.names.as_slice() {
        [] => NAMES.contains(name),
        names => names.iter().any(|n| n == name),
    };
    for name in known().filter(wanted) {
        out::note(format_args!("{name} …"));
        let outcome = one(name, &args).await.with_context(|| format!("benchmark `{name}`"))?;
        for target in &outcome.targets {
            out::line(format_args!("{name}: {target}"))?;
        }
        all_met &= outcome.targets.iter().all(figures::Target::is_met);
        results.insert(name.to_owned(), serde_json::to_value(&outcome)?);
    }
    let whole = json!({ "machine": machine::describe(), "results": Value::Object(results) });
    if let Some(path) = &args.json {
        let text = serde_json::to_string_pretty(&whole)?;
        std::fs::write(path, text + "\n").with_context(|| format!("writing `{}`", path.display()))?;
    }
    Ok(if all_met { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn one(name: &str, args: &BenchArgs) -> Result<Outcome> {
    match name {
        "latency" => latency::run().await,
        "city10k" => city10k::run(args.seconds).await,
        "knee" => knee::run().await,
        "channels" => channels::run().await,
        "start" => start::run().await,
        "twin" => twin::run().await,
        "gateway" => gateway::run(args.seconds).await,
        "telemetry" => {
            let BenchArgs { series, seed, today, keep_raw, .. } = *args;
            telemetry::run(telemetry::Plan { series, seed, today, keep_raw }).await
        }
        "forecast" => forecast::run(args).await,
        _ => web::run(),
    }
}
