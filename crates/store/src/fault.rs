//! Pretended misfortune for tests: a full disk, a torn write, a stop between two steps.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, AtomicU64, Ordering};

/// What shall go wrong. The default plan lets everything go right and costs one atomic load.
#[derive(Clone, Debug, Default)]
pub struct FaultPlan(Option<Arc<Plan>>);

#[derive(Debug)]
struct Plan {
    /// Bytes that still fit on the disk; negative: no limit.
    room: AtomicI64,
    /// Sealing stops after this many steps; `u32::MAX`: never.
    seal_steps: AtomicU32,
    /// A log is full at this size.
    log_bytes: AtomicU64,
    /// The disk reports that it could not write through.
    sync_fails: AtomicBool,
}

/// A log is full at this size: read again at a start in well under half a second, and about a week of
/// the demo.
const LOG_BYTES: u64 = 32 * 1024 * 1024;

impl FaultPlan {
    /// A plan that can be changed while the store runs.
    #[must_use]
    pub fn changeable() -> Self {
        Self(Some(Arc::new(Plan {
            room: AtomicI64::new(-1),
            seal_steps: AtomicU32::new(u32::MAX),
            log_bytes: AtomicU64::new(LOG_BYTES),
            sync_fails: AtomicBool::new(false),
        })))
    }

    /// Logs of the samples are full, and sealed, at `bytes` already.
    pub fn logs_are_full_at(&self, bytes: u64) {
        if let Some(plan) = &self.0 {
            plan.log_bytes.store(bytes, Ordering::SeqCst);
        }
    }

    /// Whether the disk fails when it shall write a log through.
    pub fn sync_fails(&self, fails: bool) {
        if let Some(plan) = &self.0 {
            plan.sync_fails.store(fails, Ordering::SeqCst);
        }
    }

    pub(crate) fn sync_works(&self) -> bool {
        !self.0.as_ref().is_some_and(|plan| plan.sync_fails.load(Ordering::SeqCst))
    }

    pub(crate) fn log_bytes(&self) -> u64 {
        self.0.as_ref().map_or(LOG_BYTES, |plan| plan.log_bytes.load(Ordering::SeqCst))
    }

    /// From now on only `bytes` fit on the disk; a write that does not fit is torn and fails as full.
    pub fn disk_has_room_for(&self, bytes: i64) {
        if let Some(plan) = &self.0 {
            plan.room.store(bytes, Ordering::SeqCst);
        }
    }

    /// The disk has room again.
    pub fn disk_has_room(&self) {
        self.disk_has_room_for(-1);
    }

    /// Sealing a log stops for good (as if the process died) after `steps` of its steps.
    pub fn seal_stops_after(&self, steps: u32) {
        if let Some(plan) = &self.0 {
            plan.seal_steps.store(steps, Ordering::SeqCst);
        }
    }

    /// How many of `wanted` bytes fit.
    pub(crate) fn fitting(&self, wanted: usize) -> usize {
        let Some(plan) = &self.0 else { return wanted };
        let room = plan.room.load(Ordering::SeqCst);
        if room < 0 {
            return wanted;
        }
        let fits = wanted.min(usize::try_from(room).unwrap_or(usize::MAX));
        plan.room.fetch_sub(i64::try_from(fits).unwrap_or(i64::MAX), Ordering::SeqCst);
        fits
    }

    /// Whether sealing may take its next step.
    pub(crate) fn seal_may_go_on(&self) -> bool {
        let Some(plan) = &self.0 else { return true };
        plan.seal_steps
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| match left {
                u32::MAX => Some(u32::MAX),
                left => left.checked_sub(1),
            })
            .is_ok()
    }
}
