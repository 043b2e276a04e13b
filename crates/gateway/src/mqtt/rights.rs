//! 主题权限: which topics a client may publish to and subscribe to.
//!
//! A topic belongs to whoever may speak for the station it names in one of its levels; a level that
//! names no station belongs to the client or user of that name. Sparkplug's STATE is for everybody to
//! read; `$` topics are nobody's.

use super::config::Config;
use super::ingest::{Ingest, Sender};
use field::id::StationCode;
use store::Registry;

/// A client, as far as rights go.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    pub name: String,
    pub user: Option<String>,
    pub sender: Sender,
    /// A reader of the configuration.
    pub reader: bool,
}

/// Whether user and password are a reader's; compared in constant time.
pub(crate) fn is_reader(config: &Config, user: Option<&str>, password: Option<&[u8]>) -> bool {
    let (Some(user), Some(password)) = (user, password) else { return false };
    let reader = config.readers.iter().find(|reader| reader.user == user);
    reader.is_some_and(|reader| store::Secret::Plain { text: reader.password.clone() }.matches(password))
}

impl Client {
    /// Whether it may subscribe to a filter.
    pub(crate) fn may_subscribe(&self, ingest: &Ingest, filter: &str) -> bool {
        let state = format!("{}/STATE/", wire::sparkplug::NAMESPACE);
        ingest.config.open || self.reader || filter.starts_with(&state) || self.owns(ingest, filter)
    }

    /// Whether it may publish what is no telemetry to a topic.
    pub(crate) fn may_publish(&self, ingest: &Ingest, topic: &str) -> bool {
        !topic.starts_with('$') && (ingest.config.open || self.owns(ingest, topic))
    }

    fn owns(&self, ingest: &Ingest, topic: &str) -> bool {
        let registry = ingest.hub.intake.registry();
        topic.split('/').any(|level| self.owns_level(ingest, &registry, level))
    }

    fn owns_level(&self, ingest: &Ingest, registry: &Registry, level: &str) -> bool {
        match StationCode::new(level).ok().filter(|code| registry.station(code).is_some()) {
            Some(station) => ingest.may(&self.sender, registry, &station),
            None => level == self.name || self.user.as_deref() == Some(level),
        }
    }
}
