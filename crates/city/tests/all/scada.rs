//! The raw water pumps' SCADA, asked by an OPC UA client: what it shows, publishes, remembers and obeys is one
//! station's, and what it remembers is what the town's books say.

use crate::server::Server;
use crate::whole::{config, get, order, playback, until};
use city::{City, Town};
use field::time::Time;
use opcua::client::{ClientBuilder, DataChangeCallback, HistoryReadAction, IdentityToken, Session};
use opcua::types::{
    AttributeId, ByteString, DataValue, DateTime, EndpointDescription, HistoryData, HistoryReadValueId,
    MessageSecurityMode, MonitoredItemCreateRequest, NodeId, ReadRawModifiedDetails, ReadValueId, StatusCode,
    TimestampsToReturn, Variant, WriteValue,
};
use serde_json::Value;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

/// Values of a node asked for at once: a history of more comes in several answers.
const AT_ONCE: u32 = 4;

/// Published values that wait for the test.
const HEARD: usize = 1_000;

/// The town beside a small server, two minutes a second.
struct Playing {
    control: SocketAddr,
    opcua: SocketAddr,
    _stop: watch::Sender<bool>,
}

impl Playing {
    async fn start() -> Self {
        let config = config();
        let town = Town::generate(config.seed).unwrap();
        let (_server, at) = Server::start(playback(120.0), order(&town)).await;
        let city = City::bind(config).await.unwrap();
        let (control, opcua) = (city.bound().control, city.bound().opcua);
        let (stop, shutdown) = watch::channel(false);
        tokio::spawn(city.live(at, shutdown));
        Self { control, opcua, _stop: stop }
    }

    /// What the town's books say that a client holds of an element of the station.
    async fn books(&self, element: &str) -> BTreeMap<Time, f64> {
        let text = get(format!("http://{}/ledger?after=0&confirmed=true", self.control)).await;
        let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let own = lines.filter(|line| line["station"] == city::scada::STATION && line["element"] == element);
        own.map(|line| {
            (line["observed_at"].as_str().unwrap().parse().unwrap(), line["value"].as_f64().unwrap())
        })
        .collect()
    }
}

fn node(name: &str) -> NodeId {
    NodeId::new(2, format!("{}.{name}", city::scada::AT))
}

fn time(at: Option<DateTime>) -> Time {
    Time::from_ms(at.unwrap().as_chrono().timestamp_millis())
}

fn number(value: &Variant) -> f64 {
    match value {
        Variant::Double(value) => *value,
        Variant::UInt16(value) => f64::from(*value),
        other => panic!("{other:?} is no number"),
    }
}

/// A client's session.
struct Client {
    session: Arc<Session>,
    events: JoinHandle<StatusCode>,
    _pki: tempfile::TempDir,
}

impl Client {
    async fn of(addr: SocketAddr) -> Self {
        let pki = tempfile::tempdir().unwrap();
        let builder = ClientBuilder::new().application_name("test").application_uri("urn:test");
        let client = builder.product_uri("urn:test").pki_dir(pki.path()).create_sample_keypair(false);
        let client = client.trust_server_certs(true).client().unwrap();
        let url = format!("opc.tcp://{addr}/");
        let offered = client.get_server_endpoints_from_url(url.as_str()).await.unwrap();
        let open = |e: &EndpointDescription| e.security_mode == MessageSecurityMode::None;
        let endpoint = offered.into_iter().find(open).unwrap();
        let built = client.session_builder().connect_to_endpoint_directly(endpoint).unwrap();
        let built = built.user_identity_token(IdentityToken::Anonymous);
        let (session, events) = built.build(Arc::clone(client.certificate_store())).unwrap();
        let events = events.spawn();
        session.wait_for_connection().await;
        Self { session, events, _pki: pki }
    }

    async fn read(&self, name: &str) -> DataValue {
        let asked = [ReadValueId::from(node(name))];
        self.session.read(&asked, TimestampsToReturn::Both, 0.0).await.unwrap().remove(0)
    }

    async fn write(&self, name: &str, value: Variant) -> StatusCode {
        let write = WriteValue {
            node_id: node(name),
            attribute_id: AttributeId::Value as u32,
            value: DataValue { value: Some(value), ..DataValue::null() },
            ..WriteValue::default()
        };
        self.session.write(&[write]).await.unwrap().remove(0)
    }

    /// Every value of a node from a moment on, in the order in which they came.
    async fn history(&self, name: &str, from: Time) -> Vec<(Time, f64)> {
        let (mut all, mut point) = (Vec::new(), ByteString::null());
        loop {
            let details = ReadRawModifiedDetails {
                start_time: stamp(from),
                end_time: stamp(from.plus_ms(86_400_000)),
                num_values_per_node: AT_ONCE,
                ..ReadRawModifiedDetails::default()
            };
            let wanted = [HistoryReadValueId {
                node_id: node(name),
                continuation_point: point,
                ..HistoryReadValueId::default()
            }];
            let details = HistoryReadAction::ReadRawModifiedDetails(details);
            let read = self.session.history_read(details, TimestampsToReturn::Both, false, &wanted);
            let answer = read.await.unwrap().remove(0);
            assert!(answer.status_code.is_good(), "{}", answer.status_code);
            let data = answer.history_data.into_inner_as::<HistoryData>().unwrap();
            let values = data.data_values.unwrap_or_default();
            assert!(values.len() <= AT_ONCE as usize, "{}", values.len());
            all.extend(values.iter().map(|v| (time(v.source_timestamp), number(v.value.as_ref().unwrap()))));
            point = answer.continuation_point;
            if point.is_null_or_empty() {
                return all;
            }
        }
    }

    /// What is published of these nodes: node, moment, value.
    async fn subscribed(&self, names: &[&str]) -> mpsc::Receiver<(NodeId, Time, f64)> {
        let (publish, published) = mpsc::channel(HEARD);
        let heard = DataChangeCallback::new(move |data: DataValue, item| {
            let value = number(data.value.as_ref().unwrap());
            // A test that has heard enough takes no more.
            let _ = publish.try_send((
                item.item_to_monitor().node_id.clone(),
                time(data.source_timestamp),
                value,
            ));
        });
        let every = Duration::from_millis(100);
        let subscription = self.session.create_subscription(every, 600, 20, 0, 0, true, heard).await.unwrap();
        let items: Vec<MonitoredItemCreateRequest> = names.iter().map(|name| node(name).into()).collect();
        let made = self.session.create_monitored_items(subscription, TimestampsToReturn::Both, items).await;
        assert!(made.unwrap().iter().all(|made| made.result.status_code.is_good()));
        published
    }

    async fn end(self) {
        self.session.disconnect().await.unwrap();
        self.events.await.unwrap();
    }
}

fn stamp(at: Time) -> DateTime {
    DateTime::from(at.ms().saturating_add(11_644_473_600_000).saturating_mul(10_000))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_scada_publishes_and_shows_stands_in_its_history_and_its_history_in_the_towns_books() {
    let town = Playing::start().await;
    let client = Client::of(town.opcua).await;
    let (name, element) = ("ForebayLevel", "level");
    let shown = client.read(name).await;
    assert_eq!(shown.status, Some(StatusCode::Good));
    let (first, value) = (time(shown.source_timestamp), number(shown.value.as_ref().unwrap()));
    assert!((60.0..64.0).contains(&value), "{value} m");
    let mut published = client.subscribed(&[name]).await;
    let mut heard = Vec::new();
    while heard.len() < 3 * AT_ONCE as usize {
        let (of, at, value) = published.recv().await.unwrap();
        assert_eq!(of, node(name));
        heard.push((at, value));
    }
    assert!(heard.is_sorted_by(|a, b| a.0 < b.0), "{heard:?}");
    let history = client.history(name, first).await;
    assert!(history.is_sorted_by(|a, b| a.0 < b.0) && history.len() >= heard.len(), "{history:?}");
    assert_eq!(history.first(), Some(&(first, value)));
    assert!(heard.iter().all(|one| history.contains(one)), "{heard:?} of {history:?}");
    client.end().await;
    // Whoever asks for what came after a moment holds what came until then.
    let until_then = heard.last().unwrap().0;
    let later = Client::of(town.opcua).await;
    let rest = later.history(name, until_then).await;
    assert_eq!(rest.first(), heard.last());
    let known: BTreeMap<Time, f64> = history.into_iter().filter(|(at, _)| *at <= until_then).collect();
    let books = town.books(element).await;
    assert_eq!(books.range(first..=until_then).map(|(at, v)| (*at, *v)).collect::<BTreeMap<_, _>>(), known);
    later.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pumps_that_a_client_starts_run_and_lift_water_and_nothing_else_obeys() {
    let town = Playing::start().await;
    let client = Client::of(town.opcua).await;
    assert_eq!(client.write("ForebayLevel", Variant::Double(1.0)).await, StatusCode::BadNotWritable);
    assert_eq!(client.write("Pump1.Start", Variant::Double(1.0)).await, StatusCode::BadTypeMismatch);
    assert_eq!(client.write("Pump9.Start", Variant::Boolean(true)).await, StatusCode::BadNodeIdUnknown);
    // So low that the water never stops them.
    assert_eq!(client.write("StopLevel", Variant::Double(50.0)).await, StatusCode::Good);
    for pump in ["Pump1.Start", "Pump2.Start"] {
        assert_eq!(client.write(pump, Variant::Boolean(true)).await, StatusCode::Good);
        assert_eq!(client.read(pump).await.value, Some(Variant::Boolean(true)), "read back at once");
    }
    until(async || client.read("PumpsRunning").await.value == Some(Variant::UInt16(2))).await;
    let running = time(client.read("PumpsRunning").await.source_timestamp);
    let flow = client.history("Flow", running).await;
    // Two pumps of 0.31 m³/s, give or take their head, in m³/h.
    assert!(!flow.is_empty() && flow.iter().all(|(_, m3h)| (1_900.0..2_600.0).contains(m3h)), "{flow:?}");
    client.end().await;
}
