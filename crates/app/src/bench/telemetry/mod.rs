//! 遥测: a city's telemetry into our store and into the time-series databases people would otherwise
//! install, in one run: the same bodies over HTTP, server and client together on one core.
//!
//! Each server acknowledges as durably as it can: ours and InfluxDB after an fsync, VictoriaMetrics
//! from memory. Peers that are not installed are left out and named.

mod client;
mod generate;
mod peer;
mod queries;

use super::figures::{Outcome, Target};
use super::ground;
use crate::out;
use anyhow::{Context, Result};
use field::clock::Clock as _;
use generate::Bodies;
use peer::{Kind, Peer};
use serde_json::{Map, Value, json};
use std::path::Path;
use std::time::{Duration, Instant};
use store::playback::SystemClock;

/// Minutes of the day.
const MINUTES: u32 = 1_440;
/// Rows of a large request.
const LARGE: usize = 5_000;
/// Rows of a small request.
const SMALL: usize = 100;
/// Connections that send small requests.
const CONNECTIONS: usize = 16;
/// Rows sent in small requests at most: enough to be steady.
const SMALL_ROWS: usize = 8_000_000;
/// How long rows are pushed before the kill.
const BEFORE_KILL: Duration = Duration::from_secs(15);

/// What is to be run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    /// How many series.
    pub(crate) series: u32,
    /// Makes the values.
    pub(crate) seed: u64,
    /// Rows of the last 24 full hours, which our desks judge as they come, not of a day in 2021.
    pub(crate) today: bool,
    /// Our server keeps the bytes of what is pushed too, which no peer does.
    pub(crate) keep_raw: bool,
}

/// Runs it.
pub(crate) async fn run(plan: Plan) -> Result<Outcome> {
    let Plan { series, seed, today, keep_raw } = plan;
    let core = pin()?;
    let folder = ground::folder()?;
    out::note(format_args!("telemetry: generating {series} series of {MINUTES} minutes, seed {seed}"));
    let start_s = if today { yesterday_s() } else { generate::PAST_S };
    let bodies = Bodies::generate(&folder.path().join("rows.lp"), series, (start_s, MINUTES), seed)?;
    let mut figures = Map::new();
    for kind in Kind::ALL {
        if let Some(how) = kind.missing() {
            out::line(format_args!("telemetry: {} is not installed: {how}", kind.name()))?;
            continue;
        }
        let figure = one(kind, folder.path(), &bodies, plan)
            .await
            .with_context(|| format!("measuring {}", kind.name()))?;
        out::line(format_args!("telemetry: {}: {figure}", kind.name()))?;
        figures.insert(kind.name().to_owned(), figure);
    }
    let targets = targets(&figures);
    let rows = bodies.rows();
    let figures = json!({ "series": series, "minutes": MINUTES, "rows": rows, "seed": seed, "core": core,
        "today": today, "keep_raw": keep_raw,
        "late": generate::LATE, "duplicates": generate::TWICE, "servers": figures });
    Ok(Outcome { targets, figures })
}

/// When the last 24 full hours began, seconds since 1970.
fn yesterday_s() -> i64 {
    let now_s = SystemClock::default().now().ms() / 1_000;
    now_s.div_euclid(3_600) * 3_600 - 86_400
}

/// One server: all of its figures.
async fn one(kind: Kind, home: &Path, bodies: &Bodies, plan: Plan) -> Result<Value> {
    let Plan { series, keep_raw, .. } = plan;
    let dir = home.join(kind.name());
    let mut server = Peer::start(kind, &dir, keep_raw).await?;
    out::note(format_args!("{}: large requests …", kind.name()));
    let took = client::push(&server, bodies, LARGE, 1, bodies.rows())?;
    let rows_s = bodies.rows() as f64 / took.as_secs_f64();
    let memory_mib = server.peak_memory_mib();
    let cpu_s = server.cpu_s();
    client::push_text(&server, &generate::year(bodies.start_s))?;
    server.settle().await?;
    let answers = queries::run(&server, series, bodies.start_s).await?;
    let restarted_in = server.restart_after_kill().await?;
    let bytes = server.stop_and_weigh().await?;
    let points = f64::from(series) * f64::from(MINUTES) + f64::from(generate::YEAR_MINUTES);
    drop(std::fs::remove_dir_all(&dir));

    out::note(format_args!("{}: small requests …", kind.name()));
    let dir = home.join(format!("{}-small", kind.name()));
    let server = Peer::start(kind, &dir, keep_raw).await?;
    let rows = bodies.rows().min(SMALL_ROWS);
    let took = client::push(&server, bodies, SMALL, CONNECTIONS, rows)?;
    let small_rows_s = rows as f64 / took.as_secs_f64();
    let small_cpu_s = server.cpu_s();
    drop(server);
    drop(std::fs::remove_dir_all(&dir));

    out::note(format_args!("{}: killed in the middle …", kind.name()));
    let (acknowledged, found) = killed(kind, home, bodies, keep_raw).await?;
    Ok(json!({
        "rows_s": rows_s.round(), "small_rows_s": small_rows_s.round(),
        "bytes_a_point": bytes as f64 / points, "memory_mib": memory_mib, "cpu_s": cpu_s,
        "small_cpu_s": small_cpu_s,
        "queries_ms": answers, "restart_ms": restarted_in.as_secs_f64() * 1e3,
        "killed": { "acknowledged_rows": acknowledged, "found_rows": found, "lost_rows": acknowledged.saturating_sub(found) },
    }))
}

/// Pushes for a while, kills the server right after an answer, and counts what it still has.
async fn killed(kind: Kind, home: &Path, bodies: &Bodies, keep_raw: bool) -> Result<(u64, u64)> {
    let dir = home.join(format!("{}-kill", kind.name()));
    let mut server = Peer::start(kind, &dir, keep_raw).await?;
    let acknowledged = client::push_for(&server, bodies, LARGE, BEFORE_KILL)?;
    server.restart_after_kill().await?;
    let found = queries::count(&server, bodies.start_s).await?;
    drop(server);
    drop(std::fs::remove_dir_all(&dir));
    Ok((bodies.distinct_before(acknowledged)?, found))
}

/// Puts this process, and so everything it starts, on one core; says which.
fn pin() -> Result<Value> {
    let pid = std::process::id().to_string();
    let core = std::thread::available_parallelism().map_or(0, |n| n.get() - 1).to_string();
    let told = std::process::Command::new("taskset").args(["-a", "-c", "-p", &core, &pid]).output();
    match told {
        Ok(told) if told.status.success() => Ok(json!(core)),
        _ => {
            out::line(
                "telemetry: `taskset` is not here (Debian: util-linux): server and client use all cores",
            )?;
            Ok(Value::Null)
        }
    }
}

/// What was asked for, against the peers that ran.
fn targets(figures: &Map<String, Value>) -> Vec<Target> {
    let of = |kind: Kind, path: &str| {
        figures.get(kind.name()).and_then(|f| f.pointer(path)).and_then(Value::as_f64)
    };
    let mut targets = vec![];
    let mut at_least = |what, limit, ratio: Option<f64>| {
        targets.extend(ratio.map(|ratio| Target::at_least(what, limit, ratio, "×")));
    };
    let ratio = |kind, path: &str| Some(of(Kind::Ours, path)? / of(kind, path)?);
    let faster = |kind, path: &str| Some(of(kind, path)? / of(Kind::Ours, path)?);
    at_least("rows/s against VictoriaMetrics, 5,000 a request", 1.5, ratio(Kind::Victoria, "/rows_s"));
    at_least("rows/s against InfluxDB, 5,000 a request", 6.0, ratio(Kind::Influx, "/rows_s"));
    at_least("rows/s against VictoriaMetrics, 100 a request", 1.0, ratio(Kind::Victoria, "/small_rows_s"));
    at_least("day of one series against VictoriaMetrics", 1.5, faster(Kind::Victoria, "/queries_ms/day"));
    at_least("day of one series against InfluxDB", 1.5, faster(Kind::Influx, "/queries_ms/day"));
    at_least("latest of all against VictoriaMetrics", 1.5, faster(Kind::Victoria, "/queries_ms/latest"));
    at_least("latest of all against InfluxDB", 1.5, faster(Kind::Influx, "/queries_ms/latest"));
    at_least("hourly means against VictoriaMetrics", 1.5, faster(Kind::Victoria, "/queries_ms/hourly"));
    at_least("hourly means against InfluxDB", 1.5, faster(Kind::Influx, "/queries_ms/hourly"));
    for (what, kind) in [
        ("hourly means of other series each time against VictoriaMetrics", Kind::Victoria),
        ("hourly means of other series each time against InfluxDB", Kind::Influx),
    ] {
        at_least(what, 1.5, faster(kind, "/queries_ms/hourly_of_others"));
    }
    at_least("year of one series against VictoriaMetrics", 1.5, faster(Kind::Victoria, "/queries_ms/year"));
    at_least("year of one series against InfluxDB", 1.5, faster(Kind::Influx, "/queries_ms/year"));
    let own = |path: &str| of(Kind::Ours, path).unwrap_or(f64::NAN);
    targets.push(Target::at_most("bytes a point", 0.9, own("/bytes_a_point"), "B"));
    for kind in [Kind::Victoria, Kind::Influx] {
        if let Some(theirs) = of(kind, "/bytes_a_point") {
            targets.push(Target::at_most(
                "bytes a point against a peer's",
                theirs,
                own("/bytes_a_point"),
                "B",
            ));
        }
    }
    targets.push(Target::at_most("memory", 256.0, own("/memory_mib"), "MiB"));
    targets.push(Target::at_most("restart after SIGKILL", 3_000.0, own("/restart_ms"), "ms"));
    targets.push(Target::at_most("acknowledged rows lost by SIGKILL", 0.0, own("/killed/lost_rows"), "rows"));
    targets
}

/// Waits until `ready` says yes, at most two minutes.
async fn until<F: Future<Output = bool>>(what: &str, mut ready: impl FnMut() -> F) -> Result<Duration> {
    const PATIENCE: Duration = Duration::from_secs(120);
    let begun = Instant::now();
    while !ready().await {
        if begun.elapsed() > PATIENCE {
            anyhow::bail!("{what}: nothing for two minutes");
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok(begun.elapsed())
}
