//! 补读: what a server's history holds of a gap, and a fresh read of every node.
//!
//! What is had twice costs nothing: the store knows a value by its point and time.

use super::maps::Items;
use super::session::sentence;
use super::way::{Published, Way};
use crate::hub::Hub;
use ::opcua::client::{HistoryReadAction, Session};
use ::opcua::types::{
    ByteString, DataValue, DateTime, HistoryData, HistoryReadResult, HistoryReadValueId, NodeId,
    ReadRawModifiedDetails, ReadValueId, StatusCode, TimestampsToReturn,
};
use field::time::Time;
use std::collections::HashMap;

/// A gap is filled at most so far back.
const FAR_MS: i64 = 7 * 86_400_000;
/// 新点: of a node of which nothing was kept yet, the history is read from so long before the start of the
/// program on: what it held while the first session came about is not lost.
pub(super) const NEW_MS: i64 = 3_600_000;
/// Values asked of a node at once, and nodes asked at once.
const VALUES_AT_ONCE: u32 = 1_000;
const NODES_AT_ONCE: usize = 20;
/// Nodes read at once.
const READ_AT_ONCE: usize = 500;
/// Answers to one request and its continuations: a week of values every second of twenty nodes.
const MOST_PAGES: usize = 605;
/// A server's clock may run ahead of ours.
const AHEAD_MS: i64 = 86_400_000;

/// Since when each node is not known; a node that feeds no point has no gap.
pub(super) type Gaps = HashMap<NodeId, Time>;

/// Before this, no gap is filled.
pub(super) fn far(hub: &Hub) -> Time {
    hub.intake.now().plus_ms(-FAR_MS)
}

/// The gaps as the store sees them: since the newest kept value of each node, or since `new_since` where there
/// is none. Values that still wait for the store make none of them begin too late.
pub(super) fn gaps(items: &Items, hub: &Hub, new_since: Time) -> Gaps {
    let far = far(hub);
    let mut gaps = Gaps::new();
    for item in &items.all {
        if !hub.intake.feeds(&item.station, &item.element) {
            continue;
        }
        let at = hub.intake.newest(&item.station, &item.element).unwrap_or(new_since);
        let since = gaps.entry(item.node.clone()).or_insert(at);
        *since = at.min(*since).max(far);
    }
    gaps
}

/// What a history said.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Had {
    /// Values that came.
    pub values: usize,
    /// Nodes that have no history.
    pub without: usize,
}

/// Passes on what the history holds since the gaps began.
///
/// # Errors
/// A sentence: the server did not answer all of it, or the way to the store is closed. Then nothing is known
/// of what came after the values that were passed on.
pub(super) async fn fetch(session: &Session, gaps: &Gaps, hub: &Hub, way: &Way) -> Result<Had, String> {
    let end = stamp(hub.intake.now().plus_ms(AHEAD_MS));
    let mut had = Had::default();
    // Nodes that begin at the same time are asked together.
    let mut by_start: HashMap<i64, Vec<&NodeId>> = HashMap::new();
    for (node, since) in gaps {
        by_start.entry(since.ms()).or_default().push(node);
    }
    for (since, nodes) in by_start {
        for nodes in nodes.chunks(NODES_AT_ONCE) {
            let span = (stamp(Time::from_ms(since)), end);
            fetch_some(session, nodes, span, way, &mut had).await?;
        }
    }
    Ok(had)
}

/// Asks for some nodes, page by page.
async fn fetch_some(
    session: &Session,
    nodes: &[&NodeId],
    (start, end): (DateTime, DateTime),
    way: &Way,
    had: &mut Had,
) -> Result<(), String> {
    let mut wanted: Vec<HistoryReadValueId> = nodes.iter().map(|node| want(node, None)).collect();
    for _ in 0..MOST_PAGES {
        let read =
            session.history_read(raw_values(start, end), TimestampsToReturn::Both, false, &wanted).await;
        let answers = read.map_err(|error| sentence(&error))?;
        if answers.len() != wanted.len() {
            return Err(format!("{} histories were asked for, {} answered", wanted.len(), answers.len()));
        }
        let mut more = Vec::new();
        for (asked, answer) in wanted.iter().zip(answers) {
            let (node, status) = (&asked.node_id, answer.status_code);
            if status.is_bad() {
                // What was begun is there, whatever the server says now.
                if is_not_now(status) || !asked.continuation_point.is_null_or_empty() {
                    return Err(format!("the history of `{node}` could not be read: {status}"));
                }
                had.without += 1;
                continue;
            }
            let point = answer.continuation_point.clone();
            let values = values(answer);
            had.values += values.len();
            for data in values {
                way.pass(node, &data, true).await?;
            }
            if !point.is_null_or_empty() {
                more.push(want(node, Some(point)));
            }
        }
        if more.is_empty() {
            return Ok(());
        }
        wanted = more;
    }
    Err(format!("a history has more than {MOST_PAGES} answers; it is read on from what is kept"))
}

/// A server's answer that it cannot say it now, not that there is nothing.
fn is_not_now(status: StatusCode) -> bool {
    matches!(
        StatusCode::from(status.bits() & 0xFFFF_0000),
        StatusCode::BadNoContinuationPoints
            | StatusCode::BadTooManyOperations
            | StatusCode::BadTimeout
            | StatusCode::BadResourceUnavailable
            | StatusCode::BadOutOfMemory
    )
}

/// Reads every node as it is now.
///
/// # Errors
/// A sentence: the server did not answer.
pub(super) async fn read_all(session: &Session, items: &Items) -> Result<Vec<Published>, String> {
    let nodes: Vec<&NodeId> = items.by_node.keys().collect();
    let mut all = Vec::with_capacity(nodes.len());
    for some in nodes.chunks(READ_AT_ONCE) {
        let wanted: Vec<ReadValueId> = some.iter().map(|node| ReadValueId::from((*node).clone())).collect();
        let read = session.read(&wanted, TimestampsToReturn::Both, 0.0).await;
        let read = read.map_err(|error| sentence(&error))?;
        all.extend(some.iter().zip(read).map(|(node, data)| Published { node: (*node).clone(), data }));
    }
    Ok(all)
}

fn want(node: &NodeId, point: Option<ByteString>) -> HistoryReadValueId {
    HistoryReadValueId {
        node_id: node.clone(),
        continuation_point: point.unwrap_or_default(),
        ..HistoryReadValueId::default()
    }
}

const fn raw_values(start: DateTime, end: DateTime) -> HistoryReadAction {
    HistoryReadAction::ReadRawModifiedDetails(ReadRawModifiedDetails {
        is_read_modified: false,
        start_time: start,
        end_time: end,
        num_values_per_node: VALUES_AT_ONCE,
        return_bounds: false,
    })
}

fn values(answer: HistoryReadResult) -> Vec<DataValue> {
    let data = answer.history_data.into_inner_as::<HistoryData>();
    data.and_then(|data| data.data_values).unwrap_or_default()
}

/// 100 ns since 1601, as OPC UA counts.
fn stamp(at: Time) -> DateTime {
    DateTime::from(at.ms().saturating_add(11_644_473_600_000).saturating_mul(10_000))
}
