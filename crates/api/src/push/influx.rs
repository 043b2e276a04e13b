//! `POST /api/v1/push/influx`, `/write`, `/api/v2/write`: line protocol.

use super::keep::Batch;
use super::raw;
use super::resolve::{self, Asked};
use super::source::{Known, Source, parameter};
use super::{Refused, body, keep};
use crate::app::App;
use crate::extract::Peer;
use crate::problem::{Problem, ProblemCode};
use axum::extract::Request;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use field::time::Time;
use serde_json::json;
use std::collections::HashMap;
use std::sync::PoisonError;
use store::tables::NewQuarantined;
use wire::influx::{Field, Line, NAME, Precision, canonical, lines, unescape};

/// The paths, our own first.
pub(crate) const PATHS: [&str; 3] = ["/api/v1/push/influx", "/write", "/api/v2/write"];

/// Least bytes of a row: only to guess how many there are.
const ROW_BYTES: usize = 48;

/// Whether the request is a push of rows, which needs none of the interface's layers.
pub(crate) fn is_influx<B>(request: &axum::http::Request<B>) -> bool {
    *request.method() == Method::POST && PATHS.contains(&request.uri().path())
}

/// Takes one push.
pub(crate) async fn take(app: App, request: Request) -> Response {
    let answer = match admitted(&app, &request) {
        Ok((source, precision, peer)) => match body::read(request).await {
            Ok(body) => push(&app, &source, precision, peer, &body).await,
            Err(problem) => Err(problem),
        },
        Err(problem) => Err(problem),
    };
    answer.unwrap_or_else(IntoResponse::into_response)
}

type Admitted = (std::sync::Arc<Source>, Precision, Peer);

fn admitted(app: &App, request: &Request) -> Result<Admitted, Problem> {
    let query = request.uri().query().unwrap_or_default();
    let source = app.sources.find(request.headers(), query).ok_or(ProblemCode::NotSignedIn)?;
    let code = parameter(query, "precision").unwrap_or_default();
    let precision =
        Precision::from_code(&code).ok_or_else(|| Problem::invalid("precision", "ns, us, ms, s, m or h"))?;
    let peer = request.extensions().get::<Peer>().copied().unwrap_or(Peer([0, 0, 0, 0].into()));
    Ok((source, precision, peer))
}

async fn push(
    app: &App,
    source: &Source,
    precision: Precision,
    peer: Peer,
    body: &[u8],
) -> Result<Response, Problem> {
    let now = app.now();
    let mut refused = Refused::default();
    let kept = if source.config.keep_raw {
        raw::push(app, source, precision, body, now, &mut refused).await?
    } else {
        let (batch, _) = read(app, source, precision, (body, 0), now, &mut refused).await?;
        kept(app, source, now, batch).await?
    };
    metrics::counter!("push_rows_total").increment(kept as u64);
    answer(app, source, NAME, peer, now, kept, refused).await
}

/// A body's rows (or a piece's, so many lines behind the body's start), and whether one of them does not say
/// its time; what cannot be taken goes to `refused`.
pub(super) async fn read(
    app: &App,
    source: &Source,
    precision: Precision,
    (body, first_line): (&[u8], usize),
    now: Time,
    refused: &mut Refused,
) -> Result<(Batch, bool), Problem> {
    let version = app.store.tables.registry().places_version();
    let mut read = Reading::new(body, precision, now);
    read.first_line = first_line;
    read.refused = std::mem::take(refused);
    read.go(source, version);
    *refused = std::mem::take(&mut read.refused);
    if !read.unknown.is_empty() {
        settle(app, source, &mut read, refused).await?;
    }
    Ok((read.batch, read.untimed))
}

/// Keeps rows; says in the log when they could not be kept.
pub(super) async fn kept(app: &App, source: &Source, now: Time, batch: Batch) -> Result<usize, Problem> {
    let rows = batch.len();
    if rows == 0 {
        return Ok(0);
    }
    keep(&app.store, &source.config.name, NAME, now, batch).await.map_err(|(kept, error)| {
        metrics::counter!("push_rows_total").increment(kept as u64);
        tracing::error!(%error, kept, rows, "pushed rows could not be kept; the sender will send them again");
        error.into()
    })
}

/// 204, or what was refused, once that is in the quarantine too.
pub(crate) async fn answer(
    app: &App,
    source: &Source,
    protocol: &str,
    peer: Peer,
    now: Time,
    kept: usize,
    refused: Refused,
) -> Result<Response, Problem> {
    if refused.is_empty() {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let params = json!({ "written": kept, "refused": refused.count, "faults": refused.faults });
    quarantine(app, source, protocol, peer, now, refused).await?;
    Ok(Problem::with(ProblemCode::PartialWrite, params).into_response())
}

/// Keeps what was refused where a person sees it.
pub(crate) async fn quarantine(
    app: &App,
    source: &Source,
    protocol: &str,
    peer: Peer,
    now: Time,
    refused: Refused,
) -> Result<(), Problem> {
    metrics::counter!("push_rows_refused_total").increment(refused.count as u64);
    let first = refused.faults.first();
    let piece = NewQuarantined {
        at: now,
        peer: peer.0.to_string(),
        protocol: protocol.to_owned(),
        station: Some(source.config.name.to_string()),
        reason: refused.code.unwrap_or_default(),
        detail: first
            .map(|f| format!("{} rows refused; line {}: {}", refused.count, f.line, f.detail))
            .unwrap_or_default(),
        raw: refused.raw,
    };
    app.store.tables.quarantine_add(piece).await?;
    Ok(())
}

/// A row whose series is not known yet.
struct Unknown<'a> {
    line: Line<'a>,
    field: Field<'a>,
    at: Time,
    /// Where the answer stands among the asked.
    asked: usize,
}

/// A body being read.
struct Reading<'a> {
    body: &'a [u8],
    /// Lines of the whole body before this piece of it.
    first_line: usize,
    precision: Precision,
    now: Time,
    /// A row came without its time.
    untimed: bool,
    batch: Batch,
    refused: Refused,
    unknown: Vec<Unknown<'a>>,
    asked: Vec<Asked>,
    places: HashMap<Vec<u8>, usize>,
}

impl<'a> Reading<'a> {
    fn new(body: &'a [u8], precision: Precision, now: Time) -> Self {
        Self {
            body,
            first_line: 0,
            precision,
            now,
            untimed: false,
            batch: Batch::with_room(body.len() / ROW_BYTES + 1),
            refused: Refused::default(),
            unknown: vec![],
            asked: vec![],
            places: HashMap::new(),
        }
    }

    /// Reads every line; no waiting in here.
    fn go(&mut self, source: &Source, version: u64) {
        let known = source.known.read().unwrap_or_else(PoisonError::into_inner);
        if known.version < version {
            drop(known);
            let mut known = source.known.write().unwrap_or_else(PoisonError::into_inner);
            if known.version < version {
                *known = Known { version, ..Known::default() };
            }
            drop(known);
            return self.go_with(source, &source.known.read().unwrap_or_else(PoisonError::into_inner));
        }
        self.go_with(source, &known);
    }

    fn go_with(&mut self, source: &Source, known: &Known) {
        let mut rest = lines(self.body);
        let mut hint = 0;
        let mut key = vec![];
        loop {
            let offset = rest.offset();
            let Some(bytes) = self.body.get(offset..).filter(|b| !b.is_empty()) else { break };
            if let Some(seen) = known.series.read(bytes, &mut hint)
                && let Some(at) = moment(self.precision, seen.stamp)
            {
                self.batch.measured(seen.what, at, seen.value, self.now);
                rest.skip_to(offset + seen.length, 1);
                continue;
            }
            match rest.next() {
                None => break,
                Some(Ok(line)) => self.line(source, known, &line, &mut key),
                Some(Err((problem, raw))) => {
                    let kind = problem.kind;
                    let line = self.first_line + problem.line as usize;
                    self.refused.add(line, problem.column, kind.code(), kind.to_string(), raw);
                }
            }
        }
    }

    fn line(&mut self, source: &Source, known: &Known, line: &Line<'a>, key: &mut Vec<u8>) {
        let number = self.first_line + line.number as usize;
        let at = match line.stamp {
            None => {
                self.untimed = true;
                self.now
            }
            Some(stamp) => match moment(self.precision, stamp) {
                Some(at) => at,
                None => {
                    let why =
                        format!("timestamp {stamp} is not between 1970 and 2200: is `precision` right?");
                    return self.refused.add(number, 0, "bad_time", why, line.raw);
                }
            },
        };
        for field in line.fields() {
            let Some(value) = field.value.number() else {
                let why = "a text is no measured value".to_owned();
                self.refused.add(number, 0, "text_field", why, line.raw);
                continue;
            };
            key.clear();
            key.extend_from_slice(line.series());
            key.push(b' ');
            key.extend_from_slice(field.name);
            match known.series.find(key) {
                Some(target) => self.batch.measured(target, at, value, self.now),
                None => self.ask(source, line, field, at, key),
            }
        }
    }

    fn ask(&mut self, source: &Source, line: &Line<'a>, field: Field<'a>, at: Time, key: &[u8]) {
        let asked = match self.places.get(key) {
            Some(place) => *place,
            None => {
                let Some(asked) = asked(source, line, field) else {
                    let why = "a name is not UTF-8".to_owned();
                    let number = self.first_line + line.number as usize;
                    return self.refused.add(number, 0, "not_utf8", why, line.raw);
                };
                self.asked.push(asked);
                self.places.insert(key.to_vec(), self.asked.len() - 1);
                self.asked.len() - 1
            }
        };
        self.unknown.push(Unknown { line: *line, field, at, asked });
    }
}

/// Within the years that are kept.
fn moment(precision: Precision, stamp: i64) -> Option<Time> {
    let ms = precision.to_ms(stamp);
    (Time::MIN.ms()..=Time::MAX.ms()).contains(&ms).then(|| Time::from_ms(ms))
}

fn asked(source: &Source, line: &Line<'_>, field: Field<'_>) -> Option<Asked> {
    let measurement = unescape(line.measurement())?;
    let name = unescape(field.name)?;
    let tag = source.config.station_tag.as_str();
    let station = line.tags().find(|(name, _)| unescape(name).is_some_and(|name| name == tag));
    let station = match station {
        Some((_, value)) => Some(unescape(value)?.into_owned()),
        None => None,
    };
    let both = format!("{measurement}.{name}");
    // `value` says nothing: then the measurement is the element.
    let elements = if name == "value" {
        vec![both, measurement.into_owned()]
    } else {
        vec![both, name.clone().into_owned()]
    };
    Some(Asked { station, elements, name: format!("{} {name}", canonical(line)?) })
}

/// Looks up what is not known yet, and takes or refuses its rows.
async fn settle(
    app: &App,
    source: &Source,
    read: &mut Reading<'_>,
    refused: &mut Refused,
) -> Result<(), Problem> {
    let version = app.store.tables.registry().places_version();
    let answers = resolve::resolve(app, source, &read.asked).await?;
    learn(source, version, read, &answers);
    for row in &read.unknown {
        match answers.get(row.asked) {
            Some(Ok(target)) => {
                let value = row.field.value.number().unwrap_or(f64::NAN);
                read.batch.measured(*target, row.at, value, read.now);
            }
            Some(Err((code, why))) => {
                refused.add(read.first_line + row.line.number as usize, 0, code, why.clone(), row.line.raw)
            }
            None => {}
        }
    }
    Ok(())
}

/// Keeps what was found, where it is still of the places that the source knows.
fn learn(source: &Source, version: u64, read: &Reading<'_>, answers: &[resolve::Answer]) {
    let mut known = source.known.write().unwrap_or_else(PoisonError::into_inner);
    if known.version != version {
        return;
    }
    let mut keys: Vec<_> = read.places.iter().collect();
    keys.sort_by_key(|(_, place)| **place);
    for (key, place) in keys {
        if let Some(Ok(target)) = answers.get(*place) {
            known.series.learn(key, *target);
        }
    }
}
