//! Modbus devices asked: by a server no one here wrote, dead ones, refusing ones, several on a line.

use crate::house::{at, code};
use field::clock::TestClock;
use field::command::{Ask, CommandState};
use field::id::{BlockId, PacketSeq, PersonId, PointId, StationCode};
use field::place::Position;
use field::sample::Quality;
use field::station::{Point, Quantity, Station, StationKind};
use gateway::modbus::{Config, Connection, Device};
use std::collections::HashMap;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use store::tables::NewCommand;
use store::{Actor, FaultPlan, Options, Store};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_modbus::server::{Service, rtu_over_tcp, tcp};
use tokio_modbus::{ExceptionCode, Request, Response, SlaveRequest};
use wire::modbus::{Transport, decode};

const MAP: &str = r#"
name = "well"
word_order = "CDAB"
heartbeat = 50
[[element]]
id = "level"
table = "holding"
address = 3
type = "f32"
unit = "m"
[[element]]
id = "running"
table = "input"
address = 0
[[element]]
id = "pump-1-start"
table = "coil"
address = 7
type = "bit"
writable = true
[[element]]
id = "stop-level"
table = "holding"
address = 20
scale = 0.01
writable = true
"#;

/// A public server's memory: what its registers hold, which unit never answers.
#[derive(Debug, Default)]
struct Device1 {
    holding: Mutex<HashMap<u16, u16>>,
    coils: Mutex<HashMap<u16, bool>>,
    /// This unit does not answer.
    silent: Option<u8>,
    /// Input registers are refused.
    no_inputs: bool,
    asked: Mutex<Vec<(u8, u16, u16)>>,
}

#[derive(Clone, Debug)]
struct Served(Arc<Device1>);

impl Service for Served {
    type Request = SlaveRequest<'static>;
    type Response = Option<Response>;
    type Exception = ExceptionCode;
    type Future = Pin<Box<dyn Future<Output = Result<Option<Response>, ExceptionCode>> + Send>>;

    fn call(&self, asked: Self::Request) -> Self::Future {
        let device = self.0.clone();
        Box::pin(async move { device.answer(asked) })
    }
}

impl Device1 {
    fn answer(&self, asked: SlaveRequest<'static>) -> Result<Option<Response>, ExceptionCode> {
        if self.silent == Some(asked.slave) {
            return Ok(None);
        }
        let mut holding = self.holding.lock().unwrap();
        let mut coils = self.coils.lock().unwrap();
        Ok(Some(match asked.request {
            Request::ReadHoldingRegisters(from, count) => {
                self.asked.lock().unwrap().push((asked.slave, from, count));
                Response::ReadHoldingRegisters(
                    (from..from + count)
                        .map(|n| holding.get(&n).copied().unwrap_or(u16::from(asked.slave)))
                        .collect(),
                )
            }
            Request::ReadInputRegisters(..) if self.no_inputs => {
                return Err(ExceptionCode::IllegalDataAddress);
            }
            Request::ReadInputRegisters(_, count) => {
                Response::ReadInputRegisters(vec![2; usize::from(count)])
            }
            Request::ReadCoils(from, count) => Response::ReadCoils(
                (from..from + count).map(|n| coils.get(&n).copied().unwrap_or(false)).collect(),
            ),
            Request::WriteSingleCoil(to, on) => {
                coils.insert(to, on);
                Response::WriteSingleCoil(to, on)
            }
            Request::WriteSingleRegister(to, value) => {
                holding.insert(to, value);
                Response::WriteSingleRegister(to, value)
            }
            _ => return Err(ExceptionCode::IllegalFunction),
        }))
    }
}

async fn serve(transport: Transport, device: Arc<Device1>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let connected = |stream: TcpStream, _| {
            let service = Served(device.clone());
            async move { Ok(Some((service, stream))) }
        };
        match transport {
            Transport::Tcp => tcp::Server::new(listener).serve(&connected, |_| ()).await,
            Transport::RtuOverTcp => rtu_over_tcp::Server::new(listener).serve(&connected, |_| ()).await,
        }
    });
    addr
}

/// A sound device: 42.5 m, two pumps.
fn sound() -> Device1 {
    let device = Device1::default();
    // 42.5 is 422A0000, least significant word first.
    device.holding.lock().unwrap().extend([(3, 0x0000), (4, 0x422A), (20, 250)]);
    device
}

struct Bench {
    store: Store,
    clock: Arc<TestClock>,
    fault: FaultPlan,
    gateway: gateway::Gateway,
    shutdown: watch::Sender<bool>,
    _dir: tempfile::TempDir,
}

fn device(station: &str, unit: u8) -> Device {
    Device { station: station.to_owned(), unit, map: "well".to_owned(), every_s: 60 }
}

fn connection(addr: SocketAddr, transport: Transport, devices: Vec<Device>) -> Connection {
    // Long enough that a device of a busy machine is never taken for a silent one.
    Connection { address: addr.to_string(), transport, timeout_ms: 10_000, devices }
}

fn config(connections: Vec<Connection>) -> gateway::Config {
    let modbus = Config { maps: vec![MAP.to_owned()], connections };
    gateway::Config { modbus: Some(modbus), ..gateway::Config::default() }
}

const A: &str = "3307820023";
const B: &str = "3307820024";

impl Bench {
    async fn new(connections: Vec<Connection>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let fault = FaultPlan::changeable();
        let options = Options { fault: fault.clone(), ..Options::new(dir.path()) };
        let store = Store::open(options).await.unwrap();
        register(&store).await;
        let clock = Arc::new(TestClock::at(at("2021-06-30T14:00:06")));
        let (shutdown, stop) = watch::channel(false);
        let gateway = gateway::run(config(connections), store.clone(), clock.clone(), stop).await.unwrap();
        Self { store, clock, fault, gateway, shutdown, _dir: dir }
    }

    /// Waits until so many packets are in the log.
    async fn packets(&self, count: u64) {
        self.store.samples.watch().wait_for(|head| head.0 >= count as _).await.unwrap();
    }

    fn latest(&self, station: &str, quantity: Quantity) -> Option<(Option<f64>, Quality)> {
        let registry = self.store.tables.registry();
        let point = registry.points_of(&code(station)).iter().find(|p| p.quantity == quantity)?;
        self.store.samples.latest(point.id).map(|(sample, _)| (sample.value, sample.quality))
    }

    async fn stop(self) -> Store {
        self.shutdown.send(true).unwrap();
        self.gateway.stopped().await;
        self.store
    }
}

async fn register(store: &Store) {
    let mut tx = store.tables.begin(Actor::Desk("test"), at("2021-06-01T00:00")).await.unwrap();
    for station in [A, B] {
        let station = Station {
            code: code(station),
            name: "泵站".to_owned(),
            name_en: "Pump station".to_owned(),
            kind: StationKind::Pump,
            position: Position { lon: 120.07, lat: 29.31 },
            block: BlockId(1),
            report_interval_s: 300,
            ground_m: None,
            crown_m: None,
            maintenance: None,
            synthetic: true,
        };
        tx.station_put(&station).await.unwrap();
        for (quantity, element) in [(Quantity::Level, "level"), (Quantity::PumpsRunning, "running")] {
            let elements = vec![element.to_owned()];
            let point = Point {
                id: PointId(0),
                station: station.code.clone(),
                quantity,
                elements,
                min: 0.0,
                max: 100.0,
                own_unit: String::new(),
            };
            tx.point_put(&point).await.unwrap();
        }
    }
    tx.commit().await.unwrap();
}

async fn is_polled_over(transport: Transport) {
    let device1 = Arc::new(sound());
    let addr = serve(transport, device1.clone()).await;
    let bench = Bench::new(vec![connection(addr, transport, vec![device(A, 9)])]).await;
    bench.packets(1).await;
    assert_eq!(bench.latest(A, Quantity::Level), Some((Some(42.5), Quality::Good)));
    assert_eq!(bench.latest(A, Quantity::PumpsRunning), Some((Some(2.0), Quality::Good)));
    // The stored bytes say by themselves what was read.
    let packet = bench.store.samples.packet(PacketSeq(1)).await.unwrap().unwrap().packet;
    assert_eq!((packet.protocol.as_str(), packet.sent_at), ("modbus", None));
    let row = decode(&packet.raw);
    assert!(row.is_trusted() && row.map.is_some() && row.transport == Some(transport), "{row:?}");
    assert_eq!(row.readings.iter().find(|r| r.id == "level").unwrap().value, Some(42.5));
    // Two minutes later it is asked again, and the last poll was acknowledged.
    bench.clock.advance_ms(120_000);
    bench.packets(2).await;
    let store = bench.stop().await;
    assert!((1..=2).contains(device1.holding.lock().unwrap().get(&50).unwrap()));
    assert_eq!(store.samples.packets_of(&code(A), 10).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_public_server_is_polled_over_tcp() {
    is_polled_over(Transport::Tcp).await;
}

#[tokio::test]
async fn a_public_server_is_polled_over_rtu_in_tcp() {
    is_polled_over(Transport::RtuOverTcp).await;
}

#[tokio::test]
async fn a_refused_read_is_a_missing_value_with_its_reason_in_the_bytes() {
    let addr = serve(Transport::Tcp, Arc::new(Device1 { no_inputs: true, ..sound() })).await;
    let bench = Bench::new(vec![connection(addr, Transport::Tcp, vec![device(A, 1)])]).await;
    bench.packets(1).await;
    assert_eq!(bench.latest(A, Quantity::Level), Some((Some(42.5), Quality::Good)));
    assert_eq!(bench.latest(A, Quantity::PumpsRunning), Some((None, Quality::Missing)));
    let raw = bench.store.samples.packet(PacketSeq(1)).await.unwrap().unwrap().packet.raw;
    let row = decode(&raw);
    assert_eq!(row.readings.iter().find(|r| r.id == "running").unwrap().why, Some("illegal_address"));
}

#[tokio::test]
async fn a_silent_unit_and_a_dead_connection_hurt_nobody_else() {
    let device1 = Arc::new(Device1 { silent: Some(1), ..sound() });
    let addr = serve(Transport::Tcp, device1.clone()).await;
    // Bound and never accepted: the connection stands, and nobody answers.
    let dead = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let gone = SocketAddr::from(([127, 0, 0, 1], 9));
    let impatient = |connection| Connection { timeout_ms: 60, ..connection };
    let bench = Bench::new(vec![
        impatient(connection(dead.local_addr().unwrap(), Transport::Tcp, vec![device(A, 1)])),
        impatient(connection(gone, Transport::RtuOverTcp, vec![device(A, 1)])),
        impatient(connection(addr, Transport::Tcp, vec![device(A, 1), device(B, 2)])),
    ])
    .await;
    for n in 1..=6 {
        // A busy machine may take a slow answer for silence: then the turn after it counts.
        while tokio::time::timeout(Duration::from_secs(1), bench.packets(n)).await.is_err() {
            bench.clock.advance_ms(60_000);
        }
        bench.clock.advance_ms(60_000);
    }
    assert_eq!(bench.latest(B, Quantity::Level), Some((Some(42.5), Quality::Good)));
    assert_eq!(bench.latest(A, Quantity::Level), None, "silence is not stored");
    assert_eq!(bench.store.samples.seen(&code(A)).map(|_| ()), None);
}

#[tokio::test]
async fn a_poll_that_could_not_be_kept_is_not_acknowledged() {
    let device1 = Arc::new(sound());
    let addr = serve(Transport::Tcp, device1.clone()).await;
    let bench = Bench::new(vec![connection(addr, Transport::Tcp, vec![device(A, 1)])]).await;
    bench.packets(1).await;
    bench.fault.disk_has_room_for(0);
    for _ in 0..3 {
        bench.clock.advance_ms(60_000);
        let before = device1.asked.lock().unwrap().len();
        while device1.asked.lock().unwrap().len() < before + 2 {
            tokio::task::yield_now().await;
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
    // The third poll may be on its way to the disk: there is room again only when nobody polls.
    let fault = bench.fault.clone();
    let store = bench.stop().await;
    fault.disk_has_room();
    assert_eq!(device1.holding.lock().unwrap().get(&50), Some(&1));
    assert_eq!(store.samples.packets_of(&code(A), 10).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_pump_is_started_by_a_command_and_read_back() {
    let device1 = Arc::new(sound());
    let addr = serve(Transport::Tcp, device1.clone()).await;
    let bench = Bench::new(vec![connection(addr, Transport::Tcp, vec![device(A, 1)])]).await;
    bench.packets(1).await;
    let now = at("2021-06-30T14:00:06");
    for (ask, expected) in [
        (
            Ask::SwitchPump { pump: 1, on: true },
            serde_json::json!({ "target": "pump-1-start", "wrote": 1.0, "read_back": 1.0 }),
        ),
        (
            Ask::Write { target: "stop-level".to_owned(), value: 3.1 },
            serde_json::json!({ "target": "stop-level", "wrote": 3.1, "read_back": 3.1 }),
        ),
    ] {
        let done = commanded(&bench, &code(A), ask, now).await;
        assert_eq!((done.done, done.answer), (Some(true), Some(expected)));
        assert_eq!(done.protocol.as_deref(), Some("modbus"));
    }
    assert_eq!(device1.coils.lock().unwrap().get(&7), Some(&true));
    assert_eq!(device1.holding.lock().unwrap().get(&20), Some(&310));
    let refused =
        commanded(&bench, &code(A), Ask::Write { target: "level".to_owned(), value: 1.0 }, now).await;
    assert_eq!(refused.done, Some(false));
    assert!(refused.answer.unwrap().to_string().contains("not writable"));
}

async fn commanded(
    bench: &Bench,
    station: &StationCode,
    ask: Ask,
    now: field::time::Time,
) -> field::command::Command {
    commanded_in(&bench.store, station, ask, now).await
}

/// Asks, allows by another person, and waits until it was answered.
pub(crate) async fn commanded_in(
    store: &Store,
    station: &StationCode,
    ask: Ask,
    now: field::time::Time,
) -> field::command::Command {
    let new = NewCommand {
        station: station.clone(),
        ask,
        reason: "drill".to_owned(),
        by: PersonId(1),
        expires_at: now.plus_ms(600_000),
    };
    let id = store::command::ask(store, new, now, None).await.unwrap().now.id;
    store::command::allow(store, id, PersonId(2), now, None).await.unwrap();
    loop {
        let command = store.tables.command(id).await.unwrap().unwrap();
        if !matches!(command.state, CommandState::Asked | CommandState::Allowed | CommandState::Sent) {
            return command;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

#[tokio::test]
async fn a_map_nobody_knows_keeps_the_gateway_from_starting_with_a_remedy() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(Options::new(dir.path())).await.unwrap();
    let clock = Arc::new(TestClock::at(at("2021-06-30T14:00:06")));
    let (_keep, stop) = watch::channel(false);
    let mut unknown = device(A, 1);
    unknown.map = "none".to_owned();
    let addr = SocketAddr::from(([127, 0, 0, 1], 9));
    let config = config(vec![connection(addr, Transport::Tcp, vec![unknown])]);
    let error = gateway::run(config, store, clock, stop).await.unwrap_err().to_string();
    assert!(error.contains("`none`") && error.contains("pump-station"), "{error}");
}

#[tokio::test]
async fn what_a_device_of_an_unregistered_station_says_waits_in_quarantine() {
    let addr = serve(Transport::Tcp, Arc::new(sound())).await;
    let bench = Bench::new(vec![connection(addr, Transport::Tcp, vec![device("3307829999", 1)])]).await;
    let filter = store::tables::QuarantineFilter::default();
    let found = loop {
        let found = bench.store.tables.quarantine(&filter).await.unwrap();
        if let Some(first) = found.first() {
            break first.clone();
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    };
    assert_eq!((found.reason.as_str(), found.protocol.as_str()), ("unknown_station", "modbus"));
    assert!(decode(&found.raw).is_trusted());
}
