//! 实时流 as a route.

use crate::access::{Caller, Who};
use crate::app::App;
use crate::extract::Ask;
use crate::problem::Problem;
use crate::route::Route;
use crate::stream;
use crate::views::alarm::AlarmView;
use crate::views::command::CommandView;
use crate::views::demo::ClockView;
use crate::views::message::MessageView;
use crate::views::order::OrderView;
use crate::views::stream::{QuarantineEvent, ReadingsEvent, StationEvent};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::IntoResponse;
use axum::response::sse::{KeepAlive, Sse};
use serde::Deserialize;
use utoipa::IntoParams;

/// From where on.
#[derive(Deserialize, IntoParams)]
struct StreamAsk {
    /// As the header `Last-Event-ID`, for a stream opened anew.
    last_event_id: Option<String>,
}

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/stream", Who::SignedIn, open)
            .says(
                "Server-sent events: readings, alarm, order, message, command, station, registry, clock, \
                 quarantine, reload; ids resume without a gap",
            )
            .asks::<StreamAsk>()
            .answers_media("text/event-stream")
            .also::<ReadingsEvent>()
            .also::<AlarmView>()
            .also::<OrderView>()
            .also::<MessageView>()
            .also::<CommandView>()
            .also::<StationEvent>()
            .also::<ClockView>()
            .also::<QuarantineEvent>(),
    ]
}

async fn open(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    Ask(ask): Ask<StreamAsk>,
) -> Result<impl IntoResponse, Problem> {
    let header = headers.get("last-event-id").and_then(|v| v.to_str().ok()).map(str::to_owned);
    let last = header.or(ask.last_event_id).filter(|id| !id.is_empty());
    let events = stream::open(app, caller, last.as_deref()).await?;
    // Proxies that buffer would hold alarms back.
    let headers = [("x-accel-buffering", "no")];
    Ok((headers, Sse::new(events).keep_alive(KeepAlive::new().interval(stream::HEARTBEAT))))
}
