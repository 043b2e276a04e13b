//! 分区计量网关: a Sparkplug B edge node with four district meters: births with names and aliases, data
//! by alias with sequence numbers, a death as its will, and births anew when it is told to.

use super::truth::{rate, swaying, total};
use crate::dice::Dice;
use crate::hands::TownClock;
use crate::mqtt::Client;
use crate::rtu::Ledger;
use crate::town::mixed::{DISTRICTS, NODE, district_code};
use field::clock::Clock;
use field::time::{MINUTE_MS, Time};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use wire::mqtt::{Properties, QoS, Will};
use wire::sparkplug::proto::{Metric, Payload, Value, datatype};
use wire::sparkplug::{BD_SEQ, Kind, REBIRTH, Topic};

const EVERY_MS: i64 = 5 * MINUTE_MS;
/// Pause after a failure, real time.
const PAUSE: Duration = Duration::from_secs(2);
/// Aliases: the node's supply, then flow and total of each device.
const SUPPLY: u64 = 1;
const FLOW: u64 = 10;
const TOTAL: u64 = 11;
/// Between the aliases of two devices.
const STRIDE: u64 = 10;

/// Keeps the node connected for as long as the town lives.
pub(super) async fn run(seed: u64, clock: TownClock, broker: SocketAddr, ledger: Arc<Ledger>) {
    let mut node = Node { seed, clock, seq: 0, session: 0, ledger };
    let mut clock = node.clock.clone();
    clock.started().await;
    loop {
        if let Err(error) = node.serve(broker).await {
            tracing::debug!(%error, "the edge node's line failed");
        }
        node.session += 1;
        tokio::time::sleep(PAUSE).await;
    }
}

#[derive(Debug)]
struct Node {
    seed: u64,
    clock: TownClock,
    seq: u64,
    /// bdSeq, 0 to 255.
    session: u64,
    ledger: Arc<Ledger>,
}

fn topic(kind: Kind, device: Option<String>) -> String {
    Topic { group: NODE.0.to_owned(), kind, node: NODE.1.to_owned(), device }.to_string()
}

fn long(name: &str, value: u64) -> Metric {
    let (name, datatype) = (Some(name.to_owned()), Some(datatype::INT64));
    Metric { name, datatype, value: Some(Value::Long(value)), ..Metric::default() }
}

fn payload(at: Time, seq: Option<u64>, metrics: Vec<Metric>) -> Vec<u8> {
    let timestamp = u64::try_from(at.ms()).ok();
    let payload = Payload { timestamp, metrics, seq, ..Payload::default() };
    prost::Message::encode_to_vec(&payload)
}

/// A number, under its name at birth and under its alias alone later.
fn metric(name: &str, alias: u64, value: f64, at: Time, birth: bool) -> Metric {
    Metric {
        name: birth.then(|| name.to_owned()),
        alias: Some(alias),
        timestamp: u64::try_from(at.ms()).ok(),
        datatype: birth.then_some(datatype::DOUBLE),
        value: Some(Value::Double((value * 1e4).round() / 1e4)),
        ..Metric::default()
    }
}

impl Node {
    async fn serve(&mut self, broker: SocketAddr) -> io::Result<()> {
        let death = payload(self.clock.now(), None, vec![long(BD_SEQ, self.session % 256)]);
        let will = Will {
            topic: topic(Kind::NodeDeath, None),
            payload: death,
            qos: QoS::AtLeastOnce,
            retain: false,
            properties: Properties::default(),
        };
        let mut client = Client::connect(broker, NODE.1, Some(will)).await?;
        client.subscribe(&topic(Kind::NodeCommand, None)).await?;
        self.births(&mut client).await?;
        let mut clock = self.clock.clone();
        loop {
            let now = self.clock.now();
            let next = Time::from_ms((now.ms().div_euclid(EVERY_MS) + 1) * EVERY_MS);
            tokio::select! {
                () = clock.until(next) => {}
                heard = client.listen() => heard?,
            }
            if std::mem::take(&mut client.heard).iter().any(is_rebirth) {
                self.births(&mut client).await?;
            }
            if self.clock.now() >= next {
                self.data(&mut client, next).await?;
            }
        }
    }

    /// §6.4.18: NBIRTH is number 0, and everything after it one more each.
    async fn births(&mut self, client: &mut Client) -> io::Result<()> {
        let at = self.clock.now();
        self.seq = 0;
        let rebirth = Metric {
            name: Some(REBIRTH.to_owned()),
            datatype: Some(datatype::BOOLEAN),
            value: Some(Value::Boolean(false)),
            ..Metric::default()
        };
        let metrics = vec![long(BD_SEQ, self.session % 256), rebirth, self.supply(at, true)];
        client.publish(&topic(Kind::NodeBirth, None), payload(at, Some(0), metrics)).await?;
        for n in 0..DISTRICTS {
            let metrics = self.district(n, at, true);
            self.say(client, Kind::DeviceBirth, Some(district_code(n)), at, metrics).await?;
        }
        Ok(())
    }

    async fn data(&mut self, client: &mut Client, at: Time) -> io::Result<()> {
        let supply = vec![self.supply(at, false)];
        self.say(client, Kind::NodeData, None, at, supply).await?;
        for n in 0..DISTRICTS {
            let metrics = self.district(n, at, false);
            self.say(client, Kind::DeviceData, Some(district_code(n)), at, metrics).await?;
            if let Some(page) = self.ledger.page(&district_code(n)) {
                let [flow, total] = self.values(n, at);
                page.kept(at, &[("flow", flow), ("total", total)]);
            }
        }
        Ok(())
    }

    async fn say(
        &mut self,
        client: &mut Client,
        kind: Kind,
        device: Option<String>,
        at: Time,
        metrics: Vec<Metric>,
    ) -> io::Result<()> {
        self.seq = (self.seq + 1) % 256;
        client.publish(&topic(kind, device), payload(at, Some(self.seq), metrics)).await
    }

    fn supply(&self, at: Time, birth: bool) -> Metric {
        let volts = swaying(self.seed, "edge", at, (12.6, 0.4, 1.0), 0.03);
        metric("supply", SUPPLY, volts, at, birth)
    }

    fn district(&self, n: usize, at: Time, birth: bool) -> Vec<Metric> {
        let shift = n as u64 * STRIDE;
        let [flow, total] = self.values(n, at);
        vec![metric("flow", FLOW + shift, flow, at, birth), metric("total", TOTAL + shift, total, at, birth)]
    }

    /// Flow, m³/s, and total, m³, of a district.
    fn values(&self, n: usize, at: Time) -> [f64; 2] {
        let a_day_m3 = Dice::of(self.seed, "district", n as i64).between(900.0, 2_600.0);
        [rate(a_day_m3, at), total(a_day_m3, at)].map(|value| (value * 1e4).round() / 1e4)
    }
}

fn is_rebirth(message: &wire::mqtt::Publish) -> bool {
    let payload: Payload = prost::Message::decode(message.payload.as_slice()).unwrap_or_default();
    payload
        .metrics
        .iter()
        .any(|m| m.name.as_deref() == Some(REBIRTH) && m.value == Some(Value::Boolean(true)))
}
