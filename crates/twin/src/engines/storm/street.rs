//! 街面积水: where the water that the sewers have on the streets lies, by the overland solver.
//!
//! The sewers' model owns the water: what stands above the ground at a node is given to the street's
//! raster minute by minute, and taken from it when it drains away; the shallow-water solver says where it
//! runs and how deep it stands. Nothing goes back: a street as the model knows it is a storage of the
//! same volume.

use super::levels::metres;
use crate::bindings::StreetBinding;
use crate::board::{Band, Extent, StreetState};
use crate::trouble::Trouble;
use drains::overland::{Edge, Ground, Settings, Surface, contours, polygons};
use drains::{Model, Numerics, State};
use field::id::StationCode;
use field::place::DEGREE_M;
use std::sync::Arc;

/// Depths whose outlines are drawn, m: wet feet; what GB 50014-2021 allows a lane; the demo town's yellow
/// and red.
const BANDS_M: [f64; 4] = [0.05, 0.15, 0.27, 0.5];
/// Manning's n of streets and yards (asphalt and concrete, Chow 1959).
const MANNING: f64 = 0.02;
/// Less water than this is no flood, m³.
const LEAST_M3: f64 = 1.0;
/// Cells so little above the lowest one take and give the water, m.
const LOWEST_M: f64 = 0.05;
/// Cells of one street's raster (a few hundred metres square), and streets.
const CELLS_MAX: usize = 40_000;
pub(super) const STREETS_MAX: usize = 64;
/// A gap longer than this is not run through, s: the water is laid down anew.
const GAP_S: f64 = 900.0;
/// Water laid down anew runs for so long, s.
const SETTLE_S: f64 = 120.0;
/// Water is given in portions of so long, s.
const PORTION_S: f64 = 60.0;

/// A street with the node whose water stands on it.
pub(super) struct Street {
    station: StationCode,
    node: usize,
    ground: Arc<Ground>,
    /// Longitude and latitude of the raster's origin, degrees.
    origin: [f64; 2],
    /// The lowest cells.
    lowest: Vec<(usize, usize)>,
    /// What the node holds below the ground, m³.
    below_m3: f64,
}

impl Street {
    /// Reads a street's raster and finds its node.
    pub(super) fn read(
        binding: &StreetBinding,
        (node, model): (usize, &Model),
        text: Option<&str>,
    ) -> Result<Self, Trouble> {
        let ill = |first: String| Trouble::Model { file: binding.ground.clone(), problems: 1, first };
        let text = text.ok_or_else(|| Trouble::NoModel { file: binding.ground.clone() })?;
        let ground = Ground::from_ascii(text, MANNING).map_err(|why| ill(why.to_string()))?;
        let (columns, rows) = ground.size();
        if columns * rows > CELLS_MAX {
            return Err(ill(format!("{} cells; a street has at most {CELLS_MAX}", columns * rows)));
        }
        let heights = ground.cells().filter_map(|(c, r)| ground.height_m(c, r));
        let least = heights.fold(f64::MAX, f64::min) + LOWEST_M;
        let is_low = |(c, r): &(usize, usize)| ground.height_m(*c, *r).is_some_and(|z| z <= least);
        let lowest: Vec<_> = ground.cells().filter(is_low).collect();
        if lowest.is_empty() {
            return Err(ill("no cell has a height".to_owned()));
        }
        let below_m3 = below_m3(model, node, binding.ground_m);
        let station = binding.station.clone();
        Ok(Self { station, node, ground: Arc::new(ground), origin: binding.origin, lowest, below_m3 })
    }

    /// What the sewers have on this street, m³.
    pub(super) fn water_m3(&self, model: &Model, state: &State) -> f64 {
        let held = state.node(model, self.node).map_or(0.0, |view| view.volume * cubic_metres(model));
        let above = held - self.below_m3;
        if above >= LEAST_M3 { above } else { 0.0 }
    }

    fn dry(&self) -> Surface {
        Surface::new(&self.ground, Settings { threads: 1, ..Settings::default() })
    }

    /// Lets a surface run for some seconds while its water comes to be so much.
    fn run(&self, surface: &mut Surface, seconds: f64, water_m3: f64) {
        let portions = (seconds / PORTION_S).ceil().max(1.0);
        let (start, each) = (surface.time_s(), seconds / portions);
        for portion in 1..=portions as u32 {
            let left = portions - f64::from(portion - 1);
            let flow_m3s = (water_m3 - surface.volume_m3(&self.ground)) / (left * each);
            self.let_in(surface, Some(flow_m3s));
            surface.run_until(&self.ground, start + f64::from(portion) * each);
        }
        self.let_in(surface, None);
    }

    fn let_in(&self, surface: &mut Surface, flow_m3s: Option<f64>) {
        let share = 1.0 / self.lowest.len() as f64;
        let edge = flow_m3s.map(|flow| Edge::Inflow { flow_m3s: flow * share });
        self.lowest.iter().for_each(|(column, row)| surface.set_edge(&self.ground, *column, *row, edge));
    }

    fn depths(&self, surface: &Surface) -> Vec<f64> {
        self.ground.cells().map(|(column, row)| surface.depth_m(&self.ground, column, row)).collect()
    }

    /// Outlines of depths, one a cell.
    fn extent(&self, depths: &[f64]) -> Extent {
        let (columns, _) = self.ground.size();
        let area = self.ground.cell_m().powi(2);
        let depth = |c: usize, r: usize| depths.get(r * columns + c).copied().unwrap_or(0.0);
        let wet = depths.iter().filter(|d| **d >= BANDS_M[0]).count();
        let bands = BANDS_M.iter().map(|depth_m| Band {
            depth_m: *depth_m,
            polygons: polygons(contours(&self.ground, *depth_m, depth))
                .iter()
                .map(|rings| rings.iter().map(|ring| self.degrees(&ring.points_m)).collect())
                .collect(),
        });
        Extent {
            volume_m3: (depths.iter().sum::<f64>() * area).round(),
            area_m2: wet as f64 * area,
            deepest_m: super::show::tidy(depths.iter().copied().fold(0.0, f64::max)),
            bands: bands.filter(|band: &Band| !band.polygons.is_empty()).collect(),
        }
    }

    /// A ring in degrees, closed as GeoJSON wants it.
    fn degrees(&self, ring: &[[f64; 2]]) -> Vec<[f64; 2]> {
        let [lon, lat] = self.origin;
        let east_m = DEGREE_M * lat.to_radians().cos();
        let tidy = |degrees: f64| (degrees * 1e6).round() / 1e6;
        let place = |[x, y]: &[f64; 2]| [tidy(lon + x / east_m), tidy(lat + y / DEGREE_M)];
        ring.iter().chain(ring.first()).map(place).collect()
    }
}

/// What a node holds up to the ground, m³.
fn below_m3(model: &Model, node: usize, ground_m: Option<f64>) -> f64 {
    let mut state = State::new(model, Numerics::Fast);
    let Some(view) = state.node(model, node) else { return 0.0 };
    let invert = view.head - view.depth;
    let rim = model.project().nodes.get(node).map_or(0.0, |n| n.max_depth);
    let depth = ground_m.map_or(rim, |ground| ground / metres(model) - invert);
    state.set_depth(model, node, depth);
    state.node(model, node).map_or(0.0, |view| view.volume * cubic_metres(model))
}

fn cubic_metres(model: &Model) -> f64 {
    metres(model).powi(3)
}

/// The streets with the water that stands on them now.
#[derive(Default)]
pub(super) struct Streets {
    pub(super) all: Vec<Street>,
    now: Vec<Surface>,
    /// The surfaces stand here, s of the run.
    now_s: f64,
}

/// Water of every street at the steps ahead, m³: a list a street.
pub(super) type WaterAhead = Vec<Vec<f64>>;

impl Streets {
    pub(super) fn new(all: Vec<Street>) -> Self {
        let now = all.iter().map(Street::dry).collect();
        Self { all, now, now_s: 0.0 }
    }

    /// What the sewers have on each street, m³.
    pub(super) fn water_m3(&self, model: &Model, state: &State) -> Vec<f64> {
        self.all.iter().map(|street| street.water_m3(model, state)).collect()
    }

    /// Comes to a moment of the run at which the streets hold this water.
    pub(super) fn come_to(&mut self, run_s: f64, water_m3: &[f64]) {
        let gap = run_s - self.now_s;
        for ((street, surface), water) in self.all.iter().zip(&mut self.now).zip(water_m3) {
            let held = surface.volume_m3(&street.ground);
            if *water <= 0.0 && held < LEAST_M3 {
                *surface = street.dry();
            } else if (0.0..=GAP_S).contains(&gap) {
                street.run(surface, gap, *water);
            } else {
                *surface = street.dry();
                street.run(surface, SETTLE_S, *water);
            }
        }
        self.now_s = run_s;
    }

    /// The streets now and at their worst over the steps ahead, each so many seconds long.
    pub(super) fn outlook(&self, ahead: &WaterAhead, step_s: f64) -> Vec<StreetState> {
        let each = self.all.iter().zip(&self.now).zip(ahead);
        each.filter_map(|((street, surface), ahead)| street.state(surface, ahead, step_s)).collect()
    }
}

impl Street {
    fn state(&self, surface: &Surface, ahead: &[f64], step_s: f64) -> Option<StreetState> {
        let now = self.depths(surface);
        let is_dry = ahead.iter().all(|water| *water <= 0.0) && surface.volume_m3(&self.ground) < LEAST_M3;
        if is_dry {
            return None;
        }
        let (mut surface, mut most) = (surface.clone(), now.clone());
        for water in ahead {
            self.run(&mut surface, step_s, *water);
            for (most, depth) in most.iter_mut().zip(self.depths(&surface)) {
                *most = most.max(depth);
            }
        }
        let (station, node) = (self.station.clone(), self.node);
        Some(StreetState { station, node, now: self.extent(&now), most: self.extent(&most) })
    }
}
