//! One station of the load: a line, a serial, one report under way.

use super::Field;
use super::relay::Line;
use super::stations::{AT_REST_M, THRESHOLDS, code};
use crate::error::CityError;
use crate::rtu::{Answer, Link};
use field::time::Time;
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;
use tokio::time::{Instant, sleep, sleep_until, timeout_at};
use wire::sl651::encode::{Address, Element, Group, Report};
use wire::sl651::{function, station_kind};

/// Pause after a failed connection.
const RECONNECT: Duration = Duration::from_millis(500);
/// Tries for the first connection.
const FIRST_TRIES: u32 = 20;
/// How far over the first threshold an alarm's value is, m.
const OVER_M: f64 = 0.01;

/// What became of one station.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Outcome {
    pub(super) n: u32,
    pub(super) connected: bool,
    pub(super) due: u32,
    pub(super) sent: u32,
    pub(super) confirmed: u32,
    pub(super) alarmed: bool,
}

struct Station {
    field: Arc<Field>,
    line: Option<Line>,
    outcome: Outcome,
}

/// Plays one station from its first connection to its last confirmation.
pub(super) async fn play(field: Arc<Field>, n: u32) -> Outcome {
    let mut station = Station { line: None, outcome: Outcome { n, ..Outcome::default() }, field };
    station.connect_first().await;
    let mut start = station.field.start.clone();
    station.field.ready.wait().await;
    let started = start.wait_for(Option::is_some).await.ok().and_then(|started| *started);
    if let Some(start) = started {
        station.reports(start).await;
    }
    station.outcome
}

impl Station {
    async fn connect_first(&mut self) {
        for _ in 0..FIRST_TRIES {
            // A semaphore that nobody closes always gives a permit.
            let _permit = self.field.connecting.acquire().await;
            match self.open().await {
                Ok(line) => {
                    self.line = Some(line);
                    self.outcome.connected = true;
                    return;
                }
                Err(error) => tracing::debug!(%error, "a load station cannot connect"),
            }
            sleep(RECONNECT).await;
        }
    }

    async fn open(&self) -> io::Result<Line> {
        let (field, n) = (&self.field, self.outcome.n);
        let relay = field.load.relay_of(n).and_then(|relay| field.relays.get(relay));
        match relay.zip(code(n)) {
            Some((relay, code)) => Ok(Line::shared(relay, code.to_string())),
            None => Link::open(field.load.to).await.map(Line::Own),
        }
    }

    /// Everything that comes due. A report that cannot be delivered holds the later ones back.
    async fn reports(&mut self, start: Instant) {
        let interval_s = self.field.load.interval_s();
        let phase = f64::from(self.outcome.n) / f64::from(self.field.load.stations);
        let mut delivering = true;
        for report in 0.. {
            let at_s = (phase + f64::from(report)) * interval_s;
            if at_s >= f64::from(self.field.load.seconds) {
                return;
            }
            self.outcome.due += 1;
            if delivering {
                let due = start + Duration::from_secs_f64(at_s);
                sleep_until(due).await;
                delivering = self.report(report, at_s, start, due).await;
            }
        }
    }

    /// Whether it was confirmed.
    async fn report(&mut self, report: u32, at_s: f64, start: Instant, due: Instant) -> bool {
        let is_over = self.alarm_at_s().is_some_and(|alarm| at_s >= alarm);
        // What a station reports always fits its frame.
        let Ok(frame) = self.frame(report, is_over) else { return false };
        self.outcome.sent += 1;
        let Some(sent) = self.deliver(&frame, serial(report), self.field.end(start)).await else {
            return false;
        };
        let (now, counts) = (Instant::now(), &self.field.counts);
        counts.confirmation.record(now - sent);
        counts.behind.record(now - due);
        let in_time = now <= start + Duration::from_secs(self.field.load.seconds.into());
        counts.in_time.fetch_add(u64::from(in_time), Relaxed);
        self.outcome.confirmed += 1;
        self.outcome.alarmed |= is_over;
        true
    }

    /// Sends until it is confirmed; when its last byte was written the first time, or `None` when
    /// the time is over.
    async fn deliver(&mut self, frame: &[u8], serial: u16, end: Instant) -> Option<Instant> {
        let mut sent = None;
        loop {
            let patience = self.field.load.patience;
            match timeout_at(end, self.attempt(frame, serial, patience, &mut sent)).await {
                Err(_) => return None,
                Ok(Ok(Answer::Confirmed)) => return sent,
                Ok(Ok(Answer::Silence)) => {}
                Ok(Err(error)) => {
                    tracing::debug!(%error, "a load station lost its connection");
                    self.line = None;
                    sleep(RECONNECT).await;
                    self.field.counts.reconnected.fetch_add(1, Relaxed);
                }
            }
        }
    }

    async fn attempt(
        &mut self,
        frame: &[u8],
        serial: u16,
        patience: Duration,
        sent: &mut Option<Instant>,
    ) -> io::Result<Answer> {
        if sent.is_some() {
            self.field.counts.resent.fetch_add(1, Relaxed);
        }
        if self.line.is_none() {
            self.line = Some(self.open().await?);
        }
        let Some(line) = &mut self.line else { return Ok(Answer::Silence) };
        line.send(frame).await?;
        sent.get_or_insert_with(Instant::now);
        line.confirmation(serial, patience).await
    }

    /// Seconds after the start from which this station's value is over the threshold.
    fn alarm_at_s(&self) -> Option<f64> {
        let load = &self.field.load;
        // Every station still has a report to send behind its moment.
        let span_s = (f64::from(load.seconds) - load.interval_s()).max(0.0);
        (self.outcome.n < load.alarms).then(|| f64::from(self.outcome.n) / f64::from(load.alarms) * span_s)
    }

    fn frame(&self, report: u32, is_over: bool) -> Result<Vec<u8>, CityError> {
        let n = self.outcome.n;
        let observed_at = self.field.observed_from.plus_ms(i64::from(report) * self.field.load.step_ms());
        // Readings move by millimetres, as real ones do.
        let ripple_m = f64::from((n + report) % 7) / 1_000.0;
        let level_m = if is_over { THRESHOLDS.blue.unwrap_or_default() + OVER_M } else { AT_REST_M };
        frame(n, serial(report), self.field.clock.now(), observed_at, level_m + ripple_m)
    }
}

/// A timed report (32) of the `n`th load station: depth, rain total and supply voltage.
///
/// # Errors
/// [`CityError::Frame`] when the depth does not fit its element.
pub fn frame(
    n: u32,
    serial: u16,
    sent_at: Time,
    observed_at: Time,
    depth_m: f64,
) -> Result<Vec<u8>, CityError> {
    let unknown = || CityError::BadSetting { setting: "stations", why: format!("station {n}") };
    let tenth = f64::from((n + u32::from(serial)) % 10) / 10.0;
    let elements = vec![
        Element::of(0x39, Some(depth_m))?,
        Element::of(0x26, Some(f64::from(serial)))?,
        Element::of(0x38, Some(12.0 + tenth))?,
    ];
    let report = Report {
        centre: 1,
        station: Address::of(&code(n).ok_or_else(unknown)?)?,
        password: 0x1234,
        function: function::TIMED,
        serial,
        sent_at,
        kind: station_kind::RIVER,
        groups: vec![Group { observed_at, elements }],
        more_follows: false,
    };
    Ok(report.to_bytes()?)
}

/// 1 to 65535, then 1 again.
fn serial(report: u32) -> u16 {
    u16::try_from(report % 65_535 + 1).unwrap_or(1)
}
