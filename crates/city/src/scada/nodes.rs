//! 节点与机组: the nodes of the bundled map `pump-station`, and the machine behind them.

use crate::mixed::truth::swaying;
use field::time::Time;
use opcua::types::{DataTypeId, NodeId, Variant};

/// What a node holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Number,
    Count,
    Switch,
}

/// A node of the station.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node {
    /// Behind the station's name in its id.
    pub(super) name: &'static str,
    /// The element of the map.
    pub(super) element: &'static str,
    pub(super) kind: Kind,
    /// Element = value × scale.
    pub(super) scale: f64,
    pub(super) writable: bool,
}

const fn node(name: &'static str, element: &'static str, kind: Kind) -> Node {
    Node { name, element, kind, scale: 1.0, writable: false }
}

/// m³/h in a m³/s.
const HOUR_S: f64 = 3_600.0;

/// The nodes, in the order of [`Machine::read`].
pub(super) const NODES: [Node; 7] = [
    node("ForebayLevel", "level", Kind::Number),
    Node { scale: 1.0 / HOUR_S, ..node("Flow", "flow", Kind::Number) },
    node("PumpsRunning", "running", Kind::Count),
    node("Power", "power", Kind::Number),
    Node { writable: true, ..node("Pump1.Start", "pump-1-start", Kind::Switch) },
    Node { writable: true, ..node("Pump2.Start", "pump-2-start", Kind::Switch) },
    Node { writable: true, ..node("StopLevel", "stop-level", Kind::Number) },
];
const PUMP_1: usize = 4;
const PUMP_2: usize = 5;
const STOP: usize = 6;

/// The namespace of the nodes.
pub(super) const NAMESPACE: u16 = 2;

impl Node {
    pub(super) fn id(&self) -> NodeId {
        NodeId::new(NAMESPACE, format!("{}.{}", super::AT, self.name))
    }

    pub(super) const fn data_type(&self) -> DataTypeId {
        match self.kind {
            Kind::Number => DataTypeId::Double,
            Kind::Count => DataTypeId::UInt16,
            Kind::Switch => DataTypeId::Boolean,
        }
    }

    pub(super) fn variant(&self, value: f64) -> Variant {
        match self.kind {
            Kind::Number => Variant::Double(value),
            Kind::Count => Variant::UInt16(value as u16),
            Kind::Switch => Variant::Boolean(value > 0.5),
        }
    }

    /// The number of a value in this node's own type; `None` for any other.
    pub(super) fn number(&self, value: &Variant) -> Option<f64> {
        match (self.kind, value) {
            (Kind::Number, Variant::Double(value)) => Some(*value).filter(|value| value.is_finite()),
            (Kind::Count, Variant::UInt16(value)) => Some(f64::from(*value)),
            (Kind::Switch, Variant::Boolean(on)) => Some(f64::from(u8::from(*on))),
            _ => None,
        }
    }
}

/// The pumps, and what they were told.
#[derive(Clone, Copy, Debug)]
pub(super) struct Machine {
    /// Pumps that somebody started.
    told: [bool; 2],
    stop_level_m: f64,
}

impl Default for Machine {
    fn default() -> Self {
        Self { told: [false; 2], stop_level_m: 60.8 }
    }
}

/// Above the stop level, the pumps start by themselves at these heights, m.
const STARTS_M: [f64; 2] = [1.0, 1.6];
/// What one pump lifts and takes.
const PUMP_M3S: f64 = 0.31;
const PUMP_KW: f64 = 132.0;

impl Machine {
    /// Every node's value at a moment.
    pub(super) fn read(&self, seed: u64, at: Time) -> [f64; NODES.len()] {
        let rounded = |value: f64, parts: f64| (value * parts).round() / parts;
        let level_m = rounded(swaying(seed, "scada level", at, (61.9, 0.7, 0.6), 0.01), 1e3);
        let above_m = level_m - self.stop_level_m;
        let runs = |(told, starts_m): &(bool, f64)| above_m > 0.0 && (*told || above_m > *starts_m);
        let running = self.told.into_iter().zip(STARTS_M).filter(runs).count() as f64;
        let head = swaying(seed, "scada head", at, (1.0, 0.04, 0.4), 0.005);
        let flow_m3s = rounded(running * PUMP_M3S * head, 1e3);
        let kw = rounded(running * PUMP_KW / head, 10.0);
        let told = self.told.map(|on| f64::from(u8::from(on)));
        [level_m, flow_m3s * HOUR_S, running, kw, told[0], told[1], self.stop_level_m]
    }

    /// Does what a node was set to.
    pub(super) fn obey(&mut self, node: usize, value: f64) {
        match node {
            PUMP_1 => self.told[0] = value > 0.5,
            PUMP_2 => self.told[1] = value > 0.5,
            STOP => self.stop_level_m = value,
            _ => {}
        }
    }
}
