//! The gateway with a city's devices at once: 10,000 SL 651 stations and 10,000 MQTT clients, 50,000
//! readings a second between them.

use super::figures::{Outcome, Target};
use super::ground;
use super::server::{Server, own_cpu_s};
use super::sink::Sink;
use crate::out;
use anyhow::{Context, Result, bail};
use city::load::{BEHIND_ONE, Load, SensorLoad, SensorReport, VALUES, sensor_code};
use field::time::Time;
use serde_json::json;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use store::playback::SystemClock;
use store::{Options, Store};
use tokio::sync::{oneshot, watch};

/// Devices of each kind.
const DEVICES: u32 = 10_000;
/// Readings in one SL 651 report of a load station.
const READINGS: f64 = 3.0;
/// Readings a second in all.
const READINGS_PER_S: f64 = 50_000.0;
/// Readings a second that are offered: a little more, for what is still under way at the end does not count.
const OFFERED_PER_S: f64 = READINGS_PER_S * 1.01;
/// SL 651 reports a second; MQTT carries the rest.
const REPORTS_PER_S: f64 = 3_000.0;
/// Most stations that are heard over UDP instead of a connection of their own.
const RELAYED_MAX: u32 = 1_000;
/// Descriptors a server needs besides its devices: listeners, files of the store, its own streams.
const SPARE: u32 = 256;
/// A device that says nothing for so long is silent: longer than the whole run.
const INTERVAL_S: u32 = 3_600;
/// Longest wait until everybody is connected.
const CONNECT_WAIT: Duration = Duration::from_secs(300);

/// How many devices of each kind there are, and how many of the stations share sockets.
fn devices() -> (u32, u32) {
    let most = city::load::connections_at_most().map(|most| most.saturating_sub(SPARE));
    let (devices, relayed) = most.map_or((DEVICES, 0), fitting);
    if relayed > 0 {
        out::note(format_args!(
            "this process may open too few files for 2 × {DEVICES} connections: {relayed} stations share sockets \
             over UDP, {BEHIND_ONE} each"
        ));
    }
    if devices < DEVICES {
        out::note(format_args!("and still too few: {devices} devices of each instead"));
    }
    (devices, relayed)
}

/// The same where so many sockets may be open: as few behind relays as can be, but no more than
/// [`RELAYED_MAX`].
fn fitting(sockets: u32) -> (u32, u32) {
    let missing = (2 * DEVICES).saturating_sub(sockets);
    // A relay spares all but one of its stations' sockets, the last, which is not full, maybe none.
    let relayed = if missing == 0 { 0 } else { (missing + 1) * BEHIND_ONE / (BEHIND_ONE - 1) + 1 };
    if relayed <= RELAYED_MAX { (DEVICES, relayed) } else { ((sockets / 2).min(DEVICES), 0) }
}

pub(super) async fn run(seconds: u32) -> Result<Outcome> {
    let (devices, relayed) = devices();
    let folder = ground::folder()?;
    let data = folder.path().join("data");
    ground::seed_devices(&data, devices, INTERVAL_S).await?;
    let sink = Sink::start().await?;
    let (sl651, mqtt) = (free_port().await?, free_port().await?);
    let server = Server::start_with(&data, &sink, sl651, &format!("[mqtt]\ntcp = \"{mqtt}\"\n")).await?;
    let messages_per_s = (OFFERED_PER_S - REPORTS_PER_S * READINGS) / VALUES as f64;
    let reports = Load { seconds, relayed, ..Load::new(server.sl651, devices, REPORTS_PER_S) };
    let messages = SensorLoad { to: mqtt, sensors: devices, rate: messages_per_s, seconds };
    let clock: Arc<SystemClock> = Arc::default();
    let (told, connected) = oneshot::channel();
    let (begin, began) = watch::channel(false);
    let sensors = tokio::spawn(city::load::run_sensors(messages, clock.clone(), told, began));
    tokio::time::timeout(CONNECT_WAIT, connected).await.context("MQTT clients do not connect")??;
    let idle_memory = server.memory_mib();
    let (server_cpu, own_cpu, start) = (server.cpu_s(), own_cpu_s(), Instant::now());
    // The stations connect first; when they begin, the sensors do too.
    let stations = tokio::spawn(city::load::run(reports, clock));
    begin.send_replace(true);
    let (stations, sensors) = (stations.await??, sensors.await??);
    let took_s = start.elapsed().as_secs_f64();
    let (server_cpu, own_cpu) = (server.cpu_s() - server_cpu, own_cpu_s() - own_cpu);
    let memory = server.peak_memory_mib();
    server.stop().await?;
    let stored = super::verify::stored(&data, &[&stations]).await?;
    let sensors_lost = lost(&data, &sensors).await?;
    let readings_per_s = stations.confirmed_per_s * READINGS + sensors.acknowledged_per_s * VALUES as f64;
    let (report_p99, message_p99) = (stations.confirmation_ms.p99, sensors.acknowledgement_ms.p99);
    let never = stations.never_connected + sensors.never_connected;
    let targets = vec![
        Target::at_most("devices that never connected", 0.0, never.into(), ""),
        Target::at_most("confirmed readings lost", 0.0, (stored.lost + sensors_lost) as f64, ""),
        Target::at_least("durable readings", READINGS_PER_S, readings_per_s, "1/s"),
        Target::at_most("server memory, peak", 1_024.0, memory, "MiB"),
        Target::at_most("SL 651: last byte to durable, p99", 250.0, report_p99, "ms"),
        Target::at_most("MQTT: last byte to durable, p99", 250.0, message_p99, "ms"),
    ];
    let figures = json!({
        "devices_of_each": devices,
        "stations_over_udp": relayed,
        "sl651": stations,
        "mqtt": sensors,
        "stored": stored,
        "readings_per_s": readings_per_s,
        "server_memory_with_mqtt_idle_mib": idle_memory,
        "server_peak_memory_mib": memory,
        "server_cores_used": server_cpu / took_s,
        "simulator_cores_used": own_cpu / took_s,
    });
    Ok(Outcome { targets, figures })
}

/// A port nobody has at this moment.
async fn free_port() -> Result<SocketAddr> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    Ok(listener.local_addr()?)
}

/// Acknowledged values of sensors that are not in the store.
async fn lost(dir: &Path, report: &SensorReport) -> Result<u64> {
    let store = Store::open(Options { read_only: true, ..Options::new(dir) }).await?;
    let registry = store.tables.registry();
    let mut lost = 0;
    for (n, acknowledged) in (0..).zip(&report.acknowledged_of) {
        let code = sensor_code(n).context("a sensor without a code")?;
        let points: Vec<_> = registry.points_of(&code).iter().map(|point| point.id).collect();
        if points.len() != VALUES {
            bail!("load sensor {n} is not registered");
        }
        for columns in store.samples.columns(&points, Time::MIN, Time::MAX).await? {
            lost += u64::from(*acknowledged).saturating_sub(columns.times.len() as u64);
        }
    }
    store.close().await;
    Ok(lost)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_fit_into_the_sockets_there_are() {
        assert_eq!(fitting(2 * DEVICES), (DEVICES, 0));
        for sockets in [19_999, 19_900, 19_616, 19_100] {
            let (devices, relayed) = fitting(sockets);
            let needed = devices + (DEVICES - relayed) + relayed.div_ceil(BEHIND_ONE);
            assert!(devices == DEVICES && needed <= sockets, "{sockets}: {relayed}, {needed}");
            assert!(sockets - needed <= 3, "{sockets}: more share a socket than must, {needed}");
        }
        assert_eq!(fitting(1_024), (512, 0));
    }
}
