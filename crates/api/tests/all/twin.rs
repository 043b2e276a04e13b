//! The models' boards and trials over HTTP.

use crate::house::{House, ROAD, code_of, said};
use reqwest::Method;
use serde_json::{Value, json};

fn outlook() -> Value {
    json!({
        "station": ROAD, "point": 1, "node": 0, "simulated": 7, "leads": [{ "lead_min": 15, "point": 8 }],
        "measured": { "at": "2021-06-30T11:55:00+08:00", "value": 0.2 }, "now": 0.21,
        "low": [0.1], "mid": [0.2], "high": [0.3],
    })
}

fn storm() -> Value {
    json!({
        "run": "storm-0a1b2c3d-20210630T0900", "minute": "2021-06-30T11:59:00+08:00",
        "gages": { "bound": 2, "silent": ["G2"] }, "levels": { "bound": 1, "silent": [] },
        "rain_mm_h": 12.5, "horizon_min": 120, "step_min": 5, "decay_min": 45.0, "event_since": null,
        "stations": [outlook()], "now": [40], "hour": [80], "two_hours": [100],
        "flooded": [{ "node": 0, "now_m": 0.0, "most_m": 0.12 }],
    })
}

fn streets() -> Value {
    let extent = |deepest_m: f64| {
        let ring = json!([[120.0, 29.0], [120.1, 29.0], [120.1, 29.1], [120.0, 29.0]]);
        json!({
            "volume_m3": 120.0, "area_m2": 640.0, "deepest_m": deepest_m,
            "bands": [{ "depth_m": 0.05, "polygons": [[ring]] }],
        })
    };
    json!({
        "minute": "2021-06-30T11:59:00+08:00", "horizon_min": 120, "computed": 12,
        "streets": [{ "station": ROAD, "node": 0, "now": extent(0.2), "most": extent(0.4) }],
    })
}

fn event(from: &str) -> Value {
    let lead = json!({
        "lead_min": 15, "pairs": 20, "rmse_m": 0.02, "persistence_rmse_m": 0.05, "skill": 0.84,
        "peak_error_m": -0.01, "peak_late_min": 5.0,
    });
    let score = json!({
        "station": ROAD, "point": 1, "from": from, "to": "2021-06-30T11:00:00+08:00", "peak_m": 0.6,
        "peak_at": "2021-06-30T10:00:00+08:00", "leads": [lead],
    });
    json!({ "from": from, "to": "2021-06-30T11:00:00+08:00", "stations": [score] })
}

fn show(house: &House, board: &str, what: &Value) {
    house.store.models.show(board, what.to_string().into_bytes());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_models_see_is_there_once_they_have_shown_it() {
    let house = House::open().await;
    let browser = house.signed_in("dispatcher").await;
    assert_eq!(browser.get("/twin").await["items"], json!([]));
    assert_eq!(
        code_of(said(browser.ask(Method::GET, "/api/v1/twin/storm")).await),
        (404, "not_found".into())
    );
    show(&house, "twin.storm", &storm());
    show(
        &house,
        "twin.status.storm",
        &json!({ "engine": "storm", "run": null, "minute": null, "took_ms": 3,
            "troubles": [{ "code": "no_model", "file": "storm.inp" }] }),
    );
    assert_eq!(browser.get("/twin/storm").await, storm());
    assert_eq!(browser.get("/twin/streets").await["computed"], 0, "no model, nothing to draw");
    show(&house, "twin.streets", &streets());
    assert_eq!(browser.get("/twin/streets").await, streets());
    assert_eq!(browser.get("/twin").await["items"][0]["troubles"][0]["code"], "no_model");
    let nowhere = said(browser.ask(Method::GET, "/api/v1/twin/networks/river")).await;
    assert_eq!(code_of(nowhere), (404, "not_found".into()));
    house.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_station_has_its_outlook_and_its_scores_the_running_event_first() {
    let house = House::open().await;
    show(&house, "twin.storm", &storm());
    show(&house, "twin.scores.running", &event("2021-06-30T10:30:00+08:00"));
    let kept = json!({ "v": 1, "events": [event("2021-06-29T08:00:00+08:00")] });
    house.store.tables.setting_keep("twin.scores", &kept).await.unwrap();
    let browser = house.signed_in("dispatcher").await;
    let station = browser.get(&format!("/twin/stations/{ROAD}")).await;
    assert_eq!(station["outlook"], outlook());
    assert_eq!((&station["is_running"], station["scores"].as_array().unwrap().len()), (&json!(true), 2));
    assert_eq!(station["scores"][1]["from"], "2021-06-29T08:00:00+08:00");
    let other = browser.get("/twin/stations/NOBODY").await;
    assert_eq!((&other["outlook"], &other["scores"]), (&Value::Null, &json!([])));
    assert_eq!(browser.get("/twin/scores").await["events"].as_array().unwrap().len(), 1);
    house.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trial_is_for_staff_and_says_why_it_was_not_made() {
    let house = House::open().await;
    let close = json!({ "acts": [{ "act": "close", "link": "P1" }] });
    let owner = house.signed_in("owner").await;
    assert_eq!(code_of(owner.act("/twin/what-if", "a", close.clone()).await), (403, "forbidden".into()));
    let browser = house.signed_in("dispatcher").await;
    assert_eq!(code_of(browser.act("/twin/what-if", "b", close).await), (404, "not_found".into()));
    let none = browser.act("/twin/what-if", "c", json!({ "acts": [] })).await;
    assert_eq!(code_of(none), (422, "invalid".into()));
    let odd = browser.act("/twin/what-if", "d", json!({ "acts": [{ "act": "explode" }] })).await;
    assert_eq!(odd.0.as_u16(), 400);
    house.end().await;
}
