//! 短信网关: signature, parts of 70 or 67, ten a minute to one number, a key said twice is answered
//! as the first time.

use super::{Fault, State, broken, status_500};
use axum::extract::State as Shared;
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};
use std::sync::Arc;

/// Parts of one message the gateway takes.
const MAX_PARTS: usize = 8;

pub(crate) fn routes() -> Router<Arc<State>> {
    Router::new().route("/sms/send", post(send))
}

fn answer(code: i64, text: &str) -> Response {
    Json(json!({ "code": code, "message": text })).into_response()
}

async fn send(Shared(state): Shared<Arc<State>>, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    let now = state.clock.now();
    let mut inner = state.lock();
    let fault = inner.count("sms");
    if matches!(fault, Some(Fault::Status500)) {
        return status_500();
    }
    if headers.get("Authorization").map(|v| v.as_bytes()) != Some(b"Bearer sms-key") {
        return answer(401, "bad key");
    }
    let field = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
    let (mobile, text, key) = (field("mobile"), field("text"), field("key"));
    if field("sign") != "至臻水务" || !text.starts_with("【至臻水务】") {
        return answer(403, "signature not approved");
    }
    if mobile.starts_with("000") {
        return answer(404, "no such number");
    }
    if inner.seen.contains_key(&format!("sms {key}")) {
        return Json(json!({ "code": 0, "msgid": key })).into_response();
    }
    let units = text.encode_utf16().count();
    let parts = if units <= 70 { 1 } else { units.div_ceil(67) };
    if parts > MAX_PARTS {
        inner.refused.push(format!("sms: {parts} parts"));
        return answer(413, "too long");
    }
    if !inner.within(format!("sms {mobile}"), now, 10) {
        inner.refused.push("sms: too many to one number".into());
        return answer(429, "too many");
    }
    inner.parts += parts;
    inner.seen.insert(format!("sms {key}"), now);
    inner.take("sms", &mobile, &text);
    if matches!(fault, Some(Fault::TakenThenBroken)) {
        return broken();
    }
    Json(json!({ "code": 0, "msgid": key, "parts": parts })).into_response()
}
