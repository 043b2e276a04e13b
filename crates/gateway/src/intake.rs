//! One frame: decoded, resolved, kept, and only then answered.

use crate::config::Config;
use crate::points;
use crate::quarantine::Quarantine;
use crate::throttle::Throttle;
use field::clock::Clock;
use field::id::StationCode;
use field::sample::Packet;
use field::time::Time;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;
use store::tables::NewQuarantined;
use store::{Registry, Store};
use wire::sl651::encode::Confirmation;
use wire::sl651::{Cut, Decoded, Direction, NAME, control, decode, function};

/// Pieces of one connection that are taken at a time: their appends share a group commit. At most 30,
/// so that they are polled, and so queued in the store, in their order.
pub(crate) const PIPELINE: usize = 30;

/// What became of a piece.
#[derive(Debug, Default)]
pub(crate) struct Taken {
    /// To be sent back.
    pub answer: Option<Vec<u8>>,
    /// It was no frame of a known station.
    pub bad: bool,
    /// To be put into quarantine.
    pub quarantined: Option<NewQuarantined>,
}

/// Where and when a piece arrived.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Arrival {
    pub peer: IpAddr,
    pub at: Time,
    pub instant: Instant,
}

/// What every session shares.
#[derive(Debug)]
pub(crate) struct Intake {
    pub config: Config,
    pub quarantine: Quarantine,
    store: Store,
    clock: Arc<dyn Clock>,
    append_failed: Throttle,
}

impl Intake {
    pub(crate) fn new(config: Config, store: Store, clock: Arc<dyn Clock>, quarantine: Quarantine) -> Self {
        Self { config, quarantine, store, clock, append_failed: Throttle::default() }
    }

    pub(crate) fn arrival(&self, peer: IpAddr) -> Arrival {
        Arrival { peer, at: self.clock.now(), instant: Instant::now() }
    }

    /// Takes pieces that arrived together, at most [`PIPELINE`] at a time; the answers are in order.
    /// When it returns, what it answers is durable.
    pub(crate) async fn take_all(&self, pieces: Vec<Cut>, arrival: Arrival) -> Vec<Taken> {
        let mut taken = Vec::with_capacity(pieces.len());
        let mut pieces = pieces.into_iter().peekable();
        while pieces.peek().is_some() {
            let registry = self.store.tables.registry();
            let batch = pieces.by_ref().take(PIPELINE).map(|piece| self.take(piece, arrival, &registry));
            taken.extend(futures_util::future::join_all(batch).await);
        }
        taken
    }

    async fn take(&self, piece: Cut, arrival: Arrival, registry: &Registry) -> Taken {
        match piece {
            Cut::Frame(bytes) => self.take_frame(bytes, arrival, registry).await,
            Cut::Garbage(bytes) => self.refuse_garbage(bytes, arrival),
        }
    }

    async fn take_frame(&self, bytes: Vec<u8>, arrival: Arrival, registry: &Registry) -> Taken {
        let frame = decode(&bytes);
        let station = match admit(&frame, registry) {
            Ok(station) => station,
            Err((reason, detail)) => return self.refuse(bytes, &frame, reason, detail, arrival),
        };
        if frame.function == Some(function::KEEP_ALIVE) {
            // Nothing in it is worth a place in the log: ten thousand stations send one every 40 s.
            self.store.samples.heard(&station, arrival.at, frame.sent_at);
            count("keep_alive");
            return Taken::default();
        }
        let mapped = points::map(&frame, &station, registry, arrival.at);
        if mapped.unmapped > 0 {
            metrics::counter!("gateway_readings_without_point_total").increment(mapped.unmapped as u64);
        }
        // Some values may be undecodable in a frame that is otherwise sound: it is kept, and a
        // person gets to see it.
        let quarantined = frame.worst().map(|problem| {
            new_quarantined(bytes.clone(), &frame, problem.code(), problem.to_string(), arrival)
        });
        let packet = Packet {
            station,
            received_at: arrival.at,
            sent_at: frame.sent_at,
            protocol: NAME.to_owned(),
            raw: bytes,
            readings: mapped.readings,
        };
        match self.store.samples.append(packet).await {
            Ok(appended) => {
                metrics::histogram!("gateway_append_seconds").record(arrival.instant.elapsed().as_secs_f64());
                count(if appended.fresh { "kept" } else { "resent" });
                Taken { answer: self.answer(&frame), bad: false, quarantined }
            }
            Err(error) => {
                count("append_failed");
                if let Some(held_back) = self.append_failed.pass() {
                    let station = frame.station.as_deref().unwrap_or_default();
                    tracing::error!(%error, station, held_back, "a frame could not be kept; it is not confirmed, the station will send it again");
                }
                Taken { answer: None, bad: false, quarantined }
            }
        }
    }

    /// The confirmation of a frame that is durable; a frame that ends otherwise than a report gets
    /// none. (A keep-alive never comes here: it has no answer, SL 651-2014 6.6.4.2.)
    fn answer(&self, frame: &Decoded) -> Option<Vec<u8>> {
        let report = matches!(frame.end, Some(control::ETX | control::ETB));
        if !self.config.confirm || !report {
            return None;
        }
        let stay = self.config.stay_on_line || frame.more_follows();
        let confirmation = Confirmation::to(frame, self.clock.now(), stay)?;
        metrics::counter!("gateway_confirmations_total").increment(1);
        Some(confirmation.to_bytes())
    }

    fn refuse_garbage(&self, bytes: Vec<u8>, arrival: Arrival) -> Taken {
        metrics::counter!("gateway_garbage_bytes_total").increment(bytes.len() as u64);
        let frame = decode(&bytes);
        // Bytes that begin like a frame say more by what is wrong with it.
        let (reason, detail) = match frame.worst() {
            Some(problem) if frame.station.is_some() => (problem.code(), problem.to_string()),
            _ => ("garbage", format!("{} bytes between frames that are no frame", bytes.len())),
        };
        self.refuse(bytes, &frame, reason, detail, arrival)
    }

    fn refuse(
        &self,
        bytes: Vec<u8>,
        frame: &Decoded,
        reason: &'static str,
        detail: String,
        arrival: Arrival,
    ) -> Taken {
        count(reason);
        let quarantined = Some(new_quarantined(bytes, frame, reason, detail, arrival));
        Taken { answer: None, bad: true, quarantined }
    }
}

fn count(outcome: &'static str) {
    metrics::counter!("gateway_frames_total", "outcome" => outcome).increment(1);
}

fn new_quarantined(
    raw: Vec<u8>,
    frame: &Decoded,
    reason: &str,
    detail: String,
    arrival: Arrival,
) -> NewQuarantined {
    NewQuarantined {
        at: arrival.at,
        peer: arrival.peer.to_string(),
        protocol: NAME.to_owned(),
        station: frame.station.clone(),
        reason: reason.to_owned(),
        detail,
        raw,
    }
}

/// The known station a sound up frame comes from, or why it is refused: a stable code and a sentence.
fn admit(frame: &Decoded, registry: &Registry) -> Result<StationCode, (&'static str, String)> {
    if let Some(problem) = frame.worst().filter(|_| !frame.is_trusted()) {
        return Err((problem.code(), problem.to_string()));
    }
    if frame.direction != Some(Direction::Up) {
        return Err(("wrong_direction", "the frame is one that a centre sends".to_owned()));
    }
    if let Some(packet) = frame.packet.filter(|packet| packet.total > 1) {
        let (number, total) = (packet.number, packet.total);
        return Err(("multi_packet", format!("part {number} of {total} of a multi-packet report (M3)")));
    }
    let text = frame.station.clone().unwrap_or_default();
    StationCode::new(text.as_str()).ok().filter(|code| registry.station(code).is_some()).ok_or_else(|| {
        ("unknown_station", format!("station `{text}` is not in the registry: add or import it"))
    })
}
