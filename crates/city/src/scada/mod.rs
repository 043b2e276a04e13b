//! 组态服务器: a raw water pumping station behind a SCADA that is an OPC UA server: level, flow, running
//! pumps and power every minute where they changed, a history of them, and three nodes that obey.
//!
//! It knows what its client has kept only from the questions about its history: whoever asks for what came
//! after a moment holds what came before. That, and nothing sooner, goes into the ledger. During a storm the
//! SCADA is restarted every twelve hours, so that sessions are lost and gaps are read from the history.
//!
//! What it measures is a function of the town's time and of what it was told.

mod archive;
mod nodes;
mod server;

use crate::hands::TownClock;
use crate::marks::Marks;
use crate::rtu::Page;
use archive::Archive;
use field::clock::Clock;
use field::time::{MINUTE_MS, Time};
use nodes::{Machine, NODES};
use server::Running;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::net::TcpListener;

/// The bundled node map of the station, and what stands for `{at}` in it.
pub const MAP: &str = "pump-station";
/// See [`MAP`].
pub const AT: &str = "FK";
/// The code of its station.
pub use crate::town::mixed::SCADA as STATION;

/// Between two restarts during a storm.
const RESTART_MS: i64 = 12 * 60 * MINUTE_MS;
/// Pause before its port is tried again, real time.
const PAUSE: Duration = Duration::from_secs(1);

/// What the station is, whatever becomes of the program in front of it.
#[derive(Debug)]
pub(crate) struct Station {
    seed: u64,
    machine: Machine,
    archive: Archive,
}

/// A panic elsewhere leaves whole values.
fn lock(station: &Mutex<Station>) -> MutexGuard<'_, Station> {
    station.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Station {
    /// A station that has measured nothing yet.
    pub(crate) fn new(seed: u64, page: Option<Page>) -> Self {
        Self { seed, machine: Machine::default(), archive: Archive::new(page) }
    }

    /// Reads everything; gives the nodes whose values changed.
    fn scan(&mut self, at: Time) -> Vec<usize> {
        let values = self.machine.read(self.seed, at);
        let changed = |(n, value): (usize, f64)| self.archive.note(n, at, value).then_some(n);
        values.into_iter().enumerate().filter_map(changed).collect()
    }
}

/// Serves for as long as the town lives, from its first scan on; `listener` is its first.
pub(crate) async fn run(station: Station, clock: TownClock, listener: TcpListener) {
    let Ok(at) = listener.local_addr() else { return };
    let station = Arc::new(Mutex::new(station));
    let mut clock = clock;
    let (mut running, mut first): (Option<Running>, _) = (None, Some(listener));
    clock.started().await;
    let mut marks = Marks::every(MINUTE_MS);
    let mut restart = Time::MIN;
    loop {
        let now = clock.now();
        if marks.leapt(&clock) {
            lock(&station).archive.forget();
            restart = now.plus_ms(RESTART_MS);
        }
        while let Some(at) = marks.due(now) {
            let changed = lock(&station).scan(at);
            if let Some(running) = &running {
                running.show(&station, &changed);
            }
        }
        let is_stormy = clock.hands().playing.is_some_and(|playing| playing.is_on(now));
        if running.is_none() || (is_stormy && now >= restart) {
            restart = now.plus_ms(RESTART_MS);
            if let Some(running) = running.take() {
                running.stop().await;
            }
            running = serve(at, first.take(), &station).await;
        }
        clock.until(marks.next()).await;
    }
}

/// A server that shows what was measured, on its first listener or anew at the same place.
async fn serve(
    at: SocketAddr,
    listener: Option<TcpListener>,
    station: &Arc<Mutex<Station>>,
) -> Option<Running> {
    let listener = match listener {
        Some(listener) => Ok(listener),
        None => TcpListener::bind(at).await,
    };
    match listener {
        Ok(listener) => {
            let running = Running::start(at.port(), listener, station)?;
            running.show(station, &(0..NODES.len()).collect::<Vec<_>>());
            Some(running)
        }
        Err(error) => {
            tracing::debug!(%error, "the SCADA's port is not free yet");
            tokio::time::sleep(PAUSE).await;
            None
        }
    }
}

#[cfg(test)]
mod tests;
