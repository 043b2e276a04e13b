//! 回放: what a rule would have found over stored history. Touches nothing that is live.
//!
//! The same machine as the desk's, over the same packets in the same order, with the same wakings:
//! for a rule as it was set, over a stretch in which nobody changed it or its station, the answer
//! is exactly what the desk found (tested).

use crate::evaluator::{Evaluator, Transition};
use crate::plan::{Unwatchable, Watched};
use crate::{marks, past};
use field::id::{PacketSeq, PointId};
use field::rule::RuleSetting;
use field::time::{DAY_MS, Time};
use store::{Batch, Store, StoreError};

/// Longest stretch replayed at once.
pub const MAX_SPAN_MS: i64 = 31 * DAY_MS;
/// Most transitions answered: more means thresholds nobody would set.
pub const MAX_TRANSITIONS: usize = 10_000;
/// Most packets walked over: some minutes of work.
const MAX_PACKETS: i64 = 20_000_000;
/// Judged before the stretch begins, so that what holds at its beginning is known.
const RUN_UP_MS: i64 = DAY_MS;
/// Packets read at once.
const BATCH: usize = 2_048;

/// Why a rule cannot be replayed.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The setting cannot be read.
    #[error(transparent)]
    Setting(#[from] Unwatchable),
    /// Its point is not registered.
    #[error("there is no point {0}: the rule watches nothing")]
    NoPoint(PointId),
    /// The stretch is empty or longer than [`MAX_SPAN_MS`].
    #[error("a replay spans 1 ms to 31 days, not {from} to {to}")]
    BadSpan {
        /// Its beginning.
        from: Time,
        /// Its end.
        to: Time,
    },
    /// Too much happened in the stretch.
    #[error("{packets} packets lie in this stretch; at most 20 million are replayed at once: ask for less")]
    TooMuch {
        /// How many packets.
        packets: i64,
    },
}

/// What a rule, as set in `setting`, finds in what was received in `from..=to`; in order, at most
/// [`MAX_TRANSITIONS`].
///
/// # Errors
/// [`ReplayError`] when the setting, the stretch or the store will not do.
pub async fn replay(
    store: &Store,
    setting: &RuleSetting,
    from: Time,
    to: Time,
) -> Result<Vec<Transition>, ReplayError> {
    if !(1..=MAX_SPAN_MS).contains(&to.since_ms(from)) {
        return Err(ReplayError::BadSpan { from, to });
    }
    let registry = store.tables.registry();
    let point = registry.point(setting.point).ok_or(ReplayError::NoPoint(setting.point))?;
    let station = registry.station(&point.station).ok_or(ReplayError::NoPoint(setting.point))?;
    let watched = Watched::read(setting, point, station)?;
    let mut evaluator = Evaluator::default();
    let reach_ms = evaluator.watch(&[watched]).iter().map(|(_, keep_ms)| *keep_ms).max().unwrap_or(0);
    let begin = from.plus_ms(-reach_ms - RUN_UP_MS);
    for mark in marks::read(&store.tables).await? {
        evaluator.wake(mark);
    }
    let head = store.samples.head();
    let mut after = past::before(&store.samples, begin, head).await?;
    let last = past::before(&store.samples, to, head).await?;
    if last.0 - after.0 > MAX_PACKETS {
        return Err(ReplayError::TooMuch { packets: last.0 - after.0 });
    }
    let mut found = vec![];
    while let Some((batches, next)) = next_batch(store, after, head).await? {
        after = next;
        let past_end = batches.iter().all(|batch| batch.received_at() > to);
        for batch in batches.iter().filter(|batch| batch.received_at() <= to) {
            for packet in batch.by_station(&registry).iter().filter(|p| p.packet.station == station.code) {
                evaluator.apply(packet, &mut found);
            }
        }
        found.retain(|t| t.at >= from);
        if found.len() > MAX_TRANSITIONS || past_end {
            break;
        }
    }
    evaluator.tick(to, &mut found);
    found.retain(|t| t.at >= from && t.at <= to);
    found.truncate(MAX_TRANSITIONS);
    Ok(found)
}

async fn next_batch(
    store: &Store,
    after: PacketSeq,
    head: PacketSeq,
) -> Result<Option<(Vec<Batch>, PacketSeq)>, StoreError> {
    if after >= head {
        return Ok(None);
    }
    let batches = store.samples.batches_after(after, BATCH).await?;
    Ok(batches.last().map(Batch::seq).map(|next| (batches, next)))
}
