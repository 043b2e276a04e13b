//! 实时流: one task follows samples and journal, builds each event once and hands it to every screen.
//!
//! Promises: an event's id is the place it leads to, `j<journal>.s<packet>`; replaying from an id and
//! then following leaves no gap (an event may come twice; every event is the present state, so twice
//! does no harm). Of a thing that changed several times in one round only the last state is sent.
//! After a quiet moment an event goes out at once; under load, rounds are [`HOLD`] apart.
//! Bounded: a screen that falls [`QUEUE`] events behind is told to load again.

use crate::access::Caller;
use crate::app::App;
use crate::look;
use crate::problem::Problem;
use crate::trend::{self, Trends};
use crate::views::command::CommandView;
use crate::views::packet;
use crate::views::stream::{PacketReadings, QuarantineEvent, ReadingsEvent, StationEvent};
use field::id::{
    AlarmId, BlockId, CommandId, JournalSeq, MessageId, OrderId, PacketSeq, PersonId, StationCode,
};
use field::order::Order;
use field::person::Role;
use field::sample::StoredPacket;
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use store::{Batch, Line, Subject};
use tokio::sync::{broadcast, watch};
use tokio::time::Instant;

/// Events a screen may be behind before it has to load again.
const QUEUE: usize = 1_024;
/// Pause between rounds: a screen draws five times a second without stutter, and p99 stays far below
/// the half second asked for.
const HOLD: Duration = Duration::from_millis(150);
/// Lines and packets of one round.
const ROUND: usize = 500;
/// Packets of one `readings` event.
const PACKETS_PER_EVENT: usize = 100;
/// The clock is sent at least so often: browsers cannot see heartbeats.
const CLOCK_EVERY: Duration = Duration::from_secs(5);
/// The quarantine has no journal; it is counted so often.
const QUARANTINE_EVERY: Duration = Duration::from_secs(2);
/// After the store failed, the next try comes so much later.
const AFTER_FAILURE: Duration = Duration::from_secs(1);
/// Lines plus packets that are replayed at most.
pub(crate) const REPLAY_MAX: i64 = 5_000;

/// How far something is: the newest line and packet it has seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) journal: JournalSeq,
    pub(crate) packet: PacketSeq,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "j{}.s{}", self.journal, self.packet)
    }
}

impl std::str::FromStr for Place {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (journal, packet) = text.split_once('.').ok_or(())?;
        let number = |part: &str, mark| part.strip_prefix(mark)?.parse::<i64>().ok().filter(|n| *n >= 0);
        Ok(Self {
            journal: JournalSeq(number(journal, 'j').ok_or(())?),
            packet: PacketSeq(number(packet, 's').ok_or(())?),
        })
    }
}

/// Who may see an event.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Audience {
    Everyone,
    Staff,
    /// Who answers for the block, or is this person.
    Block(BlockId, Option<PersonId>),
    Person(PersonId),
}

/// What an event says.
enum Says {
    /// The same to everybody.
    Same(String),
    /// An order: what may be done with it differs.
    Order(Box<Order>, Value),
}

/// One event of the stream.
pub(crate) struct Event {
    pub(crate) kind: &'static str,
    /// Its id.
    pub(crate) place: Place,
    /// The end of its round; `None` for what the store does not hold (the clock).
    until: Option<Place>,
    to: Audience,
    says: Says,
}

impl Event {
    fn new(kind: &'static str, to: Audience, body: &impl Serialize, place: Place) -> Self {
        Self {
            kind,
            place,
            until: None,
            to,
            says: Says::Same(serde_json::to_string(body).unwrap_or_default()),
        }
    }

    /// Whether a screen that has replayed everything up to `replayed` knows it already.
    pub(crate) fn is_known(&self, replayed: Place) -> bool {
        self.until.is_some_and(|until| until.journal <= replayed.journal && until.packet <= replayed.packet)
    }

    /// Whether `caller`, who answers for `blocks`, may see it.
    pub(crate) fn is_for(&self, caller: &Caller, blocks: &std::collections::HashSet<BlockId>) -> bool {
        caller.is_staff()
            || match &self.to {
                Audience::Everyone => true,
                Audience::Staff => false,
                Audience::Block(block, person) => blocks.contains(block) || *person == Some(caller.person),
                Audience::Person(person) => *person == caller.person,
            }
    }

    /// Its data as `caller` sees it: one line of JSON.
    pub(crate) fn data(&self, app: &App, caller: &Caller) -> String {
        match &self.says {
            Says::Same(text) => text.clone(),
            Says::Order(order, body) => {
                let can = crate::views::order::can(&app.store.tables.registry(), caller, order);
                let mut body = body.clone();
                if let Value::Object(body) = &mut body {
                    body.insert("mine".to_owned(), json!(order.assignee == caller.person));
                    body.insert("can".to_owned(), json!(can));
                }
                body.to_string()
            }
        }
    }
}

/// Where screens listen.
pub(crate) struct Feed {
    events: broadcast::Sender<Arc<Event>>,
    place: watch::Sender<Place>,
}

impl Feed {
    /// A feed that has seen everything up to here.
    pub(crate) fn at(journal: JournalSeq, packet: PacketSeq) -> Self {
        let place = watch::Sender::new(Place { journal, packet });
        Self { events: broadcast::Sender::new(QUEUE), place }
    }

    /// Listens from now on.
    pub(crate) fn listen(&self) -> broadcast::Receiver<Arc<Event>> {
        self.events.subscribe()
    }

    /// How far it is.
    pub(crate) fn place(&self) -> Place {
        *self.place.borrow()
    }

    /// Tells everybody what the clock shows.
    pub(crate) fn tell_clock(&self, app: &App) {
        let event = Event::new("clock", Audience::Everyone, &app.clock_view(), self.place());
        // Nobody listening is no failure.
        let _ = self.events.send(Arc::new(event));
    }
}

/// Follows the store until the program ends.
pub(crate) async fn run(app: App) {
    let mut samples = app.store.samples.watch();
    let mut journal = app.store.tables.journal_watch();
    let mut ending = app.ending.clone();
    let mut playback = app.demo.as_ref().map(|d| d.playback.watch());
    let mut beat = tokio::time::interval(CLOCK_EVERY);
    let mut count = tokio::time::interval(QUARANTINE_EVERY);
    let mut quarantined = None;
    let mut may_go = Instant::now();
    prefill_trends(&app).await;
    loop {
        tokio::select! {
            () = over(&mut ending) => return,
            _ = beat.tick() => { app.feed.tell_clock(&app); continue }
            () = changed(playback.as_mut()) => { app.feed.tell_clock(&app); continue }
            _ = count.tick() => { tell_quarantine(&app, &mut quarantined).await; continue }
            woken = samples.changed() => if woken.is_err() { return },
            woken = journal.changed() => if woken.is_err() { return },
        }
        tokio::time::sleep_until(may_go).await;
        may_go = Instant::now() + follow(&app).await;
    }
}

/// Done when the program ends.
pub(crate) async fn over(ending: &mut watch::Receiver<bool>) {
    let _ = ending.wait_for(|over| *over).await;
}

async fn changed<T>(watched: Option<&mut watch::Receiver<T>>) {
    let Some(watched) = watched else { return std::future::pending().await };
    if watched.changed().await.is_err() {
        std::future::pending().await
    }
}

/// Rounds until nothing is left; answers how long to wait before the next.
async fn follow(app: &App) -> Duration {
    loop {
        match round(app).await {
            Ok(true) => (),
            Ok(false) => return HOLD,
            Err(problem) => {
                tracing::error!(code = ?problem.code(), "live feed could not read the store; trying again");
                return AFTER_FAILURE;
            }
        }
    }
}

/// One round; `true` when there was more than a round holds.
async fn round(app: &App) -> Result<bool, Problem> {
    let from = app.feed.place();
    let head = app.store.samples.head();
    let batches = app.store.samples.batches_after(from.packet, ROUND).await?;
    let lines = app.store.tables.journal_after(from.journal, ROUND).await?;
    let packets = spread(app, &batches);
    note_trends(app, &packets);
    let mut to = reached(from, &batches, &lines);
    if batches.is_empty() {
        // Damaged packets are passed over: there may be none left although the head is ahead.
        to.packet = to.packet.max(head);
    }
    let more = to.packet < head || lines.len() == ROUND;
    if app.feed.events.receiver_count() > 0 {
        for event in build(app, from, to, &packets, &lines).await? {
            let _ = app.feed.events.send(Arc::new(event));
        }
    }
    app.feed.place.send_replace(to);
    Ok(more)
}

fn reached(from: Place, batches: &[Batch], lines: &[Line]) -> Place {
    Place {
        journal: lines.last().map_or(from.journal, |l| l.seq),
        packet: batches.last().map_or(from.packet, Batch::seq),
    }
}

/// The packets of devices, and what of pushed batches speaks of now, station by station.
fn spread(app: &App, batches: &[Batch]) -> Vec<Arc<StoredPacket>> {
    let registry = app.store.tables.registry();
    let mut packets = vec![];
    for batch in batches {
        let of = batch.by_station(&registry);
        if let Batch::Rows(..) = batch {
            // Whose rows a source pushes was heard by them.
            of.iter().for_each(|p| app.store.samples.heard(&p.packet.station, batch.received_at(), None));
        }
        packets.extend(of);
    }
    packets
}

/// What happened between `from` and `to`, for a screen that was away. At most [`REPLAY_MAX`] lines
/// and packets.
pub(crate) async fn replay(app: &App, from: Place, to: Place) -> Result<Vec<Event>, Problem> {
    let length = |n: i64| usize::try_from(n.clamp(0, REPLAY_MAX)).unwrap_or(0);
    let mut batches = Vec::new();
    if to.packet > from.packet {
        batches = app.store.samples.batches_after(from.packet, length(to.packet.0 - from.packet.0)).await?;
    }
    let mut lines = Vec::new();
    if to.journal > from.journal {
        lines = app.store.tables.journal_after(from.journal, length(to.journal.0 - from.journal.0)).await?;
    }
    let until = reached(from, &batches, &lines);
    let registry = app.store.tables.registry();
    let packets: Vec<_> = batches.iter().flat_map(|batch| batch.by_station(&registry)).collect();
    build(app, from, until, &packets, &lines).await
}

/// The events of one round: readings first, then each changed thing once, as it is now. All but the
/// last carry the place *before* the round, so that a screen cut off in the middle gets the rest
/// again.
async fn build(
    app: &App,
    from: Place,
    until: Place,
    packets: &[Arc<StoredPacket>],
    lines: &[Line],
) -> Result<Vec<Event>, Problem> {
    let mut events = Vec::new();
    for chunk in packets.chunks(PACKETS_PER_EVENT) {
        let items: Vec<_> =
            chunk.iter().filter(|p| !p.packet.readings.is_empty()).map(|p| packet_readings(p)).collect();
        if !items.is_empty() {
            events.push(Event::new("readings", Audience::Everyone, &ReadingsEvent { items }, from));
        }
    }
    let changed = Changed::of(lines);
    let orders = changed_orders(app, &changed).await?;
    events.extend(alarm_events(app, &changed, &orders, from).await?);
    events.extend(order_events(app, orders, from).await?);
    events.extend(message_events(app, &changed, from).await?);
    events.extend(command_events(app, &changed, from).await?);
    for code in &changed.stations {
        let body = StationEvent { code: code.to_string() };
        events.push(Event::new("station", Audience::Everyone, &body, from));
    }
    if changed.registry {
        events.push(Event::new("registry", Audience::Everyone, &json!({}), from));
    }
    for event in &mut events {
        event.until = Some(until);
    }
    if let Some(last) = events.last_mut() {
        last.place = until;
    }
    Ok(events)
}

fn packet_readings(stored: &StoredPacket) -> PacketReadings {
    PacketReadings {
        packet: stored.seq.0,
        station: stored.packet.station.to_string(),
        received_at: stored.packet.received_at.into(),
        readings: packet::readings(stored),
    }
}

/// What lines speak of.
#[derive(Default)]
struct Changed {
    alarms: BTreeSet<AlarmId>,
    orders: BTreeSet<OrderId>,
    messages: BTreeSet<MessageId>,
    commands: BTreeSet<CommandId>,
    stations: BTreeSet<StationCode>,
    registry: bool,
}

impl Changed {
    fn of(lines: &[Line]) -> Self {
        let mut changed = Self::default();
        for line in lines {
            match line.subject() {
                Some(Subject::Alarm(id)) => drop(changed.alarms.insert(id)),
                Some(Subject::Order(id)) => drop(changed.orders.insert(id)),
                Some(Subject::Message(id)) => drop(changed.messages.insert(id)),
                Some(Subject::Station(code)) => drop(changed.stations.insert(code)),
                Some(Subject::Rule(_) | Subject::Block(_) | Subject::Person(_) | Subject::System) => {
                    changed.registry = true;
                }
                Some(Subject::Command(id)) => drop(changed.commands.insert(id)),
                None => (),
            }
        }
        changed
    }
}

async fn changed_orders(app: &App, changed: &Changed) -> Result<Vec<Order>, Problem> {
    let mut orders = Vec::new();
    for id in &changed.orders {
        orders.extend(app.store.tables.order(*id).await?);
    }
    Ok(orders)
}

/// Changed alarms, and those whose order changed: they show its state.
async fn alarm_events(
    app: &App,
    changed: &Changed,
    orders: &[Order],
    place: Place,
) -> Result<Vec<Event>, Problem> {
    let mut ids = changed.alarms.clone();
    ids.extend(orders.iter().flat_map(|o| o.alarms.iter().copied()));
    let ids: Vec<AlarmId> = ids.into_iter().collect();
    let alarms = if ids.is_empty() { vec![] } else { app.store.tables.alarms_by_id(&ids).await? };
    let views = look::alarm_views(app, alarms).await?;
    Ok(views
        .iter()
        .map(|view| Event::new("alarm", Audience::Block(BlockId(view.block.id), None), view, place))
        .collect())
}

async fn order_events(app: &App, orders: Vec<Order>, place: Place) -> Result<Vec<Event>, Problem> {
    // What the caller may do is filled in for each caller.
    let nobody = Caller { person: PersonId(0), role: Role::Administrator, token_hash: String::new() };
    let views = look::order_views(app, &nobody, orders.clone()).await?;
    let event = |(order, view): (Order, _)| Event {
        kind: "order",
        place,
        until: None,
        to: Audience::Block(order.block, Some(order.assignee)),
        says: Says::Order(Box::new(order), serde_json::to_value(view).unwrap_or_default()),
    };
    Ok(orders.into_iter().zip(views).map(event).collect())
}

async fn message_events(app: &App, changed: &Changed, place: Place) -> Result<Vec<Event>, Problem> {
    let mut messages = Vec::new();
    for id in &changed.messages {
        messages.extend(app.store.tables.message(*id).await?);
    }
    let views = look::message_views(app, messages).await?;
    Ok(views
        .iter()
        .map(|view| Event::new("message", Audience::Person(PersonId(view.person.id)), view, place))
        .collect())
}

async fn command_events(app: &App, changed: &Changed, place: Place) -> Result<Vec<Event>, Problem> {
    let mut commands = Vec::new();
    for id in &changed.commands {
        commands.extend(app.store.tables.command(*id).await?);
    }
    let registry = app.store.tables.registry();
    let event = |command| Event::new("command", Audience::Staff, &CommandView::of(&registry, command), place);
    Ok(commands.into_iter().map(event).collect())
}

async fn tell_quarantine(app: &App, last: &mut Option<i64>) {
    let Ok(open) = app.store.tables.quarantine_count_open().await else { return };
    if last.replace(open).is_some_and(|before| before != open) {
        let event = Event::new("quarantine", Audience::Staff, &QuarantineEvent { open }, app.feed.place());
        let _ = app.feed.events.send(Arc::new(event));
    }
}

fn note_trends(app: &App, packets: &[Arc<StoredPacket>]) {
    let registry = app.store.tables.registry();
    for reading in packets.iter().flat_map(|p| &p.packet.readings) {
        if registry.point(reading.point).is_some_and(|p| Trends::watches(p.quantity)) {
            app.trends.note(reading.point, &reading.sample);
        }
    }
}

/// The last half hour of each level, read once.
async fn prefill_trends(app: &App) {
    let registry = app.store.tables.registry();
    for point in registry.points().values().filter(|p| Trends::watches(p.quantity)) {
        let Some((newest, _)) = app.store.samples.latest_by(point.id, app.now()) else { continue };
        let from = newest.at.plus_ms(-trend::WINDOW_MS);
        let found = app.store.samples.range(point.id, from, newest.at.plus_ms(1), ROUND).await;
        for (sample, _) in found.unwrap_or_default() {
            app.trends.note(point.id, &sample);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_back_as_the_place_it_names() {
        let place = Place { journal: JournalSeq(12), packet: PacketSeq(345) };
        assert_eq!(place.to_string(), "j12.s345");
        assert_eq!("j12.s345".parse(), Ok(place));
        for bad in ["", "12.345", "j1", "j-1.s2", "j1.sx"] {
            assert_eq!(bad.parse::<Place>(), Err(()), "{bad}");
        }
    }
}
