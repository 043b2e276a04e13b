//! What handlers take out of a request, refused with this crate's own problems.

use crate::problem::{Problem, ProblemCode};
use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use axum::http::header;
use axum::http::request::Parts;
use field::id::StationCode;
use serde::de::DeserializeOwned;
use serde_json::json;
use std::net::{IpAddr, Ipv4Addr};

/// Items of a page when the caller does not say.
pub(crate) const PAGE: usize = 100;
/// Most items of a page.
pub(crate) const PAGE_MAX: usize = 500;
/// Longest idempotency key: a UUID, twice.
const KEY_MAX: usize = 72;

/// A JSON body.
pub(crate) struct Body<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        match axum::Json::<T>::from_request(request, state).await {
            Ok(axum::Json(body)) => Ok(Self(body)),
            Err(JsonRejection::BytesRejection(rejection)) => Err(bytes_problem(rejection.status())),
            Err(rejection) => {
                Err(Problem::with(ProblemCode::BadBody, json!({ "why": rejection.body_text() })))
            }
        }
    }
}

/// A body of bytes; the route says how many.
pub(crate) struct Bytes(pub(crate) Vec<u8>);

impl<S: Send + Sync> FromRequest<S> for Bytes {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let body = axum::body::Bytes::from_request(request, state).await;
        body.map(|b| Self(b.to_vec())).map_err(|rejection| bytes_problem(rejection.status()))
    }
}

fn bytes_problem(status: axum::http::StatusCode) -> Problem {
    if status == axum::http::StatusCode::PAYLOAD_TOO_LARGE {
        ProblemCode::TooLarge.into()
    } else {
        Problem::with(ProblemCode::BadBody, json!({ "why": "the body ended early" }))
    }
}

/// Query parameters.
pub(crate) struct Ask<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Ask<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let query = Query::<T>::from_request_parts(parts, state).await;
        query
            .map(|Query(ask)| Self(ask))
            .map_err(|rejection| Problem::invalid("query", rejection.body_text()))
    }
}

/// A path parameter.
pub(crate) struct Of<T>(pub(crate) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Of<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = axum::extract::Path::<T>::from_request_parts(parts, state).await;
        path.map(|p| Self(p.0)).map_err(|rejection| Problem::invalid("path", rejection.body_text()))
    }
}

/// `Idempotency-Key`.
pub(crate) struct Key(pub(crate) String);

impl<S: Sync> FromRequestParts<S> for Key {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let key = parts.headers.get("idempotency-key").and_then(|v| v.to_str().ok()).map(str::trim);
        match key {
            Some(key) if (1..=KEY_MAX).contains(&key.len()) => Ok(Self(key.to_owned())),
            _ => Err(ProblemCode::IdempotencyKeyMissing.into()),
        }
    }
}

/// `If-Match`.
pub(crate) struct IfMatch(String);

impl IfMatch {
    /// Whether the thing is still as the editor saw it.
    pub(crate) fn check(&self, etag: &str) -> Result<(), Problem> {
        if self.0 == "*" || self.0.split(',').any(|tag| tag.trim() == etag) {
            Ok(())
        } else {
            Err(ProblemCode::ChangedMeanwhile.into())
        }
    }
}

impl<S: Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let tag = parts.headers.get(header::IF_MATCH).and_then(|v| v.to_str().ok());
        tag.map(|t| Self(t.to_owned())).ok_or_else(|| ProblemCode::IfMatchMissing.into())
    }
}

/// The other side's address.
#[derive(Clone, Copy)]
pub(crate) struct Peer(pub(crate) IpAddr);

impl<S: Sync> FromRequestParts<S> for Peer {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Ok(parts.extensions.get::<Self>().copied().unwrap_or(Self(IpAddr::V4(Ipv4Addr::UNSPECIFIED))))
    }
}

/// A station's code out of a path or query.
pub(crate) fn station_code(text: &str) -> Result<StationCode, Problem> {
    StationCode::new(text).map_err(|error| Problem::invalid("station", error))
}

/// How many items a page may have.
pub(crate) fn page_size(asked: Option<usize>) -> usize {
    asked.unwrap_or(PAGE).clamp(1, PAGE_MAX)
}

/// The cursor after a full page; `None` at the end.
pub(crate) fn next_cursor<T>(items: &[T], size: usize, id: impl Fn(&T) -> i64) -> Option<String> {
    if items.len() < size { None } else { items.last().map(|last| id(last).to_string()) }
}
