//! 推送源: who may push, and what was learnt of their series.

use super::making::Making;
use super::names::Names;
use axum::http::{HeaderMap, header};
use base64::Engine as _;
use field::id::{PointId, StationCode};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, RwLock};
use wire::influx::Rapid;
use wire::json_push::Mapping;

/// 口令: never shown.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Token(String);

impl Token {
    /// Wraps a text.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Whether it has fewer than 16 signs: it could be guessed.
    #[must_use]
    pub fn is_short(&self) -> bool {
        self.0.chars().count() < 16
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

/// One source in the configuration.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PushSource {
    /// 名称: letters, digits, `-`, `_`, `.`; it stands in the packets it sent.
    pub name: StationCode,
    /// What it shows; at least 16 signs.
    pub token: Token,
    /// The tag that names the station.
    #[serde(default = "station_tag")]
    pub station_tag: String,
    /// The station that takes series which name none that is known.
    #[serde(default)]
    pub station: Option<StationCode>,
    /// Whether its token also reads `/api/v1/samples`.
    #[serde(default)]
    pub read: bool,
    /// Whether the bytes of its line protocol are kept too, so that every reading leads back to them; it
    /// costs room and time.
    #[serde(default)]
    pub keep_raw: bool,
    /// Whether series seen for the first time become points; if not, they go to the quarantine.
    #[serde(default)]
    pub create: bool,
}

fn station_tag() -> String {
    "station".to_owned()
}

/// 推送: what the configuration says of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PushConfig {
    /// Who may push.
    pub sources: Vec<PushSource>,
    /// JSON mappings by name.
    pub mappings: BTreeMap<String, Mapping>,
}

/// What a series feeds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Target {
    pub(crate) point: PointId,
    pub(crate) min: f64,
    pub(crate) max: f64,
}

/// What was learnt of a source's series.
#[derive(Debug, Default)]
pub(crate) struct Known {
    pub(crate) series: Rapid<Target>,
    /// The registry's stations and points it was learnt from.
    pub(crate) version: u64,
}

/// A source at work.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) config: PushSource,
    pub(crate) known: RwLock<Known>,
    /// Which points there are.
    pub(crate) names: Mutex<Names>,
    /// Series that wait for a point.
    pub(crate) making: Making,
    token: [u8; 32],
}

/// Every source.
#[derive(Debug, Default)]
pub(crate) struct Sources {
    list: Vec<Arc<Source>>,
    mappings: BTreeMap<String, Arc<Mapping>>,
}

impl Sources {
    pub(crate) fn new(config: &PushConfig) -> Self {
        let source = |config: &PushSource| {
            let token = digest(config.token.0.as_bytes());
            let (known, names, making) = Default::default();
            Arc::new(Source { config: config.clone(), known, names, making, token })
        };
        let mappings = config.mappings.iter().map(|(name, m)| (name.clone(), Arc::new(m.clone()))).collect();
        Self { list: config.sources.iter().map(source).collect(), mappings }
    }

    /// The mapping of that name.
    pub(crate) fn mapping(&self, name: &str) -> Option<Arc<Mapping>> {
        self.mappings.get(name).cloned()
    }

    /// Whose token the request shows: `Authorization: Token …`, `Bearer …`, the password of `Basic`,
    /// or InfluxDB 1's query parameter `p`. Compared by digest, so that time tells nothing.
    pub(crate) fn find(&self, headers: &HeaderMap, query: &str) -> Option<Arc<Source>> {
        let shown = digest(shown(headers, query)?.as_bytes());
        self.list.iter().find(|source| source.token == shown).cloned()
    }
}

fn digest(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

fn shown(headers: &HeaderMap, query: &str) -> Option<String> {
    let Some(value) = headers.get(header::AUTHORIZATION) else { return parameter(query, "p") };
    let (kind, secret) = value.to_str().ok()?.split_once(' ')?;
    let secret = secret.trim();
    if kind.eq_ignore_ascii_case("token") || kind.eq_ignore_ascii_case("bearer") {
        // InfluxDB 1.8 shows `Token user:password`.
        return Some(secret.split_once(':').map_or(secret, |(_, password)| password).to_owned());
    }
    if !kind.eq_ignore_ascii_case("basic") {
        return None;
    }
    let plain = base64::engine::general_purpose::STANDARD.decode(secret).ok()?;
    let plain = String::from_utf8(plain).ok()?;
    plain.split_once(':').map(|(_, password)| password.to_owned())
}

/// A query parameter; `%XX` and `+` are read.
pub(crate) fn parameter(query: &str, name: &str) -> Option<String> {
    let value = query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))?;
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => {
                let digit = |b: Option<u8>| char::from(b?).to_digit(16).and_then(|d| u8::try_from(d).ok());
                bytes.push(digit(rest.next())? << 4 | digit(rest.next())?);
            }
            byte => bytes.push(byte),
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_found_in_every_place_influx_clients_put_it() {
        let of = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::AUTHORIZATION, value.parse().unwrap());
            shown(&headers, "")
        };
        for value in ["Token secret", "Bearer secret", "Token user:secret", "Basic dXNlcjpzZWNyZXQ="] {
            assert_eq!(of(value).as_deref(), Some("secret"), "{value}");
        }
        assert_eq!(shown(&HeaderMap::new(), "db=x&u=a&p=sec%72et").as_deref(), Some("secret"));
        assert_eq!(shown(&HeaderMap::new(), "db=x"), None);
    }

    #[test]
    fn a_token_does_not_show_itself() {
        assert_eq!(format!("{:?}", Token::new("secret")), "***");
    }
}
