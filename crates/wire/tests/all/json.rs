//! The lines of `zhizhen decode sl651`.

use wire::protocol;

fn line(text: &str) -> String {
    (protocol("sl651").unwrap().json_line)(text)
}

#[test]
fn a_frame_is_one_object_with_its_keys_in_the_promised_order() {
    let text = "7E7E010030745815123432001C02020B260701060000F1F1003074581550F0F026070106002619012222 03";
    let bytes = crate::support::sealed(text);
    let hex: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
    let expected = r#"{"protocol":"sl651","direction":"up","centre":1,"station":"0030745815","function":"32","serial":523,"sent_at":"2026-07-01T06:00:00+08:00","readings":[{"id":"26","element":"PT","value":1222.2,"unit":"mm","observed_at":"2026-07-01T06:00:00+08:00"}],"problems":[]}"#;
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
