//! 边界: what happens where the raster ends, or at any cell where water is held or let out.

use serde::{Deserialize, Serialize};

/// 边界 of a cell; walls where none is set.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum Edge {
    /// 水位: held at a level, m (a river, the sea).
    Level {
        /// The level, m.
        level_m: f64,
    },
    /// 自由出流: leaves over one side of the cell as uniform flow down a slope.
    Free {
        /// Bed slope beyond the edge, m/m.
        slope: f64,
    },
    /// 入流: a flow into the cell, m³/s; less than zero takes out what there is.
    Inflow {
        /// The flow, m³/s.
        flow_m3s: f64,
    },
}
