//! 界限值检查: a value outside what the point can measure.
//!
//! **What it watches.** That a value lies within the point's plausible least and greatest.
//!
//! **Why.** The gateway checks this at the door; readings that are imported or pushed in bulk come by
//! other doors.
//!
//! **Example.** A level of 655.35 m at a point of 0–9 m.

use super::{Check, Doubt, View};
use field::sample::Quality;

pub(super) const CHECK: Check = Check { code: "range", quantities: &[], beside: &[], judge };

fn judge(view: &View<'_>) -> Option<Doubt> {
    let newest = view.newest().filter(|s| s.quality == Quality::Good)?;
    let value = newest.value?;
    let (least, greatest) = (view.point.min, view.point.max);
    if (least..=greatest).contains(&value) {
        return None;
    }
    let limit = if value < least { least } else { greatest };
    Some(Doubt { at: newest.at, found: value, limit })
}
