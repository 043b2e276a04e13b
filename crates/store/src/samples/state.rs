//! What is known without looking into the logs: who was heard when, the latest sample of each
//! point, each station's last frames, and the figures. Written beside each sealed segment.

use super::bytes::{Put as _, Take};
use super::live::Live;
use super::row::Row;
use super::{SampleStats, Seen};
use field::id::{PointId, StationCode};
use field::sample::{Quality, StoredPacket};
use field::time::Time;
use sha2::{Digest as _, Sha256};
use std::collections::{HashMap, VecDeque};

/// A station's last frames that a re-sent one is compared with: more than any device repeats.
const FRAMES: usize = 8;

/// The first half of a frame's SHA-256: enough to tell a frame from every other of its station.
pub(crate) type FrameHash = [u8; 16];

/// The hash of a frame's bytes.
pub(crate) fn frame_hash(raw: &[u8]) -> FrameHash {
    let mut half = FrameHash::default();
    half.iter_mut().zip(Sha256::digest(raw)).for_each(|(to, from)| *to = from);
    half
}

#[derive(Clone, Debug)]
struct Heard {
    seen: Seen,
    frames: VecDeque<(FrameHash, i64)>,
}

/// The state at one place in the log.
#[derive(Clone, Debug, Default)]
pub(crate) struct State {
    /// The newest packet.
    pub(crate) head: i64,
    stations: HashMap<StationCode, Heard>,
    pub(crate) stats: SampleStats,
    received_at: Option<Time>,
}

impl State {
    /// Takes a packet in. `corrections` of its readings replaced another value.
    pub(crate) fn take(&mut self, stored: &StoredPacket, hash: FrameHash, corrections: u64) {
        let packet = &stored.packet;
        self.head = self.head.max(stored.seq.0);
        self.received_at = self.received_at.max(Some(packet.received_at));
        let heard =
            self.stations.entry(packet.station.clone()).or_insert_with(|| Heard::at(packet.received_at));
        if !packet.is_computed() {
            heard.seen.count(packet.received_at, packet.sent_at);
        }
        heard.frames.push_back((hash, stored.seq.0));
        if heard.frames.len() > FRAMES {
            heard.frames.pop_front();
        }
        self.stats.packets += 1;
        self.stats.readings += packet.readings.len() as u64;
        self.stats.corrections += corrections;
    }

    /// Takes a batch of a push source in, of which `kept` rows were new or corrected.
    pub(crate) fn take_rows(&mut self, seq: i64, source: &StationCode, received_at: Time, kept: u64) {
        self.head = self.head.max(seq);
        self.received_at = self.received_at.max(Some(received_at));
        match self.stations.get_mut(source) {
            Some(heard) => heard.seen.count(received_at, None),
            None => {
                let mut heard = Heard::at(received_at);
                heard.seen.count(received_at, None);
                self.stations.insert(source.clone(), heard);
            }
        }
        self.stats.packets += 1;
        self.stats.readings += kept;
    }

    /// A station was heard without anything new.
    pub(crate) fn heard(&mut self, station: &StationCode, received_at: Time, sent_at: Option<Time>) {
        let heard = self.stations.entry(station.clone()).or_insert_with(|| Heard::at(received_at));
        heard.seen.hear(received_at, sent_at);
    }

    pub(crate) fn seen(&self, station: &StationCode) -> Option<Seen> {
        self.stations.get(station).map(|h| h.seen)
    }

    /// The packet with these very bytes among a station's last ones.
    pub(crate) fn frame(&self, station: &StationCode, hash: &FrameHash) -> Option<i64> {
        let heard = self.stations.get(station)?;
        heard.frames.iter().rev().find(|(h, _)| h == hash).map(|(_, seq)| *seq)
    }

    /// The numbers of a station's last packets, oldest first.
    pub(crate) fn last_packets(&self, station: &StationCode) -> Vec<i64> {
        self.stations.get(station).map_or(vec![], |h| h.frames.iter().map(|(_, seq)| *seq).collect())
    }

    pub(crate) const fn received_at(&self) -> Option<Time> {
        self.received_at
    }
}

impl Heard {
    fn at(received_at: Time) -> Self {
        Self { seen: Seen::first(received_at), frames: VecDeque::with_capacity(FRAMES) }
    }
}

const NO_TIME: i64 = i64::MIN;

impl State {
    /// As bytes.
    pub(crate) fn write(&self, latest: &[(PointId, Row)]) -> Vec<u8> {
        let mut out = Vec::with_capacity(64 + self.stations.len() * 380 + latest.len() * 33);
        out.put_i64(self.head);
        out.put_i64(self.received_at.map_or(NO_TIME, Time::ms));
        for figure in [self.stats.packets, self.stats.readings, self.stats.duplicates, self.stats.corrections]
        {
            out.put_u64(figure);
        }
        out.put_u32(u32::try_from(self.stations.len()).unwrap_or(u32::MAX));
        for (station, heard) in &self.stations {
            out.put_text(station.as_str());
            heard.seen.write(&mut out);
            out.put_u8(u8::try_from(heard.frames.len()).unwrap_or(u8::MAX));
            for (hash, seq) in &heard.frames {
                out.extend_from_slice(hash);
                out.put_i64(*seq);
            }
        }
        out.put_u32(u32::try_from(latest.len()).unwrap_or(u32::MAX));
        for (point, row) in latest {
            out.put_i64(point.0);
            out.put_i64(row.at);
            out.put_f64(row.value);
            out.put_i64(row.origin());
            out.put_u8(row.quality() as u8);
        }
        out
    }

    /// From bytes, the points' latest samples into `live`; `None` when they are not whole.
    pub(crate) fn read(bytes: &[u8], live: &mut Live) -> Option<Self> {
        let mut take = Take(bytes);
        let mut state = Self { head: take.i64()?, ..Self::default() };
        state.received_at = Some(take.i64()?).filter(|ms| *ms != NO_TIME).map(Time::from_ms);
        state.stats.packets = take.u64()?;
        state.stats.readings = take.u64()?;
        state.stats.duplicates = take.u64()?;
        state.stats.corrections = take.u64()?;
        for _ in 0..take.u32()? {
            let station = StationCode::new(take.text()?).ok()?;
            let seen = Seen::read(&mut take)?;
            let count = take.u8()?;
            let frame = |take: &mut Take<'_>| Some((take.bytes(16)?.try_into().ok()?, take.i64()?));
            let frames = (0..count).map(|_| frame(&mut take)).collect::<Option<_>>()?;
            state.stations.insert(station, Heard { seen, frames });
        }
        for _ in 0..take.u32()? {
            let (point, at) = (PointId(take.i64()?), take.i64()?);
            let (value, origin, quality) = (take.f64()?, take.i64()?, Quality::from_code(take.u8()?));
            live.restore_latest(point, Row::stored(at, value, quality, origin));
        }
        take.0.is_empty().then_some(state)
    }
}
