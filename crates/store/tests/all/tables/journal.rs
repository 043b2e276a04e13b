//! Journal, transactions, versions.

use crate::engines::Place;
use crate::town::{self, DESK, at};
use field::id::{AlarmId, JournalSeq};
use serde_json::json;
use store::{Actor, Options, SqlUrl, Store, StoreError, Subject};

pub(crate) async fn together_or_not_at_all(place: Place) {
    let store = place.open().await;
    let (_, rule) = town::found(&store.tables).await.unwrap();
    let before = store.tables.journal_head();
    let mut tx = store.tables.begin(DESK, at(1)).await.unwrap();
    tx.alarm_insert(town::alarm(rule.0, 1)).await.unwrap();
    tx.cursor_put("alarm", 42).await.unwrap();
    tx.station_put(&town::station(2)).await.unwrap();
    drop(tx);
    assert_eq!(store.tables.open_alarms().await.unwrap(), vec![]);
    assert_eq!(store.tables.cursor("alarm").await.unwrap(), 0);
    assert_eq!(store.tables.journal_head(), before);
    assert!(store.tables.registry().station(&town::code(2)).is_none());

    let mut watch = store.tables.journal_watch();
    watch.mark_unchanged();
    let mut tx = store.tables.begin(DESK, at(2)).await.unwrap();
    let raised = tx.alarm_insert(town::alarm(rule.0, 1)).await.unwrap();
    tx.cursor_put("alarm", 43).await.unwrap();
    let newest = tx.commit().await.unwrap();
    // The number that was given up is given again: nobody ever saw it.
    assert_eq!(
        (raised.now.id, raised.line.seq, newest),
        (AlarmId(1), JournalSeq(before.0 + 1), raised.line.seq)
    );
    assert!(watch.has_changed().unwrap());
    assert_eq!(store.tables.alarm(AlarmId(1)).await.unwrap(), Some(raised.now.clone()));
    store.close().await;

    let store = place.open().await;
    assert_eq!(store.tables.open_alarms().await.unwrap(), vec![raised.now]);
    assert_eq!(store.tables.cursor("alarm").await.unwrap(), 43);
    assert_eq!(store.tables.journal_head(), newest);
    assert_eq!(store.tables.journal_after(JournalSeq(newest.0 - 1), 10).await.unwrap(), vec![raised.line]);
    assert_eq!(store.tables.journal_verify().await.unwrap(), newest);
    store.close().await;
}

/// Raises `count` alarms of rules that are nobody else's, one transaction each.
async fn raise_many(store: Store, first_rule: i64, count: i64) -> Vec<(i64, i64)> {
    let mut given = vec![];
    for rule in first_rule..first_rule + count {
        let mut tx = store.tables.begin(DESK, at(1)).await.unwrap();
        let raised = tx.alarm_insert(town::alarm(rule, 1)).await.unwrap();
        if rule % 5 == 0 {
            drop(tx);
            continue;
        }
        tx.commit().await.unwrap();
        given.push((raised.line.seq.0, raised.now.id.0));
    }
    given
}

fn assert_without_gaps(mut given: Vec<(i64, i64)>) {
    given.sort_unstable();
    let expected: Vec<_> = (1..=given.len() as i64).map(|n| (n, n)).collect();
    assert_eq!(given, expected);
}

pub(crate) async fn many_writers(place: Place) {
    let store = place.open().await;
    let writers: Vec<_> = (0..6).map(|n| tokio::spawn(raise_many(store.clone(), n * 1000, 20))).collect();
    let mut given = vec![];
    for writer in writers {
        given.extend(writer.await.unwrap());
    }
    assert_without_gaps(given);
    assert_eq!(store.tables.journal_verify().await.unwrap(), JournalSeq(96));
    store.close().await;
}

/// Two stores, as two processes would have them, on one PostgreSQL.
pub(crate) async fn two_writers(url: &str) {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let options =
        |dir: &std::path::Path| Options { sql: SqlUrl::Postgres(url.to_owned()), ..Options::new(dir) };
    let one = Store::open(options(one.path())).await.unwrap();
    let two = Store::open(options(two.path())).await.unwrap();
    let writers = [
        tokio::spawn(raise_many(one.clone(), 0, 40)),
        tokio::spawn(raise_many(two.clone(), 1000, 40)),
        tokio::spawn(raise_many(one.clone(), 2000, 40)),
    ];
    let mut given = vec![];
    for writer in writers {
        given.extend(writer.await.unwrap());
    }
    assert_without_gaps(given);
    // A station registered through one is known to the other with its next transaction.
    let mut tx = one.tables.begin(DESK, at(1)).await.unwrap();
    tx.station_put(&town::station(9)).await.unwrap();
    tx.commit().await.unwrap();
    let tx = two.tables.begin(DESK, at(1)).await.unwrap();
    assert!(tx.registry().station(&town::code(9)).is_some());
    drop(tx);
    assert_eq!(two.tables.journal_head(), one.tables.journal_head());
    one.close().await;
    two.close().await;
}

async fn with_lines(place: &Place, count: i64) {
    let store = place.open().await;
    let mut tx = store.tables.begin(Actor::Nobody, at(0)).await.unwrap();
    for n in 0..count {
        tx.journal(Subject::System, "note", json!({ "v": 1, "n": n, "text": "雨 \u{0}\n" })).await.unwrap();
    }
    tx.commit().await.unwrap();
    assert_eq!(store.tables.journal_verify().await.unwrap(), JournalSeq(count));
    store.close().await;
}

async fn named_damage(place: &Place) -> String {
    let store = place.open().await;
    let error = store.tables.journal_verify().await.unwrap_err();
    store.close().await;
    match error {
        StoreError::Corrupt { where_, .. } => where_,
        other => panic!("{other}"),
    }
}

pub(crate) async fn a_changed_line_is_named(place: Place) {
    with_lines(&place, 100).await;
    place.sql("UPDATE journal SET actor = 'person:1' WHERE seq = 70").await;
    assert_eq!(named_damage(&place).await, "line 70");
    // Even when the forger mends the hash of the line itself, the next one tells.
    place.sql("UPDATE journal SET hash = '00' WHERE seq = 33").await;
    assert_eq!(named_damage(&place).await, "line 33");
}

pub(crate) async fn missing_lines_are_named(place: Place) {
    with_lines(&place, 50).await;
    place.sql("DELETE FROM journal WHERE seq = 50").await;
    assert_eq!(named_damage(&place).await, "line 50");
    place.sql("DELETE FROM journal WHERE seq = 20").await;
    assert_eq!(named_damage(&place).await, "line 20");
}

pub(crate) async fn a_failed_statement(place: Place) {
    let store = place.open().await;
    let mut tx = store.tables.begin(DESK, at(1)).await.unwrap();
    tx.alarm_insert(town::alarm(1, 1)).await.unwrap();
    // The rule has an alarm that is not closed.
    assert!(matches!(tx.alarm_insert(town::alarm(1, 1)).await, Err(StoreError::Sql { .. })));
    assert!(matches!(tx.commit().await, Err(StoreError::Invalid { .. })));
    assert_eq!(store.tables.open_alarms().await.unwrap(), vec![]);
    // The next transaction is not troubled by it.
    let mut tx = store.tables.begin(DESK, at(1)).await.unwrap();
    tx.alarm_insert(town::alarm(1, 1)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(store.tables.open_alarms().await.unwrap().len(), 1);
    store.close().await;
}

pub(crate) async fn reading(place: Place) {
    let store = place.open().await;
    let subjects = [Subject::Alarm(AlarmId(1)), Subject::System, Subject::Station(town::code(1))];
    let mut tx = store.tables.begin(Actor::Person(town::OWNER), at(3)).await.unwrap();
    for n in 0..9 {
        tx.journal(subjects[n % 3].clone(), "note", json!({ "v": 1, "n": n })).await.unwrap();
    }
    tx.commit().await.unwrap();
    let seqs = |lines: Vec<store::Line>| lines.iter().map(|l| l.seq.0).collect::<Vec<_>>();
    let tables = &store.tables;
    assert_eq!(seqs(tables.journal_after(JournalSeq(4), 3).await.unwrap()), [5, 6, 7]);
    assert_eq!(seqs(tables.journal_before(None, None, 2).await.unwrap()), [9, 8]);
    assert_eq!(
        seqs(tables.journal_before(Some(JournalSeq(8)), Some(&subjects[1]), 9).await.unwrap()),
        [5, 2]
    );
    let of_station = tables.journal_of(&subjects[2], 2).await.unwrap();
    assert_eq!(
        of_station.iter().map(|l| l.subject()).collect::<Vec<_>>(),
        vec![Some(subjects[2].clone()); 2]
    );
    assert_eq!((of_station[0].person(), of_station[0].at), (Some(town::OWNER), at(3)));
    assert_eq!(seqs(of_station), [3, 6]);
    assert_eq!(tables.journal_latest_at().await.unwrap(), Some(at(3)));
    store.close().await;
}

pub(crate) async fn newer_tables_are_refused(place: Place) {
    place.open().await.close().await;
    place.sql("UPDATE schema_version SET version = 999").await;
    let error = Store::open(place.options()).await.unwrap_err();
    assert!(matches!(error, StoreError::NewerVersion { found: 999, known: 2.., .. }), "{error}");
    assert!(error.to_string().contains("start a newer program"), "{error}");
}

pub(crate) async fn newer_documents_are_refused(place: Place) {
    let store = place.open().await;
    town::found(&store.tables).await.unwrap();
    store.close().await;
    place.sql("UPDATE stations SET body = '{\"v\":7,\"is\":{}}'").await;
    let error = Store::open(place.options()).await.unwrap_err();
    assert!(matches!(error, StoreError::NewerVersion { found: 7, known: 1, .. }), "{error}");
    place.sql("UPDATE stations SET body = '{\"v\":1,\"is\":{\"code\":5}}'").await;
    let error = Store::open(place.options()).await.unwrap_err();
    assert!(matches!(error, StoreError::Corrupt { .. }), "{error}");
}

pub(crate) async fn read_only(place: Place) {
    let options = Options { read_only: true, ..place.options() };
    assert!(Store::open(options.clone()).await.is_err(), "there is nothing to read yet");
    let store = place.open().await;
    town::found(&store.tables).await.unwrap();
    let reader = Store::open(options).await.unwrap();
    assert_eq!(reader.tables.registry().stations().len(), 1);
    assert!(matches!(reader.tables.begin(DESK, at(0)).await, Err(StoreError::Closed { .. })));
    assert!(matches!(reader.tables.account_set(town::OWNER, "x").await, Err(StoreError::Closed { .. })));
    reader.close().await;
    store.close().await;
}

pub(crate) async fn settings_stay(place: Place) {
    let store = place.open().await;
    let mut tx = store.tables.begin(Actor::Person(town::OWNER), at(0)).await.unwrap();
    tx.setting_put("escalation", &json!([3, 5, 10])).await.unwrap();
    tx.cursor_put("dispatch", 7).await.unwrap();
    tx.cursor_put("dispatch", 8).await.unwrap();
    tx.commit().await.unwrap();
    store.tables.setting_keep("key", &json!("one")).await.unwrap();
    store.tables.setting_keep("key", &json!({ "two": 2.5 })).await.unwrap();
    store.close().await;
    let store = place.open().await;
    assert_eq!(store.tables.setting("escalation").await.unwrap(), Some(json!([3, 5, 10])));
    assert_eq!(store.tables.setting("key").await.unwrap(), Some(json!({ "two": 2.5 })));
    assert_eq!(store.tables.setting("none").await.unwrap(), None);
    assert_eq!(store.tables.cursor("dispatch").await.unwrap(), 8);
    let lines = store.tables.journal_after(JournalSeq(0), 10).await.unwrap();
    assert_eq!(lines.iter().map(|l| l.act.as_str()).collect::<Vec<_>>(), ["set"]);
    store.close().await;
}
