//! The register of stations: reading, editing against each other, maintenance, rules.

use crate::house::{House, ROAD, code_of, said};
use field::time::MINUTE_MS;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

fn edit_of(view: &Value) -> Value {
    let points: Vec<Value> = view["points"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| json!({ "id": p["id"], "quantity": p["quantity"], "elements": p["elements"], "min": p["min"], "max": p["max"] }))
        .collect();
    json!({
        "code": view["code"], "name": view["name"], "name_en": view["name_en"], "kind": view["kind"],
        "position": view["position"], "block": view["block"]["id"],
        "report_interval_s": view["report_interval_s"], "ground_m": null, "crown_m": null, "points": points,
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_station_is_online_while_it_is_heard_and_shows_thresholds_and_latest_value() {
    let house = House::open().await;
    house.measured(ROAD, house.depth, 0, 0.25).await;
    let browser = house.signed_in("owner").await;
    let road = browser.get(&format!("/stations/{ROAD}")).await;
    assert_eq!((&road["online"], &road["points"][0]["latest"]["value"]), (&json!(true), &json!(0.25)));
    assert_eq!(
        road["points"][0]["thresholds"],
        json!({ "blue": null, "yellow": 0.3, "orange": 0.4, "red": 0.6 })
    );
    assert_eq!(road["online_rate"], Value::Null, "heard for the first time: too short to say");
    house.clock.advance_ms(12 * MINUTE_MS);
    assert_eq!(browser.get(&format!("/stations/{ROAD}")).await["online"], true);
    house.clock.advance_ms(MINUTE_MS);
    assert_eq!(browser.get(&format!("/stations/{ROAD}")).await["online"], false, "2.5 intervals are over");
    house.raised(field::severity::Severity::Red).await;
    let list = browser.get("/stations").await;
    let road = list["items"].as_array().unwrap().iter().find(|s| s["code"] == ROAD).unwrap();
    assert_eq!(road["severity"], "red");
    house.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_online_rate_counts_from_when_a_station_was_first_heard() {
    let house = House::open().await;
    // Every five minutes from 09:35 on; of the hour from 11:00 on only half.
    for minutes_ago in (0..=145).rev().filter(|m| m % 5 == 0 && (*m > 60 || m % 10 == 0)) {
        house.measured(ROAD, house.depth, minutes_ago, 0.25).await;
    }
    let road = house.signed_in("owner").await.get(&format!("/stations/{ROAD}")).await;
    let rate = road["online_rate"].as_f64().unwrap();
    // From 10:00 to 12:00: 12 and then 7 of 24.
    assert!((rate - 19.0 / 24.0).abs() < 1e-9, "{rate}");
    house.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_editors_the_second_is_told_that_it_changed_meanwhile() {
    let house = House::open().await;
    let browser = house.signed_in("admin").await;
    let path = format!("/api/v1/stations/{ROAD}");
    let road = browser.get(&format!("/stations/{ROAD}")).await;
    let etag = road["etag"].as_str().unwrap().to_owned();
    let mut edit = edit_of(&road);
    edit["name"] = json!("江滨路下穿");
    let put = |etag: Option<&str>, edit: &Value| {
        let ask = browser.ask(Method::PUT, &path).json(edit);
        etag.iter().fold(ask, |ask, tag| ask.header("if-match", *tag))
    };
    assert_eq!(code_of(said(put(None, &edit)).await), (428, "if_match_missing".into()));
    let (status, now) = said(put(Some(&etag), &edit)).await;
    assert_eq!((status, &now["name"]), (StatusCode::OK, &json!("江滨路下穿")), "{now}");
    assert_eq!(now["points"][0]["id"], road["points"][0]["id"], "the point stays the same one");
    assert_eq!(code_of(said(put(Some(&etag), &edit)).await), (412, "changed_meanwhile".into()));

    let etag = now["etag"].as_str().unwrap();
    edit["position"] = json!({ "lon": 29.25, "lat": 120.05 });
    edit["block"] = json!(null);
    let (status, body) = said(put(Some(etag), &edit)).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    let columns: Vec<_> =
        body["params"]["faults"].as_array().unwrap().iter().map(|f| f["column"].as_str().unwrap()).collect();
    assert_eq!(columns, ["lon", "lat", "lon"], "every fault is named: {body}");
    house.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_station_is_found_by_its_position_and_a_code_is_there_once() {
    let house = House::open().await;
    let browser = house.signed_in("admin").await;
    let station = json!({
        "code": "3307820099", "name": "新站", "name_en": "New", "kind": "manhole",
        "position": { "lon": 120.15, "lat": 29.25 }, "report_interval_s": 300,
        "points": [{ "quantity": "depth", "elements": ["39"], "min": 0.0, "max": 8.0 }],
    });
    let add = || browser.ask(Method::POST, "/api/v1/stations").json(&station);
    let (status, made) = said(add()).await;
    assert_eq!((status, &made["block"]["code"]), (StatusCode::CREATED, &json!("002")), "{made}");
    assert_eq!(code_of(said(add()).await), (409, "already_there".into()));
    house.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn maintenance_has_a_reason_and_an_end() {
    let house = House::open().await;
    let browser = house.signed_in("dispatcher").await;
    let path = format!("/api/v1/stations/{ROAD}/maintenance");
    let put = |until: &str, reason: &str| {
        browser.ask(Method::PUT, &path).json(&json!({ "until": until, "reason": reason }))
    };
    assert_eq!(said(put("2021-06-30T11:00:00+08:00", "x")).await.0, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(said(put("2021-06-30T14:00:00+08:00", " ")).await.0, StatusCode::UNPROCESSABLE_ENTITY);
    let (status, road) = said(put("2021-06-30T14:00:00+08:00", "probe exchanged")).await;
    assert_eq!((status, &road["maintenance"]["reason"]), (StatusCode::OK, &json!("probe exchanged")));
    let (_, road) = said(browser.ask(Method::DELETE, &path)).await;
    assert_eq!(road["maintenance"], Value::Null);
    house.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_is_checked_by_its_kind_before_it_is_stored() {
    let house = House::open().await;
    let browser = house.signed_in("dispatcher").await;
    let rules = browser.get(&format!("/rules?station={ROAD}")).await;
    let etag = rules["items"][0]["etag"].as_str().unwrap().to_owned();
    let put = |params: Value| {
        let body = json!({ "params": params, "enabled": true });
        browser
            .ask(Method::PUT, &format!("/api/v1/rules/{}", house.rule))
            .header("if-match", &etag)
            .json(&body)
    };
    assert_eq!(code_of(said(put(json!({}))).await), (422, "bad_rule".into()));
    let (status, rule) = said(put(json!({ "thresholds": { "red": 0.5 } }))).await;
    assert_eq!((status, &rule["params"]["thresholds"]["red"]), (StatusCode::OK, &json!(0.5)));
    assert_eq!(
        code_of(said(put(json!({ "thresholds": { "red": 0.4 } }))).await),
        (412, "changed_meanwhile".into())
    );
    house.end().await;
}
