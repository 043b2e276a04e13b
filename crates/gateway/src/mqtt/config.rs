//! What the MQTT side is told: a broker for sensors that connect here, and brokers outside that we
//! connect to.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use wire::mqtt::TopicMap;
use wire::sparkplug::Names;

/// What the MQTT side is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Where clients connect without TLS; `None`: not at all. Port 0 lets the system choose.
    pub tcp: Option<SocketAddr>,
    /// Where clients connect with TLS; `None`: not at all.
    pub tls: Option<Tls>,
    /// Refuse clients and stations that cannot prove themselves.
    pub require_credentials: bool,
    /// Anybody may subscribe to and publish anything: for a demo or a closed network.
    pub open: bool,
    /// Users who may subscribe to everything, such as another platform.
    pub readers: Vec<Reader>,
    /// What messages mean, in the order they are tried; the last is followed by the plain mapping.
    pub maps: Vec<TopicMap>,
    /// Sparkplug B; `None`: its topics are plain topics.
    pub sparkplug: Option<Sparkplug>,
    /// Brokers elsewhere.
    pub outside: Vec<Outside>,
}

/// Where TLS is spoken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tls {
    /// Address and port.
    pub listen: SocketAddr,
    /// The server's certificate and those above it, PEM.
    pub certificate: PathBuf,
    /// Its private key, PEM.
    pub key: PathBuf,
    /// The authority that signs clients' certificates, PEM; `None`: they are not asked for one.
    pub client_authority: Option<PathBuf>,
}

/// A user who may subscribe to everything.
#[derive(Clone, PartialEq, Eq)]
pub struct Reader {
    /// User name.
    pub user: String,
    /// Password.
    pub password: String,
}

impl std::fmt::Debug for Reader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Reader({})", self.user)
    }
}

/// This house as a Sparkplug host application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sparkplug {
    /// Its host id, in `spBv1.0/STATE/HOST`.
    pub host: String,
    /// Which station a node or device is.
    pub names: Names,
}

impl Default for Sparkplug {
    fn default() -> Self {
        Self { host: "zhizhen".to_owned(), names: Names::default() }
    }
}

/// A broker elsewhere, whose messages are taken like those of our own.
#[derive(Clone, PartialEq, Eq)]
pub struct Outside {
    /// Host name or address.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Speak TLS: the authority that signs the broker's certificate, PEM.
    pub authority: Option<PathBuf>,
    /// Client id: the broker keeps what comes while we are away under this name.
    pub client: String,
    /// User name.
    pub user: Option<String>,
    /// Password.
    pub password: Option<String>,
    /// Topic filters; empty: those of the mappings, and Sparkplug's.
    pub subscribe: Vec<String>,
}

impl std::fmt::Debug for Outside {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Outside({}:{} as {})", self.host, self.port, self.client)
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            tcp: Some(SocketAddr::from((Ipv4Addr::UNSPECIFIED, wire::mqtt::DEFAULT_PORT))),
            tls: None,
            require_credentials: false,
            open: false,
            readers: vec![],
            maps: vec![],
            sparkplug: Some(Sparkplug::default()),
            outside: vec![],
        }
    }
}

impl Config {
    /// On the loopback interface, port chosen by the system, open to anybody.
    #[must_use]
    pub fn loopback() -> Self {
        let loopback = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Self { tcp: Some(loopback), open: true, ..Self::default() }
    }
}
