//! 水面: everything that changes while water runs over a ground. Cloneable and serialisable.
#![expect(clippy::indexing_slicing, reason = "one entry a cell of the raster and its border")]

use serde::{Deserialize, Serialize};

use super::edge::Edge;
use super::ground::{GRAVITY_M_S2, Ground, WALL_M};
use super::kernel::{DRY_M, Pace};
use super::ledger::Ledger;
use super::sweep;

/// Peaks are noted at least this often, s of the run.
const PEAK_EVERY_S: f64 = 10.0;

/// Depth below which a step's length does not depend on it, m.
const SHALLOW_M: f64 = 1e-3;

/// How a surface is computed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// Part of the stable step that is taken (α of Bates et al. 2010, 0.2 to 0.7 there).
    pub courant: f64,
    /// Longest step, s.
    pub step_max_s: f64,
    /// Threads; the answer is the same whatever their number.
    pub threads: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self { courant: 0.7, step_max_s: 10.0, threads: 1 }
    }
}

/// 水面 over one [`Ground`]: depths of cells in m, flows through their sides in m²/s.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Surface {
    pub(crate) settings: Settings,
    pub(crate) time_s: f64,
    pub(crate) steps: u64,
    pub(crate) depth: Vec<f64>,
    /// Flow east through the western side of a cell.
    pub(crate) east: Vec<f64>,
    /// Flow north through the southern side of a cell.
    pub(crate) north: Vec<f64>,
    pub(crate) peak: Vec<f64>,
    peak_noted_s: f64,
    /// Rain, m/s: one entry for all cells, or one a cell with the border.
    rain: Vec<f64>,
    edges: Vec<(usize, Edge)>,
    /// Rows in which any water stands.
    pub(crate) wet: Vec<bool>,
    pub(crate) deepest_m: f64,
    open_cells: f64,
    pub(crate) ledger: Ledger,
}

impl Surface {
    /// A dry surface.
    #[must_use]
    pub fn new(ground: &Ground, settings: Settings) -> Self {
        let cells = ground.height_m.len();
        let open = ground.height_m.iter().filter(|z| **z < WALL_M).count();
        Self {
            settings,
            time_s: 0.0,
            steps: 0,
            depth: vec![0.0; cells],
            east: vec![0.0; cells],
            north: vec![0.0; cells],
            peak: vec![0.0; cells],
            peak_noted_s: 0.0,
            rain: vec![0.0],
            edges: Vec::new(),
            wet: vec![false; ground.rows + 2],
            deepest_m: 0.0,
            open_cells: open as f64,
            ledger: Ledger::default(),
        }
    }

    /// Seconds since the start.
    #[must_use]
    pub fn time_s(&self) -> f64 {
        self.time_s
    }

    /// Steps taken.
    #[must_use]
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// Depth of water on a cell, m; 0 outside.
    #[must_use]
    pub fn depth_m(&self, ground: &Ground, column: usize, row: usize) -> f64 {
        ground.height_m(column, row).map_or(0.0, |_| self.depth[ground.at(column, row)])
    }

    /// Level of water on a cell, m; `None` where it is dry.
    #[must_use]
    pub fn level_m(&self, ground: &Ground, column: usize, row: usize) -> Option<f64> {
        let depth = self.depth_m(ground, column, row);
        ground.height_m(column, row).filter(|_| depth > DRY_M).map(|z| z + depth)
    }

    /// Greatest depth of a cell so far, m, noted every 10 s of the run.
    #[must_use]
    pub fn peak_m(&self, ground: &Ground, column: usize, row: usize) -> f64 {
        ground.height_m(column, row).map_or(0.0, |_| self.peak[ground.at(column, row)])
    }

    /// Velocity at a cell's centre, m/s east and north: mean flow of both sides over the depth.
    #[must_use]
    pub fn velocity_m_s(&self, ground: &Ground, column: usize, row: usize) -> [f64; 2] {
        let depth = self.depth_m(ground, column, row);
        if depth <= SHALLOW_M {
            return [0.0, 0.0];
        }
        let (at, up) = (ground.at(column, row), ground.width());
        let mean = |a: f64, b: f64| 0.5 * (a + b) / depth;
        [mean(self.east[at], self.east[at + 1]), mean(self.north[at], self.north[at + up])]
    }

    /// Puts water on a cell (or takes it away), m.
    pub fn set_depth(&mut self, ground: &Ground, column: usize, row: usize, depth_m: f64) {
        if ground.height_m(column, row).is_none() || !(depth_m >= 0.0 && depth_m.is_finite()) {
            return;
        }
        let at = ground.at(column, row);
        self.ledger.initial_m3 += (depth_m - self.depth[at]) * area(ground);
        self.depth[at] = depth_m;
        self.touched(ground, at);
    }

    /// 雨强: rain on all open ground from now on, mm/h.
    pub fn set_rain(&mut self, mm_h: f64) {
        self.rain = vec![mm_h.max(0.0) / 3.6e6];
    }

    /// Rain on each cell from now on, mm/h, south to north; lists of another length are not taken.
    /// Says whether it was.
    pub fn set_rain_field(&mut self, ground: &Ground, mm_h: &[f64]) -> bool {
        let (columns, rows) = ground.size();
        if mm_h.len() != columns * rows {
            return false;
        }
        let mut rain = vec![0.0; ground.height_m.len()];
        for row in 0..rows {
            for column in 0..columns {
                rain[ground.at(column, row)] = mm_h[row * columns + column].max(0.0) / 3.6e6;
            }
        }
        self.rain = rain;
        true
    }

    /// Sets the edge of a cell from now on, `None` for a wall. A cell has one at most.
    pub fn set_edge(&mut self, ground: &Ground, column: usize, row: usize, edge: Option<Edge>) {
        if ground.height_m(column, row).is_none() {
            return;
        }
        let at = ground.at(column, row);
        match (self.edges.binary_search_by_key(&at, |e| e.0), edge) {
            (Ok(i), Some(edge)) => self.edges[i].1 = edge,
            (Ok(i), None) => drop(self.edges.remove(i)),
            (Err(i), Some(edge)) => self.edges.insert(i, (at, edge)),
            (Err(_), None) => {}
        }
    }

    /// Water on the ground, m³.
    #[must_use]
    pub fn volume_m3(&self, ground: &Ground) -> f64 {
        let width = ground.width();
        area(ground) * self.depth.chunks(width).map(|row| row.iter().sum::<f64>()).sum::<f64>()
    }

    /// 水量账.
    #[must_use]
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Runs to a moment, seconds from the start.
    pub fn run_until(&mut self, ground: &Ground, seconds: f64) {
        while self.step(ground, seconds) > 0.0 {}
        self.note_peaks();
    }

    /// One step, no longer than is stable and not beyond `until_s`; its length in s, 0 at the end.
    pub fn step(&mut self, ground: &Ground, until_s: f64) -> f64 {
        let left = until_s - self.time_s;
        if left.is_nan() || left <= 0.0 {
            return 0.0;
        }
        let wave = (GRAVITY_M_S2 * self.deepest_m.max(SHALLOW_M)).sqrt();
        let stable = (self.settings.courant * ground.cell_m / wave).min(self.settings.step_max_s);
        let dt_s = if stable >= left { left } else { stable };
        let pace = Pace { dt_s, cell_m: ground.cell_m, courant: self.settings.courant };
        self.rain_of(ground, dt_s);
        let rain: Vec<f64> = self.rain.iter().map(|r| r * dt_s).collect();
        let extremes = sweep::all(self, ground, pace, &rain);
        self.deepest_m = extremes.deepest_m;
        if !extremes.negative_rows.is_empty() {
            self.mend(ground, dt_s, &extremes.negative_rows);
        }
        self.run_edges(ground, dt_s);
        self.time_s = if stable >= left { until_s } else { self.time_s + dt_s };
        self.steps += 1;
        if self.time_s >= self.peak_noted_s + PEAK_EVERY_S {
            self.note_peaks();
        }
        dt_s
    }

    fn rain_of(&mut self, ground: &Ground, dt_s: f64) {
        let mean = match self.rain.as_slice() {
            [one] => one * self.open_cells,
            each => each.iter().zip(&ground.height_m).filter(|(_, z)| **z < WALL_M).map(|(r, _)| r).sum(),
        };
        self.ledger.rain_m3 += mean * dt_s * area(ground);
    }

    fn note_peaks(&mut self) {
        for (peak, depth) in self.peak.iter_mut().zip(&self.depth) {
            *peak = peak.max(*depth);
        }
        self.peak_noted_s = self.time_s;
    }

    fn run_edges(&mut self, ground: &Ground, dt_s: f64) {
        let edges = std::mem::take(&mut self.edges);
        for (at, edge) in &edges {
            match *edge {
                Edge::Level { level_m } => {
                    let want = (level_m - ground.height_m[*at]).max(0.0);
                    let change = (want - self.depth[*at]) * area(ground);
                    self.ledger.inflow_m3 += change.max(0.0);
                    self.ledger.outflow_m3 -= change.min(0.0);
                    self.depth[*at] = want;
                    self.touched(ground, *at);
                    self.lead_through(ground, *at);
                }
                Edge::Free { slope } => {
                    let n = (ground.friction[*at] / GRAVITY_M_S2).sqrt();
                    let flow = self.depth[*at].powf(5.0 / 3.0) * slope.max(0.0).sqrt() / n * ground.cell_m;
                    self.ledger.outflow_m3 += self.take(ground, *at, flow * dt_s);
                }
                Edge::Inflow { flow_m3s } if flow_m3s >= 0.0 => {
                    self.ledger.inflow_m3 += flow_m3s * dt_s;
                    self.give(ground, *at, flow_m3s * dt_s);
                }
                Edge::Inflow { flow_m3s } => {
                    self.ledger.outflow_m3 += self.take(ground, *at, -flow_m3s * dt_s);
                }
            }
        }
        self.edges = edges;
    }

    /// Water held at a level comes from beyond: for the next step's weighting the flow through a
    /// cell's outer side is that through the opposite one.
    fn lead_through(&mut self, ground: &Ground, at: usize) {
        let width = ground.width();
        let wall = |i: usize| ground.height_m[i] >= WALL_M;
        match (wall(at - 1), wall(at + 1)) {
            (true, false) => self.east[at] = self.east[at + 1],
            (false, true) => self.east[at + 1] = self.east[at],
            _ => {}
        }
        match (wall(at - width), wall(at + width)) {
            (true, false) => self.north[at] = self.north[at + width],
            (false, true) => self.north[at + width] = self.north[at],
            _ => {}
        }
    }

    /// Puts a volume on a cell.
    pub(crate) fn give(&mut self, ground: &Ground, at: usize, volume_m3: f64) {
        self.depth[at] += volume_m3 / area(ground);
        self.touched(ground, at);
    }

    /// Takes a volume from a cell, no more than stands there; what was taken.
    pub(crate) fn take(&mut self, ground: &Ground, at: usize, volume_m3: f64) -> f64 {
        let there = self.depth[at] * area(ground);
        if volume_m3 >= there {
            self.depth[at] = 0.0;
            return there;
        }
        self.depth[at] -= volume_m3 / area(ground);
        volume_m3.max(0.0)
    }

    fn touched(&mut self, ground: &Ground, at: usize) {
        self.deepest_m = self.deepest_m.max(self.depth[at]);
        self.wet[at / ground.width()] |= self.depth[at] > 0.0;
    }

    /// 限流: where more flowed out of a cell than stood there, all that flowed out is made less in
    /// the same proportion, so that the cell is just dry. The cells it flowed to then have less,
    /// and may need the same.
    fn mend(&mut self, ground: &Ground, dt_s: f64, rows: &[usize]) {
        let (width, ratio) = (ground.width(), dt_s / ground.cell_m);
        let mut stack: Vec<usize> = Vec::new();
        for row in rows.iter().rev() {
            stack.extend((row * width..(row + 1) * width).rev().filter(|at| self.depth[*at] < 0.0));
        }
        let mut turns = 64 * stack.len() + 1024;
        while let Some(at) = stack.pop() {
            if self.depth[at] >= 0.0 {
                continue;
            }
            turns = turns.saturating_sub(1);
            let sides = [(false, at, -1.0), (false, at + 1, 1.0), (true, at, -1.0), (true, at + width, 1.0)];
            let q = |s: &Self, north: bool, i: usize| if north { s.north[i] } else { s.east[i] };
            let out: f64 =
                sides.iter().map(|(n, i, sign)| (q(self, *n, *i) * sign).max(0.0)).sum::<f64>() * ratio;
            let missing = -self.depth[at];
            if out <= 0.0 || missing < 1e-15 || turns == 0 {
                self.ledger.rounding_m3 += missing * area(ground);
                self.depth[at] = 0.0;
                continue;
            }
            let less = (missing / out).min(1.0);
            for (is_north, i, sign) in sides {
                let flow = q(self, is_north, i);
                if flow * sign <= 0.0 {
                    continue;
                }
                let back = flow * less;
                let list = if is_north { &mut self.north } else { &mut self.east };
                list[i] -= back;
                let beyond = match (is_north, sign > 0.0) {
                    (false, false) => at - 1,
                    (false, true) => at + 1,
                    (true, false) => at - width,
                    (true, true) => at + width,
                };
                let moved = back * sign * ratio;
                self.depth[at] += moved;
                self.depth[beyond] -= moved;
                if self.depth[beyond] < 0.0 {
                    stack.push(beyond);
                }
            }
            if self.depth[at] < 0.0 {
                stack.push(at);
            }
        }
    }
}

/// Area of a cell, m².
pub(crate) fn area(ground: &Ground) -> f64 {
    ground.cell_m * ground.cell_m
}
