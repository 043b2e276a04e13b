//! `GET /api/v1/stream`: the live feed as server-sent events (WHATWG HTML §9.2).
//!
//! A screen that was away gives its last id and gets what it missed, or `reload` when that is too
//! much; a screen that is too slow gets `reload` as well.

use crate::access::{self, Caller};
use crate::app::App;
use crate::feed::{self, Event, Place};
use crate::problem::{Problem, ProblemCode};
use axum::response::sse;
use field::id::BlockId;
use futures_util::Stream;
use std::collections::{HashSet, VecDeque};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast::{self, error::RecvError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

/// Screens at once: a control room, a few hundred phones, and room.
pub(crate) const SCREENS_MAX: usize = 1_024;
/// A comment this often keeps proxies from closing an idle stream.
pub(crate) const HEARTBEAT: Duration = Duration::from_secs(10);
/// A stream ends after so long; the browser comes again by itself and its session is looked at anew.
const AGE_MAX: Duration = Duration::from_secs(30 * 60);
/// Browsers wait so long before they come again.
const RETRY: Duration = Duration::from_secs(2);

/// Places for screens.
pub(crate) fn places() -> Arc<Semaphore> {
    Arc::new(Semaphore::new(SCREENS_MAX))
}

/// One screen's stream.
struct Screen {
    app: App,
    caller: Caller,
    blocks: HashSet<BlockId>,
    blocks_of_version: u64,
    events: broadcast::Receiver<Arc<Event>>,
    /// To be sent before anything new.
    waiting: VecDeque<sse::Event>,
    /// Replayed up to here: what the feed still says of it is not sent again.
    replayed: Option<Place>,
    ends: Instant,
    _place: OwnedSemaphorePermit,
}

/// Opens a stream for `caller` from `last` on.
pub(crate) async fn open(
    app: App,
    caller: Caller,
    last: Option<&str>,
) -> Result<impl Stream<Item = Result<sse::Event, Infallible>> + use<>, Problem> {
    let busy = |_| Problem::with(ProblemCode::Busy, serde_json::json!({ "wait_s": 30 }));
    let place = Arc::clone(&app.screens).try_acquire_owned().map_err(busy)?;
    // Listening first: what happens while the past is read waits in the queue.
    let events = app.feed.listen();
    let mut screen = Screen {
        blocks: HashSet::new(),
        blocks_of_version: 0,
        caller,
        events,
        waiting: VecDeque::new(),
        replayed: None,
        ends: Instant::now() + AGE_MAX,
        _place: place,
        app,
    };
    screen.learn_blocks();
    screen.begin(last).await?;
    Ok(futures_util::stream::unfold(screen, |mut screen| async move {
        let event = screen.next().await?;
        Some((Ok(event), screen))
    }))
}

impl Screen {
    fn learn_blocks(&mut self) {
        let registry = self.app.store.tables.registry();
        if self.blocks_of_version != registry.version() || self.blocks.is_empty() {
            self.blocks = access::blocks_of(&registry, self.caller.person);
            self.blocks_of_version = registry.version();
        }
    }

    /// The past, or `reload`, or just where we are.
    async fn begin(&mut self, last: Option<&str>) -> Result<(), Problem> {
        let here =
            Place { journal: self.app.store.tables.journal_head(), packet: self.app.store.samples.head() };
        match last.map(str::parse::<Place>) {
            None => self.waiting.push_back(clock(&self.app, here).retry(RETRY)),
            Some(Ok(from)) if is_near(from, here) => {
                for event in feed::replay(&self.app, from, here).await? {
                    self.queue(&event);
                }
                self.waiting.push_back(clock(&self.app, here).retry(RETRY));
                self.replayed = Some(here);
            }
            Some(_) => self.waiting.push_back(reload(here).retry(RETRY)),
        }
        Ok(())
    }

    async fn next(&mut self) -> Option<sse::Event> {
        let mut ending = self.app.ending.clone();
        loop {
            if let Some(event) = self.waiting.pop_front() {
                return Some(event);
            }
            let heard = tokio::select! {
                () = feed::over(&mut ending) => return None,
                () = tokio::time::sleep_until(self.ends) => return None,
                heard = self.events.recv() => heard,
            };
            match heard {
                Ok(event) => self.take(&event),
                Err(RecvError::Lagged(_)) => {
                    self.events = self.events.resubscribe();
                    return Some(reload(self.app.feed.place()));
                }
                Err(RecvError::Closed) => return None,
            }
        }
    }

    fn take(&mut self, event: &Event) {
        if self.replayed.is_some_and(|replayed| event.is_known(replayed)) {
            return;
        }
        if event.kind == "registry" {
            self.learn_blocks();
        }
        self.queue(event);
    }

    fn queue(&mut self, event: &Event) {
        if event.is_for(&self.caller, &self.blocks) {
            let data = event.data(&self.app, &self.caller);
            self.waiting.push_back(named(event.kind, event.place).data(data));
        }
    }
}

fn is_near(from: Place, here: Place) -> bool {
    let lines = here.journal.0 - from.journal.0;
    let packets = here.packet.0 - from.packet.0;
    lines >= 0 && packets >= 0 && lines + packets <= feed::REPLAY_MAX
}

fn named(kind: &str, place: Place) -> sse::Event {
    sse::Event::default().event(kind).id(place.to_string())
}

fn reload(place: Place) -> sse::Event {
    named("reload", place).data("{}")
}

fn clock(app: &App, place: Place) -> sse::Event {
    named("clock", place).data(serde_json::to_string(&app.clock_view()).unwrap_or_default())
}
