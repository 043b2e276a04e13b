//! History out of files: encodings, layouts, units, zones, broken lines, and what was there already.

use crate::house::{House, ROAD, noon};
use api::history::{Import, Plan, Sheet, apply, plan};
use api::table::ParquetFile;

async fn planned(house: &House, bytes: &[u8]) -> Plan {
    plan(&house.store, &Sheet::read(bytes), &Import::default()).await.unwrap()
}

fn codes(plan: &Plan) -> Vec<(usize, &str)> {
    plan.problems.iter().map(|p| (p.line, p.code.as_str())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_in_gb_18030_with_centimetres_becomes_metres_and_twice_changes_nothing() {
    let house = House::open().await;
    let text = format!(
        "测站编码,要素,时间,值,单位\n{ROAD},39,2021-06-30 11:00,31,厘米\n{ROAD},39,2021/6/30 11:05,0.32,m\n{ROAD},39,2021-06-30 11:10,,米\n"
    );
    let (bytes, _, _) = encoding_rs::GB18030.encode(&text);
    let first = planned(&house, &bytes).await;
    assert_eq!(
        (first.encoding.as_str(), first.would_add, first.empty, first.problem_count),
        ("gb18030", 2, 1, 0)
    );
    assert_eq!(house.store.samples.latest(house.depth), None, "a plan writes nothing");
    assert_eq!(apply(&house.store, &first, noon()).await.unwrap().written, 2);
    let all = house.store.samples.range(house.depth, noon().plus_ms(-7_200_000), noon(), 9).await.unwrap();
    assert_eq!(all.iter().map(|(s, _)| s.value).collect::<Vec<_>>(), [Some(0.31), Some(0.32)]);
    let again = planned(&house, &bytes).await;
    assert_eq!((again.would_add, again.unchanged, again.would_correct), (0, 2, 0));
    house.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wide_file_has_a_column_a_point_with_its_unit() {
    let house = House::open().await;
    let text = format!(
        "\u{feff}time;{ROAD}.39 (cm);{}\n2021-06-29 24:00;12;0.5\n2021-06-30T00:05:00Z;13;--\n",
        house.rain
    );
    let plan = planned(&house, text.as_bytes()).await;
    assert_eq!(
        (plan.problem_count, plan.would_add, plan.points, plan.empty),
        (0, 3, 2, 1),
        "{:?}",
        plan.problems
    );
    house.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mixed_units_of_one_file_come_to_the_points_unit_and_what_cannot_is_named() {
    let house = House::open().await;
    // A series nobody has classified: its unit is what its sender calls it first.
    let other = house.unclassified("turbidity").await;
    let text = format!(
        "测点,时间,值,单位\n{other},2021-06-30 11:00,31,厘米\n{other},2021-06-30 11:01,0.32,m\n{other},2021-06-30 11:02,33,\n{other},2021-06-30 11:03,1,伏\n{other},2021-06-30 11:04,1,斗\n{},2021-06-30 11:00,0.5,m\n",
        house.depth
    );
    let (bytes, _, lost) = encoding_rs::GB18030.encode(&text);
    assert!(!lost);
    let first = planned(&house, &bytes).await;
    assert_eq!((first.encoding.as_str(), codes(&first)), ("gb18030", vec![(5, "bad_unit"), (6, "bad_unit")]));
    assert_eq!((first.problems[0].value.as_str(), first.problems[1].value.as_str()), ("伏", "斗"));
    assert_eq!(apply(&house.store, &first, noon()).await.unwrap().written, 4, "the others are not affected");
    let kept = house.store.samples.range(other, noon().plus_ms(-7_200_000), noon(), 9).await.unwrap();
    assert_eq!(kept.iter().map(|(s, _)| s.value).collect::<Vec<_>>(), [Some(31.0), Some(32.0), Some(33.0)]);
    // The next file of another hand is converted into the same unit.
    let next = format!("point,time,value,unit\n{other},2021-06-30 11:05,0.34,m\n");
    let next = planned(&house, next.as_bytes()).await;
    apply(&house.store, &next, noon()).await.unwrap();
    assert_eq!(house.store.samples.latest(other).unwrap().0.value, Some(34.0));
    assert_eq!(house.store.tables.registry().point(other).unwrap().unit(), "厘米");
    house.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_broken_line_is_named_and_the_others_are_counted() {
    let house = House::open().await;
    house.measured(ROAD, house.depth, 60, 0.5).await;
    let mut bytes = format!("station,element,time,value,unit\n{ROAD},39,2021-06-30 11:00,0.6,m\n{ROAD},39,later,1,m\n{ROAD},39,2021-06-30 11:01,wet,m\nnowhere,39,2021-06-30 11:01,1,m\n{ROAD},39,2021-06-30 11:02,1,V\n{ROAD},39,2021-06-30 11:03,0.1,m\n{ROAD},39,2021-06-30 11:03,0.2,m\n{ROAD},39,2021-06-30 11:03,0.1,m\n").into_bytes();
    bytes.extend_from_slice(b"\xff\xff,39,2021-06-30 11:04,1,m\n");
    let plan = planned(&house, &bytes).await;
    let mut found = codes(&plan);
    found.sort_unstable();
    assert_eq!(
        found,
        [
            (3, "bad_time"),
            (4, "bad_number"),
            (5, "unknown_point"),
            (6, "bad_unit"),
            (8, "twice"),
            (10, "bad_encoding")
        ]
    );
    assert_eq!((plan.would_correct, plan.would_add, plan.repeated), (1, 1, 1));
    let heading = planned(&house, b"when,what\n1,2\n").await;
    assert_eq!(codes(&heading), [(1, "missing_column")]);
    assert_eq!(codes(&planned(&house, b"").await), [(1, "empty")]);
    assert_eq!(codes(&planned(&house, b"PAR1 no parquet").await)[0].1, "bad_parquet");
    house.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_exported_as_parquet_is_imported_as_it_was() {
    let house = House::open().await;
    for minute in 0..5 {
        house.measured(ROAD, house.depth, minute, 0.25 * minute as f64).await;
    }
    let stored =
        api::query::columns(&house.store, &[house.depth], noon().plus_ms(-600_000), noon().plus_ms(1))
            .await
            .unwrap();
    let point = house.store.tables.registry().point(house.depth).cloned().unwrap();
    let mut bytes = vec![];
    let mut file = ParquetFile::begin(&mut bytes).unwrap();
    file.point(&point, &stored[0]).unwrap();
    file.end().unwrap();
    let plan = planned(&house, &bytes).await;
    assert_eq!(
        (plan.encoding.as_str(), plan.unchanged, plan.problem_count),
        ("parquet", 5, 0),
        "{:?}",
        plan.problems
    );
    house.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn over_http_a_dry_run_says_and_another_does_and_a_broken_one_writes_nothing() {
    let house = House::open().await;
    let admin = house.signed_in("admin").await;
    let ask = |query: &str, text: String| {
        admin.ask(reqwest::Method::POST, &format!("/api/v1/samples/import{query}")).body(text).send()
    };
    let good = format!("point,time,value\n{},2021-06-30 11:00,0.6\n", house.depth);
    let bad = format!("{good}{},2021-06-30 11:01,x\n", house.depth);
    let said: serde_json::Value = ask("", good.clone()).await.unwrap().json().await.unwrap();
    assert_eq!((&said["written"], &said["plan"]["would_add"]), (&serde_json::Value::Null, &1.into()));
    let said: serde_json::Value = ask("?dry_run=false", bad.clone()).await.unwrap().json().await.unwrap();
    assert_eq!(
        (&said["written"], said["plan"]["problems"][0]["line"].as_i64()),
        (&serde_json::Value::Null, Some(3))
    );
    assert_eq!(house.store.samples.latest(house.depth), None);
    let said: serde_json::Value =
        ask("?dry_run=false&skip_bad=true", bad).await.unwrap().json().await.unwrap();
    assert_eq!(said["written"], 1);
    let said: serde_json::Value = ask("?dry_run=false&zone=mars", good).await.unwrap().json().await.unwrap();
    assert_eq!(said["plan"]["problems"][0]["code"], "bad_zone");
    house.end().await;
}
