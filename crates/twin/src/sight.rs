//! 所见: the samples an engine may look at in one turn.

use field::id::PointId;
use field::sample::Quality;
use field::time::Time;
use std::collections::HashMap;
use store::Columns;

/// Samples of the points an engine asked for.
#[derive(Debug, Default)]
pub(crate) struct Sight(HashMap<PointId, Columns>);

/// What an engine wants to see.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Wish {
    /// Which points.
    pub(crate) points: Vec<PointId>,
    /// From when.
    pub(crate) from: Time,
}

impl Sight {
    pub(crate) fn of(points: &[PointId], columns: Vec<Columns>) -> Self {
        Self(points.iter().copied().zip(columns).collect())
    }

    /// The values between two moments, oldest first: measured, set by hand or, where `estimates`,
    /// estimated from neighbours.
    pub(crate) fn between(
        &self,
        point: PointId,
        after: Time,
        upto: Time,
        estimates: bool,
    ) -> impl DoubleEndedIterator<Item = (Time, f64)> + '_ {
        let columns = self.0.get(&point);
        let (times, values, qualities) = columns.map_or((&[][..], &[][..], &[][..]), |c| {
            (c.times.as_slice(), c.values.as_slice(), c.qualities.as_slice())
        });
        let first = times.partition_point(|t| *t <= after.ms());
        let last = times.partition_point(|t| *t <= upto.ms()).max(first);
        (first..last).filter_map(move |i| {
            let quality = qualities.get(i).copied().unwrap_or(Quality::Good);
            let usable = match quality {
                Quality::Good | Quality::Manual => true,
                Quality::Estimated => estimates,
                Quality::Suspect | Quality::Missing => false,
            };
            let (at, value) = (times.get(i)?, values.get(i)?);
            (usable && value.is_finite()).then_some((Time::from_ms(*at), *value))
        })
    }

    /// The newest measured value no older than `age_ms`.
    pub(crate) fn newest(&self, point: PointId, at: Time, age_ms: i64) -> Option<(Time, f64)> {
        self.between(point, at.plus_ms(-age_ms), at, false).next_back()
    }
}
