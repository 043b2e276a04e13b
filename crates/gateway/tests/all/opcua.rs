//! OPC UA servers subscribed to: asyncua, a stack nobody here wrote, in a process of its own.
//!
//! `cargo xtask peers` installs it into the target folder (`cargo xtask verify` does that by itself);
//! without it these tests are skipped, in words. `ZHIZHEN_ASYNCUA` names another Python that has it.

use crate::house::{at, code};
use crate::modbus::commanded_in;
use field::clock::TestClock;
use field::command::Ask;
use field::id::{BlockId, PointId};
use field::place::Position;
use field::sample::Quality;
use field::station::{Point, Quantity, Station, StationKind};
use gateway::opcua::{Config, Mode, Policy, Secret, Server};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use store::{Actor, Options, Store};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::watch;

const STATION: &str = "3307820017";

const MAP: &str = r#"
name = "test"
[[node]]
id = "ns=2;i=1"
element = "level"
[[node]]
id = "ns=2;i=2"
element = "total"
scale = 0.1
[[node]]
id = "ns=2;s={at}.Setpoint"
element = "stop-level"
writable = true
[[node]]
id = "ns=2;s={at}.Pump1"
element = "pump-1-start"
writable = true
[[node]]
id = "ns=2;s={at}.Name"
element = "name"
writable = true
[[node]]
id = "ns=2;s={at}.Nothing"
element = "nothing"
"#;

/// The Python that has asyncua; `None`, in words, where there is none.
fn python() -> Option<PathBuf> {
    let own = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("asyncua");
    let own = if cfg!(windows) { own.join("Scripts/python.exe") } else { own.join("bin/python") };
    let python = std::env::var_os("ZHIZHEN_ASYNCUA").map_or(own, PathBuf::from);
    if python.is_file() {
        return Some(python);
    }
    println!("skipped: no asyncua at {}; `cargo xtask peers` installs it", python.display());
    None
}

/// asyncua in its process.
struct Peer {
    port: u16,
    child: Child,
    ask: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
}

impl Peer {
    async fn start(port: u16, history: Option<&Path>, certs: Option<&Path>) -> Option<Self> {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/asyncua_server.py");
        let mut command = Command::new(python()?);
        command.arg(script).arg(port.to_string()).arg(history.unwrap_or(Path::new("-"))).args(certs);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
        let mut child = command.spawn().unwrap();
        let ask = child.stdin.take().unwrap();
        let mut answers = BufReader::new(child.stdout.take().unwrap()).lines();
        let ready = answers.next_line().await.unwrap().expect("asyncua did not start");
        let port = ready.strip_prefix("ready ").unwrap().parse().unwrap();
        Some(Self { port, child, ask, answers })
    }

    async fn say(&mut self, line: String) -> String {
        self.ask.write_all(format!("{line}\n").as_bytes()).await.unwrap();
        self.answers.next_line().await.unwrap().unwrap()
    }

    async fn set(&mut self, node: &str, value: f64, status: &str, time: &str) {
        let line = format!("set {node} {value} {status} 2021-06-30T{time}");
        assert_eq!(self.say(line).await, "ok");
    }

    async fn killed(mut self) {
        self.child.kill().await.unwrap();
    }
}

/// A way to the server that can be cut and mended.
struct Way {
    port: u16,
    cut: watch::Sender<bool>,
}

impl Way {
    async fn to(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let own = listener.local_addr().unwrap().port();
        let (cut, seen) = watch::channel(false);
        tokio::spawn(async move {
            while let Ok((mut near, _)) = listener.accept().await {
                let mut seen = seen.clone();
                tokio::spawn(async move {
                    let Ok(mut far) = TcpStream::connect(("127.0.0.1", port)).await else { return };
                    if *seen.borrow() {
                        return;
                    }
                    tokio::select! {
                        _ = tokio::io::copy_bidirectional(&mut near, &mut far) => {}
                        _ = seen.wait_for(|cut| *cut) => {}
                    }
                });
            }
        });
        Self { port: own, cut }
    }
}

struct Bench {
    store: Store,
    gateway: gateway::Gateway,
    shutdown: watch::Sender<bool>,
    dir: tempfile::TempDir,
}

fn open(port: u16) -> Server {
    let url = format!("url = \"opc.tcp://127.0.0.1:{port}/\"\npublish_ms = 20\n");
    let station = format!("[[station]]\ncode = \"{STATION}\"\nmap = \"test\"\nat = \"P1\"\n");
    toml::from_str(&(url + &station)).unwrap()
}

fn secure(port: u16, password: &str) -> Server {
    Server {
        policy: Policy::Basic256Sha256,
        mode: Mode::SignAndEncrypt,
        user: Some("scada".into()),
        password: Secret(password.into()),
        ..open(port)
    }
}

impl Bench {
    async fn new(server: Server) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(Options::new(dir.path())).await.unwrap();
        register(&store).await;
        Self::over(dir, store, server).await
    }

    async fn over(dir: tempfile::TempDir, store: Store, server: Server) -> Self {
        let clock = Arc::new(TestClock::at(at("2021-06-30T15:00")));
        let (shutdown, stop) = watch::channel(false);
        let opcua = Config { pki: dir.path().join("opcua"), maps: vec![MAP.into()], servers: vec![server] };
        let config = gateway::Config { opcua: Some(opcua), ..gateway::Config::default() };
        let gateway = gateway::run(config, store.clone(), clock, stop).await.unwrap();
        Self { store, gateway, shutdown, dir }
    }

    fn point(&self, element: &str) -> PointId {
        let registry = self.store.tables.registry();
        registry.points_of(&code(STATION)).iter().find(|p| p.elements[0] == element).unwrap().id
    }

    /// Waits until the newest value of an element is this.
    async fn shows(&self, element: &str, value: Option<f64>) -> Quality {
        let (point, mut news) = (self.point(element), self.store.samples.watch());
        loop {
            news.borrow_and_update();
            match self.store.samples.latest(point) {
                Some((sample, _)) if sample.value == value => return sample.quality,
                _ => news.changed().await.unwrap(),
            }
        }
    }

    /// Minutes past 14:00 and values of an element, in their order.
    async fn row(&self, element: &str) -> Vec<(i64, Option<f64>)> {
        let (from, to) = (at("2021-06-30T14:00:01"), at("2021-06-30T15:00"));
        let samples = self.store.samples.range(self.point(element), from, to, 100).await.unwrap();
        samples.iter().map(|(s, _)| (s.at.since_ms(at("2021-06-30T14:00")) / 60_000, s.value)).collect()
    }

    /// Waits until [`Bench::row`] is this: a history is read beside what is published.
    async fn holds(&self, element: &str, expected: &[(i64, Option<f64>)]) {
        let mut news = self.store.samples.watch();
        while self.row(element).await != expected {
            news.changed().await.unwrap();
        }
    }

    async fn stop(self) -> (tempfile::TempDir, Store) {
        self.shutdown.send(true).unwrap();
        self.gateway.stopped().await;
        (self.dir, self.store)
    }
}

async fn register(store: &Store) {
    let mut tx = store.tables.begin(Actor::Desk("test"), at("2021-06-01T00:00")).await.unwrap();
    let station = Station {
        code: code(STATION),
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
    for (quantity, element) in [(Quantity::Level, "level"), (Quantity::RainTotal, "total")] {
        let (elements, station) = (vec![element.to_owned()], station.code.clone());
        let point = Point {
            id: PointId(0),
            station,
            quantity,
            elements,
            min: 0.0,
            max: 100.0,
            own_unit: String::new(),
        };
        tx.point_put(&point).await.unwrap();
    }
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn what_a_server_publishes_is_kept_with_its_time_its_status_and_its_line() {
    let Some(mut peer) = Peer::start(0, None, None).await else { return };
    let bench = Bench::new(open(peer.port)).await;
    assert_eq!(bench.shows("level", Some(1.0)).await, Quality::Good);
    peer.set("Level", 2.5, "Good", "06:01:00").await;
    peer.set("Level", 2.6, "UncertainLastUsableValue", "06:02:00").await;
    assert_eq!(bench.shows("level", Some(2.6)).await, Quality::Suspect);
    peer.set("Level", 99.0, "BadSensorFailure", "06:03:00").await;
    assert_eq!(bench.shows("level", None).await, Quality::Missing);
    peer.set("Total", 421.0, "Good", "06:04:00").await;
    bench.shows("total", Some(42.1)).await;
    assert_eq!(bench.row("level").await, [(1, Some(2.5)), (2, Some(2.6)), (3, None)]);
    // The stored bytes say by themselves what was read.
    let packets = bench.store.samples.packets_of(&code(STATION), 1).await.unwrap();
    let packet = &packets[0].packet;
    assert_eq!(packet.protocol, "opcua");
    let explained = wire::opcua::explain(&packet.raw).decoded;
    assert_eq!((&explained["station"], &explained["readings"][0]["id"]), (&STATION.into(), &"total".into()));
    assert_eq!(
        (&explained["readings"][0]["raw"], &explained["readings"][0]["value"]),
        (&421.into(), &42.1.into())
    );
    bench.stop().await;
}

/// A server that wants signed and encrypted sessions of user `scada`, and a gateway's directory: each trusts the
/// other's certificate. `None`, in words, without asyncua.
async fn trusted(certs: &Path) -> Option<(Peer, tempfile::TempDir, Store)> {
    // The gateway makes its certificate at its first start; nobody answers yet.
    let (dir, store) = Bench::new(secure(9, "right")).await.stop().await;
    let clients = certs.join("clients");
    std::fs::create_dir(&clients).unwrap();
    std::fs::copy(dir.path().join("opcua/own/cert.der"), clients.join("zhizhen.der")).unwrap();
    let peer = Peer::start(0, None, Some(certs)).await?;
    let (trusted, rejected) = (dir.path().join("opcua/trusted"), dir.path().join("opcua/rejected"));
    let bench = Bench::over(dir, store, secure(peer.port, "right")).await;
    // Its certificate is not trusted: it is laid aside for a person to look at.
    let laid = loop {
        let found = std::fs::read_dir(&rejected).unwrap().flatten().next();
        if let Some(found) = found {
            break found.path();
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    };
    assert_eq!(bench.store.samples.latest(bench.point("level")), None);
    let (dir, store) = bench.stop().await;
    std::fs::rename(&laid, trusted.join(laid.file_name().unwrap())).unwrap();
    Some((peer, dir, store))
}

#[tokio::test]
async fn a_signed_and_encrypted_session_stands_when_each_side_trusts_the_others_certificate() {
    let certs = tempfile::tempdir().unwrap();
    let Some((mut peer, dir, store)) = trusted(certs.path()).await else { return };
    let bench = Bench::over(dir, store, secure(peer.port, "right")).await;
    bench.shows("level", Some(1.0)).await;
    peer.set("Level", 3.5, "Good", "06:01:00").await;
    bench.shows("level", Some(3.5)).await;
    bench.stop().await;
}

/// Log lines in memory.
#[derive(Clone, Default)]
struct Log(Arc<std::sync::Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_wrong_password_is_told_with_its_remedy_and_nothing_is_kept_until_it_is_right() {
    let certs = tempfile::tempdir().unwrap();
    let Some((mut peer, dir, store)) = trusted(certs.path()).await else { return };
    let log = Log::default();
    let into = log.clone();
    let lines = tracing_subscriber::fmt().with_writer(move || into.clone()).with_ansi(false).finish();
    // This test's runtime has one thread, and so has its log.
    let guard = tracing::subscriber::set_default(lines);
    let bench = Bench::over(dir, store, secure(peer.port, "mellon-7")).await;
    let said = loop {
        let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
        if text.contains("cannot be had") {
            break text;
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    };
    drop(guard);
    assert!(
        said.contains("the server refuses the user or the password; check `user` and `password`"),
        "{said}"
    );
    assert!(!said.contains("mellon-7"), "{said}");
    assert_ne!(peer.say("refused -".to_owned()).await, "0");
    assert_eq!(bench.store.samples.latest(bench.point("level")), None);
    let (dir, store) = bench.stop().await;
    let bench = Bench::over(dir, store, secure(peer.port, "right")).await;
    bench.shows("level", Some(1.0)).await;
    bench.stop().await;
}

#[tokio::test]
async fn what_a_server_had_to_drop_is_read_from_its_history_and_without_one_the_last_value_stands() {
    for keeps in [true, false] {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("history.sqlite");
        let Some(mut peer) = Peer::start(0, keeps.then_some(file.as_path()), None).await else { return };
        // The server holds one value of a node between two publications, which are a second apart.
        let server = Server { history: keeps, queue: 1, publish_ms: 1_000, ..open(peer.port) };
        let bench = Bench::new(server).await;
        peer.set("Level", 1.1, "Good", "06:01:00").await;
        bench.shows("level", Some(1.1)).await;
        peer.set("Level", 1.2, "Good", "06:02:00").await;
        peer.set("Level", 1.3, "Good", "06:03:00").await;
        // Good, with the bits that say that values before it were dropped.
        peer.set("Level", 1.4, "0x480", "06:04:00").await;
        assert_eq!(bench.shows("level", Some(1.4)).await, Quality::Good);
        let packets = bench.store.samples.packets_of(&code(STATION), 100).await.unwrap();
        let told = packets.iter().map(|p| wire::opcua::explain(&p.packet.raw).decoded.to_string());
        assert!(told.into_iter().any(|text| text.contains("overflow: the server's queue was full")));
        if keeps {
            bench.holds("level", &[(1, Some(1.1)), (2, Some(1.2)), (3, Some(1.3)), (4, Some(1.4))]).await;
        }
        bench.stop().await;
    }
}

/// Level 1.2 and 1.3 are published, but what was published never comes.
async fn two_values_get_lost(peer: &mut Peer) {
    assert_eq!(peer.say("lose on".to_owned()).await, "ok");
    peer.set("Level", 1.2, "Good", "06:02:00").await;
    peer.set("Level", 1.3, "Good", "06:03:00").await;
    assert_eq!(peer.say("lose off".to_owned()).await, "ok");
}

#[tokio::test]
async fn what_a_lost_publication_held_is_read_from_the_history_before_anything_later_is_kept() {
    let dir = tempfile::tempdir().unwrap();
    let history = dir.path().join("history.sqlite");
    let Some(mut peer) = Peer::start(0, Some(&history), None).await else { return };
    let bench = Bench::new(Server { history: true, ..open(peer.port) }).await;
    peer.set("Level", 1.1, "Good", "06:01:00").await;
    bench.shows("level", Some(1.1)).await;
    two_values_get_lost(&mut peer).await;
    peer.set("Level", 1.4, "Good", "06:04:00").await;
    bench.shows("level", Some(1.4)).await;
    let row = [(1, Some(1.1)), (2, Some(1.2)), (3, Some(1.3)), (4, Some(1.4))];
    assert_eq!(bench.row("level").await, row);
    bench.stop().await;
}

#[tokio::test]
async fn without_a_history_the_last_value_of_a_lost_publication_is_read_from_its_node() {
    let Some(mut peer) = Peer::start(0, None, None).await else { return };
    let bench = Bench::new(open(peer.port)).await;
    peer.set("Level", 1.1, "Good", "06:01:00").await;
    bench.shows("level", Some(1.1)).await;
    two_values_get_lost(&mut peer).await;
    // The next sign of life has a number too high.
    bench.shows("level", Some(1.3)).await;
    assert_eq!(bench.row("level").await, [(1, Some(1.1)), (3, Some(1.3))]);
    bench.stop().await;
}

#[tokio::test]
async fn a_gateway_that_ends_between_a_gap_and_its_filling_has_kept_nothing_behind_the_gap() {
    let dir = tempfile::tempdir().unwrap();
    let history = dir.path().join("history.sqlite");
    let Some(mut peer) = Peer::start(0, Some(&history), None).await else { return };
    let server = Server { history: true, ..open(peer.port) };
    let bench = Bench::new(server.clone()).await;
    peer.set("Level", 1.1, "Good", "06:01:00").await;
    bench.shows("level", Some(1.1)).await;
    assert_eq!(peer.say("history wait".to_owned()).await, "ok");
    two_values_get_lost(&mut peer).await;
    peer.set("Level", 1.4, "Good", "06:04:00").await;
    tokio::select! {
        said = peer.say("history waiting".to_owned()) => assert_eq!(said, "ok"),
        _ = bench.shows("level", Some(1.4)) => panic!("kept what lies behind a gap: {:?}", bench.row("level").await),
    }
    let (dir, store) = bench.stop().await;
    assert_eq!(peer.say("history go".to_owned()).await, "ok");
    let bench = Bench::over(dir, store, server).await;
    bench.shows("level", Some(1.4)).await;
    let row = [(1, Some(1.1)), (2, Some(1.2)), (3, Some(1.3)), (4, Some(1.4))];
    assert_eq!(bench.row("level").await, row);
    bench.stop().await;
}

#[tokio::test]
async fn what_a_new_nodes_history_holds_of_the_hour_before_the_first_start_is_kept_too() {
    let dir = tempfile::tempdir().unwrap();
    let history = dir.path().join("history.sqlite");
    let Some(mut peer) = Peer::start(0, Some(&history), None).await else { return };
    peer.set("Level", 1.1, "Good", "05:59:00").await;
    peer.set("Level", 1.2, "Good", "06:31:00").await;
    peer.set("Level", 1.3, "Good", "06:32:00").await;
    let bench = Bench::new(Server { history: true, ..open(peer.port) }).await;
    bench.shows("level", Some(1.3)).await;
    assert_eq!(bench.row("level").await, [(31, Some(1.2)), (32, Some(1.3))]);
    let (point, before) = (bench.point("level"), at("2021-06-30T13:59"));
    assert!(bench.store.samples.versions(point, before).await.unwrap().is_empty());
    bench.stop().await;
}

#[tokio::test]
async fn after_a_broken_line_the_gap_is_filled_from_the_servers_history_and_nothing_is_had_twice() {
    let dir = tempfile::tempdir().unwrap();
    let history = dir.path().join("history.sqlite");
    let Some(mut peer) = Peer::start(0, Some(&history), None).await else { return };
    let way = Way::to(peer.port).await;
    let bench = Bench::new(Server { history: true, ..open(way.port) }).await;
    peer.set("Level", 1.1, "Good", "06:01:00").await;
    bench.shows("level", Some(1.1)).await;
    way.cut.send(true).unwrap();
    for (minute, value) in [(2, 1.2), (3, 1.3), (4, 1.4)] {
        peer.set("Level", value, "Good", &format!("06:0{minute}:00")).await;
    }
    way.cut.send(false).unwrap();
    bench.shows("level", Some(1.4)).await;
    peer.set("Level", 1.5, "Good", "06:05:00").await;
    bench.shows("level", Some(1.5)).await;
    let expected: Vec<_> =
        (1..=5).map(|n| (n, Some(f64::from(u8::try_from(n).unwrap()) / 10.0 + 1.0))).collect();
    bench.holds("level", &expected).await;
    bench.stop().await;
}

#[tokio::test]
async fn a_restarted_server_and_a_restarted_gateway_leave_no_gap() {
    let dir = tempfile::tempdir().unwrap();
    let history = dir.path().join("history.sqlite");
    let Some(mut peer) = Peer::start(0, Some(&history), None).await else { return };
    let port = peer.port;
    let server = Server { history: true, ..open(port) };
    let bench = Bench::new(server.clone()).await;
    peer.set("Level", 1.1, "Good", "06:01:00").await;
    bench.shows("level", Some(1.1)).await;
    // The server dies and comes again on its port; it has forgotten session and subscription.
    peer.killed().await;
    let mut peer = Peer::start(port, Some(&history), None).await.unwrap();
    peer.set("Level", 1.2, "Good", "06:02:00").await;
    bench.shows("level", Some(1.2)).await;
    // Now we are away.
    let (dir, store) = bench.stop().await;
    peer.set("Level", 1.3, "Good", "06:03:00").await;
    peer.set("Level", 1.4, "Good", "06:04:00").await;
    let bench = Bench::over(dir, store, server).await;
    bench.shows("level", Some(1.4)).await;
    let row = [(1, Some(1.1)), (2, Some(1.2)), (3, Some(1.3)), (4, Some(1.4))];
    bench.holds("level", &row).await;
    for (minute, _) in row {
        let at = at("2021-06-30T14:00").plus_ms(minute * 60_000);
        assert_eq!(bench.store.samples.versions(bench.point("level"), at).await.unwrap().len(), 1);
    }
    bench.stop().await;
}

#[tokio::test]
async fn a_command_is_written_in_the_nodes_own_type_and_read_back() {
    let Some(mut peer) = Peer::start(0, None, None).await else { return };
    let bench = Bench::new(open(peer.port)).await;
    bench.shows("level", Some(1.0)).await;
    let now = at("2021-06-30T15:00");
    let write = |target: &str, value| Ask::Write { target: target.to_owned(), value };
    let switched =
        commanded_in(&bench.store, &code(STATION), Ask::SwitchPump { pump: 1, on: true }, now).await;
    let expected = serde_json::json!({ "target": "pump-1-start", "wrote": 1.0, "read_back": 1.0 });
    assert_eq!((switched.done, switched.answer), (Some(true), Some(expected)));
    assert_eq!(switched.protocol.as_deref(), Some("opcua"));
    assert_eq!(peer.say("get Pump1".to_owned()).await, "True");
    let set = commanded_in(&bench.store, &code(STATION), write("stop-level", 3.25), now).await;
    assert_eq!(set.done, Some(true));
    assert_eq!(peer.say("get Setpoint".to_owned()).await, "3.25");
    for (ask, why) in [
        (write("level", 1.0), "not writable"),
        (write("nothing-such", 1.0), "has no"),
        (write("pump-1-start", 0.5), "neither 0 nor 1"),
        (write("name", 1.0), "no single number"),
    ] {
        let refused = commanded_in(&bench.store, &code(STATION), ask, now).await;
        assert_eq!(refused.done, Some(false));
        assert!(refused.answer.as_ref().unwrap().to_string().contains(why), "{refused:?}");
    }
    bench.stop().await;
}

#[tokio::test]
async fn what_cannot_be_meant_keeps_the_gateway_from_starting_with_a_remedy() {
    for (server, remedy) in [
        (Server { user: Some("scada".into()), ..open(1) }, "Basic256Sha256"),
        (Server { mode: Mode::Sign, ..open(1) }, "both or neither"),
        (Server { url: "http://x".into(), ..open(1) }, "opc.tcp://"),
        (Server { stations: vec![], ..open(1) }, "1 to 2000"),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(Options::new(dir.path())).await.unwrap();
        let clock = Arc::new(TestClock::at(at("2021-06-30T14:00:06")));
        let (_keep, stop) = watch::channel(false);
        let opcua = Config { pki: dir.path().join("pki"), maps: vec![MAP.into()], servers: vec![server] };
        let config = gateway::Config { opcua: Some(opcua), ..gateway::Config::default() };
        let error = gateway::run(config, store, clock, stop).await.unwrap_err().to_string();
        assert!(error.contains(remedy), "{error}");
    }
}
