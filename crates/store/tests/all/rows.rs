//! Batches of push sources: durable together, followed like packets, put together with what is there.

use crate::measured::{packet, reading};
use crate::samples::open_small;
use crate::town::{at, code};
use field::id::{PacketSeq, PointId};
use field::sample::{Packet, Quality};
use field::time::Time;
use proptest::prelude::*;
use std::collections::BTreeMap;
use store::{Batch, FaultPlan, Keep, Limits, Options, Rows, Store, StoreError};

fn rows(minute: i64, of: impl IntoIterator<Item = (i64, i64, f64)>) -> Rows {
    let mut rows = Rows::new(code(1), "influx", at(minute));
    for (point, minute, value) in of {
        rows.push(PointId(point), at(minute), value, Quality::Good);
    }
    rows
}

async fn values(store: &Store, point: i64) -> Vec<(Time, f64)> {
    let columns = store.samples.columns(&[PointId(point)], Time::MIN, Time::MAX).await.unwrap().remove(0);
    columns.times.iter().map(|ms| Time::from_ms(*ms)).zip(columns.values).collect()
}

/// Batches of several senders that share a trip are answered together, each with its own number.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn batches_of_many_senders_at_once_are_all_answered_and_all_there() {
    let dir = tempfile::tempdir().unwrap();
    let store = open_small(dir.path(), 1 << 20).await;
    let (senders, each) = (16, 20);
    let mut sending = tokio::task::JoinSet::new();
    for sender in 0..senders {
        let samples = store.samples.clone();
        sending.spawn(async move {
            let mut numbers = vec![];
            for minute in 0..each {
                let kept = samples.append_rows(rows(minute, [(sender, minute, 1.0)])).await.unwrap();
                assert_eq!((kept.rows, kept.duplicates), (1, 0));
                numbers.push(kept.seq.0);
            }
            assert!(numbers.is_sorted());
            numbers
        });
    }
    let mut numbers: Vec<i64> = sending.join_all().await.into_iter().flatten().collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=senders * each).collect::<Vec<_>>());
    let batches = store.samples.batches_after(PacketSeq(0), 1_000).await.unwrap();
    assert_eq!(batches.iter().map(|b| b.seq().0).collect::<Vec<_>>(), numbers);
    for sender in 0..senders {
        assert_eq!(values(&store, sender).await.len(), each as usize);
    }
    store.close().await;
}

#[tokio::test]
async fn a_batch_is_durable_followed_and_read_before_and_after_it_is_sealed_and_merged() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open_small(dir.path(), 1 << 20).await;
    let first = store.samples.append_rows(rows(0, (1..=500).map(|p| (p, 0, p as f64 / 10.0)))).await.unwrap();
    assert_eq!((first.seq, first.rows, first.duplicates), (PacketSeq(1), 500, 0));
    let second = (1..=500).map(|p| (p, 1, p as f64 / 10.0 + 1.0)).chain([(7, 0, 0.7), (8, 0, 99.0)]);
    let second = store.samples.append_rows(rows(1, second)).await.unwrap();
    assert_eq!((second.seq, second.rows, second.duplicates), (PacketSeq(2), 502, 1));
    for step in ["hot", "opened again", "sealed", "merged"] {
        match step {
            "opened again" => {
                store.close().await;
                store = open_small(dir.path(), 1 << 20).await;
            }
            "merged" => store.samples.settle().await.unwrap(),
            "sealed" => {
                store.close().await;
                store = open_small(dir.path(), 10).await;
                store.samples.append(packet(2, 1, &[1.0])).await.unwrap();
                // Sealed before the store is closed.
                store.close().await;
                store = open_small(dir.path(), 1 << 20).await;
                assert_eq!(store.samples.stats().segments, 1);
            }
            _ => {}
        }
        assert_eq!(values(&store, 7).await, [(at(0), 0.7), (at(1), 1.7)], "{step}");
        assert_eq!(values(&store, 8).await, [(at(0), 99.0), (at(1), 1.8)], "{step}");
        let versions = store.samples.versions(PointId(8), at(0)).await.unwrap();
        assert_eq!(versions.iter().map(|(s, _)| s.value.unwrap()).collect::<Vec<_>>(), [0.8, 99.0], "{step}");
        let latest = store.samples.latest_of(&[PointId(500), PointId(9_999)]);
        assert_eq!(latest[0].unwrap().0.value, Some(51.0), "{step}");
        assert!(latest[1].is_none());
        let packets = store.samples.packets_after(PacketSeq(0), 2).await.unwrap();
        assert_eq!(packets[0].packet.station, code(1));
        let counts: Vec<_> = packets.iter().map(|p| p.packet.readings.len()).collect();
        if step != "merged" {
            assert!(counts[0] == 500 && counts[1] >= 501, "{step}: {counts:?}");
        }
        let batches = store.samples.batches_after(PacketSeq(1), 1).await.unwrap();
        assert!(matches!(&batches[..], [Batch::Rows(PacketSeq(2), _)]), "{step}");
        assert!(store.samples.seen(&code(1)).unwrap().packets == 2);
    }
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn batches_of_many_connections_share_the_trip_to_the_disk_and_none_is_lost() {
    let dir = tempfile::tempdir().unwrap();
    let store = open_small(dir.path(), 60_000).await;
    let mut sources = tokio::task::JoinSet::new();
    for source in 0..16_i64 {
        let samples = store.samples.clone();
        sources.spawn(async move {
            for n in 0..40 {
                let batch = rows(n, (0..50).map(|p| (source * 50 + p + 1, n, n as f64)));
                assert_eq!(samples.append_rows(batch).await.unwrap().rows, 50);
            }
        });
    }
    let blocking = store.samples.clone();
    let thread = std::thread::spawn(move || {
        for n in 0..40 {
            blocking.append_rows_blocking(rows(n, [(9_000, n, 0.5)])).unwrap();
        }
    });
    sources.join_all().await;
    thread.join().unwrap();
    store.close().await;
    let store = open_small(dir.path(), 60_000).await;
    assert_eq!(store.samples.head(), PacketSeq(17 * 40));
    let expected: Vec<_> = (0..40).map(|n| (at(n), n as f64)).collect();
    for point in [1, 50, 51, 400, 800] {
        assert_eq!(values(&store, point).await, expected);
    }
    assert_eq!(store.samples.stats().readings, 16 * 50 * 40 + 40);
    store.close().await;
}

/// A log's rows are never seen beside those of the segment that is made of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_said_of_a_moment_is_told_once_while_logs_are_sealed() {
    let dir = tempfile::tempdir().unwrap();
    let store = open_small(dir.path(), 300).await;
    let samples = store.samples.clone();
    let (sent, told) = tokio::sync::watch::channel(0);
    let looking = tokio::spawn(async move {
        while told.has_changed().is_ok() {
            let least = *told.borrow();
            let versions = samples.versions(PointId(3), at(0)).await.unwrap();
            let most = samples.head().0 as usize + 1;
            assert!((2 * least..=2 * most).contains(&versions.len()), "{} of {least}", versions.len());
        }
    });
    for n in 0..2_000_usize {
        let readings = [1.0, 2.0].map(|value| reading(3, at(0), Some(value))).into();
        let raw = format!("frame {n}").into_bytes();
        store.samples.append(Packet { readings, raw, ..packet(1, 1, &[]) }).await.unwrap();
        sent.send_replace(n + 1);
    }
    drop(sent);
    looking.await.unwrap();
    assert!(store.samples.stats().segments > 0);
    store.close().await;
}

#[tokio::test]
async fn what_cannot_be_kept_in_a_batch_is_refused_whole() {
    let dir = tempfile::tempdir().unwrap();
    let fault = FaultPlan::changeable();
    let store = Store::open(Options { fault: fault.clone(), ..Options::new(dir.path()) }).await.unwrap();
    let infinite =
        store.samples.append_rows(rows(0, [(1, 0, 1.0), (1, 1, f64::INFINITY)])).await.unwrap_err();
    assert!(infinite.to_string().contains("the value of row 1 is infinite"), "{infinite}");
    let crooked = Rows { times: vec![], ..rows(0, [(1, 0, 1.0)]) };
    assert!(matches!(store.samples.append_rows(crooked).await, Err(StoreError::Invalid { .. })));
    fault.disk_has_room_for(10);
    let full = store.samples.append_rows(rows(0, [(1, 0, 1.0)])).await.unwrap_err();
    assert!(matches!(full, StoreError::Full { .. }), "{full}");
    assert_eq!((store.samples.head(), values(&store, 1).await.len()), (PacketSeq(0), 0));
    fault.disk_has_room();
    store.samples.append_rows(rows(0, [(1, 0, 1.0)])).await.unwrap();
    assert_eq!(values(&store, 1).await, [(at(0), 1.0)]);
    store.close().await;
}

#[tokio::test]
async fn a_disk_that_fills_during_a_merge_costs_nothing_and_says_so() {
    for room in [100, 900, 2_000, 4_000] {
        let dir = tempfile::tempdir().unwrap();
        let fault = FaultPlan::changeable();
        fault.logs_are_full_at(4_000);
        let store = Store::open(Options { fault: fault.clone(), ..Options::new(dir.path()) }).await.unwrap();
        for n in 0..300 {
            store.samples.append_rows(rows(n, (1..4).map(|p| (p, n * 7, n as f64 * 1.37)))).await.unwrap();
        }
        fault.disk_has_room_for(room);
        let error = store.samples.settle().await.unwrap_err();
        assert!(!error.to_string().is_empty());
        let expected: Vec<_> = (0..300).map(|n| (at(n * 7), n as f64 * 1.37)).collect();
        assert_eq!(values(&store, 2).await, expected, "room {room}");
        fault.disk_has_room();
        store.samples.settle().await.unwrap();
        assert_eq!(values(&store, 2).await, expected, "room {room}");
        store.close().await;
        let store = open_small(dir.path(), 4_000).await;
        assert_eq!(values(&store, 2).await, expected, "room {room}");
        store.close().await;
    }
}

#[tokio::test]
async fn points_are_kept_as_long_as_their_class_says_and_frames_by_themselves() {
    let dir = tempfile::tempdir().unwrap();
    let store = open_small(dir.path(), 20_000).await;
    for n in 0..600 {
        store.samples.append(packet(1, n, &[n as f64, 12.6])).await.unwrap();
    }
    store.samples.settle().await.unwrap();
    let from = at(300 * 5);
    let limits = Limits { rows_from: Some(from), ..Limits::default() };
    let keep = Keep { points: [(PointId(10), limits)].into(), ..Keep::default() };
    assert!(store.samples.retain(keep).await.unwrap() > 0);
    let left = values(&store, 10).await;
    // The day before goes whole, of the day itself everything stays.
    let day = Time::from_ms(from.ms().div_euclid(86_400_000) * 86_400_000);
    assert!(left.len() < 600 && left[0].0 >= day && left[0].0 < day.plus_ms(300_000), "{:?}", left[0]);
    assert_eq!(values(&store, 11).await.len(), 600);
    let before = store.samples.stats().bytes;
    let keep = Keep { frames_from: Some(at(10_000)), ..Keep::default() };
    assert!(store.samples.retain(keep).await.unwrap() > 0);
    assert!(store.samples.stats().bytes < before);
    assert_eq!(values(&store, 11).await.len(), 600);
    store.close().await;
    let store = open_small(dir.path(), 20_000).await;
    assert!(store.samples.packet(PacketSeq(5)).await.unwrap().is_none());
    assert_eq!(values(&store, 10).await, left);
    assert_eq!(store.samples.stats().packets, 600);
    store.close().await;
}

/// One thing that happens to a store.
#[derive(Clone, Debug)]
enum Step {
    Packet(Vec<(i64, i64, Option<i32>)>),
    Batch(Vec<(i64, i64, Option<i32>)>),
    Reopen,
    Settle,
}

fn step() -> impl Strategy<Value = Step> {
    let sample = (1_i64..4, 0_i64..3_000, proptest::option::weighted(0.9, 0_i32..3));
    let near = (1_i64..4, 0_i64..12, proptest::option::weighted(0.9, 0_i32..3));
    let some = proptest::collection::vec(prop_oneof![sample, near], 1..12);
    prop_oneof![
        6 => some.clone().prop_map(Step::Packet),
        6 => some.prop_map(Step::Batch),
        1 => Just(Step::Reopen),
        1 => Just(Step::Settle),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
    #[test]
    fn packets_and_batches_in_any_order_with_merges_and_restarts_are_what_a_plain_map_says(
        steps in proptest::collection::vec(step(), 1..60),
    ) {
        tokio::runtime::Runtime::new().unwrap().block_on(agrees_with_a_map(&steps));
    }
}

/// Every value ever taken for a moment, the last one counts.
type Map = BTreeMap<(i64, i64), Vec<Option<f64>>>;

fn note(map: &mut Map, point: i64, minute: i64, value: Option<f64>) {
    let versions = map.entry((point, minute)).or_default();
    let same = versions.last().is_some_and(|last| value.is_none() || *last == value);
    if !same {
        versions.push(value);
    }
}

async fn agrees_with_a_map(steps: &[Step]) {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open_small(dir.path(), 900).await;
    let mut map = Map::new();
    for (n, step) in steps.iter().enumerate() {
        let tenths = |t: Option<i32>| t.map(|t| f64::from(t) / 10.0);
        match step {
            Step::Packet(some) => {
                let readings = some.iter().map(|(p, m, v)| reading(*p, at(*m), tenths(*v))).collect();
                let raw = format!("frame {n}").into_bytes();
                store.samples.append(Packet { readings, raw, ..packet(1, 1, &[]) }).await.unwrap();
                some.iter().for_each(|(p, m, v)| note(&mut map, *p, *m, tenths(*v)));
            }
            Step::Batch(some) => {
                let value = |v: Option<i32>| tenths(v).unwrap_or(f64::NAN);
                let batch = rows(1, some.iter().map(|(p, m, v)| (*p, *m, value(*v))));
                store.samples.append_rows(batch).await.unwrap();
                some.iter().for_each(|(p, m, v)| note(&mut map, *p, *m, tenths(*v)));
            }
            Step::Reopen => {
                store.close().await;
                store = open_small(dir.path(), 900).await;
            }
            Step::Settle => store.samples.settle().await.unwrap(),
        }
    }
    for point in 1..4 {
        let of_point = map.iter().filter(|((p, _), _)| *p == point);
        let expected: Vec<_> = of_point.clone().map(|((_, m), v)| (at(*m), *v.last().unwrap())).collect();
        let found = store.samples.range(PointId(point), Time::MIN, Time::MAX, usize::MAX).await.unwrap();
        let found: Vec<_> = found.into_iter().map(|(s, _)| (s.at, s.value)).collect();
        assert_eq!(found, expected);
        for ((_, minute), versions) in of_point.filter(|(_, v)| v.len() > 1) {
            let found = store.samples.versions(PointId(point), at(*minute)).await.unwrap();
            let found: Vec<_> = found.into_iter().map(|(s, _)| s.value).collect();
            assert_eq!(&found, versions, "point {point} minute {minute}");
        }
        let latest = store.samples.latest(PointId(point)).map(|(s, _)| (s.at, s.value));
        assert_eq!(latest, expected.last().copied());
    }
    store.close().await;
}

#[tokio::test]
async fn verify_names_the_file_the_point_and_the_time_of_a_damaged_chunk() {
    let dir = tempfile::tempdir().unwrap();
    let store = open_small(dir.path(), 1 << 20).await;
    store.samples.append_rows(rows(0, (0..50).map(|m| (3, m, m as f64)))).await.unwrap();
    store.samples.settle().await.unwrap();
    assert!(store.samples.storage().merged == 1 && store.samples.storage().rows == 50);
    let hours = store.samples.rollups(&[PointId(3)], Time::MIN, Time::MAX, store::Step::Hour).await.unwrap();
    assert_eq!(hours[0].iter().map(|b| b.good).sum::<u32>(), 50);
    store.close().await;
    let samples = dir.path().join("samples");
    let entries = std::fs::read_dir(&samples).unwrap().map(|e| e.unwrap().path());
    let path = entries.into_iter().find(|p| p.to_string_lossy().contains("cols-")).unwrap();
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[20] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    let store = open_small(dir.path(), 1 << 20).await;
    let damaged = store.samples.verify().await.unwrap().damaged;
    assert_eq!(damaged.len(), 1);
    assert_eq!((&damaged[0].path, damaged[0].byte), (&path, 8));
    let what = store::Damage::Chunk { point: PointId(3), from: at(0), to: at(49) };
    assert_eq!(damaged[0].what, what);
    store.close().await;
}
