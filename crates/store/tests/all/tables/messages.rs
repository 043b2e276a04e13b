//! Messages, deliveries, the ledger.

use crate::engines::Place;
use crate::town::{OWNER, at};
use field::id::{AlarmId, MessageId, PersonId};
use field::message::{Delivery, DeliveryState};
use field::person::ChannelKind;
use field::severity::Severity;
use field::time::Time;
use serde_json::json;
use store::tables::{Attempt, MessageFilter, NewMessage, Outcome, PersonCounts};
use store::{Actor, Store, StoreError, Subject};

const DESK: Actor = Actor::Desk("dispatch");

fn new(key: &str, severity: Severity, deliver: &[(ChannelKind, Time)]) -> NewMessage {
    NewMessage {
        key: key.into(),
        person: OWNER,
        severity,
        alarm: Some(AlarmId(3)),
        order: None,
        template: "alarm_raised".into(),
        params: json!({ "station": "城中路" }),
        deliver: deliver.to_vec(),
    }
}

async fn ask(store: &Store, at: Time, new: NewMessage) -> Option<MessageId> {
    let mut tx = store.tables.begin(DESK, at).await.unwrap();
    let asked = tx.message_insert(new).await.unwrap();
    tx.commit().await.unwrap();
    asked.map(|m| m.id)
}

/// One try: row, ledger and journal in one transaction.
async fn attempt(store: &Store, delivery: &Delivery, state: DeliveryState, outcome: Outcome) {
    let mut tx = store.tables.begin(DESK, at(9)).await.unwrap();
    let next = Delivery { state, attempts: delivery.attempts + 1, changed_at: at(9), ..delivery.clone() };
    tx.delivery_put(&next).await.unwrap();
    let detail = "errcode 45009: too \u{0} fast".to_owned();
    let attempt =
        Attempt { message: delivery.message, channel: delivery.channel, at: at(9), outcome, detail };
    tx.attempt_add(&attempt).await.unwrap();
    tx.commit().await.unwrap();
}

pub(crate) async fn asked_once(place: Place) {
    let store = place.open().await;
    let deliver = [(ChannelKind::WecomApp, at(1)), (ChannelKind::Sms, at(4))];
    let first = ask(&store, at(1), new("alarm:3:orange:0", Severity::Orange, &deliver)).await;
    assert_eq!(first, Some(MessageId(1)));
    assert_eq!(ask(&store, at(2), new("alarm:3:orange:0", Severity::Red, &deliver)).await, None);
    assert_eq!(ask(&store, at(2), new("alarm:3:red:0", Severity::Red, &[])).await, Some(MessageId(2)));
    let message = store.tables.message(MessageId(1)).await.unwrap().unwrap();
    assert_eq!((message.severity, message.created_at, message.read_at), (Severity::Orange, at(1), None));
    let deliveries = store.tables.deliveries_of(&[MessageId(1), MessageId(2)]).await.unwrap();
    assert_eq!(
        deliveries.iter().map(|d| d.channel).collect::<Vec<_>>(),
        [ChannelKind::Sms, ChannelKind::WecomApp]
    );
    let of_alarm = MessageFilter { alarm: Some(AlarmId(3)), ..MessageFilter::default() };
    let listed = store.tables.messages(&of_alarm).await.unwrap();
    assert_eq!(listed.iter().map(|m| m.id.0).collect::<Vec<_>>(), [2, 1]);
    let other = MessageFilter { person: Some(PersonId(99)), ..MessageFilter::default() };
    assert_eq!(store.tables.messages(&other).await.unwrap(), vec![]);
    store.close().await;
}

pub(crate) async fn urgent_first(place: Place) {
    let store = place.open().await;
    let sms = |minute| [(ChannelKind::Sms, at(minute))];
    ask(&store, at(1), new("a", Severity::Blue, &sms(1))).await;
    ask(&store, at(3), new("b", Severity::Red, &sms(3))).await;
    ask(&store, at(2), new("c", Severity::Red, &sms(2))).await;
    ask(&store, at(2), new("d", Severity::Red, &sms(60))).await;
    ask(&store, at(2), new("e", Severity::Orange, &[(ChannelKind::Email, at(2))])).await;
    let due = async |channel, now, limit| {
        let due = store.tables.due_deliveries(channel, now, limit).await.unwrap();
        due.into_iter().map(|(message, _)| message.key).collect::<Vec<_>>()
    };
    assert_eq!(due(ChannelKind::Sms, at(10), 10).await, ["c", "b", "a"]);
    assert_eq!(due(ChannelKind::Sms, at(60), 2).await, ["c", "d"]);
    assert_eq!(due(ChannelKind::Sms, at(0), 10).await, [""; 0]);
    assert_eq!(due(ChannelKind::Email, at(10), 10).await, ["e"]);
    assert_eq!(store.tables.next_due(ChannelKind::Sms).await.unwrap(), Some(at(1)));
    assert_eq!(store.tables.next_due(ChannelKind::WebPush).await.unwrap(), None);
    store.close().await;
}

pub(crate) async fn the_ledger(place: Place) {
    let store = place.open().await;
    let id = ask(&store, at(1), new("a", Severity::Red, &[(ChannelKind::Sms, at(1))])).await.unwrap();
    let (_, delivery) = store.tables.due_deliveries(ChannelKind::Sms, at(1), 1).await.unwrap().remove(0);
    attempt(&store, &delivery, DeliveryState::Handing, Outcome::Handed).await;
    assert_eq!(store.tables.due_deliveries(ChannelKind::Sms, at(99), 9).await.unwrap().len(), 0);
    store.close().await;
    // After a crash what was handed over, with no answer, is found.
    let store = place.open().await;
    let handing = store.tables.handing_deliveries().await.unwrap();
    assert_eq!(handing.iter().map(|(m, d)| (m.id, d.attempts)).collect::<Vec<_>>(), [(id, 1)]);
    let merged =
        Delivery { merged_into: Some(id), receipt: Some("gw-\u{0}-7".into()), ..handing[0].1.clone() };
    attempt(&store, &merged, DeliveryState::Sent, Outcome::Sent).await;
    let now = store.tables.deliveries_of(&[id]).await.unwrap().remove(0);
    assert_eq!((now.state, now.attempts, now.merged_into), (DeliveryState::Sent, 2, Some(id)));
    assert_eq!(now.receipt.as_deref(), Some("gw-\u{FFFD}-7"));
    let tries = store.tables.attempts_of(id).await.unwrap();
    assert_eq!(tries.iter().map(|t| t.outcome).collect::<Vec<_>>(), [Outcome::Handed, Outcome::Sent]);
    let lines = store.tables.journal_of(&Subject::Message(id), 10).await.unwrap();
    assert_eq!(lines.iter().map(|l| l.act.as_str()).collect::<Vec<_>>(), ["message", "handed", "sent"]);
    assert_eq!(lines[2].body["attempt"]["channel"], "sms");
    let mut tx = store.tables.begin(DESK, at(1)).await.unwrap();
    let nobody = Delivery { message: MessageId(77), ..now };
    assert!(matches!(tx.delivery_put(&nobody).await, Err(StoreError::Missing { .. })));
    drop(tx);
    store.tables.journal_verify().await.unwrap();
    store.close().await;
}

pub(crate) async fn counts(place: Place) {
    let store = place.open().await;
    let both = [(ChannelKind::Sms, at(1)), (ChannelKind::Email, at(1))];
    for key in ["sent", "delivered", "failed", "half"] {
        ask(&store, at(1), new(key, Severity::Red, &both)).await;
    }
    ask(&store, at(1), NewMessage { person: PersonId(8), ..new("none", Severity::Red, &[]) }).await;
    let find = async |id, channel| {
        let deliveries = store.tables.deliveries_of(&[MessageId(id)]).await.unwrap();
        deliveries.into_iter().find(|d| d.channel == channel).unwrap()
    };
    let (sms, email) = (ChannelKind::Sms, ChannelKind::Email);
    attempt(&store, &find(1, sms).await, DeliveryState::Sent, Outcome::Sent).await;
    attempt(&store, &find(2, email).await, DeliveryState::Delivered, Outcome::Delivered).await;
    attempt(&store, &find(3, sms).await, DeliveryState::GivenUp, Outcome::GivenUp).await;
    attempt(&store, &find(3, email).await, DeliveryState::GivenUp, Outcome::GivenUp).await;
    attempt(&store, &find(4, sms).await, DeliveryState::GivenUp, Outcome::GivenUp).await;
    let mut tx = store.tables.begin(Actor::Person(OWNER), at(20)).await.unwrap();
    assert!(tx.message_read(MessageId(1)).await.unwrap());
    assert!(!tx.message_read(MessageId(1)).await.unwrap());
    assert!(!tx.message_read(MessageId(99)).await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!(store.tables.message(MessageId(1)).await.unwrap().unwrap().read_at, Some(at(20)));
    let owner = PersonCounts { asked: 4, sent: 2, delivered: 1, read: 1, failed: 1 };
    let other = PersonCounts { asked: 1, ..PersonCounts::default() };
    let counts = store.tables.message_counts_by_person().await.unwrap();
    assert_eq!(counts, [(OWNER, owner), (PersonId(8), other)]);
    let waiting = store.tables.delivery_counts().await.unwrap();
    let waiting: i64 = waiting.iter().filter(|c| c.state == DeliveryState::Waiting).map(|c| c.count).sum();
    assert_eq!(waiting, 3);
    store.close().await;
}
