//! One line of meters: asks one after another, keeps what they say, carries commands between two questions.

use super::config::{Config, Dtu, Language, Meter};
use super::round::{Rounds, Turn};
use crate::downlink::{Errand, Line};
use crate::hub::Hub;
use crate::intake::{self, Arrival, Intake, Refused};
use crate::session::{Heard, Talk};
use field::command::Ask;
use field::time::Time;
use serde_json::json;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};
use wire::cut::{Piece, StreamCutter};
use wire::report::Report;
use wire::{cjt188, dlt645};

/// Tries of one question in a round.
const TRIES: u32 = 2;
/// Errands waiting for their turn on a line.
const MAX_ERRANDS: usize = 16;
/// Bytes in which a concentrator must have said who it is.
const MAX_REGISTER: usize = 256;
/// Where the clock stands still, so often it is looked at.
const STILL: Duration = Duration::from_millis(500);
/// Least real time between two rounds, at whatever speed the house's clock runs.
const LEAST_PAUSE: Duration = Duration::from_millis(500);

/// What was asked and is not answered yet.
#[derive(Debug)]
enum Asked {
    Read { turn: Turn, again: u32 },
    Told { meter: usize, errand: Errand },
}

/// One connection of a concentrator.
#[derive(Debug)]
pub(super) struct Poller {
    config: Arc<Config>,
    intake: Arc<Intake>,
    line: Line,
    /// Which concentrator; `None` until it has said so.
    dtu: Option<usize>,
    /// What it said before that.
    said: Vec<u8>,
    cutter: StreamCutter,
    rounds: Rounds,
    asked: Option<(Asked, Instant)>,
    errands: VecDeque<Errand>,
    /// SER of CJ/T 188.
    serial: u8,
    /// When the next round begins, by the house's clock.
    next_round: Time,
}

impl Poller {
    /// A connection that has not said who it is.
    pub(super) fn awaiting(config: Arc<Config>, hub: &Hub) -> Self {
        let silent = config.dtus.iter().position(|dtu| dtu.connect.is_none() && dtu.register.is_empty());
        let mut poller = Self {
            config,
            intake: Arc::clone(&hub.intake),
            line: hub.downlink.open(super::NAME),
            dtu: None,
            said: Vec::new(),
            cutter: StreamCutter::new(cjt188::FRAMING),
            rounds: Rounds::default(),
            asked: None,
            errands: VecDeque::new(),
            serial: 0,
            next_round: Time::MIN,
        };
        // The one that registers with nothing is known at once, when no other could call.
        if let (Some(n), 1) = (silent, poller.config.dtus.iter().filter(|d| d.connect.is_none()).count()) {
            poller.is(n);
        }
        poller
    }

    /// A connection to a serial gateway.
    pub(super) fn of(config: Arc<Config>, n: usize, hub: &Hub) -> Self {
        let mut poller = Self::awaiting(config, hub);
        poller.is(n);
        poller
    }

    fn is(&mut self, n: usize) {
        self.dtu = Some(n);
        let config = Arc::clone(&self.config);
        let Some(dtu) = config.dtus.get(n) else { return };
        self.cutter = StreamCutter::new(match dtu.language {
            Language::Cjt188 => cjt188::FRAMING,
            Language::Dlt645 => dlt645::FRAMING,
        });
        for meter in &dtu.meters {
            if self.intake.known(meter.station.as_str()).is_ok() {
                self.line.serves(&meter.station);
            }
        }
        tracing::info!(dtu = dtu.name, meters = dtu.meters.len(), "a concentrator is on line");
    }

    /// Reads who calls; gives the bytes behind the registration packet.
    fn register(&mut self, bytes: &[u8], arrival: Arrival, heard: &mut Heard) -> Vec<u8> {
        self.said.extend_from_slice(bytes);
        let config = Arc::clone(&self.config);
        let known = |said: &[u8]| {
            // The longest that fits: `D1` must not take `D10`'s connection.
            let fits = |(_, dtu): &(usize, &Dtu)| {
                dtu.connect.is_none() && !dtu.register.is_empty() && said.starts_with(&dtu.register)
            };
            let longest =
                config.dtus.iter().enumerate().filter(fits).max_by_key(|(_, dtu)| dtu.register.len());
            longest.map(|(n, dtu)| (n, dtu.register.len()))
        };
        if let Some((n, length)) = known(&self.said) {
            let rest = self.said.split_off(length);
            self.said = Vec::new();
            self.is(n);
            return rest;
        }
        let could_be = config.dtus.iter().any(|dtu| dtu.register.starts_with(&self.said));
        if !could_be || self.said.len() > MAX_REGISTER {
            let raw = std::mem::take(&mut self.said);
            let why = Refused::new(
                "unknown_concentrator",
                "the first bytes are no registration packet of a configured concentrator",
            );
            heard.bad += 1;
            heard.pieces += 1;
            heard.quarantined.push(self.intake.refuse(super::NAME, None, raw, why, arrival));
        }
        Vec::new()
    }

    fn dtu(&self) -> Option<(Arc<Config>, usize)> {
        self.dtu.map(|n| (Arc::clone(&self.config), n))
    }

    /// The bytes without the heartbeats at their front.
    fn without_heartbeats<'a>(&self, dtu: &Dtu, mut bytes: &'a [u8]) -> &'a [u8] {
        if self.cutter.is_pending() {
            return bytes;
        }
        for idle in [&dtu.heartbeat, &dtu.register] {
            while !idle.is_empty() && bytes.starts_with(idle) {
                bytes = bytes.get(idle.len()..).unwrap_or_default();
            }
        }
        bytes
    }

    async fn take(&mut self, pieces: Vec<Piece>, arrival: Arrival, heard: &mut Heard) {
        let Some((config, n)) = self.dtu() else { return };
        let Some(dtu) = config.dtus.get(n) else { return };
        heard.pieces += pieces.len();
        for piece in pieces {
            match piece {
                Piece::Frame(bytes) => self.frame(dtu, bytes, arrival, heard).await,
                Piece::Garbage(bytes) => {
                    // Noise of a serial line is no reason to hang up: it is kept for a person to see.
                    let why = Refused::new(
                        "garbage",
                        format!("{} bytes that are no frame, behind `{}`", bytes.len(), dtu.name),
                    );
                    heard.quarantined.push(self.intake.refuse(name(dtu.language), None, bytes, why, arrival));
                }
            }
        }
    }

    async fn frame(&mut self, dtu: &Dtu, bytes: Vec<u8>, arrival: Arrival, heard: &mut Heard) {
        let said = Said::read(dtu.language, &bytes, arrival.at);
        let quarantine = |code: &'static str, detail: String, station: Option<String>| {
            intake::quarantined(
                name(dtu.language),
                station,
                bytes.clone(),
                Refused::new(code, detail),
                arrival,
            )
        };
        if let Some((code, detail)) = said.fault {
            heard.quarantined.push(quarantine(code, detail, said.address));
            return;
        }
        if !said.is_answer {
            // Some lines echo what was asked.
            return;
        }
        let address = said.address.clone().unwrap_or_default();
        let Some(place) = dtu.meters.iter().position(|meter| meter.is(&address)) else {
            let detail = format!("meter `{address}` is not configured behind `{}`", dtu.name);
            heard.quarantined.push(quarantine("unknown_meter", detail, said.address));
            return;
        };
        let Some(meter) = dtu.meters.get(place) else { return };
        self.matched(place, &said);
        if said.is_refusal {
            let detail = format!("meter `{address}` refuses: {}", said.refusal);
            heard.quarantined.push(quarantine("meter_refused", detail, said.address));
            return;
        }
        match self.intake.known(meter.station.as_str()) {
            Ok(station) => {
                self.line.serves(&station);
                // Not kept: logged there, and asked again in the next round.
                let _ = self.intake.keep(&station, name(dtu.language), bytes, &said.report, arrival).await;
            }
            Err(refused) => {
                let station = Some(meter.station.to_string());
                heard.quarantined.push(intake::quarantined(
                    name(dtu.language),
                    station,
                    bytes,
                    refused,
                    arrival,
                ));
            }
        }
    }

    /// Whether the frame answers what was asked last.
    fn matched(&mut self, meter: usize, said: &Said) {
        match self.asked.take() {
            Some((Asked::Read { turn, .. }, _)) if turn.meter == meter => {
                if said.is_refusal {
                    self.rounds.failed(meter);
                } else {
                    self.rounds.answered(meter);
                }
            }
            Some((Asked::Told { meter: told, errand }, _)) if told == meter => {
                let values: serde_json::Map<_, _> =
                    said.report.readings.iter().map(|r| (r.element.clone(), json!(r.value))).collect();
                errand.answer(!said.is_refusal, json!({"values": values, "refusal": said.refusal}));
            }
            other => self.asked = other,
        }
    }

    /// Writes the next question or command, if the line is free.
    fn go_on(&mut self, now: Time, heard: &mut Heard) {
        let Some((config, n)) = self.dtu() else { return };
        let Some(dtu) = config.dtus.get(n) else { return };
        if self.asked.is_some() {
            return;
        }
        while let Some(errand) = self.errands.pop_front() {
            if errand.is_over() {
                continue;
            }
            if let Some(bytes) = self.tell(dtu, errand, now) {
                heard.answers.extend(bytes);
                return;
            }
        }
        if !self.rounds.is_on() && now >= self.next_round {
            let every = i64::try_from(dtu.every.as_millis()).unwrap_or(i64::MAX);
            self.next_round = now.plus_ms(every);
            self.rounds.begin(dtu.meters.iter().map(|meter| meter.questions(dtu.language)));
        }
        if let Some(turn) = self.rounds.next() {
            self.ask(dtu, turn, 0, heard);
        }
    }

    fn ask(&mut self, dtu: &Dtu, turn: Turn, again: u32, heard: &mut Heard) {
        let Some(meter) = dtu.meters.get(turn.meter) else { return };
        self.serial = self.serial.wrapping_add(1);
        let bytes = match dtu.language {
            Language::Cjt188 => {
                meter.water().map(|a| cjt188::encode::read(a, cjt188::di::TOTALS, self.serial, meter.turned))
            }
            Language::Dlt645 => {
                meter.power().zip(meter.items.get(turn.question)).map(|(a, di)| dlt645::encode::read(a, *di))
            }
        };
        // The configuration was checked: every meter has an address.
        heard.answers.extend(bytes.unwrap_or_default());
        self.asked = Some((Asked::Read { turn, again }, Instant::now()));
    }

    /// Puts a command on the line; `None` when it could not be, and the errand says why.
    fn tell(&mut self, dtu: &Dtu, errand: Errand, now: Time) -> Option<Vec<u8>> {
        let station = &errand.command.station;
        let found = dtu.meters.iter().position(|meter| meter.station == *station);
        let Some((place, meter)) = found.and_then(|n| Some((n, dtu.meters.get(n)?))) else {
            errand.refuse("unknown", "the meter is not behind this concentrator");
            return None;
        };
        self.serial = self.serial.wrapping_add(1);
        match words(dtu.language, meter, &errand.command.ask, self.serial, now) {
            Ok(bytes) => {
                self.asked = Some((Asked::Told { meter: place, errand }, Instant::now()));
                Some(bytes)
            }
            Err(why) => {
                errand.refuse("unsupported", why);
                None
            }
        }
    }

    /// A question that stayed without answer for too long.
    fn timed_out(&mut self, dtu: &Dtu, heard: &mut Heard) {
        if self.asked.as_ref().is_none_or(|(_, since)| since.elapsed() < dtu.timeout) {
            return;
        }
        match self.asked.take() {
            Some((Asked::Read { turn, again }, _)) if again + 1 < TRIES => {
                self.ask(dtu, turn, again + 1, heard)
            }
            Some((Asked::Read { turn, .. }, _)) => {
                let failed = self.rounds.failed(turn.meter);
                metrics::counter!("gateway_meters_silent_total").increment(1);
                if let Some(meter) = dtu.meters.get(turn.meter).filter(|_| failed == 1) {
                    tracing::warn!(
                        dtu = dtu.name,
                        meter = meter.address,
                        "a meter does not answer; the others are asked on"
                    );
                }
            }
            // An errand dropped counts as not answered.
            Some((Asked::Told { .. }, _)) | None => {}
        }
    }
}

/// A command in the meter's language.
fn words(
    language: Language,
    meter: &Meter,
    ask: &Ask,
    serial: u8,
    now: Time,
) -> Result<Vec<u8>, &'static str> {
    let address = || meter.water().ok_or("the meter has no address");
    match (language, ask) {
        (Language::Cjt188, Ask::SwitchValve { valve: 1, open }) => {
            Ok(cjt188::encode::valve(address()?, *open, serial))
        }
        (Language::Cjt188, Ask::SwitchValve { .. }) => Err("a meter has one valve: number 1"),
        (Language::Cjt188, Ask::SetClock) => Ok(cjt188::encode::set_clock(address()?, now, serial)),
        (Language::Cjt188, Ask::QueryCurrent | Ask::QueryStatus) => {
            Ok(cjt188::encode::read(address()?, cjt188::di::TOTALS, serial, meter.turned))
        }
        (Language::Dlt645, Ask::QueryCurrent) => {
            let address = meter.power().ok_or("the meter has no address")?;
            Ok(dlt645::encode::read(address, meter.items.first().copied().unwrap_or(0x0001_0000)))
        }
        (Language::Cjt188, _) => Err("a water meter knows valve, clock and current data"),
        (Language::Dlt645, _) => Err("an electricity meter is only asked for its data"),
    }
}

/// What a frame says, in either language.
struct Said {
    address: Option<String>,
    is_answer: bool,
    is_refusal: bool,
    refusal: String,
    fault: Option<(&'static str, String)>,
    report: Report,
}

impl Said {
    fn read(language: Language, bytes: &[u8], at: Time) -> Self {
        match language {
            Language::Cjt188 => {
                let frame = cjt188::decode(bytes);
                Self {
                    is_answer: frame.is_answer(),
                    is_refusal: frame.is_refusal(),
                    refusal: frame.unread.iter().map(|b| format!("{b:02X}")).collect(),
                    fault: frame
                        .remarks
                        .worst()
                        .filter(|_| !frame.remarks.is_trusted())
                        .map(|f| (f.code, f.message.clone())),
                    report: frame.to_report(at),
                    address: frame.address,
                }
            }
            Language::Dlt645 => {
                let frame = dlt645::decode(bytes);
                Self {
                    is_answer: frame.is_answer(),
                    is_refusal: frame.is_refusal(),
                    refusal: frame.refusal.clone().unwrap_or_default(),
                    fault: frame
                        .remarks
                        .worst()
                        .filter(|_| !frame.remarks.is_trusted())
                        .map(|f| (f.code, f.message.clone())),
                    report: frame.to_report(at),
                    address: frame.address,
                }
            }
        }
    }
}

const fn name(language: Language) -> &'static str {
    match language {
        Language::Cjt188 => cjt188::NAME,
        Language::Dlt645 => dlt645::NAME,
    }
}

impl Talk for Poller {
    fn is_pending(&self) -> bool {
        !self.said.is_empty() || self.cutter.is_pending()
    }

    async fn hear(&mut self, bytes: &[u8], arrival: Arrival) -> Heard {
        let mut heard = Heard::default();
        let rest = match self.dtu {
            Some(_) => bytes.to_vec(),
            None => self.register(bytes, arrival, &mut heard),
        };
        if let Some((config, n)) = self.dtu()
            && let Some(dtu) = config.dtus.get(n)
        {
            let rest = self.without_heartbeats(dtu, &rest);
            let pieces = self.cutter.pieces(rest);
            self.take(pieces, arrival, &mut heard).await;
            self.go_on(arrival.at, &mut heard);
        }
        heard
    }

    async fn give_up(&mut self, arrival: Arrival) -> Heard {
        let mut heard = Heard::default();
        let pieces = self.cutter.rest();
        self.take(pieces, arrival, &mut heard).await;
        if !self.said.is_empty() {
            let raw = std::mem::take(&mut self.said);
            let why = Refused::new(
                "unknown_concentrator",
                "a connection ended before it said which concentrator it is",
            );
            heard.quarantined.push(self.intake.refuse(super::NAME, None, raw, why, arrival));
        }
        heard
    }

    fn line(&mut self) -> Option<&mut Line> {
        Some(&mut self.line)
    }

    fn carry(&mut self, errand: Errand) -> Vec<u8> {
        if self.errands.len() >= MAX_ERRANDS {
            errand.refuse("busy", format!("{MAX_ERRANDS} commands already wait for this line"));
            return Vec::new();
        }
        self.errands.push_back(errand);
        let mut heard = Heard::default();
        self.go_on(self.intake.now(), &mut heard);
        heard.answers
    }

    fn wake_at(&self) -> Option<Instant> {
        let dtu = self.config.dtus.get(self.dtu?)?;
        if let Some((_, since)) = &self.asked {
            return Some(*since + dtu.timeout);
        }
        if self.rounds.is_on() || !self.errands.is_empty() {
            return Some(Instant::now());
        }
        let left_ms = self.next_round.since_ms(self.intake.now()).max(0);
        let speed = self.intake.speed();
        #[expect(clippy::cast_precision_loss, reason = "a wait of some hours")]
        let wait =
            if speed > 0.0 { Duration::from_secs_f64(left_ms as f64 / 1_000.0 / speed) } else { STILL };
        Some(Instant::now() + wait.clamp(LEAST_PAUSE, Duration::from_secs(60)))
    }

    async fn woken(&mut self, arrival: Arrival) -> Heard {
        let mut heard = Heard::default();
        if let Some((config, n)) = self.dtu()
            && let Some(dtu) = config.dtus.get(n)
        {
            self.timed_out(dtu, &mut heard);
            self.go_on(arrival.at, &mut heard);
        }
        heard
    }
}
