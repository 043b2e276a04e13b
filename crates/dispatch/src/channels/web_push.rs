//! Web Push (RFC 8030): wakes the phone page even when it is closed. Encrypted for the browser
//! (RFC 8291), signed for the push service (VAPID, RFC 8292).
//!
//! Payload about 4 kB; delivery may be delayed by hours under a phone's power saving, so it is never
//! the only channel of an alarm. `404` and `410` mean the subscription is gone: it is dropped.
//! `Topic` lets a repetition replace the first at the service, `tag` on the phone.
//!
//! The key pair is made once and kept by the store. `GET /push/key` of the API answers
//! [`PUBLIC_KEY_SETTING`].

use super::http::{brief, failed, judged_by_status};
use super::{Built, Channel, Handing, Kit, Limits, Mailbox, Outcome, Parcel, Size};
use crate::config::{BadConfig, check_budget};
use crate::error::DispatchError;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use field::id::PersonId;
use field::person::{ChannelKind, Person};
use field::severity::Severity;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use store::Store;
use store::tables::PushSubscription;
use web_push_native::jwt_simple::algorithms::{ECDSAP256PublicKeyLike as _, ES256KeyPair};
use web_push_native::{Auth, WebPushBuilder, p256};

/// Setting that holds the public key, base64url: what a browser subscribes with.
pub const PUBLIC_KEY_SETTING: &str = "web_push.public_key";
/// Setting that holds the private key. Kept without a journal line, shown by no route.
const PRIVATE_KEY_SETTING: &str = "web_push.private_key";

/// Longest text, bytes: 4,096 less the frame of RFC 8188, the title and the addresses.
const MAX_TEXT: usize = 2_800;
/// Longest plain payload the services take (RFC 8291 §4 leaves 3,993 bytes).
const MAX_PAYLOAD: usize = 3_993;
/// How long the service keeps it for a phone that is off. Also the life of the VAPID token.
const TTL: Duration = Duration::from_secs(4 * 3_600);
/// Browsers of one person that are pushed to.
const MAX_BROWSERS: usize = 5;

/// Settings of Web Push.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebPushConfig {
    /// Whom a push service may write to: `mailto:…` or `https://…` (RFC 8292 §2.1).
    pub contact: String,
    /// Allow push services without TLS: only for one on this machine.
    #[serde(default)]
    pub allow_http: bool,
    /// Pushes a minute in all.
    #[serde(default = "default_per_minute")]
    pub per_minute: u32,
    /// Pushes a minute to one person.
    #[serde(default = "default_person_per_minute")]
    pub person_per_minute: u32,
}

const fn default_per_minute() -> u32 {
    3_000
}

const fn default_person_per_minute() -> u32 {
    20
}

impl WebPushConfig {
    pub(crate) fn check(&self) -> Result<(), BadConfig> {
        check_budget("web_push.per_minute", self.per_minute, 100_000)?;
        check_budget("web_push.person_per_minute", self.person_per_minute, 60)?;
        if self.contact.starts_with("mailto:") || self.contact.starts_with("https://") {
            Ok(())
        } else {
            Err(BadConfig::new("web_push.contact", "must begin with mailto: or https:// (RFC 8292)"))
        }
    }
}

struct WebPush {
    config: WebPushConfig,
    http: reqwest::Client,
    key: Arc<ES256KeyPair>,
    store: Store,
}

/// The key pair: from the store, or made and kept there.
pub(crate) async fn key_pair(store: &Store) -> Result<ES256KeyPair, DispatchError> {
    let kept = store.tables.setting(PRIVATE_KEY_SETTING).await?;
    if let Some(text) = kept.as_ref().and_then(Value::as_str) {
        return URL_SAFE_NO_PAD
            .decode(text)
            .ok()
            .and_then(|bytes| ES256KeyPair::from_bytes(&bytes).ok())
            .ok_or(DispatchError::BadPushKey { setting: PRIVATE_KEY_SETTING });
    }
    let pair = ES256KeyPair::generate();
    let public = pair.public_key().public_key().to_bytes_uncompressed();
    store.tables.setting_keep(PUBLIC_KEY_SETTING, &URL_SAFE_NO_PAD.encode(public).into()).await?;
    store.tables.setting_keep(PRIVATE_KEY_SETTING, &URL_SAFE_NO_PAD.encode(pair.to_bytes()).into()).await?;
    Ok(pair)
}

pub(crate) fn build(kit: &Kit<'_>) -> Built {
    let (Some(config), Some(key)) = (kit.config.web_push.clone(), kit.push_key.clone()) else {
        return Ok(None);
    };
    Ok(Some(Arc::new(WebPush { config, http: kit.http.clone(), key, store: kit.store.clone() })))
}

/// What the service worker reads.
fn payload(parcel: &Parcel) -> Vec<u8> {
    let write = |body: &str| {
        json!({
            "title": parcel.title,
            "body": body,
            "url": parcel.link,
            "tag": parcel.key,
            "severity": parcel.severity,
            "message": parcel.about.message,
            "order": parcel.about.order,
            "alarm": parcel.about.alarm,
        })
        .to_string()
        .into_bytes()
    };
    let whole = write(&parcel.text);
    // Only a title or an address beyond all measure gets here.
    if whole.len() <= MAX_PAYLOAD { whole } else { write("") }
}

impl WebPush {
    fn request(&self, to: &PushSubscription, parcel: &Parcel) -> Result<reqwest::RequestBuilder, String> {
        let url: reqwest::Url = to.endpoint.parse().map_err(|e| format!("endpoint: {e}"))?;
        if url.scheme() != "https" && !self.config.allow_http {
            return Err("the endpoint is not https".into());
        }
        let bytes = |text: &str| URL_SAFE_NO_PAD.decode(text.trim_end_matches('='));
        let public = bytes(&to.p256dh).map_err(|e| format!("p256dh: {e}"))?;
        let public = p256::PublicKey::from_sec1_bytes(&public).map_err(|e| format!("p256dh: {e}"))?;
        let auth: [u8; 16] = bytes(&to.auth)
            .ok()
            .and_then(|b| b.try_into().ok())
            .ok_or_else(|| "auth is not 16 bytes".to_owned())?;
        let uri = to.endpoint.parse().map_err(|_| "endpoint is no address".to_owned())?;
        let sealed = WebPushBuilder::new(uri, public, Auth::from(auth))
            .with_valid_duration(TTL)
            .with_vapid(&self.key, &self.config.contact)
            .build(payload(parcel))
            .map_err(|e| format!("encrypting: {e}"))?;
        let (head, body) = sealed.into_parts();
        let urgency = if parcel.severity >= Severity::Orange { "high" } else { "normal" };
        let topic: String = parcel.key.chars().take(32).collect();
        Ok(self
            .http
            .post(url)
            .headers(head.headers)
            .header("Urgency", urgency)
            .header("Topic", topic)
            .body(body))
    }

    /// `Ok(true)`: taken. `Ok(false)`: this browser is gone.
    async fn push(&self, to: &PushSubscription, parcel: &Parcel) -> Result<bool, Outcome> {
        let request = match self.request(to, parcel) {
            Ok(request) => request,
            Err(reason) => {
                tracing::warn!(person = %to.person, reason, "push subscription cannot be used; dropped");
                return self.drop_subscription(to).await;
            }
        };
        let answer = request.send().await.map_err(|e| failed(&e))?;
        if matches!(answer.status().as_u16(), 404 | 410) {
            return self.drop_subscription(to).await;
        }
        match judged_by_status(&answer) {
            None => Ok(true),
            // A service that takes no more may be one of several: only this person waits.
            Some(Outcome::Busy { for_ms, reason, .. }) => {
                Err(Outcome::Busy { for_ms, reason, whole_channel: false })
            }
            Some(outcome) => Err(outcome),
        }
    }

    async fn drop_subscription(&self, to: &PushSubscription) -> Result<bool, Outcome> {
        match self.store.tables.push_delete(&to.endpoint).await {
            Ok(()) => Ok(false),
            Err(e) => Err(Outcome::Retry { reason: brief(&e.to_string()), unknown: false }),
        }
    }

    async fn push_all(&self, person: PersonId, parcel: &Parcel) -> Outcome {
        let browsers = match self.store.tables.push_subscriptions(person).await {
            Ok(browsers) => browsers,
            Err(e) => return Outcome::Retry { reason: brief(&e.to_string()), unknown: false },
        };
        let mut taken = 0;
        let mut trouble = None;
        for browser in browsers.iter().take(MAX_BROWSERS) {
            match self.push(browser, parcel).await {
                Ok(true) => taken += 1,
                Ok(false) => {}
                Err(outcome) => trouble = Some(outcome),
            }
        }
        if taken > 0 {
            return Outcome::Sent { receipt: format!("browsers={taken}") };
        }
        trouble.unwrap_or_else(|| Outcome::Refused { reason: "no browser is subscribed any more".into() })
    }
}

impl Channel for WebPush {
    fn kind(&self) -> ChannelKind {
        ChannelKind::WebPush
    }

    fn limits(&self) -> Limits {
        Limits {
            channel_per_minute: self.config.per_minute,
            mailbox_per_minute: self.config.person_per_minute,
            concurrency: 16,
            persons: 1,
            size: Size::Utf8(MAX_TEXT),
            one_server: false,
            knows_keys: true,
        }
    }

    fn mailbox(&self, person: &Person, _town: Option<&str>) -> Option<Mailbox> {
        Some(Mailbox::Person(person.id))
    }

    fn hand<'a>(&'a self, parcel: &'a Parcel) -> Handing<'a> {
        Box::pin(async move {
            match parcel.mailbox {
                Mailbox::Person(person) => self.push_all(person, parcel).await,
                Mailbox::Robot(_) => Outcome::Refused { reason: "a push reaches persons only".into() },
            }
        })
    }
}
