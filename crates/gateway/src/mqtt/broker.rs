//! 代理: what the broker's connections share: sessions, subscriptions, retained messages.
//!
//! Promises: a message with quality 1 or 2 for a client that keeps its session waits for it, in
//! order, at most [`QUEUE`] of them; nothing else outlives its connection. All of it is in memory: a
//! restart forgets sessions, and clients subscribe again because they are told so.

use super::routes::{Routes, Subscriber};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use wire::mqtt::{Filter, Publish, QoS, topic};

/// Messages waiting for one client, connected or not: commands, a burst of telemetry for a reader.
pub(crate) const QUEUE: usize = 1_024;
/// Most sessions, connected or kept: twice the connections one machine shall carry.
const MAX_SESSIONS: usize = 40_000;
/// Most subscriptions of one client.
const MAX_FILTERS: usize = 100;
/// Most retained messages.
const MAX_RETAINED: usize = 10_000;
/// Longest retained payload, bytes: a state, not a picture.
const MAX_RETAINED_BYTES: usize = 4_096;
/// Longest a session is kept after its connection ended.
pub(crate) const MAX_EXPIRY: Duration = Duration::from_secs(7 * 86_400);

/// A message on its way to one client.
#[derive(Clone, Debug)]
pub(crate) struct Outgoing {
    /// The message, shared by everybody it goes to.
    pub publish: Arc<Publish>,
    /// With this quality.
    pub qos: QoS,
    /// With this retain flag.
    pub retain: bool,
}

#[derive(Debug)]
struct Session {
    /// Which connection has it.
    number: u64,
    user: Option<String>,
    /// `None` while nobody is connected.
    outbox: Option<mpsc::Sender<Outgoing>>,
    waiting: VecDeque<Outgoing>,
    filters: BTreeMap<String, Filter>,
    keep: Duration,
    gone_at: Option<Instant>,
}

/// What a connection gets for its CONNECT.
#[derive(Debug)]
pub(crate) struct Joined {
    /// The number of this connection among the session's.
    pub number: u64,
    /// Messages for the client; ends when another connection takes the session over.
    pub inbox: mpsc::Receiver<Outgoing>,
    /// The session was there already.
    pub present: bool,
}

/// Why a client may not have the session it asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotJoined {
    /// Another user has it.
    OtherUser,
    /// There are too many.
    Full,
}

/// The shared things.
#[derive(Debug, Default)]
pub(crate) struct Broker {
    sessions: Mutex<HashMap<Arc<str>, Session>>,
    routes: RwLock<Routes>,
    retained: Mutex<BTreeMap<String, Arc<Publish>>>,
    next: AtomicU64,
}

impl Broker {
    fn sessions(&self) -> MutexGuard<'_, HashMap<Arc<str>, Session>> {
        // A panic elsewhere while holding this lock leaves whole sessions.
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn retained(&self) -> MutexGuard<'_, BTreeMap<String, Arc<Publish>>> {
        self.retained.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A name nobody has, for a client without one.
    pub(crate) fn new_name(&self) -> String {
        format!("anonymous-{}", self.next.fetch_add(1, Ordering::Relaxed))
    }

    /// A client connects: a connection that has its session ends.
    pub(crate) fn join(
        &self,
        client: &Arc<str>,
        user: Option<&str>,
        clean: bool,
        keep: Duration,
    ) -> Result<Joined, NotJoined> {
        let mut sessions = self.sessions();
        if sessions.len() >= MAX_SESSIONS && !sessions.contains_key(client) {
            let over = expired(&sessions);
            over.iter().for_each(|client| self.forget(&mut sessions, client));
            if sessions.len() >= MAX_SESSIONS {
                return Err(NotJoined::Full);
            }
        }
        if sessions.get(client).is_some_and(|s| s.user.as_deref() != user) {
            return Err(NotJoined::OtherUser);
        }
        let stale = sessions.get(client).is_some_and(|s| clean || s.is_over());
        if stale {
            self.forget(&mut sessions, client);
        }
        let present = sessions.contains_key(client);
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let (outbox, inbox) = mpsc::channel(QUEUE);
        let session = sessions.entry(Arc::clone(client)).or_insert_with(|| Session {
            number,
            user: user.map(str::to_owned),
            outbox: None,
            waiting: VecDeque::new(),
            filters: BTreeMap::new(),
            keep,
            gone_at: None,
        });
        for message in session.waiting.drain(..) {
            // As many as the channel holds are kept: it is empty now.
            let _ = outbox.try_send(message);
        }
        (session.number, session.outbox, session.keep, session.gone_at) = (number, Some(outbox), keep, None);
        Ok(Joined { number, inbox, present })
    }

    /// A connection ended; what it had not delivered waits, when the session is kept.
    pub(crate) fn leave(&self, client: &Arc<str>, number: u64, keep: Option<Duration>, left: Vec<Outgoing>) {
        let mut sessions = self.sessions();
        let Some(session) = sessions.get_mut(client).filter(|s| s.number == number) else { return };
        session.keep = keep.unwrap_or(session.keep);
        if session.keep.is_zero() {
            self.forget(&mut sessions, client);
            return;
        }
        session.outbox = None;
        session.gone_at = Some(Instant::now());
        session.waiting = left.into_iter().filter(|m| m.qos > QoS::AtMostOnce).take(QUEUE).collect();
    }

    fn forget(&self, sessions: &mut HashMap<Arc<str>, Session>, client: &Arc<str>) {
        let Some(session) = sessions.remove(client) else { return };
        let mut routes = self.routes.write().unwrap_or_else(PoisonError::into_inner);
        for filter in session.filters.keys() {
            routes.remove(filter, client);
        }
    }

    /// Subscribes; the retained messages to be sent, or `None` when the client has too many.
    pub(crate) fn subscribe(&self, client: &Arc<str>, filter: &Filter) -> Option<Vec<Outgoing>> {
        let mut sessions = self.sessions();
        let session = sessions.get_mut(client)?;
        if session.filters.len() >= MAX_FILTERS && !session.filters.contains_key(&filter.filter) {
            return None;
        }
        session.filters.insert(filter.filter.clone(), filter.clone());
        let subscriber = Subscriber {
            client: Arc::clone(client),
            qos: filter.qos,
            no_local: filter.no_local,
            retain_as_published: filter.retain_as_published,
        };
        let mut routes = self.routes.write().unwrap_or_else(PoisonError::into_inner);
        let new = routes.add(&filter.filter, subscriber);
        drop((routes, sessions));
        if filter.retain_handling == 2 || (filter.retain_handling == 1 && !new) {
            return Some(vec![]);
        }
        let retained = self.retained();
        let met = retained.iter().filter(|(name, _)| topic::matches(&filter.filter, name));
        let sent = |publish: &Arc<Publish>| Outgoing {
            publish: Arc::clone(publish),
            qos: publish.qos.min(filter.qos),
            retain: true,
        };
        Some(met.map(|(_, publish)| sent(publish)).take(QUEUE).collect())
    }

    /// Unsubscribes; `false`: it was not subscribed.
    pub(crate) fn unsubscribe(&self, client: &Arc<str>, filter: &str) -> bool {
        let mut sessions = self.sessions();
        let known = sessions.get_mut(client).is_some_and(|s| s.filters.remove(filter).is_some());
        let mut routes = self.routes.write().unwrap_or_else(PoisonError::into_inner);
        routes.remove(filter, client) && known
    }

    /// Gives a message to everybody who subscribed to its topic; how many took it.
    pub(crate) fn publish(&self, publish: Publish, from: Option<&str>) -> usize {
        let publish = Arc::new(publish);
        if publish.retain {
            self.retain(&publish);
        }
        let met = self.routes.read().unwrap_or_else(PoisonError::into_inner).meet(&publish.topic);
        if met.is_empty() {
            return 0;
        }
        let mut sessions = self.sessions();
        met.iter().filter(|s| !(s.no_local && from == Some(&*s.client))).fold(0, |count, subscriber| {
            let Some(session) = sessions.get_mut(&subscriber.client) else { return count };
            let message = Outgoing {
                publish: Arc::clone(&publish),
                qos: publish.qos.min(subscriber.qos),
                retain: subscriber.retain_as_published && publish.retain,
            };
            count + usize::from(session.give(message))
        })
    }

    fn retain(&self, publish: &Arc<Publish>) {
        let mut retained = self.retained();
        if publish.payload.is_empty() {
            retained.remove(&publish.topic);
        } else if publish.payload.len() <= MAX_RETAINED_BYTES
            && (retained.len() < MAX_RETAINED || retained.contains_key(&publish.topic))
        {
            retained.insert(publish.topic.clone(), Arc::clone(publish));
        } else {
            metrics::counter!("mqtt_retained_refused_total").increment(1);
        }
    }
}

impl Session {
    fn is_over(&self) -> bool {
        self.gone_at.is_some_and(|gone| gone.elapsed() > self.keep)
    }

    fn give(&mut self, message: Outgoing) -> bool {
        let taken = match &self.outbox {
            Some(outbox) => outbox.try_send(message).is_ok(),
            None if message.qos > QoS::AtMostOnce && self.waiting.len() < QUEUE => {
                self.waiting.push_back(message);
                true
            }
            None => false,
        };
        if !taken {
            metrics::counter!("mqtt_messages_dropped_total").increment(1);
        }
        taken
    }
}

fn expired(sessions: &HashMap<Arc<str>, Session>) -> Vec<Arc<str>> {
    sessions.iter().filter(|(_, s)| s.is_over()).map(|(client, _)| Arc::clone(client)).collect()
}
