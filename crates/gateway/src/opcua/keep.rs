//! From what a server publishes to durable readings.

use super::maps::{Item, Items, NAME};
use crate::hub::Hub;
use crate::intake::{Arrival, Refused};
use ::opcua::types::{DataValue, DateTime, StatusCode, Variant};
use field::sample::Packet;
use field::time::Time;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::ops::ControlFlow;
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

/// Keeps what comes until the way in is closed and empty, or the house shuts down. What comes behind something
/// that could not be kept is not kept either: the newest kept value of a node proves all before it.
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
            if keep(&station, &lines, arrival, hub).await.is_break() {
                return;
            }
        }
    }
}

async fn keep(station: &str, lines: &[Line], arrival: Arrival, hub: &Hub) -> ControlFlow<()> {
    for piece in pieces(lines) {
        keep_piece(station, piece, arrival, hub).await?;
    }
    ControlFlow::Continue(())
}

/// 分包: lines and their text, as many as one packet holds: after a gap, a history brings thousands at once.
fn pieces(lines: &[Line]) -> Vec<Piece<'_>> {
    let mut pieces: Vec<Piece<'_>> = Vec::new();
    for line in lines {
        // A line is made of texts and finite numbers: it can always be written.
        let Ok(mut text) = serde_json::to_vec(line) else { continue };
        text.push(b'\n');
        let has_room = |piece: &&mut Piece<'_>| {
            piece.lines.len() < Packet::MAX_READINGS && piece.raw.len() + text.len() <= Packet::MAX_RAW
        };
        match pieces.last_mut().filter(has_room) {
            Some(piece) => {
                piece.raw.append(&mut text);
                piece.lines.push(line);
            }
            None => pieces.push(Piece { raw: text, lines: vec![line] }),
        }
    }
    pieces
}

/// What becomes one packet: a line of JSON a value.
#[derive(Debug)]
struct Piece<'a> {
    raw: Vec<u8>,
    lines: Vec<&'a Line>,
}

/// `Break` when the house shuts down before the store has taken it.
async fn keep_piece(
    station: &str,
    Piece { raw, lines }: Piece<'_>,
    arrival: Arrival,
    hub: &Hub,
) -> ControlFlow<()> {
    let code = match hub.intake.known(station) {
        Ok(code) => code,
        Err(refused) => {
            refuse(station, raw, refused, arrival, hub).await;
            return ControlFlow::Continue(());
        }
    };
    let readings = lines.into_iter().map(Line::reading).collect();
    let report = Report { station: Some(station.to_owned()), sent_at: None, readings, files: Vec::new() };
    // A server does not publish again what it has published: it is ours to try until it is kept.
    while hub.intake.keep(&code, NAME, raw.clone(), &report, arrival).await.is_err() {
        tokio::select! {
            () = hub.stopped() => return ControlFlow::Break(()),
            () = tokio::time::sleep(AGAIN) => {}
        }
    }
    ControlFlow::Continue(())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_history_is_kept_in_packets_that_the_store_takes() {
        let received: Time = "2021-06-30T08:00".parse().unwrap();
        let line = |n: i64| Line {
            station: "3307820301".to_owned(),
            element: "level".to_owned(),
            node: "ns=2;s=FK.ForebayLevel".to_owned(),
            value: json!(61.25),
            scale: 1.0,
            offset: 0.0,
            status: 0,
            source: Some(received.plus_ms(n * 60_000)),
            server: Some(received),
            received,
            history: true,
        };
        let lines: Vec<Line> = (0..2_000).map(line).collect();
        let pieces = pieces(&lines);
        assert!(pieces.len() > 1 && pieces.iter().all(|piece| piece.raw.len() <= Packet::MAX_RAW));
        let again: Vec<Line> = pieces
            .iter()
            .flat_map(|piece| std::str::from_utf8(&piece.raw).unwrap().lines())
            .map(|text| Line::read(text).unwrap())
            .collect();
        assert_eq!(again, lines, "in their order, none twice and none missing");
        assert_eq!(pieces.iter().map(|piece| piece.lines.len()).sum::<usize>(), lines.len());
    }
}
