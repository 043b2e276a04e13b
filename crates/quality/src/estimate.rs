//! 估算: five-minute rain where a gauge said nothing, from its neighbours, weighted by the inverse
//! square of their distance (WMO-No. 168, ch. 6).

use field::sample::{Quality, Sample};
use field::time::{MINUTE_MS, Time};

/// The period of a rain value.
pub(crate) const SLOT_MS: i64 = 5 * MINUTE_MS;
/// Fewer neighbours than this are a guess.
const NEIGHBOURS: usize = 2;
/// Two gauges closer than this weigh the same, metres.
const NEAREST_M: f64 = 100.0;

/// The rain of the slot that ends `at`, of gauges `(distance in m, samples)`, nearest first; `None`
/// when too few of them measured it.
pub(crate) fn rain(at: Time, around: &[(f64, &[Sample])]) -> Option<Sample> {
    let of_slot = |samples: &[Sample]| {
        samples.iter().rev().take_while(|s| s.at >= at).find(|s| s.at == at).and_then(Sample::usable)
    };
    let measured: Vec<(f64, f64)> = around
        .iter()
        .filter_map(|(distance, samples)| Some((1.0 / distance.max(NEAREST_M).powi(2), of_slot(samples)?)))
        .collect();
    if measured.len() < NEIGHBOURS {
        return None;
    }
    let weight: f64 = measured.iter().map(|(w, _)| w).sum();
    let mm = measured.iter().map(|(w, v)| w * v).sum::<f64>() / weight;
    // A gauge counts tenths.
    Some(Sample { at, value: Some((mm * 10.0).round() / 10.0), quality: Quality::Estimated })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wet(at: Time, mm: f64) -> Vec<Sample> {
        vec![Sample { at, value: Some(mm), quality: Quality::Good }]
    }

    #[test]
    fn the_nearer_gauge_counts_for_more() {
        let at = Time::from_ms(SLOT_MS);
        let (near, far) = (wet(at, 4.0), wet(at, 1.0));
        let sample = rain(at, &[(1_000.0, &near), (2_000.0, &far)]).unwrap();
        assert_eq!((sample.value, sample.quality), (Some(3.4), Quality::Estimated));
    }

    #[test]
    fn one_gauge_alone_is_a_guess_and_none_is_made() {
        let at = Time::from_ms(SLOT_MS);
        let (near, other) = (wet(at, 4.0), wet(Time::from_ms(0), 4.0));
        assert_eq!(rain(at, &[(1_000.0, &near), (2_000.0, &other)]), None);
    }
}
