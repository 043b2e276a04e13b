//! Where SL 651 stations connect, and how they are answered.

use std::net::{Ipv4Addr, SocketAddr};

/// What the SL 651 listeners are told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Where stations connect by TCP; `None`: not at all. Port 0 lets the system choose.
    pub tcp: Option<SocketAddr>,
    /// Where stations send datagrams; `None`: not at all.
    pub udp: Option<SocketAddr>,
    /// Answer reports (mode M2). A frame does not say whether its station works in M1 or M2, and an
    /// M1 station ignores an answer, so this is on unless the channel is one-way.
    pub confirm: bool,
    /// Confirm with ESC, which asks the station to stay on line, instead of EOT, which lets it sleep
    /// (SL 651-2014 6.3.2.4). A frame that announces more (ETB) is always answered with ESC.
    pub stay_on_line: bool,
}

impl Default for Config {
    fn default() -> Self {
        let anywhere = SocketAddr::from((Ipv4Addr::UNSPECIFIED, wire::sl651::DEFAULT_PORT));
        Self { tcp: Some(anywhere), udp: Some(anywhere), confirm: true, stay_on_line: false }
    }
}

impl Config {
    /// On the loopback interface, ports chosen by the system.
    #[must_use]
    pub fn loopback() -> Self {
        let loopback = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Self { tcp: Some(loopback), udp: Some(loopback), ..Self::default() }
    }
}
