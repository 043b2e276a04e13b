//! What can keep the gateway from starting.

use std::net::SocketAddr;

/// Why the gateway did not start.
#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    /// The address cannot be had.
    #[error("listening for stations on {transport} {addr}: {source}; {advice}")]
    Bind {
        /// `TCP` or `UDP`.
        transport: &'static str,
        /// The address asked for.
        addr: SocketAddr,
        /// What the system said.
        source: std::io::Error,
        /// What to do.
        advice: &'static str,
    },
    /// Something a protocol was told cannot be.
    #[error("configuration of {protocol}: {what}")]
    Setting {
        /// The protocol's table.
        protocol: &'static str,
        /// What is wrong, and what would be right.
        what: String,
    },
}

impl GatewayError {
    pub(crate) const fn setting(protocol: &'static str, what: String) -> Self {
        Self::Setting { protocol, what }
    }

    pub(crate) fn bind(transport: &'static str, addr: SocketAddr, source: std::io::Error) -> Self {
        let advice = match source.kind() {
            std::io::ErrorKind::AddrInUse => {
                "another program has this port: stop it, or configure another port for the gateway"
            }
            std::io::ErrorKind::PermissionDenied => {
                "ports below 1024 need privileges: configure a port from 1024 on, such as 5100"
            }
            std::io::ErrorKind::AddrNotAvailable => {
                "no interface of this machine has the address: use 0.0.0.0 for all of them"
            }
            _ => "configure another address for the gateway",
        };
        Self::Bind { transport, addr, source, advice }
    }
}
