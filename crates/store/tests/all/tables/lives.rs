//! Alarms and orders through their lives.

use crate::engines::Place;
use crate::town::{self, DESK, OWNER, at};
use field::alarm::{Alarm, AlarmAct, AlarmRefusal, AlarmState, Evidence};
use field::id::{AlarmId, OrderId, PersonId, RuleId};
use field::order::{Handling, Order, OrderAct, OrderRefusal, OrderState};
use field::sample::{Quality, Sample};
use field::severity::Severity;
use store::lives::{self, Acted};
use store::tables::{AlarmFilter, OrderFilter};
use store::{Actor, Refusal, Store, StoreError, Subject};

const DISPATCHER: PersonId = PersonId(1);

async fn raise(store: &Store, rule: i64, station: u32) -> Alarm {
    let mut tx = store.tables.begin(DESK, at(1)).await.unwrap();
    let raised = tx.alarm_insert(town::alarm(rule, station)).await.unwrap();
    tx.commit().await.unwrap();
    raised.now
}

async fn send(store: &Store, station: u32, alarms: &[AlarmId]) -> Order {
    let mut tx = store.tables.begin(Actor::Desk("dispatch"), at(2)).await.unwrap();
    let sent = tx.order_insert(town::order(station, alarms)).await.unwrap();
    tx.commit().await.unwrap();
    sent.now
}

async fn alarm_act(store: &Store, id: AlarmId, act: AlarmAct) -> Result<Acted<Alarm>, StoreError> {
    lives::alarm_act(&store.tables, id, act, DESK, at(3), None).await
}

async fn order_act(store: &Store, id: OrderId, act: OrderAct) -> Result<Acted<Order>, StoreError> {
    lives::order_act(&store.tables, id, act, Actor::Person(OWNER), at(4), None).await
}

async fn acts_of(store: &Store, subject: Subject) -> Vec<String> {
    let lines = store.tables.journal_of(&subject, 100).await.unwrap();
    lines.into_iter().map(|line| line.act).collect()
}

fn close(reason: Option<&str>) -> OrderAct {
    // Whoever asks cannot say that no alarm holds: the store looks itself.
    OrderAct::Close { by: DISPATCHER, alarm_active: false, reason: reason.map(str::to_owned) }
}

pub(crate) async fn alarms_are_listed(place: Place) {
    let store = place.open().await;
    for n in 1..=6 {
        raise(&store, n, (n % 2 + 1) as u32).await;
    }
    alarm_act(&store, AlarmId(2), AlarmAct::Acknowledge { by: OWNER }).await.unwrap();
    alarm_act(&store, AlarmId(2), AlarmAct::Return).await.unwrap();
    alarm_act(&store, AlarmId(2), AlarmAct::Close).await.unwrap();
    let ids = async |filter: AlarmFilter| {
        let alarms = store.tables.alarms(&filter).await.unwrap();
        alarms.iter().map(|a| a.id.0).collect::<Vec<_>>()
    };
    let all = AlarmFilter::default;
    assert_eq!(ids(all()).await, [6, 5, 4, 3, 2, 1]);
    assert_eq!(ids(AlarmFilter { open: Some(true), ..all() }).await, [6, 5, 4, 3, 1]);
    assert_eq!(ids(AlarmFilter { open: Some(false), ..all() }).await, [2]);
    assert_eq!(ids(AlarmFilter { station: Some(town::code(1)), limit: 2, ..all() }).await, [6, 4]);
    assert_eq!(ids(AlarmFilter { rule: Some(RuleId(3)), ..all() }).await, [3]);
    assert_eq!(ids(AlarmFilter { severity: Some(Severity::Red), ..all() }).await, [0i64; 0]);
    assert_eq!(ids(AlarmFilter { before_id: Some(AlarmId(3)), ..all() }).await, [2, 1]);
    assert_eq!(ids(AlarmFilter { since: Some(at(2)), ..all() }).await, [0i64; 0]);
    let by_id = store.tables.alarms_by_id(&[AlarmId(5), AlarmId(1), AlarmId(99)]).await.unwrap();
    assert_eq!(by_id.iter().map(|a| a.id.0).collect::<Vec<_>>(), [1, 5]);
    assert_eq!(store.tables.alarms_by_id(&[]).await.unwrap(), vec![]);
    let mut tx = store.tables.begin(DESK, at(9)).await.unwrap();
    assert_eq!(tx.open_alarm_of(RuleId(2)).await.unwrap(), None);
    assert_eq!(tx.open_alarm_of(RuleId(3)).await.unwrap().map(|a| a.id), Some(AlarmId(3)));
    // A closed alarm does not keep its rule from raising the next one.
    assert_eq!(tx.alarm_insert(town::alarm(2, 1)).await.unwrap().now.id, AlarmId(7));
    drop(tx);
    store.close().await;
}

pub(crate) async fn evidence_in_the_journal(place: Place) {
    let store = place.open().await;
    let sample = Sample { at: at(1), value: Some(0.43), quality: Quality::Good };
    let evidence = Evidence { value: 0.43, threshold: 0.4, samples: vec![sample; 20] };
    let mut tx = store.tables.begin(DESK, at(5)).await.unwrap();
    let new = store::tables::NewAlarm { evidence: evidence.clone(), ..town::alarm(1, 1) };
    let raised = tx.alarm_insert(new).await.unwrap();
    tx.commit().await.unwrap();
    // Judged at minute 1, written at minute 5.
    assert_eq!((raised.now.raised_at, raised.line.at), (at(1), at(5)));
    let judge = AlarmAct::Judge { severity: Severity::Red, evidence };
    let judged = alarm_act(&store, AlarmId(1), judge).await.unwrap();
    let taken = alarm_act(&store, AlarmId(1), AlarmAct::Acknowledge { by: OWNER }).await.unwrap();
    let samples = |line: &store::Line| line.body["alarm"]["evidence"]["samples"].as_array().unwrap().len();
    assert_eq!([samples(&raised.line), samples(&judged.line), samples(&taken.line)], [20, 20, 0]);
    assert_eq!(taken.line.body["act"]["by"], OWNER.0);
    // The row keeps them.
    assert_eq!(store.tables.alarm(AlarmId(1)).await.unwrap().unwrap().evidence.samples.len(), 20);
    // What the line holds can be read as what it is.
    let alarm: Alarm = serde_json::from_value(judged.line.body["alarm"].clone()).unwrap();
    assert_eq!(alarm, judged.now);
    store.close().await;
}

pub(crate) async fn accepting_acknowledges(place: Place) {
    let store = place.open().await;
    let (one, two) = (raise(&store, 1, 1).await, raise(&store, 2, 1).await);
    alarm_act(&store, two.id, AlarmAct::Acknowledge { by: DISPATCHER }).await.unwrap();
    let order = send(&store, 1, &[one.id, two.id]).await;
    let accepted = order_act(&store, order.id, OrderAct::Accept { by: OWNER }).await.unwrap();
    assert_eq!((accepted.now.state, accepted.line.act.as_str()), (OrderState::Accepted, "accept"));
    let taken_by = async |id| store.tables.alarm(id).await.unwrap().unwrap().acknowledged.unwrap().0;
    assert_eq!(taken_by(one.id).await, OWNER);
    assert_eq!(taken_by(two.id).await, DISPATCHER);
    assert_eq!(acts_of(&store, Subject::Alarm(one.id)).await, ["raise", "acknowledge"]);
    assert_eq!(store.tables.order(order.id).await.unwrap(), Some(accepted.now));
    store.close().await;
}

pub(crate) async fn closing_looks_itself(place: Place) {
    let store = place.open().await;
    let (wet, dry) = (raise(&store, 1, 1).await, raise(&store, 2, 1).await);
    let order = send(&store, 1, &[wet.id, dry.id]).await;
    for act in [
        OrderAct::Accept { by: OWNER },
        OrderAct::Depart { by: OWNER },
        OrderAct::Arrive { by: OWNER, position: None },
        OrderAct::Handle { by: OWNER, handling: Handling { text: "格栅已清".into(), photos: vec![] } },
    ] {
        order_act(&store, order.id, act).await.unwrap();
    }
    alarm_act(&store, dry.id, AlarmAct::Return).await.unwrap();
    let refused = order_act(&store, order.id, close(None)).await.unwrap_err();
    assert!(matches!(refused, StoreError::Refused(Refusal::Order(OrderRefusal::ReasonNeeded))), "{refused}");
    let closed = order_act(&store, order.id, close(Some("barrier set up"))).await.unwrap();
    assert_eq!(closed.now.state, OrderState::Closed);
    assert_eq!(closed.line.body["act"]["alarm_active"], true);
    let state = async |id| store.tables.alarm(id).await.unwrap().unwrap().state;
    assert_eq!(state(dry.id).await, AlarmState::Closed);
    assert_eq!(state(wet.id).await, AlarmState::Acknowledged);
    assert_eq!(store.tables.open_orders().await.unwrap(), vec![]);
    store.close().await;
}

pub(crate) async fn a_refused_act(place: Place) {
    let store = place.open().await;
    let alarm = raise(&store, 1, 1).await;
    let order = send(&store, 1, &[alarm.id]).await;
    let head = store.tables.journal_head();
    let refused = alarm_act(&store, alarm.id, AlarmAct::Close).await.unwrap_err();
    assert!(matches!(refused, StoreError::Refused(Refusal::Alarm(AlarmRefusal::StillActive))), "{refused}");
    let refused = order_act(&store, order.id, OrderAct::Depart { by: OWNER }).await.unwrap_err();
    assert!(matches!(refused, StoreError::Refused(Refusal::Order(OrderRefusal::OutOfTurn))), "{refused}");
    let missing = alarm_act(&store, AlarmId(99), AlarmAct::Close).await.unwrap_err();
    assert!(matches!(missing, StoreError::Missing { what: "alarm", .. }), "{missing}");
    assert_eq!(store.tables.journal_head(), head);
    assert_eq!(store.tables.alarm(alarm.id).await.unwrap(), Some(alarm));
    assert_eq!(store.tables.order(order.id).await.unwrap(), Some(order));
    store.close().await;
}

pub(crate) async fn the_same_key_acts_once(place: Place) {
    let store = place.open().await;
    let alarm = raise(&store, 1, 1).await;
    let order = send(&store, 1, &[alarm.id]).await;
    let accept = async |key: &str, person| {
        let (act, idem) = (OrderAct::Accept { by: OWNER }, Some((key.to_owned(), person)));
        lives::order_act(&store.tables, order.id, act, Actor::Person(person), at(5), idem).await
    };
    // Ten times at once, as a phone in the rain does.
    let mut answers = vec![];
    for asked in (0..10).map(|_| accept("k1", OWNER)).collect::<Vec<_>>() {
        answers.push(asked.await.unwrap());
    }
    assert!(answers.iter().all(|a| *a == answers[0]));
    assert_eq!(acts_of(&store, Subject::Order(order.id)).await, ["send", "accept"]);
    // Another person's key is another key, and then the order's life decides.
    assert!(matches!(accept("k1", DISPATCHER).await, Err(StoreError::Refused(_))));
    // The same key for another act is a mistake and not an answer.
    let idem = Some(("k1".to_owned(), OWNER));
    let depart = OrderAct::Depart { by: OWNER };
    let reused = lives::order_act(&store.tables, order.id, depart, Actor::Person(OWNER), at(6), idem).await;
    assert!(matches!(reused, Err(StoreError::Invalid { .. })), "{reused:?}");
    store.close().await;
    let store = place.open().await;
    let said = store.tables.idempotent("k1", OWNER).await.unwrap().unwrap();
    assert_eq!(said["line"]["seq"], answers[0].line.seq.0);
    store.close().await;
}

pub(crate) async fn joining(place: Place) {
    let store = place.open().await;
    let (one, two) = (raise(&store, 1, 1).await, raise(&store, 2, 1).await);
    let order = send(&store, 1, &[one.id]).await;
    let mut tx = store.tables.begin(DESK, at(3)).await.unwrap();
    assert_eq!(tx.open_order_at(&town::code(1)).await.unwrap().map(|o| o.id), Some(order.id));
    assert_eq!(tx.open_order_at(&town::code(2)).await.unwrap(), None);
    assert!(tx.order_insert(town::order(1, &[two.id])).await.is_err(), "one open order a station");
    drop(tx);
    let join = OrderAct::Join { alarm: two.id, severity: Severity::Red };
    order_act(&store, order.id, join).await.unwrap();
    let found = store.tables.order_of_alarm(two.id).await.unwrap().unwrap();
    assert_eq!((found.id, found.severity), (order.id, Severity::Red));
    assert_eq!(store.tables.order_of_alarm(AlarmId(9)).await.unwrap(), None);
    let mine = OrderFilter { assignee: Some(OWNER), open: Some(true), ..OrderFilter::default() };
    assert_eq!(store.tables.orders(&mine).await.unwrap(), vec![found]);
    let theirs = OrderFilter { assignee: Some(DISPATCHER), ..OrderFilter::default() };
    assert_eq!(store.tables.orders(&theirs).await.unwrap(), vec![]);
    store.close().await;
}
