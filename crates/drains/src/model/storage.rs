//! Volume, area and depth of storage units (调蓄池), Reference Manual II, section 3.3.
#![expect(clippy::indexing_slicing, reason = "nodes and curves are addressed by checked indices")]

use super::{Model, NodeType};
use crate::project::StorageShape;
use crate::roots::newton;

impl Model {
    /// Volume at depth `d` (ft), ft³.
    pub(crate) fn node_volume(&self, j: usize, d: f64) -> f64 {
        let n = &self.nodes;
        let Some(s) = n.storage[j].as_ref().filter(|_| n.kind[j] == NodeType::Storage) else {
            return if n.full_depth[j] > 0.0 { n.full_volume[j] * (d / n.full_depth[j]) } else { 0.0 };
        };
        if d == 0.0 {
            return 0.0;
        }
        if d >= n.full_depth[j] && n.full_volume[j] > 0.0 {
            return n.full_volume[j];
        }
        self.storage_volume(s.shape, d)
    }

    fn storage_volume(&self, shape: StorageShape, d: f64) -> f64 {
        let d = d * self.units.length;
        let v = match shape {
            StorageShape::Tabular(c) => self.curves[c].volume(d),
            // Walls that stand upright are most of them: no power is asked for.
            StorageShape::Functional { a0, a1: 0.0, a2: 0.0.. } => a0 * d,
            StorageShape::Functional { a0, a1, a2 } => {
                let n = a2 + 1.0;
                (a0 * d) + a1 / n * d.powf(n)
            }
            StorageShape::Solid { a0, a1, a2 } => d * (a0 + d * (a1 / 2.0 + d * a2 / 3.0)),
        };
        v / self.units.volume
    }

    /// Surface area at depth `d` (ft), ft²; 0 for nodes without storage.
    pub(crate) fn node_area(&self, j: usize, d: f64) -> f64 {
        let Some(s) = self.nodes.storage[j].as_ref() else { return 0.0 };
        let y = d * self.units.length;
        let area = match s.shape {
            StorageShape::Tabular(c) => self.curves[c].extended(y),
            StorageShape::Functional { a0, a1: 0.0, a2: 0.0.. } => a0,
            StorageShape::Functional { a0, a1, a2 } => a0 + a1 * y.powf(a2),
            StorageShape::Solid { a0, a1, a2 } => a0 + y * (a1 + y * a2),
        };
        area / self.units.length / self.units.length
    }

    /// Surface area, the ponded one once the node is flooded.
    pub(crate) fn ponded_area(&self, j: usize, d: f64) -> f64 {
        let n = &self.nodes;
        if d <= n.full_depth[j] || n.ponded_area[j] == 0.0 {
            return self.node_area(j, d);
        }
        if n.ponded_area[j] <= 0.0 { self.node_area(j, n.full_depth[j]) } else { n.ponded_area[j] }
    }

    /// Depth at volume `v` (ft³), ft; 0 for nodes without storage.
    pub(crate) fn node_depth(&self, j: usize, v: f64) -> f64 {
        let n = &self.nodes;
        let Some(s) = n.storage[j].as_ref() else { return 0.0 };
        if n.full_volume[j] > 0.0 && v >= n.full_volume[j] {
            return n.full_depth[j];
        }
        if v == 0.0 {
            return 0.0;
        }
        let v = v * self.units.volume;
        let full = n.full_depth[j] * self.units.length;
        let solve = |start: f64| {
            let f = |y: f64| {
                let d = y / self.units.length;
                (
                    self.storage_volume(s.shape, d) * self.units.volume - v,
                    self.node_area(j, d) * self.units.length * self.units.length,
                )
            };
            newton(0.0, full, start, 0.001, f).0
        };
        let d = match s.shape {
            StorageShape::Tabular(c) => self.curves[c].depth_of_volume(v),
            StorageShape::Functional { a0, a1, a2 } => {
                if a2 == 0.0 {
                    v / (a0 + a1)
                } else if a0 == 0.0 {
                    let e = 1.0 / (a2 + 1.0);
                    (v / (a1 * e)).powf(e)
                } else if a2 == 1.0 && a1 > 0.0 {
                    ((a0 * a0 + 2.0 * a1 * v).sqrt() - a0) / a1
                } else {
                    solve(v / (a0 + a1))
                }
            }
            StorageShape::Solid { a0, a1: 0.0, a2: 0.0 } => v / a0,
            StorageShape::Solid { a0: 0.0, a1, a2: 0.0 } => (2.0 * v / a1).sqrt(),
            StorageShape::Solid { a0, .. } => solve(v / a0),
        };
        let d = d / self.units.length;
        if d > n.full_depth[j] { n.full_depth[j] } else { d }
    }
}
