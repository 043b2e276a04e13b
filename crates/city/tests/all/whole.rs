//! The whole town beside a small server.

use crate::server::Server;
use city::storm::STORMS;
use city::{City, Config, Habits, Town};
use field::time::MINUTE_MS;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::sync::watch;

pub(crate) fn config() -> Config {
    Config { follow_every_ms: 20, people: Habits { ignores: 0.0, ..Habits::default() }, ..Config::default() }
}

/// A playback half an hour into the storm of 2021.
pub(crate) fn playback(speed: f64) -> Value {
    let storm = &STORMS[1];
    json!({
        "now": storm.starts_at().plus_ms(30 * MINUTE_MS), "speed": speed, "paused": false, "demo": true,
        "synthetic": true, "storm": storm.id, "storm_began_at": storm.starts_at(), "people": true,
        "dispatcher": true, "leapt_at": storm.starts_at(), "storms": [],
    })
}

pub(crate) fn order(town: &Town) -> Value {
    let station = &town.stations[0];
    let block = town.blocks.iter().find(|b| b.id == station.block).unwrap();
    let owner = town.person(block.chain.a).unwrap();
    let at = STORMS[1].starts_at().plus_ms(30 * MINUTE_MS);
    json!({
        "id": 12, "number": "0630-012", "spot": station.position, "severity": "red", "escalation": 0,
        "station": { "code": station.code, "name": station.name, "name_en": station.name_en, "kind": station.kind,
                     "position": station.position },
        "block": { "id": block.id, "code": block.code, "name": block.name, "name_en": block.name_en },
        "alarms": [{ "id": 1, "kind": "level_high", "severity": "red", "state": "returned", "value": 0.1,
                     "threshold": 0.15, "unit": "m" }],
        "assignee": { "id": owner.id, "name": owner.name, "name_en": owner.name_en, "mobile": null, "role": "block_owner" },
        "sent_at": at, "accepted_at": null, "departed_at": null, "arrived_at": null, "arrival": null,
        "handled_at": null, "handling": null, "closed_at": null, "closed_by": null, "closed_reason": null,
        "changed_at": at, "mine": true,
    })
}

pub(crate) async fn get(url: String) -> String {
    reqwest::get(url).await.unwrap().text().await.unwrap()
}

/// Asks again until it is so.
pub(crate) async fn until(mut is_so: impl AsyncFnMut() -> bool) {
    while !is_so().await {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn eighty_stations_report_and_the_ledger_says_what_was_confirmed() {
    let config = config();
    let town = Town::generate(config.seed).unwrap();
    let (server, at) = Server::start(playback(600.0), order(&town)).await;
    let city = City::bind(Config { faults: city::rtu::Faults::none(), ..config }).await.unwrap();
    let control = city.bound().control;
    let (stop, shutdown) = watch::channel(false);
    let living = tokio::spawn(city.live(at, shutdown));
    // The storm's 76, and the reservoir that speaks ASCII.
    until(async || server.seen.lock().unwrap().stations.len() == 76 + 1).await;
    until(async || {
        let status: Value = serde_json::from_str(&get(format!("http://{control}/status")).await).unwrap();
        status["readings"] == status["readings_confirmed"] && status["readings"].as_u64() > Some(200)
    })
    .await;
    let ledger = get(format!("http://{control}/ledger?after=5&confirmed=true")).await;
    let first: Value = serde_json::from_str(ledger.lines().next().unwrap()).unwrap();
    assert_eq!((&first["n"], &first["confirmed"]), (&json!(6), &json!(true)));
    stop.send(true).unwrap();
    living.await.unwrap().unwrap();
}

#[tokio::test]
async fn an_order_is_accepted_travelled_to_handled_with_a_photo_and_closed() {
    let config = config();
    let town = Town::generate(config.seed).unwrap();
    let (server, at) = Server::start(playback(120.0), order(&town)).await;
    let people = Habits {
        looks_after_s: (0.0, 1.0),
        works_s: (1.0, 2.0),
        travel_kmh: 200.0,
        ignores: 0.0,
        ..Habits::default()
    };
    let city = City::bind(Config { people, ..config }).await.unwrap();
    let control = city.bound().control;
    let (stop, shutdown) = watch::channel(false);
    let channels = city.bound().channels.clone();
    let living = tokio::spawn(city.live(at, shutdown));
    let block = town.blocks.iter().find(|b| b.id == town.stations[0].block).unwrap();
    let mobile = town.person(block.chain.a).unwrap().mobile.clone().unwrap();
    let text = json!({ "mobile": mobile, "sign": "至臻水务", "text": "【至臻水务】积水 编号 M1" });
    let http = reqwest::Client::new();
    let sent = http.post(format!("{channels}/sms/send")).bearer_auth("demo-sms").json(&text).send().await;
    assert_eq!(sent.unwrap().json::<Value>().await.unwrap()["code"], 0);
    until(async || server.seen.lock().unwrap().acts.len() >= 5).await;
    until(async || get(format!("http://{control}/acts?after=0")).await.lines().count() >= 5).await;
    {
        let seen = server.seen.lock().unwrap();
        let acts: Vec<&str> = seen.acts.iter().map(|(act, _)| act.as_str()).collect();
        assert_eq!(acts, ["accept", "depart", "arrive", "handle", "close"]);
        assert_eq!(seen.photos, 1);
    }
    let acts = get(format!("http://{control}/acts?after=4")).await;
    assert!(acts.contains(r#""act":"close""#) && acts.contains(r#""subject":"order:12""#), "{acts}");
    stop.send(true).unwrap();
    living.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_taken_port_is_named_with_what_wanted_it() {
    let taken = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let control = taken.local_addr().unwrap();
    let error = City::bind(Config { control, ..config() }).await.unwrap_err().to_string();
    assert!(error.contains("the control port") && error.contains(&control.to_string()), "{error}");
}

#[tokio::test]
async fn an_unknown_follower_is_refused_by_name() {
    let town = Town::generate(config().seed).unwrap();
    let (_server, at) = Server::start(playback(1.0), order(&town)).await;
    let city = City::bind(Config { follower: "nobody".into(), ..config() }).await.unwrap();
    let (_stop, shutdown) = watch::channel(false);
    let error = city.live(at, shutdown).await.unwrap_err().to_string();
    assert!(error.contains("nobody"), "{error}");
}
