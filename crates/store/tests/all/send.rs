//! Every future of the store may travel between threads: servers need that.

use crate::town::{self, at};
use field::alarm::AlarmAct;
use field::id::{AlarmId, MessageId, OrderId, PersonId};
use field::order::OrderAct;
use field::person::ChannelKind;
use store::tables::{NewMessage, NewQuarantined};
use store::{Actor, Options, Store, StoreError, Tables, lives};

fn sendable<T: Send>(future: T) {
    drop(future);
}

/// Only compiled: that it compiles is the finding.
async fn everything_in_a_transaction(tables: Tables) -> Result<(), StoreError> {
    let mut tx = tables.begin(Actor::Nobody, at(0)).await?;
    tx.alarm_insert(town::alarm(1, 1)).await?;
    tx.order_insert(town::order(1, &[])).await?;
    tx.message_read(MessageId(1)).await?;
    tx.message_insert(NewMessage {
        key: "k".into(),
        person: PersonId(1),
        severity: field::severity::Severity::Red,
        alarm: None,
        order: None,
        template: "test".into(),
        params: serde_json::Value::Null,
        deliver: vec![(ChannelKind::Sms, at(0))],
    })
    .await?;
    tx.station_put(&town::station(1)).await?;
    tx.setting_put("a", &serde_json::Value::Null).await?;
    lives::alarm_act_in(&mut tx, AlarmId(1), &AlarmAct::Return).await?;
    lives::order_act_in(&mut tx, OrderId(1), OrderAct::Accept { by: PersonId(1) }).await?;
    tx.commit().await?;
    tables.due_deliveries(ChannelKind::Sms, at(0), 1).await?;
    tables.journal_verify().await?;
    Ok(())
}

#[tokio::test]
async fn every_future_may_travel_between_threads() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(Options::new(dir.path())).await.unwrap();
    let tables = store.tables.clone();
    let accept = OrderAct::Accept { by: PersonId(1) };
    sendable(everything_in_a_transaction(tables.clone()));
    sendable(lives::order_act(&tables, OrderId(1), accept, Actor::Nobody, at(0), None));
    sendable(lives::alarm_act(&tables, AlarmId(1), AlarmAct::Return, Actor::Nobody, at(0), None));
    sendable(tables.quarantine_add(NewQuarantined {
        at: at(0),
        peer: String::new(),
        protocol: String::new(),
        station: None,
        reason: String::new(),
        detail: String::new(),
        raw: vec![],
    }));
    sendable(store.samples.packets_after(field::id::PacketSeq(0), 1));
    sendable(Store::open(Options::new(dir.path())));
    store.close().await;
}
