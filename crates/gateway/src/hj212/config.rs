//! Where HJ 212 plants connect, and what they are told.

use std::net::{Ipv4Addr, SocketAddr};

/// What the HJ 212 listener is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Where plants connect. Port 0 lets the system choose.
    pub tcp: SocketAddr,
    /// Length of minute data (MinInterval) of a station that has not said its own, minutes: one of
    /// [`wire::interval::MINUTES`].
    pub minute_interval: u16,
    /// Refuse stations without a password in the registry. One with a password must always show it.
    pub require_password: bool,
    /// What a station is told when it says that it started (2081), in the order of 2017 6.7.
    pub start_up: StartUp,
}

/// 初始化: sent after a station started. What is `None` is left as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StartUp {
    /// Set its clock (1012). A station that asks for the time (1013) always gets it.
    pub set_clock: bool,
    /// Time-out, seconds, and how often to send again (1000).
    pub timeouts: Option<(u16, u16)>,
    /// Seconds between real-time data (1062), 30 to 3600.
    pub real_time_interval_s: Option<u16>,
    /// Length of minute data (1064).
    pub minute_interval: Option<u16>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            tcp: SocketAddr::from((Ipv4Addr::UNSPECIFIED, wire::hj212::DEFAULT_PORT)),
            minute_interval: 10,
            require_password: false,
            start_up: StartUp { set_clock: true, ..StartUp::default() },
        }
    }
}

impl Config {
    /// On the loopback interface, port chosen by the system.
    #[must_use]
    pub fn loopback() -> Self {
        Self { tcp: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), ..Self::default() }
    }
}
