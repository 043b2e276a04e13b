//! 下行: the way from a command to the live session of its station.
//!
//! Every session, poller or broker that can take commands opens a [`Line`] and puts on it the
//! stations it hears. Promises: a station's newest line wins; a line that is dropped takes its
//! stations with it; nothing is queued for a station nobody hears.

use field::command::Command;
use field::id::StationCode;
use serde_json::Value;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{mpsc, oneshot};

/// Errands waiting on one line. More than a person asks of one connection at once.
const QUEUE: usize = 16;
/// Most stations on one line: a relay or a gateway of meters.
const MAX_STATIONS: usize = 4_096;

/// What a station said to a command.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Outcome {
    /// It answered: whether it did as told, and what it said.
    Answered { done: bool, answer: Value },
    /// It could not be sent: a stable code and a sentence. Nothing has left the house.
    NotSent { code: &'static str, why: String },
}

/// 差事: a command on its way to a session. Dropped without a reply, it counts as not answered.
#[derive(Debug)]
pub(crate) struct Errand {
    /// What to send.
    pub command: Box<Command>,
    reply: oneshot::Sender<Outcome>,
}

impl Errand {
    /// An errand and where its outcome will come.
    pub(crate) fn new(command: Command) -> (Self, oneshot::Receiver<Outcome>) {
        let (reply, outcome) = oneshot::channel();
        (Self { command: Box::new(command), reply }, outcome)
    }

    /// The station answered.
    pub(crate) fn answer(self, done: bool, answer: Value) {
        // Nobody may wait any more: then the desk has written down that no answer came.
        let _ = self.reply.send(Outcome::Answered { done, answer });
    }

    /// Nothing was sent.
    pub(crate) fn refuse(self, code: &'static str, why: impl Into<String>) {
        let _ = self.reply.send(Outcome::NotSent { code, why: why.into() });
    }

    /// Nobody waits for the outcome any more.
    pub(crate) fn is_over(&self) -> bool {
        self.reply.is_closed()
    }
}

#[derive(Debug)]
struct Entry {
    line: u64,
    protocol: &'static str,
    errands: mpsc::Sender<Errand>,
}

#[derive(Debug, Default)]
struct Lines {
    stations: Mutex<HashMap<StationCode, Entry>>,
    next: AtomicU64,
}

impl Lines {
    fn stations(&self) -> MutexGuard<'_, HashMap<StationCode, Entry>> {
        // A panic elsewhere while holding this lock leaves whole entries.
        self.stations.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Which station is on which line. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Downlink(Arc<Lines>);

impl Downlink {
    /// A line of a session that begins.
    pub(crate) fn open(&self, protocol: &'static str) -> Line {
        let id = self.0.next.fetch_add(1, Ordering::Relaxed);
        Line { id, protocol, lines: Arc::clone(&self.0), channel: None, stations: Vec::new() }
    }

    /// The protocol a station is on line with.
    pub(crate) fn reaches(&self, station: &StationCode) -> Option<&'static str> {
        self.0.stations().get(station).map(|entry| entry.protocol)
    }

    /// Hands an errand to the station's line.
    ///
    /// # Errors
    /// The errand, when nobody hears the station or too much waits for it.
    pub(crate) fn send(&self, errand: Errand) -> Result<(), Box<Errand>> {
        let errands = match self.0.stations().get(&errand.command.station) {
            Some(entry) => entry.errands.clone(),
            None => return Err(Box::new(errand)),
        };
        errands.try_send(errand).map_err(|refused| match refused {
            mpsc::error::TrySendError::Full(errand) | mpsc::error::TrySendError::Closed(errand) => {
                Box::new(errand)
            }
        })
    }
}

/// A session's end of the downlink.
#[derive(Debug)]
pub(crate) struct Line {
    id: u64,
    protocol: &'static str,
    lines: Arc<Lines>,
    /// Made when the first station is heard: a connection that never says anything costs nothing.
    channel: Option<(mpsc::Sender<Errand>, mpsc::Receiver<Errand>)>,
    stations: Vec<StationCode>,
}

impl Line {
    /// The station was heard here: commands for it come here from now on.
    pub(crate) fn serves(&mut self, station: &StationCode) {
        let new = !self.stations.contains(station);
        if new && self.stations.len() >= MAX_STATIONS {
            return;
        }
        let (sender, _) = self.channel.get_or_insert_with(|| mpsc::channel(QUEUE));
        let mut stations = self.lines.stations();
        if stations.get(station).is_none_or(|entry| entry.line != self.id) {
            let entry = Entry { line: self.id, protocol: self.protocol, errands: sender.clone() };
            stations.insert(station.clone(), entry);
        }
        if new {
            self.stations.push(station.clone());
        }
    }

    /// The next errand; waits for ever when there is none. Nothing is lost when it is not awaited to
    /// the end.
    pub(crate) async fn next(&mut self) -> Errand {
        if let Some((_, errands)) = &mut self.channel
            && let Some(errand) = errands.recv().await
        {
            return errand;
        }
        std::future::pending().await
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if self.stations.is_empty() {
            return;
        }
        let mut stations = self.lines.stations();
        for station in &self.stations {
            if stations.get(station).is_some_and(|entry| entry.line == self.id) {
                stations.remove(station);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use field::command::{Ask, NewCommand};
    use field::id::{CommandId, PersonId};
    use field::time::Time;

    fn code(text: &str) -> StationCode {
        StationCode::new(text).unwrap()
    }

    pub(crate) fn command(station: &str, ask: Ask) -> Command {
        let at = Time::from_ms(1_625_000_000_000);
        let new = NewCommand {
            station: code(station),
            ask,
            reason: "test".into(),
            by: PersonId(1),
            expires_at: at.plus_ms(60_000),
        };
        Command::asked(CommandId(1), new, at)
    }

    #[tokio::test]
    async fn the_line_that_heard_a_station_last_gets_its_errand_and_takes_it_along_when_it_ends() {
        let downlink = Downlink::default();
        let (mut old, mut new) = (downlink.open("a"), downlink.open("b"));
        old.serves(&code("1"));
        new.serves(&code("1"));
        assert_eq!(downlink.reaches(&code("1")), Some("b"));
        let (errand, outcome) = Errand::new(command("1", Ask::SetClock));
        downlink.send(errand).unwrap();
        new.next().await.answer(true, Value::Null);
        assert_eq!(outcome.await.unwrap(), Outcome::Answered { done: true, answer: Value::Null });
        drop(new);
        assert_eq!(downlink.reaches(&code("1")), None);
        let (errand, _) = Errand::new(command("1", Ask::SetClock));
        assert!(downlink.send(errand).is_err());
        old.serves(&code("1"));
        assert_eq!(downlink.reaches(&code("1")), Some("a"));
    }
}
