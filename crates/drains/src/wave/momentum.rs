//! A pass over the conduits (一趟): every block of them, or those that still move, through the kernel.
#![expect(clippy::indexing_slicing, reason = "blocks of the model and their slots are walked side by side")]

use numerics::lanes::{Arch, Scalar, Simd, V, WIDEST, WithSimd};

use super::abreast::{Lanes, NodeBlock};
use super::blocks::Blocks;
use super::conduit::Kernel;
use super::gather::Brings;
use super::slots::SlotBlock;
use crate::model::Model;
use crate::project::{Damping, NormalFlow, Surcharge};

/// What all conduits of a pass share.
#[derive(Clone, Copy)]
pub(crate) struct Pass<'a> {
    pub(crate) blocks: &'a Blocks,
    pub(crate) depth: &'a [f64],
    /// 1 for conduits that move in a trial that not all do, block by block.
    pub(crate) moves: &'a [Lanes],
    /// Instead of the two lists where states lie abreast.
    pub(crate) nodes: &'a [NodeBlock],
    /// 1 for lanes that compute, where states lie abreast.
    pub(crate) live: Lanes,
    /// Step of every lane, s.
    pub(crate) dt: Lanes,
    pub(crate) trial: usize,
    /// The next trial computes everything anew, and asks for nothing but flows.
    pub(crate) passes: bool,
    /// The trial before passed.
    pub(crate) resumes: bool,
    /// Depth and volume before the step will be asked for.
    pub(crate) asks_before: bool,
    /// Some conduit may be shut.
    pub(crate) shuts: bool,
    pub(crate) slot_method: bool,
    pub(crate) cutoff: f64,
    pub(crate) damping: Damping,
    pub(crate) normal_flow: NormalFlow,
    pub(crate) darcy: bool,
    pub(crate) evaporation: Lanes,
    pub(crate) conductivity: Lanes,
}

impl<'a> Pass<'a> {
    /// What follows of the model; steps, nodes and climate are the caller's.
    pub(crate) fn of(model: &'a Model, trial: usize) -> Self {
        let o = &model.options;
        Self {
            blocks: &model.blocks,
            depth: &[],
            moves: &[],
            nodes: &[],
            live: [1.0; WIDEST],
            dt: [0.0; WIDEST],
            trial,
            passes: false,
            resumes: false,
            asks_before: true,
            shuts: false,
            slot_method: o.surcharge == Surcharge::Slot,
            cutoff: model.crown_cutoff,
            damping: o.damping,
            normal_flow: o.normal_flow,
            darcy: o.darcy_weisbach,
            evaporation: [0.0; WIDEST],
            conductivity: [0.0; WIDEST],
        }
    }

    pub(super) fn evaporates(&self) -> bool {
        self.evaporation.iter().any(|e| *e > 0.0)
    }
}

/// One pass over blocks from `from` on. `ABREAST`: a block is one conduit of several states instead of
/// several conduits of one state, and `slots` are all of them.
pub(crate) struct Momentum<'a, 'p, const EXACT: bool, const ABREAST: bool> {
    pub(crate) pass: &'p Pass<'p>,
    pub(crate) slots: &'a mut [SlotBlock],
    /// Takes what they bring to their nodes; none where states lie abreast.
    pub(crate) brings: &'a mut [Brings],
    pub(crate) from: usize,
    /// The blocks that move, where it is not all of them.
    pub(crate) some: Option<&'a [u32]>,
}

impl<const EXACT: bool, const ABREAST: bool> Momentum<'_, '_, EXACT, ABREAST> {
    /// Goes over the blocks: plain pipes first, then the others.
    pub(crate) fn run(self) {
        let Self { pass, slots, brings, from, some } = self;
        if slots.is_empty() {
            return;
        }
        if EXACT {
            Blockwise::<EXACT, ABREAST, false> { pass, slots, brings, from, some }.with_simd(Scalar::new());
            return;
        }
        let arch = Arch::new();
        if pass.blocks.has_pipes {
            let (slots, brings) = (&mut *slots, &mut *brings);
            arch.dispatch(Blockwise::<EXACT, ABREAST, true> { pass, slots, brings, from, some });
        }
        if pass.blocks.has_others {
            arch.dispatch(Blockwise::<EXACT, ABREAST, false> { pass, slots, brings, from, some });
        }
    }
}

/// The blocks of [`Group::pipes`], or the others; in exact numerics all of them.
struct Blockwise<'a, 'p, const EXACT: bool, const ABREAST: bool, const PIPES: bool> {
    pass: &'p Pass<'p>,
    slots: &'a mut [SlotBlock],
    brings: &'a mut [Brings],
    from: usize,
    some: Option<&'a [u32]>,
}

impl<const EXACT: bool, const ABREAST: bool, const PIPES: bool> WithSimd
    for Blockwise<'_, '_, EXACT, ABREAST, PIPES>
{
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, s: S) {
        let Self { pass: p, slots, brings, from, some } = self;
        let b = p.blocks;
        let wide = if ABREAST { WIDEST } else { 1 };
        let all = slots.len() / wide;
        // One loop for both: the kernel is large, and compiled once.
        for i in 0..some.map_or(all, <[u32]>::len) {
            let block = some.map_or(from + i, |some| some[i] as usize);
            let f = &b.fixed[block];
            let g = &b.groups[f.head.group];
            if !EXACT && g.pipes != PIPES {
                continue;
            }
            let own = (block - from) * wide;
            if !ABREAST && p.trial == 0 {
                slots[own].enter(p.asks_before, p.passes);
            }
            let mut at = 0;
            while at < WIDEST {
                let k = block * WIDEST + at;
                if ABREAST {
                    for lane in (0..WIDEST).step_by(V::<S>::LANES) {
                        Kernel::<S, EXACT, true, PIPES> { s, p, b, g, f, k, at, lane }
                            .run(&mut slots[own + at], None);
                    }
                    at += 1;
                } else {
                    Kernel::<S, EXACT, false, PIPES> { s, p, b, g, f, k, at, lane: at }
                        .run(&mut slots[own], Some(&mut brings[own]));
                    at += V::<S>::LANES;
                }
            }
        }
    }
}
