//! 企业微信应用消息: reaches one person in their WeCom.
//!
//! Limits (handbook §3.6): text at most 2,048 bytes of UTF-8; at most 30 messages a minute to one
//! member, *the rest is dropped without an error*, so our own budget must keep below it. The
//! access token is fetched once and kept until it expires. `enable_duplicate_check` makes the
//! server drop an identical request for four hours: that is our idempotency key there.

use super::http::{brief, errcode, post_json, read_json};
use super::{Built, Channel, Handing, Kit, Limits, Mailbox, Outcome, Parcel, Size};
use crate::config::{BadConfig, check_budget, check_given, check_url};
use crate::secret::Secret;
use field::clock::Clock;
use field::person::{ChannelKind, Person};
use field::time::{MINUTE_MS, SECOND_MS, Time};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::sync::Mutex;

/// Most messages a minute to one member before the server drops them silently.
const MEMBER_PER_MINUTE: u32 = 30;
/// Longest text, bytes of UTF-8.
const MAX_TEXT: usize = 2_048;
/// A token is renewed this long before it ends.
const RENEW_BEFORE_MS: i64 = 5 * MINUTE_MS;
/// The server drops an identical request within this many seconds: the most it offers, as a message may have
/// waited long behind others before it is handed over again.
const DUPLICATE_CHECK_S: u32 = 4 * 3_600;

/// Settings of the WeCom application message.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WecomAppConfig {
    /// Where the API is.
    #[serde(default = "default_base_url")]
    pub base_url: String,
    /// 企业 ID.
    pub corpid: String,
    /// 应用 secret.
    pub secret: Secret,
    /// 应用 agentid.
    pub agentid: i64,
    /// Messages a minute to one member, at most 30; below it because other applications may write too.
    #[serde(default = "default_person_per_minute")]
    pub person_per_minute: u32,
    /// Messages a minute in all.
    #[serde(default = "default_per_minute")]
    pub per_minute: u32,
}

fn default_base_url() -> String {
    "https://qyapi.weixin.qq.com".into()
}

const fn default_person_per_minute() -> u32 {
    28
}

const fn default_per_minute() -> u32 {
    2_000
}

impl WecomAppConfig {
    pub(crate) fn check(&self) -> Result<(), BadConfig> {
        check_url("wecom_app.base_url", &self.base_url)?;
        check_given("wecom_app.corpid", &self.corpid)?;
        check_given("wecom_app.secret", self.secret.reveal())?;
        check_budget("wecom_app.person_per_minute", self.person_per_minute, MEMBER_PER_MINUTE)?;
        check_budget("wecom_app.per_minute", self.per_minute, 100_000)
    }
}

struct Token {
    text: String,
    renew_at: Time,
}

struct WecomApp {
    config: WecomAppConfig,
    http: reqwest::Client,
    clock: Arc<dyn Clock>,
    /// Held while a new token is fetched, so that it is fetched once.
    token: Mutex<Option<Token>>,
}

pub(crate) fn build(kit: &Kit<'_>) -> Built {
    Ok(kit.config.wecom_app.clone().map(|config| -> Arc<dyn Channel> {
        Arc::new(WecomApp {
            config,
            http: kit.http.clone(),
            clock: kit.clock.clone(),
            token: Mutex::new(None),
        })
    }))
}

impl WecomApp {
    fn url(&self, path: &str, pairs: &[(&str, &str)]) -> Result<reqwest::Url, Outcome> {
        let base = self.config.base_url.trim_end_matches('/');
        reqwest::Url::parse_with_params(&format!("{base}{path}"), pairs)
            .map_err(|e| Outcome::Refused { reason: format!("wecom_app.base_url: {e}") })
    }

    /// The token, from the cache unless it is old or the server just called it bad.
    async fn token(&self, bad: Option<&str>) -> Result<String, Outcome> {
        let mut held = self.token.lock().await;
        let good = held.as_ref().filter(|t| self.clock.now() < t.renew_at && bad != Some(t.text.as_str()));
        if let Some(token) = good {
            return Ok(token.text.clone());
        }
        let pairs = [("corpid", self.config.corpid.as_str()), ("corpsecret", self.config.secret.reveal())];
        let url = self.url("/cgi-bin/gettoken", &pairs)?;
        // Nothing was sent yet, so the outcome of a failure is known.
        let answer = read_json(self.http.get(url).send().await).await.map_err(|outcome| match outcome {
            Outcome::Retry { reason, .. } => Outcome::Retry { reason, unknown: false },
            other => other,
        })?;
        let (code, reason) = errcode(&answer);
        let text = answer.get("access_token").and_then(Value::as_str).unwrap_or_default();
        if code != 0 || text.is_empty() {
            return Err(judge(code, format!("gettoken: {reason}")));
        }
        let life_ms = answer.get("expires_in").and_then(Value::as_i64).unwrap_or(7_200) * SECOND_MS;
        let renew_at = self.clock.now().plus_ms((life_ms - RENEW_BEFORE_MS).max(life_ms / 2));
        *held = Some(Token { text: text.to_owned(), renew_at });
        Ok(text.to_owned())
    }

    async fn send(&self, user: &str, parcel: &Parcel) -> Result<Outcome, Outcome> {
        let body = json!({
            "touser": user,
            "msgtype": "text",
            "agentid": self.config.agentid,
            "text": { "content": parcel.text },
            "enable_duplicate_check": 1,
            "duplicate_check_interval": DUPLICATE_CHECK_S,
        });
        let mut bad: Option<String> = None;
        loop {
            let token = self.token(bad.as_deref()).await?;
            let url = self.url("/cgi-bin/message/send", &[("access_token", &token)])?;
            let answer = post_json(self.http.post(url), &body).await?;
            let (code, reason) = errcode(&answer);
            match code {
                // Once only: a fresh token that is bad as well is a matter for a person.
                40014 | 42001 if bad.is_none() => bad = Some(token),
                0 => return Ok(accepted(&answer)),
                _ => return Ok(judge(code, reason)),
            }
        }
    }
}

/// An answer with code 0 may still name the member as unknown to the application.
fn accepted(answer: &Value) -> Outcome {
    let named = |key: &str| answer.get(key).and_then(Value::as_str).filter(|s| !s.is_empty());
    if let Some(user) = named("invaliduser").or_else(|| named("unlicenseduser")) {
        return Outcome::Refused { reason: format!("the application cannot reach member `{}`", brief(user)) };
    }
    Outcome::Sent { receipt: brief(named("msgid").unwrap_or("ok")) }
}

fn judge(code: i64, reason: String) -> Outcome {
    match code {
        // 45009: calls over the limit; 45033: too many at once; 45011: calls too frequent.
        45009 | 45011 | 45033 => Outcome::Busy { for_ms: MINUTE_MS, reason, whole_channel: true },
        // -1: the server is busy; 40014, 42001: a fresh token called bad.
        -1 | 40014 | 42001 | 50001 | 50002 => Outcome::Retry { reason, unknown: false },
        _ => Outcome::Refused { reason },
    }
}

impl Channel for WecomApp {
    fn kind(&self) -> ChannelKind {
        ChannelKind::WecomApp
    }

    fn limits(&self) -> Limits {
        Limits {
            channel_per_minute: self.config.per_minute,
            mailbox_per_minute: self.config.person_per_minute,
            concurrency: 16,
            persons: 1,
            size: Size::Utf8(MAX_TEXT),
            one_server: true,
            knows_keys: true,
        }
    }

    fn mailbox(&self, person: &Person, _town: Option<&str>) -> Option<Mailbox> {
        person.wecom.as_ref().map(|_| Mailbox::Person(person.id))
    }

    fn hand<'a>(&'a self, parcel: &'a Parcel) -> Handing<'a> {
        Box::pin(async move {
            let Some(user) = parcel.persons.first().and_then(|p| p.wecom.as_deref()) else {
                return Outcome::Refused { reason: "the person has no WeCom userid".into() };
            };
            self.send(user, parcel).await.unwrap_or_else(|outcome| outcome)
        })
    }
}
