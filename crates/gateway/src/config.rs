//! Where to listen, and the limits.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

/// What the gateway is told.
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
    /// How much of everything.
    pub limits: Limits,
}

impl Default for Config {
    fn default() -> Self {
        let anywhere = SocketAddr::from((Ipv4Addr::UNSPECIFIED, wire::sl651::DEFAULT_PORT));
        Self {
            tcp: Some(anywhere),
            udp: Some(anywhere),
            confirm: true,
            stay_on_line: false,
            limits: Limits::default(),
        }
    }
}

impl Config {
    /// On the loopback interface, ports chosen by the system: for tests and the demo.
    #[must_use]
    pub fn loopback() -> Self {
        let loopback = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Self { tcp: Some(loopback), udp: Some(loopback), ..Self::default() }
    }
}

/// Limits; durations are the machine's, not the demo clock's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most connections at once. 20,000: twice the stations one machine shall carry, about 60 MB.
    pub connections: usize,
    /// A connection that says nothing for so long is closed. Ten minutes: a station told to stay on
    /// line stays as long, and sends keep-alives every 40 s (SL 651-2014 6.6.4.2).
    pub idle: Duration,
    /// A frame once begun must be whole within this time. 30 s: 4 kB at 1200 baud.
    pub frame: Duration,
    /// An answer must be taken within this time.
    pub answer: Duration,
    /// A connection that sent so many pieces that are no frame of a known station is closed.
    pub bad_pieces: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 20_000,
            idle: Duration::from_secs(600),
            frame: Duration::from_secs(30),
            answer: Duration::from_secs(10),
            bad_pieces: 64,
        }
    }
}
