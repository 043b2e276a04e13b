//! 集合预报: many states of one model, on all cores and several abreast in the lanes of a vector. The
//! answer of each is, to the bit, that of its own run, whatever the threads and the neighbours.

use std::collections::VecDeque;
use std::sync::Mutex;

use numerics::lanes::WIDEST;

use crate::crew::Hands;
use crate::model::Model;
use crate::run::Phase;
use crate::state::{Numerics, State};
use crate::wave::{Abreast, LANES_MIN};

/// What the lanes of a vector hold while an ensemble runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Lanes {
    /// Neighbouring conduits of one state: the quicker way wherever it was measured, as states abreast wait
    /// for the one of them with most trials and most steps, and have as many times as much in the cache.
    #[default]
    Conduits,
    /// One conduit of as many states as a vector has lanes.
    States,
}

/// Runs every state to `seconds` on `threads` threads.
pub fn run_ensemble(model: &Model, states: &mut [State], seconds: f64, threads: usize) {
    run_ensemble_with(model, states, seconds, threads, Lanes::default(), &|_, _| {});
}

/// Runs every state to `seconds` on `threads` threads; `after` is told the place and the state after
/// each of its steps, to keep results.
pub fn run_ensemble_with(
    model: &Model,
    states: &mut [State],
    seconds: f64,
    threads: usize,
    lanes: Lanes,
    after: &(impl Fn(usize, &mut State) + Sync),
) {
    let threads = threads.max(1);
    match lanes {
        Lanes::Conduits => in_turns(model, states, seconds, threads, after),
        Lanes::States => in_batches(model, states, seconds, threads, after),
    }
}

/// Steps that a state goes before it is another's turn. All come near their ends together, so that no
/// thread waits long for the last of many.
const TURN: usize = 256;

fn in_turns(
    model: &Model,
    states: &mut [State],
    seconds: f64,
    threads: usize,
    after: &(impl Fn(usize, &mut State) + Sync),
) {
    let waiting: Mutex<VecDeque<_>> = Mutex::new(states.iter_mut().enumerate().collect());
    on_threads(threads, || {
        loop {
            let next = waiting.lock().ok().and_then(|mut waiting| waiting.pop_front());
            let Some((i, state)) = next else { return };
            let goes_on = (0..TURN).all(|_| {
                let went = state.step(model, seconds) > 0.0;
                if went {
                    after(i, state);
                }
                went
            });
            if goes_on && let Ok(mut waiting) = waiting.lock() {
                waiting.push_back((i, state));
            }
        }
    });
}

fn in_batches(
    model: &Model,
    states: &mut [State],
    seconds: f64,
    threads: usize,
    after: &(impl Fn(usize, &mut State) + Sync),
) {
    let share = states.len().div_ceil(threads).clamp(1, WIDEST);
    let waiting = Mutex::new(states.chunks_mut(share).enumerate());
    on_threads(threads, || {
        let mut room = Abreast::default();
        loop {
            let next = waiting.lock().ok().and_then(|mut waiting| waiting.next());
            let Some((i, batch)) = next else { return };
            run_batch(model, batch, seconds, &mut room, &|k, state| after(i * share + k, state));
        }
    });
}

/// The same work on so many threads, until all of them are done.
fn on_threads(threads: usize, work: impl Fn() + Sync) {
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(&work);
        }
    });
}

/// Runs states, as many as a vector has lanes, side by side until all are there.
fn run_batch(
    model: &Model,
    states: &mut [State],
    seconds: f64,
    room: &mut Abreast,
    after: &impl Fn(usize, &mut State),
) {
    loop {
        let (mut begun, mut waves) = ([None; WIDEST], [None; WIDEST]);
        for ((begun, wave), state) in begun.iter_mut().zip(&mut waves).zip(states.iter_mut()) {
            *begun = state.begin_step(model, seconds, Hands::ONE);
            let in_lanes = state.numerics == Numerics::Fast;
            *wave = begun.filter(|b| in_lanes && b.phase == Phase::Waves).map(|b| b.dt);
        }
        if begun.iter().all(Option::is_none) {
            return;
        }
        let mut trials = [1; WIDEST];
        let abreast = waves.iter().flatten().count() >= LANES_MIN;
        if abreast {
            trials = room.step(model, states, &waves);
        }
        for (i, (state, begun)) in states.iter_mut().zip(begun).enumerate() {
            let (Some(begun), Some(mut took)) = (begun, trials.get(i).copied()) else { continue };
            let done = abreast && waves.get(i).is_some_and(Option::is_some);
            match begun.phase {
                Phase::Waves if !done => took = state.dynamic_step(model, begun.dt, Hands::ONE),
                Phase::Tree => took = state.tree_step(model, begun.dt),
                _ => {}
            }
            state.end_step(model, begun, took, Hands::ONE);
            after(i, state);
        }
    }
}
