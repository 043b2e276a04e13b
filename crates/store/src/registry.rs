//! 台账: stations, points, blocks, towns, people, rosters and rules as they are now, in memory.
//!
//! A snapshot: it never changes; after each committed change of the registry a new one takes its
//! place ([`crate::Tables::registry`]). Never does IO.

use crate::credential::{Credential, Secret};
use field::block::{Block, Town};
use field::duty::Roster;
use field::id::{BlockId, PersonId, PointId, RuleId, StationCode};
use field::person::Person;
use field::place::Position;
use field::rule::RuleSetting;
use field::station::{Point, Station, StationKind};
use field::time::Time;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Cells of the grid that finds blocks, per side.
const GRID: usize = 64;

/// Everything that is registered, with the indexes that find it.
#[derive(Clone, Debug, Default)]
pub struct Registry {
    stations: BTreeMap<StationCode, Arc<Station>>,
    points: BTreeMap<PointId, Arc<Point>>,
    points_of: HashMap<StationCode, Vec<Arc<Point>>>,
    computed_of: HashMap<StationCode, Vec<Arc<Point>>>,
    blocks: BTreeMap<BlockId, Arc<Block>>,
    towns: BTreeMap<String, Arc<Town>>,
    persons: BTreeMap<PersonId, Arc<Person>>,
    rosters: BTreeMap<BlockId, Arc<Roster>>,
    rules: BTreeMap<RuleId, Arc<RuleSetting>>,
    rules_of: HashMap<PointId, Vec<Arc<RuleSetting>>>,
    credentials_of: HashMap<StationCode, Vec<Arc<Credential>>>,
    credentials_of_user: HashMap<(String, String), Vec<Arc<Credential>>>,
    credentials_by_fingerprint: HashMap<String, Vec<Arc<Credential>>>,
    grid: Arc<Grid>,
    version: u64,
    places_version: u64,
}

/// Which blocks touch which cell of a grid over all blocks.
#[derive(Debug)]
struct Grid {
    south_west: Position,
    cell_lon: f64,
    cell_lat: f64,
    cells: Vec<Vec<BlockId>>,
}

impl Default for Grid {
    fn default() -> Self {
        Self { south_west: Position { lon: 0.0, lat: 0.0 }, cell_lon: 0.0, cell_lat: 0.0, cells: vec![] }
    }
}

impl Registry {
    /// Every station by code.
    #[must_use]
    pub const fn stations(&self) -> &BTreeMap<StationCode, Arc<Station>> {
        &self.stations
    }

    /// One station.
    #[must_use]
    pub fn station(&self, code: &StationCode) -> Option<&Arc<Station>> {
        self.stations.get(code)
    }

    /// Every point by id.
    #[must_use]
    pub const fn points(&self) -> &BTreeMap<PointId, Arc<Point>> {
        &self.points
    }

    /// One point.
    #[must_use]
    pub fn point(&self, id: PointId) -> Option<&Arc<Point>> {
        self.points.get(&id)
    }

    /// What a station measures, by id; empty when there is no such station.
    #[must_use]
    pub fn points_of(&self, code: &StationCode) -> &[Arc<Point>] {
        self.points_of.get(code).map_or(&[], Vec::as_slice)
    }

    /// What models compute of a station's points ([`Point::computed`]), by id.
    #[must_use]
    pub fn computed_of(&self, code: &StationCode) -> &[Arc<Point>] {
        self.computed_of.get(code).map_or(&[], Vec::as_slice)
    }

    /// The point of a station that a protocol element feeds (`"22"`, `"F4"`; case does not matter).
    #[must_use]
    pub fn point_for_element(&self, code: &StationCode, element: &str) -> Option<&Arc<Point>> {
        self.points_of(code).iter().find(|p| p.elements.iter().any(|e| e.eq_ignore_ascii_case(element)))
    }

    /// The point people come for: the station's first headline point, else its first point.
    #[must_use]
    pub fn headline_of(&self, code: &StationCode) -> Option<&Arc<Point>> {
        let points = self.points_of(code);
        points.iter().find(|p| p.quantity.is_headline()).or_else(|| points.first())
    }

    /// Every block by id.
    #[must_use]
    pub const fn blocks(&self) -> &BTreeMap<BlockId, Arc<Block>> {
        &self.blocks
    }

    /// One block.
    #[must_use]
    pub fn block(&self, id: BlockId) -> Option<&Arc<Block>> {
        self.blocks.get(&id)
    }

    /// The block that holds a position; where careless data overlap, the one with the smaller id.
    #[must_use]
    pub fn block_at(&self, position: Position) -> Option<&Arc<Block>> {
        let candidates = self.grid.candidates(position)?;
        candidates.iter().filter_map(|id| self.blocks.get(id)).find(|b| b.ring.contains(position))
    }

    /// Every town by code.
    #[must_use]
    pub const fn towns(&self) -> &BTreeMap<String, Arc<Town>> {
        &self.towns
    }

    /// Every person by id.
    #[must_use]
    pub const fn persons(&self) -> &BTreeMap<PersonId, Arc<Person>> {
        &self.persons
    }

    /// One person.
    #[must_use]
    pub fn person(&self, id: PersonId) -> Option<&Arc<Person>> {
        self.persons.get(&id)
    }

    /// The person who signs in with that name.
    #[must_use]
    pub fn person_by_login(&self, login: &str) -> Option<&Arc<Person>> {
        self.persons.values().find(|p| p.login == login)
    }

    /// The roster of a block.
    #[must_use]
    pub fn roster(&self, block: BlockId) -> Option<&Arc<Roster>> {
        self.rosters.get(&block)
    }

    /// Who is on duty for a block at a moment; `None` where its roster has a hole or names nobody
    /// known.
    #[must_use]
    pub fn on_duty(&self, block: BlockId, at: Time) -> Option<&Arc<Person>> {
        self.rosters.get(&block).and_then(|r| r.on_duty(at)).and_then(|id| self.persons.get(&id))
    }

    /// Every rule by id.
    #[must_use]
    pub const fn rules(&self) -> &BTreeMap<RuleId, Arc<RuleSetting>> {
        &self.rules
    }

    /// One rule.
    #[must_use]
    pub fn rule(&self, id: RuleId) -> Option<&Arc<RuleSetting>> {
        self.rules.get(&id)
    }

    /// The rules that watch a point, by id.
    #[must_use]
    pub fn rules_of(&self, point: PointId) -> &[Arc<RuleSetting>] {
        self.rules_of.get(&point).map_or(&[], Vec::as_slice)
    }

    /// The credentials of a station; empty when it has none.
    #[must_use]
    pub fn credentials_of(&self, code: &StationCode) -> &[Arc<Credential>] {
        self.credentials_of.get(code).map_or(&[], Vec::as_slice)
    }

    /// The credentials of a protocol's user, one for each station the user stands for.
    #[must_use]
    pub fn credentials_of_user(&self, protocol: &str, user: &str) -> &[Arc<Credential>] {
        let key = (protocol.to_owned(), user.to_owned());
        self.credentials_of_user.get(&key).map_or(&[], Vec::as_slice)
    }

    /// The credentials of a protocol that a certificate (its DER) matches.
    #[must_use]
    pub fn credentials_by_certificate(&self, protocol: &str, der: &[u8]) -> Vec<Arc<Credential>> {
        let fingerprint = crate::credential::fingerprint(der);
        let known = self.credentials_by_fingerprint.get(&fingerprint).map_or(&[][..], Vec::as_slice);
        known.iter().filter(|c| c.protocol == protocol).map(Arc::clone).collect()
    }

    /// The `n` stations of a kind nearest to a position, with their distance in metres, nearest
    /// first.
    #[must_use]
    pub fn nearest(&self, kind: StationKind, position: Position, n: usize) -> Vec<(Arc<Station>, f64)> {
        let of_kind = self.stations.values().filter(|s| s.kind == kind);
        let mut near: Vec<_> = of_kind.map(|s| (Arc::clone(s), s.position.distance_m(position))).collect();
        near.sort_by(|a, b| a.1.total_cmp(&b.1));
        near.truncate(n);
        near
    }

    /// Counts the committed changes since the store was opened.
    #[must_use]
    pub const fn version(&self) -> u64 {
        self.version
    }

    /// Counts those of them that touched a station or a point: whoever keeps what feeds which point need
    /// not look again because a rule was set. Points made for names that nothing was called by until then
    /// ([`crate::Tx::points_add`]) do not count: they change nothing of what is known.
    #[must_use]
    pub const fn places_version(&self) -> u64 {
        self.places_version
    }
}

/// One change of the registry, applied after its commit.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    Station(Station),
    StationGone(StationCode),
    Point(Point),
    /// Made for a name that nothing was called by.
    PointMade(Point),
    PointGone(PointId),
    Block(Block),
    Town(Town),
    Person(Person),
    Roster(Roster),
    Rule(RuleSetting),
    RuleGone(RuleId),
    Credential(Credential),
    CredentialGone(StationCode, String, String),
}

impl Change {
    const fn is_of_places(&self) -> bool {
        matches!(self, Self::Station(_) | Self::StationGone(_) | Self::Point(_) | Self::PointGone(_))
    }
}

impl Registry {
    /// The registry with `changes` made, in order.
    pub(crate) fn with(&self, changes: Vec<Change>) -> Self {
        let mut next = self.clone();
        let (mut blocks_moved, mut places_moved) = (false, false);
        for change in changes {
            blocks_moved |= matches!(change, Change::Block(_));
            places_moved |= change.is_of_places();
            next.apply(change);
        }
        if blocks_moved {
            next.grid = Arc::new(Grid::over(&next.blocks));
        }
        next.version += 1;
        next.places_version += u64::from(places_moved);
        next
    }

    /// Read anew, in the place of `known`: its counts go on, so that whoever keeps one sees a change.
    pub(crate) fn after(self, known: &Self) -> Self {
        let (version, places_version) = (known.version + 1, known.places_version + 1);
        Self { version, places_version, ..self }
    }

    fn apply(&mut self, change: Change) {
        match change {
            Change::Station(s) => drop(self.stations.insert(s.code.clone(), Arc::new(s))),
            Change::StationGone(code) => {
                self.stations.remove(&code);
            }
            Change::Point(p) | Change::PointMade(p) => self.apply_point(p),
            Change::PointGone(id) => self.remove_point(id),
            Change::Block(b) => drop(self.blocks.insert(b.id, Arc::new(b))),
            Change::Town(t) => drop(self.towns.insert(t.code.clone(), Arc::new(t))),
            Change::Person(p) => drop(self.persons.insert(p.id, Arc::new(p))),
            Change::Roster(r) => drop(self.rosters.insert(r.block, Arc::new(r))),
            Change::Rule(r) => self.apply_rule(r),
            Change::RuleGone(id) => self.remove_rule(id),
            Change::Credential(c) => self.apply_credential(c),
            Change::CredentialGone(station, protocol, user) => {
                self.remove_credential(&station, protocol, user);
            }
        }
    }

    fn apply_point(&mut self, point: Point) {
        self.remove_point(point.id);
        let point = Arc::new(point);
        self.points.insert(point.id, Arc::clone(&point));
        let lists = if point.computed().is_some() { &mut self.computed_of } else { &mut self.points_of };
        let list = lists.entry(point.station.clone()).or_default();
        // New points come with growing ids: a station of a push source may have fifty thousand.
        let place = list.partition_point(|p| p.id < point.id);
        list.insert(place, point);
    }

    fn remove_point(&mut self, id: PointId) {
        let Some(old) = self.points.remove(&id) else { return };
        for lists in [&mut self.points_of, &mut self.computed_of] {
            if let Some(list) = lists.get_mut(&old.station) {
                list.retain(|p| p.id != id);
            }
        }
    }

    fn apply_credential(&mut self, credential: Credential) {
        let Credential { station, protocol, user, .. } = &credential;
        self.remove_credential(station, protocol.clone(), user.clone());
        let credential = Arc::new(credential);
        self.credentials_of.entry(credential.station.clone()).or_default().push(Arc::clone(&credential));
        let user = (credential.protocol.clone(), credential.user.clone());
        self.credentials_of_user.entry(user).or_default().push(Arc::clone(&credential));
        if let Secret::Certificate { fingerprint } = &credential.secret {
            let list = self.credentials_by_fingerprint.entry(fingerprint.clone()).or_default();
            list.push(Arc::clone(&credential));
        }
    }

    fn remove_credential(&mut self, station: &StationCode, protocol: String, user: String) {
        let is_it = |c: &Credential| c.station == *station && c.protocol == protocol && c.user == user;
        let own = self.credentials_of.get_mut(station);
        let Some((list, at)) = own.and_then(|list| list.iter().position(|c| is_it(c)).map(|at| (list, at)))
        else {
            return;
        };
        if let Secret::Certificate { fingerprint } = &list.remove(at).secret
            && let Some(list) = self.credentials_by_fingerprint.get_mut(fingerprint)
        {
            list.retain(|c| !is_it(c));
        }
        if let Some(list) = self.credentials_of_user.get_mut(&(protocol, user)) {
            list.retain(|c| c.station != *station);
        }
    }

    fn apply_rule(&mut self, rule: RuleSetting) {
        self.remove_rule(rule.id);
        let rule = Arc::new(rule);
        self.rules.insert(rule.id, Arc::clone(&rule));
        let list = self.rules_of.entry(rule.point).or_default();
        list.push(rule);
        list.sort_by_key(|r| r.id);
    }

    fn remove_rule(&mut self, id: RuleId) {
        if let Some(old) = self.rules.remove(&id)
            && let Some(list) = self.rules_of.get_mut(&old.point)
        {
            list.retain(|r| r.id != id);
        }
    }
}

impl Grid {
    fn over(blocks: &BTreeMap<BlockId, Arc<Block>>) -> Self {
        let bounds: Vec<_> = blocks.values().map(|b| (b.id, b.ring.bounds())).collect();
        let Some(&(_, first)) = bounds.first() else { return Self::default() };
        let (low, high) = bounds.iter().fold(first, |(low, high), (_, (l, h))| {
            (
                Position { lon: low.lon.min(l.lon), lat: low.lat.min(l.lat) },
                Position { lon: high.lon.max(h.lon), lat: high.lat.max(h.lat) },
            )
        });
        let mut grid = Self {
            south_west: low,
            // A hair wider, so that the eastern and northern rims fall into the last cell.
            cell_lon: (high.lon - low.lon) / GRID as f64 * (1.0 + 1e-9) + 1e-12,
            cell_lat: (high.lat - low.lat) / GRID as f64 * (1.0 + 1e-9) + 1e-12,
            cells: vec![vec![]; GRID * GRID],
        };
        for (id, (l, h)) in bounds {
            let (Some((x0, y0)), Some((x1, y1))) = (grid.cell(l), grid.cell(h)) else { continue };
            for y in y0..=y1 {
                for x in x0..=x1 {
                    if let Some(cell) = grid.cells.get_mut(y * GRID + x) {
                        cell.push(id);
                    }
                }
            }
        }
        grid
    }

    fn cell(&self, p: Position) -> Option<(usize, usize)> {
        let x = ((p.lon - self.south_west.lon) / self.cell_lon).floor();
        let y = ((p.lat - self.south_west.lat) / self.cell_lat).floor();
        let inside = |v: f64| v >= 0.0 && v < GRID as f64;
        (inside(x) && inside(y)).then_some((x as usize, y as usize))
    }

    fn candidates(&self, p: Position) -> Option<&Vec<BlockId>> {
        let (x, y) = self.cell(p)?;
        self.cells.get(y * GRID + x)
    }
}
