//! The tables `[hj212]` and `[sl427]`.

use serde::Deserialize;
use std::net::SocketAddr;

/// Where HJ 212 plants connect, and what they are told after a start.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Hj212 {
    /// Address and port.
    pub(crate) tcp: SocketAddr,
    /// Length of minute data of a station that has not said its own, minutes.
    pub(crate) minute_interval: u16,
    /// Refuse stations without a password in the registry.
    pub(crate) require_password: bool,
    /// Set the clock of a station that started.
    pub(crate) set_clock: bool,
    /// Seconds a station waits for an answer; set after a start together with `send_again`.
    pub(crate) answer_within_s: Option<u16>,
    /// How often a station sends again.
    pub(crate) send_again: u16,
    /// Seconds between real-time data, set after a start.
    pub(crate) real_time_interval_s: Option<u16>,
    /// Length of minute data, minutes, set after a start.
    pub(crate) set_minute_interval: Option<u16>,
}

impl Default for Hj212 {
    fn default() -> Self {
        let own = gateway::hj212::Config::default();
        Self {
            tcp: own.tcp,
            minute_interval: own.minute_interval,
            require_password: own.require_password,
            set_clock: own.start_up.set_clock,
            answer_within_s: None,
            send_again: 3,
            real_time_interval_s: None,
            set_minute_interval: None,
        }
    }
}

impl From<Hj212> for gateway::hj212::Config {
    fn from(table: Hj212) -> Self {
        Self {
            tcp: table.tcp,
            minute_interval: table.minute_interval,
            require_password: table.require_password,
            start_up: gateway::hj212::StartUp {
                set_clock: table.set_clock,
                timeouts: table.answer_within_s.map(|seconds| (seconds, table.send_again)),
                real_time_interval_s: table.real_time_interval_s,
                minute_interval: table.set_minute_interval,
            },
        }
    }
}

/// Where SL/T 427 stations connect.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Sl427 {
    /// Address and port.
    pub(crate) tcp: SocketAddr,
    /// Confirm reports.
    pub(crate) confirm: bool,
}

impl Default for Sl427 {
    fn default() -> Self {
        let own = gateway::sl427::Config::default();
        Self { tcp: own.tcp, confirm: own.confirm }
    }
}

impl From<Sl427> for gateway::sl427::Config {
    fn from(table: Sl427) -> Self {
        Self { tcp: table.tcp, confirm: table.confirm }
    }
}
