//! One storm without a screen: played to its end, until the last order is closed, then judged.

use super::child::City;
use crate::after_action::{self, Figures};
use crate::assembly::Running;
use crate::out;
use anyhow::{Context, Result, bail};
use city::storm::Storm;
use field::clock::Clock;
use field::time::{HOUR_MS, MINUTE_MS, Time};
use std::path::Path;
use std::time::{Duration, Instant};
use store::playback::Playback;

/// How long after the storm's end people may still be at work, demo time.
const AFTERWARDS_MS: i64 = 12 * HOUR_MS;
/// And how long at least by the machine's own time: on a slow one, hours of the demo pass between two
/// steps of its people.
const AFTERWARDS: Duration = Duration::from_secs(300);
/// A reading younger than this may still be on its way, demo time.
const UNDER_WAY_MS: i64 = 15 * MINUTE_MS;
/// How many looks the readings on their way get to arrive, once time stands still.
const QUIET_TRIES: u32 = 60;
/// Looks in a row that find nothing new: a poll that was kept has told its device by then.
const QUIET: u32 = 4;
/// How often progress is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Plays the storm and writes its figures; `false` when something was lost or left open.
pub(super) async fn play(
    running: &Running,
    playback: &Playback,
    city: &City,
    storm: &Storm,
    json: Option<&Path>,
) -> Result<bool> {
    let began = playback.state().storm_began_at.context("no storm is being played")?;
    let end = began.plus_ms(storm.minutes() * MINUTE_MS);
    let stop = crate::assembly::asked_to_stop();
    tokio::pin!(stop);
    let (mut shown, mut ended) = (0, None);
    loop {
        tokio::select! {
            () = &mut stop => bail!("stopped before the storm was over"),
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
        playback.save(&running.store.tables).await?;
        if running.is_ill() {
            bail!("a desk stopped by itself; the log says why");
        }
        let now = playback.now();
        if now >= end && playback.state().storm.is_some() {
            playback.stop_storm();
        }
        shown = progress(began, now, end, shown);
        if now < end {
            continue;
        }
        let waited = ended.get_or_insert_with(Instant::now).elapsed();
        let is_late = now >= end.plus_ms(AFTERWARDS_MS) && waited >= AFTERWARDS;
        if is_late || is_over(running, city, now).await? {
            break;
        }
    }
    // Time stands still while the books are compared, else a reading on its way is in one of them only.
    playback.pause(true);
    arrivals(running, city).await?;
    let sent = city.ledger(false).await.context("reading the stations' ledger")?;
    let figures =
        after_action::figures(&running.store, (began, playback.now()), recorded(storm, began), Some(&sent))
            .await?;
    write(&figures, json)?;
    let faults = figures.faults();
    for (count, what) in &faults {
        out::note(format_args!("{count} {what}"));
    }
    Ok(faults.is_empty())
}

/// Waits until what is on its way has arrived and is confirmed.
async fn arrivals(running: &Running, city: &City) -> Result<()> {
    let (mut head, mut quiet) = (running.store.samples.head(), 0);
    for _ in 0..QUIET_TRIES {
        tokio::time::sleep(LOOK_EVERY).await;
        let before = std::mem::replace(&mut head, running.store.samples.head());
        let is_still = before == head && city.ledger(true).await?.is_empty();
        quiet = if is_still { quiet + 1 } else { 0 };
        if quiet == QUIET {
            break;
        }
    }
    Ok(())
}

/// The storm's recorded hours, as they were played.
pub(super) fn recorded(storm: &Storm, began: Time) -> (Time, Time) {
    let moved_ms = began.since_ms(storm.starts_at());
    (storm.rain_from.plus_ms(moved_ms), storm.rain_to.plus_ms(moved_ms))
}

/// No order open, no alarm open, and nothing older than a report's way waits in a station's memory.
async fn is_over(running: &Running, city: &City, now: Time) -> Result<bool> {
    let tables = &running.store.tables;
    if !tables.open_orders().await?.is_empty() || !tables.open_alarms().await?.is_empty() {
        return Ok(false);
    }
    let unconfirmed = city.ledger(true).await?;
    Ok(unconfirmed.iter().all(|reading| now.since_ms(reading.observed_at) < UNDER_WAY_MS))
}

/// Says every tenth of the storm on standard error.
fn progress(began: Time, now: Time, end: Time, shown: i64) -> i64 {
    let tenth = (now.since_ms(began) * 10 / end.since_ms(began).max(1)).min(10);
    if tenth > shown {
        out::note(format_args!("{now}  {} % of the storm", tenth * 10));
    }
    tenth.max(shown)
}

fn write(figures: &Figures, json: Option<&Path>) -> Result<()> {
    let text = serde_json::to_string_pretty(figures)?;
    match json {
        None => out::line(text),
        Some(path) => {
            std::fs::write(path, text + "\n").with_context(|| format!("writing `{}`", path.display()))
        }
    }
}
