//! A gateway on the loopback with its store, and a station to call it.

use field::clock::TestClock;
use field::command::Command;
use field::id::{BlockId, CommandId, PointId, StationCode};
use field::place::Position;
use field::station::{Point, Quantity, Station, StationKind};
use field::time::Time;
use gateway::{Config, Gateway};
use std::net::SocketAddr;
use std::sync::Arc;
use store::tables::{QuarantineFilter, Quarantined};
use store::{Actor, FaultPlan, Options, Store};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use wire::sl651::encode::{Address, Element, Group, Report};
use wire::sl651::{Cut, Cutter, Decoded, decode};

/// The known station.
pub(crate) const STATION: &str = "3307820001";
/// A station nobody registered.
pub(crate) const STRANGER: &str = "3307829999";

pub(crate) fn at(text: &str) -> Time {
    text.parse().unwrap()
}

pub(crate) fn code(text: &str) -> StationCode {
    StationCode::new(text).unwrap()
}

/// Everything a test needs; dropped, it is gone.
pub(crate) struct House {
    pub store: Store,
    pub gateway: Gateway,
    pub clock: Arc<TestClock>,
    pub fault: FaultPlan,
    pub rain: PointId,
    pub total: PointId,
    pub level: PointId,
    dir: tempfile::TempDir,
    shutdown: watch::Sender<bool>,
}

impl House {
    /// Waits until a command is over.
    pub(crate) async fn over(&self, id: CommandId) -> Command {
        let mut grown = self.store.tables.journal_watch();
        loop {
            let command = self.store.tables.command(id).await.unwrap().unwrap();
            if !command.state.is_open() {
                return command;
            }
            grown.changed().await.unwrap();
        }
    }

    pub(crate) async fn open() -> Self {
        Self::with(Config::loopback()).await
    }

    pub(crate) async fn with(config: Config) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let fault = FaultPlan::changeable();
        let options = Options { fault: fault.clone(), ..Options::new(dir.path()) };
        let store = Store::open(options).await.unwrap();
        let [rain, total, level] = register(&store).await;
        let clock = Arc::new(TestClock::at(at("2021-06-30T14:00:06")));
        let (shutdown, stop) = watch::channel(false);
        let gateway = gateway::run(config, store.clone(), clock.clone(), stop).await.unwrap();
        Self { store, gateway, clock, fault, rain, total, level, dir, shutdown }
    }

    pub(crate) fn tcp(&self) -> SocketAddr {
        self.gateway.tcp("sl651").unwrap()
    }

    pub(crate) fn mqtt(&self) -> SocketAddr {
        self.gateway.tcp("mqtt").unwrap()
    }

    pub(crate) async fn call(&self) -> Caller {
        Caller::to(self.tcp()).await
    }

    pub(crate) fn ask_to_stop(&self) {
        self.shutdown.send(true).unwrap();
    }

    /// Stops the gateway; afterwards everything it took is in the store.
    pub(crate) async fn stop(self) -> (Store, tempfile::TempDir) {
        self.shutdown.send(true).unwrap();
        self.gateway.stopped().await;
        (self.store, self.dir)
    }

    /// Stops the gateway and gives what is in quarantine, oldest first.
    pub(crate) async fn quarantine(self) -> Vec<Quarantined> {
        let (store, _dir) = self.stop().await;
        let mut all = store.tables.quarantine(&QuarantineFilter::default()).await.unwrap();
        all.reverse();
        all
    }
}

fn point(quantity: Quantity, elements: &[&str], max: f64) -> Point {
    Point {
        id: PointId(0),
        station: code(STATION),
        quantity,
        elements: elements.iter().map(|e| (*e).to_owned()).collect(),
        min: 0.0,
        max,
        own_unit: String::new(),
    }
}

async fn register(store: &Store) -> [PointId; 3] {
    let mut tx = store.tables.begin(Actor::Desk("test"), at("2021-06-01T00:00")).await.unwrap();
    let position = Position { lon: 120.07, lat: 29.31 };
    let station = Station {
        code: code(STATION),
        name: "测试站".to_owned(),
        name_en: "Test station".to_owned(),
        kind: StationKind::River,
        position,
        block: BlockId(1),
        report_interval_s: 300,
        ground_m: None,
        crown_m: None,
        maintenance: None,
        synthetic: true,
    };
    tx.station_put(&station).await.unwrap();
    let mut ids = [PointId(0); 3];
    for (id, point) in ids.iter_mut().zip([
        point(Quantity::Rain, &["22", "F4"], 60.0),
        point(Quantity::RainTotal, &["26"], 100_000.0),
        point(Quantity::Level, &["39", "F5"], 80.0),
    ]) {
        *id = tx.point_put(&point).await.unwrap();
    }
    tx.commit().await.unwrap();
    ids
}

/// A report of a station, sent at 14:00:05, observed at 14:00.
pub(crate) fn report(station: &str, function: u8, serial: u16, elements: Vec<Element>) -> Report {
    Report {
        centre: 1,
        station: Address::of(&code(station)).unwrap(),
        password: 0x1234,
        function,
        serial,
        sent_at: at("2021-06-30T14:00:05"),
        kind: b'H',
        groups: vec![Group { observed_at: at("2021-06-30T14:00"), elements }],
        more_follows: false,
    }
}

/// Rain total `total` mm in a timed report.
pub(crate) fn timed(station: &str, serial: u16, total: f64) -> Vec<u8> {
    report(station, 0x32, serial, vec![Element::of(0x26, Some(total)).unwrap()]).to_bytes().unwrap()
}

/// A station's end of a connection.
pub(crate) struct Caller {
    pub stream: TcpStream,
    cutter: Cutter,
    waiting: std::collections::VecDeque<Decoded>,
}

impl Caller {
    pub(crate) async fn to(addr: SocketAddr) -> Self {
        let stream = TcpStream::connect(addr).await.unwrap();
        Self { stream, cutter: Cutter::new(), waiting: std::collections::VecDeque::new() }
    }

    pub(crate) async fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.unwrap();
    }

    /// Says that nothing more will come.
    pub(crate) async fn stream_end(&mut self) {
        // The other side may have hung up first.
        let _ = self.stream.shutdown().await;
    }

    /// The next frame from the centre; `None` when the connection has ended.
    pub(crate) async fn answer(&mut self) -> Option<Decoded> {
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
            self.cutter.feed(&buf[..read], |cut| match cut {
                Cut::Frame(bytes) => waiting.push_back(decode(&bytes)),
                Cut::Garbage(bytes) => panic!("the centre sent {bytes:02X?}"),
            });
        }
    }

    /// Sends a frame and waits for its confirmation; returns the serial confirmed.
    pub(crate) async fn confirmed(&mut self, bytes: &[u8]) -> Option<u16> {
        self.send(bytes).await;
        self.answer().await.and_then(|answer| answer.serial)
    }
}
