//! Nothing grows without limit, and nobody suffers for another's fault.

use crate::house::{House, STATION, code, timed};
use field::station::Station;
use gateway::{Budget, Config, Limits, sl651};
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

/// A second station, which behaves.
const NEIGHBOUR: &str = "3307820002";

async fn with_neighbour(house: &House) {
    let known = house.store.tables.registry().station(&code(STATION)).cloned().unwrap();
    let at = crate::house::at("2021-06-01T00:00");
    let mut tx = house.store.tables.begin(store::Actor::Desk("test"), at).await.unwrap();
    tx.station_put(&Station { code: code(NEIGHBOUR), ..Station::clone(&known) }).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn a_station_that_sends_the_same_again_and_again_is_slowed_down_and_its_neighbour_is_not() {
    let budget = Budget { burst: 40, per_second: 2 };
    let house = House::with(with_limits(Limits { budget, ..Limits::default() })).await;
    with_neighbour(&house).await;
    let (mut stuck, mut neighbour) = (house.call().await, house.call().await);
    assert_eq!(stuck.confirmed(&timed(STATION, 1, 1.0)).await, Some(1));
    assert_eq!(house.gateway.throttled(), []);
    // Yesterday's frame, again and again: 39 left, ten for each.
    for _ in 0..4 {
        assert_eq!(stuck.confirmed(&timed(STATION, 1, 1.0)).await, Some(1));
    }
    // The next has to wait for what the others cost; the neighbour's are all answered before it.
    stuck.send(&timed(STATION, 1, 1.0).repeat(3)).await;
    for serial in 1..=30 {
        let total = f64::from(serial);
        assert_eq!(neighbour.confirmed(&timed(NEIGHBOUR, serial, total)).await, Some(serial));
    }
    assert!(house.gateway.throttled().iter().all(|(station, _)| *station == code(STATION)));
    for _ in 0..3 {
        assert_eq!(stuck.answer().await.and_then(|a| a.serial), Some(1), "late, and not lost");
    }
    let throttled = house.gateway.throttled();
    assert_eq!(throttled.len(), 1, "{throttled:?}");
    assert_eq!(throttled[0].0, code(STATION));
    assert!(house.quarantine().await.is_empty());
}

#[tokio::test]
async fn a_flood_of_datagrams_from_one_station_is_not_taken_while_its_neighbour_is_heard() {
    let budget = Budget { burst: 20, per_second: 1 };
    let house = House::with(with_limits(Limits { budget, ..Limits::default() })).await;
    with_neighbour(&house).await;
    let centre = house.gateway.udp("sl651").unwrap();
    let socket = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let mut buf = [0; 256];
    for _ in 0..3 {
        socket.send_to(&timed(STATION, 1, 1.0), centre).await.unwrap();
        socket.recv_from(&mut buf).await.unwrap();
    }
    // 1 + 10 + 10 of 20: one is owed, and more with each.
    for _ in 0..20 {
        socket.send_to(&timed(STATION, 1, 1.0), centre).await.unwrap();
    }
    socket.send_to(&timed(NEIGHBOUR, 7, 1.0), centre).await.unwrap();
    loop {
        let (length, _) = socket.recv_from(&mut buf).await.unwrap();
        if wire::sl651::decode(&buf[..length]).serial == Some(7) {
            break;
        }
    }
    let throttled = house.gateway.throttled();
    assert_eq!(throttled.first().map(|(station, _)| station), Some(&code(STATION)));
}
