//! 健康: which part is ill, and why. Codes and figures, no sentences.

use crate::app::{App, Lent};
use crate::views::overview::{HealthView, PartHealth};
use field::message::DeliveryState;
use serde_json::{Value, json};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A write that takes longer means a sick disk.
const SLOW_WRITE: Duration = Duration::from_secs(2);
/// Packets the alarm desk may be behind: the 2,000 it may leave unwritten, and three seconds of the
/// highest rate we promise.
const ALARM_LAG_MAX: i64 = 12_000;
/// Lines the dispatch desk may be behind: twice what it may leave unwritten.
const DISPATCH_LAG_MAX: i64 = 5_000;
/// The setting the probe writes.
const PROBE: &str = "health_probe";

/// How every part is, at most a moment old: anyone may ask, and asking writes.
pub(crate) async fn check(app: &App) -> HealthView {
    let Ok(kept) = app.health.or_compute(async { Ok::<_, Infallible>(compute(app).await) }).await;
    (*kept).clone()
}

async fn compute(app: &App) -> HealthView {
    let mut parts = vec![store(app).await, alarm(app).await, dispatch(app).await];
    parts.extend(app.probes.iter().map(|probe| probe(())));
    HealthView { ok: parts.iter().all(|p| p.ok), parts, version: env!("CARGO_PKG_VERSION").to_owned() }
}

fn part(name: &str, code: &str, facts: Value) -> PartHealth {
    PartHealth { part: name.to_owned(), ok: code == "ok", code: code.to_owned(), facts }
}

/// Writes a setting and says how long it took.
async fn store(app: &App) -> PartHealth {
    let begun = Instant::now();
    let wrote = app.store.tables.setting_keep(PROBE, &json!({ "at": app.wall.now() })).await;
    let took = begun.elapsed();
    let stats = app.store.samples.stats();
    let facts = json!({
        "write_ms": took.as_millis(), "packets": stats.packets, "readings": stats.readings,
        "duplicates": stats.duplicates, "corrections": stats.corrections, "bytes": stats.bytes,
        "journal": app.store.tables.journal_head(),
    });
    match wrote {
        Err(store::StoreError::Full { .. }) => part("store", "disk_full", facts),
        Err(error) => {
            tracing::error!(%error, "the store's probe failed");
            part("store", "write_failed", facts)
        }
        Ok(()) if !app.store.samples.is_writing() => part("store", "samples_stopped", facts),
        Ok(()) if took > SLOW_WRITE => part("store", "slow", facts),
        Ok(()) => part("store", "ok", facts),
    }
}

async fn alarm(app: &App) -> PartHealth {
    let head = app.store.samples.head().0;
    match app.store.tables.cursor("alarm").await {
        Ok(seen) => {
            let behind = (head - seen).max(0);
            let code = if behind > ALARM_LAG_MAX { "behind" } else { "ok" };
            part("alarm", code, json!({ "behind_packets": behind }))
        }
        Err(_) => part("alarm", "unknown", json!({})),
    }
}

async fn dispatch(app: &App) -> PartHealth {
    let head = app.store.tables.journal_head().0;
    let (cursor, counts) =
        (app.store.tables.cursor("dispatch").await, app.store.tables.delivery_counts().await);
    let (Ok(seen), Ok(counts)) = (cursor, counts) else { return part("dispatch", "unknown", json!({})) };
    let behind = (head - seen).max(0);
    let waiting: i64 = counts.iter().filter(|c| c.state == DeliveryState::Waiting).map(|c| c.count).sum();
    let code = if behind > DISPATCH_LAG_MAX { "behind" } else { "ok" };
    part("dispatch", code, json!({ "behind_lines": behind, "waiting": waiting }))
}

/// Room on the disk below which whoever runs it should act: a day of ten thousand stations.
const DISK_LOW: u64 = 2 * 1024 * 1024 * 1024;

/// How much room the disk that holds `dir` has left, as a part of [`crate::Parts::probes`].
pub fn disk_probe(dir: std::path::PathBuf) -> Lent<(), PartHealth> {
    Arc::new(move |()| match free_bytes(&dir) {
        Ok(free) => part("disk", if free < DISK_LOW { "low" } else { "ok" }, json!({ "free_bytes": free })),
        Err(error) => part("disk", "unknown", json!({ "error": error.to_string() })),
    })
}

#[cfg(unix)]
fn free_bytes(dir: &std::path::Path) -> std::io::Result<u64> {
    let stat = rustix::fs::statvfs(dir)?;
    Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
}

/// Elsewhere nobody is warned; a full disk itself is still told by every write.
#[cfg(not(unix))]
fn free_bytes(_: &std::path::Path) -> std::io::Result<u64> {
    Ok(u64::MAX)
}

/// Figures that are read rather than counted, set just before they are rendered.
pub(crate) fn gauges(app: &App) {
    let stats = app.store.samples.stats();
    let screens = crate::stream::SCREENS_MAX - app.screens.available_permits();
    let set = |name: &'static str, value: f64| metrics::gauge!(name).set(value);
    set("zhizhen_packets", stats.packets as f64);
    set("zhizhen_readings", stats.readings as f64);
    set("zhizhen_readings_duplicated", stats.duplicates as f64);
    set("zhizhen_readings_corrected", stats.corrections as f64);
    set("zhizhen_samples_bytes", stats.bytes as f64);
    set("zhizhen_journal_lines", app.store.tables.journal_head().0 as f64);
    set("zhizhen_screens", screens as f64);
}
