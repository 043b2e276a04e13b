//! How tanks mix (水池混合; EPANET manual §12.2.3).

use super::Segment;
use crate::model::TankModel;
use crate::project::Mixing;
use std::collections::VecDeque;

/// What enters and leaves a tank in a step.
pub(super) struct Inflow {
    pub volume: f64,
    pub mass: f64,
    /// Inflow less outflow.
    pub net: f64,
    /// The tank stands at its greatest volume.
    pub full: bool,
}

pub(super) fn start(tank: &TankModel, c: f64) -> VecDeque<Segment> {
    if tank.area == 0.0 {
        return VecDeque::new();
    }
    let volume = tank.volume_start;
    match tank.mixing {
        Mixing::TwoCompartments(share) => {
            let stagnant = (volume - share * tank.volume_max).max(0.0);
            VecDeque::from([Segment { volume: stagnant, c }, Segment { volume: volume - stagnant, c }])
        }
        _ => VecDeque::from([Segment { volume, c }]),
    }
}

/// Mixes one step; returns the mass lost by overflow.
pub(super) fn mix(
    tank: &TankModel,
    s: &mut VecDeque<Segment>,
    c: &mut f64,
    tolerance: f64,
    q: &Inflow,
) -> f64 {
    match tank.mixing {
        Mixing::Complete => complete(tank, s, c, q),
        Mixing::TwoCompartments(share) => compartments(tank, share, s, c, q),
        Mixing::Fifo => fifo(s, c, tolerance, q),
        Mixing::Lifo => lifo(s, c, tolerance, q),
    }
}

fn complete(tank: &TankModel, s: &mut VecDeque<Segment>, c: &mut f64, q: &Inflow) -> f64 {
    let Some(all) = s.front_mut() else { return 0.0 };
    let volume = all.volume + q.volume;
    if volume > 0.0 {
        all.c = (all.c * all.volume + q.mass) / volume;
    }
    all.volume = (all.volume + q.net).max(0.0);
    *c = all.c;
    let over = all.volume - tank.volume_max;
    if over > 0.0 {
        all.volume = tank.volume_max;
        return over * *c;
    }
    0.0
}

fn compartments(tank: &TankModel, share: f64, s: &mut VecDeque<Segment>, c: &mut f64, q: &Inflow) -> f64 {
    let [still, mixed] = s.make_contiguous() else { return 0.0 };
    let full = share * tank.volume_max;
    let mut moved = 0.0;
    let mut lost = 0.0;
    if q.net > 0.0 {
        moved = (mixed.volume + q.net - full).max(0.0);
        if q.volume > 0.0 {
            mixed.c = (mixed.c * mixed.volume + q.mass) / (mixed.volume + q.volume);
        }
        if moved > 0.0 {
            still.c = (still.c * still.volume + mixed.c * moved) / (still.volume + moved);
        }
    } else if q.net < 0.0 {
        if still.volume > 0.0 {
            moved = still.volume.min(-q.net);
        }
        if q.volume + moved > 0.0 {
            mixed.c = (mixed.c * mixed.volume + q.mass + still.c * moved) / (mixed.volume + q.volume + moved);
        }
    }
    if moved > 0.0 {
        if q.net > 0.0 {
            mixed.volume = full;
            still.volume += moved;
            let over = still.volume - (tank.volume_max - full);
            if over > 0.0 {
                lost = over * still.c;
                still.volume -= over;
            }
        } else {
            still.volume = (still.volume - moved).max(0.0);
            mixed.volume = full + moved + q.net;
        }
    } else {
        mixed.volume = (mixed.volume + q.net).min(full).max(0.0);
        if full - mixed.volume > 0.0 {
            still.volume = 0.0;
        }
    }
    *c = mixed.c;
    lost
}

fn push(s: &mut VecDeque<Segment>, volume: f64, c: f64, tolerance: f64) {
    match s.back_mut() {
        Some(last) if (last.c - c).abs() < tolerance => last.volume += volume,
        _ => s.push_back(Segment { volume, c }),
    }
}

/// Takes `volume` from the front; the last segment stays, whatever is asked of it.
fn draw(s: &mut VecDeque<Segment>, volume: f64) -> (f64, f64) {
    let (mut left, mut sum, mut mass) = (volume, 0.0, 0.0);
    while left > 0.0 {
        let only = s.len() == 1;
        let Some(first) = s.front_mut() else { break };
        let part = if only { left } else { first.volume.min(left) };
        sum += part;
        mass += first.c * part;
        left -= part;
        if part < first.volume {
            first.volume -= part;
        } else if !only {
            s.pop_front();
        }
    }
    (sum, mass)
}

fn fifo(s: &mut VecDeque<Segment>, c: &mut f64, tolerance: f64, q: &Inflow) -> f64 {
    if s.is_empty() {
        return 0.0;
    }
    if q.volume > 0.0 {
        push(s, q.volume, q.mass / q.volume, tolerance);
    }
    let over = q.full && q.net > 0.0;
    let (sum, mass) = draw(s, if over { q.volume } else { q.volume - q.net });
    *c = if sum > 0.0 { mass / sum } else { s.front().map_or(0.0, |f| f.c) };
    if over { q.net * *c } else { 0.0 }
}

fn lifo(s: &mut VecDeque<Segment>, c: &mut f64, tolerance: f64, q: &Inflow) -> f64 {
    let Some(last) = s.back() else { return 0.0 };
    *c = last.c;
    let mut lost = 0.0;
    if q.net > 0.0 {
        push(s, q.net, if q.volume > 0.0 { q.mass / q.volume } else { 0.0 }, tolerance);
        *c = s.back().map_or(0.0, |l| l.c);
        if q.full {
            lost = draw(s, q.net).1;
        }
    } else if q.net < 0.0 {
        s.make_contiguous().reverse();
        let (sum, mass) = draw(s, -q.net);
        s.make_contiguous().reverse();
        *c = (mass + q.mass) / (sum + q.volume);
    }
    lost
}
