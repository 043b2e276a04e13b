//! 短信, over the HTTP gateway of whatever provider there is: the address, the names of the fields
//! and what an answer means are settings.
//!
//! A short message is UCS-2: 70 characters, or 67 a part when longer; the gateway charges by the
//! part, so the receipt says how many there were. The text begins with the signature 【…】, unless
//! the gateway wants it in a field of its own and adds it itself.

use super::http::{brief, post_json};
use super::{Built, Channel, Handing, Kit, Limits, Mailbox, Outcome, Parcel, Size};
use crate::config::{BadConfig, check_budget, check_given, check_url};
use crate::secret::Secret;
use field::person::{ChannelKind, Person};
use field::time::{MINUTE_MS, SECOND_MS};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

/// UTF-16 units of a message in one part.
const ONE_PART: usize = 70;
/// UTF-16 units a part when there are several.
const PER_PART: usize = 67;

/// Settings of the SMS gateway.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmsConfig {
    /// Where messages are posted, as JSON.
    pub url: String,
    /// 签名, without the brackets.
    pub signature: String,
    /// 模板编号, where the gateway wants one.
    #[serde(default)]
    pub template: Option<String>,
    /// What the gateway calls its fields.
    #[serde(default)]
    pub fields: SmsFields,
    /// Further fields with fixed values, such as an account and its password.
    #[serde(default)]
    pub extra: BTreeMap<String, Secret>,
    /// Request headers, such as `Authorization`.
    #[serde(default)]
    pub headers: BTreeMap<String, Secret>,
    /// How its answers are read.
    #[serde(default)]
    pub answer: SmsAnswer,
    /// Most parts of one message; longer digests count the rest and give the link.
    #[serde(default = "default_max_parts")]
    pub max_parts: usize,
    /// Messages a minute in all.
    #[serde(default = "default_per_minute")]
    pub per_minute: u32,
    /// Messages a minute to one number: providers call more a bombardment.
    #[serde(default = "default_person_per_minute")]
    pub person_per_minute: u32,
}

const fn default_max_parts() -> usize {
    4
}

const fn default_per_minute() -> u32 {
    600
}

const fn default_person_per_minute() -> u32 {
    6
}

/// Names of the gateway's fields; a field without a name is not sent.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SmsFields {
    /// The number.
    pub phone: String,
    /// The text.
    pub text: String,
    /// The template's number.
    pub template: Option<String>,
    /// The signature, when the gateway adds it itself.
    pub signature: Option<String>,
    /// Our idempotency key, where the gateway knows such a field (`outId`, `sequence`, …).
    pub key: Option<String>,
}

impl Default for SmsFields {
    fn default() -> Self {
        Self {
            phone: "phone".into(),
            text: "text".into(),
            template: None,
            signature: None,
            key: Some("key".into()),
        }
    }
}

/// How the gateway's answers are read. Pointers are JSON pointers (RFC 6901).
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SmsAnswer {
    /// Where the result's code stands.
    pub code: String,
    /// Codes that mean "taken".
    pub ok: Vec<String>,
    /// Codes that mean "too many, later".
    pub busy: Vec<String>,
    /// Codes that mean "try again".
    pub retry: Vec<String>,
    /// Where the gateway's own id of the message stands.
    pub receipt: String,
}

impl Default for SmsAnswer {
    fn default() -> Self {
        Self {
            code: "/code".into(),
            ok: vec!["0".into(), "200".into(), "OK".into()],
            busy: vec!["429".into(), "BUSY".into()],
            retry: vec!["500".into()],
            receipt: "/id".into(),
        }
    }
}

impl SmsConfig {
    pub(crate) fn check(&self) -> Result<(), BadConfig> {
        check_url("sms.url", &self.url)?;
        check_given("sms.signature", &self.signature)?;
        check_given("sms.fields.phone", &self.fields.phone)?;
        check_given("sms.fields.text", &self.fields.text)?;
        check_budget("sms.per_minute", self.per_minute, 100_000)?;
        check_budget("sms.person_per_minute", self.person_per_minute, 60)?;
        if !(2..=10).contains(&self.max_parts) {
            return Err(BadConfig::new("sms.max_parts", format!("is {}; write 2 to 10", self.max_parts)));
        }
        if self.fields.template.is_some() != self.template.is_some() {
            return Err(BadConfig::new(
                "sms.template",
                "needs `sms.fields.template`, and the other way round",
            ));
        }
        for pointer in [&self.answer.code, &self.answer.receipt] {
            if !pointer.starts_with('/') {
                return Err(BadConfig::new(
                    "sms.answer",
                    format!("`{pointer}` is no JSON pointer; begin with /"),
                ));
            }
        }
        self.headers.keys().try_for_each(|name| {
            reqwest::header::HeaderName::from_bytes(name.as_bytes())
                .map(|_| ())
                .map_err(|_| BadConfig::new("sms.headers", format!("`{name}` is no header name")))
        })
    }

    fn signed(&self) -> String {
        format!("【{}】", self.signature)
    }
}

/// How many parts a text is sent in, and charged for.
#[must_use]
pub fn parts(text: &str) -> usize {
    let units = text.encode_utf16().count();
    if units <= ONE_PART { 1 } else { units.div_ceil(PER_PART) }
}

struct Sms {
    config: SmsConfig,
    http: reqwest::Client,
}

pub(crate) fn build(kit: &Kit<'_>) -> Built {
    Ok(kit
        .config
        .sms
        .clone()
        .map(|config| -> Arc<dyn Channel> { Arc::new(Sms { config, http: kit.http.clone() }) }))
}

impl Sms {
    /// The request's body, and the parts it costs.
    fn body(&self, phone: &str, parcel: &Parcel) -> (Value, usize) {
        let fields = &self.config.fields;
        let whole = format!("{}{}", self.config.signed(), parcel.text);
        let cost = parts(&whole);
        let text = if fields.signature.is_some() { parcel.text.clone() } else { whole };
        let mut body: Map<String, Value> =
            self.config.extra.iter().map(|(name, value)| (name.clone(), value.reveal().into())).collect();
        let named = [
            (fields.template.as_ref(), self.config.template.clone()),
            (fields.signature.as_ref(), Some(self.config.signature.clone())),
            (fields.key.as_ref(), Some(parcel.key.clone())),
            (Some(&fields.phone), Some(phone.to_owned())),
            (Some(&fields.text), Some(text)),
        ];
        for (name, value) in named {
            if let (Some(name), Some(value)) = (name, value) {
                body.insert(name.clone(), value.into());
            }
        }
        (Value::Object(body), cost)
    }

    async fn send(&self, phone: &str, parcel: &Parcel) -> Result<Outcome, Outcome> {
        let (body, cost) = self.body(phone, parcel);
        let mut request = self.http.post(&self.config.url);
        for (name, value) in &self.config.headers {
            request = request.header(name, value.reveal());
        }
        let answer = post_json(request, &body).await?;
        Ok(self.judge(&answer, cost))
    }

    fn judge(&self, answer: &Value, cost: usize) -> Outcome {
        let rules = &self.config.answer;
        let text = |pointer: &str| match answer.pointer(pointer) {
            Some(Value::String(s)) => s.clone(),
            Some(other) => other.to_string(),
            None => String::new(),
        };
        let code = text(&rules.code);
        if rules.ok.contains(&code) {
            return Outcome::Sent { receipt: brief(&format!("{} parts={cost}", text(&rules.receipt))) };
        }
        let reason = brief(&format!("gateway answered {answer}"));
        if rules.busy.contains(&code) {
            return Outcome::Busy { for_ms: MINUTE_MS + SECOND_MS, reason, whole_channel: false };
        }
        if rules.retry.contains(&code) {
            return Outcome::Retry { reason, unknown: false };
        }
        Outcome::Refused { reason }
    }
}

impl Channel for Sms {
    fn kind(&self) -> ChannelKind {
        ChannelKind::Sms
    }

    fn limits(&self) -> Limits {
        let signature = self.config.signed().encode_utf16().count();
        Limits {
            channel_per_minute: self.config.per_minute,
            mailbox_per_minute: self.config.person_per_minute,
            concurrency: 16,
            persons: 1,
            size: Size::Ucs2((self.config.max_parts * PER_PART).saturating_sub(signature)),
            one_server: true,
            knows_keys: self.config.fields.key.is_some(),
        }
    }

    fn mailbox(&self, person: &Person, _town: Option<&str>) -> Option<Mailbox> {
        person.mobile.as_ref().map(|_| Mailbox::Person(person.id))
    }

    fn hand<'a>(&'a self, parcel: &'a Parcel) -> Handing<'a> {
        Box::pin(async move {
            let Some(phone) = parcel.persons.first().and_then(|p| p.mobile.as_deref()) else {
                return Outcome::Refused { reason: "the person has no mobile number".into() };
            };
            self.send(phone, parcel).await.unwrap_or_else(|outcome| outcome)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_message_has_seventy_characters_and_a_longer_one_sixty_seven_a_part() {
        assert_eq!(parts(&"水".repeat(70)), 1);
        assert_eq!(parts(&"水".repeat(71)), 2);
        assert_eq!(parts(&"水".repeat(134)), 2);
        assert_eq!(parts(&"水".repeat(135)), 3);
        assert_eq!(parts(&"🌊".repeat(35)), 1, "a character outside the plane counts twice");
    }
}
