//! What an import would put into the tables, or everything that is wrong with the file at once.

use super::file::{Duty, Feature, Geometry, Map, PersonEntry, Properties};
use anyhow::Result;
use field::block::{Block, Chain, Town};
use field::duty::{DAY_MINUTES, Roster, Shift};
use field::id::{BlockId, PersonId};
use field::person::Person;
use field::place::{Position, Ring};
use std::collections::HashMap;
use store::tables::MapFeature;
use store::{Registry, Tx};

/// What would be put into the tables.
#[derive(Default)]
pub(super) struct Plan {
    /// People.
    pub(super) people: Vec<Person>,
    /// Towns.
    pub(super) towns: Vec<Town>,
    /// Blocks.
    pub(super) blocks: Vec<Block>,
    /// One roster a block.
    pub(super) rosters: Vec<Roster>,
    /// What is drawn.
    pub(super) drawn: Vec<MapFeature>,
}

impl Plan {
    /// Puts it all into one transaction.
    pub(super) async fn put(&self, tx: &mut Tx) -> Result<()> {
        for person in &self.people {
            tx.person_put(person).await?;
        }
        for town in &self.towns {
            tx.town_put(town).await?;
        }
        for block in &self.blocks {
            tx.block_put(block).await?;
        }
        for roster in &self.rosters {
            tx.roster_put(roster).await?;
        }
        for feature in &self.drawn {
            tx.map_feature_put(feature).await?;
        }
        Ok(())
    }
}

/// Reads the file against what is registered. The plan is whole only when there is no problem.
pub(super) fn plan(file: &Map, registry: &Registry) -> (Plan, Vec<String>) {
    let mut planner = Planner { registry, plan: Plan::default(), logins: HashMap::new(), problems: vec![] };
    planner.people(&file.people);
    for (number, feature) in file.features.iter().enumerate() {
        planner.feature(number + 1, feature);
    }
    (planner.plan, planner.problems)
}

struct Planner<'a> {
    registry: &'a Registry,
    plan: Plan,
    logins: HashMap<String, PersonId>,
    problems: Vec<String>,
}

impl Planner<'_> {
    fn people(&mut self, people: &[PersonEntry]) {
        self.logins = self.registry.persons().values().map(|p| (p.login.clone(), p.id)).collect();
        let mut next = self.registry.persons().values().map(|p| p.id.0).max().unwrap_or(0) + 1;
        for entry in people {
            if self.plan.people.iter().any(|p| p.login == entry.login) {
                self.problems.push(format!("people: login `{}` stands twice; keep one", entry.login));
                continue;
            }
            if entry.channels.is_empty() {
                self.problems.push(format!("people: `{}` has no channel; name at least one", entry.login));
            }
            let id = *self.logins.entry(entry.login.clone()).or_insert_with(|| {
                next += 1;
                PersonId(next - 1)
            });
            self.plan.people.push(Person {
                id,
                login: entry.login.clone(),
                name: entry.name.clone(),
                name_en: or(&entry.name_en, &entry.name),
                role: entry.role,
                mobile: entry.mobile.clone(),
                wecom: entry.wecom.clone(),
                email: entry.email.clone(),
                channels: entry.channels.clone(),
                synthetic: false,
            });
        }
    }

    fn feature(&mut self, number: usize, feature: &Feature) {
        match &feature.properties {
            Properties::Town { code, name, name_en } => {
                let what = format!("feature {number}, town `{code}`");
                let Some(ring) = self.ring(&what, &feature.geometry) else { return };
                let name_en = or(name_en, name);
                self.plan.towns.push(Town { code: code.clone(), name: name.clone(), name_en, ring });
            }
            Properties::Block { .. } => self.block(number, feature),
            Properties::Drawn { kind, name, name_en, width_m } => self.plan.drawn.push(MapFeature {
                kind: kind.clone(),
                name: name.clone(),
                name_en: or(name_en, name),
                geometry: lines(&feature.geometry),
                width_m: *width_m,
            }),
        }
    }

    fn block(&mut self, number: usize, feature: &Feature) {
        let Properties::Block { code, name, name_en, town, a, b, supervisor, duty } = &feature.properties
        else {
            return;
        };
        let what = format!("feature {number}, block `{code}`");
        if self.plan.blocks.iter().any(|b| b.code == *code) {
            self.problems.push(format!("{what}: the code stands twice; give each block its own"));
            return;
        }
        let ring = self.ring(&what, &feature.geometry);
        let people = [a, b, supervisor].map(|login| self.login(&what, login));
        let (Some(ring), [Some(a), Some(b), Some(supervisor)]) = (ring, people) else { return };
        let known = self.registry.blocks().values().find(|b| b.code == *code).map(|b| b.id);
        let last = self.registry.blocks().values().map(|b| b.id.0).max().unwrap_or(0);
        let id = known.unwrap_or(BlockId(last + self.plan.blocks.len() as i64 + 1));
        let chain = Chain { a, b, supervisor };
        self.roster(&what, id, chain, duty.as_ref());
        self.plan.blocks.push(Block {
            id,
            code: code.clone(),
            name: name.clone(),
            name_en: or(name_en, name),
            town: town.clone(),
            ring,
            chain,
            synthetic: false,
        });
    }

    fn roster(&mut self, what: &str, block: BlockId, chain: Chain, duty: Option<&Duty>) {
        let Some(duty) = duty else {
            let night = |from, to| Shift { from, to, person: chain.b };
            let day = Shift { from: 8 * 60, to: 20 * 60, person: chain.a };
            let shifts = vec![night(0, 8 * 60), day, night(20 * 60, DAY_MINUTES)];
            return self.plan.rosters.push(Roster { block, cycle_days: 1, shifts, substitutions: vec![] });
        };
        let mut shifts = Vec::new();
        for shift in &duty.shifts {
            let person = self.login(what, &shift.login);
            shifts.extend(person.map(|person| Shift { from: shift.from_min, to: shift.to_min, person }));
        }
        self.plan.rosters.push(Roster { block, cycle_days: duty.cycle_days, shifts, substitutions: vec![] });
    }

    fn login(&mut self, what: &str, login: &str) -> Option<PersonId> {
        let id = self.logins.get(login).copied();
        if id.is_none() {
            self.problems.push(format!("{what}: nobody has the login `{login}`; add them under `people`"));
        }
        id
    }

    fn ring(&mut self, what: &str, geometry: &Geometry) -> Option<Ring> {
        let Geometry::Polygon(rings) = geometry else {
            self.problems.push(format!("{what}: needs a Polygon"));
            return None;
        };
        let [outer] = rings.as_slice() else {
            self.problems.push(format!("{what}: needs one outer ring, this polygon has {}", rings.len()));
            return None;
        };
        let mut corners: Vec<Position> = outer.iter().map(|&[lon, lat]| Position { lon, lat }).collect();
        if corners.len() > 1 && corners.first() == corners.last() {
            corners.pop();
        }
        let ring = Ring(corners);
        match ring.check() {
            Ok(()) => Some(ring),
            Err(why) => {
                self.problems.push(format!("{what}: {why}; redraw it"));
                None
            }
        }
    }
}

fn or(text: &str, other: &str) -> String {
    if text.is_empty() { other.to_owned() } else { text.to_owned() }
}

fn lines(geometry: &Geometry) -> Vec<Vec<Position>> {
    let line = |line: &Vec<[f64; 2]>| line.iter().map(|&[lon, lat]| Position { lon, lat }).collect();
    match geometry {
        Geometry::Polygon(rings) | Geometry::MultiLineString(rings) => rings.iter().map(line).collect(),
        Geometry::LineString(one) => vec![line(one)],
    }
}
