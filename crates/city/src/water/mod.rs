//! 水: from rain to depth and level at the 26 online points, by `drains` on the town's storm sewers as
//! they really are ([`crate::models`]).
//!
//! A storm's course is computed minute by minute on a thread of its own, ahead of whoever asks and never
//! by more than an hour: the town's clock may run six hundred times faster than the sun's. Who asks for a
//! minute that is not computed yet gets the last one that is; that happens for a moment after a restart in
//! the middle of a storm, and on a machine that cannot keep up, which is said in the log.
//! The same town and storm make the same course, on every run.

mod course;

use crate::dice::Dice;
use crate::storm::{Rainfall, Storm};
use crate::town::Town;
use course::Network;
use field::station::StationKind;
use field::time::{MINUTE_MS, Time};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long after the played hours the water is still followed, minutes.
const TAIL_MIN: i64 = 6 * 60;
/// The course is computed so far ahead of the last minute that was asked for.
const AHEAD_MIN: usize = 60;
/// Ripples of standing and running water, m.
const RIPPLE_M: f64 = 0.004;
/// A course this far behind what is asked for is worth a warning, minutes,
const BEHIND_MIN: usize = 10;
/// but not before it had so long to compute the hours before the first one that is asked for.
const CATCHING_UP: Duration = Duration::from_secs(30);

/// What stands at the online points at one minute.
#[derive(Clone, Debug, Default, PartialEq)]
struct Moment {
    /// Depth or level in the station's datum, m.
    level_m: Vec<f64>,
    /// Pumps running; 0 where there are none.
    running: Vec<u8>,
}

/// 水情 of one storm at all online points.
#[derive(Debug)]
pub struct Water {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    network: Arc<Network>,
    rain: Rainfall,
    minutes: usize,
    /// Held for a moment only: to add a minute or to look one up.
    work: Mutex<Work>,
    wanted: Condvar,
}

#[derive(Debug, Default)]
struct Work {
    course: Vec<Moment>,
    asked: usize,
    started: Option<Instant>,
    stopped: bool,
    warned: bool,
}

/// The town's sewers, once for all storms.
#[derive(Clone, Debug)]
pub struct Sewers(Arc<Network>);

impl Sewers {
    /// Reads the town's real network.
    ///
    /// # Errors
    /// What `drains` says about the generated model: a mistake of the generator.
    pub fn of(town: &Town) -> Result<Self, drains::ModelError> {
        Network::of(town).map(Arc::new).map(Self)
    }

    /// The water's whole answer to so many minutes of a rain, computed at once: for tests and
    /// measurements, which have no clock to keep pace with.
    #[must_use]
    pub fn course(&self, rain: &Rainfall, minutes: usize) -> Course {
        let mut run = self.0.start();
        let moments = (0..minutes).map(|minute| run.minute(rain, minute));
        Course(std::iter::once(self.0.rest()).chain(moments).collect())
    }
}

/// 水情 at all online points, minute by minute.
#[derive(Clone, Debug)]
pub struct Course(Vec<Moment>);

impl Course {
    /// Depth or level in the station's datum at an online point after so many minutes, m.
    #[must_use]
    pub fn level_m(&self, online: usize, minute: usize) -> Option<f64> {
        self.0.get(minute)?.level_m.get(online).copied()
    }

    /// Pumps running at an online point.
    #[must_use]
    pub fn running(&self, online: usize, minute: usize) -> Option<u8> {
        self.0.get(minute)?.running.get(online).copied()
    }
}

/// A level with the water's own ripples.
pub(crate) fn rippled_m(seed: u64, online: usize, at: Time, level_m: f64) -> f64 {
    // A dry road has no ripples.
    let ripple_m = if level_m > 0.02 { RIPPLE_M } else { 0.0 };
    let minute = at.ms().div_euclid(MINUTE_MS);
    let mut dice = Dice::of(seed, "ripple", minute * 100 + online as i64);
    level_m + dice.between(-ripple_m, ripple_m)
}

/// What a healthy instrument at an online point reads of a level, m: with ripples, depths to a centimetre,
/// levels to a millimetre.
#[must_use]
pub fn reading_m(town: &Town, online: usize, at: Time, level_m: f64) -> f64 {
    let is_depth = town.online().nth(online).is_some_and(|station| is_depth(station.kind));
    let parts = parts(is_depth);
    (rippled_m(town.seed, online, at, level_m) * parts).round() / parts
}

/// Whether a kind of station reads a depth (else a level).
pub(crate) const fn is_depth(kind: StationKind) -> bool {
    matches!(kind, StationKind::Ponding | StationKind::Manhole)
}

/// Parts of a metre that an instrument reads.
pub(crate) const fn parts(is_depth: bool) -> f64 {
    if is_depth { 100.0 } else { 1_000.0 }
}

impl Water {
    /// The water's answer to a storm; nothing is computed until it is asked for.
    #[must_use]
    pub fn of(storm: &Storm, rain: Rainfall, sewers: &Sewers) -> Self {
        let minutes = usize::try_from(storm.minutes() + TAIL_MIN).unwrap_or(0);
        let work = Mutex::new(Work { course: vec![sewers.0.rest()], ..Work::default() });
        let network = sewers.0.clone();
        Self { shared: Arc::new(Shared { network, rain, minutes, work, wanted: Condvar::new() }) }
    }

    /// The rain it answers to.
    #[must_use]
    pub fn rain(&self) -> &Rainfall {
        &self.shared.rain
    }

    /// Depth or level in the station's datum at an online point, `minute` minutes after storm hour 0, m:
    /// at rest before it, as it stood at the end after it. `None` for a point that is not there.
    #[must_use]
    pub fn level_m(&self, online: usize, minute: f64) -> Option<f64> {
        let step = minute.max(0.0) as usize;
        let work = self.upto(step + 1);
        let at = |n: usize| work.course.get(n).or(work.course.last())?.level_m.get(online).copied();
        let (now, next) = (at(step)?, at(step + 1)?);
        Some(now + (next - now) * minute.max(0.0).fract())
    }

    /// Pumps running at an online point.
    #[must_use]
    pub fn running(&self, online: usize, minute: f64) -> u8 {
        let step = minute.max(0.0) as usize;
        let work = self.upto(step);
        let moment = work.course.get(step).or(work.course.last());
        moment.and_then(|m| m.running.get(online)).copied().unwrap_or(0)
    }

    /// Asks for the course up to a minute; gives what there is.
    fn upto(&self, minute: usize) -> MutexGuard<'_, Work> {
        let mut work = self.shared.lock();
        if minute > work.asked {
            work.asked = minute.min(self.shared.minutes);
            self.shared.wanted.notify_one();
        }
        let started = *work.started.get_or_insert_with(|| {
            let shared = self.shared.clone();
            std::thread::spawn(move || shared.compute());
            Instant::now()
        });
        let is_behind = work.course.len() + BEHIND_MIN < work.asked && started.elapsed() > CATCHING_UP;
        if is_behind && !work.warned {
            work.warned = true;
            tracing::warn!(
                computed = work.course.len(),
                asked = work.asked,
                "the town's water is behind its clock"
            );
        }
        work
    }
}

impl Drop for Water {
    fn drop(&mut self) {
        self.shared.lock().stopped = true;
        self.shared.wanted.notify_one();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Work> {
        self.work.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The thread: minute after minute, waiting where it is far enough ahead.
    fn compute(&self) {
        let mut run = self.network.start();
        for minute in 0..self.minutes {
            let mut work = self.lock();
            while !work.stopped && minute > work.asked + AHEAD_MIN {
                work = self.wanted.wait(work).unwrap_or_else(PoisonError::into_inner);
            }
            if work.stopped {
                return;
            }
            drop(work);
            let moment = run.minute(&self.rain, minute);
            self.lock().course.push(moment);
        }
    }
}

#[cfg(test)]
mod tests;
