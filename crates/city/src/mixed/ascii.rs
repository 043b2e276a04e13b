//! 水库站: a reservoir's gauge that speaks SL 651 in its ASCII form (M2): level and battery every five
//! minutes, each report sent until it is confirmed.

use super::truth::swaying;
use crate::hands::TownClock;
use crate::marks::{Marks, remember};
use crate::rtu::{Answer, Ledger, Link, Page};
use crate::town::mixed::RESERVOIR;
use field::clock::Clock;
use field::id::StationCode;
use field::time::{MINUTE_MS, Time};
use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use wire::sl651::encode::{Address, Element, Group, Report};
use wire::sl651::{function, to_ascii};

const EVERY_MS: i64 = 5 * MINUTE_MS;
/// Reports kept unsent: a month. The oldest give way.
const MEMORY: usize = 8_640;
const PATIENCE: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_secs(2);
/// 水库(湖泊)站.
const KIND: u8 = b'K';
const LEVEL: u8 = 0x39;
const VOLTAGE: u8 = 0x38;

/// Keeps the station reporting for as long as the town lives.
pub(super) async fn run(seed: u64, clock: TownClock, centre: SocketAddr, ledger: Arc<Ledger>) {
    let Some(address) = StationCode::new(RESERVOIR).ok().and_then(|code| Address::of(&code).ok()) else {
        return;
    };
    let page = ledger.page(RESERVOIR);
    let mut station = Station { seed, address, serial: 0, memory: VecDeque::new(), link: None, page };
    let mut clock = clock;
    clock.started().await;
    let mut marks = Marks::every(EVERY_MS);
    loop {
        let now = clock.now();
        if marks.leapt(&clock) {
            station.memory.clear();
        }
        while let Some(at) = marks.due(now) {
            station.measure(at);
        }
        match station.deliver(centre).await {
            Ok(()) => clock.until(marks.next()).await,
            Err(error) => {
                tracing::debug!(%error, "the reservoir's line failed");
                station.link = None;
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

#[derive(Debug)]
struct Station {
    seed: u64,
    address: Address,
    serial: u16,
    memory: VecDeque<Unsent>,
    link: Option<Link>,
    page: Option<Page>,
}

#[derive(Debug)]
struct Unsent {
    serial: u16,
    frame: Vec<u8>,
    at: Time,
    level: f64,
}

impl Station {
    fn measure(&mut self, at: Time) {
        self.serial = self.serial.checked_add(1).unwrap_or(1);
        let level = swaying(self.seed, "reservoir", at, (98.6, 1.4, 23.0), 0.003);
        let volts = swaying(self.seed, "reservoir battery", at, (12.8, 0.3, 1.0), 0.02);
        let elements = [(LEVEL, level), (VOLTAGE, volts)].map(|(id, value)| Element::of(id, Some(value)));
        let report = Report {
            centre: 1,
            station: self.address,
            password: 0x1234,
            function: function::TIMED,
            serial: self.serial,
            sent_at: at,
            kind: KIND,
            groups: vec![Group { observed_at: at, elements: elements.into_iter().flatten().collect() }],
            more_follows: false,
        };
        if let Some(frame) = report.to_bytes().ok().and_then(|hex| to_ascii(&hex)) {
            // Three decimals of a metre, as the element has them.
            let level = (level * 1_000.0).round() / 1_000.0;
            remember(&mut self.memory, MEMORY, Unsent { serial: self.serial, frame, at, level });
        }
    }

    async fn deliver(&mut self, centre: SocketAddr) -> io::Result<()> {
        while let Some(Unsent { serial, frame, at, level }) = self.memory.front() {
            let link = match &mut self.link {
                Some(link) => link,
                None => self.link.insert(Link::open(centre).await?),
            };
            link.send(frame).await?;
            if link.confirmation(*serial, PATIENCE).await? == Answer::Silence {
                return Err(io::ErrorKind::TimedOut.into());
            }
            if let Some(page) = &self.page {
                page.kept(*at, &[("39", *level)]);
            }
            self.memory.pop_front();
        }
        Ok(())
    }
}
