//! 派单台: follows the journal and the clock, and decides who is asked to do what.
//!
//! - An alarm that calls gets an order for its station, or joins the one that is open; the person
//!   on duty for the block is told.
//! - An order nobody accepts goes to the neighbour, the supervisor, the dispatchers.
//! - An alarm that has returned and was acknowledged is closed when no open order holds it.
//!
//! Every effect and the cursor into the journal are one transaction: a line takes effect once,
//! wherever the process dies. What the timers need is read again from the tables at each start.

mod call;
mod round;
mod timers;
mod watch;

use crate::config::Config;
use crate::error::DispatchError;
use crate::outbox::Outbox;
use crate::outbox::health::Throttle;
use call::effect_of;
use field::clock::Clock;
use field::id::JournalSeq;
use field::order::Order;
use field::time::{SECOND_MS, Time};
use round::Round;
use std::sync::Arc;
use store::{Actor, Line, Store, Subject};
use watch::Watch;

/// Lines followed in one transaction.
const MAX_LINES: usize = 128;
/// A cursor without effects is written down when it is this far ahead: what is read twice then is
/// read for nothing, but does no harm.
const MAX_UNSAVED: i64 = 2_000;

/// 派单台.
pub(crate) struct Desk {
    store: Store,
    clock: Arc<dyn Clock>,
    config: Config,
    cursor: JournalSeq,
    saved: JournalSeq,
    watch: Watch,
    too_few: Throttle,
}

impl Desk {
    /// Takes up where the last life ended.
    pub(crate) async fn open(
        store: Store,
        clock: Arc<dyn Clock>,
        config: Config,
    ) -> Result<Self, DispatchError> {
        let cursor = JournalSeq(store.tables.cursor(crate::DESK).await?);
        let mut watch = Watch::default();
        for order in store.tables.open_orders().await? {
            watch.see(&order, &config);
        }
        Ok(Self { store, clock, config, cursor, saved: cursor, watch, too_few: Throttle::default() })
    }

    /// Follows the journal for one stretch. `true`: there may be more.
    pub(crate) async fn follow(&mut self, outbox: &mut Outbox) -> Result<bool, DispatchError> {
        let lines = self.store.tables.journal_after(self.cursor, MAX_LINES).await?;
        let Some(last) = lines.last().map(|line| line.seq) else { return Ok(false) };
        let mut effects = Vec::new();
        for line in &lines {
            match effect_of(line) {
                Ok(effect) => effects.extend(effect),
                // One line of another version must not keep all others from being followed.
                Err(error) => {
                    tracing::error!(%error, "a journal line is passed over; somebody may have to be called by voice")
                }
            }
        }
        if !effects.is_empty() || last.0 - self.saved.0 > MAX_UNSAVED {
            let mut round = self.round(outbox).await?;
            for effect in effects {
                round.apply(effect).await?;
            }
            round.tx.cursor_put(crate::DESK, last.0).await?;
            let done = round.commit().await?;
            self.saved = last;
            self.take_up(done, outbox);
        }
        self.cursor = last;
        for line in &lines {
            if let Some(order) = order_of(line) {
                self.watch.see(&order, &self.config);
            }
        }
        Ok(true)
    }

    async fn round<'a>(&self, outbox: &'a Outbox) -> Result<Round<'a>, DispatchError> {
        let tx = self.store.tables.begin(Actor::Desk(crate::DESK), self.clock.now()).await?;
        Ok(Round::new(tx, self.store.clone(), outbox, self.config.first_channels, self.clock.leapt()))
    }

    fn take_up(&mut self, done: round::Done, outbox: &mut Outbox) {
        if let Some((person, channels)) = done.too_few
            && let Some(unsaid) = self.too_few.pass()
        {
            tracing::warn!(%person, channels, unsaid, "a person is reached by too few channels");
        }
        for (message, deliveries) in done.asked {
            for delivery in deliveries {
                outbox.put(&message, delivery);
            }
        }
        for order in &done.orders {
            self.watch.see(order, &self.config);
        }
    }

    /// When a timer is due next.
    pub(crate) fn next_at(&self) -> Option<Time> {
        self.watch.next_at(self.clock.leapt())
    }

    /// Writes the cursor down, so that the next life has less to read again.
    pub(crate) async fn save(&mut self) -> Result<(), DispatchError> {
        if self.saved < self.cursor {
            let mut tx = self.store.tables.begin(Actor::Desk(crate::DESK), self.clock.now()).await?;
            tx.cursor_put(crate::DESK, self.cursor.0).await?;
            tx.commit().await?;
            self.saved = self.cursor;
        }
        Ok(())
    }
}

/// The order a line is about, as it was then.
fn order_of(line: &Line) -> Option<Order> {
    matches!(line.subject(), Some(Subject::Order(_)))
        .then(|| line.body.get("order").cloned())
        .flatten()
        .and_then(|order| serde_json::from_value(order).ok())
}

/// Seconds of the settings as milliseconds.
const fn ms(seconds: u32) -> i64 {
    seconds as i64 * SECOND_MS
}
