//! The samples log: what is kept, what is doubled, what is found again.

use crate::measured::{packet, reading};
use crate::town::{at, code};
use field::id::{PacketSeq, PointId};
use field::sample::{Packet, Sample};
use field::time::Time;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::path::Path;
use store::{Appended, FaultPlan, Options, Store, StoreError};

/// A store whose logs are full soon.
pub(crate) async fn open_small(dir: &Path, log_bytes: u64) -> Store {
    let fault = FaultPlan::changeable();
    fault.logs_are_full_at(log_bytes);
    Store::open(Options { fault, ..Options::new(dir) }).await.unwrap()
}

pub(crate) async fn values(store: &Store, point: i64) -> Vec<(Time, Option<f64>)> {
    let found = store.samples.range(PointId(point), Time::MIN, Time::MAX, usize::MAX).await.unwrap();
    found.into_iter().map(|(sample, _)| (sample.at, sample.value)).collect()
}

fn appended(seq: i64, fresh: bool, new: usize, duplicates: usize, corrections: usize) -> Appended {
    Appended { seq: PacketSeq(seq), fresh, new, duplicates, corrections }
}

#[tokio::test]
async fn a_frame_sent_again_is_not_doubled_and_another_value_is_a_correction() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(Options::new(dir.path())).await.unwrap();
    let samples = &store.samples;
    assert_eq!((samples.head(), samples.latest_received_at()), (PacketSeq(0), None));
    let mut watch = samples.watch();
    watch.mark_unchanged();
    assert_eq!(samples.append(packet(1, 1, &[0.1, 12.6])).await.unwrap(), appended(1, true, 2, 0, 0));
    assert!(watch.has_changed().unwrap());
    // Sent again, as after a lost confirmation.
    assert_eq!(samples.append(packet(1, 1, &[0.1, 12.6])).await.unwrap(), appended(1, false, 0, 2, 0));
    // The same values in another frame, as in an hourly report: the frame is kept, the values are not.
    let hourly = Packet { raw: b"another frame".to_vec(), ..packet(1, 1, &[0.1, 12.6]) };
    assert_eq!(samples.append(hourly).await.unwrap(), appended(2, true, 0, 2, 0));
    // Another value for the same moment.
    assert_eq!(samples.append(packet(1, 1, &[0.2, 12.6])).await.unwrap(), appended(3, true, 0, 1, 1));
    let found = samples.range(PointId(10), at(0), at(100), 10).await.unwrap();
    assert_eq!(found.iter().map(|(s, seq)| (s.value, *seq)).collect::<Vec<_>>(), [(Some(0.2), PacketSeq(3))]);
    // Both stay in the log.
    let log = samples.packets_after(PacketSeq(0), 10).await.unwrap();
    let kept: Vec<_> = log.iter().map(|p| p.packet.readings.len()).collect();
    assert_eq!(kept, [2, 0, 1]);
    let stats = samples.stats();
    assert_eq!((stats.packets, stats.readings, stats.duplicates, stats.corrections), (3, 3, 5, 1));
    store.close().await;
}

#[tokio::test]
async fn a_value_replaces_a_missing_one_and_never_the_other_way_round() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(Options::new(dir.path())).await.unwrap();
    let with = |value, raw: &[u8]| Packet {
        readings: vec![reading(10, at(5), value)],
        raw: raw.to_vec(),
        ..packet(1, 1, &[])
    };
    assert_eq!(store.samples.append(with(None, b"a")).await.unwrap(), appended(1, true, 1, 0, 0));
    assert_eq!(store.samples.append(with(None, b"b")).await.unwrap(), appended(2, true, 0, 1, 0));
    assert_eq!(store.samples.append(with(Some(3.5), b"c")).await.unwrap(), appended(3, true, 0, 0, 1));
    assert_eq!(store.samples.append(with(None, b"d")).await.unwrap(), appended(4, true, 0, 1, 0));
    assert_eq!(values(&store, 10).await, [(at(5), Some(3.5))]);
    // Within one packet the later of two values for one moment wins.
    let twice =
        vec![reading(11, at(5), Some(1.0)), reading(11, at(5), Some(2.0)), reading(11, at(5), Some(2.0))];
    let twice = Packet { readings: twice, raw: b"e".to_vec(), ..packet(1, 1, &[]) };
    assert_eq!(store.samples.append(twice).await.unwrap(), appended(5, true, 1, 1, 1));
    assert_eq!(values(&store, 11).await, [(at(5), Some(2.0))]);
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_stations_at_once_lose_and_double_nothing_over_many_logs_and_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let store = open_small(dir.path(), 40_000).await;
    let mut stations = tokio::task::JoinSet::new();
    for station in 1..=20u32 {
        let samples = store.samples.clone();
        stations.spawn(async move {
            for n in 0..100 {
                let first = samples.append(packet(station, n, &[n as f64, 12.6])).await.unwrap();
                assert_eq!((first.fresh, first.new), (true, 2));
                if n % 7 == 0 {
                    let again = samples.append(packet(station, n, &[n as f64, 12.6])).await.unwrap();
                    assert_eq!((again.seq, again.fresh, again.duplicates), (first.seq, false, 2));
                }
            }
        });
    }
    stations.join_all().await;
    let (stats, seen) = (store.samples.stats(), store.samples.seen(&code(5)));
    assert_eq!((stats.packets, stats.readings), (2_000, 4_000));
    store.close().await;

    let store = open_small(dir.path(), 40_000).await;
    assert!(store.samples.stats().segments >= 1, "{:?}", store.samples.stats());
    assert_eq!(store.samples.head(), PacketSeq(2_000));
    assert_eq!((store.samples.stats().packets, store.samples.stats().readings), (2_000, 4_000));
    assert_eq!(store.samples.seen(&code(5)), seen);
    assert_eq!(store.samples.latest_received_at(), Some(at(495).plus_ms(700)));
    for station in 1..=20 {
        let expected: Vec<_> = (0..100).map(|n| (at(n * 5), Some(n as f64))).collect();
        assert_eq!(values(&store, station * 10).await, expected);
        let latest = store.samples.latest(PointId(station * 10)).unwrap().0;
        assert_eq!((latest.at, latest.value), (at(495), Some(99.0)));
        // A report from long ago, sent again: its frame is forgotten, its readings are not.
        let old = store.samples.append(packet(station as u32, 3, &[3.0, 12.6])).await.unwrap();
        assert_eq!((old.new, old.duplicates, old.corrections), (0, 2, 0));
    }
    // Every packet can still be read, in order, in any portion.
    let mut after = PacketSeq(0);
    for expected in (1..=2_000).step_by(300) {
        let some = store.samples.packets_after(after, 300).await.unwrap();
        assert_eq!(some.first().map(|p| p.seq.0), Some(expected));
        after = some.last().unwrap().seq;
    }
    let one = store.samples.packet(PacketSeq(777)).await.unwrap().unwrap();
    assert_eq!(one.seq, PacketSeq(777));
    assert_eq!(one.packet.raw, packet_of_reading(&one.packet).raw);
    assert!(store.samples.packet(PacketSeq(99_999)).await.unwrap().is_none());
    assert!(store.samples.packet(PacketSeq(0)).await.unwrap().is_none());
    store.close().await;
}

/// The packet that was sent, from what was kept of it.
fn packet_of_reading(kept: &Packet) -> Packet {
    let station = u32::from_str_radix(&kept.station.as_str()[6..], 16).unwrap();
    let n = (kept.sent_at.unwrap().ms() - at(0).ms()) / 300_000;
    packet(station, n, &kept.readings.iter().map(|r| r.sample.value.unwrap()).collect::<Vec<_>>())
}

#[tokio::test]
async fn a_range_has_its_ends_and_its_limit() {
    let dir = tempfile::tempdir().unwrap();
    let store = open_small(dir.path(), 1_500).await;
    for n in [5, 1, 9, 3, 7, 2, 8, 4, 6, 0] {
        for _ in 0..3 {
            store.samples.append(packet(1, n, &[n as f64])).await.unwrap();
        }
    }
    let found = async |from, to, limit| {
        let found = store.samples.range(PointId(10), at(from), at(to), limit).await.unwrap();
        found.iter().map(|(s, _)| s.value.unwrap() as i64).collect::<Vec<_>>()
    };
    assert_eq!(found(0, 1_000, 100).await, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    assert_eq!(found(10, 25, 100).await, [2, 3, 4]);
    assert_eq!(found(11, 26, 2).await, [3, 4]);
    assert_eq!(found(10, 10, 100).await, [0i64; 0]);
    assert_eq!(found(30, 10, 100).await, [0i64; 0]);
    assert_eq!(found(0, 1_000, 0).await, [0i64; 0]);
    assert_eq!(values(&store, 77).await, []);
    store.close().await;
}

#[tokio::test]
async fn a_stations_newest_packets_are_found_before_and_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let store = open_small(dir.path(), 2_000).await;
    for n in 0..40 {
        for station in 1..=3 {
            store.samples.append(packet(station, n, &[n as f64])).await.unwrap();
        }
    }
    let newest = async |store: &Store, limit| {
        let found = store.samples.packets_of(&code(2), limit).await.unwrap();
        assert!(found.iter().all(|p| p.packet.station == code(2)));
        found.iter().map(|p| p.packet.readings[0].sample.value.unwrap() as i64).collect::<Vec<_>>()
    };
    assert_eq!(newest(&store, 20).await, (20..40).rev().collect::<Vec<_>>());
    store.close().await;
    let store = open_small(dir.path(), 2_000).await;
    assert_eq!(newest(&store, 5).await, [39, 38, 37, 36, 35]);
    assert!(newest(&store, 20).await.len() >= 8);
    assert!(store.samples.packets_of(&code(9), 20).await.unwrap().is_empty());
    store.close().await;
}

#[tokio::test]
async fn a_station_is_known_by_when_it_was_heard() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(Options::new(dir.path())).await.unwrap();
    assert!(store.samples.seen(&code(1)).is_none());
    for n in 0..600 {
        store.samples.append(packet(1, n, &[n as f64])).await.unwrap();
    }
    let now = at(599 * 5).plus_ms(700);
    let seen = store.samples.seen(&code(1)).unwrap();
    assert_eq!((seen.packets, seen.last_received_at, seen.drift_ms), (600, now, Some(700)));
    // 24 full hours and the running one, twelve reports an hour.
    assert!((288..=300).contains(&seen.packets_last_day(now)), "{}", seen.packets_last_day(now));
    assert_eq!(seen.packets_last_day(now.plus_ms(26 * 3_600_000)), 0);
    // A keep-alive moves the time and nothing else.
    store.samples.heard(&code(1), now.plus_ms(60_000), None);
    let heard = store.samples.seen(&code(1)).unwrap();
    assert_eq!((heard.packets, heard.last_received_at), (600, now.plus_ms(60_000)));
    assert_eq!(heard.packets_last_day(now), seen.packets_last_day(now));
    store.close().await;
}

#[tokio::test]
async fn what_cannot_be_kept_is_refused_with_the_limit() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(Options::new(dir.path())).await.unwrap();
    let refused = async |packet| store.samples.append(packet).await.unwrap_err().to_string();
    let big = Packet { raw: vec![0; Packet::MAX_RAW + 1], ..packet(1, 1, &[]) };
    assert_eq!(refused(big).await, "appending a packet: 65537 raw bytes; at most 65536 are kept");
    let many = Packet { readings: vec![reading(1, at(1), None); 4_097], ..packet(1, 1, &[]) };
    assert_eq!(refused(many).await, "appending a packet: 4097 readings; at most 4096 are kept");
    let error = refused(packet(1, 1, &[f64::NAN])).await;
    assert!(error.contains("the value of point 10 at 2021-06-30"), "{error}");
    let largest = (0..4_096).map(|n| reading(n, at(1), Some(n as f64))).collect();
    let largest = Packet { raw: vec![1; Packet::MAX_RAW], readings: largest, ..packet(1, 1, &[]) };
    assert_eq!(store.samples.append(largest.clone()).await.unwrap().new, 4_096);
    store.close().await;
    let store = Store::open(Options::new(dir.path())).await.unwrap();
    assert_eq!(store.samples.packet(PacketSeq(1)).await.unwrap().unwrap().packet, largest);
    store.close().await;
}

#[tokio::test]
async fn a_store_to_read_only_reads_beside_the_one_that_writes() {
    let dir = tempfile::tempdir().unwrap();
    let store = open_small(dir.path(), 2_000).await;
    for n in 0..50 {
        store.samples.append(packet(1, n, &[n as f64])).await.unwrap();
    }
    let reader = Store::open(Options { read_only: true, ..Options::new(dir.path()) }).await.unwrap();
    assert_eq!(values(&reader, 10).await.len(), 50);
    assert_eq!(reader.samples.packets_after(PacketSeq(0), 100).await.unwrap().len(), 50);
    assert!(matches!(reader.samples.append(packet(1, 51, &[1.0])).await, Err(StoreError::Closed { .. })));
    reader.close().await;
    store.samples.append(packet(1, 51, &[51.0])).await.unwrap();
    store.close().await;
}

/// What one station sends: (minute, value in tenths, whether the store is opened anew before it).
type Step = (i64, Option<i32>, bool);

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]
    #[test]
    fn whatever_order_packets_come_in_the_range_is_what_a_plain_map_says(
        steps in proptest::collection::vec(
            (0i64..40, proptest::option::weighted(0.9, 0i32..4), proptest::bool::weighted(0.06)), 1..120),
    ) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(agrees_with_a_map(&steps));
    }
}

async fn agrees_with_a_map(steps: &[Step]) {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open_small(dir.path(), 700).await;
    let mut map: BTreeMap<Time, Option<f64>> = BTreeMap::new();
    let (mut new, mut duplicates, mut corrections) = (0, 0, 0);
    for (n, (minute, tenths, reopen)) in steps.iter().enumerate() {
        if *reopen {
            store.close().await;
            store = open_small(dir.path(), 700).await;
        }
        let value = tenths.map(|t| f64::from(t) / 10.0);
        let raw = format!("frame number {n}").into_bytes();
        let packet =
            Packet { readings: vec![reading(1, at(*minute), value)], raw, ..packet(1, *minute, &[]) };
        let got = store.samples.append(packet).await.unwrap();
        let expected = match (map.get(&at(*minute)), value) {
            (None, _) => (1, 0, 0),
            (Some(_), None) => (0, 1, 0),
            (Some(old), value) if *old == value => (0, 1, 0),
            _ => (0, 0, 1),
        };
        assert_eq!((got.new, got.duplicates, got.corrections), expected, "step {n}");
        if expected.1 == 0 {
            map.insert(at(*minute), value);
        }
        new += expected.0;
        duplicates += expected.1;
        corrections += expected.2;
    }
    let all: Vec<_> = map.iter().map(|(at, value)| (*at, *value)).collect();
    assert_eq!(values(&store, 1).await, all);
    let latest = store.samples.latest(PointId(1)).map(|(s, _)| s);
    let expected = map.last_key_value().map(|(at, v)| Sample { at: *at, value: *v, ..latest.unwrap() });
    assert_eq!(latest, expected);
    let log = store.samples.packets_after(PacketSeq(0), 1_000).await.unwrap();
    assert_eq!(log.len(), steps.len());
    assert_eq!(log.iter().map(|p| p.packet.readings.len()).sum::<usize>(), new + corrections);
    let _ = duplicates;
    store.close().await;
}

#[tokio::test]
async fn a_sample_from_a_clock_that_runs_ahead_does_not_hide_what_comes_after_it() {
    let dir = tempfile::tempdir().unwrap();
    let store = open_small(dir.path(), 1_500).await;
    let now = |store: &Store, n: i64| {
        store.samples.latest_by(PointId(10), at(n * 5)).map(|(sample, _)| (sample.at, sample.value))
    };
    // The first report of a station whose clock is a year ahead is all there is.
    let year = 365 * 288;
    store.samples.append(packet(1, year, &[9.0])).await.unwrap();
    assert_eq!(now(&store, 1), Some((at(year * 5), Some(9.0))));
    // What comes next counts, also beside more of the kind and late ones.
    store.samples.append(packet(1, 2, &[1.0])).await.unwrap();
    assert_eq!(now(&store, 2), Some((at(10), Some(1.0))));
    store.samples.append(packet(1, 60, &[9.5])).await.unwrap();
    assert_eq!(now(&store, 3), Some((at(10), Some(1.0))));
    for n in 3..50 {
        store.samples.append(packet(1, n, &[2.0])).await.unwrap();
        store.samples.append(packet(1, 1, &[0.5])).await.unwrap();
    }
    assert_eq!(now(&store, 50), Some((at(245), Some(2.0))));
    // A little ahead is a clock as they are.
    store.samples.append(packet(1, 52, &[3.0])).await.unwrap();
    assert_eq!(now(&store, 50), Some((at(260), Some(3.0))));
    // Also of many at once, and after a restart.
    store.close().await;
    let store = open_small(dir.path(), 1_500).await;
    let many = store.samples.latest_of_by(&[PointId(10), PointId(99)], at(250)).await;
    let many: Vec<_> = many.into_iter().map(|found| found.map(|(sample, _)| sample.value)).collect();
    assert_eq!(many, [Some(Some(3.0)), None]);
    // A station whose clock is ahead from now on has its newest value, not the last right one.
    store.samples.append(packet(1, year + 1, &[9.8])).await.unwrap();
    assert_eq!(now(&store, 53), Some((at((year + 1) * 5), Some(9.8))));
    store.close().await;
}
