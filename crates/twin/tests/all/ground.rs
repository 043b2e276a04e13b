//! A street with stations, and what they report.

use field::block::{Block, Chain, Town};
use field::clock::TestClock;
use field::id::{BlockId, PersonId, PointId, StationCode};
use field::person::{Person, Role};
use field::place::{Position, Ring};
use field::sample::{Packet, Quality, Reading, Sample};
use field::station::{Computed, Point, Quantity, Station, StationKind};
use field::time::{MINUTE_MS, Time};
use serde_json::Value;
use std::sync::Arc;
use store::{Actor, Options, Store};
use twin::{Desk, ENGINES, Trials};

/// 2021-06-30 06:00 in China.
pub(crate) fn begin() -> Time {
    Time::from_beijing(2021, 6, 30, 6, 0, 0).unwrap()
}

pub(crate) fn minute(n: i64) -> Time {
    begin().plus_ms(n * MINUTE_MS)
}

pub(crate) fn code(name: &str) -> StationCode {
    StationCode::new(name).unwrap()
}

pub(crate) struct Ground {
    dir: tempfile::TempDir,
    pub(crate) store: Store,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) trials: Trials,
    serial: u32,
}

impl Ground {
    /// Stations with one point each.
    pub(crate) async fn with(stations: &[(&str, StationKind, Quantity)]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(Options::new(dir.path())).await.unwrap();
        let mut tx = store.tables.begin(Actor::Nobody, begin()).await.unwrap();
        let person = PersonId(1);
        tx.person_put(&Person {
            id: person,
            login: "a".into(),
            name: "甲".into(),
            name_en: "A".into(),
            role: Role::BlockOwner,
            mobile: None,
            wecom: None,
            email: None,
            channels: vec![],
            synthetic: true,
        })
        .await
        .unwrap();
        let corner = |lon, lat| Position { lon, lat };
        let ring =
            Ring(vec![corner(120.0, 29.0), corner(120.2, 29.0), corner(120.2, 29.5), corner(120.0, 29.5)]);
        let (name, name_en) = ("街".to_owned(), "street".to_owned());
        let town = Town {
            code: "330782001".into(),
            name: name.clone(),
            name_en: name_en.clone(),
            ring: ring.clone(),
        };
        tx.town_put(&town).await.unwrap();
        let chain = Chain { a: person, b: person, supervisor: person };
        let block = Block {
            id: BlockId(1),
            code: "001".into(),
            name,
            name_en,
            town: town.code,
            ring,
            chain,
            synthetic: true,
        };
        tx.block_put(&block).await.unwrap();
        for (n, (name, kind, quantity)) in stations.iter().enumerate() {
            tx.station_put(&Station {
                code: code(name),
                name: "测".into(),
                name_en: "test".into(),
                kind: *kind,
                position: Position { lon: 120.05 + 0.01 * n as f64, lat: 29.3 },
                block: BlockId(1),
                report_interval_s: 300,
                ground_m: None,
                crown_m: None,
                maintenance: None,
                synthetic: true,
            })
            .await
            .unwrap();
            tx.point_put(&Point {
                id: PointId(0),
                station: code(name),
                quantity: *quantity,
                elements: vec![],
                min: 0.0,
                max: 300.0,
                own_unit: String::new(),
            })
            .await
            .unwrap();
        }
        tx.commit().await.unwrap();
        let (clock, trials) = (Arc::new(TestClock::at(begin())), Trials::default());
        Self { dir, store, clock, trials, serial: 0 }
    }

    pub(crate) async fn file(&self, name: &str, text: impl Into<String>) {
        self.store.models.put(name, text.into().into_bytes()).await.unwrap();
    }

    pub(crate) fn desk(&self, engine: &str) -> Desk {
        let kind = ENGINES.iter().find(|kind| kind.code == engine).unwrap();
        Desk::new(self.store.clone(), self.clock.clone(), kind, self.trials.clone())
    }

    /// The clock comes to where `minute` can be computed.
    pub(crate) fn comes_to(&self, n: i64) {
        let ahead_ms = minute(n + 1).since_ms(field::clock::Clock::now(self.clock.as_ref()));
        self.clock.advance_ms(ahead_ms);
    }

    pub(crate) fn point(&self, station: &str) -> PointId {
        self.store.tables.registry().points_of(&code(station))[0].id
    }

    pub(crate) fn computed(&self, station: &str, what: Computed) -> PointId {
        let registry = self.store.tables.registry();
        registry.computed_of(&code(station)).iter().find(|p| p.computed().unwrap().0 == what).unwrap().id
    }

    /// A station reports a value observed at a minute.
    pub(crate) async fn hears(&mut self, station: &str, n: i64, value: f64) {
        self.serial += 1;
        let sample = Sample { at: minute(n), value: Some(value), quality: Quality::Good };
        let packet = Packet {
            station: code(station),
            received_at: minute(n),
            sent_at: None,
            protocol: "test".into(),
            raw: self.serial.to_be_bytes().to_vec(),
            readings: vec![Reading { point: self.point(station), sample }],
        };
        self.store.samples.append(packet).await.unwrap();
    }

    pub(crate) async fn series(&self, point: PointId) -> Vec<(i64, f64)> {
        let samples = self.store.samples.range(point, Time::MIN, Time::MAX, 100_000).await.unwrap();
        samples.iter().map(|(s, _)| (s.at.since_ms(begin()) / MINUTE_MS, s.value.unwrap())).collect()
    }

    pub(crate) fn board(&self, name: &str) -> Value {
        self.store.models.shown(name).map_or(Value::Null, |bytes| serde_json::from_slice(&bytes).unwrap())
    }

    /// The process is killed and started again.
    pub(crate) async fn restarted(self) -> Self {
        let Self { dir, store, clock, serial, .. } = self;
        store.close().await;
        let store = Store::open(Options::new(dir.path())).await.unwrap();
        Self { dir, store, clock, trials: Trials::default(), serial }
    }
}
