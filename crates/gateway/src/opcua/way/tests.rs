//! A session's way from what is published to the keeper's queue: order, gaps and limits.

use super::*;
use crate::opcua::maps::Item;
use ::opcua::types::{DateTime, Variant};
use futures_util::FutureExt;

const ROOM: usize = 10;

fn node() -> NodeId {
    NodeId::new(2, "P1.Level")
}

/// Two stations take the node.
fn items() -> Arc<Items> {
    let item = |station: &str| Item {
        node: node(),
        station: station.to_owned(),
        element: "level".to_owned(),
        scale: 1.0,
        offset: 0.0,
        writable: false,
    };
    let by_node = [(node(), vec![0, 1])].into();
    Arc::new(Items { all: vec![item("3307820017"), item("3307820018")], by_node })
}

/// The value of a minute.
fn of(minute: u32) -> DataValue {
    let at = DateTime::ymd_hms(2021, 6, 30, 6, u16::try_from(minute).unwrap(), 0);
    DataValue { value: Some(Variant::UInt32(minute)), source_timestamp: Some(at), ..DataValue::null() }
}

struct Bench {
    way: Way,
    queue: mpsc::Receiver<Change>,
}

impl Bench {
    fn new(has_history: bool) -> Self {
        let (queue, changes) = mpsc::channel(ROOM);
        Self { way: Way::new(items(), queue, has_history, Time::MIN), queue: changes }
    }

    /// A way that is open.
    async fn open(has_history: bool) -> Self {
        let bench = Self::new(has_history);
        assert!(bench.way.open(0, Vec::new()).await.unwrap());
        bench
    }

    fn publish(&self, minutes: &[u32]) {
        for minute in minutes {
            self.way.publish(&node(), &of(*minute));
        }
    }

    /// What the history says.
    async fn fill(&self, minutes: &[u32]) {
        for minute in minutes {
            self.way.pass(&node(), &of(*minute), true).await.unwrap();
        }
    }

    /// What has come to the keeper: the minutes, each for both stations.
    fn kept(&mut self) -> Vec<u32> {
        let mut minutes = Vec::new();
        while let Ok(first) = self.queue.try_recv() {
            let second = self.queue.try_recv().unwrap();
            assert_eq!((first.item, second.item), (0, 1));
            let Some(Variant::UInt32(minute)) = first.data.value else { panic!("{first:?}") };
            minutes.push(minute);
        }
        minutes
    }
}

#[tokio::test]
async fn what_is_published_before_the_history_is_read_waits_and_then_passes_in_order() {
    let mut bench = Bench::new(true);
    bench.publish(&[3, 4]);
    assert!(bench.kept().is_empty());
    bench.fill(&[1, 2, 3]).await;
    assert!(bench.way.open(0, Vec::new()).await.unwrap());
    assert_eq!(bench.kept(), [1, 2, 3, 3, 4]);
    bench.publish(&[5]);
    assert_eq!(bench.kept(), [5]);
}

#[tokio::test]
async fn nothing_behind_a_gap_passes_before_the_gap_is_filled() {
    for gap in [|way: &Way| way.missed(1), |way: &Way| way.dropped(1), Way::broken, Way::joined] {
        let mut bench = Bench::open(true).await;
        bench.publish(&[1]);
        gap(&bench.way);
        bench.publish(&[3, 4]);
        assert_eq!(bench.kept(), [1]);
        bench.fill(&[1, 2, 3]).await;
        assert!(bench.way.open(bench.way.noted().gap, Vec::new()).await.unwrap());
        assert_eq!(bench.kept(), [1, 2, 3, 3, 4]);
    }
}

#[tokio::test]
async fn a_gap_that_shows_while_another_is_filled_holds_what_lies_behind_it_alone() {
    let mut bench = Bench::open(true).await;
    bench.way.missed(1);
    bench.publish(&[2]);
    let first = bench.way.noted().gap;
    bench.way.dropped(1);
    bench.publish(&[4]);
    assert!(!bench.way.open(first, Vec::new()).await.unwrap());
    assert_eq!(bench.kept(), [2]);
    bench.publish(&[5]);
    assert!(bench.kept().is_empty());
    assert!(bench.way.open(bench.way.noted().gap, Vec::new()).await.unwrap());
    assert_eq!(bench.kept(), [4, 5]);
}

#[tokio::test]
async fn what_came_in_disorder_behind_a_gap_passes_in_the_order_of_time() {
    let mut bench = Bench::open(true).await;
    bench.way.missed(1);
    bench.publish(&[4, 3]);
    let read = Published { node: node(), data: of(2) };
    assert!(bench.way.open(bench.way.noted().gap, vec![read]).await.unwrap());
    assert_eq!(bench.kept(), [2, 3, 4]);
}

#[tokio::test]
async fn after_something_found_no_room_nothing_more_passes() {
    for has_history in [true, false] {
        let mut bench = Bench::open(has_history).await;
        bench.publish(&[1, 2, 3, 4, 5]);
        assert!(!bench.way.is_full());
        bench.publish(&[6]);
        assert!(bench.way.is_full());
        assert_eq!(bench.kept(), [1, 2, 3, 4, 5]);
        bench.publish(&[7]);
        assert!(bench.kept().is_empty());
    }
}

#[tokio::test]
async fn what_is_held_has_a_limit_too() {
    let bench = Bench::new(true);
    for _ in 0..HELD {
        bench.publish(&[1]);
    }
    assert!(!bench.way.is_full());
    bench.publish(&[1]);
    assert!(bench.way.is_full());
}

#[tokio::test]
async fn without_a_history_nothing_is_held_and_what_was_missed_is_told_once() {
    let mut bench = Bench::new(false);
    assert!(bench.way.gap().now_or_never().is_none());
    bench.publish(&[1]);
    bench.way.missed(2);
    bench.publish(&[3]);
    assert_eq!(bench.kept(), [1, 3]);
    assert!(bench.way.gap().now_or_never().is_some());
    assert_eq!(bench.way.noted(), Noted { gap: 1, missed: 2, dropped: 0, is_stale: true });
    assert_eq!(bench.way.noted(), Noted { gap: 1, ..Noted::default() });
    let read = Published { node: node(), data: of(4) };
    assert!(bench.way.open(1, vec![read]).await.unwrap());
    assert_eq!(bench.kept(), [4]);
}

#[tokio::test]
async fn a_gap_that_was_filled_with_the_one_before_wakes_nobody_and_a_broken_line_cannot_be_asked() {
    let bench = Bench::open(true).await;
    bench.way.broken();
    assert!(bench.way.gap().now_or_never().is_none());
    bench.way.joined();
    bench.way.noted();
    assert!(bench.way.gap().now_or_never().is_none());
}

#[tokio::test]
async fn a_gap_begins_at_the_last_value_that_passed() {
    let bench = Bench::new(true);
    let at = |minute| Published { node: node(), data: of(minute) }.at().unwrap();
    bench.way.state().passed = [(node(), at(1))].into();
    bench.publish(&[2]);
    assert_eq!(bench.way.state().passed, [(node(), at(1))].into(), "held is not passed");
    assert!(bench.way.open(0, Vec::new()).await.unwrap());
    assert_eq!(bench.way.state().passed, [(node(), at(2))].into());
    bench.publish(&[3]);
    bench.way.missed(1);
    bench.publish(&[5]);
    assert_eq!(bench.way.state().passed, [(node(), at(3))].into());
    bench.fill(&[4]).await;
    assert_eq!(bench.way.state().passed, [(node(), at(4))].into());
}
