//! 名录: which point a name means, for sources that feed fifty thousand: found by a hash of station and
//! element, and looked at again in the registry before it is believed.

use field::id::{PointId, StationCode};
use field::station::Point;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hasher as _};
use std::ops::Bound;
use std::sync::Arc;
use store::Registry;

/// Of one registry; 16 bytes a name.
#[derive(Debug, Default)]
pub(crate) struct Names {
    /// The registry's count of changes of places it was made from.
    version: u64,
    /// The last point in it: points made for new names come behind.
    last: Option<PointId>,
    of: HashMap<u64, PointId>,
}

impl Names {
    /// Takes in what is new in the registry; anew where something in it was changed.
    pub(crate) fn follow(&mut self, registry: &Registry) {
        if self.version != registry.places_version() {
            *self = Self { version: registry.places_version(), ..Self::default() };
        }
        let from = self.last.map_or(Bound::Unbounded, Bound::Excluded);
        for (id, point) in registry.points().range((from, Bound::Unbounded)) {
            self.last = Some(*id);
            if point.computed().is_none() {
                for element in &point.elements {
                    self.of.insert(hash(&point.station, element), *id);
                }
            }
        }
    }

    /// The point of a station that lists an element; case does not matter, of several the last one.
    pub(crate) fn find<'r>(
        &self,
        registry: &'r Registry,
        station: &StationCode,
        element: &str,
    ) -> Option<&'r Arc<Point>> {
        let lists = |point: &&Arc<Point>| point.elements.iter().any(|e| e.eq_ignore_ascii_case(element));
        let id = self.of.get(&hash(station, element))?;
        let point = registry.point(*id).filter(|p| p.station == *station).filter(lists);
        // Two names of one hash, or an older registry than this was made from.
        point.or_else(|| registry.points_of(station).iter().rfind(lists))
    }
}

fn hash(station: &StationCode, element: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(station.as_str().as_bytes());
    hasher.write_u8(0xff);
    for byte in element.bytes() {
        hasher.write_u8(byte.to_ascii_lowercase());
    }
    hasher.finish()
}
