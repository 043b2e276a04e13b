//! Clocks: the machine's, and the demo's, which plays storms at up to 600 times real speed.

use crate::{StoreError, Tables};
use field::clock::{Clock, Leap};
use field::time::{DAY_MS, Time};
use serde::{Deserialize, Serialize};
use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Instant;
use tokio::sync::watch;

/// The machine's clock. Never goes back within one process, even when the machine's does.
#[derive(Debug, Default)]
pub struct SystemClock(AtomicI64);

impl Clock for SystemClock {
    fn now(&self) -> Time {
        let ms = jiff::Timestamp::now().as_millisecond();
        Time::from_ms(self.0.fetch_max(ms, Ordering::SeqCst).max(ms))
    }
}

/// Slowest and fastest playback, seconds of the demo per second of the machine.
pub const SPEEDS: std::ops::RangeInclusive<f64> = 1.0..=600.0;

/// Where the demo's clock is kept.
const SETTING: &str = "playback";

/// What the demo's clock shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlaybackState {
    /// The storm being played.
    pub storm: Option<String>,
    /// Demo time of the storm's hour 0.
    pub storm_began_at: Option<Time>,
    /// Demo time now.
    pub now: Time,
    /// Demo seconds per second, within [`SPEEDS`].
    pub speed: f64,
    /// Whether it stands still.
    pub paused: bool,
    /// Whether simulated people answer.
    pub people: bool,
    /// Whether a simulated dispatcher closes orders.
    pub dispatcher: bool,
    /// When it last leapt forward (the demo time it leapt to): silence is counted from here.
    pub leapt_at: Option<Time>,
    /// What it showed before that leap.
    #[serde(default)]
    pub leapt_from: Option<Time>,
}

/// 演示时钟.
#[derive(Debug)]
pub struct Playback {
    inner: Mutex<Inner>,
    states: watch::Sender<PlaybackState>,
}

#[derive(Debug)]
struct Inner {
    /// The state at `since`; its `now` runs on from there.
    state: PlaybackState,
    since: Instant,
}

impl Playback {
    /// A clock that starts at `start` and runs at `speed` (clamped into [`SPEEDS`]).
    #[must_use]
    pub fn new(start: Time, speed: f64) -> Self {
        Self::resumed(PlaybackState {
            storm: None,
            storm_began_at: None,
            now: start,
            speed: clamped(speed),
            paused: false,
            people: true,
            dispatcher: false,
            leapt_at: None,
            leapt_from: None,
        })
    }

    /// A clock that goes on from a state.
    #[must_use]
    pub fn resumed(state: PlaybackState) -> Self {
        let states = watch::Sender::new(state.clone());
        Self { inner: Mutex::new(Inner { state, since: Instant::now() }), states }
    }

    /// What it shows.
    #[must_use]
    pub fn state(&self) -> PlaybackState {
        let inner = self.lock();
        PlaybackState { now: inner.now(), ..inner.state.clone() }
    }

    /// Wakes at every change that a person or a program made (not at every tick).
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<PlaybackState> {
        self.states.subscribe()
    }

    /// Sets the speed, clamped into [`SPEEDS`].
    pub fn set_speed(&self, speed: f64) {
        self.change(|s| s.speed = clamped(speed));
    }

    /// Stops or lets run.
    pub fn pause(&self, paused: bool) {
        self.change(|s| s.paused = paused);
    }

    /// Whether simulated people answer.
    pub fn set_people(&self, people: bool) {
        self.change(|s| s.people = people);
    }

    /// Whether a simulated dispatcher closes orders.
    pub fn set_dispatcher(&self, dispatcher: bool) {
        self.change(|s| s.dispatcher = dispatcher);
    }

    /// Starts a storm: leaps to `original_start` when that is still ahead, else to the same hour of
    /// the first day on which it is. Lets the clock run. Returns the demo time of the storm's hour 0.
    ///
    /// In memory only; see [`Playback::play_storm_kept`].
    pub fn play_storm(&self, id: &str, original_start: Time) -> Time {
        let mut began = original_start;
        self.change(|state| began = state.leap_to_storm(id, original_start));
        began
    }

    /// As [`Playback::play_storm`], but kept before anybody sees the new time: a process killed right
    /// after it goes on in the storm.
    ///
    /// # Errors
    /// What the database says; then the clock is as it was.
    pub async fn play_storm_kept(
        &self,
        tables: &Tables,
        id: &str,
        original_start: Time,
    ) -> Result<Time, StoreError> {
        let mut ahead = self.state();
        let began = ahead.leap_to_storm(id, original_start);
        keep(tables, &ahead).await?;
        // Unless the clock ran past `began` while that was written, it leaps to the moment kept.
        Ok(self.play_storm(id, began))
    }

    /// Ends the storm; the clock runs on.
    pub fn stop_storm(&self) {
        self.change(|s| {
            s.storm = None;
            s.storm_began_at = None;
        });
    }

    /// Goes on from what was saved, never before `not_before` (the newest packet's arrival) nor before
    /// the journal's newest line; else a new clock at `start`.
    ///
    /// # Errors
    /// What the database says, or [`StoreError::Corrupt`] when what was saved cannot be read.
    pub async fn load(
        tables: &Tables,
        start: Time,
        speed: f64,
        not_before: Option<Time>,
    ) -> Result<Self, StoreError> {
        let Some(saved) = tables.setting(SETTING).await? else {
            return Ok(Self::new(start, speed));
        };
        let mut state: PlaybackState = serde_json::from_value(saved)
            .map_err(|e| StoreError::corrupt("table `settings`", SETTING, e.to_string()))?;
        let newest = tables.journal_latest_at().await?.max(not_before);
        state.now = newest.map_or(state.now, |newest| newest.max(state.now));
        state.speed = clamped(state.speed);
        Ok(Self::resumed(state))
    }

    /// Keeps what it shows, for the next start. Call it every few seconds and after each change.
    ///
    /// # Errors
    /// What the database says.
    pub async fn save(&self, tables: &Tables) -> Result<(), StoreError> {
        keep(tables, &self.state()).await
    }

    fn change(&self, edit: impl FnOnce(&mut PlaybackState)) {
        let mut inner = self.lock();
        inner.state.now = inner.now();
        inner.since = Instant::now();
        edit(&mut inner.state);
        let state = inner.state.clone();
        drop(inner);
        self.states.send_replace(state);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

async fn keep(tables: &Tables, state: &PlaybackState) -> Result<(), StoreError> {
    let state = serde_json::to_value(state)
        .map_err(|e| StoreError::invalid("saving the demo's clock", e.to_string()))?;
    tables.setting_keep(SETTING, &state).await
}

impl PlaybackState {
    /// Leaps forward to the first day on which the storm's hour 0 is not past.
    fn leap_to_storm(&mut self, id: &str, original_start: Time) -> Time {
        let late_ms = self.now.since_ms(original_start).max(0);
        let days = late_ms.div_euclid(DAY_MS) + i64::from(late_ms % DAY_MS != 0);
        let began = original_start.plus_ms(days * DAY_MS);
        self.storm = Some(id.to_owned());
        self.storm_began_at = Some(began);
        (self.leapt_from, self.leapt_at) = (Some(self.now), Some(began));
        self.now = began;
        self.paused = false;
        began
    }
}

impl Inner {
    fn now(&self) -> Time {
        if self.state.paused {
            return self.state.now;
        }
        let passed_ms = self.since.elapsed().as_secs_f64() * 1_000.0 * self.state.speed;
        self.state.now.plus_ms(passed_ms as i64)
    }
}

impl Clock for Playback {
    fn now(&self) -> Time {
        self.lock().now()
    }

    fn speed(&self) -> f64 {
        let inner = self.lock();
        if inner.state.paused { 0.0 } else { inner.state.speed }
    }

    fn leapt(&self) -> Option<Leap> {
        let inner = self.lock();
        let (from, to) = inner.state.leapt_from.zip(inner.state.leapt_at)?;
        Some(Leap { from, to })
    }
}

fn clamped(speed: f64) -> f64 {
    if speed.is_finite() { speed.clamp(*SPEEDS.start(), *SPEEDS.end()) } else { *SPEEDS.start() }
}
