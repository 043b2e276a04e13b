//! 钉钉群机器人: writes into a group, signed, and calls people there by their mobile numbers.
//!
//! Limits (handbook §3.6): 20 messages a minute per robot, beyond it `130101` and about ten minutes
//! of silence; body at most 20,000 bytes, else `460101`. The signature is the base64 of
//! HMAC-SHA256(secret, timestamp + "\n" + secret), the timestamp in milliseconds. The protocol has
//! no idempotency key; the text carries the order's number.

use super::http::{brief, errcode, post_json};
use super::{Built, Channel, Handing, Kit, Limits, Mailbox, Outcome, Parcel, Size, robot_for};
use crate::config::{BadConfig, check_budget, check_given, check_url};
use crate::secret::Secret;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use field::clock::Clock;
use field::person::{ChannelKind, Person};
use field::time::{HOUR_MS, MINUTE_MS, Time};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::Sha256;
use std::sync::Arc;

/// Most messages a minute of one robot.
const ROBOT_PER_MINUTE: u32 = 20;
/// How long a robot is silent after `130101`, with a minute to spare.
const SILENCE_MS: i64 = 11 * MINUTE_MS;
/// People one text calls: each costs at most 60 bytes of the body, in the text and in the list.
const MAX_PERSONS: usize = 150;
/// Longest text without the names: 20,000 bytes less the people and the frame around them.
const MAX_TEXT: usize = 10_000;

/// Settings of the DingTalk group robots.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DingtalkRobotConfig {
    /// Where the API is.
    #[serde(default = "default_base_url")]
    pub base_url: String,
    /// The robots, one per group.
    pub robots: Vec<DingtalkRobot>,
    /// Messages a minute of one robot, at most 20.
    #[serde(default = "default_per_minute")]
    pub per_minute: u32,
}

/// One robot.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DingtalkRobot {
    /// The `access_token` of its webhook.
    pub access_token: Secret,
    /// 加签密钥, `SEC…`.
    pub secret: Secret,
    /// Codes of the towns it serves; none means all that no other robot serves.
    #[serde(default)]
    pub towns: Vec<String>,
}

fn default_base_url() -> String {
    "https://oapi.dingtalk.com".into()
}

const fn default_per_minute() -> u32 {
    ROBOT_PER_MINUTE
}

impl DingtalkRobotConfig {
    pub(crate) fn check(&self) -> Result<(), BadConfig> {
        check_url("dingtalk_robot.base_url", &self.base_url)?;
        check_budget("dingtalk_robot.per_minute", self.per_minute, ROBOT_PER_MINUTE)?;
        if self.robots.is_empty() {
            return Err(BadConfig::new("dingtalk_robot.robots", "is empty; name at least one robot"));
        }
        self.robots.iter().try_for_each(|r| {
            check_given("dingtalk_robot.robots.access_token", r.access_token.reveal())?;
            check_given("dingtalk_robot.robots.secret", r.secret.reveal())
        })
    }
}

struct DingtalkRobots {
    config: DingtalkRobotConfig,
    http: reqwest::Client,
    clock: Arc<dyn Clock>,
}

pub(crate) fn build(kit: &Kit<'_>) -> Built {
    Ok(kit.config.dingtalk_robot.clone().map(|config| -> Arc<dyn Channel> {
        Arc::new(DingtalkRobots { config, http: kit.http.clone(), clock: kit.clock.clone() })
    }))
}

/// The `sign` parameter, before it is written into the address.
fn sign(secret: &Secret, at: Time) -> Option<String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.reveal().as_bytes()).ok()?;
    mac.update(format!("{}\n{}", at.ms(), secret.reveal()).as_bytes());
    Some(STANDARD.encode(mac.finalize().into_bytes()))
}

/// The request's body: whoever is called must also stand in the text, as `@number`.
fn body(parcel: &Parcel) -> Value {
    let mobiles: Vec<&str> = parcel.persons.iter().filter_map(|p| p.mobile.as_deref()).collect();
    let calls: String = mobiles.iter().map(|m| format!("@{m} ")).collect();
    let content =
        if calls.is_empty() { parcel.text.clone() } else { format!("{}\n{}", parcel.text, calls.trim_end()) };
    json!({
        "msgtype": "text",
        "text": { "content": content },
        "at": { "atMobiles": mobiles, "isAtAll": false },
    })
}

impl DingtalkRobots {
    async fn send(&self, parcel: &Parcel) -> Result<Outcome, Outcome> {
        let refused = |reason: String| Outcome::Refused { reason };
        let robot = match parcel.mailbox {
            Mailbox::Robot(index) => self.config.robots.get(index),
            Mailbox::Person(_) => None,
        };
        let robot = robot.ok_or_else(|| refused("the robot is not configured any more".into()))?;
        let at = self.clock.now();
        let sign = sign(&robot.secret, at)
            .ok_or_else(|| refused("dingtalk_robot.robots.secret cannot sign".into()))?;
        let stamp = at.ms().to_string();
        let pairs = [
            ("access_token", robot.access_token.reveal()),
            ("timestamp", stamp.as_str()),
            ("sign", sign.as_str()),
        ];
        let base = self.config.base_url.trim_end_matches('/');
        let url = reqwest::Url::parse_with_params(&format!("{base}/robot/send"), pairs)
            .map_err(|e| refused(format!("dingtalk_robot.base_url: {e}")))?;
        let (code, reason) = errcode(&post_json(self.http.post(url), &body(parcel)).await?);
        Ok(match code {
            0 => Outcome::Sent { receipt: brief(&reason) },
            130101 => Outcome::Busy { for_ms: SILENCE_MS, reason, whole_channel: false },
            // The month's or the day's quota is used up.
            90030 => Outcome::Busy { for_ms: HOUR_MS, reason, whole_channel: false },
            -1 => Outcome::Retry { reason, unknown: false },
            _ => Outcome::Refused { reason },
        })
    }
}

impl Channel for DingtalkRobots {
    fn kind(&self) -> ChannelKind {
        ChannelKind::DingtalkRobot
    }

    fn limits(&self) -> Limits {
        let robots = u32::try_from(self.config.robots.len()).unwrap_or(u32::MAX);
        Limits {
            channel_per_minute: self.config.per_minute.saturating_mul(robots),
            mailbox_per_minute: self.config.per_minute,
            concurrency: 8,
            persons: MAX_PERSONS,
            size: Size::Utf8(MAX_TEXT),
            one_server: true,
            knows_keys: false,
        }
    }

    fn mailbox(&self, person: &Person, town: Option<&str>) -> Option<Mailbox> {
        let towns: Vec<&[String]> = self.config.robots.iter().map(|r| r.towns.as_slice()).collect();
        robot_for(&towns, person.id, town).map(Mailbox::Robot)
    }

    fn hand<'a>(&'a self, parcel: &'a Parcel) -> Handing<'a> {
        Box::pin(async move { self.send(parcel).await.unwrap_or_else(|outcome| outcome) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use field::id::PersonId;
    use field::person::Role;
    use field::severity::Severity;

    #[test]
    fn the_signature_is_the_one_openssl_makes() {
        // printf '1625000000000\nSECabc' | openssl dgst -sha256 -hmac SECabc -binary | base64
        let sign = sign(&Secret::new("SECabc"), Time::from_ms(1_625_000_000_000)).unwrap();
        assert_eq!(sign, "TJ0QSF3KYTZqKWONiEZeujFX6fqqnl1aXQI01I9kHsc=");
    }

    #[test]
    fn the_largest_parcel_stays_below_twenty_thousand_bytes() {
        let person = Person {
            id: PersonId(1),
            login: "a".into(),
            name: "张三".into(),
            name_en: "Zhang San".into(),
            role: Role::BlockOwner,
            mobile: Some("+8613900000000".into()),
            wecom: None,
            email: None,
            channels: vec![],
            synthetic: true,
        };
        let parcel = Parcel {
            key: "k".into(),
            mailbox: Mailbox::Robot(0),
            persons: vec![person; MAX_PERSONS],
            title: String::new(),
            text: "\n水".repeat(MAX_TEXT / 4),
            link: String::new(),
            severity: Severity::Red,
            about: super::super::About { message: field::id::MessageId(1), alarm: None, order: None },
        };
        assert!(body(&parcel).to_string().len() <= 20_000);
    }
}
