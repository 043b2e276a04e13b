//! What is said on one SL 651 connection.

use super::take::{Taken, Taker};
use crate::downlink::Line;
use crate::intake::Arrival;
use crate::session::{Heard, Talk};
use std::sync::Arc;
use wire::sl651::{Cut, Cutter};

/// One connection's conversation.
#[derive(Debug)]
pub(super) struct Conversation {
    taker: Arc<Taker>,
    cutter: Cutter,
    line: Line,
}

impl Conversation {
    pub(super) fn new(taker: Arc<Taker>, line: Line) -> Self {
        Self { taker, cutter: Cutter::new(), line }
    }

    async fn take(&mut self, pieces: Vec<Cut>, arrival: Arrival) -> Heard {
        let mut heard = Heard { pieces: pieces.len(), ..Heard::default() };
        if pieces.is_empty() {
            return heard;
        }
        for taken in self.taker.take_all(pieces, arrival).await {
            let Taken { answer, bad, quarantined, station } = taken;
            heard.answers.extend(answer.into_iter().flatten());
            heard.bad += u32::from(bad);
            heard.quarantined.extend(quarantined);
            if let Some(station) = station {
                self.line.serves(&station);
            }
        }
        heard
    }
}

impl Talk for Conversation {
    fn is_pending(&self) -> bool {
        self.cutter.is_pending()
    }

    async fn hear(&mut self, bytes: &[u8], arrival: Arrival) -> Heard {
        let mut pieces = Vec::new();
        self.cutter.feed(bytes, |piece| pieces.push(piece));
        self.take(pieces, arrival).await
    }

    async fn give_up(&mut self, arrival: Arrival) -> Heard {
        let mut pieces = Vec::new();
        self.cutter.give_up(|piece| pieces.push(piece));
        self.take(pieces, arrival).await
    }

    fn line(&mut self) -> Option<&mut Line> {
        Some(&mut self.line)
    }
}
