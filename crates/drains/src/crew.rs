//! 班组: threads that share the work of one run. They live as long as the crew; each part of a step is
//! cut at the same places whatever their number, and no sum crosses a cut, so the answers are the same
//! to the bit.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};

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
                while state.step_with(model, seconds, Hands::of(count)) > 0.0 {
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
    /// How often work is split in two, each half for whoever has time.
    splits: u32,
    /// A hand begins with the last of its parts.
    back: bool,
}

impl Hands {
    pub(crate) const ONE: Self = Self { splits: 0, back: false };

    /// So many of them: two pieces of work for each.
    fn of(count: usize) -> Self {
        let splits = if count > 1 { count.next_power_of_two().ilog2() + 1 } else { 0 };
        Self { splits, ..Self::ONE }
    }

    /// The other way round, where hands have just gone through their parts: the last are still near them.
    pub(crate) const fn back(self) -> Self {
        Self { back: true, ..self }
    }

    /// `f` of every part's number and its share of the lists, side by side if there are hands for it; answers
    /// in the order of the parts. Several hands take halves, then halves of these: a hand has the same
    /// neighbouring parts in every walk, unless it comes late and another takes some.
    pub(crate) fn each<L: Lists, R: Send + Default>(
        self,
        parts: usize,
        lists: L,
        f: impl Fn(usize, L::Share) -> R + Sync,
    ) -> [R; PARTS] {
        let mut answers = std::array::from_fn(|_| R::default());
        match answers.get_mut(..parts) {
            // One hand's loop is compiled in here, which a walk that calls itself cannot be.
            Some(answers) if self.splits > 0 => self.walk(0, lists, answers, &f),
            Some(answers) => self.in_turn(0, lists, answers, &f),
            None => {}
        }
        answers
    }

    /// Parts from `first` on, as many as there are answers: halves for whoever has time, or all in turn.
    fn walk<L: Lists, R: Send>(
        self,
        first: usize,
        mut lists: L,
        answers: &mut [R],
        f: &(impl Fn(usize, L::Share) -> R + Sync),
    ) {
        if self.splits > 0 && answers.len() > 1 {
            let (left, right) = answers.split_at_mut(answers.len() / 2);
            let middle = first + left.len();
            let (hands, right_lists) =
                (Self { splits: self.splits - 1, ..self }, lists.split_off(first, middle));
            let go_left = || hands.walk(first, lists, left, f);
            rayon_core::join(go_left, || hands.walk(middle, right_lists, right, f));
        } else {
            self.in_turn(first, lists, answers, f);
        }
    }

    /// The same by one hand, one after the other.
    #[inline]
    fn in_turn<L: Lists, R>(
        self,
        first: usize,
        mut lists: L,
        answers: &mut [R],
        f: &impl Fn(usize, L::Share) -> R,
    ) {
        if !self.back {
            (first..).zip(answers).for_each(|(part, answer)| *answer = f(part, lists.share(part)));
            return;
        }
        let mut shares: [_; PARTS] = std::array::from_fn(|_| None);
        for (i, (share, _)) in shares.iter_mut().zip(&*answers).enumerate() {
            *share = Some(lists.share(first + i));
        }
        for (i, (share, answer)) in shares.into_iter().zip(answers).enumerate().rev() {
            if let Some(share) = share {
                *answer = f(first + i, share);
            }
        }
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
pub(crate) trait Lists: Sized + Send {
    type Share;

    /// The share of a part; parts are asked for in their order, each once.
    fn share(&mut self, part: usize) -> Self::Share;

    /// Takes off what the parts from `middle` on have; `first` is the first that has not had its share.
    fn split_off(&mut self, first: usize, middle: usize) -> Self;
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
        let rest = self.split_off(part, part + 1);
        std::mem::replace(self, rest).rest
    }

    fn split_off(&mut self, first: usize, middle: usize) -> Self {
        let length = match (self.at.get(first), self.at.get(middle)) {
            (Some(from), Some(to)) => to - from,
            _ => 0,
        };
        let (some, rest) = std::mem::take(&mut self.rest).split_at_mut_checked(length).unwrap_or_default();
        self.rest = some;
        cut(rest, self.at)
    }
}

/// No list at all.
impl Lists for () {
    type Share = ();

    fn share(&mut self, _: usize) {}

    fn split_off(&mut self, _: usize, _: usize) {}
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

            #[expect(non_snake_case, reason = "a list is named like its type")]
            fn split_off(&mut self, first: usize, middle: usize) -> Self {
                let ($($one,)*) = self;
                ($($one.split_off(first, middle),)*)
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
    fn every_part_is_walked_once_in_its_place_by_any_number_of_hands() {
        let crew = Crew::new(3).unwrap();
        for parts in 0..=PARTS {
            let cuts: Cuts = std::array::from_fn(|part| part.min(parts) * 3);
            for hands in [1, 2, 3, 16].map(Hands::of) {
                for hands in [hands, hands.back()] {
                    let mut list = vec![0; 3 * parts];
                    let lists = (cut(&mut list, &cuts), ());
                    let number = |part, (some, ()): (&mut [usize], ())| {
                        some.iter_mut().for_each(|x| *x += part + 1);
                        part + some.len()
                    };
                    let answers = crew.pool.install(|| hands.each(parts, lists, number));
                    let walked = (0..PARTS).map(|part| if part < parts { part + 3 } else { 0 });
                    assert!(answers.into_iter().eq(walked), "{parts} parts, {hands:?}");
                    assert!(list.iter().enumerate().all(|(i, x)| *x == i / 3 + 1), "{list:?}");
                }
            }
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
