//! 80 stations: from the last byte of a frame to the notification handed to its channel, and to the
//! open screen.
//!
//! Each station's depth climbs through the four colours, one frame after the other with about a
//! tenth of a second between them; every frame raises its alarm or makes it worse, and every one
//! calls the person on duty. Three rounds, each on a fresh data directory.

use super::figures::{Outcome, Target, percentile, spread};
use super::ground::{self, Rules};
use super::server::Server;
use super::sink::{Handed, Sink};
use super::stream::{Event, Screen};
use anyhow::{Context, Result};
use field::clock::Clock;
use field::severity::Severity;
use field::time::MINUTE_MS;
use serde_json::json;
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use store::playback::SystemClock;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::sleep;

const STATIONS: u32 = 80;
const ROUNDS: u32 = 3;
/// Between two frames: odd, so that they do not keep step with anything in the server.
const PAUSE: Duration = Duration::from_millis(97);
/// For the last messages of a round.
const AFTERWARDS: Duration = Duration::from_secs(5);
/// Depths, m, one over each threshold.
const STEPS: [(Severity, f64, &str); 4] = [
    (Severity::Blue, 0.16, "蓝色"),
    (Severity::Yellow, 0.28, "黄色"),
    (Severity::Orange, 0.41, "橙色"),
    (Severity::Red, 0.52, "红色"),
];

/// One frame that calls.
struct Sent {
    at: Instant,
    n: u32,
    step: usize,
    confirmed: Duration,
}

/// What was measured; one entry a frame.
#[derive(Default)]
struct Found {
    confirmed: Vec<Duration>,
    handed: Vec<Duration>,
    handed_first: Vec<Duration>,
    reading_shown: Vec<Duration>,
    alarm_shown: Vec<Duration>,
    missing: usize,
}

pub(super) async fn run() -> Result<Outcome> {
    let mut found = Found::default();
    for _ in 0..ROUNDS {
        round(&mut found).await?;
    }
    let p99 = |durations: &mut Vec<Duration>| percentile(durations, 0.99);
    let targets = vec![
        Target::at_most("frame to channel, p99", 250.0, p99(&mut found.handed), "ms"),
        Target::at_most(
            "frame to reading on the open screen, p99",
            500.0,
            p99(&mut found.reading_shown),
            "ms",
        ),
        Target::at_most("frame to alarm on the open screen, p99", 500.0, p99(&mut found.alarm_shown), "ms"),
        Target::at_most("messages or events that never came", 0.0, found.missing as f64, ""),
    ];
    let figures = json!({
        "stations": STATIONS,
        "rounds": ROUNDS,
        "frame_to_confirmation": spread(&mut found.confirmed),
        "frame_to_channel": spread(&mut found.handed),
        "frame_to_channel_of_new_alarms": spread(&mut found.handed_first),
        "frame_to_reading_on_screen": spread(&mut found.reading_shown),
        "frame_to_alarm_on_screen": spread(&mut found.alarm_shown),
    });
    Ok(Outcome { targets, figures })
}

async fn round(found: &mut Found) -> Result<()> {
    let folder = ground::folder()?;
    let data = folder.path().join("data");
    let town = ground::seed(&data, STATIONS, 300, Rules::Level).await?;
    let sink = Sink::start().await?;
    let server = Server::start(&data, &sink).await?;
    let screen = Screen::open(server.http, &town).await?;
    let sent = climb(server.sl651).await?;
    sleep(AFTERWARDS).await;
    let (handed, events) = (sink.handed(), screen.events());
    for one in &sent {
        found.take(one, &handed, &events);
    }
    server.stop().await
}

/// Every station through every colour.
async fn climb(to: SocketAddr) -> Result<Vec<Sent>> {
    let mut stations = Vec::new();
    for _ in 0..STATIONS {
        let stream = TcpStream::connect(to).await?;
        stream.set_nodelay(true)?;
        stations.push(stream);
    }
    let clock = SystemClock::default();
    let mut sent = Vec::new();
    for (step, (_, depth_m, _)) in STEPS.iter().enumerate() {
        let observed_at = ground::this_minute().plus_ms(step as i64 * MINUTE_MS - 10 * MINUTE_MS);
        let serial = u16::try_from(step + 1)?;
        for (n, stream) in (0..).zip(&mut stations) {
            let frame = city::load::frame(n, serial, clock.now(), observed_at, *depth_m)?;
            stream.write_all(&frame).await?;
            let at = Instant::now();
            let mut answer = [0; 64];
            let read = stream.read(&mut answer).await.context("waiting for a confirmation")?;
            anyhow::ensure!(read > 0, "the server hung up on station {n}");
            sent.push(Sent { at, n, step, confirmed: at.elapsed() });
            sleep(PAUSE).await;
        }
    }
    Ok(sent)
}

impl Found {
    fn take(&mut self, sent: &Sent, handed: &[Handed], events: &[Event]) {
        self.confirmed.push(sent.confirmed);
        let Some((severity, depth_m, colour)) = STEPS.get(sent.step) else { return };
        let name = format!("压测积水点{:05}", sent.n);
        let colour = format!("【{colour}】");
        let is_of = |text: &str| text.lines().any(|l| l.contains(&name) && l.contains(&colour));
        let text = handed.iter().filter(|h| h.at >= sent.at).find(|h| is_of(&unescaped(&h.text)));
        self.missing += usize::from(text.is_none());
        let took = text.map(|text| text.at - sent.at);
        self.handed.extend(took);
        self.handed_first.extend(took.filter(|_| sent.step == 0));

        let code = city::load::code(sent.n);
        let is_ours = |value: &serde_json::Value| value.as_str() == code.as_ref().map(|c| c.as_str());
        let later = || events.iter().filter(|event| event.at >= sent.at);
        let reading = later().filter(|event| event.name == "readings").find(|event| {
            let items = event.data.get("items").and_then(|items| items.as_array());
            items
                .into_iter()
                .flatten()
                .any(|item| item.get("station").is_some_and(is_ours) && carries(item, *depth_m))
        });
        let alarm = later().filter(|event| event.name == "alarm").find(|event| {
            event.data.pointer("/station/code").is_some_and(is_ours)
                && event.data.get("severity") == Some(&json!(severity))
        });
        self.missing += usize::from(reading.is_none()) + usize::from(alarm.is_none());
        self.reading_shown.extend(reading.map(|event| event.at - sent.at));
        self.alarm_shown.extend(alarm.map(|event| event.at - sent.at));
    }
}

/// Whether one of an item's readings has that value.
fn carries(item: &serde_json::Value, depth_m: f64) -> bool {
    let readings = item.get("readings").and_then(|r| r.as_array());
    let value = |r: &serde_json::Value| r.get("value").and_then(serde_json::Value::as_f64);
    readings.into_iter().flatten().any(|r| value(r).is_some_and(|v| (v - depth_m).abs() < 1e-9))
}

/// The text inside a JSON body, its lines as lines.
fn unescaped(body: &str) -> String {
    body.replace("\\n", "\n")
}
