//! 预报评分: storms played through the twin of the demo's town, report by report, and how its forecasts did
//! beside persistence, by the twin's own score.
//!
//! Every storm has a town of its own, with other sewers and other wear, and its truth is computed by `city`
//! on the worn sewers; the twin sees what healthy instruments report of it and its model, nothing else.

mod play;
mod table;

use super::figures::{Outcome, Target};
use crate::cli::BenchArgs;
use anyhow::{Context, Result};
use city::Town;
use city::storm::{Rainfall, STORMS, Storm};
use play::{Play, Played};
use serde_json::json;
use table::{Row, pooled};
use tokio::task::JoinSet;

/// Minutes of a drawn storm that are played beside its rain: half an hour before it, and after it until two
/// dry hours have ended the event.
const BESIDE_MIN: i64 = 190;
/// The lead time whose skill is a target, minutes.
const LEAD_MIN: u16 = 60;

/// Plays the storms asked for and adds up the scores.
pub(super) async fn run(args: &BenchArgs) -> Result<Outcome> {
    let mut plays = JoinSet::new();
    for (n, storm) in storms(args).into_iter().enumerate() {
        let every_min = args.every;
        plays.spawn(async move { (n, one(storm, every_min).await) });
    }
    let mut played = Vec::new();
    while let Some(ended) = plays.join_next().await {
        let (n, result) = ended.context("a storm broke off")?;
        played.push((n, result?));
    }
    played.sort_by_key(|(n, _)| *n);
    let played: Vec<Played> = played.into_iter().map(|(_, played)| played).collect();
    let rows = pooled(&played);
    table::print(&rows)?;
    Ok(Outcome { targets: targets(&rows), figures: json!({ "storms": played, "stations": rows }) })
}

/// What is played: the rain's seed or the recorded storm, and the town's seed.
enum Asked {
    Recorded { storm: &'static Storm, town: u64 },
    Drawn { seed: u64, town: u64, minutes: u32 },
}

fn storms(args: &BenchArgs) -> Vec<Asked> {
    let recorded =
        STORMS.iter().filter(|_| args.recorded).map(|storm| Asked::Recorded { storm, town: args.seed });
    let drawn = (0..u64::from(args.storms)).map(|n| {
        let seed = args.seed + n;
        Asked::Drawn { seed, town: seed, minutes: args.rain }
    });
    recorded.chain(drawn).collect()
}

async fn one(asked: Asked, every_min: u32) -> Result<Played> {
    let (name, seed) = match &asked {
        Asked::Recorded { storm, town } => (storm.id.to_owned(), *town),
        Asked::Drawn { seed, town, .. } => (format!("drawn {seed}"), *town),
    };
    let town = Town::generate(seed)?;
    let (rain, minutes) = match asked {
        Asked::Recorded { storm, .. } => (Rainfall::of(storm, &town), storm.minutes()),
        Asked::Drawn { seed, minutes, .. } => {
            (Rainfall::drawn(seed, &town, minutes), i64::from(minutes) + BESIDE_MIN)
        }
    };
    Play::new(name, town, rain).await?.through(minutes, every_min.max(1)).await
}

fn targets(rows: &[Row]) -> Vec<Target> {
    let skills = rows.iter().flat_map(|row| &row.leads).filter(|lead| lead.lead_min == LEAD_MIN);
    let mut skills: Vec<f64> = skills.filter_map(|lead| lead.skill).collect();
    skills.sort_by(f64::total_cmp);
    let median = skills.get(skills.len() / 2).copied().unwrap_or(f64::NEG_INFINITY);
    vec![Target::at_least("skill of the forecast of an hour, median of the stations", 0.3, median, "")]
}
