//! MQTT over real sockets: what is kept, what is acknowledged, who may what, and how sessions last.

use crate::house::{House, STATION, STRANGER, at, code};
use field::time::Time;
use gateway::mqtt::{Config as Mqtt, Reader};
use gateway::{Config, Limits};
use std::net::SocketAddr;
use store::{Actor, Credential, Secret};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use wire::mqtt::{
    Connect, Filter, Packet, Properties, Property, Publish, QoS, Step, Value, Version, Will, decode, length,
    reason,
};
use wire::sparkplug::{self, proto};

pub(crate) fn config(mqtt: Mqtt) -> Config {
    Config { mqtt: Some(mqtt), ..Config::loopback() }
}

fn connect(client: &str, version: Version) -> Connect {
    Connect {
        version,
        client: client.into(),
        clean: true,
        keep_alive_s: 60,
        will: None,
        user: None,
        password: None,
        properties: Properties::default(),
    }
}

pub(crate) fn publish(topic: &str, payload: &str, qos: QoS, id: u16) -> Publish {
    Publish { topic: topic.into(), payload: payload.into(), qos, id, ..Publish::default() }
}

/// A client's end of a connection.
pub(crate) struct Client {
    stream: TcpStream,
    version: Version,
    buffer: Vec<u8>,
}

impl Client {
    /// Connects and says hello; the answer is looked at by the test.
    async fn hello(addr: SocketAddr, connect: Connect) -> (Self, Packet) {
        let mut client = Self {
            stream: TcpStream::connect(addr).await.unwrap(),
            version: connect.version,
            buffer: vec![],
        };
        client.send(Packet::Connect(Box::new(connect))).await;
        let answer = client.next().await.unwrap();
        (client, answer)
    }

    async fn welcome(addr: SocketAddr, connect: Connect) -> Self {
        let (client, answer) = Self::hello(addr, connect).await;
        assert!(matches!(answer, Packet::Connack { code: 0, .. }), "{answer:?}");
        client
    }

    pub(crate) async fn to(house: &House, name: &str) -> Self {
        Self::welcome(house.mqtt(), connect(name, Version::V311)).await
    }

    async fn send(&mut self, packet: Packet) {
        self.stream.write_all(&packet.to_bytes(self.version)).await.unwrap();
    }

    /// The next packet; `None` when the connection has ended.
    async fn next(&mut self) -> Option<Packet> {
        let mut buf = [0; 4096];
        loop {
            if let Some(whole) = length(&self.buffer).unwrap().filter(|n| *n <= self.buffer.len()) {
                let bytes: Vec<u8> = self.buffer.drain(..whole).collect();
                return Some(decode(&bytes, self.version).unwrap());
            }
            let read = self.stream.read(&mut buf).await.unwrap_or(0);
            if read == 0 {
                return None;
            }
            self.buffer.extend(&buf[..read]);
        }
    }

    /// Publishes and waits for its acknowledgement; the reason.
    pub(crate) async fn acknowledged(&mut self, publish: Publish) -> Option<u8> {
        let wanted = publish.id;
        self.send(Packet::Publish(publish)).await;
        match self.next().await? {
            Packet::Ack { step: Step::Puback | Step::Pubrec, id, code } if id == wanted => Some(code),
            other => panic!("{other:?}"),
        }
    }

    async fn subscribed(&mut self, filter: &str, qos: QoS) -> u8 {
        self.send(Packet::Subscribe { id: 9, filters: vec![Filter::new(filter, qos)] }).await;
        match self.next().await.unwrap() {
            Packet::Suback { id: 9, codes } => codes[0],
            other => panic!("{other:?}"),
        }
    }

    async fn message(&mut self) -> Publish {
        match self.next().await.unwrap() {
            Packet::Publish(publish) => publish,
            other => panic!("{other:?}"),
        }
    }
}

const UP: &str = "zhizhen/3307820001/up";

/// Level 12.5 m at 14:00.
fn level(value: f64) -> String {
    format!("{{\"ts\":\"2021-06-30T14:00:00+08:00\",\"39\":{value}}}")
}

async fn set_credential(house: &House, user: &str, password: &str) {
    let mut tx = house.store.tables.begin(Actor::Desk("test"), at("2021-06-01T00:00")).await.unwrap();
    let secret = Secret::salted(password, [1; 16]);
    let credential =
        Credential { station: code(STATION), protocol: "mqtt".into(), user: user.into(), secret };
    tx.credential_put(&credential).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_acknowledged_when_its_reading_is_durable() {
    let house = House::with(config(Mqtt::loopback())).await;
    for (version, qos) in [(Version::V311, QoS::AtLeastOnce), (Version::V5, QoS::ExactlyOnce)] {
        let mut client = Client::welcome(house.mqtt(), connect("well", version)).await;
        let value = f64::from(qos.number());
        assert!(client.acknowledged(publish(UP, &level(value), qos, 7)).await.unwrap() < 0x80);
        let (sample, _) = house.store.samples.latest(house.level).unwrap();
        assert_eq!((sample.at, sample.value), (at("2021-06-30T14:00"), Some(value)));
    }
    let packet = house.store.samples.packets_of(&code(STATION), 1).await.unwrap().remove(0);
    assert_eq!(packet.packet.protocol, "mqtt");
    let shown = wire::mqtt::explain(&packet.packet.raw);
    assert_eq!((&shown.decoded["topic"], &shown.decoded["readings"][0]["value"]), (&UP.into(), &2.0.into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_cannot_be_kept_is_not_acknowledged_and_its_connection_ends() {
    let house = House::with(config(Mqtt::loopback())).await;
    let mut client = Client::to(&house, "well").await;
    house.fault.disk_has_room_for(0);
    assert_eq!(client.acknowledged(publish(UP, &level(1.0), QoS::AtLeastOnce, 1)).await, None);
    house.fault.disk_has_room();
    let mut client = Client::to(&house, "well").await;
    let again = Publish { dup: true, ..publish(UP, &level(1.0), QoS::AtLeastOnce, 1) };
    assert_eq!(client.acknowledged(again).await, Some(0));
    assert_eq!(house.store.samples.latest(house.level).unwrap().0.value, Some(1.0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payload_without_a_time_is_kept_each_time_it_comes() {
    let house = House::with(config(Mqtt::loopback())).await;
    let mut client = Client::to(&house, "well").await;
    client.acknowledged(publish(UP, "{\"39\":5}", QoS::AtLeastOnce, 1)).await;
    let (sample, first) = house.store.samples.latest(house.level).unwrap();
    assert_eq!(sample.at, at("2021-06-30T14:00:06"));
    house.clock.advance_ms(60_000);
    client.acknowledged(publish(UP, "{\"39\":5}", QoS::AtLeastOnce, 2)).await;
    let (sample, second) = house.store.samples.latest(house.level).unwrap();
    assert_eq!(sample.at, at("2021-06-30T14:01:06"));
    assert_ne!(first, second);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_understood_goes_to_quarantine_and_the_connection_goes_on() {
    let house = House::with(config(Mqtt::loopback())).await;
    let mut client = Client::to(&house, "well").await;
    client.acknowledged(publish(UP, "{\"39\":", QoS::AtLeastOnce, 1)).await.unwrap();
    let strange = format!("zhizhen/{STRANGER}/up");
    client.acknowledged(publish(&strange, "{\"39\":1}", QoS::AtLeastOnce, 2)).await.unwrap();
    client.acknowledged(publish(UP, &level(3.0), QoS::AtLeastOnce, 3)).await.unwrap();
    // Bytes that are no packet end the connection, and nobody else's.
    client.stream.write_all(&[0x00, 0x00]).await.unwrap();
    assert_eq!(client.next().await, None);
    assert_eq!(house.store.samples.latest(house.level).unwrap().0.value, Some(3.0));
    let reasons: Vec<_> = house.quarantine().await.into_iter().map(|q| q.reason).collect();
    assert_eq!(reasons, ["no_json", "unknown_station", "malformed"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sensor_that_changes_its_unit_is_converted_or_shown_to_a_person_and_its_neighbour_is_kept() {
    let map = "topic = \"wells/{station}/up\"\npayload = \"mapped\"\n[body]\nstation_is = \"{station}\"\n\
               time = { path = \"ts\" }\n[[body.value]]\npath = \"mud\"\nelement = \"mud\"\nunit_at = \"unit\"\n";
    let house =
        House::with(config(Mqtt { maps: vec![toml::from_str(map).unwrap()], ..Mqtt::loopback() })).await;
    let [well, other] = [
        crate::plants::register(&house.store, "well-1", &["mud"]).await[0],
        crate::plants::register(&house.store, "well-2", &["mud"]).await[0],
    ];
    let mut client = Client::to(&house, "wells").await;
    let said = [
        ("well-1", 1, "300", "mg/L"),
        // Its maker's update sends grams: the same series, the same unit.
        ("well-1", 2, "0.31", "g/L"),
        // And then something that is no concentration at all.
        ("well-1", 3, "7", "V"),
        ("well-2", 3, "12", "V"),
        ("well-1", 4, "320", "mg/L"),
    ];
    for (id, (station, minute, mud, unit)) in (1..).zip(said) {
        let payload =
            format!("{{\"ts\":\"2021-06-30T14:0{minute}:00+08:00\",\"mud\":{mud},\"unit\":\"{unit}\"}}");
        let message = publish(&format!("wells/{station}/up"), &payload, QoS::AtLeastOnce, id);
        assert_eq!(client.acknowledged(message).await, Some(0), "{payload}");
    }
    let kept = async |point| {
        let (from, to) = (at("2021-06-30T14:00"), at("2021-06-30T15:00"));
        let kept = house.store.samples.range(point, from, to, 9).await.unwrap();
        kept.iter().map(|(sample, _)| sample.value.unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(kept(well).await, [300.0, 310.0, 320.0]);
    assert_eq!(kept(other).await, [12.0], "a series of its own has its own unit");
    let quarantined = house.quarantine().await;
    assert_eq!(quarantined.len(), 1, "{quarantined:?}");
    let piece = &quarantined[0];
    assert_eq!((piece.reason.as_str(), piece.station.as_deref()), ("bad_unit", Some("well-1")));
    assert!(piece.detail.contains("unit `V` cannot become `mg/L`"), "{}", piece.detail);
    assert!(wire::mqtt::explain(&piece.raw).decoded["topic"] == "wells/well-1/up", "its bytes are there");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_who_proves_it_speaks_for_a_station_with_a_credential() {
    let mqtt = Mqtt {
        open: false,
        readers: vec![Reader { user: "scada".into(), password: "long enough".into() }],
        ..Mqtt::loopback()
    };
    let house = House::with(config(mqtt)).await;
    set_credential(&house, "well", "a long password").await;
    let with = |password: &str| Connect {
        user: Some("well".into()),
        password: Some(password.into()),
        ..connect("w", Version::V5)
    };
    let (_, answer) = Client::hello(house.mqtt(), with("a wrong password")).await;
    assert!(matches!(answer, Packet::Connack { code: reason::BAD_LOGIN, .. }), "{answer:?}");
    let (_, answer) = Client::hello(house.mqtt(), Connect { version: Version::V311, ..with("x") }).await;
    assert!(matches!(answer, Packet::Connack { code: 4, .. }), "{answer:?}");

    let mut nobody = Client::welcome(house.mqtt(), connect("nobody", Version::V5)).await;
    let code = nobody.acknowledged(publish(UP, &level(1.0), QoS::AtLeastOnce, 1)).await;
    assert_eq!(code, Some(reason::NOT_AUTHORISED));
    assert_eq!(nobody.subscribed("zhizhen/3307820001/down", QoS::AtLeastOnce).await, reason::NOT_AUTHORISED);
    assert_eq!(nobody.subscribed("#", QoS::AtLeastOnce).await, reason::NOT_AUTHORISED);
    assert_eq!(
        nobody.acknowledged(publish("a/b", "x", QoS::AtLeastOnce, 2)).await,
        Some(reason::NOT_AUTHORISED)
    );
    assert_eq!(house.store.samples.latest(house.level), None);

    let mut well = Client::welcome(house.mqtt(), with("a long password")).await;
    assert_eq!(well.subscribed("zhizhen/3307820001/down", QoS::AtLeastOnce).await, 1);
    assert!(well.acknowledged(publish(UP, &level(2.0), QoS::AtLeastOnce, 1)).await.unwrap() < 0x80);
    assert_eq!(house.store.samples.latest(house.level).unwrap().0.value, Some(2.0));
    // Nobody else takes its session by its name.
    let (_, answer) = Client::hello(house.mqtt(), connect("w", Version::V5)).await;
    assert!(matches!(answer, Packet::Connack { code: reason::NOT_AUTHORISED, .. }), "{answer:?}");

    let scada = Connect {
        user: Some("scada".into()),
        password: Some(b"long enough".to_vec()),
        ..connect("s", Version::V311)
    };
    let mut scada = Client::welcome(house.mqtt(), scada).await;
    assert_eq!(scada.subscribed("#", QoS::AtMostOnce).await, 0);
    well.acknowledged(publish(UP, &level(4.0), QoS::AtLeastOnce, 2)).await;
    let heard = loop {
        let message = scada.message().await;
        if message.topic == UP {
            break message;
        }
    };
    assert_eq!(heard.payload, level(4.0).into_bytes());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kept_session_gets_what_came_meanwhile_and_a_clean_one_does_not() {
    let house = House::with(config(Mqtt::loopback())).await;
    let mut sender = Client::to(&house, "sender").await;
    let kept = Connect { clean: false, ..connect("kept", Version::V311) };
    let (mut client, answer) = Client::hello(house.mqtt(), kept.clone()).await;
    assert!(matches!(answer, Packet::Connack { session_present: false, .. }));
    client.subscribed("cmd/#", QoS::AtLeastOnce).await;
    // It gets a message and is gone before it acknowledges.
    sender.acknowledged(publish("cmd/1", "one", QoS::AtLeastOnce, 1)).await;
    assert_eq!(client.message().await.payload, b"one");
    client.send(Packet::Disconnect { code: 0, properties: Properties::default() }).await;
    assert_eq!(client.next().await, None);
    sender.acknowledged(publish("cmd/2", "two", QoS::AtLeastOnce, 2)).await;
    sender.send(Packet::Publish(publish("cmd/0", "lost", QoS::AtMostOnce, 0))).await;
    sender.acknowledged(publish("cmd/3", "three", QoS::ExactlyOnce, 3)).await;
    let (mut client, answer) = Client::hello(house.mqtt(), kept).await;
    assert!(matches!(answer, Packet::Connack { session_present: true, .. }));
    for payload in ["one", "two", "three"] {
        assert_eq!(client.message().await.payload, payload.as_bytes());
    }
    let (mut clean, answer) = Client::hello(house.mqtt(), connect("kept", Version::V311)).await;
    assert!(matches!(answer, Packet::Connack { session_present: false, .. }));
    assert_eq!(client.next().await, None, "the newer connection has the session");
    sender.acknowledged(publish("cmd/4", "four", QoS::AtLeastOnce, 4)).await;
    clean.send(Packet::Pingreq).await;
    assert_eq!(clean.next().await, Some(Packet::Pingresp), "it subscribed to nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn quality_two_is_kept_once_however_often_it_comes() {
    let house = House::with(config(Mqtt::loopback())).await;
    let mut reader = Client::to(&house, "reader").await;
    reader.subscribed("x/y", QoS::ExactlyOnce).await;
    let mut client = Client::to(&house, "sender").await;
    for dup in [false, true] {
        let message = Publish { dup, ..publish("x/y", "once", QoS::ExactlyOnce, 5) };
        assert_eq!(client.acknowledged(message).await, Some(0));
    }
    client.send(Packet::Ack { step: Step::Pubrel, id: 5, code: 0 }).await;
    assert_eq!(client.next().await, Some(Packet::Ack { step: Step::Pubcomp, id: 5, code: 0 }));
    let message = reader.message().await;
    reader.send(Packet::Ack { step: Step::Pubrec, id: message.id, code: 0 }).await;
    let release = Packet::Ack { step: Step::Pubrel, id: message.id, code: 0 };
    assert_eq!(reader.next().await, Some(release), "and no second message");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_clients_will_is_published_and_a_good_bye_keeps_it() {
    let house = House::with(config(Mqtt::loopback())).await;
    let mut reader = Client::to(&house, "reader").await;
    reader.subscribed("will/#", QoS::AtMostOnce).await;
    let will = |payload: &str| {
        let properties = Properties::default();
        let will = Will {
            topic: "will/x".into(),
            payload: payload.into(),
            qos: QoS::AtMostOnce,
            retain: true,
            properties,
        };
        Connect { will: Some(will), ..connect(payload, Version::V311) }
    };
    let mut polite = Client::welcome(house.mqtt(), will("polite")).await;
    polite.send(Packet::Disconnect { code: 0, properties: Properties::default() }).await;
    assert_eq!(polite.next().await, None);
    drop(Client::welcome(house.mqtt(), will("lost")).await);
    assert_eq!(reader.message().await.payload, b"lost");
    // It was to be retained.
    let mut late = Client::to(&house, "late").await;
    late.subscribed("will/+", QoS::AtMostOnce).await;
    let message = late.message().await;
    assert_eq!((message.payload.as_slice(), message.retain), (&b"lost"[..], true));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alias_stands_for_its_topic_and_an_unknown_one_ends_the_connection() {
    let house = House::with(config(Mqtt::loopback())).await;
    let mut client = Client::welcome(house.mqtt(), connect("well", Version::V5)).await;
    let alias = |n| Properties::default().with(Property::TopicAlias, Value::Two(n));
    let first = Publish { properties: alias(3), ..publish(UP, &level(1.0), QoS::AtLeastOnce, 1) };
    client.acknowledged(first).await;
    let second = Publish { properties: alias(3), ..publish("", &level(2.0), QoS::AtLeastOnce, 2) };
    client.acknowledged(second).await;
    assert_eq!(house.store.samples.latest(house.level).unwrap().0.value, Some(2.0));
    client
        .send(Packet::Publish(Publish { properties: alias(4), ..publish("", "x", QoS::AtLeastOnce, 3) }))
        .await;
    assert!(matches!(client.next().await, Some(Packet::Disconnect { code: reason::BAD_ALIAS, .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_sends_too_much_nonsense_is_put_out_and_others_stay() {
    let limits = Limits { bad_pieces: 3, ..Limits::default() };
    let house = House::with(Config { limits, ..config(Mqtt::loopback()) }).await;
    let mut good = Client::to(&house, "good").await;
    let mut bad = Client::to(&house, "bad").await;
    for n in 1..=2 {
        bad.acknowledged(publish(UP, "{", QoS::AtLeastOnce, n)).await.unwrap();
    }
    bad.acknowledged(publish(UP, "{", QoS::AtLeastOnce, 3)).await.unwrap();
    assert_eq!(bad.next().await, None);
    assert_eq!(good.acknowledged(publish(UP, &level(1.0), QoS::AtLeastOnce, 1)).await, Some(0));
}

fn node(kind: &str) -> String {
    let device = if kind.starts_with('D') { format!("/{STATION}") } else { String::new() };
    format!("spBv1.0/east/{kind}/edge-1{device}")
}

fn payload(seq: u64, metrics: Vec<proto::Metric>) -> Vec<u8> {
    let at = at("2021-06-30T14:00").ms().cast_unsigned();
    let payload =
        proto::Payload { timestamp: Some(at), seq: Some(seq), metrics, ..proto::Payload::default() };
    prost::Message::encode_to_vec(&payload)
}

fn metric(name: &str, kind: u32, value: proto::Value) -> proto::Metric {
    proto::Metric {
        name: Some(name.into()),
        datatype: Some(kind),
        value: Some(value),
        ..proto::Metric::default()
    }
}

/// TCK: host-topic-phid-birth-retain, operational-behavior-host-reordering-rebirth,
/// operational-behavior-edge-node-termination-host-action-ndeath-devices-tags-stale.
#[tokio::test(flavor = "multi_thread")]
async fn a_sparkplug_node_sees_our_state_is_asked_for_a_rebirth_and_dies() {
    let house = House::with(config(Mqtt::loopback())).await;
    let bd = metric("bdSeq", 4, proto::Value::Long(0));
    let death = Will {
        topic: node("NDEATH"),
        payload: payload(0, vec![bd.clone()]),
        qos: QoS::AtLeastOnce,
        retain: false,
        properties: Properties::default(),
    };
    let mut edge =
        Client::welcome(house.mqtt(), Connect { will: Some(death), ..connect("edge-1", Version::V311) })
            .await;
    edge.subscribed("spBv1.0/STATE/zhizhen", QoS::AtLeastOnce).await;
    let state = edge.message().await;
    assert!(state.retain && state.payload.starts_with(b"{\"online\":true,"), "{state:?}");
    edge.subscribed("spBv1.0/east/NCMD/edge-1/#", QoS::AtMostOnce).await;
    let mut send = async |kind: &str, seq: u64, metrics: Vec<proto::Metric>| {
        let message =
            Publish { payload: payload(seq, metrics), ..publish(&node(kind), "", QoS::AtLeastOnce, 1) };
        edge.send(Packet::Publish(message)).await;
    };
    send("NBIRTH", 0, vec![bd]).await;
    let born = proto::Metric { alias: Some(1), ..metric("39", 10, proto::Value::Double(1.0)) };
    send("DBIRTH", 1, vec![born]).await;
    let data = |value| {
        vec![proto::Metric {
            alias: Some(1),
            value: Some(proto::Value::Double(value)),
            ..proto::Metric::default()
        }]
    };
    send("DDATA", 5, data(2.5)).await;
    let rebirth = loop {
        if let Packet::Publish(publish) = edge.next().await.unwrap() {
            break publish;
        }
    };
    assert_eq!(rebirth.topic, "spBv1.0/east/NCMD/edge-1");
    let asked: proto::Payload = prost::Message::decode(&rebirth.payload[..]).unwrap();
    assert_eq!(asked.metrics[0].name.as_deref(), Some(sparkplug::REBIRTH));
    let (sample, packet) = house.store.samples.latest(house.level).unwrap();
    assert_eq!(sample.value, Some(2.5));
    assert_eq!(house.store.samples.packet(packet).await.unwrap().unwrap().packet.protocol, "sparkplug");
    let mut watch = house.store.samples.watch();
    drop(edge);
    // Its will makes every metric stale.
    watch.wait_for(|head| *head > packet).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_broker_outside_has_for_us_is_kept_and_acknowledged() {
    let away = House::with(config(Mqtt::loopback())).await;
    let outside = gateway::mqtt::Outside {
        host: "127.0.0.1".into(),
        port: away.mqtt().port(),
        authority: None,
        client: "zhizhen-here".into(),
        user: None,
        password: None,
        subscribe: vec!["away/#".into()],
    };
    let house = House::with(config(Mqtt { tcp: None, outside: vec![outside], ..Mqtt::loopback() })).await;
    let mut watch = house.store.samples.watch();
    let mut sender = Client::to(&away, "sender").await;
    // Until the subscription stands nobody gets it: so it is said again until somebody does.
    let mut n = 0;
    while house.store.samples.latest(house.level).is_none() {
        n += 1;
        let value = format!("{{\"ts\":\"2021-06-30T14:00:00+08:00\",\"39\":7,\"n\":{n}}}");
        sender.acknowledged(publish("away/3307820001/up", &value, QoS::AtLeastOnce, 1)).await.unwrap();
        tokio::select! {
            _ = watch.changed() => {}
            () = tokio::task::yield_now() => {}
        }
    }
    assert_eq!(house.store.samples.latest(house.level).unwrap().0.value, Some(7.0));
    let _: Time = at("2021-06-30T14:00");
}
