//! Orders: from sent to closed over HTTP, as the phone and the desk do it.

use crate::house::{House, ROAD_SPOT, code_of, said, too_large};
use field::alarm::AlarmAct;
use field::severity::Severity;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use store::{Actor, lives};

/// The smallest JPEG our store takes for one.
const JPEG: &[u8] =
    &[0xFF, 0xD8, 0xFF, 0xE0, 0, 16, b'J', b'F', b'I', b'F', 0, 1, 1, 0, 0, 1, 0, 1, 0, 0, 0xFF, 0xD9];

#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_accepted_travelled_to_handled_with_a_photo_and_closed() {
    let house = House::open().await;
    let alarm = house.raised(Severity::Orange).await;
    let order = house.ordered(&alarm).await;
    let (owner, desk) = (house.signed_in("owner").await, house.signed_in("dispatcher").await);
    let path = |act: &str| format!("/orders/{}/{act}", order.id);

    let card = owner.get(&format!("/orders/{}", order.id)).await;
    assert_eq!(card["number"], "0630-001");
    assert_eq!((&card["mine"], &card["can"]), (&json!(true), &json!(["accept", "reassign"])));
    assert_eq!(card["card"]["dispatcher"]["name_en"], "dispatcher");
    assert!(card["card"]["bring"].as_array().unwrap().contains(&json!("mobile_pump")));

    let (status, said) = owner.act(&path("accept"), "a", json!({})).await;
    assert_eq!((status, &said["order"]["state"]), (StatusCode::OK, &json!("accepted")), "{said}");
    assert_eq!(said["order"]["can"], json!(["depart", "reassign"]));
    let taken = owner.get(&format!("/alarms/{}", alarm.id)).await;
    assert_eq!(taken["state"], "acknowledged", "accepting acknowledges");

    let early = owner.act(&path("arrive"), "x", json!({ "position": null })).await;
    assert_eq!(code_of(early), (409, "out_of_turn".into()));
    owner.act(&path("depart"), "b", json!({})).await;
    let here = json!({ "position": { "lon": ROAD_SPOT.lon, "lat": ROAD_SPOT.lat, "accuracy_m": 8.0 } });
    let (_, said) = owner.act(&path("arrive"), "c", here).await;
    assert_eq!(said["order"]["arrival"], json!({ "kind": "proven", "distance_m": 0.0 }));

    let photo = owner.ask(Method::POST, "/api/v1/photos").header("content-type", "image/jpeg").body(JPEG);
    let key: Value = photo.send().await.unwrap().json().await.unwrap();
    let key = key["key"].as_str().unwrap().to_owned();
    let seen = desk.ask(Method::GET, &format!("/api/v1/photos/{key}")).send().await.unwrap();
    assert_eq!(seen.headers()["content-type"], "image/jpeg");
    assert_eq!(seen.bytes().await.unwrap(), JPEG);
    let lost = owner.act(&path("handle"), "y", json!({ "text": "done", "photos": ["0000.jpg"] })).await;
    assert_eq!(lost.0, StatusCode::NOT_FOUND);
    let (status, said) =
        owner.act(&path("handle"), "d", json!({ "text": "grate cleared", "photos": [key] })).await;
    assert_eq!((status, &said["order"]["state"]), (StatusCode::OK, &json!("handled")));

    let still = desk.act(&path("close"), "e", json!({ "reason": null })).await;
    assert_eq!(code_of(still), (409, "reason_needed".into()), "the water still stands");
    let gone = lives::alarm_act(
        &house.store.tables,
        alarm.id,
        AlarmAct::Return,
        Actor::Desk("alarm"),
        alarm.raised_at,
        None,
    );
    gone.await.unwrap();
    let (status, said) = desk.act(&path("close"), "f", json!({})).await;
    assert_eq!(
        (status, &said["order"]["state"], &said["order"]["can"]),
        (StatusCode::OK, &json!("closed"), &json!([]))
    );
    assert_eq!(desk.get(&format!("/alarms/{}", alarm.id)).await["state"], "closed");
    assert_eq!(desk.get("/orders?open=false").await["items"][0]["closed_by"]["name_en"], "dispatcher");
    house.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_block_owner_hands_his_own_order_to_the_next_of_the_chain_and_no_other() {
    let house = House::open().await;
    let order = {
        let alarm = house.raised(Severity::Orange).await;
        house.ordered(&alarm).await
    };
    let path = format!("/orders/{}/reassign", order.id);
    let ask = json!({ "to": null, "reason": "car broken down" });
    let neighbour = house.signed_in("neighbour").await;
    assert_eq!(code_of(neighbour.act(&path, "n", ask.clone()).await), (409, "not_yours".into()));
    let owner = house.signed_in("owner").await;
    let (status, said) = owner.act(&path, "o", ask.clone()).await;
    assert_eq!(
        (status, &said["order"]["assignee"]["name_en"]),
        (StatusCode::OK, &json!("neighbour")),
        "{said}"
    );
    let (status, again) = owner.act(&path, "o", ask.clone()).await;
    assert_eq!(
        (status, &again["line"]),
        (StatusCode::OK, &said["line"]),
        "the key said again gets its answer"
    );
    let (_, said) = neighbour.act(&path, "m", ask).await;
    assert_eq!(said["order"]["assignee"]["name_en"], "supervisor");
    house.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_photo_that_is_none_or_too_large_is_refused_and_a_full_disk_says_so() {
    let house = House::open().await;
    let owner = house.signed_in("owner").await;
    let put = |bytes: Vec<u8>| {
        owner.ask(Method::POST, "/api/v1/photos").header("content-type", "image/jpeg").body(bytes)
    };
    assert_eq!(code_of(said(put(b"MZ not a picture".to_vec())).await), (415, "bad_photo".into()));
    let mut large = JPEG.to_vec();
    large.resize(9 * 1024 * 1024, 0);
    too_large(put(large)).await;
    house.fault.disk_has_room_for(0);
    assert_eq!(code_of(said(put(JPEG.to_vec())).await), (507, "disk_full".into()));
    house.fault.disk_has_room();
    assert_eq!(said(put(JPEG.to_vec())).await.0, StatusCode::OK);
    house.end().await;
}
