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
async fn a_packet_damaged_in_a_sealed_log_is_left_out_and_the_others_are_read() {
    let dir = filled(40, 1_000).await;
    let path = file(dir.path(), "log-0000000001");
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[40] ^= 1;
    std::fs::write(&path, &bytes).unwrap();
    let store = Store::open(Options::new(dir.path())).await.unwrap();
    let packets = store.samples.packets_after(PacketSeq(0), 100).await.unwrap();
    assert_eq!(packets.iter().map(|p| p.seq.0).collect::<Vec<_>>(), (2..=40).collect::<Vec<_>>());
    // Its readings are in the segment all the same.
    assert_eq!(values(&store, 10).await, expected(0..40));
    store.close().await;
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
async fn segments_and_states_that_are_gone_are_made_again_from_the_logs() {
    let dir = filled(40, 1_000).await;
    let (logs, segments) = (names(dir.path(), "log").len(), names(dir.path(), "seg"));
    assert!(segments.len() >= 3 && segments.len() + 1 == logs, "{segments:?}");
    let state = names(dir.path(), "state").pop().unwrap();
    for gone in
        [&[&segments[1]][..], &[&state], &[&segments[0], &state], &segments.iter().collect::<Vec<_>>()]
    {
        for name in gone {
            std::fs::remove_file(file(dir.path(), name)).unwrap();
        }
        let store = open_small(dir.path(), 1_000).await;
        assert_eq!(values(&store, 10).await, expected(0..40), "without {gone:?}");
        assert_eq!(store.samples.seen(&crate::town::code(1)).unwrap().packets, 40);
        assert_eq!(store.samples.latest(PointId(10)).unwrap().0.value, Some(39.0));
        store.close().await;
        assert_eq!(names(dir.path(), "seg"), segments);
        assert_eq!(names(dir.path(), "state").len(), 1);
    }
}

#[tokio::test]
async fn a_damaged_segment_costs_no_reading_while_its_log_is_there() {
    let dir = filled(40, 1_000).await;
    let path = file(dir.path(), "seg-0000000002");
    let whole = std::fs::read(&path).unwrap();
    // Its trailer: seen at the start, made again then.
    std::fs::write(&path, &whole[..whole.len() - 1]).unwrap();
    let store = open_small(dir.path(), 1_000).await;
    assert_eq!(values(&store, 10).await, expected(0..40));
    store.close().await;
    assert_eq!(std::fs::read(&path).unwrap(), whole);
    // A chunk, and a row: seen when they are read, and then the log is read instead.
    for byte in [20, whole.len() - 92 - 4 * 6 - 20] {
        let mut bytes = whole.clone();
        bytes[byte] ^= 1;
        std::fs::write(&path, &bytes).unwrap();
        let store = open_small(dir.path(), 1_000).await;
        assert_eq!(values(&store, 10).await, expected(0..40), "byte {byte}");
        let late = store.samples.append(packet(1, 12, &[12.0])).await.unwrap();
        assert_eq!((late.new, late.duplicates), (0, 1));
        store.close().await;
    }
}

#[tokio::test]
async fn a_damaged_segment_without_its_log_is_named() {
    let dir = filled(40, 1_000).await;
    let path = file(dir.path(), "seg-0000000002");
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[20] ^= 1;
    std::fs::write(&path, &bytes).unwrap();
    std::fs::remove_file(file(dir.path(), "log-0000000002")).unwrap();
    let store = Store::open(Options::new(dir.path())).await.unwrap();
    let error = store.samples.range(PointId(10), Time::MIN, Time::MAX, 100).await.unwrap_err();
    assert!(matches!(&error, StoreError::Corrupt { what, .. } if what.contains("seg-0000000002")), "{error}");
    // Every other point's readings, and every other time, are not concerned.
    let later = store.samples.range(PointId(10), at(100), Time::MAX, 100).await.unwrap();
    assert_eq!(later.len(), 20);
    store.close().await;
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
async fn files_of_a_newer_program_are_refused_with_both_versions() {
    for name in ["log-0000000002", "seg-0000000001"] {
        let dir = filled(10, 700).await;
        let path = file(dir.path(), name);
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[7] = 9;
        std::fs::write(&path, &bytes).unwrap();
        let error = Store::open(Options::new(dir.path())).await.unwrap_err();
        assert!(matches!(error, StoreError::NewerVersion { found: 9, known: 1, .. }), "{name}: {error}");
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
