//! Reports that are taken: kept, then confirmed.

use crate::house::{House, STATION, at, code, report, timed};
use field::sample::Quality;
use field::time::MINUTE_MS;
use gateway::{Config, sl651};
use std::net::Ipv4Addr;
use store::{Options, Store};
use tokio::net::UdpSocket;
use wire::sl651::encode::{Element, Group};
use wire::sl651::{Direction, control, decode};

#[tokio::test]
async fn when_the_confirmation_arrives_the_reading_is_on_disk() {
    let house = House::open().await;
    let mut station = house.call().await;
    station.send(&timed(STATION, 7, 12.3)).await;
    let answer = station.answer().await.unwrap();
    assert_eq!(
        (answer.direction, answer.serial, answer.function),
        (Some(Direction::Down), Some(7), Some(0x32))
    );
    assert_eq!(answer.station.as_deref(), Some(STATION));
    assert_eq!((answer.end, answer.password), (Some(control::EOT), Some(0x1234)));
    assert_eq!(answer.sent_at, Some(at("2021-06-30T14:00:06")), "the centre's own time");
    let total = house.total;
    let (store, dir) = house.stop().await;
    store.close().await;
    let again = Store::open(Options::new(dir.path())).await.unwrap();
    let (sample, packet) = again.samples.latest(total).unwrap();
    assert_eq!(
        (sample.at, sample.value, sample.quality),
        (at("2021-06-30T14:00"), Some(12.3), Quality::Good)
    );
    let stored = again.samples.packet(packet).await.unwrap().unwrap();
    assert_eq!(stored.packet.raw, timed(STATION, 7, 12.3));
    assert_eq!(stored.packet.sent_at, Some(at("2021-06-30T14:00:05")));
    assert_eq!(stored.packet.received_at, at("2021-06-30T14:00:06"));
}

#[tokio::test]
async fn a_frame_sent_again_is_confirmed_again_and_not_doubled() {
    let house = House::open().await;
    let mut station = house.call().await;
    let frame = timed(STATION, 7, 12.3);
    assert_eq!(station.confirmed(&frame).await, Some(7));
    assert_eq!(station.confirmed(&frame).await, Some(7));
    assert_eq!(house.call().await.confirmed(&frame).await, Some(7));
    let stats = house.store.samples.stats();
    assert_eq!((stats.packets, stats.readings), (1, 1));
}

#[tokio::test]
async fn a_full_disk_confirms_nothing_and_loses_nothing() {
    let house = House::open().await;
    let mut station = house.call().await;
    assert_eq!(station.confirmed(&timed(STATION, 1, 1.0)).await, Some(1));
    house.fault.disk_has_room_for(0);
    station.send(&timed(STATION, 2, 2.0)).await;
    // A keep-alive behind it is refused as well; a second connection shows when both were seen.
    let mut other = house.call().await;
    other.send(&timed(STATION, 3, 3.0)).await;
    other.stream_end().await;
    assert_eq!(other.answer().await, None, "nothing is confirmed while nothing can be kept");
    house.fault.disk_has_room();
    assert_eq!(station.confirmed(&timed(STATION, 2, 2.0)).await, Some(2), "the same connection goes on");
    assert_eq!(house.store.samples.latest(house.total).unwrap().0.value, Some(2.0));
}

#[tokio::test]
async fn many_frames_in_one_write_are_confirmed_in_their_order() {
    let house = House::open().await;
    let mut station = house.call().await;
    let frames: Vec<u8> = (1..=200).flat_map(|n| timed(STATION, n, f64::from(n))).collect();
    station.send(&frames).await;
    for n in 1..=200 {
        assert_eq!(station.answer().await.and_then(|a| a.serial), Some(n));
    }
    assert_eq!(house.store.samples.latest(house.total).unwrap().0.value, Some(200.0));
}

#[tokio::test]
async fn a_frame_in_single_bytes_is_a_frame() {
    let house = House::open().await;
    let mut station = house.call().await;
    let frame = timed(STATION, 9, 0.5);
    for byte in &frame[..frame.len() - 1] {
        station.send(&[*byte]).await;
    }
    assert_eq!(station.confirmed(&frame[frame.len() - 1..]).await, Some(9));
}

#[tokio::test]
async fn a_keep_alive_is_never_answered_but_shows_that_the_station_lives() {
    let house = House::open().await;
    let mut station = house.call().await;
    station.send(&report(STATION, 0x2F, 41, vec![]).to_bytes().unwrap()).await;
    assert_eq!(
        station.confirmed(&timed(STATION, 42, 1.0)).await,
        Some(42),
        "the first answer is the report's"
    );
    let mut later = report(STATION, 0x2F, 42, vec![]);
    later.sent_at = at("2021-06-30T14:00:45");
    station.send(&later.to_bytes().unwrap()).await;
    station.stream_end().await;
    assert_eq!(station.answer().await, None);
    let seen = house.store.samples.seen(&code(STATION)).unwrap();
    assert_eq!(seen.last_sent_at, Some(later.sent_at));
    assert_eq!(house.store.samples.stats().packets, 1, "keep-alives are not kept");
}

#[tokio::test]
async fn a_frame_that_announces_more_is_told_to_stay_on_line() {
    let house = House::open().await;
    let mut station = house.call().await;
    let mut more = report(STATION, 0x32, 5, vec![Element::of(0x26, Some(1.0)).unwrap()]);
    more.more_follows = true;
    station.send(&more.to_bytes().unwrap()).await;
    assert_eq!(station.answer().await.unwrap().end, Some(control::ESC));
    assert_eq!(station.confirmed(&timed(STATION, 6, 1.0)).await, Some(6));
}

#[tokio::test]
async fn without_confirmations_reports_are_kept_in_silence() {
    let one_way = sl651::Config { confirm: false, ..sl651::Config::loopback() };
    let house = House::with(Config { sl651: Some(one_way), ..Config::default() }).await;
    let mut station = house.call().await;
    station.send(&timed(STATION, 5, 1.5)).await;
    station.stream_end().await;
    assert_eq!(station.answer().await, None);
    assert_eq!(house.store.samples.latest(house.total).unwrap().0.value, Some(1.5));
}

#[tokio::test]
async fn an_hourly_report_becomes_twelve_samples_at_their_own_times() {
    let house = House::open().await;
    let mut rain = [Some(0.5); 12];
    rain[3] = None;
    rain[4] = Some(2.0);
    let mut hourly = report(STATION, 0x34, 1, vec![Element::five_minute_rain(rain)]);
    hourly.groups[0].observed_at = at("2021-06-30T13:05");
    // The last five minutes stand in the frame twice: element 22 comes first in the point's list.
    let elements = vec![Element::of(0x22, Some(0.7)).unwrap(), Element::of(0x39, Some(5.5)).unwrap()];
    hourly.groups.push(Group { observed_at: at("2021-06-30T14:00"), elements });
    assert_eq!(house.call().await.confirmed(&hourly.to_bytes().unwrap()).await, Some(1));
    let samples = house
        .store
        .samples
        .range(house.rain, at("2021-06-30T13:00"), at("2021-06-30T15:00"), 100)
        .await
        .unwrap();
    let read: Vec<_> = samples.iter().map(|(s, _)| (s.at, s.value, s.quality)).collect();
    assert_eq!(read.len(), 12);
    for (n, (at_, _, _)) in (1_i64..).zip(&read) {
        assert_eq!(*at_, at("2021-06-30T13:00").plus_ms(n * 5 * MINUTE_MS));
    }
    assert_eq!(read[3], (at("2021-06-30T13:20"), None, Quality::Missing));
    assert_eq!(read[4], (at("2021-06-30T13:25"), Some(2.0), Quality::Good));
    assert_eq!(read[11], (at("2021-06-30T14:00"), Some(0.7), Quality::Good));
    assert_eq!(house.store.samples.stats().corrections, 0);
}

#[tokio::test]
async fn values_are_marked_by_how_far_they_can_be_trusted() {
    let house = House::open().await;
    let mut station = house.call().await;
    let level = |value| vec![Element::of(0x39, value).unwrap()];
    let mut minute = 0;
    let mut quality = async |function: u8, elements: Vec<Element>| {
        minute += 1;
        let mut frame = report(STATION, function, minute, elements);
        frame.groups[0].observed_at = at("2021-06-30T13:00").plus_ms(i64::from(minute) * MINUTE_MS);
        assert_eq!(station.confirmed(&frame.to_bytes().unwrap()).await, Some(minute));
        house.store.samples.latest(house.level).unwrap().0.quality
    };
    assert_eq!(quality(0x32, level(Some(5.0))).await, Quality::Good);
    assert_eq!(quality(0x32, level(Some(80.5))).await, Quality::Suspect);
    assert_eq!(quality(0x32, level(Some(-0.5))).await, Quality::Suspect);
    assert_eq!(quality(0x32, level(None)).await, Quality::Missing);
    assert_eq!(quality(0x35, level(Some(5.0))).await, Quality::Manual);
    // An hour's values labelled past the moment they were sent cannot be labelled right.
    assert_eq!(quality(0x34, vec![Element::five_minute_level([Some(5.0); 12])]).await, Quality::Good);
    minute_past(&house).await;
}

async fn minute_past(house: &House) {
    let mut late = report(STATION, 0x34, 99, vec![Element::five_minute_level([Some(5.0); 12])]);
    late.groups[0].observed_at = at("2021-06-30T14:00");
    assert_eq!(house.call().await.confirmed(&late.to_bytes().unwrap()).await, Some(99));
    assert_eq!(house.store.samples.latest(house.level).unwrap().0.quality, Quality::Suspect);
}

#[tokio::test]
async fn datagrams_are_reports_too() {
    let house = House::open().await;
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    socket.connect(house.gateway.udp("sl651").unwrap()).await.unwrap();
    socket.send(&[timed(STATION, 1, 1.0), timed(STATION, 2, 2.0)].concat()).await.unwrap();
    let mut buf = [0; 100];
    for serial in 1..=2 {
        let length = socket.recv(&mut buf).await.unwrap();
        let answer = decode(&buf[..length]);
        assert_eq!((answer.problems.len(), answer.serial), (0, Some(serial)));
    }
    assert_eq!(house.store.samples.stats().packets, 2);
    socket.send(b"hello").await.unwrap();
    socket.send(&timed(STATION, 3, 3.0)).await.unwrap();
    let length = socket.recv(&mut buf).await.unwrap();
    assert_eq!(decode(&buf[..length]).serial, Some(3));
    let quarantined = house.quarantine().await;
    assert_eq!(quarantined.len(), 1);
    assert_eq!(quarantined[0].raw, b"hello");
}

#[tokio::test]
async fn a_shutdown_confirms_what_is_under_way_and_takes_nothing_new() {
    let house = House::open().await;
    let addr = house.tcp();
    let mut station = house.call().await;
    assert_eq!(station.confirmed(&timed(STATION, 1, 1.0)).await, Some(1));
    house.ask_to_stop();
    let (_store, _dir) = house.stop().await;
    assert_eq!(station.answer().await, None, "the connection was closed in order");
    assert!(tokio::net::TcpStream::connect(addr).await.is_err());
}
