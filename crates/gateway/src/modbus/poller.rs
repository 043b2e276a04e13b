//! 轮询任务: one connection's task: connects, asks whoever is due, carries commands, backs off.

use super::carry::carry;
use super::config::Connection;
use super::link::Link;
use super::turn::{Asked, Turn};
use crate::downlink::Line;
use crate::error::GatewayError;
use crate::hub::{Hub, Place};
use crate::throttle::Throttle;
use field::clock::Clock;
use field::time::Time;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use wire::modbus::{Map, NAME};

/// Pauses between tries to connect, doubled from the first to the last.
const FIRST_BACK_OFF: Duration = Duration::from_millis(500);
const LAST_BACK_OFF: Duration = Duration::from_secs(60);
/// A device that does not answer is asked at most this many times more rarely.
const MOST_RARELY: i64 = 32;
/// Longest wait before the clock is looked at again: it may run faster in a playback, or leap.
const LOOK: Duration = Duration::from_millis(500);

/// A device and when it is asked next.
#[derive(Debug)]
struct Slot {
    device: Asked,
    every_ms: i64,
    due: Time,
    /// Turns in a row without an answer.
    silences: u32,
}

/// The task of one connection.
#[derive(Debug)]
pub(super) struct Poller {
    connection: Connection,
    slots: Vec<Slot>,
    hub: Hub,
    clock: Arc<dyn Clock>,
    back_off: Duration,
    trouble: Throttle,
}

/// A connection that stands.
#[derive(Debug)]
struct Open {
    link: Link,
    line: Line,
    _place: Place,
}

impl Poller {
    pub(super) fn new(
        connection: Connection,
        maps: &BTreeMap<String, Arc<Map>>,
        hub: Hub,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, GatewayError> {
        let bad =
            |what: String| GatewayError::setting(NAME, format!("connection {}: {what}", connection.address));
        connection.check().map_err(bad)?;
        let mut slots = Vec::with_capacity(connection.devices.len());
        for device in &connection.devices {
            let map = maps.get(&device.map).ok_or_else(|| {
                let known: Vec<&str> = maps.keys().map(String::as_str).collect();
                bad(format!("there is no register map `{}`; known are: {}", device.map, known.join(", ")))
            })?;
            slots.push(Slot {
                device: Asked::new(device.station.clone(), device.unit, Arc::clone(map)),
                every_ms: i64::from(device.every_s) * 1_000,
                due: Time::MIN,
                silences: 0,
            });
        }
        Ok(Self { connection, slots, hub, clock, back_off: FIRST_BACK_OFF, trouble: Throttle::default() })
    }

    /// Asks until the house shuts down.
    pub(super) async fn run(mut self) {
        let mut open: Option<Open> = None;
        loop {
            let hub = self.hub.clone();
            tokio::select! {
                biased;
                () = hub.stopped() => return,
                next = self.work(open.take()) => open = next,
            }
        }
    }

    /// One step: connects, asks the one that is due, or waits. (It is dropped when the house shuts
    /// down, and then at worst one answer is not kept: it is asked for again after the start.)
    async fn work(&mut self, open: Option<Open>) -> Option<Open> {
        let Some(mut open) = open else { return self.connect().await };
        let Some(n) = self.next_due() else { return self.rest(open).await };
        let now = self.clock.now();
        let slot = self.slots.get_mut(n)?;
        let turn = slot.device.turn(&mut open.link, &self.hub).await;
        slot.after(&turn, now);
        match turn {
            Turn::Heard => {
                self.back_off = FIRST_BACK_OFF;
                if let Ok(station) = self.hub.intake.known(&slot.device.station) {
                    open.line.serves(&station);
                }
                Some(open)
            }
            Turn::Silent if !open.link.is_spoilt_by_silence() => Some(open),
            Turn::Silent => None,
            Turn::Lost(why) => {
                self.lost(&why).await;
                None
            }
        }
    }

    fn next_due(&self) -> Option<usize> {
        let now = self.clock.now();
        // A clock that was set back or leapt makes everybody due.
        let due = |slot: &Slot| slot.due <= now || slot.due.since_ms(now) > slot.every_ms * MOST_RARELY;
        let dues = self.slots.iter().enumerate().filter(|(_, slot)| due(slot));
        dues.min_by_key(|(_, slot)| slot.due).map(|(n, _)| n)
    }

    async fn connect(&mut self) -> Option<Open> {
        let Some(place) = self.hub.connections.enter() else {
            self.lost("too many connections are open").await;
            return None;
        };
        let Connection { address, transport, .. } = &self.connection;
        match Link::open(address, *transport, self.connection.timeout()).await {
            Ok(link) => {
                metrics::counter!("gateway_modbus_connects_total").increment(1);
                Some(Open { link, line: self.hub.downlink.open(NAME), _place: place })
            }
            Err(error) => {
                drop(place);
                self.lost(&error.to_string()).await;
                None
            }
        }
    }

    /// The line is gone: says so now and then, and waits longer each time.
    async fn lost(&mut self, why: &str) {
        metrics::counter!("gateway_modbus_lost_total").increment(1);
        if let Some(held_back) = self.trouble.pass() {
            let (address, wait_ms) = (&self.connection.address, self.back_off.as_millis());
            tracing::warn!(
                address,
                why,
                wait_ms,
                held_back,
                "a Modbus connection is lost; it is tried again"
            );
        }
        let wait = self.back_off;
        self.back_off = (wait * 2).min(LAST_BACK_OFF);
        tokio::time::sleep(wait).await;
    }

    /// Nobody is due: waits for the next, or for a command.
    async fn rest(&mut self, mut open: Open) -> Option<Open> {
        let errand = tokio::select! {
            errand = open.line.next() => errand,
            () = tokio::time::sleep(self.until_due()) => return Some(open),
        };
        if errand.is_over() {
            return Some(open);
        }
        let code = errand.command.station.to_string();
        let Some(slot) = self.slots.iter_mut().find(|slot| slot.device.station == code) else {
            errand.refuse("unsupported", "the station is not asked on this connection");
            return Some(open);
        };
        // What was changed is looked at soon.
        slot.due = Time::MIN;
        match carry(errand, &slot.device, &mut open.link).await {
            Ok(()) => Some(open),
            Err(why) => {
                self.lost(&why).await;
                None
            }
        }
    }

    /// Real time until the next is due, at most [`LOOK`].
    fn until_due(&self) -> Duration {
        let now = self.clock.now();
        let speed = self.clock.speed();
        let next = self.slots.iter().map(|slot| slot.due).min().unwrap_or(now);
        let ms = next.since_ms(now).max(0);
        if speed <= 0.0 {
            return LOOK;
        }
        #[expect(clippy::cast_precision_loss, reason = "milliseconds of a day")]
        let wait = Duration::from_secs_f64(ms as f64 / 1_000.0 / speed);
        wait.clamp(Duration::from_millis(1), LOOK)
    }
}

impl Slot {
    /// Sets the next turn: on the next multiple of the period, so that polls stand on full minutes;
    /// ever later for a device that does not answer.
    fn after(&mut self, turn: &Turn, now: Time) {
        self.silences = if matches!(turn, Turn::Heard) { 0 } else { self.silences.saturating_add(1) };
        let rarely = (1_i64 << self.silences.min(5)).min(MOST_RARELY);
        let period = self.every_ms;
        let next = (now.ms().div_euclid(period) + 1) * period;
        self.due = Time::from_ms(next + (rarely - 1) * period);
    }
}
