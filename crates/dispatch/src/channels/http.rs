//! What the HTTP channels share: one client, one way to read an answer, one way to judge a failure.
//! Never logs an address: webhooks carry their secret in it.

use super::Outcome;
use field::time::{MINUTE_MS, SECOND_MS};
use serde::Serialize;
use serde_json::Value;
use std::time::Duration;

/// Longest wait for an answer, on the machine's clock.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(10);
/// Largest answer read, bytes: the channels' answers are a few hundred.
const MAX_ANSWER: usize = 64 * 1024;
/// Longest text of an error kept, characters.
const MAX_REASON: usize = 200;

/// The client of all HTTP channels. Follows no redirect: a channel's address is a setting.
pub(crate) fn client() -> Result<reqwest::Client, reqwest::Error> {
    reqwest::Client::builder().timeout(TIMEOUT).redirect(reqwest::redirect::Policy::none()).build()
}

/// Posts JSON and reads JSON; `Err` is what became of the parcel.
pub(crate) async fn post_json<T: Serialize + Sync>(
    request: reqwest::RequestBuilder,
    body: &T,
) -> Result<Value, Outcome> {
    read_json(request.json(body).send().await).await
}

/// Reads a JSON answer; `Err` is what became of the parcel.
pub(crate) async fn read_json(sent: Result<reqwest::Response, reqwest::Error>) -> Result<Value, Outcome> {
    let answer = sent.map_err(|e| failed(&e))?;
    if let Some(outcome) = judged_by_status(&answer) {
        return Err(outcome);
    }
    let text = read_text(answer).await?;
    serde_json::from_str(&text).map_err(|_| Outcome::Retry {
        reason: format!("the answer is no JSON: {}", brief(&text)),
        unknown: true,
    })
}

/// What a status other than 2xx says; `None` for 2xx.
pub(crate) fn judged_by_status(answer: &reqwest::Response) -> Option<Outcome> {
    let status = answer.status();
    let reason = format!("HTTP {}", status.as_u16());
    match status.as_u16() {
        200..=299 => None,
        429 => Some(Outcome::Busy { for_ms: retry_after_ms(answer), reason, whole_channel: true }),
        408 | 502 | 504 => Some(Outcome::Retry { reason, unknown: true }),
        500..=599 => Some(Outcome::Retry { reason, unknown: false }),
        _ => Some(Outcome::Refused { reason }),
    }
}

/// What a request that got no answer means.
pub(crate) fn failed(error: &reqwest::Error) -> Outcome {
    let (what, unknown) = if error.is_connect() {
        ("cannot connect", false)
    } else if error.is_timeout() {
        ("no answer in time", true)
    } else if error.is_builder() {
        return Outcome::Refused { reason: "the address cannot be used".into() };
    } else {
        ("the connection broke", true)
    };
    Outcome::Retry { reason: what.into(), unknown }
}

/// `Retry-After` in seconds; a minute when it is missing or a date.
pub(crate) fn retry_after_ms(answer: &reqwest::Response) -> i64 {
    let header = answer.headers().get(reqwest::header::RETRY_AFTER).and_then(|v| v.to_str().ok());
    let seconds = header.and_then(|v| v.trim().parse::<i64>().ok()).filter(|s| (1..=86_400).contains(s));
    seconds.map_or(MINUTE_MS, |s| s * SECOND_MS)
}

async fn read_text(mut answer: reqwest::Response) -> Result<String, Outcome> {
    let mut bytes = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(|e| failed(&e))? {
        if bytes.len() + chunk.len() > MAX_ANSWER {
            return Err(Outcome::Retry { reason: "the answer is longer than 64 KiB".into(), unknown: true });
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The first characters of a text, for a reason.
pub(crate) fn brief(text: &str) -> String {
    text.chars().take(MAX_REASON).collect()
}

/// `errcode` and `errmsg`, as WeCom and DingTalk write them.
pub(crate) fn errcode(answer: &Value) -> (i64, String) {
    let code = answer.get("errcode").and_then(Value::as_i64).unwrap_or(-1);
    let text = answer.get("errmsg").and_then(Value::as_str).unwrap_or("");
    (code, brief(&format!("{code} {text}")))
}
