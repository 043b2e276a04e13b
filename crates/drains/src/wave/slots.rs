//! What changes in a conduit (管段状态), a slot each as the kernel walks them.

use serde::{Deserialize, Serialize};

/// Flow classes as numbers, in SWMM's order.
pub(crate) struct Class;

impl Class {
    pub(crate) const DRY: f64 = 0.0;
    pub(crate) const UP_DRY: f64 = 1.0;
    pub(crate) const DN_DRY: f64 = 2.0;
    pub(crate) const SUBCRITICAL: f64 = 3.0;
    pub(crate) const SUPERCRITICAL: f64 = 4.0;
    pub(crate) const UP_CRITICAL: f64 = 5.0;
    pub(crate) const DN_CRITICAL: f64 = 6.0;
}

macro_rules! slots {
    ($($(#[$m:meta])* $f:ident),* $(,)?) => {
        /// State of all slots.
        #[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
        pub(crate) struct Slots { $($(#[$m])* pub(crate) $f: Vec<f64>),* }

        /// A run of slots, to write to.
        pub(crate) struct SlotsMut<'a> { $(pub(crate) $f: &'a mut [f64]),* }

        impl Slots {
            pub(crate) fn new(n: usize) -> Self { Self { $($f: vec![0.0; n]),* } }

            pub(crate) fn all(&mut self) -> SlotsMut<'_> { SlotsMut { $($f: &mut self.$f),* } }
        }
    };
}

slots!(
    /// Flow a barrel, ft³/s.
    q,
    /// Area now and at the last step, ft².
    a1,
    a2,
    /// Flow of all barrels.
    flow,
    old_flow,
    depth,
    old_depth,
    volume,
    dqdh,
    froude,
    surf1,
    surf2,
    class,
    /// 1 upstream full, 2 downstream, 3 both.
    full,
    /// 1 where normal flow limits.
    limited,
    /// 1 where the inlet of a culvert limits.
    inlet,
    setting,
    evaporation,
    seepage,
);
