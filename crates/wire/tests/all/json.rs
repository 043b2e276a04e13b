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

fn object(name: &str, line: &[u8]) -> Value {
    let answer = protocol(name).unwrap().line(line);
    assert!(!answer.contains('\n'));
    serde_json::from_str(&answer).unwrap()
}

#[test]
fn a_line_is_read_with_the_mark_that_editors_put_in_front_of_a_file() {
    let frame = "7E7E01001234567812342F0008020003591011155111036BCA";
    assert_eq!(object("sl651", format!("\u{FEFF}{frame}\r\n").as_bytes())["station"], "0012345678");
    assert_eq!(object("json", "\u{FEFF}{\"a\":1}".as_bytes())["readings"][0]["value"], 1.0);
}

#[test]
fn a_packet_whose_text_is_gb_18030_keeps_its_length_and_its_check_value() {
    // 清洗管路, as loggers of plants write it.
    let segment = [
        b"QN=20160801085857223;ST=32;CN=3020;PW=1;MN=A1;Flag=4;CP=&&DataTime=20160801085857;".as_slice(),
        b"PolId=w01018,i11001-Info=//\xc7\xe5\xcf\xb4\xb9\xdc\xc2\xb7//&&",
    ]
    .concat();
    let crc = format!("{:04X}", wire::hj212::crc16(&segment));
    let packet = [format!("##{:04}", segment.len()).as_bytes(), &segment, crc.as_bytes()].concat();
    for end in ["", "\r\n", "\\r\\n"] {
        let object = object("hj212", &[packet.as_slice(), end.as_bytes()].concat());
        assert_eq!((&object["station"], &object["problems"]), (&json!("A1"), &json!([])), "{end:?}");
    }
}

#[test]
fn a_frame_in_ascii_form_is_read_as_it_stands_in_a_log() {
    let hex = "01303130303130313030303031413030303332303034460230303132323430313039313630313238535420303031303130303030312048205454203234303130393136303120504A20332E352050542033352E30205A2031322E3334302056542031322E3330200334353534";
    let bytes = crate::support::hex(hex);
    assert_eq!(object("sl651", &bytes), object("sl651", hex.as_bytes()));
    assert_eq!(object("sl651", &bytes)["station"], "0010100001");
}

#[test]
fn a_part_of_a_split_report_says_which_it_is() {
    let part = wire::hj212::encode::packet_of("QN=20160801085857223;ST=32;CN=2051;PW=1;MN=A;Flag=6;PNUM=3;PNO=2;CP=&&DataTime=20160801084000;w01018-Avg=3.5&&").unwrap();
    assert_eq!(object("hj212", &part)["packet"], json!({"total": 3, "number": 2}));
    assert!(object("hj212", b"##").get("packet").is_none());
    let picture = "7E7E01001234567812343601031600D00225";
    assert!(object("sl651", picture.as_bytes())["problems"][0].as_str().unwrap().starts_with("bad_length"));
}

#[test]
fn a_protocol_is_meant_in_any_case_and_by_the_name_of_its_elder() {
    assert_eq!(wire::meant("SL651").unwrap().name, "sl651");
    assert_eq!(wire::meant("SZY206").unwrap().name, "sl427");
    assert!(wire::meant("sl999").is_none());
    assert!(protocol("szy206").is_none(), "what is stored has one name");
}

#[test]
fn a_line_that_is_too_long_is_one_object_of_the_shape() {
    for of in PROTOCOLS {
        let object: Value = serde_json::from_str(&of.too_long(99)).unwrap();
        assert_eq!((&object["protocol"], &object["readings"]), (&json!(of.name), &json!([])));
        assert!(object["problems"][0].as_str().unwrap().starts_with("line_too_long: "));
    }
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
        (
            "sensorthings",
            r#"{"phenomenonTime":"2021-06-30T04:00:00Z","result":2.5,"Datastream":{"@iot.id":17}}"#.into(),
            json!(["17", 2.5, "", "good"]),
        ),
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
