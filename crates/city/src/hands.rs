//! 时钟: the town's clock. It follows the server's playback and everything in the town waits on it.
//!
//! It never goes back; where the server's clock turns out to be behind, it stands until caught up.
//! While the server is away it stands still.

use crate::storm::{STORMS, Storm};
use field::clock::Clock;
use field::time::{MINUTE_MS, Time};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// A storm being played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Playing {
    /// Which of [`crate::storm::STORMS`].
    pub(crate) storm: usize,
    /// When its hour 0 was, in the town's time.
    pub(crate) began_at: Time,
}

impl Playing {
    /// Whether the storm's played hours are on. Before and after them nothing is broken, so that a
    /// storm comes to an end.
    pub(crate) fn is_on(self, at: Time) -> bool {
        let minutes = STORMS.get(self.storm).map_or(0, Storm::minutes);
        (0..minutes * MINUTE_MS).contains(&at.since_ms(self.began_at))
    }
}

/// Where the clock's hands stand and how fast they go.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hands {
    /// When this was read.
    anchored: Instant,
    /// What it showed then.
    at: Time,
    /// Seconds of the town's time in one second; 0 while paused or the server is away.
    pub(crate) speed: f64,
    /// The storm being played.
    pub(crate) playing: Option<Playing>,
    /// How often the clock has leapt: memories of before a leap are no use after it.
    pub(crate) leaps: u64,
    /// Whether owners act.
    pub(crate) people: bool,
    /// Whether the simulated dispatcher acts.
    pub(crate) dispatcher: bool,
}

/// What the server's playback says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Shown {
    pub(crate) now: Time,
    pub(crate) speed: f64,
    pub(crate) playing: Option<Playing>,
    /// When it last leapt ahead.
    pub(crate) leapt_at: Option<Time>,
    pub(crate) people: bool,
    pub(crate) dispatcher: bool,
}

/// The town's clock, for everybody who reads it.
#[derive(Clone, Debug)]
pub(crate) struct TownClock {
    hands: watch::Receiver<Hands>,
    /// The latest moment anybody was told, milliseconds.
    told: Arc<AtomicI64>,
}

/// The one who sets the clock.
#[derive(Debug)]
pub(crate) struct Setter {
    hands: watch::Sender<Hands>,
    leapt_at: Option<Time>,
    told: Arc<AtomicI64>,
}

/// Difference between our clock and the server's that is left alone, seconds of real time: below it,
/// waking every station to correct a few milliseconds costs more than it is worth.
const TOLERATED_S: f64 = 0.02;

/// A clock that stands at 1970 until it is first set, and who sets it.
pub(crate) fn clock() -> (Setter, TownClock) {
    let hands = Hands {
        anchored: Instant::now(),
        at: Time::MIN,
        speed: 0.0,
        playing: None,
        leaps: 0,
        people: false,
        dispatcher: false,
    };
    let (sender, receiver) = watch::channel(hands);
    let told = Arc::new(AtomicI64::new(0));
    (Setter { hands: sender, leapt_at: None, told: told.clone() }, TownClock { hands: receiver, told })
}

impl Hands {
    fn now(&self) -> Time {
        self.at.plus_ms((self.anchored.elapsed().as_secs_f64() * self.speed * 1_000.0) as i64)
    }

    /// Whether the clock has ever been set.
    fn is_set(&self) -> bool {
        self.at > Time::MIN
    }
}

impl Setter {
    /// Sets the clock to what the server showed a moment ago.
    pub(crate) fn follow(&mut self, shown: &Shown) {
        let old = *self.hands.borrow();
        let leapt = shown.leapt_at != self.leapt_at || !old.is_set();
        self.leapt_at = shown.leapt_at;
        let behind_s = shown.now.since_ms(old.now()) as f64 / 1_000.0;
        let same = !leapt
            && old.speed == shown.speed
            && old.playing == shown.playing
            && (old.people, old.dispatcher) == (shown.people, shown.dispatcher);
        // At 60× a difference of 20 ms is 1.2 s of the town's time.
        if same && behind_s.abs() <= TOLERATED_S * shown.speed.max(1.0) {
            return;
        }
        let _nobody_listens = self.hands.send(Hands {
            anchored: Instant::now(),
            at: shown.now,
            speed: shown.speed,
            playing: shown.playing,
            leaps: old.leaps + u64::from(leapt),
            people: shown.people,
            dispatcher: shown.dispatcher,
        });
    }

    /// Stops the clock where it stands: the server is away.
    pub(crate) fn hold(&mut self) {
        let old = *self.hands.borrow();
        if old.speed != 0.0 {
            let at = Time::from_ms(self.told.load(Ordering::SeqCst).max(old.now().ms()));
            let _nobody_listens = self.hands.send(Hands { anchored: Instant::now(), at, speed: 0.0, ..old });
        }
    }
}

impl TownClock {
    /// Where the hands stand.
    pub(crate) fn hands(&self) -> Hands {
        *self.hands.borrow()
    }

    /// Waits until the clock has been set for the first time.
    pub(crate) async fn started(&mut self) {
        if self.hands.wait_for(Hands::is_set).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Waits until the clock shows `at`, or until it leaps, is paused, sped up or set; callers look at
    /// the clock again in any case.
    pub(crate) async fn until(&mut self, at: Time) {
        let hands = *self.hands.borrow_and_update();
        let left_ms = at.since_ms(self.now());
        if left_ms <= 0 {
            return;
        }
        let changed = self.hands.changed();
        if hands.speed <= 0.0 {
            if changed.await.is_err() {
                std::future::pending::<()>().await;
            }
            return;
        }
        let wait = Duration::from_secs_f64((left_ms as f64 / 1_000.0 / hands.speed).min(86_400.0));
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            set = changed => if set.is_err() { tokio::time::sleep(wait).await }
        }
    }

    /// Waits `seconds` of the town's time, through pauses and changes of speed. A leap ahead ends the
    /// wait when it passes the moment.
    pub(crate) async fn pass(&mut self, seconds: f64) {
        let until = self.now().plus_ms((seconds * 1_000.0) as i64);
        while self.now() < until {
            self.until(until).await;
        }
    }

    /// Real time that `seconds` of the town's time take now, at least `least`.
    pub(crate) fn real(&self, seconds: f64, least: Duration) -> Duration {
        let speed = self.hands.borrow().speed;
        let scaled = if speed > 1.0 { seconds / speed } else { seconds };
        Duration::from_secs_f64(scaled.clamp(0.0, 3_600.0)).max(least)
    }
}

impl Clock for TownClock {
    fn now(&self) -> Time {
        let now = self.hands.borrow().now().ms();
        // Never back: the latest told moment stands.
        Time::from_ms(self.told.fetch_max(now, Ordering::SeqCst).max(now))
    }

    fn speed(&self) -> f64 {
        self.hands.borrow().speed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(now: Time, speed: f64) -> Shown {
        Shown { now, speed, playing: None, leapt_at: None, people: true, dispatcher: true }
    }

    fn noon() -> Time {
        Time::from_beijing(2021, 6, 30, 12, 0, 0).unwrap()
    }

    #[test]
    fn the_clock_never_goes_back_when_the_server_turns_out_to_be_behind() {
        let (mut setter, clock) = clock();
        setter.follow(&shown(noon(), 0.0));
        assert_eq!(clock.now(), noon());
        setter.follow(&shown(noon().plus_ms(-60_000), 0.0));
        assert_eq!(clock.now(), noon());
        setter.follow(&shown(noon().plus_ms(90_000), 0.0));
        assert_eq!(clock.now(), noon().plus_ms(90_000));
    }

    #[test]
    fn a_leap_is_counted_once_and_a_steady_clock_wakes_nobody() {
        let (mut setter, clock) = clock();
        setter.follow(&shown(noon(), 0.0));
        let first = clock.hands().leaps;
        let leapt = Shown { leapt_at: Some(noon()), ..shown(noon().plus_ms(3_600_000), 0.0) };
        setter.follow(&leapt);
        assert_eq!(clock.hands().leaps, first + 1);
        let mut quiet = clock.clone();
        quiet.hands.borrow_and_update();
        setter.follow(&leapt);
        assert!(!quiet.hands.has_changed().unwrap());
    }

    #[test]
    fn while_the_server_is_away_the_clock_stands_still() {
        let (mut setter, clock) = clock();
        setter.follow(&shown(noon(), 600.0));
        setter.hold();
        let held = clock.now();
        assert_eq!(clock.speed(), 0.0);
        assert_eq!(clock.now(), held);
    }

    #[tokio::test]
    async fn a_wait_lasts_through_a_pause_and_ends_after_a_leap() {
        let (mut setter, clock) = clock();
        setter.follow(&shown(noon(), 0.0));
        let mut waiting = clock.clone();
        let wait = tokio::spawn(async move { waiting.pass(3_600.0).await });
        tokio::task::yield_now().await;
        assert!(!wait.is_finished());
        setter.follow(&Shown { leapt_at: Some(noon()), ..shown(noon().plus_ms(7_200_000), 0.0) });
        wait.await.unwrap();
    }
}
