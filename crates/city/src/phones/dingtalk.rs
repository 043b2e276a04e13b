//! 钉钉群机器人: signed webhook, twenty messages a minute, then ten minutes of silence (handbook §3.6).

use super::limits::{Minutes, minute_ms};
use super::{Phones, lock};
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Query, State};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use field::person::ChannelKind;
use field::time::{HOUR_MS, MINUTE_MS, Time};
use hmac::{Hmac, KeyInit, Mac};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::Sha256;
use std::sync::Arc;

/// Longest body, bytes.
const MOST_BODY: usize = 20_000;
/// Messages a minute of one robot.
const PER_MINUTE: usize = 20;
/// Silence after sending too fast.
const SILENCE_MS: i64 = 10 * MINUTE_MS;
/// A signature is good for an hour.
const SIGNATURE_LIFE_MS: i64 = HOUR_MS;

/// What the server remembers.
#[derive(Debug, Default)]
pub(crate) struct Dingtalk {
    minutes: Minutes,
    silent_until: Option<Time>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Signed {
    #[serde(default)]
    access_token: String,
    #[serde(default)]
    timestamp: i64,
    #[serde(default)]
    sign: String,
}

#[derive(Debug, Deserialize)]
struct Message {
    msgtype: String,
    text: Option<Text>,
    markdown: Option<Markdown>,
    #[serde(default)]
    at: At,
}

#[derive(Debug, Deserialize)]
struct Text {
    content: String,
}

#[derive(Debug, Deserialize)]
struct Markdown {
    text: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct At {
    at_mobiles: Vec<String>,
}

fn answer(code: i64, message: &str) -> Json<Value> {
    Json(json!({ "errcode": code, "errmsg": message }))
}

/// Base64 of HMAC-SHA256(secret, timestamp + newline + secret).
fn signature(secret: &str, timestamp: i64) -> Option<String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).ok()?;
    mac.update(format!("{timestamp}\n{secret}").as_bytes());
    Some(STANDARD.encode(mac.finalize().into_bytes()))
}

/// `POST /robot/send`.
pub(crate) async fn robot(
    State(phones): State<Arc<Phones>>,
    Query(signed): Query<Signed>,
    body: Bytes,
) -> Json<Value> {
    if signed.access_token != phones.secrets.dingtalk_token {
        return answer(300_001, "token is not exist");
    }
    let now = phones.inbox.now();
    let fresh = (now.ms() - signed.timestamp).abs() <= SIGNATURE_LIFE_MS;
    if !fresh || signature(&phones.secrets.dingtalk_secret, signed.timestamp).as_ref() != Some(&signed.sign) {
        phones.inbox.refuse("dingtalk_sign");
        return answer(310_000, "sign not match");
    }
    if body.len() > MOST_BODY {
        phones.inbox.refuse("dingtalk_size");
        return answer(460_101, "message too long, exceed 20000 bytes");
    }
    let Ok(message) = serde_json::from_slice::<Message>(&body) else {
        phones.inbox.refuse("dingtalk_json");
        return answer(40_035, "invalid json");
    };
    let text = match message.msgtype.as_str() {
        "text" => message.text.map(|t| t.content),
        "markdown" => message.markdown.map(|m| m.text),
        _ => None,
    };
    let Some(text) = text.filter(|t| !t.is_empty()) else {
        phones.inbox.refuse("dingtalk_msgtype");
        return answer(400_013, "invalid message type");
    };
    {
        let mut dingtalk = lock(&phones.dingtalk);
        let window = minute_ms(phones.inbox.speed());
        let silenced = dingtalk.silent_until.is_some_and(|until| now < until);
        if silenced || !dingtalk.minutes.take("robot", PER_MINUTE, window, now) {
            if !silenced {
                dingtalk.silent_until = Some(now.plus_ms(SILENCE_MS));
            }
            phones.inbox.refuse("dingtalk_minute");
            return answer(130_101, "send too fast, exceed 20 times per minute");
        }
    }
    let people: Vec<usize> = message.at.at_mobiles.iter().filter_map(|m| phones.inbox.by_mobile(m)).collect();
    phones.inbox.arrive(ChannelKind::DingtalkRobot, &people, &text);
    answer(0, "ok")
}
