//! Putting the synthetic town into an empty store.

use anyhow::{Result, bail};
use city::Town;
use field::id::RuleId;
use field::rule::RuleSetting;
use field::time::Time;
use serde_json::json;
use store::tables::MapFeature;
use store::{Actor, Store, Tx};

/// Setting that remembers from which seed the town was made.
const SEED: &str = "demo.seed";

/// Makes sure that the store holds the town: puts it into an empty store, refuses any other.
pub(crate) async fn ensure(store: &Store, town: &Town, at: Time) -> Result<()> {
    let known = store.tables.setting(SEED).await?;
    let registry = store.tables.registry();
    match known.as_ref().and_then(serde_json::Value::as_u64) {
        Some(seed) if seed == town.seed => return Ok(()),
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
    tx.commit().await?;
    accounts(store, town).await
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
    stations(tx, town).await
}

async fn stations(tx: &mut Tx, town: &Town) -> Result<()> {
    // Plants, meters and the supply are watched by nobody's default rules: what matters there is not water on roads.
    let apart = || town.utilities.stations.iter().chain(&town.supply.stations);
    for station in apart() {
        tx.station_put(station).await?;
    }
    for station in &town.stations {
        tx.station_put(station).await?;
        let mut headline_is_due = true;
        for point in town.points.iter().filter(|p| p.station == station.code) {
            let id = tx.point_put(point).await?;
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
    for point in town.utilities.points.iter().chain(&town.supply.points) {
        tx.point_put(point).await?;
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
