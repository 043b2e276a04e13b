//! Which servers are subscribed to, how they are trusted, and what their nodes mean.

use serde::Deserialize;
use std::path::PathBuf;
use std::time::Duration;

/// What the client is told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Config {
    /// 证书目录: own certificate and key, `trusted/` and `rejected/` certificates of servers. Made at
    /// the first start.
    pub pki: PathBuf,
    /// 点表: node maps as TOML text; the bundled ones need no naming.
    pub maps: Vec<String>,
    /// The servers.
    pub servers: Vec<Server>,
}

/// One server.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// `opc.tcp://host:port/path`.
    pub url: String,
    /// 安全策略.
    #[serde(default)]
    pub policy: Policy,
    /// 安全模式; `none` goes with policy `None`, and only with it.
    #[serde(default)]
    pub mode: Mode,
    /// User name; without it the session is anonymous.
    #[serde(default)]
    pub user: Option<String>,
    /// The user's password.
    #[serde(default)]
    pub password: Secret,
    /// 发布间隔: milliseconds between two publications asked of the server, and between two samples.
    #[serde(default = "publish_ms")]
    pub publish_ms: u64,
    /// 历史: after a gap, what the server's history holds of it is fetched (HistoryRead).
    #[serde(default)]
    pub history: bool,
    /// Values of one node the server shall hold between two publications.
    #[serde(default = "queue")]
    pub queue: u32,
    /// The stations behind it.
    #[serde(rename = "station", default)]
    pub stations: Vec<Station>,
}

/// A station whose values a server has.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Station {
    /// 测站: the code of the registered station.
    pub code: String,
    /// Name of its node map.
    pub map: String,
    /// Put for `{at}` in the map's node ids, so that one map serves many like stations.
    #[serde(default)]
    pub at: String,
}

/// 安全策略: how the channel is protected, by its name in OPC 10000-7.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub enum Policy {
    /// Not at all.
    #[default]
    None,
    /// `Basic256Sha256`.
    Basic256Sha256,
    /// `Aes128_Sha256_RsaOaep`.
    #[serde(alias = "Aes128Sha256RsaOaep", rename = "Aes128_Sha256_RsaOaep")]
    Aes128Sha256RsaOaep,
}

/// 安全模式: what is done to each message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Nothing.
    #[default]
    None,
    /// Signed: nobody can change it unseen.
    Sign,
    /// Signed and encrypted.
    SignAndEncrypt,
}

/// 口令: never shown.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(pub String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

const fn publish_ms() -> u64 {
    1_000
}
const fn queue() -> u32 {
    100
}

/// Stations behind one server.
const MAX_STATIONS: usize = 2_000;

impl Server {
    pub(crate) const fn publish(&self) -> Duration {
        Duration::from_millis(self.publish_ms)
    }

    /// Checks what the types cannot: a sentence of what is wrong and allowed.
    pub(crate) fn check(&self) -> Result<(), String> {
        if !self.url.starts_with("opc.tcp://") {
            return Err("the address must begin with opc.tcp://".to_owned());
        }
        if (self.policy == Policy::None) != (self.mode == Mode::None) {
            return Err(
                "mode `none` goes with policy `None` and with no other: give both or neither".to_owned()
            );
        }
        if self.user.is_some() && self.policy == Policy::None {
            return Err("a password is not sent over an open line: choose a policy such as `Basic256Sha256` with `mode = \"sign_and_encrypt\"`, or give no user".to_owned());
        }
        if !(10..=3_600_000).contains(&self.publish_ms) {
            return Err(format!("publish_ms {} is not within 10 to 3600000", self.publish_ms));
        }
        if !(1..=10_000).contains(&self.queue) {
            return Err(format!("queue {} is not within 1 to 10000", self.queue));
        }
        if self.stations.is_empty() || self.stations.len() > MAX_STATIONS {
            return Err(format!("{} stations; a server has 1 to {MAX_STATIONS}", self.stations.len()));
        }
        Ok(())
    }
}
