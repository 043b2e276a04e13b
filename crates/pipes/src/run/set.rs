//! Setting things from outside (外部设定): what a twin measures or a person tries.

#![expect(clippy::indexing_slicing, reason = "indices are the model's own node, link, tank and lane numbers")]

use super::clock;
use crate::model::LinkType;
use crate::model::Model;
use crate::project::ValveKind;
use crate::state::{Emitter, State};

/// Why something could not be set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SetError {
    /// No such element.
    #[error("the model has no {kind} number {index}; ask it for the number by name")]
    Unknown {
        /// Node, link, junction, tank.
        kind: &'static str,
        /// The number given.
        index: usize,
    },
    /// The figure is not finite or out of range.
    #[error("{what} {value} is out of range; give a finite figure within the element's limits")]
    OutOfRange {
        /// What was being set.
        what: &'static str,
        /// Text of the figure.
        value: String,
    },
}

fn finite(what: &'static str, value: f64) -> Result<f64, SetError> {
    if value.is_finite() { Ok(value) } else { Err(SetError::OutOfRange { what, value: value.to_string() }) }
}

impl Model {
    fn inner_node(&self, node: usize) -> Result<u32, SetError> {
        self.node_at.get(node).copied().ok_or(SetError::Unknown { kind: "node", index: node })
    }

    fn inner_junction(&self, node: usize) -> Result<u32, SetError> {
        let at = self.inner_node(node)?;
        if (at as usize) < self.junctions {
            Ok(at)
        } else {
            Err(SetError::Unknown { kind: "junction", index: node })
        }
    }

    fn inner_link(&self, link: usize) -> Result<usize, SetError> {
        self.link_at.get(link).map(|&k| k as usize).ok_or(SetError::Unknown { kind: "link", index: link })
    }

    /// Sets a junction's demand (file units) in place of its patterns; `None` gives them back.
    ///
    /// # Errors
    /// [`SetError`] when there is no such junction or the figure is not finite.
    pub fn set_demand(&self, state: &mut State, node: usize, demand: Option<f64>) -> Result<(), SetError> {
        let at = self.inner_junction(node)?;
        state.demand_period = None;
        match demand {
            Some(d) => state.set_demand.insert(at, finite("demand", d)? / self.factors.flow),
            None => state.set_demand.remove(&at),
        };
        Ok(())
    }

    /// Multiplies a junction's pattern demands by `scale` (a zone's measured inflow).
    ///
    /// # Errors
    /// [`SetError`] when there is no such junction or the figure is not finite.
    pub fn scale_demand(&self, state: &mut State, node: usize, scale: f64) -> Result<(), SetError> {
        let at = self.inner_junction(node)? as usize;
        let scale = finite("scale", scale)?;
        state.demand_period = None;
        if state.scale.is_empty() {
            state.scale = vec![1.0; self.junctions];
        }
        if let Some(slot) = state.scale.get_mut(at) {
            *slot = scale;
        }
        Ok(())
    }

    /// Opens or closes a link and holds it so against controls until [`Self::release`].
    ///
    /// # Errors
    /// [`SetError`] when there is no such link.
    pub fn set_status(&self, state: &mut State, link: usize, open: bool) -> Result<(), SetError> {
        let k = self.inner_link(link)?;
        clock::set_status(self, state, k, open);
        state.held.insert(self.link_at[link], ());
        if open && state.flow[k].abs() <= crate::solve::ZERO_FLOW {
            state.flow[k] = self.first_flow(k, state.setting[k]);
        }
        Ok(())
    }

    /// Sets a pump's speed or a valve's setting (file units) and holds it against controls.
    ///
    /// # Errors
    /// [`SetError`] when there is no such link or the figure is not finite or below zero.
    pub fn set_setting(&self, state: &mut State, link: usize, value: f64) -> Result<(), SetError> {
        let k = self.inner_link(link)?;
        if finite("setting", value)? < 0.0 {
            return Err(SetError::OutOfRange { what: "setting", value: value.to_string() });
        }
        let inner = match self.types[k] {
            LinkType::Valve(ValveKind::Prv | ValveKind::Psv | ValveKind::Pbv) => {
                value / self.factors.pressure
            }
            LinkType::Valve(ValveKind::Fcv) => value / self.factors.flow,
            _ => value,
        };
        clock::set_setting(self, state, k, inner);
        state.held.insert(self.link_at[link], ());
        Ok(())
    }

    /// Gives a link back to its controls.
    ///
    /// # Errors
    /// [`SetError`] when there is no such link.
    pub fn release(&self, state: &mut State, link: usize) -> Result<(), SetError> {
        self.inner_link(link)?;
        state.held.remove(&self.link_at[link]);
        Ok(())
    }

    /// Sets a tank's level above its bottom, or a reservoir's head (file units).
    ///
    /// # Errors
    /// [`SetError`] when it is neither, or the level is beyond the tank's limits.
    pub fn set_level(&self, state: &mut State, node: usize, level: f64) -> Result<(), SetError> {
        let at = self.inner_node(node)?;
        let tank = (at as usize).checked_sub(self.junctions).and_then(|i| self.tanks.get(i).map(|t| (i, t)));
        let Some((i, tank)) = tank else { return Err(SetError::Unknown { kind: "tank", index: node }) };
        let level = finite("level", level)?;
        if tank.area == 0.0 {
            state.set_head.insert(at, level / self.factors.head);
            return Ok(());
        }
        let head = self.elevation[at as usize] + level / self.factors.head;
        if head < tank.head_min - 1e-6 || head > tank.head_max + 1e-6 {
            return Err(SetError::OutOfRange { what: "level", value: level.to_string() });
        }
        state.head[at as usize] = head;
        state.volume[i] = clock::tank_volume(self, tank, head);
        Ok(())
    }

    /// Opens an emitter at a junction: flow = coefficient · pressure^exponent in file units; 0 closes
    /// it. A hydrant, a burst, a leak.
    ///
    /// # Errors
    /// [`SetError`] when there is no such junction or the figure is not finite or below zero.
    pub fn set_emitter(&self, state: &mut State, node: usize, coefficient: f64) -> Result<(), SetError> {
        let at = self.inner_junction(node)?;
        if finite("emitter coefficient", coefficient)? < 0.0 {
            return Err(SetError::OutOfRange { what: "emitter coefficient", value: coefficient.to_string() });
        }
        state.emitters.retain(|e| e.node != at);
        if coefficient > 0.0 {
            let q = self.settings.emitter_exponent;
            let per = if self.factors.metric {
                crate::units::METRES_PER_FOOT
            } else {
                crate::units::PSI_PER_FOOT * self.project.options.specific_gravity
            };
            let inner = self.factors.flow.powf(q) / per / coefficient.powf(q);
            state.emitters.push(Emitter { node: at, coefficient: inner, flow: 1.0 });
        }
        Ok(())
    }
}
