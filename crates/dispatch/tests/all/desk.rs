//! Who is asked to do what, and what happens when they do not answer.

use crate::town::{DISPATCHERS, SUPERVISOR, Town, a, b};
use field::alarm::{AlarmAct, AlarmState, Shelf};
use field::message::DeliveryState;
use field::order::{OrderAct, OrderState};
use field::person::ChannelKind;
use field::severity::Severity;
use field::time::{MINUTE_MS, SECOND_MS};

const CHANNELS: [ChannelKind; 3] = [ChannelKind::WecomApp, ChannelKind::Sms, ChannelKind::Email];

async fn town() -> Town {
    Town::new(3, &CHANNELS).await
}

#[tokio::test]
async fn an_alarm_becomes_an_order_and_a_message_to_the_person_on_duty_on_two_channels() {
    let town = town().await;
    let mut dispatch = town.dispatch().await;
    let alarm = town.raise(1, Severity::Orange).await;
    dispatch.tick().await.unwrap();
    let orders = town.orders().await;
    assert_eq!(orders.len(), 1);
    assert_eq!((orders[0].assignee, orders[0].alarms.as_slice()), (a(1), [alarm].as_slice()));
    let messages = town.messages_to(a(1)).await;
    assert_eq!(messages.len(), 1);
    assert_eq!(messages[0].template, "alarm_raised");
    let deliveries = town.deliveries(&messages[0]).await;
    let mut sent: Vec<_> = deliveries.iter().map(|d| (d.channel, d.state)).collect();
    sent.sort_unstable_by_key(|s| s.0);
    assert_eq!(sent, [(ChannelKind::WecomApp, DeliveryState::Sent), (ChannelKind::Sms, DeliveryState::Sent)]);
    let text = town.servers.got("wecom_app").remove(0).text;
    assert_eq!(
        text,
        format!(
            "【演示】【橙色】稠城街道·江滨路下穿1 积水 0.42 m,超橙色 0.40 m,仍在上涨(+0.06 m/10 min)。\
             请接单 0630-001:https://w.example/phone/orders/1 编号 M{}",
            messages[0].id
        )
    );
}

#[tokio::test]
async fn nobody_accepts_so_it_goes_to_the_neighbour_the_supervisor_and_the_dispatchers() {
    let town = town().await;
    let mut dispatch = town.dispatch().await;
    town.raise(0, Severity::Red).await;
    dispatch.tick().await.unwrap();
    let level = async || town.orders().await[0].escalation;
    for (minute, expected) in [(2, 0), (3, 1), (4, 1), (5, 2), (9, 2), (10, 3), (60, 3)] {
        let ahead = crate::town::start().plus_ms(minute * MINUTE_MS).since_ms(town.now());
        town.clock.advance_ms(ahead);
        dispatch.tick().await.unwrap();
        assert_eq!(level().await, expected, "after {minute} minutes");
    }
    for person in [b(0), SUPERVISOR, DISPATCHERS[0], DISPATCHERS[1]] {
        let messages = town.messages_to(person).await;
        assert_eq!(messages.len(), 1, "{person}");
        assert_eq!(messages[0].template, "order_escalated");
    }
    assert_eq!(town.acts("escalate").await, 3);
    let waited: Vec<i64> =
        town.messages_to(SUPERVISOR).await.iter().map(|m| m.params["waited_min"].as_i64().unwrap()).collect();
    assert_eq!(waited, [5]);
}

#[tokio::test]
async fn an_accepted_order_is_not_escalated() {
    let town = town().await;
    let mut dispatch = town.dispatch().await;
    town.raise(0, Severity::Red).await;
    dispatch.tick().await.unwrap();
    let order = town.orders().await.remove(0);
    town.clock.advance_ms(2 * MINUTE_MS);
    town.order_act(&order, OrderAct::Accept { by: a(0) }).await;
    for _ in 0..12 {
        town.clock.advance_ms(MINUTE_MS);
        dispatch.tick().await.unwrap();
    }
    assert_eq!(town.orders().await[0].escalation, 0);
    assert!(town.messages_to(b(0)).await.is_empty());
}

#[tokio::test]
async fn a_desk_that_was_away_escalates_as_if_it_had_been_there() {
    let town = town().await;
    let mut dispatch = town.dispatch().await;
    town.raise(0, Severity::Red).await;
    dispatch.tick().await.unwrap();
    drop(dispatch);
    town.clock.advance_ms(6 * MINUTE_MS);
    let mut dispatch = town.dispatch().await;
    dispatch.tick().await.unwrap();
    assert_eq!(town.orders().await[0].escalation, 2);
    assert_eq!(town.messages_to(b(0)).await.len(), 1);
    assert_eq!(town.messages_to(SUPERVISOR).await.len(), 1);
    drop(dispatch);
    let mut dispatch = town.dispatch().await;
    dispatch.tick().await.unwrap();
    assert_eq!(town.messages_to(SUPERVISOR).await.len(), 1, "once only");
}

#[tokio::test]
async fn after_a_reassignment_the_new_person_is_told_and_the_time_starts_anew() {
    let town = town().await;
    let mut dispatch = town.dispatch().await;
    town.raise(0, Severity::Orange).await;
    dispatch.tick().await.unwrap();
    town.clock.advance_ms(4 * MINUTE_MS);
    dispatch.tick().await.unwrap();
    let order = town.orders().await.remove(0);
    assert_eq!(order.escalation, 1);
    let act = OrderAct::Reassign { by: DISPATCHERS[0], to: b(1), reason: "路断了".into() };
    town.order_act(&order, act).await;
    dispatch.tick().await.unwrap();
    let told = town.messages_to(b(1)).await;
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].template, "order_reassigned");
    assert!(town.servers.got("wecom_app").iter().any(|g| g.text.contains("改派原因:路断了")));
    town.clock.advance_ms(2 * MINUTE_MS);
    dispatch.tick().await.unwrap();
    assert_eq!(town.orders().await[0].escalation, 0);
    town.clock.advance_ms(MINUTE_MS);
    dispatch.tick().await.unwrap();
    assert_eq!(town.orders().await[0].escalation, 1);
    assert_eq!(town.messages_to(a(0)).await.len(), 2, "asked first, then called as the chain's A");
}

#[tokio::test]
async fn worse_is_told_to_whoever_is_at_work_and_milder_to_nobody() {
    let town = town().await;
    let mut dispatch = town.dispatch().await;
    let alarm = town.raise(0, Severity::Yellow).await;
    dispatch.tick().await.unwrap();
    let order = town.orders().await.remove(0);
    town.order_act(&order, OrderAct::Accept { by: a(0) }).await;
    town.judge(alarm, Severity::Red).await;
    dispatch.tick().await.unwrap();
    town.judge(alarm, Severity::Orange).await;
    dispatch.tick().await.unwrap();
    let orders = town.orders().await;
    assert_eq!((orders.len(), orders[0].severity, orders[0].state), (1, Severity::Red, OrderState::Accepted));
    let templates: Vec<String> = town.messages_to(a(0)).await.into_iter().map(|m| m.template).collect();
    assert_eq!(templates, ["alarm_raised", "alarm_worse"]);
}

#[tokio::test]
async fn an_alarm_that_comes_back_while_the_order_is_open_calls_again() {
    let town = town().await;
    let mut dispatch = town.dispatch().await;
    let alarm = town.raise(0, Severity::Orange).await;
    dispatch.tick().await.unwrap();
    let order = town.orders().await.remove(0);
    town.order_act(&order, OrderAct::Accept { by: a(0) }).await;
    town.alarm_act(alarm, AlarmAct::Return).await;
    dispatch.tick().await.unwrap();
    town.judge(alarm, Severity::Orange).await;
    dispatch.tick().await.unwrap();
    let templates: Vec<String> = town.messages_to(a(0)).await.into_iter().map(|m| m.template).collect();
    assert_eq!(templates, ["alarm_raised", "alarm_again"]);
    assert_eq!(town.orders().await.len(), 1);
}

#[tokio::test]
async fn a_shelved_alarm_calls_nobody_until_it_is_off_the_shelf() {
    let town = town().await;
    let mut dispatch = town.dispatch().await;
    let alarm = town.raise(0, Severity::Orange).await;
    let shelf =
        Shelf {
            by: DISPATCHERS[0], reason: "清洗探头".into(), until: town.now().plus_ms(60 * MINUTE_MS)
        };
    town.alarm_act(alarm, AlarmAct::Shelve(shelf)).await;
    dispatch.tick().await.unwrap();
    assert!(town.orders().await.is_empty());
    town.judge(alarm, Severity::Red).await;
    dispatch.tick().await.unwrap();
    assert!(town.orders().await.is_empty());
    town.alarm_act(alarm, AlarmAct::Unshelve).await;
    dispatch.tick().await.unwrap();
    assert_eq!(town.orders().await.len(), 1);
    assert_eq!(town.messages_to(a(0)).await.len(), 1);
}

#[tokio::test]
async fn an_alarm_returned_and_taken_is_closed_once_no_open_order_holds_it() {
    let town = town().await;
    let mut dispatch = town.dispatch().await;
    let alarm = town.raise(0, Severity::Orange).await;
    dispatch.tick().await.unwrap();
    let order = town.orders().await.remove(0);
    let order = town.order_act(&order, OrderAct::Accept { by: a(0) }).await;
    let act = OrderAct::Close { by: DISPATCHERS[0], alarm_active: true, reason: Some("无需处置".into()) };
    town.order_act(&order, act).await;
    dispatch.tick().await.unwrap();
    let now = async || town.store.tables.alarm(alarm).await.unwrap().unwrap().state;
    assert_eq!(now().await, AlarmState::Acknowledged, "the water still stands");
    town.alarm_act(alarm, AlarmAct::Return).await;
    dispatch.tick().await.unwrap();
    assert_eq!(now().await, AlarmState::Closed);

    let second = town.raise(1, Severity::Orange).await;
    dispatch.tick().await.unwrap();
    town.order_act(&town.orders().await[0], OrderAct::Accept { by: a(1) }).await;
    town.alarm_act(second, AlarmAct::Return).await;
    dispatch.tick().await.unwrap();
    let state = town.store.tables.alarm(second).await.unwrap().unwrap().state;
    assert_eq!(state, AlarmState::Returned, "its order is still open");
}

#[tokio::test]
async fn an_unread_message_takes_one_more_channel_every_ninety_seconds() {
    let town = town().await;
    let mut dispatch = town.dispatch().await;
    town.raise(0, Severity::Orange).await;
    dispatch.tick().await.unwrap();
    let channels = async || {
        let message = town.messages_to(a(0)).await.remove(0);
        town.deliveries(&message).await.len()
    };
    assert_eq!(channels().await, 2);
    town.clock.advance_ms(89 * SECOND_MS);
    dispatch.tick().await.unwrap();
    assert_eq!(channels().await, 2);
    town.clock.advance_ms(SECOND_MS);
    dispatch.tick().await.unwrap();
    assert_eq!(channels().await, 3);
    assert_eq!(town.servers.got("email").len(), 1);

    // Read on the phone: no further channel.
    let message = town.messages_to(a(0)).await.remove(0);
    let mut tx = town.store.tables.begin(store::Actor::Person(a(0)), town.now()).await.unwrap();
    tx.message_read(message.id).await.unwrap();
    tx.commit().await.unwrap();
    town.clock.advance_ms(90 * SECOND_MS);
    dispatch.tick().await.unwrap();
    assert_eq!(channels().await, 3);
}

#[tokio::test]
async fn a_second_point_of_the_station_joins_and_another_station_gets_its_own_order() {
    let town = town().await;
    let mut dispatch = town.dispatch().await;
    town.raise(0, Severity::Yellow).await;
    town.raise(1, Severity::Yellow).await;
    dispatch.tick().await.unwrap();
    assert_eq!(town.orders().await.len(), 2);
    assert_eq!(town.acts("send").await, 2);
}

#[tokio::test]
async fn the_journal_read_twice_does_nothing_twice() {
    let town = town().await;
    let mut dispatch = town.dispatch().await;
    town.raise(0, Severity::Yellow).await;
    dispatch.tick().await.unwrap();
    let before = (town.acts("send").await, town.acts("message").await, town.servers.state.lock().got.len());
    let mut tx = town.store.tables.begin(store::Actor::Desk("dispatch"), town.now()).await.unwrap();
    tx.cursor_put("dispatch", 0).await.unwrap();
    tx.commit().await.unwrap();
    drop(dispatch);
    town.dispatch().await.tick().await.unwrap();
    let after = (town.acts("send").await, town.acts("message").await, town.servers.state.lock().got.len());
    assert_eq!(before, after);
}

#[tokio::test]
async fn a_line_that_cannot_be_read_does_not_keep_the_next_alarm_from_calling() {
    let town = town().await;
    let mut dispatch = town.dispatch().await;
    let mut tx = town.store.tables.begin(store::Actor::Desk("alarm"), town.now()).await.unwrap();
    let odd = serde_json::json!({ "v": 99 });
    tx.journal(store::Subject::Alarm(field::id::AlarmId(77)), "raise", odd).await.unwrap();
    tx.commit().await.unwrap();
    town.raise(0, Severity::Red).await;
    dispatch.tick().await.unwrap();
    assert_eq!(town.messages_to(a(0)).await.len(), 1);
}

#[tokio::test]
async fn encrypted_mail_can_be_set_up() {
    for tls in ["starttls", "tls"] {
        let mut town = town().await;
        let email = serde_json::json!({ "host": "smtp.example", "tls": tls, "from": "a@w.example" });
        town.config.email = Some(serde_json::from_value(email).unwrap());
        assert!(town.dispatch().await.board().states()[5].configured);
    }
}
