//! Putting the synthetic town into an empty store, and what it has got since into one of before.

use anyhow::{Result, bail};
use city::Town;
use field::id::{PointId, RuleId, StationCode};
use field::rule::RuleSetting;
use field::station::{Point, Station};
use field::time::Time;
use serde_json::json;
use std::collections::BTreeSet;
use store::tables::MapFeature;
use store::{Actor, Store, Tx};

/// Setting that remembers from which seed the town was made.
const SEED: &str = "demo.seed";
/// Setting that remembers which of its stations were ever put: who takes one away does not get it again.
const STATIONS: &str = "demo.stations";

/// Makes sure that the store holds the town: puts it into an empty store, adds the stations it has got since to
/// one of before, refuses any other.
pub(crate) async fn ensure(store: &Store, town: &Town, at: Time) -> Result<()> {
    let known = store.tables.setting(SEED).await?;
    let registry = store.tables.registry();
    match known.as_ref().and_then(serde_json::Value::as_u64) {
        Some(seed) if seed == town.seed => return grow(store, town, at).await,
        Some(seed) => bail!(
            "the data directory holds the demo town of seed {seed}; start with --seed {seed}, or name another --data DIR"
        ),
        None if !registry.stations().is_empty() || !registry.blocks().is_empty() => {
            bail!(
                "the data directory holds a real registry; the demo does not mix with it: name another --data DIR"
            )
        }
        None => {}
    }
    let mut tx = store.tables.begin(Actor::Desk("import"), at).await?;
    put(&mut tx, town).await?;
    tx.setting_put(SEED, &json!(town.seed)).await?;
    tx.setting_put(STATIONS, &json!(all_stations(town).map(|s| &s.code).collect::<Vec<_>>())).await?;
    tx.commit().await?;
    accounts(store, town).await
}

fn all_stations(town: &Town) -> impl Iterator<Item = &Station> {
    town.stations.iter().chain(apart(town))
}

/// Plants, meters and the supply are watched by nobody's default rules: what matters there is not water on roads.
fn apart(town: &Town) -> impl Iterator<Item = &Station> {
    town.utilities.stations.iter().chain(&town.supply.stations)
}

/// Puts the stations that the town has got since; their points have the next numbers there are.
async fn grow(store: &Store, town: &Town, at: Time) -> Result<()> {
    let put = store.tables.setting(STATIONS).await?;
    let put: BTreeSet<StationCode> = put.map(serde_json::from_value).transpose()?.unwrap_or_default();
    let known = |code: &StationCode| put.contains(code) || store.tables.registry().station(code).is_some();
    let all: Vec<_> = all_stations(town).map(|station| &station.code).collect();
    if all.iter().all(|code| put.contains(*code)) {
        return Ok(());
    }
    let mut tx = store.tables.begin(Actor::Desk("import"), at).await?;
    stations(&mut tx, town, |code| !known(code), |_| PointId(0)).await?;
    tx.setting_put(STATIONS, &json!(all)).await?;
    tx.commit().await?;
    Ok(())
}

async fn put(tx: &mut Tx, town: &Town) -> Result<()> {
    for person in &town.persons {
        tx.person_put(person).await?;
    }
    for subdistrict in &town.towns {
        tx.town_put(subdistrict).await?;
    }
    for block in &town.blocks {
        tx.block_put(block).await?;
    }
    for roster in &town.rosters {
        tx.roster_put(roster).await?;
    }
    for feature in &town.features {
        tx.map_feature_put(&MapFeature {
            kind: feature.kind.code().to_owned(),
            name: feature.name.clone(),
            name_en: feature.name_en.clone(),
            geometry: feature.geometry.clone(),
            width_m: feature.width_m,
        })
        .await?;
    }
    stations(tx, town, |_| true, |point| point.id).await
}

/// Puts the stations that are wanted, with their points under such numbers and their default rules.
async fn stations(
    tx: &mut Tx,
    town: &Town,
    wanted: impl Fn(&StationCode) -> bool,
    number: impl Fn(&Point) -> PointId,
) -> Result<()> {
    let numbered = |point: &Point| Point { id: number(point), ..point.clone() };
    for station in apart(town).filter(|s| wanted(&s.code)) {
        tx.station_put(station).await?;
    }
    for station in town.stations.iter().filter(|s| wanted(&s.code)) {
        tx.station_put(station).await?;
        let mut headline_is_due = true;
        for point in town.points.iter().filter(|p| p.station == station.code) {
            let id = tx.point_put(&numbered(point)).await?;
            let is_headline = headline_is_due && point.quantity.is_headline();
            headline_is_due &= !is_headline;
            let thresholds = town.thresholds.iter().find(|(p, _)| *p == point.id).map(|(_, t)| *t);
            for rule in alarm::defaults_with(station, point, is_headline, thresholds) {
                let kind = rule.kind.to_owned();
                let setting =
                    RuleSetting { id: RuleId(0), point: id, kind, params: rule.params, enabled: true };
                tx.rule_put(&setting).await?;
            }
        }
    }
    let apart = town.utilities.points.iter().chain(&town.supply.points);
    for point in apart.filter(|p| wanted(&p.station)) {
        tx.point_put(&numbered(point)).await?;
    }
    Ok(())
}

/// Every demo login has the same password, so it is hashed once.
async fn accounts(store: &Store, town: &Town) -> Result<()> {
    let hash = api::hash_password(city::town::DEMO_PASSWORD)?;
    for login in &town.logins {
        store.tables.account_set(login.person, &hash).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use store::Options;

    #[tokio::test]
    async fn a_town_of_before_gets_the_stations_it_lacks_once() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(Options::new(dir.path())).await.unwrap();
        let town = Town::generate(330_782).unwrap();
        let at = Time::from_ms(0);
        ensure(&store, &town, at).await.unwrap();
        let registry = || store.tables.registry();
        let (stations, points) = (registry().stations().len(), registry().points().len());
        let (late, last) = (&town.utilities.stations[0].code, &town.stations[0].code);
        // As a program left it that did not know two of them.
        let mut tx = store.tables.begin(Actor::Desk("import"), at).await.unwrap();
        for code in [late, last] {
            tx.station_delete(code).await.unwrap();
        }
        tx.setting_put(STATIONS, &json!([])).await.unwrap();
        tx.commit().await.unwrap();
        ensure(&store, &town, at).await.unwrap();
        assert_eq!((registry().stations().len(), registry().points().len()), (stations, points));
        let all = town.points.iter().chain(&town.utilities.points).chain(&town.supply.points);
        let most = all.map(|p| p.id).max().unwrap();
        for code in [late, last] {
            assert!(registry().points_of(code).iter().all(|p| p.id > most));
        }
        assert!(registry().rules().values().any(|r| r.point == registry().points_of(last)[0].id));
        // Whoever takes one away then does not get it again.
        let mut tx = store.tables.begin(Actor::Desk("import"), at).await.unwrap();
        tx.station_delete(late).await.unwrap();
        tx.commit().await.unwrap();
        ensure(&store, &town, at).await.unwrap();
        assert!(registry().station(late).is_none());
        store.close().await;
    }
}
