//! Commands down and answers up (mode M4), against collected frames and by round trips.

use crate::support::{STATION, at, hex};
use field::command::{Ask, ParameterTable};
use std::collections::BTreeMap;
use wire::sl651::down::{Known, answer, command, function_of, outcome, switch_word};
use wire::sl651::encode::Address;
use wire::sl651::{Direction, Form, control, decode};

fn known() -> Known {
    Known { centre: 1, password: 0x1234, ..Known::default() }
}

#[test]
fn the_collected_question_for_four_elements_is_written_byte_for_byte() {
    let ask = Ask::QueryElements { elements: ["1F", "20", "26", "38", "39"].map(str::to_owned).to_vec() };
    let known = Known { centre: 5, password: 0x03E8, ..Known::default() };
    let bytes =
        command(&ask, Address([0, 0x11, 0x22, 0x33, 0x44]), &known, at("2017-07-18T11:02:58")).unwrap();
    let collected = "7E7E00112233440503E83A80120200001707181102581F1920192619381239230584B9";
    assert_eq!(bytes, hex(collected));
}

fn every_ask() -> Vec<Ask> {
    let values = BTreeMap::from([("20".to_owned(), "1".to_owned()), ("28".to_owned(), "-1.5".to_owned())]);
    vec![
        Ask::SetClock,
        Ask::QueryClock,
        Ask::QueryCurrent,
        Ask::QueryPeriod {
            from: at("2021-06-30T08:00"),
            to: at("2021-06-30T14:00"),
            step_min: 60,
            element: "39".into(),
        },
        Ask::QueryManual,
        Ask::QueryElements { elements: vec!["F4".into(), "F5".into(), "45".into()] },
        Ask::QueryPicture,
        Ask::QueryStatus,
        Ask::QueryMotors,
        Ask::QueryVersion,
        Ask::QueryEvents,
        Ask::ReadParameters { table: ParameterTable::Basic, ids: vec!["01".into(), "0D".into()] },
        Ask::ReadParameters { table: ParameterTable::Running, ids: vec!["20".into(), "A8".into()] },
        Ask::SetParameters {
            table: ParameterTable::Basic,
            values: BTreeMap::from([("0C".into(), "2".into())]),
        },
        Ask::SetParameters { table: ParameterTable::Running, values },
        Ask::ClearMemory,
        Ask::FactoryReset,
        Ask::SetPassword { password: "04D2".into() },
        Ask::SetIcCard { enabled: true },
        Ask::SwitchPump { pump: 2, on: true },
        Ask::SwitchValve { valve: 9, open: true },
        Ask::SetGate { gate: 1, opening_m: 1.25 },
        Ask::SetQuota { enabled: true },
    ]
}

#[test]
fn every_command_is_a_sound_down_frame_in_both_forms() {
    for form in [Form::Hex, Form::Ascii] {
        let known = Known {
            form,
            pumps: Some(vec![true, false]),
            valves: Some(vec![false]),
            gates: Some(vec![0.5, 0.25]),
            ..known()
        };
        for ask in every_ask() {
            let bytes = command(&ask, STATION, &known, at("2021-06-30T14:00:06")).unwrap();
            let frame = decode(&bytes);
            assert_eq!(frame.problems, [], "{ask:?}");
            assert_eq!((frame.direction, frame.form), (Some(Direction::Down), form));
            assert_eq!((frame.function, frame.serial), (function_of(&ask), Some(0)), "{ask:?}");
            assert_eq!((frame.end, frame.sent_at), (Some(control::ENQ), Some(at("2021-06-30T14:00:06"))));
        }
    }
}

#[test]
fn one_pump_is_switched_and_the_others_stay_as_they_are() {
    let words = |known: &Known, ask: &Ask| {
        command(ask, STATION, known, at("2021-06-30T14:00:06"))
            .map(|bytes| bytes[22..bytes.len() - 3].to_vec())
    };
    let start = Ask::SwitchPump { pump: 2, on: true };
    let third_runs = Known { pumps: Some(vec![false, false, true]), ..known() };
    assert_eq!(words(&third_runs, &start).unwrap(), [1, 0b110]);
    assert_eq!(words(&known(), &start).unwrap_err().code(), "state_unknown");
    let gate = Ask::SetGate { gate: 2, opening_m: 1.25 };
    assert_eq!(words(&known(), &gate).unwrap_err().code(), "state_unknown");
    let first_open = Known { gates: Some(vec![0.5]), ..known() };
    assert_eq!(words(&first_open, &gate).unwrap(), [2, 0b11, 0x00, 0x50, 0x01, 0x25]);
    let unknown = Ask::ReadParameters { table: ParameterTable::Running, ids: vec!["1G".into()] };
    assert_eq!(words(&known(), &unknown).unwrap_err().code(), "unknown_id");
    let write = Ask::Write { target: "x".into(), value: 1.0 };
    assert_eq!(words(&known(), &write).unwrap_err().code(), "unsupported");
}

#[test]
fn an_answer_says_whether_the_station_did_as_told() {
    let now = at("2021-06-30T14:00:06");
    let up = |function, words: &[u8]| decode(&answer(&known(), STATION, function, 7, now, words).unwrap());
    let start = Ask::SwitchPump { pump: 2, on: true };
    let (done, said) = outcome(&start, &up(0x4C, &switch_word(&[false, true])), now);
    assert!(done && said["on"][1] == true, "{said}");
    assert!(!outcome(&start, &up(0x4C, &switch_word(&[true, false])), now).0);
    assert!(outcome(&Ask::SetQuota { enabled: true }, &up(0x4F, &[0xFF]), now).0);
    assert!(!outcome(&Ask::SetQuota { enabled: true }, &up(0x4F, &[0x00]), now).0);
    let clock = outcome(&Ask::QueryClock, &up(0x51, &[]), now.plus_ms(-5_000)).1;
    assert_eq!(clock["ahead_s"], 5);
    let gate = up(0x4E, &[2, 0b10, 0, 0, 0x01, 0x25]);
    assert_eq!(gate.switches.as_ref().unwrap().openings_m, [0.0, 1.25]);
    assert!(outcome(&Ask::SetGate { gate: 2, opening_m: 1.25 }, &gate, now).0);
    let elements: Vec<String> =
        up(0x4C, &[1, 0b10]).report().readings.into_iter().map(|r| r.element).collect();
    assert_eq!(&elements[..2], ["4C.1", "4C.2"]);
}

#[test]
fn collected_tables_of_parameters_are_read() {
    let frame = decode(&hex(
        "7E7E050011223344123443003F020020170718101935F1F1001122334420080121080522080823100300240805250910260910270802282300010000301B00020038120500401200034112002003AF1B",
    ));
    let value = |id: &str| frame.parameters.iter().find(|p| p.id == id).map(|p| p.value.as_str());
    assert_eq!(
        (value("20"), value("23"), value("25"), value("41")),
        (Some("1"), Some("300"), Some("1"), Some("0.2"))
    );
    let set = Ask::SetParameters {
        table: ParameterTable::Running,
        values: BTreeMap::from([("23".into(), "300.0".into()), ("41".into(), "0.3".into())]),
    };
    assert!(!outcome(&set, &frame, at("2017-07-18T10:19:35")).0, "41 is not what was asked");
}

#[test]
fn each_status_bit_is_a_reading() {
    let frame = decode(&hex("7E7E0010000000060000460015020150221206133007F1F11000000006452000000481031603"));
    let report = frame.report();
    let on: Vec<&str> =
        report.readings.iter().filter(|r| r.value == Some(1.0)).map(|r| r.element.as_str()).collect();
    assert_eq!(on, ["45.0", "45.7", "45.10"]);
}
