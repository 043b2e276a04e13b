//! 雨水管网: districts of branching storm sewers with a few loops, box and egg trunks, storages, pump
//! stations, weirs and orifices, draining to rivers, as SWMM's `.inp` (CMS, dynamic wave, Horton).
//!
//! Pipes are sized by the rational method (GB 50014-2021, 4.1.7) and laid with usual least slopes;
//! conduits are 30–60 m long, so that an explicit step of some seconds is good.

mod area;
mod district;
mod exit;
mod river;
mod section;
mod street;
mod write;

use crate::dice::Dice;
use crate::ground::{At, Origin};
use serde::{Deserialize, Serialize};

/// A storm sewer network that is asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Ask {
    /// What everything is made from.
    pub seed: u64,
    /// Conduits, about.
    pub conduits: usize,
    /// Where the local metres begin.
    pub origin: Origin,
    /// One district each.
    pub spots: Vec<Spot>,
    /// Rivers that are computed too.
    pub rivers: Vec<River>,
    /// Rain gages.
    pub gages: Vec<Gage>,
    /// Rain of the gages in the file, mm/h at its peak; 0 for a dry file that is rained on live.
    pub rain_peak_mmh: f64,
    /// Length of the run, h.
    pub hours: u32,
    /// Another seed wears the network: roughness, imperviousness, openings, and one pipe half blocked.
    /// Names and places stay the same. The demo's reality is worn, the twin's model is not.
    pub wear: Option<u64>,
}

/// A district's lowest spot.
#[derive(Clone, Debug, PartialEq)]
pub struct Spot {
    /// What it is bound to: a station's code.
    pub code: String,
    /// Where it lies.
    pub at: At,
    /// What stands there.
    pub kind: SpotKind,
    /// Ground that drains to it, ha.
    pub area_ha: f64,
    /// The river it drains into, counted in [`Ask::rivers`]; a free outfall otherwise.
    pub river: Option<usize>,
}

/// What stands at the end of a district.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum SpotKind {
    /// A hollow of the road behind a pipe that is too small: 积水点.
    Ponding {
        /// What the pipe takes with the well full, mm/h over the district.
        capacity_mmh: f64,
        /// Depth on the road for each millimetre that it cannot take, m.
        m_per_mm: f64,
        /// Water runs off over the kerb beyond this depth, m.
        kerb_m: f64,
    },
    /// A manhole with a gauge behind a pipe that is too small: 检查井.
    Manhole {
        /// Depth from invert to ground, m.
        well_m: f64,
        /// What the pipe takes with the well full, mm/h over the district.
        capacity_mmh: f64,
        /// Depth for each millimetre that it cannot take, m.
        m_per_mm: f64,
        /// Standing water of dry weather, m: the exit lies so much above the invert.
        sump_m: f64,
        /// Whether high water of the river may flow back: no flap gate.
        backflow: bool,
    },
    /// A pump station: 泵站.
    Pump {
        /// What each of the three pumps lifts, m³/s.
        each_m3s: f64,
        /// Forebay's depth of dry weather, m, and at which the pumps start.
        rest_m: f64,
        /// Starting depths.
        start_m: [f64; 3],
        /// A pump stops so much below its start, m.
        hysteresis_m: f64,
        /// Depth for each millimetre stored, m.
        m_per_mm: f64,
        /// Depth at which the forebay runs over, m.
        full_m: f64,
    },
    /// Nothing: the trunk runs on.
    Plain,
    /// A detention storage with an orifice and a weir.
    Detention,
}

/// A river reach that is computed, from upstream down.
#[derive(Clone, Debug, PartialEq)]
pub struct River {
    /// Its line.
    pub line: Vec<At>,
    /// Width of its bed, m.
    pub width_m: f64,
    /// Manning's n.
    pub roughness: f64,
    /// Water of dry weather, m deep.
    pub rest_m: f64,
    /// Its gauges, from upstream down; the slope runs through the first and last one.
    pub gauges: Vec<RiverGauge>,
    /// Bed slope where only one gauge stands.
    pub slope: f64,
    /// Country that drains to it: a place whose nearest gage rains on it, and km².
    pub country: Vec<(At, f64)>,
    /// How long the country takes to answer to a heavy rain, min.
    pub lag_min: f64,
}

/// A river gauge.
#[derive(Clone, Debug, PartialEq)]
pub struct RiverGauge {
    /// What it is bound to: a station's code.
    pub code: String,
    /// Where; the nearest node of the reach is it.
    pub at: At,
    /// Level of dry weather, m.
    pub level_m: f64,
    /// Bank, m.
    pub bank_m: f64,
}

/// A rain gage.
#[derive(Clone, Debug, PartialEq)]
pub struct Gage {
    /// Its name in the file: a station's code.
    pub name: String,
    /// Where.
    pub at: At,
}

/// Conduits of a district of a town that names no spots, and of its trunk.
const DISTRICT: usize = 220;
/// Gages of such a town.
const GAGES: usize = 6;
/// Most conduits of one network.
const CONDUITS_MAX: usize = 200_000;

impl Ask {
    /// A town of about so many conduits under a design storm of two hours, computed for six.
    #[must_use]
    pub fn town(seed: u64, conduits: usize) -> Self {
        let count = (conduits / DISTRICT).max(1);
        let side = 46.0 * (DISTRICT as f64).sqrt() + 160.0;
        let wide = (count as f64).sqrt().ceil() as usize;
        let mut dice = Dice::new(seed, "districts");
        let spots = (0..count)
            .map(|n| Spot {
                code: format!("D{:03}", n + 1),
                at: At::new((n % wide) as f64 * side, (n / wide) as f64 * side),
                kind: Self::kind(n),
                area_ha: 0.21 * DISTRICT as f64 * dice.between(0.85, 1.2),
                river: None,
            })
            .collect();
        let far = wide as f64 * side;
        let gages = (0..GAGES)
            .map(|n| Gage {
                name: format!("RG{}", n + 1),
                at: At::new(dice.between(0.0, far), dice.between(0.0, far)),
            })
            .collect();
        Self {
            seed,
            conduits,
            origin: Origin::default(),
            spots,
            rivers: Vec::new(),
            gages,
            rain_peak_mmh: 75.0,
            hours: 6,
            wear: None,
        }
    }

    /// Every sixth district ends in a pump station, every sixth in a detention storage, every sixth in
    /// a hollow.
    fn kind(n: usize) -> SpotKind {
        match n % 6 {
            1 => SpotKind::Pump {
                each_m3s: 0.9,
                rest_m: 0.5,
                start_m: [0.9, 1.3, 1.7],
                hysteresis_m: 0.35,
                m_per_mm: 0.12,
                full_m: 4.0,
            },
            3 => SpotKind::Detention,
            5 => SpotKind::Ponding { capacity_mmh: 14.0, m_per_mm: 0.03, kerb_m: 0.6 },
            _ => SpotKind::Plain,
        }
    }
}

/// A generated sewer network: the file, and what its objects are called.
#[derive(Clone, Debug, PartialEq)]
pub struct Sewers {
    /// SWMM's `.inp`.
    pub inp: String,
    /// The spots, in the order asked for.
    pub spots: Vec<SpotObject>,
    /// The rivers' gauges, river by river.
    pub gauges: Vec<GaugeObject>,
    /// How many conduits there are.
    pub conduits: usize,
}

/// What a spot is called in the file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SpotObject {
    /// Code asked for.
    pub code: String,
    /// Node.
    pub node: String,
    /// Height of its invert in the file, m.
    pub invert_m: f64,
    /// Depth from invert to ground, m.
    pub ground_m: f64,
    /// Pumps, in the order in which they start.
    pub pumps: Vec<String>,
    /// Link by which the district drains.
    pub exit: String,
    /// 街面 around a hollow of the road: an ESRI ASCII grid of the ground in local metres, buildings
    /// without data.
    pub street: Option<String>,
}

/// What a river gauge is called in the file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GaugeObject {
    /// Code asked for.
    pub code: String,
    /// Node.
    pub node: String,
    /// Height of its bed in the file, m: level = bed + depth.
    pub bed_m: f64,
}

/// Makes a network.
#[must_use]
pub fn generate(ask: &Ask) -> Sewers {
    let mut net = Net { worn: ask.wear.map(|seed| Dice::new(seed, "wear")), ..Net::default() };
    let gauges: Vec<GaugeObject> =
        ask.rivers.iter().zip(1..).flat_map(|(river, n)| river::build(&mut net, ask, n, river)).collect();
    let river_conduits = net.conduits.len();
    let left = ask.conduits.min(CONDUITS_MAX).saturating_sub(river_conduits);
    let each = (left / ask.spots.len().max(1)).max(district::LEAST);
    let spots =
        ask.spots.iter().zip(1..).map(|(spot, n)| district::build(&mut net, ask, n, spot, each)).collect();
    net.block_one(river_conduits);
    Sewers { inp: write::write(ask, &net), spots, gauges, conduits: net.conduits.len() }
}

/// A network in the making.
#[derive(Debug, Default)]
pub(crate) struct Net {
    /// Dice of the wear, where there is any.
    pub worn: Option<Dice>,
    pub nodes: Vec<Node>,
    pub conduits: Vec<Conduit>,
    pub pumps: Vec<Pump>,
    pub orifices: Vec<Opening>,
    pub weirs: Vec<Opening>,
    pub subs: Vec<area::Sub>,
    /// Constant inflows, m³/s.
    pub inflows: Vec<(String, f64)>,
    pub curves: Vec<Curve>,
}

/// What a node is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum NodeKind {
    /// 检查井.
    Junction,
    /// 调蓄, with the name of its curve.
    Storage(String),
    /// 排放口 without a stage of its own.
    Free,
    /// 排放口 at normal depth: where a river leaves the model.
    Normal,
}

/// A node.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub id: String,
    pub at: At,
    pub invert_m: f64,
    pub depth_m: f64,
    pub start_m: f64,
    pub kind: NodeKind,
}

/// A conduit.
#[derive(Debug, Clone)]
pub(crate) struct Conduit {
    pub id: String,
    pub from: String,
    pub to: String,
    pub length_m: f64,
    pub roughness: f64,
    /// Heights of its ends above the nodes' inverts, m.
    pub offsets_m: [f64; 2],
    pub flow_m3s: f64,
    pub section: section::Section,
    pub flap: bool,
}

/// A curve of points; its kind as `[CURVES]` writes it.
#[derive(Debug, Clone)]
pub(crate) struct Curve {
    pub id: String,
    pub kind: &'static str,
    pub points: Vec<(f64, f64)>,
}

/// A pump with the depths at which it starts and stops.
#[derive(Debug, Clone)]
pub(crate) struct Pump {
    pub id: String,
    pub from: String,
    pub to: String,
    pub curve: String,
    pub start_m: f64,
    pub stop_m: f64,
}

/// A rectangular orifice or weir.
#[derive(Debug, Clone)]
pub(crate) struct Opening {
    pub id: String,
    pub from: String,
    pub to: String,
    pub offset_m: f64,
    pub high_m: f64,
    pub wide_m: f64,
    pub flap: bool,
}

impl Net {
    /// A value as wear left it: within so much of the given one.
    pub(crate) fn wear(&mut self, value: f64, share: f64) -> f64 {
        self.worn.as_mut().map_or(value, |dice| value * dice.between(1.0 - share, 1.0 + share))
    }

    /// One pipe of a worn network is half full of mud.
    fn block_one(&mut self, first: usize) {
        let Some(dice) = &mut self.worn else { return };
        let pipes = self.conduits.len().saturating_sub(first);
        let one = first + (dice.unit() * pipes as f64) as usize;
        if let Some(conduit) = self.conduits.get_mut(one) {
            conduit.section = conduit.section.blocked();
        }
    }
}
