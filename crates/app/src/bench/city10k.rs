//! 10,000 stations, each once a minute, and a storm of as many alarms as 10,000 in ten minutes.

use super::figures::{Outcome, Target};
use super::ground::{self, Rules};
use super::server::{Server, own_cpu_s};
use super::sink::Sink;
use super::verify::stored;
use anyhow::Result;
use city::load::Load;
use serde_json::json;
use std::sync::Arc;
use std::time::{Duration, Instant};
use store::playback::SystemClock;
use tokio::time::sleep;

const STATIONS: u32 = 10_000;
const INTERVAL_S: u32 = 60;
/// In this time all stations raise an alarm; a shorter run has as many fewer.
const STORM_S: u32 = 600;
/// No text for so long, with every packet judged: the messages have gone.
const QUIET: Duration = Duration::from_secs(10);
/// Longest wait for the last message.
const PATIENCE: Duration = Duration::from_secs(600);

pub(super) async fn run(seconds: u32) -> Result<Outcome> {
    let folder = ground::folder()?;
    let data = folder.path().join("data");
    ground::seed(&data, STATIONS, INTERVAL_S, Rules::Default).await?;
    let sink = Sink::start().await?;
    let server = Server::start(&data, &sink).await?;
    let alarms = u64::from(STATIONS) * u64::from(seconds.min(STORM_S)) / u64::from(STORM_S);
    let load = Load {
        seconds,
        alarms: u32::try_from(alarms)?,
        ..Load::new(server.sl651, STATIONS, f64::from(STATIONS) / f64::from(INTERVAL_S))
    };
    let (server_cpu, own_cpu, began) = (server.cpu_s(), own_cpu_s(), Instant::now());
    let report = city::load::run(load, Arc::new(SystemClock::default())).await?;
    let took_s = began.elapsed().as_secs_f64();
    let (server_cpu, own_cpu) = (server.cpu_s() - server_cpu, own_cpu_s() - own_cpu);
    let lag = server.metric("alarm_lag_packets ").await?;
    let quiet_after = until_quiet(&server, &sink).await?;
    let memory = server.peak_memory_mib();
    server.stop().await?;
    let stored = stored(&data, &[&report]).await?;
    let targets = vec![
        Target::at_most("confirmed reports lost", 0.0, stored.lost as f64, ""),
        Target::at_most("reports unconfirmed", 0.0, report.unconfirmed as f64, ""),
        Target::at_most("frame to durable (confirmed), p99", 1_000.0, report.confirmation_ms.p99, "ms"),
        Target::at_most("server memory, peak", 512.0, memory, "MiB"),
        Target::at_least("alarms raised", report.alarms as f64, stored.alarms as f64, ""),
    ];
    let figures = json!({
        "load": report,
        "stored": stored,
        "server_peak_memory_mib": memory,
        "server_cores_used": server_cpu / took_s,
        "simulator_cores_used": own_cpu / took_s,
        "alarm_lag_packets_at_end": lag,
        "texts_handed_over": sink.count(),
        "last_text_after_end_s": quiet_after.as_secs_f64(),
    });
    Ok(Outcome { targets, figures })
}

/// Waits until no more messages come; how long after the load's end the last one came.
async fn until_quiet(server: &Server, sink: &Sink) -> Result<Duration> {
    let began = Instant::now();
    let (mut last, mut count) = (began, sink.count());
    while began.elapsed() < PATIENCE {
        sleep(Duration::from_millis(500)).await;
        let behind = server.metric("alarm_lag_packets ").await?.unwrap_or(0.0) > 0.0;
        if behind || sink.count() != count {
            (last, count) = (Instant::now(), sink.count());
        }
        if last.elapsed() >= QUIET {
            break;
        }
    }
    Ok(last - began)
}
