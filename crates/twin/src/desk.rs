//! 孪生台's loop: one engine each, minute by minute of the town's clock.
//!
//! Idempotent: what an engine wrote follows from its state and the samples; it remembers its state now and
//! then, and what is done again after a kill gives the same values, which the store does not keep twice.

use crate::bindings::Bindings;
use crate::board::{self, EngineStatus, EventScores, Scores};
use crate::engines::supply::Trials;
use crate::engines::{ENGINES, Engine, EngineKind, Opened, Setup, Turn};
use crate::series;
use crate::sight::Sight;
use crate::skill::{self, Value};
use crate::trouble::Trouble;
use field::clock::Clock;
use field::id::{PointId, StationCode};
use field::sample::Packet;
use field::station::Computed;
use field::time::{HOUR_MS, MINUTE_MS, Time};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use store::{Store, StoreError};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// The desk's name.
const DESK: &str = "twin";
/// A minute is computed so much later than it ends, so that the stations' reports are in, ms.
const LAG_MS: i64 = MINUTE_MS;
/// And at least so much later by the machine's time: reports take their way in a fast playback too, ms.
const MACHINE_LAG_MS: f64 = 1_000.0;
/// What it remembers is written after so many minutes of the town's clock …
const REMEMBER_EVERY_MS: i64 = 10 * MINUTE_MS;
/// … and not more often than this by the machine's.
const REMEMBER_REST: Duration = Duration::from_secs(5);
/// The event under way is scored so often.
const SCORE_EVERY_MS: i64 = 15 * MINUTE_MS;
/// A playback faster than this is in a hurry, seconds a second.
const FAST: f64 = 60.0;
/// Longest sleep.
const LONGEST_SLEEP: Duration = Duration::from_secs(1);
/// Shortest sleep.
const SHORTEST_SLEEP: Duration = Duration::from_millis(50);
/// Without a model, files are looked for so often.
const LOOK_AGAIN: Duration = Duration::from_secs(10);
/// Wait after the store refused.
const RETRY: Duration = Duration::from_secs(2);

/// Runs every engine until `shutdown` turns true. What the store refuses is tried again.
///
/// # Errors
/// [`StoreError::Closed`] when the store was closed under it.
pub async fn run(
    store: Store,
    clock: Arc<dyn Clock>,
    trials: Trials,
    shutdown: watch::Receiver<bool>,
) -> Result<(), StoreError> {
    let mut engines = JoinSet::new();
    for kind in ENGINES {
        let desk = Desk::new(store.clone(), Arc::clone(&clock), kind, trials.clone());
        engines.spawn(desk.run(shutdown.clone()));
    }
    while let Some(ended) = engines.join_next().await {
        ended.unwrap_or(Err(StoreError::Closed { what: "running a model" }))?;
    }
    Ok(())
}

/// One engine's desk.
pub struct Desk {
    store: Store,
    clock: Arc<dyn Clock>,
    kind: &'static EngineKind,
    trials: Trials,
    engine: Option<Box<dyn Engine>>,
    bindings: Bindings,
    /// The registry the bindings were looked up in.
    version: Option<u64>,
    status: EngineStatus,
    remembered: Option<(Time, Instant)>,
    scored: Option<Time>,
}

impl std::fmt::Debug for Desk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Desk").field("status", &self.status).finish_non_exhaustive()
    }
}

impl Desk {
    /// A desk that has read nothing yet.
    #[must_use]
    pub fn new(store: Store, clock: Arc<dyn Clock>, kind: &'static EngineKind, trials: Trials) -> Self {
        let status =
            EngineStatus { engine: kind.code, run: None, minute: None, took_ms: 0, troubles: vec![] };
        let bindings = Bindings::default();
        Self {
            store,
            clock,
            kind,
            trials,
            engine: None,
            bindings,
            version: None,
            status,
            remembered: None,
            scored: None,
        }
    }

    async fn run(mut self, mut shutdown: watch::Receiver<bool>) -> Result<(), StoreError> {
        while !*shutdown.borrow() {
            let began = Instant::now();
            let rest = match self.turn().await {
                Ok(true) => self.rest(began.elapsed()),
                Ok(false) => LOOK_AGAIN,
                Err(error @ StoreError::Closed { .. }) => return Err(error),
                Err(error) => {
                    tracing::error!(%error, engine = self.kind.code, "twin desk cannot read or write the store; trying again");
                    RETRY
                }
            };
            tokio::select! {
                () = tokio::time::sleep(rest) => {}
                told = shutdown.changed() => if told.is_err() { break },
            }
        }
        self.remember(true).await
    }

    /// Until the next minute can be computed, and at least as long as this one took: a model never takes
    /// more than half of a core, however fast the clock runs, and a quarter of one in a fast playback,
    /// where everything else is in a hurry too.
    fn rest(&self, took: Duration) -> Duration {
        let speed = self.clock.speed();
        if speed <= 0.0 {
            return LONGEST_SLEEP;
        }
        let ready = self.ready().ms();
        let ahead_ms = (MINUTE_MS - ready.rem_euclid(MINUTE_MS)) as f64 / speed;
        Duration::from_secs_f64(ahead_ms / 1_000.0)
            .clamp(SHORTEST_SLEEP, LONGEST_SLEEP)
            .max(if speed > FAST { took * 3 } else { took })
    }

    /// Reports up to here are in.
    fn ready(&self) -> Time {
        let machine_ms = MACHINE_LAG_MS * self.clock.speed();
        self.clock.now().plus_ms(-LAG_MS.max(machine_ms as i64))
    }

    /// One turn: the newest minute that can be computed. `false` when there is no model to run. When it
    /// returns, everything up to that minute is in the store.
    ///
    /// # Errors
    /// What the store says.
    pub async fn turn(&mut self) -> Result<bool, StoreError> {
        if self.engine.is_none() || self.version != Some(self.store.tables.registry().version()) {
            self.load().await?;
        }
        let minute = Time::from_ms(self.ready().ms().div_euclid(MINUTE_MS) * MINUTE_MS);
        if self.engine.is_none() {
            return Ok(false);
        }
        if self.status.minute.is_none_or(|done| done != minute) {
            self.compute(minute).await?;
        }
        self.remember(false).await?;
        Ok(true)
    }

    /// How it is.
    #[must_use]
    pub const fn status(&self) -> &EngineStatus {
        &self.status
    }

    async fn load(&mut self) -> Result<(), StoreError> {
        let before = self.engine.take().and_then(|engine| engine.memory());
        self.status.troubles.clear();
        let opened = self.open(before).await?;
        match opened {
            Ok((engine, troubles)) => {
                for trouble in &troubles {
                    tracing::warn!(engine = self.kind.code, %trouble, "a model runs on less than it should");
                }
                self.status.troubles = troubles;
                self.engine = Some(engine);
            }
            Err(trouble) => {
                if !matches!(trouble, Trouble::NoModel { .. }) {
                    tracing::warn!(engine = self.kind.code, %trouble, "a model cannot be run");
                }
                self.status.troubles = vec![trouble];
                self.status.minute = None;
            }
        }
        // After the points it registered itself.
        self.version = Some(self.store.tables.registry().version());
        self.show_status();
        Ok(())
    }

    async fn open(&mut self, before: Option<Vec<u8>>) -> Result<Opened, StoreError> {
        let file = self.kind.file;
        let Some(text) = self.store.models.get(file).await? else {
            return Ok(Err(Trouble::NoModel { file: file.to_owned() }));
        };
        let text = String::from_utf8_lossy(&text).into_owned();
        let bindings = self.store.models.get(Bindings::FILE).await?;
        self.bindings = match bindings.as_deref().map(Bindings::read).transpose() {
            Ok(found) => found.unwrap_or_default(),
            Err(trouble) => return Ok(Err(trouble)),
        };
        let wanted = (self.kind.wanted)(&self.bindings, &self.store.tables.registry());
        let carriers = series::ensure(&self.store, self.clock.as_ref(), DESK, &wanted).await?;
        let memory = match before {
            Some(before) => Some(before),
            None => self.store.models.get(&self.memory_file()).await?,
        };
        let mut files = HashMap::new();
        for name in (self.kind.files)(&self.bindings) {
            match self.store.models.get(&name).await {
                Ok(Some(bytes)) => {
                    files.insert(name, String::from_utf8_lossy(&bytes).into_owned());
                }
                // The engine says that it is not there, under the name that cannot be.
                Ok(None) | Err(StoreError::Invalid { .. }) => (),
                Err(error) => return Err(error),
            }
        }
        let setup = Setup {
            text,
            files,
            bindings: self.bindings.clone(),
            registry: self.store.tables.registry(),
            carriers,
            memory,
            trials: self.trials.clone(),
        };
        let open = self.kind.open;
        let opening = tokio::task::spawn_blocking(move || open(setup));
        opening.await.map_err(|_| StoreError::Closed { what: "opening a model" })
    }

    fn memory_file(&self) -> String {
        format!("{}.memory", self.kind.code)
    }

    async fn compute(&mut self, minute: Time) -> Result<(), StoreError> {
        let Some(mut engine) = self.engine.take() else { return Ok(()) };
        let wish = engine.wish(minute);
        let columns = self.store.samples.columns(&wish.points, wish.from, minute.plus_ms(MINUTE_MS)).await;
        let sight = match columns {
            Ok(columns) => Sight::of(&wish.points, columns),
            Err(error) => {
                self.engine = Some(engine);
                return Err(error);
            }
        };
        let began = Instant::now();
        let computing = tokio::task::spawn_blocking(move || {
            let turn = engine.turn(minute, &sight);
            (engine, turn)
        });
        let Ok((engine, turn)) = computing.await else {
            // The engine is lost, not the desk: the next turn opens it anew from what it remembered.
            tracing::error!(engine = self.kind.code, %minute, "a model broke off");
            return Ok(());
        };
        self.engine = Some(engine);
        let took = began.elapsed();
        metrics::histogram!("twin_turn_seconds", "engine" => self.kind.code).record(took.as_secs_f64());
        self.status.took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        self.status.troubles.retain(|t| !matches!(t, Trouble::Engine { .. }));
        match turn {
            Ok(turn) => {
                self.keep(minute, turn).await?;
                self.status.minute = Some(minute);
            }
            Err(trouble) => {
                tracing::warn!(engine = self.kind.code, %trouble, "a model could not go on");
                self.status.troubles.push(trouble);
                self.status.minute = Some(minute);
            }
        }
        self.show_status();
        Ok(())
    }

    async fn keep(&mut self, minute: Time, turn: Turn) -> Result<(), StoreError> {
        self.status.run = turn.raw.get("run").and_then(|run| run.as_str()).map(str::to_owned);
        self.append(&turn).await?;
        for (board, bytes) in turn.boards {
            self.store.models.show(board, bytes);
        }
        if let Some((from, to)) = turn.event {
            self.score_event(from, to).await?;
        }
        if let Some((from, to)) = turn.running
            && self.scored.is_none_or(|last| minute.since_ms(last).abs() >= SCORE_EVERY_MS)
        {
            let scores = self.scores(from, to).await?;
            self.store.models.show(board::RUNNING, serde_json::to_vec(&scores).unwrap_or_default());
            self.scored = Some(minute);
        }
        Ok(())
    }

    /// Writes what a model said, in as few packets as it fits into. They are in the engine's own name, so
    /// that no station is taken for heard.
    async fn append(&self, turn: &Turn) -> Result<(), StoreError> {
        const WHAT: &str = "writing what a model says";
        let source = StationCode::new(format!("{DESK}-{}", self.kind.code))
            .map_err(|why| StoreError::Invalid { what: WHAT, why: why.to_string() })?;
        for (part, readings) in turn.readings.chunks(Packet::MAX_READINGS).enumerate() {
            let mut raw = turn.raw.clone();
            if let (Some(raw), 1..) = (raw.as_object_mut(), part) {
                raw.insert("part".to_owned(), part.into());
            }
            let packet = Packet {
                station: source.clone(),
                received_at: self.clock.now(),
                sent_at: None,
                protocol: Packet::TWIN.to_owned(),
                raw: raw.to_string().into_bytes(),
                readings: readings.to_vec(),
            };
            self.store.samples.append(packet).await?;
        }
        Ok(())
    }

    /// Keeps how an event was foretold; once, however often it ends.
    async fn score_event(&self, from: Time, to: Time) -> Result<(), StoreError> {
        let event = self.scores(from, to).await?;
        if event.stations.is_empty() {
            return Ok(());
        }
        let kept = self.store.tables.setting(board::SCORES).await?;
        let mut scores: Scores = kept.and_then(|v| serde_json::from_value(v).ok()).unwrap_or_default();
        scores.v = 1;
        scores.events.retain(|known| known.from != event.from);
        scores.events.insert(0, event);
        scores.events.truncate(Scores::MAX);
        let value = serde_json::to_value(&scores).unwrap_or_default();
        self.store.models.show(board::RUNNING, b"null".to_vec());
        self.store.tables.setting_keep(board::SCORES, &value).await
    }

    async fn scores(&self, from: Time, to: Time) -> Result<EventScores, StoreError> {
        let registry = self.store.tables.registry();
        let mut stations = vec![];
        for (of, series) in (self.kind.wanted)(&self.bindings, &registry) {
            let Some(point) = registry.point(of) else { continue };
            let leads: Vec<(u16, PointId)> = registry
                .computed_of(&point.station)
                .iter()
                .filter_map(|p| match p.computed()? {
                    (Computed::Forecast(lead), measured) if measured == of => Some((lead, p.id)),
                    _ => None,
                })
                .collect();
            if leads.is_empty() || series.is_empty() {
                continue;
            }
            let points: Vec<_> = std::iter::once(of).chain(leads.iter().map(|(_, id)| *id)).collect();
            let columns =
                self.store.samples.columns(&points, from.plus_ms(-3 * HOUR_MS), to.plus_ms(1)).await?;
            let sight = Sight::of(&points, columns);
            let all = |id, estimates| -> Vec<Value> { sight.between(id, Time::MIN, to, estimates).collect() };
            let forecasts: Vec<(u16, Vec<Value>)> =
                leads.iter().map(|(lead, id)| (*lead, all(*id, true))).collect();
            stations.extend(skill::score((&point.station, of), (from, to), &all(of, false), &forecasts));
        }
        Ok(EventScores { from, to, stations })
    }

    async fn remember(&mut self, is_last: bool) -> Result<(), StoreError> {
        let (Some(engine), Some(minute)) = (&self.engine, self.status.minute) else { return Ok(()) };
        let is_due = self.remembered.is_none_or(|(at, when)| {
            minute.since_ms(at) >= REMEMBER_EVERY_MS && when.elapsed() >= REMEMBER_REST
        });
        if !is_due && !is_last {
            return Ok(());
        }
        let Some(bytes) = engine.memory() else { return Ok(()) };
        self.store.models.put(&self.memory_file(), bytes).await?;
        self.remembered = Some((minute, Instant::now()));
        Ok(())
    }

    fn show_status(&self) {
        let bytes = serde_json::to_vec(&self.status).unwrap_or_default();
        self.store.models.show(&format!("{}{}", board::STATUS, self.kind.code), bytes);
    }
}
