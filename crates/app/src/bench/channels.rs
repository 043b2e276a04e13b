//! 10,000 notifications queued at once, against channel servers with the real limits, while the
//! server is killed again and again.
//!
//! The whole demo: the simulated town is a process of its own that outlives every kill (SIGKILL), its
//! channel servers count the real limits on the demo's clock, and its ledger says what arrived.

use super::figures::{Outcome, Target};
use super::ground::{self, SEED};
use crate::demo::child::City;
use anyhow::{Context, Result, bail};
use city::Town;
use city::storm::STORMS;
use field::id::MessageId;
use field::message::DeliveryState;
use field::person::ChannelKind;
use field::severity::Severity;
use field::time::Time;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};
use store::tables::NewMessage;
use store::{Actor, Options, Store};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::sleep;

const MESSAGES: usize = 10_000;
/// Both reach one person: what a person was told can be counted.
const CHANNELS: [ChannelKind; 2] = [ChannelKind::WecomApp, ChannelKind::Sms];
/// Kills while messages wait.
const KILLS: usize = 40;
/// A life lasts at least and at most so long after the server listens, ms.
const LIFE_MS: std::ops::Range<u64> = 5..300;
/// Longest wait for the last message after the last kill.
const PATIENCE: Duration = Duration::from_secs(300);
/// Messages asked about at once.
const PAGE: usize = 1_000;

/// A message as a channel server took it.
#[derive(Debug, Deserialize)]
struct Arrived {
    n: u64,
    message: i64,
    channel: String,
    person: Option<String>,
}

pub(super) async fn run() -> Result<Outcome> {
    let folder = ground::folder()?;
    let data = folder.path().join("data");
    let mut town = City::start(&city::Config { seed: SEED, ..city::Config::default() }).await?;
    let (http, sl651) = (free_addr()?, free_addr()?);
    town.connect(&crate::assembly::Listening {
        http,
        sl651,
        hj212: None,
        meters: None,
        mqtt: None,
        sl427: None,
    })
    .await?;
    let addresses = serde_json::to_string(&town.addresses)?;
    let demo = Demo { data: &data, http, sl651, addresses };
    // A first life without messages: from then on the town's clock is set, and with it the limits'.
    demo.start().await?.kill().await?;
    let ids = queue(&data).await?;

    let mut dice = StdRng::seed_from_u64(SEED);
    let (mut kills, began) = (0, Instant::now());
    let mut waiting = MESSAGES * CHANNELS.len();
    while kills < KILLS && waiting > 0 {
        let mut life = demo.start().await?;
        sleep(Duration::from_millis(dice.random_range(LIFE_MS))).await;
        life.kill().await?;
        kills += 1;
        waiting = left(&data, &ids).await?;
    }
    let mut last = demo.start().await?;
    let told = wait_for_all(&town, &ids).await?;
    let took = began.elapsed();
    sleep(Duration::from_secs(5)).await;
    last.kill().await?;
    let arrived = all(&town, "/messages").await?;
    let status: Value = town.list("/status").await?.into_iter().next().unwrap_or_default();

    let ours: BTreeSet<i64> = ids.iter().map(|id| id.0).collect();
    let mut times: BTreeMap<(i64, &str, Option<&str>), usize> = BTreeMap::new();
    for one in arrived.iter().filter(|one| ours.contains(&one.message)) {
        *times.entry((one.message, &one.channel, one.person.as_deref())).or_default() += 1;
    }
    let reached: BTreeSet<i64> = times.keys().map(|(message, ..)| *message).collect();
    let lost = ours.difference(&reached).count();
    let doubled_by = |channel: ChannelKind| {
        times.iter().filter(|((_, by, _), count)| *by == channel.code() && **count > 1).count()
    };
    let doubled = times.values().filter(|count| **count > 1).count();
    let share = 100.0 * doubled as f64 / times.len().max(1) as f64;
    let refused: u64 = status
        .pointer("/post/refused")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .filter_map(|(_, n)| n.as_u64())
        .sum();
    let dropped = status.pointer("/post/dropped").and_then(Value::as_u64).unwrap_or_default();
    let targets = vec![
        Target::at_most("notifications lost", 0.0, lost as f64, ""),
        Target::at_most("texts refused or dropped by a channel server", 0.0, (refused + dropped) as f64, ""),
        Target::at_most("notifications told twice", 0.1, share, "%"),
    ];
    let figures = json!({
        "queued": MESSAGES,
        "channels": CHANNELS.map(ChannelKind::code),
        "kills_while_waiting": kills,
        "arrived": times.len(),
        "arrived_before_patience_ended": told,
        "doubled": doubled,
        "doubled_by_channel": CHANNELS.map(|channel| (channel.code(), doubled_by(channel))),
        "seconds": took.as_secs_f64(),
        "channel_servers": status.get("post"),
        "deliveries": deliveries(&data, &ids).await?,
    });
    Ok(Outcome { targets, figures })
}

/// Lets 10,000 messages wait in the demo's data directory, spread over everybody.
async fn queue(data: &Path) -> Result<Vec<MessageId>> {
    let town = Town::generate(SEED)?;
    let store = Store::open(Options::new(data)).await?;
    let at = store.tables.journal_latest_at().await?.context("the demo wrote no journal")?;
    let mut tx = store.tables.begin(Actor::Desk("bench"), at).await?;
    let mut ids = Vec::with_capacity(MESSAGES);
    for n in 0..MESSAGES {
        // A person's messages have numbers in a row: a merged text then names them all, as `M7-M31`.
        let person = town.persons.get(n * town.persons.len() / MESSAGES).context("a town without people")?;
        let severity = Severity::ALL.get(n * 7 % 4).copied().unwrap_or(Severity::Blue);
        let message = tx.message_insert(message(n, person.id, severity, at)).await?;
        ids.extend(message.map(|message| message.id));
    }
    tx.commit().await?;
    store.close().await;
    Ok(ids)
}

fn message(n: usize, person: field::id::PersonId, severity: Severity, at: Time) -> NewMessage {
    NewMessage {
        key: format!("bench:{n}"),
        person,
        severity,
        alarm: None,
        order: None,
        template: "alarm_raised".to_owned(),
        params: json!({
            "station": format!("压测积水点{n:05}"), "station_en": format!("Load ponding {n:05}"),
            "town": "稠城街道", "town_en": "Choucheng", "kind": "level_high", "quantity": "depth",
            "unit": "m", "value": 0.42, "threshold": 0.4, "number": format!("0630-{n:05}"), "synthetic": true,
        }),
        deliver: CHANNELS.iter().map(|kind| (*kind, at)).collect(),
    }
}

/// The demo's server: how it is started each time.
struct Demo<'a> {
    data: &'a Path,
    http: SocketAddr,
    sl651: SocketAddr,
    addresses: String,
}

impl Demo<'_> {
    /// A new life; when it returns, the server listens.
    async fn start(&self) -> Result<Child> {
        let storm = STORMS.last().context("there is no storm")?;
        let mut child = Command::new(std::env::current_exe()?)
            .args([
                "demo",
                "--seed",
                &SEED.to_string(),
                "--storm",
                storm.id,
                "--no-people",
                "--no-dispatcher",
            ])
            .arg("--data")
            .arg(self.data)
            .args(["--http", &self.http.to_string(), "--sl651", &self.sl651.to_string()])
            .args(["--attach", &self.addresses])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let output = child.stdout.as_mut().context("the demo has no standard output")?;
        let mut said = String::new();
        BufReader::new(output).read_line(&mut said).await?;
        if !said.starts_with("listening") {
            bail!("the demo said `{}` instead of where it listens", said.trim());
        }
        Ok(child)
    }
}

/// Waits until every message was told on some channel, or patience ends; how many were.
async fn wait_for_all(town: &City, ids: &[MessageId]) -> Result<usize> {
    let began = Instant::now();
    loop {
        let arrived = all(town, "/messages").await?;
        let told: BTreeSet<i64> = arrived.iter().map(|one| one.message).collect();
        let count = ids.iter().filter(|id| told.contains(&id.0)).count();
        if count == ids.len() || began.elapsed() > PATIENCE {
            return Ok(count);
        }
        sleep(Duration::from_millis(500)).await;
    }
}

/// The whole of one of the town's lists.
async fn all(town: &City, list: &str) -> Result<Vec<Arrived>> {
    let mut whole: Vec<Arrived> = vec![];
    loop {
        let after = whole.last().map_or(0, |one| one.n);
        let more = town.list(&format!("{list}?after={after}")).await?;
        if more.is_empty() {
            return Ok(whole);
        }
        whole.extend(more);
    }
}

/// Deliveries of these messages by state.
async fn deliveries(data: &Path, ids: &[MessageId]) -> Result<BTreeMap<&'static str, usize>> {
    let store = Store::open(Options::new(data)).await?;
    let mut states = BTreeMap::new();
    for some in ids.chunks(PAGE) {
        for delivery in store.tables.deliveries_of(some).await? {
            *states.entry(delivery.state.code()).or_default() += 1;
        }
    }
    store.close().await;
    Ok(states)
}

async fn left(data: &Path, ids: &[MessageId]) -> Result<usize> {
    let states = deliveries(data, ids).await?;
    let of = |state: DeliveryState| states.get(state.code()).copied().unwrap_or(0);
    Ok(of(DeliveryState::Waiting) + of(DeliveryState::Handing))
}

/// A loopback port that was free a moment ago: it must stay the same over all lives.
fn free_addr() -> Result<SocketAddr> {
    Ok(std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}
