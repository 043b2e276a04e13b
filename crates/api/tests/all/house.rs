//! A small town behind a running server: two blocks, a road that floods, a gauge, a pump, six people.

use api::{Limits, Parts, Rules, hash_password};
use field::alarm::{Alarm, Evidence};
use field::block::{Block, Chain, Town};
use field::clock::TestClock;
use field::duty::{Roster, Shift};
use field::id::{BlockId, PersonId, PointId, RuleId, StationCode};
use field::order::Order;
use field::person::{ChannelKind, Person, Role};
use field::place::{Position, Ring};
use field::rule::RuleSetting;
use field::sample::{Packet, Quality, Reading, Sample};
use field::severity::Severity;
use field::station::{Point, Quantity, Station, StationKind};
use field::time::{MINUTE_MS, Time};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use std::sync::{Arc, LazyLock};
use store::playback::Playback;
use store::retention::Retention;
use store::tables::{NewAlarm, NewOrder};
use store::{Actor, FaultPlan, Options, Store};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

pub(crate) const PASSWORD: &str = "drip drop";
pub(crate) const DISPATCHER: PersonId = PersonId(1);
pub(crate) const ADMIN: PersonId = PersonId(2);
pub(crate) const OWNER: PersonId = PersonId(3);
pub(crate) const NEIGHBOUR: PersonId = PersonId(4);
pub(crate) const SUPERVISOR: PersonId = PersonId(5);
/// Answers for the other block only.
pub(crate) const STRANGER: PersonId = PersonId(6);
pub(crate) const LOGINS: [(&str, PersonId, Role); 6] = [
    ("dispatcher", DISPATCHER, Role::Dispatcher),
    ("admin", ADMIN, Role::Administrator),
    ("owner", OWNER, Role::BlockOwner),
    ("neighbour", NEIGHBOUR, Role::BlockOwner),
    ("supervisor", SUPERVISOR, Role::BlockOwner),
    ("stranger", STRANGER, Role::BlockOwner),
];

pub(crate) const ROAD: &str = "3307820001";
pub(crate) const GAUGE: &str = "3307820002";
pub(crate) const PUMP: &str = "3307820003";
pub(crate) const ROAD_SPOT: Position = Position { lon: 120.05, lat: 29.25 };

/// One hash for everybody: making six takes seconds.
static HASH: LazyLock<String> = LazyLock::new(|| hash_password(PASSWORD).unwrap());

/// A server with its store and clocks.
pub(crate) struct House {
    pub(crate) store: Store,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) wall: Arc<TestClock>,
    pub(crate) fault: FaultPlan,
    pub(crate) url: String,
    pub(crate) depth: PointId,
    pub(crate) rain: PointId,
    pub(crate) rule: RuleId,
    end: Option<oneshot::Sender<()>>,
    server: JoinHandle<()>,
    _dir: tempfile::TempDir,
}

/// Somebody with a browser.
#[derive(Clone)]
pub(crate) struct Browser {
    client: Client,
    url: String,
}

pub(crate) fn noon() -> Time {
    Time::from_beijing(2021, 6, 30, 12, 0, 0).unwrap()
}

pub(crate) fn code(text: &str) -> StationCode {
    StationCode::new(text).unwrap()
}

impl House {
    pub(crate) async fn open() -> Self {
        Self::within(Limits::default()).await
    }

    pub(crate) async fn within(limits: Limits) -> Self {
        Self::furnished(limits, |_| ()).await
    }

    /// Where samples are let go when they are old enough.
    pub(crate) async fn that_keeps(retention: Retention) -> Self {
        Self::furnished(Limits::default(), |parts| parts.retention = retention).await
    }

    /// With the demo's clock, which begins at noon and stands.
    pub(crate) async fn of_the_demo() -> Self {
        let playback = Playback::new(noon(), 60.0);
        playback.pause(true);
        let storm = api::StormView {
            id: "2021-06-30".into(),
            title: "暴雨".into(),
            title_en: "Storm".into(),
            starts_at: noon().plus_ms(MINUTE_MS),
            hours: 24.0,
            areal_mm: 60.0,
            gauges: vec![],
        };
        let demo = api::Demo {
            playback: Arc::new(playback),
            logins: vec![api::DemoLogin {
                login: "owner".into(),
                password: PASSWORD.into(),
                role: Role::BlockOwner,
                name: "工".into(),
                name_en: "owner".into(),
            }],
            storms: vec![storm],
            report: Arc::new(|()| Box::pin(async { Ok(json!({ "readings_lost": 0 })) })),
        };
        Self::furnished(Limits::default(), |parts| {
            parts.clock = demo.playback.clone();
            parts.demo = Some(demo);
        })
        .await
    }

    async fn furnished(limits: Limits, change: impl FnOnce(&mut Parts)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let fault = FaultPlan::changeable();
        let options = Options { fault: fault.clone(), ..Options::new(dir.path()) };
        let store = Store::open(options).await.unwrap();
        let (depth, rain, rule) = furnish(&store).await;
        let (clock, wall) = (Arc::new(TestClock::at(noon())), Arc::new(TestClock::at(noon())));
        let mut parts = parts(&store, &clock, &wall);
        change(&mut parts);
        let listener = api::bind(([127, 0, 0, 1], 0).into()).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (end, ended) = oneshot::channel::<()>();
        let server = tokio::spawn(async move {
            let ended = async move { drop(ended.await) };
            api::serve_within(parts, listener, ended, limits).await.unwrap();
        });
        Self { store, clock, wall, fault, url, depth, rain, rule, end: Some(end), server, _dir: dir }
    }

    /// A point of the road's that nobody has classified, fed by this element.
    pub(crate) async fn unclassified(&self, element: &str) -> PointId {
        let mut tx = self.store.tables.begin(Actor::Desk("import"), noon()).await.unwrap();
        let point = Point {
            id: PointId(0),
            station: code(ROAD),
            quantity: Quantity::Other,
            elements: vec![element.into()],
            min: -1e15,
            max: 1e15,
            own_unit: String::new(),
        };
        let id = tx.point_put(&point).await.unwrap();
        tx.commit().await.unwrap();
        id
    }

    /// Ends the server in an orderly way and waits for it.
    pub(crate) async fn end(mut self) {
        drop(self.end.take());
        self.server.await.unwrap();
    }

    pub(crate) fn nobody(&self) -> Browser {
        let client = Client::builder().cookie_store(true).no_proxy().build().unwrap();
        Browser { client, url: self.url.clone() }
    }

    pub(crate) async fn signed_in(&self, login: &str) -> Browser {
        let browser = self.nobody();
        let answer = browser.sign_in(login, PASSWORD).await;
        assert_eq!(answer.status(), StatusCode::OK, "{login}");
        browser
    }

    /// A packet with one value a few minutes ago.
    pub(crate) async fn measured(&self, station: &str, point: PointId, minutes_ago: i64, value: f64) -> i64 {
        let at = noon().plus_ms(-minutes_ago * MINUTE_MS);
        let sample = Sample { at, value: Some(value), quality: Quality::Good };
        let packet = Packet {
            station: code(station),
            received_at: at,
            sent_at: Some(at),
            protocol: "sl651".into(),
            raw: format!("{station} {minutes_ago} {value}").into_bytes(),
            readings: vec![Reading { point, sample }],
        };
        self.store.samples.append(packet).await.unwrap().seq.0
    }

    pub(crate) async fn raised(&self, severity: Severity) -> Alarm {
        let new = NewAlarm {
            rule: self.rule,
            kind: "level_high".into(),
            point: self.depth,
            station: code(ROAD),
            block: BlockId(1),
            severity,
            evidence: Evidence {
                value: 0.42,
                threshold: 0.4,
                samples: vec![Sample { at: noon(), value: Some(0.42), quality: Quality::Good }],
            },
            suppressed: false,
            at: noon(),
        };
        let mut tx = self.store.tables.begin(Actor::Desk("alarm"), noon()).await.unwrap();
        let alarm = tx.alarm_insert(new).await.unwrap().now;
        tx.commit().await.unwrap();
        alarm
    }

    pub(crate) async fn ordered(&self, alarm: &Alarm) -> Order {
        let new = NewOrder {
            station: code(ROAD),
            spot: ROAD_SPOT,
            block: BlockId(1),
            alarms: vec![alarm.id],
            severity: alarm.severity,
            assignee: OWNER,
            escalation: 0,
        };
        let mut tx = self.store.tables.begin(Actor::Desk("dispatch"), noon()).await.unwrap();
        let order = tx.order_insert(new).await.unwrap().now;
        tx.commit().await.unwrap();
        order
    }
}

impl Browser {
    pub(crate) fn ask(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.url))
    }

    pub(crate) async fn sign_in(&self, login: &str, password: &str) -> Response {
        let body = json!({ "login": login, "password": password });
        self.ask(Method::POST, "/api/v1/session").json(&body).send().await.unwrap()
    }

    /// GETs JSON; the status must be 200.
    pub(crate) async fn get(&self, path: &str) -> Value {
        let answer = self.ask(Method::GET, &format!("/api/v1{path}")).send().await.unwrap();
        let status = answer.status();
        let body: Value = answer.json().await.unwrap();
        assert_eq!(status, StatusCode::OK, "{path}: {body}");
        body
    }

    /// POSTs an act with a key; answers status and body.
    pub(crate) async fn act(&self, path: &str, key: &str, body: Value) -> (StatusCode, Value) {
        let ask =
            self.ask(Method::POST, &format!("/api/v1{path}")).header("idempotency-key", key).json(&body);
        said(ask).await
    }
}

/// Status and JSON body (or `null`).
pub(crate) async fn said(ask: RequestBuilder) -> (StatusCode, Value) {
    let answer = ask.send().await.unwrap();
    let status = answer.status();
    (status, answer.json().await.unwrap_or_default())
}

/// Sends a body that is larger than the server takes. It answers as soon as it knows the length, so a
/// client that is still writing may find the line closed before it reads the answer.
pub(crate) async fn too_large(ask: RequestBuilder) {
    match ask.send().await {
        Ok(answer) => {
            assert_eq!(answer.headers()["connection"], "close", "nobody may use this line again");
            let status = answer.status();
            let body: Value = answer.json().await.unwrap_or_default();
            assert_eq!(code_of((status, body)), (413, "too_large".into()));
        }
        Err(cut) => assert!(cut.is_request(), "{cut}"),
    }
}

/// A problem's status and code.
pub(crate) fn code_of((status, body): (StatusCode, Value)) -> (u16, String) {
    (status.as_u16(), body["code"].as_str().unwrap_or_default().to_owned())
}

/// Two push sources: one feeds only what is registered, one makes points at the road's station.
fn push() -> api::PushConfig {
    let source = |name: &str, station: Option<&str>| api::PushSource {
        name: code(name),
        token: api::Token::new(format!("{name}-token-0123456789")),
        station_tag: "station".into(),
        station: station.map(code),
        create: station.is_some(),
        read: station.is_some(),
        keep_raw: name == "traced",
    };
    let mapping = json!({ "items": "data", "station": "id", "time": { "path": "at" },
        "value": [{ "path": "cm", "element": "39", "unit": "cm" }, { "path": "kv", "element": "39", "unit": "kV" },
            { "path": "mud", "element": "mud", "unit_at": "unit" }] });
    api::PushConfig {
        sources: vec![source("telegraf", None), source("lab", Some(ROAD)), source("traced", None)],
        mappings: [("levels".to_owned(), serde_json::from_value(mapping).unwrap())].into(),
    }
}

fn parts(store: &Store, clock: &Arc<TestClock>, wall: &Arc<TestClock>) -> Parts {
    Parts {
        store: store.clone(),
        clock: clock.clone(),
        wall: wall.clone(),
        demo: None,
        synthetic: true,
        rules: Rules {
            kinds: vec![json!({ "code": "level_high" })],
            check: Arc::new(|rule| match rule.params.get("thresholds") {
                Some(_) => Ok(()),
                None => {
                    Err(api::RuleFault { param: "thresholds".into(), problem: json!({ "code": "missing" }) })
                }
            }),
            replay: Arc::new(|_| Box::pin(async { Ok(vec![]) })),
        },
        channels: Arc::new(|()| vec![]),
        reach: Arc::new(|_| api::Reach::default()),
        probes: vec![],
        push_key: None,
        what_if: Arc::new(|_| Box::pin(async { Err(api::WhatIfRefusal::NotRunning) })),
        push: push(),
        metrics: None,
        retention: Retention::default(),
        public_url: None,
    }
}

fn square(west: f64) -> Ring {
    let corner = |lon, lat| Position { lon, lat };
    Ring(vec![corner(west, 29.2), corner(west + 0.1, 29.2), corner(west + 0.1, 29.3), corner(west, 29.3)])
}

async fn furnish(store: &Store) -> (PointId, PointId, RuleId) {
    let mut tx = store.tables.begin(Actor::Desk("import"), noon()).await.unwrap();
    for (login, id, role) in LOGINS {
        let person = Person {
            id,
            login: login.into(),
            name: format!("{login}工"),
            name_en: login.into(),
            role,
            mobile: Some("12000000000".into()),
            wecom: None,
            email: None,
            channels: vec![ChannelKind::Sms],
            synthetic: true,
        };
        tx.person_put(&person).await.unwrap();
    }
    let town = Town {
        code: "330782001".into(),
        name: "稠城街道".into(),
        name_en: "Choucheng".into(),
        ring: square(120.0),
    };
    tx.town_put(&town).await.unwrap();
    let chains = [
        Chain { a: OWNER, b: NEIGHBOUR, supervisor: SUPERVISOR },
        Chain { a: STRANGER, b: STRANGER, supervisor: STRANGER },
    ];
    for (n, chain) in (1..).zip(chains) {
        let block = Block {
            id: BlockId(n),
            code: format!("00{n}"),
            name: format!("区块{n}"),
            name_en: format!("Block {n}"),
            town: town.code.clone(),
            ring: square(120.0 + (n - 1) as f64 * 0.1),
            chain,
            synthetic: true,
        };
        tx.block_put(&block).await.unwrap();
        let shifts = vec![Shift { from: 0, to: 1440, person: chain.a }];
        tx.roster_put(&Roster { block: block.id, cycle_days: 1, shifts, substitutions: vec![] })
            .await
            .unwrap();
    }
    let places = [
        (ROAD, StationKind::Ponding, ROAD_SPOT),
        (GAUGE, StationKind::Rain, Position { lon: 120.06, lat: 29.25 }),
        (PUMP, StationKind::Pump, Position { lon: 120.04, lat: 29.25 }),
    ];
    for (station, kind, position) in places {
        let station = Station {
            code: code(station),
            name: format!("{}站", kind.code()),
            name_en: kind.code().into(),
            kind,
            position,
            block: BlockId(1),
            report_interval_s: 300,
            ground_m: None,
            crown_m: None,
            maintenance: None,
            synthetic: true,
        };
        tx.station_put(&station).await.unwrap();
    }
    let mut point = async |station, quantity, element: &str| {
        let point = Point {
            id: PointId(0),
            station: code(station),
            quantity,
            elements: vec![element.into()],
            min: 0.0,
            max: 10.0,
            own_unit: String::new(),
        };
        tx.point_put(&point).await.unwrap()
    };
    let depth = point(ROAD, Quantity::Depth, "39").await;
    let rain = point(GAUGE, Quantity::Rain, "22").await;
    point(PUMP, Quantity::PumpsRunning, "19").await;
    let params = json!({ "thresholds": { "yellow": 0.3, "orange": 0.4, "red": 0.6 } });
    let rule = RuleSetting { id: RuleId(0), point: depth, kind: "level_high".into(), params, enabled: true };
    let rule = tx.rule_put(&rule).await.unwrap();
    tx.commit().await.unwrap();
    for (_, person, _) in LOGINS {
        store.tables.account_set(person, &HASH).await.unwrap();
    }
    (depth, rain, rule)
}
