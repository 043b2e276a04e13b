//! 智能水表: a community whose meters speak MQTT, each for itself: every quarter of an hour one JSON
//! object with its total and its battery, sent until it is taken.

use super::truth::{swaying, total};
use crate::dice::Dice;
use crate::hands::TownClock;
use crate::marks::{Marks, remember};
use crate::mqtt::Client;
use crate::rtu::{Ledger, Page};
use crate::town::mixed::{SENSORS, sensor_code};
use field::clock::Clock;
use field::time::{MINUTE_MS, Time};
use serde_json::json;
use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;

const EVERY_MS: i64 = 15 * MINUTE_MS;
/// Values a meter keeps unsent: a week. The oldest give way.
const MEMORY: usize = 672;
/// Pause after a failure, real time.
const PAUSE: Duration = Duration::from_secs(2);

/// Starts every meter.
pub(super) fn start(
    seed: u64,
    clock: &TownClock,
    broker: SocketAddr,
    ledger: &Arc<Ledger>,
    tasks: &mut JoinSet<()>,
) {
    for n in 0..SENSORS {
        let a_day_m3 = Dice::of(seed, "sensor", n as i64).between(0.2, 0.8);
        let code = sensor_code(n);
        let page = ledger.page(&code);
        let sensor = Sensor { seed, code, a_day_m3, broker, memory: VecDeque::new(), page };
        tasks.spawn(sensor.run(clock.clone()));
    }
}

#[derive(Debug)]
struct Sensor {
    seed: u64,
    code: String,
    a_day_m3: f64,
    broker: SocketAddr,
    memory: VecDeque<Time>,
    page: Option<Page>,
}

impl Sensor {
    async fn run(mut self, mut clock: TownClock) {
        clock.started().await;
        let mut marks = Marks::every(EVERY_MS);
        let mut client = None;
        loop {
            let now = clock.now();
            if marks.leapt(&clock) {
                self.memory.clear();
            }
            while let Some(at) = marks.due(now) {
                remember(&mut self.memory, MEMORY, at);
            }
            if let Err(error) = self.deliver(&mut client).await {
                tracing::debug!(code = self.code, %error, "a smart meter's line failed");
                client = None;
                tokio::time::sleep(PAUSE).await;
                continue;
            }
            tokio::select! {
                () = clock.until(marks.next()) => {}
                heard = listen(&mut client) => if heard.is_err() { client = None },
            }
        }
    }

    async fn deliver(&mut self, client: &mut Option<Client>) -> io::Result<()> {
        while let Some(at) = self.memory.front().copied() {
            let client = match client {
                Some(client) => client,
                None => client.insert(Client::connect(self.broker, &self.code, None).await?),
            };
            let [total, battery] = self.values(at);
            let payload = json!({ "ts": at, "total": total, "battery": battery }).to_string().into_bytes();
            client.publish(&format!("zhizhen/{}/up", self.code), payload).await?;
            self.memory.pop_front();
            if let Some(page) = &self.page {
                page.kept(at, &[("total", total), ("battery", battery)]);
            }
        }
        Ok(())
    }

    /// Total, m³, and battery, V.
    fn values(&self, at: Time) -> [f64; 2] {
        let battery = swaying(self.seed, &self.code, at, (3.6, 0.05, 9.0), 0.005);
        [total(self.a_day_m3, at), battery].map(|value| (value * 1_000.0).round() / 1_000.0)
    }
}

async fn listen(client: &mut Option<Client>) -> io::Result<()> {
    match client {
        Some(client) => client.listen().await,
        None => std::future::pending().await,
    }
}
