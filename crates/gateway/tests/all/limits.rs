//! Nothing grows without limit, and nobody suffers for another's fault.

use crate::house::{House, STATION, timed};
use gateway::{Config, Limits, sl651};
use std::time::Duration;
use tokio::io::AsyncWriteExt;

fn with_limits(limits: Limits) -> Config {
    Config { limits, ..Config::loopback() }
}

#[tokio::test]
async fn ten_megabytes_that_claim_to_be_a_frame_end_their_own_connection_only() {
    let house = House::open().await;
    let mut honest = house.call().await;
    assert_eq!(honest.confirmed(&timed(STATION, 1, 1.0)).await, Some(1));
    let mut liar = house.call().await;
    let mut head = timed(STATION, 2, 2.0)[..14].to_vec();
    (head[11], head[12]) = (0x0F, 0xFF);
    liar.send(&head).await;
    let megabyte = vec![0x5A; 1 << 20];
    for _ in 0..10 {
        // The gateway hangs up long before the end.
        if liar.stream.write_all(&megabyte).await.is_err() {
            break;
        }
    }
    assert_eq!(liar.answer().await, None);
    assert_eq!(honest.confirmed(&timed(STATION, 3, 3.0)).await, Some(3));
    let limit = usize::try_from(Limits::default().bad_pieces).unwrap();
    let quarantined = house.quarantine().await;
    assert!((1..=limit + 1).contains(&quarantined.len()), "{}", quarantined.len());
    assert!(quarantined.iter().all(|piece| piece.raw.len() <= 4_112));
}

#[tokio::test]
async fn a_frame_that_comes_too_slowly_ends_its_connection() {
    let house =
        House::with(with_limits(Limits { frame: Duration::from_millis(30), ..Limits::default() })).await;
    let mut slow = house.call().await;
    slow.send(&timed(STATION, 1, 1.0)[..30]).await;
    assert_eq!(slow.answer().await, None, "the gateway hung up by itself");
    assert_eq!(house.call().await.confirmed(&timed(STATION, 2, 2.0)).await, Some(2));
    let quarantined = house.quarantine().await;
    assert_eq!(quarantined.len(), 1);
    assert_eq!(quarantined[0].raw, timed(STATION, 1, 1.0)[..30]);
}

#[tokio::test]
async fn a_silent_connection_is_closed() {
    let house =
        House::with(with_limits(Limits { idle: Duration::from_millis(30), ..Limits::default() })).await;
    assert_eq!(house.call().await.answer().await, None);
    assert!(house.quarantine().await.is_empty());
}

#[tokio::test]
async fn beyond_the_limit_of_connections_a_new_one_is_refused_and_the_old_ones_work() {
    let house = House::with(with_limits(Limits { connections: 1, ..Limits::default() })).await;
    let mut first = house.call().await;
    assert_eq!(first.confirmed(&timed(STATION, 1, 1.0)).await, Some(1));
    assert_eq!(house.call().await.answer().await, None);
    assert_eq!(first.confirmed(&timed(STATION, 2, 2.0)).await, Some(2));
}

#[tokio::test]
async fn a_port_in_use_says_which_and_what_to_do() {
    let house = House::open().await;
    let config = Config {
        sl651: Some(sl651::Config { tcp: house.gateway.tcp("sl651"), ..sl651::Config::loopback() }),
        ..Config::default()
    };
    let clock = std::sync::Arc::new(field::clock::TestClock::at(crate::house::at("2021-06-30T14:00")));
    let (_keep, stop) = tokio::sync::watch::channel(false);
    let error = gateway::run(config, house.store.clone(), clock, stop).await.unwrap_err().to_string();
    let addr = house.tcp().to_string();
    assert!(error.contains(&addr) && error.contains("TCP"), "{error}");
    assert!(error.contains("stop it, or configure another port"), "{error}");
}

#[tokio::test]
async fn thousands_of_bad_pieces_in_quarantine_do_not_hold_up_the_honest() {
    let house = House::open().await;
    let noisy = async {
        for n in 0..4_u8 {
            let mut caller = house.call().await;
            for m in 0..=u8::MAX {
                if caller.stream.write_all(&[n, m, 0xAA, 0x55]).await.is_err() {
                    break;
                }
            }
            caller.stream_end().await;
            assert_eq!(caller.answer().await, None);
        }
    };
    let honest = async {
        let mut caller = house.call().await;
        for n in 1..=50 {
            assert_eq!(caller.confirmed(&timed(STATION, n, f64::from(n))).await, Some(n));
        }
    };
    tokio::join!(noisy, honest);
    assert_eq!(house.store.samples.stats().packets, 50);
}
