//! The collected frames of real stations and of public tests decode to their stated meaning.

use crate::support::{at, cut, hex};
use field::time::{MINUTE_MS, Time};
use serde_json::Value;
use wire::sl651::{Cut, Decoded, Direction, decode, element};

fn collected() -> Option<Vec<Value>> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/protocols/sl651.json");
    let Ok(text) = std::fs::read_to_string(path) else {
        println!("skipped: ../shared is not here");
        return None;
    };
    let all: Value = serde_json::from_str(&text).unwrap();
    Some(all["frames"].as_array().unwrap().clone())
}

/// `2026-07-01 06:00` or `2026-07-01 06:00:36`, Beijing time.
fn stated_time(text: &str) -> Time {
    at(&text.replace(' ', "T"))
}

#[test]
fn every_collected_frame_decodes_to_its_stated_meaning() {
    let Some(frames) = collected() else { return };
    assert_eq!(frames.len(), 109);
    let mut refused = 0;
    for frame in &frames {
        let text = frame["hex"].as_str().unwrap();
        let stated = &frame["decoded"];
        let decoded = decode(&hex(text));
        check_envelope(text, stated, &decoded);
        if stated["crc_ok"] == Value::Bool(true) {
            assert_eq!(decoded.problems, [], "{text}");
            check_body(text, stated, &decoded);
        } else {
            refused += 1;
            assert!(!decoded.is_trusted(), "{text}");
            assert_eq!(decoded.readings, [], "{text}");
            let sentence = decoded.worst().unwrap().line();
            let computed = stated["crc_calc"].as_str().unwrap();
            assert!(sentence.starts_with("bad_crc: ") && sentence.contains(computed), "{sentence}");
        }
    }
    assert_eq!(refused, 3);
}

#[test]
fn the_cutter_finds_every_collected_frame_in_one_stream() {
    let Some(frames) = collected() else { return };
    let mut stream = Vec::new();
    let mut expected = Vec::new();
    for frame in &frames {
        let mut bytes = hex(frame["hex"].as_str().unwrap());
        stream.extend(&bytes);
        if decode(&bytes).notes.iter().any(|note| note.code() == "stray_byte") {
            bytes.pop();
        }
        expected.push(Cut::Frame(bytes));
    }
    assert_eq!(cut(&stream), expected);
}

fn check_envelope(text: &str, stated: &Value, decoded: &Decoded) {
    let direction = if stated["direction"] == "up" { Direction::Up } else { Direction::Down };
    assert_eq!(decoded.direction, Some(direction), "{text}");
    assert_eq!(decoded.centre.unwrap().to_string(), stated["center"].as_str().unwrap(), "{text}");
    assert_eq!(decoded.station.as_deref(), stated["station"].as_str(), "{text}");
    assert_eq!(format!("{:04X}", decoded.password.unwrap()), stated["password"].as_str().unwrap(), "{text}");
    assert_eq!(format!("{:02X}", decoded.function.unwrap()), stated["func"].as_str().unwrap(), "{text}");
    let end = match stated["end"].as_str().unwrap() {
        "ETX" => 0x03,
        "ETB" => 0x17,
        "ENQ" => 0x05,
        "EOT" => 0x04,
        "ACK" => 0x06,
        "ESC" => 0x1B,
        other => panic!("end {other}"),
    };
    assert_eq!(decoded.end, Some(end), "{text}");
}

fn check_body(text: &str, stated: &Value, decoded: &Decoded) {
    assert_eq!(decoded.serial.map(u64::from), stated["serial"].as_u64(), "{text}");
    assert_eq!(decoded.sent_at, stated["send_time"].as_str().map(stated_time), "{text}");
    assert_eq!(decoded.packet.map(|p| u64::from(p.total)), stated["packet_total"].as_u64(), "{text}");
    assert_eq!(decoded.packet.map(|p| u64::from(p.number)), stated["packet_seq"].as_u64(), "{text}");
    assert_eq!(decoded.version.as_deref(), stated["version"].as_str(), "{text}");
    if let Some(counts) = stated["erc_counts"].as_array() {
        let counts: Vec<u16> = counts.iter().map(|c| c.as_u64().unwrap().try_into().unwrap()).collect();
        assert_eq!(decoded.events, counts, "{text}");
    }
    if let Some(params) = stated["params_raw"].as_str() {
        assert_eq!(decoded.unread, hex(params), "{text}");
    }
    let quirks = stated["warnings"].as_array().unwrap().len();
    let tolerated = ["stray_byte", "definition_byte"];
    let noted = decoded.notes.iter().filter(|note| tolerated.contains(&note.code())).count();
    assert_eq!(noted, quirks, "{text}");
    check_elements(text, stated, decoded);
}

fn check_elements(text: &str, stated: &Value, decoded: &Decoded) {
    let none = Vec::new();
    let stated = stated["elements"].as_array().unwrap_or(&none);
    if decoded.direction == Some(Direction::Down) {
        let asked: Vec<_> = stated.iter().map(|e| e["id"].as_str().unwrap()[..2].to_owned()).collect();
        assert_eq!(decoded.asked, asked, "{text}");
        return;
    }
    let mut readings = decoded.readings.iter();
    let mut observed = decoded.sent_at;
    let mut step_min = 5;
    for stated in stated {
        let id = stated["id"].as_str().unwrap();
        let value = &stated["value"];
        match id {
            "F1F1" => {
                let kind = stated["station_type"].as_str().map(|kind| kind.as_bytes()[0]);
                assert_eq!(decoded.station_kind, kind, "{text}");
            }
            "F0F0" => observed = Some(stated_time(value.as_str().unwrap())),
            "F2F2" => {
                assert_eq!(decoded.manual.as_deref(), value.as_str(), "{text}");
                assert_eq!(readings.next().map(|r| (r.element, r.value)), Some(("Q", Some(1.234))));
            }
            "F3F3" => assert_eq!(decoded.unread.len(), 256, "{text}"),
            "0418" => step_min = value.as_str().unwrap().split("m=").nth(1).unwrap().parse().unwrap(),
            id => {
                let values = value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]);
                // The twelve values are five minutes apart whatever a time step says (one says zero).
                let step_min = if id.starts_with('F') { 5 } else { step_min };
                for (n, value) in (0_i64..).zip(&values) {
                    let reading = readings.next().unwrap_or_else(|| panic!("{id} is missing: {text}"));
                    let extension = id.starts_with("FF");
                    assert_eq!(reading.id, id[..if extension { 4 } else { 2 }], "{text}");
                    assert_eq!(reading.value, stated_value(value), "{id}: {text}");
                    if let Some(mnemonic) = stated["ascii"].as_str() {
                        assert_eq!(reading.element, mnemonic, "{text}");
                    }
                    if !extension {
                        let number = u8::from_str_radix(&reading.id, 16).unwrap();
                        assert_eq!(reading.unit, element(number).map_or("", |kind| kind.unit), "{text}");
                    }
                    let label = observed.unwrap().plus_ms(n * step_min * MINUTE_MS);
                    assert_eq!(reading.observed_at, label, "{id}: {text}");
                }
            }
        }
    }
    assert_eq!(readings.next(), None, "{text}");
}

/// A number, nothing, or `bits 0x00000400`.
fn stated_value(value: &Value) -> Option<f64> {
    match value {
        Value::String(bits) => {
            let digits = bits.strip_prefix("bits 0x").unwrap();
            Some(u32::from_str_radix(digits, 16).unwrap().into())
        }
        value => value.as_f64(),
    }
}

#[test]
fn units_of_the_collected_frames_are_the_ones_people_read() {
    for (id, unit) in [
        (0x26, "mm"),
        (0x39, "m"),
        (0x38, "V"),
        (0x27, "m3/s"),
        (0x10, "%"),
        (0xF4, "mm"),
        (0xF5, "m"),
        (0x73, "A"),
    ] {
        assert_eq!(element(id).unwrap().unit, unit, "{id:02X}");
    }
}
