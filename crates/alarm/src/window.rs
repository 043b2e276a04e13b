//! 窗口: what a rule may look at — the recent samples of its point and when its station was heard.
//!
//! A [`Trail`] keeps samples ordered by observed time whatever order they came in, sixteen bytes
//! each, never more than it was told to keep nor more than [`Trail::MAX_SAMPLES`]. What it holds
//! depends only on the samples given to it, not on how they were cut into batches.

use field::sample::{Quality, Sample};
use field::time::{MINUTE_MS, Time};
use std::collections::VecDeque;

/// A sample in sixteen bytes: the quality rides in the three low bits of the time.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Packed {
    key: i64,
    /// NaN where the value is missing.
    value: f64,
}

impl Packed {
    fn new(sample: &Sample) -> Self {
        Self { key: sample.at.ms() << 3 | sample.quality as i64, value: sample.value.unwrap_or(f64::NAN) }
    }

    const fn at_ms(self) -> i64 {
        self.key >> 3
    }

    fn sample(self) -> Sample {
        let quality = Quality::from_code(u8::try_from(self.key & 7).unwrap_or(1));
        Sample {
            at: Time::from_ms(self.at_ms()),
            value: (!self.value.is_nan()).then_some(self.value),
            quality,
        }
    }
}

/// 走势: the recent samples of one point, oldest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trail {
    samples: VecDeque<Packed>,
    keep_ms: i64,
}

impl Trail {
    /// Most samples of one point: a day of one-minute values, twice over. With sixteen bytes each
    /// a point costs at most 48 kB.
    pub const MAX_SAMPLES: usize = 3_000;

    /// A device's clock may be ahead by this much; a sample dated further ahead of its reception
    /// is taken as observed when it was received, so that one wrong date cannot blind the rules.
    pub const AHEAD_MS: i64 = 10 * MINUTE_MS;

    /// An empty trail that keeps `keep_ms` behind its newest sample.
    #[must_use]
    pub fn keeping(keep_ms: i64) -> Self {
        Self { samples: VecDeque::new(), keep_ms }
    }

    /// How long it keeps, in milliseconds.
    #[must_use]
    pub const fn keep_ms(&self) -> i64 {
        self.keep_ms
    }

    /// Changes how long it keeps. What is already gone does not come back.
    pub fn keep(&mut self, keep_ms: i64) {
        self.keep_ms = keep_ms;
        self.trim();
    }

    /// Takes in a sample received at `received_at`; one of the same moment replaces the former.
    pub fn insert(&mut self, sample: &Sample, received_at: Time) {
        let mut sample = *sample;
        if sample.at > received_at.plus_ms(Self::AHEAD_MS) {
            sample.at = received_at;
        }
        let packed = Packed::new(&sample);
        let at = packed.at_ms();
        let place = match self.samples.back() {
            Some(last) if last.at_ms() >= at => self.samples.partition_point(|p| p.at_ms() < at),
            _ => self.samples.len(),
        };
        match self.samples.get_mut(place) {
            Some(same) if same.at_ms() == at => *same = packed,
            _ => {
                if self.samples.len() == self.samples.capacity() {
                    // Grow by a quarter, not by doubling: ten thousand trails share the memory.
                    self.samples.reserve_exact(self.samples.len() / 4 + 8);
                }
                self.samples.insert(place, packed);
            }
        }
        self.trim();
    }

    fn trim(&mut self) {
        let Some(newest) = self.samples.back().copied() else { return };
        let oldest = newest.at_ms() - self.keep_ms;
        while self.samples.len() > Self::MAX_SAMPLES
            || self.samples.front().is_some_and(|p| p.at_ms() < oldest)
        {
            self.samples.pop_front();
        }
    }

    /// The newest sample, whatever its quality.
    #[must_use]
    pub fn newest(&self) -> Option<Sample> {
        self.samples.back().map(|p| p.sample())
    }

    /// The samples, newest first.
    pub fn back(&self) -> impl Iterator<Item = Sample> + '_ {
        self.samples.iter().rev().map(|p| p.sample())
    }

    /// How many it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.samples.len()
    }

    /// Whether it holds none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.samples.is_empty()
    }

    /// The newest `limit` samples from `since` on, oldest first: proof for an alarm.
    #[must_use]
    pub fn proof(&self, since: Time, limit: usize) -> Vec<Sample> {
        let mut proof: Vec<Sample> = self.back().take_while(|s| s.at >= since).take(limit).collect();
        proof.reverse();
        proof
    }
}

/// What a rule is judged on.
#[derive(Clone, Copy, Debug)]
pub struct Window<'a> {
    /// The point's recent samples; other rules may want it to hold more than this one may see.
    pub trail: &'a Trail,
    /// The oldest moment the rule may see. What it finds must not depend on how much the trail
    /// happens to hold.
    pub from: Time,
    /// When the station's newest packet was received, by the receiver's clock.
    pub heard: Option<Time>,
    /// From when its silence is counted: when it was heard, or when the platform began to listen,
    /// whichever is later.
    pub since: Option<Time>,
    /// The station's longest normal time between two reports.
    pub interval_ms: i64,
    /// Older than this, a value says nothing about now.
    pub fresh_ms: i64,
    /// Least plausible value of the point.
    pub min: f64,
    /// Greatest plausible value of the point.
    pub max: f64,
}

impl Window<'_> {
    /// The newest sample that may be judged, if it still speaks of the moment `at`.
    #[must_use]
    pub fn usable(&self, at: Time) -> Option<(Time, f64)> {
        let (time, value) = self.values().next()?;
        (at.since_ms(time) <= self.fresh_ms).then_some((time, value))
    }

    /// The samples, newest first, suspect and missing ones as well.
    pub fn samples(&self) -> impl Iterator<Item = Sample> + '_ {
        self.trail.back().take_while(|s| s.at >= self.from)
    }

    /// The samples that may be judged, newest first.
    pub fn values(&self) -> impl Iterator<Item = (Time, f64)> + '_ {
        self.samples().filter_map(|s| s.usable().filter(|v| v.is_finite()).map(|v| (s.at, v)))
    }
}
