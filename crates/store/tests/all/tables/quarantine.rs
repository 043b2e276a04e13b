//! Frames nobody could take.

use crate::engines::Place;
use crate::town::{self, OWNER, at};
use store::tables::{MAX_QUARANTINED, NewQuarantined, QuarantineFilter};
use store::{Actor, Store, StoreError};

fn frame(n: u32) -> NewQuarantined {
    NewQuarantined {
        at: at(i64::from(n)),
        peer: "10.0.0.7".into(),
        protocol: "sl651".into(),
        station: Some("00\u{0}12".into()),
        reason: "bad_crc".into(),
        detail: "computed 1a2b, found 1a2c".into(),
        raw: format!("\x7e\x7e\0frame {n}").into_bytes(),
    }
}

async fn dismiss(store: &Store, id: i64) -> Result<bool, StoreError> {
    let mut tx = store.tables.begin(Actor::Person(OWNER), at(9)).await?;
    let fresh = tx.quarantine_dismiss(id, OWNER).await?;
    tx.commit().await?;
    Ok(fresh)
}

pub(crate) async fn the_same_frame(place: Place) {
    let store = place.open().await;
    assert_eq!(store.tables.quarantine_add(frame(1)).await.unwrap(), 1);
    assert_eq!(store.tables.quarantine_add(frame(2)).await.unwrap(), 2);
    let again = NewQuarantined { at: at(5), ..frame(1) };
    assert_eq!(store.tables.quarantine_add(again).await.unwrap(), 1);
    let elsewhere = NewQuarantined { peer: "10.0.0.8".into(), ..frame(1) };
    assert_eq!(store.tables.quarantine_add(elsewhere).await.unwrap(), 3);
    let kept = store.tables.quarantined(1).await.unwrap().unwrap();
    assert_eq!((kept.times, kept.at, kept.raw), (2, at(5), frame(1).raw));
    assert_eq!(kept.station.as_deref(), Some("00\u{FFFD}12"));
    assert_eq!(store.tables.quarantine_count_open().await.unwrap(), 3);
    assert!(dismiss(&store, 1).await.unwrap());
    assert!(!dismiss(&store, 1).await.unwrap());
    assert!(matches!(dismiss(&store, 88).await, Err(StoreError::Missing { .. })));
    let open = QuarantineFilter { open: Some(true), ..QuarantineFilter::default() };
    let ids: Vec<_> = store.tables.quarantine(&open).await.unwrap().iter().map(|q| q.id).collect();
    assert_eq!(ids, [3, 2]);
    assert_eq!(store.tables.quarantined(1).await.unwrap().unwrap().dismissed_by, Some(OWNER));
    // Dismissed and come again: somebody has to look again.
    assert_eq!(store.tables.quarantine_add(frame(1)).await.unwrap(), 4);
    // Far too many bytes: the start is kept, and the rest is said to be missing.
    let huge = NewQuarantined { raw: vec![7; 70_000], ..frame(9) };
    let id = store.tables.quarantine_add(huge).await.unwrap();
    let kept = store.tables.quarantined(id).await.unwrap().unwrap();
    assert_eq!(kept.raw.len(), 65_536);
    assert!(kept.detail.ends_with("(4464 further bytes were not kept)"), "{}", kept.detail);
    store.close().await;
}

pub(crate) async fn bounded(place: Place) {
    place.open().await.close().await;
    place
        .sql(
            "INSERT INTO quarantine (id, at, peer, protocol, reason, detail, raw, sum, times, open)
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)
            SELECT i, i, 'p', 'sl651', 'bad_crc', '', '00', 'x', 1, CASE WHEN i = 5 THEN 0 ELSE 1 END FROM n",
        )
        .await;
    place.sql("UPDATE heads SET quarantine = 10000").await;
    let store = place.open().await;
    assert_eq!(MAX_QUARANTINED, 10_000);
    // The dismissed one makes room, once.
    assert_eq!(store.tables.quarantine_add(frame(1)).await.unwrap(), 10_001);
    assert!(store.tables.quarantined(5).await.unwrap().is_none());
    assert_eq!(store.tables.quarantine_add(frame(2)).await.unwrap(), 0);
    assert_eq!(store.tables.quarantine_add(frame(3)).await.unwrap(), 0);
    assert_eq!(store.tables.quarantine_overflow().await.unwrap(), 2);
    assert_eq!(store.tables.quarantine_count_open().await.unwrap(), 10_000);
    assert!(dismiss(&store, 7).await.unwrap());
    assert_eq!(store.tables.quarantine_add(frame(4)).await.unwrap(), 10_002);
    let _ = town::DESK;
    store.close().await;
}
