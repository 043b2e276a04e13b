//! 发件箱: what was asked for goes out, at least once, and the ledger knows every try.
//!
//! A delivery's way: `Waiting` → (transaction: `Handing`, one more attempt, ledger row) → request →
//! (transaction: `Sent`, or `Waiting` with back-off, or `GivenUp`; ledger row). A process that dies
//! between the two finds the delivery `Handing` and hands the same parcel over again, with the same
//! key: the only window in which a person may get something twice.
//!
//! A group robot knows no keys. What it may have been told – before a crash, or when its answer was lost –
//! is told again only when the message lives on no other channel; else the next channel takes over.
//!
//! Temporary failures never give up a message's last way; only a refusal for good does.

pub(crate) mod health;
pub(crate) mod lane;
mod parcel;
mod settle;
mod wake;

pub(crate) use settle::fresh;

use crate::board::{ChannelBoard, ChannelError, ChannelState};
use crate::channels::{CHANNELS, Kit, Mailbox, Outcome, Parcel};
use crate::config::Config;
use crate::error::DispatchError;
use crate::facts::Facts;
use crate::text::Writer;
use field::clock::Clock;
use field::id::MessageId;
use field::message::{Delivery, DeliveryState, Message};
use field::person::{ChannelKind, Person};
use field::time::Time;
use health::Throttle;
use lane::{Bundle, Item, Lane};
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;
use store::tables::{Attempt, Outcome as Tried};
use store::{Actor, Registry, Store, StoreError, Tx};
use tokio::task::{Id, JoinSet};

/// Most messages handed over in one transaction: keeps an urgent one from waiting for a long one.
const MAX_PER_PASS: usize = 128;
/// Most messages of one channel held in memory; the rest waits in the store.
const MAX_HELD: usize = 50_000;

/// A request under way.
struct Flight {
    kind: ChannelKind,
    bundle: Bundle,
    since: Instant,
}

/// How a request ended.
struct Landing {
    flight: Flight,
    outcome: Outcome,
}

/// 发件箱.
pub(crate) struct Outbox {
    store: Store,
    clock: Arc<dyn Clock>,
    writer: Writer,
    max_attempts: u32,
    lanes: Vec<Lane>,
    flights: HashMap<Id, Flight>,
    tasks: JoinSet<Outcome>,
    /// Ended, not yet in the ledger.
    landed: Vec<Landing>,
    dice: StdRng,
    /// More waits in the store than is held here.
    spilled: bool,
    board: Arc<ChannelBoard>,
    unreachable: Throttle,
}

impl Outbox {
    pub(crate) fn new(kit: &Kit<'_>, board: Arc<ChannelBoard>) -> Result<Self, DispatchError> {
        let config: &Config = kit.config;
        let mut lanes = Vec::new();
        for entry in CHANNELS {
            let built = (entry.build)(kit)?;
            debug_assert!(built.as_ref().is_none_or(|c| c.kind() == entry.kind));
            lanes.extend(built.map(Lane::new));
        }
        Ok(Self {
            store: kit.store.clone(),
            clock: kit.clock.clone(),
            writer: Writer {
                language: config.language,
                public_url: config.public_url.trim_end_matches('/').to_owned(),
            },
            max_attempts: config.max_attempts,
            lanes,
            flights: HashMap::new(),
            tasks: JoinSet::new(),
            landed: Vec::new(),
            dice: StdRng::seed_from_u64(config.seed),
            spilled: false,
            board,
            unreachable: Throttle::default(),
        })
    }

    /// The channels that can reach a person about something in `town`, best first: their own order,
    /// then whatever else reaches them, because an alarm never rests on one.
    pub(crate) fn ways(&self, person: &Person, town: Option<&str>) -> Vec<ChannelKind> {
        let mut ways: Vec<ChannelKind> = Vec::new();
        for kind in person.channels.iter().copied().chain(ChannelKind::ALL) {
            if !ways.contains(&kind) && self.mailbox(kind, person, town).is_some() {
                ways.push(kind);
            }
        }
        ways
    }

    fn mailbox(&self, kind: ChannelKind, person: &Person, town: Option<&str>) -> Option<Mailbox> {
        self.lanes.iter().find(|l| l.kind == kind).and_then(|l| l.channel.mailbox(person, town))
    }

    /// Whether a channel can tell a repetition by its key from a second message.
    fn knows_keys(&self, kind: ChannelKind) -> bool {
        self.lanes.iter().any(|lane| lane.kind == kind && lane.limits.knows_keys)
    }

    /// Whether a message lives on another channel than `kind`, among its deliveries: somebody was told there,
    /// or will be and once only.
    fn lives_besides<'a>(
        &self,
        message: MessageId,
        kind: ChannelKind,
        mut deliveries: impl Iterator<Item = &'a Delivery>,
    ) -> bool {
        deliveries.any(|d| {
            d.message == message
                && d.channel != kind
                && match d.state {
                    DeliveryState::Sent | DeliveryState::Delivered => true,
                    DeliveryState::Waiting | DeliveryState::Handing => self.knows_keys(d.channel),
                    DeliveryState::GivenUp => false,
                }
        })
    }

    fn lane(&mut self, kind: ChannelKind) -> Option<&mut Lane> {
        self.lanes.iter_mut().find(|l| l.kind == kind)
    }

    /// Queues a waiting delivery. One whose channel or person is gone is settled as given up.
    pub(crate) fn put(&mut self, message: &Arc<Message>, delivery: Delivery) {
        if !matches!(delivery.state, DeliveryState::Waiting) {
            return;
        }
        let kind = delivery.channel;
        let item = Item { message: Arc::clone(message), delivery };
        match self.where_to(kind, message) {
            Ok(mailbox) => {
                let spilled = match self.lane(kind) {
                    Some(lane) if lane.held() < MAX_HELD => {
                        lane.put(mailbox, item);
                        false
                    }
                    _ => true,
                };
                self.spilled |= spilled;
            }
            Err(reason) => self.refuse(kind, vec![item], reason),
        }
    }

    fn where_to(&self, kind: ChannelKind, message: &Message) -> Result<Mailbox, &'static str> {
        let registry = self.store.tables.registry();
        let person = registry.person(message.person).ok_or("the person is not registered any more")?;
        let town = Facts::read(&message.params).town_code;
        self.mailbox(kind, person, town.as_deref()).ok_or("the channel cannot reach the person")
    }

    /// Settles deliveries that can go nowhere, in the next pass.
    fn refuse(&mut self, kind: ChannelKind, items: Vec<Item>, reason: &str) {
        let mailbox = Mailbox::Person(field::id::PersonId(0));
        let flight = Flight { kind, bundle: Bundle { mailbox, items }, since: Instant::now() };
        self.landed.push(Landing { flight, outcome: Outcome::Refused { reason: reason.to_owned() } });
    }

    /// One pass: everything that may go now is handed over. Does not wait for the answers.
    /// `true`: something was handed over, look again.
    pub(crate) async fn hand_over(&mut self) -> Result<bool, DispatchError> {
        let (now, speed) = (self.clock.now(), self.clock.speed());
        if self.spilled && self.lanes.iter().all(|l| l.held() < MAX_HELD / 2) {
            self.load_waiting().await?;
        }
        let mut taken: Vec<(ChannelKind, Bundle)> = Vec::new();
        for lane in &mut self.lanes {
            taken.extend(lane.take(now, speed, MAX_PER_PASS).into_iter().map(|b| (lane.kind, b)));
        }
        if taken.is_empty() {
            return Ok(false);
        }
        let registry = self.store.tables.registry();
        let mut parcels = Vec::new();
        for (kind, mut bundle) in taken {
            let parcel = self.wrap(kind, &mut bundle, &registry);
            parcels.push((kind, bundle, parcel));
        }
        if let Err(error) = self.commit_handing(&parcels, now).await {
            for (kind, bundle, _) in parcels {
                if let Some(lane) = self.lane(kind) {
                    lane.undo(now, bundle);
                }
            }
            return Err(error.into());
        }
        for (kind, mut bundle, parcel) in parcels {
            let merged_into = merged_into(&bundle);
            for item in &mut bundle.items {
                item.delivery = handing(&item.delivery, merged_into, now);
            }
            self.launch(kind, bundle, parcel);
        }
        Ok(true)
    }

    /// Makes the parcel; whose person is gone is refused and leaves the bundle.
    fn wrap(&mut self, kind: ChannelKind, bundle: &mut Bundle, registry: &Registry) -> Option<Parcel> {
        let (known, gone): (Vec<_>, Vec<_>) =
            bundle.items.drain(..).partition(|item| registry.person(item.message.person).is_some());
        bundle.items = known;
        if !gone.is_empty() {
            self.refuse(kind, gone, "the person is not registered any more");
        }
        let size = self.lane(kind)?.limits.size;
        parcel::wrap(kind, bundle, registry, &self.writer, size)
    }

    async fn commit_handing(
        &self,
        parcels: &[(ChannelKind, Bundle, Option<Parcel>)],
        now: Time,
    ) -> Result<(), StoreError> {
        let mut tx = self.store.tables.begin(Actor::Desk(crate::DESK), now).await?;
        for (_, bundle, parcel) in parcels {
            let Some(parcel) = parcel else { continue };
            let detail = wake::handed_detail(parcel);
            for item in &bundle.items {
                let next = handing(&item.delivery, merged_into(bundle), now);
                tx.delivery_put(&next).await?;
                note(&mut tx, &next, Tried::Handed, &detail).await?;
            }
        }
        tx.commit().await.map(|_| ())
    }

    fn launch(&mut self, kind: ChannelKind, bundle: Bundle, parcel: Option<Parcel>) {
        let now = self.clock.now();
        let Some(lane) = self.lane(kind) else { return };
        let Some(parcel) = parcel else {
            lane.answered(now, bundle.mailbox);
            return;
        };
        for item in &bundle.items {
            #[expect(clippy::cast_precision_loss, reason = "a metric: milliseconds of a wait")]
            let waited_s = now.since_ms(item.message.created_at).max(0) as f64 / 1_000.0;
            metrics::histogram!("zhizhen_dispatch_waited_seconds", "channel" => kind.code()).record(waited_s);
        }
        let channel = Arc::clone(&lane.channel);
        let task = self.tasks.spawn(async move { channel.hand(&parcel).await });
        self.flights.insert(task.id(), Flight { kind, bundle, since: Instant::now() });
    }

    /// Waits until at least one request under way has ended; never when there is none.
    pub(crate) async fn landing(&mut self) {
        match self.tasks.join_next_with_id().await {
            Some(ended) => self.land(ended),
            None => std::future::pending().await,
        }
        while let Some(ended) = self.tasks.try_join_next_with_id() {
            self.land(ended);
        }
    }

    fn land(&mut self, ended: Result<(Id, Outcome), tokio::task::JoinError>) {
        let (id, outcome) = match ended {
            Ok((id, outcome)) => (id, outcome),
            Err(error) => {
                tracing::error!(%error, "a channel stopped in the middle of a request");
                (error.id(), Outcome::Retry { reason: "the channel stopped".into(), unknown: true })
            }
        };
        if let Some(flight) = self.flights.remove(&id) {
            let now = self.clock.now();
            let mailbox = flight.bundle.mailbox;
            let seconds = flight.since.elapsed().as_secs_f64();
            metrics::histogram!("zhizhen_dispatch_request_seconds", "channel" => flight.kind.code())
                .record(seconds);
            if let Some(lane) = self.lane(flight.kind) {
                lane.answered(now, mailbox);
            }
            self.landed.push(Landing { flight, outcome });
        }
    }

    /// Requests under way.
    pub(crate) fn in_flight(&self) -> usize {
        self.flights.len()
    }

    /// When something may go that may not go now.
    pub(crate) fn next_at(&self, now: Time, speed: f64) -> Option<Time> {
        if !self.landed.is_empty() {
            return Some(now);
        }
        self.lanes.iter().filter_map(|lane| lane.next_at(now, speed)).min()
    }

    /// Shows on the board how the channels are doing.
    pub(crate) fn show(&self) {
        let (now, speed) = (self.clock.now(), self.clock.speed());
        for lane in &self.lanes {
            let waiting = lane.waiting();
            #[expect(clippy::cast_precision_loss, reason = "a metric: at most some ten thousand")]
            metrics::gauge!("zhizhen_dispatch_waiting", "channel" => lane.kind.code()).set(waiting as f64);
            let group = matches!(lane.kind, ChannelKind::WecomRobot | ChannelKind::DingtalkRobot);
            self.board.put(ChannelState {
                channel: lane.kind,
                configured: true,
                per_minute: if group {
                    lane.limits.mailbox_per_minute
                } else {
                    lane.limits.channel_per_minute
                },
                left: lane.left(now, speed),
                waiting,
                last_error: lane.last_error.clone().map(|(at, text)| ChannelError { at, text }),
            });
        }
    }
}

/// The id several messages share that go as one: the most urgent one's.
fn merged_into(bundle: &Bundle) -> Option<MessageId> {
    let several = bundle.items.len() > 1;
    bundle.items.first().filter(|_| several).map(|item| item.message.id)
}

fn handing(old: &Delivery, merged_into: Option<MessageId>, now: Time) -> Delivery {
    Delivery {
        state: DeliveryState::Handing,
        attempts: old.attempts.saturating_add(1),
        changed_at: now,
        merged_into,
        ..old.clone()
    }
}

/// One try, in the ledger.
async fn note(tx: &mut Tx, delivery: &Delivery, outcome: Tried, detail: &str) -> Result<(), StoreError> {
    let at = tx.at();
    let detail = detail.to_owned();
    tx.attempt_add(&Attempt { message: delivery.message, channel: delivery.channel, at, outcome, detail })
        .await
        .map(drop)
}
