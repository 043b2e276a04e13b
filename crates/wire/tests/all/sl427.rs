//! SL/T 427: the real frames, broken ones, and frames written and read back.

use crate::support::{at, hex};
use field::sample::Quality;
use proptest::prelude::*;
use wire::cut::{Piece, StreamCutter};
use wire::sl427::encode::{address, confirmation, frame, link, query, report, set_clock};
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
    assert_eq!(
        (frame.alarm, frame.state),
        (Some(0x1001), Some(0x0060)),
        "the mains are off and little water is left; the box is shut, the battery in use"
    );
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
    assert_eq!((frame.alarm, frame.state), (Some(0x4000), Some(0x0040)));
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

/// What an up frame of station 0102030405 with these data says: name, value, unit.
fn said(control: u8, function: u8, data: &str) -> Vec<(String, Option<f64>, &'static str)> {
    let decoded = decode(&frame(control, [1, 2, 3, 4, 5], function, &hex(data)));
    assert_eq!(decoded.remarks.problems, [], "{control:02X} {function:02X} {data}");
    decoded.readings.into_iter().map(|r| (r.id, r.value, r.unit)).collect()
}

/// Words 2001 and 0060, low byte first.
const WORDS: &str = "01206000";
const NEWER: &str = "30151412052600";
const OLDER: &str = "3015141200";

fn check(control: u8, data: &str, stamp: &str, expected: &[(&str, Option<f64>, &'static str)]) {
    let mut all: Vec<_> =
        expected.iter().map(|(id, value, unit)| ((*id).to_owned(), *value, *unit)).collect();
    all.push(("alarm".to_owned(), Some(f64::from(0x2001)), ""));
    all.push(("state".to_owned(), Some(f64::from(0x0060)), ""));
    assert_eq!(said(control, afn::REPORT, &format!("{data}{WORDS}{stamp}")), all, "{data} {stamp}");
}

#[test]
fn every_kind_has_the_form_of_the_standards_tables() {
    let one = |id, value, unit| [(id, Some(value), unit)];
    // Tables 33 to 47 of SL/T 427-2021.
    check(0xB1, "561200", NEWER, &one("01", 125.6, "mm"));
    check(0xB2, "654301F0", NEWER, &one("02", -14.365, "m"));
    check(0xB4, "234501", NEWER, &one("04", 14.523, "m/s"));
    check(0xB5, "561204", NEWER, &one("05", 412.56, "m"));
    check(0xB6, "563412", NEWER, &one("06", 123_456.0, "kW"));
    check(0xB8, "78563412", NEWER, &one("08", 123_456.78, "kWh"));
    check(0xB9, "3502", NEWER, &one("09", 23.5, "degC"));
    check(0xBC, "563400", NEWER, &one("0C", 345.6, "mm"));
    check(0xBF, "50030400", NEWER, &one("0F", 403.5, "kPa"));
    check(0xBB, "35021000", NEWER, &[("0B", Some(23.5), "%"), ("0BD", Some(10.0), "cm")]);
    let weather = [
        ("07", Some(1_013.0), "hPa"),
        ("07W", Some(3.25), "m/s"),
        ("07D", Some(5.0), ""),
        ("07A", Some(-12.5), "degC"),
    ];
    check(0xB7, "13100025035025F1", NEWER, &weather);
    check(
        0xB7,
        "131000AAAAAAAAAA",
        NEWER,
        &[weather[0], ("07W", None, "m/s"), ("07D", None, ""), ("07A", None, "degC")],
    );
    // Two instruments.
    check(0xB2, "6543010000100000", NEWER, &[("02", Some(14.365), "m"), ("02.2", Some(1.0), "m")]);
    // Where SZY 206 differs, which its time stamp shows.
    check(0xB7, "131000", OLDER, &weather[..1]);
    check(0xB8, "250350", OLDER, &[("08W", Some(3.25), "m/s"), ("08D", Some(5.0), "")]);
    check(0xBB, "3502", OLDER, &one("0B", 23.5, "%"));
    check(0xB9, "3502", OLDER, &one("09", 23.5, "degC"));
}

#[test]
fn a_flow_says_its_sign_and_its_unit_in_the_highest_half_byte() {
    let amount = "8261100000";
    let of = |flow: &str| said(0xB3, afn::REPORT, &format!("{flow}{amount}{WORDS}{NEWER}")).remove(0);
    assert_eq!(of("5634120000"), ("03".to_owned(), Some(123.456), "m3/s"));
    assert_eq!(of("56341200C0"), ("03".to_owned(), Some(-123.456), "m3/s"));
    assert_eq!(of("5634120030"), ("03".to_owned(), Some(123.456), "m3/h"));
    assert_eq!(of("56341200F0"), ("03".to_owned(), Some(-123.456), "m3/h"));
    // The house keeps m³/s.
    let bytes = frame(0xB3, [1, 2, 3, 4, 5], afn::REPORT, &hex(&format!("0000360030{amount}{WORDS}{NEWER}")));
    let kept = decode(&bytes).to_report(at("2026-05-12T14:16"));
    assert!((kept.readings[0].value.unwrap() - 0.1).abs() < 1e-12, "360 m³/h are 0.1 m³/s");
    // A sign that the standard does not know.
    let odd = decode(&frame(
        0xB3,
        [1, 2, 3, 4, 5],
        afn::REPORT,
        &hex(&format!("5634120040{amount}{WORDS}{NEWER}")),
    ));
    assert_eq!(odd.remarks.worst().unwrap().code, "bad_digits");
}

#[test]
fn an_answer_ends_in_its_words_and_is_no_further_level() {
    let level = said(0xB2, afn::QUERY, &format!("65430100{WORDS}"));
    assert_eq!(level[0], ("02".to_owned(), Some(14.365), "m"));
    assert_eq!((level.len(), level[1].1), (3, Some(f64::from(0x2001))));
    // Rain, level, flow with amount, in the order of their bits from the lowest up.
    let several = said(0xBE, afn::QUERY, &format!("E056341200008261100000654301005612 00{WORDS}"));
    let names: Vec<_> = several.iter().map(|(id, value, _)| (id.as_str(), *value)).collect();
    let flow = [("03", Some(123.456)), ("03T", Some(106_182.0))];
    assert_eq!(names[..4], [flow[0], flow[1], ("02", Some(14.365)), ("01", Some(125.6))]);
    let without = said(0xBE, afn::QUERY, &format!("6056341200006543 0100{WORDS}"));
    let names: Vec<_> = without.iter().map(|(id, value, _)| (id.as_str(), *value)).collect();
    assert_eq!(names[..2], [flow[0], ("02", Some(14.365))]);
}

#[test]
fn an_alarm_says_what_alarms_before_its_values() {
    let alarm = said(0xB2, afn::ALARM, &format!("0400654301006000{NEWER}"));
    let names: Vec<_> = alarm.iter().map(|(id, value, _)| (id.as_str(), *value)).collect();
    assert_eq!(names, [("02", Some(14.365)), ("alarm", Some(4.0)), ("state", Some(96.0))]);
}

#[test]
fn statistics_of_rain_a_voltage_and_a_keyed_in_level_are_read() {
    let rain = said(0xBE, afn::REPORT, &format!("4156120081123400C0010000{WORDS}{NEWER}"));
    let names: Vec<_> = rain.iter().map(|(id, value, unit)| (id.as_str(), *value, *unit)).collect();
    let expected = [("0E-1h", Some(125.6), "mm"), ("0E-1d", Some(341.2), "mm"), ("0E-test", Some(0.1), "mm")];
    assert_eq!(names[..3], expected);
    assert_eq!(said(0xBD, afn::VOLTAGE, "2512"), [("0D".to_owned(), Some(12.25), "V")]);
    let keyed = decode(&frame(0xB2, [1, 2, 3, 4, 5], afn::MANUAL, &hex(&format!("65430100{WORDS}{NEWER}"))));
    let kept = keyed.to_report(at("2026-05-12T14:16"));
    let qualities: Vec<_> = kept.readings.iter().map(|r| r.quality).collect();
    assert_eq!(qualities, [Quality::Manual, Quality::Good, Quality::Good]);
    // Substances have decimals that no frame tells: kept as bytes, never as wrong numbers.
    let water = decode(&frame(
        0xBA,
        [1, 2, 3, 4, 5],
        afn::REPORT,
        &hex(&format!("010000000056120000{WORDS}{NEWER}")),
    ));
    assert_eq!((water.readings.len(), water.unread.len()), (2, 9));
    assert_eq!(water.remarks.notes[0].code, "quality_not_read");
}

#[test]
fn the_clock_is_set_with_its_weekday() {
    // 12 May 2026 is a Tuesday; a month of two digits has its ten in bit 4.
    let bytes = set_clock([1, 2, 3, 4, 5], at("2026-05-12T14:15:30"), [0, 0]);
    assert_eq!(bytes[10..16], [0x30, 0x15, 0x14, 0x12, 0x45, 0x26]);
    let bytes = set_clock([1, 2, 3, 4, 5], at("2026-12-13T00:00:00"), [0, 0]);
    assert_eq!(bytes[14], 7 << 5 | 0x12);
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
    let now = at("2026-05-12T14:15:31");
    let bytes = confirmation(&report, now).unwrap();
    assert_eq!(bytes[10..18], hex("00 31 15 14 12 05 26 00"), "the station sets its clock by it");
    let answer = decode(&bytes);
    assert!(answer.remarks.is_trusted());
    assert_eq!(
        (answer.direction, answer.station, answer.afn),
        (Some(Direction::Down), report.station, Some(0xC0))
    );
    let login = decode(&link([1, 2, 3, 4, 5], 0xF0));
    assert_eq!(decode(&confirmation(&login, now).unwrap()).link, Some(0xF0));
    let older = confirmation(&decode(&hex(REAL[0])), now).unwrap();
    assert_eq!(older.len(), 13, "SZY 206 has no stamp there");
    assert_eq!(
        confirmation(&decode(&query([1, 2, 3, 4, 5], 2)), now),
        None,
        "a centre's frame is not confirmed"
    );
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
