//! The registry's rows: loaded once at the start, then followed change by change.

use super::db::{Db, Select};
use super::{Actor, MapFeature, Subject, Tables, Tx, doc};
use crate::registry::Change;
use crate::{Registry, StoreError};
use field::block::{Block, Town};
use field::duty::Roster;
use field::id::{PointId, RuleId, StationCode};
use field::person::Person;
use field::rule::RuleSetting;
use field::station::{Point, Station};
use field::time::Time;
use serde::de::DeserializeOwned;
use serde_json::json;
use std::collections::BTreeMap;

/// Points of one statement: SQLite looks for each value's name among those before it, so that 256 points cost
/// more than eight times 32.
const POINTS_A_STATEMENT: usize = 32;
/// Points of one journal line: about 50 kB.
const POINTS_A_LINE: usize = 256;

/// Reads everything registered.
pub(crate) async fn load(db: &Db) -> Result<Registry, StoreError> {
    let mut changes = Vec::new();
    changes.extend(all(db, "SELECT body FROM towns", "towns").await?.into_iter().map(Change::Town));
    changes.extend(all(db, "SELECT body FROM blocks", "blocks").await?.into_iter().map(Change::Block));
    changes.extend(all(db, "SELECT body FROM persons", "persons").await?.into_iter().map(Change::Person));
    changes.extend(all(db, "SELECT body FROM rosters", "rosters").await?.into_iter().map(Change::Roster));
    changes.extend(all(db, "SELECT body FROM stations", "stations").await?.into_iter().map(Change::Station));
    changes.extend(all(db, "SELECT body FROM points", "points").await?.into_iter().map(Change::Point));
    changes.extend(all(db, "SELECT body FROM rules", "rules").await?.into_iter().map(Change::Rule));
    let credentials = all(db, "SELECT body FROM credentials", "credentials").await?;
    changes.extend(credentials.into_iter().map(Change::Credential));
    Ok(Registry::default().with(changes))
}

async fn all<T: DeserializeOwned>(
    db: &Db,
    sql: &'static str,
    table: &'static str,
) -> Result<Vec<T>, StoreError> {
    doc::read_all(&db.rows(sqlx::query(sql), "loading the registry").await?, table)
}

impl Tables {
    /// 认单位: the first unit that a sender names for a point nobody has classified is the point's from then
    /// on, so that values of two units never stand in one series. Points that have one are left as they are.
    /// When it returns, the registry says so, durably.
    ///
    /// # Errors
    /// What the database says.
    pub async fn adopt_units<'a>(
        &self,
        named: impl IntoIterator<Item = (PointId, &'a str)>,
        actor: Actor,
        at: Time,
    ) -> Result<(), StoreError> {
        let registry = self.registry();
        let taken = |(id, unit): &(PointId, &str)| registry.point(*id).is_some_and(|p| p.takes_unit(unit));
        let mut wanted = BTreeMap::new();
        for (id, unit) in named.into_iter().filter(taken) {
            wanted.entry(id).or_insert(unit);
        }
        if wanted.is_empty() {
            return Ok(());
        }
        let mut tx = self.begin(actor, at).await?;
        // Somebody else may have named one meanwhile: one transaction goes after another.
        let registry = self.registry();
        for (id, unit) in wanted {
            if let Some(point) = registry.point(id).filter(|point| point.takes_unit(unit)) {
                tx.point_put(&Point { own_unit: unit.to_owned(), ..Point::clone(point) }).await?;
            }
        }
        tx.commit().await.map(drop)
    }

    /// Everything drawn on the map under the stations, by kind and name.
    ///
    /// # Errors
    /// What the database says.
    pub async fn map_features(&self) -> Result<Vec<MapFeature>, StoreError> {
        let query = Select::new("SELECT body FROM map_features").all("ORDER BY kind, name");
        doc::read_all(&self.db().rows(query, "reading the map").await?, "map_features")
    }
}

impl Tx {
    /// Adds or changes a station; journal line `put` of the station.
    ///
    /// # Errors
    /// What the database says.
    pub async fn station_put(&mut self, station: &Station) -> Result<(), StoreError> {
        let query = "INSERT INTO stations (code, body) VALUES ($1, $2)
            ON CONFLICT (code) DO UPDATE SET body = excluded.body";
        let query = sqlx::query(query).bind(station.code.to_string()).bind(doc::write(station)?);
        self.run(query, "putting a station").await?;
        self.change(Change::Station(station.clone()));
        self.line(&Subject::Station(station.code.clone()), "put", json!({ "v": 1, "station": station }))
            .map(drop)
    }

    /// Takes a station out, with its points, their rules and its credentials; its samples stay. Journal
    /// line `delete`.
    ///
    /// # Errors
    /// [`StoreError::Missing`], or what the database says.
    pub async fn station_delete(&mut self, code: &StationCode) -> Result<(), StoreError> {
        let points =
            sqlx::query("SELECT id FROM points WHERE station = $1 ORDER BY id").bind(code.to_string());
        for row in self.rows(points, "reading a station's points").await? {
            self.point_delete(PointId(doc::int(&row, 0)?)).await?;
        }
        self.credentials_delete_of(code).await?;
        let query = sqlx::query("DELETE FROM stations WHERE code = $1").bind(code.to_string());
        if self.run(query, "deleting a station").await? == 0 {
            return Err(StoreError::missing("station", code));
        }
        self.change(Change::StationGone(code.clone()));
        self.line(&Subject::Station(code.clone()), "delete", json!({ "v": 1 })).map(drop)
    }

    /// Adds or changes a point; with id 0 it gets a new one, never used before. Journal line
    /// `point_put` of its station.
    ///
    /// # Errors
    /// What the database says.
    pub async fn point_put(&mut self, point: &Point) -> Result<PointId, StoreError> {
        let id = PointId(self.id_or_next(point.id.0, |heads| &mut heads.point));
        let point = Point { id, ..point.clone() };
        let query = "INSERT INTO points (id, station, body) VALUES ($1, $2, $3)
            ON CONFLICT (id) DO UPDATE SET station = excluded.station, body = excluded.body";
        let query = sqlx::query(query).bind(id.0).bind(point.station.to_string()).bind(doc::write(&point)?);
        self.run(query, "putting a point").await?;
        self.line(&Subject::Station(point.station.clone()), "point_put", json!({ "v": 1, "point": point }))?;
        self.change(Change::Point(point));
        Ok(id)
    }

    /// Adds new points of one station at once: thousands of series that a push source sends for the
    /// first time. They get new ids, in order. One journal line `points_put` of the station.
    ///
    /// # Errors
    /// What the database says.
    pub async fn points_add(
        &mut self,
        station: &StationCode,
        points: Vec<Point>,
    ) -> Result<Vec<Point>, StoreError> {
        let mut added = Vec::with_capacity(points.len());
        for point in points {
            let id = PointId(self.id_or_next(0, |heads| &mut heads.point));
            added.push(Point { id, station: station.clone(), ..point });
        }
        for some in added.chunks(POINTS_A_STATEMENT) {
            let places: Vec<String> = (0..some.len())
                .map(|n| format!("(${}, ${}, ${})", 3 * n + 1, 3 * n + 2, 3 * n + 3))
                .collect();
            let text = format!("INSERT INTO points (id, station, body) VALUES {}", places.join(", "));
            let mut query = sqlx::query(sqlx::AssertSqlSafe(text)).persistent(false);
            for point in some {
                query = query.bind(point.id.0).bind(station.to_string()).bind(doc::write(point)?);
            }
            self.run(query, "adding points").await?;
        }
        for some in added.chunks(POINTS_A_LINE) {
            self.line(&Subject::Station(station.clone()), "points_put", json!({ "v": 1, "points": some }))?;
        }
        for point in &added {
            self.change(Change::PointMade(point.clone()));
        }
        Ok(added)
    }

    /// Takes a point out, with its rules; its samples stay. Journal line `point_delete` of its
    /// station.
    ///
    /// # Errors
    /// [`StoreError::Missing`], or what the database says.
    pub async fn point_delete(&mut self, id: PointId) -> Result<(), StoreError> {
        let row =
            self.row(sqlx::query("SELECT station FROM points WHERE id = $1").bind(id.0), "reading a point");
        let row = row.await?.ok_or_else(|| StoreError::missing("point", id))?;
        let station = StationCode::new(doc::text(&row, 0)?)
            .map_err(|e| StoreError::corrupt("table `points`", format!("row {id}"), e.to_string()))?;
        let rules = sqlx::query("SELECT id FROM rules WHERE point = $1 ORDER BY id").bind(id.0);
        for row in self.rows(rules, "reading a point's rules").await? {
            self.rule_delete(RuleId(doc::int(&row, 0)?)).await?;
        }
        self.run(sqlx::query("DELETE FROM points WHERE id = $1").bind(id.0), "deleting a point").await?;
        self.change(Change::PointGone(id));
        self.line(&Subject::Station(station), "point_delete", json!({ "v": 1, "point": id })).map(drop)
    }

    /// Adds or changes a block; its id is the caller's. Journal line `put` of the block.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] for a broken polygon, or what the database says.
    pub async fn block_put(&mut self, block: &Block) -> Result<(), StoreError> {
        block.ring.check().map_err(|e| {
            StoreError::invalid("putting a block", format!("the polygon of block `{}`: {e}", block.code))
        })?;
        let query = "INSERT INTO blocks (id, body) VALUES ($1, $2)
            ON CONFLICT (id) DO UPDATE SET body = excluded.body";
        self.run(sqlx::query(query).bind(block.id.0).bind(doc::write(block)?), "putting a block").await?;
        self.change(Change::Block(block.clone()));
        self.line(&Subject::Block(block.id), "put", json!({ "v": 1, "block": block })).map(drop)
    }

    /// Adds or changes a town. Journal line `town_put`.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] for a broken polygon, or what the database says.
    pub async fn town_put(&mut self, town: &Town) -> Result<(), StoreError> {
        town.ring.check().map_err(|e| {
            StoreError::invalid("putting a town", format!("the polygon of town `{}`: {e}", town.code))
        })?;
        let query = "INSERT INTO towns (code, body) VALUES ($1, $2)
            ON CONFLICT (code) DO UPDATE SET body = excluded.body";
        self.run(sqlx::query(query).bind(town.code.clone()).bind(doc::write(town)?), "putting a town")
            .await?;
        self.change(Change::Town(town.clone()));
        self.line(&Subject::System, "town_put", json!({ "v": 1, "town": town })).map(drop)
    }

    /// Adds or changes a person; the id is the caller's. Journal line `put` of the person.
    ///
    /// # Errors
    /// [`StoreError::Sql`] when the login is another person's, or what the database says.
    pub async fn person_put(&mut self, person: &Person) -> Result<(), StoreError> {
        let query = "INSERT INTO persons (id, login, body) VALUES ($1, $2, $3)
            ON CONFLICT (id) DO UPDATE SET login = excluded.login, body = excluded.body";
        let query = sqlx::query(query).bind(person.id.0).bind(person.login.clone()).bind(doc::write(person)?);
        self.run(query, "putting a person").await?;
        self.change(Change::Person(person.clone()));
        self.line(&Subject::Person(person.id), "put", json!({ "v": 1, "person": person })).map(drop)
    }

    /// Adds or changes a block's roster. Journal line `roster_put` of the block.
    ///
    /// # Errors
    /// What the database says. Holes and overlaps are the caller's to refuse ([`Roster::faults`]).
    pub async fn roster_put(&mut self, roster: &Roster) -> Result<(), StoreError> {
        let query = "INSERT INTO rosters (block, body) VALUES ($1, $2)
            ON CONFLICT (block) DO UPDATE SET body = excluded.body";
        self.run(sqlx::query(query).bind(roster.block.0).bind(doc::write(roster)?), "putting a roster")
            .await?;
        self.change(Change::Roster(roster.clone()));
        self.line(&Subject::Block(roster.block), "roster_put", json!({ "v": 1, "roster": roster })).map(drop)
    }

    /// Adds or changes a rule; with id 0 it gets a new one, never used before. Journal line `put` of
    /// the rule.
    ///
    /// # Errors
    /// What the database says.
    pub async fn rule_put(&mut self, rule: &RuleSetting) -> Result<RuleId, StoreError> {
        let id = RuleId(self.id_or_next(rule.id.0, |heads| &mut heads.rule));
        let rule = RuleSetting { id, ..rule.clone() };
        let query = "INSERT INTO rules (id, point, body) VALUES ($1, $2, $3)
            ON CONFLICT (id) DO UPDATE SET point = excluded.point, body = excluded.body";
        let query = sqlx::query(query).bind(id.0).bind(rule.point.0).bind(doc::write(&rule)?);
        self.run(query, "putting a rule").await?;
        self.line(&Subject::Rule(id), "put", json!({ "v": 1, "rule": rule }))?;
        self.change(Change::Rule(rule));
        Ok(id)
    }

    /// Takes a rule out; its alarms stay. Journal line `delete` of the rule.
    ///
    /// # Errors
    /// [`StoreError::Missing`], or what the database says.
    pub async fn rule_delete(&mut self, id: RuleId) -> Result<(), StoreError> {
        let query = sqlx::query("DELETE FROM rules WHERE id = $1").bind(id.0);
        if self.run(query, "deleting a rule").await? == 0 {
            return Err(StoreError::missing("rule", id));
        }
        self.change(Change::RuleGone(id));
        self.line(&Subject::Rule(id), "delete", json!({ "v": 1 })).map(drop)
    }

    /// Adds or changes a thing drawn on the map. Journal line `map_put` with its kind and name.
    ///
    /// # Errors
    /// What the database says.
    pub async fn map_feature_put(&mut self, feature: &MapFeature) -> Result<(), StoreError> {
        let query = "INSERT INTO map_features (kind, name, body) VALUES ($1, $2, $3)
            ON CONFLICT (kind, name) DO UPDATE SET body = excluded.body";
        let query = sqlx::query(query)
            .bind(feature.kind.clone())
            .bind(feature.name.clone())
            .bind(doc::write(feature)?);
        self.run(query, "putting a map feature").await?;
        let body = json!({ "v": 1, "kind": feature.kind, "name": feature.name });
        self.line(&Subject::System, "map_put", body).map(drop)
    }
}
