//! `POST /api/v1/push/json/{mapping}`: any JSON, read by a mapping that is data.

use super::influx::{answer, quarantine};
use super::keep::Batch;
use super::resolve::{self, Asked};
use super::{Refused, body, keep, keep_packet};
use crate::app::App;
use crate::extract::Peer;
use crate::problem::{Problem, ProblemCode};
use axum::extract::Request;
use axum::response::Response;
use field::sample::{Packet, Quality};
use field::unit::conversion;
use serde_json::{Value, json};
use store::Actor;
use wire::json_push::{NAME, Read};

/// Takes one push.
pub(crate) async fn take(app: &App, mapping: &str, request: Request) -> Result<Response, Problem> {
    let query = request.uri().query().unwrap_or_default();
    let source = app.sources.find(request.headers(), query).ok_or(ProblemCode::NotSignedIn)?;
    let map = app.sources.mapping(mapping).ok_or_else(|| Problem::not_found("mapping", mapping))?;
    let peer = request.extensions().get::<Peer>().copied().unwrap_or(Peer([0, 0, 0, 0].into()));
    let bytes = body::read(request).await?;
    let now = app.now();
    let value: Value = match serde_json::from_slice(&bytes) {
        Ok(value) => value,
        Err(error) => {
            let why = error.to_string();
            let refused = Refused::body(error.line(), "no_json", why.clone(), &bytes);
            quarantine(app, &source, NAME, peer, now, refused).await?;
            return Err(Problem::with(ProblemCode::BadBody, json!({ "why": why })));
        }
    };
    let read = map.read(&value, now);
    let mut refused = Refused::default();
    for problem in &read.problems {
        refused.add(problem.record, 0, problem.code, problem.to_string(), b"");
    }
    let batch = batch(app, &source, &read, now, &mut refused).await?;
    if !refused.is_empty() {
        refused.raw = bytes.get(..bytes.len().min(super::QUARANTINE_MAX)).unwrap_or_default().to_vec();
    }
    let untimed = read.readings.iter().any(|reading| reading.observed_at == now);
    let raw = raw(&bytes, untimed.then_some(now));
    let name = &source.config.name;
    let kept = if batch.len() <= Packet::MAX_READINGS && raw.len() <= Packet::MAX_RAW {
        keep_packet(&app.store, name, NAME, now, raw, batch).await?
    } else {
        keep(&app.store, name, NAME, now, batch).await.map_err(|(_, error)| error)?
    };
    metrics::counter!("push_rows_total").increment(kept as u64);
    answer(app, &source, NAME, peer, now, kept, refused).await
}

/// The body as it is kept: behind one that does not say its time, a line says when it arrived, so that
/// the same body a minute later is another one.
pub(super) fn raw(body: &[u8], arrived: Option<field::time::Time>) -> Vec<u8> {
    let mut raw = body.to_vec();
    if let Some(at) = arrived {
        raw.extend(format!("\n{{\"received_at\":\"{at}\"}}").into_bytes());
    }
    raw
}

async fn batch(
    app: &App,
    source: &super::source::Source,
    read: &Read,
    now: field::time::Time,
    refused: &mut Refused,
) -> Result<Batch, Problem> {
    let asked: Vec<Asked> = read
        .readings
        .iter()
        .map(|r| Asked {
            station: Some(r.station.clone()),
            elements: vec![r.element.clone()],
            name: format!("{} {}", r.station, r.element),
        })
        .collect();
    let answers = resolve::resolve(app, source, &asked).await?;
    let named = read.readings.iter().zip(&answers);
    let named =
        named.filter_map(|(reading, answer)| Some((answer.as_ref().ok()?.point, reading.unit.as_str())));
    app.store.tables.adopt_units(named, Actor::Desk("push"), now).await?;
    let registry = app.store.tables.registry();
    let mut batch = Batch::with_room(answers.len());
    for (n, (reading, answer)) in read.readings.iter().zip(answers).enumerate() {
        let taken = answer.and_then(|target| {
            let unit = registry.point(target.point).map(|p| p.unit()).unwrap_or_default();
            let convert = conversion(&reading.unit, unit).map_err(|why| ("bad_unit", why.to_string()))?;
            Ok((target, convert))
        });
        match (taken, reading.value) {
            (Ok((target, convert)), Some(value)) => {
                batch.measured(target, reading.observed_at, convert.apply(value), now);
            }
            (Ok((target, _)), None) => {
                batch.push(target.point, reading.observed_at, f64::NAN, Quality::Missing)
            }
            (Err((code, why)), _) => refused.add(n + 1, 0, code, why, b""),
        }
    }
    Ok(batch)
}
