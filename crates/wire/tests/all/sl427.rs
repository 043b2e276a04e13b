//! SL/T 427: the real frames, broken ones, and frames written and read back.

use crate::support::{at, hex};
use proptest::prelude::*;
use wire::cut::{Piece, StreamCutter};
use wire::sl427::encode::{address, confirmation, link, query, report, set_clock};
use wire::sl427::{Direction, FRAMING, MAX_FRAME, afn, decode, explain, json_line};

/// A flow station of SZY 206 (time stamp without month), a terminal without values, and a velocity
/// station of 2021.
const FLOW: &str = "681A68B35303810D00C00059000000826110000000110600004508090A3516";
const REAL: &[&str] = &[
    "681A68B35303810D00C00059000000826110000001106000004508090A3516",
    "681568B34406070001C0AAAAAAAAAA004040000000000101E516",
    "681568B40102030405C05545040020700030151412052600AD16",
];

#[test]
fn a_flow_station_of_szy_206_says_flow_and_amount_on_the_ninth() {
    let frame = decode(&hex(REAL[0]));
    assert!(frame.remarks.problems.is_empty(), "{:?}", frame.remarks.problems);
    assert_eq!((frame.station.as_deref(), frame.afn), (Some("5303810D00"), Some(afn::REPORT)));
    assert_eq!(frame.direction, Some(Direction::Up));
    let values: Vec<_> = frame.readings.iter().map(|r| (r.id.as_str(), r.value, r.unit)).collect();
    assert_eq!(values[0], ("03", Some(5.9), "m3/s"));
    assert_eq!(values[1], ("03T", Some(106_182.0), "m3"));
    assert_eq!((frame.alarm, frame.state), (Some(0x0110), Some(0x6000)));
    assert_eq!(frame.observed_at(), None, "the stamp has no month");
    let kept = frame.to_report(at("2021-07-09T08:46:10"));
    assert_eq!(kept.sent_at, Some(at("2021-07-09T08:45:00")));
    // A report kept back over the end of a month belongs to the month before.
    let kept = frame.to_report(at("2021-03-01T00:00:10"));
    assert_eq!(kept.sent_at, Some(at("2021-02-09T08:45:00")));
    assert_ne!(FLOW, REAL[0]);
    assert_eq!(decode(&hex(FLOW)).remarks.worst().unwrap().code, "bad_crc");
}

#[test]
fn a_terminal_without_values_says_that_it_has_none() {
    let frame = decode(&hex(REAL[1]));
    assert!(frame.remarks.is_trusted());
    assert_eq!((frame.readings[0].id.as_str(), frame.readings[0].value), ("03", None));
    assert_eq!(frame.alarm, Some(0x0040));
}

#[test]
fn a_velocity_station_of_2021_says_its_year() {
    let frame = decode(&hex(REAL[2]));
    assert_eq!(frame.readings[0].value, Some(44.555));
    assert_eq!(frame.observed_at(), Some(at("2026-05-12T14:15:30")));
    let line: serde_json::Value = serde_json::from_str(&json_line(REAL[2])).unwrap();
    assert_eq!((line["station"].as_str(), line["function"].as_str()), (Some("0102030405"), Some("C0")));
    assert_eq!(line["readings"][0]["observed_at"], "2026-05-12T14:15:30+08:00");
}

#[test]
fn no_flipped_bit_panics_or_passes() {
    for text in REAL {
        let bytes = hex(text);
        assert!(decode(&bytes).remarks.is_trusted(), "{text}");
        for bit in 0..bytes.len() * 8 {
            let mut broken = bytes.clone();
            broken[bit / 8] ^= 1 << (bit % 8);
            let frame = decode(&broken);
            let _ = explain(&broken);
            assert!(!frame.remarks.is_trusted() && frame.readings.is_empty(), "bit {bit} of {text}");
        }
    }
}

#[test]
fn reports_and_link_checks_are_confirmed_with_their_own_address() {
    let report = decode(&hex(REAL[2]));
    let answer = decode(&confirmation(&report).unwrap());
    assert!(answer.remarks.is_trusted());
    assert_eq!(
        (answer.direction, answer.station, answer.afn),
        (Some(Direction::Down), report.station, Some(0xC0))
    );
    let login = decode(&link([1, 2, 3, 4, 5], 0xF0));
    assert_eq!(decode(&confirmation(&login).unwrap()).link, Some(0xF0));
    assert_eq!(confirmation(&decode(&query([1, 2, 3, 4, 5], 2))), None, "a centre's frame is not confirmed");
    assert!(
        decode(&set_clock([1, 2, 3, 4, 5], at("2026-05-12T14:15:30"), [0x10, 0x01])).remarks.is_trusted()
    );
    assert_eq!(address("0102030405"), Some([1, 2, 3, 4, 5]));
    assert_eq!(address("01020304"), None);
}

#[test]
fn halves_and_doubles_of_a_stream_give_their_frames() {
    let mut stream = vec![0x68, 0x15, 0x99, 0x68];
    for text in REAL {
        stream.extend(hex(text));
    }
    stream.extend(&hex(REAL[0])[..20]);
    stream.extend(hex(REAL[1]));
    for step in [1, 3, 17, 400] {
        let mut cutter = StreamCutter::new(FRAMING);
        let mut frames = 0;
        let mut count = |piece: Piece| {
            frames += usize::from(matches!(piece, Piece::Frame(f) if decode(&f).remarks.is_trusted()))
        };
        for chunk in stream.chunks(step) {
            cutter.feed(chunk, &mut count);
            assert!(cutter.held() <= 2 * MAX_FRAME + StreamCutter::MAX_GARBAGE);
        }
        cutter.give_up(&mut count);
        assert_eq!(frames, 4, "step {step}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read_back(levels in proptest::collection::vec(-9_999_000_i32..9_999_000, 1..8), minutes in 0_i64..5_000_000) {
        let values: Vec<f64> = levels.iter().map(|mm| f64::from(*mm) / 1000.0).collect();
        let sent = at("2020-01-01T00:00").plus_ms(minutes * 60_000);
        let frame = decode(&report([0, 1, 2, 3, 4], 2, &values, (0, 0), sent).unwrap());
        prop_assert!(frame.remarks.problems.is_empty());
        prop_assert_eq!(frame.observed_at(), Some(sent));
        let read: Vec<_> = frame.readings.iter().filter(|r| r.element == "level").map(|r| r.value.unwrap()).collect();
        prop_assert_eq!(read, values);
    }

    #[test]
    fn any_bytes_are_a_value(bytes in proptest::collection::vec(any::<u8>(), 0..80), text in "\\PC{0,80}") {
        let frame = decode(&bytes);
        prop_assert!(frame.remarks.is_trusted() || frame.readings.is_empty());
        let _ = (explain(&bytes), json_line(&text));
    }
}
