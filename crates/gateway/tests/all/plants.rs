//! HJ 212 and SL/T 427: kept, then answered; refused with a reason; put together from parts.

use crate::house::{House, at, code};
use field::command::{Ask, CommandState, ParameterTable, Silence};
use field::id::{BlockId, CommandId, PersonId, PointId};
use field::place::Position;
use field::sample::Quality;
use field::station::{Point, Quantity, Station, StationKind};
use gateway::{Config, Limits, hj212, sl427};
use std::net::SocketAddr;
use store::tables::NewCommand;
use store::{Actor, Credential, Store, Subject};
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
            own_unit: String::new(),
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
    assert!(packet.remarks.problems.is_empty(), "{:?}", packet.remarks.problems);
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
async fn a_plant_whose_clock_runs_on_utc_is_named_and_its_neighbour_is_believed() {
    const NEIGHBOUR: &str = "010000A8900016F000169DC1";
    let (house, points, mut on_utc) = plant(hj212::StartUp::default()).await;
    let own = register(&house.store, NEIGHBOUR, &["w01018-Rtd"]).await;
    let mut right = Device::call(house.gateway.tcp("hj212").unwrap(), wire::hj212::FRAMING).await;
    // 14:00 in Beijing.
    for minute in [0, 5, 10, 15] {
        for (device, mn, hour) in [(&mut on_utc, MN, 6), (&mut right, NEIGHBOUR, 14)] {
            let at = format!("20210630{hour:02}{minute:02}");
            let mut said = request(2011, 5, &format!("DataTime={at}00;w01018-Rtd=31.2,w01018-Flag=N"));
            (said.mn, said.qn) = (mn.to_owned(), format!("{at}05001"));
            device.send(&said.to_bytes().unwrap()).await;
            assert_eq!(answer(device).await.cn, Some(9014), "nothing is refused");
        }
        house.clock.advance_ms(300_000);
    }
    let qualities = async |point: PointId| {
        let kept = house.store.samples.range(point, at("2021-06-30T00:00"), at("2021-07-01T00:00"), 9).await;
        kept.unwrap().iter().map(|(sample, _)| sample.quality).collect::<Vec<_>>()
    };
    use Quality::{Good, Suspect};
    assert_eq!(qualities(points[0]).await, [Good, Good, Suspect, Suspect]);
    assert_eq!(qualities(own[0]).await, [Good; 4]);
    for (station, times) in [(MN, 1), (NEIGHBOUR, 0)] {
        let lines = house.store.tables.journal_of(&Subject::Station(code(station)), 100).await.unwrap();
        assert_eq!(lines.iter().filter(|line| line.act == "clock_wrong").count(), times, "{station}");
    }
    assert!(house.quarantine().await.is_empty());
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

/// A plant that speaks HJ 212-2025 and proves itself by its password, after its first sign of life.
async fn plant_2025(limits: Limits) -> (House, Vec<PointId>, Device) {
    let hj212 = hj212::Config { require_password: true, ..hj212::Config::loopback() };
    let house = House::with(Config { hj212: Some(hj212), limits, ..Config::loopback() }).await;
    let points = register(&house.store, MN, &["w01018-Rtd", "w01018-Avg"]).await;
    let secret = store::Secret::Plain { text: "123456".into() };
    let credential = Credential { station: code(MN), protocol: "hj212".into(), user: MN.into(), secret };
    let mut tx = house.store.tables.begin(Actor::Desk("test"), at("2021-06-01T00:00")).await.unwrap();
    tx.credential_put(&credential).await.unwrap();
    tx.commit().await.unwrap();
    let mut device = Device::call(house.gateway.tcp("hj212").unwrap(), wire::hj212::FRAMING).await;
    device.send(&request(9015, 9, "").to_bytes().unwrap()).await;
    assert_eq!(answer(&mut device).await.cn, Some(9015));
    (house, points, device)
}

/// Asks for a command; where a second person has to allow it, one does.
async fn asked(house: &House, ask: Ask) -> CommandId {
    let now = at("2021-06-30T14:00:06");
    let new = NewCommand {
        station: code(MN),
        ask,
        reason: "drill".into(),
        by: PersonId(1),
        expires_at: now.plus_ms(600_000),
    };
    let command = store::command::ask(&house.store, new, now, None).await.unwrap().now;
    if command.state == CommandState::Asked {
        store::command::allow(&house.store, command.id, PersonId(2), now, None).await.unwrap();
    }
    command.id
}

/// The plant hears a command and says these things to it.
async fn says(device: &mut Device, expected: (u16, &str), said: &[(u16, &str)]) {
    let heard = answer(device).await;
    assert_eq!((heard.cn, String::from_utf8_lossy(&heard.cp).as_ref()), (Some(expected.0), expected.1));
    assert_eq!((heard.version(), heard.wants_answer(), heard.pw.as_deref()), (2025, true, Some("123456")));
    for (cn, cp) in said {
        let mut packet = request(*cn, 8, cp);
        packet.qn = heard.qn.clone().unwrap();
        device.send(&packet.to_bytes().unwrap()).await;
    }
}

fn sample() -> Ask {
    Ask::Write { target: "sample:w01018".into(), value: 1.0 }
}

const READY: (u16, &str) = (9011, "QnRtn=1");
const DONE: (u16, &str) = (9012, "ExeRtn=1");

#[tokio::test]
async fn commands_of_2025_are_sent_answered_and_read_back_beside_notices_and_data() {
    let (house, points, mut device) = plant_2025(Limits::default()).await;
    let interval = |value: Option<&str>| match value {
        Some(value) => Ask::SetParameters {
            table: ParameterTable::Running,
            values: [("RtdInterval".to_owned(), value.to_owned())].into(),
        },
        None => Ask::ReadParameters { table: ParameterTable::Running, ids: vec!["RtdInterval".into()] },
    };
    // Set, and read back what was set.
    let set = asked(&house, interval(Some("60"))).await;
    says(&mut device, (1062, "RtdInterval=60"), &[READY, DONE]).await;
    let set = house.over(set).await;
    assert_eq!(
        (set.state, set.done, set.protocol.as_deref()),
        (CommandState::Answered, Some(true), Some("hj212"))
    );
    let read = asked(&house, interval(None)).await;
    says(&mut device, (1061, ""), &[READY, (1061, "RtdInterval=60"), DONE]).await;
    let read = house.over(read).await;
    assert_eq!(read.answer.unwrap()["values"]["RtdInterval"], "60");
    // Each step is a line of the journal.
    let lines = house.store.tables.journal_of(&Subject::Command(read.id), 10).await.unwrap();
    let acts: Vec<_> = lines.iter().map(|line| line.act.as_str()).collect();
    assert_eq!(acts, ["ask", "allow", "send", "answer"]);
    // Minutes of the past: they are kept, the command is done when the plant says so.
    let (from, to) = (at("2021-06-30T13:00"), at("2021-06-30T13:10"));
    let minutes = Ask::QueryPeriod { from, to, step_min: 10, element: "w01018-Avg".into() };
    let minutes = asked(&house, minutes).await;
    let data = "DataTime=20210630125000;w01018-Avg=30.5,w01018-Flag=N";
    says(
        &mut device,
        (2051, "BeginTime=20210630125000;EndTime=20210630130000"),
        &[READY, (2051, data), DONE],
    )
    .await;
    assert_eq!(house.over(minutes).await.done, Some(true));
    let (kept, _) = house.store.samples.latest(points[1]).unwrap();
    assert_eq!((kept.at, kept.value), (at("2021-06-30T13:00"), Some(30.5)), "labelled at its end");
    // Meanwhile it gives notice and sends data: 9013 and the clock it wants, 9014.
    device.send(&request(1013, 9, "").to_bytes().unwrap()).await;
    assert_eq!(answer(&mut device).await.cn, Some(9013));
    let clock = answer(&mut device).await;
    assert_eq!((clock.cn, clock.item("SystemTime")), (Some(1012), Some("20210630140006")));
    let cp = "DataTime=20210630140000;w01018-Rtd=31.2,w01018-Flag=N";
    device.send(&request(2011, 9, cp).to_bytes().unwrap()).await;
    let confirmed = answer(&mut device).await;
    assert_eq!((confirmed.cn, confirmed.version()), (Some(9014), 2025));
    assert_eq!(house.store.samples.latest(points[0]).unwrap().0.value, Some(31.2));
    assert!(house.quarantine().await.is_empty());
}

#[tokio::test]
async fn a_sample_is_kept_at_once_and_a_standard_checked_by_a_plant_of_2025() {
    let (house, _, mut device) = plant_2025(Limits::default()).await;
    for (target, cn) in [("retain_now:w01018", 3022), ("check_standard:w01018", 3024)] {
        let id = asked(&house, Ask::Write { target: target.into(), value: 1.0 }).await;
        says(&mut device, (cn, "PolId=w01018"), &[READY, DONE]).await;
        let command = house.over(id).await;
        assert_eq!((command.state, command.done), (CommandState::Answered, Some(true)), "{target}");
        assert_eq!(command.answer.unwrap()["exe_rtn"], 1);
    }
}

#[tokio::test]
async fn checks_against_a_standard_are_fetched_and_kept_beside_what_was_measured() {
    let (house, points, mut device) = plant_2025(Limits::default()).await;
    let checks = register(&house.store, MN, &["w01018-SampleRd-2062", "w01018-ResultType-2062"]).await;
    let (from, to) = (at("2021-06-30T08:00"), at("2021-06-30T12:00"));
    let ask = Ask::QueryPeriod { from, to, step_min: 60, element: "w01018-SampleRd-2062".into() };
    let id = asked(&house, ask).await;
    let data = "DataTime=20210630083000;w01018-SampleRd=98.2;w01018-StandardValue=100;w01018-ResultType=1";
    let asked_for = "BeginTime=20210630080000;EndTime=20210630120000";
    says(&mut device, (2062, asked_for), &[READY, (2062, data), DONE]).await;
    assert_eq!(house.over(id).await.done, Some(true));
    for (point, value) in checks.iter().zip([98.2, 1.0]) {
        let (kept, _) = house.store.samples.latest(*point).unwrap();
        assert_eq!((kept.at, kept.value), (at("2021-06-30T08:30"), Some(value)));
    }
    assert_eq!(house.store.samples.latest(points[0]), None, "no value of the water");
    assert!(house.quarantine().await.is_empty());
}

#[tokio::test]
async fn an_act_of_2025_is_not_sent_to_a_plant_of_2017() {
    let (house, _, mut device) = plant(hj212::StartUp::default()).await;
    device.send(&request(2011, 5, "DataTime=20210630140000;w01018-Rtd=1").to_bytes().unwrap()).await;
    assert_eq!(answer(&mut device).await.cn, Some(9014));
    let target = "retain_now:w01018".to_owned();
    let command = house.over(asked(&house, Ask::Write { target, value: 1.0 }).await).await;
    assert_eq!((command.state, command.done), (CommandState::Answered, Some(false)));
    assert_eq!(command.answer.unwrap()["not_sent"]["code"], "unsupported");
    // The next thing that it hears is the answer to its own next report.
    device.send(&request(2011, 5, "DataTime=20210630140100;w01018-Rtd=1").to_bytes().unwrap()).await;
    assert_eq!(answer(&mut device).await.cn, Some(9014));
}

#[tokio::test]
async fn what_a_plant_refuses_and_what_it_cannot_do_are_told_apart() {
    let (house, _, mut device) = plant_2025(Limits::default()).await;
    for (said, key, code, text) in [
        (&[(9011, "QnRtn=2")][..], "qn_rtn", 2, "refused"),
        (&[READY, (9012, "ExeRtn=5")][..], "exe_rtn", 5, "busy"),
        (&[READY, (9012, "ExeRtn=100")][..], "exe_rtn", 100, "no data"),
    ] {
        let id = asked(&house, sample()).await;
        says(&mut device, (3012, "PolId=w01018"), said).await;
        let command = house.over(id).await;
        let answer = command.answer.unwrap();
        assert_eq!((command.state, command.done), (CommandState::Answered, Some(false)));
        assert_eq!((&answer[key], &answer["text"]), (&code.into(), &text.into()));
    }
}

#[tokio::test]
async fn a_result_that_comes_too_late_changes_nothing_and_nothing_is_sent_again() {
    let limits = Limits { command: std::time::Duration::from_millis(50), ..Limits::default() };
    let (house, _, mut device) = plant_2025(limits).await;
    let id = asked(&house, sample()).await;
    says(&mut device, (3012, "PolId=w01018"), &[READY]).await;
    let silent = house.over(id).await;
    assert_eq!((silent.state, silent.silence), (CommandState::TimedOut, Some(Silence::NoAnswer)));
    device.send(&request(9012, 8, "ExeRtn=1").to_bytes().unwrap()).await;
    device.send(&request(9015, 9, "").to_bytes().unwrap()).await;
    assert_eq!(answer(&mut device).await.cn, Some(9015));
    assert_eq!(house.store.tables.command(id).await.unwrap().unwrap(), silent);
}

#[tokio::test]
async fn a_plant_of_2025_with_another_password_is_told_so_and_shown_to_a_person() {
    let (house, points, mut device) = plant_2025(Limits::default()).await;
    let mut wrong = request(2011, 9, "DataTime=20210630140000;w01018-Rtd=31.2,w01018-Flag=N");
    wrong.pw = "654321".to_owned();
    device.send(&wrong.to_bytes().unwrap()).await;
    let told = answer(&mut device).await;
    assert_eq!((told.cn, told.item("QnRtn"), told.version()), (Some(9011), Some("3"), 2025));
    assert_eq!(house.store.samples.latest(points[0]), None);
    let kept = house.quarantine().await;
    assert_eq!(kept.iter().map(|q| q.reason.as_str()).collect::<Vec<_>>(), ["wrong_password"]);
}
