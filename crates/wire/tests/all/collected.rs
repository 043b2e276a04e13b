//! Every frame that was collected of every protocol: each is one line of `decode`, and with any single bit
//! turned over it is still a value, never a panic, and never another meaning where a check value guards it.

use crate::support::hex;
use serde_json::Value;
use std::path::{Path, PathBuf};
use wire::{cjt188, dlt645, hj212, sl427};

/// A protocol's name and its frames.
type Collected = (&'static str, Vec<Vec<u8>>);

/// Longest kept input that is turned bit by bit: longer ones show what shorter ones do.
const KEPT_MAX: usize = 100;
/// Every how manyeth kept input is taken.
const KEPT_STEP: usize = 40;

fn shared() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/protocols");
    if !folder.is_dir() {
        println!("without the collection: ../shared is not here");
    }
    folder.is_dir().then_some(folder)
}

/// The frames of a collection's file.
fn frames_of(folder: &Path, name: &str) -> Vec<Vec<u8>> {
    let text = std::fs::read_to_string(folder.join(name)).unwrap();
    let all: Value = serde_json::from_str(&text).unwrap();
    let bytes = |frame: &Value| match (frame["hex"].as_str(), frame["text"].as_str()) {
        (Some(digits), _) => hex(digits),
        (None, Some(text)) => text.as_bytes().to_vec(),
        (None, None) => panic!("a frame of `{name}` has neither `hex` nor `text`"),
    };
    let mut frames: Vec<_> = all["frames"].as_array().unwrap().iter().map(bytes).collect();
    let ascii = all["ascii_synthetic"].as_array().into_iter().flatten();
    frames.extend(ascii.map(|frame| hex(frame["bytes_hex"].as_str().unwrap())));
    frames
}

/// The worked examples of HJ 212-2017's annex C.
fn examples() -> Vec<Vec<u8>> {
    let Some(folder) = shared() else { return vec![] };
    let text = std::fs::read_to_string(folder.join("hj212.json")).unwrap();
    let all: Value = serde_json::from_str(&text).unwrap();
    let examples = all["annexC_examples"].as_array().unwrap();
    examples.iter().map(|example| example["frame"].as_str().unwrap().as_bytes().to_vec()).collect()
}

/// Some of what fuzzing kept of a target: real packets among them, for protocols nobody collected frames of.
fn kept(name: &str) -> Vec<Vec<u8>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(format!("{name}.hex"));
    let text = std::fs::read_to_string(path).unwrap();
    let short = text.lines().map(hex).filter(|input| input.len() <= KEPT_MAX);
    short.step_by(KEPT_STEP).collect()
}

/// Observations as SensorThings clients send them.
const OBSERVATIONS: [&str; 3] = [
    r#"{"phenomenonTime":"2021-06-30T04:00:00Z","result":0.25,"Datastream":{"@iot.id":17}}"#,
    r#"{"phenomenonTime":"2021-06-30T04:00:00Z/2021-06-30T04:05:00Z","resultTime":"2021-06-30T04:05:01Z","result":1.5,"resultQuality":"estimated","parameters":{"sensor":"tipping bucket"},"Datastream":{"@iot.id":4}}"#,
    r#"{"result":null,"Datastream":{"@iot.id":4},"FeatureOfInterest":{"@iot.id":"3307820001"}}"#,
];

/// Everything there is.
fn collected() -> Vec<Collected> {
    let mut all: Vec<Collected> = ["influx", "mqtt", "sparkplug"].map(|name| (name, kept(name))).into();
    all.push(("json", crate::json_push::BODIES.iter().map(|body| body.as_bytes().to_vec()).collect()));
    all.push(("sensorthings", OBSERVATIONS.map(|body| body.as_bytes().to_vec()).into()));
    all.push(("opcua", vec![crate::opcua::LINE.as_bytes().to_vec()]));
    let Some(folder) = shared() else { return all };
    for name in ["sl651", "hj212", "cjt188", "dlt645"] {
        all.push((name, frames_of(&folder, &format!("{name}.json"))));
    }
    let mut old = frames_of(&folder, "sl427.json");
    let rows = std::fs::read_to_string(folder.join("szy206_frames.csv")).unwrap();
    old.extend(rows.lines().skip(1).map(|row| hex(row.split(',').nth(2).unwrap())));
    all.push(("sl427", old));
    let captures = ["modbus_test_data_part1.pcap", "modbus_test_data_part2.pcap"];
    let payloads = captures.iter().flat_map(|name| crate::modbus::payloads(name).unwrap());
    all.push(("modbus", payloads.map(|(_, payload)| payload).collect()));
    all
}

/// A frame as a line of `decode`: text where the protocol is text, else hexadecimal.
fn line_of(name: &str, frame: &[u8]) -> String {
    match std::str::from_utf8(frame) {
        Ok(text) if ["hj212", "influx", "json", "opcua", "sensorthings"].contains(&name) => text.to_owned(),
        _ => frame.iter().map(|byte| format!("{byte:02X}")).collect(),
    }
}

/// The one object that a line becomes.
fn object(name: &str, line: &str) -> Value {
    let answer = (wire::protocol(name).unwrap().json_line)(line);
    assert!(!answer.contains('\n'), "{name}: more than one line for {line}");
    let object: Value = serde_json::from_str(&answer).unwrap_or_else(|e| panic!("{name}: {e}: {answer}"));
    assert!(object["readings"].is_array() && object["problems"].is_array(), "{name}: {answer}");
    object
}

/// What a frame that its check value vouches for says; `None` where nothing vouches for it.
fn vouched(name: &str, frame: &[u8]) -> Option<String> {
    let said = |trusted: bool, said: String| trusted.then_some(said);
    match name {
        "hj212" => {
            let packet = hj212::decode(frame);
            said(packet.remarks.is_trusted(), format!("{:?} {:?}", packet.readings, packet.items))
        }
        "sl427" => {
            let frame = sl427::decode(frame);
            said(frame.remarks.is_trusted(), format!("{:?} {:?}", frame.station, frame.readings))
        }
        "cjt188" => {
            let frame = cjt188::decode(frame);
            said(frame.remarks.is_trusted(), format!("{:?} {:?}", frame.address, frame.readings))
        }
        "dlt645" => {
            let frame = dlt645::decode(frame);
            said(frame.remarks.is_trusted(), format!("{:?} {:?}", frame.address, frame.readings))
        }
        // SL 651 has tests of its own; the others have no check value.
        _ => None,
    }
}

#[test]
fn every_collected_frame_is_one_line_of_decode() {
    let all = collected();
    assert!(all.len() >= 5);
    for (name, frames) in all {
        assert!(!frames.is_empty(), "{name}");
        let mut read = 0;
        for frame in &frames {
            let object = object(name, &line_of(name, frame));
            read += usize::from(object["problems"].as_array().unwrap().is_empty());
        }
        // Most of what the field sends is sound; what fuzzing kept is not.
        let is_of_the_field = !["influx", "mqtt", "sparkplug", "modbus"].contains(&name);
        assert!(!is_of_the_field || 2 * read >= frames.len(), "{name}: {read} of {}", frames.len());
    }
    for example in examples() {
        object("hj212", &line_of("hj212", &example));
    }
}

#[test]
fn any_bit_of_any_collected_frame_turned_over_is_survived() {
    let mut turned = 0_u64;
    for (name, frames) in collected() {
        let explain = wire::protocol(name).unwrap().explain;
        for frame in &frames {
            let whole = vouched(name, frame);
            for bit in 0..frame.len() * 8 {
                let mut broken = frame.clone();
                broken[bit / 8] ^= 1 << (bit % 8);
                let explained = explain(&broken);
                let inside = |f: &wire::Field| f.start <= f.end && f.end <= broken.len();
                assert!(explained.fields.iter().all(inside), "{name}: bit {bit} of {frame:02X?}");
                if let (Some(whole), Some(read)) = (&whole, vouched(name, &broken)) {
                    assert_eq!(&read, whole, "{name}: bit {bit} of {frame:02X?} made it say something else");
                }
                turned += 1;
            }
        }
    }
    assert!(turned > 50_000, "{turned}");
}
