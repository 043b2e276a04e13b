//! 合成城市: a town shaped on public facts, made from one seed and saying everywhere that it is
//! synthetic.
//!
//! Promises: the same seed makes the same town; every point of the service area lies in exactly one
//! of the 214 blocks; every block has exactly one person on duty at every minute; there are exactly
//! 26 online points and 54 rain gauges.

mod delaunay;
mod features;
mod ground;
pub(crate) mod mixed;
mod names;
mod outline;
pub(crate) mod places;
mod staff;
pub(crate) mod stations;
pub(crate) mod supply;
mod tessellate;
pub(crate) mod utilities;

pub use features::{Feature, FeatureKind};
pub use supply::SupplyStations;
pub use utilities::Utilities;

use field::block::{Block, Town as Subdistrict};
use field::duty::Roster;
use field::id::{BlockId, PersonId, PointId, StationCode};
use field::person::{Person, Role};
use field::severity::Thresholds;
use field::station::{Point, Station};
use ground::Ground;
use places::TOWNS;

/// The password of every demo login. It exists in the demo only.
pub const DEMO_PASSWORD: &str = "demo";

/// A way to sign in to the demo.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    /// Whose.
    pub person: PersonId,
    /// Name to sign in with.
    pub login: String,
    /// [`DEMO_PASSWORD`].
    pub password: &'static str,
    /// What they may do.
    pub role: Role,
}

/// A whole synthetic town, ready to be imported. Ids are numbered from 1 within each kind; an importer
/// that gives its own ids must keep `blocks`, `persons` and `points` in this order.
#[derive(Clone, Debug)]
pub struct Town {
    /// The seed it was made from.
    pub seed: u64,
    /// 8 streets and 6 towns.
    pub towns: Vec<Subdistrict>,
    /// 214 blocks; `blocks[n].id` is `n + 1`.
    pub blocks: Vec<Block>,
    /// Owners, supervisors (role block owner), dispatchers, administrators.
    pub persons: Vec<Person>,
    /// One roster for each block, in the blocks' order.
    pub rosters: Vec<Roster>,
    /// 26 online points, then 54 rain gauges.
    pub stations: Vec<Station>,
    /// Their points, station by station.
    pub points: Vec<Point>,
    /// Plants and meters, which take no part in the storms; their points are numbered on.
    pub utilities: Utilities,
    /// Works, tanks, zone meters and pressure loggers, which take no part in the storms either; their
    /// points are numbered on behind the utilities'.
    pub supply: SupplyStations,
    /// Level thresholds of each level or depth point, for `level_high` rules.
    pub thresholds: Vec<(PointId, Thresholds)>,
    /// Rivers, roads, reservoirs and the service area.
    pub features: Vec<Feature>,
    /// Everybody's demo login.
    pub logins: Vec<Login>,
}

/// No town could be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no town could be made from seed {seed} in {tries} tries; take another seed")]
pub struct NoTown {
    /// The seed.
    pub seed: u64,
    /// How many tessellations were tried.
    pub tries: u64,
}

/// Tessellations tried before giving up: a bad one (a town in two pieces) is rare.
const TRIES: u64 = 64;

impl Town {
    /// Makes the town of a seed.
    ///
    /// # Errors
    /// [`NoTown`] when no usable tessellation came up; another seed helps.
    pub fn generate(seed: u64) -> Result<Self, NoTown> {
        (0..TRIES)
            .find_map(|n| Self::attempt(seed, seed.wrapping_add(n.wrapping_mul(0x9e37_79b9))))
            .ok_or(NoTown { seed, tries: TRIES })
    }

    fn attempt(seed: u64, ground_seed: u64) -> Option<Self> {
        let ground = Ground::share_out(tessellate::tessellate(ground_seed)?)?;
        let order = ground.in_order();
        let staff = staff::staff(seed, &ground, &order);
        let blocks: Vec<Block> = order
            .iter()
            .zip(1_i64..)
            .map(|(cell, id)| {
                Some(Block {
                    id: BlockId(id),
                    code: format!("{id:03}"),
                    name: format!("区块 {id:03}"),
                    name_en: format!("Block {id:03}"),
                    town: TOWNS.get(*ground.town_of.get(*cell)?)?.code.to_owned(),
                    ring: ground.cell(*cell),
                    chain: *staff.chain_of.get(*cell)?,
                    synthetic: true,
                })
            })
            .collect::<Option<_>>()?;
        let towns = (0..TOWNS.len())
            .map(|t| {
                let place = TOWNS.get(t)?;
                Some(Subdistrict {
                    code: place.code.to_owned(),
                    name: place.name.to_owned(),
                    name_en: place.name_en.to_owned(),
                    ring: ground.town(t)?,
                })
            })
            .collect::<Option<_>>()?;
        let rosters = blocks.iter().map(|b| staff::roster(b.id, b.chain)).collect();
        let stations = stations::stations(seed, &blocks)?;
        let utilities = Utilities::place(&blocks, stations.points.len())?;
        let network = networks::supply::generate(&crate::models::supply::model(seed));
        let first = stations.points.len() + utilities.points.len();
        let supply = SupplyStations::place(&network, &blocks, first)?;
        let features = features::features(seed, &ground.area()?);
        let logins = staff
            .persons
            .iter()
            .map(|p| Login { person: p.id, login: p.login.clone(), password: DEMO_PASSWORD, role: p.role })
            .collect();
        Some(Self {
            seed,
            towns,
            blocks,
            persons: staff.persons,
            rosters,
            stations: stations.stations,
            points: stations.points,
            utilities,
            supply,
            thresholds: stations.thresholds,
            features,
            logins,
        })
    }

    /// A station by its code.
    #[must_use]
    pub fn station(&self, code: &StationCode) -> Option<&Station> {
        self.stations.iter().find(|s| s.code == *code)
    }

    /// A person by id.
    #[must_use]
    pub fn person(&self, id: PersonId) -> Option<&Person> {
        self.persons.iter().find(|p| p.id == id)
    }

    /// The rain gauges, in the order every rain series is kept in.
    pub fn gauges(&self) -> impl Iterator<Item = &Station> {
        self.stations.iter().skip(places::ONLINE.len())
    }

    /// The 26 online points, in the order every water series is kept in.
    pub fn online(&self) -> impl Iterator<Item = &Station> {
        self.stations.iter().take(places::ONLINE.len())
    }
}

#[cfg(test)]
mod tests;
