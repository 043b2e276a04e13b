//! CJ/T 188 and DL/T 645: frames of the field, broken ones, and frames written and read back.

use crate::support::{at, hex};
use proptest::prelude::*;
use wire::cut::{Piece, StreamCutter};
use wire::{cjt188, dlt645};

/// Frames of water meters with right sums.
const WATER: &[&str] = &[
    "68100100000508000001031F90003916",
    "FEFEFE6810010000050800008116901F00002301002C000000002C0000000000000000004816",
    "FEFEFE6810AAAAAAAAAAAAAA0103901F01D216",
    "FEFEFEFE6810437632510000008116901F0047700100295148010029202005282058240000A716",
    "FEFEFE6810962911800100008116901F02001200002C000000002C0000000000000002007D16",
    "FEFEFE6810011312190000000404A01701991016",
    "FEFEFE6810776655443322118109901F017856341200FFA116",
    "683077665544332211C104901F0102EB16",
    "FEFEFE681001131219000000A11D901F012C000000002C00000000350000000056201817121920402200030716",
];
/// Frames of electricity meters with right sums.
const POWER: &[&str] = &[
    "6801000000000068110433333433B316",
    "6837030092813968910833333433373333338C16",
    "68AAAAAAAAAAAA681300DF16",
    "68160000001520681104333339350416",
];

fn shared(name: &str) -> Option<serde_json::Value> {
    let path = format!("{}/../../../shared/data/protocols/{name}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).ok();
    if text.is_none() {
        println!("skipped: ../shared is not here");
    }
    serde_json::from_str(&text?).ok()
}

#[test]
fn every_collected_water_meter_frame_decodes_as_its_collection_says() {
    let Some(file) = shared("cjt188.json") else { return };
    for case in file["frames"].as_array().unwrap() {
        let text = case["hex"].as_str().unwrap();
        let frame = cjt188::decode(&hex(text));
        assert_eq!(
            frame.remarks.is_trusted(),
            case["checksum_ok"].as_bool().unwrap(),
            "{text}: {:?}",
            frame.remarks.problems
        );
        let want = &case["decoded"];
        assert_eq!(frame.address.as_deref(), want["meter_no_bcd"].as_str(), "{text}");
        if let (true, Some(total)) = (frame.remarks.is_trusted(), want["current_m3"].as_f64()) {
            assert_eq!(frame.readings[0].value, Some(total), "{text}");
            assert_eq!(
                frame.status.unwrap().valve().map(cjt188::Valve::code),
                want["valve"].as_str(),
                "{text}"
            );
        }
    }
}

#[test]
fn every_collected_electricity_frame_decodes_as_its_collection_says() {
    let Some(file) = shared("dlt645.json") else { return };
    for case in file["frames"].as_array().unwrap() {
        let text = case["hex"].as_str().unwrap();
        let frame = dlt645::decode(&hex(text));
        assert_eq!(
            frame.remarks.is_trusted(),
            case["checksum_ok"].as_bool().unwrap(),
            "{text}: {:?}",
            frame.remarks.problems
        );
        assert_eq!(frame.address.as_deref(), case["decoded"]["addr"].as_str(), "{text}");
    }
}

#[test]
fn a_water_meter_says_its_total_its_valve_and_its_units() {
    let frame = cjt188::decode(&hex(WATER[1]));
    assert_eq!((frame.readings[0].id.as_str(), frame.readings[0].value), ("901F", Some(123.0)));
    assert_eq!(frame.status.unwrap().valve(), Some(cjt188::Valve::Open));
    // Litres, and a clock written year first.
    let litres = cjt188::decode(&hex(WATER[3]));
    assert_eq!((litres.readings[0].unit, litres.readings[0].value), ("L", Some(170.47)));
    assert_eq!(litres.clock, Some(at("2020-05-28T20:58:24")));
    let kept = litres.to_report(at("2020-05-28T21:00")).readings[0].value.unwrap();
    assert!((kept - 0.170_47).abs() < 1e-12);
    // A short answer, a refusal, a vendor's own report.
    assert_eq!(cjt188::decode(&hex(WATER[6])).readings[0].value, Some(123_456.78));
    let refused = cjt188::decode(&hex(WATER[7]));
    assert!(refused.is_refusal() && refused.remarks.is_trusted() && refused.readings.is_empty());
    assert_eq!(cjt188::decode(&hex(WATER[8])).remarks.notes[0].code, "vendor_report");
    assert_eq!(cjt188::decode(&hex(WATER[0])).di, Some(cjt188::di::TOTALS), "the turned order is understood");
}

#[test]
fn an_electricity_meter_says_its_energy() {
    let frame = dlt645::decode(&hex(POWER[1]));
    let first = &frame.readings[0];
    assert_eq!(
        (first.id.as_str(), first.element, first.value, first.unit),
        ("00010000", "energy_import", Some(0.04), "kWh")
    );
    let line: serde_json::Value = serde_json::from_str(&dlt645::json_line(POWER[1])).unwrap();
    assert_eq!((line["station"].as_str(), line["function"].as_str()), (Some("398192000337"), Some("91")));
}

#[test]
fn an_electricity_meter_says_what_its_published_readings_say() {
    // Frames and meanings of public programs: a session with one meter, a reactive power below zero.
    let said = |text: &str| {
        let frame = dlt645::decode(&hex(text));
        assert_eq!(frame.remarks.problems, [], "{text}");
        frame.readings.into_iter().map(|r| (r.id, r.value, r.unit)).collect::<Vec<_>>()
    };
    for (text, id, value, unit) in [
        ("6861010000000068910833333433593333338A16", "00010000", 0.26, "kWh"),
        ("6861010000000068910633343435344310 16", "02010100", 100.1, "V"),
        ("6861010000000068910733343535CC7C331616", "02020100", 4.999, "A"),
        ("686101000000006891073333363545583 36B16", "02030000", 0.2512, "kW"),
        ("6861010000000068910733333735647633A916", "02040000", 0.4331, "kvar"),
        ("68610100000000689107333338353983338C16", "02050000", 0.5006, "kVA"),
        ("6861010000000068910633333935343809 16", "02060000", 0.501, ""),
        ("6808000000000068910733333735BA59B30816", "02040000", -0.2687, "kvar"),
        ("FEFEFEFE6886200500000068910833333433A876B733E916", "00010000", 8_443.75, "kWh"),
    ] {
        assert_eq!(said(text), [(id.to_owned(), Some(value), unit)]);
    }
}

#[test]
fn a_block_of_energies_says_the_total_and_every_tariff() {
    let address = dlt645::encode::address("000000000161").unwrap();
    let mut data: Vec<u8> = vec![0x00, 0xFF, 0x01, 0x00];
    for hundredths in [1_000_u32, 100, 200, 300, 400] {
        let digits = format!("{hundredths:08}");
        data.extend((0..4).rev().map(|n| u8::from_str_radix(&digits[2 * n..2 * n + 2], 16).unwrap()));
    }
    let mut bytes = [&[0x68], address.as_slice(), &[0x68, 0x91, data.len() as u8]].concat();
    bytes.extend(data.iter().map(|b| b.wrapping_add(0x33)));
    bytes.push(bytes.iter().fold(0_u8, |sum, b| sum.wrapping_add(*b)));
    bytes.push(0x16);
    let frame = dlt645::decode(&bytes);
    let said: Vec<_> = frame.readings.iter().map(|r| (r.id.as_str(), r.value)).collect();
    let expected = [
        ("00010000", Some(10.0)),
        ("00010100", Some(1.0)),
        ("00010200", Some(2.0)),
        ("00010300", Some(3.0)),
        ("00010400", Some(4.0)),
    ];
    assert_eq!((said.as_slice(), frame.unread.as_slice()), (expected.as_slice(), [].as_slice()));
}

#[test]
fn a_line_without_a_frame_claims_no_direction() {
    for line in [dlt645::json_line(""), cjt188::json_line(""), cjt188::json_line("7E7E")] {
        let object: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert!(object["direction"].is_null(), "{line}");
    }
}

#[test]
fn what_a_centre_writes_is_what_the_field_writes() {
    let anyone = cjt188::encode::Address { kind: 0x10, bytes: cjt188::ANYONE };
    assert_eq!(cjt188::encode::read(anyone, cjt188::di::TOTALS, 1, false), hex(WATER[2]));
    let meter = cjt188::encode::Address::of(0x10, "00000019121301").unwrap();
    assert_eq!(cjt188::encode::valve(meter, false, 1), hex(WATER[5]));
    assert!(cjt188::encode::Address::of(0x10, "12x").is_none());
    assert_eq!(&dlt645::encode::read(dlt645::encode::address("1").unwrap(), 0x0001_0000)[4..], hex(POWER[0]));
    assert_eq!(&dlt645::encode::read_address()[4..], hex(POWER[2]));
    assert!(dlt645::decode(&dlt645::encode::set_clock(at("2026-05-12T14:15:30"))).remarks.is_trusted());
}

#[test]
fn no_flipped_bit_panics_or_passes() {
    let flips = |text: &str, trusted: &dyn Fn(&[u8]) -> bool| {
        let bytes = hex(text);
        assert!(trusted(&bytes), "{text}");
        let lead = bytes.iter().take_while(|b| **b == 0xFE).count();
        for bit in lead * 8..bytes.len() * 8 {
            let mut broken = bytes.clone();
            broken[bit / 8] ^= 1 << (bit % 8);
            assert!(!trusted(&broken), "bit {bit} of {text}");
        }
    };
    for text in WATER {
        flips(text, &|bytes| {
            let _ = cjt188::explain(bytes);
            cjt188::decode(bytes).remarks.is_trusted()
        });
    }
    for text in POWER {
        flips(text, &|bytes| {
            let _ = dlt645::explain(bytes);
            dlt645::decode(bytes).remarks.is_trusted()
        });
    }
}

#[test]
fn a_line_full_of_noise_still_gives_its_frames() {
    let mut stream = vec![0x68, 0x10, 0xFE, 0x16];
    for text in WATER {
        stream.extend(hex(text));
        stream.extend([0xFE, 0xFE]);
    }
    for step in [1, 5, 90] {
        let mut cutter = StreamCutter::new(cjt188::FRAMING);
        let mut frames = 0;
        let mut count = |p: Piece| {
            frames += usize::from(matches!(p, Piece::Frame(f) if cjt188::decode(&f).remarks.is_trusted()))
        };
        stream.chunks(step).for_each(|chunk| cutter.feed(chunk, &mut count));
        cutter.give_up(&mut count);
        assert_eq!(frames, WATER.len(), "step {step}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_a_meter_writes_is_read_back(number in 0_u64..99_999_999_999_999, current in 0_u32..99_999_999, settled in 0_u32..99_999_999, serial: u8, status: u8) {
        let digits = format!("{number:014}");
        let meter = cjt188::encode::Address::of(0x13, &digits).unwrap();
        let clock = at("2021-06-30T14:00:05");
        let totals = cjt188::encode::Totals { current, settled, clock, status: [status, 0] };
        let frame = cjt188::decode(&cjt188::encode::totals(meter, serial, &totals));
        prop_assert!(frame.remarks.problems.is_empty());
        prop_assert_eq!((frame.address, frame.serial, frame.clock), (Some(digits), Some(serial), Some(clock)));
        let values: Vec<_> = frame.readings.iter().map(|r| r.value.unwrap()).collect();
        prop_assert_eq!(values, vec![f64::from(current) / 100.0, f64::from(settled) / 100.0, f64::from(status)]);
    }

    #[test]
    fn what_an_electricity_meter_writes_is_read_back(which in 0..dlt645::ITEMS.len(), raw in 0_u32..7_999) {
        let item = &dlt645::ITEMS[which];
        let value = f64::from(raw) / 10_f64.powi(i32::from(item.decimals));
        let value = if item.signed { -value } else { value };
        let frame = dlt645::decode(&dlt645::encode::answer([1; 6], item.di, value).unwrap());
        prop_assert!(frame.remarks.problems.is_empty());
        let read = frame.readings[0].value.unwrap();
        prop_assert!((read - value).abs() < 1e-9, "{} {} {}", item.element, read, value);
    }

    #[test]
    fn any_bytes_are_a_value(bytes in proptest::collection::vec(any::<u8>(), 0..80), text in "\\PC{0,80}") {
        let (water, power) = (cjt188::decode(&bytes), dlt645::decode(&bytes));
        prop_assert!(water.remarks.is_trusted() || water.readings.is_empty());
        prop_assert!(power.remarks.is_trusted() || power.readings.is_empty());
        let _ = (cjt188::explain(&bytes), dlt645::explain(&bytes), cjt188::json_line(&text), dlt645::json_line(&text));
    }
}

#[test]
fn every_reading_of_a_line_says_how_far_to_trust_it() {
    let water =
        cjt188::json_line("FEFEFE6810010000050800008116901F00002301002C000000002C0000000000000000004816");
    let power = dlt645::json_line(POWER[1]);
    for line in [water, power] {
        let line: serde_json::Value = serde_json::from_str(&line).unwrap();
        let readings = line["readings"].as_array().unwrap();
        assert!(!readings.is_empty() && readings.iter().all(|r| r["quality"] == "good"), "{line}");
    }
}
