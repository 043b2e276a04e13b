//! 通道: the ways a message travels. One file a channel, one line in `CHANNELS`.
//!
//! A channel knows its server's protocol, its limits and its error codes; it keeps no queue and
//! remembers no message. Retries, budgets, merging and the ledger are the outbox's and come for free.

pub mod dingtalk_robot;
pub mod email;
mod http;
pub mod sms;
pub mod web_push;
pub mod wecom_app;
pub mod wecom_robot;

pub(crate) use http::client;

use crate::config::Config;
use crate::error::DispatchError;
use field::clock::Clock;
use field::id::{AlarmId, MessageId, OrderId, PersonId};
use field::person::{ChannelKind, Person};
use field::severity::Severity;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use store::Store;
use web_push_native::jwt_simple::algorithms::ES256KeyPair;

/// What a channel is built from.
pub(crate) struct Kit<'a> {
    pub(crate) config: &'a Config,
    pub(crate) http: reqwest::Client,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) store: Store,
    pub(crate) push_key: Option<Arc<ES256KeyPair>>,
}

/// A channel, or `None` when it has no section in the configuration.
pub(crate) type Built = Result<Option<Arc<dyn Channel>>, DispatchError>;

/// One line of the registry.
pub(crate) struct Entry {
    pub(crate) kind: ChannelKind,
    pub(crate) build: fn(&Kit<'_>) -> Built,
}

/// Every channel there is.
pub(crate) const CHANNELS: &[Entry] = &[
    Entry { kind: ChannelKind::WecomApp, build: wecom_app::build },
    Entry { kind: ChannelKind::WecomRobot, build: wecom_robot::build },
    Entry { kind: ChannelKind::DingtalkRobot, build: dingtalk_robot::build },
    Entry { kind: ChannelKind::Sms, build: sms::build },
    Entry { kind: ChannelKind::WebPush, build: web_push::build },
    Entry { kind: ChannelKind::Email, build: email::build },
];

/// 收件处: what has a budget of its own at the other side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Mailbox {
    /// One person.
    Person(PersonId),
    /// One group, by the robot's place in the configuration.
    Robot(usize),
}

impl Mailbox {
    /// Whether several people read it.
    pub(crate) const fn is_group(self) -> bool {
        matches!(self, Self::Robot(_))
    }
}

impl std::fmt::Display for Mailbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Person(id) => write!(f, "person:{id}"),
            Self::Robot(index) => write!(f, "robot:{index}"),
        }
    }
}

impl std::str::FromStr for Mailbox {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once(':') {
            Some(("person", id)) => id.parse().map(Self::Person).map_err(|_| ()),
            Some(("robot", index)) => index.parse().map(Self::Robot).map_err(|_| ()),
            _ => Err(()),
        }
    }
}

/// What the other side bears.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limits {
    /// Requests a minute over all mailboxes.
    pub(crate) channel_per_minute: u32,
    /// Requests a minute to one mailbox.
    pub(crate) mailbox_per_minute: u32,
    /// Requests under way at once.
    pub(crate) concurrency: usize,
    /// People one text may call by name.
    pub(crate) persons: usize,
    /// How long a text may be.
    pub(crate) size: Size,
    /// Whether all its mailboxes are on one server, so that one failure speaks for all.
    pub(crate) one_server: bool,
    /// Whether it can tell a repetition by its key from a second message.
    pub(crate) knows_keys: bool,
}

/// How long a text may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Size {
    /// Bytes of UTF-8.
    Utf8(usize),
    /// UTF-16 units: what a short message counts.
    Ucs2(usize),
}

impl Size {
    /// Whether `text` is short enough.
    pub(crate) fn fits(self, text: &str) -> bool {
        match self {
            Self::Utf8(most) => text.len() <= most,
            Self::Ucs2(most) => text.encode_utf16().count() <= most,
        }
    }
}

/// 一次交付: what goes to one mailbox in one request, whether one message or many merged.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Parcel {
    /// Idempotency key: the same members to the same mailbox have the same key, also after a crash.
    pub(crate) key: String,
    /// Where to.
    pub(crate) mailbox: Mailbox,
    /// Who is meant, without repetition; one person unless the mailbox is a group.
    pub(crate) persons: Vec<Person>,
    /// A few words: subject of an e-mail, title of a push.
    pub(crate) title: String,
    /// The text; fits the channel's size.
    pub(crate) text: String,
    /// Where it leads.
    pub(crate) link: String,
    /// The most urgent among its messages.
    pub(crate) severity: Severity,
    /// What its most urgent message speaks of.
    pub(crate) about: About,
}

/// What a parcel speaks of, for a phone that opens it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct About {
    pub(crate) message: MessageId,
    pub(crate) alarm: Option<AlarmId>,
    pub(crate) order: Option<OrderId>,
}

/// What became of a parcel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The other side took it.
    Sent {
        /// Its own id of the message, with what it cost where that is known.
        receipt: String,
    },
    /// It did not go, this time.
    Retry {
        /// The error's code and text.
        reason: String,
        /// It may have arrived all the same: the same parcel, with the same key, goes again.
        unknown: bool,
    },
    /// The other side takes no more for now. Not an attempt: the mailbox's budget closes.
    Busy {
        /// For how long, milliseconds of clock time.
        for_ms: i64,
        /// The error's code and text.
        reason: String,
        /// Whether the whole channel is meant, not only this mailbox.
        whole_channel: bool,
    },
    /// It was not even tried: the server is down, and other ways may be open.
    Down,
    /// It will never go this way.
    Refused {
        /// The error's code and text.
        reason: String,
    },
}

/// The answer to [`Channel::hand`], boxed because channels stand in one list.
pub(crate) type Handing<'a> = Pin<Box<dyn Future<Output = Outcome> + Send + 'a>>;

/// 通道.
pub(crate) trait Channel: Send + Sync {
    /// Which one it is.
    fn kind(&self) -> ChannelKind;

    /// What the other side bears.
    fn limits(&self) -> Limits;

    /// Where a message for `person` about something in `town` goes; `None` when this channel cannot
    /// reach them.
    fn mailbox(&self, person: &Person, town: Option<&str>) -> Option<Mailbox>;

    /// Hands a parcel to the other side. When it returns `Sent`, the other side has said that it
    /// took it. Ends within [`http::TIMEOUT`] or two (a token first, the message second).
    fn hand<'a>(&'a self, parcel: &'a Parcel) -> Handing<'a>;
}

/// The robot that serves `town`: one that names it, else one that names none. Several of the same
/// rank share the people among them.
pub(crate) fn robot_for(towns: &[&[String]], person: PersonId, town: Option<&str>) -> Option<usize> {
    let names = |list: &[String]| town.is_some_and(|t| list.iter().any(|l| l == t));
    let mut serving: Vec<usize> =
        (0..towns.len()).filter(|i| towns.get(*i).is_some_and(|l| names(l))).collect();
    if serving.is_empty() {
        serving = (0..towns.len()).filter(|i| towns.get(*i).is_some_and(|l| l.is_empty())).collect();
    }
    if serving.is_empty() && town.is_none() {
        serving = (0..towns.len()).collect();
    }
    let turn = usize::try_from(person.0.unsigned_abs()).unwrap_or(0).checked_rem(serving.len())?;
    serving.get(turn).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_channel_has_exactly_one_line() {
        let kinds: Vec<_> = CHANNELS.iter().map(|e| e.kind).collect();
        assert_eq!(kinds, ChannelKind::ALL);
    }

    #[test]
    fn a_town_goes_to_its_own_robot_and_else_to_the_general_one() {
        let own = vec!["330782001".to_owned()];
        let towns: [&[String]; 2] = [&own, &[]];
        assert_eq!(robot_for(&towns, PersonId(1), Some("330782001")), Some(0));
        assert_eq!(robot_for(&towns, PersonId(1), Some("330782002")), Some(1));
        assert_eq!(robot_for(&towns[..1], PersonId(1), Some("330782002")), None);
        assert_eq!(robot_for(&[&[], &[]], PersonId(3), None), Some(1));
    }

    #[test]
    fn a_mailbox_is_written_and_read_back() {
        for mailbox in [Mailbox::Person(PersonId(12)), Mailbox::Robot(0)] {
            assert_eq!(mailbox.to_string().parse(), Ok(mailbox));
        }
    }
}
