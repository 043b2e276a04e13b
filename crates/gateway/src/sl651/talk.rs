//! What is said on one SL 651 connection: reports up (M1, M2), reports in parts (M3), commands down
//! and their answers (M4).

use super::take::{Taken, Taker};
use crate::downlink::{Errand, Line};
use crate::hub::Hub;
use crate::intake::{Arrival, Intake, Refused};
use crate::session::{Heard, Talk};
use field::command::Ask;
use field::id::StationCode;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use wire::sl651::down::{self, Known};
use wire::sl651::encode::{Address, Confirmation};
use wire::sl651::{Assembler, Cut, Cutter, Decoded, NAME, Progress, decode, decode_parts};

/// A report in parts that goes on so late is asked for what it misses. 20 s: SL 651's patience on GPRS.
const PART: Duration = Duration::from_secs(20);
/// How often it is asked for by itself before the report is given up (6.3.1.2 c: re-sent twice).
const ASKS: u32 = 3;
/// Most stations of one connection whose state is remembered.
const MAX_KNOWN: usize = 256;

/// One connection's conversation.
#[derive(Debug)]
pub(super) struct Conversation {
    taker: Arc<Taker>,
    intake: Arc<Intake>,
    cutter: Cutter,
    line: Line,
    known: BTreeMap<StationCode, Known>,
    /// Commands on their way, one a station.
    errands: Vec<Errand>,
    parts: Assembler,
    /// When the open reports are looked at, and how often they were.
    look: Option<(Instant, u32)>,
}

impl Conversation {
    pub(super) fn new(taker: Arc<Taker>, hub: &Hub) -> Self {
        Self {
            taker,
            intake: Arc::clone(&hub.intake),
            cutter: Cutter::new(),
            line: hub.downlink.open(NAME),
            known: BTreeMap::new(),
            errands: Vec::new(),
            parts: Assembler::default(),
            look: None,
        }
    }

    async fn take(&mut self, pieces: Vec<Cut>, arrival: Arrival) -> Heard {
        let mut heard = Heard { pieces: pieces.len(), ..Heard::default() };
        if pieces.is_empty() {
            return heard;
        }
        let pending = self.pending();
        for taken in self.taker.take_all(pieces, arrival, &pending).await {
            self.taken(taken, arrival, &mut heard).await;
        }
        heard
    }

    /// New passwords that stations of this connection were told and have not answered to yet.
    fn pending(&self) -> Vec<(StationCode, u16)> {
        let told = |errand: &Errand| match &errand.command.ask {
            Ask::SetPassword { password } => u16::from_str_radix(password.trim(), 16).ok(),
            _ => None,
        };
        let open = self.errands.iter().filter(|errand| !errand.is_over());
        open.filter_map(|errand| Some((errand.command.station.clone(), told(errand)?))).collect()
    }

    async fn taken(&mut self, taken: Taken, arrival: Arrival, heard: &mut Heard) {
        let Taken { answer, bad, quarantined, station, frame, part, .. } = taken;
        heard.answers.extend(answer.into_iter().flatten());
        heard.bad += u32::from(bad);
        heard.quarantined.extend(quarantined);
        let (Some(station), Some(frame)) = (station, frame) else { return };
        self.learn(&station, &frame);
        match part {
            Some(bytes) => self.part(station, &frame, bytes, arrival, heard).await,
            None => self.answered(&station, &frame),
        }
    }

    fn learn(&mut self, station: &StationCode, frame: &Decoded) {
        self.line.serves(station);
        if self.known.len() < MAX_KNOWN || self.known.contains_key(station) {
            self.known.entry(station.clone()).or_default().learn(frame);
        }
    }

    /// A frame may be the answer to a command that is on its way.
    fn answered(&mut self, station: &StationCode, frame: &Decoded) {
        self.errands.retain(|errand| !errand.is_over());
        let its = |errand: &Errand| {
            errand.command.station == *station && down::function_of(&errand.command.ask) == frame.function
        };
        if let Some(at) = self.errands.iter().position(its) {
            let errand = self.errands.swap_remove(at);
            let (done, said) = down::outcome(&errand.command.ask, frame, self.intake.now());
            errand.answer(done, said);
        }
    }

    /// One part of a report (M3).
    async fn part(
        &mut self,
        station: StationCode,
        frame: &Decoded,
        bytes: Vec<u8>,
        arrival: Arrival,
        heard: &mut Heard,
    ) {
        match self.parts.take(frame, bytes.clone()) {
            Progress::More => {}
            Progress::Missing(number) => heard.answers.extend(self.missing(frame, number)),
            Progress::Again(serial) => {
                let whole = Decoded { serial: frame.serial.or(serial), ..frame.clone() };
                heard.answers.extend(self.taker.answer(&whole).into_iter().flatten());
            }
            Progress::TooLarge => {
                let most = Assembler::MAX_BYTES;
                let refused =
                    Refused::new("too_large", format!("a report in parts is larger than {most} bytes"));
                heard.quarantined.push(self.intake.refuse(
                    NAME,
                    frame.station.clone(),
                    bytes,
                    refused,
                    arrival,
                ));
            }
            Progress::Whole(frames) => {
                let whole = decode_parts(&frames);
                let taken = self.taker.keep(station.clone(), whole, frames.concat(), arrival).await;
                heard.answers.extend(taken.answer.into_iter().flatten());
                heard.quarantined.extend(taken.quarantined);
                if !taken.kept {
                    self.parts.forget_done();
                }
                if let Some(frame) = &taken.frame {
                    self.answered(&station, frame);
                }
            }
        }
        self.look = (!self.parts.is_empty()).then(|| (Instant::now() + PART, 0));
    }

    fn missing(&self, frame: &Decoded, number: u16) -> Vec<u8> {
        metrics::counter!("gateway_parts_asked_for_again_total").increment(1);
        // Parts behind the first carry no serial of their own; the answer then says 0.
        let frame = Decoded { serial: frame.serial.or(Some(0)), ..frame.clone() };
        Confirmation::to(&frame, self.intake.now(), true).map(|c| c.missing(number)).unwrap_or_default()
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
        let mut heard = self.take(pieces, arrival).await;
        self.drop_parts(arrival, &mut heard);
        heard
    }

    fn line(&mut self) -> Option<&mut Line> {
        Some(&mut self.line)
    }

    fn carry(&mut self, errand: Errand) -> Vec<u8> {
        let station = errand.command.station.clone();
        let Some(known) = self.known.get(&station) else {
            errand.refuse("not_heard", "the station has not been heard on this connection");
            return Vec::new();
        };
        let mut known = known.clone();
        if known.pumps.is_none() && self.intake.pumps_stand_still(&station) {
            known.pumps = Some(vec![false; 8]);
        }
        let address = match Address::of(&station) {
            Ok(address) => address,
            Err(error) => {
                errand.refuse("bad_address", error.to_string());
                return Vec::new();
            }
        };
        match down::command(&errand.command.ask, address, &known, self.intake.now()) {
            Ok(bytes) => {
                self.errands.push(errand);
                bytes
            }
            Err(error) => {
                errand.refuse(error.code(), error.to_string());
                Vec::new()
            }
        }
    }

    fn wake_at(&self) -> Option<Instant> {
        self.look.map(|(at, _)| at)
    }

    async fn woken(&mut self, arrival: Arrival) -> Heard {
        let mut heard = Heard::default();
        let Some((_, asked)) = self.look else { return heard };
        if asked >= ASKS {
            self.drop_parts(arrival, &mut heard);
            return heard;
        }
        let open: Vec<_> = self.parts.missing().collect();
        for (key, number) in open {
            let part = self.parts.any_part(&key).map(decode);
            heard.answers.extend(part.map(|frame| self.missing(&frame, number)).unwrap_or_default());
        }
        self.look = Some((Instant::now() + PART, asked + 1));
        heard
    }
}

impl Conversation {
    /// Reports that are not whole and will not be: into quarantine, with what there was.
    fn drop_parts(&mut self, arrival: Arrival, heard: &mut Heard) {
        self.look = None;
        let open: Vec<_> = self.parts.missing().collect();
        for (key, number) in open {
            let parts = self.parts.drop_report(&key);
            let there = parts.len();
            let mut raw = parts.concat();
            raw.truncate(field::sample::Packet::MAX_RAW);
            let station = decode(&raw).station;
            let total = key.total;
            let detail = format!("only {there} of {total} parts came; part {number} is missing");
            let refused = Refused::new("incomplete", detail);
            heard.quarantined.push(self.intake.refuse(NAME, station, raw, refused, arrival));
        }
    }
}
