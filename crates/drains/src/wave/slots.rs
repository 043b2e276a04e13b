//! What changes in a conduit (管段状态): blocks as wide as the widest vector, as the kernel walks them.
#![expect(clippy::indexing_slicing, reason = "slots are addressed by the model's own indices")]

use numerics::lanes::WIDEST;
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

/// 状况: what may be so of a conduit, as numbers that are added up; above the classes.
pub(crate) struct Mark;

impl Mark {
    /// Normal flow limits it.
    pub(crate) const LIMITED: f64 = 8.0;
    /// Full upstream; twice that downstream.
    pub(crate) const FULL: f64 = 16.0;
    /// The inlet of a culvert limits it.
    pub(crate) const INLET: f64 = 256.0;
}

macro_rules! slots {
    ($($(#[$m:meta])* $f:ident),* $(,)?) => {
        /// A vector's worth of conduits: all that is read together lies together.
        #[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
        #[repr(align(64))]
        pub(crate) struct SlotBlock { $($(#[$m])* pub(crate) $f: [f64; WIDEST]),* }
    };
}

impl SlotBlock {
    /// Before a step: what the last one left becomes old. Depth and volume where they will be asked for; the
    /// area with the second trial where the first passes.
    #[inline(always)]
    pub(crate) const fn enter(&mut self, is_asked: bool, passes: bool) {
        self.old_flow = self.flow;
        if is_asked {
            self.old_depth = self.depth;
            self.old_volume = self.volume;
        }
        if !passes {
            self.a2 = self.a1;
        }
    }
}

/// State of all slots.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct Slots {
    pub(crate) blocks: Vec<SlotBlock>,
}

impl Slots {
    pub(crate) fn new(n: usize) -> Self {
        let open = SlotBlock { setting: [1.0; WIDEST], ..SlotBlock::default() };
        Self { blocks: vec![open; n.div_ceil(WIDEST)] }
    }

    /// The block of a slot and its place in it.
    #[inline]
    pub(crate) fn of(&self, k: usize) -> (&SlotBlock, usize) {
        (&self.blocks[k / WIDEST], k % WIDEST)
    }

    /// The same, to write to.
    #[inline]
    pub(crate) fn at(&mut self, k: usize) -> (&mut SlotBlock, usize) {
        (&mut self.blocks[k / WIDEST], k % WIDEST)
    }
}

slots!(
    /// Flow a barrel, ft³/s, in blocks with several barrels: it is the flow elsewhere.
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
    old_volume,
    froude,
    class,
    /// What is so of it, see [`Mark`].
    #[serde(default)]
    marks,
    setting,
    evaporation,
    seepage,
    /// Where states lie abreast, what it brings to its nodes besides the flow: what that gains with the head,
    /// ft²/s, and the surface area of all barrels at the ends, ft².
    dqdh,
    surf1,
    surf2,
);
