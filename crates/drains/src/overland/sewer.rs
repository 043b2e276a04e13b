//! 双向耦合: water between streets and sewers. A manhole that overflows gives its water to its cell; a
//! cell under water gives it to the inlet, as over a weir while it is shallow and through an orifice
//! when it is deep (Chen, Djordjević, Leandro & Savić 2007; Rubinato et al. 2017, J. Hydrol. 552).
#![expect(clippy::indexing_slicing, reason = "nodes were checked when the coupling was made")]

use serde::{Deserialize, Serialize};

use super::ground::{GRAVITY_M_S2, Ground, GroundError};
use super::surface::{Surface, area};
use crate::model::{Model, NodeType};
use crate::state::State;

const FT_M: f64 = 0.3048;
const FT3_M3: f64 = FT_M * FT_M * FT_M;

/// Discharge coefficient of the rim as a weir and of the opening as an orifice (assumed; Rubinato et
/// al. 2017 measured 0.1 to 0.6 on one manhole, according to its grate).
const WEIR: f64 = 0.56;
const ORIFICE: f64 = 0.62;

/// 雨水口 or manhole: where a node of the sewer meets the street.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Inlet {
    /// Node of the sewer model.
    pub node: usize,
    /// Column of its cell.
    pub column: usize,
    /// Row of its cell.
    pub row: usize,
    /// Length of rim that water runs over, m (all gullies that drain to this node together).
    pub rim_m: f64,
    /// Open area of the grates, m².
    pub open_m2: f64,
}

impl Inlet {
    /// Flow into an opening under a head, m³/s.
    fn flow_m3s(&self, head_m: f64) -> f64 {
        let weir = 2.0 / 3.0 * WEIR * self.rim_m * (2.0 * GRAVITY_M_S2).sqrt() * head_m.powf(1.5);
        let orifice = ORIFICE * self.open_m2 * (2.0 * GRAVITY_M_S2 * head_m).sqrt();
        weir.min(orifice)
    }
}

/// 耦合 of one sewer state and one surface, which run side by side.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Coupling {
    inlets: Vec<Inlet>,
    every_s: f64,
    /// What each inlet gives its node now, ft³/s.
    given: Vec<f64>,
}

impl Coupling {
    /// Inlets that exchange water every so many seconds (a few; no longer than water takes to cross a
    /// few cells).
    ///
    /// # Errors
    /// An inlet whose cell is a wall or outside, or whose node is not a manhole that can overflow.
    pub fn new(
        model: &Model,
        ground: &Ground,
        inlets: Vec<Inlet>,
        every_s: f64,
    ) -> Result<Self, GroundError> {
        let refuse = |inlet: &Inlet, what, value, remedy| GroundError::Figure {
            what,
            column: inlet.column,
            row: inlet.row,
            value,
            remedy,
        };
        for inlet in &inlets {
            if ground.height_m(inlet.column, inlet.row).is_none() {
                return Err(refuse(inlet, "the ground of an inlet", f64::NAN, "move it off the wall"));
            }
            let kind = model.nodes.kind.get(inlet.node);
            if !matches!(kind, Some(NodeType::Junction | NodeType::Storage | NodeType::Divider)) {
                return Err(refuse(inlet, "the node of an inlet", inlet.node as f64, "name a manhole"));
            }
            if model.options.allow_ponding && model.nodes.ponded_area[inlet.node] > 0.0 {
                let remedy = "take its ponded area away: the surface holds that water now";
                return Err(refuse(inlet, "the node of an inlet", inlet.node as f64, remedy));
            }
        }
        let given = vec![0.0; inlets.len()];
        Ok(Self { inlets, every_s: every_s.clamp(0.1, 300.0), given })
    }

    /// Runs sewer and surface together for some seconds.
    pub fn run(
        &mut self,
        model: &Model,
        state: &mut State,
        ground: &Ground,
        surface: &mut Surface,
        seconds: f64,
    ) {
        let (sewer_start, surface_start) = (state.elapsed_s(), surface.time_s);
        let mut done = 0.0;
        while done < seconds {
            let span = self.every_s.min(seconds - done);
            done += span;
            self.drain(model, state, ground, surface, span);
            let flooded = self.run_sewer(model, state, sewer_start + done);
            for (inlet, volume_m3) in self.inlets.iter().zip(flooded) {
                surface.ledger.from_sewers_m3 += volume_m3;
                surface.give(ground, ground.at(inlet.column, inlet.row), volume_m3);
            }
            surface.run_until(ground, surface_start + done);
        }
    }

    /// Takes water from the cells for the coming span and gives it to the nodes.
    fn drain(
        &mut self,
        model: &Model,
        state: &mut State,
        ground: &Ground,
        surface: &mut Surface,
        span_s: f64,
    ) {
        for (inlet, given) in self.inlets.iter().zip(&mut self.given) {
            let at = ground.at(inlet.column, inlet.row);
            let i = inlet.node;
            let level = ground.height_m[at] + surface.depth[at];
            let below = ((model.nodes.invert[i] + state.depth[i]) * FT_M).max(ground.height_m[at]);
            let head = (level - below).max(0.0);
            let flow = inlet.flow_m3s(head).min(head * area(ground) / span_s);
            let taken = if state.overflow[i] > 0.0 { 0.0 } else { surface.take(ground, at, flow * span_s) };
            surface.ledger.to_sewers_m3 += taken;
            let new = taken / FT3_M3 / span_s;
            state.live_inflow[i] += new - *given;
            *given = new;
        }
    }

    /// Runs the sewer to a moment; what overflowed at each inlet's node, m³, by the rule of the sewer's
    /// own balance (mean of both ends of a step).
    fn run_sewer(&self, model: &Model, state: &mut State, until_s: f64) -> Vec<f64> {
        let mut flooded = vec![0.0; self.inlets.len()];
        loop {
            let before: Vec<f64> = self.inlets.iter().map(|x| state.overflow[x.node]).collect();
            let dt = state.step(model, until_s);
            if dt <= 0.0 {
                return flooded;
            }
            for ((volume, inlet), old) in flooded.iter_mut().zip(&self.inlets).zip(before) {
                *volume += 0.5 * dt * (old + state.overflow[inlet.node]) * FT3_M3;
            }
        }
    }
}
