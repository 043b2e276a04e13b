//! For whoever runs it.

use crate::house::{House, ROAD, said};
use field::severity::Severity;
use reqwest::{Method, StatusCode};
use serde_json::json;
use store::Actor;

#[tokio::test(flavor = "multi_thread")]
async fn health_says_which_part_is_ill_and_why() {
    let house = House::open().await;
    // Nobody dispatches: the desk falls behind.
    let mut tx = house.store.tables.begin(Actor::Nobody, crate::house::noon()).await.unwrap();
    for n in 0..5_001 {
        tx.setting_put("noise", &json!(n)).await.unwrap();
    }
    tx.commit().await.unwrap();
    let (status, health) = said(house.nobody().ask(Method::GET, "/health")).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    let ill: Vec<_> = health["parts"].as_array().unwrap().iter().filter(|p| p["ok"] == false).collect();
    assert_eq!(
        (&ill[0]["part"], &ill[0]["code"], ill.len()),
        (&json!("dispatch"), &json!("behind"), 1),
        "{health}"
    );
    house.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn health_is_good_while_every_part_works() {
    let house = House::open().await;
    let (status, health) = said(house.nobody().ask(Method::GET, "/health")).await;
    assert_eq!((status, &health["ok"]), (StatusCode::OK, &json!(true)), "{health}");
    let disk = api::disk_probe(std::env::temp_dir())(());
    assert!(disk.part == "disk" && disk.facts["free_bytes"].as_u64().is_some(), "{disk:?}");
    house.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_overview_counts_what_is_there() {
    let house = House::open().await;
    house.measured(ROAD, house.depth, 0, 0.42).await;
    let alarm = house.raised(Severity::Orange).await;
    house.ordered(&alarm).await;
    house.clock.advance_ms(60_000);
    let browser = house.signed_in("dispatcher").await;
    browser.act(&format!("/alarms/{}/acknowledge", alarm.id), "k", json!({})).await;
    let seen = browser.get("/overview").await;
    assert_eq!((&seen["stations"]["total"], &seen["stations"]["online"]), (&json!(3), &json!(1)));
    assert_eq!((&seen["alarms"]["active"], &seen["alarms"]["unacknowledged"]), (&json!(1), &json!(0)));
    assert_eq!((&seen["orders"]["open"], &seen["orders"]["late"]), (&json!(1), &json!(0)));
    assert_eq!((&seen["acknowledge_p50_s"], &seen["duty"]["covered"]), (&json!(60.0), &json!(2)));
    house.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_in_the_ledger_and_only_its_person_can_say_that_it_was_read() {
    let house = House::open().await;
    let admin = house.signed_in("admin").await;
    let ask = json!({ "person": crate::house::OWNER.0 });
    let (status, message) = admin.act("/channels/sms/test", "k", ask.clone()).await;
    assert_eq!((status, &message["deliveries"][0]["channel"]), (StatusCode::OK, &json!("sms")), "{message}");
    let (_, again) = admin.act("/channels/sms/test", "k", ask).await;
    assert_eq!(again["id"], message["id"], "asked twice with one key it is one message");
    let path = format!("/messages/{}/read", message["id"]);
    assert_eq!(admin.act(&path, "r", json!({})).await.0, StatusCode::FORBIDDEN);
    let owner = house.signed_in("owner").await;
    let (_, read) = owner.act(&path, "r", json!({})).await;
    assert_eq!(read["read_at"], "2021-06-30T12:00:00+08:00");
    let people = admin.get("/messages/people").await;
    assert_eq!(
        (&people["items"][0]["person"]["name_en"], &people["items"][0]["read"]),
        (&json!("owner"), &json!(1))
    );
    assert_eq!(house.signed_in("stranger").await.get("/messages").await["items"], json!([]));
    house.end().await;
}
