//! 遥测终端: every station but the pump stations (those are asked, see `plc`), each its own task with its own clock, memory and connection.
//!
//! A station reads its instruments every five minutes of its own clock (and every minute for what is
//! over a threshold), writes a frame with a serial, and sends it until the centre confirms it: two
//! re-sends, then it hangs up, keeps the frame and tries again later. Nothing is lost short of a full
//! memory of a month.

mod answers;
mod faults;
mod gauge;
mod ledger;
mod link;
mod reports;

pub use faults::Faults;
pub(crate) use gauge::{Gauge, Place};
pub use ledger::Sent;
pub(crate) use ledger::{Ledger, Line, Page};
pub(crate) use link::{Answer, Link};

use crate::dice::Dice;
use crate::hands::{Hands, TownClock};
use crate::sky::Sky;
use crate::town::Town;
use crate::town::stations::datum;
use answers::Answers;
use faults::held_back_ms;
use field::clock::Clock;
use field::station::StationKind;
use field::time::{MINUTE_MS, SECOND_MS, Time};
use reports::{ADDED_RAIN_TENTHS, Pending, SLOT_MS, Writer};
use serde::Serialize;
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use wire::sl651::encode::{Address, EncodeError};

/// Reports a station can hold unsent: a month of five-minute and hourly ones. The oldest give way.
const MEMORY: usize = 9_360;
/// Tries of one frame before the station hangs up (SL 651: re-sent twice at most).
const TRIES: u32 = 3;
/// How long a station waits for a confirmation: seconds of the town's time, and least real time, for
/// at 600× the server still needs its milliseconds.
pub(crate) const PATIENCE: (f64, Duration) = (20.0, Duration::from_secs(3));
/// Pause after a frame failed three times, of the town's time.
const PAUSE_MS: i64 = 60 * SECOND_MS;
/// The gauges' lines are back this long before a storm's played hours end.
const GAUGES_BACK_MS: i64 = 90 * MINUTE_MS;
/// Pauses between tries to connect: real time, doubled from the first to the last.
const FIRST_BACK_OFF: Duration = Duration::from_millis(200);
const LAST_BACK_OFF: Duration = Duration::from_secs(5);
/// 链路维持报 every 40 s (SL 651 recommends), and no oftener than this in real time.
const KEEP_ALIVE_S: f64 = 40.0;
const LEAST_KEEP_ALIVE: Duration = Duration::from_secs(10);

/// What the stations did, for the status page.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) sent: AtomicU64,
    pub(crate) resent: AtomicU64,
    pub(crate) confirmed: AtomicU64,
    pub(crate) waiting: AtomicU64,
    pub(crate) forgotten: AtomicU64,
    pub(crate) connected: AtomicU64,
}

/// The tally as the control port shows it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Traffic {
    /// Frames put on the wire, each try counted.
    pub sent: u64,
    /// Tries after the first.
    pub resent: u64,
    /// Frames confirmed.
    pub confirmed: u64,
    /// Frames in the stations' memories.
    pub waiting: u64,
    /// Frames overwritten in a full memory.
    pub forgotten: u64,
    /// Stations connected now.
    pub connected: u64,
}

impl Tally {
    pub(crate) fn traffic(&self) -> Traffic {
        let get = |n: &AtomicU64| n.load(Ordering::Relaxed);
        Traffic {
            sent: get(&self.sent),
            resent: get(&self.resent),
            confirmed: get(&self.confirmed),
            waiting: get(&self.waiting),
            forgotten: get(&self.forgotten),
            connected: get(&self.connected),
        }
    }
}

fn add(n: &AtomicU64, by: u64) {
    n.fetch_add(by, Ordering::Relaxed);
}

/// What every station shares.
#[derive(Clone, Debug)]
pub(crate) struct Yard {
    pub(crate) centre: SocketAddr,
    pub(crate) seed: u64,
    pub(crate) faults: Faults,
    /// [`PATIENCE`], shorter in tests.
    pub(crate) patience: (f64, Duration),
    pub(crate) sky: Arc<Sky>,
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) tally: Arc<Tally>,
    pub(crate) clock: TownClock,
}

/// The town's stations that report by themselves, each ready to run.
pub(crate) fn stations(town: &Town, yard: &Yard) -> Result<Vec<Rtu>, EncodeError> {
    let online = town.online().count();
    let place = |n: usize, kind| Place {
        station: n,
        kind,
        nth: if kind == StationKind::Rain { n - online } else { n },
    };
    let rtu = |(n, s): (usize, &field::station::Station)| {
        Ok(Rtu::new(yard.clone(), Address::of(&s.code)?, place(n, s.kind)))
    };
    let reporting = town.stations.iter().enumerate().filter(|(_, s)| s.kind != StationKind::Pump);
    reporting.map(rtu).collect()
}

/// One station.
#[derive(Debug)]
pub(crate) struct Rtu {
    yard: Yard,
    place: Place,
    gauge: Gauge,
    writer: Writer,
    answers: Answers,
    dice: Dice,
    memory: VecDeque<Pending>,
    link: Option<Link>,
    back_off: Duration,
    /// The next slot's label, by the station's own clock.
    next_slot: Time,
    next_minute: Time,
    leaps: u64,
    /// Thresholds the height stood over when last reported.
    over: usize,
    rain_added: bool,
}

impl Rtu {
    fn new(yard: Yard, address: Address, place: Place) -> Self {
        Self {
            gauge: Gauge::new(place.clone(), yard.sky.clone(), yard.seed, yard.faults),
            writer: Writer::new(address, place.clone()),
            answers: Answers::new(address, place.clone()),
            dice: Dice::of(yard.seed, "rtu", place.station as i64),
            yard,
            place,
            memory: VecDeque::new(),
            link: None,
            back_off: FIRST_BACK_OFF,
            next_slot: Time::MAX,
            next_minute: Time::MAX,
            leaps: 0,
            over: 0,
            rain_added: false,
        }
    }

    /// Reads, writes and sends until it is dropped.
    ///
    /// # Errors
    /// Only when a frame cannot be written at all, which no reading of this town causes.
    pub(crate) async fn run(mut self) -> Result<(), EncodeError> {
        self.yard.clock.started().await;
        loop {
            let hands = self.yard.clock.hands();
            self.look(&hands)?;
            self.answer(&hands).await?;
            let now = self.yard.clock.now();
            let silent = self.is_silent(&hands, now);
            let due = self.memory.iter().position(|p| p.not_before <= now);
            match due.filter(|_| !silent) {
                Some(n) => self.deliver(n).await,
                None => self.rest(silent).await?,
            }
        }
    }

    /// Answers what the centre asked or told.
    async fn answer(&mut self, hands: &Hands) -> Result<(), EncodeError> {
        let Some(link) = &mut self.link else { return Ok(()) };
        let questions = link.questions();
        if questions.is_empty() {
            return Ok(());
        }
        let now = self.yard.clock.now();
        let own = self.own_time(now);
        let label = Time::from_ms(own.ms().div_euclid(MINUTE_MS) * MINUTE_MS);
        let read = self.gauge.read(hands.playing, now, label);
        for question in questions {
            for frame in self.answers.reply(&question, own, read)? {
                let Some(link) = &mut self.link else { return Ok(()) };
                if link.send(&frame).await.is_err() {
                    self.hang_up();
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// Whether the station's line is away. A gauge's line is back before a storm's last hour and a half,
    /// so that its whole rain arrives while the storm is played.
    fn is_silent(&mut self, hands: &Hands, now: Time) -> bool {
        let back_by = if self.place.is_gauge() { GAUGES_BACK_MS } else { 0 };
        let is_back = hands.playing.is_none_or(|p| !p.is_on(now.plus_ms(back_by)));
        !is_back && (self.gauge.is_silent(hands.playing, now) || self.gauge.is_dead(hands.playing, now))
    }

    /// The station's own clock.
    fn own_time(&self, at: Time) -> Time {
        at.plus_ms(self.gauge.drift_ms(at))
    }

    /// Reads everything that has become due since the last look.
    fn look(&mut self, hands: &Hands) -> Result<(), EncodeError> {
        let now = self.yard.clock.now();
        let own = self.own_time(now);
        if hands.leaps != self.leaps {
            self.leaps = hands.leaps;
            self.gauge.forget(hands.playing, now);
            self.writer.forget();
            self.next_slot = after(own, SLOT_MS);
            self.next_minute = after(own, MINUTE_MS);
            self.over = 0;
        }
        while self.next_slot <= own {
            let label = self.next_slot;
            self.next_slot = label.plus_ms(SLOT_MS);
            self.slot(hands, label, now.plus_ms(label.since_ms(own)))?;
        }
        if self.next_minute <= own {
            let label = Time::from_ms(own.ms().div_euclid(MINUTE_MS) * MINUTE_MS);
            self.next_minute = label.plus_ms(MINUTE_MS);
            if label.ms() % SLOT_MS != 0 {
                self.between(hands, label, now.plus_ms(label.since_ms(own)))?;
            }
        }
        Ok(())
    }

    /// The end of five minutes.
    fn slot(&mut self, hands: &Hands, label: Time, at: Time) -> Result<(), EncodeError> {
        if self.gauge.is_dead(hands.playing, at) {
            return Ok(());
        }
        let mut read = self.gauge.read(hands.playing, at, label);
        read.running = self.answers.running(read.running);
        self.gauge.end_slot();
        self.rain_added = false;
        self.over = self.thresholds_under(read.height_m);
        for mut pending in self.writer.slot(label, read)? {
            if hands.playing.is_some() && self.dice.chance(self.yard.faults.late) {
                pending.not_before = at.plus_ms(held_back_ms(&mut self.dice));
            }
            self.keep(pending);
        }
        Ok(())
    }

    /// A minute between two slots: only a passed threshold is reported.
    fn between(&mut self, hands: &Hands, label: Time, at: Time) -> Result<(), EncodeError> {
        if self.gauge.is_dead(hands.playing, at) {
            return Ok(());
        }
        let read = self.gauge.read(hands.playing, at, label);
        let rain = self.place.is_gauge() && read.rain_tenths >= ADDED_RAIN_TENTHS && !self.rain_added;
        let over = self.thresholds_under(read.height_m);
        if rain || (!self.place.is_gauge() && over > self.over) {
            self.rain_added |= rain;
            self.over = over;
            let pending = self.writer.added(label, read)?;
            self.keep(pending);
        }
        Ok(())
    }

    fn thresholds_under(&self, height_m: f64) -> usize {
        if self.place.is_gauge() {
            return 0;
        }
        datum(self.place.nth).thresholds.iter().filter(|t| height_m >= **t).count()
    }

    fn keep(&mut self, pending: Pending) {
        if self.memory.len() >= MEMORY {
            self.memory.pop_front();
            add(&self.yard.tally.forgotten, 1);
            self.yard.tally.waiting.fetch_sub(1, Ordering::Relaxed);
        }
        self.memory.push_back(pending);
        add(&self.yard.tally.waiting, 1);
    }

    /// Sends one frame of the memory until it is confirmed or has failed three times.
    async fn deliver(&mut self, n: usize) {
        if self.connected().await.is_none() {
            return;
        }
        let Some(mut pending) = self.memory.remove(n) else { return };
        let lost = self.dice.chance(self.yard.faults.lost_confirmation);
        let confirmed = self.exchange(&mut pending, lost).await;
        if confirmed {
            self.yard.tally.waiting.fetch_sub(1, Ordering::Relaxed);
            if self.dice.chance(self.yard.faults.duplicate) {
                let _twice = self.exchange(&mut pending, false).await;
            }
            return;
        }
        if self.link.is_some() {
            // Three time-outs: the line is closed and the station waits.
            pending.not_before = self.yard.clock.now().plus_ms(PAUSE_MS);
            self.hang_up();
        }
        self.memory.insert(n.min(self.memory.len()), pending);
        self.pause().await;
    }

    /// Waits before the next try; longer each time until a frame is confirmed.
    async fn pause(&mut self) {
        // Stations that lost the same server do not come back in step.
        let wait = self.back_off.mul_f64(self.dice.between(0.5, 1.0));
        self.back_off = (self.back_off * 2).min(LAST_BACK_OFF);
        tokio::time::sleep(wait).await;
    }

    /// Up to three tries of one frame. `lost`: the first confirmation does not reach the station.
    async fn exchange(&mut self, pending: &mut Pending, lost: bool) -> bool {
        for again in 0..TRIES {
            let (seconds, least) = self.yard.patience;
            let patience = self.yard.clock.real(seconds, least);
            let Some(link) = &mut self.link else { return false };
            let places = pending
                .entered
                .get_or_insert_with(|| self.yard.ledger.enter(self.place.station, &pending.lines))
                .clone();
            if link.send(&pending.frame).await.is_err() {
                self.hang_up();
                return false;
            }
            add(&self.yard.tally.sent, 1);
            add(&self.yard.tally.resent, u64::from(again > 0));
            match link.confirmation(pending.serial, patience).await {
                Ok(Answer::Confirmed) => {
                    // The centre has it, whether or not the station comes to know.
                    self.yard.ledger.confirm(places);
                    if !(lost && again == 0) {
                        add(&self.yard.tally.confirmed, 1);
                        self.back_off = FIRST_BACK_OFF;
                        return true;
                    }
                }
                Ok(Answer::Silence) => {}
                Err(_) => {
                    self.hang_up();
                    return false;
                }
            }
        }
        false
    }

    async fn connected(&mut self) -> Option<()> {
        if self.link.is_some() {
            return Some(());
        }
        match Link::open(self.yard.centre).await {
            Ok(link) => {
                self.link = Some(link);
                add(&self.yard.tally.connected, 1);
                Some(())
            }
            Err(error) => {
                tracing::debug!(station = self.place.station, %error, "a station cannot reach the centre");
                self.pause().await;
                None
            }
        }
    }

    fn hang_up(&mut self) {
        if self.link.take().is_some() {
            self.yard.tally.connected.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// Nothing to send: waits for the next minute, a waiting frame, or the centre.
    async fn rest(&mut self, silent: bool) -> Result<(), EncodeError> {
        if silent {
            self.hang_up();
        }
        let now = self.yard.clock.now();
        let drift = self.gauge.drift_ms(now);
        let held = self.memory.iter().map(|p| p.not_before).filter(|t| *t > now).min();
        let next = self.next_minute.min(self.next_slot).plus_ms(-drift);
        let next = held.map_or(next, |h| h.min(next));
        let beat = self.yard.clock.real(KEEP_ALIVE_S, LEAST_KEEP_ALIVE);
        let mut clock = self.yard.clock.clone();
        let Some(link) = &mut self.link else {
            clock.until(next).await;
            return Ok(());
        };
        let mut hung_up = false;
        let mut keep_alive = false;
        tokio::select! {
            () = clock.until(next) => {}
            heard = link.heard() => hung_up = heard.is_err(),
            () = tokio::time::sleep(beat) => keep_alive = true,
        }
        if keep_alive {
            let frame = self.writer.keep_alive(self.own_time(self.yard.clock.now()))?;
            hung_up = match &mut self.link {
                Some(link) => link.send(&frame).await.is_err(),
                None => false,
            };
        }
        if hung_up {
            self.hang_up();
        }
        Ok(())
    }
}

/// The first multiple of `step_ms` after a moment.
fn after(at: Time, step_ms: i64) -> Time {
    Time::from_ms((at.ms().div_euclid(step_ms) + 1) * step_ms)
}

#[cfg(test)]
mod tests;
