//! A small town in a real store: stations with points and rules, a clock that stands where it is
//! put, and a desk that is turned by hand.

use crate::machine::{point, station};
use alarm::desk::Desk;
use field::alarm::Alarm;
use field::block::Block;
use field::block::Town as Street;
use field::clock::{Clock, Leap, TestClock};
use field::id::{BlockId, PacketSeq, PersonId, PointId, RuleId, StationCode};
use field::person::{Person, Role};
use field::place::{Position, Ring};
use field::rule::RuleSetting;
use field::sample::{Packet, Quality, Reading, Sample};
use field::station::{Quantity, Station, StationKind};
use field::time::Time;
use serde_json::Value;
use std::sync::{Arc, Mutex};
use store::tables::AlarmFilter;
use store::{Actor, Line, Options, Store, Subject};

pub(crate) const PERSON: PersonId = PersonId(1);

/// A clock that stands, and can leap.
#[derive(Debug)]
pub(crate) struct LeapClock {
    hands: TestClock,
    leap: Mutex<Option<Leap>>,
}

impl LeapClock {
    pub(crate) fn at(now: Time) -> Arc<Self> {
        Arc::new(Self { hands: TestClock::at(now), leap: Mutex::new(None) })
    }

    pub(crate) fn advance_to(&self, to: Time) {
        self.hands.advance_ms(to.since_ms(self.now()));
    }

    pub(crate) fn leap_to(&self, to: Time) {
        *self.leap.lock().unwrap() = Some(Leap { from: self.now(), to });
        self.advance_to(to);
    }
}

impl Clock for LeapClock {
    fn now(&self) -> Time {
        self.hands.now()
    }

    fn leapt(&self) -> Option<Leap> {
        *self.leap.lock().unwrap()
    }
}

pub(crate) struct Town {
    /// Removed when the town goes.
    _dir: tempfile::TempDir,
    pub(crate) store: Store,
    pub(crate) clock: Arc<LeapClock>,
    serial: u32,
}

impl Town {
    pub(crate) async fn at(now: Time) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(Options::new(dir.path())).await.unwrap();
        let town = Self { _dir: dir, store, clock: LeapClock::at(now), serial: 0 };
        town.settle().await;
        town
    }

    async fn settle(&self) {
        let corner = |lon, lat| Position { lon, lat };
        let ring =
            Ring(vec![corner(120.0, 29.0), corner(120.2, 29.0), corner(120.2, 29.5), corner(120.0, 29.5)]);
        let mut tx = self.store.tables.begin(Actor::Nobody, self.clock.now()).await.unwrap();
        tx.person_put(&Person {
            id: PERSON,
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
        let (name, name_en) = ("街".to_owned(), "street".to_owned());
        let street = Street { code: "330782001".into(), name, name_en, ring: ring.clone() };
        tx.town_put(&street).await.unwrap();
        let chain = field::block::Chain { a: PERSON, b: PERSON, supervisor: PERSON };
        tx.block_put(&Block {
            id: BlockId(1),
            code: "001".into(),
            name: "一".into(),
            name_en: "one".into(),
            town: "330782001".into(),
            ring,
            chain,
            synthetic: true,
        })
        .await
        .unwrap();
        tx.commit().await.unwrap();
    }

    /// Registers station `n` with one point and its rules; returns the point and the rules' ids.
    pub(crate) async fn station(
        &self,
        n: i64,
        quantity: Quantity,
        rules: &[(&str, Value)],
    ) -> (PointId, Vec<RuleId>) {
        let kind = if quantity == Quantity::Rain { StationKind::Rain } else { StationKind::Ponding };
        let station = station(n, kind);
        let mut tx = self.store.tables.begin(Actor::Nobody, self.clock.now()).await.unwrap();
        tx.station_put(&station).await.unwrap();
        let point = tx.point_put(&point(0, &station, quantity)).await.unwrap();
        let mut ids = vec![];
        for (kind, params) in rules {
            let setting = rule(0, point, kind, params.clone());
            ids.push(tx.rule_put(&setting).await.unwrap());
        }
        tx.commit().await.unwrap();
        (point, ids)
    }

    pub(crate) async fn put_station(&self, station: &Station) {
        let mut tx = self.store.tables.begin(Actor::Nobody, self.clock.now()).await.unwrap();
        tx.station_put(station).await.unwrap();
        tx.commit().await.unwrap();
    }

    pub(crate) async fn put_rule(&self, rule: &RuleSetting) {
        let mut tx = self.store.tables.begin(Actor::Nobody, self.clock.now()).await.unwrap();
        tx.rule_put(rule).await.unwrap();
        tx.commit().await.unwrap();
    }

    pub(crate) async fn desk(&self) -> Desk {
        Desk::awake(self.store.clone(), self.clock.clone()).await.unwrap()
    }

    /// A packet of station `n`, received now.
    pub(crate) async fn hears(
        &mut self,
        n: i64,
        point: PointId,
        samples: &[(Time, Option<f64>)],
    ) -> PacketSeq {
        self.serial += 1;
        let reading = |&(at, value): &(Time, Option<f64>)| {
            let quality = if value.is_some() { Quality::Good } else { Quality::Missing };
            Reading { point, sample: Sample { at, value, quality } }
        };
        let packet = Packet {
            station: code(n),
            received_at: self.clock.now(),
            sent_at: None,
            protocol: "test".into(),
            raw: self.serial.to_be_bytes().to_vec(),
            readings: samples.iter().map(reading).collect(),
        };
        self.store.samples.append(packet).await.unwrap().seq
    }

    pub(crate) async fn alarms(&self) -> Vec<Alarm> {
        let mut alarms = self.store.tables.alarms(&AlarmFilter::default()).await.unwrap();
        alarms.sort_by_key(|a| a.id);
        alarms
    }

    /// Every line about an alarm, and what it says the alarm was then.
    pub(crate) async fn alarm_lines(&self) -> Vec<(Line, Alarm)> {
        let lines = self.store.tables.journal_after(field::id::JournalSeq(0), 100_000).await.unwrap();
        let about_alarms = lines.into_iter().filter(|l| matches!(l.subject(), Some(Subject::Alarm(_))));
        about_alarms.map(|l| (l.clone(), serde_json::from_value(l.body["alarm"].clone()).unwrap())).collect()
    }
}

pub(crate) fn rule(id: i64, point: PointId, kind: &str, params: Value) -> RuleSetting {
    RuleSetting { id: RuleId(id), point, kind: kind.into(), params, enabled: true }
}

pub(crate) fn code(n: i64) -> StationCode {
    station(n, StationKind::Ponding).code
}
