//! From what a server publishes to durable readings.

use super::maps::{Item, Items, NAME};
use crate::hub::Hub;
use crate::intake::{Arrival, Refused};
use ::opcua::types::{DataValue, DateTime, StatusCode, Variant};
use field::time::Time;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;
use tokio::sync::mpsc;
use wire::Report;
use wire::opcua::Line;

/// 队列: published values that wait for the store, of one server: about 10 MB. When it is full the
/// session is given up and begun anew, so that the last value of every node is had again.
pub(super) const QUEUE: usize = 50_000;
/// Values kept at once.
const BATCH: usize = 2_000;
/// Pause before the store is asked again to take what it could not.
const AGAIN: Duration = Duration::from_millis(500);
/// Signs kept of a value that is no number.
const SHORT: usize = 200;

/// 变化: one published value of one item.
#[derive(Debug)]
pub(super) struct Change {
    /// Which item.
    pub item: usize,
    /// Value, status and times as published.
    pub data: DataValue,
    /// Read from the server's history.
    pub history: bool,
}

/// Keeps what comes until the way in is closed and empty, or the house shuts down.
pub(super) async fn run(mut queue: mpsc::Receiver<Change>, items: &Items, peer: IpAddr, hub: &Hub) {
    let mut batch = Vec::new();
    while queue.recv_many(&mut batch, BATCH).await > 0 {
        let arrival = hub.intake.arrival(peer);
        let mut stations: BTreeMap<String, Vec<Line>> = BTreeMap::new();
        for change in batch.drain(..) {
            let Some(item) = items.all.get(change.item) else { continue };
            if let Some(line) = line(&change, item, arrival.at) {
                stations.entry(line.station.clone()).or_default().push(line);
            }
        }
        for (station, lines) in stations {
            keep(&station, &lines, arrival, hub).await;
        }
    }
}

async fn keep(station: &str, lines: &[Line], arrival: Arrival, hub: &Hub) {
    let raw = text(lines);
    let code = match hub.intake.known(station) {
        Ok(code) => code,
        Err(refused) => return refuse(station, raw, refused, arrival, hub).await,
    };
    let readings = lines.iter().map(Line::reading).collect();
    let report = Report { station: Some(station.to_owned()), sent_at: None, readings, files: Vec::new() };
    // A server does not publish again what it has published: it is ours to try until it is kept.
    while hub.intake.keep(&code, NAME, raw.clone(), &report, arrival).await.is_err() {
        tokio::select! {
            () = hub.stopped() => return,
            () = tokio::time::sleep(AGAIN) => {}
        }
    }
}

/// 原文: a line of JSON a value.
fn text(lines: &[Line]) -> Vec<u8> {
    let mut raw = Vec::new();
    for line in lines {
        // A line is made of texts and finite numbers: it can always be written.
        if let Ok(text) = serde_json::to_string(line) {
            raw.extend(text.into_bytes());
            raw.push(b'\n');
        }
    }
    raw
}

async fn refuse(station: &str, raw: Vec<u8>, refused: Refused, arrival: Arrival, hub: &Hub) {
    let piece = hub.intake.refuse(NAME, Some(station.to_owned()), raw, refused, arrival);
    hub.quarantine.add(piece).await;
}

/// A value as its line; `None` while the server itself has none yet.
fn line(change: &Change, item: &Item, now: Time) -> Option<Line> {
    let status = change.data.status.unwrap_or(StatusCode::Good);
    if status.sub_code() == StatusCode::BadWaitingForInitialData.sub_code() {
        return None;
    }
    Some(Line {
        station: item.station.clone(),
        element: item.element.clone(),
        node: item.node.to_string(),
        value: change.data.value.as_ref().map_or(Value::Null, value),
        scale: item.scale,
        offset: item.offset,
        status: status.bits(),
        source: time(change.data.source_timestamp),
        server: time(change.data.server_timestamp),
        received: now,
        history: change.history,
    })
}

/// The time of a stamp; none where it is not set.
pub(super) fn time(stamp: Option<DateTime>) -> Option<Time> {
    stamp.filter(|stamp| !stamp.is_null()).map(|stamp| Time::from_ms(stamp.as_chrono().timestamp_millis()))
}

/// The number a variant is, as the server wrote it; anything else as text, its first [`SHORT`] signs.
fn value(value: &Variant) -> Value {
    match value {
        Variant::Boolean(on) => json!(on),
        Variant::SByte(n) => json!(n),
        Variant::Byte(n) => json!(n),
        Variant::Int16(n) => json!(n),
        Variant::UInt16(n) => json!(n),
        Variant::Int32(n) => json!(n),
        Variant::UInt32(n) => json!(n),
        Variant::Int64(n) => json!(n),
        Variant::UInt64(n) => json!(n),
        Variant::Float(n) if n.is_finite() => json!(f64::from(*n)),
        Variant::Double(n) if n.is_finite() => json!(n),
        Variant::Empty => Value::Null,
        other => json!(other.to_string().chars().take(SHORT).collect::<String>()),
    }
}
