//! `POST /sensorthings/v1.1/Observations`, and the same below a Datastream: one observation of a point of
//! ours (OGC 18-088, 10.2), with a source's token.
//!
//! Promises: 201 comes when the observation is durable, with its address. Never: makes a Datastream.

use super::influx::answer;
use super::json::raw;
use super::keep::Batch;
use super::resolve::target;
use super::{Refused, body, keep_packet};
use crate::app::App;
use crate::extract::Peer;
use crate::problem::{Problem, ProblemCode};
use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use field::id::PointId;
use field::sample::{Packet, Quality};
use field::time::Time;
use serde::Deserialize;
use serde_json::{Value, json};
use wire::json_push::NAME;

/// What is read of an Observation; whatever else it says is kept with its bytes.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Observation {
    phenomenon_time: Option<String>,
    result: Value,
    #[serde(default)]
    result_quality: Value,
    #[serde(rename = "Datastream")]
    datastream: Option<Link>,
    #[serde(rename = "MultiDatastream")]
    many: Option<Value>,
}

#[derive(Debug, Deserialize)]
struct Link {
    #[serde(rename = "@iot.id")]
    id: i64,
}

/// What may be written by its resource path: Observations, of the Datastream that it names or of the one that
/// the body names. `None` for everything else.
fn writable(resource: &str) -> Option<Option<PointId>> {
    if resource == "Observations" {
        return Some(None);
    }
    let id = resource.strip_prefix("Datastreams(")?.strip_suffix(")/Observations")?;
    Some(Some(PointId(id.parse().ok()?)))
}

/// Takes one observation. `service` is the service's address.
pub(crate) async fn take(
    app: &App,
    resource: &str,
    service: &str,
    request: Request,
) -> Result<Response, Problem> {
    let query = request.uri().query().unwrap_or_default();
    let source = app.sources.find(request.headers(), query).ok_or(ProblemCode::NotSignedIn)?;
    let named = writable(resource.trim_matches('/')).ok_or(ProblemCode::MethodNotAllowed)?;
    let peer = request.extensions().get::<Peer>().copied().unwrap_or(Peer([0, 0, 0, 0].into()));
    let bytes = body::read(request).await?;
    let now = app.now();
    let said: Observation = serde_json::from_slice(&bytes).map_err(|error| bad(&error))?;
    if said.many.is_some() {
        return Err(bad(&"there are no MultiDatastreams: send one observation of a Datastream each"));
    }
    let point = named.or(said.datastream.as_ref().map(|link| PointId(link.id)));
    let point = point.ok_or_else(|| bad(&"`Datastream` is missing: {\"@iot.id\": …}"))?;
    let registry = app.store.tables.registry();
    let point = registry.point(point).ok_or_else(|| Problem::not_found("Datastreams", point))?;
    let at = said.phenomenon_time.as_deref().map_or(Ok(now), moment)?;
    let mut batch = Batch::with_room(1);
    match (value(&said.result)?, quality(&said.result_quality)?) {
        (None, _) => batch.push(point.id, at, f64::NAN, Quality::Missing),
        (Some(value), Quality::Good) => batch.measured(target(point), at, value, now),
        (Some(value), quality) => batch.push(point.id, at, value, quality),
    }
    let raw = raw(&bytes, said.phenomenon_time.is_none().then_some(now));
    let name = &source.config.name;
    if raw.len() > Packet::MAX_RAW {
        let mut refused = Refused::default();
        let why = format!("{} bytes; an observation has at most {}", raw.len(), Packet::MAX_RAW);
        refused.add(1, 0, "too_long", why, &bytes);
        return answer(app, &source, NAME, peer, now, 0, refused).await;
    }
    let kept = keep_packet(&app.store, name, NAME, now, raw, batch).await?;
    metrics::counter!("push_rows_total").increment(kept as u64);
    let address = format!("{service}/Observations('{}-{}')", point.id, at.ms());
    Ok((StatusCode::CREATED, [(header::LOCATION, address)]).into_response())
}

fn bad(why: &impl std::fmt::Display) -> Problem {
    Problem::with(ProblemCode::BadBody, json!({ "why": why.to_string() }))
}

/// A moment; of an interval its end, as periods are labelled here.
fn moment(text: &str) -> Result<Time, Problem> {
    let end = text.rsplit_once('/').map_or(text, |(_, end)| end);
    end.parse().map_err(|_| bad(&format!("phenomenonTime `{text}` is no ISO 8601 time or interval")))
}

fn value(result: &Value) -> Result<Option<f64>, Problem> {
    match result {
        Value::Null => Ok(None),
        Value::Bool(on) => Ok(Some(f64::from(u8::from(*on)))),
        Value::Number(number) => Ok(number.as_f64()),
        other => Err(bad(&format!("result `{other}` is neither a number, true, false nor null"))),
    }
}

fn quality(said: &Value) -> Result<Quality, Problem> {
    match said {
        Value::Null => Ok(Quality::Good),
        said => serde_json::from_value(said.clone())
            .map_err(|_| bad(&"resultQuality is good, suspect, missing, manual or estimated")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_observations_can_be_written() {
        assert_eq!(writable("Observations"), Some(None));
        assert_eq!(writable("Datastreams(17)/Observations"), Some(Some(PointId(17))));
        for other in ["Things", "Datastreams(x)/Observations", "Datastreams(17)", "Observations/$ref", ""] {
            assert_eq!(writable(other), None, "{other}");
        }
    }

    #[test]
    fn an_interval_is_labelled_at_its_end() {
        let end: Time = "2021-06-30T12:05:00+08:00".parse().unwrap();
        assert_eq!(moment("2021-06-30T04:00:00Z/2021-06-30T04:05:00Z").unwrap(), end);
        assert!(moment("yesterday").is_err());
    }
}
