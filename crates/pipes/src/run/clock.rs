//! Time (时间推进): demands, controls, the length of a step, tanks and energy (`hydraul.c`).

#![expect(clippy::indexing_slicing, reason = "indices are the model's own node, link, tank and lane numbers")]

use super::{demands, rules};
use crate::journal::Event;
use crate::model::{LinkType, Model, PumpModel, TankModel, Wake, interpolate};
use crate::solve::{ZERO_FLOW, warnings};
use crate::state::{State, Status};
use crate::units::KW_PER_HP;

const SECONDS_PER_DAY: i64 = 86_400;

/// Demands and controls of the moment.
pub(super) fn prepare(m: &Model, state: &mut State) {
    ask(m, state);
    controls(m, state);
    state.note_inside(|| Event::Begin);
}

/// Marks the moment solved and says what is odd about it.
pub(super) fn conclude(m: &Model, state: &mut State) {
    let unbalanced = state.relative_error > m.settings.accuracy;
    warnings(m, state);
    state.solved = true;
    state.halted = unbalanced && m.settings.extra.is_none();
    if m.clocks.duration <= 0 {
        // A single moment counts for an hour.
        state.energy.fill(crate::state::PumpEnergy::default());
        state.power_peak = 0.0;
        let powers: Vec<(f64, f64)> = m.pumps.iter().map(|pump| pump_power(m, state, pump)).collect();
        add_energy(m, state, &powers, 3600);
    }
    if let Some(mut quality) = state.quality.take() {
        quality.new_hydraulics(m, state);
        state.quality = Some(quality);
    }
}

/// What is asked of the network now: demands, heads of reservoirs, speeds of pumps.
fn ask(m: &Model, state: &mut State) {
    let period = (state.time + m.clocks.pattern_start) / m.clocks.pattern;
    demands::fill(m, state, period);
    state.demand_flow.copy_from_slice(&state.full_demand);
    for tank in m.tanks.iter().filter(|t| t.area == 0.0) {
        if tank.pattern.is_some() {
            state.head[tank.node as usize] = tank.head_start * m.factor_at(tank.pattern, period);
        }
    }
    for (&node, &head) in &state.set_head {
        state.head[node as usize] = head;
    }
    for pump in &m.pumps {
        if pump.pattern.is_some() && !state.held.contains_key(&pump.link) {
            set_setting(m, state, pump.link as usize, m.factor_at(pump.pattern, period));
        }
    }
}

/// Sets a speed or setting as a control does (`setlinksetting`).
pub(super) fn set_setting(m: &Model, state: &mut State, k: usize, value: f64) {
    match m.types[k] {
        LinkType::Pump(p) => {
            state.setting[k] = Some(value);
            if value > 0.0 && state.status[k].is_closed() {
                reset_flow(state, &m.pumps[p as usize]);
                state.status[k] = Status::Open;
            }
            if value == 0.0 && !state.status[k].is_closed() {
                state.status[k] = Status::Closed;
            }
        }
        LinkType::Valve(crate::project::ValveKind::Fcv) => {
            state.setting[k] = Some(value);
            state.status[k] = Status::Active;
        }
        _ => {
            if state.setting[k].is_none() && state.status[k].is_closed() {
                state.status[k] = Status::Open;
            }
            state.setting[k] = Some(value);
        }
    }
}

/// Opens or closes as a control does (`setlinkstatus`).
pub(super) fn set_status(m: &Model, state: &mut State, k: usize, open: bool) {
    match m.types[k] {
        LinkType::Pump(p) => {
            state.setting[k] = Some(f64::from(u8::from(open)));
            if open && state.status[k] == Status::Closed {
                reset_flow(state, &m.pumps[p as usize]);
            }
        }
        LinkType::Valve(kind) if kind != crate::project::ValveKind::Gpv => state.setting[k] = None,
        _ => {}
    }
    state.status[k] = if open { Status::Open } else { Status::Closed };
}

fn reset_flow(state: &mut State, pump: &PumpModel) {
    if pump.is_constant() {
        state.flow[pump.link as usize] = pump.flow_start;
    }
}

fn tank_of(m: &Model, node: u32) -> Option<(usize, &TankModel)> {
    let i = (node as usize).checked_sub(m.junctions)?;
    m.tanks.get(i).map(|t| (i, t))
}

fn controls(m: &Model, state: &mut State) {
    for (i, control) in m.controls.iter().enumerate() {
        let k = control.link as usize;
        if state.held.contains_key(&control.link) {
            continue;
        }
        let due = match control.wake {
            Wake::Below { node, head } => tank_of(m, node).is_some_and(|(_, t)| {
                let slack = state.outflow[node as usize].abs();
                tank_volume(m, t, state.head[node as usize]) <= tank_volume(m, t, head) + slack
            }),
            Wake::Above { node, head } => tank_of(m, node).is_some_and(|(_, t)| {
                let slack = state.outflow[node as usize].abs();
                tank_volume(m, t, state.head[node as usize]) >= tank_volume(m, t, head) - slack
            }),
            Wake::Time(t) => t == state.time,
            Wake::ClockTime(t) => (state.time + m.clocks.start_clock) % SECONDS_PER_DAY == t,
        };
        if !due {
            continue;
        }
        let was = if state.status[k].is_closed() { Status::Closed } else { Status::Open };
        let setting = if m.types[k] == LinkType::Pipe { state.setting[k] } else { control.setting };
        if let LinkType::Pump(p) = m.types[k]
            && was == Status::Closed
            && control.status == Status::Open
        {
            reset_flow(state, &m.pumps[p as usize]);
        }
        if was != control.status || state.setting[k] != setting {
            state.status[k] = control.status;
            state.setting[k] = setting;
            state.note(Event::Control { control: i });
        }
    }
}

/// Volume at a head (`tankvolume`).
pub(crate) fn tank_volume(m: &Model, tank: &TankModel, head: f64) -> f64 {
    match tank.curve.and_then(|c| m.project.curves.get(c)) {
        None => tank.volume_min + (head - tank.head_min) * tank.area,
        Some(curve) => {
            let level = (head - m.elevation[tank.node as usize]) * m.factors.head;
            interpolate(curve.points.iter().copied(), level) / m.factors.volume
        }
    }
}

/// Head at a volume (`tankgrade`).
pub(crate) fn tank_head(m: &Model, tank: &TankModel, volume: f64) -> f64 {
    match tank.curve.and_then(|c| m.project.curves.get(c)) {
        None => tank.head_min + (volume - tank.volume_min) / tank.area,
        Some(curve) => {
            let level = interpolate(curve.points.iter().map(|p| (p.1, p.0)), volume * m.factors.volume);
            m.elevation[tank.node as usize] + level / m.factors.head
        }
    }
}

/// Moves on to the next moment; `false` when the run is over.
pub(super) fn advance(m: &Model, state: &mut State, limit: i64) -> bool {
    let end = m.clocks.duration.max(0);
    if state.halted || state.time >= end || state.time >= limit {
        return false;
    }
    // Rules may switch pumps at the end of the step: its energy is that of the pumps as they were.
    let powers: Vec<(f64, f64)> = m.pumps.iter().map(|pump| pump_power(m, state, pump)).collect();
    let dt = time_step(m, state, limit.min(end).max(state.time + 1));
    add_energy(m, state, &powers, dt.0);
    if let Some(mut quality) = state.quality.take() {
        quality.route(m, state, dt.0);
        state.quality = Some(quality);
    }
    state.time += dt.0;
    if state.time >= state.report_time {
        state.report_time += m.clocks.report;
    }
    state.solved = false;
    true
}

/// Length of a step, s.
struct Step(i64);

impl Step {
    fn bound(&mut self, t: i64) {
        if t > 0 && t < self.0 {
            self.0 = t;
        }
    }
}

fn time_step(m: &Model, state: &mut State, limit: i64) -> Step {
    let c = &m.clocks;
    let mut step = Step(c.hydraulic);
    let next = (state.time + c.pattern_start) / c.pattern + 1;
    // EPANET leaves the pattern's start out of this difference.
    step.bound(next * c.pattern - state.time);
    step.bound(state.report_time - state.time);
    step.bound(limit - state.time);
    for (i, tank) in m.tanks.iter().enumerate().filter(|(_, t)| t.area > 0.0) {
        let (h, q) = (state.head[tank.node as usize], state.outflow[tank.node as usize]);
        if q.abs() <= ZERO_FLOW {
            continue;
        }
        let volume = if q > 0.0 && h < tank.head_max {
            tank.volume_max - state.volume[i]
        } else if q < 0.0 && h > tank.head_min {
            tank.volume_min - state.volume[i]
        } else {
            continue;
        };
        step.bound(seconds(volume / q));
    }
    control_step(m, state, &mut step);
    if m.rules.is_empty() {
        fill_tanks(m, state, step.0);
    } else {
        rules::run(m, state, &mut step.0);
    }
    step
}

#[expect(clippy::cast_possible_truncation, reason = "clamped to a range i64 holds")]
fn seconds(t: f64) -> i64 {
    if t.is_nan() { 0 } else { t.round().clamp(-1e15, 1e15) as i64 }
}

fn control_step(m: &Model, state: &State, step: &mut Step) {
    for control in &m.controls {
        let t = match control.wake {
            Wake::Below { node, head } | Wake::Above { node, head } => {
                let Some((i, tank)) = tank_of(m, node) else { continue };
                let (h, q) = (state.head[node as usize], state.outflow[node as usize]);
                if q.abs() <= ZERO_FLOW {
                    continue;
                }
                let rising = matches!(control.wake, Wake::Above { .. });
                let nearing = if rising { h < head && q > 0.0 } else { h > head && q < 0.0 };
                if !nearing {
                    continue;
                }
                seconds((tank_volume(m, tank, head) - state.volume.get(i).copied().unwrap_or(0.0)) / q)
            }
            Wake::Time(t) => t - state.time,
            Wake::ClockTime(t) => {
                let now = (state.time + m.clocks.start_clock) % SECONDS_PER_DAY;
                if t >= now { t - now } else { SECONDS_PER_DAY - now + t }
            }
        };
        if t > 0 && t < step.0 {
            let k = control.link as usize;
            let setting_differs = m.types[k] != LinkType::Pipe && state.setting[k] != control.setting;
            if setting_differs || state.status[k] != control.status {
                step.0 = t;
            }
        }
    }
}

/// New volumes and levels after `dt` seconds (`tanklevels`).
pub(super) fn fill_tanks(m: &Model, state: &mut State, dt: i64) {
    for (i, tank) in m.tanks.iter().enumerate().filter(|(_, t)| t.area > 0.0) {
        let q = state.outflow[tank.node as usize];
        if q.abs() <= ZERO_FLOW {
            continue;
        }
        #[expect(clippy::cast_precision_loss, reason = "a step is far below 2^52 s")]
        let mut volume = state.volume[i] + q * dt as f64;
        // Full or empty within the next second counts as full or empty.
        if volume + q >= tank.volume_max {
            volume = tank.volume_max;
        } else if volume - q <= tank.volume_min {
            volume = tank.volume_min;
        }
        state.volume[i] = volume;
        state.head[tank.node as usize] = tank_head(m, tank, volume);
    }
}

/// Power (kW) and efficiency of a pump now (`getenergy`).
pub(crate) fn pump_power(m: &Model, state: &State, pump: &PumpModel) -> (f64, f64) {
    let k = pump.link as usize;
    if state.status[k].is_closed() {
        return (0.0, 0.0);
    }
    let [a, b] = m.ends[k].map(|n| state.head[n as usize]);
    let q = state.flow[k].abs();
    let speed = state.setting[k].unwrap_or(1.0);
    let mut e = m.project.options.pump_efficiency;
    if let Some(curve) = pump.efficiency.and_then(|c| m.project.curves.get(c)) {
        e = interpolate(curve.points.iter().copied(), q / speed * m.factors.flow);
        e = 100.0 - (100.0 - e) * (1.0 / speed).powf(0.1); // Sarbu and Borza
    }
    let e = e.clamp(1.0, 100.0) / 100.0;
    ((a - b).abs() * q * m.project.options.specific_gravity / 8.814 / e * KW_PER_HP, e)
}

/// Adds `dt` seconds of the pumps at these powers and efficiencies (`addenergy`).
fn add_energy(m: &Model, state: &mut State, powers: &[(f64, f64)], dt: i64) {
    #[expect(clippy::cast_precision_loss, reason = "a step is far below 2^52 s")]
    let hours = dt as f64 / 3600.0;
    let o = &m.project.options;
    let period = (state.time + m.clocks.pattern_start) / m.clocks.pattern;
    let mut sum = 0.0;
    for ((i, pump), &(kw, efficiency)) in m.pumps.iter().enumerate().zip(powers) {
        if efficiency == 0.0 {
            continue;
        }
        let q = state.flow[pump.link as usize].abs().max(ZERO_FLOW);
        let price = if pump.price > 0.0 { pump.price } else { o.energy_price };
        let price = price * m.factor_at(pump.price_pattern.or(o.energy_pattern), period);
        sum += kw;
        let e = &mut state.energy[i];
        e.hours += hours;
        e.efficiency_hours += efficiency * hours;
        e.specific_hours += kw / q * hours;
        e.kwh += kw * hours;
        e.kw_max = e.kw_max.max(kw);
        e.cost += price * kw * hours;
    }
    state.power_peak = state.power_peak.max(sum);
}
