//! Ten thousand at once, the most urgent first, and what happens when channels fail.

use crate::servers::Fault;
use crate::town::{Town, a, b};
use dispatch::Dispatch;
use field::id::{JournalSeq, MessageId, PersonId};
use field::message::DeliveryState;
use field::person::ChannelKind;
use field::severity::Severity;
use field::time::{MINUTE_MS, SECOND_MS};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use store::Actor;
use store::tables::NewMessage;

pub(crate) fn new_message(
    town: &Town,
    n: i64,
    person: PersonId,
    severity: Severity,
    on: &[ChannelKind],
) -> NewMessage {
    NewMessage {
        key: format!("storm:{n}"),
        person,
        severity,
        alarm: None,
        order: None,
        template: "alarm_raised".into(),
        params: json!({
            "station": format!("江滨路下穿{n}"), "town": "稠城街道", "kind": "level_high", "quantity": "depth",
            "unit": "m", "value": 0.42, "threshold": 0.4, "number": format!("0630-{n:03}"), "synthetic": true,
        }),
        deliver: on.iter().map(|kind| (*kind, town.now())).collect(),
    }
}

/// Asks for `count` messages at once, the `first`th and on, spread over everybody, of all severities.
pub(crate) async fn storm(
    town: &Town,
    first: usize,
    count: i64,
    blocks: i64,
    on: &[ChannelKind],
) -> Vec<MessageId> {
    let first = i64::try_from(first).unwrap();
    let mut tx = town.store.tables.begin(Actor::Desk("api"), town.now()).await.unwrap();
    let mut ids = vec![];
    for n in first..first + count {
        let person = if n % 2 == 0 { a(n / 2 % blocks) } else { b(n / 2 % blocks) };
        let severity = Severity::ALL[usize::try_from(n * 7 % 4).unwrap()];
        let new = new_message(town, n, person, severity, on);
        ids.push(tx.message_insert(new).await.unwrap().unwrap().id);
    }
    tx.commit().await.unwrap();
    ids
}

/// How many deliveries are in each state.
pub(crate) async fn states(town: &Town) -> BTreeMap<&'static str, i64> {
    let counts = town.store.tables.delivery_counts().await.unwrap();
    counts.into_iter().fold(BTreeMap::new(), |mut sum, c| {
        *sum.entry(c.state.code()).or_default() += c.count;
        sum
    })
}

async fn until_sent(town: &Town, dispatch: &mut Dispatch, all: i64) -> i64 {
    let begin = town.now();
    for _ in 0..1_000 {
        dispatch.tick().await.unwrap();
        if states(town).await.get("sent") == Some(&all) {
            return town.now().since_ms(begin);
        }
        town.clock.advance_ms(SECOND_MS);
    }
    panic!("after 1,000 seconds: {:?}", states(town).await);
}

#[tokio::test]
async fn ten_thousand_at_once_none_lost_none_refused_none_twice() {
    let on = [ChannelKind::WecomApp, ChannelKind::DingtalkRobot];
    let town = Town::new(200, &on).await;
    let ids = storm(&town, 0, 10_000, 200, &on).await;
    let mut dispatch = town.dispatch().await;
    let took_ms = until_sent(&town, &mut dispatch, 20_000).await;
    assert!(took_ms <= 5 * MINUTE_MS, "it took {took_ms} ms of clock time");
    assert_eq!(town.servers.refused(), Vec::<String>::new());
    assert_eq!(town.servers.state.lock().dropped, 0);

    // Every message stands in exactly one text to its person.
    let got = town.servers.got("wecom_app");
    let mut seen: Vec<i64> = got.iter().flat_map(|g| g.ids()).collect();
    let texts = got.len();
    seen.sort_unstable();
    let whole = got.iter().all(|g| !g.text.contains("等 "));
    assert!(whole, "a person's digest names all its messages");
    assert_eq!(seen, ids.iter().map(|id| id.0).collect::<Vec<_>>());
    assert!(texts < 10_000, "{texts} texts: nothing was merged");

    // In the group everybody was called, in far fewer texts.
    let group = town.servers.got("dingtalk_robot");
    let called: BTreeSet<&String> = group.iter().flat_map(|g| &g.mobiles).collect();
    assert_eq!(called.len(), 400);
    assert!(group.len() <= 100, "{} texts in the group", group.len());
    let deliveries = town.store.tables.deliveries_of(&ids).await.unwrap();
    assert!(deliveries.iter().all(|d| d.state == DeliveryState::Sent && d.attempts == 1));
    assert!(deliveries.iter().any(|d| d.merged_into.is_some()));
}

#[tokio::test]
async fn the_most_urgent_goes_first() {
    let on = [ChannelKind::WecomRobot];
    let town = Town::new(5, &on).await;
    let ids = storm(&town, 0, 400, 5, &on).await;
    let mut dispatch = town.dispatch().await;
    until_sent(&town, &mut dispatch, 400).await;
    let mut severity = BTreeMap::new();
    for id in ids {
        let message = town.store.tables.message(id).await.unwrap().unwrap();
        severity.insert(id.0, message.severity);
    }
    let first = town.servers.got("wecom_robot").remove(0);
    assert!(first.text.contains("1. 人员"), "{}", first.text);
    let shown: Vec<Severity> = first
        .text
        .lines()
        .filter_map(|l| {
            Severity::ALL
                .into_iter()
                .find(|s| l.contains(["【蓝色", "【黄色", "【橙色", "【红色"][*s as usize]))
        })
        .collect();
    assert!(shown.is_sorted_by(|x, y| x >= y) && shown[0] == Severity::Red, "{shown:?}");
}

#[tokio::test]
async fn a_red_alarm_does_not_wait_behind_a_storm_of_blue_ones() {
    let on = [ChannelKind::DingtalkRobot];
    let town = Town::new(5, &on).await;
    let mut dispatch = town.dispatch().await;
    // Half of the robot's minute is spent on blue ones, one by one.
    for n in 0..10 {
        let mut tx = town.store.tables.begin(Actor::Desk("api"), town.now()).await.unwrap();
        tx.message_insert(new_message(&town, n, a(0), Severity::Blue, &on)).await.unwrap();
        tx.commit().await.unwrap();
        dispatch.tick().await.unwrap();
    }
    assert_eq!(town.servers.got("dingtalk_robot").len(), 10);
    for (n, severity) in [(100, Severity::Blue), (101, Severity::Red)] {
        let mut tx = town.store.tables.begin(Actor::Desk("api"), town.now()).await.unwrap();
        tx.message_insert(new_message(&town, n, a(0), severity, &on)).await.unwrap();
        tx.commit().await.unwrap();
    }
    dispatch.tick().await.unwrap();
    let got = town.servers.got("dingtalk_robot");
    assert_eq!(got.len(), 11);
    assert!(got[10].text.contains("红色"), "{}", got[10].text);
    assert!(town.servers.refused().is_empty());
}

#[tokio::test]
async fn a_channel_that_gives_up_is_replaced_by_the_next() {
    let channels = [ChannelKind::WecomApp, ChannelKind::Sms, ChannelKind::Email];
    let mut town = Town::new(1, &channels).await;
    town.config.max_attempts = 3;
    let mut dispatch = town.dispatch().await;
    town.servers.next("wecom_app", &[Fault::Status500; 3]);
    town.raise(0, Severity::Orange).await;
    for _ in 0..10 {
        dispatch.tick().await.unwrap();
        town.clock.advance_ms(2 * SECOND_MS);
    }
    let message = town.messages_to(a(0)).await.remove(0);
    let states: BTreeMap<_, _> =
        town.deliveries(&message).await.into_iter().map(|d| (d.channel, (d.state, d.attempts))).collect();
    assert_eq!(states[&ChannelKind::WecomApp], (DeliveryState::GivenUp, 3));
    assert_eq!(states[&ChannelKind::Sms].0, DeliveryState::Sent);
    assert_eq!(states[&ChannelKind::Email], (DeliveryState::Sent, 1), "the next channel took over");
    let tries = town.store.tables.attempts_of(message.id).await.unwrap();
    let wecom: Vec<&str> =
        tries.iter().filter(|t| t.channel == ChannelKind::WecomApp).map(|t| t.outcome.code()).collect();
    assert_eq!(wecom, ["handed", "failed", "handed", "failed", "handed", "given_up"]);
}

#[tokio::test]
async fn an_outage_of_everything_loses_nothing() {
    let mut town = Town::new(1, &[ChannelKind::WecomApp, ChannelKind::Sms]).await;
    town.config.max_attempts = 2;
    for channel in ["wecom_app", "wecom_robot", "dingtalk_robot", "sms"] {
        town.servers.next(channel, &[Fault::Status500; 40]);
    }
    town.config.email = None;
    let mut dispatch = town.dispatch().await;
    town.raise(0, Severity::Orange).await;
    for _ in 0..120 {
        dispatch.tick().await.unwrap();
        town.clock.advance_ms(MINUTE_MS);
    }
    assert_eq!(town.acts("unreachable").await, 0);
    town.servers.state.lock().faults.clear();
    for _ in 0..12 {
        town.clock.advance_ms(MINUTE_MS);
        dispatch.tick().await.unwrap();
    }
    let message = town.messages_to(a(0)).await.remove(0);
    assert!(town.deliveries(&message).await.iter().any(|d| d.state == DeliveryState::Sent));
}

#[tokio::test]
async fn a_person_nobody_can_reach_is_in_the_ledger_and_the_order_goes_up_at_once() {
    let mut town = Town::new(1, &[ChannelKind::WecomApp, ChannelKind::Sms]).await;
    town.config.wecom_robot = None;
    town.config.dingtalk_robot = None;
    town.config.web_push = None;
    town.config.email = None;
    let mut person = (**town.store.tables.registry().person(a(0)).unwrap()).clone();
    person.wecom = Some("nobody".into());
    person.mobile = Some("00000000000".into());
    let mut tx = town.store.tables.begin(Actor::Desk("import"), town.now()).await.unwrap();
    tx.person_put(&person).await.unwrap();
    tx.commit().await.unwrap();
    let mut dispatch = town.dispatch().await;
    town.raise(0, Severity::Orange).await;
    dispatch.tick().await.unwrap();
    let message = town.messages_to(a(0)).await.remove(0);
    assert!(town.deliveries(&message).await.iter().all(|d| d.state == DeliveryState::GivenUp));
    assert_eq!(town.acts("unreachable").await, 1);
    assert_eq!(town.orders().await[0].escalation, 1);
    assert_eq!(town.messages_to(b(0)).await.len(), 1);
}

#[tokio::test]
async fn the_running_desk_wakes_by_itself_and_stops_when_told() {
    let town = Town::new(1, &[ChannelKind::WecomApp, ChannelKind::Sms]).await;
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let dispatch = town.dispatch().await;
    // Spawned: the desk's future can go to another thread.
    let running = tokio::spawn(dispatch.run(stopped));
    town.raise(0, Severity::Red).await;
    let mut head = town.store.tables.journal_watch();
    while town.acts("sent").await < 2 {
        head.changed().await.unwrap();
    }
    stop.send(true).unwrap();
    running.await.unwrap().unwrap();
    assert_eq!(states(&town).await.get("sent"), Some(&2));
    // What others wrote is behind its cursor; it may have stopped before it read its own last lines.
    let cursor = JournalSeq(town.store.tables.cursor("dispatch").await.unwrap());
    let unread = town.store.tables.journal_after(cursor, 1_000).await.unwrap();
    assert!(cursor > JournalSeq(0) && unread.iter().all(|line| line.actor == "desk:dispatch"), "{unread:?}");
}

#[tokio::test]
async fn a_server_that_is_down_is_asked_with_one_message_and_the_rest_takes_another_channel() {
    let on = [ChannelKind::Sms];
    let mut town = Town::new(20, &[ChannelKind::WecomApp, ChannelKind::Sms]).await;
    town.config.sms.as_mut().unwrap().url = "http://127.0.0.1:9/sms".into();
    storm(&town, 0, 500, 20, &on).await;
    let mut dispatch = town.dispatch().await;
    for _ in 0..45 {
        dispatch.tick().await.unwrap();
        town.clock.advance_ms(2 * SECOND_MS);
    }
    let mut ids: Vec<i64> = town.servers.got("wecom_app").iter().flat_map(|g| g.ids()).collect();
    ids.sort_unstable();
    assert_eq!(ids, (1..=500).collect::<Vec<_>>(), "all went by WeCom instead");
    // The first sixteen requests were under way before the first failure was known.
    let tries = town.acts("failed").await;
    assert!(tries <= 250, "{tries} tries against a dead server");
    let sms = dispatch.board().states()[3].clone();
    assert_eq!(sms.last_error.unwrap().text, "cannot connect");
}
