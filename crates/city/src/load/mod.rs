//! 压测: many stations at once, each on its own TCP connection (or some behind relays, over UDP) in mode M2,
//! as lean as they can be.
//!
//! Closed loop: a station sends its next report only after the last one was confirmed, and sends an
//! unconfirmed one again with the same serial, so a server that falls behind is pushed back, never
//! flooded. Reports are due on a schedule that does not wait; how far the stations fall behind it is
//! measured beside the time from a frame's last byte to its confirmation.

mod histogram;
mod limits;
mod relay;
mod report;
mod sensor;
mod sensors;
mod station;
mod stations;

pub use histogram::{Histogram, Percentiles};
pub use limits::connections_at_most;
pub use relay::BEHIND_ONE;
pub use report::Report;
pub use sensor::{SensorLoad, SensorReport, run as run_sensors};
pub use sensors::{VALUES, sensor_code, sensors};
pub use station::frame;
pub use stations::{Listed, MAX_STATIONS, THRESHOLDS, code, stations};

use crate::error::CityError;
use field::clock::Clock;
use field::time::{MINUTE_MS, Time};
use relay::Relay;
use report::Counts;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Barrier, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;

/// Connections being opened at once: below the 1,024 that a listener queues.
const CONNECTING: usize = 256;
/// After the last report was due, so long is waited for confirmations.
const GRACE: Duration = Duration::from_secs(60);

/// What is played.
#[derive(Clone, Debug, PartialEq)]
pub struct Load {
    /// The server's SL 651 address.
    pub to: SocketAddr,
    /// How many stations, at most [`MAX_STATIONS`].
    pub stations: u32,
    /// Of them the last, so many, share sockets over UDP, [`BEHIND_ONE`] each. The others have a connection of
    /// their own.
    pub relayed: u32,
    /// Frames a second over all stations.
    pub rate: f64,
    /// For how many seconds reports are due.
    pub seconds: u32,
    /// How many of the stations go over their first threshold, once each and for good, evenly
    /// spread over the time.
    pub alarms: u32,
    /// Observation time of each station's first report; a later one is observed a minute (or the
    /// interval, where it is longer) later. `None`: such that the last is observed now.
    pub observed_from: Option<Time>,
    /// A frame is sent again when it was not confirmed within this time.
    pub patience: Duration,
}

impl Load {
    /// `stations` stations at `rate` frames a second for a minute, without alarms.
    #[must_use]
    pub const fn new(to: SocketAddr, stations: u32, rate: f64) -> Self {
        let patience = Duration::from_secs(20);
        Self { to, stations, relayed: 0, rate, seconds: 60, alarms: 0, observed_from: None, patience }
    }

    /// Seconds between two reports of one station.
    #[must_use]
    pub fn interval_s(&self) -> f64 {
        f64::from(self.stations) / self.rate
    }

    /// Reports that come due at one station, at most.
    #[must_use]
    pub fn reports(&self) -> u32 {
        (f64::from(self.seconds) / self.interval_s()).ceil() as u32
    }

    fn check(&self) -> Result<(), CityError> {
        let bad = |setting, why: String| Err(CityError::BadSetting { setting, why });
        if !(1..=MAX_STATIONS).contains(&self.stations) {
            return bad("stations", format!("{} is not within 1..={MAX_STATIONS}", self.stations));
        }
        if !(self.rate > 0.0 && self.rate <= 1e6) {
            return bad("rate", format!("{} frames a second is not within 0..=1000000", self.rate));
        }
        if !(1..=86_400).contains(&self.seconds) {
            return bad("seconds", format!("{} is not within 1..=86400", self.seconds));
        }
        if self.alarms > self.stations {
            return bad("alarms", format!("{} of {} stations", self.alarms, self.stations));
        }
        if self.relayed > self.stations {
            return bad("relayed", format!("{} of {} stations", self.relayed, self.stations));
        }
        limits::open_files_for(self.stations - self.relayed + self.relays())
    }

    const fn relays(&self) -> u32 {
        self.relayed.div_ceil(BEHIND_ONE)
    }

    /// The relay of a station that has one.
    fn relay_of(&self, n: u32) -> Option<usize> {
        let behind = n.checked_sub(self.stations - self.relayed)?;
        usize::try_from(behind / BEHIND_ONE).ok()
    }

    /// Minutes between two observations of one station.
    fn step_ms(&self) -> i64 {
        (self.interval_s() as i64 / 60).max(1) * MINUTE_MS
    }

    fn observed_from(&self, now: Time) -> Time {
        self.observed_from.unwrap_or_else(|| {
            let minute = Time::from_ms(now.ms().div_euclid(MINUTE_MS) * MINUTE_MS);
            let later = i64::from(self.reports().saturating_sub(1));
            // Slow stations observe as time passes, fast ones have already done so.
            if self.interval_s() >= 60.0 { minute } else { minute.plus_ms(-later * self.step_ms()) }
        })
    }
}

/// What all stations share.
#[derive(Debug)]
struct Field {
    load: Load,
    clock: Arc<dyn Clock>,
    observed_from: Time,
    counts: Counts,
    relays: Vec<Arc<Relay>>,
    connecting: Semaphore,
    ready: Barrier,
    /// When the first report is due.
    start: watch::Receiver<Option<Instant>>,
}

impl Field {
    /// After this nothing is sent any more.
    fn end(&self, start: Instant) -> Instant {
        start + Duration::from_secs(self.load.seconds.into()) + GRACE
    }
}

/// Plays the load to its end.
///
/// # Errors
/// [`CityError::BadSetting`] when it cannot be played as asked, for example because this process may
/// not open so many connections.
pub async fn run(load: Load, clock: Arc<dyn Clock>) -> Result<Report, CityError> {
    load.check()?;
    let (go, start) = watch::channel(None);
    let stations = load.stations;
    let mut relays = Vec::new();
    // Ends with this function.
    let mut listening = JoinSet::new();
    for _ in 0..load.relays() {
        let relay = Relay::open(load.to).await;
        let bind = |source| CityError::Bind { what: "a relay of load stations", addr: load.to, source };
        let relay = relay.map_err(bind)?;
        relays.push(Arc::new(relay));
    }
    for relay in &relays {
        listening.spawn(Arc::clone(relay).listen());
    }
    let field = Arc::new(Field {
        observed_from: load.observed_from(clock.now()),
        counts: Counts::default(),
        relays,
        connecting: Semaphore::new(CONNECTING),
        ready: Barrier::new(stations as usize + 1),
        start,
        clock,
        load,
    });
    let mut playing = JoinSet::new();
    for n in 0..stations {
        playing.spawn(station::play(Arc::clone(&field), n));
    }
    let began = Instant::now();
    field.ready.wait().await;
    let connected_in = began.elapsed();
    go.send_replace(Some(Instant::now()));
    let mut outcomes = Vec::with_capacity(stations as usize);
    while let Some(ended) = playing.join_next().await {
        // A station that panicked has no outcome; its reports are missing in the sums.
        outcomes.extend(ended.ok());
    }
    outcomes.sort_unstable_by_key(|outcome: &station::Outcome| outcome.n);
    Ok(Report::of(&field.load, &field.counts, field.observed_from, connected_in, &outcomes))
}

#[cfg(test)]
mod tests;
