//! Many points at once: formats, thinning, windows, the latest.

use crate::house::{GAUGE, House, ROAD, noon};
use field::time::{DAY_MS, MINUTE_MS};
use reqwest::StatusCode;
use serde_json::json;
use store::retention::Retention;

fn path(house: &House, more: &str) -> String {
    format!(
        "/samples?points={}&from=2021-06-30T00:00:00%2B08:00&to=2021-06-30T12:00:00%2B08:00{more}",
        house.depth
    )
}

async fn measured() -> House {
    let house = House::open().await;
    for minute in 0..120 {
        let value = if minute == 57 { 1.9 } else { 0.1 };
        house.measured(ROAD, house.depth, 120 - minute, value).await;
    }
    house
}

/// As a program with a token that may read.
async fn read(house: &House, path: &str, accept: &str) -> reqwest::Response {
    let ask = reqwest::Client::new().get(format!("{}/api/v1{path}", house.url)).header("accept", accept);
    ask.header("authorization", "Bearer lab-token-0123456789").send().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peak_is_never_lost_whichever_way_it_is_thinned() {
    let house = measured().await;
    let browser = house.signed_in("owner").await;
    let whole = browser.get(&path(&house, "")).await;
    assert_eq!(whole["series"][0]["times"].as_array().unwrap().len(), 120);
    assert_eq!(whole["series"][0]["thinned"], json!(false));
    for method in ["minmax", "lttb"] {
        let few = browser.get(&path(&house, &format!("&target=12&method={method}"))).await;
        let values = few["series"][0]["values"].as_array().unwrap();
        assert!(values.len() <= 12 && values.contains(&json!(1.9)), "{method}: {values:?}");
    }
    house.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn windows_have_their_figures_in_every_format() {
    let house = measured().await;
    let browser = house.signed_in("owner").await;
    let hours = browser.get(&path(&house, "&window=1h")).await;
    let hours = &hours["windows"][0];
    assert_eq!(hours["counts"], json!([60, 60]));
    assert_eq!(hours["max"], json!([1.9, 0.1]), "{hours}");
    let some = browser.get(&path(&house, "&window=1h&figures=count,max,mean")).await;
    let some = &some["windows"][0];
    assert_eq!(
        (&some["counts"], &some["max"], &some["mean"]),
        (&hours["counts"], &hours["max"], &hours["mean"])
    );
    assert_eq!(
        (&some["weighted"], &some["sum"], &some["starts"]),
        (&json!([]), &json!([]), &hours["starts"])
    );
    let days = browser.get(&path(&house, "&window=hydrological_day")).await;
    assert_eq!(days["windows"][0]["counts"], json!([120]));
    let csv = read(&house, &path(&house, "&window=1h"), "text/csv").await;
    assert_eq!(csv.headers()["content-type"], "text/csv; charset=utf-8");
    assert_eq!(csv.text().await.unwrap().lines().count(), 3);
    house.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_with_a_reading_token_gets_csv_and_arrow_and_one_without_gets_nothing() {
    let house = measured().await;
    let csv = read(&house, &path(&house, ""), "text/csv").await.text().await.unwrap();
    assert_eq!(csv.lines().next(), Some("point,station,quantity,unit,time,value,quality,packet"));
    assert_eq!(csv.lines().count(), 121);
    assert!(
        csv.contains(&format!("{},{ROAD},depth,m,2021-06-30T", house.depth)) && csv.contains(",1.9,good,58")
    );
    let answer = read(&house, &path(&house, ""), "application/vnd.apache.arrow.stream").await;
    assert_eq!(answer.headers()["content-type"], "application/vnd.apache.arrow.stream");
    let bytes = answer.bytes().await.unwrap();
    let mut reader = arrow_ipc::reader::StreamReader::try_new(&bytes[..], None).unwrap();
    let batch = reader.next().unwrap().unwrap();
    assert_eq!((batch.num_rows(), batch.num_columns()), (120, 4));
    let refused = reqwest::Client::new().get(format!("{}/api/v1/samples/latest", house.url));
    let refused = refused.header("authorization", "Bearer telegraf-token-0123456789").send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
    house.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_latest_of_all_points_comes_in_one_answer() {
    let house = measured().await;
    let answer: serde_json::Value = read(&house, "/samples/latest", "*/*").await.json().await.unwrap();
    let place = answer["points"].as_array().unwrap().iter().position(|p| *p == json!(house.depth)).unwrap();
    assert_eq!(answer["values"][place], json!(0.1));
    assert!(answer["times"][place].as_i64().unwrap() <= noon().ms());
    // One reading dated three days ahead does not hide what comes after it.
    house.measured(ROAD, house.depth, -3 * 1_440, 9.9).await;
    house.measured(ROAD, house.depth, 0, 0.2).await;
    let answer: serde_json::Value = read(&house, "/samples/latest", "*/*").await.json().await.unwrap();
    assert_eq!(answer["values"][place], json!(0.2));
    let browser = house.signed_in("owner").await;
    let station = browser.get(&format!("/stations/{ROAD}")).await;
    let points = station["station"]["points"].as_array().or(station["points"].as_array()).unwrap();
    let point = points.iter().find(|p| p["id"] == json!(house.depth)).unwrap();
    assert_eq!(point["latest"]["value"], json!(0.2), "{point}");
    house.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_each_class_of_points_takes_is_shown_to_staff_only() {
    let house = measured().await;
    let dispatcher = house.signed_in("dispatcher").await;
    let view = dispatcher.get("/storage").await;
    assert_eq!(view["classes"][0]["name"], json!(null));
    assert!(view["classes"][0]["points"].as_u64().unwrap() >= 2, "{view}");
    assert!(view["log_bytes"].as_u64().unwrap() > 0);
    let owner = house.signed_in("owner").await;
    let refused = owner.ask(reqwest::Method::GET, "/api/v1/storage").send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    house.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_answered_is_said() {
    let house = House::open().await;
    let browser = house.signed_in("owner").await;
    for (more, status) in [
        ("&target=x", 422),
        ("&window=7m", 422),
        ("&window=1h&figures=mode", 422),
        ("&method=magic", 422),
        ("&format=xls", 422),
    ] {
        let answer = browser
            .ask(reqwest::Method::GET, &format!("/api/v1{}", path(&house, more)))
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status().as_u16(), status, "{more}");
    }
    let gone = "/api/v1/samples?points=99999&from=2021-06-30T11:00&to=2021-06-30T12:00";
    assert_eq!(browser.ask(reqwest::Method::GET, gone).send().await.unwrap().status(), 404);
    house.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn long_answers_are_packed_for_whoever_takes_it() {
    let house = measured().await;
    let ask = |accept: &'static str| {
        let ask = reqwest::Client::new().get(format!("{}/api/v1{}", house.url, path(&house, "")));
        ask.header("authorization", "Bearer lab-token-0123456789").header("accept-encoding", accept).send()
    };
    for (accept, packed) in [("gzip", Some("gzip")), ("br", Some("br")), ("identity", None)] {
        let answer = ask(accept).await.unwrap();
        assert_eq!(answer.headers().get("content-encoding").map(|v| v.to_str().unwrap()), packed);
    }
    let browser = house.signed_in("owner").await;
    let short = browser.ask(reqwest::Method::GET, "/api/v1/clock").header("accept-encoding", "gzip").send();
    assert_eq!(short.await.unwrap().headers().get("content-encoding"), None);
    house.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_window_of_which_rows_may_be_gone_is_left_out_and_never_says_too_little() {
    for (rows_days, days_told) in [(None, 5), (Some(2), 2)] {
        let retention = Retention { rows_days, ..Retention::default() };
        let house = House::that_keeps(retention.clone()).await;
        // 2 mm an hour for three days and a half, the last at noon; the day's begin is 08:00.
        for hour in (0..84).rev() {
            house.measured(GAUGE, house.rain, hour * 60, 2.0).await;
        }
        house.store.samples.retain(retention.due(&house.store.tables.registry(), noon())).await.unwrap();
        let from = noon().plus_ms(-4 * DAY_MS).to_string().replace('+', "%2B");
        let to = noon().plus_ms(MINUTE_MS).to_string().replace('+', "%2B");
        let of = format!("/samples?points={}&from={from}&to={to}&window=hydrological_day", house.rain);
        let browser = house.signed_in("owner").await;
        for more in ["", "&figures=count,sum"] {
            let days = &browser.get(&format!("{of}{more}")).await["windows"][0];
            let sums = days["sum"].as_array().unwrap();
            assert_eq!(sums.len(), days_told, "{rows_days:?}: {days}");
            // Today's four hours, yesterday whole: 24 labels from 09:00 to 08:00.
            assert_eq!(sums[days_told - 2..], [json!(48.0), json!(8.0)], "{rows_days:?}: {days}");
        }
        house.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn points_asked_together_are_answered_as_each_alone_in_their_order() {
    let house = measured().await;
    for hour in (0..5).rev() {
        house.measured(GAUGE, house.rain, hour * 60, 2.0).await;
    }
    let browser = house.signed_in("owner").await;
    let (from, to) = (noon().plus_ms(-DAY_MS).to_string(), noon().plus_ms(MINUTE_MS).to_string());
    let ask = async |points: &str, more: &str| {
        let (from, to) = (from.replace('+', "%2B"), to.replace('+', "%2B"));
        let path = format!("/samples?points={points}&from={from}&to={to}&window=1h{more}");
        browser.get(&path).await["windows"].as_array().unwrap().clone()
    };
    let (rain, depth) = (house.rain.to_string(), house.depth.to_string());
    // Rain is reckoned from its rows, the depth's figures are kept.
    for more in ["", "&figures=count,sum", "&figures=mean"] {
        let together = ask(&format!("{depth},{rain},{depth},{depth}"), more).await;
        let (depth, rain) = (ask(&depth, more).await, ask(&rain, more).await);
        assert!(depth[0]["starts"].as_array().unwrap().len() >= 2 && rain[0]["point"] == json!(house.rain));
        assert_eq!(together, [&depth[0], &rain[0], &depth[0], &depth[0]].map(Clone::clone), "{more}");
    }
    house.end().await;
}
