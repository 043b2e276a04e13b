//! A cold start on a data directory with 30 days of the demo.
//!
//! 80 stations, a timed report every five minutes and an hourly report with its twelve values every
//! hour, as the simulated RTUs send them, and the alarms, orders and messages of a rainy month. The
//! directory is made once and used again for as long as it is younger than a day.

mod month;

use super::figures::{Outcome, Target};
use super::ground;
use super::server::Server;
use super::sink::Sink;
use anyhow::{Context, Result};
use serde_json::json;
use std::path::Path;
use std::time::{Duration, Instant};

/// Starts measured.
const STARTS: usize = 5;
/// Longest wait for the alarm desk after the start.
const PATIENCE: Duration = Duration::from_secs(120);

pub(super) async fn run() -> Result<Outcome> {
    let data = ground::home()?.join("month");
    let made = month::ensure(&data).await?;
    let sink = Sink::start().await?;
    let (mut listening, mut judging, mut memory, mut cold) = (vec![], vec![], 0.0_f64, true);
    for _ in 0..STARTS {
        cold &= forget_files();
        let server = Server::start(&data, &sink).await?;
        listening.push(server.started_in.as_secs_f64());
        judging.push(until_judging(&server).await?);
        memory = memory.max(server.peak_memory_mib());
        server.stop().await?;
    }
    let longest = listening.iter().copied().fold(0.0, f64::max);
    let targets = vec![Target::at_most("process start to serving, longest of the starts", 2.0, longest, "s")];
    let figures = json!({
        "month": made,
        "directory_bytes": bytes_below(&data)?,
        "page_cache_dropped_before_each": cold,
        "to_listening_s": listening,
        "to_alarm_desk_judging_s": judging,
        "server_peak_memory_mib": memory,
    });
    Ok(Outcome { targets, figures })
}

/// Empties the kernel's page cache where this process may; whether it could.
fn forget_files() -> bool {
    std::fs::write("/proc/sys/vm/drop_caches", "3").is_ok()
}

/// From the line "listening" on, until the alarm desk has its windows and judges.
async fn until_judging(server: &Server) -> Result<f64> {
    let began = Instant::now();
    while began.elapsed() < PATIENCE {
        if server.metric("alarm_lag_packets ").await?.is_some() {
            return Ok(began.elapsed().as_secs_f64());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    anyhow::bail!("the alarm desk was not at work {PATIENCE:?} after the start")
}

fn bytes_below(dir: &Path) -> Result<u64> {
    let mut sum = 0;
    for entry in std::fs::read_dir(dir).with_context(|| format!("reading `{}`", dir.display()))? {
        let entry = entry?;
        let meta = entry.metadata()?;
        sum += if meta.is_dir() { bytes_below(&entry.path())? } else { meta.len() };
    }
    Ok(sum)
}
