//! The table `[mqtt]`.

use super::toml_files;
use anyhow::Result;
use serde::Deserialize;
use std::net::SocketAddr;
use std::path::PathBuf;

/// The broker for sensors that connect to us, and brokers outside.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Mqtt {
    /// Address and port without TLS; left out: not at all.
    pub(crate) tcp: Option<SocketAddr>,
    /// Where TLS is spoken.
    pub(crate) tls: Option<Tls>,
    /// Refuse clients and stations that cannot prove themselves.
    pub(crate) require_credentials: bool,
    /// Anybody may subscribe to and publish anything.
    pub(crate) open: bool,
    /// Folder of topic mappings, one TOML file each.
    pub(crate) maps: Option<PathBuf>,
    /// Host id as a Sparkplug application; empty: Sparkplug topics are plain ones.
    pub(crate) sparkplug_host: Option<String>,
    /// Users who may subscribe to everything.
    pub(crate) reader: Vec<Login>,
    /// Brokers elsewhere.
    pub(crate) outside: Vec<Outside>,
}

/// Where TLS is spoken.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Tls {
    listen: SocketAddr,
    certificate: PathBuf,
    key: PathBuf,
    client_authority: Option<PathBuf>,
}

/// A user with a password.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Login {
    user: String,
    password: String,
}

impl std::fmt::Debug for Login {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Login({})", self.user)
    }
}

/// A broker elsewhere.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Outside {
    host: String,
    #[serde(default = "port")]
    port: u16,
    authority: Option<PathBuf>,
    client: String,
    login: Option<Login>,
    #[serde(default)]
    subscribe: Vec<String>,
}

const fn port() -> u16 {
    wire::mqtt::DEFAULT_PORT
}

impl Mqtt {
    /// With its mappings read.
    pub(crate) fn read(&self) -> Result<gateway::mqtt::Config> {
        let mut maps = Vec::new();
        for path in self.maps.as_deref().map(toml_files).transpose()?.unwrap_or_default() {
            maps.push(super::mapping_file("topic mapping", &path, "docs/protocols/mqtt.md")?);
        }
        let sparkplug = match self.sparkplug_host.as_deref() {
            Some("") => None,
            Some(host) => Some(gateway::mqtt::Sparkplug {
                host: host.to_owned(),
                ..gateway::mqtt::Sparkplug::default()
            }),
            None => Some(gateway::mqtt::Sparkplug::default()),
        };
        let reader = |login: &Login| gateway::mqtt::Reader {
            user: login.user.clone(),
            password: login.password.clone(),
        };
        let tls = self.tls.clone().map(|tls| gateway::mqtt::Tls {
            listen: tls.listen,
            certificate: tls.certificate,
            key: tls.key,
            client_authority: tls.client_authority,
        });
        Ok(gateway::mqtt::Config {
            tcp: self.tcp,
            tls,
            require_credentials: self.require_credentials,
            open: self.open,
            readers: self.reader.iter().map(reader).collect(),
            maps,
            sparkplug,
            outside: self.outside.iter().cloned().map(Into::into).collect(),
        })
    }
}

impl From<Outside> for gateway::mqtt::Outside {
    fn from(table: Outside) -> Self {
        let Outside { host, port, authority, client, login, subscribe } = table;
        let (user, password) = login.map(|login| (login.user, login.password)).unzip();
        Self { host, port, authority, client, user, password, subscribe }
    }
}
