//! Tables and journal.
use crate::town::{self, at};
use store::{Options, Store};

#[tokio::test]
async fn smoke() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(Options::new(dir.path())).await.unwrap();
    let (point, rule) = town::found(&store.tables).await.unwrap();
    let mut tx = store.tables.begin(town::DESK, at(1)).await.unwrap();
    let a = tx.alarm_insert(town::alarm(rule.0, 1)).await.unwrap();
    tx.commit().await.unwrap();
    println!("{:?} {:?}", point, a);
    assert_eq!(store.tables.open_alarms().await.unwrap(), vec![a.now]);
    println!("{:?}", store.tables.journal_verify().await.unwrap());
    let t = std::time::Instant::now();
    for n in 0..200 {
        let mut tx = store.tables.begin(town::DESK, at(1)).await.unwrap();
        tx.alarm_insert(town::alarm(100 + n, 1)).await.unwrap();
        tx.commit().await.unwrap();
    }
    println!("{:?} per tx", t.elapsed() / 200);
    let t = std::time::Instant::now();
    let mut tx = store.tables.begin(town::DESK, at(1)).await.unwrap();
    for n in 0..2000 {
        tx.alarm_insert(town::alarm(1000 + n, 1)).await.unwrap();
    }
    tx.commit().await.unwrap();
    println!("{:?} per alarm in one", t.elapsed() / 2000);
    store.close().await;
}
