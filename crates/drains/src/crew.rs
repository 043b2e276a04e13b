//! 班组: threads that share the work of one run. They live as long as the crew; each part of a step is
//! cut at the same places whatever their number, and no sum crosses a cut, so the answers are the same
//! to the bit.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use numerics::lanes::WIDEST;
use rayon_core::{ThreadPool, ThreadPoolBuilder};
use thiserror::Error;

use crate::model::Model;
use crate::state::State;

/// Pieces that the work of a step is cut into.
pub(crate) const PARTS: usize = 16;

/// Why there is no crew.
#[derive(Debug, Error)]
#[error("the threads of a run could not be started: {0}; run it on one thread")]
pub struct CrewError(#[from] rayon_core::ThreadPoolBuildError);

/// Threads for one run at a time.
#[derive(Debug)]
pub struct Crew {
    pool: ThreadPool,
}

impl Crew {
    /// A crew of so many threads; more than sixteen find no work.
    ///
    /// # Errors
    /// When the system gives no threads.
    pub fn new(threads: usize) -> Result<Self, CrewError> {
        let threads = threads.clamp(1, PARTS);
        let pool = ThreadPoolBuilder::new().num_threads(threads).thread_name(|i| format!("drains-{i}"));
        Ok(Self { pool: pool.build()? })
    }

    /// Runs a state to `seconds` from the start of the run, or until `after`, which sees it after every
    /// step, breaks off. Models too small to share (under 2,000 links) run on one of the threads.
    pub fn run_until<B: Send>(
        &self,
        model: &Model,
        state: &mut State,
        seconds: f64,
        mut after: impl FnMut(&mut State) -> ControlFlow<B> + Send,
    ) -> ControlFlow<B> {
        self.pool.install(|| {
            let count = if model.blocks.parts.count() > 1 { self.pool.current_num_threads() } else { 1 };
            let me = rayon_core::current_thread_index();
            let over = AtomicBool::new(false);
            rayon_core::scope(|s| {
                if count > 1 {
                    s.spawn_broadcast(|_, thread| {
                        if Some(thread.index()) != me {
                            work_while(|| !over.load(Ordering::Acquire));
                        }
                    });
                }
                let _over = Over(&over);
                while state.step_with(model, seconds, Hands { count, ..Hands::ONE }) > 0.0 {
                    after(state)?;
                }
                ControlFlow::Continue(())
            })
        })
    }
}

/// Takes what work there is, without rest: a step's pieces take microseconds, and so does it to wake a
/// thread that fell asleep between two of them.
fn work_while(busy: impl Fn() -> bool) {
    while busy() {
        if rayon_core::yield_now() != Some(rayon_core::Yield::Executed) {
            std::hint::spin_loop();
        }
    }
}

/// Says that a run is over, however it ends.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

/// How many hands there are to a step.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hands {
    count: usize,
    /// One hand begins with the last part.
    back: bool,
}

impl Hands {
    pub(crate) const ONE: Self = Self { count: 1, back: false };

    /// The other way round, where one hand has just gone through the parts: the last are still near it.
    pub(crate) const fn back(self) -> Self {
        Self { back: true, ..self }
    }

    /// `f` of every part's number and its share of the lists, side by side if there are hands for it; answers
    /// in the order of the parts. One hand begins with the first parts, as it did before, whose data are near
    /// it, the others with the last, until they meet.
    pub(crate) fn each<L: Lists, R: Send + Default>(
        self,
        parts: usize,
        mut lists: L,
        f: impl Fn(usize, L::Share) -> R + Sync,
    ) -> [R; PARTS] {
        let mut answers = std::array::from_fn(|_| R::default());
        if self.back && self.count < 2 && parts > 1 {
            let mut shares: [_; PARTS] = std::array::from_fn(|part| Some(lists.share(part)));
            for ((part, answer), share) in answers.iter_mut().enumerate().zip(&mut shares).rev() {
                if let Some(share) = share.take() {
                    *answer = f(part, share);
                }
            }
            return answers;
        }
        if self.count < 2 || parts < 2 {
            for (part, answer) in answers.iter_mut().enumerate().take(parts) {
                *answer = f(part, lists.share(part));
            }
            return answers;
        }
        let held: [_; PARTS] =
            std::array::from_fn(|part| Mutex::new((Some(lists.share(part)), R::default())));
        let (pieces, left, claims) = (&held, AtomicUsize::new(PARTS), Claims::default());
        let go = &|part: usize| {
            if let Some(Ok(mut piece)) = pieces.get(part).map(Mutex::lock)
                && let Some(t) = piece.0.take()
            {
                let _done = Done(&left);
                piece.1 = f(part, t);
            }
        };
        rayon_core::scope(|s| {
            for _ in 1..self.count {
                s.spawn(|_| std::iter::from_fn(|| claims.last()).for_each(go));
            }
            std::iter::from_fn(|| claims.first()).for_each(go);
            // Awake to the end: the scope itself would fall asleep over the last piece.
            work_while(|| left.load(Ordering::Acquire) > 0);
        });
        held.map(|piece| piece.into_inner().unwrap_or_else(PoisonError::into_inner).1)
    }
}

/// Which parts are taken: so many of the first, and, in the upper half of the word, so many of the last.
#[derive(Debug, Default)]
struct Claims(AtomicU32);

impl Claims {
    const LAST: u32 = 1 << 16;

    /// The first part that nobody has taken.
    fn first(&self) -> Option<usize> {
        self.claim(1).map(|(first, _)| first)
    }

    /// The last part that nobody has taken.
    fn last(&self) -> Option<usize> {
        self.claim(Self::LAST).map(|(_, last)| PARTS - 1 - last)
    }

    fn claim(&self, one: u32) -> Option<(usize, usize)> {
        let taken = self.0.fetch_add(one, Ordering::Relaxed);
        let (first, last) = ((taken % Self::LAST) as usize, (taken / Self::LAST) as usize);
        (first + last < PARTS).then_some((first, last))
    }
}

/// Counts a piece as done, however it ends.
struct Done<'a>(&'a AtomicUsize);

impl Drop for Done<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Release);
    }
}

/// Where lists are cut: the beginning of every part, and the end of the last.
pub(crate) type Cuts = [usize; PARTS + 1];

/// Cuts of blocks, of nodes and of their rows. Nodes are cut at whole vectors: their rows.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Parts {
    pub(crate) blocks: Cuts,
    pub(crate) nodes: Cuts,
    pub(crate) rows: Cuts,
}

/// Blocks below which a step is too short to share: 2,000 conduits.
const BLOCKS_MIN: usize = 2_000 / WIDEST;

impl Parts {
    pub(crate) fn of(blocks: usize, nodes: usize) -> Self {
        let parts = if blocks < BLOCKS_MIN { 1 } else { PARTS };
        let cut = |n: usize, unit: usize| {
            let each = n.div_ceil(parts).next_multiple_of(unit);
            std::array::from_fn(|i| if i < PARTS { (i * each).min(n) } else { n })
        };
        let (blocks, nodes) = (cut(blocks, 1), cut(nodes, WIDEST));
        Self { blocks, nodes, rows: nodes.map(|at: usize| at.div_ceil(WIDEST)) }
    }

    /// How many there are.
    pub(crate) const fn count(&self) -> usize {
        if self.blocks[1] < self.blocks[PARTS] { PARTS } else { 1 }
    }
}

/// Lists side by side that parts have their shares of.
pub(crate) trait Lists {
    type Share: Send;

    /// The share of a part; parts are asked for in their order, each once.
    fn share(&mut self, part: usize) -> Self::Share;
}

/// A list of which a part has what lies between two cuts.
pub(crate) struct Cut<'a, T> {
    rest: &'a mut [T],
    at: &'a Cuts,
}

/// A list and where it is cut.
pub(crate) const fn cut<'a, T>(list: &'a mut [T], at: &'a Cuts) -> Cut<'a, T> {
    Cut { rest: list, at }
}

impl<'a, T: Send> Lists for Cut<'a, T> {
    type Share = &'a mut [T];

    fn share(&mut self, part: usize) -> &'a mut [T] {
        let length = match self.at.get(part..) {
            Some([from, to, ..]) => to - from,
            _ => 0,
        };
        let (some, rest) = std::mem::take(&mut self.rest).split_at_mut_checked(length).unwrap_or_default();
        self.rest = rest;
        some
    }
}

/// No list at all.
impl Lists for () {
    type Share = ();

    fn share(&mut self, _: usize) {}
}

macro_rules! lists {
    ($($one:ident)*) => {
        impl<$($one: Lists),*> Lists for ($($one,)*) {
            type Share = ($($one::Share,)*);

            #[expect(non_snake_case, reason = "a list is named like its type")]
            fn share(&mut self, part: usize) -> Self::Share {
                let ($($one,)*) = self;
                ($($one.share(part),)*)
            }
        }
    };
}

lists!(A B);
lists!(A B C);
lists!(A B C D);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_is_claimed_once_from_both_ends() {
        for firsts in 0..=PARTS {
            let claims = Claims::default();
            let mut taken: Vec<usize> = (0..firsts).filter_map(|_| claims.first()).collect();
            taken.extend(std::iter::from_fn(|| claims.last()));
            assert_eq!((claims.first(), claims.last()), (None, None));
            taken.sort_unstable();
            assert!(taken.into_iter().eq(0..PARTS));
        }
    }

    #[test]
    fn parts_cover_everything_once() {
        for n in [0, 1, BLOCKS_MIN - 1, BLOCKS_MIN, 257, 1003] {
            let p = Parts::of(n, 8 * n + 3);
            for (cuts, all) in [(p.blocks, n), (p.nodes, 8 * n + 3)] {
                assert!(cuts.is_sorted() && cuts[0] == 0 && cuts[PARTS] == all, "{cuts:?}");
                let mut list = vec![0; all];
                let mut parts = cut(&mut list, &cuts);
                (0..PARTS).for_each(|part| parts.share(part).iter_mut().for_each(|x| *x += 1));
                assert!(list.iter().all(|x| *x == 1));
            }
            assert!(p.nodes[1..PARTS].iter().all(|at| at % WIDEST == 0 || *at == 8 * n + 3));
        }
    }
}
