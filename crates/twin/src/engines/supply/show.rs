//! The supply's boards: pressures and flows everywhere, and where the network lies.

use super::{FRESH_MS, Memory, Supply, inflow_m3s, metres, scale_of};
use crate::board::{self, Heard, MapBoard, Measured, PressureState, SupplyBoard, ZoneState};
use crate::sight::Sight;
use field::id::{PointId, StationCode};
use field::time::Time;
use pipes::project::{LinkKind, NodeKind};
use pipes::whatif::TAP_PRESSURE_MIN_MPA;

impl Supply {
    pub(super) fn boards(
        &mut self,
        memory: &Memory,
        run: &str,
        minute: Time,
        sight: &Sight,
    ) -> Vec<(&'static str, Vec<u8>)> {
        let board = self.board(memory, run, minute, sight);
        let mut boards = vec![];
        boards.extend(serde_json::to_vec(&board).ok().map(|bytes| (board::SUPPLY, bytes)));
        if !std::mem::replace(&mut self.is_mapped, true) {
            boards.extend(serde_json::to_vec(&self.map()).ok().map(|bytes| (board::SUPPLY_MAP, bytes)));
        }
        boards
    }

    fn board(&self, memory: &Memory, run: &str, minute: Time, sight: &Sight) -> SupplyBoard {
        let state = &memory.state;
        let heard = |stations: &mut dyn Iterator<Item = (&StationCode, PointId)>| {
            let mut heard = Heard::default();
            for (station, point) in stations {
                heard.bound += 1;
                if sight.newest(point, minute, FRESH_MS).is_none() && !heard.silent.contains(station) {
                    heard.silent.push(station.clone());
                }
            }
            heard
        };
        let b = &self.bound;
        let pressures: Vec<f64> =
            (0..self.project.nodes.len()).map(|n| self.pressure_mpa(state, n)).collect();
        let taps: Vec<f64> = self
            .project
            .nodes
            .iter()
            .zip(&pressures)
            .filter(|(node, _)| is_tap(&node.kind))
            .map(|(_, mpa)| *mpa)
            .collect();
        let links = 0..self.project.links.len();
        let views: Vec<_> = links.map(|l| self.model.link_view(state, l)).collect();
        let litres = self.m3s() * 1e4;
        SupplyBoard {
            run: run.to_owned(),
            minute,
            heads: heard(&mut b.heads.iter().map(|h| (&h.station, h.point))),
            pumps: heard(&mut b.pumps.iter().map(|p| (&p.station, p.point))),
            flows: heard(&mut b.zones.iter().flat_map(|z| z.inflows.iter().map(|(s, p, _)| (s, *p)))),
            pressures: heard(&mut b.pressures.iter().map(|p| (&p.station, p.point))),
            zones: b.zones.iter().map(|zone| self.zone(zone, memory, &pressures, minute, sight)).collect(),
            stations: b
                .pressures
                .iter()
                .map(|p| PressureState {
                    station: p.station.clone(),
                    point: p.point,
                    node: p.node,
                    simulated: p.simulated,
                    residual: p.residual,
                    measured: sight
                        .newest(p.point, minute, FRESH_MS)
                        .map(|(at, value)| Measured { at, value }),
                    now: tidy(pressures.get(p.node).copied().unwrap_or(0.0)),
                })
                .collect(),
            pressure_kpa: pressures.iter().map(|mpa| (mpa * 1e3).round() as i32).collect(),
            flow_dl_s: views.iter().map(|v| v.map_or(0.0, |v| v.flow * litres).round() as i32).collect(),
            closed: views
                .iter()
                .enumerate()
                .filter(|(_, v)| v.is_some_and(|v| v.status.is_closed()))
                .map(|(i, _)| i)
                .collect(),
            low_taps: taps.iter().filter(|mpa| **mpa < TAP_PRESSURE_MIN_MPA).count(),
            taps: taps.len(),
        }
    }

    fn zone(
        &self,
        zone: &super::Zone,
        memory: &Memory,
        pressures: &[f64],
        minute: Time,
        sight: &Sight,
    ) -> ZoneState {
        let at_taps: Vec<f64> = zone
            .nodes
            .iter()
            .filter(|n| self.project.nodes.get(**n).is_some_and(|node| is_tap(&node.kind)))
            .filter_map(|n| pressures.get(*n).copied())
            .collect();
        let mean = at_taps.iter().sum::<f64>() / at_taps.len().max(1) as f64;
        let least = at_taps.iter().copied().reduce(f64::min).unwrap_or(0.0);
        ZoneState {
            zone: zone.name.clone(),
            inflow_m3s: inflow_m3s(zone, sight, minute),
            scale: tidy(scale_of(&memory.scales, &zone.name)),
            demand_m3s: tidy(self.demand_m3s(&memory.state, zone)),
            mean_mpa: tidy(mean),
            least_mpa: tidy(least),
        }
    }

    fn map(&self) -> MapBoard {
        let (nodes, links) = (&self.project.nodes, &self.project.links);
        let metric = self.model.factors().metric;
        let size = |kind: &LinkKind| match kind {
            LinkKind::Pipe(pipe) => pipe.diameter,
            LinkKind::Valve(valve) => valve.diameter,
            LinkKind::Pump(_) => 0.0,
        };
        // Millimetres or inches in the file.
        let per_size = if metric { 1e-3 } else { metres(&self.model) / 12.0 };
        let zone_of = |node: usize| {
            let zone = self.bound.zones.iter().find(|zone| zone.nodes.contains(&node));
            zone.map_or_else(String::new, |zone| zone.name.clone())
        };
        MapBoard {
            node_names: nodes.iter().map(|n| n.name.clone()).collect(),
            node_kinds: nodes
                .iter()
                .map(|n| match &n.kind {
                    NodeKind::Junction { .. } => "junction",
                    NodeKind::Reservoir { .. } => "reservoir",
                    NodeKind::Tank(_) => "tank",
                })
                .collect(),
            places: nodes.iter().map(|n| n.place).collect(),
            link_names: links.iter().map(|l| l.name.clone()).collect(),
            link_kinds: links
                .iter()
                .map(|l| match &l.kind {
                    LinkKind::Pipe(_) => "pipe",
                    LinkKind::Pump(_) => "pump",
                    LinkKind::Valve(_) => "valve",
                })
                .collect(),
            ends: links.iter().map(|l| (l.from, l.to)).collect(),
            size_m: links.iter().map(|l| tidy(size(&l.kind) * per_size)).collect(),
            zones: (0..nodes.len()).map(zone_of).collect(),
        }
    }
}

/// Whether somebody draws water here.
fn is_tap(kind: &NodeKind) -> bool {
    matches!(kind, NodeKind::Junction { demands, .. } if demands.iter().any(|d| d.base > 0.0))
}

fn tidy(value: f64) -> f64 {
    if value.is_finite() { (value * 1e4).round() / 1e4 } else { 0.0 }
}
