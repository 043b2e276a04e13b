//! 接收: what every protocol has in common between its decoder and the store: whose the message is,
//! which points it feeds, and that it is durable before anybody is told so.

use crate::budget::{Budget, Budgets};
use crate::clocks::{self, Clocks, Heard};
use crate::points::{self, Times};
use crate::throttle::Throttle;
use field::clock::Clock;
use field::id::{PointId, StationCode};
use field::sample::Packet;
use field::station::Quantity;
use field::time::{MINUTE_MS, Time};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;
use store::command::is_fresh;
use store::tables::NewQuarantined;
use store::{Actor, Registry, Store, StoreError, Subject};
use wire::{Report, ReportFile};

/// Messages of one connection that are taken at a time: their appends share a group commit. At most
/// 30, so that they are polled, and so queued in the store, in their order.
pub(crate) const PIPELINE: usize = 30;

/// A count of running pumps older than so many report intervals is not fresh.
const FRESH_INTERVALS: i64 = 3;

/// Lines of a station's journal among which a file that is sent again is looked for: some days of pictures.
const LINES_LOOKED_AT: usize = 200;

/// Where and when a message arrived.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Arrival {
    /// Who sent it.
    pub peer: IpAddr,
    /// The receiver's clock.
    pub at: Time,
    /// For measuring how long keeping it took.
    pub instant: Instant,
    /// Its sender can be made to wait: a connection can, a datagram cannot.
    pub patient: bool,
}

/// What became of a message that was kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Kept {
    /// Something in it was new: not merely sent again.
    pub fresh: bool,
}

/// The message is not durable: it must not be confirmed, its sender will send it again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NotKept;

/// Why a message is no message of a known station: a stable code and a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    /// Stable code, shown in quarantine and in metrics.
    pub reason: &'static str,
    /// What is wrong and what to do.
    pub detail: String,
}

impl Refused {
    pub(crate) fn new(reason: &'static str, detail: impl Into<String>) -> Self {
        Self { reason, detail: detail.into() }
    }
}

/// The way into the store for every protocol.
#[derive(Debug)]
pub(crate) struct Intake {
    store: Store,
    clock: Arc<dyn Clock>,
    append_failed: Throttle,
    budgets: Budgets,
    throttled: Throttle,
    clocks: Clocks,
}

impl Intake {
    pub(crate) fn new(store: Store, clock: Arc<dyn Clock>, budget: Budget) -> Self {
        let budgets = Budgets::new(budget);
        let (append_failed, throttled, clocks) = Default::default();
        Self { store, clock, append_failed, budgets, throttled, clocks }
    }

    /// The centre's time.
    pub(crate) fn now(&self) -> Time {
        self.clock.now()
    }

    /// How many seconds of the centre's clock pass in one of the machine's.
    pub(crate) fn speed(&self) -> f64 {
        self.clock.speed()
    }

    /// A message that arrives now.
    pub(crate) fn arrival(&self, peer: IpAddr) -> Arrival {
        Arrival { peer, at: self.clock.now(), instant: Instant::now(), patient: true }
    }

    /// What is registered, as of now.
    pub(crate) fn registry(&self) -> Arc<Registry> {
        self.store.tables.registry()
    }

    /// The registered station that calls itself `text`.
    ///
    /// # Errors
    /// [`Refused`] with the code `unknown_station`.
    pub(crate) fn known(&self, text: &str) -> Result<StationCode, Refused> {
        StationCode::new(text)
            .ok()
            .filter(|code| self.registry().station(code).is_some())
            .ok_or_else(|| unknown(text))
    }

    /// The time of the newest kept value of an element of a station.
    pub(crate) fn newest(&self, station: &str, element: &str) -> Option<Time> {
        self.store.samples.latest(self.point(station, element)?).map(|(sample, _)| sample.at)
    }

    /// Whether an element of a station is a point: of any other, nothing is kept but the raw bytes.
    pub(crate) fn feeds(&self, station: &str, element: &str) -> bool {
        self.point(station, element).is_some()
    }

    fn point(&self, station: &str, element: &str) -> Option<PointId> {
        let code = StationCode::new(station).ok()?;
        let registry = self.registry();
        Some(registry.point_for_element(&code, element)?.id)
    }

    /// The first unit that a sender names for a point nobody has classified becomes the point's: station,
    /// element and unit of each value.
    pub(crate) async fn adopt_units<'a>(&self, named: impl Iterator<Item = (&'a str, &'a str, &'a str)>) {
        let registry = self.registry();
        let point = |(station, element, unit): (&str, &str, &'a str)| {
            let code = StationCode::new(station).ok().filter(|_| !unit.is_empty())?;
            Some((registry.point_for_element(&code, element)?.id, unit))
        };
        let adopted =
            self.store.tables.adopt_units(named.filter_map(point), Actor::Desk("gateway"), self.now());
        if let Err(error) = adopted.await {
            tracing::error!(%error, "the unit of a point could not be written down; its values are kept as they came");
        }
    }

    /// Something was heard of a station that is not worth a place in the log: a keep-alive.
    pub(crate) fn heard(
        &self,
        station: &StationCode,
        protocol: &'static str,
        arrival: Arrival,
        sent_at: Option<Time>,
    ) {
        self.store.samples.heard(station, arrival.at, sent_at);
        count(protocol, "keep_alive");
    }

    /// Keeps a message of a station. When it returns `Ok`, the message is durable and may be
    /// confirmed. A station that has used up its budget waits here. Values of elements that feed no point stay in the raw bytes and are counted.
    ///
    /// # Errors
    /// [`NotKept`]: the store could not take it, or it is a datagram of a station that is throttled;
    /// logged here.
    pub(crate) async fn keep(
        &self,
        station: &StationCode,
        protocol: &'static str,
        raw: Vec<u8>,
        report: &Report,
        arrival: Arrival,
    ) -> Result<Kept, NotKept> {
        self.may_send(station, protocol, arrival).await?;
        let times = self.times(station, report.sent_at, arrival).await;
        let mapped = points::map(&report.readings, station, &self.registry(), times);
        if mapped.unmapped > 0 {
            metrics::counter!("gateway_readings_without_point_total").increment(mapped.unmapped as u64);
        }
        let packet = Packet {
            station: station.clone(),
            received_at: arrival.at,
            sent_at: report.sent_at,
            protocol: protocol.to_owned(),
            raw,
            readings: mapped.readings,
        };
        if !self.keep_files(station, &report.files).await {
            return Err(NotKept);
        }
        let samples = &self.store.samples;
        let appended = if mapped.untimely {
            samples.append_untimely(packet).await
        } else {
            samples.append(packet).await
        };
        match appended {
            Ok(appended) => {
                metrics::histogram!("gateway_append_seconds").record(arrival.instant.elapsed().as_secs_f64());
                let stale = !appended.fresh || (appended.new == 0 && appended.duplicates > 0);
                self.charge(station, protocol, stale);
                count(protocol, if appended.fresh { "kept" } else { "resent" });
                Ok(Kept { fresh: appended.fresh })
            }
            Err(error) => {
                count(protocol, "append_failed");
                if let Some(held_back) = self.append_failed.pass() {
                    tracing::error!(%error, %station, protocol, held_back, "a frame could not be kept; it is not confirmed, the station will send it again");
                }
                Err(NotKept)
            }
        }
    }

    /// How far the times of a message can be trusted. A clock that turns out to be wrong, and one that is
    /// right again, is named in the log and in the station's journal.
    async fn times(&self, station: &StationCode, sent_at: Option<Time>, arrival: Arrival) -> Times {
        let heard = self.clocks.hear(station, arrival.at, sent_at, self.speed());
        let latest = arrival.at.plus_ms(clocks::ahead_ms(self.speed()));
        let (act, lag_ms) = match heard {
            Heard::Right => return Times { latest, wrong: false },
            Heard::Wrong { is_news: false, .. } => return Times { latest, wrong: true },
            Heard::Wrong { lag_ms, .. } => ("clock_wrong", lag_ms),
            Heard::RightAgain => ("clock_right", 0),
        };
        let wrong = act == "clock_wrong";
        let slow_min = lag_ms / MINUTE_MS;
        if wrong {
            metrics::counter!("gateway_wrong_clocks_total").increment(1);
            tracing::warn!(%station, slow_min, "a station's clock is wrong; its readings are kept as suspect until it is set (480 minutes: it runs on UTC)");
        } else {
            tracing::info!(%station, "a station's clock is right again");
        }
        let body = serde_json::json!({ "v": 1, "slow_min": slow_min, "sent_at": sent_at });
        if let Err(error) = self.note(station, act, body).await {
            tracing::error!(%error, %station, "a station's clock could not be noted in the journal");
        }
        Times { latest, wrong }
    }

    async fn note(
        &self,
        station: &StationCode,
        act: &'static str,
        body: serde_json::Value,
    ) -> Result<(), StoreError> {
        let mut tx = self.store.tables.begin(Actor::Desk("gateway"), self.now()).await?;
        tx.journal(Subject::Station(station.clone()), act, body).await?;
        tx.commit().await.map(drop)
    }

    /// The stations that are slowed down now, and until when.
    pub(crate) fn throttled(&self) -> Vec<(StationCode, Time)> {
        self.budgets.throttled(self.now())
    }

    /// Until when a station is slowed down; `None` when it is not.
    pub(crate) fn throttled_until(&self, station: &StationCode) -> Option<Time> {
        self.budgets.throttled_until(station, self.now())
    }

    /// Waits until the station's budget allows a message.
    async fn may_send(
        &self,
        station: &StationCode,
        protocol: &'static str,
        arrival: Arrival,
    ) -> Result<(), NotKept> {
        let wait = self.budgets.wait(station, self.speed(), Instant::now());
        if wait.is_zero() {
            return Ok(());
        }
        count(protocol, "throttled");
        if !arrival.patient {
            return Err(NotKept);
        }
        tokio::time::sleep(wait).await;
        Ok(())
    }

    fn charge(&self, station: &StationCode, protocol: &'static str, stale: bool) {
        let now = (Instant::now(), self.now());
        if let Some(until) = self.budgets.charge(station, stale, self.speed(), now) {
            metrics::counter!("gateway_throttled_total", "protocol" => protocol).increment(1);
            if let Some(held_back) = self.throttled.pass() {
                tracing::warn!(%station, protocol, %until, stale, held_back, "a station sends more than its budget; it is slowed down");
            }
        }
    }

    /// Keeps the files of a message under the hash of their bytes, and names them in the journal of
    /// their station (act `file`, with key, element and time), once however often they come: that line and
    /// the packet of the same moment belong together. Whether all are durable.
    async fn keep_files(&self, station: &StationCode, files: &[ReportFile]) -> bool {
        for file in files {
            if let Err(error) = self.keep_file(station, file).await {
                count_file("not_kept");
                if let Some(held_back) = self.append_failed.pass() {
                    tracing::error!(%error, %station, held_back, "a station's file could not be kept; its report is not confirmed");
                }
                return false;
            }
            count_file("kept");
        }
        true
    }

    async fn keep_file(&self, station: &StationCode, file: &ReportFile) -> Result<(), StoreError> {
        let bytes = file.bytes.len();
        let key = match self.store.photos.put(file.bytes.clone()).await {
            Ok(key) => key,
            // No picture we know: the raw bytes stay in the packet and a person sees the note.
            Err(StoreError::Invalid { .. }) => {
                tracing::warn!(%station, bytes, "a station's file is no picture; only its raw bytes are kept");
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        let body = serde_json::json!({
            "v": 1, "key": key, "element": file.element, "media": file.media,
            "observed_at": file.observed_at, "bytes": bytes,
        });
        if self.is_noted(station, "file", &body).await? {
            return Ok(());
        }
        self.note(station, "file", body).await
    }

    /// Whether one of a station's last lines says the very same: its report was sent again.
    async fn is_noted(
        &self,
        station: &StationCode,
        act: &str,
        body: &serde_json::Value,
    ) -> Result<bool, StoreError> {
        let subject = Subject::Station(station.clone());
        let last = self.store.tables.journal_before(None, Some(&subject), LINES_LOOKED_AT).await?;
        Ok(last.iter().any(|line| line.act == act && line.body == *body))
    }

    /// Whether a station's pumps are known to stand still: its newest count of them is fresh and 0.
    pub(crate) fn pumps_stand_still(&self, station: &StationCode) -> bool {
        let registry = self.registry();
        let fresh_ms = registry
            .station(station)
            .map_or(0, |station| FRESH_INTERVALS * 1_000 * i64::from(station.report_interval_s));
        let now = self.now();
        let points = registry.points_of(station).iter();
        points
            .filter(|point| point.quantity == Quantity::PumpsRunning)
            .filter_map(|point| self.store.samples.latest_by(point.id, now))
            .any(|(sample, _)| sample.usable() == Some(0.0) && is_fresh(now, sample.at, fresh_ms))
    }

    /// A message that was refused, counted and ready for quarantine.
    pub(crate) fn refuse(
        &self,
        protocol: &'static str,
        station: Option<String>,
        raw: Vec<u8>,
        refused: Refused,
        arrival: Arrival,
    ) -> NewQuarantined {
        count(protocol, refused.reason);
        quarantined(protocol, station, raw, refused, arrival)
    }
}

/// A piece for the quarantine, where a person sees it. Not counted as refused: for a message that is
/// kept although some of it could not be read.
pub(crate) fn quarantined(
    protocol: &'static str,
    station: Option<String>,
    raw: Vec<u8>,
    refused: Refused,
    arrival: Arrival,
) -> NewQuarantined {
    NewQuarantined {
        at: arrival.at,
        peer: arrival.peer.to_string(),
        protocol: protocol.to_owned(),
        station,
        reason: refused.reason.to_owned(),
        detail: refused.detail,
        raw,
    }
}

/// `unknown_station`: the code names no registered station.
pub(crate) fn unknown(text: &str) -> Refused {
    Refused::new("unknown_station", format!("station `{text}` is not in the registry: add or import it"))
}

fn count_file(outcome: &'static str) {
    metrics::counter!("gateway_files_total", "outcome" => outcome).increment(1);
}

fn count(protocol: &'static str, outcome: &'static str) {
    metrics::counter!("gateway_frames_total", "protocol" => protocol, "outcome" => outcome).increment(1);
}
