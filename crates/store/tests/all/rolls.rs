//! Kept roll-ups: what they say is what the rows say, whatever came late, twice or corrected; and they
//! stay when the rows go.

use crate::measured::{packet, reading};
use crate::samples::open_small;
use crate::town::{at, code};
use field::id::PointId;
use field::sample::{Packet, Quality};
use field::time::{DAY_MS, HOUR_MS, Time};
use proptest::prelude::*;
use std::path::Path;
use store::samples::rollup::buckets;
use store::{Bucket, Classes, FaultPlan, Keep, Limits, Options, Rows, Step, Store};

const STEPS: [Step; 6] = [
    Step::Minutes(1),
    Step::Minutes(5),
    Step::Minutes(15),
    Step::Hour,
    Step::CivilDay,
    Step::HydrologicalDay,
];

async fn kept(store: &Store, point: i64, (from, to): (Time, Time), step: Step) -> Vec<Bucket> {
    store.samples.rollups(&[PointId(point)], from, to, step).await.unwrap().remove(0)
}

async fn reckoned(store: &Store, point: i64, (from, to): (Time, Time), step: Step) -> Vec<Bucket> {
    let columns = store.samples.columns(&[PointId(point)], from, to).await.unwrap().remove(0);
    buckets(&columns, step)
}

fn same(a: &[Bucket], b: &[Bucket]) -> bool {
    let near = |a: f64, b: f64| a.is_nan() && b.is_nan() || (a - b).abs() <= 1e-9 * a.abs().max(1.0);
    a.len() == b.len()
        && a.iter().zip(b).all(|(a, b)| {
            (a.at, a.count, a.good) == (b.at, b.count, b.good)
                && near(a.min, b.min)
                && near(a.max, b.max)
                && near(a.sum, b.sum)
        })
}

/// One thing that happens to a store.
#[derive(Clone, Debug)]
enum Happening {
    Packet(Vec<(i64, i64, Option<i32>)>),
    /// Rows of one point, a minute apart.
    Minutes(i64, i64, usize),
    Batch(Vec<(i64, i64, Option<i32>)>),
    Reopen,
    /// The process dies in the middle of a sealing or merging.
    Killed(u32),
    Settle,
}

fn happening() -> impl Strategy<Value = Happening> {
    let sample = (1_i64..4, 0_i64..4_000, proptest::option::weighted(0.9, -40_i32..40));
    let some = proptest::collection::vec(sample, 1..20);
    prop_oneof![
        4 => some.clone().prop_map(Happening::Packet),
        4 => (1_i64..4, 0_i64..4_000, 1_usize..400).prop_map(|(p, m, n)| Happening::Minutes(p, m, n)),
        4 => some.prop_map(Happening::Batch),
        1 => Just(Happening::Reopen),
        2 => (0_u32..24).prop_map(Happening::Killed),
        2 => Just(Happening::Settle),
    ]
}

async fn dies(dir: &Path, store: Store, steps: u32) -> Store {
    store.close().await;
    let fault = FaultPlan::changeable();
    fault.logs_are_full_at(2_000);
    let store = Store::open(Options { fault: fault.clone(), ..Options::new(dir) }).await.unwrap();
    fault.seal_stops_after(steps);
    // What it answers does not matter: it is dead.
    drop(store.samples.settle().await);
    store.close().await;
    open_small(dir, 2_000).await
}

async fn happen(all: &[Happening]) {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open_small(dir.path(), 2_000).await;
    let tenths = |t: Option<i32>| t.map(|t| f64::from(t) / 10.0);
    for (n, one) in all.iter().enumerate() {
        match one {
            Happening::Packet(some) => {
                let readings = some.iter().map(|(p, m, v)| reading(*p, at(*m), tenths(*v))).collect();
                let raw = format!("frame {n}").into_bytes();
                store.samples.append(Packet { readings, raw, ..packet(1, 1, &[]) }).await.unwrap();
            }
            Happening::Minutes(point, first, count) => {
                let mut rows = Rows::new(code(1), "influx", at(*first));
                for m in 0..*count as i64 {
                    let quality = if m % 17 == 3 { Quality::Suspect } else { Quality::Good };
                    rows.push(PointId(*point), at(first + m), (m % 50) as f64 / 10.0, quality);
                }
                store.samples.append_rows(rows).await.unwrap();
            }
            Happening::Batch(some) => {
                let mut rows = Rows::new(code(1), "influx", at(1));
                for (p, m, v) in some {
                    rows.push(PointId(*p), at(*m), tenths(*v).unwrap_or(f64::NAN), Quality::Good);
                }
                store.samples.append_rows(rows).await.unwrap();
            }
            Happening::Reopen => {
                store.close().await;
                store = open_small(dir.path(), 2_000).await;
            }
            Happening::Killed(steps) => store = dies(dir.path(), store, *steps).await,
            Happening::Settle => store.samples.settle().await.unwrap(),
        }
        // Asked of all at once after each: what is remembered of the time before must not be believed.
        let (points, stretch) = ([PointId(1), PointId(2), PointId(3)], (at(17), at(2_903)));
        let kept = store.samples.rollups(&points, stretch.0, stretch.1, Step::Hour).await.unwrap();
        for (point, kept) in points.iter().zip(kept) {
            let reckoned = reckoned(&store, point.0, stretch, Step::Hour).await;
            assert!(same(&kept, &reckoned), "{n}: {one:?}: {point:?}\n{kept:?}\n{reckoned:?}");
        }
    }
    for stretch in [(Time::MIN, Time::MAX), (at(17), at(2_903)), (at(1_000), at(1_001))] {
        for point in 1..4 {
            for step in STEPS {
                let (kept, reckoned) =
                    (kept(&store, point, stretch, step).await, reckoned(&store, point, stretch, step).await);
                assert!(same(&kept, &reckoned), "point {point} {step:?} {stretch:?}\n{kept:?}\n{reckoned:?}");
            }
        }
    }
    store.close().await;
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]
    #[test]
    fn kept_roll_ups_are_what_the_rows_come_to_after_late_doubled_and_corrected_rows_and_kills(
        all in proptest::collection::vec(happening(), 1..40),
    ) {
        tokio::runtime::Runtime::new().unwrap().block_on(happen(&all));
    }
}

/// Minutes of three days of points 1 and 2, merged.
async fn three_days(dir: &Path) -> Store {
    let store = open_small(dir, 1 << 20).await;
    let begin = Time::from_beijing(2021, 6, 30, 8, 0, 0).unwrap();
    for hour in 0..72 {
        let mut rows = Rows::new(code(1), "influx", begin);
        for minute in 0..60 {
            for point in 1..3 {
                let value = (hour * 10 + minute % 10) as f64 / 10.0;
                rows.push(
                    PointId(point),
                    begin.plus_ms(hour * HOUR_MS + minute * 60_000),
                    value,
                    Quality::Good,
                );
            }
        }
        store.samples.append_rows(rows).await.unwrap();
    }
    store.samples.settle().await.unwrap();
    store
}

#[tokio::test]
async fn rows_go_by_class_whole_days_only_and_their_roll_ups_stay_and_take_in_what_comes_late() {
    let dir = tempfile::tempdir().unwrap();
    let store = three_days(dir.path()).await;
    let begin = Time::from_beijing(2021, 6, 30, 8, 0, 0).unwrap();
    let (day, all) = (|n: i64| begin.plus_ms(n * DAY_MS), (Time::MIN, Time::MAX));
    let hours = kept(&store, 1, all, Step::Hour).await;
    let days = kept(&store, 1, all, Step::HydrologicalDay).await;
    assert_eq!((hours.len(), days.len()), (72, 3));
    // A limit in the middle of the second day lets the first one go, and nothing of the second.
    let limits = Limits { rows_from: Some(day(1).plus_ms(HOUR_MS)), rollups_from: None };
    let keep = Keep { points: [(PointId(1), limits)].into(), ..Keep::default() };
    assert!(store.samples.retain(keep.clone()).await.unwrap() > 0);
    let rows = store.samples.columns(&[PointId(1), PointId(2)], Time::MIN, Time::MAX).await.unwrap();
    assert_eq!((rows[0].times.len(), rows[1].times.len()), (2 * 1_440, 3 * 1_440));
    assert_eq!(rows[0].times[0], day(1).ms());
    assert!(same(&kept(&store, 1, all, Step::Hour).await, &hours));
    assert!(same(&kept(&store, 1, all, Step::HydrologicalDay).await, &days));
    // A row that comes late is added to what is kept, before and after it is merged, and again.
    for turn in 0..3 {
        let mut late = Rows::new(code(1), "influx", day(3));
        late.push(PointId(1), day(0).plus_ms(turn * 1_000 + 500), 99.0, Quality::Good);
        store.samples.append_rows(late).await.unwrap();
        for merged in [false, true] {
            if merged {
                store.samples.settle().await.unwrap();
            }
            let first = kept(&store, 1, all, Step::Hour).await[0];
            let expected = (hours[0].good + turn as u32 + 1, hours[0].sum + 99.0 * (turn + 1) as f64, 99.0);
            assert_eq!((first.good, first.sum, first.max), expected, "{turn} {merged}");
        }
    }
    store.samples.retain(keep).await.unwrap();
    assert_eq!(kept(&store, 1, all, Step::Hour).await[0].good, hours[0].good + 3);
    // Everything of everybody, and then the roll-ups too.
    let gone =
        |rollups_from| Keep { others: Limits { rows_from: Some(day(9)), rollups_from }, ..Keep::default() };
    store.samples.retain(gone(None)).await.unwrap();
    assert!(same(&kept(&store, 2, all, Step::Hour).await, &hours));
    let storage = store.samples.storage();
    assert!(storage.rows == 0 && storage.rollups_bytes > 0, "{storage:?}");
    store.samples.retain(gone(Some(day(2)))).await.unwrap();
    assert_eq!(kept(&store, 2, all, Step::Hour).await.len(), 24);
    store.close().await;
    let store = open_small(dir.path(), 1 << 20).await;
    assert_eq!(kept(&store, 2, all, Step::Hour).await.len(), 24);
    store.close().await;
}

/// Values of the minutes of point 1 from `first` on, in one batch.
async fn push(store: &Store, first: i64, values: impl Iterator<Item = f64>) {
    let begin = Time::from_beijing(2021, 6, 30, 8, 0, 0).unwrap();
    let mut rows = Rows::new(code(1), "influx", begin);
    for (n, value) in values.enumerate() {
        rows.push(PointId(1), begin.plus_ms((first + n as i64) * 60_000), value, Quality::Good);
    }
    store.samples.append_rows(rows).await.unwrap();
}

#[tokio::test]
async fn an_hour_whose_rows_all_come_after_what_is_asked_for_is_not_told() {
    let dir = tempfile::tempdir().unwrap();
    let store = open_small(dir.path(), 1 << 20).await;
    push(&store, 330, (0..20).map(f64::from)).await;
    store.samples.settle().await.unwrap();
    let begin = Time::from_beijing(2021, 6, 30, 8, 0, 0).unwrap();
    for (from, to, count) in [(0, 330, 0), (0, 331, 1), (350, 400, 0), (349, 400, 1), (0, 360, 20)] {
        let stretch = (begin.plus_ms(from * 60_000), begin.plus_ms(to * 60_000));
        let told: u32 = kept(&store, 1, stretch, Step::Hour).await.iter().map(|hour| hour.count).sum();
        assert_eq!(told, count, "from {from} to {to}");
    }
    store.close().await;
}

#[tokio::test]
async fn a_row_that_corrects_one_of_a_merged_file_is_not_added_to_it() {
    let dir = tempfile::tempdir().unwrap();
    let store = open_small(dir.path(), 1 << 20).await;
    let all = (Time::MIN, Time::MAX);
    push(&store, 0, (0..330).map(|n| n as f64)).await;
    store.samples.settle().await.unwrap();
    for (minute, value) in [(329, 5.0), (300, 6.0), (301, 301.0), (302, f64::NAN), (330, 330.0)] {
        push(&store, minute, std::iter::once(value)).await;
        let (kept, reckoned) =
            (kept(&store, 1, all, Step::Hour).await, reckoned(&store, 1, all, Step::Hour).await);
        assert!(same(&kept, &reckoned), "{minute}\n{kept:?}\n{reckoned:?}");
    }
    let last = kept(&store, 1, all, Step::Hour).await[5];
    assert_eq!((last.count, last.min, last.max), (31, 5.0, 330.0));
    store.close().await;
}

#[tokio::test]
async fn what_a_class_takes_is_told_by_class() {
    let dir = tempfile::tempdir().unwrap();
    let store = three_days(dir.path()).await;
    let classes = Classes { of: [(PointId(2), 1)].into(), others: 0 };
    let told = store.samples.storage_of(classes.clone()).await.unwrap();
    assert_eq!((told.len(), told[0].rows, told[1].rows), (2, 3 * 1_440, 3 * 1_440));
    assert!(told[0].rows_bytes > 0 && told[0].rollups_bytes > 0);
    assert_eq!(told[1].rows_from, Some(Time::from_beijing(2021, 6, 30, 8, 0, 0).unwrap()));
    let limits = Limits { rows_from: Some(Time::MAX), ..Limits::default() };
    store.samples.retain(Keep { points: [(PointId(2), limits)].into(), ..Keep::default() }).await.unwrap();
    let told = store.samples.storage_of(classes).await.unwrap();
    assert_eq!((told[1].rows, told[1].rows_from), (0, None));
    assert!(told[1].rollups_bytes > 0);
    store.close().await;
}

#[tokio::test]
async fn a_damaged_roll_up_is_named_and_reckoned_from_its_rows() {
    let dir = tempfile::tempdir().unwrap();
    let store = three_days(dir.path()).await;
    let whole = kept(&store, 1, (Time::MIN, Time::MAX), Step::Hour).await;
    store.close().await;
    let entries = std::fs::read_dir(dir.path().join("samples")).unwrap().map(|e| e.unwrap().path());
    let path = entries.into_iter().find(|p| p.to_string_lossy().contains("rolls-")).unwrap();
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[20] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    let store = open_small(dir.path(), 1 << 20).await;
    let damaged = store.samples.verify().await.unwrap().damaged;
    assert_eq!((damaged.len(), &damaged[0].path, damaged[0].byte), (1, &path, 8));
    assert!(matches!(damaged[0].what, store::Damage::Rolls { point: PointId(1), .. }));
    assert!(same(&kept(&store, 1, (Time::MIN, Time::MAX), Step::Hour).await, &whole));
    store.close().await;
}

#[tokio::test]
async fn rows_and_frames_that_nothing_ever_merged_go_too_when_their_time_is_over() {
    let dir = tempfile::tempdir().unwrap();
    // Logs so large that none is ever full: a house with few stations.
    let store = Store::open(Options::new(dir.path())).await.unwrap();
    // A packet every five minutes for five days.
    for n in 0..5 * 288 {
        store.samples.append(packet(1, n, &[n as f64])).await.unwrap();
    }
    assert_eq!(store.samples.storage().segments, 0, "nothing is sealed");
    let (now, day) = (at(5 * 1_440), |n: i64| at(n * 1_440));
    let limits = Limits { rows_from: Some(day(3)), rollups_from: None };
    store.samples.retain(Keep { others: limits, ..Keep::default() }).await.unwrap();
    let rows = store.samples.columns(&[PointId(10)], Time::MIN, Time::MAX).await.unwrap().remove(0);
    let first = rows.times[0];
    assert!(
        first <= day(3).ms() && first > day(2).ms() - DAY_MS,
        "whole days go, never a younger row: {first}"
    );
    assert_eq!(rows.times.last(), Some(&now.plus_ms(-5 * 60_000).ms()));
    // Frames: what is written now began with today's first, not five days ago.
    for n in 5 * 288..7 * 288 {
        store.samples.append(packet(1, n, &[n as f64])).await.unwrap();
    }
    let frames = |from| Keep { frames_from: Some(from), ..Keep::default() };
    store.samples.retain(frames(day(5))).await.unwrap();
    // The newest ones stay in memory a while for who follows them: on disk they are gone.
    store.close().await;
    let store = Store::open(Options::new(dir.path())).await.unwrap();
    let left = store.samples.packets_after(field::id::PacketSeq(0), 10_000).await.unwrap();
    assert_eq!(left.len(), 2 * 288, "those of the first five days are gone");
    assert_eq!(left[0].packet.received_at, day(5).plus_ms(700));
    store.close().await;
}
