//! HJ 212 and SL/T 427: kept, then answered; refused with a reason; put together from parts.

use crate::house::{House, at, code};
use field::id::{BlockId, PointId};
use field::place::Position;
use field::sample::Quality;
use field::station::{Point, Quantity, Station, StationKind};
use gateway::{Config, hj212, sl427};
use std::net::SocketAddr;
use store::{Actor, Store};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use wire::cut::{Framing, Piece, StreamCutter};
use wire::hj212::encode::Request;

const MN: &str = "010000A8900016F000169DC0";

/// Registers a station with points of these elements.
pub(crate) async fn register(store: &Store, station: &str, elements: &[&str]) -> Vec<PointId> {
    let mut tx = store.tables.begin(Actor::Desk("test"), at("2021-06-01T00:00")).await.unwrap();
    tx.station_put(&Station {
        code: code(station),
        name: "测试站".to_owned(),
        name_en: "Test station".to_owned(),
        kind: StationKind::River,
        position: Position { lon: 120.07, lat: 29.31 },
        block: BlockId(1),
        report_interval_s: 300,
        ground_m: None,
        crown_m: None,
        maintenance: None,
        synthetic: true,
    })
    .await
    .unwrap();
    let mut ids = Vec::new();
    for element in elements {
        let point = Point {
            id: PointId(0),
            station: code(station),
            quantity: Quantity::Other,
            elements: vec![(*element).to_owned()],
            min: -1.0e9,
            max: 1.0e9,
        };
        ids.push(tx.point_put(&point).await.unwrap());
    }
    tx.commit().await.unwrap();
    ids
}

/// A device's end of a connection.
pub(crate) struct Device {
    stream: TcpStream,
    cutter: StreamCutter,
    waiting: std::collections::VecDeque<Vec<u8>>,
}

impl Device {
    pub(crate) async fn call(addr: SocketAddr, framing: Framing) -> Self {
        let stream = TcpStream::connect(addr).await.unwrap();
        Self { stream, cutter: StreamCutter::new(framing), waiting: std::collections::VecDeque::new() }
    }

    pub(crate) fn of(stream: TcpStream, framing: Framing) -> Self {
        Self { stream, cutter: StreamCutter::new(framing), waiting: std::collections::VecDeque::new() }
    }

    pub(crate) async fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.unwrap();
    }

    /// Says that nothing more will come, and waits until the other side has heard everything.
    pub(crate) async fn end(mut self) {
        let _ = self.stream.shutdown().await;
        while self.next().await.is_some() {}
    }

    pub(crate) async fn next(&mut self) -> Option<Vec<u8>> {
        let mut buf = [0; 1024];
        loop {
            if let Some(frame) = self.waiting.pop_front() {
                return Some(frame);
            }
            let read = self.stream.read(&mut buf).await.unwrap_or(0);
            if read == 0 {
                return None;
            }
            let waiting = &mut self.waiting;
            self.cutter.feed(&buf[..read], |piece| {
                if let Piece::Frame(bytes) = piece {
                    waiting.push_back(bytes);
                }
            });
        }
    }
}

fn request(cn: u16, flag: u8, cp: &str) -> Request {
    Request {
        qn: "20210630140005001".to_owned(),
        st: "32".to_owned(),
        cn,
        pw: "123456".to_owned(),
        mn: MN.to_owned(),
        flag,
        packet: None,
        cp: cp.to_owned(),
    }
}

async fn plant(start_up: hj212::StartUp) -> (House, Vec<PointId>, Device) {
    let config = hj212::Config { start_up, ..hj212::Config::loopback() };
    let house = House::with(Config { hj212: Some(config), ..Config::loopback() }).await;
    let elements = ["w01018-Rtd", "w21003-Rtd", "w01018-Avg-2061", "w00000-Rtd"];
    let points = register(&house.store, MN, &elements).await;
    let device = Device::call(house.gateway.tcp("hj212").unwrap(), wire::hj212::FRAMING).await;
    (house, points, device)
}

async fn answer(device: &mut Device) -> wire::hj212::Decoded {
    let packet = wire::hj212::decode(&device.next().await.unwrap());
    assert!(packet.problems.is_empty(), "{:?}", packet.problems);
    packet
}

#[tokio::test]
async fn when_9014_arrives_the_values_are_kept_with_their_marks_and_units() {
    let (house, points, mut device) = plant(hj212::StartUp::default()).await;
    let cp = "DataTime=20210630140000;w01018-Rtd=31.2,w01018-Flag=N;w21003-Rtd=1.5,w21003-Flag=M;w00000-Rtd=250,w00000-Flag=N";
    device.send(&request(2011, 5, cp).to_bytes().unwrap()).await;
    let answer = answer(&mut device).await;
    assert_eq!((answer.cn, answer.st.as_deref()), (Some(9014), Some("91")));
    assert_eq!(answer.qn.as_deref(), Some("20210630140005001"));
    let latest = |n: usize| house.store.samples.latest(points[n]).unwrap().0;
    assert_eq!(
        (latest(0).value, latest(0).quality, latest(0).at),
        (Some(31.2), Quality::Good, at("2021-06-30T14:00"))
    );
    assert_eq!((latest(1).value, latest(1).quality), (Some(1.5), Quality::Suspect), "only N counts");
    assert_eq!(latest(3).value, Some(0.25), "litres a second become cubic metres");
}

#[tokio::test]
async fn an_hour_that_began_at_13_is_kept_at_14_and_without_a_wish_nothing_is_answered() {
    let (house, points, mut device) = plant(hj212::StartUp::default()).await;
    let cp = "DataTime=20210630130000;w01018-Avg=40.1,w01018-Flag=N";
    device.send(&request(2061, 4, cp).to_bytes().unwrap()).await;
    device.send(&request(2011, 5, "DataTime=20210630140000;w01018-Rtd=1").to_bytes().unwrap()).await;
    assert_eq!(answer(&mut device).await.cn, Some(9014), "the only answer is the second packet's");
    let hour = house.store.samples.latest(points[2]).unwrap().0;
    assert_eq!((hour.at, hour.value), (at("2021-06-30T14:00"), Some(40.1)));
}

#[tokio::test]
async fn a_full_disk_answers_no_plant() {
    let (house, _, mut device) = plant(hj212::StartUp::default()).await;
    house.fault.disk_has_room_for(0);
    device.send(&request(2011, 5, "DataTime=20210630140000;w01018-Rtd=1").to_bytes().unwrap()).await;
    // A heartbeat needs no disk: its answer comes alone.
    device.send(&request(9015, 9, "").to_bytes().unwrap()).await;
    assert_eq!(answer(&mut device).await.cn, Some(9015));
}

#[tokio::test]
async fn a_stranger_is_told_so_and_a_broken_packet_is_not() {
    let (house, _, mut device) = plant(hj212::StartUp::default()).await;
    let mut stranger = request(2011, 5, "DataTime=20210630140000;w01018-Rtd=1");
    stranger.mn = "NOBODY".to_owned();
    let mut broken = request(2011, 5, "DataTime=20210630140000;w01018-Rtd=1").to_bytes().unwrap();
    broken[20] ^= 1;
    device.send(&broken).await;
    device.send(&stranger.to_bytes().unwrap()).await;
    let told = answer(&mut device).await;
    assert_eq!((told.cn, told.item("QnRtn")), (Some(9011), Some("4")));
    device.end().await;
    let reasons: Vec<_> = house.quarantine().await.into_iter().map(|q| (q.protocol, q.reason)).collect();
    let hj = |reason: &str| ("hj212".to_owned(), reason.to_owned());
    assert_eq!(reasons, [hj("bad_crc"), hj("unknown_station")]);
}

#[tokio::test]
async fn each_part_is_answered_and_the_whole_is_read_when_the_last_has_come() {
    let (house, points, mut device) = plant(hj212::StartUp::default()).await;
    let whole = "DataTime=20210630140000;w01018-Rtd=31.2,w01018-Flag=N;w21003-Rtd=1.5,w21003-Flag=N";
    for (number, cp) in [(1, &whole[..38]), (2, &whole[38..])] {
        let mut part = request(2011, 7, cp);
        part.packet = Some((2, number));
        part.qn = format!("2021063014000500{number}");
        device.send(&part.to_bytes().unwrap()).await;
        assert_eq!(answer(&mut device).await.cn, Some(9014));
    }
    assert_eq!(house.store.samples.latest(points[0]).unwrap().0.value, Some(31.2));
    assert_eq!(house.store.samples.latest(points[1]).unwrap().0.value, Some(1.5));
}

#[tokio::test]
async fn a_plant_that_started_is_told_clock_and_intervals_one_after_another() {
    let start_up = hj212::StartUp {
        set_clock: true,
        timeouts: Some((10, 3)),
        real_time_interval_s: Some(60),
        minute_interval: None,
    };
    let (_house, _, mut device) = plant(start_up).await;
    let cp = "DataTime=20210630140000;RestartTime=20210630135900";
    device.send(&request(2081, 5, cp).to_bytes().unwrap()).await;
    assert_eq!(answer(&mut device).await.cn, Some(9013));
    for (cn, cp) in
        [(1012, "SystemTime=20210630140006"), (1000, "OverTime=10;ReCount=3"), (1062, "RtdInterval=60")]
    {
        let told = answer(&mut device).await;
        assert_eq!((told.cn, String::from_utf8(told.cp.clone()).unwrap().as_str()), (Some(cn), cp));
        assert!(told.wants_answer());
        for (cn, cp) in [(9011, "QnRtn=1"), (9012, "ExeRtn=1")] {
            let mut said = request(cn, 4, cp);
            said.qn = told.qn.clone().unwrap();
            device.send(&said.to_bytes().unwrap()).await;
        }
    }
}

#[tokio::test]
async fn a_water_resource_station_is_confirmed_when_its_level_is_kept() {
    let config = Config { sl427: Some(sl427::Config::loopback()), ..Config::loopback() };
    let house = House::with(config).await;
    let points = register(&house.store, "0102030405", &["02", "alarm"]).await;
    let mut device = Device::call(house.gateway.tcp("sl427").unwrap(), wire::sl427::FRAMING).await;
    let address = [1, 2, 3, 4, 5];
    device.send(&wire::sl427::encode::link(address, 0xF0)).await;
    assert_eq!(wire::sl427::decode(&device.next().await.unwrap()).link, Some(0xF0));
    let report = wire::sl427::encode::report(address, 2, &[51.234], (4, 0), at("2021-06-30T14:00")).unwrap();
    device.send(&report).await;
    let confirmed = wire::sl427::decode(&device.next().await.unwrap());
    assert_eq!((confirmed.afn, confirmed.direction), (Some(0xC0), Some(wire::sl427::Direction::Down)));
    let level = house.store.samples.latest(points[0]).unwrap().0;
    assert_eq!((level.at, level.value), (at("2021-06-30T14:00"), Some(51.234)));
    assert_eq!(house.store.samples.latest(points[1]).unwrap().0.value, Some(4.0));
}
