//! What is said on one SL/T 427 connection: a frame is decoded, resolved, kept, and only then confirmed.

use super::Config;
use crate::credentials;
use crate::downlink::{Errand, Line};
use crate::hub::Hub;
use crate::intake::{self, Arrival, Intake, Refused};
use crate::session::{Heard, Talk};
use field::command::Ask;
use field::id::StationCode;
use serde_json::json;
use std::sync::Arc;
use wire::cut::{Piece, StreamCutter};
use wire::sl427::{Decoded, Direction, FRAMING, NAME, afn, decode, encode};

/// Commands under way on one connection.
const MAX_WAITING: usize = 8;

/// A command that was written: what a matching answer looks like.
#[derive(Debug)]
struct Waiting {
    station: StationCode,
    function: u8,
    errand: Errand,
}

/// One connection's conversation.
#[derive(Debug)]
pub(super) struct Conversation {
    config: Arc<Config>,
    intake: Arc<Intake>,
    cutter: StreamCutter,
    line: Line,
    waiting: Vec<Waiting>,
}

impl Conversation {
    pub(super) fn new(config: Arc<Config>, hub: &Hub) -> Self {
        Self {
            config,
            intake: Arc::clone(&hub.intake),
            cutter: StreamCutter::new(FRAMING),
            line: hub.downlink.open(NAME),
            waiting: Vec::new(),
        }
    }

    async fn take(&mut self, pieces: Vec<Piece>, arrival: Arrival) -> Heard {
        let mut heard = Heard { pieces: pieces.len(), ..Heard::default() };
        for piece in pieces {
            match piece {
                Piece::Frame(bytes) => self.frame(bytes, arrival, &mut heard).await,
                Piece::Garbage(bytes) => {
                    metrics::counter!("gateway_garbage_bytes_total").increment(bytes.len() as u64);
                    let refused = Refused::new("garbage", format!("{} bytes that are no frame", bytes.len()));
                    self.refuse(bytes, None, refused, arrival, &mut heard);
                }
            }
        }
        heard
    }

    fn refuse(
        &self,
        raw: Vec<u8>,
        station: Option<String>,
        why: Refused,
        arrival: Arrival,
        heard: &mut Heard,
    ) {
        heard.bad += 1;
        heard.quarantined.push(self.intake.refuse(NAME, station, raw, why, arrival));
    }

    async fn frame(&mut self, bytes: Vec<u8>, arrival: Arrival, heard: &mut Heard) {
        let frame = decode(&bytes);
        let station = match self.admit(&frame) {
            Ok(station) => station,
            Err(refused) => return self.refuse(bytes, frame.station.clone(), refused, arrival, heard),
        };
        self.line.serves(&station);
        self.answered(&station, &frame);
        if frame.afn == Some(afn::LINK) {
            self.intake.heard(&station, NAME, arrival, None);
            return self.confirm(&frame, heard);
        }
        if let Some(fault) = frame.remarks.worst() {
            let refused = Refused::new(fault.code, fault.message.clone());
            let raw = bytes.clone();
            heard.quarantined.push(intake::quarantined(NAME, frame.station.clone(), raw, refused, arrival));
        }
        let report = frame.to_report(arrival.at);
        let kept = self.intake.keep(&station, NAME, bytes, &report, arrival).await;
        let is_report =
            matches!(frame.afn, Some(afn::REPORT | afn::ALARM | afn::MANUAL | afn::PICTURE | afn::VOLTAGE));
        if kept.is_ok() && is_report {
            self.confirm(&frame, heard);
        }
    }

    fn admit(&self, frame: &Decoded) -> Result<StationCode, Refused> {
        if let Some(fault) = frame.remarks.worst().filter(|_| !frame.remarks.is_trusted()) {
            return Err(Refused::new(fault.code, fault.message.clone()));
        }
        if frame.direction != Some(Direction::Up) {
            return Err(Refused::new("wrong_direction", "the frame is one that a centre sends"));
        }
        self.intake.known(frame.station.as_deref().unwrap_or_default())
    }

    fn confirm(&self, frame: &Decoded, heard: &mut Heard) {
        if let Some(bytes) = encode::confirmation(frame, self.intake.now()).filter(|_| self.config.confirm) {
            metrics::counter!("gateway_confirmations_total").increment(1);
            heard.answers.extend(bytes);
        }
    }

    /// A frame up with the function of a command is its answer.
    fn answered(&mut self, station: &StationCode, frame: &Decoded) {
        let same = |w: &Waiting| w.station == *station && Some(w.function) == frame.afn;
        if let Some(place) = self.waiting.iter().position(same) {
            let values: serde_json::Map<_, _> =
                frame.readings.iter().map(|r| (r.id.clone(), json!(r.value))).collect();
            self.waiting.remove(place).errand.answer(true, json!({"values": values}));
        }
    }

    /// The password for commands: one digit of key number and three of password, as four digits.
    fn password(&self, station: &StationCode) -> [u8; 2] {
        let text = credentials::password_of(&self.intake.registry(), station, NAME);
        let number: u16 = text.and_then(|text| text.parse().ok()).unwrap_or(0);
        encode::password(u8::try_from(number / 1_000).unwrap_or(0), number % 1_000)
    }
}

impl Talk for Conversation {
    fn is_pending(&self) -> bool {
        self.cutter.is_pending()
    }

    async fn hear(&mut self, bytes: &[u8], arrival: Arrival) -> Heard {
        let pieces = self.cutter.pieces(bytes);
        self.take(pieces, arrival).await
    }

    async fn give_up(&mut self, arrival: Arrival) -> Heard {
        let pieces = self.cutter.rest();
        self.take(pieces, arrival).await
    }

    fn line(&mut self) -> Option<&mut Line> {
        Some(&mut self.line)
    }

    fn carry(&mut self, errand: Errand) -> Vec<u8> {
        self.waiting.retain(|waiting| !waiting.errand.is_over());
        let station = errand.command.station.clone();
        let Some(address) = encode::address(station.as_str()).filter(|_| self.waiting.len() < MAX_WAITING)
        else {
            errand.refuse(
                "busy",
                format!(
                    "{MAX_WAITING} commands already wait on this connection, or the station has no address"
                ),
            );
            return Vec::new();
        };
        let (function, bytes) = match &errand.command.ask {
            Ask::SetClock => {
                let bytes = encode::set_clock(address, self.intake.now(), self.password(&station));
                (afn::SET_CLOCK, bytes)
            }
            Ask::QueryCurrent => (afn::QUERY, encode::query(address, 0)),
            Ask::QueryElements { elements } => {
                let kind = elements.first().and_then(|e| u8::from_str_radix(e, 16).ok());
                match kind.filter(|_| elements.len() == 1) {
                    Some(kind) => (afn::QUERY, encode::query(address, kind)),
                    None => {
                        errand.refuse(
                            "unsupported",
                            "one kind of data, such as 02, can be asked for at a time",
                        );
                        return Vec::new();
                    }
                }
            }
            _ => {
                errand
                    .refuse("unsupported", "this house sends clock and questions in SL/T 427, nothing else");
                return Vec::new();
            }
        };
        self.waiting.push(Waiting { station, function, errand });
        bytes
    }
}
