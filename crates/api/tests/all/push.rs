//! Pushes over real HTTP: line protocol and JSON, tokens, what is refused, what is made by itself.

use crate::house::{House, ROAD, noon};
use field::id::PointId;
use field::sample::Quality;
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};

async fn push(house: &House, path: &str, source: &str, body: impl Into<reqwest::Body>) -> Response {
    let ask = reqwest::Client::new().post(format!("{}{path}", house.url)).body(body);
    ask.header("authorization", format!("Token {source}-token-0123456789")).send().await.unwrap()
}

fn ns(minutes: i64) -> i64 {
    (noon().ms() + minutes * 60_000) * 1_000_000
}

fn latest(house: &House, point: PointId) -> Option<f64> {
    house.store.samples.latest(point).and_then(|(sample, _)| sample.value)
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_registered_elements_are_durable_when_the_answer_comes() {
    let house = House::open().await;
    for (n, path) in ["/api/v1/push/influx", "/write?db=x", "/api/v2/write?precision=ns"].iter().enumerate() {
        let n = n as i64;
        let body = format!(
            "water,station={ROAD},x=y 39=0.{n}1 {}\nwater,station={ROAD} 39=0.{n}2 {}\n",
            ns(2 * n),
            ns(2 * n + 1)
        );
        let answer = push(&house, path, "telegraf", body).await;
        assert_eq!(answer.status(), StatusCode::NO_CONTENT, "{path}");
        assert_eq!(latest(&house, house.depth), Some(format!("0.{n}2").parse().unwrap()));
    }
    let all = house.store.samples.range(house.depth, noon(), noon().plus_ms(600_000), 100).await.unwrap();
    assert_eq!(all.len(), 6);
    house.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_lines_are_named_kept_in_quarantine_and_harm_no_other() {
    let house = House::open().await;
    let body = format!(
        "m,station={ROAD} 39=0.3 {}\nm,station={ROAD} 39=wet {}\nm,station=nowhere 39=1 {}\nm,station={ROAD} 99=1 {}\n",
        ns(0),
        ns(1),
        ns(2),
        ns(3)
    );
    let answer = push(&house, "/write", "telegraf", body).await;
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
    let said: Value = answer.json().await.unwrap();
    assert_eq!((said["code"].as_str(), &said["params"]["written"]), (Some("partial_write"), &json!(1)));
    let faults: Vec<_> = said["params"]["faults"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| (f["line"].as_i64().unwrap(), f["code"].as_str().unwrap().to_owned()))
        .collect();
    let expected = [(2, "bad_value"), (3, "unknown_station"), (4, "unknown_series")];
    assert_eq!(faults, expected.map(|(line, code)| (line, code.to_owned())));
    assert_eq!(latest(&house, house.depth), Some(0.3));
    let kept = house.store.tables.quarantine(&Default::default()).await.unwrap();
    assert_eq!((kept.len(), kept[0].protocol.as_str(), kept[0].reason.as_str()), (1, "influx", "bad_value"));
    assert!(String::from_utf8_lossy(&kept[0].raw).contains("39=wet"));
    house.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_may_makes_a_point_for_each_new_series_once() {
    let house = House::open().await;
    let before = house.store.tables.registry().points().len();
    let mut body = String::new();
    for minute in 0..2 {
        for n in 0..300 {
            body += &format!("cpu,host=h{n} usage={n}.5 {}\n", ns(minute));
        }
    }
    for _ in 0..2 {
        assert_eq!(push(&house, "/write", "lab", body.clone()).await.status(), StatusCode::NO_CONTENT);
    }
    // Another order of tags is the same series; a known station's new field is its own point.
    let more = format!(
        "cpu,a=1,host=h cpu=1 {}\ncpu,host=h,a=1 cpu=2 {}\nm,station={ROAD} ph=7.1 {}\n",
        ns(0),
        ns(1),
        ns(0)
    );
    assert_eq!(push(&house, "/write", "lab", more).await.status(), StatusCode::NO_CONTENT);
    let registry = house.store.tables.registry();
    assert_eq!(registry.points().len(), before + 302);
    let point = registry.point_for_element(&crate::house::code(ROAD), "cpu,host=h7 usage").unwrap();
    let stored = house.store.samples.range(point.id, noon(), noon().plus_ms(600_000), 100).await.unwrap();
    assert_eq!(stored.iter().map(|(s, _)| s.value.unwrap()).collect::<Vec<_>>(), [7.5, 7.5]);
    assert!(registry.point_for_element(&crate::house::code(ROAD), "ph").is_some());
    house.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_senders_of_new_series_at_once_make_each_point_once_and_lose_no_row() {
    let house = std::sync::Arc::new(House::open().await);
    let before = house.store.tables.registry().points().len();
    let senders: Vec<_> = (0..8)
        .map(|sender| {
            let house = std::sync::Arc::clone(&house);
            tokio::spawn(async move {
                for round in 0..6 {
                    // Neighbours share half of their series.
                    let series = (0..40).map(|n| (sender + round) * 20 + n);
                    let line = |n: i64| format!("cpu,host=h{n} usage={n} {}\n", ns(sender));
                    let body: String = series.map(line).collect();
                    assert_eq!(push(&house, "/write", "lab", body).await.status(), StatusCode::NO_CONTENT);
                }
            })
        })
        .collect();
    for sender in senders {
        sender.await.unwrap();
    }
    let registry = house.store.tables.registry();
    // Of senders 0 to 7 and rounds 0 to 5 the series 0 to 279.
    assert_eq!(registry.points().len(), before + 280);
    for (n, least) in [(0_i64, 1), (130, 2), (279, 1)] {
        let element = format!("cpu,host=h{n} usage");
        let point = registry.point_for_element(&crate::house::code(ROAD), &element).unwrap();
        let stored = house.store.samples.range(point.id, noon(), noon().plus_ms(600_000), 100).await.unwrap();
        let sent = (0..8).filter(|s| (0..6).any(|r| ((s + r) * 20..(s + r) * 20 + 40).contains(&n))).count();
        assert!(stored.len() == sent && sent >= least, "series {n}: {} of {sent}", stored.len());
        assert!(stored.iter().all(|(sample, _)| sample.value == Some(n as f64)));
    }
    let house = std::sync::Arc::into_inner(house).unwrap();
    house.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_packed_body_is_unpacked_within_its_limit_and_a_wrong_token_is_refused() {
    use std::io::Write as _;
    let house = House::open().await;
    let gz = |text: &[u8]| {
        let mut packer = flate2::write::GzEncoder::new(vec![], flate2::Compression::fast());
        packer.write_all(text).unwrap();
        packer.finish().unwrap()
    };
    let send = |body: Vec<u8>, token: &'static str| {
        let ask = reqwest::Client::new().post(format!("{}/write?precision=s", house.url)).body(body);
        ask.header("content-encoding", "gzip").header("authorization", format!("Bearer {token}")).send()
    };
    let row = format!("m,station={ROAD} 39=0.4 {}", noon().ms() / 1000);
    assert_eq!(send(gz(row.as_bytes()), "telegraf-token-0123456789").await.unwrap().status(), 204);
    assert_eq!(latest(&house, house.depth), Some(0.4));
    assert_eq!(send(gz(row.as_bytes()), "guess").await.unwrap().status(), 401);
    assert_eq!(send(row.clone().into_bytes(), "telegraf-token-0123456789").await.unwrap().status(), 400);
    let bomb = gz(&vec![b'\n'; 65 * 1024 * 1024]);
    assert_eq!(send(bomb, "telegraf-token-0123456789").await.unwrap().status(), 413);
    assert_eq!(push(&house, "/write?precision=weeks", "telegraf", row).await.status(), 422);
    house.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn json_is_read_by_its_mapping_and_units_become_the_points() {
    let house = House::open().await;
    let at = noon().to_string();
    let body = json!({ "data": [{ "id": ROAD, "at": at, "cm": 31.0 }] }).to_string();
    assert_eq!(push(&house, "/api/v1/push/json/levels", "telegraf", body).await.status(), 204);
    let (sample, _) = house.store.samples.latest(house.depth).unwrap();
    assert_eq!((sample.value, sample.quality), (Some(0.31), Quality::Good));
    let body =
        json!({ "data": [{ "id": ROAD, "at": at, "kv": 1.0 }, { "id": "nowhere", "at": at, "cm": 1.0 }] })
            .to_string();
    let answer = push(&house, "/api/v1/push/json/levels", "telegraf", body).await;
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
    let said: Value = answer.json().await.unwrap();
    let codes: Vec<_> =
        said["params"]["faults"].as_array().unwrap().iter().map(|f| f["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["bad_unit", "unknown_station"]);
    assert_eq!(push(&house, "/api/v1/push/json/none", "telegraf", "{}").await.status(), 404);
    assert_eq!(push(&house, "/api/v1/push/json/levels", "telegraf", "{").await.status(), 400);
    // A mark in front of the text is no part of it, here and in front of a series' name.
    let marked = format!("\u{FEFF}{}", json!({ "data": [{ "id": ROAD, "at": at, "cm": 32.0 }] }));
    assert_eq!(push(&house, "/api/v1/push/json/levels", "telegraf", marked).await.status(), 204);
    assert_eq!(latest(&house, house.depth), Some(0.32));
    let marked = format!("\u{FEFF}m,station={ROAD} 39=0.33 {}\n", ns(1));
    assert_eq!(push(&house, "/write", "telegraf", marked).await.status(), 204);
    house.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_no_json_waits_in_quarantine_with_its_bytes() {
    let house = House::open().await;
    // GB 18030, as older platforms write it: JSON is UTF-8.
    let body = b"{\"data\":[{\"id\":\"\xbd\xad\xb1\xf5\"}]}".to_vec();
    let answer = push(&house, "/api/v1/push/json/levels", "telegraf", body.clone()).await;
    let said: Value = answer.json().await.unwrap();
    assert_eq!(said["code"], "bad_body");
    let kept = house.store.tables.quarantine(&Default::default()).await.unwrap();
    assert_eq!((kept.len(), kept[0].protocol.as_str(), kept[0].reason.as_str()), (1, "json", "no_json"));
    assert!(kept[0].raw.starts_with(&body));
    house.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sender_that_changes_its_unit_is_converted_or_refused_and_never_mixed() {
    let house = House::open().await;
    let mud = house.unclassified("mud").await;
    let minute = |n: i64| noon().plus_ms(n * 60_000).to_string();
    let record =
        |n: i64, value: f64, unit: &str| json!({ "id": ROAD, "at": minute(n), "mud": value, "unit": unit });
    let send = async |records: Value| {
        let body = json!({ "data": records }).to_string();
        push(&house, "/api/v1/push/json/levels", "telegraf", body).await
    };
    assert_eq!(send(json!([record(-5, 300.0, "mg/L")])).await.status(), 204);
    // Its maker's update sends grams: the same series, the same unit.
    assert_eq!(send(json!([record(-4, 0.31, "g/L")])).await.status(), 204);
    // And then something that is no concentration at all: named, in quarantine; what came with it is kept.
    let refused = send(json!([record(-3, 7.0, "V"), record(-2, 320.0, "mg/L")])).await;
    assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
    let said: Value = refused.json().await.unwrap();
    let fault = &said["params"]["faults"][0];
    assert_eq!((&fault["line"], &fault["code"]), (&json!(1), &json!("bad_unit")));
    assert!(fault.to_string().contains("unit `V` cannot become `mg/L`"), "{fault}");
    let kept = house.store.samples.range(mud, noon().plus_ms(-600_000), noon(), 9).await.unwrap();
    assert_eq!(kept.iter().map(|(s, _)| s.value.unwrap()).collect::<Vec<_>>(), [300.0, 310.0, 320.0]);
    let quarantined = house.store.tables.quarantine(&Default::default()).await.unwrap();
    assert_eq!((quarantined.len(), quarantined[0].reason.as_str()), (1, "bad_unit"));
    assert!(String::from_utf8_lossy(&quarantined[0].raw).contains("7.0"), "its bytes are there");
    house.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_said_and_the_rows_are_not_called_durable() {
    let house = House::open().await;
    house.fault.disk_has_room_for(0);
    let answer = push(&house, "/write", "telegraf", format!("m,station={ROAD} 39=0.4 {}", ns(0))).await;
    assert!(answer.status().is_server_error(), "{}", answer.status());
    assert_eq!(latest(&house, house.depth), None);
    house.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pushed_reading_leads_to_the_body_it_came_in_and_the_same_body_changes_nothing() {
    let house = House::open().await;
    let browser = house.signed_in("dispatcher").await;
    let body = json!({ "data": [{ "id": ROAD, "at": noon().plus_ms(-60_000).to_string(), "cm": 31.0 }] })
        .to_string();
    for _ in 0..2 {
        assert_eq!(push(&house, "/api/v1/push/json/levels", "telegraf", body.clone()).await.status(), 204);
    }
    assert_eq!(house.store.samples.stats().packets, 1);
    let (_, seq) = house.store.samples.latest(house.depth).unwrap();
    let packet = browser.get(&format!("/packets/{seq}")).await;
    let hex: String = body.bytes().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(packet["hex"].as_str().unwrap().replace(' ', "").to_lowercase(), hex);
    assert_eq!((&packet["protocol"], &packet["readings"][0]["value"]), (&json!("json"), &json!(0.31)));
    let fields = packet["fields"].as_array().unwrap();
    let cm = fields.iter().find(|field| field["name"] == "data[0].cm").unwrap();
    let (start, end) = (cm["start"].as_u64().unwrap() as usize, cm["end"].as_u64().unwrap() as usize);
    assert_eq!(&body[start..end], "31.0");
    house.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_station_that_a_platform_pushes_for_is_on_line_and_its_readings_are_judged_as_its_own() {
    let house = House::open().await;
    let browser = house.signed_in("dispatcher").await;
    let station = browser.get(&format!("/stations/{ROAD}")).await;
    assert_eq!((&station["online"], &station["last_received_at"]), (&json!(false), &Value::Null));
    let body = json!({ "data": [{ "id": ROAD, "at": noon().to_string(), "cm": 31.0 }] }).to_string();
    assert_eq!(push(&house, "/api/v1/push/json/levels", "telegraf", body).await.status(), 204);
    let station = browser.get(&format!("/stations/{ROAD}")).await;
    assert_eq!(station["online"], true, "{station}");
    // The desks that follow the log get it as a packet of the station, not of the platform.
    let batches = house.store.samples.batches_after(field::id::PacketSeq(0), 10).await.unwrap();
    let of = batches[0].by_station(&house.store.tables.registry());
    assert_eq!(of.len(), 1);
    assert_eq!((of[0].packet.station.as_str(), of[0].packet.protocol.as_str()), (ROAD, "json"));
    assert_eq!(of[0].packet.readings[0].point, house.depth);
    house.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_keep_raw_a_pushed_row_leads_to_its_line_and_bad_lines_keep_their_numbers() {
    let house = House::open().await;
    let browser = house.signed_in("dispatcher").await;
    let second = |minutes: i64| ns(minutes) / 1_000_000_000;
    // Longer than one packet: two pieces, the bad line in the second.
    let mut body = String::new();
    for n in 0..2_000 {
        body += &format!("m,station={ROAD},x=padding-of-a-long-tag 39=0.{:03} {}\n", n % 1_000, second(-n));
    }
    body += &format!("m,station={ROAD} 39=wet {}\n", second(1));
    for _ in 0..2 {
        let answer = push(&house, "/write?precision=s", "traced", body.clone()).await;
        let said: Value = answer.json().await.unwrap();
        assert_eq!(said["params"]["faults"][0]["line"], json!(2_001), "{said}");
        assert_eq!(said["params"]["written"], json!(2_000));
    }
    assert_eq!(house.store.samples.stats().packets, 2, "the same body again changes nothing");
    let newest = house.store.samples.range(house.depth, noon(), noon().plus_ms(1), 1).await.unwrap();
    let packet = browser.get(&format!("/packets/{}", newest[0].1)).await;
    assert_eq!(
        (&packet["protocol"], &packet["decoded"]["readings"][0]["value"]),
        (&json!("influx"), &json!(0.0))
    );
    let first = &packet["decoded"]["readings"][0];
    assert_eq!(first["observed_at"].as_str().unwrap().parse::<field::time::Time>().unwrap(), noon());
    let hex = packet["hex"].as_str().unwrap().replace(' ', "");
    let start: String = body.bytes().take(40).map(|byte| format!("{byte:02x}")).collect();
    assert!(hex.to_lowercase().starts_with(&start));
    house.end().await;
}
