//! 凭据核对: whether who speaks may speak for a station.
//!
//! Reads the registry's snapshot only: no query, no wait. Secrets are compared in constant time.

use field::id::StationCode;
use std::collections::BTreeSet;
use store::Registry;

/// What a check came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The secret is one of the station's.
    Proved,
    /// The station has no credential in this protocol: accepted, and counted.
    Unproved,
    /// It is none of the station's.
    Refused,
}

impl Verdict {
    /// Whether what was said may be taken; `required` refuses stations that cannot prove themselves.
    #[must_use]
    pub const fn allows(self, required: bool) -> bool {
        match self {
            Self::Proved => true,
            Self::Unproved => !required,
            Self::Refused => false,
        }
    }
}

/// Whether `secret` (the protocol's password as it writes it: SL 651 four hexadecimal digits, HJ 212
/// `PW`) is the station's in `protocol`.
#[must_use]
pub fn check(registry: &Registry, station: &StationCode, protocol: &str, secret: &[u8]) -> Verdict {
    let own = registry.credentials_of(station).iter().filter(|c| c.protocol == protocol);
    // Every one is compared: how long it takes does not say which of them matched.
    let (any, proved) = own.fold((false, false), |(_, proved), c| (true, proved | c.secret.matches(secret)));
    let verdict = match (any, proved) {
        (false, _) => Verdict::Unproved,
        (true, true) => Verdict::Proved,
        (true, false) => Verdict::Refused,
    };
    count(protocol, verdict);
    verdict
}

/// The readable password that a command down to the station must carry; `None` when none is set.
#[must_use]
pub fn password_of(registry: &Registry, station: &StationCode, protocol: &str) -> Option<String> {
    registry.credentials_of(station).iter().filter(|c| c.protocol == protocol).find_map(|c| match &c.secret {
        store::Secret::Plain { text } => Some(text.clone()),
        _ => None,
    })
}

/// Whom a connection may speak for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// The stations it has proved.
    stations: BTreeSet<StationCode>,
}

impl Identity {
    /// Whether it may speak for a station: a proved one, or one that has no credential at all in
    /// `protocol` unless they are `required`.
    #[must_use]
    pub fn may_speak_for(
        &self,
        registry: &Registry,
        station: &StationCode,
        protocol: &str,
        required: bool,
    ) -> bool {
        self.stations.contains(station)
            || (!required && !registry.credentials_of(station).iter().any(|c| c.protocol == protocol))
    }

    /// The stations it has proved.
    pub fn stations(&self) -> impl Iterator<Item = &StationCode> {
        self.stations.iter()
    }
}

/// Who a user is, by password or by the certificate of its connection. `None`: the user is known and
/// nothing it showed is right, or it is unknown and showed a password.
#[must_use]
pub fn identify(
    registry: &Registry,
    protocol: &str,
    user: Option<&str>,
    password: Option<&[u8]>,
    certificate: Option<&[u8]>,
) -> Option<Identity> {
    let mut identity = Identity::default();
    if let Some(der) = certificate {
        let known = registry.credentials_by_certificate(protocol, der);
        identity.stations.extend(known.into_iter().map(|c| c.station.clone()));
    }
    if let Some(user) = user {
        let given = password.unwrap_or_default();
        let known = registry.credentials_of_user(protocol, user);
        let proved = known.iter().filter(|c| c.secret.matches(given));
        identity.stations.extend(proved.map(|c| c.station.clone()));
    }
    let anonymous = user.is_none() && password.is_none();
    let verdict = match (identity.stations.is_empty(), anonymous) {
        (false, _) => Verdict::Proved,
        (true, true) => Verdict::Unproved,
        (true, false) => Verdict::Refused,
    };
    count(protocol, verdict);
    (verdict != Verdict::Refused).then_some(identity)
}

fn count(protocol: &str, verdict: Verdict) {
    let name = match verdict {
        Verdict::Proved => return,
        Verdict::Unproved => "gateway_unproved_total",
        Verdict::Refused => "gateway_credentials_refused_total",
    };
    metrics::counter!(name, "protocol" => protocol.to_owned()).increment(1);
}
