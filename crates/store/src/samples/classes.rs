//! 分类占用: what each class of points takes on disk.

use super::segment::{ROLLS, Segment};
use super::shared::Shared;
use crate::StoreError;
use field::id::PointId;
use field::time::Time;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, PoisonError};

/// What a class of points takes in sealed files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClassStorage {
    /// Rows; one that is not merged yet may count twice.
    pub rows: u64,
    /// Bytes of rows.
    pub rows_bytes: u64,
    /// Bytes of roll-ups.
    pub rollups_bytes: u64,
    /// The oldest row.
    pub rows_from: Option<Time>,
    /// The oldest roll-up.
    pub rollups_from: Option<Time>,
}

impl ClassStorage {
    fn add(&mut self, other: &Self) {
        let earlier = |a: Option<Time>, b: Option<Time>| a.into_iter().chain(b).min();
        self.rows += other.rows;
        self.rows_bytes += other.rows_bytes;
        self.rollups_bytes += other.rollups_bytes;
        self.rows_from = earlier(self.rows_from, other.rows_from);
        self.rollups_from = earlier(self.rollups_from, other.rollups_from);
    }
}

/// Which class each point belongs to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Classes {
    /// The classes of these points, as places in the answer.
    pub of: HashMap<PointId, usize>,
    /// The class of all others.
    pub others: usize,
}

/// Files never change: each is looked through once as long as the classes stay.
#[derive(Debug, Default)]
pub(crate) struct Known {
    classes: Classes,
    of: HashMap<u64, Arc<Vec<ClassStorage>>>,
}

/// What each class takes, by its place.
pub(crate) fn storage(shared: &Shared, classes: &Classes) -> Result<Vec<ClassStorage>, StoreError> {
    let segments: Vec<Arc<Segment>> = {
        let inner = shared.read();
        inner.segments.iter().chain(inner.rolls.iter()).cloned().collect()
    };
    let mut known = shared.classes.lock().unwrap_or_else(PoisonError::into_inner);
    if known.classes != *classes {
        *known = Known { classes: classes.clone(), of: HashMap::new() };
    }
    let there: HashSet<u64> = segments.iter().map(|s| s.meta.id).collect();
    known.of.retain(|id, _| there.contains(id));
    let count = classes.of.values().copied().max().unwrap_or(0).max(classes.others) + 1;
    let mut sums = vec![ClassStorage::default(); count];
    for segment in &segments {
        let of = match known.of.get(&segment.meta.id) {
            Some(of) => Arc::clone(of),
            None => {
                let of = Arc::new(looked_through(shared, segment, classes, count)?);
                known.of.insert(segment.meta.id, Arc::clone(&of));
                of
            }
        };
        sums.iter_mut().zip(of.iter()).for_each(|(sum, of)| sum.add(of));
    }
    Ok(sums)
}

fn looked_through(
    shared: &Shared,
    segment: &Segment,
    classes: &Classes,
    count: usize,
) -> Result<Vec<ClassStorage>, StoreError> {
    let mut sums = vec![ClassStorage::default(); count];
    for place in shared.shelf.places(segment)? {
        let class = classes.of.get(&PointId(place.point)).copied().unwrap_or(classes.others);
        let Some(sum) = sums.get_mut(class) else { continue };
        let (bytes, from) = (u64::from(place.length), Some(Time::from_ms(place.from)));
        sum.add(&if segment.meta.level == ROLLS {
            ClassStorage { rollups_bytes: bytes, rollups_from: from, ..ClassStorage::default() }
        } else {
            let rows = u64::from(place.rows);
            ClassStorage { rows, rows_bytes: bytes, rows_from: from, ..ClassStorage::default() }
        });
    }
    Ok(sums)
}
