//! Backups of a store at work: incremental, consistent, whole.

use crate::measured::packet;
use crate::samples::{open_small, values};
use crate::town::{at, code};
use field::id::{PacketSeq, PointId};
use field::sample::Quality;
use field::time::Time;
use std::path::Path;
use store::{Backup, FaultPlan, Options, Rows, Store, StoreError};

async fn back_up(dir: &Path, to: &Path) -> Backup {
    store::backup(&Options { read_only: true, ..Options::new(dir) }, to, at(0)).await.unwrap()
}

#[tokio::test]
async fn a_running_store_is_backed_up_with_what_is_not_sealed_and_restored_whole() {
    let (dir, copy, other) =
        (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let store = open_small(dir.path(), 5_000).await;
    for n in 0..100 {
        store.samples.append(packet(1, n, &[n as f64])).await.unwrap();
    }
    let picture = [&b"\xFF\xD8\xFF"[..], &[7; 400]].concat();
    let key = store.photos.put(picture.clone()).await.unwrap();
    let first = back_up(dir.path(), copy.path()).await;
    assert!(first.samples.copied > 3 && first.samples.kept == 0 && first.others.copied == 1, "{first:?}");
    for n in 100..130 {
        store.samples.append(packet(1, n, &[n as f64])).await.unwrap();
    }
    let second = back_up(dir.path(), copy.path()).await;
    assert!(second.samples.kept > 0 && second.samples.bytes < first.samples.bytes, "{second:?}");
    assert_eq!((second.others.copied, second.others.kept), (0, 1));

    let options = Options::new(other.path().join("data"));
    let restored = store::restore(copy.path(), &options).await.unwrap();
    assert!(restored.samples.copied > 3 && restored.tables_bytes.is_some());
    let again = store::restore(copy.path(), &options).await.unwrap_err();
    assert!(again.to_string().contains("has data"), "{again}");
    let twin = Store::open(options).await.unwrap();
    assert_eq!(values(&twin, 10).await, values(&store, 10).await);
    assert_eq!(twin.samples.packets_after(PacketSeq(0), 200).await.unwrap().len(), 130);
    let verified = twin.samples.verify().await.unwrap();
    assert!(verified.damaged.is_empty(), "{verified:?}");
    assert_eq!(twin.photos.get(&key).await.unwrap(), Some(picture));
    assert_eq!(twin.photos.verify().await.unwrap(), (1, vec![]));
    // Point 10 is in the samples only: its number is given to nobody else.
    let (point, _) = crate::town::found(&twin.tables).await.unwrap();
    assert!(point > PointId(10), "{point}");
    twin.close().await;
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn backups_made_while_rows_are_written_sealed_and_merged_lack_nothing_that_was_there_before() {
    let (dir, copy) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let store = open_small(dir.path(), 3_000).await;
    let samples = store.samples.clone();
    let writing = tokio::spawn(async move {
        for n in 0..400_i64 {
            let mut rows = Rows::new(code(1), "influx", at(n));
            (1..4).for_each(|p| rows.push(PointId(p), at(n), n as f64, Quality::Good));
            samples.append_rows(rows).await.unwrap();
            if n % 60 == 59 {
                samples.settle().await.unwrap();
            }
        }
    });
    let mut least = 0;
    while !writing.is_finished() {
        let before = store.samples.head();
        back_up(dir.path(), copy.path()).await;
        let twin = Store::open(Options { read_only: true, ..Options::new(copy.path()) }).await.unwrap();
        let rows = twin.samples.columns(&[PointId(2)], Time::MIN, Time::MAX).await.unwrap().remove(0);
        assert!(twin.samples.head() >= before && rows.times.len() as i64 >= before.0);
        let expected: Vec<f64> = (0..rows.times.len()).map(|n| n as f64).collect();
        assert_eq!(rows.values, expected);
        assert!(rows.times.len() >= least);
        least = rows.times.len();
        twin.close().await;
    }
    writing.await.unwrap();
    store.close().await;
}

#[tokio::test]
async fn a_backup_beside_another_history_of_the_same_numbers_takes_nothing_of_that_one() {
    let (dir, copy) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for turn in 0..2 {
        let data = dir.path().join(turn.to_string());
        let store = open_small(&data, 900).await;
        for n in 0..40 {
            store.samples.append(packet(1, n, &[(n + turn * 1_000) as f64])).await.unwrap();
        }
        store.close().await;
        back_up(&data, copy.path()).await;
        let twin = Store::open(Options { read_only: true, ..Options::new(copy.path()) }).await.unwrap();
        let expected: Vec<_> = (0..40).map(|n| (at(n * 5), Some((n + turn * 1_000) as f64))).collect();
        assert_eq!(values(&twin, 10).await, expected);
        twin.close().await;
    }
}

#[tokio::test]
async fn a_folder_without_its_note_is_no_backup_and_the_data_directory_is_none_either() {
    let (dir, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let store =
        Store::open(Options { fault: FaultPlan::default(), ..Options::new(dir.path()) }).await.unwrap();
    store.close().await;
    let error = store::restore(other.path(), &Options::new(dir.path())).await.unwrap_err();
    assert!(error.to_string().contains("no whole backup"), "{error}");
    let inside = dir.path().join("backup");
    let error = store::backup(&Options::new(dir.path()), &inside, at(0)).await.unwrap_err();
    assert!(matches!(error, StoreError::Invalid { .. }), "{error}");
}
