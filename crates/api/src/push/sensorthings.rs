//! `POST /sensorthings/v1.1/Observations`, and the same below a Datastream: one observation of a point of
//! ours (OGC 18-088, 10.2), with a source's token.
//!
//! Promises: 201 comes when the observation is durable, with its address. Never: makes a Datastream.

use super::influx::{answer, quarantine};
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
use field::station::Point;
use serde_json::json;
use std::sync::Arc;
use wire::sensorthings::{NAME, Observation};

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
    let (point, said) = match understood(app, named, &bytes) {
        Ok(understood) => understood,
        Err((why, problem)) => {
            let refused = Refused::body(1, "bad_observation", why, &bytes);
            quarantine(app, &source, NAME, peer, now, refused).await?;
            return Err(problem);
        }
    };
    let at = said.at.unwrap_or(now);
    let mut batch = Batch::with_room(1);
    match (said.value, said.quality) {
        (None, _) => batch.push(point.id, at, f64::NAN, Quality::Missing),
        (Some(value), Quality::Good) => batch.measured(target(&point), at, value, now),
        (Some(value), quality) => batch.push(point.id, at, value, quality),
    }
    let raw = raw(&bytes, said.at.is_none().then_some(now));
    let name = &source.config.name;
    if raw.len() > Packet::MAX_RAW {
        let why = format!("{} bytes; an observation has at most {}", raw.len(), Packet::MAX_RAW);
        let refused = Refused::body(1, "too_long", why, &bytes);
        return answer(app, &source, NAME, peer, now, 0, refused).await;
    }
    let kept = keep_packet(&app.store, name, NAME, now, raw, batch).await?;
    metrics::counter!("push_rows_total").increment(kept as u64);
    let address = format!("{service}/Observations('{}-{}')", point.id, at.ms());
    Ok((StatusCode::CREATED, [(header::LOCATION, address)]).into_response())
}

/// The point and what was observed there; or why not, for who looks at the quarantine and for the sender.
fn understood(
    app: &App,
    named: Option<PointId>,
    body: &[u8],
) -> Result<(Arc<Point>, Observation), (String, Problem)> {
    let wrong = |why: String| (why.clone(), bad(&why));
    let said = Observation::read(body).map_err(|why| wrong(why.to_string()))?;
    let point = named.or(said.datastream.map(PointId));
    let point = point.ok_or_else(|| wrong("`Datastream` is missing: {\"@iot.id\": …}".to_owned()))?;
    let there = app.store.tables.registry().point(point).cloned();
    let there = there.ok_or_else(|| {
        (format!("there is no Datastream {point}"), Problem::not_found("Datastreams", point))
    })?;
    Ok((there, said))
}

fn bad(why: &impl std::fmt::Display) -> Problem {
    Problem::with(ProblemCode::BadBody, json!({ "why": why.to_string() }))
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
}
