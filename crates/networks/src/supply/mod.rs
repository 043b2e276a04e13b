//! 供水管网: two reservoirs, two works with clear-water tanks and pumps, trunk mains, balancing tanks,
//! and metered zones (DMAs) with reducing valves, a booster for the highest of them and closed valves between
//! neighbours, as EPANET's `.inp` (litres a second, Hazen-Williams).
//!
//! Tap pressures stay within 0.20–0.60 MPa over the day; nights keep the leakage's flow; tanks swing by
//! a few metres. Nodes carry their zone's name as tag; pipes that carry a gate valve the tag `valve`.

mod boundary;
mod mains;
mod size;
mod works;
mod write;
mod zone;

use crate::dice::Dice;
use crate::ground::{At, Origin, Relief};
use serde::{Deserialize, Serialize};

/// A zone that is asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ZonePlace {
    /// Name that the file's comment tells: the district's.
    pub name: String,
    /// Middle.
    pub at: At,
}

/// A supply network that is asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Ask {
    /// What everything is made from.
    pub seed: u64,
    /// Junctions of the zones, about; pipes are about 1.3 times as many.
    pub junctions: usize,
    /// The zones.
    pub zones: Vec<ZonePlace>,
    /// The two works.
    pub works: [At; 2],
    /// Where the local metres begin.
    pub origin: Origin,
    /// Length of the run, h.
    pub hours: u32,
    /// Another seed wears the pipes: C within 10 %. Names and places stay the same. The demo's reality is
    /// worn, the twin's model is not.
    pub wear: Option<u64>,
}

/// Zones of a town that names none, and junctions of a zone above which there are more zones.
const ZONES: usize = 14;
const ZONE_JUNCTIONS: usize = 500;
/// Distance between two junctions of a zone, m.
pub(crate) const SPACING_M: f64 = 115.0;
/// Most junctions of one network; EPANET itself has no limit, memory has.
const JUNCTIONS_MAX: usize = 500_000;

impl Ask {
    /// A compact town of about so many junctions: 14 zones or more, one day.
    #[must_use]
    pub fn town(seed: u64, junctions: usize) -> Self {
        let count = ZONES.max(junctions / ZONE_JUNCTIONS);
        let side = SPACING_M * (junctions as f64 / count as f64).sqrt() + 450.0;
        let wide = (count as f64).sqrt().ceil() as usize;
        let mut dice = Dice::new(seed, "zones");
        let zones = (0..count)
            .map(|n| ZonePlace {
                name: format!("Zone {:02}", n + 1),
                at: At::new(
                    (n % wide) as f64 * side + dice.between(-80.0, 80.0),
                    (n / wide) as f64 * side + dice.between(-80.0, 80.0),
                ),
            })
            .collect();
        let far = wide as f64 * side;
        let works = [At::new(-0.8 * side, 0.25 * far), At::new(1.05 * far, 0.7 * far)];
        Self { seed, junctions, zones, works, origin: Origin::default(), hours: 24, wear: None }
    }
}

/// A generated supply network: the file, and what its objects are called.
#[derive(Clone, Debug, PartialEq)]
pub struct Supply {
    /// EPANET's `.inp`.
    pub inp: String,
    /// The zones, in the order asked for.
    pub zones: Vec<Zone>,
    /// The two works.
    pub works: Vec<Works>,
    /// Balancing tanks (高位水池).
    pub tanks: Vec<Tank>,
    /// Closed pipes between neighbouring zones.
    pub boundaries: Vec<Boundary>,
    /// How many pipes there are.
    pub pipes: usize,
}

/// 区界阀: a pipe between two zones whose valve is kept closed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Boundary {
    /// The pipe.
    pub pipe: String,
    /// The zones.
    pub zones: [String; 2],
}

/// 加压泵站 of a zone that lies too high for the trunk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Booster {
    /// Its pumps: the first always runs, the second by day.
    pub pumps: Vec<String>,
    /// Junction behind the pumps.
    pub outlet: String,
}

/// 计量分区 (DMA).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Zone {
    /// Tag of its nodes: `Z01`.
    pub id: String,
    /// Name asked for.
    pub name: String,
    /// Pipe with the zone's meter; its flow is the zone's inflow.
    pub meter: String,
    /// Junction behind the meter and the reducing valve.
    pub inlet: String,
    /// Reducing valve, where there is one.
    pub prv: Option<String>,
    /// Booster, where there is one.
    pub booster: Option<Booster>,
    /// Junctions with demand.
    pub taps: Vec<String>,
    /// Where pressure loggers stand: at the inlet, at the end and high up.
    pub loggers: Vec<String>,
    /// Hydrants: junctions without demand.
    pub hydrants: Vec<String>,
}

/// 水厂.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Works {
    /// Junction behind the pumps.
    pub outlet: String,
    /// Pipe that carries all that leaves the works.
    pub meter: String,
    /// High-lift pumps; the last stands by.
    pub pumps: Vec<String>,
    /// Clear-water tank (清水池).
    pub clear_well: String,
    /// Valve that lets raw water in.
    pub raw_valve: String,
}

/// 高位水池.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tank {
    /// The tank.
    pub id: String,
    /// Pipe to it.
    pub pipe: String,
    /// Zone whose meter stands beside it.
    pub zone: String,
}

/// Makes a network. What cannot be made is bent to what can: at least 14 junctions a zone, one zone.
#[must_use]
pub fn generate(ask: &Ask) -> Supply {
    let relief = Relief::new(ask.seed, GROUND_M, GROUND_SWING_M);
    let mut net = Net::default();
    let mut asked = ask.zones.clone();
    if asked.is_empty() {
        asked.push(ZonePlace { name: "Zone 01".to_owned(), at: At::default() });
    }
    let each = (ask.junctions.min(JUNCTIONS_MAX) / asked.len()).max(14);
    let mut zones: Vec<zone::Built> = asked
        .iter()
        .zip(1..)
        .map(|(place, n)| zone::build(&mut net, ask.seed, n, place, each, &relief))
        .collect();
    boost_highest(&mut zones);
    let mains = mains::build(&mut net, ask, &zones, &relief);
    for zone in &mut zones {
        zone::connect(&mut net, zone, mains.design_head_m);
    }
    let boundaries = boundary::build(&mut net, &zones);
    let works = works::build(&mut net, ask, &mains);
    if let Some(seed) = ask.wear {
        let mut dice = Dice::new(seed, "wear");
        net.pipes.iter_mut().for_each(|p| p.roughness = (p.roughness * dice.between(0.9, 1.1)).round());
    }
    Supply {
        inp: write::write(ask, &net, &mains, &works),
        pipes: net.pipes.len(),
        boundaries,
        zones: zones.into_iter().map(|z| z.zone).collect(),
        works: works.works,
        tanks: mains.tanks.into_iter().map(|t| t.tank).collect(),
    }
}

/// The zone that asks for the highest head gets a booster: the trunk is not laid out for it.
fn boost_highest(zones: &mut [zone::Built]) {
    if zones.len() < 2 {
        return;
    }
    if let Some(zone) = zones.iter_mut().max_by(|a, b| a.head_m.total_cmp(&b.head_m)) {
        zone.boosted = true;
    }
}

/// Mean height of the ground and how far it rolls, m.
const GROUND_M: f64 = 68.0;
const GROUND_SWING_M: f64 = 16.0;
/// Mean demand of a junction, L/s: some three hundred people with their shops.
pub(crate) const DEMAND_LPS: f64 = 0.5;
/// Hour of greatest demand over the mean.
pub(crate) const PEAK: f64 = 1.6;

/// A network in the making.
#[derive(Debug, Default)]
pub(crate) struct Net {
    pub junctions: Vec<Junction>,
    pub pipes: Vec<Pipe>,
    pub valves: Vec<Valve>,
    pub pumps: Vec<Pump>,
    /// Points of the pumps' curves: L/s, m.
    pub curves: Vec<(String, [(f64, f64); 3])>,
    pub controls: Vec<String>,
}

/// 水泵.
#[derive(Debug, Clone)]
pub(crate) struct Pump {
    pub id: String,
    pub from: String,
    pub to: String,
    pub curve: String,
    pub runs: bool,
}

/// 节点.
#[derive(Debug, Clone)]
pub(crate) struct Junction {
    pub id: String,
    pub at: At,
    pub height_m: f64,
    /// Mean demand, L/s, of households, trade, and leakage.
    pub demand_lps: [f64; 3],
    /// Zone or `trunk`.
    pub tag: String,
}

/// 管道 between two nodes by name: tanks and reservoirs are nodes too.
#[derive(Debug, Clone)]
pub(crate) struct Pipe {
    pub id: String,
    pub from: String,
    pub to: String,
    pub length_m: f64,
    pub diameter_mm: f64,
    /// Hazen-Williams C.
    pub roughness: f64,
    pub valve: bool,
    pub closed: bool,
}

/// 阀门: `PRV` or `FCV`.
#[derive(Debug, Clone)]
pub(crate) struct Valve {
    pub id: String,
    pub from: String,
    pub to: String,
    pub diameter_mm: f64,
    pub kind: &'static str,
    /// Metres or litres a second.
    pub setting: f64,
}

impl Net {
    /// Adds a junction without demand.
    pub(crate) fn junction(&mut self, id: &str, at: At, height_m: f64, tag: &str) {
        self.junctions.push(Junction {
            id: id.to_owned(),
            at,
            height_m,
            demand_lps: [0.0; 3],
            tag: tag.to_owned(),
        });
    }
}
