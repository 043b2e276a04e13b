//! Ensembles (集合运行): many states of one model on all cores, four abreast in the lanes of a vector.

#![expect(clippy::indexing_slicing, reason = "indices are the model's own node, link, tank and lane numbers")]

use super::{Runner, clock};
use crate::model::Model;
use crate::solve::{Arithmetic, Unsolved, Workspace};
use crate::state::State;
use std::sync::Mutex;

/// Scenarios in the lanes of one vector: eight gained nothing more and lost on the largest networks.
const LANES: usize = 4;

/// Runs every state to `until` seconds (or the end) on `threads` threads, four abreast. `watch` is
/// told of every solved moment: the scenario's index and its state.
///
/// The results are the same to the bit as those of running each state alone.
pub fn run_all(
    model: &Model,
    states: &mut [State],
    until: i64,
    threads: usize,
    watch: &(impl Fn(usize, &State) + Sync),
) -> Vec<Result<(), Unsolved>> {
    let results = Mutex::new(vec![Ok(()); states.len()]);
    let groups: Vec<(usize, &mut [State])> =
        states.chunks_mut(LANES).enumerate().map(|(i, g)| (i * LANES, g)).collect();
    let queue = Mutex::new(groups.into_iter());
    let work = || {
        let mut wide: Option<Workspace<LANES>> = None;
        let mut narrow: Option<Runner<'_>> = None;
        loop {
            let taken = queue.lock().ok().and_then(|mut q| q.next());
            let Some((first, group)) = taken else { break };
            let ended: Vec<Result<(), Unsolved>> = match <&mut [State; LANES]>::try_from(&mut *group) {
                Ok(four) => {
                    let wide = wide.get_or_insert_with(|| Workspace::new(model, Arithmetic::Fast));
                    run_four(model, wide, four, until, first, watch).to_vec()
                }
                Err(_) => {
                    let narrow = narrow.get_or_insert_with(|| Runner::new(model));
                    group
                        .iter_mut()
                        .enumerate()
                        .map(|(i, s)| run_one(narrow, s, until, first + i, watch))
                        .collect()
                }
            };
            if let Ok(mut results) = results.lock() {
                for (slot, end) in results.iter_mut().skip(first).zip(ended) {
                    *slot = end;
                }
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..threads.max(1) {
            scope.spawn(work);
        }
        work();
    });
    results.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn run_one(
    runner: &mut Runner<'_>,
    state: &mut State,
    until: i64,
    index: usize,
    watch: &impl Fn(usize, &State),
) -> Result<(), Unsolved> {
    while !state.solved || state.time < until {
        if !runner.step_before(state, until)? {
            break;
        }
        watch(index, state);
    }
    Ok(())
}

fn run_four(
    m: &Model,
    work: &mut Workspace<LANES>,
    states: &mut [State; LANES],
    until: i64,
    first: usize,
    watch: &impl Fn(usize, &State),
) -> [Result<(), Unsolved>; LANES] {
    let mut results = [const { Ok(()) }; LANES];
    let mut going = [false; LANES];
    for ((l, state), going) in states.iter_mut().enumerate().zip(&mut going) {
        *going = move_on(m, state, until);
        if *going {
            work.begin(m, l, state);
        }
    }
    // A lane that has ended a moment begins its next one at once: it waits for no other.
    while going.contains(&true) {
        work.trial(m, &mut states.each_mut());
        for (l, state) in states.iter_mut().enumerate() {
            if !going[l] || work.is_running(l) {
                continue;
            }
            results[l] = work.outcome(m, l, state);
            going[l] = results[l].is_ok() && {
                clock::conclude(m, state);
                watch(first + l, state);
                move_on(m, state, until)
            };
            if going[l] {
                work.resume(m, l, state);
            }
        }
    }
    results
}

/// Moves a state on to its next moment; `false` when it is at its end.
fn move_on(m: &Model, state: &mut State, until: i64) -> bool {
    let there = state.solved && state.time >= until;
    if there || (state.solved && !clock::advance(m, state, until)) {
        return false;
    }
    clock::prepare(m, state);
    true
}
