//! From a report's elements to the points of a station: which point, and how far to trust it.

use field::id::StationCode;
use field::sample::{Quality, Reading, Sample};
use field::station::Point;
use field::time::Time;
use std::collections::BTreeMap;
use store::Registry;
use wire::ReportReading;

/// How far a report's times can be trusted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Times {
    /// Nothing observed later than this can be true.
    pub latest: Time,
    /// The station's clock is known to be wrong.
    pub wrong: bool,
}

impl Times {
    fn doubt(self, observed_at: Time) -> bool {
        self.wrong || observed_at > self.latest
    }
}

/// What a report says about the points of its station.
#[derive(Debug, Default)]
pub(crate) struct Mapped {
    /// Ready to be kept.
    pub readings: Vec<Reading>,
    /// Values of elements that feed no point of the station.
    pub unmapped: usize,
    /// Some are suspect because of when the report came.
    pub untimely: bool,
}

/// Maps the readings of a report. Where two elements of one report feed the same point at the same
/// moment (22 and F4, 39 and F5), the one that stands first in [`Point::elements`] is taken.
pub(crate) fn map(read: &[ReportReading], code: &StationCode, registry: &Registry, times: Times) -> Mapped {
    let mut mapped = Mapped::default();
    let mut taken: BTreeMap<(i64, Time), (usize, usize)> = BTreeMap::new();
    for read in read {
        let Some(point) = registry.point_for_element(code, &read.element) else {
            // A bit of a word is offered beside the word itself: nobody misses it.
            mapped.unmapped += usize::from(!read.element.contains('.'));
            continue;
        };
        let rank = rank(point, &read.element);
        let untimely = times.doubt(read.observed_at);
        mapped.untimely |= untimely;
        let quality = quality(point, read, untimely);
        let sample = Sample { at: read.observed_at, value: read.value, quality };
        let reading = Reading { point: point.id, sample };
        let place = mapped.readings.len();
        let (best, at) = *taken.entry((point.id.0, read.observed_at)).or_insert((rank, place));
        if at == place {
            mapped.readings.push(reading);
        } else if rank < best
            && let Some(kept) = mapped.readings.get_mut(at)
        {
            *kept = reading;
            taken.insert((point.id.0, read.observed_at), (rank, at));
        }
    }
    mapped
}

fn rank(point: &Point, element: &str) -> usize {
    point.elements.iter().position(|id| id.eq_ignore_ascii_case(element)).unwrap_or(usize::MAX)
}

/// What the message says of the value, and `Suspect` where it lies outside the point's range or its time
/// cannot be believed.
fn quality(point: &Point, read: &ReportReading, untimely: bool) -> Quality {
    match read.value {
        None => Quality::Missing,
        Some(value) if untimely || !(point.min..=point.max).contains(&value) => Quality::Suspect,
        Some(_) => read.quality,
    }
}
