//! 平台转发: a vendor's platform that hands its devices' values on over HTTP, with a token: what the server
//! did not take is kept and sent again, older values first.

mod line;

pub(super) use line::Way;

use crate::hands::TownClock;
use crate::marks::{Marks, remember};
use crate::rtu::{Ledger, Page};
use field::clock::Clock;
use field::time::{MINUTE_MS, Time};
use line::Line;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

/// Its devices measure so often.
const EVERY_MS: i64 = 5 * MINUTE_MS;
/// Moments kept unsent: a month. The oldest give way.
const MEMORY: usize = 8_640;
/// The pause after a failure, real time.
const PAUSE: Duration = Duration::from_secs(2);

/// What one device measured at one moment, in the units of its points.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Measured {
    /// Its station's code.
    pub(super) code: String,
    /// When.
    pub(super) at: Time,
    /// Element and value.
    pub(super) values: Vec<(&'static str, f64)>,
}

/// A platform.
#[derive(Clone, Debug)]
pub(super) struct Platform {
    /// Its name in logs.
    pub(super) name: &'static str,
    /// What it shows.
    pub(super) token: &'static str,
    /// Its devices' stations.
    pub(super) codes: Vec<String>,
    /// What a device measures: seed, its place, moment.
    pub(super) measure: fn(u64, usize, Time) -> Vec<(&'static str, f64)>,
    /// How it hands on what was measured.
    pub(super) way: Way,
}

impl Platform {
    /// Pushes for as long as the town lives. `base` is the server's address.
    pub(super) async fn run(self, seed: u64, mut clock: TownClock, base: String, ledger: Arc<Ledger>) {
        let mut line = Line::new(self.name, base, self.token, self.way);
        let pages: Vec<Option<Page>> = self.codes.iter().map(|code| ledger.page(code)).collect();
        let mut memory: VecDeque<Time> = VecDeque::new();
        clock.started().await;
        let mut marks = Marks::every(EVERY_MS);
        loop {
            let now = clock.now();
            if marks.leapt(&clock) {
                memory.clear();
            }
            while let Some(at) = marks.due(now) {
                remember(&mut memory, MEMORY, at);
            }
            while !memory.is_empty() {
                let moments = memory.len().min(line.moments());
                let measured = self.measured(seed, memory.iter().take(moments));
                if !line.push(&measured).await {
                    tokio::time::sleep(PAUSE).await;
                    break;
                }
                memory.drain(..moments);
                for (n, one) in measured.iter().enumerate() {
                    if let Some(Some(page)) = pages.get(n % self.codes.len()) {
                        page.kept(one.at, &one.values);
                    }
                }
            }
            if memory.is_empty() {
                clock.until(marks.next()).await;
            }
        }
    }

    /// Every device at every one of these moments, moment by moment.
    fn measured<'a>(&self, seed: u64, moments: impl Iterator<Item = &'a Time>) -> Vec<Measured> {
        let of = |at: &Time| {
            let at = *at;
            let device = move |(n, code): (usize, &String)| Measured {
                code: code.clone(),
                at,
                values: (self.measure)(seed, n, at),
            };
            self.codes.iter().enumerate().map(device).collect::<Vec<_>>()
        };
        moments.flat_map(of).collect()
    }
}
