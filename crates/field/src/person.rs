//! 人员: who works here, in which role, and how they are reached.

use crate::id::PersonId;
use serde::{Deserialize, Serialize};

/// 角色: what a person may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// 调度员.
    Dispatcher,
    /// 区块责任人.
    BlockOwner,
    /// 系统管理员.
    Administrator,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 3] = [Self::Dispatcher, Self::BlockOwner, Self::Administrator];

    /// The name used in the API and in stored records.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Dispatcher => "dispatcher",
            Self::BlockOwner => "block_owner",
            Self::Administrator => "administrator",
        }
    }
}

/// 通道: a way a message can travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChannelKind {
    /// 企业微信应用消息, to one person.
    WecomApp,
    /// 企业微信群机器人.
    WecomRobot,
    /// 钉钉群机器人, signed.
    DingtalkRobot,
    /// 短信, over an HTTP gateway.
    Sms,
    /// Web Push (RFC 8030, 8291, 8292).
    WebPush,
    /// 电子邮件 (SMTP).
    Email,
}

impl ChannelKind {
    /// Every channel.
    pub const ALL: [Self; 6] =
        [Self::WecomApp, Self::WecomRobot, Self::DingtalkRobot, Self::Sms, Self::WebPush, Self::Email];

    /// The name used in the API, in the configuration and in stored records.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::WecomApp => "wecom_app",
            Self::WecomRobot => "wecom_robot",
            Self::DingtalkRobot => "dingtalk_robot",
            Self::Sms => "sms",
            Self::WebPush => "web_push",
            Self::Email => "email",
        }
    }

    /// The channel with that name.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|k| k.code() == code)
    }
}

/// 人员.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Person {
    /// Given by the registry.
    pub id: PersonId,
    /// Name they sign in with.
    pub login: String,
    /// 姓名.
    pub name: String,
    /// Name in Latin letters.
    pub name_en: String,
    /// What they may do.
    pub role: Role,
    /// 手机号.
    pub mobile: Option<String>,
    /// 企业微信 userid.
    pub wecom: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// Channels in the order they are tried.
    pub channels: Vec<ChannelKind>,
    /// Whether they exist only in the demo.
    pub synthetic: bool,
}
