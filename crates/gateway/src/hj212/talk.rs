//! What is said on one HJ 212 connection: a packet is decoded, resolved, kept, and only then answered.

use super::ask::{Asked, Peer};
use super::config::Config;
use crate::credentials;
use crate::downlink::{Errand, Line};
use crate::hub::Hub;
use crate::intake::{self, Arrival, Intake, Refused};
use crate::session::{Heard, Talk};
use field::id::StationCode;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use wire::cut::{Piece, StreamCutter};
use wire::hj212::command::QnRtn;
use wire::hj212::encode::{Request, data_answer, digits, heartbeat_answer, notice_answer, request_answer};
use wire::hj212::{Decoded, FRAMING, Joined, Joiner, Kind, NAME, cn, decode};
use wire::report::Report;

/// Stations on one connection: a logger speaks for a handful.
const MAX_PEERS: usize = 64;

/// One connection's conversation.
#[derive(Debug)]
pub(super) struct Conversation {
    config: Arc<Config>,
    intake: Arc<Intake>,
    cutter: StreamCutter,
    joiner: Joiner,
    line: Line,
    asked: Asked,
    peers: HashMap<StationCode, Peer>,
    /// MinInterval as stations said it.
    minutes: HashMap<StationCode, u16>,
    /// What a station that started is still to be told; the next goes out when the last was done.
    start_up: VecDeque<(u16, String)>,
    /// QN of the start-up request under way.
    starting: Option<String>,
}

impl Conversation {
    pub(super) fn new(config: Arc<Config>, hub: &Hub) -> Self {
        Self {
            config,
            intake: Arc::clone(&hub.intake),
            cutter: StreamCutter::new(FRAMING),
            joiner: Joiner::default(),
            line: hub.downlink.open(NAME),
            asked: Asked::default(),
            peers: HashMap::new(),
            minutes: HashMap::new(),
            start_up: VecDeque::new(),
            starting: None,
        }
    }

    async fn take(&mut self, pieces: Vec<Piece>, arrival: Arrival) -> Heard {
        let mut heard = Heard { pieces: pieces.len(), ..Heard::default() };
        for piece in pieces {
            match piece {
                Piece::Frame(bytes) => self.packet(bytes, arrival, &mut heard).await,
                Piece::Garbage(bytes) => {
                    metrics::counter!("gateway_garbage_bytes_total").increment(bytes.len() as u64);
                    let packet = decode(&bytes);
                    let refused = match packet.remarks.worst() {
                        Some(fault) if packet.mn.is_some() => Refused::new(fault.code, fault.message.clone()),
                        _ => Refused::new("garbage", format!("{} bytes that are no packet", bytes.len())),
                    };
                    self.refuse(bytes, packet.mn, refused, arrival, &mut heard);
                }
            }
        }
        heard
    }

    fn refuse(
        &self,
        raw: Vec<u8>,
        mn: Option<String>,
        refused: Refused,
        arrival: Arrival,
        heard: &mut Heard,
    ) {
        heard.bad += 1;
        heard.quarantined.push(self.intake.refuse(NAME, mn, raw, refused, arrival));
    }

    async fn packet(&mut self, bytes: Vec<u8>, arrival: Arrival, heard: &mut Heard) {
        let packet = decode(&bytes);
        let station = match self.admit(&packet) {
            Ok(station) => station,
            Err((refused, code)) => {
                // A whole packet is told why it is refused; one that is not whole says nothing reliable.
                if let Some(code) = code.filter(|_| packet.wants_answer()) {
                    write(request_answer(&packet, code, arrival.at), heard);
                }
                return self.refuse(bytes, packet.mn.clone(), refused, arrival, heard);
            }
        };
        self.line.serves(&station);
        self.meet(&station, &packet);
        self.asked.hear(&packet);
        match packet.kind() {
            Some(Kind::Heartbeat) => {
                self.intake.heard(&station, NAME, arrival, packet.sent_at);
                if packet.wants_answer() {
                    write(heartbeat_answer(&packet, arrival.at), heard);
                }
            }
            Some(Kind::Answer) => {
                self.intake.heard(&station, NAME, arrival, packet.sent_at);
                self.go_on(&station, &packet, arrival, heard);
            }
            kind => self.keep(&station, bytes, packet, kind, arrival, heard).await,
        }
    }

    /// The known station that a whole packet with the right password comes from.
    fn admit(&self, packet: &Decoded) -> Result<StationCode, (Refused, Option<QnRtn>)> {
        if let Some(fault) = packet.remarks.worst().filter(|_| !packet.remarks.is_trusted()) {
            return Err((Refused::new(fault.code, fault.message.clone()), None));
        }
        let mn = packet.mn.as_deref().unwrap_or_default();
        let station = self.intake.known(mn).map_err(|refused| (refused, Some(QnRtn::BadStation)))?;
        let secret = packet.pw.as_deref().unwrap_or_default();
        let verdict = credentials::check(&self.intake.registry(), &station, NAME, secret.as_bytes());
        // Answers and heartbeats of some loggers carry no password; they change nothing that is kept.
        let carries = !matches!(packet.kind(), Some(Kind::Answer | Kind::Heartbeat)) || !secret.is_empty();
        if carries && !verdict.allows(self.config.require_password) {
            let detail = format!(
                "station `{mn}` shows a password (PW) that is not its own, or has none: set it in the registry"
            );
            return Err((Refused::new("wrong_password", detail), Some(QnRtn::BadPassword)));
        }
        Ok(station)
    }

    /// Remembers what commands to the station need.
    fn meet(&mut self, station: &StationCode, packet: &Decoded) {
        if !self.peers.contains_key(station) && self.peers.len() >= MAX_PEERS {
            return;
        }
        let Some(mn) = packet.mn.clone() else { return };
        let heard = packet.pw.clone().unwrap_or_default();
        let pw = credentials::password_of(&self.intake.registry(), station, NAME).unwrap_or(heard);
        let version = packet.flag.unwrap_or(0) & 0b1111_1100;
        let peer = self.peers.entry(station.clone()).or_insert_with(|| Peer {
            mn,
            st: "32".to_owned(),
            pw: pw.clone(),
            version,
        });
        if !pw.is_empty() {
            peer.pw = pw;
        }
        if let Some(st) = packet.st.clone().filter(|st| st != wire::hj212::encode::INTERACTION) {
            peer.st = st;
        }
        let said = packet.item("MinInterval").and_then(|text| text.parse().ok());
        if let Some(minutes) = said.filter(|m| wire::interval::MINUTES.contains(m)) {
            self.minutes.insert(station.clone(), minutes);
        }
    }

    async fn keep(
        &mut self,
        station: &StationCode,
        bytes: Vec<u8>,
        packet: Decoded,
        kind: Option<Kind>,
        arrival: Arrival,
        heard: &mut Heard,
    ) {
        let minutes = self.minutes.get(station).copied().unwrap_or(self.config.minute_interval);
        // A part is kept without its values: whether a value is whole shows when all parts are there.
        let (report, problems) = match self.joiner.take(&packet) {
            Joined::Whole(whole) => (whole.to_report(minutes), whole.remarks.problems.clone()),
            Joined::Waiting(_) => {
                let report =
                    Report { sent_at: packet.sent_at, station: packet.mn.clone(), ..Report::default() };
                (report, Vec::new())
            }
            Joined::TooMany => {
                let detail = format!("a report in more than {} parts", wire::hj212::MAX_PARTS);
                return self.refuse(
                    bytes,
                    packet.mn.clone(),
                    Refused::new("too_many_parts", detail),
                    arrival,
                    heard,
                );
            }
        };
        if let Some(fault) = problems.first() {
            let refused = Refused::new(fault.code, fault.message.clone());
            let piece = intake::quarantined(NAME, packet.mn.clone(), bytes.clone(), refused, arrival);
            heard.quarantined.push(piece);
        }
        if self.intake.keep(station, NAME, bytes, &report, arrival).await.is_err() {
            return;
        }
        if packet.wants_answer() {
            metrics::counter!("gateway_confirmations_total").increment(1);
            match kind {
                Some(Kind::Data) => write(data_answer(&packet, arrival.at), heard),
                Some(Kind::Notice) => write(notice_answer(&packet, arrival.at), heard),
                // The last part of an answer of ours is none of the station's questions.
                Some(Kind::Parameter) => {}
                _ => write(request_answer(&packet, QnRtn::BadCommand, arrival.at), heard),
            }
        }
        self.after(station, &packet, arrival, heard);
    }

    /// What a notice asks of the centre: the time, or everything after a start.
    fn after(&mut self, station: &StationCode, packet: &Decoded, arrival: Arrival, heard: &mut Heard) {
        let Some(peer) = self.peers.get(station) else { return };
        match packet.cn {
            Some(cn::CLOCK_WANTED) => {
                let clock = format!("SystemTime={}", digits(arrival.at));
                let (_, bytes) = self.asked.request(peer, cn::SET_CLOCK, clock, arrival.at);
                heard.answers.extend(bytes);
            }
            Some(cn::STARTED) => {
                let told = self.config.start_up;
                self.start_up = [
                    told.set_clock.then(|| (cn::SET_CLOCK, String::new())),
                    told.timeouts.map(|(s, n)| (cn::TIMEOUTS, format!("OverTime={s};ReCount={n}"))),
                    told.real_time_interval_s
                        .map(|s| (cn::SET_REAL_TIME_INTERVAL, format!("RtdInterval={s}"))),
                    told.minute_interval.map(|m| (cn::SET_MINUTE_INTERVAL, format!("MinInterval={m}"))),
                ]
                .into_iter()
                .flatten()
                .collect();
                self.next_start(station, arrival, heard);
            }
            _ => {}
        }
    }

    /// The result of a start-up request brings the next one.
    fn go_on(&mut self, station: &StationCode, packet: &Decoded, arrival: Arrival, heard: &mut Heard) {
        if packet.cn == Some(cn::RESULT) && self.starting.is_some() && self.starting == packet.qn {
            self.next_start(station, arrival, heard);
        }
    }

    fn next_start(&mut self, station: &StationCode, arrival: Arrival, heard: &mut Heard) {
        self.starting = None;
        let Some(peer) = self.peers.get(station) else { return };
        let Some((cn, cp)) = self.start_up.pop_front() else { return };
        let cp = if cn == cn::SET_CLOCK { format!("SystemTime={}", digits(arrival.at)) } else { cp };
        let (qn, bytes) = self.asked.request(peer, cn, cp, arrival.at);
        self.starting = Some(qn);
        heard.answers.extend(bytes);
    }
}

fn write(request: Option<Request>, heard: &mut Heard) {
    match request.map(|request| request.to_bytes()) {
        Some(Ok(bytes)) => heard.answers.extend(bytes),
        Some(Err(error)) => tracing::warn!(%error, "an answer to an HJ 212 packet could not be written"),
        None => {}
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
        let mut heard = self.take(pieces, arrival).await;
        for report in self.joiner.give_up() {
            let detail = format!(
                "{} parts of a split report (CN {}) did not come; the others are kept as they came",
                report.missing,
                report.cn.unwrap_or_default()
            );
            let refused = Refused::new("parts_missing", detail);
            heard.quarantined.push(intake::quarantined(NAME, report.mn, report.came, refused, arrival));
        }
        heard
    }

    fn line(&mut self) -> Option<&mut Line> {
        Some(&mut self.line)
    }

    fn carry(&mut self, errand: Errand) -> Vec<u8> {
        match self.peers.get(&errand.command.station) {
            Some(peer) => self.asked.write(errand, peer, self.intake.now()),
            None => {
                errand.refuse(
                    "unknown",
                    "the station has not said enough on this connection to be told anything",
                );
                Vec::new()
            }
        }
    }
}
