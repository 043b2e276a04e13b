//! The process dies at any moment: nothing is lost, next to nothing is told twice, no limit is
//! broken by the new life's forgetfulness.
//!
//! A death is the desk dropped in the middle of a pass: at whatever await it had come to, its
//! transaction rolled back, its requests cut off.

use crate::outbox::{states, storm};
use crate::town::Town;
use field::message::DeliveryState;
use field::person::ChannelKind;
use field::time::SECOND_MS;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::pin;
use std::task::Poll;

/// Polls `future` at most `polls` times.
async fn at_most<F: Future>(polls: usize, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut left = polls;
    std::future::poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        future.as_mut().poll(context).map(Some)
    })
    .await
}

#[tokio::test]
async fn a_hundred_deaths_lose_nothing_and_double_next_to_nothing() {
    let seed = 20_210_630;
    let mut dice = StdRng::seed_from_u64(seed);
    let on = [ChannelKind::WecomApp, ChannelKind::DingtalkRobot];
    let town = Town::new(50, &on).await;
    let mut ids = vec![];
    let mut deaths = 0;
    loop {
        let states = states(&town).await;
        if !states.contains_key("waiting") && !states.contains_key("handing") {
            if deaths >= 100 {
                break;
            }
            ids.extend(storm(&town, ids.len(), 200, 50, &on).await);
        }
        let mut dispatch = town.dispatch().await;
        let polls = if deaths < 100 { dice.random_range(1..200) } else { usize::MAX };
        let ended = at_most(polls, dispatch.tick()).await;
        deaths += usize::from(ended.is_none());
        if let Some(result) = ended {
            result.unwrap();
            town.clock.advance_ms(2 * SECOND_MS);
        }
    }
    assert_eq!(town.servers.refused(), Vec::<String>::new(), "seed {seed}");
    assert_eq!(town.servers.state.lock().dropped, 0, "seed {seed}");
    let deliveries = town.store.tables.deliveries_of(&ids).await.unwrap();
    for id in &ids {
        let sent = deliveries.iter().filter(|d| d.message == *id && d.state == DeliveryState::Sent).count();
        assert!(sent >= 2, "seed {seed}: message {id} rests on {sent} channel");
    }
    let mut times: BTreeMap<(&str, i64), usize> = BTreeMap::new();
    for got in &town.servers.state.lock().got {
        for id in got.ids() {
            *times.entry((got.channel, id)).or_default() += 1;
        }
    }
    for id in &ids {
        assert!(times.contains_key(&("wecom_app", id.0)), "seed {seed}: message {id} is lost");
    }
    let doubled = times.values().filter(|n| **n > 1).count();
    assert!(doubled * 1_000 <= times.len(), "seed {seed}: {doubled} of {} twice", times.len());
}
