//! Series, rain and raw packets.

use crate::house::{GAUGE, House, ROAD, code_of, said};
use reqwest::Method;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_series_comes_with_its_packets_and_is_thinned_without_losing_the_peak() {
    let house = House::open().await;
    for minute in 0..60 {
        let value = if minute == 17 { 0.9 } else { 0.1 };
        house.measured(ROAD, house.depth, minute, value).await;
    }
    let browser = house.signed_in("owner").await;
    let path = |max: usize| {
        format!(
            "/series?points={}&from=2021-06-30T11:00:00%2B08:00&to=2021-06-30T12:00:01%2B08:00&max={max}",
            house.depth
        )
    };
    let whole = browser.get(&path(100)).await;
    let series = &whole["series"][0];
    assert_eq!(series["samples"].as_array().unwrap().len(), 60);
    assert_eq!((&series["unit"], &series["thinned"]), (&json!("m"), &json!(false)));
    let thin = browser.get(&path(8)).await;
    let samples = thin["series"][0]["samples"].as_array().unwrap();
    assert!(samples.len() <= 8 && samples.iter().any(|s| s[1] == 0.9), "{samples:?}");
    assert_eq!(thin["series"][0]["thinned"], true);
    let bad =
        said(browser.ask(Method::GET, "/api/v1/series?points=x&from=2021-06-30T11:00&to=2021-06-30T12:00"))
            .await;
    assert_eq!(code_of(bad), (422, "invalid".into()));
    house.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rain_is_summed_over_the_hours_and_the_hydrological_day() {
    let house = House::open().await;
    // 12:00 now: 4 h 05 min ago is 07:55, yesterday's hydrological day.
    for (minutes_ago, mm) in [(245, 7.0), (200, 3.0), (60, 1.0), (55, 2.5), (0, 0.5)] {
        house.measured(GAUGE, house.rain, minutes_ago, mm).await;
    }
    let browser = house.signed_in("owner").await;
    let rain = browser.get("/rain?window_h=6").await;
    let gauge = &rain["gauges"][0];
    assert_eq!((&gauge["h1"], &gauge["h3"], &gauge["h6"]), (&json!(3.0), &json!(4.0), &json!(14.0)));
    assert_eq!((&gauge["day"], &rain["areal"]["day"]), (&json!(7.0), &json!(7.0)));
    assert_eq!(rain["max"]["mm"], 14.0);
    assert_eq!(rain["hyetograph"].as_array().unwrap().last().unwrap()["mm"], 0.5);
    house.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reading_leads_to_the_raw_frame_it_came_in() {
    let house = House::open().await;
    let seq = house.measured(ROAD, house.depth, 0, 0.25).await;
    let browser = house.signed_in("dispatcher").await;
    let packet = browser.get(&format!("/packets/{seq}")).await;
    assert_eq!(packet["station"], ROAD);
    assert_eq!(packet["readings"][0]["value"], 0.25);
    assert!(packet["hex"].as_str().unwrap().len() > 10);
    assert!(
        packet["decoded"]["problems"].as_array().is_some_and(|p| !p.is_empty()),
        "made-up bytes are no frame"
    );
    assert_eq!(browser.get(&format!("/packets?station={ROAD}")).await["items"][0]["seq"], seq);
    house.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frame_in_quarantine_is_shown_with_its_reason_and_dismissed_once() {
    let house = House::open().await;
    let frame = store::tables::NewQuarantined {
        at: crate::house::noon(),
        peer: "10.0.0.9".into(),
        protocol: "sl651".into(),
        station: None,
        reason: "bad_crc".into(),
        detail: "computed 1234, read 4321".into(),
        raw: vec![0x7e, 0x7e, 1, 2, 3],
    };
    let id = house.store.tables.quarantine_add(frame).await.unwrap();
    let browser = house.signed_in("dispatcher").await;
    let list = browser.get("/quarantine").await;
    assert_eq!(
        (&list["items"][0]["reason"], &list["items"][0]["hex"]),
        (&json!("bad_crc"), &json!("7e7e010203"))
    );
    for _ in 0..2 {
        let (status, frame) = browser.act(&format!("/quarantine/{id}/dismiss"), "k", json!({})).await;
        assert_eq!((status.as_u16(), &frame["dismissed_by"]["name_en"]), (200, &json!("dispatcher")));
    }
    assert_eq!(browser.get("/quarantine").await["items"], json!([]));
    assert_eq!(browser.get("/quarantine?open=false").await["items"][0]["id"], id);
    house.end().await;
}
