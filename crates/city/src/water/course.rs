//! The sewers' run through a storm, and what the online points see of it.

use super::Moment;
use crate::models::sewers;
use crate::storm::Rainfall;
use crate::town::Town;
use crate::town::stations::datum;
use drains::{Model, ModelError, Numerics, State};
use field::station::StationKind;
use std::collections::HashMap;

/// The real network, and where its online points are.
#[derive(Debug)]
pub(super) struct Network {
    model: Model,
    points: Vec<Point>,
    gauges: usize,
}

/// What an online point sees of the network.
#[derive(Debug)]
struct Point {
    node: usize,
    /// Depth of the node at which the gauge reads `zero_m`.
    from_m: f64,
    zero_m: f64,
    /// Whether lower water is not seen: a gauge on a road.
    floor: bool,
    pumps: Vec<usize>,
}

/// A run.
#[derive(Debug)]
pub(super) struct Run<'a> {
    network: &'a Network,
    state: State,
}

impl Network {
    pub(super) fn of(town: &Town) -> Result<Self, ModelError> {
        let built = networks::sewers::generate(&sewers::truth(town));
        let model = Model::read(&built.inp, &|_| None)?;
        let index = |names: &[String]| -> HashMap<String, usize> { names.iter().cloned().zip(0..).collect() };
        let (nodes, links) = (index(model.node_names()), index(model.link_names()));
        let point = |(n, station): (usize, &field::station::Station)| {
            let code = station.code.as_str();
            if let Some(gauge) = built.gauges.iter().find(|g| g.code == code) {
                let node = *nodes.get(&gauge.node)?;
                return Some(Point {
                    node,
                    from_m: 0.0,
                    zero_m: gauge.bed_m,
                    floor: false,
                    pumps: Vec::new(),
                });
            }
            let spot = built.spots.iter().find(|s| s.code == code)?;
            let road = station.kind == StationKind::Ponding;
            let forebay = || datum(n).ground_m.map_or(0.0, |g| g - sewers::FOREBAY_TO_GROUND_M);
            Some(Point {
                node: *nodes.get(&spot.node)?,
                from_m: if road { spot.ground_m } else { 0.0 },
                zero_m: if station.kind == StationKind::Pump { forebay() } else { 0.0 },
                floor: road,
                pumps: spot.pumps.iter().filter_map(|p| links.get(p).copied()).collect(),
            })
        };
        let points = town.online().enumerate().filter_map(point).collect();
        Ok(Self { model, points, gauges: town.gauges().count() })
    }

    /// What stands before the rain.
    pub(super) fn rest(&self) -> Moment {
        self.see(&self.start().state)
    }

    pub(super) fn start(&self) -> Run<'_> {
        Run { network: self, state: State::new(&self.model, Numerics::Fast) }
    }

    fn see(&self, state: &State) -> Moment {
        let level = |p: &Point| {
            let depth = state.node(&self.model, p.node).map_or(0.0, |view| view.depth) - p.from_m;
            p.zero_m + if p.floor { depth.max(0.0) } else { depth }
        };
        let on = |pump: &&usize| state.link(&self.model, **pump).is_some_and(|view| view.setting > 0.0);
        Moment {
            level_m: self.points.iter().map(level).collect(),
            running: self.points.iter().map(|p| p.pumps.iter().filter(on).count() as u8).collect(),
        }
    }
}

impl Run<'_> {
    /// Runs the minute that begins `minute` minutes after storm hour 0; gives what stands at its end.
    pub(super) fn minute(&mut self, rain: &Rainfall, minute: usize) -> Moment {
        for gauge in 0..self.network.gauges {
            self.state.set_rain(gauge, Some(rain.intensity_mmh(gauge, minute as i64)));
        }
        self.state.run_until(&self.network.model, (minute + 1) as f64 * 60.0);
        self.network.see(&self.state)
    }
}
