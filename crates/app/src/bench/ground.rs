//! Data directories to measure on: the demo's town with load stations in its blocks.

use crate::out;
use anyhow::{Context, Result};
use city::Town;
use city::load::{Listed, THRESHOLDS, stations};
use field::clock::Clock;
use field::id::{PointId, RuleId, StationCode};
use field::rule::RuleSetting;
use field::station::{Station, StationKind};
use field::time::Time;
use serde_json::json;
use std::path::{Path, PathBuf};
use store::playback::SystemClock;
use store::{Actor, Options, Store, Tx};
use tempfile::TempDir;

/// Where everything measured is kept: on a disk, not in memory.
const HOME: &str = "target/bench-data";
/// Seed of the town.
pub(crate) const SEED: u64 = 330_782;
/// Stations put into the registry in one transaction.
const STATIONS_AT_ONCE: usize = 500;

/// Which rules watch the load stations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rules {
    /// What a new station gets: level, rise, jump, stuck, silent, battery.
    Default,
    /// Only the four colours of the level: one alarm at a time.
    Level,
}

/// Where benchmarks keep their data; made when absent.
pub(crate) fn home() -> Result<PathBuf> {
    std::fs::create_dir_all(HOME).with_context(|| format!("making `{HOME}`"))?;
    Ok(PathBuf::from(HOME))
}

/// A folder of its own for one benchmark; gone when dropped.
pub(crate) fn folder() -> Result<TempDir> {
    Ok(tempfile::Builder::new().prefix("bench-").tempdir_in(home()?)?)
}

/// Makes a data directory with the town's people and blocks and `count` load stations.
pub(crate) async fn seed(dir: &Path, count: u32, interval_s: u32, rules: Rules) -> Result<Town> {
    let clock = SystemClock::default();
    let whole = Town::generate(SEED)?;
    // The demo's own 80 stations stay out: nobody plays them here, and silence raises alarms.
    let town = Town { stations: vec![], points: vec![], thresholds: vec![], ..whole };
    let store = Store::open(Options::new(dir)).await?;
    crate::demo::seed::ensure(&store, &town, clock.now()).await?;
    let listed = stations(count, interval_s, &town.blocks);
    for some in listed.chunks(STATIONS_AT_ONCE) {
        let mut tx = store.tables.begin(Actor::Desk("import"), clock.now()).await?;
        for one in some {
            put(&mut tx, one, rules).await?;
        }
        tx.commit().await?;
    }
    store.close().await;
    Ok(town)
}

/// Makes a data directory with `count` SL 651 stations and as many MQTT sensors, whose values nobody
/// judges: what is measured is the way into the store.
pub(crate) async fn seed_devices(dir: &Path, count: u32, interval_s: u32) -> Result<()> {
    let town = seed(dir, count, interval_s, Rules::Level).await?;
    let clock = SystemClock::default();
    let store = Store::open(Options::new(dir)).await?;
    for some in city::load::sensors(count, interval_s, &town.blocks).chunks(STATIONS_AT_ONCE) {
        let mut tx = store.tables.begin(Actor::Desk("import"), clock.now()).await?;
        for one in some {
            tx.station_put(&one.station).await?;
            for point in &one.points {
                tx.point_put(point).await?;
            }
        }
        tx.commit().await?;
    }
    store.close().await;
    Ok(())
}

/// Makes a data directory with one station of a supply network, to which pushed series belong. (Points of
/// other kinds of station are given default rules when they are made, which no time-series database has.)
pub(crate) async fn seed_push(dir: &Path, code: &StationCode) -> Result<()> {
    seed(dir, 1, 60, Rules::Level).await?;
    let store = Store::open(Options::new(dir)).await?;
    let registry = store.tables.registry();
    let station = registry.station(code).context("the load's first station is not registered")?;
    let station = Station { kind: StationKind::Supply, ..Station::clone(station) };
    let mut tx = store.tables.begin(Actor::Desk("import"), SystemClock::default().now()).await?;
    tx.station_put(&station).await?;
    tx.commit().await?;
    store.close().await;
    Ok(())
}

async fn put(tx: &mut Tx, one: &Listed, rules: Rules) -> Result<()> {
    tx.station_put(&one.station).await?;
    for (n, point) in one.points.iter().enumerate() {
        let mut point = point.clone();
        point.id = tx.point_put(&point).await?;
        for (kind, params) in rules_of(one, &point, n == 0, rules) {
            tx.rule_put(&RuleSetting { id: RuleId(0), point: point.id, kind, params, enabled: true }).await?;
        }
    }
    Ok(())
}

fn rules_of(
    one: &Listed,
    point: &field::station::Point,
    is_headline: bool,
    rules: Rules,
) -> Vec<(String, serde_json::Value)> {
    match rules {
        Rules::Default => {
            let thresholds = is_headline.then_some(THRESHOLDS);
            let rules = alarm::defaults_with(&one.station, point, is_headline, thresholds);
            rules.into_iter().map(|rule| (rule.kind.to_owned(), rule.params)).collect()
        }
        // Every point needs a rule, or the alarm desk gives it the default ones.
        Rules::Level if is_headline => {
            vec![(
                "level_high".to_owned(),
                json!({ "thresholds": THRESHOLDS, "hysteresis": 0.03, "delay_s": 0 }),
            )]
        }
        Rules::Level => vec![("silent".to_owned(), json!({ "missed": 1_000 }))],
    }
}

/// The id of a load station's depth point.
pub(crate) fn depth_point(store: &Store, n: u32) -> Option<PointId> {
    let registry = store.tables.registry();
    registry.point_for_element(&city::load::code(n)?, "39").map(|point| point.id)
}

/// The machine's time, to the minute.
pub(crate) fn this_minute() -> Time {
    let now = SystemClock::default().now();
    Time::from_ms(now.ms().div_euclid(field::time::MINUTE_MS) * field::time::MINUTE_MS)
}

/// Prints the load stations as `zhizhen stations import` takes them: in one block, or with an empty
/// name each in the block that holds its place in the demo's town.
pub(crate) fn print_registry(count: u32, block: &str) -> Result<()> {
    out::line("code,name,name_en,kind,lon,lat,block,report_interval_s,points")?;
    let town = Town::generate(SEED)?;
    for one in stations(count, 60, &town.blocks) {
        let s = &one.station;
        let points: Vec<String> = one
            .points
            .iter()
            .map(|p| format!("{}:{}:{}:{}", p.quantity.code(), p.elements.join("+"), p.min, p.max))
            .collect();
        let (lon, lat) = (s.position.lon, s.position.lat);
        out::line(format_args!(
            "{},{},{},{},{lon:.6},{lat:.6},{block},{},{}",
            s.code,
            s.name,
            s.name_en,
            s.kind.code(),
            s.report_interval_s,
            points.join(";")
        ))?;
    }
    Ok(())
}
