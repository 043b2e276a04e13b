//! 压测 MQTT: many sensors at once, each its own client with quality 1: the next message is sent only
//! after the last one was acknowledged, which means that its values are durable.

use super::sensors::{VALUES, element, sensor_code};
use super::{CONNECTING, GRACE, Histogram, Percentiles};
use crate::error::CityError;
use crate::mqtt::Client;
use field::clock::Clock;
use serde::Serialize;
use std::fmt::Write;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;
use tokio::sync::{Barrier, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until, timeout_at};

/// Pause after a failed connection.
const RECONNECT: Duration = Duration::from_millis(500);
/// Tries for the first connection.
const FIRST_TRIES: u32 = 20;

/// What is played.
#[derive(Clone, Debug, PartialEq)]
pub struct SensorLoad {
    /// The server's MQTT address.
    pub to: SocketAddr,
    /// How many sensors.
    pub sensors: u32,
    /// Messages a second over all sensors, [`VALUES`] values each.
    pub rate: f64,
    /// For how many seconds messages are due.
    pub seconds: u32,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SensorReport {
    /// Sensors.
    pub sensors: u32,
    /// Of them, those that never got a connection.
    pub never_connected: u32,
    /// For how long messages came due, s.
    pub seconds: u32,
    /// Messages a second asked for.
    pub rate: f64,
    /// Seconds until all sensors were connected.
    pub connected_in_s: f64,
    /// Messages that came due.
    pub due: u64,
    /// Of them, acknowledged.
    pub acknowledged: u64,
    /// Connections opened again.
    pub reconnected: u64,
    /// Acknowledged messages a second while messages came due.
    pub acknowledged_per_s: f64,
    /// Last byte of a message to its acknowledgement.
    pub acknowledgement_ms: Percentiles,
    /// Moment a message was due to its acknowledgement.
    pub behind_ms: Percentiles,
    /// Acknowledged messages of each sensor, in the order of their numbers.
    #[serde(skip)]
    pub acknowledged_of: Vec<u32>,
}

#[derive(Debug)]
struct Field {
    load: SensorLoad,
    clock: Arc<dyn Clock>,
    connecting: Semaphore,
    ready: Barrier,
    start: watch::Receiver<Option<Instant>>,
    due: AtomicU64,
    in_time: AtomicU64,
    reconnected: AtomicU64,
    acknowledgement: Histogram,
    behind: Histogram,
}

/// Plays the load to its end. `begin`: when it turns true, messages come due; `connected` is told when
/// every sensor is connected or has given up.
///
/// # Errors
/// [`CityError::BadSetting`] for a load of nothing.
pub async fn run(
    load: SensorLoad,
    clock: Arc<dyn Clock>,
    connected: tokio::sync::oneshot::Sender<()>,
    mut begin: watch::Receiver<bool>,
) -> Result<SensorReport, CityError> {
    if load.sensors == 0 || load.rate <= 0.0 || load.seconds == 0 {
        let why = "sensors, rate and seconds are above 0".to_owned();
        return Err(CityError::BadSetting { setting: "sensors", why });
    }
    let (go, start) = watch::channel(None);
    let field = Arc::new(Field {
        clock,
        connecting: Semaphore::new(CONNECTING),
        ready: Barrier::new(load.sensors as usize + 1),
        start,
        due: AtomicU64::new(0),
        in_time: AtomicU64::new(0),
        reconnected: AtomicU64::new(0),
        acknowledgement: Histogram::default(),
        behind: Histogram::default(),
        load,
    });
    let mut playing = JoinSet::new();
    for n in 0..field.load.sensors {
        playing.spawn(play(Arc::clone(&field), n));
    }
    let began = Instant::now();
    field.ready.wait().await;
    let connected_in = began.elapsed();
    let _nobody_waits = connected.send(());
    // A sender that is gone begins it as well.
    let _ = begin.wait_for(|begin| *begin).await;
    go.send_replace(Some(Instant::now()));
    let mut outcomes = Vec::new();
    while let Some(ended) = playing.join_next().await {
        outcomes.extend(ended.ok());
    }
    outcomes.sort_unstable_by_key(|(n, ..)| *n);
    let load = &field.load;
    let never = outcomes.iter().filter(|(_, connected, _)| !connected).count();
    let acknowledged_of: Vec<u32> = outcomes.iter().map(|(.., acknowledged)| *acknowledged).collect();
    Ok(SensorReport {
        sensors: load.sensors,
        never_connected: u32::try_from(never).unwrap_or(u32::MAX),
        seconds: load.seconds,
        rate: load.rate,
        connected_in_s: connected_in.as_secs_f64(),
        due: field.due.load(Relaxed),
        acknowledged: acknowledged_of.iter().map(|n| u64::from(*n)).sum(),
        reconnected: field.reconnected.load(Relaxed),
        acknowledged_per_s: field.in_time.load(Relaxed) as f64 / f64::from(load.seconds),
        acknowledgement_ms: field.acknowledgement.percentiles(),
        behind_ms: field.behind.percentiles(),
        acknowledged_of,
    })
}

/// One sensor from its first connection to its last acknowledgement: its number, whether it ever
/// connected, acknowledged messages.
async fn play(field: Arc<Field>, n: u32) -> (u32, bool, u32) {
    let mut client = None;
    for _ in 0..FIRST_TRIES {
        let _permit = field.connecting.acquire().await;
        client = connect(&field, n).await;
        if client.is_some() {
            break;
        }
        sleep(RECONNECT).await;
    }
    let connected = client.is_some();
    let mut start = field.start.clone();
    field.ready.wait().await;
    let started = start.wait_for(Option::is_some).await.ok().and_then(|started| *started);
    let Some(start) = started else { return (n, connected, 0) };
    let interval_s = f64::from(field.load.sensors) / field.load.rate;
    let phase = f64::from(n) / f64::from(field.load.sensors);
    let end = start + Duration::from_secs(field.load.seconds.into());
    let mut acknowledged = 0;
    for message in 0.. {
        let at_s = (phase + f64::from(message)) * interval_s;
        if at_s >= f64::from(field.load.seconds) {
            break;
        }
        field.due.fetch_add(1, Relaxed);
        let due = start + Duration::from_secs_f64(at_s);
        sleep_until(due).await;
        if timeout_at(end + GRACE, deliver(&field, &mut client, n, message)).await.is_err() {
            break;
        }
        acknowledged += 1;
        let now = Instant::now();
        field.behind.record(now - due);
        field.in_time.fetch_add(u64::from(now <= end), Relaxed);
    }
    (n, connected, acknowledged)
}

async fn connect(field: &Field, n: u32) -> Option<Client> {
    let code = sensor_code(n)?;
    match Client::connect(field.load.to, code.as_str(), None).await {
        Ok(client) => Some(client),
        Err(error) => {
            tracing::debug!(%error, "a load sensor cannot connect");
            None
        }
    }
}

/// Sends a message until it is acknowledged, over new connections where one fails.
async fn deliver(field: &Field, client: &mut Option<Client>, n: u32, message: u32) {
    let Some(code) = sensor_code(n) else { return };
    let topic = format!("zhizhen/{code}/up");
    let payload = payload(field, n, message);
    loop {
        if let Some(open) = client {
            let sent = Instant::now();
            match open.publish(&topic, payload.clone()).await {
                Ok(()) => return field.acknowledgement.record(sent.elapsed()),
                Err(error) => tracing::debug!(%error, "a load sensor lost its connection"),
            }
            field.reconnected.fetch_add(1, Relaxed);
            *client = None;
        }
        sleep(RECONNECT).await;
        *client = connect(field, n).await;
    }
}

/// Values that move by a little, as real ones do.
fn payload(field: &Field, n: u32, message: u32) -> Vec<u8> {
    let mut text = format!("{{\"ts\":{}", field.clock.now().ms());
    for value in 0..VALUES {
        let step = (n + message * 7 + value as u32) % 100;
        let _ = write!(text, ",\"{}\":{}.{step:02}", element(value), 10 + value);
    }
    text.push('}');
    text.into_bytes()
}
