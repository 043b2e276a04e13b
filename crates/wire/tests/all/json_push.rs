//! JSON by mappings: nested records, lists, units, times, and what is missing.

use serde_json::json;
use wire::json_push::Mapping;

/// Bodies that platforms send.
pub(crate) const BODIES: [&str; 2] = [
    r#"{"deviceInfo":{"devEui":"a84041"},"time":"2021-06-30T04:00:00Z","object":{"level":31.5,"batt":"16"}}"#,
    r#"{"gateway":{"id":7},"data":[{"n":"depth","v":0.2,"u":"m","ts":1625025600000},{"n":"depth","v":null}]}"#,
];

fn mapping(written: serde_json::Value) -> Mapping {
    serde_json::from_value(written).unwrap()
}

fn noon() -> field::time::Time {
    "2021-06-30T12:00:00+08:00".parse().unwrap()
}

#[test]
fn a_nested_record_gives_station_time_element_value_and_unit() {
    let mapping = mapping(json!({
        "station": "deviceInfo.devEui",
        "time": { "path": "time" },
        "value": [
            { "path": "object.level", "element": "level", "unit": "cm" },
            { "path": "object.batt", "element": "38", "factor": 0.1, "offset": 2.0 },
        ],
    }));
    let body = json!({ "deviceInfo": { "devEui": "a84041" }, "time": "2021-06-30T04:00:00Z",
        "object": { "level": 31.5, "batt": "16" } });
    let read = mapping.read(&body, noon().plus_ms(5));
    assert!(read.problems.is_empty());
    let level = &read.readings[0];
    assert_eq!(
        (level.station.as_str(), level.element.as_str(), level.value),
        ("a84041", "level", Some(31.5))
    );
    assert_eq!((level.unit.as_str(), level.observed_at), ("cm", noon()));
    assert_eq!(read.readings[1].value, Some(3.6));
}

#[test]
fn a_list_names_its_elements_and_the_body_its_station() {
    let mapping = mapping(json!({
        "items": "data", "station": "$.gateway.id", "time": { "path": "ts", "format": "ms" },
        "value": [{ "path": "v", "element_at": "n", "unit_at": "u" }],
    }));
    let body = json!({ "gateway": { "id": 7 }, "data": [
        { "n": "depth", "v": 0.2, "u": "m", "ts": noon().ms() },
        { "n": "depth", "v": null, "ts": noon().ms() },
        { "n": "depth", "v": "dry", "ts": noon().ms() },
        { "n": "depth", "v": 1, "ts": "tomorrow" },
    ] });
    let read = mapping.read(&body, noon());
    let values: Vec<_> = read.readings.iter().map(|r| (r.station.as_str(), r.value, r.observed_at)).collect();
    assert_eq!(values, [("7", Some(0.2), noon()), ("7", None, noon())]);
    let problems: Vec<_> = read.problems.iter().map(|p| (p.record, p.code)).collect();
    assert_eq!(problems, [(3, "no_number"), (4, "bad_time")]);
}

#[test]
fn beijing_times_are_read_as_people_write_them() {
    let mapping = mapping(json!({ "station_is": "A", "time": { "path": "t", "format": "beijing" },
        "value": [{ "path": "v", "element": "e" }] }));
    for text in ["2021-06-30 12:00:00", "2021/6/30 12:00", "20210630120000"] {
        assert_eq!(
            mapping.read(&json!({ "t": text, "v": 1 }), noon()).readings[0].observed_at,
            noon(),
            "{text}"
        );
    }
}

#[test]
fn a_mapping_that_cannot_work_is_refused() {
    let refused = |written| serde_json::from_value::<Mapping>(written).unwrap_err().to_string();
    assert!(refused(json!({ "value": [{ "path": "v", "element": "e" }] })).contains("station"));
    assert!(refused(json!({ "station": "s" })).contains("[[value]]"));
    assert!(refused(json!({ "station": "s", "value": [{ "path": "v" }] })).contains("element"));
    assert!(
        refused(json!({ "station": "s", "value": [{ "path": "v", "element": "e", "factor": 0.0 }] }))
            .contains("factor")
    );
    assert!(refused(json!({ "station": "s", "speed": 1 })).contains("speed"));
}

#[test]
fn a_body_that_is_no_record_says_so() {
    let mapping =
        mapping(json!({ "items": "data", "station": "s", "value": [{ "path": "v", "element": "e" }] }));
    assert_eq!(mapping.read(&json!({ "date": [] }), noon()).problems[0].code, "no_list");
    assert_eq!(mapping.read(&json!({ "data": [{ "v": 1 }] }), noon()).problems[0].code, "no_station");
}

#[test]
fn every_problem_is_a_sentence() {
    for code in
        ["not_there", "no_station", "bad_time", "no_number", "no_element", "no_list", "too_many_records"]
    {
        let said = wire::json_push::ReadProblem { record: 2, path: "data.at".into(), code }.to_string();
        assert!(said.starts_with("record 2, `data.at`: ") && !said.contains(code), "{said}");
    }
}
