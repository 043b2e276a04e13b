//! The dispatch desk: the right person, the channels, the escalation, the ledger.
//!
//! Two halves that share one task: the desk follows journal and clock and decides who is asked
//! (`desk`); the outbox hands messages to the channels and keeps the ledger (`outbox`).
//! Everything that must survive is in the store; what is in memory is read again at each start.
//!
//! Promises: a message that was asked for is handed over at least once on at least one channel, or
//! the ledger and a louder person say why not; the most urgent goes first; no channel is given more
//! than its server takes. Never: HTTP routes, SQL, the machine's clock.

mod board;
mod budget;
pub mod channels;
pub mod config;
mod desk;
mod error;
mod facts;
mod outbox;
mod secret;
mod text;
mod words;

pub use board::{ChannelBoard, ChannelError, ChannelState};
pub use channels::web_push::PUBLIC_KEY_SETTING;
pub use config::{BadConfig, Config};
pub use error::DispatchError;
pub use secret::Secret;
pub use words::Language;

use channels::Kit;
use desk::Desk;
use field::clock::Clock;
use field::time::Time;
use outbox::Outbox;
use std::sync::Arc;
use std::time::Duration;
use store::Store;
use tokio::sync::watch;

/// The desk's name: its cursor in the store, its actor in the journal.
pub(crate) const DESK: &str = "dispatch";
/// The same, as a journal line writes it.
pub(crate) const ACTOR: &str = "desk:dispatch";
/// Journal act: no channel reaches a message's person.
pub(crate) const UNREACHABLE: &str = "unreachable";
/// Template of a channel's test.
pub(crate) const TEST: &str = "test";

/// Longest sleep: the clock's speed may change meanwhile, or a pause end.
const LONGEST_SLEEP: Duration = Duration::from_millis(200);
/// Shortest sleep, so that a budget about to open is not asked a thousand times.
const SHORTEST_SLEEP: Duration = Duration::from_millis(1);
/// Wait after the store refused.
const AFTER_ERROR: Duration = Duration::from_secs(1);
/// How long a shutdown waits for requests under way: as long as a request may take.
const GRACE: Duration = Duration::from_secs(12);

/// The dispatch desk with everything it holds.
pub struct Dispatch {
    store: Store,
    clock: Arc<dyn Clock>,
    desk: Desk,
    outbox: Outbox,
    board: Arc<ChannelBoard>,
}

impl std::fmt::Debug for Dispatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Dispatch").field("in_flight", &self.outbox.in_flight()).finish_non_exhaustive()
    }
}

impl Dispatch {
    /// Checks the settings, builds the channels, and takes up where the last life ended. Sends
    /// nothing yet.
    ///
    /// # Errors
    /// [`DispatchError::Config`], or what the store says.
    pub async fn open(store: Store, clock: Arc<dyn Clock>, config: Config) -> Result<Self, DispatchError> {
        config.check()?;
        let push_key = match config.web_push {
            Some(_) => Some(Arc::new(channels::web_push::key_pair(&store).await?)),
            None => None,
        };
        let http = channels::client().map_err(DispatchError::Client)?;
        let board = Arc::new(ChannelBoard::new());
        let kit = Kit { config: &config, http, clock: Arc::clone(&clock), store: store.clone(), push_key };
        let mut outbox = Outbox::new(&kit, Arc::clone(&board))?;
        outbox.wake().await?;
        let desk = Desk::open(store.clone(), Arc::clone(&clock), config).await?;
        outbox.show();
        Ok(Self { store, clock, desk, outbox, board })
    }

    /// How the channels are doing; stays up to date while the desk runs.
    #[must_use]
    pub fn board(&self) -> Arc<ChannelBoard> {
        Arc::clone(&self.board)
    }

    /// One pass that does all that may be done at this moment of the clock, and waits for every
    /// request it made: for tests and for one-shot runs. The same steps as [`Dispatch::run`].
    ///
    /// # Errors
    /// What the store says; what was not committed is done by the next pass.
    pub async fn tick(&mut self) -> Result<(), DispatchError> {
        loop {
            let busy = self.pass().await?;
            if self.outbox.in_flight() > 0 {
                self.outbox.landing().await;
            } else if !busy {
                return Ok(());
            }
        }
    }

    /// Follows, decides, hands over, settles: once. `true`: there may be more to do at once.
    async fn pass(&mut self) -> Result<bool, DispatchError> {
        let mut busy = self.outbox.settle().await?;
        busy |= self.desk.follow(&mut self.outbox).await?;
        busy |= self.desk.timers(&mut self.outbox).await?;
        busy |= self.outbox.hand_over().await?;
        self.outbox.show();
        Ok(busy)
    }

    /// Runs until `shutdown` is set (or its sender gone). Wakes with the journal, with each answer,
    /// and when something is due. Returns when requests under way have ended and are in the ledger.
    ///
    /// # Errors
    /// Only when the end itself cannot be written: while it runs, an error of the store is logged and
    /// the pass repeated.
    pub async fn run(mut self, mut shutdown: watch::Receiver<bool>) -> Result<(), DispatchError> {
        let mut head = self.store.tables.journal_watch();
        while !*shutdown.borrow() {
            // Before the pass: a line that comes while it runs wakes the next one.
            head.mark_unchanged();
            let wait = match self.pass().await {
                Ok(true) => Duration::ZERO,
                Ok(false) => self.until_due(),
                Err(error) => {
                    tracing::error!(%error, "a pass of the dispatch desk failed and is repeated");
                    AFTER_ERROR
                }
            };
            tokio::select! {
                () = self.outbox.landing() => {}
                changed = head.changed(), if wait < AFTER_ERROR => {
                    if changed.is_err() { break; }
                }
                () = tokio::time::sleep(wait) => {}
                stop = shutdown.changed() => {
                    if stop.is_err() { break; }
                }
            }
        }
        self.finish().await
    }

    /// How long nothing is due, in the machine's time.
    fn until_due(&self) -> Duration {
        let (now, speed) = (self.clock.now(), self.clock.speed());
        let due = self.desk.next_at().into_iter().chain(self.outbox.next_at(now, speed)).min();
        let Some(ahead_ms) = due.map(|at: Time| at.since_ms(now)) else { return LONGEST_SLEEP };
        if speed <= 0.0 {
            return LONGEST_SLEEP;
        }
        #[expect(clippy::cast_precision_loss, reason = "a span of at most a day")]
        let seconds = (ahead_ms.max(0) as f64 / 1_000.0 / speed).min(LONGEST_SLEEP.as_secs_f64());
        Duration::from_secs_f64(seconds).max(SHORTEST_SLEEP)
    }

    async fn finish(mut self) -> Result<(), DispatchError> {
        let landing = async {
            while self.outbox.in_flight() > 0 {
                self.outbox.landing().await;
            }
        };
        if tokio::time::timeout(GRACE, landing).await.is_err() {
            tracing::warn!("requests were still under way; they are repeated at the next start");
        }
        while self.outbox.settle().await? {}
        self.desk.save().await
    }
}

/// Opens the desk and runs it until `shutdown` is set: [`Dispatch::open`] and [`Dispatch::run`].
///
/// # Errors
/// As those two.
pub async fn run(
    store: Store,
    clock: Arc<dyn Clock>,
    config: Config,
    shutdown: watch::Receiver<bool>,
) -> Result<(), DispatchError> {
    Dispatch::open(store, clock, config).await?.run(shutdown).await
}
