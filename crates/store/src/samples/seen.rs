//! When and how often a station was heard: for online rate, age of last data, clock drift.

use super::bytes::{Put as _, Take};
use field::time::{HOUR_MS, Time};

/// Hours kept in the ring of reports.
const HOURS: usize = 25;

/// What is known of a station from its packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// When its newest packet arrived.
    pub last_received_at: Time,
    /// When the station says it sent it.
    pub last_sent_at: Option<Time>,
    /// Packets kept.
    pub packets: u64,
    /// 时钟偏差: received minus sent, smoothed over about 8 packets, ms. Positive: its clock is slow.
    pub drift_ms: Option<i64>,
    /// Packets per hour of arrival; slot `hour % 25`.
    hours: [u16; HOURS],
    /// The newest hour in the ring, hours since 1970.
    newest_hour: i64,
}

impl Seen {
    /// A station heard for the first time.
    pub(crate) fn first(received_at: Time) -> Self {
        Self {
            last_received_at: received_at,
            last_sent_at: None,
            packets: 0,
            drift_ms: None,
            hours: [0; HOURS],
            newest_hour: received_at.ms().div_euclid(HOUR_MS),
        }
    }

    /// Counts one more packet.
    pub(crate) fn count(&mut self, received_at: Time, sent_at: Option<Time>) {
        self.packets += 1;
        self.hear(received_at, sent_at);
        self.count_hour(received_at.ms().div_euclid(HOUR_MS));
    }

    /// Heard without a new packet: a keep-alive, or a frame sent again.
    pub(crate) fn hear(&mut self, received_at: Time, sent_at: Option<Time>) {
        self.last_received_at = self.last_received_at.max(received_at);
        if let Some(sent) = sent_at {
            self.last_sent_at = Some(self.last_sent_at.map_or(sent, |last| last.max(sent)));
            let now = received_at.since_ms(sent);
            // Exponential smoothing with weight 1/8: one late packet does not move it much.
            self.drift_ms = Some(self.drift_ms.map_or(now, |old| old + (now - old) / 8));
        }
    }

    fn count_hour(&mut self, hour: i64) {
        let ring = HOURS as i64;
        if hour <= self.newest_hour - ring {
            return;
        }
        let first_new = (self.newest_hour + 1).max(hour - ring + 1);
        for empty in first_new..=hour {
            if let Some(slot) = self.hours.get_mut(slot_of(empty)) {
                *slot = 0;
            }
        }
        self.newest_hour = self.newest_hour.max(hour);
        if let Some(slot) = self.hours.get_mut(slot_of(hour)) {
            *slot = slot.saturating_add(1);
        }
    }

    /// Packets that arrived in the last 24 full hours and the running one, up to `now`.
    #[must_use]
    pub fn packets_last_day(&self, now: Time) -> u32 {
        let hour = now.ms().div_euclid(HOUR_MS);
        let oldest = (hour - 24).max(self.newest_hour - HOURS as i64 + 1);
        (oldest..=hour.min(self.newest_hour))
            .filter_map(|h| self.hours.get(slot_of(h)))
            .map(|n| u32::from(*n))
            .sum()
    }
}

/// Stands for "never" and "not known".
const NONE: i64 = i64::MIN;

impl Seen {
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        out.put_i64(self.last_received_at.ms());
        out.put_i64(self.last_sent_at.map_or(NONE, Time::ms));
        out.put_u64(self.packets);
        out.put_i64(self.drift_ms.unwrap_or(NONE));
        out.put_i64(self.newest_hour);
        self.hours.iter().for_each(|count| out.put_u16(*count));
    }

    pub(crate) fn read(take: &mut Take<'_>) -> Option<Self> {
        let some = |value: i64| Some(value).filter(|v| *v != NONE);
        let mut seen = Self {
            last_received_at: Time::from_ms(take.i64()?),
            last_sent_at: some(take.i64()?).map(Time::from_ms),
            packets: take.u64()?,
            drift_ms: some(take.i64()?),
            newest_hour: take.i64()?,
            hours: [0; HOURS],
        };
        for slot in &mut seen.hours {
            *slot = take.u16()?;
        }
        Some(seen)
    }
}

fn slot_of(hour: i64) -> usize {
    usize::try_from(hour.rem_euclid(HOURS as i64)).unwrap_or(0)
}
