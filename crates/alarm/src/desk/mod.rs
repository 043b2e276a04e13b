//! 报警台: the live desk. Tails the samples log, judges, writes alarms.
//!
//! Idempotent: everything it knows follows from the store. A batch's transitions and the cursor
//! behind it become true in one transaction, so that a crash at any moment neither loses nor
//! doubles one; after a failed write it reads its state anew, exactly as after a crash. With nothing
//! to do it writes nothing.

mod equipping;
mod keeping;
mod writing;

use crate::evaluator::{Evaluator, Transition};
use crate::plan::Watched;
use crate::{marks, past};
use field::clock::{Clock, Leap};
use field::id::{AlarmId, JournalSeq, PacketSeq, RuleId, StationCode};
use field::rule::RuleSetting;
use field::severity::Severity;
use field::station::{Point, Station};
use field::time::{MINUTE_MS, SECOND_MS, Time};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};
use store::{Actor, Batch, Store, StoreError};
use tokio::sync::watch;

/// Packets judged in one transaction at most.
const BATCH: usize = 512;
/// Packets read at once while windows are rebuilt.
const LOAD_BATCH: usize = 2_048;
/// Batches after which rules, shelves and the shutdown are looked at even under load.
const BATCHES_PER_TURN: usize = 32;
/// Packets judged without a transition before the cursor is written: what is judged again after a
/// crash at most.
const CURSOR_EVERY: i64 = 2_000;
/// A packet may take this long, in the machine's time, from its reception to the log; silence is
/// looked at that much later. A packet that takes longer is called silent for the moment between.
const SLACK_MS: i64 = SECOND_MS;
/// Longest sleep, so that a clock that was stopped or sped up is noticed.
const LONGEST_SLEEP: Duration = Duration::from_secs(1);
/// Shortest sleep, so that a fast playback does not spin.
const SHORTEST_SLEEP: Duration = Duration::from_millis(20);
/// Wait after the store refused, doubled up to [`LONGEST_RETRY`].
const FIRST_RETRY: Duration = Duration::from_millis(250);
/// Longest wait after the store refused.
const LONGEST_RETRY: Duration = Duration::from_secs(10);
/// A plan of more rules than this is not rebuilt at every edit of a long import, but rests for
/// [`REBUILD_SHARE`] times what the rebuild took.
const SMALL_PLAN: usize = 2_000;
/// See [`SMALL_PLAN`].
const REBUILD_SHARE: u32 = 20;

/// The desk.
#[derive(Debug)]
pub struct Desk {
    store: Store,
    clock: Arc<dyn Clock>,
    evaluator: Evaluator,
    /// The settings at work, to see what changed.
    settings: BTreeMap<RuleId, Arc<RuleSetting>>,
    registry_version: Option<u64>,
    rebuilt: Option<(Instant, Duration)>,
    /// Judged up to here.
    done: PacketSeq,
    /// The cursor in the store.
    written: PacketSeq,
    ticked: Time,
    kept: Time,
    leap: Option<Leap>,
    shelves: BTreeMap<AlarmId, Time>,
    journal_seen: JournalSeq,
    in_maintenance: BTreeSet<StationCode>,
    loaded: bool,
}

/// Runs the desk until `shutdown` turns true: [`Desk::awake`], then [`Desk::run`].
///
/// # Errors
/// As those two.
pub async fn run(
    store: Store,
    clock: Arc<dyn Clock>,
    shutdown: watch::Receiver<bool>,
) -> Result<(), StoreError> {
    Desk::awake(store, clock).await?.run(shutdown).await
}

impl Desk {
    /// Writes in the journal that the platform listens from now on, and since when it did not.
    /// Quick; best awaited before the gateway accepts packets, so that a long outage is not taken
    /// for the stations' silence.
    ///
    /// # Errors
    /// What the store says.
    pub async fn awake(store: Store, clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        let now = clock.now();
        let asleep = marks::last_listened(&store, now).await?;
        marks::write(&store.tables, asleep, now, &[]).await?;
        tracing::info!(%asleep, awake = %now, "alarm desk awake");
        Ok(Self {
            evaluator: Evaluator::default(),
            settings: BTreeMap::new(),
            registry_version: None,
            rebuilt: None,
            done: PacketSeq(0),
            written: PacketSeq(0),
            ticked: Time::MIN,
            kept: Time::MIN,
            leap: clock.leapt(),
            shelves: BTreeMap::new(),
            journal_seen: JournalSeq(0),
            in_maintenance: BTreeSet::new(),
            loaded: false,
            store,
            clock,
        })
    }

    /// Works until `shutdown` turns true. What the store refuses is tried again, for as long as it
    /// takes; nothing is given up.
    ///
    /// # Errors
    /// [`StoreError::Closed`] when the store was closed under it.
    pub async fn run(mut self, mut shutdown: watch::Receiver<bool>) -> Result<(), StoreError> {
        let mut packets = self.store.samples.watch();
        let mut registry = self.store.tables.registry_watch();
        let mut retry = FIRST_RETRY;
        while !*shutdown.borrow() {
            packets.mark_unchanged();
            registry.mark_unchanged();
            let sleep = match self.turn().await {
                Ok(()) => {
                    retry = FIRST_RETRY;
                    self.sleep()
                }
                Err(error @ StoreError::Closed { .. }) => return Err(error),
                Err(error) => {
                    tracing::error!(%error, "alarm desk cannot read or write the store; trying again");
                    let sleep = retry;
                    retry = (retry * 2).min(LONGEST_RETRY);
                    tokio::select! {
                        () = tokio::time::sleep(sleep) => {}
                        told = shutdown.changed() => if told.is_err() { break },
                    }
                    continue;
                }
            };
            tokio::select! {
                _ = packets.changed() => {}
                _ = registry.changed() => {}
                () = tokio::time::sleep(sleep) => {}
                told = shutdown.changed() => if told.is_err() { break },
            }
        }
        if self.loaded {
            self.write(&[], true).await?;
        }
        Ok(())
    }

    /// How long nothing can become due, in the machine's time.
    fn sleep(&self) -> Duration {
        if self.done < self.store.samples.head() {
            return Duration::ZERO;
        }
        let speed = self.clock.speed();
        if speed <= 0.0 {
            return LONGEST_SLEEP;
        }
        let next = (self.listened_to().ms().div_euclid(MINUTE_MS) + 1) * MINUTE_MS;
        let ahead_ms = (next - self.listened_to().ms()).max(0) as f64 / speed;
        Duration::from_secs_f64(ahead_ms / 1_000.0).clamp(SHORTEST_SLEEP, LONGEST_SLEEP)
    }

    /// Everything received before this is in the log, as far as one may assume.
    fn listened_to(&self) -> Time {
        let slack_ms = SLACK_MS as f64 * self.clock.speed().max(1.0);
        self.clock.now().plus_ms(-(slack_ms as i64))
    }

    /// One turn: judges what has come in, raises the silences that are due, takes alarms off their
    /// shelves. When it returns, everything up to then is in the store.
    ///
    /// # Errors
    /// What the store says; the next turn begins from what the store holds.
    pub async fn turn(&mut self) -> Result<(), StoreError> {
        let result = self.try_turn().await;
        if result.is_err() {
            // What of it reached the store is not known: read it anew.
            self.loaded = false;
        }
        result
    }

    async fn try_turn(&mut self) -> Result<(), StoreError> {
        if !self.loaded {
            self.load().await?;
        }
        self.follow_registry().await?;
        let mut drained = false;
        for _ in 0..BATCHES_PER_TURN {
            // Asked before the packets are read: whatever was received before it is in this batch
            // or in one before.
            let listened_to = self.listened_to();
            let batches = self.store.samples.batches_after(self.done, BATCH).await?;
            self.follow_clock().await?;
            drained = batches.last().is_none_or(|last| last.seq() >= self.store.samples.head());
            self.judge(&batches).await?;
            if drained {
                self.tick(listened_to).await?;
                break;
            }
        }
        let lag = self.store.samples.head().0 - self.done.0;
        metrics::gauge!("alarm_lag_packets").set(lag as f64);
        if drained { self.keep_house().await } else { Ok(()) }
    }

    async fn judge(&mut self, batches: &[Batch]) -> Result<(), StoreError> {
        let registry = self.store.tables.registry();
        let mut found = vec![];
        for batch in batches {
            for packet in batch.by_station(&registry) {
                self.evaluator.apply(&packet, &mut found);
            }
            self.done = batch.seq();
            if found.len() >= writing::PER_TRANSACTION {
                self.write(&found, false).await?;
                found.clear();
            }
        }
        self.write(&found, false).await
    }

    async fn tick(&mut self, upto: Time) -> Result<(), StoreError> {
        let minute = Time::from_ms(upto.ms().div_euclid(MINUTE_MS) * MINUTE_MS);
        if minute <= self.ticked {
            return Ok(());
        }
        let mut found = vec![];
        self.evaluator.tick(upto, &mut found);
        self.write(&found, false).await?;
        self.ticked = minute;
        Ok(())
    }

    /// Notices a leap of the clock, and says so in the journal.
    async fn follow_clock(&mut self) -> Result<(), StoreError> {
        let leap = self.clock.leapt();
        if leap == self.leap {
            return Ok(());
        }
        if let Some(Leap { from, to }) = leap {
            tracing::info!(%from, %to, "alarm desk follows a leap of the clock");
            self.say_awake(from, to, &[]).await?;
        }
        self.leap = leap;
        Ok(())
    }

    async fn say_awake(
        &mut self,
        asleep: Time,
        awake: Time,
        stations: &[StationCode],
    ) -> Result<(), StoreError> {
        for mark in marks::write(&self.store.tables, asleep, awake, stations).await? {
            self.evaluator.wake(mark);
        }
        Ok(())
    }

    /// Stations that are new and never heard: their silence is counted from now.
    async fn count_new_stations(&mut self) -> Result<(), StoreError> {
        let uncounted = self.evaluator.uncounted();
        if uncounted.is_empty() {
            return Ok(());
        }
        let now = self.clock.now();
        self.say_awake(now, now, &uncounted).await
    }

    /// Rebuilds everything from the store: the plan, the windows, what holds, the shelves.
    async fn load(&mut self) -> Result<(), StoreError> {
        let began = Instant::now();
        self.equip().await?;
        self.evaluator = Evaluator::default();
        let registry = self.store.tables.registry();
        self.registry_version = Some(registry.version());
        let (plan, settings) = plan(&registry);
        self.settings = settings;
        let reach_ms = self.evaluator.watch(&plan).iter().map(|(_, ms)| *ms).max().unwrap_or(0);
        self.done = PacketSeq(self.store.tables.cursor(marks::DESK).await?);
        self.written = self.done;
        self.journal_seen = self.store.tables.journal_head();
        let open = self.store.tables.open_alarms().await?;
        let packets = self.load_windows(reach_ms).await?;
        let active = open.iter().filter(|a| a.state.is_active());
        let currents: HashMap<RuleId, Severity> = active.map(|a| (a.rule, a.severity)).collect();
        self.evaluator.set_currents(&currents);
        self.shelves = open.iter().filter_map(|a| a.shelf.as_ref().map(|s| (a.id, s.until))).collect();
        self.count_new_stations().await?;
        self.settle_all(&open).await?;
        self.loaded = true;
        tracing::info!(
            rules = plan.len(),
            packets,
            open_alarms = open.len(),
            seconds = began.elapsed().as_secs_f64(),
            "alarm desk loaded"
        );
        Ok(())
    }

    /// Fills the windows from the packets that were judged already; returns how many were read.
    async fn load_windows(&mut self, reach_ms: i64) -> Result<u64, StoreError> {
        let samples = self.store.samples.clone();
        let cursor = samples.received_at(self.done).await?;
        let registry = self.store.tables.registry();
        let begin = cursor.unwrap_or(Time::MIN).plus_ms(-reach_ms - crate::window::Trail::AHEAD_MS);
        for mark in marks::read(&self.store.tables).await? {
            self.evaluator.wake(mark);
        }
        for code in registry.stations().keys() {
            if let Some(seen) = samples.seen(code).filter(|s| s.last_received_at < begin) {
                self.evaluator.heard(code, seen.last_received_at);
            }
        }
        let (mut after, mut read) = (past::before(&samples, begin, self.done).await?, 0);
        while after < self.done {
            let batches = samples.batches_after(after, LOAD_BATCH).await?;
            let Some(last) = batches.last() else { break };
            after = last.seq();
            for batch in batches.iter().filter(|batch| batch.seq() <= self.done) {
                batch.by_station(&registry).iter().for_each(|packet| self.evaluator.load(packet));
                read += 1;
            }
        }
        // Rows of old batches are only in columns: who was fed by nothing else is filled from there.
        for (point, keep_ms) in self.evaluator.empty() {
            self.fill(point, keep_ms).await?;
        }
        Ok(read)
    }

    /// Follows changes of stations, points and rules.
    async fn follow_registry(&mut self) -> Result<(), StoreError> {
        let registry = self.store.tables.registry();
        let resting = self.settings.len() > SMALL_PLAN
            && self.rebuilt.is_some_and(|(at, cost)| at.elapsed() < cost * REBUILD_SHARE);
        if self.registry_version == Some(registry.version()) || resting {
            return Ok(());
        }
        let began = Instant::now();
        self.equip().await?;
        let registry = self.store.tables.registry();
        let (plan, settings) = plan(&registry);
        let wanting = self.evaluator.watch(&plan);
        for (point, keep_ms) in wanting {
            self.fill(point, keep_ms).await?;
        }
        self.count_new_stations().await?;
        let now = self.clock.now();
        let changed: BTreeSet<RuleId> =
            settings.iter().filter(|(id, s)| self.settings.get(id) != Some(s)).map(|(id, _)| *id).collect();
        let gone: Vec<RuleId> =
            self.settings.keys().filter(|id| !settings.contains_key(id)).copied().collect();
        let mut found: Vec<Transition> = vec![];
        self.evaluator.judge_again(&changed, now, &mut found);
        self.write(&found, true).await?;
        self.end_alarms_of(&gone).await?;
        self.settings = settings;
        self.registry_version = Some(registry.version());
        self.follow_maintenance().await?;
        self.rebuilt = Some((began, began.elapsed()));
        Ok(())
    }

    /// Gives a window that reaches further back than before the samples it lacks.
    async fn fill(&mut self, point: field::id::PointId, keep_ms: i64) -> Result<(), StoreError> {
        let now = self.clock.now();
        let recent = |sample: field::sample::Sample| sample.at > now.plus_ms(-keep_ms);
        if !self.store.samples.latest(point).is_some_and(|(sample, _)| recent(sample)) {
            return Ok(());
        }
        let limit = crate::window::Trail::MAX_SAMPLES;
        let samples = self.store.samples.range(point, now.plus_ms(-keep_ms), now.plus_ms(1), limit).await?;
        let judged: Vec<_> = samples.iter().filter(|(_, seq)| *seq <= self.done).map(|(s, _)| *s).collect();
        self.evaluator.fill(point, &judged);
        Ok(())
    }

    fn actor() -> Actor {
        Actor::Desk(marks::DESK)
    }
}

/// Which rule watches what, and the settings that can be watched.
fn plan(registry: &store::Registry) -> (Vec<Watched>, BTreeMap<RuleId, Arc<RuleSetting>>) {
    let mut plan = vec![];
    let mut settings = BTreeMap::new();
    for setting in registry.rules().values().filter(|s| s.enabled) {
        let Some((point, station)) = place(registry, setting) else { continue };
        match Watched::read(setting, &point, &station) {
            Ok(watched) => {
                plan.push(watched);
                settings.insert(setting.id, Arc::clone(setting));
            }
            Err(error) => tracing::warn!(%error, point = %setting.point, "rule cannot be watched"),
        }
    }
    (plan, settings)
}

fn place(registry: &store::Registry, setting: &RuleSetting) -> Option<(Arc<Point>, Arc<Station>)> {
    let point = registry.point(setting.point)?;
    Some((Arc::clone(point), Arc::clone(registry.station(&point.station)?)))
}
