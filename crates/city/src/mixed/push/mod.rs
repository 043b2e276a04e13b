//! 平台转发: a vendor's platform that hands its devices' values on over HTTP, with a token: what the server
//! did not take is kept and sent again, older values first.

use crate::hands::TownClock;
use crate::marks::{Marks, remember};
use crate::rtu::{Ledger, Page};
use field::clock::Clock;
use field::time::{MINUTE_MS, Time};
use reqwest::{Client, StatusCode};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

/// Its devices measure so often.
const EVERY_MS: i64 = 5 * MINUTE_MS;
/// Moments kept unsent: a month. The oldest give way.
const MEMORY: usize = 8_640;
/// Moments in one body, while it catches up.
const AT_ONCE: usize = 24;
/// Longest wait for an answer, and the pause after a failure, real time.
const PATIENCE: Duration = Duration::from_secs(10);
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
    /// Where it pushes to, behind the server's address.
    pub(super) path: &'static str,
    /// What it shows.
    pub(super) token: &'static str,
    /// The media type of what it writes.
    pub(super) media: &'static str,
    /// Its devices' stations.
    pub(super) codes: Vec<String>,
    /// What a device measures: seed, its place, moment.
    pub(super) measure: fn(u64, usize, Time) -> Vec<(&'static str, f64)>,
    /// How it writes what was measured.
    pub(super) write: fn(&[Measured]) -> String,
}

impl Platform {
    /// Pushes for as long as the town lives. `base` is the server's address.
    pub(super) async fn run(self, seed: u64, mut clock: TownClock, base: String, ledger: Arc<Ledger>) {
        let url = format!("{base}{}", self.path);
        let client = Client::new();
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
                let moments = memory.len().min(AT_ONCE);
                let measured = self.measured(seed, memory.iter().take(moments));
                if !self.push(&client, &url, &measured).await {
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

    /// Whether the server says that all of it is durable.
    async fn push(&self, client: &Client, url: &str, measured: &[Measured]) -> bool {
        let request = client
            .post(url)
            .bearer_auth(self.token)
            .header(reqwest::header::CONTENT_TYPE, self.media)
            .body((self.write)(measured))
            .timeout(PATIENCE);
        match request.send().await {
            Ok(answer) if answer.status() == StatusCode::NO_CONTENT => true,
            Ok(answer) => {
                tracing::debug!(platform = self.name, status = %answer.status(), "a push was not taken");
                false
            }
            Err(error) => {
                tracing::debug!(platform = self.name, %error, "a platform's line failed");
                false
            }
        }
    }
}
