//! Lines of published values: what a status makes of them, round trips, and bytes that are none.

use field::sample::Quality;
use proptest::prelude::*;
use wire::opcua::{Line, explain, json_line};

/// A value as the client keeps it.
pub(crate) const LINE: &str = r#"{"station":"3307820017","element":"flow","node":"ns=2;s=P1.Flow","value":1800.0,"scale":0.001,"status":0,"source":"2021-06-30T06:00:00Z","server":"2021-06-30T06:00:01Z","received":"2021-06-30T06:00:02Z"}"#;

fn line() -> Line {
    Line::read(LINE).unwrap()
}

#[test]
fn a_line_becomes_a_reading_in_the_elements_unit_at_the_sources_time() {
    let reading = line().reading();
    assert_eq!((reading.value, reading.quality), (Some(1.8), Quality::Good));
    assert_eq!(reading.observed_at, "2021-06-30T06:00:00Z".parse().unwrap());
    let shown: serde_json::Value = serde_json::from_str(&json_line(LINE)).unwrap();
    assert_eq!((&shown["station"], &shown["function"]), (&"3307820017".into(), &"data_change".into()));
    assert_eq!((&shown["readings"][0]["id"], &shown["readings"][0]["value"]), (&"flow".into(), &1.8.into()));
    assert_eq!(
        (&shown["readings"][0]["quality"], &shown["problems"]),
        (&"good".into(), &serde_json::json!([]))
    );
}

#[test]
fn the_status_decides_what_a_value_is_worth() {
    let of = |status| Line { status, ..line() };
    assert_eq!(of(0x4080_0000).reading().quality, Quality::Suspect);
    assert_eq!(of(0x4080_0000).reading().value, Some(1.8));
    assert_eq!(
        (of(0x8005_0000).reading().value, of(0x8005_0000).reading().quality),
        (None, Quality::Missing)
    );
    let lost = of(0x0000_0480);
    assert_eq!((lost.reading().quality, lost.problems()[0].code), (Quality::Good, "overflow"));
    let text = Line { value: "running".into(), ..line() };
    assert_eq!((text.reading().value, text.problems()[0].code), (None, "not_a_number"));
    let switch = Line { value: true.into(), scale: 1.0, ..line() };
    assert_eq!(switch.reading().value, Some(1.0));
}

#[test]
fn times_fall_back_to_the_servers_and_then_to_ours() {
    let server = Line { source: None, ..line() };
    assert_eq!(server.reading().observed_at, "2021-06-30T06:00:01Z".parse().unwrap());
    let ours = Line { source: None, server: None, ..line() };
    assert_eq!(ours.reading().observed_at, "2021-06-30T06:00:02Z".parse().unwrap());
}

#[test]
fn value_status_and_times_are_marked_in_the_bytes_of_every_line() {
    let two =
        format!("{}\n{}\n", serde_json::to_string(&line()).unwrap(), serde_json::to_string(&line()).unwrap());
    let explained = explain(two.as_bytes());
    assert_eq!(explained.decoded["readings"].as_array().unwrap().len(), 2);
    let values: Vec<&str> =
        explained.fields.iter().filter(|f| f.name == "element:flow").map(|f| &two[f.start..f.end]).collect();
    assert_eq!(values, ["1800.0", "1800.0"]);
    for name in ["node:flow", "status", "observed_at", "server_time"] {
        assert_eq!(explained.fields.iter().filter(|f| f.name == name).count(), 2, "{name}");
    }
}

#[test]
fn what_is_no_line_is_said_and_the_others_are_read() {
    let mixed = format!("{{\n{LINE}\n\u{fffd}\n");
    let explained = explain(mixed.as_bytes());
    assert_eq!(explained.decoded["readings"].as_array().unwrap().len(), 1);
    assert!(explained.decoded["problems"][0].as_str().unwrap().starts_with("not_a_value: "));
    assert!(json_line("").contains("\"empty: "));
}

#[test]
fn no_flipped_bit_of_a_line_panics_or_moves_a_mark_out_of_the_bytes() {
    let bytes = LINE.as_bytes();
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.to_vec();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let explained = explain(&flipped);
        assert!(explained.fields.iter().all(|f| f.start < f.end && f.end <= flipped.len()));
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(value in -1e12_f64..1e12, scale in -1e3_f64..1e3, status: u32, ms in 0_i64..4_000_000_000_000) {
        let received = field::time::Time::from_ms(ms);
        let line = Line { value: value.into(), scale, status, received, source: None, ..line() };
        let again = Line::read(&serde_json::to_string(&line).unwrap()).unwrap();
        prop_assert_eq!((again.status, again.received, &again.node), (line.status, line.received, &line.node));
        let (there, back) = (line.number().unwrap(), again.number().unwrap());
        prop_assert!((there - back).abs() <= 4.0 * f64::EPSILON * there.abs());
    }

    #[test]
    fn any_bytes_are_explained(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let explained = explain(&bytes);
        prop_assert!(explained.decoded.is_object());
    }
}
