//! The ASCII form: read, cut, written, and refused when a bit is wrong.

use crate::support::{STATION, at, cut, hex, report};
use wire::sl651::encode::{Confirmation, Element, Group};
use wire::sl651::{Cut, Form, decode, to_ascii};

fn synthetic() -> Vec<u8> {
    // Built from tables 16 and 6.6.2 of the standard; no station's own frame in this form is public.
    hex(
        "01303130303130313030303031413030303332303034460230303132323430313039313630313238535420303031303130303030312048205454203234303130393136303120504A20332E352050542033352E30205A2031322E3334302056542031322E3330200334353534",
    )
}

#[test]
fn the_frame_of_the_standards_tables_is_read() {
    let decoded = decode(&synthetic());
    assert_eq!(decoded.problems, []);
    assert_eq!((decoded.form, decoded.centre, decoded.password), (Form::Ascii, Some(1), Some(0xA000)));
    assert_eq!(decoded.station.as_deref(), Some("0010100001"));
    assert_eq!((decoded.serial, decoded.station_kind), (Some(0x12), Some(b'H')));
    let values: Vec<_> = decoded.readings.iter().map(|r| (r.element, r.value)).collect();
    assert_eq!(values, [("PJ", Some(3.5)), ("PT", Some(35.0)), ("Z", Some(12.34)), ("VT", Some(12.3))]);
    assert!(decoded.readings.iter().all(|r| r.observed_at == at("2024-01-09T16:01")));
}

#[test]
fn no_flipped_bit_of_an_ascii_frame_passes() {
    let whole = synthetic();
    for n in 0..whole.len() * 8 {
        let mut bytes = whole.clone();
        bytes[n / 8] ^= 1 << (n % 8);
        assert!(!decode(&bytes).is_trusted(), "bit {n}");
    }
}

#[test]
fn reports_say_the_same_in_both_forms() {
    let sent = at("2021-06-30T14:00:05");
    let of = |id, value| Element::of(id, value).unwrap();
    let mut hourly = report(
        0x34,
        9,
        sent,
        at("2021-06-30T13:05"),
        vec![
            Element::five_minute_rain(std::array::from_fn(|n| (n != 3).then_some(n as f64 / 10.0))),
            Element::five_minute_level([Some(1.23); 12]),
        ],
    );
    hourly.groups.push(Group {
        observed_at: at("2021-06-30T14:00"),
        elements: vec![of(0x39, Some(-1.5)), of(0x26, None), Element::status(0x481), of(0x38, Some(12.5))],
    });
    let plain = decode(&hourly.to_bytes().unwrap());
    let ascii = to_ascii(&hourly.to_bytes().unwrap()).unwrap();
    let read = decode(&ascii);
    assert_eq!(read.problems, []);
    assert_eq!(read.readings, plain.readings);
    assert_eq!(
        (read.serial, read.sent_at, read.station_kind),
        (plain.serial, plain.sent_at, plain.station_kind)
    );
    let stream = [b"xx".as_slice(), &ascii, &ascii, &[0x7E]].concat();
    let frames = cut(&stream).into_iter().filter(|piece| *piece == Cut::Frame(ascii.clone())).count();
    assert_eq!(frames, 2);
}

#[test]
fn a_station_that_speaks_ascii_is_confirmed_in_ascii() {
    let answer =
        Confirmation::to(&decode(&synthetic()), at("2024-01-09T16:02:00"), false).unwrap().to_bytes();
    let text = String::from_utf8_lossy(&answer);
    assert!(text.starts_with("\u{1}001010000101A000328010\u{2}0012240109160200\u{4}"), "{text:?}");
    let read = decode(&answer);
    assert_eq!((read.problems.as_slice(), read.serial, read.form), ([].as_slice(), Some(0x12), Form::Ascii));
    assert_eq!(STATION.to_string(), "3307820001");
}
