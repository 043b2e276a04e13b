//! A file of stations: every problem is named, a good file is taken whole, twice changes nothing.

use crate::house::{House, ROAD};
use api::FaultCode;
use api::import::{apply, plan};
use reqwest::Method;
use serde_json::{Value, json};
use store::Actor;

const HEADING: &str = "code,name,name_en,kind,lon,lat,report_interval_s,block,points\n";

#[tokio::test(flavor = "multi_thread")]
async fn every_problem_names_line_column_value_and_remedy() {
    let house = House::open().await;
    let registry = house.store.tables.registry();
    let cases = [
        ("a b,站,Station,rain,120.05,29.25,300,,", "code", FaultCode::BadCode, "no station code"),
        ("A1,,Station,rain,120.05,29.25,300,,", "name", FaultCode::Empty, "write a value"),
        ("A1,站,Station,sun,120.05,29.25,300,,", "kind", FaultCode::NotOneOf, "rain, ponding"),
        ("A1,站,Station,rain,abc,29.25,300,,", "lon", FaultCode::NotANumber, "decimal point"),
        (
            "A1,站,Station,rain,200,29.25,300,001,",
            "lon",
            FaultCode::OutOfRange,
            "check the value and its unit",
        ),
        ("A1,站,Station,rain,121.9,29.25,300,,", "lon", FaultCode::OutsideAllBlocks, "name the block"),
        ("A1,站,Station,rain,120.05,29.25,0,,", "report_interval_s", FaultCode::OutOfRange, "outside 10"),
        ("A1,站,Station,rain,120.05,29.25,300,999,", "block", FaultCode::UnknownBlock, "leave it empty"),
        ("A1,站,Station,rain,120.05,29.25,300,,rain:22", "points", FaultCode::BadPoint, "rain:22+F4:0:60"),
        ("A1,站,Station,rain,120.05,29.25,300,,rain:22:60:0", "points", FaultCode::MinNotBelowMax, "swap"),
        (
            "A1,站,Station,rain,120.05,29.25,300,,rain:a\u{7}b:0:60",
            "points",
            FaultCode::BadElement,
            "w01018-Rtd",
        ),
        (
            "A1,站,Station,rain,120.05,29.25,300,,rain:22:0:60;level:22:0:9",
            "points",
            FaultCode::ElementTwice,
            "one of them",
        ),
    ];
    for (line, column, code, remedy) in cases {
        let found = plan(format!("{HEADING}{line}\n").as_bytes(), &registry);
        let problem = &found.problems[0];
        assert_eq!(
            (problem.line, problem.column.as_str(), problem.code),
            (2, column, code),
            "{line}: {problem}"
        );
        assert!(problem.to_string().contains(remedy), "{problem}");
        assert!(found.add.is_empty() && found.change.is_empty());
    }
    house.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn points_may_list_what_every_protocol_calls_its_elements() {
    let house = House::open().await;
    let registry = house.store.tables.registry();
    let points = "cod:w01018-Rtd+w01018-Avg-2061:0:500;level:holding:5:0:10;flow:03:0:20;water_total:03T:0:900000000;\
                  status:4c.1:0:4294967295;pressure:液位:0:2;energy:cpu:host load:0:1";
    let line = format!("NJGDKYYC202101q0001w0001,厂,Plant,plant,120.05,29.25,300,,{points}\n");
    let found = plan(format!("{HEADING}{line}").as_bytes(), &registry);
    assert!(found.problems.is_empty(), "{}", found.problems[0]);
    let elements: Vec<_> = found.add[0].points.iter().map(|p| p.elements.join(" ")).collect();
    let expected = ["w01018-Rtd w01018-Avg-2061", "holding:5", "03", "03T", "4c.1", "液位", "cpu:host load"];
    assert_eq!(elements, expected);
    assert_eq!((found.add[0].points[1].min, found.add[0].points[1].max), (0.0, 10.0));
    house.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_twice_a_missing_column_and_a_file_of_another_encoding_are_told() {
    let house = House::open().await;
    let registry = house.store.tables.registry();
    let line = "A1,站,Station,rain,120.05,29.25,300,,\n";
    let twice = plan(format!("{HEADING}{line}{line}").as_bytes(), &registry);
    assert_eq!((twice.problems[0].line, twice.problems[0].code), (3, FaultCode::CodeTwice));
    assert!(twice.problems[0].to_string().contains("already in line 2"), "{}", twice.problems[0]);
    let missing = plan("code,name,colour\n".as_bytes(), &registry);
    let codes: Vec<_> = missing.problems.iter().map(|p| p.code).collect();
    assert_eq!(codes[0], FaultCode::UnknownColumn);
    assert_eq!(codes.iter().filter(|c| **c == FaultCode::MissingColumn).count(), 5);
    let gbk = plan(b"code,name\nA1,\xb5\xe3\n", &registry);
    assert_eq!(gbk.problems[0].code, FaultCode::NotUtf8);
    house.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_good_file_is_written_once_with_the_usual_points() {
    let house = House::open().await;
    let csv = format!("\u{feff}{HEADING}A1,新雨量站,New gauge,rain,120.15,29.25,300,,\n");
    let first = plan(csv.as_bytes(), &house.store.tables.registry());
    assert!(first.is_good(), "{:?}", first.problems);
    let written = apply(&house.store.tables, first, Actor::Desk("import"), crate::house::noon()).await;
    assert_eq!(written.unwrap(), 1);
    let registry = house.store.tables.registry();
    let code = crate::house::code("A1");
    assert_eq!(registry.points_of(&code).len(), 3);
    assert_eq!(registry.station(&code).unwrap().block.0, 2, "found by its position");
    assert!(registry.point_for_element(&code, "F4").is_some());
    let again = plan(csv.as_bytes(), &registry);
    assert_eq!((again.add.len(), again.change.len(), again.unchanged.len()), (0, 0, 1));
    let renamed = plan(csv.replace("New gauge", "Newer gauge").as_bytes(), &registry);
    assert_eq!((renamed.add.len(), renamed.change.len()), (0, 1));
    house.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_screen_tries_a_file_before_it_writes_it() {
    let house = House::open().await;
    let browser = house.signed_in("admin").await;
    let csv = format!(
        "{HEADING}A1,站,Station,river,120.05,29.25,300,,\n{ROAD},路,Road,ponding,120.05,29.25,600,,\n"
    );
    let send = async |dry_run: bool| -> Value {
        let path = format!("/api/v1/stations/import?dry_run={dry_run}");
        let ask = browser.ask(Method::POST, &path).header("content-type", "text/csv").body(csv.clone());
        ask.send().await.unwrap().json().await.unwrap()
    };
    let tried = send(true).await;
    assert_eq!((&tried["would_add"], &tried["would_change"]), (&json!(["A1"]), &json!([ROAD])));
    assert_eq!((&tried["written"], house.store.tables.registry().stations().len()), (&json!(false), 3));
    assert_eq!(send(false).await["written"], true);
    assert_eq!(house.store.tables.registry().stations().len(), 4);
    let done = send(true).await;
    assert_eq!((&done["would_add"], &done["unchanged"]), (&json!([]), &json!(2)));
    house.end().await;
}
