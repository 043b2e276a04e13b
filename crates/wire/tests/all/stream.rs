//! Cutting frames out of streams: any chunks, any garbage, bounded memory.

use crate::support::{STATION, at, cut, report};
use field::time::{MINUTE_MS, Time};
use proptest::prelude::*;
use wire::sl651::encode::{Element, Group, Report};
use wire::sl651::{Cut, Cutter, MAX_FRAME, decode};

fn small_frame(serial: u16) -> Vec<u8> {
    let sent = at("2021-06-30T14:00:05");
    report(0x32, serial, sent, sent, vec![Element::of(0x26, Some(12.3)).unwrap()]).to_bytes().unwrap()
}

fn frames(cuts: &[Cut]) -> Vec<&[u8]> {
    cuts.iter()
        .filter_map(|cut| if let Cut::Frame(bytes) = cut { Some(bytes.as_slice()) } else { None })
        .collect()
}

fn garbage(cuts: &[Cut]) -> Vec<u8> {
    cuts.iter()
        .filter_map(|cut| if let Cut::Garbage(bytes) = cut { Some(bytes.clone()) } else { None })
        .flatten()
        .collect()
}

#[test]
fn garbage_before_between_and_behind_frames_is_handed_out_and_costs_no_frame() {
    let (one, two) = (small_frame(1), small_frame(2));
    let stream =
        [b"GET / HTTP/1.1\r\n".as_slice(), &one, &[0x7E, 0x00, 0x7E, 0x7E], &two, &[0xAA; 9]].concat();
    let cuts = cut(&stream);
    assert_eq!(frames(&cuts), [one, two]);
    assert_eq!(
        garbage(&cuts),
        [b"GET / HTTP/1.1\r\n".as_slice(), &[0x7E, 0x00, 0x7E, 0x7E], &[0xAA; 9]].concat()
    );
}

#[test]
fn a_body_that_holds_7e7e_is_not_cut_there() {
    let sent = at("2021-06-30T14:00:05");
    let elements = vec![
        Element::raw(vec![0xFF, 0x01, 0x20, 0x7E, 0x7E, 0x7E, 0x7E]),
        Element::of(0x38, Some(12.0)).unwrap(),
    ];
    let frame = report(0x32, 3, sent, sent, elements).to_bytes().unwrap();
    let mut cutter = Cutter::new();
    let mut cuts = Vec::new();
    for byte in &frame {
        cutter.feed(&[*byte], |cut| cuts.push(cut));
    }
    assert_eq!(cuts, [Cut::Frame(frame)]);
}

#[test]
fn a_frame_that_lost_its_tail_does_not_swallow_the_next_one() {
    let (one, two) = (small_frame(1), small_frame(2));
    let torn = &one[..one.len() - 9];
    let cuts = cut(&[torn, &two].concat());
    assert_eq!(frames(&cuts), [two]);
    assert_eq!(garbage(&cuts), torn);
}

#[test]
fn a_header_that_promises_4095_bytes_does_not_hold_back_a_sound_frame() {
    let mut liar = small_frame(1)[..14].to_vec();
    (liar[11], liar[12]) = (0x0F, 0xFF);
    let next = small_frame(2);
    let mut cutter = Cutter::new();
    let mut cuts = Vec::new();
    cutter.feed(&liar, |cut| cuts.push(cut));
    assert!(cuts.is_empty() && cutter.is_pending());
    cutter.feed(&next, |cut| cuts.push(cut));
    assert_eq!(cuts, [Cut::Garbage(liar), Cut::Frame(next)]);
    assert!(!cutter.is_pending());
}

#[test]
fn a_wrong_check_value_still_gives_the_frame_so_that_it_can_be_shown() {
    let mut bad = small_frame(1);
    *bad.last_mut().unwrap() ^= 0xFF;
    let good = small_frame(2);
    assert_eq!(cut(&[bad.as_slice(), &good].concat()), [Cut::Frame(bad), Cut::Frame(good)]);
}

#[test]
fn ten_megabytes_that_claim_to_be_a_frame_never_take_more_than_a_few_kilobytes() {
    let mut cutter = Cutter::new();
    let mut handed_out = 0;
    let mut feed = |bytes: &[u8]| {
        cutter.feed(bytes, |cut| match cut {
            Cut::Frame(bytes) => handed_out += bytes.len(),
            Cut::Garbage(bytes) => {
                assert!(bytes.len() <= Cutter::MAX_GARBAGE);
                handed_out += bytes.len();
            }
        });
        assert!(cutter.held() <= 2 * MAX_FRAME + Cutter::MAX_GARBAGE);
    };
    let mut head = small_frame(1)[..14].to_vec();
    (head[11], head[12]) = (0x0F, 0xFF);
    feed(&head);
    for _ in 0..160 {
        feed(&[0x5A; 65_536]);
    }
    feed(&[0x7E; 65_536]);
    cutter.give_up(|cut| match cut {
        Cut::Frame(bytes) | Cut::Garbage(bytes) => handed_out += bytes.len(),
    });
    assert_eq!(handed_out, 14 + 161 * 65_536);
    assert_eq!(cutter.held(), 0);
}

#[test]
fn what_has_begun_and_is_given_up_is_handed_out() {
    let frame = small_frame(1);
    let mut cutter = Cutter::new();
    cutter.feed(&frame[..20], |cut| panic!("{cut:?}"));
    let mut cuts = Vec::new();
    cutter.give_up(|cut| cuts.push(cut));
    assert_eq!(cuts, [Cut::Garbage(frame[..20].to_vec())]);
    cutter.feed(&frame, |cut| cuts.push(cut));
    assert_eq!(cuts.last(), Some(&Cut::Frame(frame)));
}

/// Values in tenths so that they are exact; `None` is missing.
fn tenths(most: i32) -> impl Strategy<Value = Option<f64>> {
    proptest::option::weighted(0.9, (-most..most).prop_map(|n| f64::from(n) / 10.0))
}

fn element() -> impl Strategy<Value = Element> {
    prop_oneof![
        tenths(99_999).prop_map(|v| Element::bcd(0x20, 3, 1, v).unwrap()),
        tenths(999_999).prop_map(|v| Element::bcd(0x39, 4, 3, v).unwrap()),
        tenths(999).prop_map(|v| Element::of(0x38, v).unwrap()),
        any::<u32>().prop_map(Element::status),
        proptest::array::uniform12(proptest::option::of((0..=254_u8).prop_map(|n| f64::from(n) / 10.0)))
            .prop_map(Element::five_minute_rain),
        proptest::array::uniform12(proptest::option::of((0..65_535_u16).prop_map(|n| f64::from(n) / 100.0)))
            .prop_map(Element::five_minute_level),
    ]
}

prop_compose! {
    fn reports()(
        function in prop_oneof![Just(0x2F_u8), Just(0x30), Just(0x32), Just(0x33), Just(0x34)],
        serial in 1..=u16::MAX,
        minute in 0_i64..40_000_000,
        password in any::<u16>(),
        centre in any::<u8>(),
        more_follows in any::<bool>(),
        groups in proptest::collection::vec((0_i64..600, proptest::collection::vec(element(), 1..4)), 0..4),
    ) -> Report {
        let sent_at = at("2000-01-01T00:00").plus_ms(minute * MINUTE_MS);
        let groups = groups
            .into_iter()
            .map(|(back, elements)| Group { observed_at: sent_at.plus_ms(-back * MINUTE_MS).max(at("2000-01-01T00:00")), elements })
            .collect();
        Report { centre, station: STATION, password, function, serial, sent_at, kind: b'H', groups, more_follows }
    }
}

/// Garbage that cannot be the start of a frame by itself: no 7E and no SOH.
fn harmless() -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(prop_oneof![Just(0x00_u8), 0x02..=0x7D_u8, 0x7F..=0xFF_u8], 0..40)
}

proptest! {
    #[test]
    fn frames_survive_any_chunks_and_garbage_between_them(
        parts in proptest::collection::vec((harmless(), reports()), 1..6),
        cuts_at in proptest::collection::vec(1..200_usize, 1..50),
    ) {
        let mut stream = Vec::new();
        let mut sent = Vec::new();
        let mut between: Vec<u8> = Vec::new();
        for (noise, report) in &parts {
            let bytes = report.to_bytes().unwrap();
            stream.extend(noise);
            between.extend(noise);
            stream.extend(&bytes);
            sent.push(bytes);
        }
        let mut cutter = Cutter::new();
        let mut got = Vec::new();
        let mut rest = stream.as_slice();
        for size in cuts_at.iter().cycle() {
            let (chunk, tail) = rest.split_at((*size).min(rest.len()));
            cutter.feed(chunk, |cut| got.push(cut));
            rest = tail;
            if rest.is_empty() {
                break;
            }
        }
        cutter.give_up(|cut| got.push(cut));
        prop_assert_eq!(frames(&got), sent.iter().map(Vec::as_slice).collect::<Vec<_>>());
        prop_assert_eq!(garbage(&got), between);
        for (frame, (_, report)) in sent.iter().zip(&parts) {
            let decoded = decode(frame);
            prop_assert_eq!(&decoded.problems, &[]);
            prop_assert_eq!(decoded.serial, Some(report.serial));
            prop_assert_eq!(decoded.sent_at, Some(report.sent_at));
            prop_assert_eq!(decoded.more_follows(), report.more_follows);
            let groups: Vec<Time> = report.groups.iter().map(|g| g.observed_at).collect();
            prop_assert!(decoded.readings.iter().all(|r| groups.iter().any(|g| r.observed_at >= *g)));
        }
    }

    #[test]
    fn a_number_written_is_the_number_read(tenths in -999_999_i32..999_999) {
        let value = f64::from(tenths) / 10.0;
        let sent = at("2021-06-30T14:00:05");
        let frame = report(0x32, 1, sent, sent, vec![Element::bcd(0x26, 4, 1, Some(value)).unwrap()]);
        let decoded = decode(&frame.to_bytes().unwrap());
        prop_assert_eq!(decoded.readings.first().and_then(|r| r.value), Some(value));
    }

    #[test]
    fn no_bytes_make_the_decoder_or_the_cutter_panic(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        let _ = decode(&bytes);
        let _ = wire::sl651::explain(&bytes);
        let pieces = cut(&bytes);
        let total: usize = pieces.iter().map(|c| match c { Cut::Frame(b) | Cut::Garbage(b) => b.len() }).sum();
        // A stray 7E behind a frame is the only byte that may be passed over.
        prop_assert!(total <= bytes.len() && bytes.len() - total <= frames(&pieces).len());
    }
}
