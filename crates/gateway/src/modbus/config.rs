//! Which devices are asked, where, how often, and what their registers mean.

use serde::Deserialize;
use std::time::Duration;
use wire::modbus::Transport;

/// What the poller is told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Config {
    /// 点表: the site's own register maps as TOML text. The bundled ones need no naming.
    pub maps: Vec<String>,
    /// The connections.
    pub connections: Vec<Connection>,
}

/// One TCP connection: a device, or a gateway with several behind it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Connection {
    /// `host:port`.
    pub address: String,
    /// `tcp`, or `rtu_over_tcp` for a transparent serial gateway.
    #[serde(default)]
    pub transport: Transport,
    /// How long an answer is waited for, milliseconds.
    #[serde(default = "timeout_ms")]
    pub timeout_ms: u64,
    /// The devices behind it.
    #[serde(rename = "device", default)]
    pub devices: Vec<Device>,
}

/// One device.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Device {
    /// 测站: the code of the registered station its readings belong to.
    pub station: String,
    /// 单元标识 / 从站地址.
    #[serde(default = "unit")]
    pub unit: u8,
    /// Name of its register map.
    pub map: String,
    /// Seconds between two polls.
    #[serde(default = "every_s")]
    pub every_s: u32,
}

/// Serial gateways answer within a second; a mobile line needs two more.
const fn timeout_ms() -> u64 {
    3_000
}
const fn unit() -> u8 {
    1
}
const fn every_s() -> u32 {
    60
}

impl Connection {
    pub(crate) fn timeout(&self) -> Duration {
        Duration::from_millis(self.timeout_ms)
    }

    /// Checks what the types cannot: a sentence of what is wrong and allowed.
    pub(crate) fn check(&self) -> Result<(), String> {
        if !(20..=60_000).contains(&self.timeout_ms) {
            return Err(format!("timeout_ms {} is not within 20 to 60000", self.timeout_ms));
        }
        if self.devices.is_empty() || self.devices.len() > MAX_DEVICES {
            return Err(format!("{} devices; a connection has 1 to {MAX_DEVICES}", self.devices.len()));
        }
        let bad = self.devices.iter().find(|d| !(1..=86_400).contains(&d.every_s));
        bad.map_or(Ok(()), |d| {
            Err(format!("every_s {} of `{}` is not within 1 to 86400", d.every_s, d.station))
        })
    }
}

/// Unit numbers of one byte, without the broadcast.
const MAX_DEVICES: usize = 255;
