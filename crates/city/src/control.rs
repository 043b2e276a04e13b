//! 控制口: what the town knows about itself, for tests and after-action figures. Loopback only.
//!
//! - `GET /ledger?after=N&confirmed=true|false`: readings put on the wire, one JSON object a line;
//!   with `confirmed=true` in the order of confirmation, with `false` those still unconfirmed.
//! - `GET /acts?after=N`: each step of a person that the server answered with success.
//! - `GET /messages?after=N`: each message a channel server took.
//! - `GET /status`: counts.
//!
//! `after` counts entries: the lists only grow, so a reader asks on with the `n` it saw last.

use crate::hands::TownClock;
use crate::people::Acts;
use crate::phones::{Inbox, Post};
use crate::rtu::{Ledger, Tally, Traffic};
use axum::extract::{Query, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use field::clock::Clock;
use field::time::Time;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What the control port shows.
#[derive(Clone, Debug)]
pub(crate) struct Control {
    pub(crate) seed: u64,
    pub(crate) clock: TownClock,
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) tally: Arc<Tally>,
    pub(crate) inbox: Arc<Inbox>,
    pub(crate) acts: Arc<Acts>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct From {
    after: u64,
    confirmed: Option<bool>,
}

/// The town at a glance.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct Status {
    seed: u64,
    now: Time,
    speed: f64,
    readings: u64,
    readings_confirmed: u64,
    frames: Traffic,
    post: Post,
}

/// The control port's pages.
pub(crate) fn routes(control: Control) -> Router {
    Router::new()
        .route("/ledger", get(ledger))
        .route("/acts", get(acts))
        .route("/messages", get(messages))
        .route("/status", get(status))
        .with_state(control)
}

/// One JSON object a line.
fn lines<T: Serialize>(items: &[T]) -> impl IntoResponse + use<T> {
    let mut text = String::new();
    for line in items.iter().filter_map(|item| serde_json::to_string(item).ok()) {
        text.push_str(&line);
        text.push('\n');
    }
    ([(CONTENT_TYPE, "application/x-ndjson")], text)
}

async fn ledger(State(town): State<Control>, Query(from): Query<From>) -> impl IntoResponse {
    lines(&match from.confirmed {
        None => town.ledger.sent(from.after),
        Some(true) => town.ledger.confirmed(from.after),
        Some(false) => town.ledger.unconfirmed(),
    })
}

async fn acts(State(town): State<Control>, Query(from): Query<From>) -> impl IntoResponse {
    lines(&town.acts.after(usize::try_from(from.after).unwrap_or(usize::MAX)))
}

async fn messages(State(town): State<Control>, Query(from): Query<From>) -> impl IntoResponse {
    lines(&town.inbox.arrived(from.after))
}

async fn status(State(town): State<Control>) -> impl IntoResponse {
    let (readings, readings_confirmed) = town.ledger.counts();
    Json(Status {
        seed: town.seed,
        now: town.clock.now(),
        speed: town.clock.speed(),
        readings,
        readings_confirmed,
        frames: town.tally.traffic(),
        post: town.inbox.post(),
    })
}
