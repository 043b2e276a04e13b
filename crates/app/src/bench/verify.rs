//! Whether everything that was confirmed is in the store: asked of the data directory after its
//! server has ended.

use super::ground::depth_point;
use anyhow::{Context, Result};
use city::load::Report;
use field::time::Time;
use serde::Serialize;
use std::path::Path;
use store::tables::AlarmFilter;
use store::{Options, Store};

/// Alarms read at once.
const PAGE: usize = 500;
/// Reports of one station in one load, at most; more is counted as too many.
const MOST_REPORTS: usize = 100_000;

/// What is in the store, and what is not.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Stored {
    /// Reports the stations were told are kept.
    pub(crate) confirmed: u64,
    /// Reports found.
    pub(crate) found: u64,
    /// Confirmed and not found.
    pub(crate) lost: u64,
    /// Packets in the log.
    pub(crate) packets: u64,
    /// Readings that came twice and were kept once.
    pub(crate) duplicates: u64,
    /// Bytes of the samples log.
    pub(crate) bytes: u64,
    /// Alarms, open and closed.
    pub(crate) alarms: u64,
    /// Orders.
    pub(crate) orders: u64,
    /// Deliveries by state.
    pub(crate) deliveries: std::collections::BTreeMap<&'static str, i64>,
}

/// Looks into the data directory for the reports of these loads, which were played one after the
/// other with observation times that do not meet.
pub(crate) async fn stored(dir: &Path, loads: &[&Report]) -> Result<Stored> {
    let store = Store::open(Options { read_only: true, ..Options::new(dir) }).await?;
    let mut stored = Stored::default();
    for (place, load) in loads.iter().enumerate() {
        let until = loads.get(place + 1).map_or(Time::MAX, |next| next.observed_from);
        for (n, confirmed) in (0..).zip(&load.confirmed_of) {
            let point =
                depth_point(&store, n).with_context(|| format!("load station {n} is not registered"))?;
            let found =
                store.samples.range(point, load.observed_from, until, MOST_REPORTS).await?.len() as u64;
            let confirmed = u64::from(*confirmed);
            stored.confirmed += confirmed;
            stored.found += found;
            stored.lost += confirmed.saturating_sub(found);
        }
    }
    let stats = store.samples.stats();
    stored.packets = stats.packets;
    stored.duplicates = stats.duplicates;
    stored.bytes = stats.bytes;
    stored.alarms = alarms(&store).await?;
    stored.orders = orders(&store).await?;
    for count in store.tables.delivery_counts().await? {
        *stored.deliveries.entry(count.state.code()).or_default() += count.count;
    }
    store.close().await;
    Ok(stored)
}

async fn alarms(store: &Store) -> Result<u64> {
    let mut filter = AlarmFilter { limit: PAGE, ..AlarmFilter::default() };
    let mut count = 0;
    loop {
        let page = store.tables.alarms(&filter).await?;
        count += page.len() as u64;
        let Some(last) = page.last() else { return Ok(count) };
        filter.before_id = Some(last.id);
    }
}

async fn orders(store: &Store) -> Result<u64> {
    let mut filter = store::tables::OrderFilter { limit: PAGE, ..Default::default() };
    let mut count = 0;
    loop {
        let page = store.tables.orders(&filter).await?;
        count += page.len() as u64;
        let Some(last) = page.last() else { return Ok(count) };
        filter.before_id = Some(last.id);
    }
}
