//! Web Push: the server's key and this browser's subscription.

use crate::access::{Caller, Who};
use crate::app::App;
use crate::extract::Body;
use crate::problem::{Problem, ProblemCode};
use crate::route::Route;
use crate::views::message::{PushAsk, PushGone, PushKey};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use store::tables::PushSubscription;

/// The setting in which the dispatch desk keeps the key it made.
const PUBLIC_KEY: &str = "web_push.public_key";
/// Longest endpoint: what browsers use is below 600.
const ENDPOINT_MAX: usize = 2_048;
/// Longest key: 65 and 16 bytes in base64url.
const KEY_MAX: usize = 128;
/// Browsers of one person.
const BROWSERS_MAX: usize = 10;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/push/key", Who::SignedIn, key).says("The server's VAPID key").answers::<PushKey>(),
        Route::post("/push/subscriptions", Who::SignedIn, put)
            .says("This browser may be pushed to; twice does no harm")
            .takes::<PushAsk>()
            .answers_nothing(),
        Route::delete("/push/subscriptions", Who::SignedIn, delete)
            .says("This browser may no longer be pushed to")
            .takes::<PushGone>()
            .answers_nothing(),
    ]
}

async fn key(State(app): State<App>) -> Result<Json<PushKey>, Problem> {
    // A configured key, else the one the dispatch desk made for itself.
    let made = app.store.tables.setting(PUBLIC_KEY).await?;
    let made = made.and_then(|key| key.as_str().map(str::to_owned));
    Ok(Json(PushKey { key: app.push_key.clone().or(made) }))
}

async fn put(
    State(app): State<App>,
    caller: Caller,
    Body(ask): Body<PushAsk>,
) -> Result<StatusCode, Problem> {
    let plain = |text: &str| text.bytes().all(|b| b.is_ascii_graphic());
    let endpoint_ok = ask.endpoint.len() <= ENDPOINT_MAX
        && plain(&ask.endpoint)
        && (ask.endpoint.starts_with("https://")
            || (app.demo.is_some() && ask.endpoint.starts_with("http://127.0.0.1")));
    if !endpoint_ok {
        return Err(Problem::invalid("endpoint", "an https address"));
    }
    for (what, key) in [("p256dh", &ask.keys.p256dh), ("auth", &ask.keys.auth)] {
        if key.is_empty() || key.len() > KEY_MAX || !plain(key) {
            return Err(Problem::invalid(what, "base64url"));
        }
    }
    let known = app.store.tables.push_subscriptions(caller.person).await?;
    if known.len() >= BROWSERS_MAX && known.iter().all(|s| s.endpoint != ask.endpoint) {
        let oldest = known.iter().min_by_key(|s| s.created_at);
        app.store.tables.push_delete(oldest.map_or("", |s| &s.endpoint)).await?;
    }
    let subscription = PushSubscription {
        person: caller.person,
        endpoint: ask.endpoint,
        p256dh: ask.keys.p256dh,
        auth: ask.keys.auth,
        created_at: app.now(),
    };
    app.store.tables.push_put(&subscription).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn delete(
    State(app): State<App>,
    caller: Caller,
    Body(ask): Body<PushGone>,
) -> Result<StatusCode, Problem> {
    let own = app.store.tables.push_subscriptions(caller.person).await?;
    if own.iter().all(|s| s.endpoint != ask.endpoint) {
        return Err(Problem::new(ProblemCode::NotFound));
    }
    app.store.tables.push_delete(&ask.endpoint).await?;
    Ok(StatusCode::NO_CONTENT)
}
