//! From a report's elements to the points of a station: which point, and how far to trust it.

use field::id::StationCode;
use field::sample::{Quality, Reading, Sample};
use field::station::Point;
use field::time::{DAY_MS, Time};
use std::collections::BTreeMap;
use store::Registry;
use wire::ReportReading;

/// A reading observed so long after the receiver's clock comes from a wrong clock.
const AHEAD_MS: i64 = DAY_MS;

/// What a report says about the points of its station.
#[derive(Debug, Default)]
pub(crate) struct Mapped {
    /// Ready to be kept.
    pub readings: Vec<Reading>,
    /// Values of elements that feed no point of the station.
    pub unmapped: usize,
}

/// Maps the readings of a report. Where two elements of one report feed the same point at the same
/// moment (22 and F4, 39 and F5), the one that stands first in [`Point::elements`] is taken.
pub(crate) fn map(read: &[ReportReading], code: &StationCode, registry: &Registry, now: Time) -> Mapped {
    let mut mapped = Mapped::default();
    let mut taken: BTreeMap<(i64, Time), (usize, usize)> = BTreeMap::new();
    for read in read {
        let Some(point) = registry.point_for_element(code, &read.element) else {
            // A bit of a word is offered beside the word itself: nobody misses it.
            mapped.unmapped += usize::from(!read.element.contains('.'));
            continue;
        };
        let rank = rank(point, &read.element);
        let sample = Sample { at: read.observed_at, value: read.value, quality: quality(point, read, now) };
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

/// What the message says of the value, and `Suspect` where it lies outside the point's range or a
/// day ahead of the receiver's clock.
fn quality(point: &Point, read: &ReportReading, now: Time) -> Quality {
    let ahead = read.observed_at.since_ms(now) > AHEAD_MS;
    match read.value {
        None => Quality::Missing,
        Some(value) if ahead || !(point.min..=point.max).contains(&value) => Quality::Suspect,
        Some(_) => read.quality,
    }
}
