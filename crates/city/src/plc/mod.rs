//! 泵站 PLC: the four pump stations as Modbus devices that are asked: forebay level, pumps, flow,
//! pressure, run hours, energy.
//!
//! A PLC scans its instruments every minute of the town's clock and stamps the scan; everything of a
//! scan stands within one read, so a poll never mixes two. Before its first scan, without power and
//! while its line is away it does not answer. Nothing is ever sent by itself.
//!
//! What the ledger calls confirmed is what the heartbeat confirmed: the server counts that register
//! up after a poll was kept.

mod machine;
mod memory;
mod serve;
#[cfg(test)]
mod tests;

pub(crate) use serve::serve;

use crate::hands::TownClock;
use crate::rtu::{Faults, Gauge, Ledger, Place};
use crate::sky::Sky;
use crate::town::Town;
use field::clock::Clock;
use field::station::StationKind;
use field::time::{MINUTE_MS, Time};
use machine::Machine;
use memory::{Memory, Scan};
use std::sync::{Arc, Mutex};
use tokio::task::JoinSet;
use wire::modbus::Map;

/// Name of the pump stations' register map in `devices/modbus`.
pub const MAP: &str = "pump-station";
/// The first scan after a start stands on a mark of so many minutes, like the other stations' reports.
const FIRST_MARK_MS: i64 = 5 * MINUTE_MS;

/// What every PLC shares.
#[derive(Clone, Debug)]
pub(crate) struct Works {
    pub(crate) seed: u64,
    pub(crate) faults: Faults,
    pub(crate) sky: Arc<Sky>,
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) clock: TownClock,
}

/// The PLCs' memories by unit number, from 1, in the order of the pump stations.
pub(crate) type Units = Vec<Arc<Mutex<Memory>>>;

/// The unit number of each pump station of a town, with its code: what a server has to ask.
#[must_use]
pub fn units(town: &Town) -> Vec<(u8, String)> {
    let pumps = town.stations.iter().filter(|s| s.kind == StationKind::Pump);
    (1..).zip(pumps.map(|s| s.code.to_string())).collect()
}

/// Starts the scans of a town's PLCs; gives what a connection asks.
pub(crate) fn start(town: &Town, works: &Works, tasks: &mut JoinSet<()>) -> Units {
    let Some(map) = map() else { return Units::new() };
    let pumps = town.stations.iter().enumerate().filter(|(_, s)| s.kind == StationKind::Pump);
    pumps
        .map(|(station, _)| {
            let memory = Arc::new(Mutex::new(Memory::new(station, map.clone(), works.ledger.clone())));
            let place = Place { station, kind: StationKind::Pump, nth: station };
            tasks.spawn(scans(Plc::new(place, works.clone()), memory.clone()));
            memory
        })
        .collect()
}

fn map() -> Option<Arc<Map>> {
    let text = wire::modbus::BUNDLED.iter().find(|(name, _)| *name == MAP)?.1;
    Map::parse(text).ok().map(Arc::new)
}

/// One PLC's instruments.
#[derive(Debug)]
struct Plc {
    place: Place,
    works: Works,
    gauge: Gauge,
    machine: Machine,
}

impl Plc {
    fn new(place: Place, works: Works) -> Self {
        let gauge = Gauge::new(place.clone(), works.sky.clone(), works.seed, works.faults);
        let machine = Machine::new(works.seed, place.station);
        Self { place, works, gauge, machine }
    }

    /// Reads everything; `None` while nobody could hear the answer.
    fn scan(&mut self, at: Time, forced: [bool; 3]) -> Option<Scan> {
        let playing = self.works.clock.hands().playing;
        let read = self.gauge.read(playing, at, at);
        let state = self.machine.step(at, read.running, forced);
        let away = self.gauge.is_dead(playing, at) || self.gauge.is_silent(playing, at);
        (!away).then(|| Scan::of(at, read.height_m, read.volt, &state))
    }
}

async fn scans(mut plc: Plc, memory: Arc<Mutex<Memory>>) {
    let mut clock = plc.works.clock.clone();
    clock.started().await;
    let mut leaps = None;
    let mut next = Time::MIN;
    loop {
        let hands = clock.hands();
        let now = clock.now();
        if leaps != Some(hands.leaps) {
            leaps = Some(hands.leaps);
            plc.gauge.forget(hands.playing, now);
            plc.machine.forget();
            memory::lock(&memory).show(None);
            next = after(now, FIRST_MARK_MS);
        }
        if next <= now {
            // After a pause of the machine only the newest scan is of use.
            let at = Time::from_ms(now.ms().div_euclid(MINUTE_MS) * MINUTE_MS);
            let forced = memory::lock(&memory).forced();
            let scan = plc.scan(at, forced);
            memory::lock(&memory).show(scan);
            next = after(now, MINUTE_MS);
        }
        tracing::trace!(station = plc.place.station, %next, "a PLC waits for its next scan");
        clock.until(next).await;
    }
}

/// The first multiple of `step_ms` after a moment.
fn after(at: Time, step_ms: i64) -> Time {
    Time::from_ms((at.ms().div_euclid(step_ms) + 1) * step_ms)
}
