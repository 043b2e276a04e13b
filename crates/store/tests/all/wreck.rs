//! The samples after misfortune: torn tails, damaged bytes, a full disk, a stop between any two steps.

use crate::measured::packet;
use crate::samples::{open_small, values};
use crate::town::at;
use field::id::{PacketSeq, PointId};
use field::time::Time;
use std::path::{Path, PathBuf};
use store::{FaultPlan, Options, Store, StoreError};

fn file(dir: &Path, name: &str) -> PathBuf {
    dir.join("samples").join(name)
}

fn names(dir: &Path, kind: &str) -> Vec<String> {
    let entries = std::fs::read_dir(dir.join("samples")).unwrap();
    let names = entries.map(|e| e.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.filter(|n| n.starts_with(kind)).collect();
    names.sort();
    names
}

/// A store's directory with `count` packets of one station in it, values 0, 1, 2, …
async fn filled(count: i64, log_bytes: u64) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for first in (0..count).step_by(10) {
        let store = open_small(dir.path(), log_bytes).await;
        append(&store, first..count.min(first + 10)).await;
        // Waits for the sealing, so that logs end at the same packet in every run.
        store.close().await;
    }
    dir
}

async fn append(store: &Store, numbers: std::ops::Range<i64>) {
    for n in numbers {
        let done = store.samples.append(packet(1, n, &[n as f64])).await.unwrap();
        assert!(done.fresh, "{n}: {done:?}");
    }
}

fn expected(numbers: impl IntoIterator<Item = i64>) -> Vec<(Time, Option<f64>)> {
    numbers.into_iter().map(|n| (at(n * 5), Some(n as f64))).collect()
}

#[tokio::test]
async fn a_log_cut_at_any_byte_keeps_every_whole_packet_and_goes_on() {
    let dir = filled(6, 1 << 20).await;
    let path = file(dir.path(), "log-0000000001");
    let whole = std::fs::read(&path).unwrap();
    let each = (whole.len() - 16) / 6;
    for cut in whole.len() - 3 * each..=whole.len() {
        std::fs::write(&path, &whole[..cut]).unwrap();
        let kept = ((cut - 16) / each) as i64;
        let store = Store::open(Options::new(dir.path())).await.unwrap();
        assert_eq!(store.samples.head(), PacketSeq(kept), "cut at {cut}");
        assert_eq!(values(&store, 10).await, expected(0..kept));
        // What was torn comes again, as the station was never answered.
        append(&store, kept..7).await;
        store.close().await;
        let store = Store::open(Options::new(dir.path())).await.unwrap();
        assert_eq!(values(&store, 10).await, expected(0..7), "cut at {cut}");
        assert_eq!(store.samples.head(), PacketSeq(7));
        store.close().await;
    }
}

#[tokio::test]
async fn a_damaged_byte_anywhere_costs_one_packet_at_most() {
    let dir = filled(5, 1 << 20).await;
    let path = file(dir.path(), "log-0000000001");
    let whole = std::fs::read(&path).unwrap();
    let each = (whole.len() - 16) / 5;
    // Any byte of the third packet: its length, its checksum, its content.
    for byte in 16 + 2 * each..16 + 3 * each {
        let mut damaged = whole.clone();
        damaged[byte] ^= 0x55;
        std::fs::write(&path, &damaged).unwrap();
        let store = Store::open(Options::new(dir.path())).await.unwrap();
        assert_eq!(values(&store, 10).await, expected([0, 1, 3, 4]), "byte {byte}");
        let packets = store.samples.packets_after(PacketSeq(0), 10).await.unwrap();
        assert_eq!(packets.iter().map(|p| p.seq.0).collect::<Vec<_>>(), [1, 2, 4, 5]);
        assert!(store.samples.packet(PacketSeq(3)).await.unwrap().is_none());
        assert_eq!(store.samples.head(), PacketSeq(5));
        store.close().await;
    }
}

#[tokio::test]
async fn sealing_broken_off_at_any_step_loses_nothing() {
    for steps in 0..=8 {
        let dir = tempfile::tempdir().unwrap();
        let fault = FaultPlan::changeable();
        fault.logs_are_full_at(1_000);
        fault.seal_stops_after(steps);
        let store = Store::open(Options { fault, ..Options::new(dir.path()) }).await.unwrap();
        append(&store, 0..30).await;
        store.close().await;
        for _ in 0..2 {
            let store = open_small(dir.path(), 1_000).await;
            assert_eq!(values(&store, 10).await, expected(0..30), "after {steps} steps");
            assert_eq!(store.samples.stats().packets, 30);
            assert_eq!(store.samples.seen(&crate::town::code(1)).unwrap().packets, 30);
            let again = store.samples.append(packet(1, 29, &[29.0])).await.unwrap();
            assert_eq!((again.seq, again.fresh), (PacketSeq(30), false));
            assert_eq!(store.samples.packets_after(PacketSeq(0), 100).await.unwrap().len(), 30);
            store.close().await;
        }
        assert!(names(dir.path(), "").iter().all(|n| !n.ends_with(".part")));
        assert_eq!(names(dir.path(), "state").len(), 1, "after {steps} steps");
    }
}

#[tokio::test]
async fn a_disk_that_cannot_write_through_is_believed_only_after_the_log_was_cut_back() {
    let dir = tempfile::tempdir().unwrap();
    let fault = FaultPlan::changeable();
    let open = || Store::open(Options { fault: fault.clone(), ..Options::new(dir.path()) });
    let store = open().await.unwrap();
    append(&store, 0..3).await;
    let length = || std::fs::metadata(file(dir.path(), "log-0000000001")).unwrap().len();
    let before = length();
    fault.sync_fails(true);
    for _ in 0..2 {
        let error = store.samples.append(packet(1, 3, &[3.0])).await.unwrap_err();
        assert!(matches!(error, StoreError::Io { .. }), "{error}");
        assert_eq!((store.samples.head(), length()), (PacketSeq(3), before));
    }
    fault.sync_fails(false);
    append(&store, 3..5).await;
    store.close().await;
    let store = open().await.unwrap();
    assert_eq!(values(&store, 10).await, expected(0..5));
    store.close().await;
}

#[tokio::test]
async fn the_first_bytes_of_any_file_cost_nothing_and_are_named() {
    let dir = filled(40, 1_000).await;
    let files = names(dir.path(), "");
    for kind in ["cols", "frames", "log", "manifest", "state"] {
        assert!(files.iter().any(|name| name.starts_with(kind)), "{files:?}");
    }
    let whole: Vec<_> = files.iter().map(|name| std::fs::read(file(dir.path(), name)).unwrap()).collect();
    for (name, bytes) in files.iter().zip(&whole) {
        // A bit of the name; of a log also the number of its first packet.
        for byte in if name.starts_with("log") { vec![0, 8, 15] } else { vec![0] } {
            let mut damaged = bytes.clone();
            damaged[byte] ^= 4;
            std::fs::write(file(dir.path(), name), &damaged).unwrap();
            let look = Options { read_only: true, ..Options::new(dir.path()) };
            let store = Store::open(look).await.unwrap();
            let found = store.samples.verify().await.unwrap().damaged;
            assert!(found.iter().any(|d| d.path.ends_with(name)), "{name} byte {byte}: {found:?}");
            store.close().await;
            let store = open_small(dir.path(), 1_000).await;
            assert_eq!(values(&store, 10).await, expected(0..40), "{name} byte {byte}");
            assert_eq!(store.samples.packets_after(PacketSeq(0), 100).await.unwrap().len(), 40, "{name}");
            store.close().await;
            for (name, bytes) in files.iter().zip(&whole) {
                std::fs::write(file(dir.path(), name), bytes).unwrap();
            }
        }
    }
}

#[tokio::test]
async fn no_part_of_a_sealed_file_goes_without_a_look() {
    let dir = filled(40, 1_000).await;
    for kind in ["cols", "frames", "manifest", "state"] {
        let path = file(dir.path(), &names(dir.path(), kind)[0]);
        let whole = std::fs::read(&path).unwrap();
        for byte in (8..whole.len()).step_by(5) {
            let mut damaged = whole.clone();
            damaged[byte] ^= 0x55;
            std::fs::write(&path, &damaged).unwrap();
            let look = Options { read_only: true, ..Options::new(dir.path()) };
            let store = Store::open(look).await.unwrap();
            let found = store.samples.verify().await.unwrap().damaged;
            assert!(found.iter().any(|d| d.path == path), "{} byte {byte}", path.display());
            store.close().await;
        }
        std::fs::write(&path, &whole).unwrap();
    }
}

#[tokio::test]
async fn frames_that_are_gone_altogether_are_named() {
    let dir = filled(40, 1_000).await;
    let path = file(dir.path(), &names(dir.path(), "frames")[0]);
    let length = std::fs::metadata(&path).unwrap().len() as usize;
    std::fs::write(&path, vec![0; length]).unwrap();
    let store = Store::open(Options { read_only: true, ..Options::new(dir.path()) }).await.unwrap();
    let found = store.samples.verify().await.unwrap().damaged;
    let frames = |d: &store::Damaged| matches!(d.what, store::Damage::Frames(PacketSeq(1)));
    assert!(found.iter().any(|d| d.path == path && frames(d)), "{found:?}");
    assert_eq!(values(&store, 10).await, expected(0..40), "rows do not need them");
    store.close().await;
}

#[tokio::test]
async fn a_damaged_state_is_made_again() {
    let dir = filled(40, 1_000).await;
    let path = file(dir.path(), &names(dir.path(), "state").pop().unwrap());
    let whole = std::fs::read(&path).unwrap();
    for bytes in [&whole[..whole.len() / 2], &[0; 3], &[whole.as_slice(), &[7]].concat()] {
        std::fs::write(&path, bytes).unwrap();
        let store = open_small(dir.path(), 1_000).await;
        assert_eq!(store.samples.seen(&crate::town::code(1)).unwrap().packets, 40);
        store.close().await;
        assert_eq!(std::fs::read(&path).unwrap().len(), whole.len());
    }
}

#[tokio::test]
async fn a_full_disk_refuses_new_packets_keeps_the_old_and_goes_on_when_there_is_room() {
    let dir = tempfile::tempdir().unwrap();
    let fault = FaultPlan::changeable();
    let open = || Store::open(Options { fault: fault.clone(), ..Options::new(dir.path()) });
    let store = open().await.unwrap();
    append(&store, 0..5).await;
    for room in [0, 1, 7, 8, 30, 60] {
        fault.disk_has_room_for(room);
        let error = store.samples.append(packet(1, 5, &[5.0])).await.unwrap_err();
        assert!(matches!(error, StoreError::Full { .. }), "{error}");
        assert!(error.to_string().contains("nothing more is accepted until there is room"), "{error}");
        assert_eq!(store.samples.head(), PacketSeq(5));
        assert_eq!(values(&store, 10).await, expected(0..5));
    }
    fault.disk_has_room();
    append(&store, 5..8).await;
    store.close().await;
    let store = open().await.unwrap();
    assert_eq!(values(&store, 10).await, expected(0..8));
    store.close().await;
}

#[tokio::test]
async fn a_disk_that_fills_up_while_a_log_is_sealed_loses_nothing() {
    // A packet takes a bit over a hundred bytes: the disk fills in a log, a new log's head, a state, or
    // a segment, whichever comes.
    for room in (1_000..4_000).step_by(170) {
        let dir = tempfile::tempdir().unwrap();
        let fault = FaultPlan::changeable();
        fault.logs_are_full_at(1_000);
        fault.disk_has_room_for(room);
        let store = Store::open(Options { fault: fault.clone(), ..Options::new(dir.path()) }).await.unwrap();
        let mut kept = 0;
        while store.samples.append(packet(1, kept, &[kept as f64])).await.is_ok() {
            kept += 1;
        }
        assert!(kept > 0 && kept < 40, "{kept}");
        assert_eq!(values(&store, 10).await, expected(0..kept), "room {room}");
        fault.disk_has_room();
        append(&store, kept..kept + 10).await;
        store.close().await;
        let store = open_small(dir.path(), 1_000).await;
        assert_eq!(values(&store, 10).await, expected(0..kept + 10), "room {room}");
        store.close().await;
    }
}

#[tokio::test]
async fn a_disk_that_fills_up_while_segments_are_merged_loses_nothing_and_leaves_nothing_half_written() {
    let mut torn = 0;
    // Sealed logs of two days; the disk fills in the log's sealing, in a day's rows, in its roll-ups, in the
    // manifest, or not at all.
    for room in (0..12_000).step_by(311) {
        let dir = filled(300, 3_000).await;
        let fault = FaultPlan::changeable();
        fault.logs_are_full_at(3_000);
        let store = Store::open(Options { fault: fault.clone(), ..Options::new(dir.path()) }).await.unwrap();
        append(&store, 300..310).await;
        fault.disk_has_room_for(room);
        if let Err(error) = store.samples.settle().await {
            torn += 1;
            let said = error.to_string();
            // Where it was the sealing, the program's log has the reason.
            assert!(said.contains("is full") || said.contains("sealing the log"), "room {room}: {said}");
        }
        // Readers are not touched, and what is confirmed stays.
        assert_eq!(values(&store, 10).await, expected(0..310), "room {room}");
        fault.disk_has_room();
        append(&store, 310..320).await;
        store.samples.settle().await.unwrap();
        assert_eq!(values(&store, 10).await, expected(0..320), "room {room}");
        assert!(store.samples.verify().await.unwrap().damaged.is_empty(), "room {room}");
        store.close().await;
        let store = open_small(dir.path(), 3_000).await;
        assert_eq!(values(&store, 10).await, expected(0..320), "room {room}, opened again");
        store.close().await;
        assert!(names(dir.path(), "").iter().all(|name| !name.ends_with(".part")), "room {room}");
    }
    assert!(torn > 10, "{torn}");
}

#[tokio::test]
async fn a_damaged_block_of_frames_costs_its_packets_and_no_reading() {
    let dir = filled(40, 1_000).await;
    let path = file(dir.path(), &names(dir.path(), "frames")[0]);
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[60] ^= 1;
    std::fs::write(&path, &bytes).unwrap();
    let store = Store::open(Options::new(dir.path())).await.unwrap();
    let packets = store.samples.packets_after(PacketSeq(0), 100).await.unwrap();
    let first = packets[0].seq.0;
    assert!((2..15).contains(&first), "{first}");
    assert_eq!(packets.iter().map(|p| p.seq.0).collect::<Vec<_>>(), (first..=40).collect::<Vec<_>>());
    // Their readings are in the columns all the same.
    assert_eq!(values(&store, 10).await, expected(0..40));
    store.close().await;
}

#[tokio::test]
async fn a_state_or_manifest_that_is_gone_or_damaged_is_made_again_from_the_other_files() {
    let dir = filled(40, 1_000).await;
    let state = names(dir.path(), "state").pop().unwrap();
    assert!(names(dir.path(), "cols").len() >= 3);
    for (gone, damage) in [
        (vec![state.as_str()], false),
        (vec!["manifest"], false),
        (vec!["manifest"], true),
        (vec![state.as_str(), "manifest"], false),
    ] {
        for name in &gone {
            let path = file(dir.path(), name);
            let mut bytes = std::fs::read(&path).unwrap();
            bytes[20] ^= 4;
            if damage { std::fs::write(&path, bytes).unwrap() } else { std::fs::remove_file(&path).unwrap() }
        }
        let store = open_small(dir.path(), 1_000).await;
        assert_eq!(values(&store, 10).await, expected(0..40), "without {gone:?}");
        assert_eq!(store.samples.seen(&crate::town::code(1)).unwrap().packets, 40);
        assert_eq!(store.samples.latest(PointId(10)).unwrap().0.value, Some(39.0));
        assert_eq!(store.samples.packets_after(PacketSeq(0), 100).await.unwrap().len(), 40);
        store.samples.settle().await.unwrap();
        assert_eq!(values(&store, 10).await, expected(0..40), "merged, without {gone:?}");
        store.close().await;
        let store = open_small(dir.path(), 1_000).await;
        store.close().await;
        assert_eq!(names(dir.path(), "state").len(), 1);
        if names(dir.path(), "state")[0] != state {
            return;
        }
    }
}

/// Segments of two points over two days, merged.
async fn merged() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let store = open_small(dir.path(), 3_000).await;
    for n in 0..300 {
        store.samples.append(packet(1, n, &[n as f64, 12.6])).await.unwrap();
    }
    store.samples.settle().await.unwrap();
    store.close().await;
    dir
}

#[tokio::test]
async fn a_damaged_chunk_costs_its_own_rows_and_a_damaged_index_none() {
    let dir = merged().await;
    let name = names(dir.path(), "cols").remove(0);
    let path = file(dir.path(), &name);
    let whole = std::fs::read(&path).unwrap();
    let store = Store::open(Options::new(dir.path())).await.unwrap();
    let (all, other) = (values(&store, 10).await, values(&store, 11).await);
    assert_eq!(all, expected(0..300));
    store.close().await;
    // The first chunk of the first day is that of point 10.
    let mut bytes = whole.clone();
    bytes[30] ^= 1;
    std::fs::write(&path, &bytes).unwrap();
    let store = Store::open(Options::new(dir.path())).await.unwrap();
    let left = values(&store, 10).await;
    assert!(!left.is_empty() && left.len() < 300 && all.ends_with(&left), "{}", left.len());
    assert_eq!(values(&store, 11).await, other);
    store.close().await;
    // Behind the chunks: index and trailer.
    for byte in (whole.len() - 108 - 44..whole.len()).step_by(3) {
        let mut bytes = whole.clone();
        bytes[byte] ^= 8;
        std::fs::write(&path, &bytes).unwrap();
        let store = Store::open(Options::new(dir.path())).await.unwrap();
        assert_eq!(values(&store, 10).await, all, "byte {byte}");
        assert_eq!(values(&store, 11).await, other, "byte {byte}");
        store.close().await;
    }
}

#[tokio::test]
async fn no_flipped_bit_of_a_segment_is_read_as_another_value() {
    let dir = merged().await;
    let name = names(dir.path(), "cols").remove(0);
    let path = file(dir.path(), &name);
    let whole = std::fs::read(&path).unwrap();
    let all = expected(0..300);
    let store = Store::open(Options { read_only: true, ..Options::new(dir.path()) }).await.unwrap();
    store.close().await;
    for byte in (8..whole.len()).step_by(7) {
        let mut bytes = whole.clone();
        bytes[byte] ^= 1 << (byte % 8);
        std::fs::write(&path, &bytes).unwrap();
        let store = Store::open(Options { read_only: true, ..Options::new(dir.path()) }).await.unwrap();
        let found = values(&store, 10).await;
        assert!(found.iter().all(|sample| all.contains(sample)), "byte {byte}");
        store.close().await;
    }
}

#[tokio::test]
async fn files_of_a_newer_program_are_refused_with_both_versions() {
    for (kind, known) in [("log", 2), ("manifest", 4)] {
        let dir = filled(20, 700).await;
        let path = file(dir.path(), &names(dir.path(), kind).pop().unwrap());
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[7] = 9;
        std::fs::write(&path, &bytes).unwrap();
        let error = Store::open(Options::new(dir.path())).await.unwrap_err();
        assert!(
            matches!(error, StoreError::NewerVersion { found: 9, known: k, .. } if k == known),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_directory_of_the_layout_before_is_brought_into_this_one_at_the_first_start() {
    let dir = filled(30, 1 << 20).await;
    // The layout before had the same packets in its logs, and kept all logs beside segments and states.
    let log = file(dir.path(), "log-0000000001");
    let whole = std::fs::read(&log).unwrap();
    let mut starts = vec![16];
    while starts[starts.len() - 1] < whole.len() {
        let at = starts[starts.len() - 1];
        starts.push(at + 8 + u32::from_le_bytes(whole[at..at + 4].try_into().unwrap()) as usize);
    }
    for (number, first) in [(1_u8, 0), (2, 10), (3, 20)] {
        let mut bytes = b"ZZLOG\0\0\x01".to_vec();
        bytes.extend_from_slice(&(first as i64 + 1).to_le_bytes());
        bytes.extend_from_slice(&whole[starts[first]..starts[first + 10]]);
        std::fs::write(file(dir.path(), &format!("log-000000000{number}")), bytes).unwrap();
    }
    for name in ["seg-0000000001", "seg-0000000002", "state-0000000002"] {
        std::fs::write(file(dir.path(), name), b"ZZSEG\0\0\x01 as it was").unwrap();
    }
    let reader = Store::open(Options { read_only: true, ..Options::new(dir.path()) }).await.unwrap_err();
    assert!(reader.to_string().contains("start the server once"), "{reader}");
    for _ in 0..2 {
        let store = Store::open(Options::new(dir.path())).await.unwrap();
        assert_eq!(values(&store, 10).await, expected(0..30));
        assert_eq!((store.samples.head(), store.samples.stats().packets), (PacketSeq(30), 30));
        assert_eq!(store.samples.packets_after(PacketSeq(0), 100).await.unwrap().len(), 30);
        let again = store.samples.append(packet(1, 29, &[29.0])).await.unwrap();
        assert!(!again.fresh);
        store.close().await;
        assert_eq!((names(dir.path(), "seg").len(), names(dir.path(), "log").len()), (0, 1));
    }
}
