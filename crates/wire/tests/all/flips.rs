//! Every single bit of every collected SL 651 frame, turned over: never a panic, never another meaning.

use crate::support::hex;
use serde_json::Value;
use wire::sl651::{Cut, Cutter, Note, decode};

/// The frames of the collection.
fn collected() -> Option<Vec<Vec<u8>>> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/protocols/sl651.json");
    let Ok(text) = std::fs::read_to_string(path) else {
        println!("skipped: ../shared is not here");
        return None;
    };
    let all: Value = serde_json::from_str(&text).unwrap();
    let frames = all["frames"].as_array().unwrap();
    assert_eq!(frames.len(), 109);
    Some(frames.iter().map(|frame| hex(frame["hex"].as_str().unwrap())).collect())
}

#[test]
fn a_frame_with_one_bit_turned_over_is_never_believed() {
    let Some(frames) = collected() else { return };
    let (mut flips, mut mended) = (0_u32, Vec::new());
    for frame in &frames {
        let is_sound = decode(frame).is_trusted();
        for bit in 0..frame.len() * 8 {
            let mut broken = frame.clone();
            broken[bit / 8] ^= 1 << (bit % 8);
            let read = decode(&broken);
            flips += 1;
            if read.is_trusted() {
                assert!(!is_sound, "bit {bit} of {frame:02X?} made it say something else");
                mended.push(broken);
            } else {
                assert_eq!(read.readings, [], "bit {bit} of {frame:02X?}");
            }
        }
    }
    assert!(flips > 50_000, "{flips}");
    // Some collected frames came broken by one bit: turned back, each is sound, in one way only.
    let broken = frames.iter().filter(|frame| !decode(frame).is_trusted()).count();
    assert!(mended.len() <= broken, "{} of {broken}", mended.len());
}

#[test]
fn a_stream_with_one_bit_turned_over_costs_its_own_frame_only() {
    let Some(frames) = collected() else { return };
    let follower = frames.iter().find(|frame| decode(frame).is_trusted()).unwrap();
    for frame in frames.iter().filter(|frame| decode(frame).is_trusted()) {
        let stray = usize::from(decode(frame).notes.contains(&Note::StrayByte));
        let frame = &frame[..frame.len() - stray];
        // Not the start characters: without them the bytes are no frame at all.
        for bit in (2 * 8)..(frame.len() * 8) {
            let mut stream = frame.to_vec();
            stream[bit / 8] ^= 1 << (bit % 8);
            stream.extend_from_slice(follower);
            let mut trusted = Vec::new();
            let mut cutter = Cutter::new();
            let mut take = |cut| match cut {
                Cut::Frame(bytes) if decode(&bytes).is_trusted() => trusted.push(bytes),
                Cut::Frame(_) | Cut::Garbage(_) => {}
            };
            cutter.feed(&stream, &mut take);
            cutter.give_up(&mut take);
            assert!(trusted.iter().all(|bytes| bytes == follower), "bit {bit} of {frame:02X?}");
            assert_eq!(trusted.len(), 1, "bit {bit} of {frame:02X?}: the next frame is heard");
        }
    }
}
