//! Multi-packet reports (M3): put together in any order, with what is missing asked for.

use crate::support::{at, hex, report};
use wire::sl651::encode::{Confirmation, picture_parts};
use wire::sl651::{Assembler, Packet, Progress, control, decode, decode_parts};

fn jpg(bytes: usize) -> Vec<u8> {
    (0..bytes).map(|n| (n * 31 % 251) as u8).collect()
}

fn parts(bytes: usize, part: usize) -> Vec<Vec<u8>> {
    let head = report(0x36, 77, at("2021-06-30T14:00:05"), at("2021-06-30T14:00"), vec![]);
    picture_parts(&head, &jpg(bytes), part)
}

#[test]
fn a_picture_in_parts_comes_out_as_it_went_in() {
    let parts = parts(10_000, 1_000);
    assert_eq!(parts.len(), 11);
    let mut assembler = Assembler::default();
    let mut whole = None;
    for part in parts.iter().rev() {
        match assembler.take(&decode(part), part.clone()) {
            Progress::Whole(frames) => whole = Some(frames),
            other => assert!(matches!(other, Progress::Missing(1)), "the last came first: {other:?}"),
        }
    }
    let frames = whole.unwrap();
    assert_eq!(frames, parts);
    let decoded = decode_parts(&frames);
    assert_eq!(decoded.problems, []);
    let file = &decoded.report().files[0];
    assert_eq!((file.bytes.clone(), file.observed_at), (jpg(10_000), at("2021-06-30T14:00")));
    let confirmed = decode(&Confirmation::to(&decoded, at("2021-06-30T14:00:09"), false).unwrap().to_bytes());
    assert_eq!(confirmed.packet, Some(Packet { total: 11, number: 11 }));
    assert_eq!((confirmed.serial, confirmed.end), (Some(77), Some(control::EOT)));
    assert!(assembler.is_empty() && assembler.held() == 0);
    let again = parts.last().unwrap();
    assert_eq!(
        assembler.take(&decode(again), again.clone()),
        Progress::Again(Some(77)),
        "its confirmation was lost"
    );
}

#[test]
fn what_is_missing_is_asked_for_one_part_at_a_time() {
    let parts = parts(5_000, 1_000);
    let mut assembler = Assembler::default();
    let mut progress = Vec::new();
    for (n, part) in parts.iter().enumerate().filter(|(n, _)| ![1, 3].contains(n)) {
        progress.push((n, assembler.take(&decode(part), part.clone())));
    }
    assert_eq!(progress.last().unwrap().1, Progress::Missing(2));
    let first = decode(&parts[0]);
    let nak = decode(&Confirmation::to(&first, at("2021-06-30T14:00:09"), true).unwrap().missing(2));
    assert_eq!((nak.end, nak.packet), (Some(control::NAK), Some(Packet { total: 6, number: 2 })));
    assert_eq!(assembler.take(&decode(&parts[1]), parts[1].clone()), Progress::Missing(4));
    assert!(matches!(assembler.take(&decode(&parts[3]), parts[3].clone()), Progress::Whole(_)));
}

#[test]
fn a_report_larger_than_what_is_held_is_dropped_whole() {
    let parts = parts(Assembler::MAX_BYTES + 10_000, 4_000);
    let mut assembler = Assembler::default();
    let refused = parts.iter().any(|part| assembler.take(&decode(part), part.clone()) == Progress::TooLarge);
    assert!(refused);
    assert!(assembler.held() <= Assembler::MAX_BYTES);
}

#[test]
fn the_collected_pictures_first_part_begins_a_jpeg() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/protocols/sl651.json");
    let Ok(text) = std::fs::read_to_string(path) else {
        println!("skipped: ../shared is not here");
        return;
    };
    let all: serde_json::Value = serde_json::from_str(&text).unwrap();
    let frames = all["frames"].as_array().unwrap().iter().map(|f| hex(f["hex"].as_str().unwrap()));
    let pictures: Vec<_> =
        frames.filter(|f| decode(f).function == Some(0x36) && decode(f).is_trusted()).collect();
    let mut assembler = Assembler::default();
    let progress: Vec<_> = pictures.iter().map(|f| assembler.take(&decode(f), f.clone())).collect();
    if let Some(Progress::Whole(frames)) = progress.last() {
        assert!(decode_parts(frames).report().files[0].bytes.starts_with(&[0xFF, 0xD8]));
    } else {
        assert!(matches!(progress.last(), Some(Progress::Missing(_) | Progress::More)), "{progress:?}");
    }
}
