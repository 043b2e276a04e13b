//! The crash campaign: the server is killed with SIGKILL at random moments of a running storm. After
//! each kill, everything that somebody was told is there, and nothing is there twice.
//!
//! The stations, the phones and the people live in another process and remember what they were told:
//! a station which frames were confirmed, a channel which messages it took, a person which steps were
//! answered with 2xx. Plants, sensors, platforms that push and the like remember too; a SCADA knows what was
//! kept from where its history is asked for. A source pushes rows over HTTP all the while and knows which were
//! acknowledged. `ZHIZHEN_KILLS` sets how often (200 without it), `ZHIZHEN_SEED` the moments.

use crate::harness::{City, Ports, demo};
use crate::pusher::{self, Pusher};
use field::id::{JournalSeq, MessageId, PacketSeq, PointId, StationCode};
use field::time::Time;
use rand::{RngExt, SeedableRng};
use serde_json::Value;
use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::time::{Duration, Instant};
use store::{Options, Store, Subject};

const TOWN: u64 = 330_782;
/// Texts of each channel that may be under way at a kill and cannot be told from a second text: none where the
/// other side knows keys, one of each robot, and as many mails as go at once.
const UNDER_WAY: [(&str, usize); 5] =
    [("sms", 0), ("wecom_app", 0), ("wecom_robot", 1), ("dingtalk_robot", 1), ("email", 4)];

#[test]
fn killed_at_random_moments_nothing_told_is_lost_and_nothing_is_doubled() {
    let number = |name: &str, or: u64| std::env::var(name).ok().and_then(|v| v.parse().ok()).unwrap_or(or);
    let (kills, seed) = (number("ZHIZHEN_KILLS", 200), number("ZHIZHEN_SEED", 651));
    println!("{kills} kills, seed {seed}");
    let mut dice = rand_pcg::Pcg64Mcg::seed_from_u64(seed);
    let data = tempfile::tempdir().unwrap();
    let ports = Ports::free();
    let city = City::start(TOWN, &ports);
    let pushed_to = city::Town::generate(TOWN).unwrap().stations[0].code.to_string();
    let config = data.path().join("pusher.toml");
    std::fs::write(&config, ports.config() + &pusher::config(&pushed_to)).unwrap();
    let start = || demo(&config, data.path(), TOWN, "600", &ports, &city);
    let pusher = Pusher::start(ports.http);
    let mut witness = Witness { pushed_to, ..Witness::default() };
    // First into the thick of it: a storm in which people are on their way.
    let server = start().expect("the server starts");
    for _ in 0..600 {
        if !city.list("/acts").is_empty() {
            break;
        }
        wait(Duration::from_millis(200));
    }
    server.kill();
    witness.examine(data.path(), &city, &pusher);
    println!("before the first counted kill: {}", witness.summary());
    for kill in 1..=kills {
        let server = start().expect("the server starts after every kill");
        let life = Duration::from_millis(dice.random_range(20..1_100));
        wait(life);
        server.kill();
        witness.examine(data.path(), &city, &pusher);
        if kill % 20 == 0 {
            println!("after {kill} kills: {}", witness.summary());
        }
    }
    city.stop();
    println!("after {kills} kills: {}", witness.summary());
    // Whoever hears from the server that it has kept something is in the ledger.
    let of = |code: &str| witness.told.get(code).copied().unwrap_or(0);
    for code in [
        "3307820000WS0001",
        "ZZ-XM-001",
        "DMA-01",
        "3307820101",
        "3307820201",
        "ZZ-LL-001",
        "ZZ-XHS-01",
        "ZZ-FB-01",
    ] {
        assert!(of(code) > 0, "nothing of {code} was confirmed: {:?}", witness.told);
    }
    if kills >= 50 {
        assert!(of(city::scada::STATION) > 0, "no history was asked for: {:?}", witness.told);
    }
    assert!(
        witness.readings > 0 && witness.acts > 0 && witness.messages > 0 && witness.pushed > 0,
        "a storm without anything to lose"
    );
    // At-least-once: only what was under way at a kill may arrive twice, and not where the other side knows keys.
    for (channel, under_way) in UNDER_WAY {
        let twice = witness.arrived_twice.iter().filter(|(of, _)| of == channel).count();
        assert!(twice <= under_way * kills as usize, "{twice} texts of {channel} arrived twice");
    }
}

/// Lets the storm go on for a while: the moment of the kill is the point of this test.
fn wait(life: Duration) {
    let start = Instant::now();
    let (_alive, silence) = std::sync::mpsc::channel::<()>();
    while start.elapsed() < life {
        let _nothing_comes = silence.recv_timeout(life.saturating_sub(start.elapsed()));
    }
}

/// Remembers how far it has read each list, and what it has seen.
#[derive(Default)]
struct Witness {
    readings: usize,
    /// Confirmed readings of each station.
    told: HashMap<String, usize>,
    /// Pushed rows that were acknowledged, and the station whose point takes them.
    pushed: usize,
    pushed_to: String,
    acts: usize,
    messages: usize,
    /// Texts that told something again: channel and moment. One text may name hundreds of messages and people.
    arrived_twice: HashSet<(String, String)>,
    /// The moments at which each message arrived by each channel.
    arrived: HashMap<(i64, String), HashSet<String>>,
    packets_read: i64,
    lines_read: i64,
    kept: HashMap<(PointId, Time), Option<f64>>,
    lines: HashMap<i64, (String, String)>,
    once: HashSet<String>,
    /// How often each message was handed to each channel.
    handed: HashMap<(i64, String), usize>,
    /// Which a channel has said that it took.
    taken: HashSet<(i64, String)>,
}

impl Witness {
    fn summary(&self) -> String {
        format!(
            "{} confirmed readings, {} acknowledged rows, {} answered steps, {} messages taken ({} twice), {} journal lines",
            self.readings,
            self.pushed,
            self.acts,
            self.messages,
            self.arrived_twice.len(),
            self.lines_read
        )
    }

    fn examine(&mut self, data: &Path, city: &City, pusher: &Pusher) {
        // First what was told, then what is kept: the town goes on talking, but to nobody.
        let readings = city.list(&format!("/ledger?after={}&confirmed=true", self.readings));
        let acts = city.list(&format!("/acts?after={}", self.acts));
        let messages = city.list(&format!("/messages?after={}", self.messages));
        let rows = pusher.take();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let store = Store::open(Options::new(data)).await.expect("the data directory opens after a kill");
            self.read_samples(&store).await;
            self.read_journal(&store).await;
            let last = store.tables.journal_verify().await.expect("the journal's chain is whole");
            assert_eq!(last, JournalSeq(self.lines_read));
            self.check_readings(&store, &readings);
            self.check_rows(&store, &rows);
            store.close().await;
        });
        self.check_acts(&acts);
        self.check_messages(&messages);
    }

    async fn read_samples(&mut self, store: &Store) {
        loop {
            let packets = store.samples.packets_after(PacketSeq(self.packets_read), 1_000).await.unwrap();
            let Some(last) = packets.last() else { return };
            self.packets_read = last.seq.0;
            // A doubt repeats the value it is about; nobody sent it.
            let sent = packets.iter().filter(|p| !p.packet.is_computed());
            for reading in sent.flat_map(|p| &p.packet.readings) {
                let (key, value) = ((reading.point, reading.sample.at), reading.sample.value);
                let before = self.kept.insert(key, value);
                assert_ne!(before, Some(value), "kept twice: {key:?} = {value:?}");
            }
        }
    }

    async fn read_journal(&mut self, store: &Store) {
        loop {
            let lines = store.tables.journal_after(JournalSeq(self.lines_read), 1_000).await.unwrap();
            let Some(last) = lines.last() else { return };
            assert_eq!(last.seq.0, self.lines_read + lines.len() as i64, "the journal has no gap");
            self.lines_read = last.seq.0;
            for line in lines {
                self.note_line(&line);
            }
        }
    }

    fn note_line(&mut self, line: &store::Line) {
        let subject = line.subject();
        if let Some(Subject::Message(MessageId(id))) = subject
            && let Some(channel) = line.body.pointer("/attempt/channel").and_then(Value::as_str)
        {
            self.note_attempt((id, channel.to_owned()), &line.act);
        }
        // What happens once in a life: a second line of it is something done twice.
        let once = matches!(
            (&subject, line.act.as_str()),
            (Some(Subject::Alarm(_)), "raise" | "close")
                | (Some(Subject::Order(_)), "send" | "close")
                | (Some(Subject::Message(_)), "message")
        );
        if once {
            let what = format!("{} {}", line.subject, line.act);
            assert!(self.once.insert(what.clone()), "done twice: {what}");
        }
        if line.act == "message"
            && let Some(key) = line.body.pointer("/message/key").and_then(Value::as_str)
        {
            assert!(self.once.insert(format!("key {key}")), "asked twice: {key}");
        }
        self.lines.insert(line.seq.0, (line.subject.clone(), line.act.clone()));
    }

    fn note_attempt(&mut self, way: (i64, String), act: &str) {
        match act {
            "handed" => {
                assert!(!self.taken.contains(&way), "handed over again, though taken: {way:?}");
                *self.handed.entry(way).or_default() += 1;
            }
            "sent" => drop(self.taken.insert(way)),
            _ => {}
        }
    }

    fn check_readings(&mut self, store: &Store, told: &[Value]) {
        let registry = store.tables.registry();
        for reading in told {
            let code = StationCode::new(reading["station"].as_str().unwrap()).unwrap();
            let element = reading["element"].as_str().unwrap();
            *self.told.entry(code.to_string()).or_default() += 1;
            let at: Time = reading["observed_at"].as_str().unwrap().parse().unwrap();
            let Some(point) = registry.point_for_element(&code, element) else { continue };
            let kept = self.kept.get(&(point.id, at));
            assert!(kept.is_some(), "confirmed and lost: {reading}");
        }
        self.readings += told.len();
    }

    fn check_rows(&mut self, store: &Store, acknowledged: &[(i64, f64)]) {
        if acknowledged.is_empty() {
            return;
        }
        let code = StationCode::new(&self.pushed_to).unwrap();
        let registry = store.tables.registry();
        let point = registry.point_for_element(&code, pusher::ELEMENT).expect("rows were acknowledged").id;
        for (at, value) in acknowledged {
            let kept = self.kept.get(&(point, Time::from_ms(*at)));
            assert_eq!(kept, Some(&Some(*value)), "acknowledged and lost: row of {at} ms");
        }
        self.pushed += acknowledged.len();
    }

    fn check_acts(&mut self, told: &[Value]) {
        for act in told {
            let seq = act["seq"].as_i64().unwrap();
            let (subject, done) = self.lines.get(&seq).unwrap_or_else(|| panic!("answered and lost: {act}"));
            assert_eq!(
                (subject.as_str(), done.as_str()),
                (act["subject"].as_str().unwrap(), act["act"].as_str().unwrap())
            );
        }
        self.acts += told.len();
    }

    fn check_messages(&mut self, told: &[Value]) {
        for message in told {
            let channel = message["channel"].as_str().unwrap().to_owned();
            let way = (message["message"].as_i64().unwrap(), channel.clone());
            let at = message["at"].as_str().unwrap().to_owned();
            let moments = self.arrived.entry(way.clone()).or_default();
            moments.insert(at.clone());
            let handed = self.handed.get(&way).copied().unwrap_or(0);
            assert!(moments.len() <= handed, "{handed} times in the ledger, taken at {moments:?}: {message}");
            if moments.len() > 1 {
                self.arrived_twice.insert((channel, at));
            }
        }
        self.messages += told.len();
    }
}
