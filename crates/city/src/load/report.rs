//! 压测结果: what the stations saw, from their side.

use super::station::Outcome;
use super::{Histogram, Load, Percentiles};
use field::time::Time;
use serde::Serialize;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// Counted by all stations at once.
#[derive(Debug, Default)]
pub(super) struct Counts {
    /// Frames sent again.
    pub(super) resent: AtomicU64,
    /// Connections opened again.
    pub(super) reconnected: AtomicU64,
    /// Confirmed before the last second was over.
    pub(super) in_time: AtomicU64,
    /// Last byte of a frame (sent the first time) to its confirmation.
    pub(super) confirmation: Histogram,
    /// Moment a report was due to its confirmation.
    pub(super) behind: Histogram,
}

/// What came of a load.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// Stations.
    pub stations: u32,
    /// Of them, those over UDP behind relays.
    pub relayed: u32,
    /// Of all, those that never got a connection.
    pub never_connected: u32,
    /// For how long reports came due, s.
    pub seconds: u32,
    /// Frames a second asked for.
    pub rate: f64,
    /// Seconds until all stations were connected.
    pub connected_in_s: f64,
    /// Reports that came due.
    pub due: u64,
    /// Different frames sent.
    pub sent: u64,
    /// Of them, confirmed.
    pub confirmed: u64,
    /// Of them, not confirmed when the load ended: they may be stored or not.
    pub unconfirmed: u64,
    /// Frames sent again for want of a confirmation.
    pub resent: u64,
    /// Connections opened again.
    pub reconnected: u64,
    /// Confirmed frames a second while reports came due.
    pub confirmed_per_s: f64,
    /// Last byte of a frame to its confirmation.
    pub confirmation_ms: Percentiles,
    /// Moment a report was due to its confirmation.
    pub behind_ms: Percentiles,
    /// Stations that reported a value over the threshold and were confirmed.
    pub alarms: u64,
    /// Observation time of every station's first report.
    pub observed_from: Time,
    /// Confirmed reports of each station, in the order of their numbers.
    #[serde(skip)]
    pub confirmed_of: Vec<u32>,
}

impl Report {
    pub(super) fn of(
        load: &Load,
        counts: &Counts,
        observed_from: Time,
        connected_in: Duration,
        outcomes: &[Outcome],
    ) -> Self {
        let sum = |of: fn(&Outcome) -> u32| outcomes.iter().map(|o| u64::from(of(o))).sum::<u64>();
        let (sent, confirmed) = (sum(|o| o.sent), sum(|o| o.confirmed));
        let missing = outcomes.iter().filter(|o| !o.connected).count();
        Self {
            stations: load.stations,
            relayed: load.relayed,
            never_connected: u32::try_from(missing).unwrap_or(u32::MAX),
            seconds: load.seconds,
            rate: load.rate,
            connected_in_s: connected_in.as_secs_f64(),
            due: sum(|o| o.due),
            sent,
            confirmed,
            unconfirmed: sent - confirmed,
            resent: counts.resent.load(Relaxed),
            reconnected: counts.reconnected.load(Relaxed),
            confirmed_per_s: counts.in_time.load(Relaxed) as f64 / f64::from(load.seconds),
            confirmation_ms: counts.confirmation.percentiles(),
            behind_ms: counts.behind.percentiles(),
            alarms: sum(|o| u32::from(o.alarmed)),
            observed_from,
            confirmed_of: outcomes.iter().map(|o| o.confirmed).collect(),
        }
    }
}
