//! A small town in a store on disk: blocks with their chains, a station and a rule in each.

use crate::servers::Servers;
use dispatch::{Config, Dispatch};
use field::alarm::{Alarm, AlarmAct, Evidence};
use field::block::{Block, Chain, Town as Place};
use field::clock::{Clock, TestClock};
use field::duty::{DAY_MINUTES, Roster, Shift};
use field::id::{AlarmId, BlockId, PersonId, PointId, RuleId, StationCode};
use field::message::{Delivery, Message};
use field::order::{Order, OrderAct};
use field::person::{ChannelKind, Person, Role};
use field::place::{Position, Ring};
use field::rule::RuleSetting;
use field::sample::{Quality, Sample};
use field::severity::Severity;
use field::station::{Point, Quantity, Station, StationKind};
use field::time::{MINUTE_MS, Time};
use serde_json::json;
use std::sync::Arc;
use store::tables::{MessageFilter, NewAlarm};
use store::{Actor, Options, Store, lives};

pub(crate) const TOWN: &str = "330782001";
pub(crate) const SUPERVISOR: PersonId = PersonId(1);
pub(crate) const DISPATCHERS: [PersonId; 2] = [PersonId(2), PersonId(3)];

/// A 岗 of a block, by its number from 0.
pub(crate) fn a(block: i64) -> PersonId {
    PersonId(100 + 2 * block)
}

/// B 岗.
pub(crate) fn b(block: i64) -> PersonId {
    PersonId(101 + 2 * block)
}

pub(crate) fn start() -> Time {
    Time::from_beijing(2021, 6, 30, 14, 0, 0).unwrap()
}

pub(crate) struct Town {
    pub(crate) store: Store,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) servers: Servers,
    pub(crate) config: Config,
    /// Goes with the town.
    _dir: tempfile::TempDir,
    points: Vec<PointId>,
    rules: Vec<RuleId>,
}

fn person(id: PersonId, role: Role, channels: &[ChannelKind]) -> Person {
    Person {
        id,
        login: format!("p{id}"),
        name: format!("人员{id}"),
        name_en: format!("Person {id}"),
        role,
        mobile: Some(format!("120{:08}", id.0)),
        wecom: Some(format!("user{id}")),
        email: Some(format!("p{id}@w.example")),
        channels: channels.to_vec(),
        synthetic: true,
    }
}

pub(crate) fn station(block: i64) -> StationCode {
    StationCode::new(format!("330782{block:04X}")).unwrap()
}

impl Town {
    /// A town with so many blocks, everybody reached by these channels first.
    pub(crate) async fn new(blocks: i64, channels: &[ChannelKind]) -> Self {
        let clock = Arc::new(TestClock::at(start()));
        let servers = Servers::start(clock.clone()).await;
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(Options::new(dir.path())).await.unwrap();
        let config = servers.config();
        let mut town = Self { store, clock, servers, config, _dir: dir, points: vec![], rules: vec![] };
        town.build(blocks, channels).await;
        town
    }

    async fn build(&mut self, blocks: i64, channels: &[ChannelKind]) {
        let mut tx = self.store.tables.begin(Actor::Desk("import"), self.clock.now()).await.unwrap();
        let corner = |lon: f64, lat: f64| Position { lon, lat };
        let square = |at: f64| {
            Ring(vec![corner(at, 29.0), corner(at + 0.01, 29.0), corner(at + 0.01, 29.01), corner(at, 29.01)])
        };
        let place = Place {
            code: TOWN.into(),
            name: "稠城街道".into(),
            name_en: "Choucheng".into(),
            ring: square(120.0),
        };
        tx.town_put(&place).await.unwrap();
        tx.person_put(&person(SUPERVISOR, Role::BlockOwner, channels)).await.unwrap();
        for id in DISPATCHERS {
            tx.person_put(&person(id, Role::Dispatcher, channels)).await.unwrap();
        }
        for n in 0..blocks {
            for id in [a(n), b(n)] {
                tx.person_put(&person(id, Role::BlockOwner, channels)).await.unwrap();
            }
            let id = BlockId(n + 1);
            let at = 120.0 + n as f64 * 0.02;
            let block = Block {
                id,
                code: format!("{n:03}"),
                name: format!("区块{n}"),
                name_en: format!("Block {n}"),
                town: TOWN.into(),
                ring: square(at),
                chain: Chain { a: a(n), b: b(n), supervisor: SUPERVISOR },
                synthetic: true,
            };
            tx.block_put(&block).await.unwrap();
            let shifts = vec![Shift { from: 0, to: DAY_MINUTES, person: a(n) }];
            let roster = Roster { block: id, cycle_days: 1, shifts, substitutions: vec![] };
            tx.roster_put(&roster).await.unwrap();
            let spot = Station {
                code: station(n),
                name: format!("江滨路下穿{n}"),
                name_en: format!("Underpass {n}"),
                kind: StationKind::Ponding,
                position: corner(at + 0.005, 29.005),
                block: id,
                report_interval_s: 300,
                ground_m: None,
                crown_m: None,
                maintenance: None,
                synthetic: true,
            };
            tx.station_put(&spot).await.unwrap();
            let point = Point {
                id: PointId(0),
                station: station(n),
                quantity: Quantity::Depth,
                elements: vec!["39".into()],
                min: 0.0,
                max: 5.0,
                own_unit: String::new(),
            };
            self.points.push(tx.point_put(&point).await.unwrap());
        }
        for point in &self.points {
            let rule = RuleSetting {
                id: RuleId(0),
                point: *point,
                kind: "level_high".into(),
                params: json!({}),
                enabled: true,
            };
            self.rules.push(tx.rule_put(&rule).await.unwrap());
        }
        tx.commit().await.unwrap();
    }

    pub(crate) fn now(&self) -> Time {
        self.clock.now()
    }

    pub(crate) async fn dispatch(&self) -> Dispatch {
        Dispatch::open(self.store.clone(), self.clock.clone(), self.config.clone()).await.unwrap()
    }

    pub(crate) fn evidence(&self, value: f64) -> Evidence {
        let samples = [(-10, value - 0.06), (0, value)].map(|(minute, value)| Sample {
            at: self.now().plus_ms(minute * MINUTE_MS),
            value: Some(value),
            quality: Quality::Good,
        });
        Evidence { value, threshold: 0.4, samples: samples.to_vec() }
    }

    /// The alarm desk raises an alarm at the station of a block.
    pub(crate) async fn raise(&self, block: i64, severity: Severity) -> AlarmId {
        let mut tx = self.store.tables.begin(Actor::Desk("alarm"), self.now()).await.unwrap();
        let n = usize::try_from(block).unwrap();
        let new = NewAlarm {
            rule: self.rules[n],
            kind: "level_high".into(),
            point: self.points[n],
            station: station(block),
            block: BlockId(block + 1),
            severity,
            evidence: self.evidence(0.42),
            at: self.now(),
            suppressed: false,
        };
        let id = tx.alarm_insert(new).await.unwrap().now.id;
        tx.commit().await.unwrap();
        id
    }

    pub(crate) async fn alarm_act(&self, id: AlarmId, act: AlarmAct) -> Alarm {
        let actor = Actor::Desk("alarm");
        lives::alarm_act(&self.store.tables, id, act, actor, self.now(), None).await.unwrap().now
    }

    pub(crate) async fn judge(&self, id: AlarmId, severity: Severity) -> Alarm {
        let evidence = self.evidence(0.5);
        self.alarm_act(id, AlarmAct::Judge { severity, evidence }).await
    }

    pub(crate) async fn order_act(&self, order: &Order, act: OrderAct) -> Order {
        let actor = Actor::Person(order.assignee);
        lives::order_act(&self.store.tables, order.id, act, actor, self.now(), None).await.unwrap().now
    }

    pub(crate) async fn orders(&self) -> Vec<Order> {
        self.store.tables.open_orders().await.unwrap()
    }

    /// Messages to a person, oldest first.
    pub(crate) async fn messages_to(&self, person: PersonId) -> Vec<Message> {
        let filter = MessageFilter { person: Some(person), limit: 1_000, ..MessageFilter::default() };
        let mut messages = self.store.tables.messages(&filter).await.unwrap();
        messages.reverse();
        messages
    }

    pub(crate) async fn deliveries(&self, message: &Message) -> Vec<Delivery> {
        self.store.tables.deliveries_of(&[message.id]).await.unwrap()
    }

    pub(crate) async fn acts(&self, name: &str) -> usize {
        let lines = self.store.tables.journal_after(field::id::JournalSeq(0), 1_000_000).await.unwrap();
        lines.iter().filter(|l| l.act == name).count()
    }
}
