//! 传感器: what a station reads off the sky, with its sensor's faults.
//!
//! A moment is read once and remembered: asked again for the same moment it gives the same value.

use super::faults::{Faults, SpellKind, Spells};
use crate::dice::Dice;
use crate::hands::Playing;
use crate::sky::Sky;
use field::station::StationKind;
use field::time::{DAY_MS, HOUR_MS, MINUTE_MS, Time};
use std::sync::Arc;

/// What a station is and where it finds itself in the sky.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// Counted through all 80.
    pub(crate) station: usize,
    pub(crate) kind: StationKind,
    /// Counted among the online points or among the gauges.
    pub(crate) nth: usize,
}

impl Place {
    pub(crate) fn is_gauge(&self) -> bool {
        self.kind == StationKind::Rain
    }

    /// Whether heights are depths, read to a centimetre (else levels, to a millimetre).
    pub(crate) fn is_depth(&self) -> bool {
        crate::water::is_depth(self.kind)
    }
}

/// What was read at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Read {
    /// Rain since the last slot, tenths of a millimetre.
    pub(crate) rain_tenths: u32,
    /// The station's own counter, tenths of a millimetre; wraps at 9999.9 mm like the instrument.
    pub(crate) total_tenths: u32,
    /// Rain since 08:00, tenths of a millimetre.
    pub(crate) day_tenths: u32,
    /// Depth or level, m.
    pub(crate) height_m: f64,
    /// Pumps running.
    pub(crate) running: u8,
    /// Supply, V.
    pub(crate) volt: f64,
}

/// The counter starts again from zero here.
const COUNTER_WRAPS_TENTHS: u32 = 100_000;

/// Whether a storm is on, and faults with it.
fn is_on(playing: Option<Playing>, at: Time) -> bool {
    playing.is_some_and(|p| p.is_on(at))
}

/// A station's instruments.
#[derive(Debug)]
pub(crate) struct Gauge {
    place: Place,
    sky: Arc<Sky>,
    seed: u64,
    faults: Faults,
    /// Share of wild readings at this station.
    wild: f64,
    spells: Spells,
    /// The gauge's counter in the sky when last looked at, and in which storm.
    seen: (Option<Playing>, u32),
    total_tenths: u32,
    slot_tenths: u32,
    day: Option<(Time, u32)>,
    stuck_at: Option<f64>,
    last: Option<(Time, Read)>,
}

impl Gauge {
    pub(crate) fn new(place: Place, sky: Arc<Sky>, seed: u64, faults: Faults) -> Self {
        let station = place.station;
        let spells = Spells::new(faults, seed, place.station, place.is_gauge());
        // Counters in the field stand anywhere.
        let total_tenths = Dice::of(seed, "counter", place.station as i64).between(1_000.0, 9_000.0) as u32;
        Self {
            place,
            sky,
            seed,
            faults,
            wild: faults.wild_of(seed, station),
            spells,
            seen: (None, 0),
            total_tenths,
            slot_tenths: 0,
            day: None,
            stuck_at: None,
            last: None,
        }
    }

    /// How far the station's clock is off, milliseconds.
    pub(crate) fn drift_ms(&self, at: Time) -> i64 {
        self.faults.drift_ms(self.seed, self.place.station, at)
    }

    /// Whether the station has no power. Faults belong to a storm being played: between storms all is
    /// well, so that a storm's last order can be closed.
    pub(crate) fn is_dead(&mut self, playing: Option<Playing>, at: Time) -> bool {
        is_on(playing, at) && self.spells.is(SpellKind::Dead, at)
    }

    /// Whether the station's line is away.
    pub(crate) fn is_silent(&mut self, playing: Option<Playing>, at: Time) -> bool {
        is_on(playing, at) && self.spells.is(SpellKind::Silent, at)
    }

    /// After a leap: what fell in between is not known, the counter goes on from where it stood.
    pub(crate) fn forget(&mut self, playing: Option<Playing>, at: Time) {
        self.seen = (playing, self.sky.counter_tenths(playing, self.place.nth, at));
        self.slot_tenths = 0;
        self.stuck_at = None;
        self.last = None;
    }

    /// Reads everything at `at` (true time); `label` is the station's own time of it.
    pub(crate) fn read(&mut self, playing: Option<Playing>, at: Time, label: Time) -> Read {
        if let Some((_, read)) = self.last.filter(|(moment, _)| *moment == label) {
            return read;
        }
        self.take_rain(playing, at, label);
        let read = Read {
            rain_tenths: self.slot_tenths,
            total_tenths: self.total_tenths,
            day_tenths: self.day.map_or(0, |(_, tenths)| tenths),
            height_m: if self.place.is_gauge() { 0.0 } else { self.height(playing, at) },
            running: self.sky.running(playing, self.place.nth, at),
            volt: self.volt(label),
        };
        self.last = Some((label, read));
        read
    }

    /// The five minutes are over.
    pub(crate) fn end_slot(&mut self) {
        self.slot_tenths = 0;
    }

    fn take_rain(&mut self, playing: Option<Playing>, at: Time, label: Time) {
        let day = label.hydrological_day_of_period_end();
        if self.day.is_none_or(|(of, _)| of != day) {
            self.day = Some((day, 0));
        }
        if !self.place.is_gauge() {
            return;
        }
        let now = self.sky.counter_tenths(playing, self.place.nth, at);
        let before = if self.seen.0 == playing { self.seen.1 } else { 0 };
        let fell = now.saturating_sub(before);
        self.seen = (playing, now.max(before));
        self.slot_tenths += fell;
        self.total_tenths = (self.total_tenths + fell) % COUNTER_WRAPS_TENTHS;
        if let Some((_, tenths)) = &mut self.day {
            *tenths += fell;
        }
    }

    fn height(&mut self, playing: Option<Playing>, at: Time) -> f64 {
        let parts = crate::water::parts(self.place.is_depth());
        let round = |m: f64| (m * parts).round() / parts;
        let truth = round(self.sky.level_m(playing, self.place.nth, at));
        if !is_on(playing, at) {
            self.stuck_at = None;
            return truth;
        }
        if self.spells.is(SpellKind::Stuck, at) {
            return *self.stuck_at.get_or_insert(truth);
        }
        self.stuck_at = None;
        // Rates are of regular readings: a look between them that found a spike would report it, and
        // each look is a chance more.
        let minute = (at.ms() + MINUTE_MS / 2).div_euclid(MINUTE_MS);
        if minute % 5 != 0 {
            return truth;
        }
        let mut dice = Dice::of(self.seed, "spike", minute * 100 + self.place.station as i64);
        if dice.chance(self.wild) {
            return round(truth + dice.between(12.0, 30.0));
        }
        if dice.chance(self.faults.spike) {
            let off = dice.between(0.02, 0.04) * if dice.chance(0.5) { 1.0 } else { -1.0 };
            let off = if self.place.is_depth() && truth + off < 0.0 { -off } else { off };
            return round(truth + off);
        }
        truth
    }

    /// A solar battery: highest in the afternoon, with a station's own offset.
    fn volt(&self, at: Time) -> f64 {
        let day = at.since_ms(at.civil_day()) as f64 / DAY_MS as f64;
        let own = Dice::of(self.seed, "volt", self.place.station as i64).between(-0.25, 0.25);
        let hour = at.ms().div_euclid(HOUR_MS);
        let weather = Dice::of(self.seed, "sun", hour * 100 + self.place.station as i64).between(-0.05, 0.05);
        let volt = 12.9 + own + weather + 0.5 * ((day - 0.6) * std::f64::consts::TAU).cos();
        (volt * 100.0).round() / 100.0
    }
}
