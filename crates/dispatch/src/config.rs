//! The dispatch desk's settings: when to escalate, in which language to write, and one section per
//! channel. A channel without a section is not used. Unknown keys are refused.
//!
//! All spans are in seconds of the desk's clock, so that a playback at 600× escalates 600× sooner;
//! only network time-outs are in seconds of the machine.

use crate::channels::dingtalk_robot::DingtalkRobotConfig;
use crate::channels::email::EmailConfig;
use crate::channels::sms::SmsConfig;
use crate::channels::web_push::WebPushConfig;
use crate::channels::wecom_app::WecomAppConfig;
use crate::channels::wecom_robot::WecomRobotConfig;
use crate::words::Language;
use field::time::SECOND_MS;
use serde::Deserialize;

/// Settings of the dispatch desk.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where phones find the web pages, without a slash at the end: links in messages start with it.
    pub public_url: String,
    /// Language of the messages.
    pub language: Language,
    /// 升级: an order nobody accepted goes to the neighbour, the supervisor, the dispatchers this
    /// many seconds after it was sent.
    pub escalate_after_s: [u32; 3],
    /// An unread message of an order nobody accepted takes one more channel every so many seconds.
    pub widen_after_s: u32,
    /// On how many channels an alarm starts at once, 2 at least: it never rests on one.
    pub first_channels: usize,
    /// Tries per channel before another channel takes over.
    pub max_attempts: u32,
    /// Seed of the jitter between tries.
    pub seed: u64,
    /// 企业微信应用消息.
    pub wecom_app: Option<WecomAppConfig>,
    /// 企业微信群机器人.
    pub wecom_robot: Option<WecomRobotConfig>,
    /// 钉钉群机器人.
    pub dingtalk_robot: Option<DingtalkRobotConfig>,
    /// 短信.
    pub sms: Option<SmsConfig>,
    /// Web Push.
    pub web_push: Option<WebPushConfig>,
    /// 电子邮件.
    pub email: Option<EmailConfig>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            public_url: "http://127.0.0.1:8080".into(),
            language: Language::Zh,
            escalate_after_s: [180, 300, 600],
            widen_after_s: 90,
            first_channels: 2,
            max_attempts: 8,
            seed: 651,
            wecom_app: None,
            wecom_robot: None,
            dingtalk_robot: None,
            sms: None,
            web_push: None,
            email: None,
        }
    }
}

/// What is wrong with the settings: which key, and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("dispatch settings: `{key}` {why}")]
pub struct BadConfig {
    /// The key, such as `sms.url`.
    pub key: String,
    /// What is wrong, and what to write.
    pub why: String,
}

impl BadConfig {
    pub(crate) fn new(key: impl Into<String>, why: impl Into<String>) -> Self {
        Self { key: key.into(), why: why.into() }
    }
}

impl Config {
    /// Checks what the types cannot.
    ///
    /// # Errors
    /// [`BadConfig`] names the first key that cannot be used.
    pub fn check(&self) -> Result<(), BadConfig> {
        let [one, two, three] = self.escalate_after_s;
        if !(1 <= one && one < two && two < three && three <= 86_400) {
            return Err(BadConfig::new(
                "escalate_after_s",
                format!("is [{one}, {two}, {three}]; write three rising numbers of seconds, at most 86400"),
            ));
        }
        if self.first_channels < 2 {
            return Err(BadConfig::new("first_channels", "is below 2; an alarm never rests on one channel"));
        }
        if self.widen_after_s == 0 {
            return Err(BadConfig::new("widen_after_s", "is 0; write at least 1"));
        }
        if self.max_attempts == 0 {
            return Err(BadConfig::new("max_attempts", "is 0; write at least 1"));
        }
        check_url("public_url", &self.public_url)?;
        self.wecom_app.as_ref().map_or(Ok(()), WecomAppConfig::check)?;
        self.wecom_robot.as_ref().map_or(Ok(()), WecomRobotConfig::check)?;
        self.dingtalk_robot.as_ref().map_or(Ok(()), DingtalkRobotConfig::check)?;
        self.sms.as_ref().map_or(Ok(()), SmsConfig::check)?;
        self.web_push.as_ref().map_or(Ok(()), WebPushConfig::check)?;
        self.email.as_ref().map_or(Ok(()), EmailConfig::check)
    }

    /// After how many milliseconds of clock time the order goes to `level` (1 to 3).
    pub(crate) fn escalate_after_ms(&self, level: u8) -> Option<i64> {
        let index = usize::from(level).checked_sub(1)?;
        self.escalate_after_s.get(index).map(|s| i64::from(*s) * SECOND_MS)
    }
}

/// Checks that `url` is an address of the web.
pub(crate) fn check_url(key: &str, url: &str) -> Result<(), BadConfig> {
    let parsed = reqwest::Url::parse(url)
        .map_err(|e| BadConfig::new(key, format!("is `{url}`, which is no address: {e}")))?;
    if matches!(parsed.scheme(), "http" | "https") && parsed.has_host() {
        Ok(())
    } else {
        Err(BadConfig::new(key, format!("is `{url}`; write an address that starts with http:// or https://")))
    }
}

/// Checks that a text was given.
pub(crate) fn check_given(key: &str, text: &str) -> Result<(), BadConfig> {
    if text.trim().is_empty() {
        Err(BadConfig::new(key, "is empty; write it, or leave the section out"))
    } else {
        Ok(())
    }
}

/// Checks a budget.
pub(crate) fn check_budget(key: &str, value: u32, most: u32) -> Result<(), BadConfig> {
    if (1..=most).contains(&value) {
        Ok(())
    } else {
        Err(BadConfig::new(key, format!("is {value}; the other side allows 1 to {most} a minute")))
    }
}
