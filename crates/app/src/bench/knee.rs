//! The rate at which the server bends, and what it does beyond: 10,000 stations, faster and faster.

use super::figures::{Outcome, Target};
use super::ground::{self, Rules};
use super::server::{Server, own_cpu_s};
use super::sink::Sink;
use super::verify::stored;
use crate::out;
use anyhow::Result;
use city::load::{Load, Report};
use field::time::HOUR_MS;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{Duration, Instant};
use store::playback::SystemClock;
use tokio::time::sleep;

const STATIONS: u32 = 10_000;
/// Frames a second, step by step.
const RATES: [f64; 10] =
    [500.0, 1_000.0, 2_000.0, 3_000.0, 4_000.0, 6_000.0, 8_000.0, 12_000.0, 16_000.0, 24_000.0];
/// How long a step lasts.
const STEP_S: u32 = 30;
/// Beyond the knee so many steps are played, to see that nothing is lost there.
const BEYOND: usize = 2;
/// Of what is offered, so much must be confirmed in time.
const KEEPS_UP: f64 = 0.98;
/// Longest p99 before the knee, ms.
const P99_MS: f64 = 1_000.0;
/// Hours of observation time between the first reports of two steps: more than a step has minutes.
const APART_H: i64 = 2;
/// Longest wait for the alarm desk between two steps.
const CATCH_UP: Duration = Duration::from_secs(120);

pub(super) async fn run() -> Result<Outcome> {
    let folder = ground::folder()?;
    let data = folder.path().join("data");
    ground::seed(&data, STATIONS, 300, Rules::Default).await?;
    let sink = Sink::start().await?;
    let server = Server::start(&data, &sink).await?;
    let first = ground::this_minute().plus_ms(-APART_H * HOUR_MS * (RATES.len() as i64 + 1));
    let (mut reports, mut steps): (Vec<Report>, Vec<Value>) = Default::default();
    let (mut knee, mut beyond) = (0.0_f64, 0);
    for (place, rate) in RATES.into_iter().enumerate() {
        let observed_from = Some(first.plus_ms(place as i64 * APART_H * HOUR_MS));
        let load = Load { seconds: STEP_S, observed_from, ..Load::new(server.sl651, STATIONS, rate) };
        let (report, step) = self::step(&server, load).await?;
        let keeps_up = report.confirmed_per_s >= KEEPS_UP * rate && report.confirmation_ms.p99 <= P99_MS;
        out::note(format_args!(
            "knee: {rate} offered, {:.0} confirmed a second, p99 {:.0} ms",
            report.confirmed_per_s, report.confirmation_ms.p99
        ));
        if keeps_up && beyond == 0 {
            knee = rate;
        } else {
            beyond += 1;
        }
        reports.push(report);
        steps.push(step);
        if beyond > BEYOND {
            break;
        }
    }
    let memory = server.peak_memory_mib();
    server.stop().await?;
    let stored = stored(&data, &reports.iter().collect::<Vec<_>>()).await?;
    let most = reports.iter().map(|r| r.confirmed_per_s).fold(0.0, f64::max);
    let unconfirmed: u64 = reports.iter().map(|r| r.unconfirmed).sum();
    let targets = vec![
        Target::at_least("frames durable and confirmed at the knee", 3_000.0, knee, "1/s"),
        Target::at_most("confirmed reports lost, beyond the knee too", 0.0, stored.lost as f64, ""),
        Target::at_most("reports unconfirmed at the end", 0.0, unconfirmed as f64, ""),
    ];
    let figures = json!({
        "stations": STATIONS,
        "knee_frames_per_s": knee,
        "most_confirmed_per_s": most,
        "steps": steps,
        "stored": stored,
        "server_peak_memory_mib": memory,
    });
    Ok(Outcome { targets, figures })
}

async fn step(server: &Server, load: Load) -> Result<(Report, Value)> {
    let (server_cpu, own_cpu, began) = (server.cpu_s(), own_cpu_s(), Instant::now());
    let report = city::load::run(load, Arc::new(SystemClock::default())).await?;
    let took_s = began.elapsed().as_secs_f64();
    let (server_cpu, own_cpu) = (server.cpu_s() - server_cpu, own_cpu_s() - own_cpu);
    let lag = server.metric("alarm_lag_packets ").await?;
    let waited = caught_up(server).await?;
    let step = json!({
        "load": report,
        "server_cores_used": server_cpu / took_s,
        "simulator_cores_used": own_cpu / took_s,
        "alarm_lag_packets_at_end": lag,
        "alarm_desk_caught_up_after_s": waited.as_secs_f64(),
    });
    Ok((report, step))
}

/// Lets the alarm desk finish, so that each step starts even.
async fn caught_up(server: &Server) -> Result<Duration> {
    let began = Instant::now();
    while began.elapsed() < CATCH_UP {
        if server.metric("alarm_lag_packets ").await?.unwrap_or(0.0) <= 0.0 {
            break;
        }
        sleep(Duration::from_millis(200)).await;
    }
    Ok(began.elapsed())
}
