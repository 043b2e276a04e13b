//! The load against a small centre of its own.

use super::*;
use field::clock::TestClock;
use std::collections::BTreeMap;
use std::sync::Mutex;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use wire::sl651::encode::Confirmation;
use wire::sl651::{Cut, Cutter, decode};

type Heard = Arc<Mutex<BTreeMap<(String, u16), Vec<Vec<u8>>>>>;

/// Confirms each frame the `from`th time it hears it.
async fn centre(from: usize) -> (SocketAddr, Heard) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    let heard = Heard::default();
    let all = Arc::clone(&heard);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, Arc::clone(&all), from));
        }
    });
    (addr, heard)
}

async fn serve(mut stream: TcpStream, heard: Heard, from: usize) {
    let mut cutter = Cutter::new();
    let mut bytes = [0; 1_024];
    while let Ok(read @ 1..) = stream.read(&mut bytes).await {
        let mut answers = vec![];
        cutter.feed(&bytes[..read], |cut| {
            let Cut::Frame(frame) = cut else { panic!("garbage from a load station") };
            let decoded = decode(&frame);
            assert!(decoded.is_trusted(), "{decoded:?}");
            let key = (decoded.station.clone().unwrap(), decoded.serial.unwrap());
            let mut heard = heard.lock().unwrap();
            let copies = heard.entry(key).or_default();
            copies.push(frame);
            if copies.len() >= from {
                answers.extend(Confirmation::to(&decoded, Time::MIN, true).unwrap().to_bytes());
            }
        });
        stream.write_all(&answers).await.unwrap();
    }
}

fn clock() -> Arc<dyn Clock> {
    Arc::new(TestClock::at(Time::from_beijing(2026, 7, 1, 12, 0, 0).unwrap()))
}

#[tokio::test]
async fn every_report_that_is_due_is_sent_and_confirmed_once_and_observed_at_its_own_minute() {
    let (addr, heard) = centre(1).await;
    let load = Load { seconds: 1, alarms: 5, ..Load::new(addr, 20, 100.0) };
    let report = run(load, clock()).await.unwrap();
    assert_eq!((report.due, report.sent, report.confirmed), (100, 100, 100));
    assert_eq!((report.resent, report.unconfirmed, report.never_connected), (0, 0, 0));
    assert_eq!(report.alarms, 5, "each of the five stations goes over its threshold");
    assert_eq!(report.confirmed_of, [5; 20]);
    let heard = heard.lock().unwrap();
    assert_eq!(heard.len(), 100);
    let first: Vec<Time> = (1..=5)
        .map(|serial| decode(&heard[&("EEEE000003".to_owned(), serial)][0]).readings[0].observed_at)
        .collect();
    assert!(first.windows(2).all(|pair| pair[1].since_ms(pair[0]) == MINUTE_MS), "{first:?}");
    assert_eq!(first[0], report.observed_from);
}

/// Confirms each frame, but not the first copy of the first one of a station; who asked from where.
async fn datagrams() -> (SocketAddr, Arc<Mutex<BTreeMap<SocketAddr, BTreeMap<String, usize>>>>) {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let addr = socket.local_addr().unwrap();
    let heard: Arc<Mutex<BTreeMap<SocketAddr, BTreeMap<String, usize>>>> = Arc::default();
    let all = Arc::clone(&heard);
    tokio::spawn(async move {
        let mut bytes = [0; 1_024];
        while let Ok((length, peer)) = socket.recv_from(&mut bytes).await {
            let decoded = decode(&bytes[..length]);
            assert!(decoded.is_trusted(), "{decoded:?}");
            let station = decoded.station.clone().unwrap();
            let first = {
                let mut all = all.lock().unwrap();
                let copies = all.entry(peer).or_default().entry(station).or_default();
                *copies += 1;
                *copies == 1
            };
            if !first {
                let confirmation = Confirmation::to(&decoded, Time::MIN, true).unwrap().to_bytes();
                socket.send_to(&confirmation, peer).await.unwrap();
            }
        }
    });
    (addr, heard)
}

#[tokio::test]
async fn stations_behind_relays_share_sockets_and_each_hears_its_own_confirmations() {
    let (addr, heard) = datagrams().await;
    let stations = BEHIND_ONE + 8;
    let patience = Duration::from_millis(50);
    let load = Load {
        seconds: 1,
        relayed: stations,
        patience,
        ..Load::new(addr, stations, 2.0 * f64::from(stations))
    };
    let report = run(load, clock()).await.unwrap();
    let all = u64::from(2 * stations);
    assert_eq!((report.due, report.sent, report.confirmed), (all, all, all));
    assert_eq!((report.unconfirmed, report.never_connected), (0, 0));
    let heard = heard.lock().unwrap();
    let behind: Vec<usize> = heard.values().map(BTreeMap::len).collect();
    assert!(behind == [32, 8] || behind == [8, 32], "{behind:?}");
    assert!(heard.values().flatten().all(|(_, copies)| *copies >= 3), "the first copy was not confirmed");
}

#[tokio::test]
async fn a_frame_without_a_confirmation_is_sent_again_as_it_was() {
    let (addr, heard) = centre(2).await;
    let patience = Duration::from_millis(20);
    let load = Load { seconds: 1, patience, ..Load::new(addr, 4, 4.0) };
    let report = run(load, clock()).await.unwrap();
    assert_eq!((report.sent, report.confirmed), (4, 4));
    assert!(report.resent >= 4);
    for copies in heard.lock().unwrap().values() {
        assert!(copies.len() >= 2 && copies.windows(2).all(|pair| pair[0] == pair[1]));
    }
}

#[tokio::test]
async fn more_stations_than_there_can_be_are_refused_with_the_setting() {
    let addr = SocketAddr::from(([127, 0, 0, 1], 1));
    let refused = run(Load::new(addr, MAX_STATIONS + 1, 1.0), clock()).await.unwrap_err().to_string();
    assert!(refused.contains("stations"), "{refused}");
}

#[test]
fn load_stations_stand_in_their_blocks_and_are_reported_under_addresses_of_the_protocol() {
    let town = crate::Town::generate(7).unwrap();
    let listed = stations(500, 60, &town.blocks);
    assert_eq!(listed.len(), 500);
    for (n, one) in (0..).zip(&listed) {
        let block = town.blocks.iter().find(|b| b.id == one.station.block).unwrap();
        assert!(block.ring.contains(one.station.position), "{n}");
        assert_eq!(code(n).unwrap(), one.station.code);
        assert!(frame(n, 1, Time::MIN, Time::MIN, 0.5).is_ok());
    }
}
