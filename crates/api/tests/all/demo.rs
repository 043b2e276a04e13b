//! The demo's clock on the screen.

use crate::house::{House, code_of, said};
use reqwest::{Method, StatusCode};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_storm_is_started_and_the_speed_set_on_the_screen() {
    let house = House::of_the_demo().await;
    let logins: serde_json::Value = house.nobody().get("/demo/logins").await;
    assert_eq!(logins["items"][0]["login"], "owner");
    let browser = house.signed_in("dispatcher").await;
    let before = browser.get("/demo/playback").await;
    assert_eq!(
        (&before["demo"], &before["storm"], &before["storms"][0]["id"]),
        (&json!(true), &json!(null), &json!("2021-06-30"))
    );
    let post = |body: serde_json::Value| browser.ask(Method::POST, "/api/v1/demo/playback").json(&body);
    assert_eq!(code_of(said(post(json!({ "speed": 601.0 }))).await), (422, "invalid".into()));
    assert_eq!(code_of(said(post(json!({ "storm": "1998" }))).await), (404, "not_found".into()));
    let ask = json!({ "storm": "2021-06-30", "speed": 600.0, "paused": true, "people": false });
    let (status, playing) = said(post(ask)).await;
    assert_eq!(status, StatusCode::OK, "{playing}");
    assert_eq!(
        (&playing["storm"], &playing["speed"], &playing["people"]),
        (&json!("2021-06-30"), &json!(600.0), &json!(false))
    );
    assert_eq!(playing["storm_began_at"], "2021-06-30T12:01:00+08:00");
    assert_eq!(browser.get("/demo/report").await["readings_lost"], 0);
    house.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn outside_the_demo_nobody_is_offered_a_password() {
    let house = House::open().await;
    assert_eq!(
        code_of(said(house.nobody().ask(Method::GET, "/api/v1/demo/logins")).await),
        (404, "not_found".into())
    );
    house.end().await;
}
