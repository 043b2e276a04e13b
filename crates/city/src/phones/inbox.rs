//! 手机: what reached people's phones, and the buzz that makes them look.

use field::clock::Clock;
use field::id::PersonId;
use field::person::{ChannelKind, Person};
use field::time::Time;
use serde::Serialize;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::mpsc;

/// Most messages remembered; the oldest go first. A storm brings some ten thousand.
const MOST_ARRIVED: usize = 500_000;
/// Most messages one text may stand for: longer lists are cut by their sender.
const MOST_REFERENCES: usize = 20_000;
/// Most messages in one answer of the control port.
const PAGE: usize = 100_000;

/// One message as a channel server took it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Arrived {
    /// Its place in the list; ask on with `after` set to it.
    pub n: u64,
    /// The message's number in the platform's ledger, read from the text.
    pub message: i64,
    /// By which channel.
    pub channel: &'static str,
    /// Whose phone; nobody's for a group without a mention.
    pub person: Option<String>,
    /// When, by the town's clock.
    pub at: Time,
}

#[derive(Debug, Default)]
struct Tray {
    first: u64,
    arrived: VecDeque<Arrived>,
    texts: u64,
    refused: BTreeMap<&'static str, u64>,
    dropped: u64,
}

/// What the channel servers did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Post {
    /// Texts taken.
    pub texts: u64,
    /// Messages those texts stood for.
    pub messages: u64,
    /// Texts refused, by reason.
    pub refused: BTreeMap<&'static str, u64>,
    /// Texts dropped without an error, as 企业微信 does beyond thirty a minute.
    pub dropped: u64,
}

/// Everybody's phone.
#[derive(Debug)]
pub(crate) struct Inbox {
    persons: Vec<Person>,
    /// Whose phone buzzes. A full queue drops a buzz: people also look by themselves.
    buzz: mpsc::Sender<PersonId>,
    clock: Arc<dyn Clock>,
    tray: Mutex<Tray>,
}

impl Inbox {
    pub(crate) fn new(persons: Vec<Person>, clock: Arc<dyn Clock>, buzz: mpsc::Sender<PersonId>) -> Self {
        Self { persons, buzz, clock, tray: Mutex::default() }
    }

    pub(crate) fn now(&self) -> Time {
        self.clock.now()
    }

    pub(crate) fn speed(&self) -> f64 {
        self.clock.speed()
    }

    fn tray(&self) -> MutexGuard<'_, Tray> {
        self.tray.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many people have a phone.
    pub(crate) fn accounts(&self) -> usize {
        self.persons.len()
    }

    /// Whose 企业微信 userid this is.
    pub(crate) fn by_wecom(&self, user: &str) -> Option<usize> {
        self.persons.iter().position(|p| p.wecom.as_deref() == Some(user))
    }

    /// Whose number this is.
    pub(crate) fn by_mobile(&self, mobile: &str) -> Option<usize> {
        self.persons.iter().position(|p| p.mobile.as_deref() == Some(mobile))
    }

    /// Whose address this is.
    pub(crate) fn by_email(&self, address: &str) -> Option<usize> {
        self.persons.iter().position(|p| p.email.as_deref() == Some(address))
    }

    /// A text was taken: it lies on these phones, and they buzz.
    pub(crate) fn arrive(&self, channel: ChannelKind, people: &[usize], text: &str) {
        let at = self.clock.now();
        let messages = references(text);
        let mut tray = self.tray();
        tray.texts += 1;
        let owners: Vec<Option<String>> = if people.is_empty() {
            vec![None]
        } else {
            people.iter().map(|n| self.persons.get(*n).map(|p| p.login.clone())).collect()
        };
        for message in messages {
            for person in &owners {
                if tray.arrived.len() >= MOST_ARRIVED {
                    tray.arrived.pop_front();
                    tray.first += 1;
                }
                let n = tray.first + tray.arrived.len() as u64 + 1;
                let person = person.clone();
                tray.arrived.push_back(Arrived { n, message, channel: channel.code(), person, at });
            }
        }
        drop(tray);
        for person in people.iter().filter_map(|n| self.persons.get(*n)) {
            let _full = self.buzz.try_send(person.id);
        }
    }

    /// A text was refused.
    pub(crate) fn refuse(&self, reason: &'static str) {
        *self.tray().refused.entry(reason).or_default() += 1;
    }

    /// A text was dropped without an error.
    pub(crate) fn drop_silently(&self) {
        self.tray().dropped += 1;
    }

    /// Messages behind the first `after`.
    pub(crate) fn arrived(&self, after: u64) -> Vec<Arrived> {
        let tray = self.tray();
        let skip = usize::try_from(after.saturating_sub(tray.first)).unwrap_or(usize::MAX);
        tray.arrived.iter().skip(skip).take(PAGE).cloned().collect()
    }

    pub(crate) fn post(&self) -> Post {
        let tray = self.tray();
        Post {
            texts: tray.texts,
            messages: tray.first + tray.arrived.len() as u64,
            refused: tray.refused.clone(),
            dropped: tray.dropped,
        }
    }
}

/// The message numbers a text ends in: `编号 M3 M7-M9` (`Ref` in English).
fn references(text: &str) -> Vec<i64> {
    let tail = ["编号", "Ref"].iter().filter_map(|mark| text.rsplit_once(mark)).map(|(_, tail)| tail);
    let Some(tail) = tail.min_by_key(|t| t.len()) else { return Vec::new() };
    let number = |t: &str| t.strip_prefix('M').and_then(|n| n.parse::<i64>().ok());
    let mut numbers = Vec::new();
    let tokens = tail.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-')).filter(|t| !t.is_empty());
    for token in tokens {
        let (first, last) = token.split_once('-').unwrap_or((token, token));
        if let (Some(first), Some(last)) = (number(first), number(last)) {
            let room = MOST_REFERENCES.saturating_sub(numbers.len());
            numbers.extend((first..=last).take(room));
        }
    }
    numbers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_names_the_messages_it_stands_for() {
        assert_eq!(references("江滨路下穿 0.52 m,编号 M12"), [12]);
        assert_eq!(references("3 条 编号 M3 M7-M9。"), [3, 7, 8, 9]);
        assert_eq!(references("Water at M1 Road. Ref M5"), [5]);
        assert_eq!(references("编号 M1-M40 等 300 条").len(), 40);
        assert_eq!(references("nothing"), Vec::<i64>::new());
    }
}
