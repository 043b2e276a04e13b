//! 企业微信: token, application message (30 a minute to one member, the rest dropped without an
//! error; identical requests dropped for half an hour), group robot (20 a minute).

use super::{Fault, State, broken, status_500};
use axum::extract::{Query, State as Shared};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use field::time::MINUTE_MS;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::Arc;

type Params = Query<HashMap<String, String>>;

pub(crate) fn routes() -> Router<Arc<State>> {
    Router::new()
        .route("/cgi-bin/gettoken", get(token))
        .route("/cgi-bin/message/send", post(message))
        .route("/cgi-bin/webhook/send", post(webhook))
}

fn error(code: i64, text: &str) -> Response {
    Json(json!({ "errcode": code, "errmsg": text })).into_response()
}

async fn token(Shared(state): Shared<Arc<State>>, Query(p): Params) -> Response {
    if p.get("corpid").map(String::as_str) != Some("corp") {
        return error(40013, "invalid corpid");
    }
    if p.get("corpsecret").map(String::as_str) != Some("app-secret") {
        return error(40001, "invalid credential");
    }
    let mut inner = state.lock();
    inner.tokens += 1;
    inner.token_valid = true;
    let token = format!("token-{}", inner.tokens);
    Json(json!({ "errcode": 0, "errmsg": "ok", "access_token": token, "expires_in": 7200 })).into_response()
}

async fn message(Shared(state): Shared<Arc<State>>, Query(p): Params, Json(body): Json<Value>) -> Response {
    let now = state.clock.now();
    let mut inner = state.lock();
    let fault = inner.count("wecom_app");
    if matches!(fault, Some(Fault::Status500)) {
        return status_500();
    }
    let current = format!("token-{}", inner.tokens);
    if p.get("access_token") != Some(&current) {
        return error(40014, "invalid access_token");
    }
    if !inner.token_valid {
        return error(42001, "access_token expired");
    }
    let user = body["touser"].as_str().unwrap_or_default().to_owned();
    let text = body["text"]["content"].as_str().unwrap_or_default().to_owned();
    if text.len() > 2_048 {
        inner.refused.push(format!("wecom_app: {} bytes", text.len()));
        return error(45002, "content size out of limit");
    }
    if user.starts_with("nobody") {
        return Json(json!({ "errcode": 0, "errmsg": "ok", "invaliduser": user })).into_response();
    }
    let same = format!("app {user} {text}");
    let seen = inner.seen.get(&same).is_some_and(|at| now.since_ms(*at) < 30 * MINUTE_MS);
    if body["enable_duplicate_check"] == 1 && seen {
        return Json(json!({ "errcode": 0, "errmsg": "ok", "msgid": "same" })).into_response();
    }
    if inner.within(format!("app {user}"), now, 30) {
        inner.seen.insert(same, now);
        inner.take("wecom_app", &user, &text);
    } else {
        inner.dropped += 1;
    }
    if matches!(fault, Some(Fault::TakenThenBroken)) {
        return broken();
    }
    Json(json!({ "errcode": 0, "errmsg": "ok", "msgid": format!("m{}", inner.got.len()) })).into_response()
}

async fn webhook(Shared(state): Shared<Arc<State>>, Query(p): Params, Json(body): Json<Value>) -> Response {
    let now = state.clock.now();
    let mut inner = state.lock();
    let fault = inner.count("wecom_robot");
    if matches!(fault, Some(Fault::Status500)) {
        return status_500();
    }
    let Some(key) = p.get("key").filter(|k| *k == "group-key") else {
        return error(93000, "invalid webhook url");
    };
    let text = body["text"]["content"].as_str().unwrap_or_default().to_owned();
    if text.len() > 2_048 {
        inner.refused.push(format!("wecom_robot: {} bytes", text.len()));
        return error(40058, "content exceed max length 2048");
    }
    if !inner.within(format!("robot {key}"), now, 20) {
        inner.refused.push("wecom_robot: 45009".into());
        return error(45009, "api freq out of limit");
    }
    inner.take("wecom_robot", key, &text);
    let mobiles = body["text"]["mentioned_mobile_list"].as_array().cloned().unwrap_or_default();
    let mobiles = mobiles.iter().filter_map(|m| m.as_str().map(str::to_owned)).collect();
    inner.got.last_mut().unwrap().mobiles = mobiles;
    if matches!(fault, Some(Fault::TakenThenBroken)) {
        return broken();
    }
    error(0, "ok")
}
