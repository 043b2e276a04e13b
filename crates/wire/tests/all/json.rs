//! The lines of `zhizhen decode`: those of SL 651, and the shape they have in every protocol.

use prost::Message as _;
use serde_json::{Value, json};
use wire::{PROTOCOLS, protocol};

fn line(text: &str) -> String {
    (protocol("sl651").unwrap().json_line)(text)
}

#[test]
fn a_frame_is_one_object_with_its_keys_in_the_promised_order() {
    let text = "7E7E010030745815123432001C02020B260701060000F1F1003074581550F0F026070106002619012222 03";
    let bytes = crate::support::sealed(text);
    let hex: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
    let expected = r#"{"protocol":"sl651","direction":"up","centre":1,"station":"0030745815","function":"32","serial":523,"sent_at":"2026-07-01T06:00:00+08:00","readings":[{"id":"26","element":"PT","value":1222.2,"unit":"mm","quality":"good","observed_at":"2026-07-01T06:00:00+08:00"}],"problems":[]}"#;
    assert_eq!(line(&hex), expected);
    assert_eq!(line(&format!("  0x{hex}\r")), expected);
    assert_eq!(line(&hex.to_uppercase().replace("7E7E", "7E 7E ")), expected);
}

#[test]
fn a_wrong_check_value_is_named_and_its_readings_are_not_shown() {
    let text = "7E7E010030745815123432002602020B260701060000F1F1003074581550F0F02607010600261901222245200000040038121416036222";
    let object: serde_json::Value = serde_json::from_str(&line(text)).unwrap();
    assert_eq!(object["station"], "0030745815");
    assert_eq!(object["readings"], serde_json::json!([]));
    assert_eq!(object["problems"][0], "bad_crc: the frame says 6222, its bytes give 6221");
}

#[test]
fn whatever_is_wrong_with_a_line_it_gives_one_object() {
    let huge = "7E".repeat(2_000_000);
    for (text, code) in [
        ("", "empty"),
        ("   ", "empty"),
        ("0x", "empty"),
        ("7E7", "odd_hex"),
        ("7E7G", "not_hex"),
        ("流量 1.2", "not_hex"),
        ("7E7E", "too_short"),
        ("00112233", "no_start"),
        (huge.as_str(), "bad_length"),
    ] {
        let answer = line(text);
        assert!(!answer.contains('\n'));
        let object: serde_json::Value = serde_json::from_str(&answer).unwrap();
        assert_eq!(object["protocol"], "sl651");
        assert_eq!(object["station"], serde_json::Value::Null);
        let problem = object["problems"][0].as_str().unwrap();
        assert!(problem.starts_with(&format!("{code}: ")), "{problem}");
    }
}

#[test]
fn a_down_frame_is_read_too() {
    let object: serde_json::Value =
        serde_json::from_str(&line("7E7E001234567810123433800802000214061202152504DAAA")).unwrap();
    assert_eq!(object["direction"], "down");
    assert_eq!(object["station"], "0012345678");
    assert_eq!(object["centre"], 16);
    assert_eq!(object["serial"], 2);
    assert_eq!(object["problems"], serde_json::json!([]));
}

#[test]
fn a_name_that_is_no_protocol_is_not_found() {
    assert!(protocol("sl999").is_none());
    assert_eq!(protocol("sl651").unwrap().default_port, 5100);
}

/// A line of each protocol with a reading in it, and what the first reading says of id, value, unit and quality.
fn samples() -> Vec<(&'static str, String, Value)> {
    let report = crate::support::sealed(
        "7E7E010030745815123432001C02020B260701060000F1F1003074581550F0F026070106002619FFFFFF 03",
    );
    let level = wire::sl427::encode::report(
        [1, 2, 3, 4, 5],
        2,
        &[51.234],
        (0, 0),
        crate::support::at("2021-06-30T14:00"),
    );
    let level = level.unwrap();
    let metric = wire::sparkplug::proto::Metric {
        name: Some("level".into()),
        datatype: Some(10),
        value: Some(wire::sparkplug::proto::Value::Double(2.5)),
        properties: Some(wire::sparkplug::proto::PropertySet {
            keys: vec!["Quality".into()],
            values: vec![wire::sparkplug::proto::PropertyValue { int_value: Some(0), ..Default::default() }],
        }),
        ..Default::default()
    };
    let payload = wire::sparkplug::proto::Payload {
        timestamp: Some(1_717_200_000_000),
        metrics: vec![metric],
        ..Default::default()
    };
    let sparkplug = format!("spBv1.0/east/DDATA/edge/pump {}", hex(&payload.encode_to_vec()));
    vec![
        ("sl651", hex(&report), json!(["26", null, "mm", "missing"])),
        (
            "hj212",
            text_of(&wire::hj212::encode::packet_of("QN=20160801085857223;ST=32;CN=2011;PW=1;MN=A;Flag=4;CP=&&DataTime=20160801085857;w01018-Rtd=31.2,w01018-Flag=M&&").unwrap()),
            json!(["w01018", 31.2, "mg/L", "M"]),
        ),
        ("sl427", hex(&level), json!(["02", 51.234, "m", "good"])),
        (
            "cjt188",
            "FEFEFE6810010000050800008116901F00002301002C000000002C0000000000000000004816".into(),
            json!(["901F", 123.0, "m3", "good"]),
        ),
        (
            "dlt645",
            "683703009281396891083333343333337333C816".into(),
            json!(["00010000", 4000.0, "kWh", "good"]),
        ),
        ("influx", "pump,station=A level=2.5 1717200000000000000".into(), json!(["level", 2.5, "", "good"])),
        ("json", r#"{"data":{"level":2.5}}"#.into(), json!(["data.level", 2.5, "", "good"])),
        (
            "modbus",
            "0001000000060A0300050001 0001000000050A03020018".into(),
            json!(["holding:5", 24.0, "", "good"]),
        ),
        ("mqtt", r#"zhizhen/A/up {"level":2.5}"#.into(), json!(["level", 2.5, "", "good"])),
        ("opcua", crate::opcua::LINE.replace("\"status\":0", "\"status\":1082130432"), json!(["flow", 1.8, "", "suspect"])),
        ("sparkplug", sparkplug, json!(["level", 2.5, "", "suspect"])),
    ]
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn text_of(packet: &[u8]) -> String {
    String::from_utf8(packet.to_vec()).unwrap()
}

#[test]
fn the_lines_of_every_protocol_have_one_shape() {
    let samples = samples();
    let names: Vec<_> = samples.iter().map(|(name, ..)| *name).collect();
    assert_eq!(names.len(), PROTOCOLS.len());
    for of in PROTOCOLS {
        let (_, line, expected) = samples.iter().find(|(name, ..)| *name == of.name).expect(of.name);
        for (line, has_reading) in [(line.as_str(), true), ("", false), ("{", false)] {
            let answer = (of.json_line)(line);
            let object: Value = serde_json::from_str(&answer).unwrap();
            let has = |object: &Value, keys: &[&str]| keys.iter().all(|key| object.get(key).is_some());
            assert!(
                has(&object, &["protocol", "station", "function", "sent_at", "readings", "problems"]),
                "{answer}"
            );
            assert!(object["problems"].as_array().unwrap().iter().all(Value::is_string), "{answer}");
            let Some(first) = object["readings"].get(0).filter(|_| has_reading) else {
                assert!(!has_reading, "{}: {answer}", of.name);
                assert_ne!(object["problems"], json!([]), "{}: {answer}", of.name);
                continue;
            };
            assert!(has(first, &["id", "element", "value", "unit", "quality", "observed_at"]), "{answer}");
            let said = json!([first["id"], first["value"], first["unit"], first["quality"]]);
            assert_eq!(&said, expected, "{}: {answer}", of.name);
        }
    }
}
