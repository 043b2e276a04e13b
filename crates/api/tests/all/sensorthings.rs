//! OGC SensorThings: what others read of us, by our own eyes and by a client nobody here wrote.

use crate::house::{Browser, GAUGE, House, ROAD, code_of, said};
use field::time::Time;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;
use store::tables::QuarantineFilter;

async fn sta(browser: &Browser, path: &str) -> Value {
    let (status, body) = said(browser.ask(Method::GET, &format!("/sensorthings/v1.1{path}"))).await;
    assert_eq!(status, StatusCode::OK, "{path}: {body}");
    body
}

async fn refused(browser: &Browser, path: &str) -> (u16, String) {
    code_of(said(browser.ask(Method::GET, &format!("/sensorthings/v1.1{path}"))).await)
}

/// Follows a link as it was given.
async fn followed(browser: &Browser, house: &House, link: &Value) -> Value {
    let link = link.as_str().unwrap();
    sta(browser, link.strip_prefix(&format!("{}/sensorthings/v1.1", house.url)).unwrap()).await
}

fn ids(body: &Value) -> Vec<Value> {
    body["value"].as_array().unwrap().iter().map(|e| e["@iot.id"].clone()).collect()
}

fn results(body: &Value) -> Vec<f64> {
    body["value"].as_array().unwrap().iter().map(|e| e["result"].as_f64().unwrap()).collect()
}

/// Ten depths, one a minute, the newest at noon: 0.9, 0.8 … 0.0 going back.
async fn measured() -> House {
    let house = House::open().await;
    for minute in 0..10 {
        house.measured(ROAD, house.depth, minute, 0.9 - minute as f64 / 10.0).await;
    }
    house.measured(GAUGE, house.rain, 0, 2.5).await;
    house
}

#[tokio::test(flavor = "multi_thread")]
async fn the_root_names_the_sets_and_every_link_leads_somewhere() {
    let house = measured().await;
    let browser = house.signed_in("owner").await;
    let root = sta(&browser, "").await;
    assert_eq!(root["value"].as_array().unwrap().len(), 8);
    assert!(root["serverSettings"]["conformance"][0].as_str().unwrap().ends_with("/1.1/req/datamodel"));
    for set in root["value"].as_array().unwrap() {
        let all = followed(&browser, &house, &set["url"]).await;
        assert_eq!(set["name"] == "HistoricalLocations", all["value"] == json!([]), "{set}");
        for entity in all["value"].as_array().unwrap() {
            assert_eq!(
                followed(&browser, &house, &entity["@iot.selfLink"]).await["@iot.id"],
                entity["@iot.id"]
            );
            let links: Vec<_> =
                entity.as_object().unwrap().iter().filter(|(n, _)| n.ends_with("navigationLink")).collect();
            assert!(!links.is_empty());
            for (_, link) in links {
                followed(&browser, &house, link).await;
            }
        }
    }
    house.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_station_leads_to_its_place_its_series_and_their_units() {
    let house = measured().await;
    let browser = house.signed_in("owner").await;
    let thing = sta(
        &browser,
        &format!("/Things('{ROAD}')?$expand=Locations,Datastreams($expand=ObservedProperty,Sensor)"),
    )
    .await;
    assert_eq!(thing["name"], "ponding站");
    assert_eq!(thing["Locations"][0]["location"]["coordinates"], json!([120.05, 29.25]));
    let series = &thing["Datastreams"][0];
    assert_eq!(
        series["unitOfMeasurement"],
        json!({ "name": "metre", "symbol": "m", "definition": "ucum:m" })
    );
    assert_eq!(series["ObservedProperty"]["@iot.id"], "depth");
    assert_eq!(series["Sensor"]["encodingType"], "text/html");
    assert!(thing.get("Locations@iot.navigationLink").is_none());
    let name = sta(&browser, &format!("/Things('{ROAD}')/Datastreams({})/properties", house.depth)).await;
    assert_eq!(name["properties"]["elements"], json!(["39"]));
    let path = format!("/sensorthings/v1.1/Things('{ROAD}')/name/$value");
    assert_eq!(browser.ask(Method::GET, &path).send().await.unwrap().text().await.unwrap(), "ponding站");
    let references = sta(&browser, &format!("/Things('{ROAD}')/Datastreams/$ref")).await;
    assert!(references["value"][0]["@iot.selfLink"].as_str().unwrap().contains("/Datastreams("));
    house.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn observations_page_forwards_and_backwards_without_gap_or_double() {
    let house = measured().await;
    let browser = house.signed_in("owner").await;
    let stream = format!("/Datastreams({})/Observations", house.depth);
    for (order, mut expected) in [
        ("", (0..10).map(f64::from).collect::<Vec<_>>()),
        ("&$orderby=phenomenonTime%20desc", (0..10).rev().map(f64::from).collect()),
        ("&$orderby=result%20desc", (0..10).rev().map(f64::from).collect()),
        ("&$orderby=phenomenonTime", (0..10).map(f64::from).collect()),
    ] {
        expected.iter_mut().for_each(|value| *value = 0.9 - (9.0 - *value) / 10.0);
        let mut page = sta(&browser, &format!("{stream}?$top=4&$count=true{order}")).await;
        let mut found = vec![];
        loop {
            assert_eq!(page["@iot.count"], 10);
            found.extend(results(&page));
            let Some(next) = page.get("@iot.nextLink") else { break };
            page = followed(&browser, &house, next).await;
        }
        assert_eq!(found.len(), 10, "{order}: {found:?}");
        assert!(found.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-9), "{order}: {found:?}");
    }
    let skipped = sta(&browser, &format!("{stream}?$skip=8")).await;
    assert_eq!(skipped["value"].as_array().unwrap().len(), 2);
    let all = sta(&browser, "/Observations?$top=1&$orderby=resultTime%20desc").await;
    assert_eq!(results(&all), [2.5], "of one moment, the greater number first");
    house.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rain_observation_spans_its_five_minutes_and_filters_know_it() {
    let house = measured().await;
    let browser = house.signed_in("owner").await;
    let stream = format!("/Datastreams({})/Observations", house.rain);
    let all = sta(&browser, &stream).await;
    assert_eq!(all["value"][0]["phenomenonTime"], "2021-06-30T11:55:00+08:00/2021-06-30T12:00:00+08:00");
    assert_eq!(all["value"][0]["resultQuality"], "good");
    let count = async |filter: &str| {
        sta(&browser, &format!("{stream}?$filter={filter}")).await["value"].as_array().unwrap().len()
    };
    assert_eq!(count("phenomenonTime ge 2021-06-30T11:55:00+08:00").await, 1);
    assert_eq!(count("phenomenonTime ge 2021-06-30T11:56:00+08:00").await, 0);
    assert_eq!(count("phenomenonTime lt 2021-06-30T04:00:00Z").await, 1);
    house.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_reach_through_links_and_what_is_selected_is_all_there_is() {
    let house = measured().await;
    let browser = house.signed_in("owner").await;
    let things =
        sta(&browser, "/Things?$filter=Datastreams/ObservedProperty/name eq 'rain'&$select=id,name").await;
    assert_eq!(things["value"], json!([{ "@iot.id": GAUGE, "name": "rain站" }]));
    let far = "/Locations?$filter=geo.distance(location, geography'POINT(120.05 29.25)') lt 500";
    assert_eq!(ids(&sta(&browser, far).await), [json!(ROAD)]);
    let high = "/Observations?$filter=result gt 0.75 and Datastream/Thing/properties/kind eq 'ponding'";
    assert_eq!(results(&sta(&browser, high).await).len(), 2);
    let recent =
        "/Observations?$filter=phenomenonTime gt now() sub duration'PT90S' and result lt 1&$count=true";
    assert_eq!(sta(&browser, recent).await["@iot.count"], 2);
    let by_name = sta(&browser, "/Things?$orderby=name desc&$top=1&$count=true").await;
    assert_eq!((ids(&by_name), &by_name["@iot.count"]), (vec![json!(GAUGE)], &json!(3)));
    let next = followed(&browser, &house, &by_name["@iot.nextLink"]).await;
    assert_eq!(next["value"][0]["name"], "pump站");
    house.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_answered_says_why_and_nothing_is_written() {
    let house = measured().await;
    let browser = house.signed_in("dispatcher").await;
    for (path, expected) in [
        ("/Things?$filter=nme eq 1", (400, "bad_query")),
        ("/Things?$top=x", (400, "bad_query")),
        ("/Things?$select=foo", (400, "bad_query")),
        ("/Things?$expand=Foo", (400, "bad_query")),
        ("/Observations?$skiptoken=x", (400, "bad_query")),
        ("/Foo", (404, "not_found")),
        ("/Things('nobody')", (404, "not_found")),
        ("/Things(17)", (404, "not_found")),
        ("/Datastreams(999)/Observations", (404, "not_found")),
        ("/Things('3307820001')/foo", (404, "not_found")),
    ] {
        assert_eq!(refused(&browser, path).await, (expected.0, expected.1.to_owned()), "{path}");
    }
    for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
        let ask = browser.ask(method.clone(), "/sensorthings/v1.1/Things").json(&json!({}));
        // Only a source with its token makes anything, and Observations alone.
        let expected =
            if method == Method::POST { StatusCode::UNAUTHORIZED } else { StatusCode::METHOD_NOT_ALLOWED };
        assert_eq!(ask.send().await.unwrap().status(), expected, "{method}");
    }
    assert_eq!(refused(&house.nobody(), "/Things").await, (401, "not_signed_in".to_owned()));
    house.end().await;
}

/// Sends an observation as a push source; gives the status, where it stands now, and what was said.
async fn made(house: &House, path: &str, body: &Value) -> (StatusCode, Option<String>, Value) {
    let ask = reqwest::Client::new().post(format!("{}/sensorthings/v1.1{path}", house.url)).json(body);
    let answer = ask.header("authorization", "Token telegraf-token-0123456789").send().await.unwrap();
    let at = answer.headers().get("location").map(|at| at.to_str().unwrap().to_owned());
    (answer.status(), at, answer.json().await.unwrap_or_default())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_observation_that_is_sent_is_durable_and_stands_at_its_address() {
    let house = House::open().await;
    let browser = house.signed_in("owner").await;
    let stream = house.depth.0;
    let at = "2021-06-30T12:01:00+08:00";
    let body = json!({ "phenomenonTime": at, "result": 0.25, "Datastream": { "@iot.id": stream },
        "FeatureOfInterest": { "@iot.id": ROAD } });
    let (status, address, _) = made(&house, "/Observations", &body).await;
    assert_eq!(status, StatusCode::CREATED);
    let there = followed(&browser, &house, &address.unwrap().into()).await;
    assert_eq!((&there["result"], &there["resultQuality"]), (&json!(0.25), &json!("good")));
    // Sent again, it changes nothing; sent with another value, it is corrected. An interval counts at its end.
    assert_eq!(made(&house, "/Observations", &body).await.0, StatusCode::CREATED);
    let below = format!("/Datastreams({stream})/Observations");
    let interval = json!({ "phenomenonTime": "2021-06-30T03:56:00Z/2021-06-30T04:02:00Z", "result": null });
    assert_eq!(made(&house, &below, &interval).await.0, StatusCode::CREATED);
    let far = json!({ "phenomenonTime": "2021-06-30T04:03:00Z", "result": 1e6 });
    assert_eq!(made(&house, &below, &far).await.0, StatusCode::CREATED);
    let all = sta(&browser, &format!("{below}?$orderby=phenomenonTime&$select=result,resultQuality")).await;
    let said: Vec<_> = all["value"]
        .as_array()
        .unwrap()
        .iter()
        .map(|o| (o["result"].clone(), o["resultQuality"].clone()))
        .collect();
    assert_eq!(
        said,
        [(json!(0.25), json!("good")), (Value::Null, json!("missing")), (json!(1e6), json!("suspect"))],
        "outside the point's range it is doubted"
    );
    house.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_observation_that_is_none_says_why() {
    let house = House::open().await;
    let stream = json!({ "@iot.id": house.depth.0 });
    for (path, body, expected) in [
        ("/Observations", json!({ "result": 1.0 }), 400),
        ("/Observations", json!({ "result": "wet", "Datastream": stream }), 400),
        ("/Observations", json!({ "Datastream": stream, "phenomenonTime": "noon", "result": 1 }), 400),
        ("/Observations", json!({ "Datastream": stream, "result": 1, "resultQuality": "fine" }), 400),
        ("/Observations", json!({ "MultiDatastream": { "@iot.id": 1 }, "result": [1, 2] }), 400),
        (
            "/Observations",
            json!({ "Datastream": stream, "result": 1, "parameters": { "note": "w".repeat(70_000) } }),
            400,
        ),
        ("/Datastreams(999)/Observations", json!({ "result": 1 }), 404),
        ("/Things", json!({ "name": "x" }), 405),
    ] {
        let (status, _, said) = made(&house, path, &body).await;
        assert_eq!(status.as_u16(), expected, "{path} {body}: {said}");
    }
    assert_eq!(house.store.samples.latest(house.depth), None);
    // What was addressed to observations waits where a person sees it.
    let waiting = house.store.tables.quarantine(&QuarantineFilter::default()).await.unwrap();
    assert_eq!(waiting.len(), 7);
    assert!(waiting.iter().all(|w| w.protocol == "sensorthings" && !w.raw.is_empty()), "{waiting:?}");
    assert!(waiting.iter().any(|w| w.detail.contains("result `\"wet\"`")), "{waiting:?}");
    house.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_follows_does_not_notice_what_came_in_between() {
    let house = measured().await;
    let browser = house.signed_in("owner").await;
    let stream = format!("/Datastreams({})/Observations?$top=4&$orderby=phenomenonTime desc", house.depth);
    let first = sta(&browser, &stream).await;
    house.measured(ROAD, house.depth, -1, 5.0).await;
    let second = followed(&browser, &house, &first["@iot.nextLink"]).await;
    let values: Vec<i64> = results(&second).iter().map(|v| (v * 10.0).round() as i64).collect();
    assert_eq!(values, [5, 4, 3, 2]);
    assert_eq!(
        Time::from_beijing(2021, 6, 30, 11, 56, 0).unwrap().to_string(),
        second["value"][0]["resultTime"]
    );
    house.end().await;
}

/// The Python that has `module`, beside this test's folder; `None`, in words, where there is none.
pub(crate) fn python(module: &str) -> Option<PathBuf> {
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("http-peers");
    let python = home.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
    if python.is_file() {
        return Some(python);
    }
    println!("skipped: no {module} at {}; `cargo xtask peers` installs it", python.display());
    None
}

#[tokio::test(flavor = "multi_thread")]
async fn fraunhofers_client_walks_through_all_of_it() {
    let Some(python) = python("frost_sta_client") else { return };
    let house = measured().await;
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/frost_client.py");
    let (url, depth) = (format!("{}/sensorthings/v1.1", house.url), house.depth.to_string());
    let run = move || {
        let mut command = Command::new(python);
        command.args([script, &url, "lab-token-0123456789", ROAD, &depth]).env("NO_PROXY", "*");
        command.output().unwrap()
    };
    let done = tokio::task::spawn_blocking(run).await.unwrap();
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    assert!(done.status.success(), "{said}\n{}", String::from_utf8_lossy(&done.stderr));
    assert!(said.contains("all is well"), "{said}");
    house.end().await;
}
