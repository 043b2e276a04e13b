//! Urgency, merging and budgets of one channel's queue, without a store.

use super::*;
use crate::channels::{Handing, Outcome, Parcel, Size};
use crate::outbox::fresh;
use field::person::Person;
use proptest::prelude::*;
use serde_json::json;

const START: Time = Time::from_ms(1_625_000_000_000);

struct Robot;

impl Channel for Robot {
    fn kind(&self) -> ChannelKind {
        ChannelKind::WecomRobot
    }
    fn limits(&self) -> Limits {
        Limits {
            channel_per_minute: 20,
            mailbox_per_minute: 20,
            concurrency: 4,
            persons: 50,
            size: Size::Utf8(2_048),
            one_server: true,
            knows_keys: false,
        }
    }
    fn mailbox(&self, _: &Person, _: Option<&str>) -> Option<Mailbox> {
        Some(Mailbox::Robot(0))
    }
    fn hand<'a>(&'a self, _: &'a Parcel) -> Handing<'a> {
        Box::pin(async { Outcome::Sent { receipt: "ok".into() } })
    }
}

fn lane() -> Lane {
    Lane::new(Arc::new(Robot))
}

fn item(id: i64, severity: Severity, at: Time) -> Item {
    let message = Message {
        id: MessageId(id),
        key: id.to_string(),
        person: PersonId(id % 7),
        severity,
        alarm: None,
        order: None,
        template: "alarm_raised".into(),
        params: json!({}),
        created_at: at,
        read_at: None,
    };
    Item { delivery: fresh(message.id, ChannelKind::WecomRobot, at), message: Arc::new(message) }
}

const ROBOT: Mailbox = Mailbox::Robot(0);

#[test]
fn the_most_urgent_goes_first_and_among_equals_the_oldest() {
    let mut lane = lane();
    lane.put(ROBOT, item(1, Severity::Blue, START));
    lane.put(ROBOT, item(2, Severity::Red, START.plus_ms(5)));
    lane.put(ROBOT, item(3, Severity::Red, START));
    let mut now = START.plus_ms(10);
    let mut order = vec![];
    for _ in 0..3 {
        let bundles = lane.take(now, 1.0, 100);
        order.extend(bundles.iter().flat_map(|b| &b.items).map(|i| i.message.id.0));
        lane.answered(now, ROBOT);
        now = now.plus_ms(100);
    }
    assert_eq!(order, [3, 2, 1]);
}

#[test]
fn a_message_is_not_queued_twice() {
    let mut lane = lane();
    assert!(lane.put(ROBOT, item(1, Severity::Blue, START)));
    assert!(!lane.put(ROBOT, item(1, Severity::Blue, START)));
    assert_eq!(lane.waiting(), 1);
}

#[test]
fn what_went_as_one_goes_again_as_one() {
    let mut lane = lane();
    for id in 1..=40 {
        lane.put(ROBOT, item(id, Severity::Orange, START));
    }
    let first = lane.take(START, 1.0, 1_000).remove(0);
    assert_eq!(first.items.len(), 40);
    lane.answered(START, ROBOT);
    let later = START.plus_ms(2_000);
    lane.repeat(ROBOT, later, first.items.clone());
    lane.put(ROBOT, item(99, Severity::Red, START));
    let mut sizes = vec![];
    for n in 0..2 {
        sizes.extend(lane.take(later.plus_ms(n), 1.0, 1_000).iter().map(|b| b.items.len()));
        lane.answered(later.plus_ms(n), ROBOT);
    }
    sizes.sort_unstable();
    assert_eq!(sizes, [1, 40]);
}

proptest! {
    #[test]
    fn nothing_is_lost_nothing_is_doubled_and_no_milder_one_overtakes(
        arrivals in proptest::collection::vec((0i64..3_000, 0usize..4), 1..200),
    ) {
        let mut lane = lane();
        let mut now = START;
        let mut sent: Vec<(Severity, i64)> = vec![];
        let mut waiting: Vec<(Severity, i64)> = vec![];
        let mut next_id = 1;
        let mut arrivals = arrivals.into_iter();
        loop {
            let arrival = arrivals.next();
            if let Some((wait, severity)) = arrival {
                now = now.plus_ms(wait);
                lane.put(ROBOT, item(next_id, Severity::ALL[severity], now));
                waiting.push((Severity::ALL[severity], next_id));
                next_id += 1;
            } else if let Some(at) = lane.next_at(now, 1.0) {
                now = now.max(at);
            }
            for bundle in lane.take(now, 1.0, 1_000) {
                let went: Vec<(Severity, i64)> =
                    bundle.items.iter().map(|i| (i.message.severity, i.message.id.0)).collect();
                waiting.retain(|w| !went.contains(w));
                let mildest_gone = went.iter().map(|(s, _)| *s).min();
                let worst_left = waiting.iter().map(|(s, _)| *s).max();
                prop_assert!(worst_left.is_none() || mildest_gone >= worst_left);
                sent.extend(went);
                lane.answered(now, bundle.mailbox);
            }
            if arrival.is_none() && lane.waiting() == 0 {
                break;
            }
        }
        let mut ids: Vec<i64> = sent.iter().map(|(_, id)| *id).collect();
        ids.sort_unstable();
        prop_assert_eq!(ids, (1..next_id).collect::<Vec<_>>());
    }
}
