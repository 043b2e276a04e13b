//! Habits of vendors and corners of the standard, each with its own small frame.

use crate::support::{STATION, at, cut, hex, report, sealed};
use field::time::MINUTE_MS;
use wire::sl651::encode::{Confirmation, Element, Group};
use wire::sl651::{Cut, Decoded, Note, control, decode};

const HEAD: &str = "7E7E 01 3307820001 1234";
const STAMP: &str = "0007 210630140000";
const STATION_GROUP: &str = "F1F1 3307820001 48";

/// An up frame of function `function` (hexadecimal) with this body.
fn up(function: &str, body: &str) -> Vec<u8> {
    let body_bytes = hex(body).len();
    sealed(&format!("{HEAD} {function} {body_bytes:04X} 02 {body} 03"))
}

fn values(decoded: &Decoded) -> Vec<(&str, Option<f64>, String)> {
    decoded
        .readings
        .iter()
        .map(|r| (r.id.as_str(), r.value, r.observed_at.to_string()[11..16].to_owned()))
        .collect()
}

#[test]
fn the_handbooks_example_reads_as_1222_2_mm() {
    let frame = hex(
        "7E7E010030745815123432002602020B260701060000F1F1003074581550F0F02607010600261901222245200000040038121416036221",
    );
    let decoded = decode(&frame);
    assert_eq!(decoded.problems, []);
    assert_eq!(decoded.station.as_deref(), Some("0030745815"));
    assert_eq!(decoded.station_kind, Some(b'P'));
    assert_eq!(
        values(&decoded),
        [
            ("26", Some(1222.2), "06:00".into()),
            ("45", Some(1024.0), "06:00".into()),
            ("38", Some(14.16), "06:00".into())
        ]
    );
    assert_eq!(decoded.readings[0].element, "PT");
    assert_eq!(decoded.readings[0].unit, "mm");
}

#[test]
fn a_stray_7e_behind_the_check_value_is_tolerated_alone_and_in_a_stream() {
    let frame = up("32", &format!("{STAMP} {STATION_GROUP} F0F0 2106301400 3812 1250"));
    let stray = [frame.as_slice(), &[0x7E]].concat();
    let decoded = decode(&stray);
    assert_eq!(decoded.problems, []);
    assert_eq!(decoded.notes, [Note::StrayByte]);
    let stream = [stray.as_slice(), &stray, &frame, &stray].concat();
    assert_eq!(cut(&stream), vec![Cut::Frame(frame); 4]);
}

#[test]
fn f5_with_a_wrong_definition_byte_still_has_24_bytes() {
    let levels = "0A2D".repeat(11) + "FFFF";
    let frame = up("34", &format!("{STAMP} {STATION_GROUP} F0F0 2106301305 F55C {levels} 3812 1250"));
    let decoded = decode(&frame);
    assert_eq!(decoded.problems, []);
    assert_eq!(decoded.notes, [Note::DefinitionByte { found: "F55C".into() }]);
    assert_eq!(decoded.readings.len(), 13);
    assert_eq!(decoded.readings[0].value, Some(26.05));
    assert_eq!(decoded.readings[11].value, None);
    assert_eq!(decoded.readings[12].id, "38");
}

#[test]
fn odd_passwords_and_centre_zero_are_taken_as_they_are() {
    for password in ["0000", "FFFF", "A000"] {
        let body = format!("{STAMP} {STATION_GROUP} F0F0 2106301400 3812 1250");
        let length = hex(&body).len();
        let decoded = decode(&sealed(&format!("7E7E 00 3307820001 {password} 32 {length:04X} 02 {body} 03")));
        assert_eq!(decoded.problems, []);
        assert_eq!(decoded.centre, Some(0));
        assert_eq!(decoded.password, Some(u16::from_str_radix(password, 16).unwrap()));
    }
}

#[test]
fn an_hourly_report_with_several_groups_gives_each_value_its_own_time() {
    let rain = "05000000 14FFFFFF FFFF0000";
    let frame = up(
        "34",
        &format!(
            "{STAMP} {STATION_GROUP} F0F0 2106301305 F460 {rain} F0F0 2106301400 2619 000040 3923 00010490"
        ),
    );
    let decoded = decode(&frame);
    assert_eq!(decoded.problems, []);
    let read = values(&decoded);
    assert_eq!(read.len(), 14);
    assert_eq!(read[0], ("F4", Some(0.5), "13:05".into()));
    assert_eq!(read[4], ("F4", Some(2.0), "13:25".into()));
    assert_eq!(read[5], ("F4", None, "13:30".into()));
    assert_eq!(read[11], ("F4", Some(0.0), "14:00".into()));
    assert_eq!(read[12], ("26", Some(4.0), "14:00".into()));
    assert_eq!(read[13], ("39", Some(10.49), "14:00".into()));
    assert!(decoded.readings.iter().all(|r| !r.doubtful));
}

#[test]
fn an_hourly_report_labelled_at_its_end_keeps_the_standards_times_and_is_doubtful() {
    let frame = up(
        "34",
        &format!("{STAMP} {STATION_GROUP} F0F0 2106301400 F5C0 {} 3923 00000428", "01AC".repeat(12)),
    );
    let decoded = decode(&frame);
    assert_eq!(decoded.problems, []);
    assert_eq!(decoded.notes, [Note::SeriesAhead { id: "F5".into() }]);
    assert!(decoded.readings[..12].iter().all(|r| r.doubtful));
    assert!(!decoded.readings[12].doubtful, "the level of the moment is fine");
    assert_eq!(values(&decoded)[11], ("F5", Some(4.28), "14:55".into()));
}

#[test]
fn an_hourly_report_on_the_half_hour_is_read() {
    let frame =
        up("34", &format!("0007 210630143004 {STATION_GROUP} F0F0 2106301335 F4FF {}", "00".repeat(12)));
    let decoded = decode(&frame);
    assert_eq!(decoded.problems, []);
    assert_eq!(values(&decoded)[11], ("F4", Some(0.0), "14:30".into()));
}

#[test]
fn extensions_of_vendors_keep_their_own_identifier() {
    let frame = up(
        "32",
        &format!("{STAMP} {STATION_GROUP} F0F0 2106301400 FF0908 20 FF3311 0205 FF221B 000110 3812 1250"),
    );
    let decoded = decode(&frame);
    assert_eq!(decoded.problems, []);
    assert_eq!(
        values(&decoded).iter().map(|(id, value, _)| (*id, *value)).collect::<Vec<_>>(),
        [("FF09", Some(20.0)), ("FF33", Some(20.5)), ("FF22", Some(0.11)), ("38", Some(12.5))]
    );
    assert_eq!(decoded.readings[0].element, "");
}

#[test]
fn a_level_shorter_than_the_standards_is_read_by_its_definition_byte() {
    let decoded = decode(&up("32", &format!("{STAMP} {STATION_GROUP} F0F0 2106301400 391A 002730")));
    assert_eq!(values(&decoded), [("39", Some(27.3), "14:00".into())]);
}

#[test]
fn negative_and_missing_numbers_are_told_apart() {
    let body = format!(
        "{STAMP} {STATION_GROUP} F0F0 2106301400 762A FF00000172 0219 FF0052 3923 FFFFFFFF 3812 FFFF 2019 000000"
    );
    let decoded = decode(&up("32", &body));
    assert_eq!(decoded.problems, []);
    let read: Vec<_> = decoded.readings.iter().map(|r| r.value).collect();
    assert_eq!(read, [Some(-1.72), Some(-5.2), None, None, Some(0.0)]);
}

#[test]
fn a_status_frame_has_neither_station_kind_nor_observe_time() {
    let decoded = decode(&up("46", &format!("{STAMP} F1F1 3307820001 4520 00000481")));
    assert_eq!(decoded.problems, []);
    assert_eq!(decoded.station_kind, None);
    assert_eq!(values(&decoded), [("45", Some(1153.0), "14:00".into())]);
}

#[test]
fn a_uniform_report_gives_one_reading_for_each_value() {
    let element = Element::series(0x39, 4, 3, 30, &[Some(28.96), None, Some(29.01)]).unwrap();
    let frame = report(0x31, 9, at("2021-06-30T15:00:10"), at("2021-06-30T14:00"), vec![element]);
    let decoded = decode(&frame.to_bytes().unwrap());
    assert_eq!(decoded.problems, []);
    assert_eq!(
        values(&decoded),
        [
            ("39", Some(28.96), "14:00".into()),
            ("39", None, "14:30".into()),
            ("39", Some(29.01), "15:00".into())
        ]
    );
    assert_eq!(decoded.readings[1].observed_at.since_ms(decoded.readings[0].observed_at), 30 * MINUTE_MS);
}

#[test]
fn a_series_without_a_step_is_refused_and_a_single_value_without_one_is_not() {
    let one = format!("{STAMP} {STATION_GROUP} F0F0 2106301400 0418 000000 3923 00028960");
    assert_eq!(decode(&up("31", &one)).problems, []);
    let two = decode(&up("31", &format!("{one} 00028970")));
    assert_eq!(two.worst().map(wire::sl651::Problem::code), Some("bad_time_step"));
    assert_eq!(two.readings, []);
}

#[test]
fn what_a_person_keyed_in_is_kept_as_text_and_read_where_it_is_pairs() {
    // "TT 2106301330 Q 1.234 Z M weather fine"
    let text: String = b"TT 2106301330 Q 1.234 Z M weather fine".iter().map(|b| format!("{b:02X}")).collect();
    let decoded = decode(&up("35", &format!("{STAMP} F2F2 {text}")));
    assert_eq!(decoded.problems, []);
    assert_eq!(decoded.manual.as_deref(), Some("TT 2106301330 Q 1.234 Z M weather fine"));
    assert_eq!(values(&decoded), [("27", Some(1.234), "13:30".into()), ("39", None, "13:30".into())]);
}

#[test]
fn one_elements_bad_digits_leave_the_others_good() {
    let decoded =
        decode(&up("32", &format!("{STAMP} {STATION_GROUP} F0F0 2106301400 2619 00A040 3812 1250")));
    assert!(decoded.is_trusted());
    assert_eq!(decoded.worst().map(wire::sl651::Problem::code), Some("bad_digits"));
    assert_eq!(values(&decoded), [("38", Some(12.5), "14:00".into())]);
}

#[test]
fn a_body_that_ends_inside_an_element_is_refused_whole() {
    let decoded = decode(&up("32", &format!("{STAMP} {STATION_GROUP} F0F0 2106301400 3812 1250 2619 0000")));
    assert_eq!(decoded.worst().map(wire::sl651::Problem::code), Some("body_cut"));
    assert_eq!(decoded.readings, []);
    assert_eq!(decoded.serial, Some(7));
}

#[test]
fn times_that_no_calendar_has_are_refused() {
    let observed = decode(&up("32", &format!("{STAMP} {STATION_GROUP} F0F0 2106311400 3812 1250")));
    assert_eq!(observed.worst().map(wire::sl651::Problem::code), Some("bad_time"));
    let sent = decode(&up("32", &format!("0007 219930140000 {STATION_GROUP}")));
    assert_eq!(sent.worst().map(wire::sl651::Problem::code), Some("bad_time"));
}

#[test]
fn a_report_relayed_for_another_station_is_not_taken_for_the_relays_own() {
    let decoded = decode(&up("32", &format!("{STAMP} F1F1 3307820002 48 F0F0 2106301400 3812 1250")));
    assert_eq!(decoded.worst().map(wire::sl651::Problem::code), Some("other_station"));
}

#[test]
fn each_break_in_the_envelope_has_its_own_name() {
    let good = up("32", &format!("{STAMP} {STATION_GROUP} F0F0 2106301400 3812 1250"));
    let code = |bytes: &[u8]| decode(bytes).worst().map(wire::sl651::Problem::code);
    let broken = |at: usize, byte: u8| {
        let mut bytes = good.clone();
        bytes[at] = byte;
        bytes
    };
    assert_eq!(code(&good), None);
    assert_eq!(code(&[]), Some("empty"));
    assert_eq!(code(&[0x7E]), Some("no_start"));
    assert_eq!(code(&good[1..]), Some("no_start"));
    assert_eq!(code(&good[..9]), Some("too_short"));
    assert_eq!(code(&good[..good.len() - 1]), Some("bad_length"));
    assert_eq!(code(&[good.as_slice(), &[0x7E, 0x7E]].concat()), Some("bad_length"));
    assert_eq!(code(&broken(11, 0x40)), Some("bad_direction"));
    assert_eq!(code(&broken(13, 0x20)), Some("bad_start_character"));
    assert_eq!(code(&broken(good.len() - 3, 0x20)), Some("bad_end_character"));
    assert_eq!(code(&broken(good.len() - 1, !good[good.len() - 1])), Some("bad_crc"));
    assert_eq!(code(&broken(20, 0x99)), Some("bad_crc"));
}

#[test]
fn a_part_of_a_multi_packet_report_names_its_place_and_gives_no_readings() {
    let first = format!("00D 001 {STAMP} {STATION_GROUP} F0F0 2106301400 2619 0000");
    let length = hex(&first).len();
    let decoded = decode(&sealed(&format!("{HEAD} 31 {length:04X} 16 {first} 17")));
    assert_eq!(decoded.problems, []);
    assert_eq!(decoded.packet.map(|p| (p.total, p.number)), Some((13, 1)));
    assert_eq!(decoded.serial, Some(7));
    assert_eq!(decoded.readings, []);
    assert!(decoded.more_follows());
    let second = decode(&sealed(&format!("{HEAD} 31 0007 16 00D 002 DEADBEEF 17")));
    assert_eq!(second.packet.map(|p| p.number), Some(2));
    assert_eq!(second.serial, None);
}

#[test]
fn a_confirmation_swaps_the_addresses_and_keeps_the_serial() {
    // The standard's own example (6.6.4.6): EOT, serial 2.
    let expected = hex("7E7E00123456781012343380080200021406120215250 4DAAA");
    let up = hex(
        "7E7E1000123456781234330038020002140612021500F1F1001234567850F0F01406120215F460000000000000000000000000261900002020190000101A1900001038121209037C62",
    );
    let confirmation = Confirmation::to(&decode(&up), at("2014-06-12T02:15:25"), false).unwrap();
    assert_eq!(confirmation.to_bytes(), expected);
    let read = decode(&expected);
    assert_eq!((read.serial, read.end), (Some(2), Some(control::EOT)));
    let stay = Confirmation { stay: true, ..confirmation };
    assert_eq!(decode(&stay.to_bytes()).end, Some(control::ESC));
}

#[test]
fn a_report_written_is_a_report_read() {
    let mut rain = [Some(0.0); 12];
    rain[3] = Some(12.3);
    rain[4] = None;
    let mut frame = report(
        0x34,
        65_535,
        at("2021-06-30T14:00:05"),
        at("2021-06-30T13:05"),
        vec![Element::five_minute_rain(rain), Element::five_minute_level([Some(6.54); 12])],
    );
    frame.groups.push(Group {
        observed_at: at("2021-06-30T14:00"),
        elements: vec![
            Element::of(0x20, Some(88.8)).unwrap(),
            Element::of(0x22, Some(0.1)).unwrap(),
            Element::of(0x26, Some(99_999.9)).unwrap(),
            Element::of(0x39, Some(-0.5)).unwrap(),
            Element::of(0x38, None).unwrap(),
            Element::of(0x19, Some(3.0)).unwrap(),
            Element::status(0x400),
        ],
    });
    let decoded = decode(&frame.to_bytes().unwrap());
    assert_eq!(decoded.problems, []);
    assert_eq!(decoded.notes, []);
    assert_eq!(decoded.address, Some(STATION.0));
    let read: Vec<_> = decoded.readings.iter().map(|r| r.value).collect();
    assert_eq!(read[..12], rain);
    assert_eq!(read[12..24], [Some(6.54); 12]);
    assert_eq!(
        read[24..],
        [Some(88.8), Some(0.1), Some(99_999.9), Some(-0.5), None, Some(3.0), Some(1024.0)]
    );
}

#[test]
fn rain_beyond_a_byte_is_carried_into_the_next_five_minutes() {
    let mut rain = [Some(0.0); 12];
    rain[0] = Some(30.0);
    let frame = report(
        0x34,
        1,
        at("2021-06-30T14:00:05"),
        at("2021-06-30T13:05"),
        vec![Element::five_minute_rain(rain)],
    );
    let decoded = decode(&frame.to_bytes().unwrap());
    let read: Vec<_> = decoded.readings.iter().map(|r| r.value).collect();
    assert_eq!(read[..3], [Some(25.4), Some(4.6), Some(0.0)]);
}

#[test]
fn what_does_not_fit_is_refused_and_not_cut() {
    assert!(Element::of(0x38, Some(123.4)).is_err());
    assert!(Element::of(0x99, Some(1.0)).is_err());
    let long =
        report(0x32, 1, at("2021-06-30T14:00"), at("2021-06-30T14:00"), vec![Element::raw(vec![0; 5_000])]);
    assert!(long.to_bytes().is_err());
}

#[test]
fn every_byte_of_a_sound_frame_has_a_name() {
    let frame =
        up("34", &format!("{STAMP} {STATION_GROUP} F0F0 2106301305 F460 {} 3812 1250", "00".repeat(12)));
    let fields = wire::sl651::explain(&frame).fields;
    let mut at = 0;
    for field in &fields {
        assert_eq!(field.start, at, "{field:?}");
        at = field.end;
    }
    assert_eq!(at, frame.len());
}
