//! 钉钉群机器人: signature checked, 20 a minute, beyond it `130101` and ten minutes of silence; body
//! at most 20,000 bytes.

use super::{Fault, State, broken, status_500};
use axum::body::Bytes;
use axum::extract::{Query, State as Shared};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use field::time::{HOUR_MS, MINUTE_MS};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;
use std::collections::HashMap;
use std::sync::Arc;

pub(crate) fn routes() -> Router<Arc<State>> {
    Router::new().route("/robot/send", post(send))
}

fn error(code: i64, text: &str) -> Response {
    Json(json!({ "errcode": code, "errmsg": text })).into_response()
}

async fn send(
    Shared(state): Shared<Arc<State>>,
    Query(p): Query<HashMap<String, String>>,
    body: Bytes,
) -> Response {
    let now = state.clock.now();
    let mut inner = state.lock();
    let fault = inner.count("dingtalk_robot");
    if matches!(fault, Some(Fault::Status500)) {
        return status_500();
    }
    let Some(token) = p.get("access_token").filter(|t| *t == "ding-token").cloned() else {
        return error(300001, "token is not exist");
    };
    let stamp: i64 = p.get("timestamp").and_then(|t| t.parse().ok()).unwrap_or(0);
    let mut mac = Hmac::<Sha256>::new_from_slice(b"SECding").unwrap();
    mac.update(format!("{stamp}\nSECding").as_bytes());
    let right = STANDARD.encode(mac.finalize().into_bytes());
    if (now.ms() - stamp).abs() > HOUR_MS || p.get("sign") != Some(&right) {
        return error(310000, "sign not match");
    }
    if body.len() > 20_000 {
        inner.refused.push(format!("dingtalk_robot: {} bytes", body.len()));
        return error(460101, "message too long, exceed 20000 bytes");
    }
    let silent = inner.silent_until.get(&token).is_some_and(|until| now < *until);
    if silent || !inner.within(format!("ding {token}"), now, 20) {
        inner.silent_until.entry(token).or_insert(now.plus_ms(10 * MINUTE_MS));
        inner.refused.push("dingtalk_robot: 130101".into());
        return error(130101, "send too fast, exceed 20 times per minute");
    }
    inner.silent_until.remove(&token);
    let body: Value = serde_json::from_slice(&body).unwrap();
    let text = body["text"]["content"].as_str().unwrap_or_default();
    let mobiles: Vec<String> =
        body["at"]["atMobiles"].as_array().unwrap().iter().map(|m| m.as_str().unwrap().to_owned()).collect();
    for mobile in &mobiles {
        assert!(text.contains(&format!("@{mobile}")), "a number that is called must stand in the text");
    }
    inner.take("dingtalk_robot", &token, text);
    inner.got.last_mut().unwrap().mobiles = mobiles;
    if matches!(fault, Some(Fault::TakenThenBroken)) {
        return broken();
    }
    error(0, "ok")
}
