//! 客户任务: one server's task: connects, subscribes, listens, and begins anew when the line is gone.

use super::carry::carry;
use super::config::Server;
use super::history::{self, Gaps, NEW_MS};
use super::keep::{self, QUEUE};
use super::maps::Items;
use super::session::{KEEP_ALIVE_COUNT, advice, open, subscribe};
use super::way::{Noted, Way};
use crate::hub::Hub;
use crate::throttle::Throttle;
use ::opcua::client::{
    Client, Session, SessionActivity, SessionConnectMode, SessionPollResult, SubscriptionActivity,
};
use ::opcua::types::{NodeId, StatusCode};
use field::time::Time;
use futures_util::StreamExt;
use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

/// Pauses between tries, doubled from the first to the last.
const FIRST_BACK_OFF: Duration = Duration::from_millis(500);
const LAST_BACK_OFF: Duration = Duration::from_secs(60);
/// Signs of life a subscription may miss before it counts as dead, but never so soon.
const SIGNS_MISSED: u32 = 3;
const LEAST_SILENCE: Duration = Duration::from_secs(5);
/// A server gets so long to close the session when the house shuts down.
const FAREWELL: Duration = Duration::from_secs(2);
/// Refused nodes named in the log.
const NAMED: usize = 5;

/// The task of one server.
#[derive(Debug)]
pub(super) struct Subscriber {
    server: Server,
    items: Arc<Items>,
    hub: Hub,
    new_since: Time,
    back_off: Duration,
    trouble: Throttle,
    dropped: Throttle,
    missed: Throttle,
}

impl Subscriber {
    pub(super) fn new(server: Server, items: Items, hub: Hub) -> Self {
        let new_since = hub.intake.now().plus_ms(-NEW_MS);
        Self {
            server,
            items: Arc::new(items),
            hub,
            new_since,
            back_off: FIRST_BACK_OFF,
            trouble: Throttle::default(),
            dropped: Throttle::default(),
            missed: Throttle::default(),
        }
    }

    /// Listens until the house shuts down.
    pub(super) async fn run(mut self, client: Arc<Client>) {
        let (queue, changes) = mpsc::channel(QUEUE);
        let (items, hub, peer) = (Arc::clone(&self.items), self.hub.clone(), peer(&self.server.url));
        let keeper = tokio::spawn(async move { keep::run(changes, &items, peer, &hub).await });
        let hub = self.hub.clone();
        while !*hub.shutdown.borrow() {
            let before = Instant::now();
            let Err(why) = self.session(&client, peer, &queue).await else { break };
            if before.elapsed() > LAST_BACK_OFF {
                self.back_off = FIRST_BACK_OFF;
            }
            tokio::select! {
                () = hub.stopped() => break,
                () = self.lost(&why) => {}
            }
        }
        // What was published is kept before the house is empty.
        drop(queue);
        if let Err(error) = keeper.await {
            tracing::error!(%error, "the keeper of an OPC UA server's values ended badly");
        }
    }

    /// One session, from its begin to its end; `Ok` when the house shuts down.
    async fn session(
        &self,
        client: &Client,
        peer: IpAddr,
        queue: &mpsc::Sender<keep::Change>,
    ) -> Result<(), String> {
        let hub = self.hub.clone();
        let Some(_place) = hub.connections.enter() else {
            return Err("too many connections are open".to_owned());
        };
        let (session, events) = tokio::select! {
            () = hub.stopped() => return Ok(()),
            opened = open(client, &self.server) => opened?,
        };
        let way =
            Arc::new(Way::new(Arc::clone(&self.items), queue.clone(), self.server.history, self.new_since));
        let (begun, standing) = (AtomicBool::new(false), AtomicBool::new(false));
        let this: &Self = self;
        let work = async {
            session.wait_for_connection().await;
            this.begin(&session, &way).await?;
            begun.store(true, Ordering::Release);
            this.serve(&session, &way, &standing).await
        };
        tokio::pin!(work);
        let events = events.enter();
        tokio::pin!(events);
        let silence = silence(&self.server);
        let mut published = tokio::time::Instant::now();
        loop {
            tokio::select! {
                () = hub.stopped() => {
                    farewell(&session, events).await;
                    return Ok(());
                }
                ended = &mut work => {
                    farewell(&session, events).await;
                    return ended;
                }
                // Some servers join a session again and forget where its subscriptions went.
                () = tokio::time::sleep_until(published + silence), if begun.load(Ordering::Acquire) => {
                    farewell(&session, events).await;
                    return Err(format!("nothing was published for {} s, not even a sign of life", silence.as_secs()));
                }
                event = events.next() => match event {
                    Some(Ok(event)) => {
                        let begun = begun.load(Ordering::Acquire);
                        if !begun || matches!(event, SessionPollResult::Subscription(SubscriptionActivity::Publish)) {
                            published = tokio::time::Instant::now();
                        }
                        this.event(&event, begun, peer, &standing, &way)?;
                    }
                    Some(Err(status)) => return Err(say(status)),
                    None => return Err("the session was closed".to_owned()),
                },
            }
            if way.is_full() {
                metrics::counter!("gateway_opcua_overflows_total").increment(1);
                farewell(&session, events).await;
                return Err("the store is slower than the server publishes and the queue is full; values between may be lost, the last of each node is fetched again".to_owned());
            }
        }
    }

    /// A session that is new: what its server's history holds of the gap, then the subscription, then what
    /// came into the history between the two; only then what was published meanwhile.
    async fn begin(&self, session: &Session, way: &Arc<Way>) -> Result<(), String> {
        self.fill(session, &way.begin(&self.hub), way).await?;
        let refused = subscribe(session, &self.server, &self.items, way).await?;
        self.subscribed(&refused);
        self.mend(session, way).await
    }

    /// Fills the gaps there are, and lets pass what was held behind them.
    async fn mend(&self, session: &Session, way: &Way) -> Result<(), String> {
        loop {
            let noted = way.noted();
            self.tell(&noted);
            // Read before the history is, so that whatever is older than what is read stands there.
            let read =
                if noted.is_stale { history::read_all(session, &self.items).await? } else { Vec::new() };
            self.fill(session, &way.gaps(&self.hub), way).await?;
            if way.open(noted.gap, read).await? {
                return Ok(());
            }
        }
    }

    /// Reads the history of gaps, where there are any.
    async fn fill(&self, session: &Session, gaps: &Gaps, way: &Way) -> Result<(), String> {
        if gaps.is_empty() {
            return Ok(());
        }
        let had = history::fetch(session, gaps, &self.hub, way).await?;
        let url = &self.server.url;
        metrics::counter!("gateway_opcua_history_values_total").increment(had.values as u64);
        tracing::info!(
            url,
            values = had.values,
            without = had.without,
            "the history of an OPC UA server was read"
        );
        Ok(())
    }

    /// Names what never came, now and then.
    fn tell(&self, noted: &Noted) {
        let url = &self.server.url;
        if noted.dropped > 0
            && let Some(held_back) = self.dropped.pass()
        {
            let times = noted.dropped;
            tracing::warn!(
                url,
                times,
                held_back,
                "an OPC UA server's queue was full and it dropped values; raise `queue`, or let it sample less often"
            );
        }
        if noted.missed > 0
            && let Some(held_back) = self.missed.pass()
        {
            let (publications, history) = (noted.missed, self.server.history);
            tracing::warn!(
                url,
                publications,
                history,
                held_back,
                "publications of an OPC UA server never came; what they held is read from its history where `history` is set, else only the present values are; raise `publish_ms`, or look for what slows down the line or either machine"
            );
        }
    }

    /// Carries commands; fills gaps as they become known.
    async fn serve(&self, session: &Session, way: &Way, standing: &AtomicBool) -> Result<(), String> {
        let mut line = self.hub.downlink.open(super::maps::NAME);
        for station in self.stations() {
            if let Ok(code) = self.hub.intake.known(station) {
                line.serves(&code);
            }
        }
        loop {
            tokio::select! {
                () = way.gap() => {
                    let mended = self.mend(session, way).await;
                    // A line that broke meanwhile wakes the way again when it stands.
                    if mended.is_err() && standing.load(Ordering::Acquire) {
                        return mended;
                    }
                }
                errand = line.next() => {
                    if errand.is_over() {
                    } else if standing.load(Ordering::Acquire) {
                        carry(errand, session, &self.items).await;
                    } else {
                        errand.refuse("unreachable", "the line to the OPC UA server is broken; it is being tried again");
                    }
                }
            }
        }
    }

    fn stations(&self) -> BTreeSet<&str> {
        self.items.all.iter().map(|item| item.station.as_str()).collect()
    }

    fn subscribed(&self, refused: &[(NodeId, StatusCode)]) {
        let (url, nodes) = (&self.server.url, self.items.by_node.len());
        tracing::info!(url, nodes, refused = refused.len(), "an OPC UA server is subscribed to");
        for (node, status) in refused.iter().take(NAMED) {
            tracing::warn!(url, %node, %status, "the server has no such node; check the node map");
        }
    }

    /// Notes what happens to the session; an error ends it.
    fn event(
        &self,
        event: &SessionPollResult,
        begun: bool,
        peer: IpAddr,
        standing: &AtomicBool,
        way: &Way,
    ) -> Result<(), String> {
        let url = &self.server.url;
        match event {
            SessionPollResult::ConnectionLost(status) => {
                standing.store(false, Ordering::Release);
                way.broken();
                metrics::counter!("gateway_opcua_lost_total").increment(1);
                tracing::warn!(url, why = say(*status), "an OPC UA connection is lost; it is tried again");
                if !begun {
                    return Err(say(*status));
                }
            }
            // A first login that fails will not go better by repetition.
            SessionPollResult::ReconnectFailed(status) if !begun => return Err(say(*status)),
            SessionPollResult::Reconnected(mode) => {
                metrics::counter!("gateway_opcua_connects_total").increment(1);
                if begun && matches!(mode, SessionConnectMode::NewSession(_)) {
                    return Err("the server no longer knows the session; it is begun anew".to_owned());
                }
                standing.store(true, Ordering::Release);
                if begun {
                    tracing::info!(url, "an OPC UA connection stands again");
                    way.joined();
                }
            }
            SessionPollResult::SessionActivity(SessionActivity::KeepAliveSucceeded) => self.heard(peer),
            // The server has given up the subscription, not the session.
            SessionPollResult::Subscription(SubscriptionActivity::FatalFailure(status)) => {
                return Err(format!("the subscription is gone: {status}"));
            }
            _ => {}
        }
        Ok(())
    }

    /// A server that has nothing new to say of its stations still stands for them.
    fn heard(&self, peer: IpAddr) {
        for station in self.stations() {
            if let Ok(code) = self.hub.intake.known(station) {
                self.hub.intake.heard(&code, super::maps::NAME, self.hub.intake.arrival(peer), None);
            }
        }
    }

    /// No session: says so now and then, and waits longer each time.
    async fn lost(&mut self, why: &str) {
        metrics::counter!("gateway_opcua_lost_total").increment(1);
        if let Some(held_back) = self.trouble.pass() {
            let (url, wait_ms) = (&self.server.url, self.back_off.as_millis());
            tracing::warn!(url, why, wait_ms, held_back, "an OPC UA server cannot be had; it is tried again");
        }
        let wait = self.back_off;
        self.back_off = (wait * 2).min(LAST_BACK_OFF);
        tokio::time::sleep(wait).await;
    }
}

/// How long a subscription may be silent: some of the signs of life it owes.
fn silence(server: &Server) -> Duration {
    (server.publish() * KEEP_ALIVE_COUNT * SIGNS_MISSED).max(LEAST_SILENCE)
}

/// Closes the session in the server, if it takes part in that.
async fn farewell<S: futures_util::Stream + Unpin>(session: &Session, mut events: S) {
    let ended = async { while events.next().await.is_some() {} };
    let closed = async {
        // A server that does not answer forgets the session by itself.
        let _ = session.disconnect().await;
    };
    let _ = tokio::time::timeout(FAREWELL, async { tokio::join!(closed, ended) }).await;
}

fn say(status: StatusCode) -> String {
    advice(status).map_or_else(|| status.to_string(), |advice| format!("{status}: {advice}"))
}

/// The address in the server's url, where it is one; a name stands as 0.0.0.0.
fn peer(url: &str) -> IpAddr {
    let rest = url.trim_start_matches("opc.tcp://");
    let host = rest.split(['/']).next().unwrap_or_default();
    let host = host.rsplit_once(':').map_or(host, |(host, _)| host);
    host.trim_matches(['[', ']']).parse().unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED))
}
