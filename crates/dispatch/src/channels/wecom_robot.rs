//! 企业微信群机器人: writes into a group and calls people there by their mobile numbers.
//!
//! Limits (handbook §3.6): 20 messages a minute per robot (`45009` beyond); text at most 2,048
//! bytes, markdown 4,096 but without @. The protocol has no idempotency key; the text carries the
//! order's number.

use super::http::{brief, errcode, post_json};
use super::{Built, Channel, Handing, Kit, Limits, Mailbox, Outcome, Parcel, Size, robot_for};
use crate::config::{BadConfig, check_budget, check_given, check_url};
use crate::secret::Secret;
use field::person::{ChannelKind, Person};
use field::time::MINUTE_MS;
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;

/// Most messages a minute of one robot.
const ROBOT_PER_MINUTE: u32 = 20;
/// Longest text, bytes of UTF-8.
const MAX_TEXT: usize = 2_048;
/// People one text calls: the list stands outside the text, and a longer one calls nobody in truth.
const MAX_PERSONS: usize = 300;

/// Settings of the WeCom group robots.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WecomRobotConfig {
    /// Where the API is.
    #[serde(default = "default_base_url")]
    pub base_url: String,
    /// The robots, one per group.
    pub robots: Vec<WecomRobot>,
    /// Messages a minute of one robot, at most 20.
    #[serde(default = "default_per_minute")]
    pub per_minute: u32,
}

/// One robot.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WecomRobot {
    /// The `key` of its webhook.
    pub key: Secret,
    /// Codes of the towns it serves; none means all that no other robot serves.
    #[serde(default)]
    pub towns: Vec<String>,
}

fn default_base_url() -> String {
    "https://qyapi.weixin.qq.com".into()
}

const fn default_per_minute() -> u32 {
    ROBOT_PER_MINUTE
}

impl WecomRobotConfig {
    pub(crate) fn check(&self) -> Result<(), BadConfig> {
        check_url("wecom_robot.base_url", &self.base_url)?;
        check_budget("wecom_robot.per_minute", self.per_minute, ROBOT_PER_MINUTE)?;
        if self.robots.is_empty() {
            return Err(BadConfig::new("wecom_robot.robots", "is empty; name at least one robot"));
        }
        self.robots.iter().try_for_each(|r| check_given("wecom_robot.robots.key", r.key.reveal()))
    }
}

struct WecomRobots {
    config: WecomRobotConfig,
    http: reqwest::Client,
}

pub(crate) fn build(kit: &Kit<'_>) -> Built {
    Ok(kit
        .config
        .wecom_robot
        .clone()
        .map(|config| -> Arc<dyn Channel> { Arc::new(WecomRobots { config, http: kit.http.clone() }) }))
}

impl WecomRobots {
    async fn send(&self, parcel: &Parcel) -> Result<Outcome, Outcome> {
        let robot = match parcel.mailbox {
            Mailbox::Robot(index) => self.config.robots.get(index),
            Mailbox::Person(_) => None,
        };
        let robot = robot
            .ok_or_else(|| Outcome::Refused { reason: "the robot is not configured any more".into() })?;
        let base = self.config.base_url.trim_end_matches('/');
        let pairs = [("key", robot.key.reveal())];
        let url = reqwest::Url::parse_with_params(&format!("{base}/cgi-bin/webhook/send"), pairs)
            .map_err(|e| Outcome::Refused { reason: format!("wecom_robot.base_url: {e}") })?;
        let mobiles: Vec<&str> = parcel.persons.iter().filter_map(|p| p.mobile.as_deref()).collect();
        let body = json!({
            "msgtype": "text",
            "text": { "content": parcel.text, "mentioned_mobile_list": mobiles },
        });
        let (code, reason) = errcode(&post_json(self.http.post(url), &body).await?);
        Ok(match code {
            0 => Outcome::Sent { receipt: brief(&reason) },
            45009 | 45033 => Outcome::Busy { for_ms: MINUTE_MS, reason, whole_channel: false },
            -1 => Outcome::Retry { reason, unknown: false },
            _ => Outcome::Refused { reason },
        })
    }
}

impl Channel for WecomRobots {
    fn kind(&self) -> ChannelKind {
        ChannelKind::WecomRobot
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
