//! One SL 651 frame: decoded, resolved, kept, and only then answered.

use super::Config;
use crate::credentials;
use crate::intake::{self, Arrival, Intake, PIPELINE, Refused};
use field::id::StationCode;
use field::sample::Packet;
use std::sync::Arc;
use store::Registry;
use store::tables::NewQuarantined;
use wire::sl651::encode::Confirmation;
use wire::sl651::{Cut, Decoded, Direction, NAME, control, decode, function};

/// What became of a piece.
#[derive(Debug, Default)]
pub(super) struct Taken {
    /// To be sent back.
    pub answer: Option<Vec<u8>>,
    /// It was no frame of a known station.
    pub bad: bool,
    /// To be put into quarantine.
    pub quarantined: Option<NewQuarantined>,
    /// The known station it came from.
    pub station: Option<StationCode>,
    /// What was read from it, where it came from a known station.
    pub frame: Option<Decoded>,
    /// It is a part of a report (M3), not kept yet: its bytes.
    pub part: Option<Vec<u8>>,
    /// It is durable.
    pub kept: bool,
}

/// What every SL 651 session shares.
#[derive(Debug)]
pub(super) struct Taker {
    config: Config,
    intake: Arc<Intake>,
}

impl Taker {
    pub(super) fn new(config: Config, intake: Arc<Intake>) -> Self {
        Self { config, intake }
    }

    /// Takes pieces that arrived together, at most [`PIPELINE`] at a time; the answers are in order.
    /// When it returns, what it answers is durable. `pending`: new passwords that stations have just
    /// been told, whose answers may already show them.
    pub(super) async fn take_all(
        &self,
        pieces: Vec<Cut>,
        arrival: Arrival,
        pending: &[(StationCode, u16)],
    ) -> Vec<Taken> {
        let mut taken = Vec::with_capacity(pieces.len());
        let mut pieces = pieces.into_iter().peekable();
        while pieces.peek().is_some() {
            let registry = self.intake.registry();
            let batch =
                pieces.by_ref().take(PIPELINE).map(|piece| self.take(piece, arrival, &registry, pending));
            taken.extend(futures_util::future::join_all(batch).await);
        }
        taken
    }

    async fn take(
        &self,
        piece: Cut,
        arrival: Arrival,
        registry: &Registry,
        pending: &[(StationCode, u16)],
    ) -> Taken {
        match piece {
            Cut::Frame(bytes) => self.take_frame(bytes, arrival, registry, pending).await,
            Cut::Garbage(bytes) => self.refuse_garbage(bytes, arrival),
        }
    }

    async fn take_frame(
        &self,
        bytes: Vec<u8>,
        arrival: Arrival,
        registry: &Registry,
        pending: &[(StationCode, u16)],
    ) -> Taken {
        let frame = decode(&bytes);
        let station = match admit(&frame, registry, pending) {
            Ok(station) => station,
            Err(refused) => return self.refuse(bytes, &frame, refused, arrival),
        };
        if frame.function == Some(function::KEEP_ALIVE) {
            // Nothing in it is worth a place in the log: ten thousand stations send one every 40 s.
            self.intake.heard(&station, NAME, arrival, frame.sent_at);
            return Taken { station: Some(station), frame: Some(frame), ..Taken::default() };
        }
        if frame.packet.is_some_and(|packet| packet.total > 1) {
            // Kept when the report is whole.
            return Taken {
                part: Some(bytes),
                station: Some(station),
                frame: Some(frame),
                ..Taken::default()
            };
        }
        self.keep(station, frame, bytes, arrival).await
    }

    /// Keeps a whole report: one frame, or the parts of one put together.
    pub(super) async fn keep(
        &self,
        station: StationCode,
        frame: Decoded,
        bytes: Vec<u8>,
        arrival: Arrival,
    ) -> Taken {
        // Some values may be undecodable in a frame that is otherwise sound: it is kept, and a
        // person gets to see it.
        let quarantined = frame.worst().map(|problem| {
            let refused = Refused::new(problem.code(), problem.to_string());
            let start = bytes.get(..bytes.len().min(Packet::MAX_RAW)).unwrap_or_default();
            intake::quarantined(NAME, frame.station.clone(), start.to_vec(), refused, arrival)
        });
        let mut raw = bytes;
        raw.truncate(Packet::MAX_RAW);
        let kept = self.intake.keep(&station, NAME, raw, &frame.report(), arrival).await;
        let answer = kept.ok().and_then(|_| self.answer(&frame));
        Taken {
            answer,
            quarantined,
            station: Some(station),
            kept: kept.is_ok(),
            frame: Some(frame),
            ..Taken::default()
        }
    }

    /// The confirmation of a frame that is durable; a frame that ends otherwise than a report gets
    /// none. (A keep-alive never comes here: it has no answer, SL 651-2014 6.6.4.2.)
    pub(super) fn answer(&self, frame: &Decoded) -> Option<Vec<u8>> {
        let report = matches!(frame.end, Some(control::ETX | control::ETB));
        if !self.config.confirm || !report {
            return None;
        }
        let stay = self.config.stay_on_line || frame.more_follows();
        let confirmation = Confirmation::to(frame, self.intake.now(), stay)?;
        metrics::counter!("gateway_confirmations_total").increment(1);
        Some(confirmation.to_bytes())
    }

    fn refuse_garbage(&self, bytes: Vec<u8>, arrival: Arrival) -> Taken {
        metrics::counter!("gateway_garbage_bytes_total").increment(bytes.len() as u64);
        let frame = decode(&bytes);
        // Bytes that begin like a frame say more by what is wrong with it.
        let refused = match frame.worst() {
            Some(problem) if frame.station.is_some() => Refused::new(problem.code(), problem.to_string()),
            _ => Refused::new("garbage", format!("{} bytes between frames that are no frame", bytes.len())),
        };
        self.refuse(bytes, &frame, refused, arrival)
    }

    fn refuse(&self, bytes: Vec<u8>, frame: &Decoded, refused: Refused, arrival: Arrival) -> Taken {
        let quarantined = self.intake.refuse(NAME, frame.station.clone(), bytes, refused, arrival);
        Taken { bad: true, quarantined: Some(quarantined), ..Taken::default() }
    }
}

/// The known station a sound up frame comes from, or why it is refused.
fn admit(
    frame: &Decoded,
    registry: &Registry,
    pending: &[(StationCode, u16)],
) -> Result<StationCode, Refused> {
    if let Some(problem) = frame.worst().filter(|_| !frame.is_trusted()) {
        return Err(Refused::new(problem.code(), problem.to_string()));
    }
    if frame.direction != Some(Direction::Up) {
        return Err(Refused::new("wrong_direction", "the frame is one that a centre sends"));
    }
    let text = frame.station.clone().unwrap_or_default();
    let code = StationCode::new(text.as_str()).ok().filter(|code| registry.station(code).is_some());
    let code = code.ok_or_else(|| intake::unknown(&text))?;
    // Every frame carries the two bytes; a station without a credential is accepted, and counted.
    let shown = frame.password.map(|password| format!("{password:04X}")).unwrap_or_default();
    let is_new = pending.iter().any(|(station, new)| *station == code && Some(*new) == frame.password);
    if is_new || credentials::check(registry, &code, NAME, shown.as_bytes()).allows(false) {
        return Ok(code);
    }
    let detail = format!(
        "station `{text}` shows a password that is not its own: correct it at the station, or its credential in the registry (four hexadecimal digits, capitals)"
    );
    Err(Refused::new("wrong_password", detail))
}
