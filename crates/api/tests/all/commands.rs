//! Commands on the stream, and the pictures stations sent.

use crate::house::{House, ROAD, code, code_of, noon, said};
use crate::stream::Stream;
use reqwest::Method;
use serde_json::json;
use store::{Actor, Subject};

#[tokio::test(flavor = "multi_thread")]
async fn every_step_of_a_command_is_on_the_desks_screens_and_on_no_others() {
    let house = House::open().await;
    let desk = house.signed_in("dispatcher").await;
    let mut stream = Stream::open(&house.signed_in("admin").await, None).await;
    let mut owner = Stream::open(&house.signed_in("owner").await, None).await;
    let ask = json!({ "station": ROAD, "command": { "kind": "query_clock" } });
    let (status, asked) = desk.act("/commands", "k1", ask).await;
    assert_eq!(status.as_u16(), 200, "{asked}");
    let event = stream.next_of("command").await;
    assert_eq!((&event.data["kind"], &event.data["state"]), (&json!("query_clock"), &json!("allowed")));
    let id = asked["command"]["id"].as_i64().unwrap();
    let (status, _) = desk.act(&format!("/commands/{id}/refuse"), "k2", json!({ "reason": "no" })).await;
    assert_eq!(status.as_u16(), 200);
    let event = stream.next_of("command").await;
    assert_eq!((&event.data["id"], &event.data["state"]), (&json!(id), &json!("refused")));
    house.measured(ROAD, house.depth, 0, 0.3).await;
    loop {
        let event = owner.next().await.unwrap();
        assert_ne!(event.kind, "command", "a block owner has no business with commands");
        if event.kind == "readings" {
            break;
        }
    }
    house.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stations_pictures_are_listed_newest_first_page_by_page() {
    let house = House::open().await;
    let browser = house.signed_in("dispatcher").await;
    let path = format!("/stations/{ROAD}/pictures");
    assert_eq!(browser.get(&path).await["items"], json!([]));
    for n in 0..30 {
        let mut tx = house.store.tables.begin(Actor::Desk("gateway"), noon()).await.unwrap();
        let body = json!({ "v": 1, "key": format!("{n}.jpg"), "element": "F3", "media": "image/jpeg",
            "observed_at": noon().plus_ms(n * 60_000), "bytes": 20 });
        tx.journal(Subject::Station(code(ROAD)), "file", body).await.unwrap();
        tx.journal(Subject::Station(code(ROAD)), "other", json!({ "v": 1 })).await.unwrap();
        tx.commit().await.unwrap();
    }
    let first = browser.get(&path).await;
    let keys = |page: &serde_json::Value| -> Vec<String> {
        let items = page["items"].as_array().unwrap();
        items.iter().map(|item| item["key"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!((keys(&first).len(), keys(&first)[0].as_str()), (24, "29.jpg"));
    let cursor = first["next"].as_str().unwrap();
    let second = browser.get(&format!("{path}?cursor={cursor}")).await;
    assert_eq!((keys(&second).len(), &second["next"]), (6, &json!(null)));
    assert_eq!(keys(&second)[5], "0.jpg");
    let nobody = said(browser.ask(Method::GET, "/api/v1/stations/0000000000/pictures")).await;
    assert_eq!(code_of(nobody), (404, "not_found".into()));
    house.end().await;
}
