//! 水量账: where the water of a surface came from and went, m³.

use serde::{Deserialize, Serialize};

/// 水量账 of a surface since its start, m³.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Ledger {
    /// On the ground at the start, or put there by `set_depth`.
    pub initial_m3: f64,
    /// Rain on open ground.
    pub rain_m3: f64,
    /// From sources and edges.
    pub inflow_m3: f64,
    /// Over edges.
    pub outflow_m3: f64,
    /// Out of manholes.
    pub from_sewers_m3: f64,
    /// Into inlets and manholes.
    pub to_sewers_m3: f64,
    /// Made by setting depths below zero to zero; what rounding does, and nothing else.
    pub rounding_m3: f64,
}

impl Ledger {
    /// What must be on the ground, m³.
    #[must_use]
    pub fn expected_m3(&self) -> f64 {
        self.initial_m3 + self.rain_m3 + self.inflow_m3 + self.from_sewers_m3
            - self.outflow_m3
            - self.to_sewers_m3
    }

    /// All the water that there ever was, m³: what the error of the balance is measured by.
    #[must_use]
    pub fn handled_m3(&self) -> f64 {
        self.initial_m3 + self.rain_m3 + self.inflow_m3 + self.from_sewers_m3
    }
}
