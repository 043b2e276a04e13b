//! What if, as a dispatcher asks it: a town's supply network of 10,000 nodes runs in the twin, and trials are made
//! over HTTP, one after the other: bursts with the valves that shut them off, closed meters, tripped pumps, open
//! hydrants.

use super::figures::{Outcome, Target, percentile, spread};
use super::ground::{self, Rules, SEED};
use super::server::Server;
use super::sink::Sink;
use anyhow::{Context, Result, bail};
use city::Town;
use city::town::DEMO_PASSWORD;
use field::person::Role;
use networks::supply::{Ask, Supply};
use serde_json::{Value, json};
use std::path::Path;
use std::time::{Duration, Instant};

/// Junctions of the network.
const NODES: usize = 10_000;
/// Trials of each kind.
const TRIALS: usize = 25;
/// Longest wait for the model's first minute.
const PATIENCE: Duration = Duration::from_secs(180);

pub(super) async fn run() -> Result<Outcome> {
    let folder = ground::folder()?;
    let data = folder.path().join("data");
    let town = ground::seed(&data, 0, 60, Rules::Level).await?;
    let supply = networks::supply::generate(&Ask::town(SEED, NODES));
    put_models(&data, &supply)?;
    let server = Server::start(&data, &Sink::start().await?).await?;
    let (client, base) = (sign_in(&server, &town).await?, format!("http://{}/api/v1", server.http));
    until_it_runs(&client, &base).await?;
    let (mut took, mut kinds, mut low) = (Vec::new(), serde_json::Map::new(), 0);
    for (kind, acts) in trials(&supply) {
        let mut of_kind = Vec::new();
        for act in acts {
            let began = Instant::now();
            let answer =
                client.post(format!("{base}/twin/what-if")).json(&json!({ "acts": [act] })).send().await?;
            let answer: Value =
                answer.error_for_status().with_context(|| format!("trying {act}"))?.json().await?;
            of_kind.push(began.elapsed());
            low += answer.get("low").and_then(Value::as_array).map_or(0, Vec::len);
        }
        kinds.insert(kind.to_owned(), json!(percentile(&mut of_kind, 1.0)));
        took.extend(of_kind);
    }
    server.stop().await?;
    let longest = percentile(&mut took, 1.0) / 1_000.0;
    let targets = vec![Target::at_most("what-if on 10,000 nodes over HTTP, longest", 2.0, longest, "s")];
    let figures = json!({
        "junctions": NODES,
        "pipes": supply.pipes,
        "trials": took.len(),
        "spread": spread(&mut took),
        "longest_ms_by_kind": kinds,
        "taps_below_the_least_pressure_in_all": low,
    });
    Ok(Outcome { targets, figures })
}

fn put_models(data: &Path, supply: &Supply) -> Result<()> {
    let models = data.join("models");
    std::fs::create_dir_all(&models).with_context(|| format!("making `{}`", models.display()))?;
    std::fs::write(models.join("supply.inp"), &supply.inp)?;
    std::fs::write(models.join("bindings.json"), r#"{ "v": 1, "supply": {} }"#)?;
    Ok(())
}

async fn sign_in(server: &Server, town: &Town) -> Result<reqwest::Client> {
    let login = town.logins.iter().find(|login| login.role == Role::Dispatcher);
    let who =
        json!({ "login": login.context("the town has no dispatcher")?.login, "password": DEMO_PASSWORD });
    let client = reqwest::Client::builder().cookie_store(true).build()?;
    let answer = client.post(format!("http://{}/api/v1/session", server.http)).json(&who).send().await?;
    answer.error_for_status()?;
    Ok(client)
}

/// Waits until the supply model has come to its first minute.
async fn until_it_runs(client: &reqwest::Client, base: &str) -> Result<()> {
    let began = Instant::now();
    while began.elapsed() < PATIENCE {
        let engines: Value =
            client.get(format!("{base}/twin")).send().await?.error_for_status()?.json().await?;
        let runs = |e: &Value| {
            e.get("engine") == Some(&json!("supply")) && e.get("run").is_some_and(|r| !r.is_null())
        };
        if engines.get("items").and_then(Value::as_array).is_some_and(|items| items.iter().any(runs)) {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    bail!("the twin of the supply had not run {PATIENCE:?} after the start")
}

fn trials(supply: &Supply) -> Vec<(&'static str, Vec<Value>)> {
    let zones = || supply.zones.iter().cycle().take(TRIALS).enumerate();
    let pumps = supply.works.iter().flat_map(|w| &w.pumps).cycle().take(TRIALS);
    let hydrant = |(n, zone): (usize, &networks::supply::Zone)| {
        let node = zone.hydrants.get(n % zone.hydrants.len().max(1))?;
        Some(json!({ "act": "open_hydrant", "node": node, "diameter_mm": 65.0 }))
    };
    let burst = |(n, zone): (usize, &networks::supply::Zone)| json!({ "act": "burst_main", "link": format!("{}-P{:04}", zone.id, 1 + 7 * n), "diameter_mm": 120.0 });
    vec![
        ("burst", zones().map(burst).collect()),
        ("close", zones().map(|(_, zone)| json!({ "act": "close", "link": zone.meter })).collect()),
        ("hydrant", zones().filter_map(hydrant).collect()),
        ("trip", pumps.map(|pump| json!({ "act": "trip_pump", "link": pump })).collect()),
    ]
}
