//! Stations against a small centre: what is confirmed was kept, once, with one value.

use super::*;
use crate::hands::{Playing, Setter, Shown, clock};
use crate::storm::STORMS;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use wire::sl651::encode::Confirmation;
use wire::sl651::{Cut, Cutter, Decoded, decode};

/// How the little centre misbehaves.
#[derive(Clone, Copy, Debug)]
enum Manner {
    /// Confirms everything.
    Good,
    /// Keeps every frame, but stays silent for the first try of each.
    Hard,
    /// Hangs up after every third frame, without an answer to it.
    Rude,
}

type Kept = Arc<Mutex<Vec<Decoded>>>;

async fn centre(manner: Manner) -> (SocketAddr, Kept) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    let kept = Kept::default();
    let all = kept.clone();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            tokio::spawn(serve(stream, manner, all.clone()));
        }
    });
    (addr, kept)
}

async fn serve(mut stream: tokio::net::TcpStream, manner: Manner, kept: Kept) {
    let mut cutter = Cutter::new();
    let mut bytes = [0; 4_096];
    let mut n = 0;
    while let Ok(read) = stream.read(&mut bytes).await {
        let mut frames = Vec::new();
        cutter.feed(&bytes[..read], |cut| {
            if let Cut::Frame(frame) = cut {
                frames.push(decode(&frame));
            }
        });
        for decoded in frames {
            assert!(decoded.is_trusted(), "{:?}", decoded.problems);
            n += 1;
            if matches!(manner, Manner::Rude) && n % 3 == 0 {
                return;
            }
            let first = {
                let mut kept = kept.lock().unwrap();
                let first = matches!(manner, Manner::Hard)
                    && !kept.iter().any(|k| k.station == decoded.station && k.serial == decoded.serial);
                kept.push(decoded.clone());
                first
            };
            if matches!(manner, Manner::Hard) && first {
                continue;
            }
            let answer = Confirmation::to(&decoded, decoded.sent_at.unwrap(), true).unwrap();
            if stream.write_all(&answer.to_bytes()).await.is_err() {
                return;
            }
        }
        if read == 0 {
            return;
        }
    }
}

/// The tests' runtime has one thread: after a few turns every station has seen the clock.
async fn everybody_looks() {
    for _ in 0..8 {
        tokio::task::yield_now().await;
    }
}

struct Bench {
    setter: Setter,
    yard: Yard,
    kept: Kept,
    tasks: JoinSet<Result<(), EncodeError>>,
    shown: Shown,
    town: Town,
}

impl Bench {
    /// Every `nth` station, four hours into the rain of 2019.
    async fn new(manner: Manner, faults: Faults, nth: usize) -> Self {
        Self::of(manner, faults, 6, |n, _| n % nth == 0).await
    }

    /// The stations that are wanted, some hours into the storm of 2019.
    async fn of(manner: Manner, faults: Faults, hour: i64, wanted: impl Fn(usize, &str) -> bool) -> Self {
        let town = Town::generate(2021).unwrap();
        let (addr, kept) = centre(manner).await;
        let (setter, clock) = clock();
        let yard = Yard {
            centre: addr,
            seed: 2021,
            faults,
            patience: if matches!(manner, Manner::Hard) {
                (0.05, Duration::from_millis(50))
            } else {
                PATIENCE
            },
            sky: Arc::new(Sky::of(&town).unwrap()),
            ledger: Arc::new(Ledger::new(town.stations.iter().map(|s| s.code.to_string()).collect())),
            tally: Arc::default(),
            clock,
        };
        let mut tasks = JoinSet::new();
        let all = stations(&town, &yard)
            .unwrap()
            .into_iter()
            .zip(town.stations.iter().filter(|s| s.kind != StationKind::Pump))
            .enumerate();
        for (_, (rtu, _)) in all.filter(|(n, (_, s))| wanted(*n, &s.name)) {
            tasks.spawn(rtu.run());
        }
        let began_at = STORMS[0].starts_at();
        let shown = Shown {
            now: began_at.plus_ms(hour * 3_600_000),
            speed: 0.0,
            playing: Some(Playing { storm: 0, began_at }),
            leapt_at: Some(began_at),
            people: false,
            dispatcher: false,
        };
        let mut bench = Self { setter, yard, kept, tasks, shown, town };
        bench.setter.follow(&bench.shown);
        everybody_looks().await;
        bench
    }

    /// Moves the clock on by minutes, one at a time, and waits until no station has anything to send.
    async fn play(&mut self, minutes: i64) {
        for _ in 0..minutes {
            let before = self.yard.tally.traffic();
            self.shown.now = self.shown.now.plus_ms(MINUTE_MS);
            self.setter.follow(&self.shown);
            everybody_looks().await;
            let slot = self.shown.now.ms() % SLOT_MS == 0;
            while self.yard.tally.traffic().waiting > 0
                || (slot && self.yard.tally.traffic().confirmed == before.confirmed)
            {
                tokio::time::sleep(Duration::from_millis(2)).await;
                assert!(self.tasks.try_join_next().is_none(), "a station stopped");
            }
        }
    }

    /// Every ledger line is confirmed and stands in a frame of the centre with its value; no moment of
    /// an element has two values.
    fn check(&self) {
        let mut seen: BTreeMap<(String, String, i64), BTreeSet<String>> = BTreeMap::new();
        for decoded in self.kept.lock().unwrap().iter() {
            for r in &decoded.readings {
                let key = (decoded.station.clone().unwrap(), r.id.clone(), r.observed_at.ms());
                seen.entry(key).or_default().insert(format!("{:?}", r.value));
            }
        }
        assert!(seen.iter().all(|(_, values)| values.len() == 1), "a moment has two values");
        let sent = self.yard.ledger.sent(0);
        assert!(!sent.is_empty());
        let mut places = BTreeSet::new();
        for line in &sent {
            assert!(line.confirmed, "{line:?}");
            let key = (line.station.clone(), line.element.clone(), line.observed_at.ms());
            assert!(seen[&key].contains(&format!("{:?}", line.value)), "{line:?} {:?}", seen[&key]);
            assert!(places.insert(key), "{line:?} is in the ledger twice");
        }
    }
}

#[tokio::test]
async fn what_the_ledger_calls_confirmed_the_centre_has_with_that_value() {
    let mut bench = Bench::new(Manner::Good, Faults::none(), 1).await;
    bench.play(75).await;
    bench.check();
    let functions: BTreeSet<u8> = bench.kept.lock().unwrap().iter().filter_map(|d| d.function).collect();
    assert!(functions.is_superset(&BTreeSet::from([0x32, 0x33, 0x34])), "{functions:x?}");
    // 15 slots, the 76 stations that report by themselves, and the hourly reports.
    assert!(bench.yard.tally.traffic().confirmed >= 15 * 76 + 76);
}

#[tokio::test]
async fn the_reported_rain_adds_up_to_the_storm() {
    let named = ["苏溪", "荷叶塘", "鹤田"];
    let mut bench = Bench::of(Manner::Good, Faults::none(), 0, |_, name| named.contains(&name)).await;
    for _ in 0..STORMS[0].minutes() / 60 {
        bench.shown.now = bench.shown.now.plus_ms(59 * MINUTE_MS);
        bench.setter.follow(&bench.shown);
        bench.play(1).await;
    }
    let sent = bench.yard.ledger.sent(0);
    for (name, mm) in [("苏溪", 110.0), ("荷叶塘", 94.6), ("鹤田", 94.5)] {
        let code = bench.town.gauges().find(|g| g.name == name).unwrap().code.as_str();
        let of =
            |element: &'static str| sent.iter().filter(move |s| s.station == code && s.element == element);
        let total: f64 = of("22").filter_map(|s| s.value).sum();
        assert!((total - mm).abs() < 0.01, "{name} {total}");
        let counter: Vec<f64> = of("26").filter_map(|s| s.value).collect();
        assert!((counter.last().unwrap() - counter.first().unwrap() - mm).abs() < 0.01, "{name}");
        let series: f64 = of("F4").filter_map(|s| s.value).sum();
        assert!((series - mm).abs() < 0.01, "{name} {series}");
    }
}

#[tokio::test]
async fn a_centre_that_hangs_up_gets_every_frame_in_the_end() {
    let mut bench = Bench::new(Manner::Rude, Faults::none(), 11).await;
    bench.play(10).await;
    bench.check();
}

#[tokio::test]
async fn an_unanswered_frame_is_sent_again_with_the_same_serial() {
    let mut bench = Bench::new(Manner::Hard, Faults::none(), 27).await;
    bench.play(10).await;
    bench.check();
    assert!(bench.yard.tally.traffic().resent > 0);
    let kept = bench.kept.lock().unwrap();
    let first = kept.iter().find(|d| d.function == Some(0x32)).unwrap();
    assert!(kept.iter().filter(|d| d.serial == first.serial && d.station == first.station).count() > 1);
}

#[tokio::test]
async fn under_the_whole_menu_of_faults_nothing_confirmed_is_missing_and_no_moment_has_two_values() {
    let faults = Faults {
        lost_confirmation: 0.2,
        duplicate: 0.2,
        late: 0.0,
        silence: 0.0,
        stuck: 0.3,
        spike: 0.2,
        wild: 0.05,
        drift_s_per_day: 30.0,
        ..Faults::default()
    };
    let mut bench = Bench::new(Manner::Good, faults, 3).await;
    bench.play(65).await;
    bench.check();
}

#[tokio::test]
async fn a_late_report_arrives_after_younger_ones() {
    let mut bench = Bench::new(Manner::Good, Faults { late: 0.3, ..Faults::none() }, 9).await;
    for _ in 0..24 {
        bench.shown.now = bench.shown.now.plus_ms(SLOT_MS);
        bench.setter.follow(&bench.shown);
        for _ in 0..20 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
    let kept = bench.kept.lock().unwrap();
    let mut newest: BTreeMap<String, Time> = BTreeMap::new();
    let mut overtaken = 0;
    for decoded in kept.iter() {
        let (station, sent_at) = (decoded.station.clone().unwrap(), decoded.sent_at.unwrap());
        let newest = newest.entry(station).or_insert(sent_at);
        overtaken += usize::from(sent_at < *newest);
        *newest = sent_at.max(*newest);
    }
    assert!(overtaken > 0);
}
