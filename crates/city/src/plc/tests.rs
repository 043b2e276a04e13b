//! What the PLCs promise, over a real socket, to a client no one here wrote.

use super::*;
use crate::hands::{Playing, Setter, Shown, clock};
use crate::storm::STORMS;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_modbus::client::{Context, tcp};
use tokio_modbus::prelude::*;

struct Bench {
    setter: Setter,
    shown: Shown,
    works: Works,
    addr: SocketAddr,
    _tasks: JoinSet<()>,
}

async fn settle() {
    for _ in 0..20 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

impl Bench {
    /// The town's PLCs some hours into a storm; the clock stands until it is moved.
    async fn at_hour(hour: i64) -> Self {
        let town = Town::generate(2021).unwrap();
        let (setter, clock) = clock();
        let codes = town.stations.iter().map(|s| s.code.to_string()).collect();
        let works = Works {
            seed: 2021,
            faults: Faults::none(),
            sky: Arc::new(Sky::of(&town).unwrap()),
            ledger: Arc::new(Ledger::new(codes)),
            clock,
        };
        let began_at = STORMS[1].starts_at();
        let shown = Shown {
            now: began_at.plus_ms(hour * 60 * MINUTE_MS),
            speed: 0.0,
            playing: Some(Playing { storm: 1, began_at }),
            leapt_at: Some(began_at),
            people: false,
            dispatcher: false,
        };
        let mut tasks = JoinSet::new();
        let units = start(&town, &works, &mut tasks);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        tasks.spawn(serve(listener, units));
        let mut bench = Self { setter, shown, works, addr, _tasks: tasks };
        bench.setter.follow(&bench.shown);
        settle().await;
        bench
    }

    async fn minutes(&mut self, minutes: i64) {
        self.shown.now = self.shown.now.plus_ms(minutes * MINUTE_MS);
        self.setter.follow(&self.shown);
        settle().await;
    }

    async fn client(&self, unit: u8) -> Context {
        tcp::connect_slave(self.addr, Slave(unit)).await.unwrap()
    }
}

fn u32_of(words: &[u16]) -> u32 {
    // The map's word order: least significant word first.
    u32::from(words[1]) << 16 | u32::from(words[0])
}

#[tokio::test]
async fn a_public_client_reads_a_stamped_scan_that_changes_with_the_clock() {
    let mut bench = Bench::at_hour(3).await;
    bench.minutes(5).await;
    let mut client = bench.client(1).await;
    let words = client.read_holding_registers(0, 28).await.unwrap().unwrap();
    assert_eq!(i64::from(u32_of(&words)) * 1_000, bench.shown.now.ms());
    let level = f64::from(u32_of(&words[2..]) as i32) / 1_000.0;
    assert!((52.0..65.0).contains(&level), "{level}");
    let running = words[4];
    assert_eq!(u32::from(running), (words[10] & 7).count_ones());
    let flow = f32::from_bits(u32_of(&words[6..]));
    assert_eq!(flow, 1.25 * f32::from(running));
    bench.minutes(1).await;
    let later = client.read_holding_registers(0, 28).await.unwrap().unwrap();
    assert_eq!(u32_of(&later), u32_of(&words) + 60);
}

#[tokio::test]
async fn before_its_first_scan_a_plc_says_nothing() {
    let bench = Bench::at_hour(3).await;
    let mut client = bench.client(1).await;
    let asked = tokio::time::timeout(Duration::from_millis(100), client.read_holding_registers(0, 28)).await;
    assert!(asked.is_err(), "{asked:?}");
}

#[tokio::test]
async fn what_it_does_not_have_is_refused_by_the_right_exception() {
    let mut bench = Bench::at_hour(3).await;
    bench.minutes(5).await;
    let mut client = bench.client(2).await;
    assert_eq!(client.read_holding_registers(120, 20).await.unwrap(), Err(ExceptionCode::IllegalDataAddress));
    assert_eq!(client.read_input_registers(0, 1).await.unwrap(), Err(ExceptionCode::IllegalDataAddress));
    assert_eq!(client.write_single_register(5, 1).await.unwrap(), Err(ExceptionCode::IllegalDataAddress));
    let mut stranger = bench.client(9).await;
    let answer = stranger.read_holding_registers(0, 1).await.unwrap();
    assert_eq!(answer, Err(ExceptionCode::GatewayTargetDevice));
}

#[tokio::test]
async fn a_pump_started_by_a_coil_runs_at_the_next_scan_and_counts_its_hours() {
    let mut bench = Bench::at_hour(0).await;
    bench.minutes(5).await;
    let mut client = bench.client(3).await;
    let before = client.read_holding_registers(0, 28).await.unwrap().unwrap();
    assert_eq!(before[4], 0, "no pump runs before the rain");
    client.write_single_coil(2, true).await.unwrap().unwrap();
    assert_eq!(client.read_coils(0, 3).await.unwrap().unwrap(), [false, false, true]);
    for _ in 0..13 {
        bench.minutes(1).await;
    }
    let after = client.read_holding_registers(0, 28).await.unwrap().unwrap();
    assert_eq!((after[4], after[10] & 7), (1, 0b100));
    // A fifth of an hour: two tenths of the counter.
    assert_eq!(u32_of(&after[24..]) - u32_of(&before[24..]), 2);
    assert_eq!(u32_of(&after[20..]), u32_of(&before[20..]));
}

#[tokio::test]
async fn the_ledger_holds_a_scan_once_and_only_when_the_heartbeat_confirmed_it() {
    let mut bench = Bench::at_hour(3).await;
    bench.minutes(5).await;
    let mut client = bench.client(4).await;
    client.read_holding_registers(0, 28).await.unwrap().unwrap();
    assert_eq!(bench.works.ledger.counts(), (0, 0));
    client.write_single_register(100, 1).await.unwrap().unwrap();
    let (sent, confirmed) = bench.works.ledger.counts();
    assert_eq!((sent, confirmed), (9, 9));
    client.read_holding_registers(0, 28).await.unwrap().unwrap();
    client.write_single_register(100, 2).await.unwrap().unwrap();
    assert_eq!(bench.works.ledger.counts(), (9, 9), "the same scan");
    let lines = bench.works.ledger.sent(0);
    assert!(lines.iter().any(|line| line.element == "level" && line.station.starts_with("330782")));
}

#[tokio::test]
async fn a_heartbeat_that_counts_two_confirms_the_poll_before_too_and_one_that_starts_anew_only_the_last() {
    let mut bench = Bench::at_hour(3).await;
    bench.minutes(5).await;
    let mut client = bench.client(4).await;
    let ledger = bench.works.ledger.clone();
    client.read_holding_registers(0, 28).await.unwrap().unwrap();
    client.write_single_register(100, 7).await.unwrap().unwrap();
    assert_eq!(ledger.counts(), (9, 9));
    for _ in 0..2 {
        bench.minutes(1).await;
        client.read_holding_registers(0, 28).await.unwrap().unwrap();
    }
    client.write_single_register(100, 9).await.unwrap().unwrap();
    assert_eq!(ledger.counts(), (27, 27));
    for _ in 0..2 {
        bench.minutes(1).await;
        client.read_holding_registers(0, 28).await.unwrap().unwrap();
    }
    client.write_single_register(100, 1).await.unwrap().unwrap();
    assert_eq!(ledger.counts(), (36, 36));
}
