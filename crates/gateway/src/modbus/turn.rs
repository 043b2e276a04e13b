//! 轮询: one device's turn: its blocks are read, the whole is kept, the heartbeat follows.

use super::link::{Link, Trouble};
use crate::hub::Hub;
use crate::intake::Refused;
use std::sync::Arc;
use wire::modbus::{Answer, Block, Map, NAME, Request, decode, note};

/// One device as it is asked.
#[derive(Debug)]
pub(super) struct Asked {
    /// As configured; it may be registered later.
    pub station: String,
    /// Unit number.
    pub unit: u8,
    /// What its registers mean.
    pub map: Arc<Map>,
    /// The reads that cover the map.
    pub blocks: Vec<Block>,
    /// Counts up with each poll that was kept.
    heartbeat: u16,
    /// It refused the heartbeat: it is not written again.
    deaf: bool,
}

/// How a turn went.
#[derive(Debug)]
pub(super) enum Turn {
    /// It answered, and what it said is durable (or the store refuses, which is logged there).
    Heard,
    /// It did not answer.
    Silent,
    /// The line is gone or talks nonsense: a sentence.
    Lost(String),
}

impl Asked {
    pub(super) fn new(station: String, unit: u8, map: Arc<Map>) -> Self {
        let blocks = wire::modbus::blocks(&map);
        Self { station, unit, map, blocks, heartbeat: 0, deaf: false }
    }

    /// Reads everything and keeps it.
    pub(super) async fn turn(&mut self, link: &mut Link, hub: &Hub) -> Turn {
        let mut raw = note(self.unit, self.map.key());
        let mut heard = false;
        let mut ended = None;
        for block in &self.blocks {
            match link.ask(self.unit, &block.request(), &mut raw).await {
                Ok(_) => heard = true,
                Err(Trouble::Silent) => {
                    ended = Some(Turn::Silent);
                    break;
                }
                Err(Trouble::Lost(error)) => {
                    ended = Some(Turn::Lost(error.to_string()));
                    break;
                }
                Err(Trouble::Nonsense(bytes, why)) => {
                    self.refuse(bytes, why.clone(), link, hub).await;
                    ended = Some(Turn::Lost(why));
                    break;
                }
            }
        }
        if heard && self.keep(raw, link, hub).await {
            // Also where the rest of the poll was not answered: the next heartbeat then says two.
            self.heartbeat = self.heartbeat.wrapping_add(1);
            if ended.is_none() {
                self.beat(link).await;
            }
        }
        ended.unwrap_or(Turn::Heard)
    }

    /// Keeps a poll; whether it is durable.
    async fn keep(&self, raw: Vec<u8>, link: &Link, hub: &Hub) -> bool {
        let arrival = hub.intake.arrival(link.peer());
        let row = decode(&raw);
        let refused = match hub.intake.known(&self.station) {
            Ok(station) => {
                let report = row.report(arrival.at);
                return hub.intake.keep(&station, NAME, raw, &report, arrival).await.is_ok();
            }
            Err(refused) => refused,
        };
        let station = Some(self.station.clone());
        hub.quarantine.add(hub.intake.refuse(NAME, station, raw, refused, arrival)).await;
        false
    }

    async fn refuse(&self, bytes: Vec<u8>, why: String, link: &Link, hub: &Hub) {
        let arrival = hub.intake.arrival(link.peer());
        let station = Some(self.station.clone());
        let refused = Refused::new("nonsense", format!("unit {} answered {why}", self.unit));
        hub.quarantine.add(hub.intake.refuse(NAME, station, bytes, refused, arrival)).await;
    }

    /// Tells the device that its poll was kept, where its map has a register for that.
    async fn beat(&mut self, link: &mut Link) {
        let Some(address) = self.map.heartbeat.filter(|_| !self.deaf) else { return };
        let request = Request::WriteRegister { address, value: self.heartbeat };
        // A line that breaks now is noticed by the next turn.
        if let Ok(Answer::Exception { exception, .. }) = link.ask(self.unit, &request, &mut Vec::new()).await
        {
            self.deaf = true;
            let why = exception.code();
            tracing::warn!(
                station = self.station,
                address,
                why,
                "the device takes no heartbeat; it is not written again until the next start"
            );
        }
    }
}
