//! What an answer is made from: the register and the samples of one moment, and what it may still cost.

use super::kind::{Key, Kind};
use super::{ENTITIES_MAX, READ_MAX, bad};
use crate::problem::Problem;
use field::id::PointId;
use field::station::Point;
use field::time::Time;
use std::cell::Cell;
use std::sync::Arc;
use store::Registry;
use store::samples::Samples;

/// Everything an answer is made from.
pub(crate) struct World {
    pub(super) registry: Arc<Registry>,
    pub(super) samples: Samples,
    /// The service's address: `http://127.0.0.1:8651/sensorthings/v1.1`.
    pub(super) base: String,
    pub(super) now: Time,
    entities: Cell<usize>,
    read: Cell<usize>,
}

impl World {
    pub(crate) const fn new(registry: Arc<Registry>, samples: Samples, base: String, now: Time) -> Self {
        Self { registry, samples, base, now, entities: Cell::new(0), read: Cell::new(0) }
    }

    /// Counts entities that go into the answer.
    pub(super) fn spend(&self, entities: usize) -> Result<(), Problem> {
        self.entities.set(self.entities.get() + entities);
        let fits = self.entities.get() <= ENTITIES_MAX;
        if fits { Ok(()) } else { Err(bad("$expand", format!("at most {ENTITIES_MAX} entities at once"))) }
    }

    /// Counts samples that were read.
    pub(super) fn read(&self, samples: usize) -> Result<(), Problem> {
        self.read.set(self.read.get() + samples);
        let why = || format!("more than {READ_MAX} samples: name a Datastream, or bound phenomenonTime");
        if self.read.get() <= READ_MAX { Ok(()) } else { Err(bad("$filter", why())) }
    }

    /// The point of that number.
    pub(super) fn point(&self, id: PointId) -> Option<&Arc<Point>> {
        self.registry.point(id)
    }

    /// The address of an entity.
    pub(super) fn link(&self, kind: Kind, key: &Key) -> String {
        format!("{}/{}({})", self.base, kind.set(), key.written())
    }
}
