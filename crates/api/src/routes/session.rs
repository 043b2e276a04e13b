//! 登录 and 退出.

use crate::access::{Caller, Who};
use crate::app::App;
use crate::extract::{Body, Peer};
use crate::password;
use crate::problem::{Problem, ProblemCode};
use crate::route::Route;
use crate::session;
use crate::views::person::{PersonView, SignIn, SignedIn};
use axum::Json;
use axum::extract::State;
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use std::time::Instant;

/// Longest login looked at, bytes.
const LOGIN_MAX: usize = 64;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::post("/session", Who::Anyone, sign_in)
            .says("Signs in: sets the session cookie")
            .takes::<SignIn>()
            .answers::<SignedIn>(),
        Route::get("/session", Who::SignedIn, who_am_i).says("Who is signed in").answers::<SignedIn>(),
        Route::delete("/session", Who::SignedIn, sign_out).says("Signs out").answers_nothing(),
    ]
}

async fn sign_in(
    State(app): State<App>,
    Peer(peer): Peer,
    Body(ask): Body<SignIn>,
) -> Result<Response, Problem> {
    if ask.login.len() > LOGIN_MAX || ask.password.len() > password::MAX_BYTES {
        return Err(ProblemCode::BadCredentials.into());
    }
    let wait_s = app.throttle.wait_s(&ask.login, peer, Instant::now());
    if wait_s > 0 {
        return Err(Problem::with(ProblemCode::TooManyAttempts, json!({ "wait_s": wait_s })));
    }
    let account = app.store.tables.account(&ask.login).await?;
    let (person, hash) = account.map_or((None, None), |a| (Some(a.person), Some(a.hash)));
    let right = app.passwords.matches(ask.password, hash).await?;
    let registry = app.store.tables.registry();
    let person = person.filter(|_| right).and_then(|id| registry.person(id));
    let Some(person) = person else {
        app.throttle.failed(&ask.login, peer, Instant::now());
        metrics::counter!("zhizhen_sign_ins_total", "outcome" => "refused").increment(1);
        return Err(ProblemCode::BadCredentials.into());
    };
    app.throttle.succeeded(&ask.login);
    metrics::counter!("zhizhen_sign_ins_total", "outcome" => "accepted").increment(1);
    let token = session::start(&app, person.id).await?;
    let mut headers = HeaderMap::new();
    if let Some(cookie) = session::cookie(Some(&token), app.is_https()) {
        headers.insert(SET_COOKIE, cookie);
    }
    Ok((headers, Json(SignedIn { person: PersonView::from(&**person) })).into_response())
}

async fn who_am_i(State(app): State<App>, caller: Caller) -> Result<Json<SignedIn>, Problem> {
    let registry = app.store.tables.registry();
    let person = registry.person(caller.person).ok_or(ProblemCode::NotSignedIn)?;
    Ok(Json(SignedIn { person: PersonView::from(&**person) }))
}

async fn sign_out(State(app): State<App>, caller: Caller) -> Result<Response, Problem> {
    session::end(&app, &caller.token_hash).await?;
    let mut headers = HeaderMap::new();
    if let Some(cookie) = session::cookie(None, app.is_https()) {
        headers.insert(SET_COOKIE, cookie);
    }
    Ok((StatusCode::NO_CONTENT, headers).into_response())
}
