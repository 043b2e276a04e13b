//! 凭据: what a station proves itself with, and how it is compared.
//!
//! Promises: a comparison takes the same time wherever the first difference stands; a secret is
//! never in a `Debug` text, a journal line or an error. Never does IO.

use field::id::StationCode;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

/// Longest password of a station, bytes.
pub const MAX_SECRET: usize = 256;
/// Longest user name of a station, bytes.
pub const MAX_USER: usize = 128;
/// Most credentials of one station: two protocols, each with an old and a new one, and room.
pub const MAX_CREDENTIALS: usize = 16;

/// 凭据: one way for one station to prove itself in one protocol.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credential {
    /// The station it stands for. One user may stand for several stations (an edge node).
    pub station: StationCode,
    /// The protocol's name, such as `sl651`, `hj212` or `mqtt`.
    pub protocol: String,
    /// User name (MQTT), or the subject or name of a certificate; empty where the protocol has none.
    pub user: String,
    /// The secret.
    pub secret: Secret,
}

/// A secret, in the form it is compared in.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Secret {
    /// 规约密码: a protocol's own password (SL 651: four hexadecimal digits; HJ 212: `PW`). Kept
    /// readable, because the protocol sends it in clear and commands down must carry it.
    Plain {
        /// As the protocol writes it.
        text: String,
    },
    /// SHA-256 of a salt of 16 bytes and a password. Fast on purpose: ten thousand devices come back
    /// at once after a restart, and their passwords are made by machines, not remembered by people
    /// (`docs/decisions/0010-device-credentials.md`).
    Salted {
        /// The salt, hexadecimal.
        salt: String,
        /// SHA-256 of salt and password, hexadecimal.
        hash: String,
    },
    /// 客户端证书: the SHA-256 fingerprint of the certificate's DER, hexadecimal.
    Certificate {
        /// Sixty-four lower-case digits.
        fingerprint: String,
    },
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Secret").field("kind", &self.kind()).finish_non_exhaustive()
    }
}

impl Secret {
    /// A password, hashed with a salt that the caller drew.
    #[must_use]
    pub fn salted(password: &str, salt: [u8; 16]) -> Self {
        let salt = crate::tables::hex(&salt);
        let hash = salted_hash(&salt, password.as_bytes());
        Self::Salted { salt, hash }
    }

    /// The fingerprint of a certificate.
    #[must_use]
    pub fn certificate(der: &[u8]) -> Self {
        Self::Certificate { fingerprint: fingerprint(der) }
    }

    /// Its kind, for people and journal lines: `plain`, `salted` or `certificate`.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Plain { .. } => "plain",
            Self::Salted { .. } => "salted",
            Self::Certificate { .. } => "certificate",
        }
    }

    /// Whether `given` is the password. A certificate is never matched by a password.
    #[must_use]
    pub fn matches(&self, given: &[u8]) -> bool {
        match self {
            Self::Plain { text } => same(text.as_bytes(), given),
            Self::Salted { salt, hash } => same(hash.as_bytes(), salted_hash(salt, given).as_bytes()),
            Self::Certificate { .. } => false,
        }
    }

    /// Whether `der` is the certificate.
    #[must_use]
    pub fn matches_certificate(&self, der: &[u8]) -> bool {
        match self {
            Self::Certificate { fingerprint } => {
                same(fingerprint.as_bytes(), self::fingerprint(der).as_bytes())
            }
            _ => false,
        }
    }
}

/// SHA-256 of a certificate's DER, hexadecimal.
pub(crate) fn fingerprint(der: &[u8]) -> String {
    crate::tables::hex(&Sha256::digest(der))
}

fn salted_hash(salt: &str, password: &[u8]) -> String {
    crate::tables::hex(&Sha256::new().chain_update(salt).chain_update(password).finalize())
}

/// Compared in constant time; only the lengths may show.
fn same(one: &[u8], other: &[u8]) -> bool {
    one.ct_eq(other).into()
}

#[cfg(test)]
mod tests {
    use super::Secret;

    #[test]
    fn a_salted_password_is_matched_by_itself_alone_and_never_shown() {
        let secret = Secret::salted("hunter2", [7; 16]);
        assert!(secret.matches(b"hunter2"));
        assert!(
            !secret.matches(b"hunter3") && !secret.matches(b"") && !secret.matches_certificate(b"hunter2")
        );
        assert_ne!(secret, Secret::salted("hunter2", [8; 16]), "another salt is another hash");
        let shown = format!("{secret:?}{:?}", Secret::Plain { text: "A0B1".into() });
        assert!(!shown.contains("A0B1") && !shown.contains("hash"), "{shown}");
    }

    #[test]
    fn a_certificate_is_matched_by_its_bytes_and_by_no_password() {
        let secret = Secret::certificate(b"der");
        assert!(secret.matches_certificate(b"der") && !secret.matches_certificate(b"dex"));
        assert!(!secret.matches(b"der"));
    }
}
