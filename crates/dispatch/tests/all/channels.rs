//! Each channel against a server with the real one's limits, signatures and error codes.

use crate::outbox::new_message;
use crate::servers::{Browser, Fault};
use crate::town::{Town, a};
use dispatch::Dispatch;
use field::id::{MessageId, PersonId};
use field::message::{Delivery, DeliveryState};
use field::person::ChannelKind;
use field::severity::Severity;
use field::time::{MINUTE_MS, SECOND_MS};
use serde_json::{Value, json};
use store::Actor;
use store::tables::{NewMessage, PushSubscription};

/// Asks for a message as the API's test button does.
async fn ask(town: &Town, person: PersonId, channel: ChannelKind, n: i64) -> MessageId {
    let mut tx = town.store.tables.begin(Actor::Desk("api"), town.now()).await.unwrap();
    let new = NewMessage {
        key: format!("test:{}:{n}", channel.code()),
        person,
        severity: Severity::Blue,
        alarm: None,
        order: None,
        template: "test".into(),
        params: json!({ "channel": channel.code() }),
        deliver: vec![(channel, town.now())],
    };
    let id = tx.message_insert(new).await.unwrap().unwrap().id;
    tx.commit().await.unwrap();
    id
}

async fn delivery(town: &Town, id: MessageId) -> Delivery {
    town.store.tables.deliveries_of(&[id]).await.unwrap().remove(0)
}

async fn subscribe(town: &Town, person: PersonId, name: &str, seed: u8) {
    let browser = Browser::new(seed);
    let (p256dh, auth) = browser.keys();
    town.servers.state.lock().browsers.insert(name.to_owned(), browser);
    let endpoint = format!("{}/push/{name}", town.servers.base);
    let subscription = PushSubscription { person, endpoint, p256dh, auth, created_at: town.now() };
    town.store.tables.push_put(&subscription).await.unwrap();
}

async fn town() -> (Town, Dispatch) {
    let town = Town::new(1, &[ChannelKind::WecomApp]).await;
    let dispatch = town.dispatch().await;
    (town, dispatch)
}

#[tokio::test]
async fn the_test_button_reaches_a_person_on_every_channel() {
    let (town, mut dispatch) = town().await;
    subscribe(&town, a(0), "phone", 9).await;
    for channel in ChannelKind::ALL {
        let id = ask(&town, a(0), channel, 1).await;
        dispatch.tick().await.unwrap();
        let d = delivery(&town, id).await;
        assert_eq!(d.state, DeliveryState::Sent, "{channel:?}: {:?}", d.receipt);
        let got = town.servers.got(channel.code());
        assert_eq!(got.len(), 1, "{channel:?}");
        assert_eq!(got[0].ids(), [id.0], "{channel:?}: {}", got[0].text);
    }
    let board = dispatch.board().states();
    assert!(board.iter().all(|s| s.configured && s.last_error.is_none()), "{board:?}");
}

#[tokio::test]
async fn the_wecom_token_is_fetched_once_and_again_when_the_server_calls_it_old() {
    let (town, mut dispatch) = town().await;
    for n in 0..3 {
        ask(&town, a(0), ChannelKind::WecomApp, n).await;
        dispatch.tick().await.unwrap();
    }
    assert_eq!(town.servers.state.lock().tokens, 1);
    town.servers.state.lock().token_valid = false;
    let id = ask(&town, a(0), ChannelKind::WecomApp, 10).await;
    dispatch.tick().await.unwrap();
    assert_eq!(town.servers.state.lock().tokens, 2);
    assert_eq!(delivery(&town, id).await.state, DeliveryState::Sent);
    assert_eq!(delivery(&town, id).await.attempts, 1);
    town.clock.advance_ms(3 * 60 * MINUTE_MS);
    ask(&town, a(0), ChannelKind::WecomApp, 11).await;
    dispatch.tick().await.unwrap();
    assert_eq!(town.servers.state.lock().tokens, 3, "two hours are over");
}

#[tokio::test]
async fn a_member_never_gets_more_than_thirty_a_minute_so_that_none_is_dropped() {
    let (town, mut dispatch) = town().await;
    for second in 0..120 {
        ask(&town, a(0), ChannelKind::WecomApp, second).await;
        dispatch.tick().await.unwrap();
        town.clock.advance_ms(SECOND_MS);
    }
    for _ in 0..60 {
        town.clock.advance_ms(2 * SECOND_MS);
        dispatch.tick().await.unwrap();
    }
    assert_eq!(town.servers.state.lock().dropped, 0);
    let mut ids: Vec<i64> = town.servers.got("wecom_app").iter().flat_map(|g| g.ids()).collect();
    ids.sort_unstable();
    assert_eq!(ids, (1..=120).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_dingtalk_robot_that_was_told_too_fast_is_silent_for_ten_minutes_and_nothing_is_lost() {
    let (town, mut dispatch) = town().await;
    // Somebody else uses the same robot and has spent its minute.
    for _ in 0..20 {
        town.servers.state.lock().within("ding ding-token".into(), town.now(), 20);
    }
    let id = ask(&town, a(0), ChannelKind::DingtalkRobot, 1).await;
    dispatch.tick().await.unwrap();
    assert_eq!(delivery(&town, id).await.state, DeliveryState::Waiting);
    assert_eq!(delivery(&town, id).await.attempts, 0, "its server being busy is no attempt");
    let requests = town.servers.requests("dingtalk_robot");
    for _ in 0..10 {
        town.clock.advance_ms(MINUTE_MS);
        dispatch.tick().await.unwrap();
    }
    assert_eq!(town.servers.requests("dingtalk_robot"), requests, "not a word during the silence");
    town.clock.advance_ms(MINUTE_MS);
    dispatch.tick().await.unwrap();
    assert_eq!(delivery(&town, id).await.state, DeliveryState::Sent);
}

#[tokio::test]
async fn a_member_the_application_cannot_see_is_given_up_with_the_servers_words() {
    let (town, mut dispatch) = town().await;
    let mut person = (**town.store.tables.registry().person(a(0)).unwrap()).clone();
    person.wecom = Some("nobody".into());
    let mut tx = town.store.tables.begin(Actor::Desk("import"), town.now()).await.unwrap();
    tx.person_put(&person).await.unwrap();
    tx.commit().await.unwrap();
    let id = ask(&town, a(0), ChannelKind::WecomApp, 1).await;
    dispatch.tick().await.unwrap();
    let d = delivery(&town, id).await;
    assert_eq!(d.state, DeliveryState::GivenUp);
    assert!(d.receipt.unwrap().contains("nobody"));
}

#[tokio::test]
async fn a_short_message_is_signed_and_the_ledger_says_what_it_cost() {
    let (town, mut dispatch) = town().await;
    let id = ask(&town, a(0), ChannelKind::Sms, 1).await;
    dispatch.tick().await.unwrap();
    let got = town.servers.got("sms");
    assert!(got[0].text.starts_with("【至臻水务】测试消息"), "{}", got[0].text);
    let receipt = delivery(&town, id).await.receipt.unwrap();
    assert!(receipt.ends_with("parts=1"), "{receipt}");
}

#[tokio::test]
async fn a_gone_browser_is_forgotten_and_a_busy_service_is_waited_for() {
    let (town, mut dispatch) = town().await;
    subscribe(&town, a(0), "old", 3).await;
    subscribe(&town, a(0), "new", 4).await;
    town.servers.state.lock().browsers.get_mut("old").unwrap().gone = true;
    let id = ask(&town, a(0), ChannelKind::WebPush, 1).await;
    dispatch.tick().await.unwrap();
    assert_eq!(delivery(&town, id).await.state, DeliveryState::Sent);
    assert_eq!(town.store.tables.push_subscriptions(a(0)).await.unwrap().len(), 1);

    town.servers.state.lock().browsers.get_mut("new").unwrap().busy = 1;
    let id = ask(&town, a(0), ChannelKind::WebPush, 2).await;
    dispatch.tick().await.unwrap();
    assert_eq!(delivery(&town, id).await.state, DeliveryState::Waiting);
    town.clock.advance_ms(29 * SECOND_MS);
    dispatch.tick().await.unwrap();
    assert_eq!(delivery(&town, id).await.state, DeliveryState::Waiting, "Retry-After says 30 s");
    town.clock.advance_ms(SECOND_MS);
    dispatch.tick().await.unwrap();
    assert_eq!(delivery(&town, id).await.state, DeliveryState::Sent);

    town.servers.state.lock().browsers.get_mut("new").unwrap().gone = true;
    let id = ask(&town, a(0), ChannelKind::WebPush, 3).await;
    dispatch.tick().await.unwrap();
    assert_eq!(delivery(&town, id).await.state, DeliveryState::GivenUp);
    let payload = town.servers.state.lock().payloads[0].clone();
    assert_eq!(payload["message"], Value::from(1));
    assert_eq!(payload["url"], "https://w.example/phone");
}

#[tokio::test]
async fn the_push_key_is_made_once_and_can_be_asked_for() {
    let (town, dispatch) = town().await;
    let key = town.store.tables.setting(dispatch::PUBLIC_KEY_SETTING).await.unwrap().unwrap();
    assert_eq!(key.as_str().unwrap().len(), 87, "65 bytes of an uncompressed point");
    drop(dispatch);
    drop(town.dispatch().await);
    assert_eq!(town.store.tables.setting(dispatch::PUBLIC_KEY_SETTING).await.unwrap().unwrap(), key);
}

#[tokio::test]
async fn a_mail_has_a_subject_a_sender_and_the_same_id_when_it_goes_again() {
    let (town, mut dispatch) = town().await;
    let id = ask(&town, a(0), ChannelKind::Email, 1).await;
    dispatch.tick().await.unwrap();
    let mail = town.servers.got("email").remove(0);
    assert_eq!(mail.to, format!("p{}@w.example", a(0)));
    for part in
        ["Subject: ", "Message-ID: <", "@w.example>", "Date: Wed, 30 Jun 2021 06:00:00 +0000", "测试消息"]
    {
        assert!(mail.text.contains(part), "{part} in {}", mail.text);
    }
    assert_eq!(mail.ids(), [id.0]);
}

#[tokio::test]
async fn a_server_that_fails_is_tried_again_with_growing_waits() {
    let (town, mut dispatch) = town().await;
    town.servers.next("wecom_app", &[Fault::Status500; 3]);
    let id = ask(&town, a(0), ChannelKind::WecomApp, 1).await;
    let mut waits = vec![];
    for _ in 0..3 {
        dispatch.tick().await.unwrap();
        let d = delivery(&town, id).await;
        assert_eq!(d.state, DeliveryState::Waiting);
        assert!(d.receipt.unwrap().contains("HTTP 500"));
        waits.push(d.next_at.since_ms(town.now()));
        town.clock.advance_ms(d.next_at.since_ms(town.now()));
    }
    assert!((1_600..=2_400).contains(&waits[0]) && (6_400..=9_600).contains(&waits[2]), "{waits:?}");
    dispatch.tick().await.unwrap();
    let d = delivery(&town, id).await;
    assert_eq!((d.state, d.attempts), (DeliveryState::Sent, 4));
    assert!(dispatch.board().states().iter().any(|s| s.last_error.is_some()));
}

#[tokio::test]
async fn a_text_taken_before_the_connection_broke_is_told_again_with_the_same_key() {
    let (town, mut dispatch) = town().await;
    for channel in [ChannelKind::WecomApp, ChannelKind::Sms] {
        town.servers.next(channel.code(), &[Fault::TakenThenBroken]);
        let id = ask(&town, a(0), channel, 5).await;
        dispatch.tick().await.unwrap();
        assert_eq!(delivery(&town, id).await.state, DeliveryState::Waiting, "{channel:?}");
        town.clock.advance_ms(3 * SECOND_MS);
        dispatch.tick().await.unwrap();
        assert_eq!(delivery(&town, id).await.state, DeliveryState::Sent, "{channel:?}");
        assert_eq!(town.servers.requests(channel.code()), 2);
        assert_eq!(town.servers.got(channel.code()).len(), 1, "{channel:?}: the person gets it once");
    }
}

/// A group robot knows no keys: what it may have told already is not told again to people who are told by
/// another channel, and told again to those who are not.
#[tokio::test]
async fn a_text_that_a_robot_may_have_told_is_told_again_only_where_nobody_else_tells_it() {
    let robot = ChannelKind::DingtalkRobot;
    for (others, times, state) in
        [(&[][..], 2, DeliveryState::Sent), (&[ChannelKind::Sms][..], 1, DeliveryState::GivenUp)]
    {
        let (town, mut dispatch) = town().await;
        town.servers.next(robot.code(), &[Fault::TakenThenBroken]);
        let on: Vec<ChannelKind> = others.iter().copied().chain([robot]).collect();
        let mut tx = town.store.tables.begin(Actor::Desk("api"), town.now()).await.unwrap();
        let message =
            tx.message_insert(new_message(&town, 5, a(0), Severity::Orange, &on)).await.unwrap().unwrap();
        tx.commit().await.unwrap();
        for _ in 0..3 {
            dispatch.tick().await.unwrap();
            town.clock.advance_ms(3 * SECOND_MS);
        }
        let deliveries = town.deliveries(&message).await;
        let told = deliveries.iter().find(|d| d.channel == robot).unwrap();
        assert_eq!(
            (told.state, town.servers.got(robot.code()).len()),
            (state, times),
            "{others:?}: {told:?}"
        );
        assert!(deliveries.iter().any(|d| d.state == DeliveryState::Sent), "{deliveries:?}");
    }
}

#[tokio::test]
async fn settings_that_cannot_work_are_refused_with_the_key_and_what_to_write() {
    let (town, _) = town().await;
    let refused = |patch: fn(&mut dispatch::Config)| {
        let mut config = town.config.clone();
        patch(&mut config);
        config.check().unwrap_err().to_string()
    };
    let text = refused(|c| c.wecom_app.as_mut().unwrap().person_per_minute = 31);
    assert!(text.contains("wecom_app.person_per_minute") && text.contains("30"), "{text}");
    let text = refused(|c| c.escalate_after_s = [300, 180, 600]);
    assert!(text.contains("escalate_after_s"), "{text}");
    let text = refused(|c| c.sms.as_mut().unwrap().url = "ftp://x".into());
    assert!(text.contains("sms.url") && text.contains("http"), "{text}");
    let text = refused(|c| c.email.as_mut().unwrap().from = "nobody".into());
    assert!(text.contains("email.from"), "{text}");
    let text = refused(|c| c.first_channels = 1);
    assert!(text.contains("first_channels"), "{text}");
    let unknown = serde_json::from_value::<dispatch::Config>(json!({ "sms": { "urll": "x" } })).unwrap_err();
    assert!(unknown.to_string().contains("urll"));
    let shown = format!("{:?}", town.config);
    for secret in ["app-secret", "SECding", "ding-token", "group-key", "sms-key"] {
        assert!(!shown.contains(secret), "{secret} is shown");
    }
}
