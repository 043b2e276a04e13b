//! The live stream: at once, without a gap, and only what one may see.

use crate::house::{Browser, House, PASSWORD, ROAD};
use field::severity::Severity;
use reqwest::{Method, Response};
use serde_json::{Value, json};

/// One event as a browser gets it.
#[derive(Debug)]
pub(crate) struct Event {
    pub(crate) kind: String,
    pub(crate) id: String,
    pub(crate) data: Value,
}

/// An open stream.
pub(crate) struct Stream {
    answer: Response,
    read: String,
}

impl Stream {
    pub(crate) async fn open(browser: &Browser, last: Option<&str>) -> Self {
        let ask = browser.ask(Method::GET, "/api/v1/stream");
        let answer = last.iter().fold(ask, |ask, id| ask.header("last-event-id", *id)).send().await.unwrap();
        assert_eq!(answer.headers()["content-type"], "text/event-stream");
        Self { answer, read: String::new() }
    }

    /// The next event; `None` at the end.
    pub(crate) async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some((block, rest)) = self.read.split_once("\n\n") {
                let field = |name: &str| {
                    let line = block.lines().find_map(|l| l.strip_prefix(name)?.strip_prefix(':'));
                    line.unwrap_or_default().trim().to_owned()
                };
                let event = Event {
                    kind: field("event"),
                    id: field("id"),
                    data: serde_json::from_str(&field("data")).unwrap_or_default(),
                };
                self.read = rest.to_owned();
                if event.kind.is_empty() {
                    continue;
                }
                return Some(event);
            }
            let chunk = self.answer.chunk().await.ok()??;
            self.read.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }

    /// The next event of a kind.
    pub(crate) async fn next_of(&mut self, kind: &str) -> Event {
        loop {
            let event = self.next().await.expect("the stream goes on");
            if event.kind == kind {
                return event;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_accepted_reading_is_on_an_open_screen_at_once() {
    let house = House::open().await;
    let mut stream = Stream::open(&house.signed_in("owner").await, None).await;
    let clock = stream.next().await.unwrap();
    assert_eq!((clock.kind.as_str(), &clock.data["demo"]), ("clock", &json!(false)));
    let packet = house.measured(ROAD, house.depth, 0, 0.31).await;
    let event = stream.next_of("readings").await;
    let item = &event.data["items"][0];
    assert_eq!(
        (&item["station"], &item["packet"], &item["readings"][0]["value"]),
        (&json!(ROAD), &json!(packet), &json!(0.31))
    );
    assert!(event.id.ends_with(&format!(".s{packet}")), "{}", event.id);
    house.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alarm_an_order_and_what_one_may_do_with_it_arrive_and_others_do_not_see_them() {
    let house = House::open().await;
    let mut owner = Stream::open(&house.signed_in("owner").await, None).await;
    let mut desk = Stream::open(&house.signed_in("dispatcher").await, None).await;
    let mut stranger = Stream::open(&house.signed_in("stranger").await, None).await;
    for stream in [&mut owner, &mut desk, &mut stranger] {
        stream.next_of("clock").await;
    }
    let alarm = house.raised(Severity::Orange).await;
    house.ordered(&alarm).await;
    assert_eq!(owner.next_of("alarm").await.data["id"], json!(alarm.id));
    let order = owner.next_of("order").await.data;
    assert_eq!((&order["mine"], &order["can"]), (&json!(true), &json!(["accept", "reassign"])));
    let order = desk.next_of("order").await.data;
    assert_eq!((&order["mine"], &order["can"]), (&json!(false), &json!(["accept", "reassign", "close"])));
    // Readings go to everybody: when this one is here, the alarm has passed by.
    house.measured(ROAD, house.depth, 0, 0.5).await;
    loop {
        let event = stranger.next().await.unwrap();
        assert!(!matches!(event.kind.as_str(), "alarm" | "order" | "message"), "{event:?}");
        if event.kind == "readings" {
            break;
        }
    }
    house.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_screen_that_was_away_gets_what_it_missed_each_thing_as_it_is_now() {
    let house = House::open().await;
    let browser = house.signed_in("dispatcher").await;
    let mut stream = Stream::open(&browser, None).await;
    let first = house.measured(ROAD, house.depth, 30, 0.1).await;
    let seen = stream.next_of("readings").await;
    drop(stream);
    let mut missed: Vec<i64> = Vec::new();
    for minute in (1..20).rev() {
        missed.push(house.measured(ROAD, house.depth, minute, 0.2).await);
    }
    let alarm = house.raised(Severity::Orange).await;
    browser.act(&format!("/alarms/{}/acknowledge", alarm.id), "k", json!({})).await;

    let mut stream = Stream::open(&browser, Some(&seen.id)).await;
    let mut packets: Vec<i64> = Vec::new();
    let mut alarms = Vec::new();
    loop {
        let event = stream.next().await.unwrap();
        match event.kind.as_str() {
            "readings" => packets.extend(
                event.data["items"].as_array().unwrap().iter().map(|i| i["packet"].as_i64().unwrap()),
            ),
            "alarm" => alarms.push(event.data),
            "clock" => break,
            other => assert_eq!(other, "never", "{event:?}"),
        }
    }
    assert_eq!(packets, missed);
    assert!(!packets.contains(&first));
    assert_eq!((alarms.len(), &alarms[0]["state"]), (1, &json!("acknowledged")), "once, as it is now");
    let after = house.measured(ROAD, house.depth, 0, 0.3).await;
    // And then it goes on; what was replayed may come once more, nothing is left out.
    let goes_on = async {
        while !packets.contains(&after) {
            let event = stream.next_of("readings").await;
            packets.extend(
                event.data["items"].as_array().unwrap().iter().map(|i| i["packet"].as_i64().unwrap()),
            );
        }
    };
    goes_on.await;
    house.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn readings_that_come_while_streams_are_opened_and_closed_are_never_skipped() {
    let house = House::open().await;
    let browser = house.signed_in("dispatcher").await;
    let mut last = Stream::open(&browser, None).await.next().await.unwrap().id;
    let mut seen: Vec<i64> = Vec::new();
    let mut sent: Vec<i64> = Vec::new();
    for minute in 0..30 {
        sent.push(house.measured(ROAD, house.depth, minute, 0.2).await);
        // Every other packet arrives while nobody listens; each stream is cut after what it brought.
        if minute % 2 == 1 {
            let mut stream = Stream::open(&browser, Some(&last)).await;
            while seen.last() != sent.last() {
                let event = stream.next().await.unwrap();
                if event.kind == "readings" {
                    seen.extend(
                        event.data["items"].as_array().unwrap().iter().map(|i| i["packet"].as_i64().unwrap()),
                    );
                }
                last = event.id;
            }
        }
    }
    seen.dedup();
    assert_eq!(seen, sent);
    house.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gap_that_is_too_long_or_of_another_store_says_to_load_again() {
    let house = House::open().await;
    let browser = house.signed_in("dispatcher").await;
    for id in ["j999999.s999999", "nonsense"] {
        let event = Stream::open(&browser, Some(id)).await.next().await.unwrap();
        assert_eq!(event.kind, "reload", "{id}");
    }
    let old = Stream::open(&browser, None).await.next().await.unwrap().id;
    let mut appended = tokio::task::JoinSet::new();
    for chunk in 0..20 {
        let (samples, point) = (house.store.samples.clone(), house.depth);
        appended.spawn(async move {
            for n in 0..260 {
                let at = crate::house::noon().plus_ms(i64::from(chunk * 260 + n) * 1_000);
                let sample = field::sample::Sample { at, value: Some(0.1), quality: Default::default() };
                let packet = field::sample::Packet {
                    station: crate::house::code(ROAD),
                    received_at: at,
                    sent_at: None,
                    protocol: "sl651".into(),
                    raw: format!("{chunk} {n}").into_bytes(),
                    readings: vec![field::sample::Reading { point, sample }],
                };
                samples.append(packet).await.unwrap();
            }
        });
    }
    appended.join_all().await;
    let event = Stream::open(&browser, Some(&old)).await.next().await.unwrap();
    assert_eq!(event.kind, "reload");
    house.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn when_the_program_ends_open_streams_end_too() {
    let house = House::open().await;
    let browser = house.nobody();
    browser.sign_in("dispatcher", PASSWORD).await;
    let mut stream = Stream::open(&browser, None).await;
    stream.next_of("clock").await;
    house.end().await;
    while stream.next().await.is_some() {}
}
