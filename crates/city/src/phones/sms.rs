//! 短信网关: an HTTP gateway as providers run them: bearer key, signature in front, cost by the part,
//! and a repeated idempotency key answered with the first answer.

use super::limits::{Minutes, minute_ms};
use super::{Phones, lock};
use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use field::person::ChannelKind;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// UTF-16 units of one part, and of each of several.
const ONE_PART: usize = 70;
const PER_PART: usize = 67;
/// Most parts of one message.
const MOST_PARTS: usize = 10;
/// Messages a minute to one number before it counts as a bombardment.
const NUMBER_PER_MINUTE: usize = 10;
/// Keys remembered; beyond it the memory starts anew.
const MOST_KEYS: usize = 50_000;

/// What the gateway remembers.
#[derive(Debug, Default)]
pub(crate) struct Sms {
    minutes: Minutes,
    answers: BTreeMap<String, Value>,
    taken: u64,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Message {
    #[serde(default)]
    mobile: String,
    #[serde(default)]
    text: String,
    #[serde(default)]
    sign: String,
    key: Option<String>,
}

fn refused(code: i64, message: &str) -> Json<Value> {
    Json(json!({ "code": code, "message": message }))
}

/// `POST /sms/send`.
pub(crate) async fn send(
    State(phones): State<Arc<Phones>>,
    headers: HeaderMap,
    Json(message): Json<Message>,
) -> Json<Value> {
    let bearer = headers.get("authorization").and_then(|h| h.to_str().ok());
    if bearer.and_then(|b| b.strip_prefix("Bearer ")) != Some(phones.secrets.sms_key.as_str()) {
        return refused(401, "key");
    }
    let Some(person) = phones.inbox.by_mobile(&message.mobile) else {
        phones.inbox.refuse("sms_number");
        return refused(404, "no such number");
    };
    if !message.text.starts_with(&format!("【{}】", message.sign)) || message.sign.is_empty() {
        phones.inbox.refuse("sms_signature");
        return refused(406, "signature missing in front of the text");
    }
    let units = message.text.encode_utf16().count();
    let parts = if units <= ONE_PART { 1 } else { units.div_ceil(PER_PART) };
    if parts > MOST_PARTS {
        phones.inbox.refuse("sms_size");
        return refused(413, "too long");
    }
    let now = phones.inbox.now();
    let mut sms = lock(&phones.sms);
    if let Some(first) = message.key.as_ref().and_then(|k| sms.answers.get(k)) {
        return Json(first.clone());
    }
    if !sms.minutes.take(&message.mobile, NUMBER_PER_MINUTE, minute_ms(phones.inbox.speed()), now) {
        phones.inbox.refuse("sms_minute");
        return refused(429, "too many messages to this number");
    }
    sms.taken += 1;
    let answer = json!({ "code": 0, "msgid": format!("sms-{}", sms.taken), "parts": parts });
    if let Some(key) = message.key {
        if sms.answers.len() >= MOST_KEYS {
            sms.answers.clear();
        }
        sms.answers.insert(key, answer.clone());
    }
    drop(sms);
    phones.inbox.arrive(ChannelKind::Sms, &[person], &message.text);
    Json(answer)
}
